//! Which value of a field says the same as its absence.
//!
//! Protobuf's JSON leaves out a scalar that has its type's default; some writers do not. A field with presence (a
//! `google.protobuf.UInt32Value` and its like, `optional`, a member of a `oneof`) is another thing: there, `0` is not
//! the same as nothing. `defaults.txt` has the names of those, the first values of enums, and the maps, as the protos
//! of Envoy's API v3 declare them. Names are those of all messages together: one that has presence in any of them is
//! taken to have it, so that a difference is rather shown than hidden.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::json::{Kind, Node};

struct Facts {
    presence: BTreeSet<&'static str>,
    enums: BTreeMap<&'static str, Vec<&'static str>>,
    maps: BTreeSet<&'static str>,
    /// By the name without its blank before a digit.
    digits: BTreeMap<String, &'static str>,
}

fn facts() -> &'static Facts {
    static FACTS: OnceLock<Facts> = OnceLock::new();
    FACTS.get_or_init(|| {
        let mut facts = Facts {
            presence: BTreeSet::new(),
            enums: BTreeMap::new(),
            maps: BTreeSet::new(),
            digits: BTreeMap::new(),
        };
        let mut block = "";
        for line in include_str!("defaults.txt").lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with('[') {
                block = line;
                continue;
            }
            for word in line.split_whitespace() {
                match (block, word.split_once('=')) {
                    ("[enums]", Some((field, values))) => {
                        facts.enums.insert(field, values.split('|').collect());
                    }
                    ("[maps]", _) => {
                        facts.maps.insert(word);
                    }
                    ("[digits]", _) => {
                        facts.digits.insert(before_digits(word), word);
                    }
                    _ => {
                        facts.presence.insert(word);
                    }
                }
            }
        }
        facts
    })
}

/// A name without the blanks that stand before a digit.
fn before_digits(name: &str) -> String {
    let bytes = name.as_bytes();
    let keeps = |at: usize| bytes[at] != b'_' || !bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
    name.char_indices().filter(|(at, _)| keeps(*at)).map(|(_, letter)| letter).collect()
}

/// The one spelling of a field's name that has a digit: camelCase has lost the blank before it (`consecutive5xx`).
pub fn with_digits(name: String) -> String {
    let short = before_digits(&name);
    facts().digits.get(&short).map_or(short, |it| (*it).to_owned())
}

/// Whether `field` (snake_case) may as well be missing as have this value.
pub fn is_default(field: &str, value: Node<'_>) -> bool {
    match (value.kind(), value.raw()) {
        (Kind::Null, _) => true,
        (Kind::Array, _) => value.is_empty(),
        (Kind::Object, _) => value.is_empty() && facts().maps.contains(field),
        (Kind::Bool, b"false") | (Kind::Number, b"0") | (Kind::String, b"\"\"" | b"\"0\"") => {
            !facts().presence.contains(field)
        }
        // Only `v4` of local_address_ip_version is not in capitals.
        (Kind::String, [b'"', b'A'..=b'Z' | b'v', ..]) => {
            let Some(first) = facts().enums.get(field) else { return false };
            value.str().is_some_and(|text| first.contains(&text.as_ref()))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Tree;

    #[test]
    fn presence_counts() {
        let check =
            |field: &str, value: &str| is_default(field, Tree::whole(value.as_bytes()).unwrap().root());
        assert!(check("continue_on_listener_filters_timeout", "false"));
        assert!(check("lb_policy", "\"ROUND_ROBIN\"") && !check("lb_policy", "\"RANDOM\""));
        assert!(check("routes", "[]") && check("typed_per_filter_config", "{}"));
        assert!(!check("num_retries", "0"), "a UInt32Value: no retries, where absence is one");
        assert!(!check("ads", "{}") && !check("prefix", "\"\"") && !check("weight", "0"));
    }
}
