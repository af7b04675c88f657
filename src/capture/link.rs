//! Which proxy, and which control plane, each document is of.

use super::place::{control_plane_of_folder, identity_of_command, identity_of_folder};
use super::{Content, Document, DocumentId, ProxyId, Time};
use crate::envoy::Identity;
use crate::intake::Kind;
use crate::order::InOrder;

/// An Envoy or ztunnel: who it is, its documents, and what control planes say of it.
#[derive(Debug, Default)]
pub struct Proxy {
    /// Who it is, as far as its documents and control planes tell.
    pub identity: Identity,
    /// Its documents of the time that is looked at, in the order in which they came.
    pub documents: Vec<DocumentId>,
    /// Its config dump of that time: the newest, unless [`super::Capture::choose`] said otherwise.
    pub dump: Option<DocumentId>,
    /// The times at which it was dumped, oldest first; each has documents of its own.
    pub times: Vec<Time>,
    /// What control planes say of it: their syncz, and which entry of it.
    pub sync: Vec<(DocumentId, usize)>,
}

/// A control plane: one replica of istiod, or of Pilot.
#[derive(Debug)]
pub struct ControlPlane {
    /// Its pod, as the folder of its pages tells, else `istiod`.
    pub name: String,
    /// Its pages.
    pub documents: Vec<DocumentId>,
}

/// Whose documents they are; by proxy and by control plane, in the order of their first document.
#[derive(Debug, Default)]
pub struct Links {
    /// The proxies.
    pub proxies: Vec<Proxy>,
    /// The control planes.
    pub control_planes: Vec<ControlPlane>,
    /// By document: its proxy.
    owners: Vec<Option<ProxyId>>,
}

impl Links {
    /// Links all documents. A document that says whose it is counts first; one that does not belongs to the proxy
    /// that its folder is named after, or to the only proxy of its folder.
    pub fn of(documents: &[Document]) -> Links {
        let mut links = Links { owners: vec![None; documents.len()], ..Links::default() };
        for (id, document) in numbered(documents) {
            if let Some(identity) = &document.identity {
                links.give(id, identity);
            }
        }
        for (id, document) in numbered(documents) {
            if links.is_wanting(id, document)
                && let Some(identity) = links.identity_of(documents, document)
            {
                links.give(id, &identity);
            }
            if is_of_control_plane(document.kind) {
                links.control(id, document);
            }
        }
        // Nothing says whose a section of a dump is, or a lone page: it is a proxy's all the same, called as its file.
        // Dumps first, for what lies beside one is of the same proxy.
        for dumps in [true, false] {
            for (id, document) in numbered(documents) {
                if !links.is_wanting(id, document) || dumps != super::times::is_dump(document) {
                    continue;
                }
                if dumps || links.beside(documents, document).next().is_none() {
                    links.give(id, &Identity { node_id: document.path.clone(), ..Identity::default() });
                } else if let Some(identity) = links.identity_of(documents, document) {
                    links.give(id, &identity);
                }
            }
        }
        for (id, document) in numbered(documents) {
            let Content::Syncz(list) = &document.content else { continue };
            for (index, sync) in list.iter().enumerate() {
                // What istioctl printed says of which replica it is.
                if !sync.control_plane.is_empty() {
                    links.control_named(id, &sync.control_plane);
                }
                let identity = Identity {
                    cluster: sync.cluster.clone(),
                    namespace: sync.namespace().to_owned(),
                    pod: sync.pod().to_owned(),
                    ..Identity::default()
                };
                let proxy = links.proxy(&identity);
                links.proxies[proxy.0 as usize].sync.push((id, index));
            }
        }
        links.give_words(documents);
        for proxy in &mut links.proxies {
            proxy.documents.order();
            proxy.times = super::times::times(documents, &proxy.documents);
            if let Some(newest) = proxy.times.last() {
                proxy.dump = Some(newest.dump);
                proxy.documents.clone_from(&newest.documents);
            }
        }
        links
    }

    /// The proxy that a document is of.
    pub fn owner(&self, document: DocumentId) -> Option<ProxyId> {
        self.owners.get(document.0 as usize).copied().flatten()
    }

    fn give(&mut self, document: DocumentId, identity: &Identity) {
        let proxy = self.proxy(identity);
        self.proxies[proxy.0 as usize].documents.push(document);
        self.owners[document.0 as usize] = Some(proxy);
    }

    /// The proxy with that identity, which it completes; a new one where there is none.
    fn proxy(&mut self, identity: &Identity) -> ProxyId {
        let known = self.proxies.iter().position(|proxy| proxy.identity.same(identity));
        let index = known.unwrap_or_else(|| {
            self.proxies.push(Proxy::default());
            self.proxies.len() - 1
        });
        self.proxies[index].identity.complete(identity);
        ProxyId(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// Gives what was printed or logged about a proxy to it; no proxy is there for such words alone.
    fn give_words(&mut self, documents: &[Document]) {
        for (id, document) in numbered(documents) {
            let words = matches!(document.kind, Kind::IstioctlTable | Kind::IstioctlCompare | Kind::Log);
            if !words || self.owner(id).is_some() {
                continue;
            }
            let Some(identity) = self.identity_of(documents, document) else { continue };
            let known = self.proxies.iter().position(|it| it.identity.same(&identity));
            if let Some(index) = known {
                self.proxies[index].documents.push(id);
                self.owners[id.0 as usize] = u32::try_from(index).ok().map(ProxyId);
            }
        }
    }

    /// Whether a document is of a proxy, and it is not known of which.
    fn is_wanting(&self, id: DocumentId, document: &Document) -> bool {
        document.why.is_none() && is_of_proxy(document.kind) && self.owner(id).is_none()
    }

    /// Whose a document is that does not say so itself: that of the command that printed it, of the rest of its file, of
    /// its folder, of what lies beside it.
    fn identity_of(&self, documents: &[Document], document: &Document) -> Option<Identity> {
        if let Some(identity) = document.command.as_deref().and_then(identity_of_command) {
            return Some(identity);
        }
        let mut with = self.proxies.iter().filter(|proxy| {
            proxy.documents.iter().any(|id| documents[id.0 as usize].file() == document.file())
        });
        if let (Some(only), None) = (with.next(), with.next()) {
            return Some(only.identity.clone());
        }
        if let Some(identity) = identity_of_folder(document.folder()) {
            return Some(identity);
        }
        let named = |part: &str| {
            let mut known = self.proxies.iter().map(|it| &it.identity).filter(|it| {
                !it.pod.is_empty()
                    && part.strip_prefix(it.pod.as_str()).is_some_and(|rest| {
                        rest.is_empty() || rest.strip_prefix('.') == Some(it.namespace.as_str())
                    })
            });
            known.next().filter(|_| known.next().is_none()).cloned()
        };
        if let Some(identity) = document.folder().rsplit('/').find_map(named) {
            return Some(identity);
        }
        let mut beside = self.beside(documents, document);
        let only = beside.next()?;
        beside.next().is_none().then(|| only.identity.clone())
    }

    /// The proxies that have documents in the folder of that one.
    fn beside<'l>(
        &'l self,
        documents: &'l [Document],
        document: &'l Document,
    ) -> impl Iterator<Item = &'l Proxy> {
        self.proxies.iter().filter(|proxy| {
            proxy.documents.iter().any(|id| documents[id.0 as usize].folder() == document.folder())
        })
    }

    fn control(&mut self, id: DocumentId, document: &Document) {
        self.control_named(id, control_plane_of_folder(document.folder()).unwrap_or("istiod"));
    }

    fn control_named(&mut self, id: DocumentId, name: &str) {
        match self.control_planes.iter_mut().find(|it| it.name == name) {
            Some(known) if known.documents.contains(&id) => {}
            Some(known) => known.documents.push(id),
            None => self.control_planes.push(ControlPlane { name: name.to_owned(), documents: vec![id] }),
        }
    }
}

fn numbered(documents: &[Document]) -> impl Iterator<Item = (DocumentId, &Document)> {
    documents.iter().enumerate().map(|(index, it)| (DocumentId(u32::try_from(index).unwrap_or(u32::MAX)), it))
}

/// Whether documents of that kind are of one proxy.
fn is_of_proxy(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::EnvoyConfigDump
            | Kind::EnvoyClusters
            | Kind::EnvoyClustersText
            | Kind::EnvoyListeners
            | Kind::EnvoyListenersText
            | Kind::EnvoyServerInfo
            | Kind::EnvoyCerts
            | Kind::EnvoyStats
            | Kind::EnvoyStatsPrometheus
            | Kind::EnvoyRuntime
            | Kind::EnvoyInitDump
            | Kind::EnvoyMemory
            | Kind::EnvoyBootstrap
            | Kind::EnvoyYaml
            | Kind::IstioctlClusters
            | Kind::IstioctlListeners
            | Kind::IstioctlRoutes
            | Kind::IstioctlEndpoints
            | Kind::IstioctlSecrets
            | Kind::IstioctlEcds
            | Kind::IstiodConfigDump
            | Kind::IstiodEdsz
            | Kind::IstiodEcdsz
            | Kind::IstiodNdsz
            | Kind::IstiodSidecarz
            | Kind::ZtunnelConfigDump
    )
}

/// Whether documents of that kind come from a control plane.
fn is_of_control_plane(kind: Kind) -> bool {
    kind.name().starts_with("istiod_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(list: &[(&str, &str)]) -> Vec<Document> {
        let make = |(path, text): &(&str, &str)| {
            let bytes = text.as_bytes().to_vec();
            let found = crate::intake::recognise(&bytes);
            Document::new(path.to_string(), bytes, found)
        };
        list.iter().map(make).collect()
    }

    fn dump(cluster: &str, pod: &str, time: &str) -> String {
        format!(
            r#"{{"configs": [{{"@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump", "bootstrap": {{
            "node": {{"id": "sidecar~10.0.0.1~{pod}.shop~shop.svc.cluster.local",
            "metadata": {{"CLUSTER_ID": "{cluster}"}}}}, "admin": {{}}}}, "last_updated": "{time}"}}, {{"@type":
            "type.googleapis.com/envoy.admin.v3.ClustersConfigDump", "static_clusters": [{{"cluster": {{}}}}]}}]}}"#
        )
    }

    const CLUSTERS: &str = r#"{"cluster_statuses": [{"name": "a", "host_statuses": []}]}"#;
    const SYNCZ: &str = r#"[{"cluster_id": "east", "proxy": "web-1.shop", "cluster_sent": "a", "cluster_acked": "a"},
        {"cluster_id": "east", "proxy": "gone-1.shop", "cluster_sent": "a", "cluster_acked": ""}]"#;

    #[test]
    fn documents_of_one_proxy_come_together() {
        let one = dump("east", "web-1", "2026-01-01T00:00:00Z");
        let newer = dump("east", "web-1", "2026-01-02T00:00:00Z");
        let west = dump("west", "web-1", "2026-01-03T00:00:00Z");
        let list = documents(&[
            ("b/unknown", CLUSTERS),
            ("b/dump", &newer),
            ("a/dump", &one),
            ("w/dump", &west),
            ("istiod/istiod-x/syncz", SYNCZ),
            ("r/proxies/shop/web-1/clusters", CLUSTERS),
        ]);
        let links = Links::of(&list);
        let names: Vec<_> =
            links.proxies.iter().map(|it| (it.identity.cluster.as_str(), it.identity.name())).collect();
        assert_eq!(names, [("east", "web-1"), ("west", "web-1"), ("east", "gone-1")]);
        let ids = |proxy: usize| links.proxies[proxy].documents.iter().map(|id| id.0).collect::<Vec<_>>();
        // Two dumps are two times; what lies beside one is of its time.
        assert_eq!(ids(0), [0, 1, 5]);
        assert_eq!(links.proxies[0].dump, Some(DocumentId(1)), "the newest dump is the proxy's");
        let times: Vec<_> = links.proxies[0].times.iter().map(|it| (it.dump.0, it.documents.len())).collect();
        assert_eq!(times, [(2, 1), (1, 3)]);
        assert_eq!(links.owner(DocumentId(0)), Some(ProxyId(0)));
        assert_eq!(links.proxies[0].sync, [(DocumentId(4), 0)]);
        assert!(links.proxies[2].documents.is_empty());
        assert_eq!(links.control_planes[0].name, "istiod-x");
    }

    /// What is pasted is often one section.
    #[test]
    fn a_section_that_names_nobody_is_a_proxy_called_as_its_file() {
        const SECTION: &str = r#"{"configs": [{"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump",
            "static_clusters": [{"cluster": {"name": "a"}}]}]}"#;
        let links =
            Links::of(&documents(&[("a/clusters", CLUSTERS), ("a/section", SECTION), ("lone", CLUSTERS)]));
        let names: Vec<_> = links.proxies.iter().map(|it| it.identity.name()).collect();
        assert_eq!(names, ["a/section", "lone"]);
        assert_eq!(links.owner(DocumentId(0)), Some(ProxyId(0)), "beside the only dump");
    }

    #[test]
    fn a_page_between_two_proxies_is_nobodys() {
        let (one, other) = (dump("", "a", "2026-01-01T00:00:00Z"), dump("", "b", "2026-01-01T00:00:00Z"));
        let links = Links::of(&documents(&[("one", &one), ("other", &other), ("clusters", CLUSTERS)]));
        assert_eq!(links.owner(DocumentId(2)), None);
    }
}
