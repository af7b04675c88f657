//! `/config_dump`: an Envoy's own, and istiod's for a proxy. They have the same shape.

use crate::intake::Kind;
use crate::intake::evidence::Evidence;
use crate::json::{EntryId, pluck};

/// A dump, one section of it, or an array of sections.
pub(super) fn recognise(evidence: Evidence<'_>) -> Option<Kind> {
    if is_section(evidence, evidence.root) || evidence.element().is_some_and(|it| is_section(evidence, it)) {
        return Some(side(evidence, evidence.root));
    }
    let configs = evidence.get(evidence.object()?, "configs").filter(|&it| evidence.is_array(it))?;
    let first = evidence.first(configs)?;
    // Other pages of istiod have `configs` too (edsz, ecdsz), of other types.
    (is_section(evidence, first) || evidence.type_name(first).is_empty() && evidence.is_object(first))
        .then(|| side(evidence, configs))
}

/// Whether it is a section (`envoy.admin.v3.RoutesConfigDump`, `envoy.admin.v2alpha.…`), or what `?resource=` leaves
/// of one (`envoy.admin.v3.ClustersConfigDump.DynamicCluster`).
fn is_section(evidence: Evidence<'_>, id: EntryId) -> bool {
    let name = evidence.type_name(id);
    name.starts_with(b"envoy.admin.") && memchr::memmem::find(name, b"ConfigDump").is_some()
}

/// Whose dump it is.
///
/// Both have a bootstrap section; istiod's is empty, for it does not know the bootstrap, and Envoy's never is when
/// the dump is whole (istio: pilot/pkg/xds/debug.go, and pilot/pkg/proxy/envoy/v2/debug.go in Pilot's time).
/// Where a mask or filter of Envoy's left that section out or emptied it, the rest tells: istiod prints camelCase
/// (protojson), knows only dynamic resources and no time of their update; Envoy prints snake_case. istioctl prints
/// Envoy's dump in camelCase, but with bootstrap and times.
fn side(evidence: Evidence<'_>, configs: EntryId) -> Kind {
    let mut istiod = false;
    let section = |id| evidence.children(id).filter(|&it| evidence.key(it) != b"@type");
    for id in evidence.children(configs) {
        let empty = section(id).next().is_none();
        if evidence.type_name(id).ends_with(b"BootstrapConfigDump") {
            if !empty {
                return Kind::EnvoyConfigDump;
            }
            continue;
        }
        for field in section(id) {
            let key = evidence.key(field);
            if key.contains(&b'_') || key.starts_with(b"static") {
                return Kind::EnvoyConfigDump;
            }
            istiod |= key == b"versionInfo" || key.starts_with(b"dynamic");
            if let Some(first) = evidence.first(field)
                && dated(evidence, first)
            {
                return Kind::EnvoyConfigDump;
            }
        }
    }
    if istiod { Kind::IstiodConfigDump } else { Kind::EnvoyConfigDump }
}

/// Whether a resource says when it was updated: Envoy's do (listeners within their state).
fn dated(evidence: Evidence<'_>, id: EntryId) -> bool {
    let has = |path| pluck(evidence.bytes, evidence.span(id), path).is_some();
    has(&["last_updated"]) || has(&["active_state", "last_updated"]) || has(&["error_state"])
}

#[cfg(test)]
mod tests {
    use crate::intake::{Kind, recognise};

    fn kind(text: &str) -> Kind {
        recognise(text.as_bytes()).kind
    }

    const CLUSTERS: &str = r#"{"@type":"type.googleapis.com/envoy.admin.v3.ClustersConfigDump""#;
    const BOOTSTRAP: &str = r#"{"@type":"type.googleapis.com/envoy.admin.v3.BootstrapConfigDump""#;

    #[test]
    fn tells_the_two_sides_apart() {
        let istiod = r#","versionInfo":"1","dynamicActiveClusters":[{"cluster":{"name":"a"}}]}"#;
        let istioctl = r#","versionInfo":"1","dynamicActiveClusters":[{"cluster":{},"lastUpdated":"2026"}]}"#;
        let envoy = r#","version_info":"1","dynamic_active_clusters":[{"cluster":{}}]}"#;
        let full = r#","bootstrap":{"node":{"id":"x"}}}"#;
        for (text, want) in [
            (format!("{{\"configs\":[{BOOTSTRAP}}},{CLUSTERS}{istiod}]}}"), Kind::IstiodConfigDump),
            (format!("{{\"configs\":[{CLUSTERS}{istiod}]}}"), Kind::IstiodConfigDump),
            (format!("{{\"configs\":[{BOOTSTRAP}{full},{CLUSTERS}{istiod}]}}"), Kind::EnvoyConfigDump),
            (format!("{{\"configs\":[{CLUSTERS}{istiod},{BOOTSTRAP}{full}]}}"), Kind::EnvoyConfigDump),
            (format!("{{\"configs\":[{CLUSTERS}{istioctl}]}}"), Kind::EnvoyConfigDump),
            (format!("{{\"configs\":[{BOOTSTRAP}}},{CLUSTERS}{envoy}]}}"), Kind::EnvoyConfigDump),
            (format!("{{\"configs\":[{BOOTSTRAP}}},{CLUSTERS}}}]}}"), Kind::EnvoyConfigDump),
            (format!("[{CLUSTERS}{envoy}]"), Kind::EnvoyConfigDump),
            (format!("{CLUSTERS}{envoy}"), Kind::EnvoyConfigDump),
        ] {
            assert_eq!(kind(&text), want, "{text}");
        }
    }

    #[test]
    fn a_dump_that_is_cut_is_still_a_dump() {
        let text = format!("{{\"configs\":[{BOOTSTRAP},\"bootstrap\":{{\"node\":{{\"id\":\"sidecar~1\"");
        let found = recognise(text.as_bytes());
        assert_eq!(found.kind, Kind::EnvoyConfigDump);
        assert_eq!(found.partial.map(|it| it.at as usize), Some(text.len()));
    }

    #[test]
    fn parts_that_envoy_filters_out_are_dumps() {
        let part = r#"{"configs":[{"@type":"type.googleapis.com/envoy.admin.v3.ClustersConfigDump.DynamicCluster","version_info":"1","cluster":{}}]}"#;
        assert_eq!(kind(part), Kind::EnvoyConfigDump);
        assert_eq!(
            kind(r#"{"configs":[{"@type":"type.googleapis.com/envoy.admin.v2alpha.RoutesConfigDump"}]}"#),
            Kind::EnvoyConfigDump
        );
    }
}
