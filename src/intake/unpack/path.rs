//! A member's path, made fit to be shown. It is never used to open a file.

/// Longer paths are cut.
const LONGEST: usize = 1024;

/// `archive/member`: without `..`, `.`, drives and absolute beginnings, backslashes turned, and what could disturb a
/// terminal or turn the direction of text replaced.
pub(super) fn join(archive: &str, member: &[u8]) -> String {
    let text = String::from_utf8_lossy(member).replace('\\', "/");
    let mut path = archive.to_string();
    for part in text.split('/').filter(|part| !matches!(*part, "" | "." | "..")) {
        if path.len() > LONGEST {
            break;
        }
        // `C:` at the beginning of an absolute Windows path.
        if path.len() == archive.len() && part.len() == 2 && part.ends_with(':') {
            continue;
        }
        path.push('/');
        path.extend(
            part.chars().take(LONGEST).map(|letter| if disturbs(letter) { '\u{fffd}' } else { letter }),
        );
    }
    path
}

/// The outer file's own name: as its owner calls it, fit to be shown.
pub(super) fn shown(name: &str) -> String {
    name.chars().map(|letter| if disturbs(letter) { '\u{fffd}' } else { letter }).collect()
}

/// Control characters, and Unicode's marks of direction (the `Bidi_Control` property).
fn disturbs(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::{join, shown};

    #[test]
    fn a_path_stays_below_its_archive() {
        for (member, want) in [
            (
                &b"bug-report/proxies/a/config_dump?include_eds"[..],
                "x.tar.gz/bug-report/proxies/a/config_dump?include_eds",
            ),
            (b"../../etc/passwd", "x.tar.gz/etc/passwd"),
            (b"/etc/./passwd", "x.tar.gz/etc/passwd"),
            (b"C:\\Users\\a\\..\\b", "x.tar.gz/Users/a/b"),
            (b"a\x1b[31m\xe2\x80\xaeb", "x.tar.gz/a\u{fffd}[31m\u{fffd}b"),
            (b"\xff", "x.tar.gz/\u{fffd}"),
            (b"..", "x.tar.gz"),
        ] {
            assert_eq!(join("x.tar.gz", member), want);
        }
        assert_eq!(shown("../a\n/b"), "../a\u{fffd}/b");
    }
}
