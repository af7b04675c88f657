//! The ways to open something: on the empty page, and in a dialog when something is open.

use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::app::{Dialog, Msg};
use crate::context::use_page;
use crate::files;
use crate::parts::{self, Button, Closing, Variant};

#[component]
pub fn DropZone() -> Html {
    let page = use_page();
    let (file, folder) = (use_node_ref(), use_node_ref());
    let click = |input: &NodeRef| {
        let input = input.clone();
        Callback::from(move |_| {
            if let Some(input) = input.cast::<HtmlInputElement>() {
                input.click();
            }
        })
    };
    let onchange = {
        let act = page.act.clone();
        Callback::from(move |event: Event| {
            let Some(input) = event.target().and_then(|at| at.dyn_into::<HtmlInputElement>().ok()) else {
                return;
            };
            if let Some(list) = input.files() {
                act.emit(Msg::Give(files::chosen(&list)));
            }
            // The same file may be chosen again.
            input.set_value("");
        })
    };
    html! {
        <div class="x-drop" data-testid="drop">
            <p class="x-drop-title">{ tr!("drop.title") }</p>
            <p class="x-aside">{ tr!("drop.what") }</p>
            <div class="x-buttons">
                <Button variant={Variant::Primary} onclick={click(&file)} testid="choose">{ tr!("drop.choose") }</Button>
                <Button onclick={click(&folder)} testid="choose-folder">{ tr!("drop.folder") }</Button>
                <Button onclick={page.act.reform(|_| Msg::Show(Some(Dialog::Paste)))} testid="paste">
                    { tr!("drop.paste") }
                </Button>
                <Button variant={Variant::Link} onclick={page.act.reform(|_| Msg::Sample)} testid="sample">
                    { tr!("drop.sample") }
                </Button>
            </div>
            <input
                ref={file} type="file" multiple=true hidden=true aria-label={tr!("drop.choose")}
                data-testid="file-input" onchange={onchange.clone()}
            />
            <input
                ref={folder} type="file" webkitdirectory={true} hidden=true aria-label={tr!("drop.folder")}
                data-testid="folder-input" {onchange}
            />
        </div>
    }
}

#[component]
pub fn OpenDialog(props: &Closing) -> Html {
    let page = use_page();
    let open = !page.capture.documents.is_empty();
    html! {
        <parts::Dialog title={tr!("open.title")} onclose={props.onclose.clone()} testid="open-dialog">
            <p>{ if open { tr!("open.adds") } else { tr!("empty.lead") } }</p>
            <DropZone />
            if open {
                <footer>
                    <Button onclick={page.act.reform(|_| Msg::CloseAll)} testid="close-all">{ tr!("open.close") }</Button>
                    <span class="x-aside">{ tr!("open.close.why") }</span>
                </footer>
            }
        </parts::Dialog>
    }
}
