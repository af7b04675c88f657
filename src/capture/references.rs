//! Which resource of a dump names which.

use crate::envoy::{ConfigDump, Kind, ResourceId};
use crate::json::{Node, Span, same_key};

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

/// All names of a dump, and all references between its resources.
#[derive(Debug, Default)]
pub struct References {
    /// By kind, name's bytes and state: a static or active resource comes before a warming one of the same name.
    names: Vec<(Kind, Span, ResourceId)>,
    /// In the order of resources, then of their bytes.
    list: Vec<Reference>,
    /// Indexes into `list`, by the resource that is named.
    reverse: Vec<(ResourceId, u32)>,
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
    /// Reads all of a dump's messages once; those that are no JSON name nothing.
    pub fn of(bytes: &[u8], dump: &ConfigDump) -> References {
        let mut names: Vec<_> = dump.all().map(|(id, it)| (it.kind, it.name_span(), id)).collect();
        names.sort_by(|one, other| key(bytes, one, dump).cmp(&key(bytes, other, dump)));
        let mut found = References { names, ..References::default() };
        for (id, resource) in dump.all() {
            // Endpoints name only the cluster that names them.
            if matches!(resource.kind, Kind::Endpoint | Kind::Secret) {
                continue;
            }
            if let Ok(tree) = resource.body(bytes) {
                found.walk(bytes, id, tree.root());
                if resource.kind == Kind::Cluster {
                    found.endpoints_of(bytes, id, tree.root(), resource.name_span());
                }
            }
        }
        let reverse = found.list.iter().enumerate();
        let reverse = reverse.filter_map(|(index, it)| Some((it.to?, u32::try_from(index).ok()?)));
        found.reverse = reverse.collect();
        found.reverse.sort_unstable();
        found
    }

    /// The resource of a kind with that name, its bytes as the dump has them.
    pub fn find(&self, bytes: &[u8], kind: Kind, name: &[u8]) -> Option<ResourceId> {
        let at = self.names.partition_point(|(of, span, _)| (*of, span.of(bytes)) < (kind, name));
        let (of, span, id) = self.names.get(at)?;
        (*of == kind && span.of(bytes) == name).then_some(*id)
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

    /// Memory that this takes, in bytes.
    pub fn memory(&self) -> usize {
        self.names.capacity() * size_of::<(Kind, Span, ResourceId)>()
            + self.list.capacity() * size_of::<Reference>()
            + self.reverse.capacity() * size_of::<(ResourceId, u32)>()
    }

    /// An EDS cluster asks for its endpoints by `service_name`, else by its own name; an inline load assignment names
    /// itself. Either way the endpoints' dump lists them under that name.
    fn endpoints_of(&mut self, bytes: &[u8], from: ResourceId, cluster: Node<'_>, own: Span) {
        let asked = cluster.path(&["eds_cluster_config", "service_name"]);
        let name = asked.filter(|it| it.str().is_some_and(|name| !name.is_empty())).map_or(own, text_span);
        // A cluster that brings its endpoints along is listed too, but nothing is missing when it is not.
        let to = self.find(bytes, Kind::Endpoint, name.of(bytes));
        if to.is_some() || cluster.text("type").is_some_and(|it| it == "EDS") {
            self.list.push(Reference { from, kind: Kind::Endpoint, name, to });
        }
    }

    fn walk(&mut self, bytes: &[u8], from: ResourceId, node: Node<'_>) {
        // Trees are at most json::Tree::DEEPEST levels deep, so the stack is bounded.
        for item in node.items() {
            self.walk(bytes, from, item);
        }
        for (key, value) in node.fields() {
            if SILENT.iter().any(|name| same_key(key, name)) {
                continue;
            }
            if let Some((_, kind)) = NAMES.iter().find(|(name, _)| same_key(key, name)) {
                self.push(bytes, from, *kind, value);
            } else if let Some((_, kind)) = LISTS.iter().find(|(name, _)| same_key(key, name)) {
                for named in value.items().chain([value]) {
                    if let Some(name) = named.get("name") {
                        self.push(bytes, from, *kind, name);
                    }
                }
            } else if same_key(key, "weighted_clusters") {
                for named in value.list("clusters") {
                    if let Some(name) = named.get("name") {
                        self.push(bytes, from, Kind::Cluster, name);
                    }
                }
            }
            self.walk(bytes, from, value);
        }
    }

    fn push(&mut self, bytes: &[u8], from: ResourceId, kind: Kind, value: Node<'_>) {
        if value.str().is_some_and(|text| !text.is_empty()) {
            let name = text_span(value);
            self.list.push(Reference { from, kind, name, to: self.find(bytes, kind, name.of(bytes)) });
        }
    }
}

/// The place of a string's text, between its quotes.
fn text_span(string: Node<'_>) -> Span {
    let span = string.span();
    Span { start: span.start + 1, end: span.end - 1 }
}

fn key<'b>(
    bytes: &'b [u8],
    (kind, span, id): &(Kind, Span, ResourceId),
    dump: &ConfigDump,
) -> (Kind, &'b [u8], crate::envoy::State, ResourceId) {
    let state = dump.get(*id).map_or(crate::envoy::State::Error, |it| it.state);
    (*kind, span.of(bytes), state, *id)
}
