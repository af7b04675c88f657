//! Two captures, proxy by proxy. Comparing all of them may take long, so each question goes a little further.

use std::collections::{BTreeMap, BTreeSet};

use super::number;
use super::protocol::{Captures, PairState, ProxyId, ProxyPair};
use crate::capture::{Capture, Proxy};
use crate::envoy::Identity;
use crate::order::InOrder;
use crate::sync::{Between, Side, compare};

/// How many lines an answer has at most.
const MOST: usize = 200;
/// How many bytes of dumps are compared for one question.
const BUDGET: usize = 24 << 20;

/// The proxies of both captures, as far as they are compared.
#[derive(Default)]
pub struct Cache {
    pairs: Option<Vec<ProxyPair>>,
}

impl Cache {
    /// A window of the proxies. Compares some of those that are not compared yet.
    pub fn window(&mut self, first: &Capture, second: &Capture, offset: u32, limit: u32) -> Captures {
        let pairs = self.pairs.get_or_insert_with(|| pair(first, second));
        let mut room = BUDGET;
        for it in pairs.iter_mut().filter(|it| it.state == PairState::Pending) {
            if room == 0 {
                break;
            }
            it.state = judge(first, second, it, &mut room);
        }
        let mut order: Vec<&ProxyPair> = pairs.iter().collect();
        // What differs is looked for; the same comes last.
        order.order_by_key(|it| match it.state {
            PairState::Differs(_) => 0,
            PairState::OnlyLeft => 1,
            PairState::OnlyRight => 2,
            PairState::Pending => 3,
            PairState::Same => 4,
        });
        let count = |is: fn(&PairState) -> bool| number(pairs.iter().filter(|it| is(&it.state)).count());
        let cut = order.into_iter().skip(offset as usize).take((limit as usize).min(MOST));
        Captures {
            captured: (first.captured(), second.captured()),
            pending: count(|it| *it == PairState::Pending),
            counts: [
                count(|it| matches!(it, PairState::Differs(_))),
                count(|it| *it == PairState::Same),
                count(|it| *it == PairState::OnlyLeft),
                count(|it| *it == PairState::OnlyRight),
            ],
            lines: number(pairs.len()),
            offset,
            window: cut.cloned().collect(),
        }
    }
}

fn judge(first: &Capture, second: &Capture, pair: &ProxyPair, room: &mut usize) -> PairState {
    let left = pair.left.and_then(|it| Side::envoy(first, it));
    let right = pair.right.and_then(|it| Side::envoy(second, it));
    let (Some(left), Some(right)) = (left, right) else {
        return if left.is_some() { PairState::OnlyLeft } else { PairState::OnlyRight };
    };
    let size = |it: &Side<'_>| it.dump.map_or(0, |it| it.1.bytes.len());
    *room = room.saturating_sub(size(&left) + size(&right));
    let found = compare(&left, &right, Between::Envoys);
    let differ = found
        .sections
        .iter()
        .map(|it| (it.section, number(it.only_left.len() + it.only_right.len() + it.changed.len())));
    let differ: Vec<_> = differ.filter(|it| it.1 > 0).collect();
    if differ.is_empty() { PairState::Same } else { PairState::Differs(differ) }
}

/// The proxies with a dump: the same pod is the same proxy; else the only one of a workload, whose pod was replaced.
fn pair(first: &Capture, second: &Capture) -> Vec<ProxyPair> {
    let with = |capture: &Capture| -> Vec<(ProxyId, Identity)> {
        let with = |it: &(ProxyId, &Proxy)| it.1.dump.is_some();
        capture.proxies().filter(with).map(|(id, it)| (id, it.identity.clone())).collect()
    };
    let (ones, mut others) = (with(first), with(second));
    let mut pairs = Vec::new();
    let mut rest = Vec::new();
    for (id, one) in ones {
        match others.iter().position(|it| it.1.same(&one)) {
            Some(at) => {
                let (other, _) = others.remove(at);
                pairs.push(line(&one, Some(id), Some(other), None));
            }
            None => rest.push((id, one)),
        }
    }
    let workloads = |list: &[(ProxyId, Identity)]| {
        let mut by: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
        for (at, (_, it)) in list.iter().enumerate() {
            if let Some(workload) = workload(&it.pod) {
                by.entry((it.namespace.clone(), workload.to_owned())).or_default().push(at);
            }
        }
        by
    };
    let (left, right) = (workloads(&rest), workloads(&others));
    let mut taken = (BTreeSet::new(), BTreeSet::new());
    for (key, ones) in &left {
        if let ([at], Some([to])) = (&ones[..], right.get(key).map(|it| &it[..])) {
            let ((id, one), (other, is)) = (&rest[*at], &others[*to]);
            pairs.push(line(one, Some(*id), Some(*other), Some(is.name().to_owned())));
            taken.0.insert(*at);
            taken.1.insert(*to);
        }
    }
    for (_, (id, it)) in rest.iter().enumerate().filter(|it| !taken.0.contains(&it.0)) {
        pairs.push(line(it, Some(*id), None, None));
    }
    for (_, (id, it)) in others.iter().enumerate().filter(|it| !taken.1.contains(&it.0)) {
        pairs.push(line(it, None, Some(*id), None));
    }
    pairs.order_by(|one, other| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
    pairs
}

fn line(of: &Identity, left: Option<ProxyId>, right: Option<ProxyId>, renamed: Option<String>) -> ProxyPair {
    ProxyPair {
        name: of.name().to_owned(),
        renamed,
        namespace: of.namespace.clone(),
        left,
        right,
        state: PairState::Pending,
    }
}

/// The workload of a Deployment's pod: `reviews-v1` of `reviews-v1-55d4c455db-zjj2m` (the ReplicaSet's hash and five
/// letters, of the alphabet that Kubernetes takes for both, k8s.io/apimachinery/pkg/util/rand).
pub fn workload(pod: &str) -> Option<&str> {
    let random =
        |it: &str| !it.is_empty() && it.bytes().all(|it| b"bcdfghjklmnpqrstvwxz2456789".contains(&it));
    let (front, own) = pod.rsplit_once('-')?;
    let (workload, set) = front.rsplit_once('-')?;
    (own.len() == 5 && random(own) && (6..=10).contains(&set.len()) && random(set) && !workload.is_empty())
        .then_some(workload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_pod_is_of_the_same_workload() {
        assert_eq!(workload("reviews-v1-55d4c455db-zjj2m"), Some("reviews-v1"));
        assert_eq!(workload("zookeeper-0"), None);
        assert_eq!(workload("a-b-c"), None);
    }
}
