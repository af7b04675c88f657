//! Which hosts two proxies send elsewhere, as text.

use std::io::Write;

use xdscope::engine::elsewhere;
use xdscope::engine::protocol::End;
use xdscope::sync::Side;

use crate::fail::Failure;

/// Asks both for every host; with `-o json`, whose form is fixed, it is a remark.
///
/// # Errors
/// Where standard output fails.
pub fn show(left: &Side<'_>, right: &Side<'_>, json: bool, out: &mut impl Write) -> Result<(), Failure> {
    let (Some((_, left)), Some((_, right))) = (left.dump, right.dump) else { return Ok(()) };
    let Some(found) = elsewhere(left, right).filter(|it| it.changed > 0) else { return Ok(()) };
    let mut lines = vec![format!(
        "{} of {} hosts go elsewhere (GET /, one for each virtual host, traced through both):",
        found.changed, found.asked
    )];
    for it in &found.hosts {
        let port = format!(":{}", it.port);
        let host = it.host.strip_suffix(&port).unwrap_or(&it.host);
        lines.push(format!("  {host}{port}: {} -> {}", end(&it.left), end(&it.right)));
    }
    let more = (found.changed as usize).saturating_sub(found.hosts.len());
    if more > 0 {
        lines.push(format!("  and {more} more"));
    }
    for line in lines {
        if json { eprintln!("xdscope: {line}") } else { writeln!(out, "{line}")? }
    }
    Ok(out.flush()?)
}

/// `503 NC`, or the clusters.
fn end(of: &End) -> String {
    let mut said: Vec<String> = of.status.map(|it| it.to_string()).into_iter().collect();
    if of.flags != "-" && !of.flags.is_empty() {
        said.push(of.flags.clone());
    }
    said.extend(of.location.clone());
    if said.is_empty() && !of.outcome.is_empty() {
        said.push(of.outcome.clone());
    }
    if !of.clusters.is_empty() {
        said.push(of.clusters.join(", "));
    }
    said.join(" ")
}
