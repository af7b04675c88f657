//! A token by itself: where it stands in a request, what it says, whether that holds (google/jwt_verify_lib).

use serde_json::Value;

use super::request::Headers;
use super::run::Run;
use super::step::Truth;
use super::text_match::{query_parameter, string_node};
use crate::json::Node;

/// Why a token does not hold, in the order of how much it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    Missing,
    UnknownIssuer,
    Format,
    HeaderBase64,
    HeaderJson,
    HeaderAlg,
    Algorithm,
    PayloadBase64,
    PayloadJson,
    SignatureBase64,
    NotYet,
    Expired,
    Audience,
    Subject,
    Signature,
}

impl Failure {
    /// Envoy's words.
    pub fn text(self) -> &'static str {
        match self {
            Failure::Missing => "Jwt is missing",
            Failure::UnknownIssuer => "Jwt issuer is not configured",
            Failure::Format => {
                "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections"
            }
            Failure::HeaderBase64 => "Jwt header is an invalid Base64url encoded",
            Failure::HeaderJson => "Jwt header is an invalid JSON",
            Failure::HeaderAlg => "Jwt header [alg] field is required and must be a string",
            Failure::Algorithm => "Jwt header [alg] is not supported",
            Failure::PayloadBase64 => "Jwt payload is an invalid Base64url encoded",
            Failure::PayloadJson => "Jwt payload is an invalid JSON",
            Failure::SignatureBase64 => "Jwt signature is an invalid Base64url encoded",
            Failure::NotYet => "Jwt not yet valid",
            Failure::Expired => "Jwt is expired",
            Failure::Audience => "Audiences in Jwt are not allowed",
            Failure::Subject => "Jwt subject is not allowed",
            Failure::Signature => "Jwt verification fails",
        }
    }

    /// Of several failures, the one that weighs most is told.
    pub fn weight(self) -> u8 {
        match self {
            Failure::Missing => 0,
            Failure::UnknownIssuer => 1,
            _ => 2,
        }
    }
}

/// How far a token was judged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Checked {
    /// All of it.
    Whole,
    /// All but its signature: the key is not in the dump, or of a kind that is not judged here.
    ButSignature,
}

/// A token, taken apart.
pub(super) struct Token {
    pub header: Value,
    pub payload: Value,
    /// What is signed.
    signed: String,
    signature: Vec<u8>,
}

const ALGORITHMS: [&str; 13] = [
    "ES256", "ES384", "ES512", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384",
    "PS512", "EdDSA",
];

impl Token {
    /// Takes a token apart.
    pub fn parse(text: &str) -> Result<Token, Failure> {
        let parts: Vec<&str> = text.split('.').collect();
        let [header, payload, signature] = parts.as_slice() else { return Err(Failure::Format) };
        let signed = format!("{header}.{payload}");
        let header = base64url(header).ok_or(Failure::HeaderBase64)?;
        let header: Value = serde_json::from_slice(&header).map_err(|_| Failure::HeaderJson)?;
        let algorithm = header.get("alg").and_then(Value::as_str).ok_or(Failure::HeaderAlg)?;
        if !ALGORITHMS.contains(&algorithm) {
            return Err(Failure::Algorithm);
        }
        let payload = base64url(payload).ok_or(Failure::PayloadBase64)?;
        let payload: Value = serde_json::from_slice(&payload).map_err(|_| Failure::PayloadJson)?;
        if !payload.is_object() {
            return Err(Failure::PayloadJson);
        }
        let signature = base64url(signature).ok_or(Failure::SignatureBase64)?;
        Ok(Token { header, payload, signed, signature })
    }

    /// `iss`
    pub fn issuer(&self) -> Option<&str> {
        Some(self.payload.get("iss").and_then(Value::as_str).unwrap_or(""))
    }

    fn seconds(&self, claim: &str) -> Option<i64> {
        let value = self.payload.get(claim)?;
        #[expect(clippy::cast_possible_truncation, reason = "a float's cast saturates")]
        value.as_i64().or_else(|| value.as_f64().map(|it| it as i64))
    }

    fn audiences(&self) -> Vec<&str> {
        match self.payload.get("aud") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }
}

/// Base64 with `-` and `_`, without padding.
pub(super) fn base64url(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    (text.len() % 4 != 1).then_some(out)
}

/// The tokens in a request, each with the providers that look for one there: headers, query parameters, cookies. Without any, the
/// bearer of `authorization` and `access_token` (source/extensions/filters/http/jwt_authn/extractor.cc).
pub(super) fn extract<'t>(
    headers: &Headers,
    providers: impl IntoIterator<Item = Node<'t>>,
) -> Vec<(String, Vec<usize>)> {
    let mut out: Vec<(String, Vec<usize>)> = Vec::new();
    let mut push = |text: String, of: usize| match out.iter_mut().find(|(known, _)| *known == text) {
        Some((_, providers)) => providers.push(of),
        None => out.push((text, vec![of])),
    };
    let path = headers.first(":path").unwrap_or("");
    for (index, provider) in providers.into_iter().enumerate() {
        for (name, prefix) in places(provider) {
            if let Some(value) = headers.get(&name)
                && let Some(at) = value.find(&prefix)
            {
                push(token_in(&value[at + prefix.len()..]).to_owned(), index);
            }
        }
        for name in parameters(provider) {
            if let Some(value) = query_parameter(path, &name) {
                push(value.to_owned(), index);
            }
        }
        for name in provider.list("from_cookies").filter_map(Node::str) {
            let cookies =
                headers.all("cookie").flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('='));
            for (_, value) in cookies.filter(|(own, _)| *own == name) {
                push(value.to_owned(), index);
            }
        }
    }
    out
}

/// The first run of signs that a token may have.
fn token_in(text: &str) -> &str {
    let may = |it: char| it.is_ascii_alphanumeric() || "-_.+/=".contains(it);
    let text = text.trim_start_matches(|it| !may(it));
    &text[..text.find(|it| !may(it)).unwrap_or(text.len())]
}

fn elsewhere(provider: Node<'_>) -> bool {
    ["from_headers", "from_params", "from_cookies"].iter().any(|key| provider.list(key).next().is_some())
}

/// Headers that may hold a token, and what stands before it.
fn places(provider: Node<'_>) -> Vec<(String, String)> {
    if !elsewhere(provider) {
        return vec![("authorization".to_owned(), "Bearer ".to_owned())];
    }
    let text = |it: Node<'_>, key| it.text(key).unwrap_or_default().into_owned();
    provider
        .list("from_headers")
        .map(|it| (text(it, "name").to_ascii_lowercase(), text(it, "value_prefix")))
        .collect()
}

fn parameters(provider: Node<'_>) -> Vec<String> {
    if !elsewhere(provider) {
        return vec!["access_token".to_owned()];
    }
    provider.list("from_params").filter_map(|it| it.str().map(|it| it.into_owned())).collect()
}

/// Takes a token out of the request that goes on.
pub(super) fn take_away(headers: &mut Headers, provider: Node<'_>) {
    for (name, prefix) in places(provider) {
        if headers.get(&name).is_some_and(|it| it.contains(&prefix)) {
            headers.remove(&name);
        }
    }
}

/// Whether a token holds for a provider. The time is the capture's; without one, no time is judged.
pub(super) fn check<'t>(
    run: &Run<'t, '_>,
    provider: Node<'t>,
    with: Option<Node<'t>>,
    token: &Token,
) -> Result<Checked, Failure> {
    let now = run.tracer.now.map(|it| it.seconds());
    let skew = provider.number("clock_skew_seconds").and_then(|it| i64::try_from(it).ok()).unwrap_or(60);
    if let Some(now) = now {
        if token.seconds("nbf").is_some_and(|it| now.saturating_add(skew) < it) {
            return Err(Failure::NotYet);
        }
        if token.seconds("exp").is_some_and(|it| it > 0 && now > it.saturating_add(skew)) {
            return Err(Failure::Expired);
        }
    }
    let wants = with.map_or_else(|| provider.list("audiences"), |it| it.list("audiences"));
    let wants: Vec<String> =
        wants.filter_map(|it| it.str().map(|it| plain_audience(&it).to_owned())).collect();
    if !wants.is_empty()
        && !token.audiences().iter().any(|it| wants.iter().any(|want| want == plain_audience(it)))
    {
        return Err(Failure::Audience);
    }
    if let Some(wanted) = provider.get("subjects") {
        let subject = token.payload.get("sub").and_then(Value::as_str).unwrap_or("");
        if string_node(run.tracer, wanted, subject) == Truth::No {
            return Err(Failure::Subject);
        }
    }
    let keys = provider.path(&["local_jwks", "inline_string"]).and_then(Node::str);
    let keys = keys.and_then(|it| serde_json::from_str::<Value>(&it).ok());
    match keys
        .map(|it| super::signature::verify(&token.header, &it, token.signed.as_bytes(), &token.signature))
    {
        Some(Truth::Yes) => Ok(Checked::Whole),
        Some(Truth::No) => Err(Failure::Signature),
        Some(Truth::Unknown) | None => Ok(Checked::ButSignature),
    }
}

/// An audience without scheme and trailing slash (check_audience.cc).
fn plain_audience(text: &str) -> &str {
    let text = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
    text.strip_suffix('/').unwrap_or(text)
}
