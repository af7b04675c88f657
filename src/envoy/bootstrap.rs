//! What an Envoy was started with.

use super::{ProxyNode, text};
use crate::json::Node;

/// `envoy.config.bootstrap.v3.Bootstrap`
#[derive(Clone, Copy, Debug)]
pub struct Bootstrap<'t>(pub Node<'t>);

impl<'t> Bootstrap<'t> {
    /// Who it is.
    pub fn node(self) -> Option<ProxyNode<'t>> {
        self.0.get("node").map(ProxyNode)
    }

    /// Clusters, listeners and secrets that it brings along.
    pub fn static_resources(self) -> Option<Node<'t>> {
        self.0.get("static_resources")
    }

    /// `layered_runtime`
    pub fn layered_runtime(self) -> Option<Node<'t>> {
        self.0.get("layered_runtime")
    }
}

impl ProxyNode<'_> {
    /// `1.40.0-label/Clean/RELEASE/BoringSSL`: version and build of `user_agent_build_version`, in istioctl's words
    /// (Istio, istioctl/pkg/writer/envoy/configdump/configdump.go).
    pub fn build(self) -> String {
        let build = self.0.get("user_agent_build_version");
        let version = build.and_then(|it| it.get("version"));
        let part = |key| version.and_then(|it| it.number(key)).unwrap_or(0);
        let mut out = format!("{}.{}.{}", part("major_number"), part("minor_number"), part("patch"));
        for (key, before) in
            [("build.label", '-'), ("revision.status", '/'), ("build.type", '/'), ("ssl.version", '/')]
        {
            if let Some(value) = build.and_then(|it| it.get("metadata")).and_then(|it| it.get(key)) {
                out.push(before);
                out.push_str(&value.str().unwrap_or_default());
            }
        }
        out
    }

    /// `ISTIO_PROXY_SHA` without what stands before its colon.
    pub fn istio_proxy_sha(self) -> String {
        let sha = self.0.get("metadata").map(|it| text(it, "ISTIO_PROXY_SHA")).unwrap_or_default();
        let mut parts = sha.split(':');
        let first = parts.next().unwrap_or("");
        parts.next().unwrap_or(first).to_owned()
    }
}
