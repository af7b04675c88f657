//! Rows of the page's tables: cells made of pieces of the dump, links and words.
//!
//! Nothing here is a sentence: the page makes those, in the user's language.

use serde::{Deserialize, Serialize};

use crate::capture::{DocumentId, ProxyId, ResourceRef};

/// What a link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A proxy's overview.
    Proxy(ProxyId),
    /// A resource, in its proxy's table, with its detail open.
    Resource(ResourceRef),
    /// A document, raw.
    Document(DocumentId),
    /// A place in a document, raw: the document and the byte.
    Place(DocumentId, u32),
}

/// The tables of a proxy, in the order of its tabs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableKind {
    /// A row for each filter chain.
    Listeners,
    /// A row for each route.
    Routes,
    /// A row for each cluster.
    Clusters,
    /// A row for each endpoint.
    Endpoints,
    /// A row for each certificate or secret.
    Secrets,
    /// A row for each policy of an authorization filter.
    Rbac,
    /// A row for each provider of tokens, and for each rule that asks for them.
    Jwt,
    /// A row for each filter, in the order in which a connection or request meets them.
    Filters,
    /// A row for each extension that came by ECDS.
    Ecds,
    /// A row for each access logger and each tracer.
    Telemetry,
    /// A row for each fact that the proxy was started with.
    Bootstrap,
    /// Of a ztunnel: a row for each workload.
    Workloads,
    /// Of a ztunnel: a row for each service.
    Services,
    /// Of a ztunnel: a row for each authorization policy.
    ZtunnelPolicies,
    /// Of a ztunnel: a row for each certificate.
    ZtunnelCertificates,
    /// Of a ztunnel: a row for each connection.
    Connections,
}

impl TableKind {
    /// All of them, in order.
    pub const ALL: [TableKind; 16] = [
        TableKind::Listeners,
        TableKind::Routes,
        TableKind::Clusters,
        TableKind::Endpoints,
        TableKind::Secrets,
        TableKind::Rbac,
        TableKind::Jwt,
        TableKind::Filters,
        TableKind::Ecds,
        TableKind::Telemetry,
        TableKind::Bootstrap,
        TableKind::Workloads,
        TableKind::Services,
        TableKind::ZtunnelPolicies,
        TableKind::ZtunnelCertificates,
        TableKind::Connections,
    ];

    /// Whether it is of a ztunnel; the others are of an Envoy.
    pub fn is_of_ztunnel(self) -> bool {
        self >= TableKind::Workloads
    }
}

/// Columns of all tables. The page has their titles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is its name; the page's titles say more")]
pub enum Column {
    Action,
    Address,
    Also,
    Audiences,
    Chain,
    Cluster,
    Condition,
    ConnectTimeout,
    Destination,
    Direction,
    Domains,
    EdsName,
    Endpoints,
    Fault,
    Filters,
    Format,
    Group,
    Health,
    Host,
    Issuer,
    Key,
    Keys,
    Kind,
    Listener,
    ListenerFilters,
    LoadBalancing,
    Local,
    Locality,
    Match,
    Mirror,
    Mode,
    Name,
    Names,
    Namespace,
    Node,
    NotAfter,
    NotBefore,
    Order,
    Outlier,
    Owner,
    PeerNames,
    Policies,
    Policy,
    Pool,
    Port,
    Ports,
    Priority,
    Protocol,
    Remote,
    Requires,
    Retries,
    Rewrite,
    RouteConfig,
    Rule,
    Scope,
    SerialNumber,
    ServiceAccount,
    Sni,
    Source,
    State,
    Stats,
    Subject,
    Subset,
    Target,
    Timeout,
    Tls,
    TokenFrom,
    Type,
    UsedBy,
    ValidCert,
    ValidNow,
    Value,
    VirtualHost,
    Waypoint,
    Weight,
    Workload,
}

/// What a row is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A resource of a config dump.
    Resource(ResourceRef),
    /// A part of another document.
    Document(DocumentId),
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What it is of.
    pub of: Subject,
    /// Where in its document its part begins: a filter chain, a route, an endpoint.
    pub at: u32,
    /// A cell for each column.
    pub cells: Vec<Cell>,
    /// Of little use to most readers: shown when asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
}

/// What a cell shows, piece by piece.
pub type Cell = Vec<Part>;

/// A piece of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Text of the dump.
    Text(String),
    /// A name that is shown shortened.
    Name {
        /// What is shown.
        text: String,
        /// The full name.
        whole: String,
    },
    /// A remark that stands behind the text, paler; text of the dump.
    Aside(String),
    /// A name that leads somewhere. `whole` is its full name where `text` is shortened, else empty.
    Link {
        /// What is shown.
        text: String,
        /// The full name.
        whole: String,
        /// Where it leads.
        target: Target,
    },
    /// A name that ought to lead somewhere, and what it names is not there.
    Broken {
        /// What is shown.
        text: String,
        /// The full name.
        whole: String,
    },
    /// Envoy's or the reader's own words on what is wrong; they may be long.
    Says(String),
    /// A word of ours.
    Word(Word),
    /// The next piece starts a new line.
    Break,
}

/// Words of ours in cells and details; the page has them in the user's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// In state: from the bootstrap.
    Static,
    /// In state: in use.
    Active,
    /// In state: waiting for what it needs.
    Warming,
    /// In state: on its way out.
    Draining,
    /// In state: refused by Envoy.
    Rejected,
    /// The resource could not be parsed.
    NotRead,
    /// No such cluster: 503 NC.
    NoSuchCluster,
    /// No such route configuration: 404 NR.
    NoSuchRouteConfig,
    /// So many endpoints are healthy, of so many.
    Healthy(u32, u32),
    /// So many more domains (of a virtual host), or other things that are not shown.
    More(u32),
    /// Weight in per mille of the whole.
    Share(u32),
    /// Strict mutual TLS.
    Strict,
    /// Mutual TLS and plain text.
    Permissive,
    /// Plain text only.
    Disable,
    /// Mutual TLS by Istio.
    MutualTls,
    /// TLS.
    Tls,
    /// Any case.
    AnyCase,
    /// Valid.
    Valid,
    /// Expired.
    Expired,
    /// Not yet valid.
    NotYetValid,
    /// Taken when nothing else matches.
    Default,
    /// Takes anything.
    Any,
    /// A name is used and nothing has it.
    Missing,
    /// Taken out of use by outlier detection.
    Ejected,
    /// Of an endpoint: Envoy's page has it, the control plane's list has not.
    OnlyInClusters,
    /// Of an endpoint: the control plane's list has it, Envoy's page has not.
    NotInClusters,
    /// Of an endpoint: both lists have it.
    InBoth,
    /// Of a certificate: the first of a chain.
    Leaf,
    /// Of a certificate: it signed one of the chain.
    Intermediate,
    /// Of a certificate: what peers are checked against.
    Root,
    /// Off unless a route turns it on.
    Off,
    /// Its configuration stands where it is used.
    Inline,
    /// A filter that looks at a connection before a chain is chosen.
    ListenerFilter,
    /// A filter of a connection.
    NetworkFilter,
    /// A filter of requests.
    HttpFilter,
    /// A filter of requests on their way to an endpoint.
    UpstreamFilter,
    /// An access logger.
    AccessLogger,
    /// A tracer.
    Tracer,
    /// Who issues tokens.
    Provider,
    /// What a request's token has to be.
    Requirement,
    /// A policy is only counted.
    Shadow,
    /// A sentence: "allows …".
    Allows,
    /// A sentence: "denies …".
    Denies,
    /// A sentence: "logs …".
    Logs,
    /// A sentence: "asks an external server about …".
    Asks,
    /// Nothing matches, so everything is denied.
    DeniesAll,
    /// Nothing matches, so nothing happens.
    MatchesNothing,
    /// In a sentence: from …
    From,
    /// In a sentence: to …
    To,
    /// In a sentence: anybody.
    Anyone,
    /// In a sentence: anything.
    Anything,
    /// Between two conditions.
    And,
    /// Between two conditions.
    Or,
    /// Before a condition.
    Not,
    /// Of facts: versions.
    Versions,
    /// Of facts: who the proxy is.
    Identity,
    /// Of facts: what the proxy says of itself.
    Metadata,
    /// Of facts: what the bootstrap brings along.
    StaticResources,
    /// Of facts: where configuration comes from.
    DynamicResources,
    /// Of facts: runtime flags.
    Runtime,
    /// Of facts: statistics.
    Statistics,
    /// Of facts: the running server.
    Server,
    /// Of facts: its command line.
    CommandLine,
    /// Of facts: all others.
    Other,
}
