//! What is not JSON: Envoy's text pages, metrics, tables, YAML, logs, answers that are errors.

use std::borrow::Cow;

use crate::intake::start::is_json_log;
use crate::intake::table::is_heading;
use crate::intake::{Kind, NotRead};

/// So much of a text decides what it is.
const HEAD: usize = 4 << 10;

/// Says what a text is, and why it is not read where it is not.
pub(in crate::intake) fn recognise(bytes: &[u8]) -> (Kind, Option<NotRead>) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let blanks = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    if blanks == bytes.len() {
        return (Kind::Empty, Some(NotRead::Empty));
    }
    let head = bytes.get(blanks..blanks + HEAD).unwrap_or(&bytes[blanks..]);
    if is_binary(head) {
        return (Kind::Binary, Some(NotRead::Binary));
    }
    let cut = blanks + head.len() < bytes.len();
    let text = String::from_utf8_lossy(head);
    // A line that the head cuts is no evidence, except where it is the only one.
    let whole = if cut { text.rfind('\n').map_or(&*text, |end| &text[..end]) } else { &*text };
    let lines: Vec<&str> = whole.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    if let Some(kind) = page(bytes, &lines) {
        return (kind, None);
    }
    if let Some(found) = answer(&lines) {
        return found;
    }
    if is_log(&lines) {
        return (Kind::Log, Some(NotRead::Log));
    }
    (Kind::Unknown, Some(NotRead::Unknown))
}

/// NUL never stands in a text, and other control characters hardly; a terminal's colours begin with one.
fn is_binary(head: &[u8]) -> bool {
    let odd = head.iter().filter(|&&byte| byte < 0x20 && !b"\t\n\r\x0c\x1b".contains(&byte)).count();
    head.contains(&0) || odd * 50 > head.len()
}

/// Pages and files that hold data.
fn page(bytes: &[u8], lines: &[&str]) -> Option<Kind> {
    let few = &lines[..lines.len().min(16)];
    if few.iter().any(|line| is_clusters(line)) {
        return Some(Kind::EnvoyClustersText);
    }
    if few.iter().any(|line| line.starts_with("# TYPE ") || line.starts_with("# HELP ")) {
        return Some(metrics(bytes));
    }
    if let Some(kind) = yaml(few) {
        return Some(kind);
    }
    if few.iter().take(6).any(|line| is_heading(line)) {
        return Some(Kind::IstioctlTable);
    }
    if few.iter().any(|line| {
        line.strip_suffix(" Clusters").is_some_and(|line| line.starts_with("--- "))
            || *line == "Clusters Match"
    }) {
        return Some(Kind::IstioctlCompare);
    }
    let version = ["client version: ", "control plane version: ", "data plane version: ", "Istio Version: "];
    if few.iter().take(4).any(|line| version.iter().any(|start| line.starts_with(start))) {
        return Some(Kind::IstioctlVersion);
    }
    if most(few, is_listener) {
        return Some(Kind::EnvoyListenersText);
    }
    most(few, is_stat).then_some(Kind::EnvoyStats)
}

/// Whose metrics they are. An agent may put its own before its Envoy's.
fn metrics(bytes: &[u8]) -> Kind {
    let head = bytes.get(..crate::intake::HEAD).unwrap_or(bytes);
    let envoys = memchr::memmem::find(head, b"# TYPE envoy_").is_some();
    if envoys { Kind::EnvoyStatsPrometheus } else { Kind::Prometheus }
}

/// `outbound|80||a.b::default_priority::max_connections::1024` (Envoy's clusters_handler.cc).
fn is_clusters(line: &str) -> bool {
    ["::observability_name::", "::default_priority::max_connections::", "::added_via_api::"]
        .iter()
        .any(|part| line.contains(part))
}

/// `0.0.0.0_15006::0.0.0.0:15006`: a listener's name and address.
fn is_listener(line: &str) -> bool {
    let Some((name, address)) = line.rsplit_once("::") else { return false };
    // An IPv6 address has colons of its own, within brackets.
    let (name, address) = match line.rsplit_once("::[") {
        Some((name, address)) if !name.contains("::[") => (name, address),
        _ => (name, address),
    };
    let port = address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    !name.is_empty() && !name.contains(' ') && (port || address.starts_with("@/") || address.starts_with('/'))
}

/// `cluster.xds-grpc.upstream_cx_total: 1`, or a histogram's `P0(nan,1) …`.
fn is_stat(line: &str) -> bool {
    line.split_once(": ").is_some_and(|(name, value)| {
        name.contains('.')
            && !name.contains(' ')
            && (value.parse::<u64>().is_ok()
                || value.starts_with("P0(")
                || value.starts_with("No recorded values")
                || value.starts_with('"'))
    })
}

/// Top-level keys of the resources and files that are known.
fn yaml(lines: &[&str]) -> Option<Kind> {
    let has = |key: &str| lines.iter().any(|line| line.strip_prefix("- ").unwrap_or(line).starts_with(key));
    if has("apiVersion:") || has("kind:") && (has("metadata:") || has("items:")) {
        return Some(Kind::KubernetesYaml);
    }
    if has("controlPlane:") || has("resources:") && lines.iter().any(|line| line.contains(".ClientConfig")) {
        return Some(Kind::IstioctlProxyStatus);
    }
    let bootstrap = has("node:") || has("admin:") || has("static_resources:") || has("staticResources:");
    bootstrap.then_some(Kind::EnvoyYaml)
}

/// Answers that say why there is no other. Lines before them (`200`, a prompt, kubectl's notes) do not count.
fn answer(lines: &[&str]) -> Option<(Kind, Option<NotRead>)> {
    for line in lines.iter().take(8) {
        let lower = line.to_ascii_lowercase();
        let starts = |all: &[&str]| all.iter().any(|start| lower.starts_with(start));
        if starts(&["<!doctype", "<html", "<?xml", "<head"]) {
            return Some((Kind::Html, Some(NotRead::Html)));
        }
        if starts(&["404 page not found", "404 not found"]) {
            return Some((Kind::ErrorAnswer, Some(NotRead::NotFound)));
        }
        // `/help` is the same list without the reproach.
        if starts(&["invalid path. ", "admin commands are:"]) {
            return Some((Kind::ErrorAnswer, Some(NotRead::InvalidPath)));
        }
        if starts(&["proxy not connected to this pilot instance"]) {
            return Some((Kind::ErrorAnswer, Some(NotRead::ProxyNotConnected)));
        }
        if *line == "null" && lines.len() <= 2 {
            return Some((Kind::EmptyAnswer, Some(NotRead::EmptyAnswer)));
        }
        if starts(&[
            "error:",
            "error ",
            "curl: (",
            "unable to connect",
            "upstream connect error",
            "no healthy upstream",
            "rbac: access denied",
            "command terminated with exit code",
            "the connection to the server",
            "unauthorized",
            "failed to ",
            "you must provide a proxyid",
            "bash: ",
            "sh: ",
            "oci runtime exec failed",
        ]) {
            let line: Cow<'_, str> = line.chars().take(300).collect();
            return Some((Kind::ErrorAnswer, Some(NotRead::Error { line: line.into_owned() })));
        }
        // Only what a terminal puts before an answer may stand before it; within a log an error is an entry.
        let before = line.parse::<u16>().is_ok()
            || starts(&["$ ", "# ", "defaulted container", "warning:", "http/", "```"]);
        if !before {
            return None;
        }
    }
    None
}

fn is_log(lines: &[&str]) -> bool {
    most(&lines[..lines.len().min(16)], |line| is_log_line(line) || is_json_log(line.as_bytes()))
}

/// A line that begins with a time (`2026-11-23T…`, `[2026-11-23 …`, kubectl's `--timestamps`), klog's
/// `I1123 14:51:09.123456`, or a level.
fn is_log_line(line: &str) -> bool {
    let line = line.strip_prefix('[').unwrap_or(line).as_bytes();
    let date = line.get(..11).is_some_and(|date| {
        date.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => matches!(byte, b'-' | b'/'),
            10 => matches!(byte, b'T' | b' '),
            _ => byte.is_ascii_digit(),
        })
    });
    let klog = line.len() > 8
        && b"IWEF".contains(&line[0])
        && line[1..5].iter().all(u8::is_ascii_digit)
        && line[5] == b' ';
    let level = [
        &b"Running with the following config"[..],
        b"info\t",
        b"warn\t",
        b"error\t",
        b"debug\t",
        b"Envoy (Epoch",
        b"level=",
    ]
    .iter()
    .any(|level| line.starts_with(level));
    date || klog || level
}

/// Whether at least half of the lines, and at least one, are such.
fn most(lines: &[&str], is: impl Fn(&str) -> bool) -> bool {
    let count = lines.iter().filter(|line| is(line)).count();
    count > 0 && count * 2 >= lines.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_by_their_lines() {
        for (text, want) in [
            ("", Kind::Empty),
            (" \r\n", Kind::Empty),
            ("\u{feff}", Kind::Empty),
            ("\x7fELF\x02\x01\x01\0", Kind::Binary),
            ("null\n", Kind::EmptyAnswer),
            ("a|b::default_priority::max_connections::1\n", Kind::EnvoyClustersText),
            ("0.0.0.0_80::0.0.0.0:80\nv6::[::]:15006\nuds::@/a/b\n", Kind::EnvoyListenersText),
            ("# TYPE envoy_cluster_x counter\nenvoy_cluster_x{} 1\n", Kind::EnvoyStatsPrometheus),
            ("# HELP go_x x\n# TYPE go_x gauge\ngo_x 1\n# TYPE envoy_a gauge\n", Kind::EnvoyStatsPrometheus),
            ("# HELP pilot_x x\n# TYPE pilot_x gauge\npilot_x 1\n", Kind::Prometheus),
            ("cluster.a.b: 1\nlistener.x.y: No recorded values\n", Kind::EnvoyStats),
            ("apiVersion: v1\nkind: List\n", Kind::KubernetesYaml),
            ("kind: List\nitems: []\n", Kind::KubernetesYaml),
            ("admin:\n  access_log_path: /dev/null\n", Kind::EnvoyYaml),
            (
                "PROXY    CDS        LDS        EDS               RDS          PILOT   VERSION\n",
                Kind::IstioctlTable,
            ),
            ("$ istioctl proxy-config\nADDRESS            PORT      TYPE\n", Kind::IstioctlTable),
            ("Clusters Don't Match\n--- Istiod Clusters\n+++ Envoy Clusters\n", Kind::IstioctlCompare),
            ("2026-11-23T14:51:09Z\tinfo\tads\tADS: new connection\n", Kind::Log),
            ("[2026-11-23T14:51:09.123Z] \"GET / HTTP/1.1\" 200 - via_upstream\n", Kind::Log),
            ("I1123 14:51:09.123456 1 main.go:1] x\n", Kind::Log),
            ("{\"level\":\"info\",\"time\":\"2026\",\"msg\":\"x\"}\n", Kind::Log),
            ("client version: 1.27.1\n", Kind::IstioctlVersion),
            ("just words\n", Kind::Unknown),
        ] {
            assert_eq!(recognise(text.as_bytes()).0, want, "{text}");
        }
    }

    #[test]
    fn answers_say_why() {
        for (text, want) in [
            ("404 page not found\n", NotRead::NotFound),
            ("404\n404 page not found\n", NotRead::NotFound),
            ("invalid path. admin commands are:\n  /: Admin home page\n", NotRead::InvalidPath),
            (
                "Proxy not connected to this Pilot instance. It may be connected to another instance.\n",
                NotRead::ProxyNotConnected,
            ),
            ("Error: no such pod\nUsage:\n", NotRead::Error { line: "Error: no such pod".into() }),
            (
                "Error from server (NotFound): pods\n",
                NotRead::Error { line: "Error from server (NotFound): pods".into() },
            ),
            ("<!DOCTYPE html>\n<html>", NotRead::Html),
        ] {
            assert_eq!(recognise(text.as_bytes()).1, Some(want), "{text}");
        }
    }
}
