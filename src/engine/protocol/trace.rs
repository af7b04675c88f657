//! Questions about one request's way through a proxy, and their answers.

use serde::{Deserialize, Serialize};

use super::{DocumentId, Mark, Part, ProxyId, ResourceRef};
use crate::json::Place;
pub use crate::trace::ask::{CurlFault, Judgement, LogFault, Remark};
pub use crate::trace::{Direction, Outcome, StepKind, What, Why};

/// A question about requests.
#[allow(clippy::large_enum_variant, reason = "one at a time")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceQuery {
    /// A request to begin with: one that a part of a resource takes (a route, a filter chain, as
    /// [`super::Row::at`] names one), or one that the proxy is likely to get. [`TraceAnswer::Form`].
    Begin {
        /// Whose.
        proxy: ProxyId,
        /// What is to take it.
        of: Option<(ResourceRef, Option<u32>)>,
    },
    /// Hosts and addresses that the proxy knows, to be offered while one is typed: [`TraceAnswer::Hosts`].
    Hosts {
        /// Whose.
        proxy: ProxyId,
        /// What is typed so far.
        text: String,
    },
    /// A pasted curl command, or lines of an access log: [`TraceAnswer::Pasted`].
    Paste {
        /// Whose.
        proxy: ProxyId,
        /// What was pasted.
        text: String,
    },
    /// A line of an access log, to be pasted: [`TraceAnswer::Line`].
    Line {
        /// Whose request it is taken for.
        proxy: ProxyId,
        /// The log.
        document: DocumentId,
        /// Which line of it, from 0.
        number: u32,
    },
    /// The way of a request: [`TraceAnswer::Traced`], or [`TraceAnswer::Faults`].
    Run {
        /// Through which proxy.
        proxy: ProxyId,
        /// The request.
        form: Form,
    },
}

/// An answer about requests.
#[allow(clippy::large_enum_variant, reason = "one at a time")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceAnswer {
    /// A request to begin with.
    Form(Form),
    /// Hosts and addresses, best first.
    Hosts(Vec<String>),
    /// What was pasted, read.
    Pasted(Pasted),
    /// The text of a line of an access log.
    Line(String),
    /// A request's way.
    Traced(Box<Traced>),
    /// What is wrong with what was typed; at least one.
    Faults(Vec<Fault>),
    /// The capture has no config dump of this proxy.
    NoDump,
}

/// A request as it is typed: every field a text, empty where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Form {
    /// From where it meets the proxy; guessed where it is not said.
    pub direction: Option<Direction>,
    /// Address and port, or host and perhaps port, or a whole URL.
    pub to: String,
    /// What the client speaks.
    pub speaks: Speaks,
    /// In TLS.
    pub tls: bool,
    /// HTTP method; GET where it is empty.
    pub method: String,
    /// Path with query; `/` where it is empty.
    pub path: String,
    /// Host, or `:authority`; that of `to` where it is empty.
    pub authority: String,
    /// Header fields, one a line, `name: value`.
    pub headers: String,
    /// The client's address, with or without port.
    pub from: String,
    /// Server name of TLS.
    pub sni: String,
    /// Application protocols that the client offers in TLS, with commas between.
    pub alpn: String,
    /// URI in the client's certificate, `spiffe://…`
    pub identity: String,
    /// A bearer token.
    pub token: String,
}

/// What a client speaks, inside of TLS or without it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaks {
    /// HTTP/1.1
    #[default]
    Http1,
    /// HTTP/2
    Http2,
    /// Raw bytes.
    Tcp,
}

/// A field of a [`Form`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the form's field of that name")]
pub enum Field {
    To,
    Method,
    Path,
    Authority,
    Headers,
    From,
    Sni,
    Alpn,
    Identity,
    Token,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The field.
    pub field: Field,
    /// What is wrong.
    pub kind: FaultKind,
    /// What might have been meant, best first.
    pub near: Vec<String>,
}

/// What can be wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// It must be filled.
    Empty,
    /// Nothing in the dump serves this host.
    NoSuchHost,
    /// The host is served on other ports.
    OtherPorts,
    /// The port is missing, and the dump does not tell it.
    NoPort,
    /// No port is called so: a number up to 65535.
    BadPort,
    /// It is no address.
    BadAddress,
    /// A character that no request can have there.
    BadCharacter(char),
    /// It is a URL; only its host belongs there.
    Url,
    /// A path begins with a slash.
    NoSlash,
    /// The header line with this number (from 1) is none.
    BadHeader(u32),
    /// An identity is a URI, `spiffe://…`
    BadIdentity,
    /// A token has three parts with dots between.
    BadToken,
}

/// A paste, read.
#[allow(clippy::large_enum_variant, reason = "one at a time")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pasted {
    /// A curl command.
    Curl {
        /// Its request.
        form: Form,
        /// What of it was left out, or taken for granted.
        remarks: Vec<Remark>,
    },
    /// What was wrong with a curl command.
    CurlFault(CurlFault),
    /// Lines of an access log.
    Log {
        /// The first of them.
        lines: Vec<PastedLine>,
        /// How many more there are.
        more: u32,
    },
}

/// A line of an access log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastedLine {
    /// Its number, from 1.
    pub number: u32,
    /// What it says, or why that cannot be read.
    pub read: Result<Box<PastedLog>, LogFault>,
}

/// What a line of an access log says; a text is empty where the line does not have it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastedLog {
    /// The request.
    pub form: Form,
    /// When it began, as it stands there.
    pub time: String,
    /// The status; none for a connection.
    pub status: Option<u16>,
    /// Response flags.
    pub flags: Vec<String>,
    /// Response code details, connection termination details, why the transport failed.
    pub details: Vec<String>,
    /// The cluster that was chosen.
    pub cluster: String,
    /// The route's name.
    pub route: String,
    /// The endpoint that was chosen.
    pub upstream: String,
    /// Whether this dump accounts for it.
    pub judged: Judged,
}

/// Whether a dump accounts for a line of an access log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judged {
    /// As far as a trace tells.
    By(Judgement),
    /// Nothing in the dump serves the line's host; names like it.
    Unserved(Vec<String>),
}

/// A request's way through a proxy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Traced {
    /// The proxy.
    pub proxy: ProxyId,
    /// The request, as it was understood: a URL is taken apart.
    pub form: Form,
    /// What a host name led to.
    pub chosen: Option<Chosen>,
    /// How it ends.
    pub ending: Ending,
    /// The decisions, in order.
    pub steps: Vec<TracedStep>,
    /// How many steps are left out, for the answer would be too large.
    pub more: u32,
    /// What the rest of the capture says about this end.
    pub hints: Vec<Hint>,
    /// What it nearly met instead, the nearest first.
    pub near: Vec<Near>,
    /// Where the request goes on in the capture.
    pub next: Vec<Next>,
}

/// A route or a filter chain that a request nearly met.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Near {
    /// Which of the two it is.
    pub kind: StepKind,
    /// Its name.
    pub name: String,
    /// What it wants in vain: one thing or two.
    pub lacks: Vec<Why>,
    /// The resource that holds it, and the byte of the document where it begins.
    pub at: Option<(ResourceRef, u32)>,
    /// The request with what is lacking, where that makes up for it.
    pub form: Option<Form>,
}

/// What a host name led to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// The host's full name.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Its address; empty where nothing tells it, and any will do.
    pub address: String,
    /// Other places where it is served, `host:port`.
    pub others: Vec<String>,
}

/// How a request ends, in Envoy's words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// How.
    pub outcome: Outcome,
    /// The HTTP status, when Envoy answers by itself.
    pub status: Option<u16>,
    /// Response flags; empty for none.
    pub flags: String,
    /// Response code details, for TCP connection termination details.
    pub details: String,
    /// Where a redirect leads.
    pub location: String,
    /// The route's name.
    pub route: String,
    /// The virtual host's.
    pub virtual_host: String,
    /// The Istio resource that the route was made of, `VirtualService default/reviews`.
    pub owner: String,
    /// The cluster chosen, or those among which chance decides: each with its share in percent, empty where there is
    /// no chance.
    pub clusters: Vec<(Part, String)>,
    /// Whether the dump and the request alone decide all of it.
    pub certain: bool,
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TracedStep {
    /// What was decided.
    pub kind: StepKind,
    /// Where the dump says so.
    pub place: Option<TracedPlace>,
    /// Whether the dump alone decides it.
    pub certain: bool,
    /// What was looked at, in Envoy's order: the winners, and the first of the others.
    pub considered: Vec<TracedOne>,
    /// How many more were looked at.
    pub more: u32,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TracedOne {
    /// Its name, as the dump has it.
    pub name: String,
    /// Whether it was taken.
    pub won: bool,
    /// Why, or why not.
    pub why: Why,
    /// Where it is: the resource, and the byte of the document where it begins.
    pub at: Option<(ResourceRef, u32)>,
}

/// A place in the dump.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TracedPlace {
    /// The resource that holds it.
    pub resource: ResourceRef,
    /// Its kind.
    pub kind: crate::envoy::Kind,
    /// Its name.
    pub name: String,
    /// In the document, for a person.
    pub place: Place,
}

/// What the rest of the capture says about an end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// The proxy is out of sync, or refuses what it is sent.
    Sync(Mark),
    /// The control plane's dump for this proxy has the missing cluster: Envoy never got it.
    Sent {
        /// The control plane.
        control_plane: String,
        /// The cluster in its dump.
        resource: ResourceRef,
    },
    /// The control plane's dump for this proxy lacks it too: nothing made it.
    NotSent {
        /// The control plane.
        control_plane: String,
    },
    /// Proxies of the capture that have the missing cluster.
    Elsewhere(Vec<Part>),
    /// A subset that no DestinationRule makes; these clusters of the same host and port are there.
    Subset {
        /// The subset; empty for the whole service.
        subset: String,
        /// The host.
        host: String,
        /// The clusters that are there.
        there: Vec<Part>,
    },
    /// So many endpoints, of which none may be used.
    Endpoints {
        /// All of them.
        all: u32,
    },
    /// The dump lists no endpoints at all, so none can be judged.
    EndpointsNotListed,
}

/// A proxy of the capture that the request reaches next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Next {
    /// The proxy.
    pub proxy: ProxyId,
    /// Its name.
    pub name: String,
    /// The endpoint.
    pub address: String,
    /// The request, as this proxy sends it on.
    pub form: Form,
}
