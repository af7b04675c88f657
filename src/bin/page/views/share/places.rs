//! What was done with which fields.

use std::rc::Rc;

use xdscope::engine::protocol::{Answer, Query, ShareAnswer, ShareQuery, Shared, Treated};
use yew::prelude::*;

use super::super::strip::{self, use_strip};
use super::list::{LINE, list, typed};
use super::says;
use crate::context::use_answer_again;
use crate::words;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub made: Rc<Shared>,
    pub round: u32,
}

#[component]
pub fn Places(props: &Props) -> Html {
    let made = &props.made;
    // What matters most is seen first.
    let what = use_state_eq(|| (!made.removed.is_empty()).then_some(Treated::Removed));
    let text = use_state_eq(String::new);
    let lines = use_state_eq(|| 0);
    let strip = use_strip(*lines, LINE);
    let query = ShareQuery::Places {
        what: *what,
        text: (*text).clone(),
        offset: strip.offset(),
        limit: strip::LIMIT,
    };
    let answer = use_answer_again(Some(Query::Share(query)), props.round);
    let listed = match answer.as_deref() {
        Some(Answer::Share(ShareAnswer::Places(listed))) => Some(listed),
        _ => None,
    };
    if let Some(listed) = listed {
        lines.set(listed.total);
    }
    let removed: u64 = made.removed.iter().map(|(_, count)| count).sum();
    let all = [
        (Treated::Removed, removed),
        (Treated::Replaced, made.replaced),
        (Treated::Lost, made.lost),
        (Treated::Kept, made.kept),
    ];
    let choice = |(of, count): (Treated, u64)| {
        let picked = *what == Some(of);
        let what = what.clone();
        html! {
            <button
                type="button" class="x-chip" aria-pressed={picked.to_string()}
                data-testid={format!("share-{}", slug(of))}
                onclick={Callback::from(move |_: MouseEvent| what.set((!picked).then_some(of)))}
            >
                { says::treated(of) }{ " " }<b>{ words::number(count) }</b>
            </button>
        }
    };
    html! {
        <section class="x-card x-rows x-fill">
            <div class="x-toolbar">
                { for all.into_iter().filter(|it| it.1 > 0).map(choice) }
                <input
                    class="x-input" type="search" data-testid="share-path"
                    placeholder={tr!("share.path")} aria-label={tr!("share.path")}
                    value={(*text).clone()} oninput={typed(&text)}
                />
            </div>
            { list(&strip, tr!("share.places"), |at| {
                let line = listed.and_then(|it| it.lines.get(at.checked_sub(it.offset)? as usize));
                html! {
                    <li key={at} class="x-share-line" data-testid="share-place">
                        if let Some(it) = line {
                            <span class="x-number">{ words::number(it.count) }</span>
                            <span class="x-share-done">{ says::done(it) }</span>
                            <code class="x-cut" title={it.path.clone()}>{ &it.path }</code>
                        }
                    </li>
                }
            }) }
        </section>
    }
}

fn slug(of: Treated) -> &'static str {
    match of {
        Treated::Removed => "removed",
        Treated::Replaced => "replaced",
        Treated::Lost => "lost",
        Treated::Kept => "kept",
    }
}
