//! `/debug/syncz`: what istiod sent to each of its proxies, and what they acknowledged.

use crate::instant::Instant;
use crate::json::Node;

use super::types;

/// How far a proxy is with one type of resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The proxy did not ask for this type.
    Ignored,
    /// Acknowledged what was sent last.
    Synced,
    /// Nothing was sent, usually because there is nothing.
    NotSent,
    /// Sent, and not (yet) acknowledged.
    Stale,
    /// Refused by Envoy.
    Error,
}

impl Status {
    /// As istioctl writes it (istioctl/pkg/writer/pilot/status.go, `formatStatus`).
    pub fn name(self) -> &'static str {
        match self {
            Status::Ignored => "IGNORED",
            Status::Synced => "SYNCED",
            Status::NotSent => "NOT SENT",
            Status::Stale => "STALE",
            Status::Error => "ERROR",
        }
    }
}

/// A proxy and one type of resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeSync {
    /// The type's URL; in pages of old versions the one that their field stands for.
    pub type_url: String,
    /// How far it is.
    pub status: Status,
    /// When istiod sent last.
    pub sent: Option<Instant>,
    /// Why Envoy refused it, in its words; empty unless it did.
    pub error: String,
    /// The push that was sent last, which is what Envoy has as the version of what it took; empty where the page does
    /// not say.
    pub push: String,
}

/// A proxy that is connected to the istiod whose page this is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxySync {
    /// `pod.namespace`
    pub proxy: String,
    /// The Kubernetes cluster; empty in pages of old versions.
    pub cluster: String,
    /// The proxy's Istio version.
    pub istio_version: String,
    /// The replica that says so, where the page says that (CSDS); empty else.
    pub control_plane: String,
    /// By type, in the page's order.
    pub types: Vec<TypeSync>,
}

impl ProxySync {
    /// The pod.
    pub fn pod(&self) -> &str {
        self.proxy.rsplit_once('.').map_or(&self.proxy, |(pod, _)| pod)
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        self.proxy.rsplit_once('.').map_or("", |(_, namespace)| namespace)
    }

    /// The worst status of all types.
    pub fn worst(&self) -> Status {
        self.types.iter().map(|it| it.status).max().unwrap_or(Status::NotSent)
    }

    /// How far it is with a type; [`Status::Ignored`] with one that it never asked for.
    pub fn of_type(&self, type_url: &str) -> Status {
        self.types.iter().find(|it| it.type_url == type_url).map_or(Status::Ignored, |it| it.status)
    }
}

/// The types that have fields of their own, in pages of every version (Istio, pilot/pkg/xds/debug.go, `SyncStatus`).
const FIELDS: [(&str, &str); 5] = [
    ("cluster", types::CLUSTER),
    ("listener", types::LISTENER),
    ("endpoint", types::ENDPOINT),
    ("route", types::ROUTE),
    ("extensionconfig", types::EXTENSION),
];

/// Reads the page: an array with an object for each proxy.
///
/// New versions say all in `resources`, old ones in a pair of fields for each type.
pub fn syncz(page: Node<'_>) -> Vec<ProxySync> {
    page.items().filter_map(proxy).collect()
}

fn proxy(entry: Node<'_>) -> Option<ProxySync> {
    let text = |key: &str| entry.text(key).map(std::borrow::Cow::into_owned).unwrap_or_default();
    let proxy = text("proxy");
    if proxy.is_empty() {
        return None;
    }
    let types = match entry.get("resources") {
        Some(resources) => {
            resources.entries().map(|(type_url, it)| of_type(&type_url, it, "sent", "acked")).collect()
        }
        None => FIELDS
            .iter()
            // The four first are in every proxy's page: there, an absent field means that nothing was sent.
            .filter(|(field, _)| *field != "extensionconfig" || entry.get("extensionconfig_sent").is_some())
            .map(|(field, type_url)| {
                of_type(type_url, entry, &format!("{field}_sent"), &format!("{field}_acked"))
            })
            .collect(),
    };
    // Until 1.5 the proxy's Istio version was called proxy_version.
    let version = Some(text("istio_version")).filter(|it| !it.is_empty());
    Some(ProxySync {
        proxy,
        cluster: text("cluster_id"),
        istio_version: version.unwrap_or_else(|| text("proxy_version")),
        control_plane: String::new(),
        types,
    })
}

/// Istio, pilot/pkg/xds/statusgen.go, `debugSyncStatus`: refused, nothing sent, sent and acknowledged alike, or not.
fn of_type(type_url: &str, it: Node<'_>, sent: &str, acked: &str) -> TypeSync {
    let text = |key: &str| it.text(key).filter(|text| !text.is_empty());
    let error = text("lastError").unwrap_or_default().into_owned();
    let status = match (text(sent), text(acked)) {
        _ if !error.is_empty() => Status::Error,
        (None, _) => Status::NotSent,
        (Some(sent), Some(acked)) if sent == acked => Status::Synced,
        _ => Status::Stale,
    };
    let time = text("sentTime").or_else(|| text(sent));
    let push = text(sent).and_then(|it| Some(push(&it)?.to_owned())).unwrap_or_default();
    TypeSync {
        type_url: type_url.to_owned(),
        status,
        sent: time.and_then(|it| Instant::parse(&it)),
        error,
        push,
    }
}

/// A nonce is the push's version and a UUID (Istio, pilot/pkg/xds/ads.go, `nonce`).
fn push(nonce: &str) -> Option<&str> {
    const UUID: usize = 36;
    let (push, uuid) = nonce.split_at_checked(nonce.len().checked_sub(UUID)?)?;
    let dashes = uuid.bytes().enumerate().filter(|it| it.1 == b'-').map(|it| it.0);
    (!push.is_empty() && dashes.eq([8, 13, 18, 23])).then_some(push)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Tree;

    #[test]
    fn reads_pages_old_and_new() {
        let page = r#"[
          {"proxy": "a.b.ns", "proxy_version": "1.4", "cluster_sent": "x", "cluster_acked": "x",
             "listener_sent": "y", "listener_acked": ""},
          {"proxy": "n.ns", "cluster_id": "K", "resources": {"t/Listener": {"sent": "2026-11-23T14:53:45Z/6d",
             "sentTime": "2026-11-23T14:53:46Z", "lastError": "refused\n"}, "t/Cluster": {}}}, {}, 7]"#;
        let tree = Tree::whole(page.as_bytes()).unwrap();
        let list = syncz(tree.root());
        assert_eq!(list.len(), 2);
        assert_eq!((list[0].pod(), list[0].namespace(), list[0].worst()), ("a.b", "ns", Status::Stale));
        assert_eq!(list[0].istio_version, "1.4");
        let statuses: Vec<_> = list[0].types.iter().map(|it| it.status).collect();
        assert_eq!(statuses, [Status::Synced, Status::Stale, Status::NotSent, Status::NotSent]);
        assert_eq!(list[1].worst(), Status::Error);
        assert_eq!(list[1].types[0].sent, Instant::parse("2026-11-23T14:53:46Z"));
        assert_eq!(list[1].types[0].error, "refused\n");
        assert_eq!(
            push("2026-11-23T14:53:45Z/691ec5da7-56d3-4767-bec7-4c985c60c517"),
            Some("2026-11-23T14:53:45Z/6")
        );
        assert_eq!((push("2026-11-23T14:53:45Z/6"), push("")), (None, None));
        assert_eq!(list[1].of_type("t/Cluster"), Status::NotSent);
        assert_eq!(list[1].of_type("t/Route"), Status::Ignored);
    }
}
