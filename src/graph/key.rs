//! What a node stands for in a dump: positions, and names for what is missing.

use super::Kind;
use crate::envoy::ResourceId;

/// A thing in a dump.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A listener.
    Listener(Named),
    /// A filter chain, by its place in its listener; the default one comes last.
    FilterChain(ResourceId, u32),
    /// A route configuration.
    RouteConfig(Config),
    /// A virtual host, by its place in its route configuration.
    VirtualHost(Config, u32),
    /// A route, by its place in its virtual host.
    Route(Config, u32, u32),
    /// A cluster.
    Cluster(Named),
    /// An endpoint, by its address.
    Endpoint(String),
}

/// A resource, or the name of one that is missing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named {
    /// It is there.
    There(ResourceId),
    /// Nothing has that name.
    Missing(String),
}

/// A route configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Config {
    /// A resource of its own.
    Own(ResourceId),
    /// Brought along by a filter chain; by the first where several of a listener bring the same.
    Inline(ResourceId, u32),
    /// Nothing has that name.
    Missing(String),
}

impl Key {
    /// What kind of node it is.
    pub fn kind(&self) -> Kind {
        match self {
            Key::Listener(_) => Kind::Listener,
            Key::FilterChain(..) => Kind::FilterChain,
            Key::RouteConfig(_) => Kind::RouteConfig,
            Key::VirtualHost(..) => Kind::VirtualHost,
            Key::Route(..) => Kind::Route,
            Key::Cluster(_) => Kind::Cluster,
            Key::Endpoint(_) => Kind::Endpoint,
        }
    }

    /// Whether it stands for a name that nothing has.
    pub fn is_missing(&self) -> bool {
        matches!(
            self,
            Key::Listener(Named::Missing(_))
                | Key::Cluster(Named::Missing(_))
                | Key::RouteConfig(Config::Missing(_))
        )
    }
}

/// The node's id.
impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Key::Listener(it) => write!(f, "listener.{it}"),
            Key::FilterChain(listener, at) => write!(f, "chain.{}.{at}", listener.0),
            Key::RouteConfig(it) => write!(f, "routes.{it}"),
            Key::VirtualHost(it, at) => write!(f, "host.{it}.{at}"),
            Key::Route(it, host, at) => write!(f, "route.{it}.{host}.{at}"),
            Key::Cluster(it) => write!(f, "cluster.{it}"),
            Key::Endpoint(address) => write!(f, "endpoint.{address}"),
        }
    }
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Named::There(id) => write!(f, "{}", id.0),
            Named::Missing(name) => write!(f, "?{name}"),
        }
    }
}

impl std::fmt::Display for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Config::Own(id) => write!(f, "{}", id.0),
            Config::Inline(listener, chain) => write!(f, "{}-{chain}", listener.0),
            Config::Missing(name) => write!(f, "?{name}"),
        }
    }
}
