//! A proxy that was dumped twice has two times, each with documents of its own: they are never mixed.

use super::{Document, DocumentId};
use crate::envoy::Kind as ResourceKind;
use crate::instant::Instant;
use crate::intake::Kind;
use crate::order::InOrder;

/// A proxy at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Time {
    /// Its dump of that time.
    pub dump: DocumentId,
    /// The latest instant in that dump.
    pub captured: Option<Instant>,
    /// Its documents of that time, the dump included, in the order in which they came.
    pub documents: Vec<DocumentId>,
}

/// Whether a document can stand for a proxy's configuration.
pub(super) fn is_dump(document: &Document) -> bool {
    document.dump().is_some() && !matches!(document.kind, Kind::IstiodConfigDump | Kind::IstiodEdsz)
}

/// Whether a document is all of a proxy's configuration, as far as it can be told: a dump of Envoy's that says whose it
/// is. A mask or filter of Envoy's may leave the bootstrap alone.
pub(super) fn is_whole(document: &Document) -> bool {
    let has = |kind| document.dump().is_some_and(|dump| dump.of(kind).next().is_some());
    let identified = document.kind == Kind::EnvoyConfigDump && document.identity.is_some();
    identified && (has(ResourceKind::Cluster) || has(ResourceKind::Listener))
}

/// The times of the proxy that has these documents, oldest first. A whole dump makes a time; a part of one (a section,
/// what istioctl printed of it, a bootstrap) does only where there is none.
pub(super) fn times(documents: &[Document], own: &[DocumentId]) -> Vec<Time> {
    let of = |id: DocumentId| &documents[id.0 as usize];
    let time = |&dump: &DocumentId| Time { dump, captured: of(dump).captured, documents: Vec::new() };
    let size = |id: DocumentId| of(id).dump().map_or(0, |it| it.all().count());
    let whole = |id: &DocumentId| is_whole(of(*id));
    // Parts of one dump, as filters leave them, lie beside the whole and have its time: the largest is it.
    let part = |id: DocumentId| {
        own.iter().filter(|it| whole(it)).any(|&it| {
            let beside = of(it).folder() == of(id).folder() && of(it).captured == of(id).captured;
            beside && (size(it), it) > (size(id), id)
        })
    };
    let mut times: Vec<Time> = own.iter().filter(|id| whole(id) && !part(**id)).map(time).collect();
    if times.is_empty() {
        let parts = own.iter().filter(|id| is_dump(of(**id)));
        // The one that says most, for all belong to one time as far as anybody knows.
        let size = |id: &DocumentId| {
            (of(*id).kind == Kind::EnvoyConfigDump, of(*id).dump().map(|it| it.all().count()))
        };
        times.extend(parts.max_by_key(|id| (size(id), id.0)).map(time));
    }
    times.order_by_key(|it| (it.captured, it.dump));
    for &id in own {
        if let Some(index) = which(documents, &times, id) {
            times[index].documents.push(id);
        }
    }
    times
}

/// The time that a document is of: that of the dump which it lies nearest to, else the nearest by its own instant, else
/// the newest.
fn which(documents: &[Document], times: &[Time], id: DocumentId) -> Option<usize> {
    let document = &documents[id.0 as usize];
    if let Some(own) = times.iter().position(|it| it.dump == id) {
        return Some(own);
    }
    let near = |at: usize| common(document.file(), documents[times[at].dump.0 as usize].file());
    let nearest = (0..times.len()).map(near).max()?;
    let mut found = (0..times.len()).filter(|at| near(*at) == nearest);
    if let (Some(only), None) = (found.next(), found.next()) {
        return Some(only);
    }
    let by_time = document.captured.and_then(|at| {
        let far = |index: &usize| times[*index].captured.map_or(u64::MAX, |it| it.0.abs_diff(at.0));
        (0..times.len()).min_by_key(far)
    });
    by_time.or_else(|| times.len().checked_sub(1))
}

/// How many parts two paths have in common from their beginning.
fn common(one: &str, other: &str) -> usize {
    one.split('/').zip(other.split('/')).take_while(|(one, other)| one == other).count()
}
