//! Routes that nothing reaches: an earlier route of the same virtual host takes all that they could.
//!
//! Careful rather than complete: only what is plainly a superset counts (any request that the later one takes, the
//! earlier one takes before it). Regular expressions are compared as texts.

use crate::envoy::{PathMatch, Route, RouteMatch};

/// The first earlier route that takes all that the route at that place could; its place.
pub fn shadowed_by(routes: &[Route<'_>], at: usize) -> Option<usize> {
    let later = routes.get(at)?.route_match()?;
    routes[..at].iter().position(|earlier| earlier.route_match().is_some_and(|it| covers(it, later)))
}

/// Whether one match takes everything that another takes.
pub fn covers(one: RouteMatch<'_>, other: RouteMatch<'_>) -> bool {
    let whole = one.runtime_fraction().is_none_or(|it| crate::envoy::percent(it) >= 100.0)
        && one
            .0
            .get("runtime_fraction")
            .is_none_or(|it| it.get("default_value").is_some() && it.get("runtime_key").is_none());
    whole && wants_no_more(one, other) && covers_path(one, other)
}

/// Everything besides the path that the one wants, the other wants in the same words. Case of the path aside.
fn wants_no_more(one: RouteMatch<'_>, other: RouteMatch<'_>) -> bool {
    const LISTS: [&str; 5] = ["headers", "query_parameters", "cookies", "dynamic_metadata", "filter_state"];
    let lists = LISTS
        .iter()
        .all(|key| one.0.list(key).all(|wanted| other.0.list(key).any(|has| has.raw() == wanted.raw())));
    lists
        && ["grpc", "tls_context"].iter().all(|key| match (one.0.get(key), other.0.get(key)) {
            (None, _) => true,
            (Some(wanted), Some(has)) => wanted.raw() == has.raw(),
            (Some(_), None) => false,
        })
}

fn covers_path(one: RouteMatch<'_>, other: RouteMatch<'_>) -> bool {
    let (Some(wide), Some(narrow)) = (one.path(), other.path()) else { return false };
    let connect = matches!(narrow, PathMatch::Connect);
    // A request in another case meets the later one alone.
    let case = one.case_sensitive() && !other.case_sensitive();
    let folded = |text: &str| if one.case_sensitive() { text.to_owned() } else { text.to_ascii_lowercase() };
    match (&wide, &narrow) {
        // CONNECT meets a connect matcher alone.
        (PathMatch::Prefix(prefix), _) if prefix == "/" && !connect => true,
        _ if case => false,
        (
            PathMatch::Prefix(wide),
            PathMatch::Prefix(narrow) | PathMatch::Path(narrow) | PathMatch::PathSeparatedPrefix(narrow),
        ) => folded(narrow).starts_with(&folded(wide)),
        (
            PathMatch::PathSeparatedPrefix(wide),
            PathMatch::Path(narrow) | PathMatch::PathSeparatedPrefix(narrow),
        ) => {
            let rest = folded(narrow).strip_prefix(&folded(wide)).map(str::to_owned);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
        (PathMatch::Path(wide), PathMatch::Path(narrow)) => folded(wide) == folded(narrow),
        (PathMatch::Regex(wide), PathMatch::Regex(narrow)) => wide == narrow,
        (PathMatch::Connect, PathMatch::Connect) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Tree;

    fn check(one: &str, other: &str) -> bool {
        let (one, other) = (Tree::whole(one.as_bytes()).unwrap(), Tree::whole(other.as_bytes()).unwrap());
        covers(RouteMatch(one.root()), RouteMatch(other.root()))
    }

    #[test]
    fn only_a_plain_superset_shadows() {
        for (one, other, want) in [
            (r#"{"prefix": "/"}"#, r#"{"safe_regex": {"regex": "/a.*"}}"#, true),
            (r#"{"prefix": "/"}"#, r#"{"connect_matcher": {}}"#, false),
            (r#"{"prefix": "/a"}"#, r#"{"prefix": "/ab"}"#, true),
            (r#"{"prefix": "/ab"}"#, r#"{"prefix": "/a"}"#, false),
            (r#"{"prefix": "/a"}"#, r#"{"path": "/abc", "headers": [{"name": "x"}]}"#, true),
            (r#"{"prefix": "/a", "headers": [{"name": "x"}]}"#, r#"{"path": "/abc"}"#, false),
            (
                r#"{"prefix": "/a", "headers": [{"name": "x"}]}"#,
                r#"{"path": "/abc", "headers": [{"name": "y"}, {"name": "x"}]}"#,
                true,
            ),
            (
                r#"{"prefix": "/a", "runtime_fraction": {"default_value": {"numerator": 50}}}"#,
                r#"{"prefix": "/a"}"#,
                false,
            ),
            (r#"{"prefix": "/a", "grpc": {}}"#, r#"{"prefix": "/a"}"#, false),
            (r#"{"prefix": "/a"}"#, r#"{"prefix": "/A", "case_sensitive": false}"#, false),
            (r#"{"prefix": "/a", "case_sensitive": false}"#, r#"{"prefix": "/AB"}"#, true),
            (r#"{"path_separated_prefix": "/a"}"#, r#"{"path": "/a/b"}"#, true),
            (r#"{"path_separated_prefix": "/a"}"#, r#"{"path": "/ab"}"#, false),
            (r#"{"path_separated_prefix": "/a"}"#, r#"{"prefix": "/a/"}"#, false),
            (r#"{"safe_regex": {"regex": "/a.*"}}"#, r#"{"safe_regex": {"regex": "/ab"}}"#, false),
        ] {
            assert_eq!(check(one, other), want, "{one} before {other}");
        }
    }
}
