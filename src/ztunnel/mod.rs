#![doc = include_str!("README.md")]

use std::borrow::Cow;

use crate::json::{Kind, Node};

/// A ztunnel's `/config_dump` (istio/ztunnel, src/admin.rs; Istio, istioctl/pkg/writer/ztunnel/configdump/api.go).
#[derive(Clone, Copy, Debug)]
pub struct ZtunnelDump<'t>(pub Node<'t>);

impl<'t> ZtunnelDump<'t> {
    /// `workloads`
    pub fn workloads(self) -> impl Iterator<Item = Workload<'t>> + use<'t> {
        values(self.0, "workloads").map(Workload)
    }

    /// `services`
    pub fn services(self) -> impl Iterator<Item = Service<'t>> + use<'t> {
        values(self.0, "services").map(Service)
    }

    /// `policies`
    pub fn policies(self) -> impl Iterator<Item = Policy<'t>> + use<'t> {
        values(self.0, "policies").map(Policy)
    }

    /// `certificates`
    pub fn certificates(self) -> impl Iterator<Item = Certificates<'t>> + use<'t> {
        values(self.0, "certificates").map(Certificates)
    }

    /// `workloadState`: the pods in the mesh on this node, and their connections.
    pub fn workload_states(self) -> impl Iterator<Item = WorkloadState<'t>> + use<'t> {
        values(self.0, "workload_state").map(WorkloadState)
    }
}

/// The elements of a list; older ztunnels have a map, of which the values count.
fn values<'t>(node: Node<'t>, key: &str) -> impl Iterator<Item = Node<'t>> + use<'t> {
    let of = node.get(key);
    let list = of.into_iter().flat_map(Node::items);
    let map = of.filter(|it| it.kind() == Kind::Object).into_iter().flat_map(Node::fields).map(|(_, it)| it);
    list.chain(map)
}

/// The text of a field; empty where it is not there.
fn text<'t>(node: Node<'t>, key: &str) -> Cow<'t, str> {
    node.text(key).unwrap_or_default()
}

/// A workload: a pod, or something else with an address.
#[derive(Clone, Copy, Debug)]
pub struct Workload<'t>(pub Node<'t>);

impl<'t> Workload<'t> {
    /// What services refer to it by.
    pub fn uid(self) -> Cow<'t, str> {
        text(self.0, "uid")
    }

    /// The pod's name.
    pub fn name(self) -> Cow<'t, str> {
        text(self.0, "name")
    }

    /// Its namespace.
    pub fn namespace(self) -> Cow<'t, str> {
        text(self.0, "namespace")
    }

    /// Its addresses.
    pub fn ips(self) -> impl Iterator<Item = Cow<'t, str>> + use<'t> {
        self.0.list("workload_ips").filter_map(Node::str)
    }

    /// Its host name, where it has no address.
    pub fn hostname(self) -> Cow<'t, str> {
        text(self.0, "hostname")
    }

    /// The Kubernetes node.
    pub fn node(self) -> Cow<'t, str> {
        text(self.0, "node")
    }

    /// `HBONE`, `TCP`
    pub fn protocol(self) -> Cow<'t, str> {
        text(self.0, "protocol")
    }

    /// `Healthy`, `Unhealthy`
    pub fn status(self) -> Cow<'t, str> {
        text(self.0, "status")
    }

    /// Its waypoint's address, or namespace and host name.
    pub fn waypoint(self) -> Option<Cow<'t, str>> {
        self.0.get("waypoint").map(|it| text(it, "destination"))
    }
}

/// A service.
#[derive(Clone, Copy, Debug)]
pub struct Service<'t>(pub Node<'t>);

impl<'t> Service<'t> {
    /// Its name.
    pub fn name(self) -> Cow<'t, str> {
        text(self.0, "name")
    }

    /// Its namespace.
    pub fn namespace(self) -> Cow<'t, str> {
        text(self.0, "namespace")
    }

    /// Its host name.
    pub fn hostname(self) -> Cow<'t, str> {
        text(self.0, "hostname")
    }

    /// Its addresses, each `network/address`.
    pub fn vips(self) -> impl Iterator<Item = Cow<'t, str>> + use<'t> {
        self.0.list("vips").filter_map(Node::str)
    }

    /// The workloads behind it, by uid.
    pub fn endpoints(self) -> impl Iterator<Item = Cow<'t, str>> + use<'t> {
        values(self.0, "endpoints").map(|it| text(it, "workload_uid"))
    }

    /// Its waypoint's address, or namespace and host name.
    pub fn waypoint(self) -> Option<Cow<'t, str>> {
        self.0.get("waypoint").map(|it| text(it, "destination"))
    }
}

/// An authorization policy.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'t>(pub Node<'t>);

impl<'t> Policy<'t> {
    /// Its name.
    pub fn name(self) -> Cow<'t, str> {
        text(self.0, "name")
    }

    /// Its namespace.
    pub fn namespace(self) -> Cow<'t, str> {
        text(self.0, "namespace")
    }

    /// `Allow`, `Deny`
    pub fn action(self) -> Cow<'t, str> {
        text(self.0, "action")
    }

    /// `Global`, `Namespace`, `WorkloadSelector`
    pub fn scope(self) -> Cow<'t, str> {
        text(self.0, "scope")
    }
}

/// The certificates of an identity.
#[derive(Clone, Copy, Debug)]
pub struct Certificates<'t>(pub Node<'t>);

impl<'t> Certificates<'t> {
    /// `spiffe://…`
    pub fn identity(self) -> Cow<'t, str> {
        text(self.0, "identity")
    }

    /// `Available`, `Initializing`, `Unavailable: …`
    pub fn state(self) -> Cow<'t, str> {
        text(self.0, "state")
    }

    /// Leaf first.
    pub fn cert_chain(self) -> impl Iterator<Item = Cert<'t>> + use<'t> {
        self.0.list("cert_chain").map(Cert)
    }

    /// What peers are checked against; older ztunnels have it at the end of the chain.
    pub fn root_certs(self) -> impl Iterator<Item = Cert<'t>> + use<'t> {
        self.0.list("root_certs").map(Cert)
    }
}

/// A certificate.
#[derive(Clone, Copy, Debug)]
pub struct Cert<'t>(pub Node<'t>);

impl<'t> Cert<'t> {
    /// Decimal.
    pub fn serial_number(self) -> Cow<'t, str> {
        text(self.0, "serial_number")
    }

    /// RFC 3339.
    pub fn valid_from(self) -> Cow<'t, str> {
        text(self.0, "valid_from")
    }

    /// RFC 3339.
    pub fn expiration_time(self) -> Cow<'t, str> {
        text(self.0, "expiration_time")
    }
}

/// A pod on the ztunnel's node.
#[derive(Clone, Copy, Debug)]
pub struct WorkloadState<'t>(pub Node<'t>);

impl<'t> WorkloadState<'t> {
    /// The pod's name.
    pub fn name(self) -> Cow<'t, str> {
        self.0.get("info").map(|it| text(it, "name")).unwrap_or_default()
    }

    /// Its namespace.
    pub fn namespace(self) -> Cow<'t, str> {
        self.0.get("info").map(|it| text(it, "namespace")).unwrap_or_default()
    }

    /// Connections to it.
    pub fn inbound(self) -> impl Iterator<Item = Connection<'t>> + use<'t> {
        self.0.get("connections").into_iter().flat_map(|it| it.list("inbound")).map(Connection)
    }

    /// Connections from it.
    pub fn outbound(self) -> impl Iterator<Item = Connection<'t>> + use<'t> {
        self.0.get("connections").into_iter().flat_map(|it| it.list("outbound")).map(Connection)
    }
}

/// A connection.
#[derive(Clone, Copy, Debug)]
pub struct Connection<'t>(pub Node<'t>);

impl<'t> Connection<'t> {
    /// Who connected.
    pub fn src(self) -> Cow<'t, str> {
        text(self.0, "src")
    }

    /// Where to, in the client's mind.
    pub fn original_dst(self) -> Cow<'t, str> {
        text(self.0, "original_dst")
    }

    /// Where to.
    pub fn actual_dst(self) -> Cow<'t, str> {
        text(self.0, "actual_dst")
    }

    /// `HBONE`, `TCP`
    pub fn protocol(self) -> Cow<'t, str> {
        text(self.0, "protocol")
    }
}
