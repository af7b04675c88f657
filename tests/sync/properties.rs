//! What must hold of every comparison, on a real dump that is written anew.

use proptest::prelude::*;
use serde_json::Value;
use xdscope::json::Tree;
use xdscope::sync::diff::fields;
use xdscope::sync::normalise::{Rule, fingerprint};
use xdscope::sync::{Between, Change};

use super::{compare_texts, differences, fixture};

/// The config dump of payments: listeners with RBAC and TLS, weighted routes, all sections.
fn dump() -> Value {
    let capture = fixture("bookinfo-synced.tar.gz");
    let (_, proxy) = capture.proxies().find(|(_, it)| it.identity.pod.starts_with("payments")).unwrap();
    serde_json::from_slice(&capture.document(proxy.dump.unwrap()).unwrap().bytes).unwrap()
}

fn check(left: &Value, right: &Value) -> Vec<String> {
    differences(&compare_texts(&left.to_string(), &right.to_string(), Between::Envoys))
}

/// Visits every value, with the key that it, or its list, has.
fn visit(key: &str, value: &mut Value, f: &mut impl FnMut(&str, &mut Value)) {
    f(key, value);
    match value {
        Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| visit(key, value, f)),
        Value::Array(items) => items.iter_mut().for_each(|item| visit(key, item, f)),
        _ => {}
    }
}

fn camel_keys(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let plain = |key: &str| {
                key.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_')
            };
            let key = |key: &str| if plain(key) { xdscope::json::camel(key) } else { key.to_owned() };
            Value::Object(fields.iter().map(|(name, value)| (key(name), camel_keys(value))).collect())
        }
        Value::Array(items) => items.iter().map(camel_keys).collect(),
        _ => value.clone(),
    }
}

const SETS: [&str; 9] = [
    "virtual_hosts",
    "domains",
    "filter_chains",
    "lb_endpoints",
    "endpoints",
    "server_names",
    "match_typed_subject_alt_names",
    "dynamic_active_clusters",
    "dynamic_listeners",
];

/// The places of all scalars below the resources' messages.
fn leaves(value: &Value, path: &mut Vec<String>, out: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                path.push(key.replace('~', "~0").replace('/', "~1"));
                leaves(value, path, out);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push(at.to_string());
                leaves(item, path, out);
                path.pop();
            }
        }
        _ => out.push(format!("/{}", path.join("/"))),
    }
}

#[test]
fn a_dump_is_the_same_however_it_is_written() {
    let dump = dump();
    assert_eq!(check(&dump, &dump), Vec::<String>::new());
    assert_eq!(check(&dump, &camel_keys(&dump)), Vec::<String>::new());
    let mut turned = dump.clone();
    turned["configs"].as_array_mut().unwrap().reverse();
    visit("", &mut turned, &mut |key, value| {
        if SETS.contains(&key)
            && let Value::Array(items) = value
        {
            items.reverse();
        }
    });
    assert_eq!(check(&dump, &turned), Vec::<String>::new());
    assert_eq!(check(&camel_keys(&turned), &dump), Vec::<String>::new());
}

#[test]
fn two_routes_swapped_are_a_change() {
    let dump = dump();
    let mut swapped = dump.clone();
    let mut count = 0;
    visit("", &mut swapped, &mut |key, value| {
        if key == "routes"
            && let Value::Array(items) = value
            && items.len() > 1
            && items[0] != items[1]
        {
            items.swap(0, 1);
            count += 1;
        }
    });
    assert!(count > 0);
    let found = compare_texts(&dump.to_string(), &swapped.to_string(), Between::Envoys);
    let fields: Vec<_> = found.sections.iter().flat_map(|it| &it.changed).flat_map(|it| &it.fields).collect();
    assert_eq!(fields.len(), count);
    assert!(fields.iter().all(|it| matches!(it.change, Change::Moved { .. })), "{fields:?}");
}

/// The messages of a dump's resources, without their names: another name is another resource.
fn messages(dump: &Value) -> Vec<Value> {
    let mut out = Vec::new();
    visit("", &mut dump.clone(), &mut |key, value| {
        if ["cluster", "listener", "route_config", "endpoint_config"].contains(&key)
            && let Value::Object(fields) = value
            && fields.contains_key("@type")
        {
            out.push(value.clone());
        }
    });
    out
}

/// Another value of the same kind.
fn other(leaf: &Value) -> Value {
    match leaf {
        Value::Bool(it) => Value::Bool(!it),
        Value::Number(it) => Value::from(it.as_f64().unwrap() as i64 + 7),
        Value::String(it) => Value::from(format!("{it}x")),
        it => it.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_leaf_that_changes_is_one_field(seed in any::<usize>()) {
        for message in messages(&dump()) {
            let mut all = Vec::new();
            leaves(&message, &mut Vec::new(), &mut all);
            all.retain(|it| it != "/@type");
            // Some of each message's leaves, other ones in every run.
            let step = all.len() / 40 + 1;
            for at in all.iter().skip(seed % step).step_by(step) {
                let mut changed = message.clone();
                let leaf = changed.pointer_mut(at).unwrap();
                *leaf = other(leaf);
                let (one, two) = (message.to_string(), changed.to_string());
                let (one, two) = (Tree::whole(one.as_bytes()).unwrap(), Tree::whole(two.as_bytes()).unwrap());
                let found = fields(one.root(), two.root());
                prop_assert_eq!(found.len(), 1, "{}: {:?}", at, found);
                let same = [Rule::Istioctl, Rule::Meaning].map(|it| fingerprint(one.root(), it) == fingerprint(two.root(), it));
                prop_assert_eq!(same, [false, false], "{}", at);
            }
        }
    }
}
