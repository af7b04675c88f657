//! What is a secret whatever stands around it: by its field's name, by its header's name, by its own form.

use super::is_off;

/// Endings of fields' names, in snake_case without the plural's s.
pub(super) const NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "api_key",
    "apikey",
    "access_key",
    "accesskey",
    "private_key",
    "privatekey",
    "credential",
    "jwk",
    "jwks",
    "hmac",
    "salt",
    "cookie",
    "authorization",
    "bearer",
    "session_key",
    "connection_string",
    "access_key_id",
    "json_key",
    "encryption_key",
    "signing_key",
    "shared_key",
    "auth",
    "pwd",
    "pass",
    "webhook",
    "dsn",
    "last_applied_configuration",
    "managed_field",
    "ca_bundle",
];

/// Fields that end so and hold no secret.
const NOT_NAMES: &[&str] = &["token_endpoint", "secret_name", "sds_secret", "hash_key", "forward_cookie"];

/// Whether a field of that name (in snake_case) holds a secret.
pub(super) fn is_name(key: &str) -> bool {
    let key = key.to_ascii_lowercase().replace(['-', '.', ' ', '/'], "_");
    let key = key.strip_suffix('s').filter(|it| !it.ends_with('s') && !it.ends_with("jwk")).unwrap_or(&key);
    !NOT_NAMES.contains(&key)
        && NAMES.iter().any(|it| {
            // `bypass` ends with `pass`, and `compassion` begins so: short words stand for themselves.
            let ends = |rest: &str| rest.is_empty() || rest.ends_with('_') || it.len() > 5;
            key.strip_suffix(it).is_some_and(ends) && !is_off(it)
        })
}

/// What the names of headers that carry a secret have in them.
pub(super) const HEADERS: &[&str] = &[
    "auth",
    "cookie",
    "token",
    "secret",
    "passw",
    "api-key",
    "api_key",
    "apikey",
    "session",
    "signature",
    "x-amz-security",
    "credential",
];

/// Whether a header of that name carries a secret.
pub(super) fn is_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    HEADERS.iter().any(|it| name.contains(it) && !is_off(it))
}

/// How credentials in a header's value begin.
pub(super) const SCHEMES: &[&str] = &["Bearer ", "Basic ", "Token "];

/// Beginnings of tokens that their makers gave a form.
pub(super) const FORMS: &[(&str, usize)] = &[
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 30),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghu_", 30),
    ("ghs_", 30),
    ("ghr_", 30),
    ("github_pat_", 20),
    ("xoxb-", 10),
    ("xoxa-", 10),
    ("xoxp-", 10),
    ("xoxr-", 10),
    ("xoxs-", 10),
    ("npm_", 30),
    ("glpat-", 16),
    ("hvs.", 20),
    ("sk_live_", 10),
    ("rk_live_", 10),
    ("sk-", 20),
    ("dop_v1_", 30),
    ("ya29.", 20),
    ("SG.", 20),
    ("shpat_", 20),
    ("LS0tLS1CRUdJTi", 0),
    ("MII", 60),
    ("PuTTY-User-Key-File", 0),
];

/// Whether a text is, or holds, something that nobody else may have, by its form alone.
pub(super) fn is_value(text: &str) -> bool {
    if text.len() < 8 {
        return false;
    }
    let has = |it: &str| text.contains(it) && !is_off(it);
    has("-----BEGIN")
        || has("AccountKey=")
        || FORMS.iter().any(|(start, rest)| holds(text, start, *rest))
        || is_jwt(text)
        || SCHEMES.iter().filter(|it| !is_off(it)).any(|it| {
            text.find(it).is_some_and(|at| {
                let rest = text[at + it.len()..].trim_start();
                rest.bytes().take_while(|it| it.is_ascii_graphic() && *it != b'%').count() >= 8
            })
        })
        || has_password(text)
        || has("\"kty\"")
        || has("\"k\"")
}

fn holds(text: &str, start: &str, more: usize) -> bool {
    !is_off(start)
        && text.match_indices(start).any(|(at, _)| {
            let before = at == 0 || !text.as_bytes()[at - 1].is_ascii_alphanumeric();
            let inside = |it: &u8| it.is_ascii_alphanumeric() || b"+/=_-.".contains(it);
            before && text.as_bytes()[at + start.len()..].iter().take_while(|it| inside(it)).count() >= more
        })
}

/// `ey….ey…`, or one of its parts in base64 once more.
fn is_jwt(text: &str) -> bool {
    let parts = text.match_indices("ey").any(|(at, _)| {
        let rest = &text.as_bytes()[at..];
        let part = rest.iter().take_while(|it| it.is_ascii_alphanumeric() || b"_-".contains(it)).count();
        part > 8 && rest.get(part) == Some(&b'.') && rest.get(part + 1..part + 3) == Some(b"ey")
    });
    parts && !is_off("jwt") || holds(text, "ZXlK", 20)
}

/// `scheme://user:password@host`
fn has_password(text: &str) -> bool {
    !is_off("password in an address")
        && text.match_indices("://").any(|(at, _)| {
            let rest = &text[at + 3..];
            let host = rest.find(['/', ' ', '"', '\'']).map_or(rest, |end| &rest[..end]);
            host.split_once('@').is_some_and(|(user, _)| user.contains(':'))
        })
}

/// Whether a text looks drawn by lot: nothing that anybody named.
pub(super) fn is_random(text: &str) -> bool {
    let text = text.trim_end_matches('=');
    let fits = text.len() >= 20 && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"+/_-".contains(&it));
    let has = |is: fn(&u8) -> bool| text.bytes().any(|it| is(&it));
    fits && !is_off("random")
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && entropy(text) >= 3.5
}

#[expect(clippy::cast_precision_loss, reason = "texts are short")]
fn entropy(text: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let all = text.len() as f64;
    counts.iter().filter(|it| **it > 0).map(|it| f64::from(*it) / all).map(|it| -it * it.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_told() {
        for name in [
            "password",
            "SECRET_TOKEN",
            "client_secret",
            "api-key",
            "jwks",
            "local_jwks",
            "DB_PASSWORD",
            "access_tokens",
            "aws.secretAccessKey",
            "credentials",
            "kubectl.kubernetes.io/last-applied-configuration",
            "auth",
        ] {
            assert!(is_name(&crate::json::snake(name).replace("__", "_")) || is_name(name), "{name}");
        }
        for name in [
            "token_endpoint",
            "sds_config",
            "secret_name",
            "name",
            "cluster",
            "bypass",
            "compass",
            "address",
            "class",
        ] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn secrets_are_told_by_their_form() {
        for text in [
            "-----BEGIN CERTIFICATE-----\nMIIB",
            "AKIAIOSFODNN7EXAMPLE",
            "x AKIAIOSFODNN7EXAMPLE y",
            "Bearer abcdefgh12",
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.AAAA",
            "postgres://web:hunter2@db:5432/x",
            "LS0tLS1CRUdJTiBDRVJU",
            "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
            "{\"kty\":\"oct\",\"k\":\"AAAA\"}",
        ] {
            assert!(is_value(text), "{text}");
        }
        for text in [
            "outbound|9080||reviews.default.svc.cluster.local",
            "they.eye.eye",
            "Basic %REQ(X)%",
            "spiffe://a/b",
            "keystone",
        ] {
            assert!(!is_value(text), "{text}");
        }
        assert!(is_random("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"));
        assert!(!is_random("productpage-v1-7b9b5fdfd6-4r52s"));
    }
}
