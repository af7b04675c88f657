//! A proxy: who it is, and its tabs.

use xdscope::engine::protocol::{Answer, Fact, Overview, ProxyId, Query, TableKind, TextRef};
use xdscope::envoy::Kind;
use yew::prelude::*;

use super::lines::Lines;
use super::overview;
use super::raw::Raw;
use super::table::TablePane;
use crate::context::{use_answer, use_page};
use crate::link::{Place, TABLES, TableView, View};
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
            (View::Table(tab), View::Table(shown)) => tab.table == shown.table,
            (View::Raw(_), View::Raw(_)) | (View::Graph(_), View::Graph(_)) => true,
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
    html! {
        <>
            <header class="x-head x-with-tabs">
                <h1 data-testid="proxy-name">{ overview.proxy.name.clone() }</h1>
                <p class="x-sub">{ subtitle(overview) }</p>
                <nav class="pf-v5-c-tabs" aria-label={tr!("tab.label")}>
                    <ul class="pf-v5-c-tabs__list" role="list">
                        { tab(View::Overview, tr!("tab.overview"), None, "overview") }
                        { for TABLES.iter().map(|(kind, slug)| tab(
                            View::Table(TableView::whole(*kind)), words::table(*kind), count(overview, *kind), slug,
                        )) }
                        { tab(View::Graph(None), tr!("tab.graph"), None, "graph") }
                        { tab(View::Bootstrap, tr!("tab.bootstrap"), None, "bootstrap") }
                        { tab(View::Raw(None), tr!("tab.raw"), None, "raw") }
                    </ul>
                </nav>
            </header>
            {
                match props.view {
                    View::Overview => html! { <overview::View overview={overview.clone()} /> },
                    View::Table(view) => {
                        // Filters and positions belong to one table.
                        html! { <TablePane key={crate::link::slug(view.table)} proxy={props.id} {view} /> }
                    }
                    View::Graph(focus) => html! { <super::graph::Graph proxy={props.id} {focus} /> },
                    View::Bootstrap => html! {
                        <div class="x-body">
                            { overview::missing(overview, "bootstrap") }
                            <div class="x-card x-fill"><Lines of={TextRef::Bootstrap(props.id)} /></div>
                        </div>
                    },
                    View::Raw(document) => html! {
                        <Raw proxy={props.id} documents={overview.documents.clone()} {document} />
                    },
                }
            }
        </>
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
