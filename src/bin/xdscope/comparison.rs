//! Two sides as text or JSON, and what to think of their differences.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};
use xdscope::capture::{Capture, DocumentId, ProxyId};
use xdscope::instant::Instant;
use xdscope::istiod::{Status, types};
use xdscope::json::Span;
use xdscope::sync::diff::is_secret;
use xdscope::sync::text::{hunks, unified};
use xdscope::sync::{Between, Change, Comparison, Mesh, Presence, Section, SectionDiff, Side, compare};

use crate::choose::{CONFIG_DUMP, collect, proxy_named, qualified};
use crate::fail::Failure;
use crate::proxy_status::meaning;

/// How a comparison is shown.
pub struct View<'a> {
    /// What the left side is called in the head of a diff.
    pub left: String,
    /// What the right side is called.
    pub right: String,
    /// Where the two sides' documents are.
    pub captures: (&'a Capture, &'a Capture),
    /// What is compared with what.
    pub between: Between,
    /// Whether the text has all sections, or istioctl's three.
    pub all: bool,
}

/// `xdscope proxy-status PATH --proxy NAME`
///
/// # Errors
/// Where the proxy or one of the sides is missing.
pub fn with_control_plane(
    capture: &Capture,
    path: &Path,
    name: &str,
    (json, legacy): (bool, bool),
    out: &mut impl Write,
) -> Result<(), Failure> {
    let (id, proxy) = proxy_named(capture, path, name)?;
    let shown = qualified(&proxy.identity);
    if proxy.identity.proxy_type == "ztunnel" {
        writeln!(out, "Sync diff is not available for ztunnel pod {shown}")?;
        return Ok(());
    }
    let Some(envoy) = Side::envoy(capture, id) else {
        return Err(Failure::Input(format!(
            "{}: no Envoy config dump of {shown}; collect one with: {}",
            path.display(),
            collect(Some(&proxy.identity), &CONFIG_DUMP)
        )));
    };
    let planes: Vec<Side<'_>> =
        Side::control_planes(capture, id).into_iter().filter(|it| it.dump.is_some()).collect();
    let Some(plane) = planes.first() else {
        let command = format!(
            "no control plane's config dump of {shown}; collect one, from the istiod that it is connected to, with: \
             kubectl exec -n istio-system ISTIOD -- pilot-discovery request GET \
             '/debug/config_dump?proxyID={shown}'"
        );
        // Its other pages tell at least of services and endpoints.
        let Some(found) = xdscope::sync::known::known(capture, id) else {
            return Err(Failure::Input(format!("{}: {command}", path.display())));
        };
        eprintln!("xdscope: {command}");
        return crate::known::show(&found, json, out);
    };
    let view = View {
        left: if legacy { "Pilot" } else { "Istiod" }.to_owned(),
        right: "Envoy".to_owned(),
        captures: (capture, capture),
        between: Between::ControlPlaneAndEnvoy,
        all: false,
    };
    let found = show(&view, plane, &envoy, json, out)?;
    explain(capture, id, (plane, &envoy), &found);
    disagreement(capture, &planes, &found, &envoy, view.between);
    Ok(())
}

/// Shows two sides.
///
/// # Errors
/// Where standard output fails.
pub fn show(
    view: &View<'_>,
    left: &Side<'_>,
    right: &Side<'_>,
    json: bool,
    out: &mut impl Write,
) -> Result<Comparison, Failure> {
    let found = compare(left, right, view.between);
    if json {
        print_json(&self::json(view, &found), out)?;
    } else {
        text(view, &found, left, right, out)?;
    }
    out.flush()?;
    for it in &found.sections {
        remark(view, it);
    }
    Ok(found)
}

fn title(section: Section) -> &'static str {
    match section {
        Section::Clusters => "Clusters",
        Section::Listeners => "Listeners",
        Section::Routes => "Routes",
        Section::Endpoints => "Endpoints",
        Section::Secrets => "Secrets",
        Section::Ecds => "Extensions",
    }
}

/// istioctl's text (istioctl/pkg/writer/compare).
///
/// # Errors
/// Where standard output fails.
pub fn text(
    view: &View<'_>,
    found: &Comparison,
    left: &Side<'_>,
    right: &Side<'_>,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let count = if view.all { found.sections.len() } else { 3 };
    for it in found.sections.iter().take(count) {
        let title = title(it.section);
        // A section that no side has is not worth a line, unless istioctl has one for it.
        if view.all && it.presence != Presence::Both {
            continue;
        }
        let loaded = match it.section {
            Section::Routes => {
                right.routes_loaded().map(|at| format!(" (RDS last loaded at {})", rfc1123(at)))
            }
            _ => None,
        };
        let loaded = loaded.unwrap_or_default();
        if it.matches {
            writeln!(out, "{title} Match{loaded}")?;
            continue;
        }
        writeln!(out, "{title} Don't Match{loaded}")?;
        if it.section == Section::Secrets {
            secrets(it, out)?;
            continue;
        }
        let hunks = hunks(it.section, left, right, view.between);
        let heads = (format!("{} {title}", view.left), format!("{} {title}", view.right));
        // istioctl ends the diff with an empty line.
        writeln!(out, "{}", unified(&hunks, &heads.0, &heads.1))?;
    }
    Ok(())
}

/// Secrets are told by name: a diff would print keys.
fn secrets(it: &SectionDiff, out: &mut impl Write) -> Result<(), Failure> {
    let changed = it.changed.iter().map(|it| ('~', &it.left.name));
    let left = it.only_left.iter().map(|it| ('-', &it.name));
    let right = it.only_right.iter().map(|it| ('+', &it.name));
    for (mark, name) in left.chain(right).chain(changed) {
        writeln!(out, "{mark} {name}")?;
    }
    Ok(())
}

/// Go's `time.RFC1123`, in UTC.
fn rfc1123(at: Instant) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = at.to_string();
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    let day = usize::try_from(at.seconds().div_euclid(86_400).rem_euclid(7)).unwrap_or(0);
    let month = part(5..7).parse::<usize>().unwrap_or(1);
    format!("{}, {} {} {} {} UTC", DAYS[day], part(8..10), MONTHS[month - 1], part(0..4), part(11..19))
}

/// The form of `-o json`.
pub fn json(view: &View<'_>, found: &Comparison) -> Value {
    let section = |it: &SectionDiff| {
        // A dump without extensions has no section for them.
        let none = it.section == Section::Ecds && it.presence == Presence::Neither;
        if it.presence != Presence::Both && !none {
            return Value::Null;
        }
        let names = |list: &[xdscope::sync::Place]| list.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
        let changed: Vec<Value> = it
            .changed
            .iter()
            .map(|it| {
                let fields = it.fields.iter().map(|field| {
                    let left = value(view.captures.0, it.left.document, field.left, &field.path);
                    let right = value(view.captures.1, it.right.document, field.right, &field.path);
                    match field.change {
                        Change::Moved { from, to } => {
                            json!({"path": field.path, "left": left, "right": right,
                            "moved": {"from": from, "to": to}})
                        }
                        _ => json!({"path": field.path, "left": left, "right": right}),
                    }
                });
                json!({"name": it.left.name, "fields": fields.collect::<Vec<_>>()})
            })
            .collect();
        let unread: Vec<_> = it.unread.iter().map(|it| it.0.name.clone()).collect();
        let respelled: Vec<_> = it.respelled.iter().map(|it| it.0.name.clone()).collect();
        json!({"only_left": names(&it.only_left), "only_right": names(&it.only_right), "changed": changed,
            "same": it.same, "matches": it.matches, "order_or_defaults_only": respelled,
            "unread": unread})
    };
    let sections = found.sections.iter().map(|it| (it.section.name().to_owned(), section(it)));
    Value::Object(sections.collect())
}

/// A field's value; what is secret is not shown.
fn value(capture: &Capture, document: DocumentId, span: Option<Span>, path: &str) -> Value {
    let Some(span) = span else { return Value::Null };
    if is_secret(path) {
        return "[redacted]".into();
    }
    let bytes = capture.document(document).map_or(&[][..], |it| span.of(&it.bytes));
    serde_json::from_slice(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned().into())
}

/// # Errors
/// Where standard output fails.
pub fn print_json(value: &Value, out: &mut impl Write) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|it| Failure::Input(it.to_string()))?;
    Ok(writeln!(out, "{text}")?)
}

/// What istioctl does not say of a section.
fn remark(view: &View<'_>, it: &SectionDiff) {
    let title = title(it.section);
    if it.order_or_defaults_only() && it.presence == Presence::Both {
        const MOST: usize = 5;
        let names =
            it.respelled.iter().take(MOST).map(|it| it.0.name.as_str()).collect::<Vec<_>>().join(", ");
        let more = it.respelled.len().saturating_sub(MOST);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        eprintln!("xdscope: {title}: order or defaults only ({names}{more})");
    }
    let lacking = match it.presence {
        Presence::Left => Some(&view.right),
        Presence::Right => Some(&view.left),
        _ => None,
    };
    if let Some(side) = lacking {
        eprintln!("xdscope: {title}: not compared, {side} has none of them in this capture");
    }
    for (place, _) in &it.unread {
        eprintln!("xdscope: {title}: {} could not be read", place.name);
    }
    // istioctl has no text for the others.
    if !view.all && it.section > Section::Routes && !it.is_same() {
        let (left, right, changed) = (it.only_left.len(), it.only_right.len(), it.changed.len());
        eprintln!(
            "xdscope: {title}: {left} only in {}, {right} only in {}, {changed} changed (see -o json)",
            view.left, view.right
        );
    }
}

/// What a difference may mean, by the proxy's state and the times of the dumps.
fn explain(capture: &Capture, id: ProxyId, sides: (&Side<'_>, &Side<'_>), found: &Comparison) {
    let mesh = Mesh::of(capture);
    let rows: Vec<_> = mesh.rows.iter().filter(|it| it.proxy == Some(id) && it.connected).collect();
    if mesh.known && rows.is_empty() {
        eprintln!("xdscope: no control plane in this capture knows this proxy: it is not connected");
    }
    let kinds = [
        (Section::Clusters, types::CLUSTER),
        (Section::Listeners, types::LISTENER),
        (Section::Routes, types::ROUTE),
        (Section::Endpoints, types::ENDPOINT),
        (Section::Ecds, types::EXTENSION),
    ];
    for (section, type_url) in kinds {
        if found.section(section).is_none_or(SectionDiff::is_same) {
            continue;
        }
        for row in &rows {
            let Some(state) = row.of_type(type_url) else { continue };
            let (name, short) = (title(section), types::short(type_url));
            let why = match state.status {
                Status::Synced => {
                    "perhaps a race: istiod makes its dump when it is asked, and the two were not taken at one moment"
                }
                status => meaning(status),
            };
            eprintln!("xdscope: {name} differ and {short} is {}: {why}", state.status.name());
            if !state.error.is_empty() {
                eprintln!("xdscope: {short}: {}", state.error.trim_end());
            }
        }
    }
    let time = |side: &Side<'_>| side.dump.and_then(|it| it.1.captured);
    if let (Some(one), Some(other)) = (time(sides.0), time(sides.1)) {
        let apart = (one.0 - other.0).abs() / 1_000_000_000;
        if apart > 60 && !found.is_same() {
            eprintln!("xdscope: the two dumps' latest times are {apart} s apart");
        }
    }
}

/// Replicas that hold different things for one proxy.
fn disagreement(
    capture: &Capture,
    planes: &[Side<'_>],
    found: &Comparison,
    envoy: &Side<'_>,
    between: Between,
) {
    let name = |side: &Side<'_>| {
        let (id, document) = side.dump?;
        Some(capture.control_plane_of(id).map_or(document.path.clone(), |it| it.name.clone()))
    };
    let Some((first, others)) = planes.split_first() else { return };
    let first = name(first).unwrap_or_default();
    for other in others {
        let theirs = compare(other, envoy, between);
        let counts = |it: &Comparison| {
            it.sections
                .iter()
                .map(|it| (it.only_left.len(), it.only_right.len(), it.changed.len()))
                .collect::<Vec<_>>()
        };
        if counts(&theirs) == counts(found) {
            continue;
        }
        let other = name(other).unwrap_or_default();
        eprintln!("xdscope: {first} is compared above; {other} holds something else for this proxy:");
        for it in theirs.sections.iter().filter(|it| !it.is_same()) {
            eprintln!(
                "xdscope: {other}: {}: {} only there, {} only in Envoy, {} changed",
                title(it.section),
                it.only_left.len(),
                it.only_right.len(),
                it.changed.len()
            );
        }
    }
}
