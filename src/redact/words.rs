//! Words that anybody may read (words.txt): what is not among them, and not of a kept shape, is replaced.

use std::collections::HashSet;
use std::sync::LazyLock;

type Set = HashSet<&'static str>;

/// The sections of words.txt; what each is for stands there.
pub(super) struct Words {
    pub tokens: Set,
    pub exact: Set,
    pub phrases: Set,
    pub header: Set,
    pub values: Set,
    pub value_keys: Set,
    pub extensions: Set,
    pub labels: Set,
    pub keys: Set,
    pub maps: Set,
    pub structs: Set,
    pub operators: Set,
    pub paths: Set,
    /// First bytes of phrases, for most text begins none.
    begins: [bool; 256],
    /// The longest phrase.
    longest: usize,
}

/// The list, read once.
pub(super) static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let section = |name: &'static str| -> Set { words(include_str!("words.txt"), name).collect() };
    let mut phrases = section("phrases");
    phrases.extend(section("headers"));
    let mut begins = [false; 256];
    phrases.iter().filter_map(|it| it.bytes().next()).for_each(|it| {
        begins[usize::from(it.to_ascii_lowercase())] = true;
        begins[usize::from(it.to_ascii_uppercase())] = true;
    });
    Words {
        tokens: section("tokens"),
        exact: section("exact"),
        header: section("header"),
        values: section("values"),
        value_keys: section("value_keys"),
        extensions: section("extensions"),
        labels: section("labels"),
        keys: section("keys"),
        maps: section("maps"),
        structs: section("structs"),
        operators: section("operators"),
        paths: section("paths"),
        begins,
        longest: phrases.iter().map(|it| it.len()).max().unwrap_or(0),
        phrases,
    }
});

fn words<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = &'t str> {
    let head = move |line: &str| line.strip_prefix('[')?.split_once("] ").map(|(it, _)| it.to_owned());
    text.lines()
        .skip_while(move |line| head(line).as_deref() != Some(name))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .flat_map(str::split_ascii_whitespace)
}

impl Words {
    /// How many bytes of `rest` are a public phrase that ends where no name goes on. What stands before is the
    /// caller's to look at.
    pub fn phrase(&self, rest: &str) -> Option<usize> {
        let bytes = rest.as_bytes();
        if !self.begins[usize::from(*bytes.first()?)] {
            return None;
        }
        let mut end = self.longest.min(bytes.len());
        while end > 1 {
            // `sidecar~` says itself where it ends.
            let ends = !goes_on(bytes[end - 1]) || bytes.get(end).is_none_or(|next| !goes_on(*next));
            if ends && let Some(text) = rest.get(..end) {
                let known =
                    self.phrases.contains(text) || self.phrases.contains(text.to_ascii_lowercase().as_str());
                if known {
                    return Some(end);
                }
            }
            end -= 1;
        }
        None
    }

    /// Whether a key is one of Istio's or Kubernetes' own: `app.kubernetes.io/name`, `version`.
    pub fn public_key(&self, key: &str) -> bool {
        let domain = key.split_once('/').map(|(domain, _)| domain);
        let own = domain.is_none_or(|it| {
            ["istio.io", "k8s.io", "kubernetes.io"]
                .iter()
                .any(|own| it.strip_suffix(own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
        });
        let few = domain.is_some() || matches!(key, "app" | "version" | "istio" | "pod-template-hash");
        own && few
            && key.split(|it: char| !it.is_ascii_alphanumeric()).all(|it| {
                it.is_empty() || self.labels.contains(it.to_ascii_lowercase().as_str()) || is_version(it)
            })
    }
}

/// Whether a name may go on with that byte.
pub(super) fn goes_on(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii() || matches!(byte, b'-' | b'_' | b'.')
}

/// `v1`, `v2alpha1`: how versions of APIs and workloads are called.
pub(super) fn is_version(token: &str) -> bool {
    let Some(rest) = token.strip_prefix(['v', 'V']) else { return false };
    let digits =
        |text: &str| !text.is_empty() && text.len() <= 5 && text.bytes().all(|it| it.is_ascii_digit());
    digits(rest)
        || ["alpha", "beta"].iter().any(|it| rest.split_once(it).is_some_and(|(a, b)| digits(a) && digits(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_end_where_names_end() {
        assert_eq!(WORDS.phrase("user-agent: x"), Some(10));
        assert_eq!(WORDS.phrase("User-Agent"), Some(10));
        assert_eq!(WORDS.phrase("user-agents"), None);
        assert_eq!(WORDS.phrase("user-agent-x"), None);
        assert!(WORDS.tokens.contains("svc") && WORDS.operators.contains("START_TIME"));
    }

    #[test]
    fn keys_of_public_domains_are_told() {
        for key in ["app.kubernetes.io/name", "security.istio.io/tlsMode", "version"] {
            assert!(WORDS.public_key(key), "{key}");
        }
        for key in ["acme.com/team", "team", "evilk8s.io/name", "istio.io/payments"] {
            assert!(!WORDS.public_key(key), "{key}");
        }
    }
}
