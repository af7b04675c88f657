//! Authorization filters, of HTTP and of connections.

use std::borrow::Cow;

use super::{Extension, enumerated};
use crate::json::Node;

/// `envoy.extensions.filters.{http,network}.rbac.v3.RBAC`
#[derive(Clone, Copy, Debug)]
pub struct Rbac<'t>(pub Option<Node<'t>>);

impl<'t> Rbac<'t> {
    /// From a filter; one without configuration has no rules.
    pub fn of(filter: Extension<'t>) -> Rbac<'t> {
        Rbac(filter.config().map(|it| it.node))
    }

    /// The rules in force (`envoy.config.rbac.v3.RBAC`).
    pub fn rules(self) -> Option<Node<'t>> {
        self.0?.get("rules")
    }

    /// Rules that are only counted.
    pub fn shadow_rules(self) -> Option<Node<'t>> {
        self.0?.get("shadow_rules")
    }

    /// `ALLOW`, `DENY`, `LOG`; `ALLOW` where it says nothing.
    pub fn action(self) -> Cow<'t, str> {
        self.rules().map_or(Cow::Borrowed("ALLOW"), |it| enumerated(it, "action", &["ALLOW", "DENY", "LOG"]))
    }

    /// The policies in force, by name.
    pub fn policies(self) -> impl Iterator<Item = (Cow<'t, str>, Node<'t>)> + use<'t> {
        self.rules().and_then(|it| it.get("policies")).into_iter().flat_map(Node::entries)
    }

    /// The policies that are only counted, by name.
    pub fn shadow_policies(self) -> impl Iterator<Item = (Cow<'t, str>, Node<'t>)> + use<'t> {
        self.shadow_rules().and_then(|it| it.get("policies")).into_iter().flat_map(Node::entries)
    }
}
