//! What an Envoy says itself that it refused.

use std::collections::BTreeMap;

use crate::capture::{Capture, Proxy, ResourceRef};
use crate::envoy::{Kind, Stat, State};
use crate::instant::Instant;
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
        for (resource, it) in dump.of(Kind::Listener).filter(|(_, it)| it.state == State::Error) {
            let text = |key| {
                let found = pluck_text(&document.bytes, it.wrapper, &[key])?;
                Some(unescape(found.of(&document.bytes)).into_owned())
            };
            let refused = Rejection::Dump {
                place: ResourceRef { document: id, resource },
                name: it.name(&document.bytes).into_owned(),
                details: text("details").unwrap_or_default(),
                at: text("last_update_attempt").and_then(|it| Instant::parse(&it)),
            };
            // Envoy 1.40 has a listener that it refused twice: the second time without a name of the entry, and a time.
            if !list.iter().any(|it| is_again(it, &refused)) {
                list.push(refused);
            }
        }
    }
    // The same counter may be on several pages, taken one after the other.
    let mut counters: BTreeMap<String, u64> = BTreeMap::new();
    for it in stats(capture, proxy, "update_rejected") {
        let count = counters.entry(it.name).or_default();
        *count = it.value.max(*count);
    }
    let refused = counters.into_iter().filter(|it| it.1 > 0);
    list.extend(refused.map(|(name, count)| Rejection::Counter { name, count }));
    list
}

fn is_again(one: &Rejection, other: &Rejection) -> bool {
    let of = |it: &Rejection| match it {
        Rejection::Dump { name, details, .. } => Some((name.clone(), details.clone())),
        Rejection::Counter { .. } => None,
    };
    of(one) == of(other)
}

/// Whether an Envoy has a connection to its control plane, as its stats say (`control_plane.connected_state`, Envoy's
/// source/extensions/config_subscription/grpc/grpc_stream.h); with several control planes, to any. `None` where no page
/// of it says so: Istio's sidecars leave that number out unless they are told otherwise.
pub fn connection(capture: &Capture, proxy: &Proxy) -> Option<bool> {
    let states = stats(capture, proxy, "connected_state");
    states.filter(|it| it.name == "control_plane.connected_state").map(|it| it.value > 0).max()
}

fn stats<'c>(capture: &'c Capture, proxy: &'c Proxy, end: &'c str) -> impl Iterator<Item = Stat> + 'c {
    let documents = proxy.documents.iter().filter_map(|id| capture.document(*id));
    documents.flat_map(move |it| it.stats(&[end]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::{Limits, Step, Unpack};

    /// The pages of an Envoy 1.40.0 that refused one listener and has no control plane (tests/fixtures/README.md).
    fn pages(which: &[&str]) -> Capture {
        let bytes = include_bytes!("../../tests/fixtures/envoy/1.40/sidecar.tar.gz").to_vec();
        let mut capture = Capture::default();
        for step in Unpack::new("sidecar", bytes, Limits::default()) {
            if matches!(&step, Step::Member(it) if which.iter().any(|end| it.path.ends_with(end))) {
                capture.take(step);
            }
        }
        capture.link();
        capture
    }

    #[test]
    fn every_form_of_the_stats_says_the_same() {
        let name = "listener_manager.lds.update_rejected".to_owned();
        let counter = Rejection::Counter { name, count: 1 };
        for which in [
            &["/stats"][..],
            &["/stats-json"],
            &["/stats-prometheus"],
            &["/stats", "/stats-json", "/stats-prometheus"],
        ] {
            let capture = pages(which);
            assert_eq!(capture.documents().count(), which.len());
            assert_eq!(capture.proxies().count(), 1);
            let (_, proxy) = capture.proxies().next().unwrap();
            assert_eq!(rejections(&capture, proxy), std::slice::from_ref(&counter), "{which:?}");
            assert_eq!(connection(&capture, proxy), Some(false), "{which:?}");
        }
        let capture = pages(&["/stats", "/config_dump"]);
        let (_, proxy) = capture.proxies().next().unwrap();
        let list = rejections(&capture, proxy);
        assert!(matches!(&list[0], Rejection::Dump { name, .. } if name == "refused"), "{list:?}");
        assert_eq!(list[1..], [counter]);
        assert_eq!(connection(&pages(&["/config_dump"]), proxy), None);
    }
}
