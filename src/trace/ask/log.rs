//! Lines of an access log become requests, and what the log says of their end.
//!
//! Text in Envoy's default format (source/common/formatter/substitution_format_string.cc) and in Istio's of all its
//! versions (pilot/pkg/model/telemetry_logging.go; older: envoy_accesslogservice), which insert fields into Envoy's and
//! append others; JSON with Istio's keys. All of them are told apart by which fields are quoted.

use serde_json::Value;

use super::super::request::{Direction, Headers, Protocol, Request, host_and_port, ip};

/// The format of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Envoy's default text.
    Envoy,
    /// Istio's text, from 1.9 on.
    Istio,
    /// Istio's text, before 1.9.
    OldIstio,
    /// JSON with the keys of Istio's.
    Json,
}

/// What a log line says.
#[derive(Clone, Debug, Default)]
pub struct Logged {
    /// Its format.
    pub format: Option<Format>,
    /// The request; fields that the log does not have are empty.
    pub request: Request,
    /// When it began, as it stands there.
    pub time: Option<String>,
    /// The status; `None` for a connection.
    pub code: Option<u16>,
    /// Response flags.
    pub flags: Vec<String>,
    /// Response code details.
    pub details: Option<String>,
    /// Connection termination details.
    pub termination: Option<String>,
    /// Upstream transport failure reason.
    pub transport_failure: Option<String>,
    /// The endpoint that was chosen.
    pub upstream_host: Option<String>,
    /// The cluster that was chosen.
    pub cluster: Option<String>,
    /// The route's name.
    pub route: Option<String>,
}

/// Why a line could not be read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFault {
    /// In none of the formats; as far as it was understood: the time, and the request line.
    Format {
        /// The time, where one was found.
        time: Option<String>,
        /// `GET /path HTTP/1.1`, where one was found.
        request: Option<String>,
        /// The fields after it.
        rest: Option<String>,
    },
    /// JSON whose keys are none of those known.
    Keys(Vec<String>),
}

/// A line of what was pasted.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number, from 1.
    pub number: usize,
    /// What it says.
    pub read: Result<Logged, LogFault>,
}

/// Whether a line looks as if it came from an access log at all, so that a paste can be told from a curl command.
pub(super) fn looks_logged(line: &str) -> bool {
    line.trim_start().starts_with('{') || line.contains("] \"")
}

/// Reads lines of an access log. Empty lines are passed over, and so are others between access lines (an Envoy's own
/// log, which has no request line).
pub fn lines(text: &str) -> Vec<Line> {
    let all = text.lines().enumerate().filter(|(_, it)| !it.trim().is_empty());
    let mut out: Vec<Line> = all.map(|(at, it)| Line { number: at + 1, read: line(it.trim()) }).collect();
    let own = |it: &Line| matches!(&it.read, Err(LogFault::Format { request: None, .. }));
    if out.iter().any(|it| it.read.is_ok()) {
        out.retain(|it| !own(it));
    }
    out
}

fn line(text: &str) -> Result<Logged, LogFault> {
    // `kubectl logs --prefix`, or a collector's own words, may stand before it.
    match text.find('{').filter(|at| text.ends_with('}') && !text[..*at].contains("] \"")) {
        Some(at) => json(&text[at..]),
        None => plain(text),
    }
}

/// A field of a text line, and whether it was quoted.
struct Part<'a> {
    text: &'a str,
    quoted: bool,
}

fn plain(text: &str) -> Result<Logged, LogFault> {
    let unknown = |time: Option<&str>, request: Option<&str>, rest: Option<&str>| LogFault::Format {
        time: time.map(str::to_owned),
        request: request.map(str::to_owned),
        rest: rest.map(str::to_owned),
    };
    let Some((before, after)) = text.split_once("] \"") else { return Err(unknown(None, None, None)) };
    let time = before.rsplit('[').next().unwrap_or(before);
    let Some((request, rest)) = after.split_once("\" ") else { return Err(unknown(Some(time), None, None)) };
    let fault = || unknown(Some(time), Some(request), Some(rest));
    let parts = split(rest);
    let mut words = request.split(' ');
    let (method, path, protocol) =
        (words.next().unwrap_or(""), words.next().unwrap_or(""), words.next_back().unwrap_or(""));
    // Bytes received, bytes sent, duration, the upstream's time; then five quoted ones.
    let quoted = |at: usize| parts.get(at).map(|it| it.quoted);
    let core = |at: usize| {
        (0..4).all(|it| quoted(at + it) == Some(false)) && (4..9).all(|it| quoted(at + it) == Some(true))
    };
    let Some(at) = (2..parts.len()).find(|at| core(*at)) else { return Err(fault()) };
    let value = |at: usize| parts.get(at).and_then(|it| some(it.text));
    let middle = &parts[2..at];
    let between: Vec<bool> = middle.iter().map(|it| it.quoted).collect();
    let mut out = Logged {
        time: Some(time.to_owned()),
        code: value(0).and_then(|it| it.parse().ok()),
        flags: flags(value(1).as_deref()),
        upstream_host: value(at + 8),
        cluster: value(at + 9).map(|it| raw_name(&it)),
        route: value(at + 14),
        ..Logged::default()
    };
    out.format = Some(match between.as_slice() {
        [] if parts.len() == at + 9 => Format::Envoy,
        // Istio's first versions had nothing more than the addresses.
        [] => Format::OldIstio,
        [false, false, true] => {
            (out.details, out.termination, out.transport_failure) = (value(2), value(3), value(4));
            Format::Istio
        }
        [false, true] => {
            (out.details, out.transport_failure) = (value(2), value(3));
            Format::OldIstio
        }
        // What Mixer said, and from 1.2 on why the transport failed.
        [true] => Format::OldIstio,
        [true, true] => {
            out.transport_failure = value(3);
            Format::OldIstio
        }
        _ => return Err(fault()),
    });
    let local = value(at + 11);
    let remote = value(at + 12);
    let sni = value(at + 13);
    out.request = request_of(&Said {
        method: some(method),
        path: some(path),
        protocol: some(protocol),
        authority: value(at + 7),
        agent: value(at + 5),
        forwarded: value(at + 4),
        local,
        remote,
        sni,
        cluster: out.cluster.clone(),
    });
    Ok(out)
}

/// Fields between blanks; a quoted one ends at a quote with a blank or nothing behind it, for Envoy escapes none.
fn split(text: &str) -> Vec<Part<'_>> {
    let mut out = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (part, after) = match rest.strip_prefix('"') {
            Some(inside) => {
                let end = inside
                    .find("\" ")
                    .unwrap_or_else(|| inside.strip_suffix('"').map_or(inside.len(), str::len));
                (Part { text: &inside[..end], quoted: true }, inside.get(end + 1..).unwrap_or(""))
            }
            None => {
                let end = rest.find(' ').unwrap_or(rest.len());
                (Part { text: &rest[..end], quoted: false }, &rest[end..])
            }
        };
        out.push(part);
        rest = after.trim_start();
    }
    out
}

/// A value that is there: `-` says that it is not.
fn some(text: &str) -> Option<String> {
    let text = text.trim();
    (!matches!(text, "" | "-")).then(|| text.to_owned())
}

fn flags(text: Option<&str>) -> Vec<String> {
    text.into_iter().flat_map(|it| it.split(',')).filter_map(some).collect()
}

/// A cluster's own name. Istio gives statistics another, which ends in a semicolon.
fn raw_name(name: &str) -> String {
    name.trim_end_matches(';').to_owned()
}

fn json(text: &str) -> Result<Logged, LogFault> {
    let parsed: Option<Value> = serde_json::from_str(text).ok();
    let Some(Value::Object(object)) = parsed else {
        return Err(LogFault::Format { time: None, request: None, rest: Some(text.to_owned()) });
    };
    // A collector's envelope: {"log": "the line"}, {"message": {…}}.
    for key in ["log", "message", "msg", "textPayload", "jsonPayload"] {
        match object.get(key) {
            Some(Value::String(inner)) if looks_logged(inner) => return line(inner.trim()),
            Some(Value::Object(_)) => {
                return json(&object[key].to_string());
            }
            _ => {}
        }
    }
    let value = |keys: &[&str]| -> Option<String> {
        let found = keys.iter().find_map(|key| object.get(*key))?;
        match found {
            Value::String(it) => some(it),
            Value::Number(it) => Some(it.to_string()),
            _ => None,
        }
    };
    let cluster = value(&["upstream_cluster", "upstream_cluster_raw", "cluster"]).map(|it| raw_name(&it));
    let out = Logged {
        format: Some(Format::Json),
        time: value(&["start_time", "time", "timestamp", "@timestamp"]),
        code: value(&["response_code", "status", "code"])
            .and_then(|it| it.parse().ok())
            .filter(|it| *it != 0),
        flags: flags(value(&["response_flags", "flags"]).as_deref()),
        details: value(&["response_code_details", "details"]),
        termination: value(&["connection_termination_details"]),
        transport_failure: value(&["upstream_transport_failure_reason"]),
        upstream_host: value(&["upstream_host"]),
        route: value(&["route_name", "route"]),
        cluster: cluster.clone(),
        request: request_of(&Said {
            method: value(&["method", ":method"]),
            path: value(&["x-envoy-original-path", "x-envoy-origin-path", "path", ":path"]),
            protocol: value(&["protocol"]),
            authority: value(&["authority", ":authority", "host"]),
            agent: value(&["user_agent", "user-agent"]),
            forwarded: value(&["x_forwarded_for", "x-forwarded-for"]),
            local: value(&["downstream_local_address"]),
            remote: value(&["downstream_remote_address", "downstream_direct_remote_address"]),
            sni: value(&["requested_server_name"]),
            cluster,
        }),
    };
    // One that names neither where it went nor how it ended is of another kind.
    let says =
        !out.request.to.is_empty() && (out.code.is_some() || !out.flags.is_empty() || out.cluster.is_some());
    if says { Ok(out) } else { Err(LogFault::Keys(object.keys().cloned().collect())) }
}

/// What a line says of the request.
struct Said {
    method: Option<String>,
    path: Option<String>,
    protocol: Option<String>,
    authority: Option<String>,
    agent: Option<String>,
    forwarded: Option<String>,
    local: Option<String>,
    remote: Option<String>,
    sni: Option<String>,
    cluster: Option<String>,
}

fn request_of(said: &Said) -> Request {
    let direction = said.cluster.as_deref().and_then(|it| match it {
        "InboundPassthroughCluster" | "InboundPassthroughClusterIpv4" | "InboundPassthroughClusterIpv6" => {
            Some(Direction::Inbound)
        }
        "PassthroughCluster" | "BlackHoleCluster" => Some(Direction::Outbound),
        it if it.starts_with("inbound|") => Some(Direction::Inbound),
        _ => None,
    });
    let tls = said.sni.is_some();
    let http = said.method.is_some();
    let h2 = said.protocol.as_deref().is_some_and(|it| it.starts_with("HTTP/2"));
    let kind = match (tls, http, h2) {
        (false, false, _) => Protocol::Tcp,
        (true, false, _) => Protocol::Tls,
        (false, true, false) => Protocol::Http,
        (false, true, true) => Protocol::H2c,
        (true, true, false) => Protocol::TlsHttp,
        (true, true, true) => Protocol::TlsH2,
    };
    let mut headers = Headers::default();
    if let Some(agent) = &said.agent {
        headers.add("user-agent", agent.clone());
    }
    let remote = said.remote.as_deref().map(|it| host_and_port(it).0.to_owned());
    if let Some(forwarded) = before(said.forwarded.as_deref(), remote.as_deref()) {
        headers.add("x-forwarded-for", forwarded);
    }
    let address = |it: &str| ip(host_and_port(it).0).is_some();
    let to =
        said.local.clone().filter(|it| address(it)).or_else(|| said.authority.clone()).unwrap_or_default();
    Request {
        direction,
        from: said.remote.clone().filter(|it| address(it)),
        to,
        kind: Some(kind),
        method: said.method.clone(),
        path: said.path.clone(),
        authority: said.authority.clone(),
        headers,
        sni: said.sni.clone(),
        alpn: if kind == Protocol::TlsH2 { vec!["h2".to_owned()] } else { Vec::new() },
        ..Request::default()
    }
}

/// x-forwarded-for as the client sent it: an Envoy at the edge has appended the address that it saw.
fn before(all: Option<&str>, remote: Option<&str>) -> Option<String> {
    let all = all?;
    let (before, last) = all.rsplit_once(',').unwrap_or(("", all));
    let appended = Some(last.trim()) == remote;
    let out = if appended { before } else { all };
    some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Logged {
        let mut all = lines(text);
        assert_eq!(all.len(), 1, "{text}");
        all.remove(0).read.unwrap()
    }

    #[test]
    fn reads_istios_text_of_today() {
        let it = one(
            "[2026-11-23T14:51:10.123Z] \"GET /missing HTTP/1.1\" 503 NC cluster_not_found - \"-\" 0 0 0 - \"-\" \"curl/8.5.0\" \"0a1b\" \"reviews:9080\" \"-\" - - 10.96.10.3:9080 10.244.1.12:38142 - missing",
        );
        assert_eq!(it.format, Some(Format::Istio));
        assert_eq!((it.code, it.flags.as_slice()), (Some(503), ["NC".to_owned()].as_slice()));
        assert_eq!(
            (it.details.as_deref(), it.route.as_deref()),
            (Some("cluster_not_found"), Some("missing"))
        );
        let request = &it.request;
        assert_eq!(
            (request.to.as_str(), request.from.as_deref()),
            ("10.96.10.3:9080", Some("10.244.1.12:38142"))
        );
        assert_eq!(
            (request.path.as_deref(), request.authority.as_deref()),
            (Some("/missing"), Some("reviews:9080"))
        );
        assert_eq!((request.kind, request.direction), (Some(Protocol::Http), None));

        let it = one(
            "[2026-11-23T14:51:10.123Z] \"- - -\" 0 UF,URX - - \"delayed connect error: 111\" 0 0 1 - \"-\" \"-\" \"-\" \"-\" \"10.244.1.30:3306\" outbound|3306||mysqldb.default.svc.cluster.local; - 10.96.10.6:3306 10.244.1.12:40000 - -",
        );
        assert_eq!((it.code, it.flags.len(), it.request.kind), (Some(0), 2, Some(Protocol::Tcp)));
        assert_eq!(it.cluster.as_deref(), Some("outbound|3306||mysqldb.default.svc.cluster.local"));
        assert_eq!(it.transport_failure.as_deref(), Some("delayed connect error: 111"));

        let it = one(
            "[pod/a/istio-proxy] [2026-11-23T14:51:10.123Z] \"POST /x?y=1 HTTP/2\" 200 - via_upstream - \"-\" 5 6 7 6 \"10.1.1.1,10.2.2.2\" \"my agent 1\" \"id\" \"shop\" \"127.0.0.1:8080\" inbound|8080|| 127.0.0.6:1 10.244.1.21:8080 10.2.2.2:0 outbound_.8080_._.shop.default.svc.cluster.local default",
        );
        assert_eq!(it.request.direction, Some(Direction::Inbound));
        assert_eq!(it.request.kind, Some(Protocol::TlsH2));
        assert_eq!(it.request.headers.first("x-forwarded-for"), Some("10.1.1.1"));
        assert_eq!(it.request.headers.first("user-agent"), Some("my agent 1"));
    }

    #[test]
    fn reads_older_texts_and_envoys_own() {
        let tail = "0 0 3 2 \"-\" \"Go\" \"id\" \"a.example.com\" \"10.1.1.1:80\"";
        let addresses = "outbound|80||a.default.svc.cluster.local - 10.96.0.1:80 10.244.0.5:1234 -";
        for (middle, addresses, format) in [
            ("", "", Format::Envoy),
            ("\"-\" ", addresses, Format::OldIstio),
            ("\"-\" \"-\" ", addresses, Format::OldIstio),
            ("via_upstream \"-\" ", addresses, Format::OldIstio),
            ("via_upstream - \"-\" ", addresses, Format::Istio),
        ] {
            let name = if addresses.is_empty() { "" } else { " default" };
            let blank = if addresses.is_empty() { "" } else { " " };
            let head = "[2020-01-01T00:00:00.000Z] \"GET / HTTP/1.1\" 200 -";
            let it = one(&format!("{head} {middle}{tail}{blank}{addresses}{name}"));
            assert_eq!(it.format, Some(format), "{middle}");
            assert_eq!(it.upstream_host.as_deref(), Some("10.1.1.1:80"));
            let to = if format == Format::Envoy { "a.example.com" } else { "10.96.0.1:80" };
            assert_eq!(it.request.to, to);
        }
    }

    #[test]
    fn reads_json() {
        let text = r#"{"start_time":"2026-11-23T14:51:10.123Z","method":"GET","path":"/a","protocol":"HTTP/1.1","response_code":404,"response_flags":"NR","response_code_details":"route_not_found","authority":"shop.example.com","downstream_local_address":"10.244.1.2:8080","downstream_remote_address":"10.0.0.9:1","upstream_cluster":null,"route_name":"-","x_forwarded_for":"10.0.0.9"}"#;
        let it = one(text);
        assert_eq!((it.code, it.flags.as_slice()), (Some(404), ["NR".to_owned()].as_slice()));
        assert_eq!((it.cluster, it.route), (None, None));
        assert_eq!(it.request.headers.first("x-forwarded-for"), None, "Envoy has appended it");
        assert_eq!(one(&format!("{{\"log\": {}}}", serde_json::to_string(text).unwrap())).code, Some(404));
    }

    #[test]
    fn says_what_was_understood() {
        let read = |text: &str| lines(text).remove(0).read.unwrap_err();
        assert_eq!(read("hello"), LogFault::Format { time: None, request: None, rest: None });
        let LogFault::Format { time, request, rest } =
            read("[2026-01-01T00:00:00Z] \"GET / HTTP/1.1\" 200 own format")
        else {
            panic!("a format")
        };
        assert_eq!(time.as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!((request.as_deref(), rest.as_deref()), (Some("GET / HTTP/1.1"), Some("200 own format")));
        assert_eq!(read(r#"{"level": "info"}"#), LogFault::Keys(vec!["level".to_owned()]));
    }
}
