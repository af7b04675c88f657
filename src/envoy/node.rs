//! An Envoy's own words about itself: `node`, in its bootstrap and in `server_info`.

use super::names::NodeId;
use crate::json::Node;

/// `envoy.config.core.v3.Node`
#[derive(Clone, Copy, Debug)]
pub struct ProxyNode<'t>(pub Node<'t>);

impl<'t> ProxyNode<'t> {
    /// `id`; for Istio's proxies `type~address~pod.namespace~domain`.
    pub fn id(self) -> String {
        text(self.0, "id")
    }

    /// `cluster`: for Istio's proxies the workload and its namespace.
    pub fn cluster(self) -> String {
        text(self.0, "cluster")
    }

    /// A string of `metadata`, `CLUSTER_ID` for instance (Istio, pkg/model/proxy.go, `NodeMetadata`).
    pub fn metadata(self, key: &str) -> String {
        self.0.get("metadata").map(|it| text(it, key)).unwrap_or_default()
    }

    /// `region/zone/sub_zone`, as far as they are there.
    pub fn locality(self) -> String {
        let locality = self.0.get("locality");
        let part = |key| locality.map(|it| text(it, key)).unwrap_or_default();
        let parts = [part("region"), part("zone"), part("sub_zone")];
        let used = parts.iter().rposition(|it| !it.is_empty()).map_or(0, |last| last + 1);
        parts[..used].join("/")
    }

    /// `1.40.0`, of `user_agent_build_version`; of `build_version` in dumps before 2020.
    pub fn envoy_version(self) -> String {
        if let Some(version) = self.0.path(&["user_agent_build_version", "version"]) {
            let part = |key| version.number(key).unwrap_or(0);
            return format!("{}.{}.{}", part("major_number"), part("minor_number"), part("patch"));
        }
        let old = ["build_version", "hidden_envoy_deprecated_build_version"];
        let old = old.iter().map(|key| text(self.0, key)).find(|it| !it.is_empty()).unwrap_or_default();
        version_of_build(&old).to_owned()
    }

    /// Who this is.
    pub fn identity(self) -> Identity {
        let id = self.id();
        let parsed = NodeId::parse(&id);
        let or = |own: String, other: Option<&str>| {
            if own.is_empty() { other.unwrap_or("").to_owned() } else { own }
        };
        Identity {
            cluster: self.metadata("CLUSTER_ID"),
            namespace: or(self.metadata("NAMESPACE"), parsed.map(|it| it.namespace)),
            pod: or(self.metadata("NAME"), parsed.map(|it| it.pod)),
            proxy_type: parsed.map(|it| it.proxy_type).unwrap_or("").to_owned(),
            node_id: id,
        }
    }
}

/// The version in Envoy's build string `9e55…/1.40.0/Clean/RELEASE/BoringSSL`, as `server_info` and old nodes have it.
pub fn version_of_build(build: &str) -> &str {
    build.split('/').nth(1).unwrap_or(build)
}

/// Which proxy a document is of. Two clusters may each have a pod of the same name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The Kubernetes cluster, as the mesh calls it; empty where unknown.
    pub cluster: String,
    /// The pod's namespace; empty where it has none.
    pub namespace: String,
    /// The pod; empty for an Envoy that Istio does not run.
    pub pod: String,
    /// `sidecar`, `router`, `waypoint`, `ztunnel`; empty where unknown.
    pub proxy_type: String,
    /// The node id; empty where unknown.
    pub node_id: String,
}

impl Identity {
    /// Its name: the pod, else the node id.
    pub fn name(&self) -> &str {
        if self.pod.is_empty() { &self.node_id } else { &self.pod }
    }

    /// Takes over what the other knows and this one does not.
    pub fn complete(&mut self, other: &Identity) {
        for (own, theirs) in [
            (&mut self.cluster, &other.cluster),
            (&mut self.namespace, &other.namespace),
            (&mut self.pod, &other.pod),
            (&mut self.proxy_type, &other.proxy_type),
            (&mut self.node_id, &other.node_id),
        ] {
            if own.is_empty() {
                own.clone_from(theirs);
            }
        }
    }

    /// Whether both are one proxy: what both know is the same, and they know enough.
    pub fn same(&self, other: &Identity) -> bool {
        let agree = |one: &str, other: &str| one.is_empty() || other.is_empty() || one == other;
        if self.pod.is_empty() || other.pod.is_empty() {
            return !self.node_id.is_empty() && self.node_id == other.node_id;
        }
        self.pod == other.pod
            && agree(&self.namespace, &other.namespace)
            && agree(&self.cluster, &other.cluster)
    }
}

fn text(node: Node<'_>, key: &str) -> String {
    node.text(key).map(std::borrow::Cow::into_owned).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Tree;

    #[test]
    fn knows_new_and_old_nodes() {
        let new = r#"{"id": "sidecar~10.1.1.1~web-1.shop~shop.svc.cluster.local", "metadata": {"CLUSTER_ID": "east",
            "NAME": "web-1", "NAMESPACE": "shop"}, "locality": {"region": "r", "sub_zone": "s"},
            "user_agent_build_version": {"version": {"major_number": 1, "minor_number": 40}}}"#;
        let tree = Tree::whole(new.as_bytes()).unwrap();
        let node = ProxyNode(tree.root());
        assert_eq!(node.envoy_version(), "1.40.0");
        assert_eq!(node.locality(), "r//s");
        let it = node.identity();
        assert_eq!((it.name(), it.namespace.as_str(), it.cluster.as_str()), ("web-1", "shop", "east"));
        let old = r#"{"id": "router~1.1.1.1~gw.istio-system~d", "build_version": "abc/1.12.0-dev/Clean/RELEASE/X"}"#;
        let tree = Tree::whole(old.as_bytes()).unwrap();
        let node = ProxyNode(tree.root());
        assert_eq!((node.envoy_version().as_str(), node.identity().pod.as_str()), ("1.12.0-dev", "gw"));
    }

    #[test]
    fn two_clusters_stay_apart() {
        let it = |cluster: &str, namespace: &str, pod: &str| Identity {
            cluster: cluster.into(),
            namespace: namespace.into(),
            pod: pod.into(),
            ..Identity::default()
        };
        assert!(!it("east", "shop", "web-1").same(&it("west", "shop", "web-1")));
        assert!(it("east", "shop", "web-1").same(&it("", "shop", "web-1")));
        assert!(!it("", "", "").same(&it("", "", "")));
    }
}
