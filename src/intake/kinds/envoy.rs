//! Envoy's admin pages in JSON, the dump apart, and its bootstrap.

use crate::intake::Kind;
use crate::intake::evidence::Evidence;

/// Pages that a field of the root tells (their messages: envoy/admin/v3/*.proto).
pub(super) fn admin_page(evidence: Evidence<'_>) -> Option<Kind> {
    let root = evidence.object()?;
    for (key, kind) in [
        ("cluster_statuses", Kind::EnvoyClusters),
        ("listener_statuses", Kind::EnvoyListeners),
        ("unready_targets_dumps", Kind::EnvoyInitDump),
    ] {
        if evidence.has_only(root, &[key]) {
            return Some(kind);
        }
    }
    if evidence.has_only(root, &["certificates"]) {
        return Some(Kind::EnvoyCerts);
    }
    if evidence.has_only(root, &["stats"])
        && evidence.get(root, "stats").is_some_and(|it| evidence.is_array(it))
    {
        return Some(Kind::EnvoyStats);
    }
    if evidence.has_all(root, &["layers", "entries"]) {
        return Some(Kind::EnvoyRuntime);
    }
    if evidence.has_all(root, &["allocated", "heap_size"]) {
        return Some(Kind::EnvoyMemory);
    }
    server_info(evidence).then_some(Kind::EnvoyServerInfo)
}

/// `version` beside what only Envoy says of itself; in 2019 it was alone: `48bc83d8…/1.12.0-dev/Clean/RELEASE/BoringSSL`.
fn server_info(evidence: Evidence<'_>) -> bool {
    let version = evidence.get(evidence.root, "version").map(|it| evidence.text(it)).unwrap_or_default();
    let spelled = version.iter().filter(|&&byte| byte == b'/').count() >= 3;
    let beside = ["hot_restart_version", "command_line_options", "uptime_current_epoch"]
        .iter()
        .any(|key| evidence.has(evidence.root, key));
    beside && !version.is_empty() || spelled
}

/// A bootstrap by itself, or as istioctl prints it (`{"bootstrap": …}`).
pub(super) fn bootstrap(evidence: Evidence<'_>) -> Option<Kind> {
    let root = evidence.object()?;
    let id = evidence.get(root, "bootstrap").unwrap_or(root);
    let sections = ["admin", "static_resources", "dynamic_resources", "layered_runtime", "stats_config"];
    let node = evidence.get(id, "node").is_some_and(|it| evidence.has_all(it, &["id", "cluster"]));
    let known = sections.iter().filter(|key| evidence.has(id, key)).count();
    (node || known >= 2 || evidence.has(id, "static_resources")).then_some(Kind::EnvoyBootstrap)
}

#[cfg(test)]
mod tests {
    use crate::intake::{Kind, recognise};

    #[test]
    fn pages_are_told_by_their_fields_in_both_spellings() {
        for (text, want) in [
            (r#"{"cluster_statuses":[]}"#, Kind::EnvoyClusters),
            (r#"{"clusterStatuses":[{"name":"a"}]}"#, Kind::EnvoyClusters),
            (r#"{"listener_statuses":[{"name":"a"}]}"#, Kind::EnvoyListeners),
            (r#"{"certificates":[{"ca_cert":[]}]}"#, Kind::EnvoyCerts),
            (r#"{"stats":[{"name":"a","value":1}]}"#, Kind::EnvoyStats),
            (r#"{"layers":[],"entries":{}}"#, Kind::EnvoyRuntime),
            (r#"{"allocated":"1","heap_size":"2"}"#, Kind::EnvoyMemory),
            (r#"{"unready_targets_dumps":[]}"#, Kind::EnvoyInitDump),
            (r#"{"version":"48bc/1.12.0-dev/Clean/RELEASE/BoringSSL"}"#, Kind::EnvoyServerInfo),
            (r#"{"version":"x","state":"LIVE","hotRestartVersion":"11"}"#, Kind::EnvoyServerInfo),
            (r#"{"version":"1.2.3"}"#, Kind::Unknown),
            (r#"{"bootstrap":{"node":{"id":"a","cluster":"b"}}}"#, Kind::EnvoyBootstrap),
            (r#"{"node":{"id":"a","cluster":"b"},"stats_config":{"x":[{]}}"#, Kind::EnvoyBootstrap),
            (r#"{"static_resources":{"listeners":[]}}"#, Kind::EnvoyBootstrap),
        ] {
            assert_eq!(recognise(text.as_bytes()).kind, want, "{text}");
        }
    }
}
