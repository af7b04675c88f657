#![doc = include_str!("README.md")]

mod captures;
mod collect;
mod comparison;
mod detail;
mod elsewhere;
mod enclosed;
mod findings;
mod graph;
mod istioctl;
mod known;
mod list;
mod log;
mod mesh;
mod overview;
pub mod protocol;
mod real;
mod search;
mod share;
mod table;
mod text;
mod text_table;
mod ticket;
mod trace;

use std::collections::BTreeSet;

pub use elsewhere::elsewhere;
pub use enclosed::{About, Enclosed};

use protocol::{Answer, DocumentId, Query, ResourceRef};

use crate::capture::{Capture, Document};
use crate::envoy::Resource;
use crate::instant::Instant;
use crate::intake::{Recognised, Step, recognise};
use crate::redact::{Lot, Map, is_locked};

/// A capture that can be asked, and a second one beside it to be compared. One for each worker or terminal run.
#[derive(Default)]
pub struct Engine {
    capture: Capture,
    tables: table::Cache,
    texts: text::Cache,
    mesh: mesh::Cache,
    findings: findings::Cache,
    comparisons: comparison::Cache,
    captures: captures::Cache,
    second: Option<Box<Engine>>,
    graphs: graph::Cache,
    share: share::Share,
    real: real::Real,
    traces: trace::Cache,
}

impl Engine {
    /// The file that is read next was last changed then: shown with what comes out of it.
    pub fn begin_file(&mut self, date: Option<Instant>) {
        self.capture.begin_file(date);
    }

    /// Adds the documents of a file that was read; [`Engine::link`] is due when the last one is in. `found`: what its
    /// first JSON value was recognised as, where that is known already.
    pub fn add(&mut self, path: &str, bytes: Vec<u8>, found: Option<Recognised>) {
        self.real.as_sent(&mut self.capture);
        for document in Document::all(path, bytes, found, None) {
            self.capture.add(document);
        }
    }

    /// Adds what unpacking a file came upon.
    pub fn take(&mut self, step: Step) {
        self.real.as_sent(&mut self.capture);
        self.capture.take(step);
    }

    /// Takes the map of a redacted capture ([`is_map`]), to be opened by [`Query::Real`].
    pub fn give_map(&mut self, file: &str, bytes: Vec<u8>) {
        self.as_sent();
        self.real.give(file.to_owned(), bytes);
    }

    /// Makes the capture what was sent again, where real names are shown: what comes next is of that.
    pub fn as_sent(&mut self) {
        if self.real.as_sent(&mut self.capture) {
            self.forget();
        }
    }

    /// Puts what was read later in the place of the document that had only been listed; or why it could not be read.
    pub fn unpacked(&mut self, id: DocumentId, step: Step) {
        let document = match step {
            Step::Member(member) => {
                let found = recognise(&member.bytes);
                let document = Document::new(member.path, member.bytes, found);
                Document { damage: member.damage, ..document }
            }
            Step::Unread(unread) => Document::unread(unread),
            Step::Busy => return,
        };
        self.capture.replace(id, document);
        self.link();
    }

    /// Links the documents that were added.
    pub fn link(&mut self) {
        self.capture.link();
        self.forget();
    }

    /// Drops what was made of the proxies as they were.
    fn forget(&mut self) {
        self.tables = table::Cache::default();
        self.texts = text::Cache::default();
        self.mesh = mesh::Cache::default();
        self.findings.forget();
        self.graphs = graph::Cache::default();
        self.traces = trace::Cache::default();
        self.share.anew();
        self.compare_anew();
    }

    /// The second capture, to be compared with this one; opened as this one is. [`Engine::compare_anew`] is due when
    /// it has changed.
    pub fn second(&mut self) -> &mut Engine {
        self.second.get_or_insert_default()
    }

    /// Forgets what was compared.
    pub fn compare_anew(&mut self) {
        self.comparisons = comparison::Cache::default();
        self.captures = captures::Cache::default();
        self.share.second_changed();
    }

    /// The two captures change places.
    pub fn swap(&mut self) {
        if let Some(mut second) = self.second.take() {
            std::mem::swap(self, &mut second);
            self.second = Some(second);
            self.compare_anew();
        }
    }

    /// Closes the second capture.
    pub fn close_second(&mut self) {
        self.second = None;
        self.compare_anew();
    }

    /// What is open.
    pub fn capture(&self) -> &Capture {
        &self.capture
    }

    /// Does a little of what will probably be asked for next, for when there is time. Whether there is more to do.
    pub fn prepare(&mut self) -> bool {
        self.tables.prepare(&self.capture) || self.traces.prepare(&self.capture)
    }

    /// Judges a little more of what is wrong, for when there is time: a resource at a step. Whether there is more to do.
    pub fn judge(&mut self) -> bool {
        self.findings.work(&self.capture)
    }

    /// Whether all was judged: [`Query::Findings`] has what was found.
    pub fn judged(&self) -> bool {
        self.findings.done()
    }

    /// The copy that can be sent, as a file; `None` unless one was made and stood its check.
    pub fn packed(&self) -> Option<Vec<u8>> {
        self.share.packed()
    }

    /// The copy as it goes into a page of its own, with what is hidden among the findings; `None` as well.
    pub fn enclosed(&self) -> Option<Enclosed> {
        self.share.enclosed(self.findings.suppressions())
    }

    /// The map of that copy as a file, encrypted where there is a passphrase; `None` as well.
    pub fn packed_map(&self, passphrase: &str, lot: Lot) -> Option<Vec<u8>> {
        self.share.packed_map(passphrase, lot)
    }

    /// Answers a question. Never fails: what is not there (any more) is [`Answer::Gone`].
    pub fn ask(&mut self, query: &Query) -> Answer {
        if let Query::Choose { proxy, dump } = query
            && self.capture.choose(*proxy, *dump)
        {
            self.forget();
        }
        if let Query::Real(query) = query {
            let (answer, changed) = self.real.ask(&mut self.capture, query);
            if changed {
                self.forget();
            }
            return Answer::Real(answer);
        }
        let capture = &self.capture;
        let answer = match query {
            Query::Choose { proxy, dump } => {
                let chosen = capture.proxy(*proxy).is_some_and(|it| it.dump == Some(*dump));
                chosen.then(|| Answer::Capture(list::capture(capture)))
            }
            Query::Capture => Some(Answer::Capture(list::capture(capture))),
            Query::Overview(proxy) => {
                self.tables.look_at(*proxy);
                self.traces.look_at(*proxy);
                overview::overview(capture, *proxy).map(Answer::Overview)
            }
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
            Query::Findings(window) => Some(Answer::Findings(self.findings.window(capture, window))),
            Query::FindingDetails(places) => {
                Some(Answer::FindingDetails(self.findings.details(capture, places)))
            }
            Query::Marks(proxy) => Some(Answer::Marks(self.findings.marks(capture, *proxy))),
            Query::Suppress(list) => {
                self.findings.suppress(list);
                Some(Answer::Marks(self.findings.marks(capture, None)))
            }
            Query::Mesh(window) => Some(Answer::Mesh(self.mesh.window(capture, window))),
            Query::MeshRow(at) => self.mesh.row(capture, *at).map(Answer::MeshRow),
            Query::Second(query) => self.second.as_mut().map(|it| it.ask(query)),
            Query::Compare(window) => {
                let sides =
                    comparison::Sides::of(capture, self.second.as_ref().map(|it| &it.capture), window.pair);
                sides
                    .and_then(|it| self.comparisons.window(&it, window, &mut self.mesh))
                    .map(Answer::Compared)
            }
            Query::Difference { pair, at, open, offset, limit } => {
                let sides = comparison::Sides::of(capture, self.second.as_ref().map(|it| &it.capture), *pair);
                sides
                    .and_then(|it| self.comparisons.difference(&it, *pair, *at, open, (*offset, *limit)))
                    .map(Answer::Difference)
            }
            Query::Elsewhere(pair) => {
                let sides = comparison::Sides::of(capture, self.second.as_ref().map(|it| &it.capture), *pair);
                sides.and_then(|it| it.elsewhere()).map(Answer::Elsewhere)
            }
            Query::Captures { offset, limit } => self
                .second
                .as_ref()
                .map(|it| Answer::Captures(self.captures.window(capture, &it.capture, *offset, *limit))),
            Query::TextTable { document, table, text, offset, limit } => {
                text_table::window(capture, *document, *table, text, *offset, *limit).map(Answer::TextTable)
            }
            Query::LogLines { document, class, text, offset, limit } => {
                log::window(capture, *document, *class, text, *offset, *limit).map(Answer::LogLines)
            }
            Query::Search { text, limit } => Some(Answer::Hits(search::search(capture, text, *limit))),
            Query::Graph(ask) => self.graphs.drawing(capture, ask).map(Answer::Graph),
            Query::MeshGraph { opened } => Some(Answer::MeshGraph(graph::mesh(capture, opened))),
            Query::GraphStart(proxy) => self.graphs.start(capture, *proxy).map(Answer::GraphStart),
            Query::GraphFind { proxy, text, limit } => {
                self.graphs.find(capture, *proxy, text, *limit).map(Answer::GraphHits)
            }
            Query::Text { of, offset } => {
                text::piece(capture, *of, *offset).map(|(text, next)| Answer::Text { text, next })
            }
            Query::Trace(query) => self.traces.ask(capture, query).map(Answer::Trace),
            Query::Share(query) => {
                let second = self.second.as_ref().map(|it| &it.capture);
                self.share.ask(capture, (second, self.real.shown()), query).map(Answer::Share)
            }
            // Answered above.
            Query::Real(_) => None,
        };
        answer.unwrap_or(Answer::Gone)
    }
}

/// Whether a file is the map of a redacted capture, or may be one under a passphrase: by its content.
pub fn is_map(bytes: &[u8]) -> bool {
    Map::is_map(bytes) || is_locked(bytes)
}

/// A resource and the document that holds it.
fn resource(capture: &Capture, id: ResourceRef) -> Option<(&Document, &Resource)> {
    let document = capture.document(id.document)?;
    Some((document, document.dump()?.get(id.resource)?))
}

fn number(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

/// The words of a filter's text, in lower case.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_lowercase).collect()
}

/// Whether a text has all of these words, in whatever case.
fn holds(text: &str, words: &[String]) -> bool {
    words.is_empty() || {
        let text = text.to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    }
}

/// The beginning of a text, at most so many bytes.
fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}
