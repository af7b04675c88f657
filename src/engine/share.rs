//! A copy of the capture that can be sent: made in slices, looked at in windows, packed at the end.

use std::collections::BTreeSet;

use super::captures::workload;
use super::enclosed::{About, Enclosed};
use super::protocol::{
    DocumentId, Listed, ShareAnswer, ShareLeftOut, ShareName, SharePlace, ShareQuery, Shared, Suppression,
    TextRef, Treated,
};
use super::ticket::{Made, Tickets};
use super::{cut, holds, number, text, words};
use crate::capture::{Capture, Document};
use crate::envoy::{Kind, ServiceKey};
use crate::intake::{json_start, recognise};
use crate::order::InOrder;
use crate::redact::{Done, Failed, Job, Lot, Map, Options, Outcome, Packing, Phase, Removed, Step, lock};

/// How many bytes are worked through for an answer; a document is not divided.
const SLICE: u64 = 1 << 20;
/// How many lines an answer has at most.
const MOST: usize = 200;
/// How many documents are named.
const MOST_DOCUMENTS: usize = 1000;
/// Bytes of a line of a document.
const WIDEST: usize = 400;

/// The copy that is being made, or was.
#[derive(Default)]
pub struct Share {
    /// Once drawn it stays, so that names keep their codes when others are kept.
    key: Option<[u8; 32]>,
    keep: Vec<String>,
    state: State,
    /// Names and codes as they were found first, with none kept: a name that is kept stays in the list. Those that people
    /// know come first, what was drawn by lot last.
    names: Vec<(String, String)>,
    beside: Beside,
    tickets: Tickets,
    /// What the front end itself says.
    own: Vec<String>,
}

#[derive(Default)]
enum State {
    #[default]
    None,
    Busy(Box<Job>, (Phase, u64, u64)),
    Done(Box<Outcome>),
    Failed(Failed),
}

/// The document that was looked at last, laid out, and its copy.
#[derive(Default)]
struct Beside {
    of: Option<DocumentId>,
    left: text::Cache,
    right: text::Cache,
    /// The copy, and the document itself where it was not sent as it is read.
    made: Capture,
}

impl Share {
    /// Forgets what was made, for another capture.
    pub fn anew(&mut self) {
        *self = Share { own: std::mem::take(&mut self.own), ..Share::default() };
    }

    /// What is compared with the capture has changed.
    pub fn second_changed(&mut self) {
        self.tickets = Tickets::default();
    }

    /// Answers. `second`: what the capture is compared with; `before`: the map by which its names are real again, whose
    /// names keep their codes.
    pub fn ask(
        &mut self,
        capture: &Capture,
        (second, before): (Option<&Capture>, Option<&Map>),
        query: &ShareQuery,
    ) -> Option<ShareAnswer> {
        match query {
            ShareQuery::Own(texts) => {
                if self.own != *texts {
                    self.own.clone_from(texts);
                    self.tickets = Tickets::default();
                }
                Some(ShareAnswer::Ticket(Vec::new()))
            }
            ShareQuery::Ticket { texts, marks } => self
                .ticket(capture, |tickets, made| Some(tickets.texts(Made { second, ..made }, texts, *marks))),
            ShareQuery::Text { of, offset } => {
                self.ticket(capture, |tickets, made| tickets.piece(capture, made.outcome, *of, *offset))
            }
            ShareQuery::Begin { keep, key } => {
                let keep: BTreeSet<String> = keep.as_ref().unwrap_or(&self.keep).iter().cloned().collect();
                let keep: Vec<String> = keep.into_iter().collect();
                if matches!(self.state, State::None) || self.keep != keep {
                    let key = *self.key.get_or_insert(*key);
                    let options = Options { keep: keep.clone(), strict: false };
                    let job = Job::new(capture, &options, key, before.cloned());
                    self.keep = keep;
                    self.beside = Beside::default();
                    self.tickets = Tickets::default();
                    self.state = State::Busy(Box::new(job), (Phase::Collecting, 0, 0));
                }
                Some(self.answer())
            }
            ShareQuery::Work => {
                self.work(capture);
                Some(self.answer())
            }
            ShareQuery::Cancel => {
                self.state = State::None;
                self.beside = Beside::default();
                Some(ShareAnswer::None)
            }
            ShareQuery::Places { what, text, offset, limit } => {
                let all = self.outcome()?.report.counts.iter().map(|it| {
                    let (what, removed) = match it.done {
                        Done::Removed(rule) => (Treated::Removed, Some(rule)),
                        Done::Replaced => (Treated::Replaced, None),
                        Done::Lost => (Treated::Lost, None),
                        Done::Kept => (Treated::Kept, None),
                    };
                    (what, removed, it)
                });
                let words = words(text);
                let wanted =
                    all.filter(|it| what.is_none_or(|what| it.0 == what) && holds(&it.2.path, &words));
                let line = |(what, removed, it): (Treated, Option<Removed>, &crate::redact::Count)| {
                    SharePlace { what, removed, path: cut(&it.path, WIDEST).to_owned(), count: it.count }
                };
                Some(ShareAnswer::Places(window(wanted, (*offset, *limit), line)))
            }
            ShareQuery::Names { text, offset, limit } => {
                Some(ShareAnswer::Names(self.list(text, (*offset, *limit))?))
            }
            ShareQuery::Beside { document, offset, limit } => {
                self.beside(capture, *document, *offset, *limit).map(ShareAnswer::Beside)
            }
            ShareQuery::LeftOut { offset, limit } => {
                let line = |it: &crate::redact::LeftOut| ShareLeftOut {
                    id: it.id,
                    path: cut(&it.path, WIDEST).to_owned(),
                    kind: it.kind.name().to_owned(),
                    why: it.why,
                };
                Some(ShareAnswer::LeftOut(window(self.outcome()?.left_out.iter(), (*offset, *limit), line)))
            }
        }
    }

    /// Answers by a copy that stood its check, or goes on making one.
    fn ticket(
        &mut self,
        capture: &Capture,
        answer: impl FnOnce(&mut Tickets, Made<'_>) -> Option<ShareAnswer>,
    ) -> Option<ShareAnswer> {
        self.work(capture);
        match (&self.state, &self.key) {
            (State::Done(outcome), Some(key)) => {
                let made = Made { outcome, second: None, keep: &self.keep, key, own: &self.own };
                answer(&mut self.tickets, made)
            }
            _ => Some(self.answer()),
        }
    }

    /// The copy as a file; `None` unless it stood its check.
    pub fn packed(&self) -> Option<Vec<u8>> {
        let outcome = self.outcome()?;
        outcome.pack(packing(outcome), Vec::new()).ok()
    }

    /// The copy as it goes into a page of its own, packed; `None` unless it stood its check.
    pub fn enclosed(&self, hidden: impl Iterator<Item = Suppression>) -> Option<Enclosed> {
        let outcome = self.outcome().filter(|it| !it.members.is_empty())?;
        let (packing, ending) = match packing(outcome) {
            Packing::Zip => (Packing::Zip, ".zip".to_owned()),
            Packing::Plain | Packing::Gz => (Packing::Gz, format!("{}.gz", outcome.ending())),
            Packing::Tar | Packing::TarGz => (Packing::TarGz, ".tar.gz".to_owned()),
        };
        let bytes = outcome.pack(packing, Vec::new()).ok()?;
        let whole = |text: Option<String>| match text {
            Some(text) => Some(Some(outcome.map.whole(&text, &self.keep)?)),
            None => Some(None),
        };
        let is_check = |id: &str| crate::findings::checks::ALL.iter().any(|(known, _)| *known == id);
        let map = |it: Suppression| {
            is_check(&it.id).then_some(())?;
            Some(Suppression { id: it.id, resource: whole(it.resource)?, proxy: whole(it.proxy)? })
        };
        let about = About { name: format!("redacted{ending}"), hidden: hidden.filter_map(map).collect() };
        Some(Enclosed { about, bytes })
    }

    /// The map of the copy as a file, encrypted where there is a passphrase; `None` unless the copy stood its check.
    pub fn packed_map(&self, passphrase: &str, lot: Lot) -> Option<Vec<u8>> {
        let text = self.map()?.to_json().into_bytes();
        if passphrase.is_empty() { Some(text) } else { lock(&text, passphrase, lot) }
    }

    fn map(&self) -> Option<&Map> {
        self.outcome().map(|it| &it.map)
    }

    fn outcome(&self) -> Option<&Outcome> {
        match &self.state {
            State::Done(outcome) => Some(outcome),
            _ => None,
        }
    }

    fn work(&mut self, capture: &Capture) {
        let State::Busy(job, at) = &mut self.state else { return };
        let until = at.1 + SLICE;
        loop {
            match job.step(capture) {
                Step::Busy(phase, behind, all) => {
                    *at = (phase, behind, all);
                    if behind >= until {
                        return;
                    }
                }
                Step::Done(outcome) => {
                    if self.keep.is_empty() || self.names.is_empty() {
                        self.names = outcome.map.pairs().map(|(from, to)| (from.into(), to.into())).collect();
                        let known = known(capture);
                        self.names.order_by_key(|(name, _)| rank(name, &known));
                    }
                    self.state = State::Done(outcome);
                    return;
                }
                Step::Failed(failed) => {
                    self.state = State::Failed(failed);
                    return;
                }
            }
        }
    }

    fn answer(&self) -> ShareAnswer {
        match &self.state {
            State::None => ShareAnswer::None,
            State::Busy(_, (phase, behind, all)) => {
                ShareAnswer::Busy { phase: *phase, behind: *behind, all: *all }
            }
            State::Failed(failed) => ShareAnswer::Failed(failed.clone()),
            State::Done(outcome) => ShareAnswer::Done(Box::new(self.shared(outcome))),
        }
    }

    fn shared(&self, outcome: &Outcome) -> Shared {
        let report = &outcome.report;
        let mut removed: Vec<(Removed, u64)> = Vec::new();
        for it in &report.counts {
            let Done::Removed(rule) = it.done else { continue };
            match removed.iter_mut().find(|(known, _)| *known == rule) {
                Some((_, count)) => *count += it.count,
                None => removed.push((rule, it.count)),
            }
        }
        removed.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let named = |it: &crate::redact::Member| (it.id, cut(&it.path, WIDEST / 2).to_owned());
        Shared {
            documents: number(outcome.members.len()),
            left_out: number(outcome.left_out.len()),
            removed,
            replaced: report.total(|it| it == Done::Replaced),
            lost: report.total(|it| it == Done::Lost),
            kept: report.total(|it| it == Done::Kept),
            names: report.names,
            addresses: report.addresses,
            requests: outcome.sampled.requests as u64,
            ending: match packing(outcome) {
                Packing::Plain => outcome.ending().to_owned(),
                Packing::Gz => ".gz".to_owned(),
                Packing::Tar => ".tar".to_owned(),
                Packing::TarGz => ".tar.gz".to_owned(),
                Packing::Zip => ".zip".to_owned(),
            },
            keep: self.keep.clone(),
            beside: outcome.members.iter().take(MOST_DOCUMENTS).map(named).collect(),
        }
    }

    /// Names as they were found, those that are kept first.
    fn list(&self, text: &str, part: (u32, u32)) -> Option<Listed<ShareName>> {
        let map = self.map();
        let wanted = text.trim().to_lowercase();
        let is_kept = |name: &str| self.keep.iter().any(|it| it == name);
        let of = |kept: bool| {
            let wanted = &wanted;
            let all = self.names.iter();
            all.filter(move |(name, _)| is_kept(name) == kept && name.contains(wanted.as_str()))
        };
        let line = |(name, code): &(String, String)| {
            let kept = is_kept(name);
            let code = if kept { name } else { map.and_then(|it| it.code(name)).unwrap_or(code) };
            ShareName { name: cut(name, WIDEST).to_owned(), code: cut(code, WIDEST).to_owned(), kept }
        };
        Some(window(of(true).chain(of(false)), part, line))
    }

    fn beside(
        &mut self,
        capture: &Capture,
        id: DocumentId,
        offset: u32,
        limit: u32,
    ) -> Option<Listed<(String, String)>> {
        let State::Done(outcome) = &self.state else { return None };
        let original = capture.document(id)?;
        let as_sent = original.turned.is_none();
        if self.beside.of != Some(id) {
            let member = outcome.members.iter().find(|it| it.id == id)?;
            let copy = |bytes: &[u8]| Document::new(String::new(), bytes.to_vec(), recognise(bytes));
            let mut made = Capture::default();
            made.add(copy(&member.bytes));
            if !as_sent {
                made.add(copy(&original.bytes));
            }
            self.beside = Beside { of: Some(id), made, ..Beside::default() };
        }
        let Beside { left, right, made, .. } = &mut self.beside;
        let limit = limit.min(number(MOST));
        let none = BTreeSet::new();
        let right = right.lines(made, TextRef::Document(DocumentId(0)), &none, offset, limit)?;
        let mut lines = |offset| {
            if as_sent {
                left.lines(capture, TextRef::Document(id), &none, offset, limit)
            } else {
                left.lines(made, TextRef::Document(DocumentId(1)), &none, offset, limit)
            }
        };
        let mut left = lines(offset)?;
        // What stands before the JSON is not in the copy.
        if left.total > right.total
            && as_sent
            && let Some(start) = json_start(&original.bytes)
        {
            let above = memchr::memchr_iter(b'\n', &original.bytes[..start]).count();
            if above > 0 {
                left = lines(offset + number(above))?;
            }
        }
        let text = |it: crate::engine::protocol::Line| cut(&it.text, WIDEST).to_owned();
        let mut left = left.lines.into_iter().map(text);
        let lines = right.lines.into_iter().map(|it| (left.next().unwrap_or_default(), text(it))).collect();
        Some(Listed { total: right.total, offset, lines })
    }
}

/// Names that people know, in lower case: of services, namespaces and workloads.
fn known(capture: &Capture) -> BTreeSet<String> {
    const DUMPS: usize = 16;
    let mut all = BTreeSet::new();
    let mut add = |text: &str| {
        let words = text.split(|it: char| !it.is_alphanumeric()).filter(|it| !looks_drawn(it));
        all.extend(words.map(str::to_lowercase));
    };
    for (_, proxy) in capture.proxies() {
        add(&proxy.identity.namespace);
        add(workload(&proxy.identity.pod).unwrap_or(&proxy.identity.pod));
    }
    let dumps = capture.proxies().filter_map(|(_, it)| capture.document(it.dump?)).take(DUMPS);
    for (document, dump) in dumps.filter_map(|it| Some((it, it.dump()?))) {
        for (_, cluster) in dump.of(Kind::Cluster) {
            let name = cluster.name(&document.bytes);
            if let Some(host) = ServiceKey::parse(&name).map(|it| it.host) {
                host.split('.').take(2).for_each(&mut add);
            }
        }
    }
    all
}

/// Whether a word has digits among its letters, as hashes have and names seldom.
fn looks_drawn(word: &str) -> bool {
    let letters = word.trim_end_matches(|it: char| it.is_ascii_digit());
    word.len() >= 5 && letters.bytes().any(|it| it.is_ascii_digit()) || letters.is_empty()
}

fn rank(name: &str, known: &BTreeSet<String>) -> u8 {
    match name {
        _ if known.contains(name) => 0,
        _ if name.len() > 40 || name.split('-').any(looks_drawn) => 2,
        _ => 1,
    }
}

/// A folder becomes an archive that any desktop opens.
fn packing(outcome: &Outcome) -> Packing {
    outcome.packing().unwrap_or(if outcome.is_archive() { Packing::Zip } else { Packing::Plain })
}

fn window<I, T>(all: impl Iterator<Item = I>, part: (u32, u32), line: impl Fn(I) -> T) -> Listed<T> {
    let (offset, limit) = (part.0, (part.1 as usize).min(MOST));
    let mut total = 0;
    let mut lines = Vec::new();
    for it in all {
        if total >= offset && lines.len() < limit {
            lines.push(line(it));
        }
        total += 1;
    }
    Listed { total, offset, lines }
}
