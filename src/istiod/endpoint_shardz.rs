//! `/debug/endpointShardz`: the endpoints that istiod knows, before it makes any proxy's EDS of them.

use crate::json::{Kind, Node};

/// An endpoint of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardEndpoint {
    /// The service's host.
    pub host: String,
    /// The name of the service's port.
    pub port_name: String,
    /// Its addresses with its own port.
    pub addresses: Vec<String>,
    /// Whether istiod takes it for healthy (pilot/pkg/model/endpointshards.go and service.go, `HealthStatus`: 0).
    pub healthy: bool,
}

/// Reads the page: host, namespace, then `Shards` by registry and cluster, each a list of endpoints
/// (Istio, pilot/pkg/model/service.go, `IstioEndpoint`).
pub fn endpoint_shardz(page: Node<'_>) -> Vec<ShardEndpoint> {
    let mut list = Vec::new();
    for (host, namespaces) in page.entries() {
        let shards = namespaces.entries().filter_map(|it| it.1.get("Shards")).flat_map(Node::entries);
        list.extend(shards.flat_map(|it| it.1.items()).map(|it| endpoint(&host, it)));
    }
    list
}

fn endpoint(host: &str, it: Node<'_>) -> ShardEndpoint {
    let port = it.number("EndpointPort").unwrap_or(0);
    // Until 1.25 an endpoint had one address.
    let one = it.get("Address").filter(|it| it.kind() == Kind::String);
    let addresses = it.list("Addresses").chain(one).filter_map(Node::str);
    ShardEndpoint {
        host: host.to_owned(),
        port_name: it.text("ServicePortName").map(|it| it.into_owned()).unwrap_or_default(),
        addresses: addresses.map(|it| format!("{it}:{port}")).collect(),
        healthy: it.number("HealthStatus").unwrap_or(0) == 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Tree;

    #[test]
    fn endpoints_are_found_in_all_shards() {
        let page = r#"{"a.ns.svc": {"ns": {"Shards": {"Kubernetes/K": [{"Addresses": ["1.1.1.1"], "EndpointPort": 80,
            "ServicePortName": "http", "HealthStatus": 2}], "Kubernetes/L": [{"Address": "2.2.2.2"}]}}}}"#;
        let list = endpoint_shardz(Tree::whole(page.as_bytes()).unwrap().root());
        assert_eq!(list.len(), 2);
        assert_eq!((list[0].addresses[0].as_str(), list[0].healthy), ("1.1.1.1:80", false));
        assert_eq!((list[1].addresses[0].as_str(), list[1].port_name.as_str()), ("2.2.2.2:0", ""));
    }
}
