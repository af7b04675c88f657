//! The graph of a proxy.

use serde::{Deserialize, Serialize};

use super::{DocumentId, ProxyId, ResourceRef};
use crate::graph::layout::Layout;
use crate::graph::{Graph, Kind, Why};

/// What a graph is about: a resource, or the part of it at a byte of its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GraphFocus {
    /// The resource.
    pub resource: ResourceRef,
    /// Where its part begins: a filter chain, a virtual host, a route, an endpoint.
    pub at: Option<u32>,
}

/// Which graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphAsk {
    /// Whose.
    pub proxy: ProxyId,
    /// Around what.
    pub focus: GraphFocus,
    /// How many steps up and down; all without it.
    pub depth: Option<u32>,
    /// Groups that are opened, by id, and how many times.
    pub opened: Vec<(String, u32)>,
    /// The places that a trace went through.
    pub lit: Vec<GraphFocus>,
}

/// A graph that is ready to be drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GraphDrawing {
    /// The dump that it is of.
    pub document: DocumentId,
    /// Its nodes and edges.
    pub graph: Graph,
    /// Their places.
    pub layout: Layout,
    /// The nodes that a trace went through.
    pub lit: Vec<u32>,
}

/// The graph of the mesh, ready to be drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeshDrawing {
    /// Proxies, services, and the proxies behind those.
    pub drawing: GraphDrawing,
    /// By node: the proxy that it stands for, and what that one's graph is to be about.
    pub doors: Vec<Option<(ProxyId, Option<GraphFocus>)>>,
}

/// Where a graph may begin: the listeners of a proxy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GraphStart {
    /// Listeners that are alike; only groups that have any.
    pub groups: Vec<ListenerGroup>,
    /// Whether the dump lacks its listeners.
    pub no_listeners: bool,
}

/// Listeners that are alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListenerGroup {
    /// What they do.
    pub what: ListenerUse,
    /// How many there are.
    pub total: u32,
    /// The first of them, broken ones before others.
    pub first: Vec<GraphHit>,
}

/// What a listener does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListenerUse {
    /// Takes what comes to the workload.
    Inbound,
    /// Takes what the workload sends, as HTTP.
    OutboundHttp,
    /// Takes what the workload sends, as TCP.
    OutboundTcp,
    /// Takes connections from outside, for others.
    Gateway,
    /// Health, metrics, Envoy's own.
    Admin,
}

/// Something that a graph can be about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GraphHit {
    /// What it is.
    pub kind: Kind,
    /// Its name; of a listener its address.
    pub name: String,
    /// Its other name, where it has one.
    pub other: String,
    /// What is wrong with it.
    pub broken: Option<Why>,
    /// Where it is.
    pub focus: GraphFocus,
}
