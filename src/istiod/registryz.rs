//! `/debug/registryz`: the services that istiod knows.

use crate::json::Node;

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its host.
    pub host: String,
    /// Its ports: name and number.
    pub ports: Vec<(String, u64)>,
}

/// Reads the page: an array with an object for each service (Istio, pilot/pkg/model/service.go, `Service`).
pub fn registryz(page: Node<'_>) -> Vec<Service> {
    let port = |it: Node<'_>| {
        Some((it.text("name").map(|it| it.into_owned()).unwrap_or_default(), it.number("port")?))
    };
    let service = |it: Node<'_>| {
        Some(Service {
            host: it.text("hostname")?.into_owned(),
            ports: it.list("ports").filter_map(port).collect(),
        })
    };
    page.items().filter_map(service).collect()
}
