//! `istioctl ztunnel-config certificate` (certificates.go).

use crate::instant::Instant;
use crate::tables::text::TextTable;
use crate::ztunnel::{Cert, Certificates, ZtunnelDump};

/// A certificate of an identity, or an identity without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRow {
    /// `spiffe://…`
    pub identity: String,
    /// `Leaf`, `Intermediate`, `Root`; `NA` without a certificate.
    pub kind: &'static str,
    /// `Available`, `Initializing`, `Unavailable`
    pub state: String,
    /// Whether it is valid at the time asked about.
    pub valid: bool,
    /// Hexadecimal.
    pub serial: String,
    /// As the dump spells it.
    pub not_after: String,
    /// As the dump spells it.
    pub not_before: String,
}

/// The certificates, in the dump's order. `now`: when they have to be valid.
pub fn rows(of: ZtunnelDump<'_>, now: Instant) -> Vec<CertificateRow> {
    of.certificates().flat_map(|it| rows_of(it, now)).collect()
}

fn rows_of(of: Certificates<'_>, now: Instant) -> Vec<CertificateRow> {
    let state = of.state();
    let state = if state.contains("Unavailable") { "Unavailable".to_owned() } else { state.into_owned() };
    let row = |kind: &'static str, cert: Option<Cert<'_>>| CertificateRow {
        identity: of.identity().into_owned(),
        kind,
        state: state.clone(),
        valid: cert.is_some_and(|it| is_valid(it, now)),
        serial: cert.map_or_else(|| "NA".to_owned(), |it| hexadecimal(&it.serial_number())),
        not_after: or_na(cert.map(Cert::expiration_time)),
        not_before: or_na(cert.map(Cert::valid_from)),
    };
    let chain: Vec<_> = of.cert_chain().collect();
    let roots: Vec<_> = of.root_certs().collect();
    if chain.is_empty() {
        return vec![row("NA", None)];
    }
    let last = chain.len() - 1;
    let kind = |at: usize| match at {
        0 => "Leaf",
        // Before there was a list of them, the root was the end of the chain.
        _ if at == last && roots.is_empty() => "Root",
        _ => "Intermediate",
    };
    let chain = chain.iter().enumerate().map(|(at, it)| row(kind(at), Some(*it)));
    chain.chain(roots.iter().map(|it| row("Root", Some(*it)))).collect()
}

fn or_na(text: Option<std::borrow::Cow<'_, str>>) -> String {
    text.filter(|it| !it.is_empty()).map_or_else(|| "NA".to_owned(), std::borrow::Cow::into_owned)
}

fn is_valid(of: Cert<'_>, now: Instant) -> bool {
    match (Instant::parse(&of.valid_from()), Instant::parse(&of.expiration_time())) {
        (Some(from), Some(until)) => from < now && now < until,
        _ => false,
    }
}

/// A decimal number of any length as a hexadecimal one; `<nil>` for what is no number, as Go prints it.
pub(crate) fn hexadecimal(decimal: &str) -> String {
    let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal), |it| ("-", it));
    if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return "<nil>".to_owned();
    }
    // Least significant first, to the base of 2^32.
    let mut limbs: Vec<u32> = vec![0];
    for digit in digits.bytes() {
        let mut carry = u64::from(digit - b'0');
        for limb in &mut limbs {
            let value = u64::from(*limb) * 10 + carry;
            *limb = u32::try_from(value & u64::from(u32::MAX)).unwrap_or(0);
            carry = value >> 32;
        }
        if carry > 0 {
            limbs.push(u32::try_from(carry).unwrap_or(0));
        }
    }
    let mut out: String = limbs.iter().rev().map(|it| format!("{it:08x}")).collect();
    let zeros = out.len() - out.trim_start_matches('0').len();
    out.drain(..zeros.min(out.len() - 1));
    format!("{sign}{out}")
}

/// The table as istioctl prints it.
pub fn text(rows: &[CertificateRow]) -> String {
    let titles =
        ["CERTIFICATE NAME", "TYPE", "STATUS", "VALID CERT", "SERIAL NUMBER", "NOT AFTER", "NOT BEFORE"];
    let mut table = TextTable::new(5, &titles);
    for row in rows {
        table.row([
            row.identity.clone(),
            row.kind.to_owned(),
            row.state.clone(),
            row.valid.to_string(),
            row.serial.clone(),
            row.not_after.clone(),
            row.not_before.clone(),
        ]);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_serial_numbers_become_hexadecimal() {
        for (decimal, want) in [
            ("0", "0"),
            ("255", "ff"),
            ("4294967296", "100000000"),
            ("340282366920938463463374607431768211455", "ffffffffffffffffffffffffffffffff"),
            ("", "<nil>"),
            ("12a", "<nil>"),
        ] {
            assert_eq!(hexadecimal(decimal), want);
        }
    }
}
