//! What was not read, or not whole, and why.

use std::collections::BTreeMap;

use xdscope::engine::protocol::{DocumentLine, Trouble};
use xdscope::order::InOrder;
use yew::prelude::*;

use super::document;
use crate::context::use_page;
use crate::link::Place;
use crate::parts::Command;
use crate::words;

#[component]
pub fn NotRead() -> Html {
    let page = use_page();
    let has = |lost: bool| {
        page.capture
            .documents
            .iter()
            .filter_map(|it| it.trouble.as_ref())
            .any(|it| words::is_loss(it) == lost)
    };
    html! {
        <>
            <header class="x-head">
                <h1>{ tr!("not_read.title") }</h1>
                <p class="x-sub">{ tr!("not_read.lead") }</p>
            </header>
            <div class="x-body x-scroll" tabindex="0" role="region" aria-label={tr!("not_read.title")}>
                if has(true) {
                    <section class="x-card"><h2>{ tr!("not_read.lost") }</h2><List links=true lost={Some(true)} /></section>
                }
                if has(false) {
                    <section class="x-card"><h2>{ tr!("not_read.aside") }</h2><List links=true lost={Some(false)} /></section>
                }
            </div>
        </>
    }
}

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// Whether the documents can be looked at.
    pub links: bool,
    /// Those that are lost only, or those left aside only.
    #[prop_or_default]
    pub lost: Option<bool>,
}

#[component]
pub fn List(props: &Props) -> Html {
    let page = use_page();
    let unread =
        page.capture.documents.iter().filter_map(|document| Some((document, document.trouble.as_ref()?)));
    let unread = unread.filter(|(_, trouble)| props.lost.is_none_or(|lost| words::is_loss(trouble) == lost));
    // Those of one reason together, the reason once.
    let mut kinds: BTreeMap<&str, Vec<(&DocumentLine, &Trouble)>> = BTreeMap::new();
    for (document, trouble) in unread {
        kinds.entry(&trouble.kind).or_default().push((document, trouble));
    }
    html! {
        <ul class="x-unread" data-testid="unread">
            { for kinds.into_values().map(|those| {
                let commands: Vec<&Trouble> = those.iter().map(|(_, trouble)| *trouble).collect();
                html! {
                <li>
                    { those.first().map(|(_, trouble)| sentence(trouble)) }
                    <ul>
                        { for those.into_iter().map(|(it, trouble)| html! {
                            <li key={it.id.0}>
                                { document::path(it, props.links.then(|| page.href(Place::Document(it.id)))) }
                                { found(trouble) }
                            </li>
                        }) }
                    </ul>
                    { instead(&commands) }
                </li>
                }
            }) }
        </ul>
    }
}

/// The sentence, what was found, and where.
pub fn why(trouble: &Trouble) -> Html {
    html! { <div>{ sentence(trouble) }<p>{ found(trouble) }</p>{ instead(&[trouble]) }</div> }
}

/// What to run instead: each command once, and not more than fit.
fn instead(troubles: &[&Trouble]) -> Html {
    const MOST: usize = 3;
    let mut commands: Vec<&str> =
        troubles.iter().map(|it| it.command.as_str()).filter(|it| !it.is_empty()).collect();
    commands.order();
    commands.dedup();
    if commands.is_empty() {
        return html! {};
    }
    html! {
        <div data-testid="instead">
            { tr!("not_read.instead") }
            { for commands.into_iter().take(MOST).map(|it| html! { <Command command={it.to_owned()} /> }) }
        </div>
    }
}

fn sentence(trouble: &Trouble) -> Html {
    let (short, sentence) = words::trouble(trouble);
    html! { <p><strong class="x-begin">{ tr!("mark.says", word = short) }</strong>{ " " }{ sentence }</p> }
}

fn found(trouble: &Trouble) -> Html {
    html! {
        <>
            if !trouble.detail.is_empty() {
                { " " }<code class="x-wrap">{ trouble.detail.clone() }</code>
            }
            if let Some(place) = trouble.place {
                { " " }
                <span class="x-aside">
                    { tr!("not_read.place", line = words::number(place.line.into()), column = place.column, byte = words::number(place.byte.into())) }
                </span>
                if !trouble.pointer.is_empty() {
                    { " " }<code class="x-wrap x-aside" data-testid="pointer">{ trouble.pointer.clone() }</code>
                }
            }
        </>
    }
}
