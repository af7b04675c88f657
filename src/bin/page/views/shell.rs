//! The frame around all views: masthead, left column, foot, dialogs, and files dropped anywhere.

use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::DragEvent;
use yew::prelude::*;

use super::{capture, compare, foot, help, masthead, open, palette, paste, real};
use crate::app::{Dialog, Msg, Notice, Progress};
use crate::browser;
use crate::context::use_page;
use crate::files::{Dropped, Given};
use crate::link::Place;
use crate::outward::Refusal;
use crate::parts::{Button, Icon, Variant, icon};
use crate::settings::Theme;
use crate::views::loading::Adding;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub place: Place,
    pub theme: Theme,
    pub ready: bool,
    pub loading: bool,
    pub adding: Option<Progress>,
    pub silent: bool,
    pub notice: Option<Notice>,
    pub dialog: Option<Dialog>,
    pub give: Callback<Vec<Given>>,
    pub children: Html,
}

#[component]
pub fn Shell(props: &Props) -> Html {
    let page = use_page();
    let dragging = use_state(|| false);
    {
        let (give, dragging) = (props.give.clone(), dragging.clone());
        use_effect_with((), move |()| {
            let listeners = drops(give, Callback::from(move |now| dragging.set(now)));
            move || drop(listeners)
        });
    }
    let close = page.act.reform(|()| Msg::Show(None));
    let skip = Callback::from(|event: MouseEvent| {
        // Not by its address: that is the page's own.
        event.prevent_default();
        if let Some(main) = browser::by_id("main") {
            let _ = main.focus();
        }
    });
    html! {
        <div class={classes!("x-shell", props.ready.then_some("x-with-side"))}>
            <a class="x-skip pf-v5-c-button pf-m-primary" href="#main" onclick={skip}>{ tr!("skip") }</a>
            <masthead::Masthead ready={props.ready} theme={props.theme} />
            if props.ready {
                <capture::Side place={props.place} />
            }
            <main id="main" class="x-main" tabindex="-1">
                if props.silent {
                    <div class="x-notice x-warn" role="alert" data-testid="silent">
                        { icon(Icon::Warn) }
                        <span>{ tr!("silent.says") }</span>
                        <Button
                            variant={Variant::Secondary} small=true testid="stop"
                            onclick={page.act.reform(|_| Msg::Stop)}
                        >
                            { tr!("silent.stop") }
                        </Button>
                    </div>
                }
                <real::Strip />
                if let Some(notice) = &props.notice {
                    <div class="x-notice" role="status" data-testid="notice">
                        <span>{ sentence(notice) }</span>
                        <Button
                            variant={Variant::Plain} testid="dismiss" name={tr!("notice.dismiss")}
                            onclick={page.act.reform(|_| Msg::Dismiss)}
                        >
                            { icon(Icon::Close) }
                        </Button>
                    </div>
                }
                if let Some(progress) = &props.adding {
                    <Adding progress={progress.clone()} />
                }
                { props.children.clone() }
            </main>
            <foot::Foot ready={props.ready} />
            if *dragging {
                <div class="x-dragging" aria-hidden="true"><span>{ tr!("drop.here") }</span></div>
            }
            {
                match props.dialog {
                    None => html! {},
                    Some(Dialog::Open) => html! { <open::OpenDialog onclose={close} /> },
                    Some(Dialog::Compare) => html! { <compare::CompareDialog onclose={close} /> },
                    Some(Dialog::Passphrase) => html! { <real::Passphrase onclose={close} /> },
                    Some(Dialog::Paste) => html! { <paste::Paste onclose={close} /> },
                    Some(Dialog::Promise) => html! { <help::Promise onclose={close} /> },
                    Some(Dialog::Keys) => html! { <help::Keys onclose={close} /> },
                    Some(Dialog::Palette) => html! { <palette::Palette onclose={close} /> },
                }
            }
        </div>
    }
}

fn sentence(notice: &Notice) -> AttrValue {
    let list = |paths: &[AttrValue]| paths.iter().map(AttrValue::as_str).collect::<Vec<_>>().join(", ");
    match notice {
        Notice::Broke(without) if without.is_empty() => tr!("notice.broke"),
        Notice::Broke(without) => tr!("notice.broke_without", paths = list(without)),
        Notice::Stopped(without) if without.is_empty() => tr!("notice.stopped"),
        Notice::Stopped(without) => tr!("notice.stopped_without", paths = list(without)),
        Notice::Cancelled => tr!("notice.cancelled"),
        Notice::NotOpen => tr!("notice.not_open"),
        Notice::OtherCapture => tr!("notice.other_capture"),
        Notice::NothingDropped => tr!("notice.nothing_dropped"),
        Notice::NothingToCompare => tr!("compare.nothing"),
        Notice::Refused(Refusal::Failed) => tr!("ticket.refused.failed"),
        Notice::Refused(Refusal::LeftOut) => tr!("ticket.refused.left_out"),
        Notice::Refused(Refusal::Gone) => tr!("ticket.refused.gone"),
        Notice::Enclosed => tr!("share.enclosed"),
        Notice::NoSecond => tr!("compare.no_second"),
    }
}

/// Files may be dropped anywhere, at any time.
fn drops(give: Callback<Vec<Given>>, dragging: Callback<bool>) -> Vec<EventListener> {
    let listen = |name: &'static str, heard: Box<dyn Fn(&DragEvent)>| {
        let options = EventListenerOptions::enable_prevent_default();
        EventListener::new_with_options(&gloo::utils::document(), name, options, move |event| {
            if let Some(event) = event.dyn_ref::<DragEvent>() {
                heard(event);
            }
        })
    };
    let (over, leave, dropped) = (dragging.clone(), dragging.clone(), dragging);
    vec![
        listen(
            "dragover",
            Box::new(move |event| {
                event.prevent_default();
                over.emit(true);
            }),
        ),
        listen(
            "dragleave",
            Box::new(move |event| {
                if event.related_target().is_none() {
                    leave.emit(false);
                }
            }),
        ),
        listen(
            "drop",
            Box::new(move |event| {
                event.prevent_default();
                dropped.emit(false);
                let Some(transfer) = event.data_transfer() else { return };
                let (given, give) = (Dropped::of(&transfer), give.clone());
                wasm_bindgen_futures::spawn_local(async move { give.emit(given.read().await) });
            }),
        ),
    ]
}
