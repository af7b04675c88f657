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
    let asked = asked(run.tracer, context);
    let required = asked == Asked::Required;
    match run.request.identity.clone() {
        None if required => {
            run.note(StepKind::Tls, &name, Why::Missing(What::ClientCertificate), place);
            return run.end(Outcome::TlsRejected);
        }
        // Without a request for one, the client's certificate never arrives.
        Some(_) if asked == Asked::Not => run.note(StepKind::Tls, &name, Why::Taken, place),
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
            run.connection.peer = Some(identity);
        }
    }
    agree(run, context);
    Ok(())
}

/// Whether a client's certificate is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Not,
    Wanted,
    Required,
}

/// A certificate whose name must match is required, whatever `require_client_certificate` says; so is one for SPIFFE's
/// validator (source/common/tls/cert_validator/default_validator.cc, initializeSslContexts; …/spiffe).
fn asked<'t>(tracer: &Tracer<'t>, context: Node<'t>) -> Asked {
    let contexts = validation(tracer, context).unwrap_or_default();
    let any = |key: &str| contexts.iter().any(|it| it.list(key).next().is_some());
    let pinned =
        any("verify_certificate_hash") || any("verify_certificate_spki") || any("verify_subject_alt_name");
    let pinned = pinned || !names(&contexts).is_empty();
    let untrusted = untrusted(&contexts);
    let spiffe = trust_domains(&contexts).is_some();
    match () {
        () if context.flag("require_client_certificate") || spiffe || pinned && !untrusted => Asked::Required,
        () if pinned || untrusted || contexts.iter().any(|it| it.get("trusted_ca").is_some()) => {
            Asked::Wanted
        }
        () => Asked::Not,
    }
}

/// Any certificate will do (`ACCEPT_UNTRUSTED`).
fn untrusted(contexts: &[Node<'_>]) -> bool {
    contexts.iter().any(|it| it.text("trust_chain_verification").is_some_and(|it| it == "ACCEPT_UNTRUSTED"))
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
    if untrusted(&contexts) {
        return Truth::Yes;
    }
    let verified: Vec<_> =
        contexts.iter().flat_map(|it| it.list("verify_subject_alt_name")).filter_map(Node::str).collect();
    if !verified.is_empty() && !verified.iter().any(|it| it == identity) {
        return Truth::No;
    }
    let mut names = names(&contexts);
    if trust_domains(&contexts).is_some() {
        // SPIFFE knows no other names.
        names.retain(|(kind, _)| kind.as_deref().is_none_or(|it| it == "URI"));
    }
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
