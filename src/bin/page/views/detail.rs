//! A resource: what it is, what it is linked to, its JSON.

use xdscope::engine::protocol::{self as protocol, Answer, GraphFocus, Query, ResourceRef, TextRef};
use xdscope::envoy::{Kind, State};
use yew::prelude::*;

use super::cells::{breakable, parts};
use super::lines::Lines;
use super::not_read;
use crate::context::{Page, use_answer, use_page};
use crate::link::{Asked, Place, View};
use crate::parts::{Button, Copy, Icon, Variant, icon, toned};
use crate::words::{self, Tone};

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub resource: ResourceRef,
    /// Where in its document the part begins that is asked about.
    #[prop_or_default]
    pub at: Option<u32>,
    #[prop_or_default]
    pub wide: bool,
    #[prop_or_default]
    pub widen: Option<Callback<()>>,
    #[prop_or_default]
    pub onclose: Option<Callback<()>>,
    /// Whether a link leads to the graph.
    #[prop_or(true)]
    pub graph: bool,
}

#[component]
pub fn Detail(props: &Props) -> Html {
    let page = use_page();
    let of = TextRef::Resource(props.resource);
    let answer = use_answer(Some(Query::Detail(props.resource)));
    let line = use_answer(props.at.map(|at| Query::LineAt { of, at }));
    let line = match line.as_deref() {
        Some(Answer::Found(lines)) if props.at.is_some() => lines.first().copied(),
        _ => None,
    };
    let buttons = html! {
        <span class="x-buttons-right">
            if let Some(widen) = &props.widen {
                <Button
                    variant={Variant::Plain} testid="wide" onclick={widen.reform(|_| ())}
                    name={if props.wide { tr!("detail.narrow") } else { tr!("detail.wide") }}
                >
                    { icon(if props.wide { Icon::Narrow } else { Icon::Wide }) }
                </Button>
            }
            if let Some(onclose) = &props.onclose {
                <Button variant={Variant::Plain} testid="detail-close" onclick={onclose.reform(|_| ())} name={tr!("detail.close")}>
                    { icon(Icon::Close) }
                </Button>
            }
        </span>
    };
    let inside = match answer.as_deref() {
        Some(Answer::Detail(detail)) => {
            html! { <>{ head(&page, detail, props.at, props.graph, buttons) }</> }
        }
        Some(_) => html! { <header>{ tr!("gone") }{ buttons }</header> },
        None => html! { <header aria-busy="true">{ buttons }</header> },
    };
    html! {
        <aside class="x-card x-detail" aria-label={tr!("detail.label")} data-testid="detail">
            { inside }
            <super::findings::OfResource key={format!("of{:?}", props.resource)} resource={props.resource} />
            // The viewer's folds and searches are of one text.
            <Lines key={format!("{of:?}")} {of} {line} />
        </aside>
    }
}

/// `graph`: whether a link leads to the graph.
fn head(page: &Page, detail: &protocol::Detail, at: Option<u32>, graph: bool, buttons: Html) -> Html {
    let tone = match detail.state {
        State::Static | State::Active => Tone::Aside,
        State::Warming => Tone::Warn,
        State::Draining => Tone::Note,
        State::Error => Tone::Bad,
    };
    html! {
        <>
            <header>
                <h2 class="x-mono" data-testid="detail-name">{ breakable(&detail.name) }</h2>
                <span class="x-right">
                    <Copy text={detail.name.clone()} what={tr!("detail.name")} testid="copy-name" bare=true />
                    { buttons }
                </span>
            </header>
            <p class="x-what">
                <span>{ words::kind(detail.kind) }</span>
                { " " }{ toned((words::state(detail.state), tone)) }
                if let Some(at) = detail.updated {
                    { " " }<span class="x-aside">{ tr!("detail.updated", at = words::time(at)) }</span>
                }
            </p>
            { ways_on(page, detail, at, graph) }
            if !detail.error.is_empty() {
                <div class="x-says-bad x-pad">
                    <p>{ tr!("detail.error") }</p>
                    <code class="x-wrap">{ detail.error.clone() }</code>
                </div>
            }
            if let Some(trouble) = &detail.trouble {
                <div class="x-says-warn x-pad">{ not_read::why(trouble) }</div>
            }
            if !detail.links.is_empty() {
                <dl class="x-links" data-testid="links">
                    { for detail.links.iter().map(|group| html! {
                        <div>
                            <dt>{ words::relation(group.relation, group.kind) }</dt>
                            <dd>
                                <ul>
                                    { for group.links.iter().map(|part| html! {
                                        <li>{ parts(page, &vec![part.clone()], true) }</li>
                                    }) }
                                </ul>
                                if group.total as usize > group.links.len() {
                                    <span class="x-aside">
                                        { tr!("detail.more", n = words::number(u64::from(group.total) - group.links.len() as u64)) }
                                    </span>
                                }
                            </dd>
                        </div>
                    }) }
                </dl>
            }
            <p class="x-where x-aside">
                <span class="x-mono x-cut" title={detail.pointer.clone()}>{ detail.pointer.clone() }</span>
                <span>{ tr!("detail.place", line = words::number(detail.place.line.into())) }</span>
                if !detail.version.is_empty() {
                    <span class="x-mono x-cut" title={detail.version.clone()}>{ tr!("detail.version", version = detail.version) }</span>
                }
            </p>
        </>
    }
}

/// Where one goes from a resource, beside what it names.
fn ways_on(page: &Page, detail: &protocol::Detail, at: Option<u32>, graph: bool) -> Html {
    let traced = matches!(detail.kind, Kind::Listener | Kind::Route | Kind::Cluster | Kind::Endpoint);
    let document = page.capture.documents.iter().find(|it| it.id == detail.resource.document);
    // What a control plane holds for a proxy takes no requests.
    let own = document.is_some_and(|it| it.kind != "istiod_config_dump");
    match detail.proxy {
        Some(proxy) if traced && own => html! {
            <p class="x-ways">
                <a href={page.href(Place::Proxy(proxy, View::Trace(Some(Asked::Part(detail.resource, at)))))} data-testid="trace-this">
                    { tr!("detail.trace") }
                </a>
                if graph {
                    { " " }
                    <a
                        href={page.href(Place::Proxy(proxy, View::Graph(Some(GraphFocus { resource: detail.resource, at }))))}
                        data-testid="show-in-graph"
                    >
                        { tr!("detail.graph") }
                    </a>
                }
            </p>
        },
        _ => html! {},
    }
}
