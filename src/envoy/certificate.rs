//! X.509 certificates, as secrets carry them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use x509_parser::prelude::{ASN1Time, FromDer, GeneralName, X509Certificate};

use crate::instant::Instant;

/// What is to be known of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Whose it is.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// Its serial number, hexadecimal, at least 32 digits.
    pub serial: String,
    /// From when on it is valid.
    pub not_before: Moment,
    /// Until when.
    pub not_after: Moment,
    /// Whether it may sign others.
    pub is_ca: bool,
    /// URIs that it names, `spiffe://…` for instance.
    pub uris: Vec<String>,
    /// Hosts that it names.
    pub dns_names: Vec<String>,
    /// Addresses that it names.
    pub ip_addresses: Vec<String>,
    /// Algorithm and size of its key: `EC 256`, `RSA 2048`.
    pub key: String,
}

/// A point in time to the second; certificates may be valid for longer than an [`Instant`] reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Since 1970.
    seconds: i64,
    /// Year, month, day, hour, minute, second.
    civil: [i32; 6],
}

impl Moment {
    fn of(time: ASN1Time) -> Moment {
        let it = time.to_datetime();
        let (hour, minute, second) = it.to_hms();
        let civil = [it.year(), u8::from(it.month()).into(), it.day().into(), hour.into(), minute.into()];
        let [year, month, day, hour, minute] = civil;
        Moment { seconds: time.timestamp(), civil: [year, month, day, hour, minute, second.into()] }
    }

    /// How it lies to an instant.
    pub fn cmp_instant(self, instant: Instant) -> std::cmp::Ordering {
        (i128::from(self.seconds) * 1_000_000_000).cmp(&i128::from(instant.0))
    }
}

/// RFC 3339.
impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [year, month, day, hour, minute, second] = self.civil;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// What stands between two lines of PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PemBlock {
    /// `CERTIFICATE`
    pub label: String,
    /// Its bytes.
    pub der: Vec<u8>,
}

impl Certificate {
    /// Reads DER; `None` where it is no certificate.
    pub fn parse(der: &[u8]) -> Option<Certificate> {
        let (_, it) = X509Certificate::from_der(der).ok()?;
        let mut found = Certificate {
            subject: it.subject().to_string(),
            issuer: it.issuer().to_string(),
            serial: format!("{:0>32}", it.tbs_certificate.serial.to_str_radix(16)),
            not_before: Moment::of(it.validity().not_before),
            not_after: Moment::of(it.validity().not_after),
            is_ca: it.is_ca(),
            uris: Vec::new(),
            dns_names: Vec::new(),
            ip_addresses: Vec::new(),
            key: key(&it),
        };
        if let Ok(Some(names)) = it.subject_alternative_name() {
            for name in &names.value.general_names {
                match name {
                    GeneralName::URI(uri) => found.uris.push((*uri).to_owned()),
                    GeneralName::DNSName(name) => found.dns_names.push((*name).to_owned()),
                    GeneralName::IPAddress(bytes) => found.ip_addresses.extend(ip_address(bytes)),
                    _ => {}
                }
            }
        }
        Some(found)
    }

    /// Whether it is valid at an instant.
    pub fn valid_at(&self, now: Instant) -> bool {
        self.not_before.cmp_instant(now).is_lt() && self.not_after.cmp_instant(now).is_gt()
    }

    /// The trust domain of its SPIFFE id, the last one where it has several; empty without.
    pub fn trust_domain(&self) -> &str {
        let mut domains = self.uris.iter().filter_map(|it| it.strip_prefix("spiffe://"));
        domains.next_back().map_or("", |it| it.split(['/', '?', '#']).next().unwrap_or(""))
    }
}

fn ip_address(bytes: &[u8]) -> Option<String> {
    let four = <[u8; 4]>::try_from(bytes).map(|it| core::net::IpAddr::from(it).to_string());
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(|it| core::net::IpAddr::from(it).to_string())).ok()
}

fn key(of: &X509Certificate<'_>) -> String {
    use x509_parser::public_key::PublicKey;
    match of.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => format!("RSA {}", key.key_size()),
        Ok(PublicKey::EC(key)) => format!("EC {}", key.key_size()),
        Ok(PublicKey::DSA(_)) => "DSA".to_owned(),
        _ if of.public_key().algorithm.algorithm.to_id_string() == "1.3.101.112" => "Ed25519".to_owned(),
        _ => of.public_key().algorithm.algorithm.to_id_string(),
    }
}

/// The PEM blocks of an `inline_bytes`, which is base64 in JSON.
pub fn pem_blocks(inline_bytes: &str) -> Vec<PemBlock> {
    let Ok(text) = STANDARD.decode(inline_bytes) else { return Vec::new() };
    pem(&String::from_utf8_lossy(&text))
}

/// The PEM blocks of a text, in order; what is between them is passed over, and so is a block that is not base64.
pub fn pem(text: &str) -> Vec<PemBlock> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let Some((label, body)) = after.split_once("-----") else { break };
        let Some((body, after)) = body.split_once(&format!("-----END {label}-----")) else {
            rest = after;
            continue;
        };
        rest = after;
        let digits: String = body.chars().filter(|it| !it.is_ascii_whitespace()).collect();
        if let Ok(der) = STANDARD.decode(digits) {
            blocks.push(PemBlock { label: label.to_owned(), der });
        }
    }
    blocks
}
