//! What a route wants of a request, as a request that has it.

use super::super::protocol::Form;
use super::regex_example::example;
use crate::envoy::{
    HeaderMatch, HeaderMatcher, PathMatch, QueryParameterMatcher, Route, RouteMatch, StringMatch,
};
use crate::json::Node;

/// A host that a domain stands for: a wildcard becomes a name.
pub fn host_of(domain: &str) -> String {
    match domain {
        "*" => "example.com".to_owned(),
        _ if domain.starts_with("*.") => format!("www{}", &domain[1..]),
        _ if domain.starts_with('*') => format!("www.{}", &domain[1..]),
        _ => domain.strip_suffix('*').map_or_else(|| domain.to_owned(), |start| format!("{start}com")),
    }
}

/// Requests that a route's match describes, the plainest first; they differ in the path.
pub fn meet(form: &Form, route: Route<'_>) -> Vec<Form> {
    let Some(wants) = route.route_match() else { return vec![form.clone()] };
    let (base, query) = headers(form, wants);
    paths(wants)
        .into_iter()
        .map(|path| {
            let mut out = base.clone();
            match path {
                Some(path) if query.is_empty() => out.path = path,
                Some(path) => out.path = format!("{path}?{}", query.join("&")),
                // The target of a CONNECT has a port (RFC 9112, 3.2.3), which domains seldom have.
                None => {
                    out.method = "CONNECT".to_owned();
                    out.path = String::new();
                    if crate::trace::host_and_port(&out.authority).1.is_none() {
                        out.authority.push_str(":443");
                    }
                }
            }
            out
        })
        .collect()
}

/// The request with what a route wants of it beside the path.
pub fn but_path(form: &Form, route: Route<'_>) -> Option<Form> {
    let (mut out, query) = headers(form, route.route_match()?);
    let (path, own) = form.path.split_once('?').unwrap_or((&form.path, ""));
    let name = |it: &str| it.split('=').next().unwrap_or(it).to_owned();
    let own = own.split('&').filter(|it| !it.is_empty());
    let kept = own.filter(|it| !query.iter().any(|wanted| name(wanted) == name(it)));
    let all: Vec<&str> = kept.chain(query.iter().map(String::as_str)).collect();
    if !query.is_empty() {
        out.path = format!("{}?{}", if path.is_empty() { "/" } else { path }, all.join("&"));
    }
    Some(out)
}

/// The request with the headers and the method that are wanted, and the query parameters that are.
fn headers(form: &Form, wants: RouteMatch<'_>) -> (Form, Vec<String>) {
    let mut out = form.clone();
    let mut lines: Vec<String> = Vec::new();
    for it in wants.headers() {
        header(it, &mut out, &mut lines);
    }
    if wants.0.get("grpc").is_some() {
        lines.push("content-type: application/grpc".to_owned());
    }
    for cookie in wants.0.list("cookies") {
        let name = cookie.text("name").unwrap_or_default();
        let value = cookie.get("string_match").and_then(|it| crate::envoy::StringMatcher(it).pattern());
        lines.push(format!("cookie: {name}={}", value.map_or_else(|| "1".to_owned(), |it| text(&it))));
    }
    let name = |line: &str| line.split(':').next().unwrap_or("").trim().to_ascii_lowercase();
    let kept = form.headers.lines().filter(|line| !lines.iter().any(|wanted| name(wanted) == name(line)));
    out.headers = kept.map(str::to_owned).chain(lines.iter().cloned()).collect::<Vec<_>>().join("\n");
    (out, wants.query_parameters().filter_map(parameter).collect())
}

/// Paths that are wanted; `None` for CONNECT, which has none.
fn paths(wants: RouteMatch<'_>) -> Vec<Option<String>> {
    let some = |it: &str| Some(if it.starts_with('/') { it.to_owned() } else { format!("/{it}") });
    match wants.path() {
        Some(PathMatch::Prefix(it)) => {
            vec![some(&it), some(&format!("{it}1")), some(&format!("{}/1", it.trim_end_matches('/')))]
        }
        Some(PathMatch::PathSeparatedPrefix(it)) => vec![some(&it), some(&format!("{it}/1"))],
        Some(PathMatch::Path(it)) => vec![some(&it)],
        Some(PathMatch::Regex(it)) => vec![some(&example(&it).unwrap_or_default())],
        Some(PathMatch::Policy(it)) => {
            let template = it.config().and_then(|it| it.node.text("path_template").map(|it| it.into_owned()));
            vec![some(&filled(&template.unwrap_or_default()))]
        }
        Some(PathMatch::Connect) => vec![None],
        None => vec![some("/")],
    }
}

/// A URI template with its variables filled: `/a/{b}/**` becomes `/a/1/1`.
fn filled(template: &str) -> String {
    let mut out = String::new();
    let mut depth = 0_usize;
    for it in template.replace("**", "1").chars() {
        match it {
            '{' => {
                depth += 1;
                out.push('1');
            }
            '}' => depth = depth.saturating_sub(1),
            '*' if depth == 0 => out.push('1'),
            _ if depth > 0 => {}
            other => out.push(other),
        }
    }
    out
}

fn text(of: &StringMatch<'_>) -> String {
    match of {
        StringMatch::Exact(it)
        | StringMatch::Prefix(it)
        | StringMatch::Suffix(it)
        | StringMatch::Contains(it) => it.to_string(),
        StringMatch::Regex(it) => example(it).unwrap_or_default(),
    }
}

/// The host that a request is for.
fn authority(form: &Form) -> &str {
    if form.authority.is_empty() { &form.to } else { &form.authority }
}

/// Whether a text is what is wanted, case aside.
fn fits(of: &StringMatch<'_>, has: &str) -> bool {
    match of {
        StringMatch::Exact(it) => has == it.as_ref(),
        StringMatch::Prefix(it) => has.starts_with(it.as_ref()),
        StringMatch::Suffix(it) => has.ends_with(it.as_ref()),
        StringMatch::Contains(it) => has.contains(it.as_ref()),
        StringMatch::Regex(it) => {
            regex::Regex::new(&format!("^(?:{it})$")).is_ok_and(|regex| regex.is_match(has))
        }
    }
}

fn header(of: HeaderMatcher<'_>, form: &mut Form, lines: &mut Vec<String>) {
    let name = of.name();
    let value = match (of.pattern(), of.invert_match()) {
        // That a header is not there is what a request has anyway.
        (HeaderMatch::Present(true), false) | (HeaderMatch::Present(false), true) => "1".to_owned(),
        (HeaderMatch::Present(_), _) => return,
        // A host that the domains allow is kept where it will do.
        (HeaderMatch::Text(it, _), false) if name == ":authority" && fits(&it, authority(form)) => return,
        (HeaderMatch::Text(it, _), false) => text(&it),
        (HeaderMatch::Range(from, _), false) => from.to_string(),
        // Inverted, it must be there all the same, with something else, unless a missing one counts as empty.
        (_, true) if of.treat_missing_header_as_empty() => return,
        (HeaderMatch::Range(_, to), true) => to.to_string(),
        (HeaderMatch::Text(..), true) => "other".to_owned(),
    };
    match name.as_ref() {
        ":method" => form.method = value,
        ":authority" | "host" => form.authority = value,
        ":path" | ":scheme" => {}
        _ => lines.push(format!("{name}: {value}")),
    }
}

fn parameter(of: QueryParameterMatcher<'_>) -> Option<String> {
    let name = of.name();
    if of.0.get("present_match").and_then(Node::bool) == Some(false) {
        return None;
    }
    Some(match of.pattern() {
        Some((it, _)) => format!("{name}={}", text(&it)),
        None => format!("{name}=1"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_become_names() {
        for (domain, host) in
            [("*", "example.com"), ("*.shop.io", "www.shop.io"), ("shop.*", "shop.com"), ("a.b", "a.b")]
        {
            assert_eq!(host_of(domain), host);
        }
        assert_eq!(filled("/a/{b}/**"), "/a/1/1");
        assert_eq!(filled("/a/{b=**}/c"), "/a/1/c");
    }
}
