//! What istioctl prints with `-o json`.

use crate::intake::Kind;
use crate::intake::evidence::Evidence;

/// `proxy-status`, `secret`, `ecds`: objects.
pub(super) fn object(evidence: Evidence<'_>) -> Option<Kind> {
    let root = evidence.object()?;
    let resource = evidence.get(root, "resources").and_then(|it| evidence.first(it));
    if resource.is_some_and(|it| {
        evidence.type_name(it).ends_with(b".ClientConfig")
            || evidence.has_all(it, &["node", "generic_xds_configs"])
    }) {
        return Some(Kind::IstioctlProxyStatus);
    }
    if ["dynamic_active_secrets", "dynamic_warming_secrets", "static_secrets"]
        .iter()
        .any(|key| evidence.has(root, key))
    {
        return Some(Kind::IstioctlSecrets);
    }
    evidence.has(root, "ecds_filters").then_some(Kind::IstioctlEcds)
}

/// `cluster`, `listener`, `route`, `endpoint`: arrays of bare messages, told by the fields of the first ones.
pub(super) fn array(evidence: Evidence<'_>) -> Option<Kind> {
    evidence.element()?;
    evidence.children(evidence.root).take(8).find_map(|it| {
        let any = |keys: &[&str]| keys.iter().any(|key| evidence.has(it, key));
        if evidence.type_name(it).ends_with(b".ClientConfig") {
            Some(Kind::IstioctlProxyStatus)
        } else if evidence.has(it, "virtual_hosts") {
            Some(Kind::IstioctlRoutes)
        } else if any(&["filter_chains", "listener_filters", "use_original_dst", "default_filter_chain"]) {
            Some(Kind::IstioctlListeners)
        } else if any(&["host_statuses", "added_via_api"]) {
            Some(Kind::IstioctlEndpoints)
        } else if any(&["eds_cluster_config", "load_assignment", "connect_timeout", "lb_policy"]) {
            Some(Kind::IstioctlClusters)
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::intake::{Kind, recognise};

    #[test]
    fn bare_messages_are_told_by_their_fields() {
        for (text, want) in [
            (
                r#"{"resources":[{"@type":"type.googleapis.com/envoy.service.status.v3.ClientConfig"}]}"#,
                Kind::IstioctlProxyStatus,
            ),
            (r#"{"dynamicActiveSecrets":[]}"#, Kind::IstioctlSecrets),
            (r#"{"ecdsFilters":[]}"#, Kind::IstioctlEcds),
            (r#"[{"name":"9080","virtualHosts":[]}]"#, Kind::IstioctlRoutes),
            (
                r#"[{"name":"virtual","address":{},"filterChains":[],"useOriginalDst":true}]"#,
                Kind::IstioctlListeners,
            ),
            (
                r#"[{"name":"a","type":"EDS","edsClusterConfig":{},"connectTimeout":"1.000s"}]"#,
                Kind::IstioctlClusters,
            ),
            (r#"[{"name":"a","addedViaApi":true,"hostStatuses":[]}]"#, Kind::IstioctlEndpoints),
        ] {
            assert_eq!(recognise(text.as_bytes()).kind, want, "{text}");
        }
    }
}
