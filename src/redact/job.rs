//! A whole capture, redacted step by step: a document a step, so that its user can look up in between, or stop.

use super::check::{Checker, Failed};
use super::collect::Options;
use super::map::Map;
use super::report::Report;
use super::session::{Collector, Dropped, Redactor, is_redactable};
use super::traces::{Sampled, compare};
use crate::capture::{Capture, Document, DocumentId};
use crate::intake::{Kind, recognise};
use crate::order::InOrder;

/// How many requests are traced through each dump and its copy.
const REQUESTS: usize = 100;

/// A redacted document.
#[derive(Debug)]
pub struct Member {
    /// Which it was.
    pub id: DocumentId,
    /// Its path, names replaced.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A document that is not in the redacted capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Which it was.
    pub id: DocumentId,
    /// Its own path: not to be sent.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Why.
    pub why: Dropped,
}

/// A redacted capture that was checked.
#[derive(Debug)]
pub struct Outcome {
    /// Its documents.
    pub members: Vec<Member>,
    /// What is not among them.
    pub left_out: Vec<LeftOut>,
    /// The map: not to be sent.
    pub map: Map,
    /// What was done.
    pub report: Report,
    /// Requests that went the same way through dumps and copies.
    pub sampled: Sampled,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Names are collected.
    Collecting,
    /// Documents are written again.
    Writing,
    /// What was written is checked.
    Checking,
}

/// What a step led to.
#[derive(Debug)]
pub enum Step {
    /// There is more to do; how many bytes of how many are behind, over all phases.
    Busy(Phase, u64, u64),
    /// It is done, and right.
    Done(Box<Outcome>),
    /// It must not be saved.
    Failed(Failed),
}

/// A redaction under way.
pub struct Job {
    key: [u8; 32],
    before: Option<Map>,
    list: Vec<DocumentId>,
    phase: Phase,
    at: usize,
    behind: u64,
    all: u64,
    collector: Option<Collector>,
    redactor: Option<Redactor>,
    members: Vec<Member>,
    left_out: Vec<LeftOut>,
    sampled: Sampled,
}

impl Job {
    /// A redaction of all documents of a capture. `key` is drawn by lot by the caller; `before` is the map of an earlier
    /// redaction, whose names keep their codes.
    pub fn new(capture: &Capture, options: &Options, key: [u8; 32], before: Option<Map>) -> Job {
        let mut left_out = Vec::new();
        let mut list = Vec::new();
        let mut all = 0;
        for (id, document) in capture.documents() {
            let why = if document.why.is_some() && document.kind != Kind::EmptyAnswer
                || document.damage.is_some()
            {
                Some(Dropped::NotRead)
            } else {
                (!is_redactable(document.kind)).then_some(Dropped::Kind)
            };
            match why {
                Some(why) => left_out.push(leave(id, document, why)),
                None => {
                    list.push(id);
                    all += document.bytes.len() as u64;
                }
            }
        }
        Job {
            key,
            before,
            list,
            phase: Phase::Collecting,
            at: 0,
            behind: 0,
            all: all * 3,
            collector: Some(Collector::new(options)),
            redactor: None,
            members: Vec::new(),
            left_out,
            sampled: Sampled::default(),
        }
    }

    /// Does a piece of work: one document.
    pub fn step(&mut self, capture: &Capture) -> Step {
        let document = self.list.get(self.at).and_then(|id| Some((*id, capture.document(*id)?)));
        let result = match (self.phase, document) {
            (Phase::Collecting, Some((id, document))) => {
                self.collect(id, document);
                Ok(())
            }
            (Phase::Collecting, None) => {
                self.redactor = self.collector.take().map(|it| it.finish(&self.key, self.before.take()));
                for it in &self.left_out {
                    self.redactor.iter_mut().for_each(|redactor| redactor.drop_one(it.kind));
                }
                self.next(Phase::Writing);
                Ok(())
            }
            (Phase::Writing, Some((id, document))) => {
                self.write(id, document);
                Ok(())
            }
            (Phase::Writing, None) => {
                self.next(Phase::Checking);
                Ok(())
            }
            (Phase::Checking, _) => match self.check(capture) {
                Ok(true) => return self.done(),
                Ok(false) => Ok(()),
                Err(failed) => Err(failed),
            },
        };
        match result {
            Ok(()) => Step::Busy(self.phase, self.behind, self.all),
            Err(failed) => Step::Failed(failed),
        }
    }

    fn next(&mut self, phase: Phase) {
        self.phase = phase;
        self.at = 0;
    }

    fn collect(&mut self, id: DocumentId, document: &Document) {
        self.behind += document.bytes.len() as u64;
        let Some(collector) = &mut self.collector else { return };
        match collector.document(document.kind, &document.bytes) {
            Ok(()) => {
                collector.path(&document.path);
                self.at += 1;
            }
            Err(why) => {
                self.left_out.push(leave(id, document, why));
                self.list.remove(self.at);
            }
        }
    }

    fn write(&mut self, id: DocumentId, document: &Document) {
        self.behind += document.bytes.len() as u64;
        self.at += 1;
        let Some(redactor) = &mut self.redactor else { return };
        match redactor.document(document.kind, &document.bytes) {
            Ok(bytes) => {
                let path = redactor.path(&document.path);
                self.members.push(Member { id, path, kind: document.kind, bytes });
            }
            Err(why) => self.left_out.push(leave(id, document, why)),
        }
    }

    /// Checks one document; says whether it was the last.
    fn check(&mut self, capture: &Capture) -> Result<bool, Failed> {
        let (Some(redactor), Some(member)) = (&self.redactor, self.members.get_mut(self.at)) else {
            return Ok(true);
        };
        let Some(original) = capture.document(member.id) else { return Ok(true) };
        let mut checker = Checker::new(redactor);
        checker.path(&member.path)?;
        checker.document(&member.path, member.kind, &original.bytes, &member.bytes)?;
        if original.dump().is_some() {
            let bytes = std::mem::take(&mut member.bytes);
            let found = recognise(&bytes);
            let copy = Document::new(member.path.clone(), bytes, found);
            let sampled = compare(redactor.map(), original, &copy, REQUESTS);
            member.bytes = copy.bytes;
            let sampled = sampled?;
            self.sampled.requests += sampled.requests;
            self.sampled.uncertain += sampled.uncertain;
        }
        self.behind += original.bytes.len() as u64;
        self.at += 1;
        Ok(self.at == self.members.len())
    }

    fn done(&mut self) -> Step {
        let Some(redactor) = self.redactor.take() else {
            return Step::Busy(self.phase, self.behind, self.all);
        };
        let mut left_out = std::mem::take(&mut self.left_out);
        left_out.order_by_key(|it| it.id);
        Step::Done(Box::new(Outcome {
            members: std::mem::take(&mut self.members),
            left_out,
            report: redactor.report(),
            map: redactor.into_map(),
            sampled: self.sampled,
        }))
    }
}

fn leave(id: DocumentId, document: &Document, why: Dropped) -> LeftOut {
    LeftOut { id, path: document.path.clone(), kind: document.kind, why }
}
