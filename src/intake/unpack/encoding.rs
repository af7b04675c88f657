//! Text that is not UTF-8.

/// Whether UTF-16 begins here, as Windows' PowerShell writes what it redirects, and how its bytes are ordered.
pub(super) fn utf16(head: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    match head {
        [0xff, 0xfe, ..] => Some(u16::from_le_bytes),
        [0xfe, 0xff, ..] => Some(u16::from_be_bytes),
        _ => None,
    }
}

/// UTF-16 as UTF-8; anything else as it is.
pub(super) fn to_utf8(bytes: Vec<u8>) -> Vec<u8> {
    let Some(unit) = utf16(&bytes) else { return bytes };
    let units = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let text: String =
        char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::to_utf8;

    #[test]
    fn what_powershell_redirected_is_turned() {
        let text = "{\"a\": \"\u{e9}\u{1f600}\"}\r\n";
        let units = || text.encode_utf16();
        let little: Vec<u8> = [0xff, 0xfe].into_iter().chain(units().flat_map(u16::to_le_bytes)).collect();
        let big: Vec<u8> = [0xfe, 0xff].into_iter().chain(units().flat_map(u16::to_be_bytes)).collect();
        assert_eq!(to_utf8(little), text.as_bytes());
        assert_eq!(to_utf8(big), text.as_bytes());
        assert_eq!(to_utf8(b"\xff\xfe\x41".to_vec()), b"");
        assert_eq!(to_utf8(b"plain".to_vec()), b"plain");
    }
}
