//! The names that were found, to be ticked where they may be read.

use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use xdscope::engine::protocol::{Answer, Query, ShareAnswer, ShareName, ShareQuery};
use yew::prelude::*;

use super::super::strip::{self, use_strip};
use super::list::{LINE, list, typed};
use crate::context::use_answer_again;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub round: u32,
    /// Names that are ticked, also while the copy is still being made.
    pub ticked: Vec<String>,
    /// A name, and whether it is to be kept.
    pub keep: Callback<(String, bool)>,
}

#[component]
pub fn Names(props: &Props) -> Html {
    let text = use_state_eq(String::new);
    let lines = use_state_eq(|| 0);
    let strip = use_strip(*lines, LINE);
    let query = ShareQuery::Names { text: (*text).clone(), offset: strip.offset(), limit: strip::LIMIT };
    let answer = use_answer_again(Some(Query::Share(query)), props.round);
    let listed = match answer.as_deref() {
        Some(Answer::Share(ShareAnswer::Names(listed))) => Some(listed),
        _ => None,
    };
    if let Some(listed) = listed {
        lines.set(listed.total);
    }
    html! {
        <section class="x-card x-rows x-fill">
            <div class="x-toolbar">
                <input
                    class="x-input" type="search" data-testid="share-name-find"
                    placeholder={tr!("share.name")} aria-label={tr!("share.name")}
                    value={(*text).clone()} oninput={typed(&text)}
                />
                <span class="x-aside">{ tr!("share.names.why") }</span>
            </div>
            { list(&strip, tr!("share.names"), |at| {
                let line = listed.and_then(|it| it.lines.get(at.checked_sub(it.offset)? as usize));
                match line {
                    Some(it) => name(it, props.ticked.contains(&it.name), &props.keep),
                    None => html! { <li key={at.to_string()} class="x-share-line" /> },
                }
            }) }
        </section>
    }
}

fn name(it: &ShareName, ticked: bool, keep: &Callback<(String, bool)>) -> Html {
    let onchange = {
        let (name, keep) = (it.name.clone(), keep.clone());
        Callback::from(move |event: Event| {
            if let Some(input) = event.target().and_then(|at| at.dyn_into::<HtmlInputElement>().ok()) {
                keep.emit((name.clone(), input.checked()));
            }
        })
    };
    html! {
        <li key={format!("={}", it.name)} class="x-share-line" data-testid="share-name">
            <label>
                <input type="checkbox" checked={ticked} {onchange} data-testid="share-keep" />
                <code class="x-cut">{ &it.name }</code>
            </label>
            if it.kept {
                <span class="x-aside">{ tr!("share.stays") }</span>
            } else {
                <span aria-hidden="true" class="x-aside">{ "→" }</span><code class="x-cut">{ &it.code }</code>
            }
        </li>
    }
}
