//! A box to paste a document into.

use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use crate::app::Msg;
use crate::context::use_page;
use crate::files::Given;
use crate::parts::{self, Button, Closing, Variant};

#[component]
pub fn Paste(props: &Closing) -> Html {
    let page = use_page();
    let (field, nothing) = (use_node_ref(), use_state(|| false));
    let read = {
        let (field, nothing, act) = (field.clone(), nothing.clone(), page.act.clone());
        Callback::from(move |_: MouseEvent| {
            let Some(text) = field.cast::<HtmlTextAreaElement>().map(|field| field.value()) else { return };
            if text.trim().is_empty() {
                nothing.set(true);
            } else {
                act.emit(Msg::Give(vec![Given::Pasted(text.into())]));
            }
        })
    };
    html! {
        <parts::Dialog title={tr!("paste.title")} onclose={props.onclose.clone()} testid="paste-dialog">
            <p><label for="paste-text">{ tr!("paste.what") }</label></p>
            <textarea
                id="paste-text" ref={field} rows="14" spellcheck="false" autocomplete="off" data-testid="paste-text"
                aria-describedby={nothing.then_some("paste-nothing")}
            />
            if *nothing {
                <p id="paste-nothing" class="x-bad" role="alert">{ tr!("paste.nothing") }</p>
            }
            <footer>
                <Button variant={Variant::Primary} onclick={read} testid="paste-read">{ tr!("paste.read") }</Button>
                <Button variant={Variant::Link} onclick={props.onclose.reform(|_| ())} testid="paste-cancel">
                    { tr!("paste.cancel") }
                </Button>
            </footer>
        </parts::Dialog>
    }
}
