//! A dialog over the page: the browser's own, which keeps the focus inside and hears Escape.

use wasm_bindgen::JsCast;
use web_sys::{HtmlDialogElement, HtmlElement};
use yew::prelude::*;

use super::{Button, Icon, Variant, icon};
use crate::browser;
use crate::context::use_page;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub title: AttrValue,
    pub children: Html,
    pub onclose: Callback<()>,
    pub testid: AttrValue,
    /// Its title is for who cannot see, and it has no button to close.
    #[prop_or_default]
    pub bare: bool,
}

/// What a view is given that fills a dialog: how to close it.
#[derive(Clone, PartialEq, Properties)]
pub struct Closing {
    pub onclose: Callback<()>,
}

#[component]
pub fn Dialog(props: &Props) -> Html {
    use_page();
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with((), move |()| {
            let before: Option<HtmlElement> = browser::focused();
            if let Some(dialog) = node.cast::<HtmlDialogElement>() {
                let _ = dialog.show_modal();
            }
            move || {
                if let Some(before) = before {
                    let _ = before.focus();
                }
            }
        });
    }
    let oncancel = {
        let onclose = props.onclose.clone();
        Callback::from(move |event: Event| {
            event.prevent_default();
            onclose.emit(());
        })
    };
    // Outside of the dialog is its backdrop, which is the dialog itself.
    let onclick = {
        let (onclose, node) = (props.onclose.clone(), node.clone());
        Callback::from(move |event: MouseEvent| {
            let outside = event.target().and_then(|at| at.dyn_into::<HtmlDialogElement>().ok());
            if outside.is_some() && outside == node.cast::<HtmlDialogElement>() {
                onclose.emit(());
            }
        })
    };
    html! {
        <dialog
            ref={node}
            class={classes!("x-dialog", props.bare.then_some("x-bare"))}
            aria-labelledby="dialog-title"
            {oncancel}
            {onclick}
            data-testid={props.testid.clone()}
        >
            <div class="x-dialog-inside">
                <header class={props.bare.then_some("x-unseen")}>
                    <h2 id="dialog-title">{ props.title.clone() }</h2>
                    if !props.bare {
                        <Button
                            variant={Variant::Plain}
                            onclick={props.onclose.reform(|_| ())}
                            name={tr!("dialog.close")}
                            testid="dialog-close"
                        >
                            { icon(Icon::Close) }
                        </Button>
                    }
                </header>
                { props.children.clone() }
            </div>
        </dialog>
    }
}
