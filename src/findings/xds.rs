//! xDS state: what was refused, what lags behind, who is not connected.

use std::collections::BTreeSet;

use super::finding::{Evidence, Finding, Need, Severity, Subject};
use super::found::Found;
use super::mesh::Mesh;
use super::site::{Cx, Site};
use super::{namespace, proxy_name};
use crate::capture::{Capture, Content, DocumentId, Proxy, ProxyId};
use crate::envoy::{Extension, Kind, LbEndpoint, Listener, ResourceId, State};
use crate::istiod::{ProxySync, Status, types};
use crate::json::{Node, Span, Tree, pluck_text, unescape};

/// A listener that is not in use: refused, warming, or on its way out.
pub fn listener(cx: &mut Cx<'_, '_>, id: ResourceId, name: &str, _listener: Listener<'_>) {
    let site = *cx.site;
    let Some(resource) = site.dump.get(id) else { return };
    // Whether connections are taken all the same, by the listener as it was before.
    let active = site.dump.of(Kind::Listener).any(|(_, it)| {
        it.state == State::Active && it.name_span().of(site.bytes) == resource.name_span().of(site.bytes)
    });
    let fact = |value: String| {
        let mut it = Evidence::at(site.document, Some(resource.wrapper), value);
        it.resource = Some(site.place(id));
        it
    };
    match resource.state {
        State::Warming => {
            let (severity, case) = if active { (Severity::Warning, "update") } else { (Severity::Error, "") };
            let finding = Finding::new("listener-warming", severity, Subject::Listener, name)
                .case(case)
                .arg("listener", name)
                .evidence(fact("warming_state".to_owned()));
            cx.report(id, finding);
        }
        State::Draining => {
            let updated = pluck_text(site.bytes, resource.wrapper, &["last_updated"]);
            let updated = updated.and_then(|it| crate::instant::Instant::parse(&unescape(it.of(site.bytes))));
            let captured = site.capture.document(site.document).and_then(|it| it.captured);
            // Istio lets listeners drain for 45 s, Envoy for 600 s.
            let seconds = updated.zip(captured).map(|(then, now)| now.seconds() - then.seconds());
            if let Some(seconds) = seconds.filter(|it| *it > 600) {
                let finding = Finding::new("listener-draining", Severity::Note, Subject::Listener, name)
                    .arg("listener", name)
                    .arg("seconds", seconds)
                    .evidence(fact(format!("draining_state, {seconds} s old")));
                cx.report(id, finding);
            }
        }
        _ => {}
    }
}

/// Check 33, from the dump: Envoy says of listeners alone what it refused. Gives the names of those.
pub fn refused_listeners(site: &Site<'_>) -> Vec<(ResourceId, String, String)> {
    let refused = site.dump.of(Kind::Listener).filter(|it| it.1.state == State::Error);
    refused
        .map(|(id, it)| {
            let details = pluck_text(site.bytes, it.wrapper, &["details"]);
            let details = details.map(|it| unescape(it.of(site.bytes)).into_owned()).unwrap_or_default();
            (id, it.name(site.bytes).into_owned(), details)
        })
        .collect()
}

/// The entries of control planes' pages about a proxy, and where they stand.
fn entries<'c>(
    capture: &'c Capture,
    mesh: &Mesh,
    proxy: &Proxy,
) -> Vec<(DocumentId, &'c ProxySync, Option<Span>)> {
    let entry = |(document, index): &(DocumentId, usize)| {
        let Content::Syncz(list) = &capture.document(*document)?.content else { return None };
        let sync = list.get(*index)?;
        let span = mesh.sync_spans.get(document).and_then(|it| it.get(&sync.proxy)).copied();
        Some((*document, sync, span))
    };
    proxy.sync.iter().filter_map(entry).collect()
}

/// Checks 33 to 35 for one proxy.
pub fn proxy(capture: &Capture, mesh: &Mesh, id: ProxyId, site: Option<&Site<'_>>, found: &mut Found) {
    let Some(proxy) = capture.proxy(id) else { return };
    let entries = entries(capture, mesh, proxy);
    let name = proxy_name(proxy);
    nacks(capture, mesh, (id, proxy, &name), site, &entries, found);
    if entries.is_empty() {
        disconnected(capture, mesh, (id, proxy, &name), site, found);
        return;
    }
    // Several replicas may list a proxy; what one of them has acknowledged is so.
    let best = |type_url: &str| {
        entries.iter().map(|it| it.1.of_type(type_url)).filter(|it| *it != Status::Ignored).min()
    };
    let urls: BTreeSet<&str> =
        entries.iter().flat_map(|it| &it.1.types).map(|it| it.type_url.as_str()).collect();
    let stale: Vec<&str> = urls.iter().copied().filter(|it| best(it) == Some(Status::Stale)).collect();
    if !stale.is_empty() {
        let sent = entries
            .iter()
            .flat_map(|it| &it.1.types)
            .filter(|it| stale.contains(&it.type_url.as_str()))
            .filter_map(|it| it.sent)
            .min();
        let age = sent.zip(capture.captured()).map(|(then, now)| now.seconds() - then.seconds());
        let severity = if age.is_some_and(|it| it > 300) { Severity::Error } else { Severity::Warning };
        let names: Vec<&str> = stale.iter().map(|it| types::short(it)).collect();
        let mut finding = Finding::new("stale", severity, Subject::Proxy, name.clone())
            .case(if age.is_some_and(|it| it >= 1) { "" } else { "young" })
            .arg("proxy", &name)
            .arg("types", names.join(", "))
            .arg("count", names.len())
            .arg("age", age.map(|it| it.to_string()).unwrap_or_default());
        if severity < Severity::Error {
            finding = finding.likely();
        }
        for (document, sync, span) in &entries {
            let states: Vec<String> = sync
                .types
                .iter()
                .filter(|it| it.status == Status::Stale)
                .map(|it| format!("{} {}", types::short(&it.type_url), it.status.name()))
                .collect();
            finding = finding.evidence(Evidence::at(*document, *span, states.join(", ")));
        }
        push(capture, id, finding, found);
    }
    let sidecar = proxy.identity.proxy_type == "sidecar" || proxy.identity.proxy_type.is_empty();
    let unsent: Vec<&str> = [types::CLUSTER, types::LISTENER]
        .into_iter()
        .filter(|it| best(it) == Some(Status::NotSent))
        .map(types::short)
        .collect();
    if sidecar && !unsent.is_empty() {
        let mut finding = Finding::new("not-sent", Severity::Warning, Subject::Proxy, name.clone())
            .arg("proxy", &name)
            .arg("types", unsent.join(", "));
        for (document, _, span) in &entries {
            finding =
                finding.evidence(Evidence::at(*document, *span, format!("{} NOT SENT", unsent.join(", "))));
        }
        push(capture, id, finding, found);
    }
}

fn push(capture: &Capture, id: ProxyId, mut finding: Finding, found: &mut Found) {
    finding.namespace = namespace(capture, id);
    finding.proxies.push(id);
    found.push(finding);
}

/// Check 33: what Envoy refused, by everything that says so: one finding for a type.
fn nacks(
    capture: &Capture,
    mesh: &Mesh,
    (id, proxy, name): (ProxyId, &Proxy, &str),
    site: Option<&Site<'_>>,
    entries: &[(DocumentId, &ProxySync, Option<Span>)],
    found: &mut Found,
) {
    let refused = site.map(refused_listeners).unwrap_or_default();
    let told: Vec<_> = entries
        .iter()
        .flat_map(|(document, sync, span)| sync.types.iter().map(move |it| (*document, *span, it)))
        .filter(|it| it.2.status == Status::Error)
        .collect();
    let mut urls: BTreeSet<&str> = told.iter().map(|it| it.2.type_url.as_str()).collect();
    if !refused.is_empty() {
        urls.insert(types::LISTENER);
    }
    for url in urls {
        let of_listeners = url == types::LISTENER;
        let mut finding = match refused.first().filter(|_| of_listeners) {
            Some((_, listener, _)) => {
                Finding::new("nack", Severity::Error, Subject::Listener, listener.clone()).case("listener")
            }
            None => Finding::new("nack", Severity::Error, Subject::Proxy, name),
        };
        let mut text = String::new();
        if of_listeners {
            let names: BTreeSet<&str> = refused.iter().map(|it| it.1.as_str()).collect();
            let names: Vec<&str> = names.into_iter().collect();
            finding = finding.arg("listeners", names.join(", "));
            for (resource, _, details) in &refused {
                let Some(site) = site else { continue };
                let span = site.dump.get(*resource).map(|it| it.wrapper);
                let mut fact = Evidence::at(site.document, span, details.as_str());
                fact.resource = Some(site.place(*resource));
                finding = finding.evidence(fact);
                finding.places.push(site.place(*resource));
                text.push_str(details);
            }
        }
        for (document, span, state) in told.iter().filter(|it| it.2.type_url == url) {
            finding = finding.evidence(Evidence::at(*document, *span, state.error.trim()));
            text.push(' ');
            text.push_str(&state.error);
        }
        let shown = refused.first().filter(|_| of_listeners).map(|it| it.2.clone());
        let shown = shown.filter(|it| !it.is_empty()).unwrap_or_else(|| text.trim().to_owned());
        let labels = mesh.servers.get(&id).map(|it| &it.labels);
        if let Some(filter) = envoy_filter(capture, mesh, &text, labels) {
            finding = finding.evidence(Evidence::at(filter.document, Some(filter.span), filter.title()));
            finding.owner = Some(filter.title());
        }
        let kept = site.is_some_and(|site| {
            let active = |name: &str| {
                site.dump
                    .of(Kind::Listener)
                    .any(|(_, it)| it.state == State::Active && it.name(site.bytes) == name)
            };
            !refused.is_empty() && refused.iter().all(|it| active(&it.1))
        });
        finding = finding
            .arg("proxy", name)
            .arg("type", types::short(url))
            .arg("details", shown.chars().take(400).collect::<String>())
            .cause(format!("{name} {url}"));
        if kept && finding.case == "listener" {
            finding = finding.case("listener_kept");
        }
        push(capture, id, finding, found);
    }
    counters(capture, (id, proxy, name), found, !refused.is_empty() || !told.is_empty());
}

/// The EnvoyFilter that Envoy's refusal names a filter or type of, of those that select the proxy.
fn envoy_filter<'m>(
    capture: &Capture,
    mesh: &'m Mesh,
    details: &str,
    labels: Option<&std::collections::BTreeMap<String, String>>,
) -> Option<&'m super::mesh::Resource> {
    let configs = mesh.configs.as_ref()?;
    configs.iter().filter(|it| it.kind == "EnvoyFilter").find(|it| {
        let Some(document) = capture.document(it.document) else { return false };
        let Ok(tree) = Tree::parse(&document.bytes, it.span) else { return false };
        let Some(spec) = tree.root().get("spec") else { return false };
        let selector = spec.path(&["workload_selector", "labels"]);
        let selects = selector.zip(labels).is_none_or(|(wanted, labels)| {
            wanted
                .entries()
                .all(|(key, value)| labels.get(key.as_ref()).map(String::as_str) == value.str().as_deref())
        });
        selects
            && spec
                .list("config_patches")
                .filter_map(|it| it.path(&["patch", "value"]))
                .any(|it| names_in(it, details, 0))
    })
}

/// Whether a patch has a name or type that the text speaks of.
fn names_in(node: Node<'_>, text: &str, depth: u32) -> bool {
    if depth > 12 {
        return false;
    }
    let speaks = |it: &str| {
        it.len() > 5 && text.contains(it) && !it.starts_with("envoy.filters.network.http_connection_manager")
    };
    let own = ["name", "type_url", "@type"]
        .iter()
        .filter_map(|key| node.text(key))
        .any(|it| speaks(&it) || it.strip_prefix("type.googleapis.com/").is_some_and(speaks));
    own || node.fields().any(|(_, it)| names_in(it, text, depth + 1))
        || node.items().any(|it| names_in(it, text, depth + 1))
}

/// Counters of refused updates, where nothing else says what was refused.
fn counters(capture: &Capture, (id, proxy, name): (ProxyId, &Proxy, &str), found: &mut Found, known: bool) {
    if known {
        return;
    }
    for document in &proxy.documents {
        let counters =
            capture.document(*document).map(|it| it.stats(&["update_rejected"])).unwrap_or_default();
        for it in counters.into_iter().filter(|it| it.value > 0) {
            let span = Some(crate::json::Span { start: it.at, end: it.at });
            let finding = Finding::new("nack", Severity::Warning, Subject::Proxy, name)
                .case("counter")
                .cause(it.name.clone())
                .arg("proxy", name)
                .arg("counter", &it.name)
                .arg("value", it.value)
                .evidence(Evidence::at(*document, span, format!("{}: {}", it.name, it.value)))
                .likely();
            push(capture, id, finding, found);
        }
    }
}

/// Check 35: an Envoy that no control plane of the capture lists.
fn disconnected(
    capture: &Capture,
    mesh: &Mesh,
    (id, proxy, name): (ProxyId, &Proxy, &str),
    site: Option<&Site<'_>>,
    found: &mut Found,
) {
    let Some(site) = site.filter(|it| !it.planned) else { return };
    if proxy.identity.proxy_type == "ztunnel" || proxy.identity.pod.is_empty() {
        return;
    }
    if !mesh.lists_proxies {
        return found.not_judged("not-connected", Need::Syncz, Some(id));
    }
    // A page of one replica of several lists some of the proxies: when many are not on it, it is the page that lacks.
    let all = capture.proxies().filter(|(_, it)| it.dump.is_some()).count();
    let lacking = capture.proxies().filter(|(_, it)| it.dump.is_some() && it.sync.is_empty()).count();
    if lacking * 3 > all && lacking > 1 {
        return found.not_judged("not-connected", Need::Syncz, Some(id));
    }
    let mut finding =
        Finding::new("not-connected", Severity::Warning, Subject::Proxy, name).arg("proxy", name).likely();
    for (document, it) in capture.documents() {
        if matches!(it.content, Content::Syncz(_)) {
            finding = finding.evidence(Evidence::at(document, None, format!("no entry for {name}")));
        }
    }
    finding = finding.evidence(Evidence::at(site.document, None, format!("a dump of {name}")));
    push(capture, id, finding, found);
}

/// A proxy without a listener takes no traffic at all.
pub fn no_listeners(cx: &mut Cx<'_, '_>) {
    let site = *cx.site;
    if site.planned || !site.complete(Kind::Listener) {
        return;
    }
    let mut listeners = site.dump.of(Kind::Listener);
    if listeners.any(|(_, it)| matches!(it.state, State::Active | State::Static)) {
        return;
    }
    let warming = site.dump.of(Kind::Cluster).any(|(_, it)| it.state == State::Warming);
    let sidecar = matches!(site.proxy.identity.proxy_type.as_str(), "sidecar" | "waypoint");
    if !sidecar && !warming {
        return;
    }
    let name = proxy_name(site.proxy);
    let section =
        site.dump.sections.iter().find(|it| it.type_url(site.bytes).ends_with("ListenersConfigDump"));
    let finding = Finding::new("no-listeners", Severity::Error, Subject::Proxy, name.clone())
        .case(if warming { "warming" } else { "" })
        .arg("proxy", name)
        .evidence(Evidence::at(site.document, section.map(|it| it.span), "no listener in use"));
    cx.report_alone(finding);
}

/// Check 38: a filter whose configuration comes by ECDS, and did not.
pub fn extension(cx: &mut Cx<'_, '_>, at: ResourceId, listener: &str, filter: Extension<'_>) {
    let site = *cx.site;
    let Some(discovery) = filter.config_discovery() else { return };
    let name = filter.name();
    if site.find(Kind::Extension, &name).is_some() || discovery.get("default_config").is_some() {
        return;
    }
    if !site.complete(Kind::Extension) {
        cx.not_judged("extension-missing", if site.whole { Need::Extensions } else { Need::WholeDump });
        return;
    }
    let finding = Finding::new("extension-missing", Severity::Warning, Subject::Extension, name.clone())
        .arg("extension", &name)
        .arg("listener", listener)
        .evidence(site.evidence(at, discovery))
        .response(500, "", "");
    cx.report(at, finding);
}

/// Check 37: proxies more than two minor versions behind the newest.
pub fn versions(mesh: &Mesh, found: &mut Found) {
    let minor = |it: &str| {
        let mut parts = it.split('.');
        Some((parts.next()?.parse::<u32>().ok()?, parts.next()?.parse::<u32>().ok()?))
    };
    let Some(newest) = mesh.servers.values().filter_map(|it| minor(&it.version)).max() else { return };
    for (id, it) in &mesh.servers {
        let Some(own) = minor(&it.version) else { continue };
        if own.0 == newest.0 && own.1 + 2 >= newest.1 {
            continue;
        }
        let mut finding = Finding::new("version-skew", Severity::Warning, Subject::Proxy, it.name.clone())
            .arg("proxy", &it.name)
            .arg("version", &it.version)
            .arg("newest", format!("{}.{}", newest.0, newest.1))
            .likely();
        let said =
            it.version_at.map(|(document, span)| Evidence::at(document, Some(span), it.version.as_str()));
        finding.evidence.extend(said);
        finding.proxies.push(*id);
        found.push(finding);
    }
}

/// Check 39: names that istiod would send and Envoy has not, and the other way round. The comparison of contents is
/// the tab Sync's.
pub fn planned(capture: &Capture, mesh: &Mesh, id: ProxyId, found: &mut Found) {
    let Some(proxy) = capture.proxy(id) else { return };
    let Some(envoy) = proxy.dump.and_then(|it| Site::of(capture, id, it)) else { return };
    let plans = proxy
        .documents
        .iter()
        .filter_map(|it| Site::of(capture, id, *it))
        .filter(|it| it.planned && it.whole);
    let Some(plan) = plans.max_by_key(|it| it.document) else { return };
    let mut lacking = Vec::new();
    for kind in [Kind::Cluster, Kind::Listener, Kind::Route] {
        if !envoy.complete(kind) {
            continue;
        }
        for (_, it) in plan.dump.of(kind) {
            let name = it.name(plan.bytes);
            let found = envoy.find(kind, &name).map(|id| envoy.state(id));
            // What Envoy refused is told by itself.
            let known = matches!(found, Some(State::Static | State::Active | State::Error));
            if !known && !name.is_empty() {
                lacking.push((kind, name.into_owned(), it.body_span()));
            }
        }
    }
    if lacking.is_empty() {
        return;
    }
    let name = proxy_name(proxy);
    let entries = entries(capture, mesh, proxy);
    let behind = entries.iter().any(|it| matches!(it.1.worst(), Status::Stale | Status::Error));
    let shown: Vec<&str> = lacking.iter().take(4).map(|it| it.1.as_str()).collect();
    let more = if lacking.len() > shown.len() { ", …" } else { "" };
    let severity = if behind { Severity::Warning } else { Severity::Note };
    let mut finding = Finding::new("planned-not-active", severity, Subject::Proxy, name.clone())
        .case(if behind { "behind" } else { "" })
        .arg("proxy", &name)
        .arg("count", lacking.len())
        .arg("names", format!("{}{more}", shown.join(", ")));
    if !behind {
        finding = finding.likely();
    }
    for (_, name, span) in lacking.iter().take(Finding::MOST_EVIDENCE) {
        finding = finding.evidence(Evidence::at(plan.document, *span, name.as_str()));
    }
    push(capture, id, finding, found);
}

/// Notes a workload that the mesh calls its own, and whose proxy no control plane lists. A note at the end: there may
/// be replicas whose pages were not collected.
pub fn unconnected(cx: &mut Cx<'_, '_>, at: ResourceId, endpoint: LbEndpoint<'_>, address: &str) {
    let connected = cx.mesh.connected_ips.as_ref().is_none_or(|it| it.contains(address));
    if connected || cx.found.unconnected.contains_key(address) {
        return;
    }
    let workload = endpoint.workload().unwrap_or_default();
    let mut parts = workload.split(';');
    let (name, namespace) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let shown = if name.is_empty() { address.to_owned() } else { format!("{name}.{namespace} ({address})") };
    cx.found.unconnected.insert(address.to_owned(), (shown, cx.site.evidence(at, endpoint.0)));
}

/// Reports those.
pub fn workloads(found: &mut Found) {
    let seen = std::mem::take(&mut found.unconnected);
    if seen.is_empty() {
        return;
    }
    let names: Vec<&str> = seen.values().map(|it| it.0.as_str()).take(24).collect();
    let more = if seen.len() > names.len() { ", …" } else { "" };
    let mut finding = Finding::new("workload-without-proxy", Severity::Note, Subject::Capture, "")
        .arg("count", seen.len())
        .arg("workloads", format!("{}{more}", names.join(", ")))
        .likely();
    finding.evidence.extend(seen.values().take(Finding::MOST_EVIDENCE).map(|it| it.1.clone()));
    found.push(finding);
}

/// Checks 18, 19, 25 and 13: what istiod itself stumbled over.
pub fn stumbles(mesh: &Mesh, found: &mut Found) {
    let Some(stumbles) = &mesh.stumbles else {
        if mesh.lists_proxies {
            for check in ["listener-conflict", "duplicate-host"] {
                found.not_judged(check, Need::PushStatus, None);
            }
        }
        return;
    };
    for it in stumbles {
        let (check, case, severity, subject) = match it.metric.as_str() {
            "pilot_conflict_inbound_listener" => {
                ("listener-conflict", "inbound", Severity::Warning, Subject::Listener)
            }
            metric if metric.starts_with("pilot_conflict_outbound_listener") => {
                ("listener-conflict", "", Severity::Warning, Subject::Listener)
            }
            "pilot_duplicate_envoy_clusters" => ("duplicate-host", "", Severity::Warning, Subject::Cluster),
            "pilot_destrule_subsets" => ("duplicate-host", "subset", Severity::Warning, Subject::Host),
            "pilot_vservice_dup_domain" => ("duplicate-host", "domain", Severity::Warning, Subject::Host),
            "pilot_dns_cluster_without_endpoints" => {
                ("duplicate-host", "dns", Severity::Warning, Subject::Cluster)
            }
            _ => continue,
        };
        let mut finding = Finding::new(check, severity, subject, it.key.clone())
            .case(case)
            .cause(format!("{} {}", it.metric, it.proxy))
            .arg("key", &it.key)
            .arg("metric", &it.metric)
            .evidence(it.evidence.clone());
        if !it.message.is_empty() {
            finding = finding.arg("details", &it.message);
        }
        let of = mesh.servers.iter().find(|(_, server)| !it.proxy.is_empty() && server.name == it.proxy);
        finding.proxies.extend(of.map(|it| *it.0));
        found.push(finding);
    }
}
