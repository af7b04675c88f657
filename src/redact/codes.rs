//! The words that stand for others: pronounceable, legal in a host name, and all of one length, so that none begins or
//! ends another.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use super::pieces::is_number;
use super::words::WORDS;

const CONSONANTS: &[u8; 16] = b"bdfghjklmnprstvz";
const VOWELS: &[u8; 4] = b"aiou";
/// The bits of one code.
const SIZE: u32 = 16;
/// More names than this are given two codes each, so that finding a free one stays quick.
const MANY: usize = 40_000;

/// Gives out codes: keyed, none twice.
pub(super) struct Codes<'k> {
    key: &'k [u8; 32],
    /// Codes that were given, and words that none may be.
    taken: HashSet<String>,
    bounds: Bounds,
    long: bool,
}

/// Ends of matchers' texts that are kept: a code that had them would be matched.
#[derive(Clone, Debug, Default)]
pub(super) struct Bounds {
    pub starts: Vec<String>,
    pub ends: Vec<String>,
    pub inside: Vec<String>,
}

impl Bounds {
    fn allow(&self, code: &str) -> bool {
        !self.starts.iter().any(|it| code.starts_with(it.as_str()))
            && !self.ends.iter().any(|it| code.ends_with(it.as_str()))
            && !self.inside.iter().any(|it| code.contains(it.as_str()))
    }
}

impl<'k> Codes<'k> {
    /// `taken`: what no code may be; `names`: how many are to come.
    pub fn new(key: &'k [u8; 32], taken: HashSet<String>, bounds: Bounds, names: usize) -> Codes<'k> {
        Codes { key, taken, bounds, long: names > MANY }
    }

    fn hash(&self, name: &str, attempt: u32) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.key);
        hash.update(b"name");
        hash.update(attempt.to_be_bytes());
        hash.update(name);
        hash.finalize().into()
    }

    /// A code for a name: letters, or digits for a number.
    pub fn give(&mut self, name: &str) -> String {
        for attempt in 0.. {
            let hash = self.hash(name, attempt);
            let code = match name.len() {
                6..=18 if is_number(name) => number(&hash, name.len()),
                _ if self.long || attempt > 4096 => word(&hash[..2]) + &word(&hash[2..4]),
                _ => word(&hash[..2]),
            };
            // Matchers that leave no code free are given up: the traces will tell.
            let allowed = attempt > 4096 || self.bounds.allow(&code);
            if is_free(&code) && allowed && self.taken.insert(code.clone()) {
                return code;
            }
        }
        // Not reached: the loop has no end.
        name.to_owned()
    }

    /// Hexadecimal digits for those of a text; its other characters stay.
    pub fn give_digits(&mut self, text: &str) -> String {
        let hash = self.hash(text, 0);
        let mut digits = hash.iter().flat_map(|it| [it >> 4, it & 15]);
        let upper = text.bytes().any(|it| it.is_ascii_uppercase());
        text.chars()
            .map(|it| match digits.next().filter(|_| it.is_ascii_hexdigit()) {
                Some(digit) => {
                    let digit = char::from_digit(u32::from(digit), 16).unwrap_or('0');
                    if upper { digit.to_ascii_uppercase() } else { digit }
                }
                None => it,
            })
            .collect()
    }
}

fn word(hash: &[u8]) -> String {
    let mut bits = u32::from(hash[0]) << 8 | u32::from(hash[1]);
    let mut out = String::with_capacity(5);
    let mut left = SIZE;
    let mut take = |count: u32| {
        left -= count;
        let value = bits >> left;
        bits &= (1 << left) - 1;
        value as usize
    };
    for count in [4, 2, 4, 2, 4] {
        let at = take(count);
        out.push(char::from(if count == 4 { CONSONANTS[at] } else { VOWELS[at] }));
    }
    out
}

/// Whether a word, in lower case, has the form of a code, or of several in a row.
pub(super) fn is_code(word: &str) -> bool {
    let letter = |(at, byte): (usize, u8)| match at % 5 {
        1 | 3 => VOWELS.contains(&byte),
        _ => CONSONANTS.contains(&byte),
    };
    !word.is_empty() && word.len().is_multiple_of(5) && word.bytes().enumerate().all(letter)
}

fn number(hash: &[u8], size: usize) -> String {
    let digit = |it: &u8| char::from(b'0' + it % 10);
    // No leading zero: it must stay a number of that many digits.
    std::iter::once(char::from(b'1' + hash[0] % 9)).chain(hash[1..].iter().map(digit)).take(size).collect()
}

/// Whether a code cannot be taken for a public word, or the beginning of one.
fn is_free(code: &str) -> bool {
    !WORDS.tokens.iter().any(|word| word.len() > 2 && (word.starts_with(code) || code.starts_with(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_words_of_one_length_and_none_twice() {
        let key = [1; 32];
        let mut codes = Codes::new(&key, HashSet::from(["bakod".to_owned()]), Bounds::default(), 3000);
        let all: HashSet<String> = (0..3000).map(|it| codes.give(&format!("name{it}"))).collect();
        assert_eq!(all.len(), 3000);
        assert!(all.iter().all(|it| is_code(it)) && !is_code("orders") && !is_code(""));
        assert!(all.iter().all(|it| it.len() == 5 && it.bytes().all(|it| it.is_ascii_lowercase())));
        let number = codes.give("123456789012");
        assert!(number.len() == 12 && is_number(&number) && !number.starts_with('0'));
    }

    #[test]
    fn the_same_key_gives_the_same_code() {
        let give = |key: u8| Codes::new(&[key; 32], HashSet::new(), Bounds::default(), 1).give("reviews");
        assert_eq!(give(1), give(1));
        assert_ne!(give(1), give(2));
    }

    #[test]
    fn digits_keep_their_form() {
        let code = Codes::new(&[3; 32], HashSet::new(), Bounds::default(), 1)
            .give_digits("d9479e49-fb19-4d1b-809b-aae31d7d0c2c");
        assert_eq!(code.len(), 36);
        assert_eq!(code.matches('-').count(), 4);
        assert_ne!(code, "d9479e49-fb19-4d1b-809b-aae31d7d0c2c");
    }
}
