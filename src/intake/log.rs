//! Logs of istio-proxy and istiod: the few lines in them that other views ask for.

use super::start::is_json_log;
use crate::instant::Instant;
use crate::json::Span;

/// What a line of a log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogClass {
    /// A request or connection, as Envoy logs it: text or JSON.
    Access,
    /// A configuration was refused: as Envoy says it, or as istiod heard it.
    Nack,
    /// A connection between proxy and control plane began or ended.
    Connection,
}

/// A line that is something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// What.
    pub class: LogClass,
    /// Which line, counted from 0.
    pub number: u32,
    /// Its bytes, without the line's end.
    pub span: Span,
}

/// What was found in a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// How many lines it has.
    pub lines: u32,
    /// The lines that are something, in order; at most [`Log::MOST`].
    pub found: Vec<LogLine>,
}

impl Log {
    /// More lines are not kept.
    pub const MOST: usize = 500_000;

    /// Reads a log, once over.
    pub fn read(bytes: &[u8]) -> Log {
        let mut log = Log::default();
        let mut at = 0;
        while at < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |it| at + it);
            let line = bytes[at..end].trim_ascii_end();
            if let Some(class) = class(line)
                && log.found.len() < Log::MOST
            {
                let span = Span { start: narrow(at), end: narrow(at + line.len()) };
                log.found.push(LogLine { class, number: log.lines, span });
            }
            log.lines = log.lines.saturating_add(1);
            at = end + 1;
        }
        log
    }

    /// How many lines are of a class.
    pub fn count(&self, class: LogClass) -> usize {
        self.found.iter().filter(|it| it.class == class).count()
    }

    /// The lines of a class.
    pub fn of(&self, class: LogClass) -> impl Iterator<Item = &LogLine> {
        self.found.iter().filter(move |it| it.class == class)
    }

    /// The instant with which a line begins, or which its JSON has.
    pub fn time(bytes: &[u8], line: &LogLine) -> Option<Instant> {
        let text = String::from_utf8_lossy(line.span.of(bytes));
        let start = text.trim_start_matches('[');
        Instant::parse(start).or_else(|| {
            ["\"start_time\":", "\"time\":", "\"timestamp\":", "\"ts\":"].into_iter().find_map(|key| {
                let rest = &text[text.find(key)? + key.len()..];
                Instant::parse(rest.trim_start().trim_start_matches('"'))
            })
        })
    }
}

fn class(line: &[u8]) -> Option<LogClass> {
    if is_access(line) {
        return Some(LogClass::Access);
    }
    let has = |part: &str| memchr::memmem::find(line, part.as_bytes()).is_some();
    // istiod: pilot/pkg/xds/ads.go, `ADS:LDS: ACK ERROR`. Envoy: source/extensions/config_subscription/grpc,
    // `gRPC config for … rejected: …`, `delta config for … rejected: …`.
    let refused =
        has("ACK ERROR") || has("onfig for ") && has(" rejected: ") || has("rejected configuration");
    if refused {
        return Some(LogClass::Nack);
    }
    // istiod: pkg/xds/server.go. Agent: pkg/istio-agent/xds_proxy.go. Envoy: grpc_stream.h.
    let connection = [
        "ADS: new connection for node:",
        "ADS: new delta connection for node:",
        "gRPC config stream closed",
        "onnected to upstream XDS server",
        "onnected to delta upstream XDS server",
        "isconnected from XDS server",
        "failed to connect to upstream",
    ];
    let ended = has("ADS: ") && has(" terminated") || has("gRPC config stream to ") && has(" closed");
    (ended || connection.iter().any(|part| has(part))).then_some(LogClass::Connection)
}

/// `[2026-11-23T14:51:09.123Z] "GET / HTTP/1.1" 200 - …`, the same for a connection (`"- - -" 0 -`), or JSON.
fn is_access(line: &[u8]) -> bool {
    if line.first() == Some(&b'{') {
        return memchr::memmem::find(line, b"\"response_").is_some() && is_json_log(line);
    }
    // kubectl's `--timestamps` and `--prefix` stand before the bracket.
    let Some(open) = memchr::memchr(b'[', line.get(..200).unwrap_or(line)) else { return false };
    let rest = &line[open..];
    let Some(close) = memchr::memmem::find(rest.get(..64).unwrap_or(rest), b"] \"") else { return false };
    let dated = rest.get(5) == Some(&b'-') && rest.get(11) == Some(&b'T');
    let Some(quote) = memchr::memmem::find(&rest[close + 3..], b"\" ") else { return false };
    let status = &rest[close + 3 + quote + 2..];
    let digits = status.iter().take_while(|byte| byte.is_ascii_digit()).count();
    dated && (1..=3).contains(&digits) && status.get(digits) == Some(&b' ')
}

fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_asked_for_are_found() {
        for (line, want) in [
            (
                r#"[2026-11-23T14:51:09.123Z] "GET /reviews/1 HTTP/1.1" 503 UH no_healthy_upstream - "-" 0 19 0"#,
                Some(LogClass::Access),
            ),
            (
                r#"[2026-11-23T14:51:09.123Z] "- - -" 0 NR filter_chain_not_found - "-" 0 0 0"#,
                Some(LogClass::Access),
            ),
            (
                r#"2026-11-23T14:51:09Z [2026-11-23T14:51:09.123Z] "GET / HTTP/2" 200 - via_upstream"#,
                Some(LogClass::Access),
            ),
            (
                r#"{"start_time":"2026-11-23T14:51:09.123Z","response_code":200,"response_flags":"-","request_id":"x"}"#,
                Some(LogClass::Access),
            ),
            (
                "2026-11-23T14:51:09.0Z\twarn\tads\tADS:LDS: ACK ERROR ratings.default-3 Internal:Error adding listener",
                Some(LogClass::Nack),
            ),
            (
                "2026-11-23T14:51:09.0Z\twarning\tenvoy config\tgRPC config for type.googleapis.com/envoy.config.listener.v3.Listener rejected: Error adding/updating listener(s) x",
                Some(LogClass::Nack),
            ),
            (
                "[2026-11-23 14:51:09.0][12][warning][config] delta config for type.googleapis.com/x rejected: y",
                Some(LogClass::Nack),
            ),
            (
                "2026-11-23T14:51:09.0Z\tinfo\tads\tADS: new connection for node:web-1.default-1",
                Some(LogClass::Connection),
            ),
            (
                "2026-11-23T14:51:09.0Z\tinfo\tads\tADS: \"10.0.0.1:5\" web-1.default-1 terminated",
                Some(LogClass::Connection),
            ),
            (
                "x\twarning\tenvoy config\tStreamAggregatedResources gRPC config stream to xds-grpc closed: 14, x",
                Some(LogClass::Connection),
            ),
            (
                "x\tinfo\txdsproxy\tconnected to delta upstream XDS server: istiod:15012",
                Some(LogClass::Connection),
            ),
            ("2026-11-23T14:51:09Z\tinfo\tEnvoy proxy is ready", None),
            ("[12] \"x\" y", None),
        ] {
            let log = Log::read(line.as_bytes());
            assert_eq!(log.found.first().map(|it| it.class), want, "{line}");
        }
    }

    #[test]
    fn lines_are_counted_and_timed() {
        let text = "x\r\n[2026-11-23T14:51:09.123Z] \"GET / HTTP/1.1\" 200 - x\r\n";
        let log = Log::read(text.as_bytes());
        assert_eq!((log.lines, log.found[0].number, log.count(LogClass::Access)), (2, 1, 1));
        assert_eq!(Log::time(text.as_bytes(), &log.found[0]), Instant::parse("2026-11-23T14:51:09.123Z"));
    }
}
