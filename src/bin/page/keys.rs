//! Keys that work everywhere.

use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};
use yew::Callback;

use crate::app::{Dialog, Msg};
use crate::browser;

/// Listens until dropped.
pub fn listen(act: Callback<Msg>) -> EventListener {
    let options = EventListenerOptions::enable_prevent_default();
    let document = gloo::utils::document();
    EventListener::new_with_options(&document, "keydown", options, move |event| {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
        let in_field = event
            .target()
            .and_then(|at| at.dyn_into::<Element>().ok())
            .is_some_and(|at| browser::is_field(&at));
        let chord = event.ctrl_key() || event.meta_key();
        let msg = match event.key().as_str() {
            "k" | "K" if chord => Msg::Show(Some(Dialog::Palette)),
            "?" if !chord && !in_field => Msg::Show(Some(Dialog::Keys)),
            "/" if !chord && !in_field => {
                let Some(field) = browser::by_id("filter") else { return };
                let _ = field.focus();
                event.prevent_default();
                return;
            }
            // A field's own Escape, and a dialog's, come first.
            "Escape" if !in_field && !event.default_prevented() => {
                act.emit(Msg::CloseDetail);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        act.emit(msg);
    })
}
