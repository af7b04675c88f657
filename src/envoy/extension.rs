//! Filters and other extensions: a name and a configuration, in every way that Envoy has spelled them.

use std::borrow::Cow;

use super::text;
use crate::json::Node;

/// A network, HTTP or listener filter, a transport socket, an access logger: whatever Envoy lets one plug in
/// (`envoy.config.core.v3.TypedExtensionConfig` and its relatives, which all have these fields).
#[derive(Clone, Copy, Debug)]
pub struct Extension<'t>(pub Node<'t>);

/// What an extension is configured with.
#[derive(Clone, Debug)]
pub struct Config<'t> {
    /// The fields. Their object still holds `@type` where it came as an Any.
    pub node: Node<'t>,
    /// `type.googleapis.com/envoy.extensions…`; empty for the bare `config` of v2.
    pub type_url: Cow<'t, str>,
}

/// Names of the network filter that speaks HTTP: today's, and v2's.
pub const HTTP_CONNECTION_MANAGER: [&str; 2] =
    ["envoy.filters.network.http_connection_manager", "envoy.http_connection_manager"];
/// Names of the network filter that forwards TCP.
pub const TCP_PROXY: [&str; 2] = ["envoy.filters.network.tcp_proxy", "envoy.tcp_proxy"];
/// The network filter that authorizes.
pub const NETWORK_RBAC: [&str; 1] = ["envoy.filters.network.rbac"];
/// Names of the HTTP filter that authorizes.
pub const HTTP_RBAC: [&str; 2] = ["envoy.filters.http.rbac", "envoy.rbac"];

impl<'t> Extension<'t> {
    /// Its name.
    pub fn name(self) -> Cow<'t, str> {
        text(self.0, "name")
    }

    /// Whether it has one of these names.
    pub fn named(self, names: &[&str]) -> bool {
        let name = self.name();
        names.contains(&name.as_ref())
    }

    /// Whether it is what these names and this message (`HttpConnectionManager`) stand for. Envoy goes by the
    /// configuration's type where it knows that, and by the name else.
    pub fn is(self, names: &[&str], message: &str) -> bool {
        match self.config() {
            Some(config) if !config.type_url.is_empty() => config.message() == message,
            _ => self.named(names),
        }
    }

    /// Its configuration, an Any unpacked; `None` where it has none, or where it comes by ECDS.
    pub fn config(self) -> Option<Config<'t>> {
        if let Some(any) = self.0.get("typed_config") {
            return Some(Config::of_any(any));
        }
        let old = ["config", "hidden_envoy_deprecated_config"];
        let node = old.iter().find_map(|key| self.0.get(key))?;
        Some(Config { node, type_url: Cow::Borrowed("") })
    }

    /// Where its configuration comes from instead, for an extension of ECDS (`ExtensionConfigSource`).
    pub fn config_discovery(self) -> Option<Node<'t>> {
        self.0.get("config_discovery")
    }

    /// Whether a filter of a chain is there, but off unless a route turns it on.
    pub fn disabled(self) -> bool {
        self.0.flag("disabled")
    }
}

impl<'t> Config<'t> {
    /// Unpacks an Any: a message with its `@type`, or a `TypedStruct` around the fields of one.
    pub fn of_any(any: Node<'t>) -> Config<'t> {
        let type_url = text(any, "@type");
        // udpa.type.v1 and xds.type.v3 both have it.
        if type_url.ends_with(".TypedStruct") {
            let inner = any.get("value").unwrap_or(any);
            return Config { node: inner, type_url: text(any, "type_url") };
        }
        Config { node: any, type_url }
    }

    /// The message's name without package and version: `HttpConnectionManager`. Empty for v2's bare `config`.
    pub fn message(&self) -> &str {
        self.type_url.rsplit(['.', '/']).next().unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Tree;

    fn check(json: &str, message: &str, prefix: &str) {
        let tree = Tree::whole(json.as_bytes()).unwrap();
        let it = Extension(tree.root());
        let config = it.config().unwrap();
        assert_eq!((config.message(), text(config.node, "stat_prefix").as_ref()), (message, prefix));
    }

    #[test]
    fn reads_every_spelling_of_a_configuration() {
        check(
            r#"{"name": "a", "typed_config": {"@type": "type.googleapis.com/envoy.a.v3.TcpProxy", "stat_prefix": "x"}}"#,
            "TcpProxy",
            "x",
        );
        check(r#"{"name": "envoy.tcp_proxy", "config": {"stat_prefix": "y"}}"#, "", "y");
        check(
            r#"{"typedConfig": {"@type": "type.googleapis.com/udpa.type.v1.TypedStruct",
                "type_url": "type.googleapis.com/envoy.a.v3.TcpProxy", "value": {"stat_prefix": "z"}}}"#,
            "TcpProxy",
            "z",
        );
    }

    #[test]
    fn a_type_counts_more_than_a_name() {
        let is = |json: &str| {
            let tree = Tree::whole(json.as_bytes()).unwrap();
            Extension(tree.root()).is(&TCP_PROXY, "TcpProxy")
        };
        assert!(is(r#"{"name": "mine", "typed_config": {"@type": "t/a.v3.TcpProxy"}}"#));
        assert!(is(r#"{"name": "envoy.tcp_proxy", "config": {}}"#));
        assert!(!is(
            r#"{"name": "envoy.filters.network.tcp_proxy", "typed_config": {"@type": "t/a.v3.Other"}}"#
        ));
    }
}
