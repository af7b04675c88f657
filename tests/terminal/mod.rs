//! What the tests of the terminal share.

use std::process::Output;

/// It failed with this status, printed nothing, and said why in one line with these words.
pub fn failed(output: Output, arguments: &[&str], status: i32, words: &[&str]) {
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    assert_eq!(said.lines().count(), 1, "{arguments:?}: {said}");
    for word in words {
        assert!(said.contains(word), "{arguments:?}: no {word:?} in {said}");
    }
}
