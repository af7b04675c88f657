//! Matchers of metadata and filter state (source/common/common/matchers.cc).

use std::collections::BTreeMap;

use serde_json::Value;

use super::source::Tracer;
use super::step::Truth;
use super::text_match::string_node;
use crate::json::Node;

/// What filters of a chain set from the request.
#[derive(Debug, Default)]
pub(super) struct Set {
    /// Dynamic metadata, by the filter's name.
    pub metadata: BTreeMap<String, Value>,
    /// Filter state, by key.
    pub state: BTreeMap<String, String>,
    /// Whether a filter has run of which a dump cannot say what it sets.
    pub beyond: bool,
}

impl Set {
    /// Whether dynamic metadata is what a `MetadataMatcher` wants.
    pub fn metadata(&self, tracer: &Tracer<'_>, matcher: Node<'_>) -> Truth {
        let filter = matcher.text("filter").unwrap_or_default();
        let value = self.metadata.get(filter.as_ref()).and_then(|it| follow(it, matcher));
        if value.is_none() && self.beyond {
            return Truth::Unknown;
        }
        matched(tracer, matcher, value)
    }

    /// Whether filter state is what a `FilterStateMatcher` wants.
    pub fn state(&self, tracer: &Tracer<'_>, matcher: Node<'_>) -> Truth {
        let key = matcher.text("key").unwrap_or_default();
        match (self.state.get(key.as_ref()), matcher.get("string_match")) {
            (Some(value), Some(want)) => string_node(tracer, want, value),
            (Some(value), None) => match (matcher.get("address_match"), super::request::ip(value)) {
                (Some(ranges), Some(address)) => super::address::any(ranges.list("ranges"), address).into(),
                _ => Truth::Unknown,
            },
            (None, _) if self.beyond => Truth::Unknown,
            (None, _) => Truth::No,
        }
    }
}

/// Whether metadata of the configuration, a route's for instance, is what a `MetadataMatcher` wants.
pub(super) fn of_node(tracer: &Tracer<'_>, matcher: Node<'_>, metadata: Option<Node<'_>>) -> Truth {
    let filter = matcher.text("filter").unwrap_or_default();
    let found = metadata
        .and_then(|it| it.get("filter_metadata"))
        .and_then(|them| them.entries().find(|(name, _)| *name == filter).map(|(_, value)| value));
    let value: Option<Value> = found.and_then(|it| serde_json::from_slice(it.raw()).ok());
    matched(tracer, matcher, value.as_ref().and_then(|it| follow(it, matcher)))
}

fn follow<'v>(value: &'v Value, matcher: Node<'_>) -> Option<&'v Value> {
    matcher.list("path").try_fold(value, |value, segment| value.get(segment.text("key")?.as_ref()))
}

fn matched(tracer: &Tracer<'_>, matcher: Node<'_>, value: Option<&Value>) -> Truth {
    let held = match (matcher.get("value"), value) {
        (Some(want), value) => value_matches(tracer, want, value, 0),
        (None, _) => Truth::Unknown,
    };
    held.inverted(matcher.flag("invert"))
}

/// How deep `or_match` and `list_match` may nest; a tree of JSON has an end of its own, this is ours.
const DEEPEST: usize = 32;

/// Whether a value is what a `ValueMatcher` wants.
fn value_matches(tracer: &Tracer<'_>, want: Node<'_>, value: Option<&Value>, depth: usize) -> Truth {
    if depth > DEEPEST {
        return Truth::Unknown;
    }
    if want.get("null_match").is_some() {
        return matches!(value, Some(Value::Null)).into();
    }
    if let Some(present) = want.get("present_match").and_then(Node::bool) {
        // One that wants nothing to be there never matches.
        return (value.is_some() && present).into();
    }
    if let Some(number) = want.get("double_match") {
        let Some(value) = value.and_then(Value::as_f64) else { return Truth::No };
        if let Some(exact) = number.get("exact").and_then(Node::f64) {
            return (exact.to_bits() == value.to_bits()).into();
        }
        let bound = |key| number.path(&["range", key]).and_then(Node::f64).unwrap_or(0.0);
        return (bound("start") <= value && value < bound("end")).into();
    }
    if let Some(text) = want.get("string_match") {
        return value.and_then(Value::as_str).map_or(Truth::No, |it| string_node(tracer, text, it));
    }
    if let Some(flag) = want.get("bool_match").and_then(Node::bool) {
        return (value.and_then(Value::as_bool) == Some(flag)).into();
    }
    if let Some(list) = want.get("list_match") {
        let Some(Value::Array(items)) = value else { return Truth::No };
        let Some(one) = list.get("one_of") else { return Truth::Unknown };
        return Truth::any(items.iter().map(|item| value_matches(tracer, one, Some(item), depth + 1)));
    }
    if let Some(or) = want.get("or_match") {
        return Truth::any(or.list("value_matchers").map(|it| value_matches(tracer, it, value, depth + 1)));
    }
    Truth::Unknown
}
