//! What the `/clusters` page of a proxy says of each cluster's hosts, in either form.

use std::collections::BTreeMap;

use crate::capture::{Capture, Proxy};
use crate::envoy::ClusterStatus;
use crate::intake::Kind as Page;

/// A cluster's hosts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hosts {
    /// How many.
    pub total: u32,
    /// How many of them get nothing.
    pub out: u32,
    /// How many of these because of outlier detection.
    pub ejected: u32,
}

/// By cluster. `None` where the proxy has no such page.
pub fn pages(capture: &Capture, proxy: &Proxy) -> Option<BTreeMap<String, Hosts>> {
    let documents =
        || proxy.documents.iter().filter_map(|id| capture.document(*id)).filter(|it| it.partial.is_none());
    // What istioctl prints of the page may be cut to some clusters or states: what is not in it may well be there.
    if let Some(document) = documents().find(|it| it.kind == Page::EnvoyClusters) {
        return document.tree().map(|tree| ClusterStatus::all(tree.root()).map(json).collect());
    }
    let document = documents().find(|it| it.kind == Page::EnvoyClustersText)?;
    Some(text(&String::from_utf8_lossy(&document.bytes)))
}

fn json(of: ClusterStatus<'_>) -> (String, Hosts) {
    let mut found = Hosts::default();
    for host in of.hosts() {
        let flag = |name| host.health_flag(name);
        let ejected = flag("failed_outlier_check");
        let told = matches!(host.eds_health_status().as_ref(), "UNHEALTHY" | "DRAINING" | "TIMEOUT");
        found.total += 1;
        found.ejected += u32::from(ejected);
        found.out += u32::from(ejected || told || flag("failed_active_health_check"));
    }
    (of.name().into_owned(), found)
}

/// `name::address::health_flags::/failed_outlier_check` (envoy, source/server/admin/clusters_handler.cc).
fn text(page: &str) -> BTreeMap<String, Hosts> {
    let mut found: BTreeMap<String, Hosts> = BTreeMap::new();
    for line in page.lines() {
        let Some((name, rest)) = line.split_once("::") else { continue };
        if !found.contains_key(name) {
            found.insert(name.to_owned(), Hosts::default());
        }
        let Some((_, flags)) = rest.split_once("::health_flags::") else { continue };
        let Some(hosts) = found.get_mut(name) else { continue };
        let has = |flag: &str| flags.split('/').any(|it| it == flag);
        let ejected = has("failed_outlier_check");
        hosts.total += 1;
        hosts.ejected += u32::from(ejected);
        hosts.out += u32::from(
            ejected || has("failed_active_hc") || has("failed_eds_health") || has("eds_status_draining"),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        let lines = "a::default_priority::max_connections::1\na::10.0.0.1:80::health_flags::/failed_outlier_check\n\
            a::10.0.0.2:80::health_flags::healthy\nb::added_via_api::true\n";
        let found = text(lines);
        assert_eq!(found["a"], Hosts { total: 2, out: 1, ejected: 1 });
        assert_eq!(found["b"], Hosts::default());
        let page = r#"{"cluster_statuses": [{"name": "a", "host_statuses": [
            {"health_status": {"failed_outlier_check": true}}, {"health_status": {"eds_health_status": "HEALTHY"}}]}]}"#;
        let tree = crate::json::Tree::whole(page.as_bytes()).unwrap();
        let list: Vec<_> = ClusterStatus::all(tree.root()).map(json).collect();
        assert_eq!(list, [("a".to_owned(), Hosts { total: 2, out: 1, ejected: 1 })]);
    }
}
