//! The decisions, one below the other: what won, and in grey why the others lost.

use xdscope::engine::protocol::{ProxyId, StepKind, Traced, TracedOne, TracedPlace, TracedStep, Why};
use yew::prelude::*;

use super::super::cells::breakable;
use super::super::findings::{Marked, Told, mark_link, use_marked};
use super::says;
use crate::context::{Page, use_page};
use crate::link::Place;
use crate::parts::{Button, Variant, toned};
use crate::words::{self, Tone};

/// How many of those that lost are shown at first.
const LOSERS: usize = 6;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub traced: std::rc::Rc<Traced>,
}

#[component]
pub fn Steps(props: &Props) -> Html {
    let page = use_page();
    let groups = groups(&props.traced.steps);
    let last = groups.len();
    let marked = use_marked(props.traced.proxy);
    let failed = says::badge(&props.traced.ending).1 == Tone::Bad;
    html! {
        <ol class="x-card x-trace-steps" aria-label={tr!("trace.steps")} data-testid="trace-steps">
            { for groups.into_iter().enumerate().map(|(at, steps)| {
                // Connections are handed from the listener of iptables to another.
                let arrives = at == 0 && steps[0].kind == StepKind::Listener;
                html! {
                    <Step
                        key={at} number={at + 1} steps={steps.to_vec()} {arrives}
                        bad={failed && at + 1 == last} told={told(&page, &marked, steps)} proxy={props.traced.proxy}
                    />
                }
            }) }
            if props.traced.more > 0 {
                <li class="x-aside x-pad">{ tr!("trace.more_steps", n = props.traced.more) }</li>
            }
        </ol>
    }
}

/// Filters stand together, and so do clusters with their endpoints where there are several.
fn groups(steps: &[TracedStep]) -> Vec<&[TracedStep]> {
    let together = |kind: StepKind| {
        matches!(
            kind,
            StepKind::ListenerFilter
                | StepKind::NetworkFilter
                | StepKind::HttpFilter
                | StepKind::HttpOptions
                | StepKind::Action
        )
    };
    steps.chunk_by(|one, other| one.kind == other.kind && together(one.kind)).collect()
}

#[derive(Clone, PartialEq, Properties)]
struct StepProps {
    number: usize,
    steps: Vec<TracedStep>,
    arrives: bool,
    bad: bool,
    /// What is found about what it took.
    told: Vec<Told>,
    proxy: ProxyId,
}

/// What is found about what a step took, each finding once. A listener or route configuration is met as a whole; what
/// it holds has steps of its own.
fn told(page: &Page, marked: &Marked, steps: &[TracedStep]) -> Vec<Told> {
    let mut found: Vec<Told> = Vec::new();
    for step in steps {
        let whole =
            matches!(step.kind, StepKind::Listener | StepKind::RouteConfiguration | StepKind::Cluster);
        let taken = step.considered.iter().filter(|it| it.won).filter_map(|it| it.at);
        for (resource, at) in taken {
            let told = marked.told(page.lang, resource, Some(at), whole);
            found.extend(told.filter(|it| !found.iter().any(|known| known.finding == it.finding)));
        }
    }
    found
}

#[component]
fn Step(props: &StepProps) -> Html {
    let page = use_page();
    let all = use_state(|| false);
    let Some(first) = props.steps.first() else { return html! {} };
    let kind = first.kind;
    let title = if props.arrives { tr!("trace.kind.arrival") } else { says::kind(kind) };
    let certain = props.steps.iter().all(|it| it.certain);
    let both = props.steps.iter().flat_map(|it| &it.considered);
    let (won, lost): (Vec<&TracedOne>, Vec<&TracedOne>) = both.partition(|it| it.won);
    let more: u32 = props.steps.iter().map(|it| it.more).sum();
    // Where nothing won, what lost is the point.
    let point = if won.is_empty() { &lost } else { &won };
    let others: &[&TracedOne] = if won.is_empty() { &[] } else { &lost };
    let shown = if *all { others.len() } else { others.len().min(LOSERS) };
    let hidden = others.len() - shown;
    let show = {
        let all = all.clone();
        Callback::from(move |_: MouseEvent| all.set(true))
    };
    let one = |it: &TracedOne, wins: bool| one(&page, kind, it, wins);
    let place = props.steps.iter().find_map(|it| it.place.as_ref());
    html! {
        <li data-testid="trace-step" data-kind={format!("{kind:?}")}>
            <span class={classes!("x-trace-number", props.bad.then_some("x-trace-bad"))} aria-hidden="true">{ props.number }</span>
            <span class="x-trace-kind">
                { title }
                if !certain {
                    <br />{ toned((tr!("trace.uncertain"), Tone::Warn)) }
                }
            </span>
            <div class="x-trace-said">
                <p>
                    { for point.iter().enumerate().map(|(at, it)| html! {
                        <>
                            if at > 0 { <span class="x-aside">{ " · " }</span> }
                            { one(it, true) }
                        </>
                    }) }
                    if point.is_empty() { <span class="x-aside">{ tr!("trace.nothing") }</span> }
                    { for props.told.iter().map(|it| html! { <>{ " " }{ mark_link(&page, props.proxy, it) }</> }) }
                </p>
                if shown > 0 || more > 0 {
                    <p class="x-aside x-trace-lost">
                        { for others[..shown].iter().enumerate().map(|(at, it)| html! {
                            <>
                                if at > 0 { { " · " } }
                                { one(it, false) }
                            </>
                        }) }
                        if hidden > 0 {
                            { " " }
                            <Button variant={Variant::Link} small=true onclick={show} testid="trace-others">
                                { tr!("trace.others", n = hidden) }
                            </Button>
                        } else if more > 0 {
                            { " " }{ tr!("trace.others_in_dump", n = words::number(more.into())) }
                        }
                    </p>
                }
            </div>
            <span class="x-trace-where">
                if let Some(place) = place {
                    <a
                        href={page.href(Place::Resource(place.resource, Some(place.place.byte)))}
                        title={tr!("trace.where", kind = words::kind(place.kind), name = place.name, line = place.place.line, byte = place.place.byte)}
                        data-testid="trace-place"
                    >
                        { where_is(place) }
                    </a>
                }
            </span>
        </li>
    }
}

/// A line that a person can find; the byte, where a document is all one line.
fn where_is(place: &TracedPlace) -> AttrValue {
    if place.place.line > 1 || place.place.column < 2000 {
        tr!("trace.line", line = words::number(place.place.line.into()))
    } else {
        tr!("trace.byte", byte = words::number(place.place.byte.into()))
    }
}

fn one(page: &Page, kind: StepKind, it: &TracedOne, wins: bool) -> Html {
    let why = says::why(kind, &it.why);
    let name = if it.name.is_empty() { tr!("trace.unnamed") } else { it.name.clone().into() };
    let class = classes!(wins.then_some("x-mono"), (wins && !it.won).then_some("x-bad"));
    let text = if wins {
        breakable(&name)
    } else {
        html! { { name.clone() } }
    };
    let named = match it.at {
        Some((resource, at)) if wins => {
            html! { <a {class} href={page.href(Place::Resource(resource, Some(at)))}>{ text }</a> }
        }
        Some((resource, at)) => {
            html! { <a class="x-trace-quiet" href={page.href(Place::Resource(resource, Some(at)))}>{ text }</a> }
        }
        None => html! { <span {class}>{ text }</span> },
    };
    let unsure = matches!(it.why, Why::Beyond(..));
    html! {
        <>
            { named }
            if !why.is_empty() {
                if wins { { " " } } else { { tr!("trace.colon") } }
                <span class={unsure.then_some("x-warn")}>{ why }</span>
            }
        </>
    }
}
