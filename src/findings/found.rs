//! What was found so far: the same cause in many proxies is one finding.

use std::collections::BTreeMap;

use super::finding::{Certainty, Evidence, Finding, Need, Severity, Subject};
use crate::capture::ProxyId;
use crate::order::InOrder;

/// What makes two findings the same.
type Key = (&'static str, Severity, Subject, String, String, &'static str);

/// Findings, grouped.
#[derive(Debug, Default)]
pub struct Found {
    list: BTreeMap<Key, Finding>,
    not_judged: BTreeMap<(&'static str, Need), Vec<ProxyId>>,
    /// By check: how many were kept.
    kept: BTreeMap<&'static str, u32>,
    /// By check: how many more there are than are kept.
    pub left_out: BTreeMap<&'static str, u32>,
    /// By address: workloads of the mesh whose proxies no control plane lists.
    pub unconnected: BTreeMap<String, (String, Evidence)>,
}

/// The most findings of one check that are kept.
const MOST: u32 = 500;

impl Found {
    /// Takes a finding in.
    pub fn push(&mut self, finding: Finding) {
        let it = &finding;
        let key = (it.check, it.severity, it.subject, it.resource.clone(), it.cause.clone(), it.case);
        if let Some(known) = self.list.get_mut(&key) {
            known.merge(finding);
            return;
        }
        let kept = self.kept.entry(finding.check).or_default();
        if *kept >= MOST {
            *self.left_out.entry(finding.check).or_default() += 1;
            return;
        }
        *kept += 1;
        self.list.insert(key, finding);
    }

    /// Takes in that a check could not be made.
    pub fn not_judged(&mut self, check: &'static str, need: Need, proxy: Option<ProxyId>) {
        let proxies = self.not_judged.entry((check, need)).or_default();
        if let Some(proxy) = proxy.filter(|it| !proxies.contains(it)) {
            proxies.push(proxy);
        }
    }

    /// All of it: errors first, then by check and resource; what was not judged last.
    pub fn finish(&mut self) -> Vec<Finding> {
        let mut list: Vec<Finding> = std::mem::take(&mut self.list).into_values().collect();
        let order = |it: &Finding| super::checks::position(it.check);
        list.order_by(|one, other| {
            let key = |it: &Finding| (std::cmp::Reverse(it.severity), order(it));
            key(one).cmp(&key(other)).then_with(|| one.resource.cmp(&other.resource))
        });
        for ((check, need), proxies) in std::mem::take(&mut self.not_judged) {
            let mut it = Finding::new(check, Severity::Note, Subject::Capture, "").case("not_judged");
            it.certainty = Certainty::Needs(need);
            it.proxies = proxies;
            list.push(it);
        }
        list
    }
}
