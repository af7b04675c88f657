//! What every part of the page may need: the engine, what is open, the language, and a way to act.

use std::rc::Rc;

use xdscope::engine::protocol::{Answer, Capture, Query, RealAnswer, Traced};
use yew::prelude::*;

use crate::app::Msg;
use crate::link::{self, Place};
use crate::settings::Lang;
use crate::worker::Client;

#[derive(Clone, Default, PartialEq)]
pub struct Page {
    pub client: Client,
    pub capture: Rc<Capture>,
    /// Counts the captures: another one wants all questions asked again.
    pub epoch: u32,
    /// Counts how often findings have changed.
    pub judged: u32,
    pub mark: u32,
    /// What it is compared with, and its mark.
    pub second: Option<(u32, Rc<Capture>)>,
    pub lang: Lang,
    /// Whether what is copied and saved is for a ticket; to be shown. `outward` decides.
    pub ticket: bool,
    /// What is known of the map that was given beside a redacted capture.
    pub real: RealAnswer,
    /// The way of the request that was traced last, for views that light it.
    pub traced: Option<Rc<Traced>>,
    pub act: Callback<Msg>,
}

impl Page {
    pub fn href(&self, place: impl Into<Place>) -> AttrValue {
        link::address(self.mark, place.into()).into()
    }

    pub fn go(&self, place: impl Into<Place>) {
        crate::browser::go(&link::address(self.mark, place.into()));
    }
}

/// A component that uses it is drawn anew when the language changes.
#[hook]
pub fn use_page() -> Page {
    use_context().unwrap_or_default()
}

/// Asks, and asks again when the question or the capture changes. While the next answer is awaited the last one
/// stands: an engine that is not busy answers within a frame.
#[hook]
pub fn use_answer(query: Option<Query>) -> Option<Rc<Answer>> {
    use_answer_again(query, 0)
}

/// The same; asks again in every round.
#[hook]
pub fn use_answer_again(query: Option<Query>, round: u32) -> Option<Rc<Answer>> {
    let page = use_page();
    let answer = use_state(|| None);
    // Nothing else changes with what is found.
    let of_findings = matches!(query, Some(Query::Findings(_) | Query::FindingDetails(_) | Query::Marks(_)));
    let judged = if of_findings { page.judged } else { 0 };
    {
        let answer = answer.clone();
        use_effect_with((query, page.epoch, judged, round), move |(query, ..)| {
            let asked = query.clone().map(|query| {
                page.client.ask(query, Callback::from(move |heard: Rc<Answer>| answer.set(Some(heard))))
            });
            move || drop(asked)
        });
    }
    (*answer).clone()
}
