//! Short forms of matches, as Envoy's fields say them: `header end-user = jason`.

use super::{aside, text};
use crate::envoy::{CidrRange, FilterChain};
use crate::json::Node;
use crate::tables::cell::{Part, Word};

/// A route's match (`envoy.config.route.v3.RouteMatch`).
pub fn route_match(node: Node<'_>) -> Vec<Part> {
    let mut out = path(node);
    if node.get("case_sensitive").and_then(Node::bool) == Some(false) {
        out.push(Part::Word(Word::AnyCase));
    }
    for header in node.list("headers") {
        let name = header.text("name").unwrap_or_default();
        match (&*name, header_value(header)) {
            (":method", value) => out.push(text(value.strip_prefix("= ").unwrap_or(&value))),
            (name, value) => out.extend([aside("header"), text(joined(name, &value))]),
        }
    }
    for parameter in node.list("query_parameters") {
        let name = parameter.text("name").unwrap_or_default();
        let value = parameter.get("string_match").map(string_match).unwrap_or_default();
        out.extend([aside("query"), text(joined(&name, &value))]);
    }
    if node.get("grpc").is_some() {
        out.push(text("gRPC"));
    }
    if let Some(fraction) = node.path(&["runtime_fraction", "default_value"]) {
        out.push(aside(format!("runtime {}", percent(fraction))));
    }
    if !node.list("dynamic_metadata").collect::<Vec<_>>().is_empty() {
        out.push(aside("dynamic metadata"));
    }
    out
}

fn path(node: Node<'_>) -> Vec<Part> {
    let of = |key: &str| node.text(key);
    let one = |it: String| vec![text(it)];
    if let Some(prefix) = of("prefix") {
        one(format!("{prefix}*"))
    } else if let Some(path) = of("path") {
        one(format!("= {path}"))
    } else if let Some(regex) =
        node.path(&["safe_regex", "regex"]).and_then(Node::str).or_else(|| of("regex"))
    {
        one(format!("~ {regex}"))
    } else if let Some(prefix) = of("path_separated_prefix") {
        one(format!("{prefix}, {prefix}/*"))
    } else if node.get("connect_matcher").is_some() {
        one("CONNECT".to_owned())
    } else if let Some(template) =
        node.path(&["path_match_policy", "typed_config"]).and_then(|it| it.text("path_template"))
    {
        one(format!("= {template}"))
    } else {
        Vec::new()
    }
}

fn joined(name: &str, value: &str) -> String {
    if value.is_empty() { name.to_owned() } else { format!("{name} {value}") }
}

/// What a header must be (`envoy.config.route.v3.HeaderMatcher`, with the fields of older versions).
pub fn header_value(header: Node<'_>) -> String {
    let inverted = header.flag("invert_match");
    let old = [
        ("exact_match", "="),
        ("prefix_match", "starts"),
        ("suffix_match", "ends"),
        ("contains_match", "contains"),
    ];
    let value = if let Some(matcher) = header.get("string_match") {
        string_match(matcher)
    } else if let Some((sign, value)) = old.iter().find_map(|(key, sign)| Some((*sign, header.text(key)?))) {
        format!("{sign} {value}")
    } else if let Some(regex) = header.path(&["safe_regex_match", "regex"]).and_then(Node::str) {
        format!("~ {regex}")
    } else if let Some(range) = header.get("range_match") {
        let end = |key| range.get(key).and_then(Node::f64).unwrap_or(0.0);
        format!("{}…{}", end("start"), end("end"))
    } else if header.get("present_match").and_then(Node::bool) == Some(false) {
        "absent".to_owned()
    } else {
        return if inverted { "absent".to_owned() } else { "present".to_owned() };
    };
    if inverted { format!("not {value}") } else { value }
}

/// What a string must be (`envoy.type.matcher.v3.StringMatcher`).
pub fn string_match(matcher: Node<'_>) -> String {
    let forms = [("exact", "="), ("prefix", "starts"), ("suffix", "ends"), ("contains", "contains")];
    if let Some((sign, value)) = forms.iter().find_map(|(key, sign)| Some((*sign, matcher.text(key)?))) {
        let any_case = if matcher.flag("ignore_case") { " (any case)" } else { "" };
        return format!("{sign} {value}{any_case}");
    }
    let regex = matcher.path(&["safe_regex", "regex"]).and_then(Node::str);
    regex.map(|it| format!("~ {it}")).unwrap_or_default()
}

/// `envoy.type.v3.FractionalPercent` as per cent.
pub fn percent(fraction: Node<'_>) -> String {
    let numerator = fraction.get("numerator").and_then(Node::f64).unwrap_or(0.0);
    let denominator = match fraction.text("denominator").as_deref() {
        Some("TEN_THOUSAND") => 10_000.0,
        Some("MILLION") => 1_000_000.0,
        _ => 100.0,
    };
    format!("{} %", numerator * 100.0 / denominator)
}

/// What a connection must be (`envoy.config.listener.v3.FilterChainMatch`).
pub fn chain_match(node: Node<'_>) -> Vec<Part> {
    let mut out = Vec::new();
    let ranges = |key: &str| -> Vec<String> { node.list(key).map(range).collect() };
    let strings =
        |key: &str| -> Vec<String> { node.list(key).filter_map(|it| Some(it.str()?.into_owned())).collect() };
    let mut push = |name: &str, values: Vec<String>| {
        if !values.is_empty() {
            out.extend([aside(name), text(values.join(", "))]);
        }
    };
    push("port", node.number("destination_port").map(|it| it.to_string()).into_iter().collect());
    push("ip", ranges("prefix_ranges"));
    push("ip ends", node.text("address_suffix").map(|it| it.into_owned()).into_iter().collect());
    push("sni", strings("server_names").into_iter().chain(strings("sni_domains")).collect());
    push("transport", node.text("transport_protocol").map(|it| it.into_owned()).into_iter().collect());
    push("alpn", strings("application_protocols"));
    push("direct source", ranges("direct_source_prefix_ranges"));
    push("source type", node.text("source_type").map(|it| it.into_owned()).into_iter().collect());
    push("source", ranges("source_prefix_ranges"));
    let ports = node.list("source_ports").filter_map(|it| Some(it.u64()?.to_string()));
    push("source port", ports.collect());
    out
}

/// An address, or a range of them: `10.0.0.0/8`. Without a length it is all addresses, as in protobuf.
pub fn range(node: Node<'_>) -> String {
    let range = CidrRange(node);
    let address = range.address_prefix();
    let whole = if address.contains(':') { 128 } else { 32 };
    if range.prefix_len() == whole { address.into_owned() } else { range.to_string() }
}

/// A filter chain in a word or two: its port where it has one, else its name.
pub fn chain_name(chain: FilterChain<'_>) -> String {
    let port = chain.filter_chain_match().and_then(|it| it.destination_port());
    match port {
        Some(port) => format!("port {port}"),
        None => chain.name().into_owned(),
    }
}

/// A name short of what all names of its kind begin with: `http.router` for `envoy.filters.http.router`.
pub fn short_name(name: &str) -> String {
    let rest = name.strip_prefix("envoy.").unwrap_or(name);
    let kinds = ["filters.", "access_loggers.", "tracers."];
    kinds.iter().find_map(|it| rest.strip_prefix(it)).unwrap_or(rest).to_owned()
}

/// A value as JSON in one line, cut where it is long.
pub fn compact(node: Node<'_>, longest: usize) -> String {
    if let Some(text) = node.str() {
        return cut(&text, longest);
    }
    let mut out = String::new();
    let mut quoted = false;
    let mut escaped = false;
    for byte in String::from_utf8_lossy(node.raw()).chars() {
        if out.len() > longest {
            break;
        }
        if quoted || !byte.is_ascii_whitespace() {
            out.push(byte);
        }
        if !quoted && matches!(byte, ',' | ':') {
            out.push(' ');
        }
        quoted ^= byte == '"' && !escaped;
        escaped = byte == '\\' && !escaped;
    }
    cut(&out, longest)
}

/// A text, and an ellipsis in the place of what is too much of it.
pub fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Tree;

    #[test]
    fn values_become_one_line() {
        let tree = Tree::whole(
            br#"{"a": [1,  "b, \"c"],
            "d": true}"#,
        )
        .unwrap();
        assert_eq!(compact(tree.root(), 100), r#"{"a": [1, "b, \"c"], "d": true}"#);
        assert_eq!(cut("abcdef", 3), "abc…");
    }

    #[test]
    fn ranges_of_one_address_are_that_address() {
        let said = |json: &str| range(Tree::whole(json.as_bytes()).unwrap().root());
        assert_eq!(said(r#"{"address_prefix": "10.0.0.1", "prefix_len": 32}"#), "10.0.0.1");
        assert_eq!(said(r#"{"address_prefix": "10.0.0.0", "prefix_len": 8}"#), "10.0.0.0/8");
        assert_eq!(said(r#"{"address_prefix": "::1", "prefix_len": 128}"#), "::1");
    }
}
