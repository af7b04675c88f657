//! What is not in the copy, and why.

use xdscope::engine::protocol::{Answer, Query, ShareAnswer, ShareQuery};
use yew::prelude::*;

use super::super::strip::{self, use_strip};
use super::list::{LINE, list};
use super::says;
use crate::context::{use_answer_again, use_page};
use crate::link::Place;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub round: u32,
}

#[component]
pub fn LeftOut(props: &Props) -> Html {
    let page = use_page();
    let lines = use_state_eq(|| 0);
    let strip = use_strip(*lines, LINE);
    let query = ShareQuery::LeftOut { offset: strip.offset(), limit: strip::LIMIT };
    let answer = use_answer_again(Some(Query::Share(query)), props.round);
    let listed = match answer.as_deref() {
        Some(Answer::Share(ShareAnswer::LeftOut(listed))) => Some(listed),
        _ => None,
    };
    let Some(listed) = listed else { return html! {} };
    lines.set(listed.total);
    if listed.total == 0 {
        return html! { <p class="x-card x-pad">{ tr!("share.left_out.none") }</p> };
    }
    html! {
        <section class="x-card x-rows x-fill">
            { list(&strip, tr!("share.left_out"), |at| {
                let line = at.checked_sub(listed.offset).and_then(|at| listed.lines.get(at as usize));
                html! {
                    <li key={at} class="x-share-line" data-testid="share-left">
                        if let Some(it) = line {
                            <a class="x-cut x-mono" href={page.href(Place::Document(it.id))}>{ &it.path }</a>
                            <span class="x-aside">{ says::dropped(it.why, it.kind == "unknown") }</span>
                        }
                    </li>
                }
            }) }
        </section>
    }
}
