//! Ctrl+K: any resource or proxy by part of its name.

use web_sys::HtmlInputElement;
use xdscope::engine::protocol::{self, Answer, Hit, Query};
use yew::prelude::*;

use crate::browser;
use crate::context::{Page, use_answer, use_page};
use crate::parts::{Closing, Dialog};
use crate::words;

const LIMIT: u32 = 50;

#[component]
pub fn Palette(props: &Closing) -> Html {
    let page = use_page();
    let text = use_state(String::new);
    let at = use_state(|| 0_usize);
    let wanted = text.trim().to_owned();
    let answer =
        use_answer((!wanted.is_empty()).then_some(Query::Search { text: wanted.clone(), limit: LIMIT }));
    let hits: &[Hit] = match answer.as_deref() {
        Some(Answer::Hits(hits)) if !wanted.is_empty() => hits,
        _ => &[],
    };
    let current = (*at).min(hits.len().saturating_sub(1));
    let oninput = {
        let (text, at) = (text.clone(), at.clone());
        Callback::from(move |event: InputEvent| {
            text.set(event.target_unchecked_into::<HtmlInputElement>().value());
            at.set(0);
        })
    };
    let go = {
        let (page, onclose) = (page.clone(), props.onclose.clone());
        Callback::from(move |target| {
            onclose.emit(());
            page.go(target);
        })
    };
    let onkeydown = {
        let (go, target, count) = (go.clone(), hits.get(current).map(|hit| hit.target), hits.len());
        Callback::from(move |event: KeyboardEvent| {
            match event.key().as_str() {
                "ArrowDown" => at.set((current + 1).min(count.saturating_sub(1))),
                "ArrowUp" => at.set(current.saturating_sub(1)),
                "Enter" => {
                    if let Some(target) = target {
                        go.emit(target);
                    }
                }
                _ => return,
            }
            event.prevent_default();
        })
    };
    use_effect_with(current, |current| {
        if let Some(hit) = browser::by_id(&format!("hit-{current}")) {
            let nearest = web_sys::ScrollIntoViewOptions::new();
            nearest.set_block(web_sys::ScrollLogicalPosition::Nearest);
            hit.scroll_into_view_with_scroll_into_view_options(&nearest);
        }
    });
    html! {
        <Dialog title={tr!("palette.title")} onclose={props.onclose.clone()} testid="palette" bare=true>
            <input
                type="text" class="x-palette-input" role="combobox" aria-expanded={if hits.is_empty() { "false" } else { "true" }}
                aria-controls="hits" aria-autocomplete="list" aria-label={tr!("masthead.search")}
                aria-activedescendant={(!hits.is_empty()).then(|| format!("hit-{current}"))}
                placeholder={tr!("masthead.search")} autocomplete="off" spellcheck="false"
                {oninput} {onkeydown} data-testid="palette-input"
            />
            <ul id="hits" role="listbox" aria-label={tr!("palette.found")} class="x-hits">
                { for hits.iter().enumerate().map(|(index, hit)| item(&page, hit, index, index == current, &go)) }
            </ul>
            <p class="x-aside x-pad" role="status">
                { if wanted.is_empty() {
                    tr!("palette.hint")
                } else if hits.is_empty() {
                    tr!("palette.none")
                } else {
                    tr!("palette.keys")
                } }
            </p>
        </Dialog>
    }
}

fn item(page: &Page, hit: &Hit, index: usize, current: bool, go: &Callback<protocol::Target>) -> Html {
    let target = hit.target;
    let what = match (hit.kind, target) {
        (Some(kind), _) => words::kind(kind),
        (None, protocol::Target::Document(_) | protocol::Target::Place(..)) => tr!("kind.document"),
        (None, _) => tr!("kind.proxy"),
    };
    let onclick = go.reform(move |_| target);
    html! {
        <li
            id={format!("hit-{index}")} role="option" aria-selected={if current { "true" } else { "false" }}
            {onclick} data-testid="hit" data-href={page.href(target)}
        >
            <span class="x-mono x-cut">{ hit.name.clone() }</span>
            <span class="x-aside">{ what }</span>
            <span class="x-aside x-cut x-right">{ hit.proxy.clone() }</span>
        </li>
    }
}
