//! The top: name, capture, search, and what can be done anywhere.

use yew::prelude::*;

use crate::app::{Dialog, Msg};
use crate::context::use_page;
use crate::link::Place;
use crate::parts::{Button, Icon, Variant, icon};
use crate::settings::{Lang, Theme};
use crate::words;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub ready: bool,
    pub theme: Theme,
}

#[component]
pub fn Masthead(props: &Props) -> Html {
    let page = use_page();
    let (other, says) = match page.lang {
        Lang::English => (Lang::Chinese, "中文"),
        Lang::Chinese => (Lang::English, "English"),
    };
    let (paint, sign) = match props.theme.other() {
        Theme::Dark => (tr!("masthead.dark"), Icon::Moon),
        Theme::Light => (tr!("masthead.light"), Icon::Sun),
    };
    let theme = props.theme;
    html! {
        <header class="x-top">
            <a class="x-name" href={if props.ready { page.href(Place::Home) } else { "#/".into() }}>{ "xdscope" }</a>
            if let Some(at) = page.capture.captured.filter(|_| props.ready) {
                <span class="x-captured" data-testid="captured">{ tr!("masthead.captured", at = words::time(at)) }</span>
            }
            if props.ready {
                <button
                    type="button" class="x-find" data-testid="search"
                    onclick={page.act.reform(|_| Msg::Show(Some(Dialog::Palette)))}
                >
                    { icon(Icon::Search) }
                    <span>{ tr!("masthead.search") }</span>
                    <kbd>{ "Ctrl K" }</kbd>
                </button>
            } else {
                <span class="x-find-none" />
            }
            <Button
                variant={Variant::Plain} testid="open"
                onclick={page.act.reform(|_| Msg::Show(Some(Dialog::Open)))}
            >
                { tr!("masthead.open") }
            </Button>
            if props.ready {
                <Button
                    variant={Variant::Plain} testid="compare-open"
                    onclick={page.act.reform(|_| Msg::Show(Some(Dialog::Compare)))}
                >
                    { tr!("masthead.compare") }
                </Button>
                <a class="pf-v5-c-button pf-m-plain" href={page.href(Place::Share)} data-testid="share-open">
                    { tr!("masthead.share") }
                </a>
                <button
                    type="button" class="pf-v5-c-button pf-m-plain x-ticket" title={tr!("ticket.why")}
                    aria-pressed={page.ticket.to_string()} data-testid="ticket"
                    onclick={page.act.reform({ let on = !page.ticket; move |_| Msg::Ticket(on) })}
                >
                    if page.ticket { { icon(Icon::Good) }{ " " } }
                    { tr!("ticket.switch") }
                </button>
            }
            <Button
                variant={Variant::Plain} testid="lang" name={tr!("masthead.lang")}
                onclick={page.act.reform(move |_| Msg::Speak(other))}
            >
                <span lang={if other == Lang::Chinese { "zh-CN" } else { "en" }}>{ says }</span>
            </Button>
            <Button
                variant={Variant::Plain} testid="theme" name={paint}
                onclick={page.act.reform(move |_| Msg::Paint(theme.other()))}
            >
                { icon(sign) }
            </Button>
        </header>
    }
}
