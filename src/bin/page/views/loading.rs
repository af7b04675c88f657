//! Files are being read: how far, how fast, which one, and a way out.

use yew::prelude::*;

use crate::app::{Msg, Progress};
use crate::context::use_page;
use crate::parts::{Button, Variant};
use crate::words;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub progress: Progress,
}

#[component]
pub fn Loading(props: &Props) -> Html {
    let page = use_page();
    html! {
        <div class="x-loading" data-testid="loading">
            <h1>{ tr!("loading.title") }</h1>
            { bar(&props.progress) }
            <p class="x-mono x-aside x-cut" data-testid="loading-path">{ props.progress.path.clone() }</p>
            <Button onclick={page.act.reform(|_| Msg::Cancel)} testid="cancel">{ tr!("loading.cancel") }</Button>
        </div>
    }
}

/// More is being read while a capture is shown.
#[component]
pub fn Adding(props: &Props) -> Html {
    let page = use_page();
    html! {
        <div class="x-adding" data-testid="adding">
            <span>{ tr!("loading.adding") }</span>
            { bar(&props.progress) }
            <Button small=true variant={Variant::Link} onclick={page.act.reform(|_| Msg::Cancel)} testid="cancel">
                { tr!("loading.cancel") }
            </Button>
        </div>
    }
}

fn bar(progress: &Progress) -> Html {
    #[expect(clippy::cast_precision_loss, reason = "a rate of two digits and a bar")]
    let (bytes, total) = (progress.bytes as f64, progress.total as f64);
    let share = if total > 0.0 { (100.0 * bytes / total).clamp(0.0, 100.0) } else { 0.0 };
    let seconds = (progress.now - progress.began) / 1000.0;
    let rate = if seconds > 0.05 { bytes / 1e6 / seconds } else { 0.0 };
    html! {
        <div class="x-bar">
            <div
                class="x-bar-line" role="progressbar" aria-label={tr!("loading.title")}
                aria-valuemin="0" aria-valuemax="100" aria-valuenow={format!("{share:.0}")}
            >
                <div style={format!("width: {share:.1}%")} />
            </div>
            <span class="x-aside" data-testid="loading-bytes">
                { tr!("loading.bytes", read = words::bytes(progress.bytes), total = words::bytes(progress.total)) }
                if rate > 0.0 {
                    { " · " }{ format!("{rate:.0} MB/s") }
                }
            </span>
        </div>
    }
}
