//! The map back to real names: a file of its own, saved only when it is asked for.

use yew::prelude::*;

use super::list::typed;
use super::save::use_saving;
use crate::browser;
use crate::context::use_page;
use crate::parts::Button;

#[component]
pub fn SaveMap() -> Html {
    let page = use_page();
    let phrase = use_state_eq(String::new);
    let saving = use_saving();
    let save = {
        let (phrase, saving, client) = (phrase.clone(), saving.clone(), page.client.clone());
        Callback::from(move |_: MouseEvent| {
            let (Some(one), Some(other)) = (browser::lot(), browser::lot()) else {
                saving.failed.set(true);
                return;
            };
            let ending = if phrase.is_empty() { ".json" } else { ".json.age" };
            let hear = saving.begin("map-PRIVATE", ending.into());
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
                <Button onclick={save} disabled={*saving.busy} testid="share-map-save">
                    { if *saving.busy { tr!("share.packing") } else { tr!("share.map.save") } }
                </Button>
                <span class="x-aside">{ tr!("share.map.age") }</span>
                if *saving.failed { <span role="alert">{ tr!("share.map.failed") }</span> }
            </div>
        </section>
    }
}
