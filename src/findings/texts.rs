//! What is said of each check, in each language, once for the terminal and the page. `texts/<part>.<language>.md` has a
//! section `# id` for each check, with fields: `title`, `message` (and `message.<case>`), `means`, `shows` (in traffic),
//! `confirm`, `fix`, `wrong` (when it may be wrong) and, in English only, `source`.
//!
//! In a message `{name}` is a word of the finding, and `[… {name} …]` is left out where the finding has no such word
//! (`[?name …]` asks for the word and does not show it).

use super::{Finding, Need};

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// 中文
    Zh,
}

const EN: [&str; 4] = [
    include_str!("texts/xds.en.md"),
    include_str!("texts/routing.en.md"),
    include_str!("texts/security.en.md"),
    include_str!("texts/capture.en.md"),
];
const ZH: [&str; 4] = [
    include_str!("texts/xds.zh.md"),
    include_str!("texts/routing.zh.md"),
    include_str!("texts/security.zh.md"),
    include_str!("texts/capture.zh.md"),
];

/// All that is said, in both languages.
pub fn all() -> impl Iterator<Item = &'static str> {
    EN.into_iter().chain(ZH)
}

/// The fields of a check's text, in order.
pub const FIELDS: [&str; 7] = ["title", "means", "shows", "confirm", "fix", "source", "wrong"];

/// A field of a check's text; `source` is the same in every language.
pub fn field(language: Language, id: &str, name: &str) -> Option<&'static str> {
    let files = match language {
        Language::Zh if name != "source" => &ZH,
        _ => &EN,
    };
    files.iter().find_map(|file| section(file, id)).and_then(|it| line(it, name))
}

/// The text below `# id`, up to the next heading.
fn section(file: &'static str, id: &str) -> Option<&'static str> {
    let mut rest = file;
    while let Some(at) = rest.find("# ") {
        let (head, body) = rest[at + 2..].split_once('\n')?;
        if head.trim() == id && (at == 0 || rest.as_bytes()[at - 1] == b'\n') {
            return Some(body.find("\n# ").map_or(body, |end| &body[..end]));
        }
        rest = body;
    }
    None
}

/// The line that begins with `name:`.
fn line(section: &'static str, name: &str) -> Option<&'static str> {
    section.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

/// What a check's sentence is called, for a case.
pub fn template(language: Language, id: &str, case: &str) -> &'static str {
    let special = if case.is_empty() { None } else { field(language, id, &format!("message.{case}")) };
    special.or_else(|| field(language, id, "message")).unwrap_or_default()
}

/// A finding's sentence.
pub fn sentence(language: Language, of: &Finding) -> String {
    if let super::Certainty::Needs(need) = of.certainty
        && of.case == "not_judged"
    {
        return not_judged(language, need);
    }
    fill(template(language, of.check, of.case), &|name| of.word(name).map(str::to_owned))
}

/// That a check was not made, and what it needs.
pub fn not_judged(language: Language, need: Need) -> String {
    let what = field(language, "needs", need.name()).unwrap_or(need.name());
    fill(field(language, "needs", "message").unwrap_or_default(), &|_| Some(what.to_owned()))
}

/// Puts words into a template. A word that is not there leaves out the brackets around it.
pub fn fill(template: &str, word: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['[', '{']) {
        out.push_str(&rest[..at]);
        let open = &rest[at..];
        if let Some((inside, after)) = open.strip_prefix('[').and_then(|it| it.split_once(']')) {
            // `[?name text]` has the text alone.
            let (asked, inside) = match inside.strip_prefix('?').and_then(|it| it.split_once(' ')) {
                Some((name, inside)) => (word(name).is_some(), inside),
                None => (true, inside),
            };
            let there = inside
                .split('{')
                .skip(1)
                .filter_map(|it| it.split_once('}'))
                .all(|(name, _)| word(name).is_some_and(|it| !it.is_empty()));
            if asked && there {
                out.push_str(&fill(inside, word));
            }
            rest = after;
        } else if let Some((name, after)) = open.strip_prefix('{').and_then(|it| it.split_once('}')) {
            out.push_str(&word(name).unwrap_or_default());
            rest = after;
        } else {
            out.push_str(&open[..1]);
            rest = &open[1..];
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::checks::ALL;

    #[test]
    fn every_check_is_explained_in_every_language() {
        for (id, _) in ALL {
            for name in FIELDS.iter().chain(&["message"]) {
                for language in [Language::En, Language::Zh] {
                    let text = field(language, id, name);
                    assert!(text.is_some_and(|it| !it.is_empty()), "{id}: {name} in {language:?}");
                }
            }
        }
    }

    /// The same cases, and the same words in each.
    #[test]
    fn both_languages_say_the_same_things() {
        let shape = |text: &str| -> Vec<String> {
            let mut words: Vec<String> =
                text.split('{').skip(1).filter_map(|it| Some(it.split_once('}')?.0.to_owned())).collect();
            words.sort();
            words.dedup();
            words
        };
        for (one, other) in EN.iter().zip(&ZH) {
            let heads = |file: &'static str| -> Vec<&'static str> {
                file.lines().filter_map(|it| it.strip_prefix("# ")).collect()
            };
            assert_eq!(heads(one), heads(other));
            for id in heads(one) {
                let messages = |file: &'static str| -> Vec<(&'static str, Vec<String>)> {
                    let lines = section(file, id).unwrap_or("").lines();
                    let messages =
                        lines.filter(|it| it.starts_with("message")).filter_map(|it| it.split_once(':'));
                    messages.map(|(name, text)| (name, shape(text))).collect()
                };
                assert_eq!(messages(one), messages(other), "{id}");
            }
        }
    }

    #[test]
    fn a_bracket_goes_with_its_word() {
        let word = |name: &str| (name == "a").then(|| "A".to_owned());
        assert_eq!(fill("x {a}[ and {b}][ or {a}]; {b}", &word), "x A or A; ");
        assert_eq!(fill("[", &word), "[");
    }
}
