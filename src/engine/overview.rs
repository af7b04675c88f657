//! A proxy at a glance.

use super::collect::{Part, missing};
use super::detail;
use super::list::{document_line, proxy_line, with_node};
use super::protocol::{Count, Fact, Missing, Overview, Rejected, ResourceRef, TimeLine};
use crate::capture::{Capture, Content, Document, DocumentId, Proxy, ProxyId, Time, captured};
use crate::envoy::{Kind as ResourceKind, ProxyNode, State};
use crate::intake::Kind;

/// How many refused resources are named.
const REJECTED: usize = 5;

/// What is known of a proxy, and what is not.
pub fn overview(capture: &Capture, id: ProxyId) -> Option<Overview> {
    let proxy = capture.proxy(id)?;
    let line = proxy_line(capture, id);
    let documents = proxy.documents.iter().filter_map(|id| Some((*id, capture.document(*id)?)));
    let documents: Vec<_> = documents.collect();
    let dump = proxy.dump.and_then(|id| capture.document(id));
    let mut facts = vec![
        (Fact::IstioVersion, line.istio_version.clone()),
        (Fact::EnvoyVersion, line.envoy_version.clone()),
    ];
    let node = dump.and_then(|it| with_node(it, node_facts));
    facts.extend(node.unwrap_or_else(|| vec![(Fact::Cluster, proxy.identity.cluster.clone())]));
    facts.extend(
        documents
            .iter()
            .filter(|(_, it)| it.kind == Kind::EnvoyServerInfo)
            .flat_map(|(_, it)| server_facts(it)),
    );
    if let Some(captured) = captured(documents.iter().map(|it| it.1)) {
        facts.push((Fact::Captured, captured.to_string()));
    }
    facts.retain(|(_, value)| !value.is_empty());
    Some(Overview {
        proxy: line,
        facts,
        counts: dump.map(counts).unwrap_or_default(),
        rejected: proxy.dump.map(|id| rejected(capture, id)).unwrap_or_default(),
        times: times(capture, proxy),
        missing: lacks(capture, proxy),
        documents: documents
            .iter()
            .filter(|(_, it)| it.made_of.is_empty())
            .map(|(id, it)| document_line(capture, *id, it))
            .collect(),
    })
}

fn times(capture: &Capture, proxy: &Proxy) -> Vec<TimeLine> {
    let line = |it: &Time| TimeLine {
        dump: it.dump,
        path: capture.document(it.dump).map(|it| it.path.clone()).unwrap_or_default(),
        captured: it.captured,
        chosen: proxy.dump == Some(it.dump),
    };
    proxy.times.iter().map(line).collect()
}

fn node_facts(node: ProxyNode<'_>) -> Vec<(Fact, String)> {
    vec![
        (Fact::NodeId, node.id()),
        (Fact::Workload, node.metadata("WORKLOAD_NAME")),
        (Fact::Address, node.metadata("INSTANCE_IPS")),
        (Fact::ServiceAccount, node.metadata("SERVICE_ACCOUNT")),
        (Fact::Cluster, node.metadata("CLUSTER_ID")),
        (Fact::Mesh, node.metadata("MESH_ID")),
        (Fact::Network, node.metadata("NETWORK")),
        (Fact::Locality, node.locality()),
    ]
}

fn server_facts(document: &Document) -> Vec<(Fact, String)> {
    let Some(tree) = document.tree() else { return Vec::new() };
    let text = |key: &str| tree.root().text(key).map(std::borrow::Cow::into_owned).unwrap_or_default();
    vec![(Fact::ServerState, text("state")), (Fact::Uptime, text("uptime_current_epoch"))]
}

fn counts(document: &Document) -> Vec<Count> {
    let Some(dump) = document.dump() else { return Vec::new() };
    let count = |kind: ResourceKind| {
        let number = |states: &[State]| {
            let count = dump.of(kind).filter(|(_, it)| states.contains(&it.state)).count();
            u32::try_from(count).unwrap_or(u32::MAX)
        };
        Count {
            kind,
            active: number(&[State::Static, State::Active]),
            warming: number(&[State::Warming]),
            draining: number(&[State::Draining]),
            rejected: number(&[State::Error]),
            unread: u32::try_from(dump.of(kind).filter(|(_, it)| !it.whole).count()).unwrap_or(u32::MAX),
        }
    };
    let used = |it: &Count| it.active + it.warming + it.draining + it.rejected > 0;
    ResourceKind::ALL.into_iter().map(count).filter(used).collect()
}

/// What Envoy refused, and why.
fn rejected(capture: &Capture, document: DocumentId) -> Vec<Rejected> {
    let Some(dump) = capture.document(document).and_then(Document::dump) else { return Vec::new() };
    let refused = dump.all().filter(|(_, it)| it.state == State::Error).take(REJECTED);
    let details =
        refused.filter_map(|(resource, _)| detail::detail(capture, ResourceRef { document, resource }));
    let rejected = details.map(|it| Rejected {
        resource: it.resource,
        kind: it.kind,
        name: it.name,
        error: it.error,
        at: it.updated,
    });
    rejected.collect()
}

/// What the proxy's documents lack.
fn lacks(capture: &Capture, proxy: &Proxy) -> Vec<Missing> {
    let has = |kind| proxy.documents.iter().filter_map(|id| capture.document(*id)).any(|it| it.kind == kind);
    let dump = proxy.dump.and_then(|id| capture.document(id));
    let section =
        |name| dump.is_none_or(|it| it.dump().is_some_and(|dump| dump.has_section(&it.bytes, name)));
    let syncz = capture.documents().any(|(_, it)| matches!(it.content, Content::Syncz(_)));
    if has(Kind::ZtunnelConfigDump) || proxy.identity.proxy_type == "ztunnel" {
        // None of an Envoy's pages.
        let parts = [(Part::ZtunnelDump, has(Kind::ZtunnelConfigDump)), (Part::Syncz, syncz)];
        let lacking = parts.into_iter().filter(|(_, there)| !there);
        return lacking.map(|(part, _)| missing(part, &proxy.identity)).collect();
    }
    let parts = [
        (Part::ConfigDump, dump.is_some()),
        (Part::Endpoints, section("EndpointsConfigDump")),
        (Part::Secrets, section("SecretsConfigDump")),
        (
            Part::Clusters,
            has(Kind::EnvoyClusters) || has(Kind::EnvoyClustersText) || has(Kind::IstioctlEndpoints),
        ),
        (Part::ServerInfo, has(Kind::EnvoyServerInfo)),
        (Part::Syncz, syncz),
        (Part::IstiodConfigDump, has(Kind::IstiodConfigDump)),
    ];
    parts.into_iter().filter(|(_, there)| !there).map(|(part, _)| missing(part, &proxy.identity)).collect()
}
