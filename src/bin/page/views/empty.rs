//! Nothing is open: what this is, and how to begin.

use yew::prelude::*;

use super::collect::Collect;
use super::open::DropZone;
use crate::app::{Dialog, Msg};
use crate::context::use_page;
use crate::parts::{Button, Variant};

#[component]
pub fn Empty() -> Html {
    let page = use_page();
    html! {
        <div class="x-empty" data-testid="empty">
            <h1>{ tr!("empty.title") }</h1>
            <p class="x-lead">
                { tr!("empty.lead") }{ " " }
                <Button
                    variant={Variant::Link} class="pf-m-inline" testid="check"
                    onclick={page.act.reform(|_| Msg::Show(Some(Dialog::Promise)))}
                >
                    { tr!("empty.check") }
                </Button>
            </p>
            <DropZone />
            <Collect />
        </div>
    }
}
