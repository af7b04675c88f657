//! The map back to real names: a file of its own, saved only when it is asked for.

use web_sys::Blob;
use yew::prelude::*;

use super::places::typed;
use super::save::name;
use crate::browser;
use crate::context::use_page;
use crate::parts::Button;

#[component]
pub fn SaveMap() -> Html {
    let page = use_page();
    let phrase = use_state_eq(String::new);
    let busy = use_state_eq(|| false);
    let failed = use_state_eq(|| false);
    let save = {
        let (phrase, busy, failed, client) =
            (phrase.clone(), busy.clone(), failed.clone(), page.client.clone());
        Callback::from(move |_: MouseEvent| {
            let (Some(one), Some(other)) = (browser::lot(), browser::lot()) else {
                failed.set(true);
                return;
            };
            busy.set(true);
            let ending = if phrase.is_empty() { ".json" } else { ".json.age" };
            let (busy, failed) = (busy.clone(), failed.clone());
            let hear = Callback::from(move |blob: Option<Blob>| {
                busy.set(false);
                failed.set(blob.is_none());
                if let Some(blob) = blob {
                    browser::save_blob(&name("map-PRIVATE", ending), &blob);
                }
            });
            client.map_file(&phrase, &[&one[..], &other[..16]].concat(), hear);
        })
    };
    html! {
        <section class="x-card x-share-map" data-testid="share-map-panel">
            <p>{ tr!("share.map.why") }</p>
            <div>
                <input
                    class="x-input" type="password" autocomplete="new-password" data-testid="share-phrase"
                    placeholder={tr!("share.map.passphrase")} aria-label={tr!("share.map.passphrase")}
                    value={(*phrase).clone()} oninput={typed(&phrase)}
                />
                <Button onclick={save} disabled={*busy} testid="share-map-save">
                    { if *busy { tr!("share.packing") } else { tr!("share.map.save") } }
                </Button>
                <span class="x-aside">{ tr!("share.map.age") }</span>
                if *failed { <span role="alert">{ tr!("share.map.failed") }</span> }
            </div>
        </section>
    }
}
