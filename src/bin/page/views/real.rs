//! Real names beside a redacted capture: the map's passphrase, and what is shown now.

use xdscope::engine::protocol::{RealAnswer, RealQuery};
use yew::prelude::*;

use super::share::typed;
use crate::app::{Dialog, Msg};
use crate::context::use_page;
use crate::parts::{self, Button, Closing, Variant};

/// Asks for the passphrase.
#[component]
pub fn Passphrase(props: &Closing) -> Html {
    let page = use_page();
    let phrase = use_state_eq(String::new);
    let open = {
        let (phrase, act) = (phrase.clone(), page.act.clone());
        move || {
            if !phrase.is_empty() {
                act.emit(Msg::Real(RealQuery::Open { passphrase: (*phrase).clone() }));
            }
        }
    };
    let onclick = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open())
    };
    let onsubmit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        open();
    });
    let wrong = match &page.real {
        RealAnswer::Passphrase { .. } => Some(tr!("real.wrong")),
        RealAnswer::NoMap { .. } => Some(tr!("real.no_map_inside")),
        RealAnswer::Foreign { .. } => Some(tr!("real.foreign_inside")),
        RealAnswer::Early { .. } => Some(tr!("real.early_inside")),
        _ => None,
    };
    let busy = matches!(page.real, RealAnswer::Busy { .. });
    html! {
        <parts::Dialog title={tr!("real.title")} onclose={props.onclose.clone()} testid="passphrase-dialog">
            <form {onsubmit}>
                <p><label for="passphrase">{ tr!("real.asks") }</label></p>
                <p>
                    <input
                        id="passphrase" class="x-input" type="password" autocomplete="off" value={(*phrase).clone()}
                        oninput={typed(&phrase)} data-testid="passphrase"
                        aria-invalid={wrong.is_some().to_string()} aria-describedby={wrong.is_some().then_some("passphrase-wrong")}
                    />
                </p>
                if let Some(wrong) = wrong {
                    <p id="passphrase-wrong" class="x-bad" role="alert" data-testid="passphrase-wrong">{ wrong }</p>
                }
                <p class="x-aside">{ tr!("real.stays") }</p>
            </form>
            <footer>
                <Button variant={Variant::Primary} {onclick} disabled={phrase.is_empty() || busy} testid="passphrase-open">
                    { if busy { tr!("real.busy") } else { tr!("real.open") } }
                </Button>
                <Button variant={Variant::Link} onclick={props.onclose.reform(|_| ())} testid="passphrase-cancel">
                    { tr!("paste.cancel") }
                </Button>
            </footer>
        </parts::Dialog>
    }
}

/// What is shown, where a map was given.
#[component]
pub fn Strip() -> Html {
    let page = use_page();
    let act = |query: RealQuery| {
        let act = page.act.clone();
        Callback::from(move |_: MouseEvent| act.emit(Msg::Real(query.clone())))
    };
    let again = act(RealQuery::Open { passphrase: String::new() });
    let (says, bad, button) = match &page.real {
        RealAnswer::None => return html! {},
        RealAnswer::Busy { behind, all } => {
            #[expect(clippy::cast_precision_loss, reason = "a share")]
            let share = 100.0 * *behind as f64 / (*all).max(1) as f64;
            (tr!("real.working", share = format!("{share:.0}")), false, None)
        }
        RealAnswer::Shown { file } => (
            tr!("real.shown", file = file),
            false,
            Some((tr!("real.hide"), act(RealQuery::Hide), "real-hide")),
        ),
        RealAnswer::Hidden { file } => {
            (tr!("real.hidden", file = file), false, Some((tr!("real.show"), again, "real-show")))
        }
        RealAnswer::Locked { file } | RealAnswer::Passphrase { file } => {
            let ask = page.act.reform(|_: MouseEvent| Msg::Show(Some(Dialog::Passphrase)));
            (tr!("real.locked", file = file), false, Some((tr!("real.unlock"), ask, "real-unlock")))
        }
        RealAnswer::Early { file } => (tr!("real.early", file = file), false, None),
        RealAnswer::Foreign { file } => (tr!("real.foreign", file = file), true, None),
        RealAnswer::NoMap { file } => (tr!("real.no_map", file = file), true, None),
    };
    let forget = act(RealQuery::Forget);
    html! {
        <div class={classes!("x-notice", bad.then_some("x-warn"))} role="status" data-testid="real">
            <span>{ says }</span>
            if let Some((name, onclick, testid)) = button {
                <Button variant={Variant::Secondary} small=true {onclick} {testid}>{ name }</Button>
            }
            <Button variant={Variant::Link} small=true onclick={forget} testid="real-forget">{ tr!("real.forget") }</Button>
        </div>
    }
}
