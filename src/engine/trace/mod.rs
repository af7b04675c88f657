#![doc = include_str!("README.md")]

mod begin;
mod form;
mod hints;
mod near;
mod next;
mod paste;
mod places;
mod regex_example;
mod told;
mod wanted;

use std::cell::{OnceCell, RefCell};

use super::protocol::{ProxyId, TraceAnswer, TraceQuery, Traced};
use crate::capture::{Capture, Document, DocumentId, Proxy};
use crate::envoy::{ConfigDump, Kind, names::NodeId};
use crate::json::Lines;
use crate::trace::{Direction, Kept, Source, Tracer, trace};
use places::Places;

/// What is made once of a dump that is traced, and kept beside it.
struct Beside {
    kept: Kept,
    places: OnceCell<Places>,
    lines: RefCell<Lines>,
    /// How far it is prepared.
    next: usize,
    ready: bool,
}

/// Of how many dumps it is kept: as many as one looks at in turn.
const KEPT: usize = 4;

/// What was made for questions about requests.
#[derive(Default)]
pub struct Cache {
    /// Latest last.
    dumps: Vec<(DocumentId, Beside)>,
    /// Who will be asked about.
    proxy: Option<ProxyId>,
}

impl Cache {
    /// Somebody looks at a proxy: how requests take it will be asked.
    pub fn look_at(&mut self, proxy: ProxyId) {
        self.proxy = Some(proxy);
    }

    /// Makes a little of what traces need, for when there is time. Whether there is more to make.
    pub fn prepare(&mut self, capture: &Capture) -> bool {
        let Some(proxy) = self.proxy else { return false };
        let Some((document, dump)) = traced(capture, proxy) else { return false };
        let Some(of) = capture.document(document) else { return false };
        let beside = self.beside(document, dump);
        if beside.ready {
            return false;
        }
        if beside.lines.get_mut().count(&of.bytes, COUNTED) {
            return true;
        }
        let Some(names) = capture.names(document) else { return false };
        let source = Source::with(&of.bytes, dump, names, &beside.kept);
        let more = Tracer::new(&source, of.captured).prepare(&mut beside.next);
        if !more {
            beside.places.get_or_init(|| Places::of(document, dump));
            beside.ready = true;
        }
        more
    }

    fn beside(&mut self, document: DocumentId, dump: &ConfigDump) -> &mut Beside {
        let known = self.dumps.iter().position(|(known, _)| *known == document);
        let of = match known {
            Some(at) => self.dumps.remove(at),
            None => {
                let kept = Kept::of(dump);
                let (places, lines) = (OnceCell::new(), RefCell::default());
                (document, Beside { kept, places, lines, next: 0, ready: false })
            }
        };
        if self.dumps.len() == KEPT {
            self.dumps.remove(0);
        }
        let last = self.dumps.len();
        self.dumps.push(of);
        &mut self.dumps[last].1
    }

    /// Answers a question about requests. `None` where the proxy is not open (any more).
    pub fn ask(&mut self, capture: &Capture, query: &TraceQuery) -> Option<TraceAnswer> {
        let (TraceQuery::Begin { proxy, .. }
        | TraceQuery::Hosts { proxy, .. }
        | TraceQuery::Paste { proxy, .. }
        | TraceQuery::Line { proxy, .. }
        | TraceQuery::Run { proxy, .. }) = query;
        capture.proxy(*proxy)?;
        let Some((document, dump)) = traced(capture, *proxy) else { return Some(TraceAnswer::NoDump) };
        self.look_at(*proxy);
        let beside = self.beside(document, dump);
        let subject = Subject {
            capture,
            id: *proxy,
            proxy: capture.proxy(*proxy)?,
            document,
            of: capture.document(document)?,
            dump,
            beside,
        };
        let source = Source::with(&subject.of.bytes, dump, capture.names(document)?, &beside.kept);
        ask(subject, &source, query)
    }
}

/// So many bytes are looked at for newlines at a time.
const COUNTED: usize = 8 << 20;

/// The dump of a proxy that is traced.
fn traced(capture: &Capture, proxy: ProxyId) -> Option<(DocumentId, &ConfigDump)> {
    let document = capture.proxy(proxy)?.dump?;
    Some((document, capture.document(document)?.dump()?))
}

/// A proxy with the dump that is traced.
#[derive(Clone, Copy)]
struct Subject<'c> {
    capture: &'c Capture,
    id: ProxyId,
    proxy: &'c Proxy,
    document: DocumentId,
    of: &'c Document,
    dump: &'c ConfigDump,
    beside: &'c Beside,
}

impl<'c> Subject<'c> {
    /// The pod's own address, as its node id tells; empty where that is no id of Istio's.
    fn address(self) -> &'c str {
        NodeId::parse(&self.proxy.identity.node_id).map_or("", |it| it.ip)
    }

    fn places(self) -> &'c Places {
        self.beside.places.get_or_init(|| Places::of(self.document, self.dump))
    }
}

fn ask<'s>(subject: Subject<'_>, source: &'s Source<'s>, query: &TraceQuery) -> Option<TraceAnswer> {
    Some(match query {
        TraceQuery::Begin { of, .. } => TraceAnswer::Form(begin::form(subject, source, *of)),
        TraceQuery::Hosts { text, .. } => TraceAnswer::Hosts(begin::hosts(subject, text)),
        TraceQuery::Paste { text, .. } => {
            let tracer = Tracer::new(source, subject.of.captured);
            TraceAnswer::Pasted(paste::read(subject, &tracer, text))
        }
        TraceQuery::Line { document, number, .. } => {
            TraceAnswer::Line(paste::logged(subject.capture, *document, *number)?)
        }
        TraceQuery::Run { form, .. } => {
            let tracer = Tracer::new(source, subject.of.captured);
            let form = form::tidy(form);
            match form::request(subject, &tracer, &form) {
                Err(faults) => TraceAnswer::Faults(faults),
                Ok(asked) => {
                    let made = trace(&tracer, &asked.request, true);
                    let told = told::tell(subject, &made);
                    TraceAnswer::Traced(Box::new(Traced {
                        proxy: subject.id,
                        chosen: asked.chosen,
                        hints: hints::of(subject, &made),
                        near: near::of(subject, &tracer, &form, &made),
                        next: next::of(subject, &form, &asked.request, &made),
                        ending: told.ending,
                        steps: told.steps,
                        more: told.more,
                        form,
                    }))
                }
            }
        }
    })
}

/// Whether requests reach this proxy on a listener's own address: a gateway's do.
fn is_gateway(subject: Subject<'_>) -> bool {
    let listens = |port: u32| {
        subject.dump.of(Kind::Listener).any(|(_, it)| {
            let path = ["address", "socket_address", "port_value"];
            let found = it.body_span().and_then(|body| crate::json::pluck(&subject.of.bytes, body, &path));
            found.is_some_and(|it| it.of(&subject.of.bytes) == port.to_string().as_bytes())
        })
    };
    !listens(15001) && !listens(15006)
}

/// From where a request meets the proxy, where nobody says it.
fn usual(subject: Subject<'_>) -> Direction {
    if is_gateway(subject) { Direction::Gateway } else { Direction::Outbound }
}
