//! `istioctl proxy-status -o json`: Envoy's client status discovery service (CSDS), as istiod answers it.

use crate::instant::Instant;
use crate::json::{Node, Span, Tree};

use super::types;
use super::{ProxySync, Status, TypeSync};

/// Reads all that istioctl printed: a response for each replica, one after the other (istioctl,
/// pkg/writer/pilot/status.go, `printMachineReadable`), or a bare array of configurations.
pub fn csds(bytes: &[u8], start: u32) -> Vec<ProxySync> {
    let mut list = Vec::new();
    let mut start = start;
    let end = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    while let Ok(tree) = Tree::parse(bytes, Span { start, end }) {
        let page = tree.root();
        let control_plane = control_plane(page);
        let resources = page.get("resources").unwrap_or(page);
        list.extend(resources.items().filter_map(|it| client(it, &control_plane)));
        start = page.span().end;
    }
    list
}

/// The replica's name, which istiod packs as JSON into the identifier (istioctl, pkg/multixds/gather.go, `CpInfo`).
fn control_plane(page: Node<'_>) -> String {
    let Some(identifier) = page.get("control_plane").and_then(|it| it.text("identifier")) else {
        return String::new();
    };
    let packed = Tree::whole(identifier.as_bytes()).ok();
    packed.and_then(|tree| tree.root().text("ID").map(|it| it.into_owned())).unwrap_or_default()
}

/// `envoy.service.status.v3.ClientConfig`
fn client(entry: Node<'_>, control_plane: &str) -> Option<ProxySync> {
    let node = entry.get("node")?;
    let proxy = node.text("id")?.into_owned();
    let metadata = |key: &str| {
        node.path(&["metadata", key]).and_then(Node::str).map(|it| it.into_owned()).unwrap_or_default()
    };
    let types = match entry.get("generic_xds_configs") {
        Some(list) => list.items().map(generic).collect(),
        None => entry.list("xds_config").filter_map(legacy).collect(),
    };
    Some(ProxySync {
        proxy,
        cluster: metadata("CLUSTER_ID"),
        istio_version: metadata("ISTIO_VERSION"),
        control_plane: control_plane.to_owned(),
        types,
    })
}

fn generic(it: Node<'_>) -> TypeSync {
    let text = |key: &str| it.text(key).map(|it| it.into_owned()).unwrap_or_default();
    let error = it.get("error_state").and_then(|it| it.text("details"));
    TypeSync {
        type_url: text("type_url"),
        status: status(it, "config_status"),
        sent: it.text("last_updated").and_then(|it| Instant::parse(&it)),
        error: error.map(|it| it.into_owned()).unwrap_or_default(),
        push: String::new(),
    }
}

/// The field that came before `generic_xds_configs`: `PerXdsConfig`, whose own field tells the type (istioctl,
/// pkg/writer/pilot/status.go, `handleAndGetXdsConfigs`).
fn legacy(it: Node<'_>) -> Option<TypeSync> {
    let (_, type_url) = [
        ("listener_config", types::LISTENER),
        ("cluster_config", types::CLUSTER),
        ("route_config", types::ROUTE),
        ("endpoint_config", types::ENDPOINT),
    ]
    .into_iter()
    .find(|(field, _)| it.get(field).is_some())?;
    Some(TypeSync {
        type_url: type_url.to_owned(),
        status: status(it, "status"),
        sent: None,
        error: String::new(),
        push: String::new(),
    })
}

/// `envoy.service.status.v3.ConfigStatus`
fn status(it: Node<'_>, key: &str) -> Status {
    match it.text(key).as_deref() {
        Some("SYNCED") => Status::Synced,
        Some("NOT_SENT") => Status::NotSent,
        Some("STALE") => Status::Stale,
        Some("ERROR") => Status::Error,
        _ => Status::Ignored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_answers_of_several_replicas() {
        let one = r#"{"resources": [{"node": {"id": "a.ns", "metadata": {"CLUSTER_ID": "K"}},
            "genericXdsConfigs": [{"typeUrl": "t/Cluster", "configStatus": "ERROR",
               "lastUpdated": "2026-11-23T14:53:45Z", "errorState": {"details": "no"}}, {"typeUrl": "t/Route"}]}],
            "controlPlane": {"identifier": "{\"ID\":\"istiod-1\"}"}}"#;
        let other = r#"{"resources": [{"node": {"id": "b.ns"}, "xdsConfig": [{"status": "SYNCED",
            "listenerConfig": {}}]}]}"#;
        let text = format!("{one}\n{other}\n");
        let list = csds(text.as_bytes(), 0);
        assert_eq!(list.len(), 2);
        assert_eq!((list[0].control_plane.as_str(), list[0].types[0].error.as_str()), ("istiod-1", "no"));
        assert_eq!(list[0].of_type("t/Cluster"), Status::Error);
        assert_eq!(list[0].of_type("t/Route"), Status::Ignored);
        assert_eq!(list[1].of_type(types::LISTENER), Status::Synced);
    }
}
