//! What a trace says: its decisions, and how the request ends. All of it is data; sentences are made elsewhere.

use serde::{Deserialize, Serialize};

use crate::json::Span;

/// One decision on a request's way.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// What was decided.
    pub kind: StepKind,
    /// What there was to choose from, in the order in which Envoy looks.
    pub considered: Vec<Considered>,
    /// Where the dump says so.
    pub place: Option<Span>,
    /// Whether the dump alone decides it.
    pub certain: bool,
}

/// What a step decides, in the order in which a request meets them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Which listener the connection arrives at.
    Listener,
    /// What is learnt of the connection before a chain is chosen.
    ListenerFilter,
    /// Which filter chain takes it.
    FilterChain,
    /// Whether the TLS handshake succeeds.
    Tls,
    /// What a network filter does.
    NetworkFilter,
    /// What HTTP options make of the request.
    HttpOptions,
    /// Which routes are asked.
    RouteConfiguration,
    /// Which virtual host answers for the authority.
    VirtualHost,
    /// Which route takes the request.
    Route,
    /// What an HTTP filter does.
    HttpFilter,
    /// What the route does with the request.
    Action,
    /// Whether the cluster is there.
    Cluster,
    /// Which priorities of endpoints share the load.
    Priority,
    /// Which localities share it.
    Locality,
    /// Which endpoints may be chosen.
    Endpoints,
    /// How the endpoint is spoken to.
    TransportSocket,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Considered {
    /// Its name, as the dump has it.
    pub name: String,
    /// Whether it was taken.
    pub won: bool,
    /// Why, or why not.
    pub why: Why,
    /// Where it is.
    pub place: Option<Span>,
}

/// Why something was taken, or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It is the one; nothing more is to be said.
    Taken,
    /// It meets what is asked.
    Meets(What, String),
    /// It wants something else: what it wants, and what there is.
    Differs(What, String, String),
    /// What it wants is not there.
    Missing(What),
    /// What is there is what it does not want.
    Unwanted(What),
    /// Something before it was taken.
    Earlier,
    /// It is switched off.
    Disabled,
    /// It lets the request pass.
    Passes,
    /// A dump cannot say; what would decide.
    Beyond(What, String),
    /// Its share, in percent, when chance decides.
    Share(String),
    /// An endpoint's health, priority and locality (`region/zone/sub_zone`).
    Endpoint(String, u64, String),
    /// TLS to the upstream: SNI, the secret with the own certificate, the names that are expected.
    Upstream(String, String, String),
}

/// What a reason is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Address and port to which the client connected.
    Destination,
    /// iptables' redirection.
    Iptables,
    /// Address of a listener.
    Address,
    /// Port of the destination.
    DestinationPort,
    /// Address of the destination.
    DestinationIp,
    /// SNI.
    ServerName,
    /// `tls` or `raw_buffer`.
    TransportProtocol,
    /// ALPN, or what the HTTP inspector found.
    ApplicationProtocols,
    /// Address of who connects.
    DirectSourceIp,
    /// From the same address, or from outside.
    SourceType,
    /// Address of the client.
    SourceIp,
    /// Port of the client.
    SourcePort,
    /// The state of a resource: warming, draining, …
    State,
    /// A matcher tree.
    Matcher,
    /// A client certificate.
    ClientCertificate,
    /// First bytes on the wire.
    Protocol,
    /// HTTP method.
    Method,
    /// Path.
    Path,
    /// Authority.
    Authority,
    /// Address that the request is taken to come from.
    RemoteAddress,
    /// A header.
    Header(String),
    /// A query parameter.
    QueryParameter(String),
    /// A cookie.
    Cookie(String),
    /// Whether it is a gRPC request.
    Grpc,
    /// A share of requests.
    Fraction,
    /// Metadata that filters set.
    Metadata(String),
    /// State that filters set.
    FilterState(String),
    /// A policy of RBAC.
    Policy(String),
    /// A CEL expression.
    Cel,
    /// A token.
    Token,
    /// An upgrade, or CONNECT.
    Upgrade,
    /// A cluster of that name.
    Cluster(String),
    /// Endpoints.
    Endpoints,
    /// Health of endpoints.
    Health,
    /// Labels of endpoints.
    Labels,
    /// A regular expression.
    Regex(String),
    /// A filter's own work.
    Filter(String),
    /// A resource that the dump lacks.
    Resource(String),
    /// TLS.
    Tls,
    /// A status.
    Status,
}

/// How a request ends, in the terms of the project's judge (tools/check-traces).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// To a cluster that has an endpoint for it, or that passes through.
    #[default]
    Routed,
    /// To a cluster without one (UH).
    NoHealthyUpstream,
    /// The cluster does not exist (NC).
    NoCluster,
    /// No virtual host or route (NR).
    NotFound,
    /// The route answers itself.
    DirectResponse,
    /// The client is sent elsewhere.
    Redirect,
    /// By RBAC, JWT or another filter.
    Denied,
    /// No listener or filter chain (NR).
    NoFilterChain,
    /// The handshake fails.
    TlsRejected,
    /// Envoy refuses the request itself.
    ProtocolError,
}

/// The end of a request.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verdict {
    /// How it ends.
    pub outcome: Outcome,
    /// The cluster chosen, or those among which chance decides.
    pub clusters: Vec<String>,
    /// The route's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// The HTTP status, when Envoy answers by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Envoy's response flags that the configuration decides.
    pub flags: &'static str,
    /// Response code details, for TCP connection termination details.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// Where a redirect leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The listener that took the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listener: Option<String>,
    /// Its filter chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_chain: Option<String>,
    /// The virtual host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtual_host: Option<String>,
    /// Whether the dump and the request alone decide all of it.
    pub certain: bool,
}

/// Something that would have been taken, had little been different: "one header away from route canary".
#[derive(Clone, Debug, Serialize)]
pub struct Miss {
    /// Of which decision: a route, a filter chain.
    pub kind: StepKind,
    /// Its name, as the dump has it.
    pub name: String,
    /// All that keeps it from being taken; one or two things.
    pub lacks: Vec<Why>,
    /// Where it is.
    pub place: Option<Span>,
}

/// A request's way and its end.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The decisions, in order.
    pub steps: Vec<Step>,
    /// What was nearly taken instead, the nearest first.
    pub misses: Vec<Miss>,
    /// How it ends.
    pub verdict: Verdict,
}

/// Whether something holds, where a dump may not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// A dump cannot say.
    Unknown,
}

impl Truth {
    /// The contrary.
    pub fn negated(self) -> Truth {
        match self {
            Truth::Yes => Truth::No,
            Truth::No => Truth::Yes,
            Truth::Unknown => Truth::Unknown,
        }
    }

    /// Inverted where `invert` says so.
    pub fn inverted(self, invert: bool) -> Truth {
        if invert { self.negated() } else { self }
    }

    /// Whether all hold; the first that does not decides, as Envoy stops there.
    pub fn all(them: impl IntoIterator<Item = Truth>) -> Truth {
        let mut out = Truth::Yes;
        for it in them {
            match it {
                Truth::No => return Truth::No,
                Truth::Unknown => out = Truth::Unknown,
                Truth::Yes => {}
            }
        }
        out
    }

    /// Whether one of them holds.
    pub fn any(them: impl IntoIterator<Item = Truth>) -> Truth {
        Truth::all(them.into_iter().map(Truth::negated)).negated()
    }
}

impl From<bool> for Truth {
    fn from(it: bool) -> Truth {
        if it { Truth::Yes } else { Truth::No }
    }
}
