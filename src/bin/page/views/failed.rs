//! There is nothing to show: why, and what to do.

use yew::prelude::*;

use super::collect::Collect;
use super::document::path;
use super::not_read::List;
use super::open::DropZone;
use crate::app::Failure;
use crate::context::use_page;
use crate::words;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub failure: Failure,
}

#[component]
pub fn Failed(props: &Props) -> Html {
    let page = use_page();
    let (title, why) = match props.failure {
        Failure::NothingRead => (tr!("failed.nothing"), tr!("failed.nothing.why")),
        Failure::Engine => (tr!("failed.engine"), tr!("failed.engine.why")),
    };
    html! {
        <div class="x-empty" data-testid="failed">
            <h1>{ title }</h1>
            <p class="x-lead">{ why }</p>
            if props.failure == Failure::NothingRead {
                <div class="x-card">
                    <List links=false />
                    <ul class="x-read">
                        { for page.capture.documents.iter().filter(|it| it.trouble.is_none()).map(|it| html! {
                            <li>{ path(it, None) }{ " " }<span class="x-aside">{ words::document(&it.kind) }</span></li>
                        }) }
                    </ul>
                </div>
            }
            <DropZone />
            <Collect />
        </div>
    }
}
