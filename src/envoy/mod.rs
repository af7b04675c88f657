#![doc = include_str!("README.md")]

mod address;
mod bare;
mod bootstrap;
pub mod certificate;
mod cluster;
mod dump;
mod endpoint;
pub mod extension;
mod listener;
mod metadata;
pub mod names;
mod node;
mod rbac;
mod route;
mod route_match;
mod secret;
mod spelling;
pub mod stats;

use std::borrow::Cow;

pub use address::{Address, AddressKind, CidrRange};
pub use bootstrap::Bootstrap;
pub use cluster::Cluster;
pub use dump::{ConfigDump, Kind, Resource, ResourceId, Section, State};
pub use endpoint::{
    ClusterLoadAssignment, ClusterStatus, HostStatus, LbEndpoint, Locality, LocalityLbEndpoints,
};
pub use extension::{Config, Extension};
pub use listener::{FilterChain, FilterChainMatch, HttpConnectionManager, Listener, TcpProxy};
pub use metadata::{Owner, OwnerParts};
pub use names::ServiceKey;
pub use node::{Identity, ProxyNode, version_of_build};
pub use rbac::Rbac;
pub use route::{
    Action, ClusterSpecifier, Redirect, RetryPolicy, Route, RouteAction, RouteConfiguration, VirtualHost,
    WeightedCluster, percent,
};
pub use route_match::{
    HeaderMatch, HeaderMatcher, PathMatch, QueryParameterMatcher, RouteMatch, StringMatch, StringMatcher,
};
pub use secret::Secret;
pub use spelling::Keys;
pub use stats::Stat;

use crate::json::Node;

/// The text of a field; empty where it is not there, as in protobuf.
pub fn text<'t>(node: Node<'t>, key: &str) -> Cow<'t, str> {
    node.text(key).unwrap_or_default()
}

/// The name of an enum's value, which a dump may give by number; the first where nothing is said.
fn enumerated<'t>(node: Node<'t>, key: &str, names: &[&'static str]) -> Cow<'t, str> {
    let Some(value) = node.get(key) else { return Cow::Borrowed(names.first().copied().unwrap_or("")) };
    value.str().unwrap_or_else(|| {
        let name = value.u64().and_then(|number| names.get(usize::try_from(number).ok()?));
        name.map_or_else(
            || Cow::Owned(String::from_utf8_lossy(value.raw()).into_owned()),
            |it| Cow::Borrowed(*it),
        )
    })
}
