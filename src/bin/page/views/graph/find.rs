//! What the graph is about: found by part of its name.

use web_sys::HtmlInputElement;
use xdscope::engine::protocol::{Answer, GraphFocus, GraphHit, ProxyId, Query};
use yew::prelude::*;

use super::words;
use crate::context::use_answer;

const LIMIT: u32 = 12;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub proxy: ProxyId,
    pub go: Callback<GraphFocus>,
}

#[component]
pub fn Find(props: &Props) -> Html {
    let text = use_state(String::new);
    let at = use_state(|| 0_usize);
    let wanted = text.trim().to_owned();
    let query = Query::GraphFind { proxy: props.proxy, text: wanted.clone(), limit: LIMIT };
    let answer = use_answer((!wanted.is_empty()).then_some(query));
    let hits: &[GraphHit] = match answer.as_deref() {
        Some(Answer::GraphHits(hits)) if !wanted.is_empty() => hits,
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
        let (text, go) = (text.clone(), props.go.clone());
        Callback::from(move |focus| {
            text.set(String::new());
            go.emit(focus);
        })
    };
    let onkeydown = {
        let (go, text, at) = (go.clone(), text.clone(), at.clone());
        let (focus, count) = (hits.get(current).map(|hit| hit.focus), hits.len());
        Callback::from(move |event: KeyboardEvent| {
            match event.key().as_str() {
                "ArrowDown" => at.set((current + 1).min(count.saturating_sub(1))),
                "ArrowUp" => at.set(current.saturating_sub(1)),
                "Enter" => {
                    if let Some(focus) = focus {
                        go.emit(focus);
                    }
                }
                "Escape" if !text.is_empty() => text.set(String::new()),
                _ => return,
            }
            event.prevent_default();
            event.stop_propagation();
        })
    };
    let open = !wanted.is_empty();
    html! {
        <div class="x-graph-find">
            <input
                type="text" id="filter" class="x-input" role="combobox" aria-expanded={if open { "true" } else { "false" }}
                aria-controls="graph-hits" aria-autocomplete="list" aria-label={tr!("graph.find")}
                aria-activedescendant={(!hits.is_empty()).then(|| format!("graph-hit-{current}"))}
                placeholder={tr!("graph.find")} autocomplete="off" spellcheck="false"
                value={(*text).clone()} {oninput} {onkeydown} data-testid="graph-find"
            />
            <div class={classes!("x-card", "x-graph-hits", (!open).then_some("x-none"))}>
                <ul id="graph-hits" role="listbox" aria-label={tr!("palette.found")} class="x-hits">
                    { for hits.iter().enumerate().map(|(index, hit)| {
                        let focus = hit.focus;
                        html! {
                            <li
                                id={format!("graph-hit-{index}")} role="option" data-testid="graph-hit"
                                aria-selected={if index == current { "true" } else { "false" }}
                                onclick={go.reform(move |_| focus)}
                            >
                                <span class="x-mono x-cut" title={hit.name.clone()}>{ hit.name.clone() }</span>
                                <span class="x-aside">{ words::heading(hit.kind) }</span>
                            </li>
                        }
                    }) }
                </ul>
                if open && hits.is_empty() && answer.is_some() {
                    <p class="x-aside x-pad" role="status">{ tr!("graph.find.none") }</p>
                }
            </div>
        </div>
    }
}
