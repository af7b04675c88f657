//! What was not read, or not whole, and why.

use xdscope::engine::protocol::{DocumentLine, Trouble};
use yew::prelude::*;

use crate::context::use_page;
use crate::link::Place;
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
    html! {
        <ul class="x-unread" data-testid="unread">
            { for unread.map(|(document, trouble)| html! {
                <li>
                    { name(document, props.links.then(|| page.href(Place::Document(document.id)))) }
                    { why(trouble) }
                </li>
            }) }
        </ul>
    }
}

fn name(document: &DocumentLine, href: Option<AttrValue>) -> Html {
    let path = document.path.clone();
    match href {
        Some(href) => html! { <a class="x-mono" {href}>{ path }</a> },
        None => html! { <span class="x-mono">{ path }</span> },
    }
}

/// The sentence, the place, and what was found there.
pub fn why(trouble: &Trouble) -> Html {
    let (short, sentence) = words::trouble(trouble);
    html! {
        <p>
            <strong>{ short }</strong>{ ". " }{ sentence }
            if !trouble.detail.is_empty() {
                { " " }<span class="x-mono x-aside">{ trouble.detail.clone() }</span>
            }
            if let Some(place) = trouble.place {
                { " " }
                <span class="x-aside">
                    { tr!("not_read.place", line = words::number(place.line.into()), column = place.column, byte = words::number(place.byte.into())) }
                </span>
            }
        </p>
    }
}
