//! What a route takes.

use std::borrow::Cow;

use super::text;
use crate::json::Node;

/// `envoy.config.route.v3.RouteMatch`
#[derive(Clone, Copy, Debug)]
pub struct RouteMatch<'t>(pub Node<'t>);

/// What a route wants of the path.
#[derive(Clone, Debug)]
pub enum PathMatch<'t> {
    /// That it begins so.
    Prefix(Cow<'t, str>),
    /// That it is this, or this and `/…`.
    PathSeparatedPrefix(Cow<'t, str>),
    /// That it is this.
    Path(Cow<'t, str>),
    /// That all of it matches this.
    Regex(Cow<'t, str>),
    /// That the request is a CONNECT.
    Connect,
    /// What a plug-in wants, a URI template for instance.
    Policy(super::Extension<'t>),
}

impl<'t> RouteMatch<'t> {
    /// What it wants of the path; `None` where that is missing or not known here. v2's `regex` is a plain string.
    pub fn path(self) -> Option<PathMatch<'t>> {
        let field = |key| self.0.text(key);
        field("prefix")
            .map(PathMatch::Prefix)
            .or_else(|| field("path_separated_prefix").map(PathMatch::PathSeparatedPrefix))
            .or_else(|| field("path").map(PathMatch::Path))
            .or_else(|| self.0.get("safe_regex").map(|it| PathMatch::Regex(text(it, "regex"))))
            .or_else(|| {
                field("regex").or_else(|| field("hidden_envoy_deprecated_regex")).map(PathMatch::Regex)
            })
            .or_else(|| self.0.get("connect_matcher").map(|_| PathMatch::Connect))
            .or_else(|| self.0.get("path_match_policy").map(|it| PathMatch::Policy(super::Extension(it))))
    }

    /// Whether upper and lower case differ in the path; they do unless it says otherwise.
    pub fn case_sensitive(self) -> bool {
        self.0.get("case_sensitive").and_then(Node::bool).unwrap_or(true)
    }

    /// What it wants of headers; `:method` and `:authority` are headers too.
    pub fn headers(self) -> impl Iterator<Item = HeaderMatcher<'t>> + use<'t> {
        self.0.list("headers").map(HeaderMatcher)
    }

    /// What it wants of query parameters.
    pub fn query_parameters(self) -> impl Iterator<Item = QueryParameterMatcher<'t>> + use<'t> {
        self.0.list("query_parameters").map(QueryParameterMatcher)
    }

    /// Which share of requests it takes, a `FractionalPercent`.
    pub fn runtime_fraction(self) -> Option<Node<'t>> {
        self.0.path(&["runtime_fraction", "default_value"])
    }
}

/// What is wanted of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StringMatch<'t> {
    /// That it is this.
    Exact(Cow<'t, str>),
    /// That it begins so.
    Prefix(Cow<'t, str>),
    /// That it ends so.
    Suffix(Cow<'t, str>),
    /// That this is in it.
    Contains(Cow<'t, str>),
    /// That all of it matches this.
    Regex(Cow<'t, str>),
}

/// `envoy.type.matcher.v3.StringMatcher`
#[derive(Clone, Copy, Debug)]
pub struct StringMatcher<'t>(pub Node<'t>);

impl<'t> StringMatcher<'t> {
    /// What it wants; `None` where that is not known here.
    pub fn pattern(self) -> Option<StringMatch<'t>> {
        let field = |key| self.0.text(key);
        field("exact")
            .map(StringMatch::Exact)
            .or_else(|| field("prefix").map(StringMatch::Prefix))
            .or_else(|| field("suffix").map(StringMatch::Suffix))
            .or_else(|| field("contains").map(StringMatch::Contains))
            .or_else(|| self.0.get("safe_regex").map(|it| StringMatch::Regex(text(it, "regex"))))
            .or_else(|| field("regex").map(StringMatch::Regex))
    }

    /// Whether upper and lower case are the same; never for a regular expression.
    pub fn ignore_case(self) -> bool {
        self.0.flag("ignore_case")
    }
}

/// `envoy.config.route.v3.HeaderMatcher`
#[derive(Clone, Copy, Debug)]
pub struct HeaderMatcher<'t>(pub Node<'t>);

/// What is wanted of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderMatch<'t> {
    /// Its value is such a text; the flag says that case does not count.
    Text(StringMatch<'t>, bool),
    /// It is there (`true`), or not.
    Present(bool),
    /// Its value is a number from the first up to, and without, the second.
    Range(i64, i64),
}

impl<'t> HeaderMatcher<'t> {
    /// The header's name.
    pub fn name(self) -> Cow<'t, str> {
        text(self.0, "name")
    }

    /// What it wants; that the header is there, where it says nothing. The forms before `string_match` are read too.
    pub fn pattern(self) -> HeaderMatch<'t> {
        let field = |key| self.0.text(key);
        if let Some(matcher) = self.0.get("string_match").map(StringMatcher)
            && let Some(pattern) = matcher.pattern()
        {
            return HeaderMatch::Text(pattern, matcher.ignore_case());
        }
        if let Some(range) = self.0.get("range_match") {
            #[expect(clippy::cast_possible_truncation, reason = "protobuf's int64; a float's cast saturates")]
            let bound = |key| range.get(key).and_then(Node::f64).unwrap_or(0.0) as i64;
            return HeaderMatch::Range(bound("start"), bound("end"));
        }
        if let Some(present) = self.0.get("present_match").and_then(Node::bool) {
            return HeaderMatch::Present(present);
        }
        let regex = ["safe_regex_match", "hidden_envoy_deprecated_regex_match"];
        let regex = regex.iter().find_map(|key| self.0.get(key)).map(|it| text(it, "regex"));
        let old = field("exact_match")
            .map(StringMatch::Exact)
            .or_else(|| field("prefix_match").map(StringMatch::Prefix))
            .or_else(|| field("suffix_match").map(StringMatch::Suffix))
            .or_else(|| field("contains_match").map(StringMatch::Contains))
            .or_else(|| regex.or_else(|| field("regex_match")).map(StringMatch::Regex));
        old.map_or(HeaderMatch::Present(true), |it| HeaderMatch::Text(it, false))
    }

    /// Whether it wants the contrary.
    pub fn invert_match(self) -> bool {
        self.0.flag("invert_match")
    }

    /// Whether a header that is not there counts as an empty one.
    pub fn treat_missing_header_as_empty(self) -> bool {
        self.0.flag("treat_missing_header_as_empty")
    }
}

/// `envoy.config.route.v3.QueryParameterMatcher`
#[derive(Clone, Copy, Debug)]
pub struct QueryParameterMatcher<'t>(pub Node<'t>);

impl<'t> QueryParameterMatcher<'t> {
    /// The parameter's name.
    pub fn name(self) -> Cow<'t, str> {
        text(self.0, "name")
    }

    /// What it wants of the value, and whether case does not count; `None`: only that the parameter is there.
    pub fn pattern(self) -> Option<(StringMatch<'t>, bool)> {
        let matcher = self.0.get("string_match").map(StringMatcher);
        let Some(matcher) = matcher else {
            // v2: `value`, a regular expression when `regex` is true.
            let value = self.0.text("value")?;
            let pattern =
                if self.0.flag("regex") { StringMatch::Regex(value) } else { StringMatch::Exact(value) };
            return Some((pattern, false));
        };
        Some((matcher.pattern()?, matcher.ignore_case()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Tree;

    #[test]
    fn reads_new_and_old_matchers() {
        let json = r#"{"regex": "/a.*", "headers": [
            {"name": "a", "string_match": {"prefix": "x", "ignore_case": true}}, {"name": "b", "exact_match": "y"},
            {"name": "c", "safe_regex_match": {"regex": "z"}}, {"name": "d"}, {"name": "e", "present_match": false},
            {"name": "f", "range_match": {"start": "-1", "end": "10"}}],
          "query_parameters": [{"name": "q", "value": "1"}, {"name": "p", "present_match": true}]}"#;
        let tree = Tree::whole(json.as_bytes()).unwrap();
        let it = RouteMatch(tree.root());
        assert!(matches!(it.path(), Some(PathMatch::Regex(regex)) if regex == "/a.*"));
        let headers: Vec<_> = it.headers().map(HeaderMatcher::pattern).collect();
        let want = [
            HeaderMatch::Text(StringMatch::Prefix("x".into()), true),
            HeaderMatch::Text(StringMatch::Exact("y".into()), false),
            HeaderMatch::Text(StringMatch::Regex("z".into()), false),
            HeaderMatch::Present(true),
            HeaderMatch::Present(false),
            HeaderMatch::Range(-1, 10),
        ];
        assert_eq!(headers, want);
        let query: Vec<_> = it.query_parameters().map(QueryParameterMatcher::pattern).collect();
        assert_eq!(query, [Some((StringMatch::Exact("1".into()), false)), None]);
    }
}
