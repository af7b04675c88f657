//! Findings about the capture itself: what it lacks makes answers weaker, and is said before anything else goes wrong.

use std::collections::BTreeMap;

use super::finding::{Evidence, Finding, Severity, Subject};
use super::found::Found;
use super::proxy_name;
use super::site::Site;
use crate::capture::{Capture, Content, Document, DocumentId, ProxyId};
use crate::envoy::Kind;
use crate::intake::{Kind as Page, NotRead};
use crate::istiod::Status;

/// How far apart pages may be taken: beyond, what differs may have changed in between. In seconds.
const APART: i64 = 60;

/// Judges the documents.
pub fn documents(capture: &Capture, found: &mut Found) {
    for (id, it) in capture.documents() {
        if let Some(why) = &it.why {
            not_read(id, it, why, found);
        }
        if let Some(partial) = it.partial.filter(|_| it.why.is_none()) {
            let finding = Finding::new("document-cut", Severity::Warning, Subject::Document, it.path.clone())
                .arg("document", &it.path)
                .arg("byte", partial.at)
                .evidence(Evidence::at(id, None, format!("read up to byte {}", partial.at)));
            found.push(finding);
        }
        if matches!(it.kind, Page::EnvoyConfigDump) {
            sections(capture, id, it, found);
        }
        let preamble = it.root().is_some_and(|root| {
            it.bytes[..root.start as usize].iter().any(|byte| !byte.is_ascii_whitespace())
        });
        if preamble && it.why.is_none() {
            let first = it.bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let finding = Finding::new("preamble", Severity::Note, Subject::Document, it.path.clone())
                .arg("document", &it.path)
                .evidence(Evidence::at(id, None, String::from_utf8_lossy(&first[..first.len().min(200)])));
            found.push(finding);
        }
    }
}

fn not_read(id: DocumentId, it: &Document, why: &NotRead, found: &mut Found) {
    let (case, line) = match why {
        NotRead::NotFound => ("not_found", String::new()),
        NotRead::InvalidPath => ("invalid_path", String::new()),
        NotRead::ProxyNotConnected => ("not_connected", String::new()),
        NotRead::Error { line } => ("error", line.clone()),
        NotRead::Html => ("html", String::new()),
        NotRead::BadJson(_) => ("bad_json", String::new()),
        NotRead::Damaged { .. } | NotRead::Limit { .. } | NotRead::Encrypted => ("damaged", String::new()),
        // Logs, programs and files of other kinds are no lack.
        _ => return,
    };
    let first = it.bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    // Pages beside each other fail for one reason.
    let finding = Finding::new("document-not-read", Severity::Note, Subject::Document, it.folder())
        .case(case)
        .cause(line.clone())
        .arg("document", &it.path)
        .arg("line", line)
        .evidence(Evidence::at(id, None, String::from_utf8_lossy(&first[..first.len().min(200)])));
    found.push(finding);
}

/// Which sections a dump lacks. A whole dump always has those of clusters and listeners.
fn sections(capture: &Capture, id: DocumentId, it: &Document, found: &mut Found) {
    let Some(dump) = it.dump().filter(|_| it.partial.is_none()) else { return };
    let has = |name| dump.has_section(&it.bytes, name);
    let of = capture.owner(id);
    let mut report = |check: &'static str, case: &'static str, resource: &str, evidence: Evidence| {
        let mut finding = Finding::new(check, Severity::Note, Subject::Capture, resource)
            .case(case)
            .arg("document", &it.path);
        finding.evidence.push(evidence);
        finding.proxies.extend(of);
        found.push(finding);
    };
    let sections = || {
        let names: Vec<String> = dump
            .sections
            .iter()
            .map(|section| section.type_url(&it.bytes).rsplit('.').next().unwrap_or("").to_owned())
            .collect();
        Evidence::at(id, None, names.join(", "))
    };
    if !has("ClustersConfigDump") || !has("ListenersConfigDump") {
        report("dump-filtered", "", &it.path, sections());
        return;
    }
    if !has("EndpointsConfigDump") && dump.of(Kind::Cluster).next().is_some() {
        report("no-endpoints-section", "", "", sections());
    }
    let asks = dump.of(Kind::Listener).any(|(_, it)| it.body_span().is_some());
    if !has("SecretsConfigDump") && asks {
        report("no-secrets-section", "", "", sections());
    }
    let old = memchr::memmem::find(&it.bytes, b"type.googleapis.com/envoy.api.v2.");
    if let Some(at) = old.and_then(|at| u32::try_from(at).ok()) {
        let span = crate::json::Span { start: at, end: at + 36 };
        report("old-api", "", "", Evidence::at(id, Some(span), "type.googleapis.com/envoy.api.v2.…"));
    }
}

/// What only all documents together tell.
pub fn together(capture: &Capture, found: &mut Found) {
    apart(capture, found);
    same_node(capture, found);
    replicas(capture, found);
    // istiod's dump without the Envoy's own says what should be, not what is.
    for (id, proxy) in capture.proxies() {
        let planned = proxy.documents.iter().find(|it| {
            capture.document(**it).is_some_and(|it| it.kind == Page::IstiodConfigDump && it.why.is_none())
        });
        if let Some(document) = planned.filter(|_| proxy.dump.is_none()) {
            let mut finding = Finding::new("only-istiod-dump", Severity::Note, Subject::Capture, "")
                .evidence(Evidence::at(*document, None, proxy_name(proxy)));
            finding.proxies.push(id);
            found.push(finding);
        }
    }
}

/// A dump does not say when it was taken, only when something in it last changed. Where a proxy acknowledged what was
/// sent long after that, its dump is the older page.
fn apart(capture: &Capture, found: &mut Found) {
    for (id, proxy) in capture.proxies() {
        let dump = proxy.dump.and_then(|id| Some((id, capture.document(id)?.captured?)));
        let Some((document, updated)) = dump else { continue };
        let acknowledged = proxy.sync.iter().filter_map(|(page, index)| {
            let Content::Syncz(list) = &capture.document(*page)?.content else { return None };
            let types = list.get(*index)?.types.iter().filter(|it| it.status == Status::Synced);
            types.filter_map(|it| it.sent).max().map(|sent| (*page, sent))
        });
        let Some((page, sent)) = acknowledged.max_by_key(|it| it.1) else { continue };
        let seconds = sent.seconds() - updated.seconds();
        if seconds <= APART {
            continue;
        }
        let mut finding = Finding::new("captured-apart", Severity::Note, Subject::Capture, "")
            .arg("seconds", seconds)
            .arg("proxy", proxy_name(proxy))
            .likely();
        for (id, at) in [(document, updated), (page, sent)] {
            finding = finding.evidence(Evidence::at(id, None, at.to_string()));
        }
        finding.proxies.push(id);
        found.push(finding);
    }
}

fn same_node(capture: &Capture, found: &mut Found) {
    // Two clusters may each have a pod of that name and address.
    let mut seen: BTreeMap<(&str, &str), Vec<ProxyId>> = BTreeMap::new();
    for (id, it) in capture.proxies().filter(|it| it.1.dump.is_some() && !it.1.identity.node_id.is_empty()) {
        seen.entry((&it.identity.cluster, &it.identity.node_id)).or_default().push(id);
    }
    for ((_, node), proxies) in seen.into_iter().filter(|it| it.1.len() > 1) {
        let mut finding = Finding::new("same-node-id", Severity::Warning, Subject::Capture, node)
            .arg("node", node)
            .arg("count", proxies.len());
        for it in proxies.iter().filter_map(|it| capture.proxy(*it)?.dump).take(Finding::MOST_EVIDENCE) {
            finding = finding.evidence(Evidence::at(it, None, node));
        }
        finding.proxies = proxies;
        found.push(finding);
    }
}

/// Whether one replica's page was taken for all: several control planes with pages, and not all with `syncz`.
fn replicas(capture: &Capture, found: &mut Found) {
    let planes = capture.control_planes();
    let lists = |it: &crate::capture::ControlPlane| {
        it.documents
            .iter()
            .any(|id| capture.document(*id).is_some_and(|it| matches!(it.content, Content::Syncz(_))))
    };
    let (with, without): (Vec<_>, Vec<_>) = planes.iter().partition(|it| lists(it));
    if with.is_empty() || without.is_empty() {
        return;
    }
    let names: Vec<&str> = without.iter().map(|it| it.name.as_str()).collect();
    let mut finding = Finding::new("replica-missing", Severity::Note, Subject::Capture, "")
        .arg("replicas", names.join(", "));
    for it in without.iter().filter_map(|it| it.documents.first()).take(4) {
        finding = finding.evidence(Evidence::at(*it, None, "no syncz beside it"));
    }
    found.push(finding);
}

/// What could not be parsed is said: a check that passes over it has not judged it.
pub fn unreadable(site: &Site<'_>, id: crate::envoy::ResourceId, found: &mut Found) {
    let Some(it) = site.dump.get(id) else { return };
    let name = it.name(site.bytes).into_owned();
    let mut finding = Finding::new("resource-unreadable", Severity::Note, Subject::Document, name.clone())
        .arg("resource", &name);
    finding.certainty = super::finding::Certainty::Needs(super::finding::Need::Readable);
    finding.evidence.push(Evidence {
        resource: Some(site.place(id)),
        ..Evidence::at(site.document, Some(it.wrapper), name)
    });
    finding.places.push(site.place(id));
    finding.proxies.push(site.id);
    found.push(finding);
}
