//! What was made and checked, and the buttons that save it.

use std::rc::Rc;

use web_sys::Blob;
use xdscope::engine::protocol::Shared;
use yew::prelude::*;

use super::{map, says};
use crate::browser;
use crate::context::use_page;
use crate::parts::{Button, Variant, toned};
use crate::words::{self, Tone};
use crate::worker;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub shared: Rc<Shared>,
}

#[component]
pub fn Save(props: &Props) -> Html {
    let page = use_page();
    let shared = &props.shared;
    let saving = use_saving();
    let paging = use_saving();
    let below = use_state_eq(|| None::<Below>);
    let save = {
        let (saving, ending, client) = (saving.clone(), shared.ending.clone(), page.client.clone());
        Callback::from(move |_: MouseEvent| client.file(saving.begin("redacted", ending.clone())))
    };
    let wants = |what: Below| {
        let below = below.clone();
        Callback::from(move |_: MouseEvent| below.set((*below != Some(what)).then_some(what)))
    };
    let save_page = if worker::one_file() {
        let (paging, client) = (paging.clone(), page.client.clone());
        Callback::from(move |_: MouseEvent| client.page_file(paging.begin("redacted", ".html".to_owned())))
    } else {
        wants(Below::Page)
    };
    let is_pressed = |what: Below| *below == Some(what);
    html! {
        <>
        <section class="x-card x-share-top" data-testid="share-made">
            <div class="x-share-says">
                <p role="status">
                    { toned((tr!("share.checked"), Tone::Good)) }{ " " }
                    { tr!("share.checked.what", n = words::number(shared.requests)) }
                </p>
                <p>
                    <strong>{ count!("share.document", "share.documents", shared.documents) }</strong>
                    if shared.left_out > 0 { { " · " }{ tr!("share.without", n = words::number(shared.left_out.into())) } }
                    { " · " }{ tr!("share.stand", names = words::number(shared.names), addresses = words::number(shared.addresses)) }
                </p>
                <p class="x-aside" data-testid="share-removed-by">
                    { for shared.removed.iter().enumerate().map(|(at, (rule, count))| html! {
                        <>{ if at > 0 { " · " } else { "" } }{ says::removed(*rule) }{ " " }{ words::number(*count) }</>
                    }) }
                </p>
            </div>
            <div class="x-share-buttons">
                <Button variant={Variant::Link} onclick={wants(Below::Map)} pressed={is_pressed(Below::Map)} testid="share-map">{ tr!("share.map") }</Button>
                <Button
                    onclick={save_page} disabled={*paging.busy} testid="share-page"
                    pressed={(!worker::one_file()).then_some(is_pressed(Below::Page))}
                >
                    { if *paging.busy { tr!("share.packing") } else { page_words() } }
                </Button>
                <Button variant={Variant::Primary} onclick={save} disabled={*saving.busy} testid="share-save">
                    { if *saving.busy { tr!("share.packing") } else { tr!("share.save") } }
                </Button>
                if *saving.failed || *paging.failed { <p role="alert">{ tr!("share.save.failed") }</p> }
            </div>
        </section>
        { match *below {
            Some(Below::Map) => html! { <map::SaveMap /> },
            Some(Below::Page) => html! {
                <section class="x-card x-share-page" data-testid="share-page-panel">
                    <p>{ tr!("share.page.why") }</p>
                    <ol>
                        <li>
                            { tr!("share.page.get") }{ " " }
                            <a href="xdscope.html" download="xdscope.html" data-testid="share-page-get">{ "xdscope.html" }</a>
                        </li>
                        <li>{ tr!("share.page.open") }</li>
                        <li>{ tr!("share.page.then") }</li>
                    </ol>
                </section>
            },
            None => html! {},
        } }
        </>
    }
}

/// Where it cannot be done at once, it is told how.
fn page_words() -> yew::AttrValue {
    if worker::one_file() { tr!("share.page") } else { tr!("share.page.how") }
}

/// What is shown below the buttons.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Below {
    Map,
    /// How to save a page where this is none that can be saved.
    Page,
}

/// A file that is being made, to be saved.
#[derive(Clone)]
pub struct Saving {
    pub busy: UseStateHandle<bool>,
    pub failed: UseStateHandle<bool>,
}

#[hook]
pub fn use_saving() -> Saving {
    Saving { busy: use_state_eq(|| false), failed: use_state_eq(|| false) }
}

impl Saving {
    /// What is to hear the file, which is then saved.
    pub fn begin(&self, what: &'static str, ending: String) -> Callback<Option<Blob>> {
        let (busy, failed) = (self.busy.clone(), self.failed.clone());
        busy.set(true);
        Callback::from(move |blob: Option<Blob>| {
            busy.set(false);
            failed.set(blob.is_none());
            if let Some(blob) = blob {
                browser::save_blob(&name(what, &ending), &blob);
            }
        })
    }
}

/// Says nothing of what it was made of.
fn name(what: &str, ending: &str) -> String {
    let lot = browser::lot().unwrap_or_default();
    format!("xdscope-{what}-{:02x}{:02x}{:02x}{ending}", lot[0], lot[1], lot[2])
}
