//! What is hidden, saved to a file and read from one: the terminal takes the same (`xdscope lint --suppress`).

use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlInputElement;
use xdscope::engine::protocol::Suppression;
use xdscope::order::InOrder;
use yew::prelude::*;

use crate::app::Msg;
use crate::context::use_page;
use crate::outward;
use crate::parts::{Button, Variant};

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub suppressions: Vec<Suppression>,
}

#[component]
pub fn Hidden(props: &Props) -> Html {
    let page = use_page();
    let input = use_node_ref();
    let refused = use_state(|| false);
    let save = {
        let (page, list) = (page.clone(), props.suppressions.clone());
        Callback::from(move |_: MouseEvent| {
            if let Ok(text) = serde_json::to_string_pretty(&list) {
                outward::save(&page, "xdscope-hidden.json", text, "application/json");
            }
        })
    };
    let pick = {
        let input = input.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(input) = input.cast::<HtmlInputElement>() {
                input.set_value("");
                input.click();
            }
        })
    };
    let onchange = {
        let (page, list, refused) = (page.clone(), props.suppressions.clone(), refused.clone());
        Callback::from(move |event: Event| {
            let file = event.target_unchecked_into::<HtmlInputElement>().files().and_then(|it| it.get(0));
            let Some(file) = file else { return };
            let (page, mut list, refused) = (page.clone(), list.clone(), refused.clone());
            spawn_local(async move {
                let text = JsFuture::from(file.text()).await.ok().and_then(|it| it.as_string());
                let read = text.and_then(|it| serde_json::from_str::<Vec<Suppression>>(&it).ok());
                refused.set(read.is_none());
                if let Some(read) = read {
                    list.extend(read);
                    list.order();
                    list.dedup();
                    page.act.emit(Msg::Suppress(list));
                }
            });
        })
    };
    html! {
        <>
            if !props.suppressions.is_empty() {
                <Button variant={Variant::Link} small=true onclick={save} testid="hidden-save">{ tr!("findings.save") }</Button>
            }
            <Button variant={Variant::Link} small=true onclick={pick} testid="hidden-load">{ tr!("findings.load") }</Button>
            <input
                ref={input} type="file" accept=".json" class="x-unseen" tabindex="-1" aria-label={tr!("findings.load")}
                {onchange} data-testid="hidden-file"
            />
            if *refused {
                <span role="alert" class="x-bad">{ tr!("findings.load_refused") }</span>
            }
        </>
    }
}
