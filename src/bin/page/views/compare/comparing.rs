//! A comparison: what it may mean, the resources that differ, and one of them.

use web_sys::HtmlSelectElement;
use xdscope::engine::protocol::{Answer, CompareWindow, Compared, Meaning, Pair, Query, SideLine};
use xdscope::instant::Instant;
use xdscope::sync::age::human;
use yew::prelude::*;

use super::super::overview::lack;
use super::super::strip::{self, use_strip};
use super::difference::Difference;
use super::elsewhere::Elsewhere;
use super::{Names, known, list};
use crate::context::{Page, use_answer, use_page};
use crate::link::Place;
use crate::words;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub pair: Pair,
    /// The resource that is open.
    pub open: Option<u32>,
    pub names: Names,
    /// Where a resource is open, or none.
    pub place: Callback<Option<u32>, Place>,
    /// Where another control plane's dump is compared.
    pub replica: Callback<u32, Place>,
}

#[component]
pub fn Comparing(props: &Props) -> Html {
    let page = use_page();
    let text = use_state(String::new);
    let respelled = use_state(|| false);
    let lines = use_state_eq(|| 0);
    let strip = use_strip(*lines, list::LINE);
    let window = CompareWindow {
        pair: props.pair,
        text: (*text).clone(),
        respelled: *respelled,
        offset: strip.offset(),
        limit: strip::LIMIT,
    };
    let answer = use_answer(Some(Query::Compare(window)));
    let compared = match answer.as_deref() {
        Some(Answer::Compared(compared)) => compared,
        Some(_) => return html! { <p class="x-pad" data-testid="gone">{ tr!("compare.gone") }</p> },
        None => return html! { <p class="x-pad x-aside" aria-busy="true">{ tr!("compare.busy") }</p> },
    };
    lines.set(compared.lines);
    let filter = {
        let text = text.clone();
        Callback::from(move |new: String| text.set(new))
    };
    let toggle = {
        let respelled = respelled.clone();
        Callback::from(move |_: MouseEvent| respelled.set(!*respelled))
    };
    html! {
        <div class="x-body x-compare" data-testid="compare">
            { notes(&page, compared, props) }
            if compared.missing.is_empty() && props.names == Names::Letters {
                <Elsewhere pair={props.pair} />
            }
            if compared.missing.is_empty() {
                <div class="x-body x-beside x-fill">
                    <div class="x-card x-rows">
                        { list::bar(compared, props.names, &text, &filter, (*respelled, &toggle)) }
                        { list::list(&page, compared, props, &strip) }
                    </div>
                    if let Some(at) = props.open {
                        <Difference
                            key={at} pair={props.pair} {at} names={props.names}
                            close={page.href(props.place.emit(None))}
                        />
                    }
                </div>
            }
            if let Some(known) = &compared.known {
                { known::known(known) }
            }
        </div>
    }
}

/// What is compared, what is missing, what it may mean.
fn notes(page: &Page, compared: &Compared, props: &Props) -> Html {
    let replicas = &compared.replicas;
    let at = match props.pair {
        Pair::Sync { replica, .. } => replica,
        Pair::Envoys { .. } => 0,
    };
    let onchange = {
        let (page, replica) = (page.clone(), props.replica.clone());
        Callback::from(move |event: Event| {
            let value = event.target_unchecked_into::<HtmlSelectElement>().value();
            if let Ok(at) = value.parse() {
                page.go(replica.emit(at));
            }
        })
    };
    html! {
        <>
            if compared.not_connected {
                <p class="x-card x-says-bad"><strong>{ tr!("compare.not_connected") }</strong>{ " " }{ tr!("compare.not_connected.why") }</p>
            }
            if let Some(meaning) = compared.meaning {
                { mean(page, meaning) }
            }
            { for compared.missing.iter().map(lack) }
            if replicas.len() > 1 {
                <p class={if replicas.iter().all(|it| it.1) { "x-card x-says-note" } else { "x-card x-says-warn" }} data-testid="replicas">
                    { if replicas.iter().all(|it| it.1) { tr!("compare.replicas_agree") } else { tr!("compare.replicas_differ") } }{ " " }
                    <select class="x-input" aria-label={tr!("compare.replica")} {onchange} data-testid="replica">
                        { for replicas.iter().zip(0_u32..).map(|((name, same), index)| html! {
                            <option value={index.to_string()} selected={index == at}>
                                { if *same { name.clone() } else { tr!("compare.other_replica", name = name).to_string() } }
                            </option>
                        }) }
                    </select>
                </p>
            }
            if compared.missing.is_empty() {
                <p class="x-aside x-sides">
                    { side(props.names.left(), &compared.left) }{ " · " }{ side(props.names.right(), &compared.right) }
                    { apart(compared) }
                </p>
            }
        </>
    }
}

fn side(letter: AttrValue, of: &SideLine) -> Html {
    html! {
        <>
            <b>{ letter.clone() }</b>
            if of.name.as_str() != letter.as_str() { { " " }<span class="x-mono">{ of.name.clone() }</span> }
            if let Some(at) = of.captured { { " " }{ tr!("compare.dump_of", at = words::time(at)) } }
        </>
    }
}

/// How far apart the dumps are, where that is far.
fn apart(compared: &Compared) -> Option<String> {
    let (one, other) = (compared.left.captured?, compared.right.captured?);
    let (early, late) = (Instant(one.0.min(other.0)), Instant(one.0.max(other.0)));
    (late.0 - early.0 > 60_000_000_000)
        .then(|| format!(" · {}", tr!("compare.apart", age = human(early, late))))
}

fn mean(page: &Page, meaning: Meaning) -> Html {
    let ago = |sent: Option<Instant>| {
        sent.zip(page.capture.captured).map(|(sent, now)| tr!("compare.sent_ago", age = human(sent, now)))
    };
    let (class, says, why, sent) = match meaning {
        Meaning::Same => ("x-says-good", tr!("compare.same"), tr!("compare.same.why"), None),
        Meaning::Stale(sent) => ("x-says-warn", tr!("compare.stale"), tr!("compare.stale.why"), ago(sent)),
        Meaning::Refused(sent) => {
            ("x-says-bad", tr!("compare.refused"), tr!("compare.refused.why"), ago(sent))
        }
        Meaning::Race => ("x-says-note", tr!("compare.race"), tr!("compare.race.why"), None),
        Meaning::Unknown => ("x-says-note", tr!("compare.unknown"), tr!("compare.unknown.why"), None),
    };
    html! {
        <p class={classes!("x-card", class)} data-testid="meaning">
            <strong>{ says }</strong>{ " " }{ why }
            if let Some(sent) = sent { { " " }<span class="x-aside">{ sent }</span> }
        </p>
    }
}
