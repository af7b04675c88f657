//! A control plane: what the capture has of it.

use xdscope::engine::protocol::DocumentLine;
use yew::prelude::*;

use super::document::DocumentTable;
use crate::context::use_page;
use crate::words;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub at: u32,
}

#[component]
pub fn ControlPlane(props: &Props) -> Html {
    let page = use_page();
    let Some(plane) = page.capture.control_planes.get(props.at as usize) else {
        return html! { <p class="x-pad">{ tr!("gone") }</p> };
    };
    let documents: Vec<DocumentLine> = page
        .capture
        .documents
        .iter()
        .filter(|document| plane.documents.contains(&document.id))
        .cloned()
        .collect();
    html! {
        <>
            <header class="x-head">
                <h1>{ plane.name.clone() }</h1>
                <p class="x-sub">
                    { tr!("control_plane.sub") }
                    if !plane.version.is_empty() {
                        { " · Istio " }{ plane.version.clone() }
                    }
                    { " · " }
                    { match plane.proxies {
                        Some(n) => tr!("control_plane.knows", n = words::number(n.into())),
                        None => tr!("control_plane.no_syncz"),
                    } }
                </p>
            </header>
            <div class="x-body x-scroll" tabindex="0" role="region" aria-label={tr!("overview.documents")}>
                <DocumentTable {documents} />
            </div>
        </>
    }
}
