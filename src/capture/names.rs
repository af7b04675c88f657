//! Resources of a dump by name.

use crate::envoy::{ConfigDump, Kind, ResourceId, State};
use crate::json::{Node, Span};
use crate::order::InOrder;

/// All names of a dump, sorted. Cheap beside [`super::References`]: no message is parsed for it.
#[derive(Debug, Default)]
pub struct Names {
    /// By kind, name's bytes and state: a static or active resource comes before a warming one of the same name.
    list: Vec<(Kind, Span, ResourceId)>,
}

impl Names {
    /// Sorts a dump's names.
    pub fn of(bytes: &[u8], dump: &ConfigDump) -> Names {
        let mut list: Vec<_> = dump.all().map(|(id, it)| (it.kind, it.name_span(), id)).collect();
        let state = |id: ResourceId| dump.get(id).map_or(State::Error, |it| it.state);
        list.order_by(|(kind, name, id), (other_kind, other, other_id)| {
            let one = (kind, name.of(bytes), state(*id), id);
            one.cmp(&(other_kind, other.of(bytes), state(*other_id), other_id))
        });
        Names { list }
    }

    /// The resource of a kind with that name, its bytes as the dump has them.
    pub fn find(&self, bytes: &[u8], kind: Kind, name: &[u8]) -> Option<ResourceId> {
        let at = self.list.partition_point(|(of, span, _)| (*of, span.of(bytes)) < (kind, name));
        let (of, span, id) = self.list.get(at)?;
        (*of == kind && span.of(bytes) == name).then_some(*id)
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
