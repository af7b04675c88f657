//! Ambient mesh: what a ztunnel says of its workloads, services and certificates.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::finding::{Evidence, Finding, Severity, Subject};
use super::found::Found;
use crate::capture::{Capture, DocumentId, ProxyId};
use crate::instant::Instant;
use crate::intake::Kind as Page;
use crate::ztunnel::{Certificates, ZtunnelDump};

/// Check 46, on every ztunnel dump.
pub fn ztunnels(capture: &Capture, now: Option<Instant>, found: &mut Found) {
    for (id, document) in capture.documents().filter(|it| it.1.kind == Page::ZtunnelConfigDump) {
        let Some(tree) = document.tree() else { continue };
        judge(capture, id, ZtunnelDump(tree.root()), now, found);
    }
}

fn judge(capture: &Capture, id: DocumentId, dump: ZtunnelDump<'_>, now: Option<Instant>, found: &mut Found) {
    let owner: Option<ProxyId> = capture.owner(id);
    let mut push = |mut finding: Finding, namespace: &str| {
        finding.proxies.extend(owner);
        finding.namespace = namespace.to_owned();
        found.push(finding);
    };
    // A waypoint is named by namespace and host, or by network and address; by these: how many endpoints it has.
    let address = |it: &str| it.rsplit_once('/').map_or(it, |it| it.1).to_owned();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for it in dump.services() {
        let endpoints = it.endpoints().count();
        known.insert(format!("{}/{}", it.namespace(), it.hostname()), endpoints);
        known.extend(it.vips().map(|it| (address(&it), endpoints)));
    }
    for it in dump.workloads() {
        known.extend(it.ips().map(|ip| (ip.into_owned(), 1)));
    }
    let trouble = |waypoint: Option<Cow<'_, str>>| {
        let waypoint = waypoint.filter(|it| !it.is_empty())?;
        match known.get(waypoint.as_ref()).or_else(|| known.get(&address(&waypoint))) {
            None => Some((waypoint.into_owned(), "")),
            Some(0) => Some((waypoint.into_owned(), "no_endpoints")),
            Some(_) => None,
        }
    };
    for it in dump.services() {
        let name = format!("{}/{}", it.namespace(), it.name());
        if let Some((waypoint, case)) = trouble(it.waypoint()) {
            let finding = Finding::new("waypoint-missing", Severity::Error, Subject::Service, name.clone())
                .case(case)
                .arg("name", &name)
                .arg("waypoint", &waypoint)
                .evidence(Evidence::of(id, it.0.get("waypoint").unwrap_or(it.0)));
            push(finding, &it.namespace());
        }
    }
    for it in dump.workloads() {
        let name = format!("{}/{}", it.namespace(), it.name());
        if let Some((waypoint, case)) = trouble(it.waypoint()) {
            let finding = Finding::new("waypoint-missing", Severity::Error, Subject::Workload, name.clone())
                .case(case)
                .arg("name", &name)
                .arg("waypoint", &waypoint)
                .evidence(Evidence::of(id, it.0.get("waypoint").unwrap_or(it.0)));
            push(finding, &it.namespace());
        }
        if it.status() == "Unhealthy" {
            let finding =
                Finding::new("workload-unhealthy", Severity::Warning, Subject::Workload, name.clone())
                    .arg("name", &name)
                    .arg("status", it.status())
                    .evidence(Evidence::of(id, it.0.get("status").unwrap_or(it.0)));
            push(finding, &it.namespace());
        }
    }
    for it in dump.certificates() {
        certificate(id, it, now, &mut push);
    }
}

fn certificate(
    id: DocumentId,
    it: Certificates<'_>,
    now: Option<Instant>,
    push: &mut impl FnMut(Finding, &str),
) {
    let identity = it.identity().into_owned();
    let state = it.state();
    let namespace =
        identity.split("/ns/").nth(1).and_then(|it| it.split('/').next()).unwrap_or("").to_owned();
    // One that its node needs no more is no lack; one that is just asked for is on its way.
    if !state.is_empty() && state != "Available" && !state.contains("no longer needed") {
        let severity = if state == "Initializing" { Severity::Note } else { Severity::Warning };
        let finding = Finding::new("ztunnel-certificate", severity, Subject::Secret, identity.clone())
            .arg("identity", &identity)
            .arg("state", &state)
            .evidence(Evidence::of(id, it.0.get("state").unwrap_or(it.0)));
        push(finding, &namespace);
    }
    let Some(now) = now else { return };
    for entry in it.cert_chain() {
        let Some(until) = Instant::parse(&entry.expiration_time()) else { continue };
        if until < now {
            let finding =
                Finding::new("ztunnel-certificate", Severity::Error, Subject::Secret, identity.clone())
                    .case("expired")
                    .arg("identity", &identity)
                    .arg("until", until)
                    .evidence(Evidence::of(id, entry.0));
            push(finding, &namespace);
        }
    }
}
