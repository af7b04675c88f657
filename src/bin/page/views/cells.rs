//! A row of a table, and what its cells are made of.

use std::rc::Rc;

use xdscope::engine::protocol::{Cell, Part, Row};
use yew::prelude::*;

use crate::context::{Page, use_page};
use crate::parts::toned;
use crate::words;

#[derive(Clone, Properties)]
pub struct Props {
    pub row: Rc<Row>,
    /// Which of the matching rows, from 0.
    pub index: u32,
    /// Its detail is open.
    pub selected: bool,
    /// The one that the keyboard is on.
    pub active: bool,
    /// The cells that are shown.
    pub shown: Rc<[usize]>,
    /// So many of the first of them only repeat the row above.
    pub repeats: usize,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.row, &other.row)
            && (self.index, self.selected, self.active, self.repeats)
                == (other.index, other.selected, other.active, other.repeats)
            && self.shown == other.shown
    }
}

#[component]
pub fn RowView(props: &Props) -> Html {
    let page = use_page();
    let marked = use_context::<super::findings::Marked>();
    let shown = props.shown.iter().filter_map(|at| props.row.cells.get(*at));
    html! {
        <div
            role="row" class={classes!("x-grid-row", props.selected.then_some("x-selected"), (props.repeats > 0).then_some("x-goes-on"))}
            aria-rowindex={(props.index + 2).to_string()}
            aria-selected={if props.selected { "true" } else { "false" }}
            tabindex={if props.active { "0" } else { "-1" }}
            data-index={props.index.to_string()} data-testid="row"
        >
            { for shown.enumerate().map(|(at, cell)| html! {
                <div role="gridcell" class={(at < props.repeats).then_some("x-repeat")}>
                    if at == 0 {
                        { super::findings::mark(marked.as_ref(), &props.row) }
                    }
                    { parts(&page, cell, props.active) }
                </div>
            }) }
        </div>
    }
}

/// The pieces of a cell. Its links take the keyboard's way only in the row that it is on.
pub fn parts(page: &Page, cell: &Cell, reachable: bool) -> Html {
    let tabindex = if reachable { "0" } else { "-1" };
    let whole = |whole: &String| (!whole.is_empty()).then(|| AttrValue::from(whole.clone()));
    cell.iter()
        .map(|part| match part {
            Part::Text(text) => html! { <><span class="x-mono">{ breakable(text) }</span>{ " " }</> },
            Part::Name { text, whole: full } => html! {
                <><span class="x-mono" title={whole(full)}>{ breakable(text) }</span>{ " " }</>
            },
            Part::Aside(text) => html! { <><span class="x-aside">{ text.clone() }</span>{ " " }</> },
            Part::Link { text, whole: full, target } => html! {
                <>
                    <a class="x-mono" href={page.href(*target)} title={whole(full)} {tabindex}>{ breakable(text) }</a>{ " " }
                </>
            },
            Part::Broken { text, whole: full } => html! {
                <><span class="x-mono x-broken" title={whole(full)}>{ breakable(text) }</span>{ " " }</>
            },
            Part::Says(text) => html! { <><span class="x-says" title={text.clone()}>{ text.clone() }</span>{ " " }</> },
            Part::Word(word) => html! { <>{ toned(words::word(*word)) }{ " " }</> },
            Part::Break => html! { <br /> },
        })
        .collect()
}

/// A long name may break at its joints (`a.b`, `a|b`, `aB`), rather than anywhere.
pub fn breakable(text: &str) -> Html {
    if text.len() < 12 {
        return html! { { text } };
    }
    let mut parts = Vec::new();
    let (mut from, mut before) = (0, ' ');
    for (at, c) in text.char_indices() {
        let joint = ".|/:_~,".contains(before) || before.is_ascii_lowercase() && c.is_ascii_uppercase();
        if joint && at > from {
            parts.push(html! { <>{ &text[from..at] }<wbr /></> });
            from = at;
        }
        before = c;
    }
    parts.push(html! { { &text[from..] } });
    html! { <>{ for parts }</> }
}
