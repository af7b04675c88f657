//! What is asked: one request, from the client's side.

use core::net::IpAddr;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// From where a request meets the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the workload itself; iptables sends it to port 15001.
    Outbound,
    /// From outside; iptables sends it to port 15006.
    Inbound,
    /// To a listener's own address.
    Gateway,
}

/// What the client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Protocol {
    /// HTTP/1.1
    #[serde(rename = "http")]
    Http,
    /// HTTP/2 without TLS.
    #[serde(rename = "h2c")]
    H2c,
    /// TLS, raw bytes inside.
    #[serde(rename = "tls")]
    Tls,
    /// HTTP/1.1 in TLS.
    #[serde(rename = "tls+http")]
    TlsHttp,
    /// HTTP/2 in TLS.
    #[serde(rename = "tls+h2")]
    TlsH2,
    /// Raw bytes.
    #[serde(rename = "tcp")]
    Tcp,
}

impl Protocol {
    /// Whether the connection is TLS.
    pub fn tls(self) -> bool {
        matches!(self, Protocol::Tls | Protocol::TlsHttp | Protocol::TlsH2)
    }

    /// Whether requests are HTTP/2.
    pub fn h2(self) -> bool {
        matches!(self, Protocol::H2c | Protocol::TlsH2)
    }

    /// Whether there are HTTP requests.
    pub fn http(self) -> bool {
        !matches!(self, Protocol::Tls | Protocol::Tcp)
    }
}

/// One request. The fields have the names of the terminal's options.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Request {
    /// Whatever the asker calls it.
    pub id: serde_json::Value,
    /// From where it meets the proxy; guessed where it is not said.
    pub direction: Option<Direction>,
    /// The TCP peer's address, with or without port.
    pub from: Option<String>,
    /// The address and port, or host and port, that it is sent to.
    pub to: String,
    /// The listener that is connected to, where that is not what `to` says (PROXY protocol): address and port, or name.
    pub listener: Option<String>,
    /// What the client speaks.
    pub kind: Option<Protocol>,
    /// HTTP method; GET where it is not said.
    pub method: Option<String>,
    /// Path with query.
    pub path: Option<String>,
    /// `Host`, `:authority`.
    pub authority: Option<String>,
    /// Other headers.
    pub headers: Headers,
    /// Server name of TLS.
    pub sni: Option<String>,
    /// Application protocols that the client offers.
    pub alpn: Vec<String>,
    /// URI in the client's certificate.
    pub identity: Option<String>,
    /// First bytes of what is not HTTP.
    pub data: Option<String>,
}

impl Request {
    /// What the client speaks.
    pub fn protocol(&self) -> Protocol {
        self.kind.unwrap_or(Protocol::Http)
    }
}

/// Header fields in order; names in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, String)>);

impl Headers {
    /// All values of a header in one text, as Envoy's matchers see them (source/common/http/header_utility.cc).
    pub fn get(&self, name: &str) -> Option<std::borrow::Cow<'_, str>> {
        let mut found = self.all(name);
        let first = found.next()?;
        Some(match found.next() {
            None => first.into(),
            Some(second) => {
                let mut out = format!("{first},{second}");
                for value in found {
                    out.push(',');
                    out.push_str(value);
                }
                out.into()
            }
        })
    }

    /// The values of a header. `host` is `:authority` (source/common/http/header_map_impl.cc).
    pub fn all<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h str> {
        let name = if name.eq_ignore_ascii_case("host") {
            ":authority".to_owned()
        } else {
            name.to_ascii_lowercase()
        };
        self.0.iter().filter(move |(own, _)| *own == name).map(|(_, value)| value.as_str())
    }

    /// The first value of a header.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Replaces a header, or adds it.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.remove_later(name);
        match self.0.iter_mut().find(|(own, _)| own == name) {
            Some((_, old)) => *old = value.into(),
            None => self.0.push((name.to_owned(), value.into())),
        }
    }

    fn remove_later(&mut self, name: &str) {
        let mut seen = false;
        self.0.retain(|(own, _)| own != name || !std::mem::replace(&mut seen, true));
    }

    /// Takes a header away.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(own, _)| own != name);
    }

    /// Adds a value.
    pub fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_ascii_lowercase(), value.into()));
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Headers, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Headers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of headers")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
                let mut out = Headers::default();
                while let Some((name, values)) = map.next_entry::<String, OneOrMore>()? {
                    for value in values.list() {
                        out.add(&name, value);
                    }
                }
                Ok(out)
            }

            fn visit_unit<E>(self) -> Result<Headers, E> {
                Ok(Headers::default())
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn list(self) -> Vec<String> {
        match self {
            OneOrMore::One(it) => vec![it],
            OneOrMore::More(them) => them,
        }
    }
}

/// An address, or a host name, and perhaps a port: `10.0.0.1:80`, `[::1]:80`, `::1`, `reviews`, `reviews:9080`.
pub fn host_and_port(text: &str) -> (&str, Option<u16>) {
    let bare = |host: &'_ str| -> bool { host.starts_with('[') && host.ends_with(']') };
    if text.parse::<IpAddr>().is_ok() {
        return (text, None);
    }
    let (host, port) = match text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?))) {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    (if bare(host) { &host[1..host.len() - 1] } else { host }, port)
}

/// An IP address; one of IPv4 in IPv6's clothes is IPv4.
pub fn ip(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|it| it.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_in_order_and_more_than_once() {
        let request: Request = serde_json::from_str(
            r#"{"to": "x", "headers": {"X-B": ["1", "2"], "a": "3"}, "kind": "tls+h2"}"#,
        )
        .unwrap();
        assert_eq!(request.headers.get("x-b").unwrap(), "1,2");
        assert_eq!(request.headers.0[2], ("a".to_owned(), "3".to_owned()));
        assert!(request.protocol().tls() && request.protocol().h2());
    }

    #[test]
    fn reads_hosts_and_ports() {
        for (text, host, port) in [
            ("10.0.0.1:80", "10.0.0.1", Some(80)),
            ("[::1]:80", "::1", Some(80)),
            ("::1", "::1", None),
            ("reviews", "reviews", None),
            ("reviews:9080", "reviews", Some(9080)),
        ] {
            assert_eq!(host_and_port(text), (host, port));
        }
        assert_eq!(ip("::ffff:10.0.0.1"), ip("10.0.0.1"));
    }
}
