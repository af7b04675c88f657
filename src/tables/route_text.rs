//! How istioctl words routes and owners.

use std::collections::BTreeSet;

use crate::envoy::{Owner, PathMatch, RouteMatch, VirtualHost};

/// `name.namespace` of the Istio resource; `<unknown>` for an owner of another kind (istioctl,
/// writer/envoy/configdump/route.go, `describeManagement`).
pub(super) fn management(owner: Option<&Owner<'_>>) -> String {
    let Some(owner) = owner else { return String::new() };
    if !owner.0.starts_with("/apis/networking.istio.io/") {
        return "<unknown>".to_owned();
    }
    let parts: Vec<&str> = owner.0.split('/').collect();
    match parts[..] {
        [_, _, _, _, _, namespace, _, name] => format!("{name}.{namespace}"),
        _ => String::new(),
    }
}

/// What a route wants of the path; headers are left out (listener.go, `describeMatch`).
pub(super) fn path(of: Option<RouteMatch<'_>>) -> String {
    match of.and_then(RouteMatch::path) {
        Some(PathMatch::Prefix(prefix)) if !prefix.is_empty() => format!("{prefix}*"),
        Some(PathMatch::PathSeparatedPrefix(prefix)) if !prefix.is_empty() => format!("PathPrefix:{prefix}"),
        Some(PathMatch::Path(path)) => path.into_owned(),
        Some(PathMatch::Regex(regex)) => format!("regex {regex}"),
        _ => String::new(),
    }
}

/// The first two domains without a port, the rest as a number (route.go, `describeRouteDomains`).
pub(super) fn domains(host: VirtualHost<'_>) -> String {
    let all: Vec<_> = host.domains().collect();
    if let [only] = &all[..] {
        return only.clone().into_owned();
    }
    let plain = all.iter().map(AsRef::as_ref).filter(|it: &&str| match it.matches(':').count() {
        0 => true,
        1 | 2 => false,
        // More colons are an IPv6 address; in brackets and nothing behind them it has no port.
        _ => it.ends_with(']'),
    });
    let shown = without_expansions(&plain.collect::<Vec<_>>());
    match shown.len() {
        0..=2 => shown.join(", "),
        more => format!("{} + {} more...", shown[..2].join(", "), more - 2),
    }
}

/// Leaves out `a.svc.cluster.local` and `a.svc` where `a` is there (route.go, `unexpandDomains`).
fn without_expansions<'a>(domains: &[&'a str]) -> Vec<&'a str> {
    let all: BTreeSet<&str> = domains.iter().copied().collect();
    let expanded = |domain: &str| {
        let short =
            [".svc.cluster.local", ".svc"].into_iter().filter_map(|suffix| domain.strip_suffix(suffix));
        short.into_iter().any(|it| all.contains(it))
    };
    domains.iter().copied().filter(|it| !expanded(it)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Tree;

    fn cut(domains: &[&str]) -> String {
        let json = serde_json::json!({ "domains": domains }).to_string();
        let tree = Tree::whole(json.as_bytes()).unwrap();
        super::domains(VirtualHost(tree.root()))
    }

    #[test]
    fn cuts_the_list_of_domains() {
        assert_eq!(cut(&[]), "");
        assert_eq!(cut(&["a:80"]), "a:80");
        assert_eq!(cut(&["a.b.svc.cluster.local", "a.b.svc.cluster.local:80", "a.b", "a.b.svc"]), "a.b");
        assert_eq!(cut(&["a", "b", "c", "d:1"]), "a, b + 1 more...");
        assert_eq!(cut(&["[fd00:10:96::7fc7]", "[fd00:10:96::7fc7]:8090"]), "[fd00:10:96::7fc7]");
        assert_eq!(cut(&["x:1", "y:2"]), "");
    }

    #[test]
    fn names_the_owner() {
        let name = |path: &'static str| management(Some(&Owner(path.into())));
        assert_eq!(
            name("/apis/networking.istio.io/v1/namespaces/default/destination-rule/reviews"),
            "reviews.default"
        );
        assert_eq!(name("/apis/networking.istio.io/v1/odd"), "");
        assert_eq!(name("/apis/gateway.networking.k8s.io/v1/namespaces/a/HTTPRoute/b"), "<unknown>");
        assert_eq!(management(None), "");
    }
}
