//! Whether the handshake with the client succeeds (source/common/tls).

use super::request::Protocol;
use super::run::{Flow, Run};
use super::source::Tracer;
use super::step::{Outcome, StepKind, Truth, What, Why};
use super::text_match::string_node;
use crate::envoy::{FilterChain, Kind, Secret};
use crate::json::Node;

/// Ends TLS where the chain does, or leaves the bytes as they come.
pub(super) fn handshake<'t>(run: &mut Run<'t, '_>, chain: FilterChain<'t>) -> Flow<()> {
    let Some(context) = chain.tls_context() else { return Ok(()) };
    let place = Some(context.span());
    let name = chain.transport_socket().map_or_else(|| "tls".to_owned(), |it| it.name().into_owned());
    if !run.request.protocol().tls() {
        run.note(StepKind::Tls, &name, Why::Missing(What::Tls), place);
        return run.end(Outcome::TlsRejected);
    }
    run.connection.tls = true;
    let required = context.get("require_client_certificate").and_then(Node::bool).unwrap_or(false);
    match run.request.identity.clone() {
        None if required => {
            run.note(StepKind::Tls, &name, Why::Missing(What::ClientCertificate), place);
            return run.end(Outcome::TlsRejected);
        }
        None => run.note(StepKind::Tls, &name, Why::Taken, place),
        Some(identity) => {
            // Whether the certificate is signed by the right authority is taken for granted: it is not in the request.
            match allowed(run.tracer, context, &identity) {
                Truth::No => {
                    let wants = wanted(run.tracer, context);
                    run.note(
                        StepKind::Tls,
                        &name,
                        Why::Differs(What::ClientCertificate, wants, identity),
                        place,
                    );
                    return run.end(Outcome::TlsRejected);
                }
                Truth::Yes => {
                    run.note(
                        StepKind::Tls,
                        &name,
                        Why::Meets(What::ClientCertificate, identity.clone()),
                        place,
                    );
                }
                Truth::Unknown => {
                    let why = Why::Beyond(What::ClientCertificate, identity.clone());
                    run.note(StepKind::Tls, &name, why, place);
                }
            }
            // Without a request for one, the client's certificate never arrives.
            if required || validation(run.tracer, context).is_some() {
                run.connection.peer = Some(identity);
            }
        }
    }
    agree(run, context);
    Ok(())
}

/// The protocol that both sides know, the server's list first (BoringSSL's SSL_select_next_proto).
fn agree(run: &mut Run<'_, '_>, context: Node<'_>) {
    let ours: Vec<_> = context
        .path(&["common_tls_context"])
        .into_iter()
        .flat_map(|it| it.list("alpn_protocols"))
        .filter_map(Node::str)
        .collect();
    let theirs = &run.request.alpn;
    let agreed = ours.iter().find(|it| theirs.iter().any(|own| own == it.as_ref()));
    if let Some(agreed) = agreed {
        run.connection.alpn = agreed.to_string();
    } else if run.request.protocol() == Protocol::TlsH2
        && theirs.is_empty()
        && ours.iter().any(|it| it == "h2")
    {
        // A client that speaks HTTP/2 in TLS offers it, even where the asker did not say so.
        run.connection.alpn = "h2".to_owned();
    }
}

/// What client certificates are checked with, from the context itself and its secrets.
fn validation<'t>(tracer: &Tracer<'t>, context: Node<'t>) -> Option<Vec<Node<'t>>> {
    let common = context.get("common_tls_context")?;
    let of_secret = |config: Option<Node<'t>>| {
        let name = config?.text("name")?;
        let id = tracer.find(Kind::Secret, &name)?;
        Secret(tracer.node(id)?).0.get("validation_context")
    };
    let combined = common.get("combined_validation_context");
    let mut out = Vec::new();
    out.extend(common.get("validation_context"));
    out.extend(of_secret(common.get("validation_context_sds_secret_config")));
    out.extend(combined.and_then(|it| it.get("default_validation_context")));
    out.extend(of_secret(combined.and_then(|it| it.get("validation_context_sds_secret_config"))));
    let named = combined.is_some() || common.get("validation_context_sds_secret_config").is_some();
    (named || !out.is_empty()).then_some(out)
}

/// Matchers of subject alternative names: with a type, and the older ones without. v2 has a list of texts.
fn names<'t>(contexts: &[Node<'t>]) -> Vec<(Option<String>, Node<'t>)> {
    let typed = contexts.iter().flat_map(|it| it.list("match_typed_subject_alt_names"));
    let typed = typed.filter_map(|it| Some((Some(it.text("san_type")?.into_owned()), it.get("matcher")?)));
    let plain = contexts.iter().flat_map(|it| it.list("match_subject_alt_names")).map(|it| (None, it));
    typed.chain(plain).collect()
}

fn allowed<'t>(tracer: &Tracer<'t>, context: Node<'t>, identity: &str) -> Truth {
    let contexts = validation(tracer, context).unwrap_or_default();
    if let Some(domains) = trust_domains(&contexts) {
        let own = identity.strip_prefix("spiffe://").and_then(|it| it.split('/').next()).unwrap_or("");
        if !domains.iter().any(|it| it == own) {
            return Truth::No;
        }
    }
    let verified: Vec<_> =
        contexts.iter().flat_map(|it| it.list("verify_subject_alt_name")).filter_map(Node::str).collect();
    if !verified.is_empty() && !verified.iter().any(|it| it == identity) {
        return Truth::No;
    }
    let names = names(&contexts);
    if names.is_empty() {
        return Truth::Yes;
    }
    Truth::any(names.into_iter().map(|(kind, matcher)| match kind.as_deref() {
        None | Some("URI") => string_node(tracer, matcher, identity),
        Some(_) => Truth::No,
    }))
}

/// The trust domains of a SPIFFE validator (source/extensions/transport_sockets/tls/cert_validator/spiffe).
fn trust_domains(contexts: &[Node<'_>]) -> Option<Vec<String>> {
    let config = contexts
        .iter()
        .find_map(|it| it.path(&["custom_validator_config", "typed_config", "trust_domains"]))?;
    Some(config.items().filter_map(|it| it.text("name").map(|it| it.into_owned())).collect())
}

fn wanted<'t>(tracer: &Tracer<'t>, context: Node<'t>) -> String {
    let contexts = validation(tracer, context).unwrap_or_default();
    let all = names(&contexts).into_iter().filter_map(|(_, it)| crate::envoy::StringMatcher(it).pattern());
    let mut all: Vec<String> = all.map(|it| super::text_match::wanted(&it)).collect();
    all.extend(trust_domains(&contexts).unwrap_or_default().into_iter().map(|it| format!("spiffe://{it}/…")));
    all.join(", ")
}
