//! Configuration that is no dump and can be read as one: a bootstrap with its static resources, and the bare messages
//! that `istioctl proxy-config -o json` prints.

use super::dump::{ConfigDump, Kind, Resource, Section, State, stop};
use crate::json::{End, EntryId, Node, Outline, Span, Tree, pluck, pluck_text, same_key, seek};
use crate::order::InOrder;

/// The lists of a bootstrap's `static_resources` (envoy/config/bootstrap/v3/bootstrap.proto).
const STATIC: [(&str, Kind); 3] =
    [("listeners", Kind::Listener), ("clusters", Kind::Cluster), ("secrets", Kind::Secret)];

impl ConfigDump {
    /// Indexes a bootstrap, by itself or as istioctl prints it (`{"bootstrap": …}`), as Envoy would show it on
    /// `/config_dump?include_eds`: with the route configurations of its listeners and the endpoints of its clusters
    /// listed as resources of their own.
    pub fn of_bootstrap(bytes: &[u8], outline: &Outline) -> ConfigDump {
        let mut dump = ConfigDump {
            stands_for: &[
                "BootstrapConfigDump",
                "ListenersConfigDump",
                "ClustersConfigDump",
                "RoutesConfigDump",
                "ScopedRoutesConfigDump",
                "EndpointsConfigDump",
                "SecretsConfigDump",
                "EcdsConfigDump",
            ],
            ..ConfigDump::default()
        };
        let Some(root) = outline.root() else { return dump };
        let bootstrap = outline.get(bytes, root, "bootstrap").unwrap_or(root);
        let cut = cut(outline, root);
        let span = outline.entry(bootstrap).value;
        dump.sections.push(Section { span, type_url: Span::default() });
        dump.bare(bytes, Kind::Bootstrap, State::Static, span, cut);
        let resources = outline.get(bytes, bootstrap, "static_resources");
        for list in resources.into_iter().flat_map(|it| outline.children(it)) {
            let key = outline.entry(list).key.of(bytes);
            let Some(&(_, kind)) = STATIC.iter().find(|(name, _)| same_key(key, name)) else { continue };
            for item in outline.children(list) {
                let span = outline.entry(item).value;
                dump.bare(bytes, kind, State::Static, span, cut);
                match kind {
                    Kind::Cluster => dump.load_assignment(bytes, span, cut),
                    Kind::Listener => dump.inline_routes(bytes, span, cut),
                    _ => {}
                }
            }
        }
        dump.resources.order_by_key(|resource| resource.kind);
        dump
    }

    /// Indexes an array of messages of one kind; or the list `configs`, in which istiod's debug pages have them.
    pub fn of_list(bytes: &[u8], outline: &Outline, kind: Kind) -> ConfigDump {
        let stands_for: &[&str] = match kind {
            Kind::Listener => &["ListenersConfigDump"],
            Kind::Cluster => &["ClustersConfigDump"],
            Kind::Route => &["RoutesConfigDump"],
            Kind::Secret => &["SecretsConfigDump"],
            Kind::Endpoint => &["EndpointsConfigDump"],
            _ => &[],
        };
        let mut dump = ConfigDump { stands_for, ..ConfigDump::default() };
        let Some(root) = outline.root() else { return dump };
        let cut = cut(outline, root);
        let list = outline.get(bytes, root, "configs").unwrap_or(root);
        dump.sections.push(Section { span: outline.entry(list).value, type_url: Span::default() });
        for item in outline.children(list) {
            dump.bare(bytes, kind, State::Active, outline.entry(item).value, cut);
        }
        dump
    }

    /// Indexes what `istioctl proxy-config secret` and `ecds` print: the lists of a section, without its type.
    pub fn of_section(bytes: &[u8], outline: &Outline) -> ConfigDump {
        ConfigDump {
            stands_for: &["SecretsConfigDump", "EcdsConfigDump"],
            ..ConfigDump::read(bytes, outline)
        }
    }

    fn bare(&mut self, bytes: &[u8], kind: Kind, state: State, span: Span, cut: u32) {
        let field = if kind == Kind::Endpoint { "cluster_name" } else { "name" };
        let name = pluck_text(bytes, span, &[field]).unwrap_or_default();
        let name = if kind == Kind::Bootstrap { Span::default() } else { name };
        let whole = span.end < cut;
        self.resources.push(Resource { kind, state, name, wrapper: span, body: Some(span.start), whole });
    }

    /// The endpoints that a cluster brings along; Envoy lists them under the cluster's name.
    fn load_assignment(&mut self, bytes: &[u8], cluster: Span, cut: u32) {
        let Some(start) = seek(bytes, cluster, &["load_assignment"]) else { return };
        let span = pluck(bytes, cluster, &["load_assignment"]).unwrap_or(Span { start, end: cluster.end });
        self.bare(bytes, Kind::Endpoint, State::Static, span, cut);
    }

    /// The route configurations that stand within a listener.
    fn inline_routes(&mut self, bytes: &[u8], listener: Span, cut: u32) {
        let Ok(tree) = Tree::parse(bytes, listener) else { return };
        let mut found = Vec::new();
        collect(tree.root(), &mut found);
        for span in found {
            self.bare(bytes, Kind::Route, State::Static, span, cut);
        }
    }
}

/// Trees are at most [`Tree::DEEPEST`] levels deep, so this recursion is bounded.
fn collect(node: Node<'_>, found: &mut Vec<Span>) {
    for item in node.items() {
        collect(item, found);
    }
    for (key, value) in node.fields() {
        if same_key(key, "route_config") && value.get("virtual_hosts").is_some() {
            found.push(value.span());
        } else {
            collect(value, found);
        }
    }
}

/// Where a document that is not whole ends.
fn cut(outline: &Outline, root: EntryId) -> u32 {
    if matches!(outline.end, End::Complete(_)) { u32::MAX } else { stop(outline, root) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str, read: impl Fn(&[u8], &Outline) -> ConfigDump) -> Vec<String> {
        let dump = read(text.as_bytes(), &Outline::of(text.as_bytes(), 0));
        dump.all()
            .map(|(_, it)| format!("{:?} {:?} {}", it.kind, it.state, it.name(text.as_bytes())))
            .collect()
    }

    const BOOTSTRAP: &str = r#"{"node": {"id": "a"}, "staticResources": {
        "listeners": [{"name": "in", "filterChains": [{"filters": [{"typedConfig": {"routeConfig": {"name": "local",
            "virtualHosts": []}}}]}]}],
        "clusters": [{"name": "a", "loadAssignment": {"clusterName": "a", "endpoints": []}}, {"name": "b"}],
        "secrets": [{"name": "s"}]}}"#;

    #[test]
    fn a_bootstrap_has_what_envoy_would_make_of_it() {
        let want = [
            "Bootstrap Static ",
            "Listener Static in",
            "Route Static local",
            "Cluster Static a",
            "Cluster Static b",
            "Endpoint Static a",
            "Secret Static s",
        ];
        assert_eq!(list(BOOTSTRAP, ConfigDump::of_bootstrap), want);
        assert_eq!(list(&format!("{{\"bootstrap\": {BOOTSTRAP}}}"), ConfigDump::of_bootstrap), want);
        for end in 0..BOOTSTRAP.len() {
            list(&BOOTSTRAP[..end], ConfigDump::of_bootstrap);
        }
    }

    #[test]
    fn bare_messages_are_resources() {
        let found = list(r#"[{"name": "a"}, {"name": "b"}]"#, |bytes, outline| {
            ConfigDump::of_list(bytes, outline, Kind::Cluster)
        });
        assert_eq!(found, ["Cluster Active a", "Cluster Active b"]);
    }
}
