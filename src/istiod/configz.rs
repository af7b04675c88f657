//! `/debug/configz`: the Istio resources that istiod acts on.

use std::borrow::Cow;

use crate::json::Node;

/// One of them.
#[derive(Clone, Debug)]
pub struct Config<'t> {
    /// `VirtualService`, `Sidecar`, …
    pub kind: Cow<'t, str>,
    /// Its namespace.
    pub namespace: Cow<'t, str>,
    /// Its name.
    pub name: Cow<'t, str>,
    /// The whole of it.
    pub node: Node<'t>,
}

impl<'t> Config<'t> {
    /// `spec`
    pub fn spec(&self) -> Option<Node<'t>> {
        self.node.get("spec")
    }
}

/// Reads the page: an array of resources as Kubernetes has them (Istio, pilot/pkg/xds/debug.go, `configz`).
pub fn configz(page: Node<'_>) -> impl Iterator<Item = Config<'_>> {
    page.items().filter_map(|node| {
        let metadata = node.get("metadata");
        let text = |key| metadata.and_then(|it: Node<'_>| it.text(key)).unwrap_or_default();
        Some(Config { kind: node.text("kind")?, namespace: text("namespace"), name: text("name"), node })
    })
}
