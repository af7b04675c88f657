//! JSON of neither Envoy nor Pilot.

use crate::intake::Kind;
use crate::intake::evidence::Evidence;

/// `{}`, `[]`, `{"configs":[]}`: the page is there and has nothing to say.
pub(super) fn empty(evidence: Evidence<'_>) -> Option<Kind> {
    let bare = |raw: &[u8]| {
        raw.len() <= 64 && (raw.starts_with(b"{") || raw.starts_with(b"[")) && {
            let inner = raw.get(1..raw.len() - 1).unwrap_or(b"cut");
            inner.trim_ascii().is_empty()
        }
    };
    let configs =
        evidence.get(evidence.root, "configs").filter(|_| evidence.has_only(evidence.root, &["configs"]));
    (bare(evidence.raw(evidence.root)) || configs.is_some_and(|it| bare(evidence.raw(it))))
        .then_some(Kind::EmptyAnswer)
}

/// ztunnel's dump, and istiod's view of it (`ambientz`), which has neither certificates nor a configuration.
pub(super) fn ztunnel(evidence: Evidence<'_>) -> Option<Kind> {
    let root = evidence.object()?;
    if !evidence.has_all(root, &["workloads", "services"]) {
        return None;
    }
    let own = ["certificates", "config", "workload_state", "staged_services"]
        .iter()
        .any(|key| evidence.has(root, key));
    Some(if own { Kind::ZtunnelConfigDump } else { Kind::IstiodAmbientz })
}

/// One resource, or a list of them.
pub(super) fn kubernetes(evidence: Evidence<'_>) -> Option<Kind> {
    evidence.has_all(evidence.object()?, &["kind", "apiVersion"]).then_some(Kind::KubernetesJson)
}

#[cfg(test)]
mod tests {
    use crate::intake::{Kind, NotRead, recognise};

    #[test]
    fn others_are_told_by_their_fields() {
        for (text, want) in [
            ("{}", Kind::EmptyAnswer),
            ("[ ]\n", Kind::EmptyAnswer),
            (r#"{"configs": []}"#, Kind::EmptyAnswer),
            (r#"{"workloads":{},"services":{},"certificates":[]}"#, Kind::ZtunnelConfigDump),
            (r#"{"workloads":[],"services":[],"policies":[]}"#, Kind::IstiodAmbientz),
            (r#"{"apiVersion":"v1","kind":"List","items":[]}"#, Kind::KubernetesJson),
            (r#"{"hello":"world"}"#, Kind::Unknown),
        ] {
            assert_eq!(recognise(text.as_bytes()).kind, want, "{text}");
        }
        assert!(matches!(recognise(b"{").why, Some(NotRead::BadJson(_))));
    }
}
