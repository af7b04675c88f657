//! Names of files and folders: what pages and tools call theirs is kept, all else goes through the map.

use super::address::Found;
use super::pieces::{Mode, Names, scan};
use super::treat::Hand;
use super::words::WORDS;

/// Writes what stands for a path.
pub(super) fn write(path: &str, hand: &mut dyn Hand) -> String {
    let mut out = String::with_capacity(path.len());
    for (index, part) in path.split('/').enumerate() {
        out.push_str(if index > 0 { "/" } else { "" });
        let mode = hand.mode();
        scan(part, mode, &mut Part { hand, mode }, &mut out);
    }
    out
}

struct Part<'h> {
    hand: &'h mut dyn Hand,
    mode: Mode,
}

impl Names for Part<'_> {
    fn token(&mut self, token: &str, out: &mut String) {
        // In strict mode a label may be of several such words.
        let known = |it: &str| WORDS.paths.contains(it.to_ascii_lowercase().as_str());
        let whole = if self.mode.strict { token.split('-').all(known) } else { known(token) };
        if whole {
            out.push_str(token);
        } else {
            self.hand.token(token, out);
        }
    }

    fn address(&mut self, found: Found, out: &mut String) {
        self.hand.address(found, out);
    }

    fn digits(&mut self, text: &str, out: &mut String) {
        self.hand.digits(text, out);
    }
}
