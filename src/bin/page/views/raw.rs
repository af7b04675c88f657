//! A proxy's documents as they came.

use xdscope::engine::protocol::{DocumentId, DocumentLine, ProxyId, TextRef};
use yew::prelude::*;

use super::lines::Lines;
use super::not_read;
use crate::context::use_page;
use crate::link::{Place, View};
use crate::words;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub proxy: ProxyId,
    pub documents: Vec<DocumentLine>,
    pub document: Option<DocumentId>,
}

#[component]
pub fn Raw(props: &Props) -> Html {
    let page = use_page();
    let shown = props
        .document
        .and_then(|id| props.documents.iter().find(|document| document.id == id))
        .or_else(|| props.documents.iter().find(|document| document.kind == "envoy_config_dump"))
        .or(props.documents.first());
    let Some(shown) = shown else {
        return html! { <p class="x-pad">{ tr!("raw.none") }</p> };
    };
    html! {
        <div class="x-body">
            <nav class="x-chips" aria-label={tr!("overview.documents")}>
                { for props.documents.iter().map(|document| {
                    let here = document.id == shown.id;
                    html! {
                        <a
                            class="x-chip" href={page.href(Place::Proxy(props.proxy, View::Raw(Some(document.id))))}
                            title={document.path.clone()} aria-current={here.then_some("true")}
                        >
                            { words::document(&document.kind) }
                            <span class="x-aside">{ words::bytes(document.bytes) }</span>
                        </a>
                    }
                }) }
                <span class="x-mono x-aside x-cut">{ shown.path.clone() }</span>
            </nav>
            if let Some(trouble) = &shown.trouble {
                <div class="x-card x-says-warn">{ not_read::why(trouble) }</div>
            }
            <div class="x-card x-fill">
                <Lines key={shown.id.0} of={TextRef::Document(shown.id)} bytes={Some(shown.bytes)} />
            </div>
        </div>
    }
}
