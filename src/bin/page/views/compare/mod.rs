//! Two sides beside each other.

mod captures;
mod comparing;
mod difference;
mod elsewhere;
mod known;
mod list;
mod open;

use xdscope::engine::protocol::{Pair, ProxyId, Section};
use yew::prelude::*;

pub use comparing::Comparing;
pub use open::CompareDialog;

use crate::context::use_page;
use crate::link::{CompareView, Place, SyncView, View};

/// What the two sides are called, in sentences and labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// A control plane and its Envoy.
    Sync,
    /// A and B.
    Letters,
}

impl Names {
    fn left(self) -> AttrValue {
        match self {
            Names::Sync => "Istiod".into(),
            Names::Letters => "A".into(),
        }
    }

    fn right(self) -> AttrValue {
        match self {
            Names::Sync => "Envoy".into(),
            Names::Letters => "B".into(),
        }
    }
}

#[derive(Clone, PartialEq, Properties)]
pub struct SyncProps {
    pub proxy: ProxyId,
    pub view: SyncView,
}

/// A proxy's tab.
#[component]
pub fn Sync(props: &SyncProps) -> Html {
    let (proxy, view) = (props.proxy, props.view);
    let place =
        Callback::from(move |open: Option<u32>| Place::Proxy(proxy, View::Sync(SyncView { open, ..view })));
    let replica =
        Callback::from(move |replica: u32| Place::Proxy(proxy, View::Sync(SyncView { replica, open: None })));
    let pair = Pair::Sync { proxy, replica: view.replica };
    html! { <Comparing {pair} open={view.open} names={Names::Sync} {place} {replica} /> }
}

#[derive(Clone, PartialEq, Properties)]
pub struct CompareProps {
    pub view: CompareView,
}

/// Two Envoys, or the proxies of two captures.
#[component]
pub fn Compare(props: &CompareProps) -> Html {
    let page = use_page();
    let view = props.view;
    let place = Callback::from(move |open: Option<u32>| Place::Compare(CompareView { open, ..view }));
    let body = match view.pair {
        Some((left, right)) => {
            let pair = Pair::Envoys { left, right, second: view.second.is_some() };
            // Its own filter for each pair.
            let key = format!("{}.{}", left.0, right.0);
            html! { <Comparing {key} {pair} open={view.open} names={Names::Letters} {place} replica={Callback::from(|_| Place::Home)} /> }
        }
        None => html! { <captures::Proxies second={view.second} /> },
    };
    html! {
        <>
            <header class="x-head">
                <h1>{ tr!("compare.title") }</h1>
                <p class="x-sub">
                    if view.pair.is_some() && view.second.is_some() {
                        <a href={page.href(Place::Compare(CompareView { pair: None, open: None, ..view }))} data-testid="compare-all">
                            { tr!("compare.all_proxies") }
                        </a>
                    } else if view.second.is_some() {
                        { tr!("compare.lead") }
                    }
                </p>
            </header>
            { body }
        </>
    }
}

fn title(section: Section) -> AttrValue {
    match section {
        Section::Clusters => tr!("tab.clusters"),
        Section::Listeners => tr!("tab.listeners"),
        Section::Routes => tr!("tab.routes"),
        Section::Endpoints => tr!("tab.endpoints"),
        Section::Secrets => tr!("tab.secrets"),
        Section::Ecds => tr!("compare.extensions"),
    }
}
