//! What a graph is made of.

use serde::{Deserialize, Serialize};

use crate::envoy::ResourceId;

/// What a node is, in the order in which a request meets them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A listener.
    Listener,
    /// A filter chain of a listener.
    FilterChain,
    /// A route configuration, by RDS or brought along.
    RouteConfig,
    /// A virtual host.
    VirtualHost,
    /// A route.
    Route,
    /// A cluster.
    Cluster,
    /// An endpoint: an address and port.
    Endpoint,
    /// Of the mesh's graph: a service.
    Service,
    /// Of the mesh's graph: a proxy.
    Proxy,
}

impl Kind {
    /// All kinds of a proxy's graph, in order.
    pub const ALL: [Kind; 7] = [
        Kind::Listener,
        Kind::FilterChain,
        Kind::RouteConfig,
        Kind::VirtualHost,
        Kind::Route,
        Kind::Cluster,
        Kind::Endpoint,
    ];

    /// Its name in JSON and in focus arguments.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Listener => "listener",
            Kind::FilterChain => "filter_chain",
            Kind::RouteConfig => "route_config",
            Kind::VirtualHost => "virtual_host",
            Kind::Route => "route",
            Kind::Cluster => "cluster",
            Kind::Endpoint => "endpoint",
            Kind::Service => "service",
            Kind::Proxy => "proxy",
        }
    }
}

/// Where something stands in its dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The resource.
    pub resource: ResourceId,
    /// The byte of the document at which its part begins: a filter chain, a route, an endpoint.
    pub at: u32,
}

/// A graph around a focus.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Graph {
    /// Its nodes, in the order of their kinds, then of the dump.
    pub nodes: Vec<Node>,
    /// Its edges, by their nodes' places in `nodes`; from the listener's side to the endpoint's.
    pub edges: Vec<Edge>,
    /// The nodes that were asked about.
    pub focus: Vec<u32>,
    /// Kinds of which the dump has no section: what would be there is not known.
    pub absent: Vec<Kind>,
}

impl Graph {
    /// All texts of the dump that it shows, in a fixed order.
    pub fn texts(&mut self) -> Vec<&mut String> {
        let mut all = Vec::new();
        for node in &mut self.nodes {
            all.extend([&mut node.name, &mut node.title]);
            all.extend(node.notes.iter_mut().filter_map(Note::text));
            all.extend(node.broken.iter_mut().filter_map(Why::text));
        }
        all
    }
}

/// A node: one thing of a dump, or many of one kind folded into one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Made of positions; the same for the same thing in the same dump.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// Its name, as Envoy has it; an endpoint's is its address. Empty for what has none, and for many.
    pub name: String,
    /// What people call it, where that is shorter; its match, where it has no name.
    pub title: String,
    /// More about it, most important first.
    pub notes: Vec<Note>,
    /// What is wrong with it.
    pub broken: Option<Why>,
    /// How many things it stands for: above 1 for many that are folded.
    pub count: u32,
    /// How many of those are broken, as far as they were looked at.
    pub broken_inside: u32,
    /// Whether it can be opened.
    pub folded: bool,
    /// Where it stands; `None` for what is missing, and for many.
    pub place: Option<Place>,
}

/// From a node to the next on a request's way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// Where it comes from.
    pub from: u32,
    /// Where it leads.
    pub to: u32,
    /// What is to be said of it.
    pub label: Option<Label>,
}

/// What is said of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// A share of the requests, in per mille.
    Share(u32),
    /// A copy of a share of the requests, in per mille.
    Mirror(u32),
    /// The connection is handed on by its original destination.
    OriginalDestination,
}

/// In terms that need no translation: `80 %`, `mirror 10 %`, `original dst`.
impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let share = |mille: u32| match mille % 10 {
            0 => format!("{} %", mille / 10),
            rest => format!("{}.{rest} %", mille / 10),
        };
        match self {
            Label::Share(mille) => f.write_str(&share(*mille)),
            Label::Mirror(1000) => f.write_str("mirror"),
            Label::Mirror(mille) => write!(f, "mirror {}", share(*mille)),
            Label::OriginalDestination => f.write_str("original dst"),
        }
    }
}

/// Something about a node, for the line below its title. Texts are the dump's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// A text of the dump, or a term of Envoy's.
    Text(String),
    /// Its own name, where its title is another.
    Name,
    /// How many domains it answers for.
    Domains(u32),
    /// How many virtual hosts it has.
    VirtualHosts(u32),
    /// Mutual TLS.
    MutualTls,
    /// TLS.
    Tls,
    /// Taken when nothing else matches.
    Default,
    /// It is on its way out.
    Draining,
    /// Health of an endpoint, in Envoy's words.
    Health(String),
    /// An earlier route takes all that this one could: that route's name, or its match.
    Shadowed(String),
    /// It leads to something whose section the dump lacks.
    NotJudged(Kind),
    /// A request header names the cluster.
    ClusterHeader(String),
    /// The cluster is where the client wanted to go.
    OriginalDestination,
}

impl Note {
    fn text(&mut self) -> Option<&mut String> {
        match self {
            Note::Text(text) | Note::Health(text) | Note::Shadowed(text) | Note::ClusterHeader(text) => {
                Some(text)
            }
            Note::Name
            | Note::Domains(_)
            | Note::VirtualHosts(_)
            | Note::MutualTls
            | Note::Tls
            | Note::Default
            | Note::Draining
            | Note::NotJudged(_)
            | Note::OriginalDestination => None,
        }
    }
}

/// What is wrong with a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// No cluster of that name: 503 NC.
    NoSuchCluster,
    /// No route configuration of that name: 404 NR.
    NoSuchRouteConfig,
    /// No internal listener of that name.
    NoSuchListener,
    /// It has no endpoints: 503 UH.
    NoEndpoints,
    /// None of its endpoints is healthy.
    NoHealthyEndpoint,
    /// Envoy refused it; in Envoy's words. With the flag an older version of it is in use.
    Rejected(String, bool),
    /// It waits for what it needs, and takes nothing. With the flag an older version of it is in use.
    Warming(bool),
    /// A secret that it needs is not there.
    SecretMissing(String),
    /// A secret that it needs has not arrived.
    SecretWarming(String),
    /// It could not be parsed.
    NotRead,
}

impl Why {
    fn text(&mut self) -> Option<&mut String> {
        match self {
            Why::Rejected(text, _) | Why::SecretMissing(text) | Why::SecretWarming(text) => Some(text),
            Why::NoSuchCluster
            | Why::NoSuchRouteConfig
            | Why::NoSuchListener
            | Why::NoEndpoints
            | Why::NoHealthyEndpoint
            | Why::Warming(_)
            | Why::NotRead => None,
        }
    }
}
