//! `/debug/registryz`: the services that istiod knows.

use crate::json::Node;

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its host.
    pub host: String,
    /// Its ports: name and number.
    pub ports: Vec<(String, u64)>,
    /// The ports' protocols, in the same order: `HTTP`, `TCP`, `UnsupportedProtocol` (sniffed), …
    pub protocols: Vec<String>,
    /// The namespaces that may see it: `*` and `.` too; none for all.
    pub export_to: Vec<String>,
    /// Its own addresses; a headless service has none (`0.0.0.0`), others may have one for each cluster.
    pub addresses: Vec<String>,
}

/// Reads the page: an array with an object for each service (Istio, pilot/pkg/model/service.go, `Service`).
pub fn registryz(page: Node<'_>) -> Vec<Service> {
    let text = |it: Node<'_>, key: &str| it.text(key).map(|it| it.into_owned()).unwrap_or_default();
    let port = |it: Node<'_>| {
        Some((it.text("name").map(|it| it.into_owned()).unwrap_or_default(), it.number("port")?))
    };
    let service = |it: Node<'_>| {
        Some(Service {
            host: it.text("hostname")?.into_owned(),
            ports: it.list("ports").filter_map(port).collect(),
            protocols: it
                .list("ports")
                .filter_map(|it| it.number("port").map(|_| text(it, "protocol")))
                .collect(),
            export_to: export_to(it),
            addresses: addresses(it),
        })
    };
    page.items().filter_map(service).collect()
}

/// Go prints the set as an object whose keys are the namespaces.
fn export_to(it: Node<'_>) -> Vec<String> {
    let set = it.get("Attributes").and_then(|it| it.get("ExportTo"));
    set.into_iter().flat_map(Node::entries).map(|(name, _)| name.into_owned()).collect()
}

fn addresses(service: Node<'_>) -> Vec<String> {
    let by_cluster = service.path(&["clusterVIPs", "Addresses"]);
    let by_cluster = by_cluster.into_iter().flat_map(|it| it.entries()).flat_map(|(_, list)| list.items());
    let all = service.get("defaultAddress").into_iter().chain(by_cluster).filter_map(Node::str);
    let mut out: Vec<String> = Vec::new();
    for address in all.filter(|it| !matches!(it.as_ref(), "" | "0.0.0.0" | "::")) {
        if !out.iter().any(|known| *known == address) {
            out.push(address.into_owned());
        }
    }
    out
}
