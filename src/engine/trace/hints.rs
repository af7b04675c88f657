//! What the rest of the capture knows of a request's end: whether the proxy is in sync, whether the control plane or
//! another proxy has what is missing here.

use super::super::list;
use super::super::protocol::{Hint, Mark, Part, ResourceRef, Target};
use super::Subject;
use super::told::{cluster, cut};
use crate::capture::DocumentId;
use crate::envoy::Kind as ResourceKind;
use crate::envoy::names::ServiceKey;
use crate::intake::Kind;
use crate::trace::{Outcome, StepKind, Trace, What, Why};

/// How many names a hint has.
const SHOWN: usize = 8;

/// The hints that an end asks for.
pub fn of(subject: Subject<'_>, made: &Trace) -> Vec<Hint> {
    let mut out = Vec::new();
    let mark = list::proxy_line(subject.capture, subject.id).mark;
    match made.verdict.outcome {
        Outcome::NoCluster => {
            for name in made.verdict.clusters.iter().filter(|it| !it.is_empty()).take(1) {
                missing_cluster(subject, name, &mut out);
            }
        }
        Outcome::NoHealthyUpstream => endpoints(subject, made, &mut out),
        _ => {}
    }
    if let Some(mark) = mark.filter(|it| !matches!(it, Mark::Partial | Mark::Warming)) {
        out.insert(0, Hint::Sync(mark));
    }
    out
}

/// Where else the cluster is that this proxy does not have.
fn missing_cluster(subject: Subject<'_>, name: &str, out: &mut Vec<Hint>) {
    // A name that must be escaped in JSON is none of Istio's.
    let raw = name.as_bytes();
    let has = |document: DocumentId| -> Option<ResourceRef> {
        let bytes = &subject.capture.document(document)?.bytes;
        let resource = subject.capture.names(document)?.find(bytes, ResourceKind::Cluster, raw)?;
        Some(ResourceRef { document, resource })
    };
    let sent = subject.proxy.documents.iter().copied().filter(|id| {
        subject
            .capture
            .document(*id)
            .is_some_and(|it| it.kind == Kind::IstiodConfigDump && it.dump().is_some())
    });
    let sent: Vec<DocumentId> = sent.collect();
    let found = sent.iter().find_map(|id| Some((*id, has(*id)?)));
    let control_plane =
        |id: DocumentId| subject.capture.control_plane_of(id).map_or_else(String::new, |it| cut(&it.name));
    match (found, sent.first()) {
        (Some((id, resource)), _) => out.push(Hint::Sent { control_plane: control_plane(id), resource }),
        (None, Some(id)) => out.push(Hint::NotSent { control_plane: control_plane(*id) }),
        (None, None) => {}
    }
    let others = subject.capture.proxies().filter(|(id, _)| *id != subject.id);
    let others = others.filter_map(|(_, proxy)| {
        let target = Target::Resource(has(proxy.dump?)?);
        Some(Part::Link { text: cut(proxy.identity.name()), whole: String::new(), target })
    });
    let others: Vec<Part> = others.take(SHOWN).collect();
    if !others.is_empty() {
        out.push(Hint::Elsewhere(others));
    }
    out.extend(subsets(subject, name));
}

/// The clusters of the same host and port, where the name is one of Istio's.
fn subsets(subject: Subject<'_>, name: &str) -> Option<Hint> {
    let wanted = ServiceKey::parse(name)?;
    let all = subject.dump.of(ResourceKind::Cluster);
    let names = all.map(|(_, it)| it.name(&subject.of.bytes)).filter(|it| {
        let same = |it: ServiceKey<'_>| {
            (it.direction, it.port, it.host) == (wanted.direction, wanted.port, wanted.host)
        };
        ServiceKey::parse(it).is_some_and(same)
    });
    let there = names.take(SHOWN).map(|it| cluster(subject, &it)).collect();
    Some(Hint::Subset { subset: wanted.subset.to_owned(), host: cut(wanted.host), there })
}

/// How many endpoints there are of which none may be used.
fn endpoints(subject: Subject<'_>, made: &Trace, out: &mut Vec<Hint>) {
    let steps = made.steps.iter().filter(|it| it.kind == StepKind::Endpoints);
    let considered = steps.flat_map(|it| &it.considered);
    let all = considered.filter(|it| !matches!(it.why, Why::Missing(What::Endpoints | What::Destination)));
    let all = u32::try_from(all.count()).unwrap_or(u32::MAX);
    if all == 0 && !subject.dump.has_section(&subject.of.bytes, "EndpointsConfigDump") {
        out.push(Hint::EndpointsNotListed);
    } else {
        out.push(Hint::Endpoints { all });
    }
}
