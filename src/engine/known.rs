//! What a control plane's pages tell of a proxy without a dump of it.

use super::number;
use super::protocol::{Known, ProxyId, Sets};
use crate::capture::Capture;
use crate::istiod::types;
use crate::sync::known::{Difference, known as compare};

/// How many names of each set are told, and of how many clusters endpoints.
const NAMES: usize = 200;
const CLUSTERS: usize = 50;
const ADDRESSES: usize = 20;

/// What does not agree. None where no page tells anything.
pub fn known(capture: &Capture, proxy: ProxyId) -> Option<Known> {
    let found = compare(capture, proxy)?;
    let endpoints = found.endpoints.as_ref();
    Some(Known {
        clusters: found.clusters.as_ref().map(|it| sets(it, NAMES)),
        endpoints: endpoints.map(|list| {
            list.iter().take(CLUSTERS).map(|(name, it)| (name.clone(), sets(it, ADDRESSES))).collect()
        }),
        endpoints_differ: number(endpoints.map_or(0, Vec::len)),
        endpoints_same: number(found.same_endpoints),
        versions: found.versions,
        pushes: found
            .pushes
            .into_iter()
            .map(|it| (types::short(&it.type_url).to_owned(), it.sent, it.has))
            .collect(),
    })
}

fn sets(of: &Difference, most: usize) -> Sets {
    let first = |list: &[String]| list.iter().take(most).cloned().collect();
    Sets {
        only_left: first(&of.only_left),
        left: number(of.only_left.len()),
        only_right: first(&of.only_right),
        right: number(of.only_right.len()),
        same: number(of.same),
    }
}
