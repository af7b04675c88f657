//! What a control plane knows of a proxy's services and endpoints, where its dump for that proxy was not collected.

use std::io::Write;

use serde_json::{Value, json};
use xdscope::sync::Known;
use xdscope::sync::known::Difference;

use crate::comparison::print_json;
use crate::fail::Failure;

/// Shows it in the form of a comparison.
///
/// # Errors
/// Where standard output fails.
pub fn show(found: &Known, json: bool, out: &mut impl Write) -> Result<(), Failure> {
    if json {
        print_json(&value(found), out)?
    } else {
        text(found, out)?
    }
    out.flush()?;
    eprintln!(
        "xdscope: compared with the services and endpoints that istiod knows; a Sidecar resource or exportTo may keep \
         some of them from this proxy on purpose"
    );
    if let Some((told, own)) = &found.versions {
        eprintln!("xdscope: istiod was told Istio version {told}, the proxy's dump says {own}");
    }
    Ok(())
}

fn text(found: &Known, out: &mut impl Write) -> Result<(), Failure> {
    if let Some(it) = &found.clusters {
        head("Clusters", it, out)?;
        lines(it, "", out)?;
    }
    if let Some(list) = &found.endpoints {
        writeln!(out, "Endpoints: {} clusters differ, {} are the same", list.len(), found.same_endpoints)?;
        for (name, it) in list {
            lines(it, &format!("{name} "), out)?;
        }
    }
    Ok(())
}

fn head(title: &str, it: &Difference, out: &mut impl Write) -> Result<(), Failure> {
    let (left, right, same) = (it.only_left.len(), it.only_right.len(), it.same);
    Ok(writeln!(out, "{title}: {left} only in Istiod, {right} only in Envoy, {same} in both")?)
}

fn lines(it: &Difference, before: &str, out: &mut impl Write) -> Result<(), Failure> {
    for name in &it.only_left {
        writeln!(out, "- {before}{name}")?;
    }
    for name in &it.only_right {
        writeln!(out, "+ {before}{name}")?;
    }
    Ok(())
}

fn value(found: &Known) -> Value {
    let clusters = found.clusters.as_ref().map(
        |it| json!({"only_left": it.only_left, "only_right": it.only_right, "changed": [], "same": it.same}),
    );
    let endpoints = found.endpoints.as_ref().map(|list| {
        let changed = list.iter().map(|(name, it)| {
            let field = json!({"path": "endpoints", "left": it.only_left, "right": it.only_right});
            json!({"name": name, "fields": [field]})
        });
        let changed: Vec<Value> = changed.collect();
        json!({"only_left": [], "only_right": [], "changed": changed, "same": found.same_endpoints})
    });
    json!({"clusters": clusters, "listeners": null, "routes": null, "endpoints": endpoints, "secrets": null,
        "ecds": null})
}
