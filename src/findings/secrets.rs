//! Secrets: whether they arrived, and whether the certificates in them are valid.

use super::finding::{Evidence, Finding, Need, Severity, Subject};
use super::site::Cx;
use crate::envoy::certificate::{Certificate, Moment, pem_blocks};
use crate::envoy::{Kind, ResourceId, Secret, State};
use crate::instant::Instant;
use crate::json::{Node, pluck_text};

/// The names of secrets that a TLS context asks for, by SDS or of the bootstrap.
pub fn names(tls: Node<'_>) -> Vec<Node<'_>> {
    let Some(common) = tls.get("common_tls_context") else { return Vec::new() };
    let combined = common.get("combined_validation_context");
    let validation = combined.or(Some(common)).and_then(|it| it.get("validation_context_sds_secret_config"));
    let certificates = common.list("tls_certificate_sds_secret_configs");
    certificates.chain(validation).filter_map(|it| it.get("name")).collect()
}

/// Notes which secrets a TLS context wants.
pub fn wanted_by(cx: &mut Cx<'_, '_>, at: ResourceId, contexts: Vec<Node<'_>>, listeners: &[String]) {
    if cx.site.planned {
        return;
    }
    for name in contexts.into_iter().flat_map(names) {
        let Some(text) = name.str().filter(|it| !it.is_empty()) else { continue };
        let place = cx.site.place(at);
        let wanted = cx.traffic.secrets.entry(text.into_owned()).or_default();
        wanted.by += 1;
        wanted.first.get_or_insert((place, name.span()));
        for listener in listeners {
            if wanted.listeners.len() < super::traffic::MOST_NAMES && !wanted.listeners.contains(listener) {
                wanted.listeners.push(listener.clone());
            }
        }
    }
}

/// Check 32: every secret that is asked for has arrived. Due when all listeners and clusters were read.
pub fn missing(cx: &mut Cx<'_, '_>) {
    let site = *cx.site;
    let wanted = std::mem::take(&mut cx.traffic.secrets);
    if !site.complete(Kind::Secret) {
        // An Envoy that has no secret at all has no section; so has a filtered dump.
        if !wanted.is_empty() {
            cx.not_judged("secret-missing", if site.whole { Need::Secrets } else { Need::WholeDump });
        }
        cx.traffic.secrets = wanted;
        return;
    }
    for (name, it) in &wanted {
        let found = site.find(Kind::Secret, name);
        let case = match found {
            None => "unknown",
            Some(id) if site.state(id) == State::Warming => "",
            Some(id) if is_uninitialized(cx, id) => "",
            Some(_) => continue,
        };
        let mut finding = Finding::new("secret-missing", Severity::Error, Subject::Secret, name.clone())
            .case(if it.listeners.is_empty() && case.is_empty() { "clusters" } else { case })
            .arg("secret", name)
            .arg("count", it.by);
        if let Some(id) = found {
            let resource = site.dump.get(id);
            let span = resource.map(|it| it.wrapper);
            let version = span.and_then(|it| pluck_text(site.bytes, it, &["version_info"]));
            let value =
                version.map(|it| String::from_utf8_lossy(it.of(site.bytes)).into_owned()).unwrap_or_default();
            let mut fact = Evidence::at(site.document, span, format!("WARMING, version_info: {value}"));
            fact.resource = Some(site.place(id));
            finding = finding.evidence(fact);
            finding.places.push(site.place(id));
        }
        if let Some((place, span)) = it.first {
            let mut fact = Evidence::at(site.document, Some(span), name.clone());
            fact.resource = Some(place);
            finding = finding.evidence(fact);
            finding.places.push(place);
        }
        finding.listeners.clone_from(&it.listeners);
        if !it.listeners.is_empty() {
            finding = finding.arg("listeners", it.listeners.join(", "));
        }
        cx.report_alone(finding);
    }
    cx.traffic.secrets = wanted;
}

/// Some versions list a secret that never came as active, without content.
fn is_uninitialized(cx: &Cx<'_, '_>, id: ResourceId) -> bool {
    let site = cx.site;
    let version = site.dump.get(id).and_then(|it| pluck_text(site.bytes, it.wrapper, &["version_info"]));
    version.is_some_and(|it| it.of(site.bytes) == b"uninitialized")
}

/// How long before its end a certificate is worth a word: an authority's, and one that is renewed by hand.
const SOON: i64 = 7 * 86_400;
/// The same for a workload's, which lives for a day and is renewed at its half.
const SOON_WORKLOAD: i64 = 3600;

/// The capture's time is the latest instant in it: a certificate that was just made may be younger.
const SKEW: i64 = 300;

/// Check 31: every certificate of a secret at the capture's time.
pub fn secret(cx: &mut Cx<'_, '_>, id: ResourceId, node: Node<'_>) {
    let site = *cx.site;
    if !matches!(site.state(id), State::Active | State::Static) || site.planned {
        return;
    }
    let secret = Secret(node);
    let name = secret.name();
    let mut parts: Vec<(String, &[&str])> = vec![
        (secret.certificate_chain().into_owned(), &["tls_certificate", "certificate_chain"]),
        (secret.trusted_ca().into_owned(), &["validation_context", "trusted_ca"]),
    ];
    if let Some(bundles) = secret.trust_bundles() {
        let whole: &[&str] = &["validation_context", "custom_validator_config"];
        parts.extend(bundles.map(|(_, bundle)| (bundle.into_owned(), whole)));
    }
    for (bytes, path) in parts {
        let blocks = pem_blocks(&bytes);
        let certificates: Vec<Certificate> =
            blocks.iter().filter_map(|it| Certificate::parse(&it.der)).collect();
        let authorities = certificates.len();
        let Some(now) = cx.now else {
            if !certificates.is_empty() {
                cx.not_judged("certificate-expired", Need::Time);
            }
            continue;
        };
        // Of several authorities one valid one is enough to trust by; the others are being rotated out.
        let is_trust = path.first() == Some(&"validation_context");
        let valid = certificates.iter().filter(|it| it.valid_at(now)).count();
        for it in &certificates {
            let Some((check, case, severity)) = judge(it, now) else { continue };
            let severity = if is_trust && valid > 0 && authorities > 1 { Severity::Note } else { severity };
            let at = node.path(path).unwrap_or(node);
            let mut fact = site.evidence(id, at);
            fact.value = format!("serial {}, {} to {}", it.serial, it.not_before, it.not_after);
            let mut finding = Finding::new(check, severity, Subject::Secret, name.clone())
                .case(case)
                .cause(it.serial.clone())
                .arg("secret", &name)
                .arg("subject", who(it))
                .arg("until", it.not_after)
                .arg("from", it.not_before)
                .arg("now", now)
                .evidence(fact);
            if let Some(wanted) = cx.traffic.secrets.get(name.as_ref()) {
                finding.listeners.clone_from(&wanted.listeners);
            }
            cx.report(id, finding);
        }
    }
}

fn who(it: &Certificate) -> String {
    let name = it.uris.first().or(it.dns_names.first()).cloned();
    name.unwrap_or_else(|| it.subject.clone())
}

fn judge(it: &Certificate, now: Instant) -> Option<(&'static str, &'static str, Severity)> {
    let later = |seconds: i64| Instant(now.0.saturating_add(seconds.saturating_mul(1_000_000_000)));
    let before = |end: Moment, at: Instant| end.cmp_instant(at).is_le();
    let workload = !it.is_ca && it.uris.iter().any(|it| it.starts_with("spiffe://"));
    if before(it.not_after, now) {
        Some(("certificate-expired", "", Severity::Error))
    } else if it.not_before.cmp_instant(later(SKEW)).is_gt() {
        Some(("certificate-expired", "early", Severity::Error))
    } else if before(it.not_after, later(if workload { SOON_WORKLOAD } else { SOON })) {
        Some(("certificate-expiring", "", Severity::Warning))
    } else {
        None
    }
}
