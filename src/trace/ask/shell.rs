//! A command line's words, as a POSIX shell (or a Windows one) splits them.

/// Words; `Err` with the quote that nothing closes.
pub(super) fn words(text: &str) -> Result<Vec<String>, char> {
    let mut out = Vec::new();
    let mut word: Option<String> = None;
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            // A line goes on after a backslash, and after Windows' caret.
            '\\' | '^' if matches!(signs.peek(), Some('\n' | '\r')) => {
                if signs.next() == Some('\r') {
                    signs.next_if_eq(&'\n');
                }
            }
            '\\' => word.get_or_insert_default().extend(signs.next()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match signs.next() {
                        Some('\'') => break,
                        Some(inside) => word.push(inside),
                        None => return Err('\''),
                    }
                }
            }
            '"' => quoted(&mut signs, word.get_or_insert_default())?,
            // $'…', with escapes as in C.
            '$' if signs.peek() == Some(&'\'') => {
                signs.next();
                ansi(&mut signs, word.get_or_insert_default())?;
            }
            // A comment, a pipe, another command: the command ends here.
            '|' | ';' | '>' | '<' | '&' if word.is_none() => break,
            ';' | '|' => break,
            it if it.is_whitespace() => out.extend(word.take()),
            it => word.get_or_insert_default().push(it),
        }
    }
    out.extend(word);
    Ok(out)
}

type Signs<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn quoted(signs: &mut Signs<'_>, word: &mut String) -> Result<(), char> {
    loop {
        match signs.next() {
            Some('"') => return Ok(()),
            Some('\\') => match signs.next() {
                Some(it @ ('"' | '\\' | '$' | '`')) => word.push(it),
                Some('\n') => {}
                Some(it) => word.extend(['\\', it]),
                None => return Err('"'),
            },
            Some(it) => word.push(it),
            None => return Err('"'),
        }
    }
}

fn ansi(signs: &mut Signs<'_>, word: &mut String) -> Result<(), char> {
    loop {
        match signs.next() {
            Some('\'') => return Ok(()),
            Some('\\') => match signs.next() {
                Some('n') => word.push('\n'),
                Some('r') => word.push('\r'),
                Some('t') => word.push('\t'),
                Some('u') => {
                    let digits: String =
                        std::iter::from_fn(|| signs.next_if(char::is_ascii_hexdigit)).take(4).collect();
                    word.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
                }
                Some(it) => word.push(it),
                None => return Err('\''),
            },
            Some(it) => word.push(it),
            None => return Err('\''),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_as_a_shell_does() {
        for (text, want) in [
            ("curl  -s\thttp://a", vec!["curl", "-s", "http://a"]),
            ("curl \\\n  -H 'a: b c' \\\r\n x", vec!["curl", "-H", "a: b c", "x"]),
            ("curl ^\r\n x", vec!["curl", "x"]),
            (r#"a "b \"c\" \d" ''"#, vec!["a", r#"b "c" \d"#, ""]),
            (r"a $'x\ty\u0041' b\ c", vec!["a", "x\tyA", "b c"]),
            ("curl http://a/?b&c | jq .", vec!["curl", "http://a/?b&c"]),
            ("curl http://a 2>&1", vec!["curl", "http://a", "2>&1"]),
        ] {
            assert_eq!(words(text).unwrap(), want, "{text}");
        }
        assert_eq!(words("a 'b"), Err('\''));
        assert_eq!(words("a \"b"), Err('"'));
    }
}
