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
}

/// Columns of all tables. The page has their titles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is its name; the page's titles say more")]
pub enum Column {
    Address,
    CertificateChain,
    Cluster,
    Destination,
    Direction,
    Domains,
    Endpoints,
    Filters,
    Health,
    Host,
    LoadBalancing,
    Locality,
    Match,
    Name,
    NotAfter,
    Owner,
    Policy,
    Port,
    Priority,
    RouteConfig,
    SerialNumber,
    State,
    Subset,
    Tls,
    Type,
    ValidCert,
    VirtualHost,
    Weight,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The resource that it is of.
    pub resource: ResourceRef,
    /// Where in the resource's document its part begins: a filter chain, a route, an endpoint.
    pub at: u32,
    /// A cell for each column.
    pub cells: Vec<Cell>,
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
    Plain,
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
}
