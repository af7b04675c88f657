//! How an endpoint is spoken to: plain or TLS, with which names (source/common/upstream/transport_socket_match_impl.cc).

use serde_json::Value;

use super::run::{Run, considered};
use super::step::{Considered, StepKind, What, Why};
use crate::envoy::{Cluster, Extension, LbEndpoint};
use crate::json::Node;

/// How many endpoints a step lists.
const MOST: usize = 8;

/// Notes, for each endpoint, the transport socket that its labels choose.
pub(super) fn note<'t>(run: &mut Run<'t, '_>, cluster: Cluster<'t>) {
    if !run.telling() {
        return;
    }
    let asked = cluster.eds_service_name().unwrap_or_else(|| cluster.name());
    let assignment = run.tracer.endpoints(&asked).or_else(|| cluster.load_assignment());
    let hosts = assignment.into_iter().flat_map(|it| it.localities()).flat_map(|it| it.endpoints());
    let mut out: Vec<Considered> = hosts.take(MOST).map(|it| host(cluster, it)).collect();
    if out.is_empty() {
        out.push(told(cluster, "", cluster.transport_socket()));
    }
    run.step(StepKind::TransportSocket, Some(cluster.0.span()), true, |_| out);
}

fn host<'t>(cluster: Cluster<'t>, endpoint: LbEndpoint<'t>) -> Considered {
    let labels: Option<Value> =
        endpoint.transport_socket_labels().and_then(|it| serde_json::from_slice(it.raw()).ok());
    let address = endpoint.address().and_then(|it| it.kind()).map_or_else(String::new, |it| it.to_string());
    let fits = |it: &Node<'t>| {
        let wanted: Value =
            it.get("match").and_then(|it| serde_json::from_slice(it.raw()).ok()).unwrap_or(Value::Null);
        let Some(wanted) = wanted.as_object() else { return true };
        wanted.iter().all(|(key, value)| labels.as_ref().and_then(|it| it.get(key)) == Some(value))
    };
    let matched = cluster.transport_socket_matches().find(fits);
    match matched {
        Some(it) => told(cluster, &address, it.get("transport_socket").map(Extension)),
        None => told(cluster, &address, cluster.transport_socket()),
    }
}

/// What a socket is: TLS with its SNI and the names that it expects, or plain.
fn told<'t>(cluster: Cluster<'t>, address: &str, socket: Option<Extension<'t>>) -> Considered {
    let config = socket.and_then(|it| it.config());
    let context = config
        .filter(|it| it.message() == "UpstreamTlsContext")
        .map(|it| it.node)
        .or_else(|| cluster.tls_context());
    let Some(context) = context else {
        return considered(address, true, Why::Missing(What::Tls), Some(socket.map_or(cluster.0, |it| it.0)));
    };
    let sni = context.text("sni").unwrap_or_default();
    let common = context.get("common_tls_context");
    let validation = common.and_then(|it| {
        it.path(&["combined_validation_context", "default_validation_context"])
            .or_else(|| it.get("validation_context"))
    });
    let names = validation.into_iter().flat_map(|it| it.list("match_subject_alt_names"));
    let names = names.filter_map(|it| crate::envoy::StringMatcher(it).pattern());
    let names: Vec<String> = names.map(|it| super::text_match::wanted(&it)).collect();
    let certificate =
        common.and_then(|it| it.list("tls_certificate_sds_secret_configs").next()?.text("name"));
    let certificate = certificate.unwrap_or_default();
    let said = Why::Upstream(sni.into_owned(), certificate.into_owned(), names.join(", "));
    considered(address, true, said, Some(context))
}
