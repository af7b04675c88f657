//! Egress scope: which hosts a proxy knows, and what becomes of the others.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Evidence, Finding, Need, Severity, Subject};
use super::found::Found;
use super::mesh::{Mesh, Resource, Server};
use super::site::Cx;
use crate::capture::{Capture, Content, ProxyId};
use crate::envoy::{Action, Kind, ResourceId, VirtualHost};
use crate::istiod::{Status, types};
use crate::json::{Node, Tree};
use crate::order::InOrder;

/// Check 23: `block_all` answers 502 to hosts that the mesh does not know (REGISTRY_ONLY).
pub fn virtual_host(cx: &mut Cx<'_, '_>, at: ResourceId, resource: (Subject, &str), host: &VirtualHost<'_>) {
    if host.name() != "block_all" || cx.site.planned {
        return;
    }
    let Some(Action::DirectResponse(answer)) = host.routes().next().and_then(|it| it.action()) else {
        return;
    };
    let _ = resource;
    let finding =
        Finding::new("unknown-hosts-blocked", Severity::Note, Subject::Proxy, cx.mesh.name(cx.site.id))
            .evidence(cx.site.evidence(at, answer))
            .response(502, "", "direct_response");
    cx.report(at, finding);
}

/// Above this, a proxy's memory and every push are worth a word (research of issue 10: users meet it at some thousands).
const MANY_CLUSTERS: usize = 5000;

/// The other end of check 24: nothing narrows the scope.
pub fn size(cx: &mut Cx<'_, '_>) {
    let count = cx.site.dump.of(Kind::Cluster).count();
    if count <= MANY_CLUSTERS || cx.site.planned {
        return;
    }
    let section =
        cx.site.dump.sections.iter().find(|it| it.type_url(cx.site.bytes).ends_with("ClustersConfigDump"));
    let finding = Finding::new("many-clusters", Severity::Note, Subject::Proxy, cx.mesh.name(cx.site.id))
        .arg("count", count)
        .evidence(Evidence::at(cx.site.document, section.map(|it| it.span), format!("{count} clusters")));
    cx.report_alone(finding);
}

/// A host that fewer proxies than this lack is no one's design: a Sidecar resource hides most hosts.
const FEW: usize = 3;

/// Check 24: a host that nearly all other proxies know. Due when all proxies are known.
pub fn hidden(capture: &Capture, mesh: &Mesh, found: &mut Found) {
    let sidecars: Vec<(ProxyId, &Server, &BTreeSet<String>)> = mesh
        .servers
        .iter()
        .filter(|(_, it)| it.proxy_type == "sidecar")
        .filter_map(|(id, it)| Some((*id, it, it.hosts.as_ref()?)))
        .collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for host in sidecars.iter().flat_map(|it| it.2) {
        *counts.entry(host).or_default() += 1;
    }
    let registered: Option<BTreeMap<&str, &[String]>> = mesh
        .services
        .as_ref()
        .map(|(list, _)| list.iter().map(|it| (it.host.as_str(), it.export_to.as_slice())).collect());
    for (id, server, hosts) in &sidecars {
        if !is_current(capture, *id) {
            continue;
        }
        let others = sidecars.len() - 1;
        // What nearly all others know; with the registry, what the control plane says too.
        let mut lacking: Vec<&str> = counts
            .iter()
            .filter(|(host, count)| {
                let exported =
                    registered.as_ref().is_none_or(|it| it.get(*host).is_some_and(|to| is_public(to)));
                others >= 3 && **count * 5 >= others * 4 && exported && !hosts.contains(**host)
            })
            .map(|(host, _)| *host)
            .collect();
        if let Some(registered) = &registered {
            if others < 3 {
                let more = registered.iter().filter(|(host, to)| is_public(to) && !hosts.contains(**host));
                lacking.extend(more.map(|(host, _)| *host));
            }
            lacking.order();
            lacking.dedup();
        }
        if lacking.is_empty() {
            continue;
        }
        let sidecar = sidecar_for(capture, mesh, server, &super::namespace(capture, *id));
        let few = lacking.len() <= FEW && others >= 3 && lacking.iter().all(|it| counts.contains_key(it));
        let severity = if few { Severity::Warning } else { Severity::Note };
        let shown: Vec<&str> = lacking.iter().take(6).copied().collect();
        let more = if lacking.len() > shown.len() { ", …" } else { "" };
        let mut finding = Finding::new("host-hidden", severity, Subject::Proxy, server.name.clone())
            .case(match (&sidecar, &mesh.configs) {
                (Some(_), _) => "sidecar",
                (None, Some(_)) => "unexplained",
                (None, None) => "",
            })
            .arg("proxy", &server.name)
            .arg("count", lacking.len())
            .arg("hosts", format!("{}{more}", shown.join(", ")))
            .likely();
        finding.hosts = shown.iter().map(|it| (*it).to_owned()).collect();
        if let Some(it) = &sidecar {
            finding = finding.arg("sidecar", it.title()).evidence(Evidence::at(
                it.document,
                Some(it.span),
                it.title(),
            ));
            finding.owner = Some(it.title());
        }
        if let Some(document) = capture.proxy(*id).and_then(|it| it.dump) {
            let value = format!("no cluster outbound|…||{}", lacking.first().copied().unwrap_or_default());
            finding = finding.evidence(Evidence::at(document, None, value));
        }
        finding.namespace = super::namespace(capture, *id);
        finding.proxies.push(*id);
        found.push(finding);
    }
    if sidecars.len() == 1 && registered.is_none() {
        found.not_judged("host-hidden", Need::OtherProxies, Some(sidecars[0].0));
    }
}

fn is_public(export_to: &[String]) -> bool {
    export_to.is_empty() || export_to.iter().any(|it| it == "*")
}

/// Whether a proxy's clusters are what the control plane sent last, as far as that is known: a proxy that lags behind
/// lacks hosts for that reason.
fn is_current(capture: &Capture, id: ProxyId) -> bool {
    let Some(proxy) = capture.proxy(id) else { return false };
    let mut states =
        proxy.sync.iter().filter_map(|(document, index)| match &capture.document(*document)?.content {
            Content::Syncz(list) => Some(list.get(*index)?.of_type(types::CLUSTER)),
            _ => None,
        });
    states.all(|it| matches!(it, Status::Synced | Status::NotSent | Status::Ignored))
}

/// The Sidecar resource that applies to a proxy: by labels, else of its namespace, else of the mesh's root namespace
/// (Istio, pilot/pkg/model/sidecar.go).
fn sidecar_for(capture: &Capture, mesh: &Mesh, server: &Server, namespace: &str) -> Option<Resource> {
    let all = mesh.configs.as_ref()?.iter().filter(|it| it.kind == "Sidecar");
    let mut best: Option<(u8, &Resource)> = None;
    for it in all {
        let document = capture.document(it.document)?;
        let Ok(tree) = Tree::parse(&document.bytes, it.span) else { continue };
        let selector = tree.root().path(&["spec", "workload_selector", "labels"]);
        let matches = selector.is_none_or(|it| {
            it.entries().all(|(key, value)| {
                server.labels.get(key.as_ref()).map(String::as_str) == value.str().as_deref()
            })
        });
        let rank = match (it.namespace == namespace, selector.is_some()) {
            (true, true) if matches => 3,
            (true, false) => 2,
            (false, false) if it.namespace == "istio-system" => 1,
            _ => continue,
        };
        if best.is_none_or(|known| known.0 < rank) {
            best = Some((rank, it));
        }
    }
    best.map(|it| it.1.clone())
}

/// Check 15: rules for HTTP on a service that is plain TCP to Istio.
pub fn http_rules_on_tcp(capture: &Capture, mesh: &Mesh, found: &mut Found) {
    let (configs, (services, registry)) = match (&mesh.configs, &mesh.services) {
        (Some(configs), Some(services)) => (configs, services),
        // Only worth a word where a control plane was captured at all.
        (None, Some(_)) => return found.not_judged("http-rules-on-tcp", Need::Configz, None),
        (Some(_), None) => return found.not_judged("http-rules-on-tcp", Need::Registryz, None),
        (None, None) => return,
    };
    for it in configs.iter().filter(|it| it.kind == "VirtualService") {
        let Some(document) = capture.document(it.document) else { continue };
        let Ok(tree) = Tree::parse(&document.bytes, it.span) else { continue };
        let Some(spec) = tree.root().get("spec") else { continue };
        let gateways: Vec<_> = spec.list("gateways").filter_map(Node::str).collect();
        let Some(http) =
            spec.get("http").filter(|_| gateways.is_empty() || gateways.iter().any(|it| it == "mesh"))
        else {
            continue;
        };
        for host in spec.list("hosts").filter_map(Node::str) {
            let full = full_name(&host, &it.namespace);
            let Some(service) = services.iter().find(|it| it.host == full || it.host == host) else {
                continue;
            };
            let known: BTreeSet<&str> = service.protocols.iter().map(String::as_str).collect();
            if known.is_empty()
                || !known
                    .iter()
                    .all(|it| matches!(*it, "TCP" | "TLS" | "HTTPS" | "Mongo" | "MySQL" | "Redis"))
            {
                continue;
            }
            let ports: Vec<String> = service
                .ports
                .iter()
                .zip(&service.protocols)
                .map(|((_, port), it)| format!("{port} {it}"))
                .collect();
            let mut finding =
                Finding::new("http-rules-on-tcp", Severity::Warning, Subject::Host, service.host.clone())
                    .cause(it.title())
                    .arg("rule", it.title())
                    .arg("service", &service.host)
                    .arg("ports", ports.join(", "))
                    .evidence(Evidence::at(
                        it.document,
                        Some(http.span()),
                        format!("{}: spec.http", it.title()),
                    ))
                    .evidence(Evidence::at(
                        *registry,
                        None,
                        format!("{}: {}", service.host, ports.join(", ")),
                    ));
            finding.owner = Some(it.title());
            finding.namespace.clone_from(&it.namespace);
            finding.hosts.push(service.host.clone());
            found.push(finding);
        }
    }
}

/// A short name is of the resource's namespace.
fn full_name(host: &str, namespace: &str) -> String {
    if host.contains('.') { host.to_owned() } else { format!("{host}.{namespace}.svc.cluster.local") }
}
