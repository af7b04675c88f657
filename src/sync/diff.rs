//! Two messages, field by field.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::normalise::{Rule, field_name, is_redacted, is_set, of_field, of_value};
use crate::json::{Kind, Node, Span};
use crate::order::InOrder;

/// A field that two messages do not have in common.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Field {
    /// The way to it, as Envoy spells keys: `virtual_hosts["reviews:80"].routes[0].route.timeout`. An element of a
    /// list is told by its name, where it has one of its own; else by its position, in the left message if it is
    /// there.
    pub path: String,
    /// What became of it.
    pub change: Change,
    /// Where its value is in the left document.
    pub left: Option<Span>,
    /// Where its value is in the right document.
    pub right: Option<Span>,
}

/// What became of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// It is there only in the left message.
    OnlyLeft,
    /// It is there only in the right message.
    OnlyRight,
    /// Another value.
    Changed,
    /// The same element at another place of a list whose order counts. It may be changed as well, which is then said
    /// of it separately.
    Moved {
        /// Its position in the left list.
        from: u32,
        /// Its position in the right list.
        to: u32,
    },
}

/// The fields of two resources that differ in meaning, in the order of the left one's.
pub fn fields(left: Node<'_>, right: Node<'_>) -> Vec<Field> {
    let mut diff = Diff { out: Vec::new() };
    diff.objects(left, right, "", true);
    diff.out
}

/// Whether the field at a path (or a field in it) holds what must not be shown.
pub fn is_secret(path: &str) -> bool {
    const KEPT: [&str; 5] =
        ["private_key", "password", "session_ticket_keys", "generic_secret", "token_secret"];
    KEPT.iter().any(|it| path.contains(it))
}

const RULE: Rule = Rule::Meaning;

struct Diff {
    out: Vec<Field>,
}

impl Diff {
    fn push(&mut self, path: &str, change: Change, left: Option<Node<'_>>, right: Option<Node<'_>>) {
        let path = path.to_owned();
        self.out.push(Field { path, change, left: left.map(Node::span), right: right.map(Node::span) });
    }

    fn objects(&mut self, left: Node<'_>, right: Node<'_>, path: &str, outer: bool) {
        let (left, right) = (keyed(left), keyed(right));
        let others: BTreeMap<&str, Node<'_>> = right.iter().rev().map(|it| (it.0.as_ref(), it.1)).collect();
        let known: BTreeSet<&str> = left.iter().map(|it| it.0.as_ref()).collect();
        let mut seen = BTreeSet::new();
        for (field, value) in left.iter().filter(|it| !(outer && it.0 == "@type")) {
            if seen.insert(field.as_ref()) {
                self.values(Some(*value), others.get(field.as_ref()).copied(), field, &join(path, field));
            }
        }
        for (field, value) in right.iter().filter(|it| !(outer && it.0 == "@type")) {
            if !known.contains(field.as_ref()) && seen.insert(field.as_ref()) {
                self.values(None, Some(*value), field, &join(path, field));
            }
        }
    }

    fn values(&mut self, left: Option<Node<'_>>, right: Option<Node<'_>>, field: &str, path: &str) {
        let print = |it: Option<Node<'_>>| it.and_then(|it| of_field(field, it, RULE));
        let (one, other) = (print(left), print(right));
        if one == other {
            return;
        }
        match (left, right) {
            (Some(left), Some(right)) => self.both(left, right, field, path),
            (Some(_), None) => self.push(path, Change::OnlyLeft, left, right),
            _ => self.push(path, Change::OnlyRight, left, right),
        }
    }

    /// Two values whose fingerprints differ.
    fn both(&mut self, left: Node<'_>, right: Node<'_>, field: &str, path: &str) {
        match (left.kind(), right.kind()) {
            (Kind::Object, Kind::Object) => self.objects(left, right, path, false),
            (Kind::Array, Kind::Array) => self.lists(left, right, field, path),
            _ if is_redacted(left) || is_redacted(right) => {}
            _ => self.push(path, Change::Changed, Some(left), Some(right)),
        }
    }

    fn lists(&mut self, left: Node<'_>, right: Node<'_>, field: &str, path: &str) {
        let one: Vec<Node<'_>> = left.items().collect();
        let other: Vec<Node<'_>> = right.items().collect();
        let pairs = pair(&one, &other, field);
        let mut places: Vec<Option<usize>> = vec![None; one.len()];
        for &(at, to) in &pairs {
            places[at] = Some(to);
        }
        let still = if is_set(field, RULE) { None } else { Some(longest_rising(&places)) };
        let names = (own_names(&one), own_names(&other));
        let label = |names: &BTreeMap<usize, String>, at: usize| match names.get(&at) {
            Some(name) => format!("{path}[{name:?}]"),
            None => format!("{path}[{at}]"),
        };
        for (at, &item) in one.iter().enumerate() {
            let path = label(&names.0, at);
            let Some(to) = places[at] else {
                self.push(&path, Change::OnlyLeft, Some(item), None);
                continue;
            };
            if still.as_ref().is_some_and(|still| !still.contains(&at)) {
                let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                let change = Change::Moved { from: narrow(at), to: narrow(to) };
                self.push(&path, change, Some(item), Some(other[to]));
            }
            if of_value(field, item, RULE) != of_value(field, other[to], RULE) {
                self.both(item, other[to], field, &path);
            }
        }
        let taken: BTreeSet<usize> = pairs.iter().map(|it| it.1).collect();
        for (at, &item) in other.iter().enumerate().filter(|(at, _)| !taken.contains(at)) {
            self.push(&label(&names.1, at), Change::OnlyRight, None, Some(item));
        }
    }
}

fn keyed(of: Node<'_>) -> Vec<(Cow<'_, str>, Node<'_>)> {
    of.fields().map(|(key, value)| (field_name(key), value)).collect()
}

fn join(path: &str, field: &str) -> String {
    let plain = field.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@'));
    match (path.is_empty(), plain) {
        (_, false) => format!("{path}[{field:?}]"),
        (true, true) => field.to_owned(),
        (false, true) => format!("{path}.{field}"),
    }
}

/// The names of elements that have one of their own in their list.
fn own_names(list: &[Node<'_>]) -> BTreeMap<usize, String> {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    let names: Vec<_> = list.iter().map(|it| name(*it)).collect();
    for name in names.iter().flatten() {
        *count.entry(name.clone()).or_default() += 1;
    }
    let own = |(at, name): (usize, Option<String>)| name.filter(|it| count[it] == 1).map(|it| (at, it));
    names.into_iter().enumerate().filter_map(own).collect()
}

/// What an element of a list is called: its name; an endpoint's address.
fn name(of: Node<'_>) -> Option<String> {
    let own = of.text("name").filter(|it| !it.is_empty()).map(Cow::into_owned);
    own.or_else(|| {
        let socket = of.path(&["endpoint", "address", "socket_address"])?;
        Some(format!("{}:{}", socket.text("address")?, socket.number("port_value").unwrap_or(0)))
    })
}

/// Which elements of two lists are the same: equal ones first, then those of the same name, then the most alike.
fn pair(left: &[Node<'_>], right: &[Node<'_>], field: &str) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut rest: (Vec<usize>, Vec<usize>) = ((0..left.len()).collect(), (0..right.len()).collect());
    let print = |it: &Node<'_>| Some(of_value(field, *it, RULE));
    by_key(
        &left.iter().map(print).collect::<Vec<_>>(),
        &right.iter().map(print).collect::<Vec<_>>(),
        &mut rest,
        &mut pairs,
    );
    let named = |list: &[Node<'_>]| -> Vec<Option<String>> {
        let names = own_names(list);
        (0..list.len()).map(|at| names.get(&at).cloned()).collect()
    };
    by_key(&named(left), &named(right), &mut rest, &mut pairs);
    alike(left, right, rest, &mut pairs);
    pairs
}

/// Pairs what has the same key, the first with the first.
fn by_key<K: Ord>(
    left: &[Option<K>],
    right: &[Option<K>],
    rest: &mut (Vec<usize>, Vec<usize>),
    pairs: &mut Vec<(usize, usize)>,
) {
    let mut waiting: BTreeMap<&K, std::collections::VecDeque<usize>> = BTreeMap::new();
    for &at in &rest.1 {
        if let Some(key) = &right[at] {
            waiting.entry(key).or_default().push_back(at);
        }
    }
    let mut taken = BTreeSet::new();
    rest.0.retain(|&at| {
        let found = left[at].as_ref().and_then(|key| waiting.get_mut(key)).and_then(|it| it.pop_front());
        pairs.extend(found.map(|to| (at, to)));
        taken.extend(found);
        found.is_none()
    });
    rest.1.retain(|at| !taken.contains(at));
}

/// Above this, elements that differ are paired in their order: comparing each with each would take too long.
const MANY: usize = 10_000;

/// Pairs what is left: each with the one that has most in common with it, if that is at least half.
fn alike(
    left: &[Node<'_>],
    right: &[Node<'_>],
    rest: (Vec<usize>, Vec<usize>),
    pairs: &mut Vec<(usize, usize)>,
) {
    let (rest, mut free) = rest;
    if rest.len() * free.len() > MANY {
        pairs.extend(rest.into_iter().zip(free));
        return;
    }
    let prints = |list: &[Node<'_>], of: &[usize]| -> BTreeMap<usize, Vec<u64>> {
        of.iter().map(|&at| (at, leaves(list[at]))).collect()
    };
    let (one, other) = (prints(left, &rest), prints(right, &free));
    for at in rest {
        let likeness = |to: usize| {
            let (one, other) = (&one[&at], &other[&to]);
            let most = one.len().max(other.len());
            let common = common(one, other);
            // So small that one change is half of it.
            (2 * common >= most || most <= 2).then_some(common)
        };
        // The first of those that are alike most.
        let best = free
            .iter()
            .enumerate()
            .filter_map(|(index, &to)| Some((likeness(to)?, std::cmp::Reverse(index))))
            .max();
        if let Some((_, std::cmp::Reverse(index))) = best {
            pairs.push((at, free.remove(index)));
        }
    }
}

/// Fingerprints of all scalars of a value, each with its key; sorted.
fn leaves(of: Node<'_>) -> Vec<u64> {
    fn collect(field: &str, of: Node<'_>, out: &mut Vec<u64>) {
        match of.kind() {
            Kind::Object => {
                for (key, value) in of.fields() {
                    collect(&field_name(key), value, out);
                }
            }
            Kind::Array => of.items().for_each(|item| collect(field, item, out)),
            _ => out.push(super::normalise::of_leaf(field, of)),
        }
    }
    let mut out = Vec::new();
    collect("", of, &mut out);
    out.order();
    out
}

/// How many numbers two sorted lists have in common.
fn common(one: &[u64], other: &[u64]) -> usize {
    let (mut at, mut to, mut count) = (0, 0, 0);
    while let (Some(left), Some(right)) = (one.get(at), other.get(to)) {
        match left.cmp(right) {
            std::cmp::Ordering::Less => at += 1,
            std::cmp::Ordering::Greater => to += 1,
            std::cmp::Ordering::Equal => {
                (at, to, count) = (at + 1, to + 1, count + 1);
            }
        }
    }
    count
}

/// The elements that kept their order: the longest rising subsequence; all others moved.
fn longest_rising(places: &[Option<usize>]) -> BTreeSet<usize> {
    // By length: the element with the smallest place that ends a rising sequence of it; and each one's predecessor.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; places.len()];
    for (at, place) in places.iter().enumerate().filter(|(_, place)| place.is_some()) {
        let length = ends.partition_point(|&end| places[end] < *place);
        before[at] = length.checked_sub(1).map(|it| ends[it]);
        if length == ends.len() {
            ends.push(at);
        } else {
            ends[length] = at;
        }
    }
    let mut out = BTreeSet::new();
    let mut next = ends.last().copied();
    while let Some(at) = next {
        out.insert(at);
        next = before[at];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Tree;

    fn check(left: &str, right: &str) -> Vec<String> {
        let (one, other) = (Tree::whole(left.as_bytes()).unwrap(), Tree::whole(right.as_bytes()).unwrap());
        let text = |span: Option<Span>, of: &str| {
            span.map_or("-".to_owned(), |it| String::from_utf8_lossy(it.of(of.as_bytes())).into_owned())
        };
        let line = |it: Field| match it.change {
            Change::Moved { from, to } => format!("{} moved {from} {to}", it.path),
            _ => format!("{} {} {}", it.path, text(it.left, left), text(it.right, right)),
        };
        fields(one.root(), other.root()).into_iter().map(line).collect()
    }

    #[test]
    fn finds_the_field_that_changed() {
        assert_eq!(check(r#"{"a": {"bC": 1}, "d": [1]}"#, r#"{"d": [1], "a": {"b_c": 2}}"#), ["a.b_c 1 2"]);
        assert_eq!(check(r#"{"a": true}"#, r#"{"x-b": {}}"#), ["a true -", "[\"x-b\"] - {}"]);
        assert!(check(r#"{"a": false, "private_key": "[redacted]"}"#, r#"{"private_key": "k"}"#).is_empty());
    }

    #[test]
    fn elements_are_told_by_name() {
        let left = r#"{"virtual_hosts": [{"name": "a", "domains": ["x", "y"]}, {"name": "b"}]}"#;
        let right = r#"{"virtual_hosts": [{"name": "b"}, {"name": "a", "domains": ["z", "x"]}]}"#;
        assert_eq!(check(left, right), [r#"virtual_hosts["a"].domains[1] "y" "z""#]);
        let gone = r#"{"virtual_hosts": [{"name": "b"}]}"#;
        assert_eq!(check(gone, right), [r#"virtual_hosts["a"] - {"name": "a", "domains": ["z", "x"]}"#]);
    }

    #[test]
    fn a_move_is_no_change_and_a_change_no_move() {
        let routes = |list: &str| format!(r#"{{"routes": [{list}]}}"#);
        let (a, b, c) = (r#"{"p": "a", "q": 1, "r": 2}"#, r#"{"p": "b", "q": 1}"#, r#"{"p": "c", "q": 3}"#);
        let abc = routes(&[a, b, c].join(","));
        assert_eq!(check(&abc, &routes(&[b, c, a].join(","))), ["routes[0] moved 0 2"]);
        assert_eq!(check(&abc, &routes(&[b, a, c].join(","))).len(), 1);
        assert_eq!(check(&abc, &abc.replace("\"r\": 2", "\"r\": 3")), ["routes[0].r 2 3"]);
        assert_eq!(check(&abc, &routes(&[a, c].join(","))), [format!("routes[1] {b} -")]);
        let moved = routes(&[c, b, &a.replace('2', "5")].join(","));
        assert_eq!(check(&abc, &moved).iter().filter(|it| it.contains("moved")).count(), 2);
        assert!(check(&abc, &moved).contains(&"routes[0].r 2 5".to_owned()));
    }
}
