//! A document as it came, and lists of documents.

use xdscope::engine::protocol::{Answer, DateOf, DocumentId, DocumentLine, Query, TextRef};
use yew::prelude::*;

use super::cells::breakable;
use super::lines::Lines;
use super::{not_read, printed};
use crate::context::{use_answer, use_page};
use crate::link::{Place, View};
use crate::parts::Button;
use crate::words;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub id: DocumentId,
    /// The byte that is asked about.
    #[prop_or_default]
    pub at: Option<u32>,
}

#[component]
pub fn Document(props: &Props) -> Html {
    let page = use_page();
    let of = TextRef::Document(props.id);
    let answer = use_answer(props.at.map(|at| Query::LineAt { of, at }));
    let line = match answer.as_deref() {
        Some(Answer::Found(lines)) if props.at.is_some() => lines.first().copied(),
        _ => None,
    };
    let Some(document) = page.capture.documents.iter().find(|document| document.id == props.id) else {
        return html! { <p class="x-pad">{ tr!("gone") }</p> };
    };
    let unpack = {
        let (client, id) = (page.client.clone(), props.id);
        Callback::from(move |_: MouseEvent| client.unpack(id))
    };
    let owner = document.proxy.and_then(|id| page.capture.proxies.iter().find(|proxy| proxy.id == id));
    html! {
        <>
            <header class="x-head">
                <h1 class="x-mono">{ document.path.clone() }</h1>
                <p class="x-sub">
                    { words::document(&document.kind) }{ " · " }{ words::bytes(document.bytes) }
                    if document.captured.is_some() {
                        { " · " }{ taken(document) }
                    }
                    if let Some(proxy) = owner {
                        { " · " }<a href={page.href(Place::Proxy(proxy.id, View::Overview))}>{ proxy.name.clone() }</a>
                    }
                </p>
            </header>
            <div class="x-body">
                if let Some(trouble) = &document.trouble {
                    <div class="x-card x-says-warn">
                        { not_read::why(trouble) }
                        if matches!(trouble.kind.as_str(), "log" | "not_needed") {
                            <Button onclick={unpack} testid="unpack">{ tr!("document.unpack") }</Button>
                        }
                    </div>
                }
                {
                    match document.kind.as_str() {
                        _ if props.at.is_some() => html! { <div class="x-card x-fill">{ as_it_came(document, line) }</div> },
                        "istioctl_table" => html! { <printed::Table document={document.clone()} /> },
                        "log" if document.trouble.is_none() => html! { <printed::Log document={document.clone()} /> },
                        _ => html! { <div class="x-card x-fill">{ as_it_came(document, None) }</div> },
                    }
                }
            </div>
        </>
    }
}

/// Its text, at a line.
pub fn as_it_came(document: &DocumentLine, line: Option<u32>) -> Html {
    html! { <Lines of={TextRef::Document(document.id)} {line} bytes={Some(document.bytes)} /> }
}

#[derive(Clone, PartialEq, Properties)]
pub struct TableProps {
    pub documents: Vec<DocumentLine>,
}

#[component]
pub fn DocumentTable(props: &TableProps) -> Html {
    let page = use_page();
    html! {
        <div class="x-card">
            <table class="x-table">
                <thead>
                    <tr>
                        <th scope="col">{ tr!("overview.documents") }</th>
                        <th scope="col">{ tr!("document.kind") }</th>
                        <th scope="col">{ tr!("document.taken") }</th>
                        <th scope="col" class="x-number">{ tr!("document.size") }</th>
                    </tr>
                </thead>
                <tbody>
                    { for props.documents.iter().map(|document| html! {
                        <tr key={document.id.0}>
                            <td>
                                { path(document, Some(page.href(Place::Document(document.id)))) }
                                if let Some(trouble) = &document.trouble {
                                    { not_read::why(trouble) }
                                }
                            </td>
                            <td class="x-whole-line">{ words::document(&document.kind) }</td>
                            <td class="x-whole-line">{ taken(document) }</td>
                            <td class="x-number">{ words::bytes(document.bytes) }</td>
                        </tr>
                    }) }
                </tbody>
            </table>
        </div>
    }
}

/// When it was captured; where it does not say so itself, what does.
fn taken(document: &DocumentLine) -> Html {
    let Some(at) = document.captured else { return html! {} };
    let by = match document.dated_by {
        Some(DateOf::Archive) => Some(tr!("document.by_archive")),
        Some(DateOf::File) => Some(tr!("document.by_file")),
        Some(DateOf::Document) | None => None,
    };
    html! {
        <>
            { words::time(at) }
            if let Some(by) = by { { " " }<span class="x-aside">{ by }</span> }
        </>
    }
}

/// A path: its folders paler than its name, which leads to the document.
pub fn path(document: &DocumentLine, href: Option<AttrValue>) -> Html {
    let at = document.path.rfind('/').map_or(0, |slash| slash + 1);
    let (folders, name) = document.path.split_at(at);
    let folders = html! { <span class="x-aside">{ breakable(folders) }</span> };
    match href {
        Some(href) => html! { <a class="x-mono x-path" {href}>{ folders }{ name }</a> },
        None => html! { <span class="x-mono">{ folders }{ name }</span> },
    }
}
