//! `/debug/adsz` and `/debug/connections`: who is connected, since when, and what it asked for.

use crate::instant::Instant;
use crate::json::Node;

/// A connection of a proxy to the istiod whose page this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdsClient {
    /// `pod.namespace`
    pub proxy: String,
    /// The Kubernetes cluster; empty where the page does not say.
    pub cluster: String,
    /// The proxy's Istio version; empty where the page does not say.
    pub istio_version: String,
    /// Since when.
    pub connected: Option<Instant>,
    /// The types that it asked for, and how many names of each; none for all (`*`) or where the page does not say.
    pub watches: Vec<(String, usize)>,
}

/// Reads the page: `{"clients": […]}` (Istio, pilot/pkg/xds/debug.go, `AdsClient`), or Pilot's bare array.
pub fn adsz(page: Node<'_>) -> Vec<AdsClient> {
    page.get("clients").unwrap_or(page).items().filter_map(client).collect()
}

fn client(it: Node<'_>) -> Option<AdsClient> {
    // The connection's number is put after the proxy's id (pilot/pkg/xds/ads.go, `connectionID`).
    let id = it.text("connection_id").or_else(|| it.text("node"))?;
    let proxy = id.rsplit_once('-').map_or(id.as_ref(), |(proxy, _)| proxy).to_owned();
    let metadata = |key: &str| {
        it.path(&["metadata", key]).and_then(Node::str).map(|it| it.into_owned()).unwrap_or_default()
    };
    let connected = it.text("connected_at").or_else(|| it.text("connect"));
    let watches = it.get("watches").into_iter().flat_map(Node::entries);
    Some(AdsClient {
        proxy,
        cluster: metadata("CLUSTER_ID"),
        istio_version: metadata("ISTIO_VERSION"),
        connected: connected.and_then(|it| Instant::parse(&it)),
        watches: watches.map(|(type_url, names)| (type_url.into_owned(), names.len())).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Tree;

    #[test]
    fn reads_pages_old_and_new() {
        let new = r#"{"totalClients": 1, "clients": [{"connectionId": "a-1.ns-4", "connectedAt":
            "2026-11-23T14:51:10Z", "metadata": {"CLUSTER_ID": "K"}, "watches": {"t/Route": ["80", "90"]}}]}"#;
        let old = r#"[{"node": "a-1.ns-4", "addr": "x", "connect": "2020-01-01T00:00:00Z", "Clusters": []}]"#;
        let read = |text: &str| adsz(Tree::whole(text.as_bytes()).unwrap().root());
        assert_eq!((read(new)[0].proxy.as_str(), read(new)[0].cluster.as_str()), ("a-1.ns", "K"));
        assert_eq!(read(new)[0].watches, [("t/Route".to_owned(), 2)]);
        assert_eq!(read(old)[0].connected, Instant::parse("2020-01-01T00:00:00Z"));
    }
}
