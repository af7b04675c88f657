//! Ambient mesh: what a ztunnel says of its workloads, services and certificates.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Evidence, Finding, Severity, Subject};
use super::found::Found;
use crate::capture::{Capture, DocumentId, ProxyId};
use crate::instant::Instant;
use crate::intake::Kind as Page;
use crate::ztunnel::{Certificates, Service, Workload, ZtunnelDump};

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
    empty(id, dump, &mut push);
    not_captured(id, dump, &mut push);
}

/// Services that nothing is behind. Whether anybody asks for them a ztunnel does not say: a note. The API server's own
/// (`kubernetes`) never has workloads of the mesh.
fn empty(id: DocumentId, dump: ZtunnelDump<'_>, push: &mut impl FnMut(Finding, &str)) {
    for it in dump.services() {
        // Without the field nothing is said of them (ztunnel before 1.22).
        let Some(endpoints) = it.0.get("endpoints").filter(|_| it.endpoints().next().is_none()) else {
            continue;
        };
        if it.name() == "kubernetes" && it.namespace() == "default" {
            continue;
        }
        let name = format!("{}/{}", it.namespace(), it.name());
        let finding =
            Finding::new("service-without-workloads", Severity::Note, Subject::Service, name.clone())
                .arg("name", &name)
                .arg("hostname", it.hostname())
                .evidence(Evidence::of(id, endpoints));
        push(finding, &it.namespace());
    }
}

/// Pods that are spoken to in plain TCP where most pods of their namespace are reached by HBONE. Waypoints, and pods of
/// their node's own network, are not captured by design (Istio, cni/pkg/util/podutil.go).
fn not_captured(id: DocumentId, dump: ZtunnelDump<'_>, push: &mut impl FnMut(Finding, &str)) {
    let waypoints: BTreeSet<String> = waypoints(dump);
    let mut captured: BTreeMap<String, usize> = BTreeMap::new();
    let mut plain: BTreeMap<String, Vec<Workload<'_>>> = BTreeMap::new();
    for it in dump.workloads().filter(|it| it.uid().contains("//Pod/")) {
        match it.protocol().as_ref() {
            "HBONE" => *captured.entry(it.namespace().into_owned()).or_default() += 1,
            "TCP"
                if it.0.text("network_mode").as_deref() != Some("HostNetwork")
                    && !waypoints.contains(it.uid().as_ref()) =>
            {
                plain.entry(it.namespace().into_owned()).or_default().push(it);
            }
            _ => {}
        }
    }
    for (namespace, workloads) in plain {
        if captured.get(&namespace).is_none_or(|it| *it <= workloads.len()) {
            continue;
        }
        let shown: Vec<String> = workloads.iter().take(6).map(|it| it.name().into_owned()).collect();
        let more = if workloads.len() > shown.len() { ", …" } else { "" };
        let mut finding =
            Finding::new("workload-not-captured", Severity::Warning, Subject::Workload, namespace.clone())
                .arg("namespace", &namespace)
                .arg("count", workloads.len())
                .arg("workloads", format!("{}{more}", shown.join(", ")))
                .likely();
        for it in workloads.iter().take(Finding::MOST_EVIDENCE) {
            finding = finding.evidence(Evidence::of(id, it.0.get("protocol").unwrap_or(it.0)));
        }
        push(finding, &namespace);
    }
}

/// The workloads behind the services that others have as their waypoint, by uid.
fn waypoints(dump: ZtunnelDump<'_>) -> BTreeSet<String> {
    let of_services = dump.services().filter_map(Service::waypoint);
    let named: BTreeSet<String> = of_services
        .chain(dump.workloads().filter_map(Workload::waypoint))
        .map(|it| it.into_owned())
        .collect();
    let mut found = BTreeSet::new();
    for it in dump.services() {
        let host = format!("{}/{}", it.namespace(), it.hostname());
        if named.contains(&host) || it.vips().any(|vip| named.contains(vip.as_ref())) {
            found.extend(it.endpoints().map(|it| it.into_owned()));
        }
    }
    found
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
