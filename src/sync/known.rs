//! What a control plane knows, where its dump for a proxy was not collected (a bug-report has none): its services
//! against the proxy's clusters, its endpoints against the proxy's EDS, the version it was told against the proxy's
//! own.
//!
//! That is less than a dump says: a Sidecar resource or `exportTo` may keep a service from a proxy on purpose.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::is_eds;
use super::side::{Section, Side};
use super::status::{Mesh, Row};
use crate::capture::{Capture, ProxyId};
use crate::envoy::{ClusterLoadAssignment, ServiceKey, State};
use crate::intake::Kind as Page;
use crate::istiod::{ShardEndpoint, endpoint_shardz, registryz, types};

/// What a control plane's pages and an Envoy's dump do not have in common. Left is the control plane.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Known {
    /// Services and ports, by cluster; none without `registryz`.
    pub clusters: Option<Difference>,
    /// Endpoints, by cluster; none without `endpointShardz` and `registryz`, or without EDS in the dump.
    pub endpoints: Option<Vec<(String, Difference)>>,
    /// How many clusters have the same endpoints.
    pub same_endpoints: usize,
    /// The Istio version that the control plane was told, and the one of the dump, where they differ.
    pub versions: Option<(String, String)>,
    /// Types of which the control plane sent another push last than the one that the dump has.
    pub pushes: Vec<Push>,
}

/// What was sent last of a type, and what Envoy took.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Push {
    /// The type's URL.
    pub type_url: String,
    /// What was sent.
    pub sent: String,
    /// What the dump has.
    pub has: String,
}

/// Two sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Difference {
    /// What only the control plane knows.
    pub only_left: Vec<String>,
    /// What only Envoy has.
    pub only_right: Vec<String>,
    /// How many both have.
    pub same: usize,
}

impl Difference {
    fn of(left: &BTreeSet<String>, right: &BTreeSet<String>) -> Difference {
        Difference {
            only_left: left.difference(right).cloned().collect(),
            only_right: right.difference(left).cloned().collect(),
            same: left.intersection(right).count(),
        }
    }

    fn is_same(&self) -> bool {
        self.only_left.is_empty() && self.only_right.is_empty()
    }
}

/// Compares what there is. `None` where no control plane's page tells anything, or the proxy has no dump.
pub fn known(capture: &Capture, proxy: ProxyId) -> Option<Known> {
    let envoy = Side::envoy(capture, proxy)?;
    let pages = |kind: Page| capture.documents().filter(move |(_, it)| it.kind == kind).map(|it| it.1);
    let mesh = Mesh::of(capture);
    let row = mesh.rows.iter().find(|it| it.proxy == Some(proxy) && it.connected);
    let pushes = row.map(|it| pushes(it, &envoy)).unwrap_or_default();
    let versions = row.and_then(|it| versions(it, &envoy));
    let services: Vec<_> =
        pages(Page::IstiodRegistryz).filter_map(|it| Some(registryz(it.tree()?.root()))).flatten().collect();
    if services.is_empty() {
        let any = !pushes.is_empty() || versions.is_some();
        return any.then(|| Known { versions, pushes, ..Known::default() });
    }
    let mut ports: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let mut clusters = BTreeSet::new();
    for service in &services {
        for (name, port) in &service.ports {
            ports.insert((&service.host, name), *port);
            clusters.insert(format!("outbound|{port}||{}", service.host));
        }
    }
    // Subsets are DestinationRules', which the registry does not know.
    let plain = |name: &str| {
        ServiceKey::parse(name).is_some_and(|it| it.direction == "outbound" && it.subset.is_empty())
    };
    let items = envoy.items(Section::Clusters, &[State::Active]);
    let there: BTreeSet<String> =
        items.iter().map(|it| it.name.clone().into_owned()).filter(|it| plain(it)).collect();
    let clusters = Some(Difference::of(&clusters, &there));
    let mut found = Known { clusters, versions, pushes, ..Known::default() };
    let shards: Vec<ShardEndpoint> = pages(Page::IstiodEndpointShardz)
        .filter_map(|it| Some(endpoint_shardz(it.tree()?.root())))
        .flatten()
        .collect();
    if !shards.is_empty() && envoy.has(Section::Endpoints) {
        // Other clusters bring their endpoints along, or look names up.
        let eds: BTreeSet<&str> = items.iter().filter(|it| is_eds(it)).map(|it| it.name.as_ref()).collect();
        let (differ, same) = endpoints(&envoy, &shards, &ports, &eds);
        (found.endpoints, found.same_endpoints) = (Some(differ), same);
    }
    Some(found)
}

fn endpoints(
    envoy: &Side<'_>,
    shards: &[ShardEndpoint],
    ports: &BTreeMap<(&str, &str), u64>,
    eds: &BTreeSet<&str>,
) -> (Vec<(String, Difference)>, usize) {
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for it in shards.iter().filter(|it| it.healthy) {
        if let Some(port) = ports.get(&(it.host.as_str(), it.port_name.as_str())) {
            let cluster = format!("outbound|{port}||{}", it.host);
            known.entry(cluster).or_default().extend(it.addresses.iter().cloned());
        }
    }
    let (mut differ, mut same) = (Vec::new(), 0);
    for item in envoy.items(Section::Endpoints, &[State::Active]) {
        if !eds.contains(item.name.as_ref()) {
            continue;
        }
        let (Some(left), Ok(tree)) = (known.get(item.name.as_ref()), item.tree()) else { continue };
        let localities = ClusterLoadAssignment(tree.root()).0.list("endpoints");
        let right: BTreeSet<String> =
            localities.flat_map(|it| it.list("lb_endpoints")).filter_map(address).collect();
        let found = Difference::of(left, &right);
        if found.is_same() {
            same += 1;
        } else {
            differ.push((item.name.into_owned(), found));
        }
    }
    (differ, same)
}

fn address(endpoint: crate::json::Node<'_>) -> Option<String> {
    let socket = endpoint.path(&["endpoint", "address", "socket_address"])?;
    Some(format!("{}:{}", socket.text("address")?, socket.number("port_value").unwrap_or(0)))
}

fn versions(row: &Row, envoy: &Side<'_>) -> Option<(String, String)> {
    let told = row.istio_version.clone();
    let (_, document) = envoy.dump?;
    let (_, bootstrap) = document.dump()?.of(crate::envoy::Kind::Bootstrap).next()?;
    let tree = bootstrap.body(&document.bytes).ok()?;
    let own = crate::envoy::ProxyNode(tree.root().get("node")?).metadata("ISTIO_VERSION");
    (!told.is_empty() && !own.is_empty() && told != own).then_some((told, own))
}

/// Of clusters and listeners a dump says which response was the last that it took (envoy/admin/v3/config_dump.proto,
/// `version_info` of the section); istiod puts the push there, and into the nonce of what it sends.
fn pushes(row: &Row, envoy: &Side<'_>) -> Vec<Push> {
    let has = |section: Section| envoy.version(section).filter(|it| !it.is_empty());
    let of = |(section, type_url): (Section, &str)| {
        let sent = row.of_type(type_url).map(|it| it.push.clone()).filter(|it| !it.is_empty())?;
        let has = has(section)?;
        (sent != has).then(|| Push { type_url: type_url.to_owned(), sent, has })
    };
    [(Section::Clusters, types::CLUSTER), (Section::Listeners, types::LISTENER)]
        .into_iter()
        .filter_map(of)
        .collect()
}
