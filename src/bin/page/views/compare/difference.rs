//! One resource of both sides: its fields that differ, then its text, line beside line.

#[path = "difference_copy.rs"]
mod copy;

use xdscope::engine::protocol::{
    Answer, Beside, Change, Difference as Found, FieldLine, Marked, Pair, Query, Section, Target,
};
use yew::prelude::*;

use super::super::strip::{self, use_strip};
use super::{Names, list, title};
use crate::context::{Page, use_answer, use_page};
use crate::parts::{Copy, Icon, icon};
use crate::words;

/// Of a line of text, in pixels; static/compare.css has the same.
const LINE: u32 = 20;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub pair: Pair,
    pub at: u32,
    pub names: Names,
    /// Where it is closed.
    pub close: AttrValue,
}

#[component]
pub fn Difference(props: &Props) -> Html {
    let page = use_page();
    let open = use_state(Vec::<u32>::new);
    let lines = use_state_eq(|| 0);
    let strip = use_strip(*lines, LINE);
    let query = Query::Difference {
        pair: props.pair,
        at: props.at,
        open: (*open).clone(),
        offset: strip.offset(),
        limit: strip::LIMIT,
    };
    let answer = use_answer(Some(query));
    let found = match answer.as_deref() {
        Some(Answer::Difference(found)) => found,
        Some(_) => {
            return html! { <aside class="x-card x-detail"><p class="x-pad">{ tr!("gone") }</p></aside> };
        }
        None => return html! { <aside class="x-card x-detail" aria-busy="true" /> },
    };
    lines.set(found.lines);
    let unfold = {
        let open = open.clone();
        Callback::from(move |first: u32| {
            let mut new = (*open).clone();
            new.push(first);
            open.set(new);
        })
    };
    let oncopy = {
        let (page, props) = (page.clone(), props.clone());
        Callback::from(move |done: Callback<bool>| copy::copy(&page, &props, done))
    };
    let second = matches!(props.pair, Pair::Envoys { second: true, .. });
    html! {
        <aside class="x-card x-detail x-difference" aria-labelledby="difference" data-testid="difference-detail">
            <header>
                <div>
                    <h2 id="difference" class="x-mono">{ found.line.name.clone() }</h2>
                    <p class="x-aside">
                        { title(found.line.section) }{ " · " }{ list::differs(found.line.differs, props.names) }
                        { link(&page, found.left, props.names.left()) }
                        { link(&page, found.right.filter(|_| !second), props.names.right()) }
                    </p>
                </div>
                <span class="x-right">
                    if found.line.section != Section::Secrets {
                        <Copy copy={oncopy} what={tr!("compare.text")} testid="copy-difference" />
                    }
                    <Copy text={found.line.name.clone()} what={found.line.name.clone()} bare=true testid="copy-name" />
                    <a
                        class="pf-v5-c-button pf-m-plain" href={props.close.clone()} aria-label={tr!("dialog.close")}
                        title={tr!("dialog.close")} data-testid="difference-close"
                    >
                        { icon(Icon::Close) }
                    </a>
                </span>
            </header>
            if !found.fields.is_empty() {
                { fields(found, props.names) }
            }
            if found.line.section == Section::Secrets {
                <p class="x-pad x-aside">{ tr!("compare.no_keys") }</p>
            } else {
                <div class="x-beside-head" aria-hidden="true"><b>{ props.names.left() }</b><b>{ props.names.right() }</b></div>
                <div
                    class="x-beside-text" role="region" tabindex="0" aria-label={tr!("compare.text")}
                    ref={strip.node.clone()} onscroll={strip.onscroll.clone()} data-testid="beside"
                >
                    { strip.above() }
                    { for (strip.first..strip.last).map(|at| {
                        let line = at.checked_sub(found.offset).and_then(|at| found.window.get(at as usize));
                        match line {
                            Some(line) => beside(at, line, &unfold, props.names),
                            None => html! { <div key={at} class="x-pair"><code>{ "…" }</code></div> },
                        }
                    }) }
                    { strip.below() }
                </div>
            }
        </aside>
    }
}

fn link(page: &Page, target: Option<Target>, side: AttrValue) -> Html {
    target
        .map(|target| html! { <>{ " · " }<a href={page.href(target)} data-testid="to-side">{ tr!("compare.in", side = side) }</a></> })
        .unwrap_or_default()
}

fn fields(found: &Found, names: Names) -> Html {
    let more = found.all_fields.saturating_sub(u32::try_from(found.fields.len()).unwrap_or(u32::MAX));
    html! {
        <div class="x-fields" role="region" tabindex="0" aria-label={tr!("compare.field_list")} data-testid="fields">
            <ul>
                { for found.fields.iter().map(|it| field(it, names)) }
                if more > 0 {
                    <li class="x-aside">{ tr!("word.more", n = words::number(more.into())) }</li>
                }
            </ul>
        </div>
    }
}

fn field(it: &FieldLine, names: Names) -> Html {
    let value = |of: &Option<String>, class: &'static str, side: AttrValue| {
        of.as_ref().map(|text| html! {
            <span class="x-value"><code class={class}>{ text.clone() }</code>{ " " }<span class="x-aside">{ tr!("compare.in", side = side) }</span></span>
        })
    };
    html! {
        <li>
            <code class="x-path">{ super::super::cells::breakable(&it.path) }</code>{ " " }
            if let Change::Moved { from, to } = it.change {
                <span class="x-warn">{ tr!("compare.moved_to", from = from + 1, to = to + 1) }</span>
            } else {
                { value(&it.left, "x-del", names.left()) }
                { " " }
                { value(&it.right, "x-add", names.right()) }
                if it.left.is_none() { { " " }<span class="x-aside">{ tr!("compare.only_in", side = names.right()) }</span> }
                if it.right.is_none() { { " " }<span class="x-aside">{ tr!("compare.only_in", side = names.left()) }</span> }
            }
        </li>
    }
}

fn beside(at: u32, line: &Beside, unfold: &Callback<u32>, names: Names) -> Html {
    match line {
        Beside::Fold { first, lines } => {
            let first = *first;
            html! {
                <div key={at} class="x-pair x-folded-run">
                    <button type="button" onclick={unfold.reform(move |_| first)} data-testid="unfold">
                        { tr!("compare.lines_same", n = words::number((*lines).into())) }
                    </button>
                </div>
            }
        }
        Beside::Same(_, _, text) => html! {
            <div key={at} class="x-pair"><code>{ text.clone() }</code><code aria-hidden="true">{ text.clone() }</code></div>
        },
        Beside::Other { left, right } => html! {
            <div key={at} class="x-pair">
                { half(left.as_ref(), right.is_none(), "x-del", names.left()) }
                { half(right.as_ref(), left.is_none(), "x-add", names.right()) }
            </div>
        },
    }
}

fn half(line: Option<&Marked>, alone: bool, class: &'static str, side: AttrValue) -> Html {
    let Some(line) = line else { return html! { <code class="x-void" /> } };
    let whole: String = line.pieces.iter().map(|it| it.1.as_str()).collect();
    html! {
        <code class={class} title={(whole.len() > 60).then_some(whole.trim().to_owned())}>
            // Colour alone says nothing to some.
            <span class="x-unseen">{ side }{ ": " }</span>
            { for line.pieces.iter().map(|(differs, text)| {
                if *differs && !alone { html! { <mark>{ text.clone() }</mark> } } else { html! { { text.clone() } } }
            }) }
        </code>
    }
}
