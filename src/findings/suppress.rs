//! Findings that somebody has looked at and does not want to see again.

use serde::{Deserialize, Serialize};

use super::Finding;

/// What is not shown: a check everywhere, or for one resource. Names, not positions: it is saved with a report, and
/// meant for the next capture of the same mesh too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Suppression {
    /// The check's id.
    pub id: String,
    /// The resource's name; none for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The proxy, `POD.NAMESPACE`, or its beginning (pods' names end differently tomorrow); none for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
}

impl Suppression {
    /// Whether it hides a finding. `proxies` are the names of the finding's: all of them must be meant.
    pub fn hides(&self, finding: &Finding, proxies: &[String]) -> bool {
        self.id == finding.check
            && self.resource.as_ref().is_none_or(|it| *it == finding.resource)
            && self
                .proxy
                .as_ref()
                .is_none_or(|it| !proxies.is_empty() && proxies.iter().all(|name| name.starts_with(it)))
    }
}
