//! Where the JSON of a document begins: behind a byte order mark, a `200`, kubectl's warnings, log lines, a prompt, a
//! Markdown fence.

use crate::json::{Span, Tree};

/// So many bytes decide where the JSON begins: a caller that reads piece by piece waits for them (or for the end).
pub const HEAD: usize = 64 << 10;

/// A log line in JSON is not longer than this.
const LONGEST_LOG_LINE: usize = 16 << 10;

/// The offset at which the root value of a document opens; None where no line of its head begins an object or array.
/// `head` is the document's first [`HEAD`] bytes, or all of it.
pub fn json_start(head: &[u8]) -> Option<usize> {
    let head = head.get(..HEAD).unwrap_or(head);
    let mut line = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    loop {
        let blanks = head[line..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let at = line + blanks;
        let end = memchr::memchr(b'\n', head.get(at..)?).map_or(head.len(), |newline| at + newline);
        if opens(&head[at..]) && !is_json_log(&head[at..end]) {
            return Some(at);
        }
        line = end + 1;
        if line >= head.len() {
            return None;
        }
    }
}

/// Whether a JSON object or array opens here: `{` before a key or its end, `[` before anything but a number or word:
/// no document that is known is a list of those, and log lines begin `[2026-11-23T…` and `[info]`.
pub(super) fn opens(text: &[u8]) -> bool {
    let Some((open, rest)) = text.split_first() else { return false };
    match (open, rest.trim_ascii_start().first()) {
        (b'{' | b'[', None) => true,
        (b'{', Some(next)) => b"\"}".contains(next),
        (b'[', Some(next)) => b"{[\"]".contains(next),
        _ => false,
    }
}

/// Whether a line is one entry of a log in JSON: Envoy's access log, Istio's or Kubernetes' own with JSON output.
pub(super) fn is_json_log(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    if line.len() > LONGEST_LOG_LINE || !line.starts_with(b"{") || !line.ends_with(b"}") {
        return false;
    }
    let end = u32::try_from(line.len()).unwrap_or(u32::MAX);
    let Ok(tree) = Tree::parse(line, Span { start: 0, end }) else { return false };
    let root = tree.root();
    let has = |keys: &[&str]| keys.iter().any(|key| root.get(key).is_some());
    let message = has(&["msg", "message"]) && has(&["time", "ts", "timestamp"]);
    let access = has(&["response_code", "response_flags"])
        && has(&["start_time", "upstream_cluster", "upstream_host", "bytes_sent", "request_id"]);
    message || access
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_value_behind_other_lines() {
        for before in [
            "",
            "\u{feff}",
            " \r\n",
            "200\n",
            "200 OK\r\n\r\n",
            "Defaulted container \"istio-proxy\" out of: istio-proxy, app\n",
            "$ kubectl exec it -- curl -s localhost:15000/config_dump\n",
            "[root@node ~]# curl localhost:15000/config_dump\n",
            "2026-11-23T14:51:09Z\tinfo\tEnvoy proxy is ready\n[2026-11-23T14:51:09.1Z] \"GET / HTTP/1.1\" 200\n",
            "[2026-11-23 14:51:09.123][12][warning][config] gRPC config\n[info] x\n",
            "{\"level\":\"info\",\"time\":\"2026-11-23T14:51:09Z\",\"msg\":\"ready\"}\n",
            "{ this is no JSON\n",
            "```json\n",
        ] {
            for json in ["{\"configs\": []}", "[{}]", "{", "[", "{\n \"a\": 1}", "[\n]", "[[]]"] {
                let text = format!("{before}{json}");
                assert_eq!(json_start(text.as_bytes()), Some(before.len()), "{text}");
            }
        }
    }

    #[test]
    fn a_log_has_no_start() {
        for text in [
            "",
            "\n",
            "404 page not found\n",
            "[2026-11-23T14:51:09.123Z] \"GET / HTTP/1.1\" 200\n",
            "[12] started\n",
            "{\"start_time\":\"2026\",\"response_code\":200,\"response_flags\":\"-\"}\n{\"response_code\":200,\"request_id\":\"1\"}\n",
        ] {
            assert_eq!(json_start(text.as_bytes()), None, "{text}");
        }
    }
}
