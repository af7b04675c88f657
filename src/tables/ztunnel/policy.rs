//! `istioctl ztunnel-config policy` (policies.go).

use crate::tables::equal_fold;
use crate::tables::sort::sort_slice;
use crate::tables::text::TextTable;
use crate::ztunnel::{Policy, ZtunnelDump};

/// An authorization policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRow {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `Allow`, `Deny`
    pub action: String,
    /// `Global`, `Namespace`, `WorkloadSelector`
    pub scope: String,
}

/// The policies of a namespace, of all where that is empty, sorted by namespace and name.
pub fn rows(of: ZtunnelDump<'_>, namespace: &str) -> Vec<PolicyRow> {
    let row = |it: Policy<'_>| PolicyRow {
        namespace: it.namespace().into_owned(),
        name: it.name().into_owned(),
        action: it.action().into_owned(),
        scope: it.scope().into_owned(),
    };
    sorted(of, namespace).into_iter().map(row).collect()
}

pub(super) fn sorted<'t>(of: ZtunnelDump<'t>, namespace: &str) -> Vec<Policy<'t>> {
    let of = of.policies().filter(|it| namespace.is_empty() || equal_fold(&it.namespace(), namespace));
    let mut found: Vec<_> = of.collect();
    sort_slice(&mut found, |one, other| (one.namespace(), one.name()) < (other.namespace(), other.name()));
    found
}

/// The table as istioctl prints it.
pub fn text(rows: &[PolicyRow]) -> String {
    let mut table = TextTable::new(1, &["NAMESPACE", "POLICY NAME", "ACTION", "SCOPE"]);
    for row in rows {
        table.row([&row.namespace, &row.name, &row.action, &row.scope].map(String::clone));
    }
    table.to_string()
}
