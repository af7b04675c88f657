//! Where a request goes on in the capture: the proxies that its endpoints are, and the request as they get it.

use super::super::protocol::{Form, Next, Speaks};
use super::Subject;
use super::told::cut;
use crate::capture::ProxyId;
use crate::envoy::certificate::{Certificate, pem_blocks};
use crate::envoy::names::NodeId;
use crate::envoy::{Kind, PathMatch, Route, RouteAction};
use crate::json::{Node, Span, Tree};
use crate::trace::regex;
use crate::trace::{Considered, Direction, Outcome, Request, StepKind, Trace, What, Why, host_and_port};

/// How many proxies are offered.
const SHOWN: usize = 8;

/// The proxies of the capture that a routed request may reach.
pub fn of(subject: Subject<'_>, form: &Form, request: &Request, made: &Trace) -> Vec<Next> {
    if made.verdict.outcome != Outcome::Routed || request.direction == Some(Direction::Inbound) {
        return Vec::new();
    }
    let mut out: Vec<Next> = Vec::new();
    for it in won(made, StepKind::Endpoints) {
        // What is reached through a tunnel gets a CONNECT, not the request.
        if matches!(it.why, Why::Meets(What::Destination, _)) {
            continue;
        }
        let (host, port) = host_and_port(&it.name);
        let Some((proxy, name)) = port.and_then(|_| proxy_at(subject, host)) else { continue };
        if out.len() < SHOWN && !out.iter().any(|known| known.address == it.name) {
            let form = onward(subject, form, request, made, &it.name);
            out.push(Next { proxy, name, address: it.name.clone(), form });
        }
    }
    out
}

/// What steps of a kind took.
fn won(made: &Trace, kind: StepKind) -> impl Iterator<Item = &Considered> {
    made.steps.iter().filter(move |it| it.kind == kind).flat_map(|it| &it.considered).filter(|it| it.won)
}

/// The proxy of the pod that has an address.
fn proxy_at(subject: Subject<'_>, address: &str) -> Option<(ProxyId, String)> {
    let mut all = subject.capture.proxies().filter(|(id, it)| *id != subject.id && it.dump.is_some());
    all.find(|(_, it)| NodeId::parse(&it.identity.node_id).is_some_and(|id| id.ip == address))
        .map(|(id, it)| (id, cut(it.identity.name())))
}

/// The request as this proxy sends it to an endpoint.
fn onward(subject: Subject<'_>, form: &Form, request: &Request, made: &Trace, endpoint: &str) -> Form {
    let mut out = Form {
        direction: Some(Direction::Inbound),
        to: endpoint.to_owned(),
        from: subject.address().to_owned(),
        method: form.method.clone(),
        path: form.path.clone(),
        headers: form.headers.clone(),
        token: form.token.clone(),
        speaks: form.speaks,
        ..Form::default()
    };
    if form.speaks != Speaks::Tcp {
        let own = || host_and_port(&form.to).0.to_owned();
        out.authority = request.authority.clone().unwrap_or_else(own);
        read(subject, won(made, StepKind::Route).last().and_then(|it| it.place), |node| {
            if let Some(action) = node.get("route").map(RouteAction) {
                rewrite(&mut out, Route(node), action);
            }
        });
        if protocol_options(subject, made) {
            out.speaks = Speaks::Http2;
        } else if form.speaks == Speaks::Http2 {
            out.speaks = Speaks::Http1;
        }
    }
    let socket = won(made, StepKind::TransportSocket).find(|it| it.name == endpoint).and_then(|it| it.place);
    read(subject, socket, |context| tls(subject, made, context, &mut out));
    out
}

/// Reads a place of the dump.
fn read(subject: Subject<'_>, place: Option<Span>, look: impl FnOnce(Node<'_>)) {
    if let Some(tree) = place.and_then(|span| Tree::parse(&subject.of.bytes, span).ok()) {
        look(tree.root());
    }
}

/// What the route makes of path and host.
fn rewrite(out: &mut Form, route: Route<'_>, action: RouteAction<'_>) {
    if let Some(host) = action.host_rewrite_literal() {
        out.authority = cut(&host);
    }
    let plain = out.path.find(['?', '#']).map_or(out.path.as_str(), |at| &out.path[..at]);
    // What a pattern makes of the path (finalizePathHeader, finalizeHostHeader in router/config_impl.cc).
    let replaced = |pattern: &str, by: &str| Some(regex::compile(pattern)?.replace_all(plain, by));
    if let Some(rewrite) = action.0.get("host_rewrite_path_regex") {
        let pattern = rewrite.path(&["pattern", "regex"]).and_then(Node::str).unwrap_or_default();
        if let Some(host) = replaced(&pattern, &rewrite.text("substitution").unwrap_or_default()) {
            out.authority = cut(&host);
        }
    }
    if let Some((pattern, by)) = action.regex_rewrite() {
        if let Some(made) = replaced(&pattern, &by) {
            out.path = format!("{}{}", cut(&made), &out.path[plain.len()..]);
        }
    } else if let Some(prefix) = action.prefix_rewrite() {
        let matched = match route.route_match().and_then(|it| it.path()) {
            Some(PathMatch::Prefix(it) | PathMatch::PathSeparatedPrefix(it) | PathMatch::Path(it)) => {
                it.len()
            }
            _ => return,
        };
        out.path = format!("{}{}", cut(&prefix), out.path.get(matched..).unwrap_or(""));
    }
}

/// Whether the cluster speaks HTTP/2 (`envoy.extensions.upstreams.http.v3.HttpProtocolOptions`).
fn protocol_options(subject: Subject<'_>, made: &Trace) -> bool {
    let mut h2 = false;
    read(subject, won(made, StepKind::Cluster).last().and_then(|it| it.place), |cluster| {
        let options = cluster.get("typed_extension_protocol_options").and_then(|it| {
            it.entries().find(|(key, _)| key == "envoy.extensions.upstreams.http.v3.HttpProtocolOptions")
        });
        h2 = cluster.get("http2_protocol_options").is_some()
            || options.is_some_and(|(_, it)| {
                it.path(&["explicit_http_config", "http2_protocol_options"]).is_some()
            });
    });
    h2
}

/// What this proxy shows of itself in TLS: names, protocols, its certificate's identity.
fn tls(subject: Subject<'_>, made: &Trace, context: Node<'_>, out: &mut Form) {
    let Some(common) = context.get("common_tls_context") else { return };
    out.tls = true;
    out.sni = context.text("sni").map(|it| cut(&it)).unwrap_or_default();
    let configured = common.list("alpn_protocols").filter_map(Node::str);
    let configured: Vec<String> = configured.map(|it| it.into_owned()).collect();
    let mut protocols = configured;
    // Istio's filter says other protocols for HTTP than the cluster does for TCP (istio/proxy, alpn filter).
    read(
        subject,
        won(made, StepKind::HttpFilter).find(|it| it.name == "istio.alpn").and_then(|it| it.place),
        |filter| {
            let wanted = if out.speaks == Speaks::Http2 { "HTTP2" } else { "HTTP11" };
            let config = filter.get("typed_config");
            let config = config.map(|it| it.get("value").unwrap_or(it));
            // Which protocol an entry is for is left out where it is the enum's first, HTTP/1.0.
            let entry = config.into_iter().flat_map(|it| it.list("alpn_override"));
            let mut entry = entry.filter(|it| it.text("upstream_protocol").is_some_and(|it| it == wanted));
            if let Some(entry) = entry.next() {
                protocols =
                    entry.list("alpn_override").filter_map(Node::str).map(|it| it.into_owned()).collect();
            }
        },
    );
    out.alpn = cut(&protocols.join(", "));
    let secret = common.list("tls_certificate_sds_secret_configs").next();
    let secret = secret.and_then(|it| it.text("name")).unwrap_or_default();
    out.identity = identity(subject, &secret).unwrap_or_default();
}

/// The URI in the certificate that a secret holds.
pub fn identity(subject: Subject<'_>, secret: &str) -> Option<String> {
    let (_, it) = subject.dump.of(Kind::Secret).find(|(_, it)| it.name(&subject.of.bytes) == secret)?;
    let tree = it.body(&subject.of.bytes).ok()?;
    let chain = tree.root().path(&["tls_certificate", "certificate_chain"])?;
    let blocks = match (chain.text("inline_bytes"), chain.text("inline_string")) {
        (Some(bytes), _) => pem_blocks(&bytes),
        (None, Some(text)) => crate::envoy::certificate::pem(&text),
        (None, None) => return None,
    };
    let certificate = Certificate::parse(&blocks.first()?.der)?;
    certificate.uris.into_iter().find(|it| it.starts_with("spiffe://"))
}
