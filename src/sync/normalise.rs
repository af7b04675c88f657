//! What two spellings of one message have in common: a number that both have.
//!
//! Nothing is rewritten; a fingerprint is taken of the bytes as they are read. Two messages with the same fingerprint
//! mean the same.

use std::borrow::Cow;

use super::defaults::{is_default, with_digits};
use crate::json::{Kind, Node, snake};

/// How strictly messages are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// As istioctl does: what protobuf's JSON leaves out does not count, the order of lists does, but for that of
    /// virtual hosts, which it sorts (istioctl/pkg/util/configdump/route.go, `GetDynamicRouteDump`).
    Istioctl,
    /// By what the message means to Envoy: the order of no set counts, nor the API's version in a type's URL.
    Meaning,
}

/// Lists whose order Envoy does not look at. The order of routes, filters, matchers, header mutations and hash
/// policies is behaviour and not here.
const SETS: [&str; 14] = [
    "virtual_hosts",
    "domains",
    "filter_chains",
    "endpoints",
    "lb_endpoints",
    // Of a filter chain's match.
    "prefix_ranges",
    "source_prefix_ranges",
    "source_ports",
    "server_names",
    "application_protocols",
    // Subject alternative names, in every version's field.
    "match_typed_subject_alt_names",
    "match_subject_alt_names",
    "verify_subject_alt_name",
    "subject_alt_names",
];

/// Messages that Envoy's dump of endpoints has for every endpoint, and the control plane's has not.
const ADDED_BY_ENVOY: [&str; 3] = ["policy", "health_check_config", "locality"];

/// Whether the list in `field` is a set.
pub fn is_set(field: &str, rule: Rule) -> bool {
    match rule {
        Rule::Istioctl => field == "virtual_hosts",
        Rule::Meaning => SETS.contains(&field),
    }
}

/// A key as Envoy spells it. Nothing is copied where it is so spelled.
pub fn field_name(raw: &[u8]) -> Cow<'_, str> {
    let odd = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'\\';
    if !raw.iter().any(odd) {
        return String::from_utf8_lossy(raw);
    }
    let key = crate::json::unescape(raw);
    // A key of a map (`PASS_THROUGH`, `x-Custom`) is no field.
    if !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        || !key.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
    {
        return key;
    }
    let name = snake(&key);
    let digit = name.bytes().any(|byte| byte.is_ascii_digit());
    Cow::Owned(if digit { with_digits(name) } else { name })
}

/// Calls `f` with a key's one spelling. As [`field_name`], without a copy on the heap for a camelCase key.
fn with_field_name<T>(raw: &[u8], f: impl FnOnce(&str) -> T) -> T {
    let mut buffer = [0; 96];
    let mut length = 0;
    for &byte in raw {
        let upper = byte.is_ascii_uppercase();
        if length + 2 > buffer.len() || !(upper && length > 0 || byte.is_ascii_lowercase() || byte == b'_') {
            return f(&field_name(raw));
        }
        if upper {
            buffer[length] = b'_';
            length += 1;
        }
        buffer[length] = byte.to_ascii_lowercase();
        length += 1;
    }
    f(std::str::from_utf8(&buffer[..length]).unwrap_or_default())
}

/// Fingerprint of a whole resource. Its own `@type` does not count: a v2 message is compared with a v3 one (istioctl
/// does so, too, `GetDynamicClusterDump`).
pub fn fingerprint(resource: Node<'_>, rule: Rule) -> u64 {
    object(resource, rule, true)
}

/// Fingerprint of a field's value; none where the field may as well be missing.
pub fn of_field(field: &str, value: Node<'_>, rule: Rule) -> Option<u64> {
    if is_absent(field, value, rule) { None } else { Some(of_value(field, value, rule)) }
}

/// Fingerprint of a value, be it a default or not; `field` is where it, or its list, stands.
pub fn of_value(field: &str, value: Node<'_>, rule: Rule) -> u64 {
    match value.kind() {
        Kind::Object => object(value, rule, false),
        Kind::Array => {
            let set = is_set(field, rule);
            value.items().fold(7, |sum: u64, item| {
                let item = of_value(field, item, rule);
                if set { sum.wrapping_add(mix(item, 3)) } else { mix(sum, item) }
            })
        }
        _ => hash(leaf(field, value, rule).as_bytes()),
    }
}

/// Fingerprint of a scalar and its key.
pub fn of_leaf(field: &str, value: Node<'_>) -> u64 {
    mix(hash(field.as_bytes()), of_value(field, value, Rule::Meaning))
}

fn object(of: Node<'_>, rule: Rule, outer: bool) -> u64 {
    of.fields().fold(11, |sum: u64, (key, value)| {
        with_field_name(key, |field| {
            if outer && field == "@type" {
                return sum;
            }
            match of_field(field, value, rule) {
                Some(value) => sum.wrapping_add(mix(hash(field.as_bytes()), value)),
                None => sum,
            }
        })
    })
}

/// Whether a field says nothing that its absence does not.
pub fn is_absent(field: &str, value: Node<'_>, rule: Rule) -> bool {
    if is_default(field, value) {
        return true;
    }
    if rule == Rule::Istioctl {
        return false;
    }
    match (field, value.kind()) {
        // Envoy's own judgement of an endpoint, and its default.
        ("health_status", Kind::String) => value.raw() == b"\"HEALTHY\"",
        ("overprovisioning_factor", Kind::Number) => value.raw() == b"140",
        (_, Kind::Object) if ADDED_BY_ENVOY.contains(&field) => {
            value.fields().all(|(key, inner)| is_absent(&field_name(key), inner, rule))
        }
        _ => false,
    }
}

/// A scalar, in one of its spellings: `3s` for `3.000s`, `100` for `"100"` and `100.0`.
pub(super) fn leaf<'t>(field: &str, value: Node<'t>, rule: Rule) -> Cow<'t, str> {
    let text = value.str().unwrap_or_else(|| String::from_utf8_lossy(value.raw()));
    if field == "@type" {
        return if rule == Rule::Meaning { message(text) } else { text };
    }
    let (number, unit) = match (value.kind(), text.strip_suffix('s')) {
        (Kind::String, Some(number)) => (number, "s"),
        (Kind::Number, _) => (text.as_ref(), ""),
        _ => return text,
    };
    let plain = number.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    match (plain, number.split_once('.')) {
        (true, Some((_, fraction))) if fraction.bytes().all(|byte| byte.is_ascii_digit()) => {
            let short = number.trim_end_matches('0').trim_end_matches('.');
            Cow::Owned(format!("{short}{unit}"))
        }
        _ if value.kind() == Kind::Number && number.contains(['e', 'E']) => {
            number.parse::<f64>().map_or(text.clone(), |it| Cow::Owned(it.to_string()))
        }
        _ => text,
    }
}

/// `type.googleapis.com/envoy.api.v2.Cluster` and `…/envoy.config.cluster.v3.Cluster` are one: packages moved when
/// the API's version changed, messages kept their names.
fn message(type_url: Cow<'_, str>) -> Cow<'_, str> {
    let name = type_url.rsplit('/').next().unwrap_or_default();
    if !name.starts_with("envoy.") {
        return type_url;
    }
    Cow::Owned(name.rsplit('.').next().unwrap_or_default().to_owned())
}

/// Whether a text stands for a secret that was taken out. Envoy puts `[redacted]` into its dump, in base64 where the
/// field is of bytes (envoy, source/common/protobuf/utility.cc, `MessageUtil::redact`).
pub fn is_redacted(value: Node<'_>) -> bool {
    matches!(value.raw(), b"\"W3JlZGFjdGVkXQ==\"" | b"\"[redacted]\"")
}

/// A fingerprint of bytes; the same in every run and on every machine.
fn hash(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let sum = words.iter().fold(bytes.len() as u64, |sum, word| mix(sum, u64::from_le_bytes(*word)));
    rest.iter().fold(sum, |sum, byte| mix(sum, u64::from(*byte)))
}

/// Multiplies to twice the width and folds (as wyhash does).
fn mix(one: u64, other: u64) -> u64 {
    let product = u128::from(one ^ 0x9e37_79b9_7f4a_7c15) * u128::from(other ^ 0xd6e8_feb8_6659_fd93);
    #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
    let folded = (product >> 64) as u64 ^ product as u64;
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Tree;

    fn print(text: &str, rule: Rule) -> u64 {
        fingerprint(Tree::whole(text.as_bytes()).unwrap().root(), rule)
    }

    fn same(one: &str, other: &str, rule: Rule) -> bool {
        print(one, rule) == print(other, rule)
    }

    #[test]
    fn spelling_and_defaults_do_not_count() {
        for rule in [Rule::Istioctl, Rule::Meaning] {
            let one =
                r#"{"@type": "t/envoy.api.v2.Cluster", "connect_timeout": "3s", "lb_policy": "ROUND_ROBIN"}"#;
            assert!(same(one, r#"{"connectTimeout": "3.000s"}"#, rule));
            assert!(!same(one, r#"{"connectTimeout": "30s"}"#, rule));
            assert!(same(r#"{"consecutive_5xx": 5, "x_1": 1}"#, r#"{"consecutive5xx": 5, "x1": 1}"#, rule));
            assert!(same(r#"{"a": {"b": "100", "c": 1.50}}"#, r#"{"a": {"c": 1.5, "b": 100}}"#, rule));
            assert!(!same(r#"{"num_retries": 0}"#, "{}", rule));
            assert!(!same(r#"{"a": 1, "b": 2}"#, r#"{"a": 2, "b": 1}"#, rule));
        }
    }

    #[test]
    fn the_order_of_sets_does_not_count_and_that_of_lists_does() {
        let domains = (r#"{"domains": ["a", "b"]}"#, r#"{"domains": ["b", "a"]}"#);
        assert!(same(domains.0, domains.1, Rule::Meaning) && !same(domains.0, domains.1, Rule::Istioctl));
        assert!(!same(
            r#"{"routes": [{"a": 1}, {"b": 1}]}"#,
            r#"{"routes": [{"b": 1}, {"a": 1}]}"#,
            Rule::Meaning
        ));
        assert!(!same(r#"{"domains": ["a", "a"]}"#, r#"{"domains": ["a"]}"#, Rule::Meaning));
    }

    #[test]
    fn types_of_both_versions_are_one() {
        let any = |name: &str| format!(r#"{{"typed_config": {{"@type": "type.googleapis.com/{name}"}}}}"#);
        let old = any("envoy.config.filter.network.tcp_proxy.v2.TcpProxy");
        let new = any("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy");
        assert!(same(&old, &new, Rule::Meaning) && !same(&old, &new, Rule::Istioctl));
        assert!(!same(&any("acme.v1.Tenant"), &any("acme.v2.Tenant"), Rule::Meaning));
    }

    #[test]
    fn what_envoy_adds_to_endpoints_does_not_count() {
        let pilot = r#"{"lbEndpoints": [{"endpoint": {"address": 1}, "loadBalancingWeight": 1}]}"#;
        let envoy = r#"{"lb_endpoints": [{"endpoint": {"address": 1, "health_check_config": {}},
            "health_status": "HEALTHY", "load_balancing_weight": 1}], "policy": {"overprovisioning_factor": 140}}"#;
        assert!(same(pilot, envoy, Rule::Meaning));
        assert!(!same(pilot, &envoy.replace("HEALTHY", "DRAINING"), Rule::Meaning));
    }
}
