//! Matcher trees, the newer way to choose a filter chain, a route, an RBAC action
//! (xds.type.matcher.v3.Matcher; source/common/matcher).

use std::borrow::Cow;

use super::request::Headers;
use super::run::Run;
use super::step::Truth;
use super::text_match::{query_parameter, string_node};
use crate::envoy::{Config, Extension};
use crate::json::Node;
use crate::order::InOrder;

/// What a tree leads to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found<'t> {
    /// An action.
    Action(Node<'t>),
    /// Nothing.
    Nothing,
    /// A dump cannot say.
    Unknown,
}

/// What inputs can be taken from.
#[derive(Clone, Copy)]
pub(super) enum Inputs<'h> {
    /// The connection alone.
    Connection,
    /// A request too.
    Request(&'h Headers),
}

/// How deep trees may nest here.
const DEEPEST: usize = 64;

/// Evaluates a tree.
pub(super) fn evaluate<'t>(run: &Run<'t, '_>, matcher: Node<'t>, inputs: &Inputs<'_>) -> Found<'t> {
    tree(run, matcher, inputs, 0)
}

fn tree<'t>(run: &Run<'t, '_>, matcher: Node<'t>, inputs: &Inputs<'_>, depth: usize) -> Found<'t> {
    if depth > DEEPEST {
        return Found::Unknown;
    }
    let found = if let Some(list) = matcher.get("matcher_list") {
        from_list(run, list, inputs, depth)
    } else if let Some(branches) = matcher.get("matcher_tree") {
        from_tree(run, branches, inputs, depth)
    } else {
        Found::Nothing
    };
    match (found, matcher.get("on_no_match")) {
        (Found::Nothing, Some(otherwise)) => on_match(run, otherwise, inputs, depth),
        (found, _) => found,
    }
}

fn on_match<'t>(run: &Run<'t, '_>, on: Node<'t>, inputs: &Inputs<'_>, depth: usize) -> Found<'t> {
    if on.flag("keep_matching") {
        return Found::Nothing;
    }
    if let Some(nested) = on.get("matcher") {
        return tree(run, nested, inputs, depth + 1);
    }
    on.get("action").map_or(Found::Nothing, Found::Action)
}

/// The first whose predicate holds and which leads anywhere.
fn from_list<'t>(run: &Run<'t, '_>, list: Node<'t>, inputs: &Inputs<'_>, depth: usize) -> Found<'t> {
    for field in list.list("matchers") {
        let Some(wanted) = field.get("predicate") else { continue };
        match predicate(run, wanted, inputs, depth) {
            Truth::No => {}
            Truth::Unknown => return Found::Unknown,
            Truth::Yes => {
                let Some(on) = field.get("on_match") else { continue };
                match on_match(run, on, inputs, depth) {
                    Found::Nothing => {}
                    found => return found,
                }
            }
        }
    }
    Found::Nothing
}

fn predicate<'t>(run: &Run<'t, '_>, wanted: Node<'t>, inputs: &Inputs<'_>, depth: usize) -> Truth {
    if depth > DEEPEST {
        return Truth::Unknown;
    }
    let nested = |it| predicate(run, it, inputs, depth + 1);
    if let Some(or) = wanted.get("or_matcher") {
        return Truth::any(or.list("predicate").map(nested));
    }
    if let Some(and) = wanted.get("and_matcher") {
        return Truth::all(and.list("predicate").map(nested));
    }
    if let Some(not) = wanted.get("not_matcher") {
        return nested(not).negated();
    }
    let Some(single) = wanted.get("single_predicate") else { return Truth::Unknown };
    let value = match single.get("input").map(|it| input(run, Extension(it), inputs)) {
        Some(Input::Text(text)) => text,
        Some(Input::None) => return Truth::No,
        Some(Input::Unknown) | None => return Truth::Unknown,
    };
    match single.get("value_match") {
        Some(want) => string_node(run.tracer, want, &value),
        None => Truth::Unknown,
    }
}

fn from_tree<'t>(run: &Run<'t, '_>, branches: Node<'t>, inputs: &Inputs<'_>, depth: usize) -> Found<'t> {
    let value = match branches.get("input").map(|it| input(run, Extension(it), inputs)) {
        Some(Input::Text(text)) => text,
        Some(Input::None) => return Found::Nothing,
        Some(Input::Unknown) | None => return Found::Unknown,
    };
    if let Some(map) = branches.path(&["exact_match_map", "map"]) {
        let found = map.entries().find(|(key, _)| *key == value);
        return found.map_or(Found::Nothing, |(_, on)| on_match(run, on, inputs, depth));
    }
    if let Some(map) = branches.path(&["prefix_match_map", "map"]) {
        let mut fits: Vec<_> = map.entries().filter(|(key, _)| value.starts_with(key.as_ref())).collect();
        fits.order_by_key(|(key, _)| std::cmp::Reverse(key.len()));
        for (_, on) in fits {
            match on_match(run, on, inputs, depth) {
                Found::Nothing => {}
                found => return found,
            }
        }
        return Found::Nothing;
    }
    let Some(custom) = branches.get("custom_match").map(Extension).and_then(Extension::config) else {
        return Found::Unknown;
    };
    match custom.message() {
        "IPMatcher" => by_ip(run, &custom, &value, inputs, depth),
        "ServerNameMatcher" | "DomainMatcher" => by_name(run, &custom, &value, inputs, depth),
        _ => Found::Unknown,
    }
}

/// The narrowest range first, then wider ones where it leads nowhere and is not exclusive
/// (source/extensions/common/matcher/ip_range_matcher.h).
fn by_ip<'t>(
    run: &Run<'t, '_>,
    custom: &Config<'t>,
    value: &str,
    inputs: &Inputs<'_>,
    depth: usize,
) -> Found<'t> {
    let Some(address) = super::request::ip(value) else { return Found::Nothing };
    let mut fits = Vec::new();
    for matcher in custom.node.list("range_matchers") {
        for range in matcher.list("ranges") {
            let net =
                super::address::range(crate::envoy::CidrRange(range)).filter(|it| it.contains(&address));
            fits.extend(net.map(|net| (net.prefix_len(), matcher)));
        }
    }
    fits.order_by_key(|(length, _)| std::cmp::Reverse(*length));
    for (_, matcher) in fits {
        let found = matcher.get("on_match").map_or(Found::Nothing, |on| on_match(run, on, inputs, depth));
        match found {
            Found::Nothing if !matcher.flag("exclusive") => {}
            found => return found,
        }
    }
    Found::Nothing
}

/// The exact name, then ever shorter wildcards, then `*`.
fn by_name<'t>(
    run: &Run<'t, '_>,
    custom: &Config<'t>,
    value: &str,
    inputs: &Inputs<'_>,
    depth: usize,
) -> Found<'t> {
    let value = value.to_ascii_lowercase();
    let mut keys = vec![value.clone()];
    let dots = value.match_indices('.').map(|(at, _)| at);
    keys.extend(dots.map(|at| format!("*{}", &value[at..])));
    keys.push("*".to_owned());
    for key in keys {
        let named = custom.node.list("domain_matchers").find(|it| {
            it.list("domains").filter_map(Node::str).any(|domain| domain.eq_ignore_ascii_case(&key))
        });
        let found = named.and_then(|it| it.get("on_match")).map(|on| on_match(run, on, inputs, depth));
        match found {
            None | Some(Found::Nothing) => {}
            Some(found) => return found,
        }
    }
    Found::Nothing
}

enum Input<'h> {
    Text(Cow<'h, str>),
    /// There is no such thing.
    None,
    /// A dump cannot say.
    Unknown,
}

/// What an input takes from the connection or the request (source/extensions/matching).
fn input<'h>(run: &'h Run<'_, '_>, of: Extension<'_>, inputs: &Inputs<'h>) -> Input<'h> {
    let Some(config) = of.config() else { return Input::Unknown };
    let connection = &run.connection;
    let text = |it: Option<String>| it.map_or(Input::None, |it| Input::Text(it.into()));
    let maybe = |it: &'h str| if it.is_empty() { Input::None } else { Input::Text(it.into()) };
    match config.message() {
        "DestinationIPInput" => text(connection.local.map(|(address, _)| address.to_string())),
        "DestinationPortInput" => text(connection.local.map(|(_, port)| port.to_string())),
        "SourceIPInput" => text(connection.remote.map(|it| it.to_string())),
        "SourcePortInput" => text(connection.remote.map(|_| connection.remote_port.to_string())),
        "DirectSourceIPInput" => text(connection.direct_remote.map(|it| it.to_string())),
        "SourceTypeInput" => {
            let own = connection.local.map(|(address, _)| address);
            let local = connection.remote.is_some_and(|it| super::address::loopback(it) || Some(it) == own);
            if local { Input::Text("local".into()) } else { Input::None }
        }
        "ServerNameInput" => maybe(&connection.server_name),
        "TransportProtocolInput" => maybe(connection.transport),
        "ApplicationProtocolInput" if connection.protocols.is_empty() => Input::None,
        "ApplicationProtocolInput" => {
            let quoted: Vec<String> = connection.protocols.iter().map(|it| format!("'{it}'")).collect();
            Input::Text(quoted.join(",").into())
        }
        "UriSanInput" => connection.peer.as_deref().map_or(Input::None, |it| Input::Text(it.into())),
        "FilterStateInput" => {
            let key = config.node.text("key").unwrap_or_default();
            match run.set.state.get(key.as_ref()) {
                Some(value) => Input::Text(value.as_str().into()),
                None if run.set.beyond => Input::Unknown,
                None => Input::None,
            }
        }
        "HttpRequestHeaderMatchInput" => match inputs {
            Inputs::Request(headers) => {
                let name = config.node.text("header_name").unwrap_or_default();
                headers.get(&name).map_or(Input::None, Input::Text)
            }
            Inputs::Connection => Input::None,
        },
        "HttpRequestQueryParamMatchInput" => match inputs {
            Inputs::Request(headers) => {
                let name = config.node.text("query_param").unwrap_or_default();
                let path = headers.first(":path").unwrap_or("");
                query_parameter(path, &name).map_or(Input::None, |it| Input::Text(it.into()))
            }
            Inputs::Connection => Input::None,
        },
        _ => Input::Unknown,
    }
}
