//! One key, two spellings: Envoy's admin pages print `filter_chains`, istiod and istioctl print `filterChains`.

/// Whether `raw` spells the key `snake`, as it stands or in protobuf's camelCase.
///
/// ```
/// use xdscope_json::same_key;
/// assert!(same_key(b"filter_chains", "filter_chains") && same_key(b"filterChains", "filter_chains"));
/// assert!(!same_key(b"filterchains", "filter_chains"));
/// ```
pub fn same_key(raw: &[u8], snake: &str) -> bool {
    if raw == snake.as_bytes() {
        return true;
    }
    let mut raw = raw.iter();
    let mut upper = false;
    for &want in snake.as_bytes() {
        if want == b'_' {
            upper = true;
            continue;
        }
        let want = if upper { want.to_ascii_uppercase() } else { want };
        upper = false;
        if raw.next() != Some(&want) {
            return false;
        }
    }
    raw.next().is_none()
}

/// Protobuf's JSON name of a field: `lb_endpoints` becomes `lbEndpoints`.
pub fn camel(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    let mut upper = false;
    for letter in key.chars() {
        match letter {
            '_' => upper = true,
            _ if upper => {
                out.push(letter.to_ascii_uppercase());
                upper = false;
            }
            _ => out.push(letter),
        }
    }
    out
}

/// The field of a JSON name: `lbEndpoints` becomes `lb_endpoints`. A key that is not camelCase stays.
pub fn snake(key: &str) -> String {
    let mut out = String::with_capacity(key.len() + 4);
    for (index, letter) in key.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_keep_their_place() {
        assert!(same_key(b"http2ProtocolOptions", "http2_protocol_options"));
        assert!(same_key(b"@type", "@type"));
        assert!(!same_key(b"name_", "name"));
        assert_eq!(camel("http2_protocol_options"), "http2ProtocolOptions");
        assert_eq!(snake("http2ProtocolOptions"), "http2_protocol_options");
    }
}
