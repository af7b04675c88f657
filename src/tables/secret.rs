//! `istioctl proxy-config secret` (istioctl/pkg/writer/compare/sds).

use super::output::{self, Format};
use super::text::TextTable;
use super::{Dump, Lack, Listing, Trouble};
use crate::envoy::certificate::{self, Certificate};
use crate::envoy::{Kind, Resource, ResourceId, Secret, State};
use crate::instant::Instant;
use crate::json::{Tree, pluck_text, unescape};

/// A certificate of a secret, or a secret without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRow {
    /// The resource.
    pub resource: ResourceId,
    /// Its name.
    pub name: String,
    /// `ACTIVE`, `WARMING`
    pub state: &'static str,
    /// The first certificate of the chain or bundle.
    pub certificate: Option<Certificate>,
    /// The trust domain: of the bundle, else of the certificate's SPIFFE id; empty where unknown.
    pub trust_domain: String,
    /// Whether the certificate is valid at the time asked about.
    pub valid: bool,
}

/// The secrets that came by SDS, warming ones first. `now`: when certificates have to be valid.
///
/// # Errors
/// Where the dump has no section of them.
pub fn rows(dump: Dump<'_>, now: Instant) -> Result<Listing<SecretRow>, Lack> {
    let found = dump.in_states(Kind::Secret, &[State::Warming, State::Active]);
    if found.is_empty() && !dump.index.has_section(dump.bytes, "SecretsConfigDump") {
        return Err(Lack::Section("SecretsConfigDump"));
    }
    let mut listing = Listing { rows: Vec::new(), unread: Vec::new() };
    for (id, resource) in found {
        match resource.body(dump.bytes) {
            Ok(tree) => add(dump, id, resource, Secret(tree.root()), now, &mut listing.rows),
            Err(fault) => listing.unread.push(dump.unread((id, resource), fault)),
        }
    }
    Ok(listing)
}

fn add(
    dump: Dump<'_>,
    id: ResourceId,
    resource: &Resource,
    secret: Secret<'_>,
    now: Instant,
    rows: &mut Vec<SecretRow>,
) {
    let row = |name: String, inline_bytes: &str, trust_domain: &str| {
        let first = certificate::pem_blocks(inline_bytes).into_iter().next();
        let certificate = first.and_then(|it| Certificate::parse(&it.der));
        SecretRow {
            resource: id,
            name,
            state: if resource.state == State::Warming { "WARMING" } else { "ACTIVE" },
            trust_domain: match &certificate {
                Some(it) if trust_domain.is_empty() => it.trust_domain().to_owned(),
                Some(_) => trust_domain.to_owned(),
                None => String::new(),
            },
            valid: certificate.as_ref().is_some_and(|it| it.valid_at(now)),
            certificate,
        }
    };
    let outer = pluck_text(dump.bytes, resource.wrapper, &["name"]);
    let outer = outer.map_or_else(|| secret.name(), |it| unescape(it.of(dump.bytes))).into_owned();
    let (chain, trusted) = (secret.certificate_chain(), secret.trusted_ca());
    if chain.is_empty()
        && trusted.is_empty()
        && let Some(bundles) = secret.trust_bundles()
    {
        rows.extend(bundles.map(|(domain, bundle)| row(secret.name().into_owned(), &bundle, &domain)));
    } else {
        rows.push(row(outer, if chain.is_empty() { &trusted } else { &chain }, ""));
    }
}

/// The table as istioctl prints it. `named`: as a part of `proxy-config all`.
pub fn text(rows: &[SecretRow], named: bool) -> String {
    if rows.is_empty() {
        return "No active or warming secrets found.\n".to_owned();
    }
    let mut titles =
        vec!["RESOURCE NAME", "TYPE", "STATUS", "VALID CERT", "SERIAL NUMBER", "NOT AFTER", "NOT BEFORE"];
    // With all of them known, there are probably several.
    let domains = rows.iter().all(|it| !it.trust_domain.is_empty());
    if domains {
        titles.push("TRUST DOMAIN");
    }
    let mut table = TextTable::new(5, &titles);
    for row in rows {
        let of = row.certificate.as_ref();
        let kind = of.map_or("", |it| if it.is_ca { "CA" } else { "Cert Chain" });
        let mut cells = vec![
            if named { format!("secret/{}", row.name) } else { row.name.clone() },
            kind.to_owned(),
            row.state.to_owned(),
            row.valid.to_string(),
            of.map(|it| it.serial.clone()).unwrap_or_default(),
            of.map(|it| it.not_after.to_string()).unwrap_or_default(),
            of.map(|it| it.not_before.to_string()).unwrap_or_default(),
        ];
        if domains {
            cells.push(row.trust_domain.clone());
        }
        table.push(cells);
    }
    table.to_string()
}

/// The whole section, static secrets too. Private keys are what Envoy left of them.
///
/// # Errors
/// Where the dump has no such section, or it is not JSON.
pub fn print(dump: Dump<'_>, format: Format) -> Result<String, Trouble> {
    let section = dump.section("SecretsConfigDump").ok_or(Lack::Section("SecretsConfigDump"))?;
    Ok(output::message(Tree::parse(dump.bytes, section)?.root(), format))
}
