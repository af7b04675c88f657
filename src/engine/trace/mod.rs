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

use super::protocol::{ProxyId, TraceAnswer, TraceQuery, Traced};
use crate::capture::{Capture, Document, DocumentId, Proxy};
use crate::envoy::{ConfigDump, Kind, names::NodeId};
use crate::trace::{Direction, Source, Tracer, trace};

/// A proxy with the dump that is traced.
#[derive(Clone, Copy)]
struct Subject<'c> {
    capture: &'c Capture,
    id: ProxyId,
    proxy: &'c Proxy,
    document: DocumentId,
    of: &'c Document,
    dump: &'c ConfigDump,
}

impl<'c> Subject<'c> {
    fn of(capture: &'c Capture, id: ProxyId) -> Option<Subject<'c>> {
        let proxy = capture.proxy(id)?;
        let document = proxy.dump?;
        let of = capture.document(document)?;
        Some(Subject { capture, id, proxy, document, of, dump: of.dump()? })
    }

    /// The pod's own address, as its node id tells; empty where that is no id of Istio's.
    fn address(self) -> &'c str {
        NodeId::parse(&self.proxy.identity.node_id).map_or("", |it| it.ip)
    }
}

/// Answers a question about requests. `None` where the proxy is not open (any more).
pub fn ask(capture: &Capture, query: &TraceQuery) -> Option<TraceAnswer> {
    let (TraceQuery::Begin { proxy, .. }
    | TraceQuery::Hosts { proxy, .. }
    | TraceQuery::Paste { proxy, .. }
    | TraceQuery::Run { proxy, .. }) = query;
    capture.proxy(*proxy)?;
    let Some(subject) = Subject::of(capture, *proxy) else { return Some(TraceAnswer::NoDump) };
    let source = Source::new(&subject.of.bytes, subject.dump);
    Some(match query {
        TraceQuery::Begin { of, .. } => TraceAnswer::Form(begin::form(subject, &source, *of)),
        TraceQuery::Hosts { text, .. } => TraceAnswer::Hosts(begin::hosts(subject, text)),
        TraceQuery::Paste { text, .. } => {
            let tracer = Tracer::new(&source, subject.of.captured);
            TraceAnswer::Pasted(paste::read(subject, &tracer, text))
        }
        TraceQuery::Run { form, .. } => {
            let tracer = Tracer::new(&source, subject.of.captured);
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
