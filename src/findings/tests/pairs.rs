//! No check without the least that it finds, and what is nearly the same and no fault.

use super::*;

/// A check, a fault that it finds, and what is nearly that.
pub type Pair = (&'static str, fn() -> Vec<Finding>, fn() -> Vec<Finding>);

const ALL: [&[Pair]; 8] = [
    xds::PAIRS,
    routing::PAIRS,
    listeners::PAIRS,
    tls::PAIRS,
    egress::PAIRS,
    policy::PAIRS,
    ambient::PAIRS,
    captured::PAIRS,
];

#[test]
fn every_check_has_a_pair() {
    let pairs: Vec<&str> = ALL.iter().flat_map(|it| it.iter()).map(|it| it.0).collect();
    let lacking: Vec<&str> = checks::ALL.iter().map(|it| it.0).filter(|id| !pairs.contains(id)).collect();
    assert!(lacking.is_empty(), "without a fault and a near miss: {lacking:?}");
    let unknown: Vec<&&str> = pairs.iter().filter(|id| checks::position(id) == checks::ALL.len()).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn every_check_finds_its_fault_and_not_the_near_miss() {
    let mut wrong = Vec::new();
    for (check, faulty, fine) in ALL.iter().flat_map(|it| it.iter()) {
        let (faulty, fine) = (faulty(), fine());
        // What cannot be read is by nature not judged.
        let unjudged = |found: &[Finding]| not_judged(found, check) && *check != "resource-unreadable";
        let of: Vec<&Finding> = faulty.iter().filter(|it| it.check == *check).collect();
        if of.is_empty() || unjudged(&faulty) {
            wrong.push(format!("{check}: the fault is not found"));
        }
        for it in of {
            if it.evidence.is_empty() {
                wrong.push(format!("{check}: no evidence"));
            }
            for language in [texts::Language::En, texts::Language::Zh] {
                let said = texts::sentence(language, it);
                if said.is_empty() || said.contains(['{', '[']) && *check != "nack" {
                    wrong.push(format!("{check}: {said}"));
                }
            }
        }
        if unjudged(&fine) || !lines(&fine, check).is_empty() {
            wrong.push(format!("{check}: the near miss is found, or not judged: {:?}", lines(&fine, check)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
