//! Certificates that Envoy still holds (`/certs`), and that its secrets no longer have.

use std::collections::BTreeSet;

use super::finding::{Evidence, Finding, Need, Severity, Subject};
use super::found::Found;
use super::proxy_name;
use super::site::Site;
use crate::capture::{Capture, ProxyId};
use crate::envoy::certificate::{Certificate, pem_blocks};
use crate::envoy::{Kind, Secret, State};
use crate::instant::Instant;
use crate::intake::Kind as Page;

/// Check 31, of the page: it lists the certificates of every TLS context that is alive, those of old connections too
/// (envoy, source/server/admin/certs_handler.cc). What the secrets hold themselves is judged there.
pub fn held(capture: &Capture, id: ProxyId, now: Option<Instant>, found: &mut Found) {
    let Some(proxy) = capture.proxy(id) else { return };
    let pages = proxy.documents.iter().filter_map(|it| Some((*it, capture.document(*it)?)));
    for (document, page) in pages.filter(|it| it.1.kind == Page::EnvoyCerts) {
        let Some(now) = now else {
            found.not_judged("certificate-held", Need::Time, Some(id));
            continue;
        };
        let Some(tree) = page.tree() else { continue };
        let mut known = None;
        for it in
            tree.root().list("certificates").flat_map(|it| it.list("cert_chain").chain(it.list("ca_cert")))
        {
            let (Some(serial), Some(until)) = (it.text("serial_number"), it.text("expiration_time")) else {
                continue;
            };
            if Instant::parse(&until).is_none_or(|it| it > now) {
                continue;
            }
            let known = known.get_or_insert_with(|| serials(capture, id));
            if known.contains(number(&serial)) {
                continue;
            }
            let names = it.list("subject_alt_names").filter_map(|it| it.fields().next()?.1.str());
            let subject =
                names.map(|it| it.into_owned()).next().unwrap_or_else(|| serial.clone().into_owned());
            let name = proxy_name(proxy);
            let mut finding =
                Finding::new("certificate-held", Severity::Warning, Subject::Proxy, name.clone())
                    .cause(serial.clone())
                    .arg("proxy", name)
                    .arg("subject", subject)
                    .arg("until", &until)
                    .evidence(Evidence::of(document, it))
                    .likely();
            finding.namespace.clone_from(&proxy.identity.namespace);
            finding.proxies.push(id);
            found.push(finding);
        }
    }
}

/// Without the zeros that one prints before it and another does not.
fn number(serial: &str) -> &str {
    serial.trim_start_matches('0')
}

/// The serial numbers of the certificates in a proxy's secrets.
fn serials(capture: &Capture, id: ProxyId) -> BTreeSet<String> {
    let site = capture.proxy(id).and_then(|it| Site::of(capture, id, it.dump?));
    let mut found = BTreeSet::new();
    for (site, (_, it)) in site.iter().flat_map(|site| site.dump.of(Kind::Secret).map(move |it| (site, it))) {
        if !matches!(it.state, State::Active | State::Static) {
            continue;
        }
        let Ok(tree) = it.body(site.bytes) else { continue };
        let secret = Secret(tree.root());
        let texts = secret.trusted().chain([secret.certificate_chain()]);
        let blocks = texts.flat_map(|it| pem_blocks(&it));
        let certificates = blocks.filter_map(|it| Certificate::parse(&it.der));
        found.extend(certificates.map(|it| number(&it.serial).to_owned()));
    }
    found
}
