//! Envoy's pages that are text: `/clusters` and `/listeners`. A line that is none of theirs is left out.

use super::pieces::scan;
use super::session::Dropped;
use super::treat::Hand;

/// `cluster::address::name::value`, `cluster::name::value` (source/server/admin/clusters_handler.cc). Names of statistics
/// are Envoy's own; values are numbers, words, or a host and a place.
pub(super) fn clusters(bytes: &[u8], hand: &mut dyn Hand) -> Result<Vec<u8>, Dropped> {
    lines(bytes, |line, out| {
        let parts = split(line);
        if parts.len() < 3 {
            return false;
        }
        let name = parts[parts.len() - 2];
        if !is_statistic(name) {
            return false;
        }
        for (index, part) in parts.iter().enumerate() {
            let kept = index + 2 == parts.len()
                || parts.len() == 4
                    && index == 1
                    && matches!(*part, "default_priority" | "high_priority" | "outlier")
                || index + 1 == parts.len() && is_word(name, part);
            if kept {
                out.push_str(part);
            } else {
                scan(part, hand.mode(), hand, out);
            }
            out.push_str(if index + 1 < parts.len() { "::" } else { "" });
        }
        true
    })
}

/// The parts of a line; an IPv6 address has colons of its own, in brackets.
fn split(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = line;
    let mut from = 0;
    while let Some(found) = rest[from..].find("::") {
        let at = from + found;
        let open = rest[..at].matches('[').count() > rest[..at].matches(']').count();
        if open {
            from = at + 2;
            continue;
        }
        parts.push(&rest[..at]);
        rest = &rest[at + 2..];
        from = 0;
    }
    parts.push(rest);
    parts
}

fn is_statistic(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "max_connections",
        "max_pending_requests",
        "max_requests",
        "max_retries",
        "added_via_api",
        "eds_service_name",
        "observability_name",
        "cx_active",
        "cx_connect_fail",
        "cx_total",
        "rq_active",
        "rq_error",
        "rq_success",
        "rq_timeout",
        "rq_total",
        "hostname",
        "health_flags",
        "weight",
        "region",
        "zone",
        "sub_zone",
        "canary",
        "priority",
        "success_rate",
        "local_origin_success_rate",
        "success_rate_average",
        "success_rate_ejection_threshold",
        "local_origin_success_rate_average",
        "local_origin_success_rate_ejection_threshold",
        "last_update_time",
    ];
    NAMES.contains(&name)
}

/// Whether a statistic's value is a word of Envoy's.
fn is_word(name: &str, value: &str) -> bool {
    match name {
        "health_flags" => value.bytes().all(|it| it.is_ascii_lowercase() || matches!(it, b'/' | b'_')),
        "canary" | "added_via_api" => matches!(value, "true" | "false"),
        "hostname" | "region" | "zone" | "sub_zone" | "observability_name" | "eds_service_name" => {
            value.is_empty()
        }
        _ => value.bytes().all(|it| it.is_ascii_digit() || matches!(it, b'.' | b'-')),
    }
}

/// `name::address:port`
pub(super) fn listeners(bytes: &[u8], hand: &mut dyn Hand) -> Result<Vec<u8>, Dropped> {
    lines(bytes, |line, out| {
        let Some((name, address)) = line.split_once("::") else { return false };
        scan(name, hand.mode(), hand, out);
        out.push_str("::");
        scan(address, hand.mode(), hand, out);
        true
    })
}

fn lines(bytes: &[u8], mut each: impl FnMut(&str, &mut String) -> bool) -> Result<Vec<u8>, Dropped> {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let before = out.len();
        if each(line.trim_end(), &mut out) {
            out.push('\n');
        } else {
            out.truncate(before);
        }
    }
    if out.is_empty() { Err(Dropped::NotRead) } else { Ok(out.into_bytes()) }
}
