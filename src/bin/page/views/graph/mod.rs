//! The graph of a proxy.

mod around;
mod canvas;
mod draw;
mod find;
mod list;
pub mod lit;
pub mod mesh;
mod save;
mod start;
mod trail;
mod view;
mod words;

use xdscope::engine::protocol::{GraphFocus, ProxyId};
use yew::prelude::*;

use crate::context::use_page;
use crate::link::{Place, View};

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub proxy: ProxyId,
    pub focus: Option<GraphFocus>,
}

#[component]
pub fn Graph(props: &Props) -> Html {
    let page = use_page();
    let go = {
        let (page, proxy) = (page.clone(), props.proxy);
        Callback::from(move |focus: GraphFocus| page.go(Place::Proxy(proxy, View::Graph(Some(focus)))))
    };
    match props.focus {
        // A graph's groups, zoom and selection belong to what it is about.
        Some(focus) => {
            html! { <around::Around key={format!("{focus:?}")} proxy={props.proxy} {focus} {go} /> }
        }
        None => html! { <start::Start proxy={props.proxy} {go} /> },
    }
}
