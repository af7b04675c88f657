//! What a terminal printed: a table of istioctl's as a table again, and a log by what its lines are.

use xdscope::engine::protocol::{Answer, DocumentLine, LogClass, Query};
use yew::prelude::*;

use super::cells;
use super::document::as_it_came;
use crate::context::{use_answer, use_page};
use crate::link::{Asked, Place, View};
use crate::parts::{Button, Variant};
use crate::words;

/// How many rows are shown at once.
const ROWS: u32 = 100;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub document: DocumentLine,
}

/// What is shown of a document: its text, or one of its parts.
type Shown<T> = UseStateHandle<Option<T>>;

fn choice<T: Copy + PartialEq + 'static>(
    shown: &Shown<T>,
    offset: &UseStateHandle<u32>,
    what: Option<T>,
    title: Html,
    testid: String,
) -> Html {
    let here = **shown == what;
    let (shown, offset) = (shown.clone(), offset.clone());
    let onclick = Callback::from(move |_: MouseEvent| {
        shown.set(what);
        offset.set(0);
    });
    html! { <Button small=true pressed={here} {onclick} {testid}>{ title }</Button> }
}

/// The tables of a text, with links; and the text.
#[component]
pub fn Table(props: &Props) -> Html {
    let page = use_page();
    let (shown, offset, text) = (use_state(|| Some(0)), use_state(|| 0), use_state(String::new));
    let document = props.document.id;
    let query = shown.map(|table| Query::TextTable {
        document,
        table,
        text: (*text).clone(),
        offset: *offset,
        limit: ROWS,
    });
    let answer = use_answer(query);
    // A heading alone, and some texts of istioctl's, have no table.
    let found = match answer.as_deref() {
        Some(Answer::TextTable(found)) if shown.is_some() => found,
        None if shown.is_some() => return html! {},
        _ => {
            return html! {
                <>
                    if shown.is_none() {
                        <div class="x-tools">
                            { choice(&shown, &offset, Some(0), tr!("printed.table").into(), "as-table".into()) }
                        </div>
                    }
                    <div class="x-card x-fill">{ as_it_came(&props.document, None) }</div>
                </>
            };
        }
    };
    let several = found.tables > 1;
    html! {
        <>
            <div class="x-tools">
                { for (0..if several { found.tables.min(20) } else { 1 }).map(|at| {
                    let title = if several { tr!("printed.table_of", n = at + 1) } else { tr!("printed.table") };
                    choice(&shown, &offset, Some(at), title.into(), format!("table-{at}"))
                }) }
                { choice(&shown, &offset, None, tr!("printed.text").into(), "as-text".into()) }
                { field(&text, &offset, tr!("printed.filter")) }
                { paging(&offset, found.matched, found.rows.len()) }
            </div>
            <div class="x-card x-scroll" tabindex="0" role="region" aria-label={tr!("printed.table")}>
                <table class="x-table" data-testid="printed">
                    <thead>
                        <tr>{ for found.columns.iter().map(|it| html! { <th scope="col">{ it.clone() }</th> }) }</tr>
                    </thead>
                    <tbody>
                        { for found.rows.iter().map(|row| html! {
                            <tr>{ for row.iter().map(|cell| html! { <td>{ cells::parts(&page, cell, true) }</td> }) }</tr>
                        }) }
                    </tbody>
                </table>
            </div>
        </>
    }
}

/// A log: all of it, or the lines of one kind.
#[component]
pub fn Log(props: &Props) -> Html {
    let page = use_page();
    let (shown, offset, text) = (use_state(|| None), use_state(|| 0), use_state(String::new));
    let query = Query::LogLines {
        document: props.document.id,
        class: shown.unwrap_or(LogClass::Access),
        text: (*text).clone(),
        offset: *offset,
        limit: ROWS,
    };
    let answer = use_answer(Some(query));
    let Some(Answer::LogLines(found)) = answer.as_deref() else {
        return html! { <div class="x-card x-fill">{ as_it_came(&props.document, None) }</div> };
    };
    let class = |class: LogClass, count: u32| {
        let (title, id) = match class {
            LogClass::Access => (tr!("log.access"), "access"),
            LogClass::Nack => (tr!("log.nack"), "nack"),
            LogClass::Connection => (tr!("log.connection"), "connection"),
        };
        let title = html! { <>{ title }<span class="x-count">{ words::number(count.into()) }</span></> };
        choice(&shown, &offset, Some(class), title, format!("log-{id}"))
    };
    // A log that is nobody's is that of the only proxy there is.
    let only = || match &page.capture.proxies[..] {
        [only] => Some(only.id),
        _ => None,
    };
    let traced = props.document.proxy.or_else(only);
    html! {
        <>
            <div class="x-tools">
                { choice(&shown, &offset, None, tr!("log.all").into(), "log-all".into()) }
                { for found.counts.iter().filter(|it| it.1 > 0).map(|(it, count)| class(*it, *count)) }
                if shown.is_some() {
                    { field(&text, &offset, tr!("log.filter")) }
                    { paging(&offset, found.matched, found.rows.len()) }
                }
            </div>
            if shown.is_none() {
                <div class="x-card x-fill">{ as_it_came(&props.document, None) }</div>
            } else {
                <div class="x-card x-scroll" tabindex="0" role="region" aria-label={tr!("log.lines")}>
                    <ol class="x-log" data-testid="log-lines">
                        { for found.rows.iter().map(|(number, line)| html! {
                            <li value={(number + 1).to_string()}>
                                <code class="x-wrap">{ line.clone() }</code>
                                if let Some(proxy) = traced.filter(|_| *shown == Some(LogClass::Access)) {
                                    { " " }
                                    <a
                                        href={page.href(Place::Proxy(proxy, View::Trace(Some(Asked::Line(props.document.id, *number)))))}
                                        aria-label={tr!("trace.of_line", n = number + 1)} data-testid="log-trace"
                                    >{ tr!("trace.run") }</a>
                                }
                            </li>
                        }) }
                    </ol>
                </div>
            }
        </>
    }
}

fn field(text: &UseStateHandle<String>, offset: &UseStateHandle<u32>, label: AttrValue) -> Html {
    let (set, offset) = (text.clone(), offset.clone());
    let oninput = Callback::from(move |event: InputEvent| {
        if let Some(input) = event.target_dyn_into::<web_sys::HtmlInputElement>() {
            set.set(input.value());
            offset.set(0);
        }
    });
    html! {
        <input
            class="x-input" type="search" spellcheck="false" autocomplete="off" value={(**text).clone()}
            placeholder={label.clone()} aria-label={label} {oninput} data-testid="printed-filter"
        />
    }
}

/// `1–100 of 512`, and on to the next.
fn paging(offset: &UseStateHandle<u32>, matched: u32, shown: usize) -> Html {
    let first = **offset;
    let last = first + u32::try_from(shown).unwrap_or(0);
    let to = |at: u32| {
        let offset = offset.clone();
        Callback::from(move |_: MouseEvent| offset.set(at))
    };
    html! {
        <span class="x-right" role="status">
            { tr!("printed.range", first = words::number((first + u32::from(shown > 0)).into()), last = words::number(last.into()), n = words::number(matched.into())) }
            if first > 0 {
                <Button small=true variant={Variant::Link} onclick={to(first.saturating_sub(ROWS))} testid="printed-before">{ tr!("printed.before") }</Button>
            }
            if last < matched {
                <Button small=true variant={Variant::Link} onclick={to(last)} testid="printed-after">{ tr!("printed.after") }</Button>
            }
        </span>
    }
}
