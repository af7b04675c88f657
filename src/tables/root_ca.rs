//! `istioctl proxy-config rootca-compare` (istioctl/pkg/proxyconfig/proxyconfig.go).

use super::{Dump, Lack, Trouble};
use crate::envoy::certificate::{PemBlock, pem_blocks};
use crate::envoy::{Kind, Secret, State};

/// The certificates that a proxy checks its peers' against: those of its secret `ROOTCA`.
///
/// # Errors
/// Where the dump has no such secret, or it is not JSON.
pub fn certificates(dump: Dump<'_>) -> Result<Vec<PemBlock>, Trouble> {
    let secrets = dump.required(Kind::Secret, &[State::Active], "SecretsConfigDump", "secrets")?;
    let found = secrets.into_iter().find(|(_, it)| it.name(dump.bytes) == "ROOTCA");
    let (_, secret) = found.ok_or(Lack::Empty { what: "secret ROOTCA", warming: 0, rejected: 0 })?;
    let tree = secret.body(dump.bytes)?;
    Ok(pem_blocks(&Secret(tree.root()).trusted_ca()))
}

/// Whether two proxies have a certificate in common, and so can trust each other.
pub fn in_common(one: &[PemBlock], other: &[PemBlock]) -> bool {
    one.iter().any(|it| other.contains(it))
}
