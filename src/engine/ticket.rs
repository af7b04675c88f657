//! What is copied for a ticket: texts through the map of the copy that can be sent, documents out of that copy.

use super::protocol::{DocumentId, ResourceRef, ShareAnswer, TextRef};
use super::text;
use crate::capture::{Capture, Document};
use crate::findings::texts;
use crate::intake::recognise;
use crate::redact::{Collector, Marks, Options, Outcome, Phase, Ticket, is_redactable};

/// What xdscope says and no list of sentences has: istioctl's headings, and commands.
const OWN: &str = include_str!("own.txt");

/// How many bytes are read for an answer; a document is not divided.
const SLICE: u64 = 1 << 20;

/// What texts go through, once it is made: it takes a reading of the copy, and of the second capture.
#[derive(Default)]
pub struct Tickets {
    state: State,
    /// The document that was copied last, of the copy.
    document: Option<(DocumentId, Capture)>,
}

#[derive(Default)]
enum State {
    #[default]
    None,
    /// Names of the second capture are collected; how many documents are behind.
    Names(Box<Collector>, usize),
    /// The copy is read; how many documents are behind.
    Words(Box<Ticket>, usize),
    Ready(Box<Ticket>),
}

/// What it is made of.
#[derive(Clone, Copy)]
pub struct Made<'m> {
    /// The copy.
    pub outcome: &'m Outcome,
    /// What is compared with it: its names are replaced as well.
    pub second: Option<&'m Capture>,
    /// Names to keep.
    pub keep: &'m [String],
    /// What codes are drawn with.
    pub key: &'m [u8; 32],
    /// What xdscope itself says.
    pub own: &'m [String],
}

impl Tickets {
    /// Texts as they may be sent, or how far what they go through is.
    pub fn texts(&mut self, made: Made<'_>, texts: &[String], marks: Option<Marks>) -> ShareAnswer {
        if let State::Ready(ticket) = &self.state {
            return ShareAnswer::Ticket(texts.iter().map(|it| ticket.text(it, marks)).collect());
        }
        let members = &made.outcome.members;
        let mut read = 0;
        let (mut behind, mut all) = (0, members.len());
        while read < SLICE {
            self.state = match std::mem::take(&mut self.state) {
                State::None => match made.second {
                    Some(_) => {
                        let options = Options { keep: made.keep.to_vec(), strict: false };
                        State::Names(Box::new(Collector::new(&options)), 0)
                    }
                    None => State::Words(Box::new(Ticket::new(made.outcome.map.clone())), 0),
                },
                State::Names(mut collector, at) => {
                    let document = made.second.and_then(|it| it.documents().nth(at));
                    match document {
                        Some((_, document)) => {
                            if is_redactable(document.kind) && document.why.is_none() {
                                read += document.bytes.len() as u64;
                                // What cannot be read to its end has given the names before that.
                                let _ = collector.document(document.kind, &document.bytes);
                            }
                            collector.path(&document.path);
                            (behind, all) = (at, members.len() + at);
                            State::Names(collector, at + 1)
                        }
                        None => {
                            let before = Some(made.outcome.map.clone());
                            let map = collector.finish(made.key, before).into_map();
                            State::Words(Box::new(Ticket::new(map)), 0)
                        }
                    }
                }
                State::Words(mut ticket, at) => match members.get(at) {
                    Some(member) => {
                        read += member.bytes.len() as u64;
                        ticket.copy_says(&String::from_utf8_lossy(&member.bytes));
                        ticket.may_say(&member.path);
                        (behind, all) = (at, members.len());
                        State::Words(ticket, at + 1)
                    }
                    None => {
                        made.own.iter().for_each(|it| ticket.may_say(it));
                        texts::all().chain([OWN]).for_each(|it| ticket.may_say(it));
                        State::Ready(ticket)
                    }
                },
                State::Ready(ticket) => {
                    self.state = State::Ready(ticket);
                    return self.texts(made, texts, marks);
                }
            };
        }
        ShareAnswer::Busy { phase: Phase::Checking, behind: behind as u64, all: all as u64 }
    }

    /// A piece of a text as it stands in the copy; [`ShareAnswer::Unmapped`] where the copy lacks its document.
    pub fn piece(
        &mut self,
        capture: &Capture,
        outcome: &Outcome,
        of: TextRef,
        offset: u32,
    ) -> Option<ShareAnswer> {
        let resource = match of {
            TextRef::Resource(id) => Some(id),
            TextRef::Bootstrap(proxy) => Some(text::bootstrap(capture, proxy)?),
            TextRef::Document(_) => None,
            // Made of many documents: a text like any other.
            TextRef::Istioctl { .. } => return None,
        };
        let id = match (of, resource) {
            (TextRef::Document(id), _) => id,
            (_, resource) => resource?.document,
        };
        if self.document.as_ref().is_none_or(|it| it.0 != id) {
            let Some(member) = outcome.members.iter().find(|it| it.id == id) else {
                return Some(ShareAnswer::Unmapped);
            };
            let mut copy = Capture::default();
            let found = recognise(&member.bytes);
            copy.add(Document::new(member.path.clone(), member.bytes.clone(), found));
            self.document = Some((id, copy));
        }
        let (_, copy) = self.document.as_ref()?;
        let only = DocumentId(0);
        let of = match resource {
            Some(it) => TextRef::Resource(ResourceRef { document: only, ..it }),
            None => TextRef::Document(only),
        };
        // The shape is the same, so it is there; where it is not, nothing is copied.
        let (text, next) = text::piece(copy, of, offset)?;
        Some(ShareAnswer::Text { text, next })
    }
}
