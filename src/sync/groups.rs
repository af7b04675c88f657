//! The mesh's table by groups, and what is chosen of it.

use std::collections::BTreeMap;

use super::status::{Mesh, Row};
use crate::istiod::{Status, types};

/// By what rows are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    /// The worst state of all types.
    State,
    /// The namespace.
    Namespace,
    /// The proxy's Istio version.
    Version,
    /// The control plane.
    Istiod,
}

/// Rows that have something in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Group {
    /// What: a namespace, a version, a control plane; a state's name. Empty where it is not known.
    pub key: String,
    /// How many rows.
    pub rows: usize,
    /// How many of them are in each state, by their worst type.
    pub states: BTreeMap<Status, usize>,
    /// How many of them no control plane knows.
    pub not_connected: usize,
}

/// What to show of the table; what is `None` or empty does not choose.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Filter {
    /// Text that the id, cluster, control plane or a version contains.
    pub text: String,
    /// A state that any type has.
    pub state: Option<Status>,
    /// A type (URL, or short as `CDS`) that `state` is about.
    pub type_url: Option<String>,
    /// A namespace.
    pub namespace: Option<String>,
    /// A control plane.
    pub istiod: Option<String>,
    /// An Istio version.
    pub version: Option<String>,
    /// Whether a control plane knows it.
    pub connected: Option<bool>,
}

impl Mesh {
    /// Counts rows by group; groups by key.
    pub fn groups(&self, by: GroupBy) -> Vec<Group> {
        let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
        for row in &self.rows {
            let key = match by {
                GroupBy::State => row.worst().name(),
                GroupBy::Namespace => &row.namespace,
                GroupBy::Version => &row.istio_version,
                GroupBy::Istiod => &row.istiod,
            };
            let group = groups.entry(key).or_default();
            group.rows += 1;
            *group.states.entry(row.worst()).or_default() += 1;
            group.not_connected += usize::from(!row.connected);
        }
        groups.into_iter().map(|(key, group)| Group { key: key.to_owned(), ..group }).collect()
    }

    /// The rows that a filter leaves.
    pub fn filtered<'m>(&'m self, filter: &'m Filter) -> impl Iterator<Item = &'m Row> {
        self.rows.iter().filter(|it| filter.takes(it))
    }
}

impl Filter {
    /// Whether it leaves a row.
    pub fn takes(&self, row: &Row) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|it| it == value);
        let texts = [&row.id, &row.cluster, &row.istiod, &row.istio_version, &row.envoy_version];
        let text = self.text.to_lowercase();
        let of_type = |url: &str| is(&self.type_url, url) || is(&self.type_url, types::short(url));
        let state = |wanted: Status| match wanted {
            // A type that a proxy did not ask for has no entry of its own.
            Status::Ignored => row.types.iter().all(|it| !of_type(&it.type_url) || it.status == wanted),
            _ => row.types.iter().any(|it| of_type(&it.type_url) && it.status == wanted),
        };
        is(&self.namespace, &row.namespace)
            && is(&self.istiod, &row.istiod)
            && is(&self.version, &row.istio_version)
            && self.connected.is_none_or(|it| it == row.connected)
            && self.state.is_none_or(state)
            && (text.is_empty() || texts.iter().any(|it| it.to_lowercase().contains(&text)))
    }
}
