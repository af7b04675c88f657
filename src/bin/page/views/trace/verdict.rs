//! How a request ends: in Envoy's words, in a sentence, with what the capture knows of it and where to go next.

use std::rc::Rc;

use xdscope::engine::protocol::{Form, Hint, Near, Next, Outcome, Part, Traced};
use xdscope::trace::ask;
use yew::prelude::*;

use super::super::cells::parts;
use super::super::graph::lit;
use super::memory::{self, Way};
use super::paste::meaning;
use super::{says, sync, text};
use crate::context::{Page, use_page};
use crate::link::{Place, View};
use crate::outward;
use crate::parts::{Button, Copy, Variant, toned};
use crate::words::{self, Tone};

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub traced: Rc<Traced>,
    /// Traces another request here.
    pub again: Callback<Form>,
}

#[component]
pub fn Verdict(props: &Props) -> Html {
    let page = use_page();
    let traced = &props.traced;
    let ending = &traced.ending;
    let (badge, tone) = says::badge(ending);
    let (sentence, next) = says::ending(ending);
    let class = match tone {
        Tone::Bad => "x-says-bad",
        Tone::Good => "x-says-good",
        _ => "x-says-note",
    };
    // Whether the configuration is what it should be is the first thing to know of these.
    let of_configuration = matches!(
        ending.outcome,
        Outcome::NoCluster | Outcome::NoHealthyUpstream | Outcome::NotFound | Outcome::NoFilterChain
    );
    // The graph lights the last request's way, which this one is as soon as the page has heard of it.
    let graph = page.traced.as_ref().filter(|it| *it == traced).and_then(|_| lit::way(&page, traced.proxy));
    let graph = graph.map(|it| it.focus);
    let oncopy = {
        let (page, traced) = (page.clone(), traced.clone());
        Callback::from(move |done: Callback<bool>| {
            outward::copy(&page, outward::written(|| text::text(&traced)), done);
        })
    };
    let in_sync = !traced.hints.iter().any(|it| matches!(it, Hint::Sync(_)));
    html! {
        <section class={classes!("x-card", "x-verdict", class)} aria-label={tr!("trace.verdict")} data-testid="verdict">
            <div class="x-verdict-line">
                <span data-testid="verdict-badge">{ toned((badge, tone)) }</span>
                <div role="status">
                    <p>
                        <strong data-testid="verdict-sentence">{ sentence }</strong>
                        { " " }{ clusters(&page, traced) }
                    </p>
                    { details(traced) }
                </div>
                <Copy copy={oncopy} what={tr!("trace.copy")} testid="trace-copy" />
            </div>
            { meanings(&page, traced) }
            { before(&page, traced) }
            <ul class="x-hints" data-testid="hints">
                if !next.is_empty() { <li>{ next }</li> }
                { for traced.hints.iter().map(|it| html! { <li>{ hint(&page, traced, it) }</li> }) }
                if of_configuration && in_sync {
                    <li>
                        { tr!("trace.hint.in_sync") }{ " " }
                        <a href={page.href(sync(traced.proxy))} data-testid="trace-sync">{ tr!("trace.hint.compare") }</a>
                    </li>
                }
                { for traced.near.iter().map(|it| html! { <li data-testid="near-miss">{ near(&page, it, &props.again) }</li> }) }
                if !ending.certain { <li>{ tr!("trace.hint.uncertain") }</li> }
            </ul>
            if let Some(focus) = graph {
                <p class="x-next">
                    <a href={page.href(Place::Proxy(traced.proxy, View::Graph(Some(focus))))} data-testid="trace-graph">
                        { tr!("trace.graph") }
                    </a>
                </p>
            }
            if !traced.next.is_empty() {
                <p class="x-next" data-testid="next">
                    { tr!("trace.next") }
                    { for traced.next.iter().map(|it| follow(&page, it)) }
                </p>
            }
        </section>
    }
}

/// The clusters, with their shares where chance decides.
fn clusters(page: &Page, traced: &Traced) -> Html {
    let list = &traced.ending.clusters;
    html! {
        { for list.iter().enumerate().map(|(at, (part, share))| html! {
            <>
                if at > 0 { <span class="x-aside">{ "· " }</span> }
                { parts(page, &vec![part.clone()], true) }
                if !share.is_empty() { <span>{ share.clone() }{ " % " }</span> }
            </>
        }) }
    }
}

/// Envoy's details, the route and who made it.
fn details(traced: &Traced) -> Html {
    let it = &traced.ending;
    let route = (!it.route.is_empty()).then(|| tr!("trace.of_route", route = it.route));
    let owner = (!it.owner.is_empty()).then(|| AttrValue::from(it.owner.clone()));
    let chosen = traced.chosen.as_ref().map(|it| {
        let host = format!("{}:{}", it.host, it.port);
        if it.address.is_empty() {
            tr!("trace.served_anywhere", host = host)
        } else {
            tr!("trace.served_at", host = host, address = it.address)
        }
    });
    let said = [(!it.details.is_empty()).then(|| it.details.clone().into()), route, owner, chosen];
    let said: Vec<AttrValue> = said.into_iter().flatten().collect();
    html! {
        if !said.is_empty() {
            <p class="x-aside" data-testid="verdict-details">{ said.join(" · ") }</p>
        }
    }
}

/// What Envoy's details mean, where the sentence leaves that open.
fn meanings(page: &Page, traced: &Traced) -> Html {
    let it = &traced.ending;
    let open = matches!(
        it.outcome,
        Outcome::Denied | Outcome::ProtocolError | Outcome::NotFound | Outcome::NoFilterChain
    );
    let means = ask::detail(&it.details);
    html! {
        if open && !means.is_empty() {
            <dl class="x-meanings">{ meaning(&it.details, means, page.lang) }</dl>
        }
    }
}

/// The same request elsewhere.
fn before(page: &Page, traced: &Rc<Traced>) -> Html {
    let now = Way::of(page, traced.clone());
    let Some(before) = memory::before(&now) else { return html! {} };
    html! {
        <p class="x-before" data-testid="before">
            { tr!(
                "trace.before",
                name = place(&before, &now),
                before = short(&before.traced),
                now = short(traced),
            ) }
        </p>
    }
}

/// A proxy's name; the time of its capture, where that is another.
fn place(before: &Way, now: &Way) -> String {
    match before.captured {
        Some(at) if before.opened != now.opened => format!("{}, {}", before.name, words::time(at)),
        _ => before.name.to_string(),
    }
}

/// An end in a few words: `503 NC`, or the clusters.
pub fn short(traced: &Traced) -> String {
    let (badge, _) = says::badge(&traced.ending);
    let names = traced.ending.clusters.iter().map(|(part, share)| {
        let name = match part {
            Part::Link { text, .. } | Part::Broken { text, .. } => text.as_str(),
            _ => "",
        };
        if share.is_empty() { name.to_owned() } else { format!("{name} {share} %") }
    });
    let names: Vec<String> = names.collect();
    match traced.ending.outcome {
        Outcome::Routed if !names.is_empty() => names.join(", "),
        _ => badge.to_string(),
    }
}

fn hint(page: &Page, traced: &Traced, hint: &Hint) -> Html {
    let list = |list: &[Part]| {
        html! {
            { for list.iter().map(|part| html! { <>{ parts(page, &vec![part.clone()], true) }{ " " }</> }) }
        }
    };
    match hint {
        Hint::Sync(mark) => {
            let (word, why) = words::mark(*mark);
            html! {
                <>
                    <strong>{ tr!("trace.hint.sync", word = word) }</strong>{ " " }{ why }{ " " }
                    <a href={page.href(sync(traced.proxy))} data-testid="trace-sync">{ tr!("trace.hint.compare") }</a>
                </>
            }
        }
        Hint::Sent { control_plane, resource } => html! {
            <>
                <strong>{ tr!("trace.hint.sent", name = control_plane) }</strong>{ " " }
                <a href={page.href(Place::Resource(*resource, None))} data-testid="trace-sent">{ tr!("trace.hint.its_dump") }</a>
            </>
        },
        Hint::NotSent { control_plane } => html! { { tr!("trace.hint.not_sent", name = control_plane) } },
        Hint::Elsewhere(others) => html! { <>{ tr!("trace.hint.elsewhere") }{ " " }{ list(others) }</> },
        Hint::Subset { subset, host, there } => html! {
            <>
                { if subset.is_empty() {
                    tr!("trace.hint.host", host = host)
                } else {
                    tr!("trace.hint.subset", subset = subset, host = host)
                } }
                if !there.is_empty() { { " " }{ tr!("trace.hint.there") }{ " " }{ list(there) } }
            </>
        },
        Hint::Endpoints { all: 0 } => html! { { tr!("trace.hint.no_endpoints") } },
        Hint::Endpoints { all } => html! { { count!("trace.hint.endpoint", "trace.hint.endpoints", *all) } },
        Hint::EndpointsNotListed => html! { { tr!("trace.hint.not_listed") } },
    }
}

/// What was nearly met, and the request that would meet it.
fn near(page: &Page, near: &Near, again: &Callback<Form>) -> Html {
    let name = if near.name.is_empty() { tr!("trace.unnamed") } else { near.name.clone().into() };
    let lacks =
        near.lacks.iter().map(|it| says::why(near.kind, it).to_string()).collect::<Vec<_>>().join("; ");
    let away = if near.lacks.len() == 1 { tr!("trace.near.one") } else { tr!("trace.near.two") };
    let attempt = near.form.clone().map(|form| again.reform(move |_: MouseEvent| form.clone()));
    html! {
        <>
            { away }{ " " }{ says::kind(near.kind).to_lowercase() }{ " " }
            { match near.at {
                Some((resource, at)) => html! { <a class="x-mono" href={page.href(Place::Resource(resource, Some(at)))}>{ name }</a> },
                None => html! { <span class="x-mono">{ name }</span> },
            } }
            { tr!("trace.colon") }{ lacks }{ " " }
            if let Some(onclick) = attempt {
                <Button variant={Variant::Link} small=true {onclick} testid="near-trace">{ tr!("trace.near.try") }</Button>
            }
        </>
    }
}

/// The same request as the next proxy gets it.
fn follow(page: &Page, next: &Next) -> Html {
    let onclick = {
        let (page, next) = (page.clone(), next.clone());
        Callback::from(move |_: MouseEvent| {
            memory::hand(next.form.clone());
            page.go(Place::Proxy(next.proxy, View::Trace(None)));
        })
    };
    html! {
        <>
            { " " }
            <Button variant={Variant::Secondary} small=true {onclick} testid="follow">
                { tr!("trace.follow", name = next.name, address = next.address) }
            </Button>
        </>
    }
}
