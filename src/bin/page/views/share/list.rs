//! What the parts of the view share: a long list of lines, and a field to write into.

use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::super::strip::Strip;

/// Of a line, in pixels; static/share.css has the same.
pub const LINE: u32 = 26;

/// The lines in sight, each an `li`, in what scrolls.
pub fn list(strip: &Strip, label: AttrValue, line: impl Fn(u32) -> Html) -> Html {
    html! {
        <div
            class="x-grid x-share-list" role="region" tabindex="0" aria-label={label}
            ref={strip.node.clone()} onscroll={strip.onscroll.clone()}
        >
            { strip.above() }
            <ul>{ for (strip.first..strip.last).map(line) }</ul>
            { strip.below() }
        </div>
    }
}

/// Takes what is written into a field.
pub fn typed(text: &UseStateHandle<String>) -> Callback<InputEvent> {
    let text = text.clone();
    Callback::from(move |event: InputEvent| {
        if let Some(input) = event.target().and_then(|at| at.dyn_into::<HtmlInputElement>().ok()) {
            text.set(input.value());
        }
    })
}
