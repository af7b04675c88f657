//! A proxy: who it is, and its tabs.

use xdscope::engine::protocol::{Answer, Fact, Overview, ProxyId, Query, TableKind};
use xdscope::envoy::Kind;
use yew::prelude::*;

use super::compare::Sync;
use super::overview;
use super::raw::Raw;
use super::table::TablePane;
use super::trace::Trace;
use crate::context::{use_answer, use_page};
use crate::link::{Place, SyncView, TableView, View, slug};
use crate::words;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub id: ProxyId,
    pub view: View,
}

#[component]
pub fn Proxy(props: &Props) -> Html {
    let page = use_page();
    let answer = use_answer(Some(Query::Overview(props.id)));
    let overview = match answer.as_deref() {
        Some(Answer::Overview(overview)) => overview,
        Some(_) => return html! { <p class="x-pad" data-testid="gone">{ tr!("gone") }</p> },
        // The list knows its name; the rest comes within a frame.
        None => {
            let line = page.capture.proxies.iter().find(|proxy| proxy.id == props.id);
            return html! {
                <header class="x-head" aria-busy="true"><h1>{ line.map(|line| line.name.clone()) }</h1></header>
            };
        }
    };
    let tab = |view: View, title: AttrValue, count: Option<u32>, id: &'static str| {
        let here = match (view, props.view) {
            (View::Table(tab), View::Table(shown)) => {
                tab.table == shown.table || siblings(tab.table).contains(&shown.table)
            }
            (View::Raw(_), View::Raw(_))
            | (View::Sync(_), View::Sync(_))
            | (View::Trace(_), View::Trace(_))
            | (View::Graph(_), View::Graph(_)) => true,
            (tab, shown) => tab == shown,
        };
        html! {
            <li class={classes!("pf-v5-c-tabs__item", here.then_some("pf-m-current"))}>
                <a
                    class="pf-v5-c-tabs__link" href={page.href(Place::Proxy(props.id, view))}
                    aria-current={here.then_some("page")} data-testid={format!("tab-{id}")}
                >
                    <span class="pf-v5-c-tabs__item-text">
                        { title }
                        if let Some(count) = count {
                            <span class="x-count">{ words::number(count.into()) }</span>
                        }
                    </span>
                </a>
            </li>
        }
    };
    let is_ztunnel = overview.proxy.proxy_type == "ztunnel"
        || overview.documents.iter().any(|it| it.kind == "ztunnel_config_dump");
    let tabs: &[Tab] = if is_ztunnel { &ZTUNNEL } else { &ENVOY };
    html! {
        <>
            <header class="x-head x-with-tabs">
                <h1 data-testid="proxy-name">{ overview.proxy.name.clone() }</h1>
                <p class="x-sub">{ subtitle(overview) }</p>
                <nav class="pf-v5-c-tabs" aria-label={tr!("tab.label")}>
                    <ul class="pf-v5-c-tabs__list" role="list">
                        { tab(View::Overview, tr!("tab.overview"), None, "overview") }
                        { for tabs.iter().map(|(id, kinds)| tab(
                            View::Table(TableView::whole(kinds[0])), tab_name(id, kinds[0]), count(overview, kinds[0]), id,
                        )) }
                        if !is_ztunnel {
                            { tab(View::Trace(None), tr!("tab.trace"), None, "trace") }
                            { tab(View::Graph(None), tr!("tab.graph"), None, "graph") }
                            { tab(View::Sync(SyncView::default()), tr!("tab.sync"), None, "sync") }
                            { tab(View::Table(TableView::whole(TableKind::Bootstrap)), tr!("tab.bootstrap"), None, "bootstrap") }
                        }
                        { tab(View::Raw(None), tr!("tab.raw"), None, "raw") }
                    </ul>
                </nav>
            </header>
            {
                match props.view {
                    View::Overview => html! { <overview::View overview={overview.clone()} /> },
                    View::Table(view) => {
                        // Filters and positions belong to one table.
                        html! { <TablePane key={slug(view.table)} proxy={props.id} {view} /> }
                    }
                    // Another row to be explained is another request.
                    View::Trace(of) => html! { <Trace key={format!("{of:?}")} proxy={props.id} {of} /> },
                    View::Graph(focus) => html! { <super::graph::Graph proxy={props.id} {focus} /> },
                    View::Sync(view) => html! { <Sync key={view.replica} proxy={props.id} {view} /> },
                    View::Raw(document) => html! {
                        <Raw proxy={props.id} documents={overview.documents.clone()} {document} />
                    },
                }
            }
        </>
    }
}

/// A tab: its test id, and the tables below it, the first of which it opens.
pub type Tab = (&'static str, &'static [TableKind]);

const ENVOY: [Tab; 7] = [
    ("listeners", &[TableKind::Listeners]),
    ("routes", &[TableKind::Routes]),
    ("clusters", &[TableKind::Clusters]),
    ("endpoints", &[TableKind::Endpoints]),
    ("secrets", &[TableKind::Secrets]),
    ("policy", &[TableKind::Rbac, TableKind::Jwt]),
    ("extensions", &[TableKind::Filters, TableKind::Ecds, TableKind::Telemetry]),
];

const ZTUNNEL: [Tab; 5] = [
    ("workloads", &[TableKind::Workloads]),
    ("services", &[TableKind::Services]),
    ("policy", &[TableKind::ZtunnelPolicies]),
    ("certificates", &[TableKind::ZtunnelCertificates]),
    ("connections", &[TableKind::Connections]),
];

/// The tables of the tab that a table stands below, itself too; none for one that has a tab of its own.
pub fn siblings(table: TableKind) -> &'static [TableKind] {
    let several =
        ENVOY.iter().map(|(_, kinds)| *kinds).find(|kinds| kinds.len() > 1 && kinds.contains(&table));
    several.unwrap_or_default()
}

fn tab_name(id: &str, table: TableKind) -> AttrValue {
    match id {
        "policy" => tr!("tab.policy"),
        "extensions" => tr!("tab.extensions"),
        _ => words::table(table),
    }
}

/// How many resources the table is made of: its rows may be more.
fn count(overview: &Overview, table: TableKind) -> Option<u32> {
    let kind = match table {
        TableKind::Listeners => Kind::Listener,
        TableKind::Routes => Kind::Route,
        TableKind::Clusters => Kind::Cluster,
        TableKind::Endpoints => Kind::Endpoint,
        TableKind::Secrets => Kind::Secret,
        _ => return None,
    };
    let of_kind = overview.counts.iter().find(|count| count.kind == kind)?;
    Some(of_kind.active + of_kind.warming + of_kind.draining + of_kind.rejected).filter(|count| *count > 0)
}

/// `sidecar · 10.244.1.12 · Istio 1.27.1 · …`
fn subtitle(overview: &Overview) -> String {
    let fact = |wanted: Fact| {
        overview
            .facts
            .iter()
            .find(|(fact, text)| *fact == wanted && !text.is_empty())
            .map(|(_, text)| text.as_str())
    };
    let proxy = &overview.proxy;
    let named = |name: &str, text: &str| (!text.is_empty()).then(|| format!("{name} {text}"));
    [
        Some(words::proxy_type(&proxy.proxy_type).to_string()),
        Some(proxy.namespace.clone()),
        fact(Fact::Address).map(str::to_owned),
        named("Istio", &proxy.istio_version),
        named("Envoy", &proxy.envoy_version),
        fact(Fact::Captured).map(|at| {
            let at = xdscope::instant::Instant::parse(at).map_or_else(|| at.to_owned().into(), words::time);
            tr!("proxy.captured", at = at).to_string()
        }),
    ]
    .into_iter()
    .flatten()
    .filter(|part| !part.is_empty())
    .collect::<Vec<_>>()
    .join(" · ")
}
