//! How istioctl reads a cluster's name.

/// The parts of `outbound|9080|v1|reviews.default.svc.cluster.local`, in the order by which istioctl sorts clusters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SubsetKey<'a> {
    pub host: &'a str,
    pub subset: &'a str,
    pub port: i64,
    pub direction: &'a str,
}

impl<'a> SubsetKey<'a> {
    /// Takes a name apart; `None` for one that Istio did not compose. A host with a bar in it reads as empty (Istio,
    /// pilot/pkg/model/service.go, `ParseSubsetKey`).
    pub(super) fn parse(name: &'a str) -> Option<SubsetKey<'a>> {
        if name.bytes().filter(|byte| *byte == b'|').count() < 3 {
            return None;
        }
        let dns = name.starts_with("outbound_.") || name.starts_with("inbound_.");
        let separator = if dns { "_." } else { "|" };
        let mut parts = name.splitn(4, separator);
        let direction = parts.next().unwrap_or("");
        let port = parts.next().unwrap_or("");
        let subset = parts.next().unwrap_or("");
        let host = parts.next().filter(|it| !it.contains(separator)).unwrap_or("");
        Some(SubsetKey { host, subset, port: port.parse().unwrap_or(0), direction })
    }

    /// By what a row is sorted: a name that is not composed is a host.
    pub(super) fn sorting(name: &'a str) -> SubsetKey<'a> {
        SubsetKey::parse(name).unwrap_or(SubsetKey { host: name, subset: "", port: 0, direction: "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_as_istioctl_does() {
        let key = SubsetKey::parse("outbound|9080|v1|a.b").unwrap();
        assert_eq!((key.host, key.subset, key.port, key.direction), ("a.b", "v1", 9080, "outbound"));
        assert_eq!(SubsetKey::parse("inbound|x||").unwrap().port, 0);
        assert_eq!(SubsetKey::parse("outbound|1||a|b").unwrap().host, "");
        assert_eq!(SubsetKey::parse("outbound_.80_._.a.b"), None);
    }
}
