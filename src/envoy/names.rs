//! Istio's composed names.

/// A cluster's name taken apart: `outbound|9080|v1|reviews.default.svc.cluster.local`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceKey<'a> {
    /// `outbound`, `inbound`, `inbound-vip`, …
    pub direction: &'a str,
    /// The service's port; 0 where it is no number.
    pub port: u32,
    /// The DestinationRule's subset; empty for the whole service.
    pub subset: &'a str,
    /// The service's host.
    pub host: &'a str,
}

impl<'a> ServiceKey<'a> {
    /// Takes a name apart. None for a name that Istio did not compose (`xds-grpc`, `BlackHoleCluster`).
    ///
    /// Both forms are read: with bars, and the DNS form of SNI routing, `outbound_.9080_.v1_.reviews.default…`
    /// (Istio, pilot/pkg/model/service.go, `ParseSubsetKey`).
    pub fn parse(name: &'a str) -> Option<ServiceKey<'a>> {
        let dns = name.starts_with("outbound_.") || name.starts_with("inbound_.");
        let mut parts = name.splitn(4, if dns { '.' } else { '|' });
        let (direction, port, subset, host) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let plain = |part: &'a str| if dns { part.strip_suffix('_').unwrap_or(part) } else { part };
        Some(ServiceKey {
            direction: plain(direction),
            port: plain(port).parse().unwrap_or(0),
            subset: plain(subset),
            host,
        })
    }

    /// The name that people say: `reviews.default v1`. Kubernetes' own suffix is left out.
    pub fn short(&self) -> String {
        let host = short_host(self.host);
        match self.subset {
            "" => host.to_owned(),
            subset => format!("{host} {subset}"),
        }
    }
}

/// A host without `.svc.cluster.local`.
pub fn short_host(host: &str) -> &str {
    host.strip_suffix(".svc.cluster.local").unwrap_or(host)
}

/// The parts of Istio's node id, `sidecar~10.244.1.12~productpage-….default~default.svc.cluster.local`
/// (Istio, pilot/pkg/model/context.go, `ParseServiceNodeWithMetadata`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeId<'a> {
    /// `sidecar`, `router`, `waypoint`, `ztunnel`
    pub proxy_type: &'a str,
    /// The pod's address.
    pub ip: &'a str,
    /// The pod.
    pub pod: &'a str,
    /// The pod's namespace.
    pub namespace: &'a str,
    /// The DNS domain.
    pub domain: &'a str,
}

impl<'a> NodeId<'a> {
    /// Takes an id apart; None for the id of an Envoy that Istio does not run.
    pub fn parse(id: &'a str) -> Option<NodeId<'a>> {
        let mut parts = id.split('~');
        let (proxy_type, ip, name, domain) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let (pod, namespace) = name.split_once('.').unwrap_or((name, ""));
        Some(NodeId { proxy_type, ip, pod, namespace, domain })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_apart() {
        let v1 = ServiceKey {
            direction: "outbound",
            port: 9080,
            subset: "v1",
            host: "reviews.default.svc.cluster.local",
        };
        assert_eq!(ServiceKey::parse("outbound|9080|v1|reviews.default.svc.cluster.local"), Some(v1));
        assert_eq!(ServiceKey::parse("outbound_.9080_.v1_.reviews.default.svc.cluster.local"), Some(v1));
        assert_eq!(ServiceKey::parse("inbound|9080||").map(|key| (key.port, key.host)), Some((9080, "")));
        assert_eq!(ServiceKey::parse("BlackHoleCluster"), None);
        assert_eq!(v1.short(), "reviews.default v1");
        let id =
            NodeId::parse("sidecar~10.244.1.12~productpage-v1.default~default.svc.cluster.local").unwrap();
        assert_eq!((id.pod, id.namespace, id.ip), ("productpage-v1", "default", "10.244.1.12"));
        assert_eq!(NodeId::parse("my-envoy"), None);
    }
}
