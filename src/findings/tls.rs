//! mTLS: what a client offers, and what the server at the other end takes.

use super::clusters::Subjected;
use super::finding::{Evidence, Need, Severity};
use super::mesh::{Mode, Server};
use super::site::Cx;
use crate::capture::ProxyId;
use crate::envoy::{AddressKind, Cluster, Extension, LbEndpoint, ResourceId, ServiceKey, State};
use crate::json::Node;

/// The TLS contexts of a cluster.
pub fn context_of<'t>(cluster: &Cluster<'t>) -> Vec<Node<'t>> {
    let sockets =
        cluster.transport_socket_matches().filter_map(|it| it.get("transport_socket")).map(Extension);
    let sockets = sockets.chain(cluster.transport_socket());
    sockets.filter_map(upstream_tls).chain(cluster.tls_context()).collect()
}

/// A transport socket's TLS.
fn upstream_tls(socket: Extension<'_>) -> Option<Node<'_>> {
    socket.config().filter(|it| it.message() == "UpstreamTlsContext").map(|it| it.node)
}

/// How a client speaks to an endpoint.
#[derive(Clone, Copy)]
enum Client<'t> {
    /// Istio's mutual TLS; whatever the endpoint says of itself (`true`), or because it says so.
    Mutual(Node<'t>, bool),
    /// Another TLS, which the application at the other end may speak.
    Other,
    /// Plain.
    Plain,
    /// By a tunnel, or something else.
    Unknown,
}

fn client<'t>(cluster: &Cluster<'t>, endpoint: LbEndpoint<'t>) -> Client<'t> {
    let labels = endpoint.transport_socket_labels();
    let has = |want: (std::borrow::Cow<'_, str>, Node<'_>)| {
        labels.and_then(|it| it.get(&want.0)).is_some_and(|it| it.str() == want.1.str())
    };
    let mut matches = cluster.transport_socket_matches().peekable();
    if matches.peek().is_some() {
        let chosen = matches.find(|it| it.get("match").is_none_or(|it| it.entries().all(has)));
        if let Some(socket) = chosen.and_then(|it| it.get("transport_socket")) {
            return of_socket(Extension(socket), false);
        }
    }
    match (cluster.transport_socket(), cluster.tls_context()) {
        (Some(socket), _) => of_socket(socket, true),
        (None, Some(tls)) => of_tls(tls, true),
        (None, None) => Client::Plain,
    }
}

fn of_socket(socket: Extension<'_>, always: bool) -> Client<'_> {
    match upstream_tls(socket) {
        Some(tls) => of_tls(tls, always),
        None if socket.config().is_some_and(|it| it.message() == "RawBuffer")
            || socket.name().ends_with("raw_buffer") =>
        {
            Client::Plain
        }
        None => Client::Unknown,
    }
}

fn of_tls(tls: Node<'_>, always: bool) -> Client<'_> {
    let alpn = tls
        .get("common_tls_context")
        .into_iter()
        .flat_map(|it| it.list("alpn_protocols"))
        .filter_map(Node::str);
    let istio = alpn.into_iter().any(|it| it.starts_with("istio"));
    if istio { Client::Mutual(tls, always) } else { Client::Other }
}

/// Checks 20 and 26 to 29, on a cluster's endpoints.
pub fn cluster(cx: &mut Cx<'_, '_>, it: &Subjected<'_>) {
    unverified(cx, it);
    let Some((endpoints_id, assignment)) = it.endpoints else { return };
    let (mut with, mut without) = (None, None);
    for endpoint in assignment.localities().flat_map(|it| it.endpoints()) {
        let Some(AddressKind::Socket { address, port }) = endpoint.address().and_then(|it| it.kind()) else {
            continue;
        };
        let labelled = endpoint
            .transport_socket_labels()
            .and_then(|it| it.text("tlsMode"))
            .is_some_and(|it| it == "istio");
        (if labelled { &mut with } else { &mut without }).get_or_insert(endpoint.0);
        if labelled {
            super::xds::unconnected(cx, endpoints_id, endpoint, &address);
        }
        let client = client(&it.cluster, endpoint);
        if let Client::Mutual(tls, true) = client
            && !labelled
            && cx.mesh.server(&address, "").is_none()
            && !external(&it.name)
        {
            let finding = it
                .finding("tls-to-plaintext", Severity::Error)
                .likely()
                .case("no_sidecar")
                .arg("address", format!("{address}:{port}"))
                .evidence(cx.site.evidence(endpoints_id, endpoint.0))
                .evidence(cx.site.evidence(it.id, tls))
                .response(503, "UF", "upstream_reset_before_response_started{connection_failure}");
            cx.report(it.id, finding);
            continue;
        }
        let workload = endpoint.workload().unwrap_or_default();
        let cluster = workload.split(';').nth(4).unwrap_or("");
        let mesh = cx.mesh;
        let Some((id, server)) = mesh.server(&address, cluster) else { continue };
        against(cx, it, client, (id, server), port, (endpoints_id, endpoint.0));
    }
    // One half with and one half without sidecars: only worth a word where the client goes by it.
    if let (Some(with), Some(without)) = (with, without)
        && it.cluster.transport_socket_matches().next().is_some()
    {
        let mut finding = it.finding("partial-injection", Severity::Warning).likely();
        finding.evidence.extend([without, with].map(|it| cx.site.evidence(endpoints_id, it)));
        cx.report(it.id, finding);
    }
}

/// Whether a cluster's name is of no service of a Kubernetes cluster.
fn external(name: &str) -> bool {
    ServiceKey::parse(name).is_none_or(|it| !it.host.contains(".svc."))
}

/// A client and the server that it meets.
fn against(
    cx: &mut Cx<'_, '_>,
    it: &Subjected<'_>,
    client: Client<'_>,
    (id, server): (ProxyId, &Server),
    port: u32,
    place: (ResourceId, Node<'_>),
) {
    let Some(ports) = &server.ports else { return };
    if id == cx.site.id {
        return;
    }
    let inbound = |value: String| {
        server.inbound.map(|it| Evidence { document: it.document, span: None, resource: Some(it), value })
    };
    let known = ports.get(&port).copied();
    if known.is_none() && !server.excludes && !ports.is_empty() {
        let mut finding = it
            .finding("port-unknown-to-server", Severity::Warning)
            .likely()
            .arg("server", &server.name)
            .arg("address_port", port)
            .evidence(cx.site.evidence(place.0, place.1));
        finding.evidence.extend(inbound(format!("virtualInbound: no destination_port {port}")));
        cx.report(it.id, finding.cause(server.name.clone()));
    }
    let Some(mode) = known.or(server.others) else { return };
    let finding = match (client, mode) {
        (Client::Mutual(tls, _), Mode::Disabled) => {
            it.finding("tls-to-plaintext", Severity::Error).evidence(cx.site.evidence(it.id, tls)).response(
                503,
                "UF",
                "upstream_reset_before_response_started{connection_failure,TLS_error:WRONG_VERSION_NUMBER}",
            )
        }
        (Client::Plain, Mode::Strict) => it
            .finding("plaintext-to-strict", Severity::Error)
            .evidence(cx.site.evidence(place.0, place.1))
            .response(503, "UC", "upstream_reset_before_response_started{connection_termination}"),
        (Client::Mutual(tls, _), _) => {
            if let Some(wanted) = exact_names(tls)
                && !server.ids.is_empty()
                && !server.ids.iter().any(|id| wanted.iter().any(|it| it == id))
            {
                let mut finding = it
                    .finding("san-mismatch", Severity::Error)
                    .arg("server", &server.name)
                    .arg("wanted", wanted.join(", "))
                    .arg("shown", server.ids.join(", "))
                    .evidence(cx.site.evidence(it.id, tls))
                    .response(503, "UF", "upstream_reset_before_response_started{connection_failure,TLS_error:CERTIFICATE_VERIFY_FAILED}");
                let shown = server.ids.join(", ");
                finding.evidence.extend(server.certificate.map(|it| Evidence {
                    document: it.document,
                    span: None,
                    resource: Some(it),
                    value: shown,
                }));
                cx.report(it.id, finding.cause(server.name.clone()));
            }
            return;
        }
        _ => return,
    };
    let mut finding =
        finding.arg("server", &server.name).arg("address_port", port).cause(server.name.clone());
    finding.evidence.extend(inbound(format!("virtualInbound, port {port}: {mode:?}")));
    cx.report(it.id, finding);
}

/// The names that a client takes, where all of them are exact; `None` where it takes patterns, or any.
fn exact_names(tls: Node<'_>) -> Option<Vec<String>> {
    let common = tls.get("common_tls_context")?;
    let combined = common.path(&["combined_validation_context", "default_validation_context"]);
    let context = combined.or_else(|| common.get("validation_context"))?;
    let typed = context.list("match_typed_subject_alt_names").map(|it| it.get("matcher"));
    let old =
        context.list("match_subject_alt_names").chain(context.list("verify_subject_alt_name")).map(Some);
    let names: Option<Vec<String>> = typed
        .chain(old)
        .map(|it| {
            let it = it?;
            it.str().or_else(|| it.text("exact")).map(|it| it.into_owned())
        })
        .collect();
    names.filter(|it| !it.is_empty())
}

/// Check 29's other half: TLS that looks at no certificate.
fn unverified(cx: &mut Cx<'_, '_>, it: &Subjected<'_>) {
    if cx.site.state(it.id) != State::Active {
        return;
    }
    for tls in context_of(&it.cluster) {
        let Some(common) = tls.get("common_tls_context") else { continue };
        let verifies =
            ["validation_context", "combined_validation_context", "validation_context_sds_secret_config"]
                .iter()
                .any(|key| common.get(key).is_some());
        if !verifies {
            let finding =
                it.finding("upstream-unverified", Severity::Warning).evidence(cx.site.evidence(it.id, tls));
            cx.report(it.id, finding);
            return;
        }
    }
}

/// Check 30: proxies that trust nothing in common cannot speak mutual TLS. Due when all proxies are known.
pub fn roots(mesh: &super::mesh::Mesh, found: &mut super::found::Found) {
    let known: Vec<(ProxyId, &Server)> =
        mesh.servers.iter().filter(|(_, it)| it.roots.is_some()).map(|(id, it)| (*id, it)).collect();
    if mesh.servers.len() > 1 && known.len() < 2 {
        found.not_judged("roots-differ", Need::Secrets, None);
    }
    // The set that most proxies share something with counts as the mesh's.
    let shares = |one: &Server, other: &Server| match (&one.roots, &other.roots) {
        (Some((one, _)), Some((other, _))) => !one.is_disjoint(other),
        _ => true,
    };
    let most = known.iter().max_by_key(|(id, it)| {
        (known.iter().filter(|(_, other)| shares(it, other)).count(), std::cmp::Reverse(*id))
    });
    let Some((_, most)) = most else { return };
    for (id, it) in &known {
        if shares(it, most) {
            continue;
        }
        let mut finding = super::finding::Finding::new(
            "roots-differ",
            Severity::Error,
            super::finding::Subject::Secret,
            "ROOTCA",
        )
        .arg("proxy", &it.name)
        .arg("other", &most.name)
        .response(
            503,
            "UF",
            "upstream_reset_before_response_started{connection_failure,TLS_error:CERTIFICATE_VERIFY_FAILED}",
        );
        for server in [it, most] {
            let Some((roots, place)) = &server.roots else { continue };
            let value = format!("{}: {} root certificates, none in common", server.name, roots.len());
            finding.evidence.push(Evidence {
                document: place.document,
                span: None,
                resource: Some(*place),
                value,
            });
        }
        finding.places.extend(it.roots.as_ref().map(|it| it.1));
        finding.proxies.push(*id);
        found.push(finding);
    }
}
