//! Where a graph begins: the proxy's listeners, those alike together.

use xdscope::engine::protocol::{Answer, GraphFocus, GraphHit, ListenerGroup, ProxyId, Query};
use xdscope::graph::words::Words;
use yew::prelude::*;

use super::find::Find;
use super::words::{self, Said};
use crate::context::{Page, use_answer, use_page};
use crate::link::{Place, View};
use crate::parts::{Button, Variant};
use crate::words::number;

/// Listeners of a group that are shown at first.
const SHOWN: usize = 24;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub proxy: ProxyId,
    pub go: Callback<GraphFocus>,
}

#[component]
pub fn Start(props: &Props) -> Html {
    let page = use_page();
    let answer = use_answer(Some(Query::GraphStart(props.proxy)));
    let more = use_state(Vec::new);
    let Some(answer) = answer.as_deref() else { return html! { <div class="x-body" aria-busy="true" /> } };
    let Answer::GraphStart(start) = answer else {
        return html! { <div class="x-body"><p class="x-card x-pad" data-testid="graph-none">{ tr!("graph.none") }</p></div> };
    };
    html! {
        <div class="x-body x-scroll x-graph-start" tabindex="0" role="region" aria-label={tr!("graph.start.title")}>
            <div class="x-card x-toolbar">
                <Find proxy={props.proxy} go={props.go.clone()} />
                if let Some(way) = super::lit::way(&page, props.proxy) {
                    <a href={page.href(Place::Proxy(props.proxy, View::Graph(Some(way.focus))))} data-testid="graph-trace">
                        { tr!("graph.trace") }
                    </a>
                }
            </div>
            <p class="x-aside">{ tr!("graph.start.lead") }</p>
            if start.groups.is_empty() {
                <p class="x-card x-pad" data-testid="graph-none">{ tr!("graph.none") }</p>
            }
            { for start.groups.iter().enumerate().map(|(at, group)| {
                let all = more.contains(&at);
                let onclick = {
                    let more = more.clone();
                    Callback::from(move |_| more.set([more.as_slice(), &[at]].concat()))
                };
                section(&page, props.proxy, group, all, onclick)
            }) }
        </div>
    }
}

fn section(
    page: &Page,
    proxy: ProxyId,
    group: &ListenerGroup,
    all: bool,
    onclick: Callback<MouseEvent>,
) -> Html {
    let (title, why) = words::listeners(group.what);
    let most = if all { usize::MAX } else { SHOWN };
    let left = group.first.len().saturating_sub(most);
    let unlisted = (group.total as usize).saturating_sub(group.first.len());
    html! {
        <section class="x-card" data-testid={format!("graph-group-{:?}", group.what)}>
            <h2>{ title }<span class="x-count">{ number(group.total.into()) }</span></h2>
            <p class="x-aside x-graph-why">{ why }</p>
            <ul class="x-graph-listeners">
                { for group.first.iter().take(most).map(|hit| listener(page, proxy, hit)) }
            </ul>
            if left > 0 {
                <Button variant={Variant::Link} small=true {onclick} testid="graph-more">
                    { tr!("graph.start.more", n = number(left as u64)) }
                </Button>
            } else if unlisted > 0 {
                <p class="x-aside x-pad">{ tr!("graph.start.unlisted", n = number(unlisted as u64)) }</p>
            }
        </section>
    }
}

fn listener(page: &Page, proxy: ProxyId, hit: &GraphHit) -> Html {
    let says = hit.broken.as_ref().map(|why| Said.why(why));
    // Istio names most listeners after their address.
    let other = hit.other.replace('_', ":") != hit.name && !hit.other.is_empty();
    html! {
        <li>
            <a
                class="x-mono" href={page.href(Place::Proxy(proxy, View::Graph(Some(hit.focus))))}
                data-testid="graph-listener" title={hit.other.clone()}
            >
                { hit.name.clone() }
            </a>
            if other { <span class="x-aside x-cut">{ hit.other.clone() }</span> }
            if let Some(says) = says { <span class="x-bad x-cut" title={says.clone()}>{ says }</span> }
        </li>
    }
}
