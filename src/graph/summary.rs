//! Matches in a few signs: `/api/v2* · GET · end-user = jason`.

use crate::envoy::{FilterChainMatch, HeaderMatch, HeaderMatcher, PathMatch, RouteMatch, StringMatch};

/// What a route takes.
pub fn route_match(it: RouteMatch<'_>) -> String {
    let mut parts = Vec::new();
    match it.path() {
        Some(PathMatch::Prefix(prefix)) => parts.push(format!("{prefix}*")),
        Some(PathMatch::Path(path)) => parts.push(format!("= {path}")),
        Some(PathMatch::PathSeparatedPrefix(prefix)) => parts.push(format!("{prefix}, {prefix}/*")),
        Some(PathMatch::Regex(regex)) => parts.push(format!("~ {regex}")),
        Some(PathMatch::Connect) => parts.push("CONNECT".to_owned()),
        Some(PathMatch::Policy(policy)) => {
            let template = policy.config().and_then(|it| it.node.text("path_template"));
            parts.push(template.map_or_else(|| policy.name().into_owned(), |it| format!("= {it}")));
        }
        None => {}
    }
    parts.extend(it.headers().map(header));
    for parameter in it.query_parameters() {
        let name = parameter.name();
        match parameter.pattern() {
            Some((pattern, _)) => parts.push(format!("?{name} {}", text(&pattern))),
            None => parts.push(format!("?{name}")),
        }
    }
    if it.0.get("grpc").is_some() {
        parts.push("gRPC".to_owned());
    }
    if let Some(fraction) = it.runtime_fraction() {
        parts.push(format!("{} %", crate::envoy::percent(fraction)));
    }
    parts.join(" · ")
}

fn header(it: HeaderMatcher<'_>) -> String {
    let name = it.name();
    let not = if it.invert_match() { "not " } else { "" };
    match it.pattern() {
        HeaderMatch::Text(StringMatch::Exact(method), _) if name == ":method" && not.is_empty() => {
            method.into_owned()
        }
        HeaderMatch::Text(pattern, _) => format!("{name} {not}{}", text(&pattern)),
        HeaderMatch::Present(present) if present != it.invert_match() => name.into_owned(),
        HeaderMatch::Present(_) => format!("no {name}"),
        HeaderMatch::Range(from, to) => format!("{name} {not}{from}…{to}"),
    }
}

fn text(pattern: &StringMatch<'_>) -> String {
    match pattern {
        StringMatch::Exact(it) => format!("= {it}"),
        StringMatch::Prefix(it) => format!("= {it}*"),
        StringMatch::Suffix(it) => format!("= *{it}"),
        StringMatch::Contains(it) => format!("= *{it}*"),
        StringMatch::Regex(it) => format!("~ {it}"),
    }
}

/// What a filter chain takes; empty for anything.
pub fn chain_match(it: FilterChainMatch<'_>) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(it.destination_port().map(|port| format!(":{port}")));
    parts.extend(it.prefix_ranges().map(|range| range.to_string()));
    parts.extend(it.server_names().map(std::borrow::Cow::into_owned));
    let transport = it.transport_protocol();
    if !transport.is_empty() {
        parts.push(transport.into_owned());
    }
    parts.extend(it.application_protocols().map(std::borrow::Cow::into_owned));
    parts.extend(it.direct_source_prefix_ranges().map(|range| format!("from {range}")));
    if it.source_type() != "ANY" {
        parts.push(it.source_type().to_lowercase());
    }
    parts.extend(it.source_prefix_ranges().map(|range| format!("from {range}")));
    parts.extend(it.source_ports().map(|port| format!("from :{port}")));
    parts.join(", ")
}
