//! A document beside its copy, line by line.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use xdscope::engine::protocol::{Answer, DocumentId, Query, ShareAnswer, ShareQuery, Shared};
use yew::prelude::*;

use super::super::strip::{self, use_strip};
use crate::context::{use_answer_again, use_page};

/// Of a line, in pixels; `.x-pair` has the same.
const LINE: u32 = 20;
/// Browsers end an element at some 17 million pixels.
const MOST: u32 = 800_000;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub made: Rc<Shared>,
    pub round: u32,
}

#[component]
pub fn Beside(props: &Props) -> Html {
    let page = use_page();
    let beside = &props.made.beside;
    let chosen = use_state_eq(|| None::<DocumentId>);
    let document = chosen.filter(|it| beside.iter().any(|(id, _)| id == it));
    let document = document.or_else(|| beside.first().map(|it| it.0));
    let lines = use_state_eq(|| 0);
    let strip = use_strip(*lines, LINE);
    let query = document.map(|document| {
        Query::Share(ShareQuery::Beside { document, offset: strip.offset(), limit: strip::LIMIT })
    });
    let answer = use_answer_again(query, props.round);
    let listed = match answer.as_deref() {
        Some(Answer::Share(ShareAnswer::Beside(listed))) => Some(listed),
        _ => None,
    };
    if let Some(listed) = listed {
        lines.set(listed.total.min(MOST));
    }
    let choose = {
        let (chosen, node) = (chosen.clone(), strip.node.clone());
        Callback::from(move |event: Event| {
            let select = event.target().and_then(|at| at.dyn_into::<HtmlSelectElement>().ok());
            chosen.set(select.and_then(|it| it.value().parse().ok()).map(DocumentId));
            if let Some(node) = node.cast::<web_sys::Element>() {
                node.set_scroll_top(0);
            }
        })
    };
    let own = |id: DocumentId| page.capture.documents.iter().find(|it| it.id == id).map(|it| it.path.clone());
    let copy = beside.iter().find(|it| Some(it.0) == document).map(|it| it.1.clone());
    html! {
        <section class="x-card x-rows x-fill">
            <div class="x-beside-head x-share-beside">
                <label>
                    <b>{ tr!("share.original") }</b>{ " " }
                    <select class="x-input" data-testid="share-document" onchange={choose}>
                        { for beside.iter().map(|(id, path)| html! {
                            <option value={id.0.to_string()} selected={Some(*id) == document}>
                                { own(*id).unwrap_or_else(|| path.clone()) }
                            </option>
                        }) }
                    </select>
                </label>
                <span class="x-cut"><b>{ tr!("share.copy") }</b>{ " " }<code>{ copy }</code></span>
            </div>
            <div
                class="x-beside-text" role="region" tabindex="0" aria-label={tr!("share.beside")}
                ref={strip.node.clone()} onscroll={strip.onscroll.clone()} data-testid="share-text"
            >
                { strip.above() }
                { for (strip.first..strip.last).map(|at| {
                    let line = listed.and_then(|it| it.lines.get(at.checked_sub(it.offset)? as usize));
                    match line {
                        Some((left, right)) if left != right => html! {
                            <div key={at} class="x-pair" data-testid="share-changed">
                                <code class="x-del">{ left }</code><code class="x-add">{ right }</code>
                            </div>
                        },
                        Some((left, right)) => html! {
                            <div key={at} class="x-pair"><code>{ left }</code><code>{ right }</code></div>
                        },
                        None => html! { <div key={at} class="x-pair"><code /><code /></div> },
                    }
                }) }
                { strip.below() }
            </div>
        </section>
    }
}
