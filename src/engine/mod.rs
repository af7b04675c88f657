#![doc = include_str!("README.md")]

mod collect;
mod detail;
mod istioctl;
mod list;
mod overview;
pub mod protocol;
mod search;
mod table;
mod text;

use std::collections::BTreeSet;

use protocol::{Answer, Query, ResourceRef};

use crate::capture::{Capture, Document};
use crate::envoy::Resource;
use crate::intake::{Recognised, Step};

/// A capture that can be asked. One for each worker or terminal run.
#[derive(Default)]
pub struct Engine {
    capture: Capture,
    tables: table::Cache,
    texts: text::Cache,
}

impl Engine {
    /// Adds a document; [`Engine::link`] is due when the last one is in.
    pub fn add(&mut self, path: String, bytes: Vec<u8>, found: Recognised) {
        self.capture.add(Document::new(path, bytes, found));
    }

    /// Adds what unpacking a file came upon.
    pub fn take(&mut self, step: Step) {
        match step {
            Step::Member(member) => self.capture.add(Document::of_member(member)),
            Step::Unread(unread) => self.capture.add(Document::unread(unread)),
            Step::Busy => return,
        };
    }

    /// Links the documents that were added.
    pub fn link(&mut self) {
        self.capture.link();
        self.tables = table::Cache::default();
        self.texts = text::Cache::default();
    }

    /// What is open.
    pub fn capture(&self) -> &Capture {
        &self.capture
    }

    /// Answers a question. Never fails: what is not there (any more) is [`Answer::Gone`].
    pub fn ask(&mut self, query: &Query) -> Answer {
        let capture = &self.capture;
        let answer = match query {
            Query::Capture => Some(Answer::Capture(list::capture(capture))),
            Query::Overview(proxy) => overview::overview(capture, *proxy).map(Answer::Overview),
            Query::Table { proxy, table, window } => {
                self.tables.table(capture, *proxy, *table, window).map(Answer::Table)
            }
            Query::Detail(resource) => detail::detail(capture, *resource).map(Answer::Detail),
            Query::Lines { of, folded, offset, limit } => {
                let folded: BTreeSet<u32> = folded.iter().copied().collect();
                self.texts.lines(capture, *of, &folded, *offset, *limit).map(Answer::Lines)
            }
            Query::Find { of, text } => self.texts.find(capture, *of, text).map(Answer::Found),
            Query::LineAt { of, at } => {
                self.texts.line_at(capture, *of, *at).map(|line| Answer::Found(vec![line]))
            }
            Query::Search { text, limit } => Some(Answer::Hits(search::search(capture, text, *limit))),
            Query::Text { of, offset } => {
                text::piece(capture, *of, *offset).map(|(text, next)| Answer::Text { text, next })
            }
        };
        answer.unwrap_or(Answer::Gone)
    }
}

/// A resource and the document that holds it.
fn resource(capture: &Capture, id: ResourceRef) -> Option<(&Document, &Resource)> {
    let document = capture.document(id.document)?;
    Some((document, document.dump()?.get(id.resource)?))
}
