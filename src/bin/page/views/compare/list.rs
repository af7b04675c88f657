//! The resources that differ, section by section.

use web_sys::HtmlInputElement;
use xdscope::engine::protocol::{CompareLine, Compared, Differs, Presence, ResourceLine, SectionLine};
use yew::prelude::*;

use super::super::mesh::status;
use super::super::strip::Strip;
use super::comparing::Props;
use super::{Names, title};
use crate::context::Page;
use crate::parts::{Button, Command, Variant, toned};
use crate::words::{self, Tone};

/// Of a line, in pixels; static/compare.css has the same.
pub const LINE: u32 = 30;

pub fn bar(
    compared: &Compared,
    names: Names,
    text: &str,
    filter: &Callback<String>,
    (shown, toggle): (bool, &Callback<MouseEvent>),
) -> Html {
    let oninput =
        filter.reform(|event: InputEvent| event.target_unchecked_into::<HtmlInputElement>().value());
    let command = (names == Names::Sync).then(|| format!("istioctl proxy-status {}", compared.right.name));
    html! {
        <div class="x-toolbar">
            <input
                id="filter" type="search" class="x-input" placeholder={tr!("compare.filter")}
                aria-label={tr!("compare.filter")} value={text.to_owned()} {oninput} autocomplete="off"
                spellcheck="false" data-testid="compare-filter"
            />
            <span class="x-aside" role="status" data-testid="compare-count">
                { count!("compare.difference", "compare.differences", compared.differences) }
            </span>
            if compared.respelled > 0 {
                <Button
                    variant={Variant::Link} small=true pressed={Some(shown)} onclick={toggle} testid="respelled"
                >
                    { tr!("compare.respelled", n = words::number(compared.respelled.into())) }
                </Button>
            }
            if let Some(command) = command {
                <Command {command} testid="command" />
            }
        </div>
    }
}

pub fn list(page: &Page, compared: &Compared, props: &Props, strip: &Strip) -> Html {
    html! {
        <div
            class="x-grid x-list" role="region" aria-label={tr!("compare.resources")} tabindex="0"
            ref={strip.node.clone()} onscroll={strip.onscroll.clone()} data-testid="compare-list"
        >
            { strip.above() }
            <ul>
                { for (strip.first..strip.last).map(|at| {
                    let line = at.checked_sub(compared.offset).and_then(|at| compared.window.get(at as usize));
                    match line {
                        Some(CompareLine::Section(section)) => heading(at, section, props.names),
                        Some(CompareLine::Resource(resource)) => line_of(page, resource, props),
                        None => html! { <li key={format!("wait{at}")} class="x-compare-line" aria-busy="true">{ "…" }</li> },
                    }
                }) }
            </ul>
            { strip.below() }
            if compared.lines == 0 {
                <p class="x-pad x-aside">{ tr!("compare.no_match") }</p>
            }
        </div>
    }
}

fn heading(at: u32, it: &SectionLine, names: Names) -> Html {
    let verdict = match it.presence {
        Presence::Neither => (tr!("compare.neither"), Tone::Aside),
        Presence::Left => (tr!("compare.only_there", side = names.left()), Tone::Aside),
        Presence::Right => (tr!("compare.only_there", side = names.right()), Tone::Aside),
        Presence::Both if it.order_only => (tr!("compare.order_only"), Tone::Note),
        Presence::Both if it.matches => (tr!("compare.match"), Tone::Good),
        Presence::Both => (tr!("compare.differ"), Tone::Bad),
    };
    html! {
        <li key={format!("section{at}")} class="x-compare-line x-compare-section" data-testid="compare-section">
            <strong>{ title(it.section) }</strong>{ " " }{ toned(verdict) }
            if let Some((of, _)) = it.status {
                { " " }{ toned(status(of)) }
            }
            <span class="x-aside x-right">
                if let Some(at) = it.loaded { { tr!("compare.loaded", at = words::time(at)) }{ " · " } }
                if it.presence == Presence::Both { { tr!("compare.same_count", n = words::number(it.same.into())) } }
            </span>
        </li>
    }
}

/// How a resource differs, in a word.
pub fn differs(of: Differs, names: Names) -> Html {
    match of {
        Differs::OnlyLeft => toned((tr!("compare.only_in", side = names.left()), Tone::Warn)),
        Differs::OnlyRight => toned((tr!("compare.only_in", side = names.right()), Tone::Warn)),
        Differs::Changed(fields, moved) => html! {
            <>
                if fields > 0 { { toned((count!("compare.field", "compare.fields", fields), Tone::Note)) } }
                if moved > 0 { { " " }{ toned((tr!("compare.moved", n = moved), Tone::Note)) } }
            </>
        },
        Differs::Respelled => toned((tr!("compare.order_only"), Tone::Aside)),
        Differs::Unread => toned((tr!("word.not_read"), Tone::Warn)),
    }
}

fn line_of(page: &Page, it: &ResourceLine, props: &Props) -> Html {
    let here = props.open == Some(it.at);
    html! {
        <li key={it.at} class={classes!("x-compare-line", here.then_some("x-selected"))} data-testid="difference">
            <a
                class="x-mono x-cut" href={page.href(props.place.emit(Some(it.at)))} title={it.name.clone()}
                aria-current={here.then_some("true")}
            >
                { if it.name.is_empty() { tr!("mesh.unnamed").to_string() } else { it.name.clone() } }
            </a>
            <span class="x-right">{ differs(it.differs, props.names) }</span>
        </li>
    }
}
