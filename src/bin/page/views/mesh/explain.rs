//! What a state means for a proxy, and what to do next; beside the table.

use xdscope::engine::protocol::{Answer, MeshRow, Query, Standing, Status, Target};
use xdscope::instant::Instant;
use xdscope::sync::Rejection;
use xdscope::sync::age::human;
use yew::prelude::*;

use super::table::{meaning, status};
use super::{Chosen, standing};
use crate::context::{use_answer, use_page};
use crate::link::{Place, SyncView, View};
use crate::parts::{Button, Command, Icon, Variant, icon, toned};
use crate::words;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub chosen: Chosen,
    pub types: Vec<(String, String)>,
    pub known: bool,
    pub captured: Option<Instant>,
    pub close: Callback<()>,
}

#[component]
pub fn Explain(props: &Props) -> Html {
    let page = use_page();
    let answer = use_answer(Some(Query::MeshRow(props.chosen.row)));
    let head = use_node_ref();
    {
        // Whoever opened it by keyboard goes on reading here.
        let head = head.clone();
        use_effect_with(answer.is_some(), move |_| {
            if let Some(head) = head.cast::<web_sys::HtmlElement>() {
                let _ = head.focus();
            }
        });
    }
    let Some(Answer::MeshRow(row)) = answer.as_deref() else {
        return html! { <aside class="x-card x-detail" aria-busy="true" /> };
    };
    let stands = row.standing(props.known);
    let of_type = props.chosen.column.and_then(|at| props.types.get(at));
    let state = of_type.and_then(|(url, _)| row.of_type(url));
    let is = state.map_or(Status::Ignored, |it| it.status);
    let error = state.map(|it| it.error.as_str()).filter(|it| !it.is_empty());
    let close = props.close.reform(|_| ());
    let ago = |at: Instant| match props.captured {
        Some(now) => tr!("mesh.ago", at = words::time(at), age = human(at, now)),
        None => words::time(at),
    };
    html! {
        <aside class="x-card x-detail x-explain" aria-labelledby="explain" data-testid="explain">
            <header>
                <h2 id="explain" tabindex="-1" ref={head}>
                    { match of_type {
                        Some((_, short)) => html! { <>{ short.clone() }{ " · " }{ row.name.clone() }</> },
                        None => html! { { row.name.clone() } },
                    } }
                </h2>
                <span class="x-right">
                    <Button variant={Variant::Plain} onclick={close} name={tr!("dialog.close")} testid="explain-close">
                        { icon(Icon::Close) }
                    </Button>
                </span>
            </header>
            <div class="x-explain-body" role="region" tabindex="0" aria-labelledby="explain">
                if of_type.is_some() && row.connected {
                    <p>{ toned(status(is)) }{ " " }{ meaning(is) }</p>
                    <p>{ next(is) }</p>
                } else {
                    <p>{ toned(standing(stands)) }{ " " }{ about(stands) }</p>
                }
                if let Some(error) = error {
                    <h3>{ tr!("mesh.envoy_says") }</h3>
                    <code class="x-wrap" data-testid="explain-error">{ error.to_owned() }</code>
                }
                if !row.also.is_empty() {
                    <p class="x-says-warn">{ tr!("mesh.claimed", who = row.also.join(", ")) }{ " " }{ tr!("mesh.claimed.why") }</p>
                }
                {
                    match row.says_connected {
                        Some(false) => html! { <p class="x-says-warn" data-testid="says-connected">{ tr!("mesh.says_cut_off") }</p> },
                        Some(true) if !row.connected && props.known => html! { <p data-testid="says-connected">{ tr!("mesh.says_connected") }</p> },
                        _ => html! {},
                    }
                }
                { for row.rejected.iter().map(|it| match it {
                    Rejection::Dump { place, name, details, at } => html! {
                        <>
                            <h3>{ tr!("mesh.dump_says") }</h3>
                            <p>
                                <a href={page.href(Target::Resource(*place))}>{ tr!("mesh.refused", name = name) }</a>
                                if let Some(at) = at { { " " }<span class="x-aside">{ ago(*at) }</span> }
                            </p>
                            if error.is_none_or(|it| it != details) {
                                <code class="x-wrap">{ details.clone() }</code>
                            }
                        </>
                    },
                    Rejection::Counter { name, count } => html! {
                        <p><code>{ name.clone() }</code>{ " " }<b>{ words::number(*count) }</b>{ " " }
                            <span class="x-aside">{ tr!("mesh.counter") }</span></p>
                    },
                }) }
                <dl class="x-facts">
                    if let Some(sent) = state.and_then(|it| it.sent) {
                        <div><dt>{ tr!("mesh.sent") }</dt><dd>{ ago(sent) }</dd></div>
                    }
                    if !row.istiod.is_empty() {
                        <div><dt>{ tr!("mesh.istiod") }</dt><dd class="x-mono">{ row.istiod.clone() }</dd></div>
                    }
                    if let Some(since) = row.since {
                        <div><dt>{ tr!("mesh.since") }</dt><dd>{ ago(since) }</dd></div>
                    }
                    if !row.cluster.is_empty() {
                        <div><dt>{ tr!("fact.cluster") }</dt><dd class="x-mono">{ row.cluster.clone() }</dd></div>
                    }
                </dl>
                if let Some(id) = row.proxy {
                    <p>
                        <a href={page.href(Place::Proxy(id, View::Sync(SyncView::default())))} data-testid="to-sync">{ tr!("mesh.to_sync") }</a>
                        { " · " }
                        <a href={page.href(Place::Proxy(id, View::Overview))}>{ tr!("mesh.to_proxy") }</a>
                    </p>
                }
                if matches!(stands, Standing::Rejecting | Standing::NotConnected | Standing::Stale)
                    && let Some(command) = log(row)
                {
                    <h3>{ tr!("mesh.log") }</h3>
                    <Command {command} testid="explain-log" />
                }
            </div>
        </aside>
    }
}

/// What to do next about a state.
fn next(of: Status) -> AttrValue {
    match of {
        Status::Synced => tr!("status.synced.next"),
        Status::Stale => tr!("status.stale.next"),
        Status::Error => tr!("status.error.next"),
        Status::NotSent => tr!("status.not_sent.next"),
        Status::Ignored => tr!("status.ignored.next"),
    }
}

/// What a standing means, and what to do next.
fn about(of: Standing) -> AttrValue {
    match of {
        Standing::Rejecting => tr!("status.error.next"),
        Standing::NotConnected => tr!("mesh.not_connected.why"),
        Standing::Stale => tr!("status.stale.next"),
        Standing::Synced => tr!("status.synced.next"),
        Standing::Unknown => tr!("mesh.unknown.why"),
    }
}

/// The command that shows the proxy's log. Names that Kubernetes would not take are in no command to copy.
fn log(row: &MeshRow) -> Option<String> {
    let plain = |it: &str| {
        !it.is_empty()
            && it.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || b"-.".contains(&it))
    };
    (plain(&row.name) && plain(&row.namespace))
        .then(|| format!("kubectl logs -n {} {} -c istio-proxy --tail=300", row.namespace, row.name))
}
