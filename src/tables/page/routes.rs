//! A row for each route.

use super::{Dump, It, aside, name, owner, summary, text};
use crate::envoy::Kind;
use crate::json::Node;
use crate::tables::cell::{Cell, Column, Part, Row, Word};

pub const COLUMNS: [Column; 5] =
    [Column::RouteConfig, Column::VirtualHost, Column::Match, Column::Destination, Column::Owner];

pub fn rows(dump: &Dump<'_>, it: It<'_>, out: &mut Vec<Row>) {
    let config = it.resource.name(dump.bytes).into_owned();
    for host in it.root.list("virtual_hosts") {
        let whole = host.text("name").unwrap_or_default().into_owned();
        let head = |at: u32, matches: Cell, destination: Cell, owner: Cell| {
            let cells =
                vec![vec![text(config.clone())], host_cell(&whole, host), matches, destination, owner];
            Row { resource: it.reference, at, cells }
        };
        let before = out.len();
        for route in host.list("routes") {
            let matches = route.get("match").map(summary::route_match).unwrap_or_default();
            out.push(head(route.span().start, matches, destination(dump, route), owner(route)));
        }
        if out.len() == before {
            // As istioctl says it: such a host answers 404 to everything.
            out.push(head(host.span().start, Cell::new(), vec![text("404")], Cell::new()));
        }
    }
}

fn host_cell(whole: &str, host: Node<'_>) -> Cell {
    let mut cell = vec![name(whole)];
    let mut domains = host.list("domains").filter_map(Node::str);
    // The name repeats the first domain, but for gateways and the catch-alls.
    if let Some(first) = domains.next() {
        if !whole.starts_with(&*first) {
            cell.extend([Part::Break, aside(first)]);
        }
        let more = u32::try_from(domains.count()).unwrap_or(u32::MAX);
        if more > 0 {
            cell.push(Part::Word(Word::More(more)));
        }
    }
    cell
}

/// Where a route leads: its action, then what else it does to the request.
fn destination(dump: &Dump<'_>, route: Node<'_>) -> Cell {
    let mut out = Cell::new();
    if let Some(action) = route.get("route") {
        forward(dump, action, &mut out);
    } else if let Some(redirect) = route.get("redirect") {
        out.push(text(redirect_text(redirect)));
    } else if let Some(response) = route.get("direct_response") {
        out.push(text(response.number("status").map(|it| it.to_string()).unwrap_or_default()));
        if let Some(body) = response.path(&["body", "inline_string"]).and_then(Node::str) {
            out.push(aside(body.chars().take(60).collect::<String>()));
        }
    } else if route.get("non_forwarding_action").is_some() {
        out.push(aside("non-forwarding"));
    } else if route.get("filter_action").is_some() {
        out.push(aside("filter action"));
    }
    fault(route, &mut out);
    out
}

fn forward(dump: &Dump<'_>, action: Node<'_>, out: &mut Cell) {
    if let Some(cluster) = action.get("cluster") {
        cluster_part(dump, cluster, out);
    } else if let Some(weighted) = action.get("weighted_clusters") {
        let weight = |it: Node<'_>| it.number("weight").unwrap_or(0);
        // Envoy sums the weights itself; `total_weight` is of versions before 1.22.
        let sum = weighted.list("clusters").map(weight).sum::<u64>().max(1);
        for (index, it) in weighted.list("clusters").enumerate() {
            if index > 0 {
                out.push(Part::Break);
            }
            if let Some(name) = it.get("name") {
                cluster_part(dump, name, out);
            } else if let Some(header) = it.text("cluster_header") {
                out.extend([aside("header"), text(header)]);
            }
            out.push(Part::Word(Word::Share(u32::try_from(weight(it) * 1000 / sum).unwrap_or(0))));
        }
    } else if let Some(header) = action.text("cluster_header") {
        out.extend([aside("header"), text(header)]);
    } else if action.get("inline_cluster_specifier_plugin").is_some()
        || action.get("cluster_specifier_plugin").is_some()
    {
        out.push(aside("cluster specifier plugin"));
    }
    extras(dump, action, out);
}

fn cluster_part(dump: &Dump<'_>, name: Node<'_>, out: &mut Cell) {
    let part = dump.link(Kind::Cluster, name);
    let missing = matches!(part, Part::Broken { .. });
    out.push(part);
    if missing {
        out.push(Part::Word(Word::NoSuchCluster));
    }
}

/// What a route does besides: rewrite, time limit, retries, mirrors.
fn extras(dump: &Dump<'_>, action: Node<'_>, out: &mut Cell) {
    let mut notes = Vec::new();
    if let Some(rewrite) = action.text("prefix_rewrite") {
        notes.push(format!("rewrite {rewrite}"));
    }
    if let Some(rewrite) = action.get("regex_rewrite") {
        let regex = rewrite.path(&["pattern", "regex"]).and_then(Node::str).unwrap_or_default();
        notes.push(format!("rewrite ~ {regex} → {}", rewrite.text("substitution").unwrap_or_default()));
    }
    if let Some(host) = action.text("host_rewrite_literal").or_else(|| action.text("host_rewrite")) {
        notes.push(format!("host {host}"));
    }
    if let Some(timeout) = action.text("timeout").filter(|it| it != "0s") {
        notes.push(format!("timeout {timeout}"));
    }
    if let Some(policy) = action.get("retry_policy") {
        let number = policy.number("num_retries").unwrap_or(1);
        // Istio gives every route two retries; only what differs is worth a reader's eye.
        if let (true, Some(on)) = (number != 2, policy.text("retry_on")) {
            let each = policy.text("per_try_timeout").map(|it| format!(", {it} each")).unwrap_or_default();
            notes.push(format!("{number} retries on {on}{each}"));
        }
    }
    if !notes.is_empty() {
        out.extend([Part::Break, aside(notes.join(" · "))]);
    }
    for mirror in action.list("request_mirror_policies") {
        let Some(cluster) = mirror.get("cluster") else { continue };
        let share = mirror.path(&["runtime_fraction", "default_value"]).map(summary::percent);
        out.extend([Part::Break, aside(format!("mirrors {}", share.unwrap_or_default()).trim_end())]);
        cluster_part(dump, cluster, out);
    }
}

fn redirect_text(redirect: Node<'_>) -> String {
    let code = match redirect.text("response_code").as_deref() {
        Some("FOUND") => 302,
        Some("SEE_OTHER") => 303,
        Some("TEMPORARY_REDIRECT") => 307,
        Some("PERMANENT_REDIRECT") => 308,
        _ => 301,
    };
    let scheme =
        if redirect.flag("https_redirect") { Some("https".into()) } else { redirect.text("scheme_redirect") };
    let scheme = scheme.map(|it| format!("{it}://")).unwrap_or_default();
    let host = redirect.text("host_redirect").unwrap_or_default();
    let port = redirect.number("port_redirect").map(|it| format!(":{it}")).unwrap_or_default();
    let path = redirect.text("path_redirect").or_else(|| redirect.text("prefix_rewrite")).unwrap_or_default();
    format!("{code} → {scheme}{host}{port}{path}")
}

/// The fault that Istio injects at a route.
fn fault(route: Node<'_>, out: &mut Cell) {
    let Some(fault) = route.path(&["typed_per_filter_config", "envoy.filters.http.fault"]) else { return };
    let mut notes = Vec::new();
    if let Some(delay) = fault.get("delay") {
        let share = delay.get("percentage").map(summary::percent).unwrap_or_default();
        notes.push(format!("delay {} {share}", delay.text("fixed_delay").unwrap_or_default()));
    }
    if let Some(abort) = fault.get("abort") {
        let share = abort.get("percentage").map(summary::percent).unwrap_or_default();
        let status = abort.number("http_status").map(|it| it.to_string());
        notes.push(format!("abort {} {share}", status.unwrap_or_else(|| "gRPC".to_owned())));
    }
    if !notes.is_empty() {
        out.extend([Part::Break, aside(notes.join(" · "))]);
    }
}
