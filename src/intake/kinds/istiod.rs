//! istiod's and Pilot's debug pages (pilot/pkg/xds/debug.go).

use crate::intake::Kind;
use crate::intake::evidence::Evidence;
use crate::json::{EntryId, same_key};

/// Pages that are lists of messages: `{"configs": [{"@type": …}]}`.
pub(super) fn typed(evidence: Evidence<'_>) -> Option<Kind> {
    let configs = evidence.get(evidence.object()?, "configs")?;
    let name = evidence.type_name(evidence.first(configs)?);
    if name.ends_with(b".ClusterLoadAssignment") {
        Some(Kind::IstiodEdsz)
    } else if name.ends_with(b".TypedExtensionConfig") {
        Some(Kind::IstiodEcdsz)
    } else {
        None
    }
}

/// Pages that the fields of the root tell.
pub(super) fn object(evidence: Evidence<'_>) -> Option<Kind> {
    let root = evidence.object()?;
    if evidence.has_all(root, &["total_clients", "clients"]) {
        let client = evidence.get(root, "clients").and_then(|it| evidence.first(it));
        let watches = client.is_some_and(|it| evidence.has(it, "watches"));
        return Some(if watches { Kind::IstiodAdsz } else { Kind::IstiodConnections });
    }
    if evidence.has_all(root, &["proxy_listen_port", "default_config"])
        || evidence.has_all(root, &["root_namespace", "trust_domain", "ingress_service"])
    {
        return Some(Kind::IstiodMesh);
    }
    for (keys, kind) in [
        (&["authorization_policies"][..], Kind::IstiodAuthorizationz),
        (&["telemetries"], Kind::IstiodTelemetryz),
        (&["egress_listener_services", "services_by_hostname"], Kind::IstiodSidecarz),
        (&["destination_rules", "services"], Kind::IstiodSidecarz),
        (&["ProxyStatus"], Kind::IstiodPushStatus),
        (&["policy", "templates"], Kind::IstiodInject),
        (&["policy", "template"], Kind::IstiodInject),
    ] {
        if evidence.has_all(root, keys) {
            return Some(kind);
        }
    }
    let table = evidence.get(root, "table").filter(|_| evidence.has_only(root, &["table"]))?;
    let ips = evidence.first(table).is_none_or(|it| evidence.has(it, "ips") || evidence.has(it, "registry"));
    ips.then_some(Kind::IstiodNdsz)
}

/// Pages that are a bare array, told by the fields of its first element.
pub(super) fn array(evidence: Evidence<'_>) -> Option<Kind> {
    let first = evidence.element()?;
    let any = |keys: &[&str]| keys.iter().any(|key| evidence.has(first, key));
    if evidence.has(first, "proxy")
        && any(&["cluster_sent", "listener_sent", "cluster_id", "proxy_type", "resources"])
    {
        return Some(Kind::IstiodSyncz);
    }
    for (keys, kind) in [
        (&["cluster_name", "endpoints"][..], Kind::IstiodEdsz),
        (&["service-key", "hosts"], Kind::IstiodEdsz),
        (&["node", "addr", "connect"], Kind::IstiodAdsz),
        (&["svc", "ep"], Kind::IstiodEndpointz),
        (&["Attributes", "hostname"], Kind::IstiodRegistryz),
        (&["kind", "apiVersion", "metadata"], Kind::IstiodConfigz),
        (&["type", "group", "Spec"], Kind::IstiodConfigz),
        (&["group", "version", "kind"], Kind::IstiodResourcesz),
        (&["id", "syncStatus"], Kind::IstiodClusterz),
        (&["Network", "Addr"], Kind::IstiodNetworkz),
        (&["network", "cluster", "addr"], Kind::IstiodNetworkz),
    ] {
        if evidence.has_all(first, keys) {
            return Some(kind);
        }
    }
    None
}

/// Pages whose root is a map: its keys are data, so its first value tells.
pub(super) fn by_values(evidence: Evidence<'_>) -> Option<Kind> {
    let root = evidence.object()?;
    let counters = |id: EntryId| {
        let key = evidence.key(id);
        (key.starts_with(b"pilot_") || key.starts_with(b"endpoint_no_") || key.starts_with(b"provider_"))
            && evidence.is_object(id)
    };
    if evidence.children(root).any(counters) {
        return Some(Kind::IstiodPushStatus);
    }
    let within = |id: EntryId, keys: &[&str]| {
        evidence.first(id).is_some_and(|it| keys.iter().all(|key| evidence.has(it, key)))
    };
    let first = evidence.first(root)?;
    if evidence.is_array(first) && evidence.children(root).any(|it| within(it, &["Service"])) {
        return Some(Kind::IstiodInstancesz);
    }
    let shards = |id: EntryId| {
        evidence.children(id).any(|it| same_key(evidence.key(it), "Shards") || evidence.has(it, "Shards"))
    };
    evidence.children(root).take(8).any(shards).then_some(Kind::IstiodEndpointShardz)
}

#[cfg(test)]
mod tests {
    use crate::intake::{Kind, recognise};

    #[test]
    fn pages_are_told_by_their_shape() {
        for (text, want) in [
            (
                r#"{"configs":[{"@type":"type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"}]}"#,
                Kind::IstiodEdsz,
            ),
            (
                r#"{"configs":[{"@type":"type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig"}]}"#,
                Kind::IstiodEcdsz,
            ),
            (r#"[{"service-key":"a","hosts":[]}]"#, Kind::IstiodEdsz),
            (r#"[{"node":"a","addr":"1","connect":"2020","Clusters":[]}]"#, Kind::IstiodAdsz),
            (r#"[{"svc":"a:http","ep":[]}]"#, Kind::IstiodEndpointz),
            (
                r#"[{"proxy":"a.b","proxy_version":"1.1","cluster_sent":"x","cluster_acked":"x"}]"#,
                Kind::IstiodSyncz,
            ),
            (r#"{"totalClients":1,"clients":[{"connectionId":"a","watches":{}}]}"#, Kind::IstiodAdsz),
            (r#"{"totalClients":1,"clients":[{"connectionId":"a"}]}"#, Kind::IstiodConnections),
            (r#"{"Version":"1","ProxyStatus":{"pilot_no_ip":{}}}"#, Kind::IstiodPushStatus),
            (r#"{"table":{"a.b":{"ips":["1"],"registry":"Kubernetes"}}}"#, Kind::IstiodNdsz),
            (r#"{"a.b":{"ns":{"Shards":{"k":[]}}}}"#, Kind::IstiodEndpointShardz),
            (r#"[{"id":"a","secretName":"","syncStatus":"synced"}]"#, Kind::IstiodClusterz),
            (r#"{"policy":"enabled","templates":{}}"#, Kind::IstiodInject),
        ] {
            assert_eq!(recognise(text.as_bytes()).kind, want, "{text}");
        }
    }
}
