//! URI templates: `/videos/{id}/{rest=**}` (source/extensions/path/uri_template_lib).

use super::path::without_query;
use super::source::Tracer;
use super::step::Truth;

/// The signs that a segment may have.
const SEGMENT: &str = "[a-zA-Z0-9\\-._~%!$&'()+,;:@=]+";
/// The same, and slashes, or nothing.
const REST: &str = "[a-zA-Z0-9\\-._~%!$&'()+,;:@=/]*";

/// Whether a path matches a template; unknown for a template that is none.
pub(super) fn matches(tracer: &Tracer<'_>, template: &str, path: &str) -> Truth {
    let Some(pattern) = regex(template).and_then(|it| tracer.pattern(&it)) else { return Truth::Unknown };
    pattern.matches(without_query(path)).into()
}

/// The regular expression of a template. Every variable is a group, named after it.
pub(super) fn regex(template: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some(letter) = rest.chars().next() {
        if let Some(inside) = rest.strip_prefix('{') {
            let (variable, after) = inside.split_once('}')?;
            let (name, pattern) = variable.split_once('=').unwrap_or((variable, "*"));
            out.push_str(&format!("(?P<{name}>{})", segments(pattern)));
            rest = after;
        } else if letter == '*' {
            let (operator, after) = match rest.strip_prefix("**") {
                Some(after) => (REST, after),
                None => (SEGMENT, &rest[1..]),
            };
            out.push_str(operator);
            rest = after;
        } else {
            let end = rest.find(['{', '*']).unwrap_or(rest.len());
            out.push_str(&quoted(&rest[..end]));
            rest = &rest[end..];
        }
    }
    Some(out)
}

fn segments(pattern: &str) -> String {
    let parts: Vec<String> = pattern
        .split('/')
        .map(|part| match part {
            "**" => REST.to_owned(),
            "*" => SEGMENT.to_owned(),
            literal => quoted(literal),
        })
        .collect();
    parts.join("/")
}

fn quoted(text: &str) -> String {
    regex::escape(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates() {
        let check = |template: &str, path: &str| {
            super::super::regex::compile(&regex(template).unwrap()).unwrap().matches(path)
        };
        assert!(check("/t/{lang}/{rest=**}", "/t/en/"));
        assert!(check("/t/{lang}/{rest=**}", "/t/en/a/b"));
        assert!(!check("/t/{lang}/{rest=**}", "/t/en"));
        assert!(check("/*/b.c/**", "/x/b.c/"));
        assert!(!check("/*/b.c/**", "/x/bxc/"));
        assert!(check("/a/{v=x/*}/z", "/a/x/1/z"));
    }
}
