//! The mesh's table by groups, and what is chosen of it.

use std::collections::BTreeMap;

use super::status::{Mesh, Row, Standing};
use crate::order::InOrder;

/// By what rows are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    /// How they stand.
    Standing,
    /// The namespace.
    Namespace,
    /// The proxy's Istio version.
    Version,
    /// The control plane.
    Istiod,
}

/// What rows of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// How they stand.
    Standing(Standing),
    /// A namespace, a version, a control plane; empty where it is not known.
    Name(String),
}

/// Rows that have something in common.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Group {
    /// What.
    pub key: Key,
    /// How many there are of each standing.
    pub counts: BTreeMap<Standing, u32>,
}

/// What to show of the table; what is `None` or empty does not choose.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Filter {
    /// Words that must all occur in the id, the cluster, the control plane or a version, any case.
    pub text: String,
    /// How it stands.
    pub standing: Option<Standing>,
    /// A namespace.
    pub namespace: Option<String>,
    /// A control plane.
    pub istiod: Option<String>,
    /// An Istio version.
    pub version: Option<String>,
}

impl Mesh {
    /// How many rows there are of each standing.
    pub fn counts(&self) -> BTreeMap<Standing, u32> {
        self.count(0..self.rows.len())
    }

    fn count(&self, rows: impl Iterator<Item = usize>) -> BTreeMap<Standing, u32> {
        let mut counts = BTreeMap::new();
        for at in rows {
            *counts.entry(self.rows[at].standing(self.known)).or_default() += 1;
        }
        counts
    }

    /// The rows that a filter leaves (their places in [`Mesh::rows`]), the worst first, in groups by key. Without `by`
    /// one group has them all.
    pub fn grouped(&self, filter: &Filter, by: Option<GroupBy>) -> Vec<(Option<Group>, Vec<usize>)> {
        let mut groups: BTreeMap<Option<Key>, Vec<usize>> = BTreeMap::new();
        let words: Vec<String> = filter.text.split_whitespace().map(str::to_lowercase).collect();
        for (at, row) in self.rows.iter().enumerate() {
            if filter.takes(row, row.standing(self.known), &words) {
                groups.entry(by.map(|by| self.key(row, by))).or_default().push(at);
            }
        }
        let group = |(key, mut rows): (Option<Key>, Vec<usize>)| {
            rows.order_by_key(|at| {
                let row = &self.rows[*at];
                (row.standing(self.known), &row.namespace, &row.name, &row.cluster, &row.istiod)
            });
            (key.map(|key| Group { key, counts: self.count(rows.iter().copied()) }), rows)
        };
        groups.into_iter().map(group).collect()
    }

    fn key(&self, row: &Row, by: GroupBy) -> Key {
        match by {
            GroupBy::Standing => Key::Standing(row.standing(self.known)),
            GroupBy::Namespace => Key::Name(row.namespace.clone()),
            GroupBy::Version => Key::Name(row.istio_version.clone()),
            GroupBy::Istiod => Key::Name(row.istiod.clone()),
        }
    }
}

impl Filter {
    /// `words`: those of its text, lower case.
    fn takes(&self, row: &Row, standing: Standing, words: &[String]) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|it| it == value);
        let texts = [&row.id, &row.cluster, &row.istiod, &row.istio_version, &row.envoy_version];
        is(&self.namespace, &row.namespace)
            && is(&self.istiod, &row.istiod)
            && is(&self.version, &row.istio_version)
            && self.standing.is_none_or(|it| it == standing)
            && words.iter().all(|word| texts.iter().any(|it| it.to_lowercase().contains(word)))
    }
}
