//! Nonsense in a field of a request, said at the field.

use super::super::request::{Request, host_and_port, ip};

/// A field of a request; the names are the terminal's options and the form's.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Where it is sent.
    To,
    /// The client's address.
    From,
    /// HTTP method.
    Method,
    /// Path with query.
    Path,
    /// Host.
    Authority,
    /// A header, by its place.
    Header(usize),
    /// Server name of TLS.
    Sni,
    /// URI in the client's certificate.
    Identity,
}

/// What is wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrong {
    /// Nothing is there.
    Empty,
    /// A port is a number from 1 to 65535.
    Port,
    /// It must be an IP address, perhaps with a port.
    Address,
    /// It has a sign that cannot be there.
    Sign(char),
    /// A path begins with `/` (or is a whole URL, or `*`).
    Path,
    /// It must be `spiffe://…`, or another URI.
    Uri,
    /// It is a URL; only its host belongs here.
    Url,
}

/// A field that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fault {
    /// Which.
    pub field: Field,
    /// What it says.
    pub value: String,
    /// What is wrong with it.
    pub wrong: Wrong,
}

/// All that makes no sense, in the order of the fields. A request with such fields can still be traced: Envoy gets
/// nonsense, too; but somebody who typed it meant something else.
pub fn check(request: &Request) -> Vec<Fault> {
    let mut out = Vec::new();
    let mut fault = |field: Field, value: &str, wrong: Option<Wrong>| {
        out.extend(wrong.map(|wrong| Fault { field, value: value.to_owned(), wrong }));
    };
    fault(Field::To, &request.to, destination(&request.to));
    if let Some(from) = request.from.as_deref() {
        let (host, _) = host_and_port(from);
        let wrong = bad_port(from).or_else(|| ip(host).is_none().then_some(Wrong::Address));
        fault(Field::From, from, wrong);
    }
    if let Some(method) = request.method.as_deref() {
        let strange = method.chars().find(|it| !is_token(*it)).map(Wrong::Sign);
        fault(Field::Method, method, if method.is_empty() { Some(Wrong::Empty) } else { strange });
    }
    if let Some(path) = request.path.as_deref() {
        let connect = request.method.as_deref() == Some("CONNECT");
        let begins = path.starts_with(['/', '*', '?']) || path.contains("://") || connect;
        let strange = path.chars().find(|it| it.is_control() || *it == ' ').map(Wrong::Sign);
        fault(Field::Path, path, if begins { strange } else { Some(Wrong::Path) });
    }
    if let Some(authority) = request.authority.as_deref() {
        fault(Field::Authority, authority, host(authority));
    }
    for (at, (name, value)) in request.headers.0.iter().enumerate() {
        let plain = name.strip_prefix(':').unwrap_or(name);
        let strange = plain.chars().find(|it| !is_token(*it)).map(Wrong::Sign);
        let wrong = if plain.is_empty() { Some(Wrong::Empty) } else { strange };
        let control = value.chars().find(|it| it.is_control() && *it != '\t').map(Wrong::Sign);
        fault(Field::Header(at), name, wrong.or(control));
    }
    if let Some(sni) = request.sni.as_deref() {
        fault(Field::Sni, sni, host(sni));
    }
    if let Some(identity) = request.identity.as_deref() {
        let uri =
            identity.split_once("://").is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty());
        fault(Field::Identity, identity, (!uri).then_some(Wrong::Uri));
    }
    out
}

/// What is wrong with a destination: `HOST`, `ADDRESS:PORT`, `[ADDRESS]:PORT`.
fn destination(to: &str) -> Option<Wrong> {
    bad_port(to).or_else(|| host(to))
}

fn host(text: &str) -> Option<Wrong> {
    if text.trim().is_empty() {
        return Some(Wrong::Empty);
    }
    if text.contains("://") {
        return Some(Wrong::Url);
    }
    let strange = |it: &char| !(it.is_alphanumeric() || "-._:[]*|%".contains(*it));
    text.chars().find(strange).map(Wrong::Sign)
}

/// A port that is none: `reviews:http`, `reviews:0`, `10.0.0.1:99999`.
fn bad_port(text: &str) -> Option<Wrong> {
    if ip(text).is_some() || text.contains("://") {
        return None;
    }
    let (host, port) = text.rsplit_once(':')?;
    if host.contains(':') && !host.ends_with(']') {
        return None;
    }
    (!port.parse::<u16>().is_ok_and(|it| it > 0)).then_some(Wrong::Port)
}

fn is_token(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(request: &str) -> Vec<(Field, Wrong)> {
        let request: Request = serde_json::from_str(request).unwrap();
        check(&request).into_iter().map(|it| (it.field, it.wrong)).collect()
    }

    #[test]
    fn nonsense_is_said_at_its_field() {
        assert_eq!(
            wrong(r#"{"to": "reviews:9080", "from": "10.1.1.1:4", "path": "/a?b", "method": "GET"}"#),
            []
        );
        assert_eq!(wrong(r#"{"to": "[::1]:80", "from": "::1"}"#), []);
        for (request, field, said) in [
            (r#"{"to": ""}"#, Field::To, Wrong::Empty),
            (r#"{"to": "reviews:http"}"#, Field::To, Wrong::Port),
            (r#"{"to": "10.0.0.1:99999"}"#, Field::To, Wrong::Port),
            (r#"{"to": "http://a/"}"#, Field::To, Wrong::Url),
            (r#"{"to": "a b"}"#, Field::To, Wrong::Sign(' ')),
            (r#"{"to": "a", "from": "productpage"}"#, Field::From, Wrong::Address),
            (r#"{"to": "a", "method": "G T"}"#, Field::Method, Wrong::Sign(' ')),
            (r#"{"to": "a", "path": "reviews"}"#, Field::Path, Wrong::Path),
            (r#"{"to": "a", "headers": {"a b": "c"}}"#, Field::Header(0), Wrong::Sign(' ')),
            (r#"{"to": "a", "identity": "bookinfo"}"#, Field::Identity, Wrong::Uri),
            (r#"{"to": "a", "sni": "a/b"}"#, Field::Sni, Wrong::Sign('/')),
        ] {
            assert_eq!(wrong(request), [(field, said)], "{request}");
        }
    }
}
