//! What the page shows, a file for each view.

pub mod capture;
pub mod cells;
pub mod collect;
pub mod columns;
pub mod compare;
pub mod control_plane;
pub mod detail;
pub mod document;
pub mod empty;
pub mod failed;
pub mod filter;
pub mod findings;
pub mod foot;
pub mod graph;
pub mod grid;
pub mod help;
pub mod lines;
pub mod loading;
pub mod masthead;
pub mod mesh;
pub mod not_read;
pub mod open;
pub mod overview;
pub mod paint;
pub mod palette;
pub mod paste;
pub mod printed;
pub mod proxy;
pub mod raw;
pub mod real;
pub mod rows;
pub mod share;
pub mod shell;
pub mod strip;
pub mod table;
pub mod table_copy;
pub mod trace;

use yew::prelude::*;

use crate::context::Page;
use crate::link::Place;

/// The view of a place of the capture that is open.
pub fn place(page: &Page, place: Place) -> Html {
    match place {
        Place::Home => html! { <mesh::Home key={page.mark} /> },
        Place::Findings(proxy) => html! { <findings::All key={page.mark} {proxy} /> },
        Place::Finding(proxy, at) => html! {
            <findings::All key={format!("{}.{at}", page.mark)} proxy={Some(proxy)} open={Some(at)} />
        },
        Place::Mesh => html! { <graph::mesh::Mesh /> },
        Place::NotRead => html! { <not_read::NotRead /> },
        Place::ControlPlane(at) => html! { <control_plane::ControlPlane key={at} {at} /> },
        Place::Document(id) => html! { <document::Document key={id.0} {id} /> },
        Place::Within(id, at) => html! { <document::Document key={id.0} {id} at={Some(at)} /> },
        Place::Resource(resource, at) => html! {
            <div class="x-body"><detail::Detail {resource} {at} /></div>
        },
        Place::Compare(view) => html! { <compare::Compare key={page.mark} {view} /> },
        Place::Share => html! { <share::Share key={page.epoch} /> },
        // A proxy's views begin anew with another proxy, and with another capture.
        Place::Proxy(id, view) => {
            html! { <proxy::Proxy key={format!("{}.{}", page.mark, id.0)} {id} {view} /> }
        }
    }
}
