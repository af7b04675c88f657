//! A token by itself: where it stands in a request, what it says, whether that holds (google/jwt_verify_lib).

use std::collections::BTreeMap;

use serde_json::Value;

use super::request::Headers;
use super::run::Run;
use super::signature::Verified;
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
    Kid,
    PayloadBase64,
    PayloadJson,
    Claim(&'static str, &'static str),
    SignatureBase64,
    NotYet,
    Expired,
    Audience,
    Subject,
    NoKey,
    Signature,
}

impl Failure {
    /// Envoy's words.
    pub fn text(self) -> String {
        let fixed = match self {
            Failure::Claim(name, wrong) => return format!("Jwt payload [{name}] field is not {wrong}"),
            Failure::Missing => "Jwt is missing",
            Failure::UnknownIssuer => "Jwt issuer is not configured",
            Failure::Format => {
                "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections"
            }
            Failure::HeaderBase64 => "Jwt header is an invalid Base64url encoded",
            Failure::HeaderJson => "Jwt header is an invalid JSON",
            Failure::HeaderAlg => "Jwt header [alg] field is required and must be a string",
            Failure::Algorithm => "Jwt header [alg] is not supported",
            Failure::Kid => "Jwt header [kid] field is not a string",
            Failure::PayloadBase64 => "Jwt payload is an invalid Base64url encoded",
            Failure::PayloadJson => "Jwt payload is an invalid JSON",
            Failure::SignatureBase64 => "Jwt signature is an invalid Base64url encoded",
            Failure::NotYet => "Jwt not yet valid",
            Failure::Expired => "Jwt is expired",
            Failure::Audience => "Audiences in Jwt are not allowed",
            Failure::Subject => "Jwt subject is not allowed",
            Failure::NoKey => "Jwks doesn't have key to match kid or alg from Jwt",
            Failure::Signature => "Jwt verification fails",
        };
        fixed.to_owned()
    }

    /// Whether it says more than that there is no token, or none of that issuer.
    pub fn says_much(self) -> bool {
        !matches!(self, Failure::Missing | Failure::UnknownIssuer)
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
        if header.get("kid").is_some_and(|it| !it.is_string()) {
            return Err(Failure::Kid);
        }
        let payload = base64url(payload).ok_or(Failure::PayloadBase64)?;
        let payload: Value = serde_json::from_slice(&payload).map_err(|_| Failure::PayloadJson)?;
        if !payload.is_object() {
            return Err(Failure::PayloadJson);
        }
        claims(&payload)?;
        let signature = base64url(signature).ok_or(Failure::SignatureBase64)?;
        Ok(Token { header, payload, signed, signature })
    }

    /// `iss`
    pub fn issuer(&self) -> &str {
        self.payload.get("iss").and_then(Value::as_str).unwrap_or("")
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

/// Claims that have a type must be of it (jwt_verify_lib/jwt.cc); the order is the one in which they are looked at.
fn claims(payload: &Value) -> Result<(), Failure> {
    let text = |name: &'static str| match payload.get(name) {
        Some(it) if !it.is_string() => Err(Failure::Claim(name, "a string")),
        _ => Ok(()),
    };
    text("iss")?;
    text("sub")?;
    for name in ["iat", "nbf", "exp"] {
        let Some(value) = payload.get(name) else { continue };
        let number = value.as_f64().ok_or(Failure::Claim(name, "an integer"))?;
        if !(0.0..18_446_744_073_709_551_615.0).contains(&number) {
            return Err(Failure::Claim(name, "a positive 64 bit integer"));
        }
    }
    text("jti")?;
    let fits = |it: &Value| match it {
        Value::String(_) => true,
        Value::Array(list) => list.iter().all(Value::is_string),
        _ => false,
    };
    match payload.get("aud") {
        Some(it) if !fits(it) => Err(Failure::Claim("aud", "a string or string list")),
        _ => Ok(()),
    }
}

/// Base64 with `-` and `_`, with or without padding; blanks count nothing (absl's WebSafeBase64Unescape).
pub(super) fn base64url(text: &str) -> Option<Vec<u8>> {
    let without: String = text.chars().filter(|it| !it.is_ascii_whitespace()).collect();
    let text = without.as_str();
    let text = if text.len().is_multiple_of(4) {
        text.strip_suffix("==").or(text.strip_suffix('=')).unwrap_or(text)
    } else {
        text
    };
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

/// A token, and where it was found.
pub(super) struct Located {
    pub text: String,
    /// Issuers whose providers look for tokens there; `None` for all.
    pub issuers: Option<Vec<String>>,
    place: Place,
}

/// Where a token may be, in the order in which Envoy looks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// A header and what stands before the token.
    Header(String, String),
    Parameter(String),
    Cookie(String),
}

impl Located {
    /// Whether a token of that issuer may be there.
    pub fn allows(&self, issuer: &str) -> bool {
        self.issuers.as_ref().is_none_or(|them| them.iter().any(|it| it == issuer))
    }

    /// Takes the token out of the request that goes on; cookies stay.
    pub fn take_away(&self, headers: &mut Headers) {
        match &self.place {
            Place::Header(name, _) => headers.remove(name),
            Place::Parameter(name) => {
                let Some(path) = headers.first(":path").map(str::to_owned) else { return };
                let Some((plain, query)) = path.split_once('?') else { return };
                let own = |it: &&str| it.split('=').next() != Some(name);
                let rest: Vec<&str> = query.split('&').filter(own).collect();
                let rest = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
                headers.set(":path", format!("{plain}{rest}"));
            }
            Place::Cookie(_) => {}
        }
    }
}

/// The tokens in a request, in the order in which they are judged, the last found first: headers, query parameters,
/// cookies. Without any, the bearer of `authorization` and `access_token`
/// (source/extensions/filters/http/jwt_authn/extractor.cc).
pub(super) fn extract<'t>(headers: &Headers, providers: impl IntoIterator<Item = Node<'t>>) -> Vec<Located> {
    let mut all: BTreeMap<Place, Option<Vec<String>>> = BTreeMap::new();
    for provider in providers {
        let issuer = provider.text("issuer").filter(|it| !it.is_empty()).map(|it| it.into_owned());
        for place in places(provider) {
            let issuers = all.entry(place).or_insert_with(|| Some(Vec::new()));
            match &issuer {
                Some(issuer) => issuers.iter_mut().for_each(|it| it.push(issuer.clone())),
                None => *issuers = None,
            }
        }
    }
    let path = headers.first(":path").unwrap_or("");
    let mut out = Vec::new();
    for (place, issuers) in all {
        let found: Vec<String> = match &place {
            Place::Header(name, prefix) => headers.all(name).filter_map(|it| after(it, prefix)).collect(),
            Place::Parameter(name) => {
                query_parameter(path, name).map(super::path::decoded).into_iter().collect()
            }
            Place::Cookie(name) => {
                let all = headers.all("cookie").flat_map(|it| it.split(';'));
                let mut all = all.filter_map(|it| it.trim().split_once('='));
                all.find(|(own, _)| own == name)
                    .map(|(_, value)| value.trim_matches('"').to_owned())
                    .into_iter()
                    .collect()
            }
        };
        out.extend(found.into_iter().map(|text| Located {
            text,
            issuers: issuers.clone(),
            place: place.clone(),
        }));
    }
    out.reverse();
    out
}

/// What follows a prefix, from the first sign on that a token may have; the whole value where there is none.
fn after(value: &str, prefix: &str) -> Option<String> {
    if prefix.is_empty() {
        return Some(value.to_owned());
    }
    let rest = &value[value.find(prefix)? + prefix.len()..];
    let may = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
    Some(rest.find(may).map_or(value, |at| &rest[at..]).to_owned())
}

/// Where a provider looks for tokens.
fn places(provider: Node<'_>) -> Vec<Place> {
    let text = |it: Node<'_>, key| it.text(key).unwrap_or_default().into_owned();
    let header = |it| Place::Header(text(it, "name").to_ascii_lowercase(), text(it, "value_prefix"));
    let texts = |key| provider.list(key).filter_map(Node::str).map(|it| it.into_owned());
    let headers = provider.list("from_headers").map(header);
    let out = headers
        .chain(texts("from_params").map(Place::Parameter))
        .chain(texts("from_cookies").map(Place::Cookie));
    let out: Vec<Place> = out.collect();
    if out.is_empty() {
        let bearer = Place::Header("authorization".to_owned(), "Bearer ".to_owned());
        return vec![bearer, Place::Parameter("access_token".to_owned())];
    }
    out
}

/// Headers that a provider's filter sets itself; what a client sent there is taken away (sanitizeHeaders).
pub(super) fn sanitize(headers: &mut Headers, provider: Node<'_>) {
    let own = provider.text("forward_payload_header").filter(|it| !it.is_empty());
    let claims = provider.list("claim_to_headers").filter_map(|it| it.text("header_name"));
    for name in own.into_iter().chain(claims) {
        headers.remove(&name.to_ascii_lowercase());
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
    let skew = provider.number("clock_skew_seconds").filter(|it| *it > 0);
    let skew = skew.and_then(|it| i64::try_from(it).ok()).unwrap_or(60);
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
    let Some(keys) = keys.and_then(|it| serde_json::from_str::<Value>(&it).ok()) else {
        return Ok(Checked::ButSignature);
    };
    match super::signature::verify(&token.header, &keys, token.signed.as_bytes(), &token.signature) {
        Verified::Right => Ok(Checked::Whole),
        Verified::Wrong => Err(Failure::Signature),
        Verified::NoKey => Err(Failure::NoKey),
        Verified::Unknown => Ok(Checked::ButSignature),
    }
}

/// An audience without scheme and trailing slash (check_audience.cc).
fn plain_audience(text: &str) -> &str {
    let text = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
    text.strip_suffix('/').unwrap_or(text)
}
