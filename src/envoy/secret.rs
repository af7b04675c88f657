//! Secrets: certificates, and what peers' certificates are checked against.

use std::borrow::Cow;

use super::{Config, text};
use crate::json::Node;

/// `envoy.extensions.transport_sockets.tls.v3.Secret`
#[derive(Clone, Copy, Debug)]
pub struct Secret<'t>(pub Node<'t>);

impl<'t> Secret<'t> {
    /// Its name.
    pub fn name(self) -> Cow<'t, str> {
        text(self.0, "name")
    }

    /// The certificate chain that Envoy shows, PEM in base64; empty where there is none.
    pub fn certificate_chain(self) -> Cow<'t, str> {
        inline_bytes(self.0.path(&["tls_certificate", "certificate_chain"]))
    }

    /// The certificates that it trusts, PEM in base64; empty where there are none.
    pub fn trusted_ca(self) -> Cow<'t, str> {
        inline_bytes(self.0.path(&["validation_context", "trusted_ca"]))
    }

    /// All that it trusts, of every trust domain too: PEM in base64.
    pub fn trusted(self) -> impl Iterator<Item = Cow<'t, str>> + use<'t> {
        let bundles = self.trust_bundles().into_iter().flatten().map(|it| it.1);
        std::iter::once(self.trusted_ca()).chain(bundles)
    }

    /// What it trusts by trust domain: name and bundle, PEM in base64. `None` without a SPIFFE validator.
    pub fn trust_bundles(self) -> Option<impl Iterator<Item = (Cow<'t, str>, Cow<'t, str>)> + use<'t>> {
        let validator = self.0.path(&["validation_context", "custom_validator_config", "typed_config"])?;
        let config = Config::of_any(validator);
        (config.message() == "SPIFFECertValidatorConfig").then(|| {
            let domains = config.node.list("trust_domains");
            domains.map(|it| (text(it, "name"), inline_bytes(it.get("trust_bundle"))))
        })
    }
}

/// A `DataSource` that carries its bytes along.
fn inline_bytes(source: Option<Node<'_>>) -> Cow<'_, str> {
    source.map(|it| text(it, "inline_bytes")).unwrap_or_default()
}
