//! RE2's regular expressions, as Envoy uses them: all of a text must match.
//!
//! RE2's syntax and Rust's differ in little; what differs is rewritten here. Both match in linear time.

/// A pattern that wants all of a text, and the same pattern for replacing parts of it.
#[derive(Debug)]
pub struct Pattern {
    whole: regex::Regex,
    part: regex::Regex,
}

/// How big a compiled pattern may be, in bytes. RE2's own limit in Envoy is only a warning.
const BIGGEST: usize = 4 << 20;

impl Pattern {
    /// Whether all of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        self.whole.is_match(text)
    }

    /// Whether a part of `text` matches.
    pub fn found_in(&self, text: &str) -> bool {
        self.part.is_match(text)
    }

    /// Replaces every match; `\1` in the substitution is the first group, `\0` all, `\\` a backslash
    /// (RE2's `GlobalReplace`, which Envoy's `regex_rewrite` uses).
    pub fn replace_all(&self, text: &str, substitution: &str) -> String {
        let replaced = self.part.replace_all(text, |groups: &regex::Captures<'_>| {
            let mut out = String::new();
            let mut letters = substitution.chars();
            while let Some(letter) = letters.next() {
                if letter != '\\' {
                    out.push(letter);
                    continue;
                }
                match letters.next() {
                    Some(digit @ '0'..='9') => {
                        let group = groups.get(digit as usize - '0' as usize);
                        out.push_str(group.map_or("", |it| it.as_str()));
                    }
                    Some(other) => out.push(other),
                    None => {}
                }
            }
            out
        });
        replaced.into_owned()
    }
}

/// Compiles a pattern of RE2; `None` where it is none, or too big.
pub fn compile(re2: &str) -> Option<Pattern> {
    let rust = translate(re2);
    let make = |text: &str| regex::RegexBuilder::new(text).size_limit(BIGGEST).build().ok();
    Some(Pattern { whole: make(&format!("^(?:{rust})$"))?, part: make(&rust)? })
}

/// RE2's syntax in Rust's: classes are ASCII, a brace that repeats nothing is itself, `\Q…\E` quotes, and a class has
/// neither classes nor set operations inside.
fn translate(re2: &str) -> String {
    let mut out = String::with_capacity(re2.len() + 16);
    let mut rest = re2;
    let mut class = false;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        match letter {
            '\\' => {
                let Some(escaped) = rest.chars().next() else {
                    out.push('\\');
                    break;
                };
                rest = &rest[escaped.len_utf8()..];
                match escaped {
                    'd' => out.push_str("[0-9]"),
                    'D' => out.push_str("[^0-9]"),
                    'w' => out.push_str("[0-9A-Za-z_]"),
                    'W' => out.push_str("[^0-9A-Za-z_]"),
                    's' => out.push_str("[\\t\\n\\f\\r ]"),
                    'S' => out.push_str("[^\\t\\n\\f\\r ]"),
                    'b' if !class => out.push_str("(?-u:\\b)"),
                    'B' if !class => out.push_str("(?-u:\\B)"),
                    'C' => out.push_str("(?s:.)"),
                    'Q' => {
                        let (quoted, after) = rest.split_once("\\E").unwrap_or((rest, ""));
                        out.push_str(&regex::escape(quoted));
                        rest = after;
                    }
                    // Rust knows no escape of an ordinary sign; RE2 takes every punctuation as itself.
                    other if other.is_ascii_punctuation() => {
                        out.push_str(&regex::escape(other.encode_utf8(&mut [0; 4])))
                    }
                    other => {
                        out.push('\\');
                        out.push(other);
                    }
                }
            }
            '[' if class => match rest.strip_prefix(':').and_then(|name| name.split_once(":]")) {
                Some((name, after)) => {
                    out.push_str(&format!("[:{name}:]"));
                    rest = after;
                }
                None => out.push_str("\\["),
            },
            '[' => {
                class = true;
                out.push('[');
                if let Some(after) = rest.strip_prefix('^') {
                    out.push('^');
                    rest = after;
                }
                if let Some(after) = rest.strip_prefix(']') {
                    out.push_str("\\]");
                    rest = after;
                }
            }
            ']' if class => {
                class = false;
                out.push(']');
            }
            '&' | '~' if class => {
                out.push('\\');
                out.push(letter);
            }
            '-' if class && rest.starts_with('-') => out.push_str("\\-"),
            '{' if !class && !repeats(rest) => out.push_str("\\{"),
            _ => out.push(letter),
        }
    }
    out
}

/// Whether what follows a brace is `2}`, `2,}` or `2,3}`.
fn repeats(rest: &str) -> bool {
    let Some((inside, _)) = rest.split_once('}') else { return false };
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    let number = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && number(least) && number(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_re2_does() {
        for (pattern, text, want) in [
            ("/rx/[a-z]+(/\\d{1,3})?", "/rx/abc/123", true),
            ("/rx/[a-z]+(/\\d{1,3})?", "/rx/abc/1234", false),
            ("a|b", "ab", false),
            ("\\d", "٣", false),
            ("[[:alpha:]]+", "abc", true),
            ("[a[]+", "a[", true),
            ("[]a]", "]", true),
            ("a{,2}", "a{,2}", true),
            ("\\Qa.b\\E.", "a.bc", true),
            ("\\Qa.b\\E.", "axbc", false),
            ("\\/x\\-y", "/x-y", true),
            ("(?i)abc", "ABC", true),
            (".*", "", true),
            ("[\\w-]+", "a-b", true),
            ("[a&&b]+", "a&b", true),
        ] {
            assert_eq!(compile(pattern).unwrap().matches(text), want, "{pattern} {text}");
        }
        assert!(compile("(").is_none());
        assert_eq!(compile("^/r4/(\\w+)").unwrap().replace_all("/r4/abc/d", "/x/\\1/y"), "/x/abc/y/d");
    }
}
