//! One request on its way: what is known of it so far, and what was decided.

use core::net::IpAddr;

use super::metadata::Set;
use super::request::Request;
use super::source::Tracer;
use super::step::{Considered, Miss, Outcome, Step, StepKind, Trace, Verdict, Why};
use crate::json::{Node, Span};
use crate::order::InOrder;

/// The end was reached; the verdict says which.
pub(super) struct Ended;

/// Goes on, or has ended.
pub(super) type Flow<T> = Result<T, Ended>;

/// What Envoy knows of a connection.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    /// The local address: where the client meant to go.
    pub local: Option<(IpAddr, u16)>,
    /// Whether that address was restored (original destination, PROXY protocol).
    pub restored: bool,
    /// The client's address.
    pub remote: Option<IpAddr>,
    /// Its port; 0 where unknown.
    pub remote_port: u16,
    /// The address of who connects directly.
    pub direct_remote: Option<IpAddr>,
    /// `tls`, `raw_buffer`; empty as long as nobody looked.
    pub transport: &'static str,
    /// Server name, in lower case; only when a TLS inspector looked.
    pub server_name: String,
    /// What a TLS or HTTP inspector found.
    pub protocols: Vec<String>,
    /// Whether Envoy ends TLS.
    pub tls: bool,
    /// URI in the client's certificate, once TLS has ended.
    pub peer: Option<String>,
    /// The protocol agreed on in TLS.
    pub alpn: String,
}

/// How many near misses are told.
const NEAREST: usize = 6;

/// A request under way.
pub(super) struct Run<'t, 'r> {
    pub tracer: &'r Tracer<'t>,
    pub request: &'r Request,
    pub connection: Connection,
    pub set: Set,
    pub verdict: Verdict,
    /// The client's address as a request tells it (x-forwarded-for, an extension), once that is known.
    pub told_remote: Option<IpAddr>,
    /// The headers with which a cluster is asked for an endpoint.
    pub target: Option<Box<super::request::Headers>>,
    /// The status of Envoy's own answer, before gRPC makes it 200.
    pub answered: Option<u16>,
    steps: Vec<Step>,
    misses: Vec<Miss>,
    /// Whether anybody wants to read the steps.
    telling: bool,
}

impl<'t, 'r> Run<'t, 'r> {
    pub fn new(tracer: &'r Tracer<'t>, request: &'r Request, telling: bool) -> Run<'t, 'r> {
        let (host, port) = request.from.as_deref().map_or(("", None), super::request::host_and_port);
        let remote = super::request::ip(host);
        Run {
            tracer,
            request,
            connection: Connection {
                local: None,
                restored: false,
                remote,
                remote_port: port.unwrap_or(0),
                direct_remote: remote,
                transport: "",
                server_name: String::new(),
                protocols: Vec::new(),
                tls: false,
                peer: None,
                alpn: String::new(),
            },
            set: Set::default(),
            verdict: Verdict { certain: true, ..Verdict::default() },
            told_remote: None,
            target: None,
            answered: None,
            steps: Vec::new(),
            misses: Vec::new(),
            telling,
        }
    }

    /// The client's address, as far as Envoy trusts what it was told.
    pub fn remote(&self) -> Option<IpAddr> {
        self.told_remote.or(self.connection.remote)
    }

    pub fn finish(mut self) -> Trace {
        self.misses.order_by_key(|it| it.lacks.len());
        self.misses.truncate(NEAREST);
        Trace { steps: self.steps, misses: self.misses, verdict: self.verdict }
    }

    /// Notes what was nearly taken, in the place of what was noted of that kind before.
    pub fn missed(&mut self, kind: StepKind, misses: Vec<Miss>) {
        self.misses.retain(|it| it.kind != kind);
        self.misses.extend(misses);
    }

    /// Notes a decision; `considered` is only made where somebody reads it.
    pub fn step(
        &mut self,
        kind: StepKind,
        place: Option<Span>,
        certain: bool,
        considered: impl FnOnce(&Run<'t, 'r>) -> Vec<Considered>,
    ) {
        self.verdict.certain &= certain;
        if self.telling {
            let considered = considered(self);
            self.steps.push(Step { kind, considered, place, certain });
        }
    }

    /// Notes a decision about one thing.
    pub fn note(&mut self, kind: StepKind, name: &str, why: Why, place: Option<Span>) {
        let certain = !matches!(why, Why::Beyond(..) | Why::Share(_));
        let won = matches!(why, Why::Taken | Why::Meets(..) | Why::Passes | Why::Beyond(..) | Why::Share(_));
        self.step(kind, place, certain, |_| vec![Considered { name: name.to_owned(), won, why, place }]);
    }

    /// Whether steps are read.
    pub fn telling(&self) -> bool {
        self.telling
    }

    /// The end.
    pub fn end<T>(&mut self, outcome: Outcome) -> Flow<T> {
        self.verdict.outcome = outcome;
        Err(Ended)
    }

    /// The end, with the details that Envoy logs.
    pub fn end_with<T>(&mut self, outcome: Outcome, details: &str) -> Flow<T> {
        self.verdict.details = Some(details.to_owned());
        self.end(outcome)
    }
}

/// One thing that was looked at.
pub(super) fn considered(name: impl Into<String>, won: bool, why: Why, node: Option<Node<'_>>) -> Considered {
    Considered { name: name.into(), won, why, place: node.map(Node::span) }
}
