//! Which resource of a dump names which.

use super::Names;
use crate::envoy::{ConfigDump, Kind, ResourceId};
use crate::json::{Node, Span, same_key};
use crate::order::InOrder;

/// A name inside a resource that stands for another resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The resource that names it.
    pub from: ResourceId,
    /// What kind of resource is named.
    pub kind: Kind,
    /// The name's bytes, between its quotes.
    pub name: Span,
    /// The resource of that name; `None` where the dump has none.
    pub to: Option<ResourceId>,
}

/// All references between a dump's resources.
#[derive(Debug, Default)]
pub struct References {
    /// In the order of resources, then of their bytes.
    list: Vec<Reference>,
    /// Indexes into `list`, by the resource that is named.
    reverse: Vec<(ResourceId, u32)>,
    /// The next resource to be read.
    next: u32,
}

/// Keys whose string value is a name, and of what. A cluster's own name has the key `name`, which says nothing; where
/// that key does name another resource, [`LISTS`] knows.
const NAMES: [(&str, Kind); 3] =
    [("cluster", Kind::Cluster), ("cluster_name", Kind::Cluster), ("route_config_name", Kind::Route)];

/// Keys below which nothing is named: the node's own words, labels, and a cluster's endpoints, which repeat its name.
const SILENT: [&str; 3] = ["node", "metadata", "load_assignment"];

/// Keys of an object, or of a list of objects, whose `name` names another resource.
const LISTS: [(&str, Kind); 7] = [
    ("tls_certificate_sds_secret_configs", Kind::Secret),
    ("tls_certificate_sds_secret_config", Kind::Secret),
    ("validation_context_sds_secret_config", Kind::Secret),
    ("combined_validation_context_sds_secret_config", Kind::Secret),
    ("session_ticket_keys_sds_secret_config", Kind::Secret),
    ("token_secret", Kind::Secret),
    ("hmac_secret", Kind::Secret),
];

impl References {
    /// Reads some messages more, of about so many bytes; those that are no JSON name nothing. Whether there are more:
    /// only then all is known.
    pub(super) fn read(&mut self, bytes: &[u8], dump: &ConfigDump, names: &Names, most: usize) -> bool {
        let mut reader = Reader { bytes, names, list: std::mem::take(&mut self.list) };
        let mut left = most;
        while let Some(resource) = dump.get(ResourceId(self.next)) {
            let id = ResourceId(self.next);
            self.next += 1;
            // Endpoints name only the cluster that names them.
            if matches!(resource.kind, Kind::Endpoint | Kind::Secret) {
                continue;
            }
            let Ok(tree) = resource.body(bytes) else { continue };
            let before = reader.list.len();
            if resource.kind == Kind::Cluster
                && let Some((name, to)) = names.endpoints(bytes, tree.root(), resource.name_span())
            {
                reader.list.push(Reference { from: id, kind: Kind::Endpoint, name, to });
            }
            reader.walk(id, tree.root());
            reader.list[before..].order_by_key(|it| it.name.start);
            left = left.saturating_sub(tree.root().raw().len());
            if left == 0 {
                break;
            }
        }
        self.list = reader.list;
        let more = dump.get(ResourceId(self.next)).is_some();
        if !more {
            let numbered = self.list.iter().enumerate();
            self.reverse =
                numbered.filter_map(|(index, it)| Some((it.to?, u32::try_from(index).ok()?))).collect();
            self.reverse.order();
        }
        more
    }

    /// What a resource names, in the order of its bytes.
    pub fn from(&self, id: ResourceId) -> &[Reference] {
        let start = self.list.partition_point(|it| it.from < id);
        let end = self.list.partition_point(|it| it.from <= id);
        &self.list[start..end]
    }

    /// The references that name a resource.
    pub fn to(&self, id: ResourceId) -> impl ExactSizeIterator<Item = &Reference> {
        let start = self.reverse.partition_point(|(to, _)| *to < id);
        let end = self.reverse.partition_point(|(to, _)| *to <= id);
        self.reverse[start..end].iter().map(|(_, index)| &self.list[*index as usize])
    }
}

/// Collects the names in messages.
struct Reader<'c> {
    bytes: &'c [u8],
    names: &'c Names,
    list: Vec<Reference>,
}

impl Reader<'_> {
    fn walk(&mut self, from: ResourceId, node: Node<'_>) {
        // Trees are at most json::Tree::DEEPEST levels deep, so the stack is bounded.
        for item in node.items() {
            self.walk(from, item);
        }
        for (key, value) in node.fields() {
            if SILENT.iter().any(|name| same_key(key, name)) {
                continue;
            }
            if let Some((_, kind)) = NAMES.iter().find(|(name, _)| same_key(key, name)) {
                self.push(from, *kind, value);
            } else if let Some((_, kind)) = LISTS.iter().find(|(name, _)| same_key(key, name)) {
                for named in value.items().chain([value]) {
                    if let Some(name) = named.get("name") {
                        self.push(from, *kind, name);
                    }
                }
            } else if same_key(key, "weighted_clusters") {
                for named in value.list("clusters") {
                    if let Some(name) = named.get("name") {
                        self.push(from, Kind::Cluster, name);
                    }
                }
            }
            self.walk(from, value);
        }
    }

    fn push(&mut self, from: ResourceId, kind: Kind, value: Node<'_>) {
        if value.str().is_some_and(|text| !text.is_empty()) {
            let name = value.inside();
            let to = self.names.find(self.bytes, kind, name.of(self.bytes));
            self.list.push(Reference { from, kind, name, to });
        }
    }
}
