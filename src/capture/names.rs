//! Resources of a dump by name.

use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::envoy::{ConfigDump, Kind, ResourceId, State};
use crate::json::{Node, Span};

/// All names of a dump. Cheap beside [`super::References`]: no message is parsed for it.
#[derive(Debug, Default)]
pub struct Names {
    /// Of each kind and name's bytes one: a static or active resource comes before a warming one of the same name.
    table: HashTable<(Kind, Span, ResourceId)>,
    hasher: RandomState,
}

impl Names {
    /// Reads a dump's names.
    pub fn of(bytes: &[u8], dump: &ConfigDump) -> Names {
        let hasher = RandomState::new();
        let hash = |(kind, name, _): &(Kind, Span, ResourceId)| hasher.hash_one((*kind, name.of(bytes)));
        let state = |id: ResourceId| dump.get(id).map_or(State::Error, |it| it.state);
        let mut table = HashTable::with_capacity(dump.all().count());
        for (id, it) in dump.all() {
            let own = (it.kind, it.name_span(), id);
            let same =
                |other: &(Kind, Span, ResourceId)| other.0 == own.0 && other.1.of(bytes) == own.1.of(bytes);
            match table.entry(hash(&own), same, hash) {
                Entry::Vacant(free) => {
                    free.insert(own);
                }
                // What is in use comes before what is only warming (State's order).
                Entry::Occupied(mut known) if state(id) < state(known.get().2) => *known.get_mut() = own,
                Entry::Occupied(_) => {}
            }
        }
        Names { table, hasher }
    }

    /// The resource of a kind with that name, its bytes as the dump has them.
    pub fn find(&self, bytes: &[u8], kind: Kind, name: &[u8]) -> Option<ResourceId> {
        let same = |it: &(Kind, Span, ResourceId)| it.0 == kind && it.1.of(bytes) == name;
        self.table.find(self.hasher.hash_one((kind, name)), same).map(|it| it.2)
    }

    /// The name under which a cluster's endpoints are listed, and those. An EDS cluster asks for them by
    /// `service_name`, else by its own name (`own`); one that brings them along has them listed under its own.
    /// `None` for a cluster that needs none and has none.
    pub fn endpoints(
        &self,
        bytes: &[u8],
        cluster: Node<'_>,
        own: Span,
    ) -> Option<(Span, Option<ResourceId>)> {
        let asked = cluster.path(&["eds_cluster_config", "service_name"]);
        let name = asked.filter(|it| it.str().is_some_and(|name| !name.is_empty())).map_or(own, Node::inside);
        let found = self.find(bytes, Kind::Endpoint, name.of(bytes));
        (found.is_some() || cluster.text("type").is_some_and(|it| it == "EDS")).then_some((name, found))
    }
}
