//! The proxies of two captures: which differ, which are the same, which are in one alone.

use xdscope::engine::protocol::{Answer, Captures, PairState, ProxyPair, Query};
use yew::prelude::*;

use super::super::strip::{self, use_strip};
use super::title;
use crate::context::{Page, use_answer_again, use_page};
use crate::link::{CompareView, Place};
use crate::parts::toned;
use crate::words::{self, Tone};

/// Of a line, in pixels; static/compare.css has the same.
const LINE: u32 = 30;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The second capture's mark.
    pub second: Option<u32>,
}

#[component]
pub fn Proxies(props: &Props) -> Html {
    let page = use_page();
    let lines = use_state_eq(|| 0);
    // Each answer has compared some more.
    let round = use_state_eq(|| 0);
    let strip = use_strip(*lines, LINE);
    let query = Query::Captures { offset: strip.offset(), limit: strip::LIMIT };
    let answer = use_answer_again(Some(query), *round);
    {
        let pending = match answer.as_deref() {
            Some(Answer::Captures(captures)) => captures.pending,
            _ => 0,
        };
        let round = round.clone();
        use_effect_with(pending, move |pending| {
            if *pending > 0 {
                round.set(*round + 1);
            }
        });
    }
    let Some(Answer::Captures(captures)) = answer.as_deref() else {
        return if answer.is_some() {
            html! { <p class="x-pad" data-testid="gone">{ tr!("compare.no_second") }</p> }
        } else {
            html! { <p class="x-pad x-aside" aria-busy="true">{ tr!("compare.busy") }</p> }
        };
    };
    lines.set(captures.lines);
    let [differ, same, left, right] = captures.counts;
    html! {
        <div class="x-body x-compare" data-testid="captures">
            <p class="x-aside x-sides">
                <b>{ "A" }</b>{ captured(captures, true) }{ " · " }<b>{ "B" }</b>{ captured(captures, false) }
            </p>
            <p class="x-card x-says-note" role="status" data-testid="captures-says">
                <strong>{ count!("compare.proxy_differs", "compare.proxies_differ", differ) }</strong>{ " " }
                { tr!("compare.others", same = words::number(same.into()), left = words::number(left.into()), right = words::number(right.into())) }
                if captures.pending > 0 {
                    { " " }{ tr!("compare.pending", n = words::number(captures.pending.into())) }
                }
            </p>
            <div class="x-card x-rows x-fill">
                <div
                    class="x-grid x-list" role="region" aria-label={tr!("compare.proxies")} tabindex="0"
                    ref={strip.node.clone()} onscroll={strip.onscroll.clone()}
                >
                    { strip.above() }
                    <ul>
                        { for (strip.first..strip.last).map(|at| {
                            let line = at.checked_sub(captures.offset).and_then(|at| captures.window.get(at as usize));
                            match line {
                                Some(pair) => line_of(&page, at, pair, props.second),
                                None => html! { <li key={at} class="x-compare-line" aria-busy="true">{ "…" }</li> },
                            }
                        }) }
                    </ul>
                    { strip.below() }
                </div>
            </div>
        </div>
    }
}

fn captured(of: &Captures, left: bool) -> String {
    let at = if left { of.captured.0 } else { of.captured.1 };
    at.map(|at| format!(" {}", words::time(at))).unwrap_or_default()
}

fn line_of(page: &Page, at: u32, it: &ProxyPair, second: Option<u32>) -> Html {
    let place = it
        .left
        .zip(it.right)
        .map(|pair| Place::Compare(CompareView { second, pair: Some(pair), open: None }));
    html! {
        <li key={at} class="x-compare-line" data-testid="pair">
            <span class="x-cut">
                { match place {
                    Some(place) => html! { <a href={page.href(place)}>{ it.name.clone() }</a> },
                    None => html! { { it.name.clone() } },
                } }
                { " " }<span class="x-aside">{ it.namespace.clone() }</span>
                if let Some(renamed) = &it.renamed {
                    { " " }<span class="x-aside">{ tr!("compare.renamed", name = renamed) }</span>
                }
            </span>
            <span class="x-right">
                { match &it.state {
                    PairState::Pending => html! { <span class="x-aside">{ "…" }</span> },
                    PairState::Same => toned((tr!("compare.same_proxy"), Tone::Good)),
                    PairState::OnlyLeft => toned((tr!("compare.only_in", side = "A"), Tone::Warn)),
                    PairState::OnlyRight => toned((tr!("compare.only_in", side = "B"), Tone::Warn)),
                    PairState::Differs(sections) => html! {
                        <>{ for sections.iter().map(|(section, n)| html! {
                            <>{ toned((format!("{} {n}", title(*section)).into(), Tone::Note)) }{ " " }</>
                        }) }</>
                    },
                } }
            </span>
        </li>
    }
}
