//! What an Envoy says itself that it refused.

use crate::capture::{Capture, Document, Proxy, ResourceRef};
use crate::envoy::{Kind, State};
use crate::instant::Instant;
use crate::intake::Kind as Page;
use crate::json::{pluck_text, unescape};

/// Something that an Envoy refused.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum Rejection {
    /// Its config dump has the error (`error_state`; Envoy has it for listeners only, envoy/admin/v3/
    /// config_dump_shared.proto).
    Dump {
        /// The resource that was refused.
        place: ResourceRef,
        /// Its name.
        name: String,
        /// Envoy's own words.
        details: String,
        /// When it was tried last.
        at: Option<Instant>,
    },
    /// A counter of its stats: something was refused since it runs, maybe long ago.
    Counter {
        /// The counter, `listener_manager.lds.update_rejected`.
        name: String,
        /// How often.
        count: u64,
    },
}

/// All that the documents of a proxy say.
pub fn rejections(capture: &Capture, proxy: &Proxy) -> Vec<Rejection> {
    let mut list = Vec::new();
    if let Some((id, document)) = proxy.dump.and_then(|id| Some((id, capture.document(id)?)))
        && let Some(dump) = document.dump()
    {
        let refused = dump.of(Kind::Listener).filter(|(_, it)| it.state == State::Error);
        list.extend(refused.map(|(resource, it)| {
            let text = |key| {
                let found = pluck_text(&document.bytes, it.wrapper, &[key])?;
                Some(unescape(found.of(&document.bytes)).into_owned())
            };
            Rejection::Dump {
                place: ResourceRef { document: id, resource },
                name: it.name(&document.bytes).into_owned(),
                details: text("details").unwrap_or_default(),
                at: text("last_update_attempt").and_then(|it| Instant::parse(&it)),
            }
        }));
    }
    let documents = proxy.documents.iter().filter_map(|id| capture.document(*id));
    list.extend(documents.flat_map(counters));
    list
}

/// The counters of `/stats` (`listener_manager.lds.update_rejected: 1`) and of its Prometheus form
/// (`envoy_listener_manager_lds_update_rejected{…} 1`) that are not 0.
fn counters(document: &Document) -> Vec<Rejection> {
    if !matches!(document.kind, Page::EnvoyStats | Page::Prometheus) {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&document.bytes);
    let counter = |line: &str| {
        let (name, value) = line.rsplit_once([' ', ':'])?;
        let name = name.trim_end_matches(':');
        let count = value.trim().parse().ok().filter(|count| *count > 0)?;
        let plain = name.split('{').next()?;
        (plain.ends_with("update_rejected") && !line.starts_with('#'))
            .then(|| Rejection::Counter { name: name.to_owned(), count })
    };
    text.lines().filter_map(counter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_of_both_forms_are_found() {
        let stats = "cluster_manager.cds.update_rejected: 0\nlistener_manager.lds.update_rejected: 3\n\
            listener_manager.lds.update_success: 4\n";
        let bytes = stats.as_bytes().to_vec();
        let found = crate::intake::recognise(&bytes);
        let mut document = Document::new("stats".to_owned(), bytes, found);
        document.kind = Page::EnvoyStats;
        let name = "listener_manager.lds.update_rejected".to_owned();
        assert_eq!(counters(&document), [Rejection::Counter { name, count: 3 }]);
        document.bytes = b"# TYPE x_update_rejected counter\nenvoy_lds_update_rejected{a=\"b\"} 2\n".to_vec();
        assert_eq!(counters(&document).len(), 1);
    }
}
