//! Matchers of texts: strings, headers, query parameters, cookies
//! (source/common/common/matchers.cc, source/common/http/header_utility.h, source/common/router/config_utility.cc).

use super::request::Headers;
use super::source::Tracer;
use super::step::{Truth, What, Why};
use crate::envoy::{HeaderMatch, HeaderMatcher, QueryParameterMatcher, StringMatch, StringMatcher};
use crate::json::Node;

/// Whether a text is what a `StringMatcher` wants; unknown for a regular expression that cannot be compiled and for a
/// matcher that is a plug-in.
pub(super) fn string(tracer: &Tracer<'_>, matcher: StringMatcher<'_>, text: &str) -> Truth {
    matcher.pattern().map_or(Truth::Unknown, |it| pattern(tracer, &it, matcher.ignore_case(), text))
}

/// The same, for a matcher's node.
pub(super) fn string_node(tracer: &Tracer<'_>, matcher: Node<'_>, text: &str) -> Truth {
    string(tracer, StringMatcher(matcher), text)
}

/// Whether a text is such a one. Case is ASCII's, and counts always in a regular expression.
pub(super) fn pattern(tracer: &Tracer<'_>, want: &StringMatch<'_>, ignore_case: bool, text: &str) -> Truth {
    let same =
        |one: &str, other: &str| if ignore_case { one.eq_ignore_ascii_case(other) } else { one == other };
    let at =
        |range: std::ops::Range<usize>, other: &str| text.get(range).is_some_and(|part| same(part, other));
    let held = match want {
        StringMatch::Exact(it) => same(text, it),
        StringMatch::Prefix(it) => at(0..it.len(), it),
        StringMatch::Suffix(it) => text.len() >= it.len() && at(text.len() - it.len()..text.len(), it),
        StringMatch::Contains(it) if ignore_case => {
            text.to_ascii_lowercase().contains(&it.to_ascii_lowercase())
        }
        StringMatch::Contains(it) => text.contains(it.as_ref()),
        StringMatch::Regex(it) => match tracer.pattern(it) {
            Some(regex) => regex.matches(text),
            None => return Truth::Unknown,
        },
    };
    held.into()
}

/// What a text matcher wants, in words of its own fields.
pub(super) fn wanted(want: &StringMatch<'_>) -> String {
    match want {
        StringMatch::Exact(it) => it.to_string(),
        StringMatch::Prefix(it) => format!("{it}…"),
        StringMatch::Suffix(it) => format!("…{it}"),
        StringMatch::Contains(it) => format!("…{it}…"),
        StringMatch::Regex(it) => format!("~ {it}"),
    }
}

/// Whether the headers are what a `HeaderMatcher` wants.
pub(super) fn header(tracer: &Tracer<'_>, matcher: HeaderMatcher<'_>, headers: &Headers) -> Truth {
    let name = matcher.name();
    let value = headers.get(&name);
    let want = matcher.pattern();
    if let HeaderMatch::Present(present) = want {
        let there = value.is_some() || matcher.treat_missing_header_as_empty();
        return Truth::from(there == present).inverted(matcher.invert_match());
    }
    // An inverted matcher does not match a header that is not there either, unless that counts as empty.
    let value = match value {
        Some(value) => value,
        None if matcher.treat_missing_header_as_empty() => "".into(),
        None => return Truth::No,
    };
    let held = match &want {
        HeaderMatch::Range(start, end) => {
            integer(&value).is_some_and(|number| (*start..*end).contains(&number)).into()
        }
        // The oldest form takes any value where it names none.
        HeaderMatch::Text(StringMatch::Exact(exact), _)
            if exact.is_empty() && matcher.0.get("string_match").is_none() =>
        {
            Truth::Yes
        }
        HeaderMatch::Text(text, ignore_case) => pattern(tracer, text, *ignore_case, &value),
        HeaderMatch::Present(_) => Truth::Unknown,
    };
    held.inverted(matcher.invert_match())
}

/// Why headers are not what a matcher wants.
pub(super) fn header_reason(matcher: HeaderMatcher<'_>, headers: &Headers) -> Why {
    let name = matcher.name().into_owned();
    let what = || What::Header(name.clone());
    let Some(value) = headers.get(&name) else { return Why::Missing(what()) };
    let want = match matcher.pattern() {
        HeaderMatch::Present(_) => return Why::Unwanted(what()),
        HeaderMatch::Range(start, end) => format!("{start}..{end}"),
        HeaderMatch::Text(text, _) => wanted(&text),
    };
    let want = if matcher.invert_match() { format!("not {want}") } else { want };
    Why::Differs(what(), want, value.into_owned())
}

/// A whole number as absl::SimpleAtoi reads it: blanks around it, a sign before it.
fn integer(text: &str) -> Option<i64> {
    text.trim_matches(|letter: char| letter.is_ascii_whitespace()).parse().ok()
}

/// The parameters of a path's query, not decoded; the first of a name counts.
pub(super) fn query_parameter<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    let (_, query) = path.split_once('?')?;
    query.split('&').find_map(|part| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        (key == name).then_some(value)
    })
}

/// Whether a path's query is what a `QueryParameterMatcher` wants.
pub(super) fn query(tracer: &Tracer<'_>, matcher: QueryParameterMatcher<'_>, path: &str) -> Truth {
    let value = query_parameter(path, &matcher.name());
    if let Some(present) = matcher.0.get("present_match").and_then(Node::bool) {
        return (value.is_some() == present).into();
    }
    match (matcher.pattern(), value) {
        (_, None) => Truth::No,
        (Some((want, ignore_case)), Some(value)) => pattern(tracer, &want, ignore_case, value),
        (None, Some(_)) if matcher.0.get("string_match").is_some() => Truth::Unknown,
        (None, Some(_)) => Truth::Yes,
    }
}

/// The value of a cookie.
fn cookie<'h>(headers: &'h Headers, name: &str) -> Option<&'h str> {
    headers.all("cookie").flat_map(|line| line.split(';')).find_map(|part| {
        let (key, value) = part.trim().split_once('=')?;
        let value = value.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(value);
        (key == name).then_some(value)
    })
}

/// Whether the cookies are what a `CookieMatcher` wants. One that is not there matches only an inverted matcher.
pub(super) fn cookies(tracer: &Tracer<'_>, matcher: Node<'_>, headers: &Headers) -> Truth {
    let name = matcher.text("name").unwrap_or_default();
    let held = match (cookie(headers, &name), matcher.get("string_match")) {
        (None, _) => Truth::No,
        (Some(value), Some(want)) => string_node(tracer, want, value),
        (Some(_), None) => Truth::Yes,
    };
    held.inverted(matcher.flag("invert_match"))
}
