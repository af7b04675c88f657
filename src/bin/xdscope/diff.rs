//! `xdscope diff A B`: two proxies, or the same ones before and after.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use xdscope::capture::{Capture, Proxy, ProxyId};
use xdscope::sync::{Between, Side, compare};

use crate::choose::{CONFIG_DUMP, collect, listed, proxy_named, qualified};
use crate::comparison::{self, View};
use crate::fail::Failure;
use crate::proxy_status::Output;

/// What differs between two captures.
#[derive(clap::Args)]
pub struct Args {
    /// The left capture: a document, a folder or an archive.
    left: PathBuf,
    /// The right one.
    right: PathBuf,
    /// Only this proxy (`POD` or `POD.NAMESPACE`).
    #[arg(long)]
    proxy: Option<String>,
    /// How to print: text or json.
    #[arg(short, long)]
    output: Option<Output>,
}

/// # Errors
/// Where a side has no config dump, or no such proxy.
pub fn run(args: &Args, out: &mut impl Write) -> Result<(), Failure> {
    let (one, other) = (crate::open::open(&args.left)?, crate::open::open(&args.right)?);
    let (one, other) = (one.capture(), other.capture());
    let json = args.output == Some(Output::Json);
    let single = match &args.proxy {
        Some(name) => Some((proxy_named(one, &args.left, name)?, proxy_named(other, &args.right, name)?)),
        // One here and one there: they are what is meant, whatever they are called.
        None => only(one, &args.left)?.zip(only(other, &args.right)?),
    };
    let Some((left, right)) = single else { return all(args, one, other, json, out) };
    let sides = (side(one, left, &args.left)?, side(other, right, &args.right)?);
    let view = view(&args.left, &args.right, one, other);
    comparison::show(&view, &sides.0, &sides.1, json, out)?;
    crate::elsewhere::show(&sides.0, &sides.1, json, out)
}

fn view<'a>(left: &Path, right: &Path, one: &'a Capture, other: &'a Capture) -> View<'a> {
    View {
        left: left.display().to_string(),
        right: right.display().to_string(),
        captures: (one, other),
        between: Between::Envoys,
        all: true,
    }
}

/// The only proxy of a capture that has a dump. None where there are several.
fn only<'c>(capture: &'c Capture, path: &Path) -> Result<Option<(ProxyId, &'c Proxy)>, Failure> {
    let mut with = capture.proxies().filter(|(_, it)| it.dump.is_some());
    match (with.next(), with.next()) {
        (None, _) => Err(lacking(path, None)),
        (Some(it), None) => Ok(Some(it)),
        _ => Ok(None),
    }
}

fn side<'c>(capture: &'c Capture, (id, proxy): (ProxyId, &Proxy), path: &Path) -> Result<Side<'c>, Failure> {
    Side::envoy(capture, id).ok_or_else(|| lacking(path, Some(proxy)))
}

fn lacking(path: &Path, proxy: Option<&Proxy>) -> Failure {
    let whose = proxy.map(|it| format!(" of {}", qualified(&it.identity))).unwrap_or_default();
    let command = collect(proxy.map(|it| &it.identity), &CONFIG_DUMP);
    Failure::Input(format!("{}: no Envoy config dump{whose}; collect one with: {command}", path.display()))
}

/// Proxy by proxy: which are on one side only, which changed.
fn all(args: &Args, one: &Capture, other: &Capture, json: bool, out: &mut impl Write) -> Result<(), Failure> {
    let (left, right) = (by_name(one), by_name(other));
    let only = |these: &BTreeMap<String, (ProxyId, &Proxy)>, those: &BTreeMap<String, (ProxyId, &Proxy)>| {
        these.keys().filter(|it| !those.contains_key(*it)).cloned().collect::<Vec<String>>()
    };
    let (only_left, only_right) = (only(&left, &right), only(&right, &left));
    if only_left.len() == left.len() {
        eprintln!(
            "xdscope: no proxy is in both: {} has {}; {} has {}; choose a dump each to compare two proxies",
            args.left.display(),
            listed(left.values().map(|it| &it.1.identity)),
            args.right.display(),
            listed(right.values().map(|it| &it.1.identity)),
        );
    }
    let view = view(&args.left, &args.right, one, other);
    let mut changed = Vec::new();
    let mut same = 0;
    for (name, &was) in &left {
        let Some(&is) = right.get(name) else { continue };
        let (was, is) = (side(one, was, &args.left)?, side(other, is, &args.right)?);
        let found = compare(&was, &is, Between::Envoys);
        if found.is_same() {
            same += 1;
            continue;
        }
        changed.push((name, found, was, is));
    }
    if json {
        let changed: Vec<serde_json::Value> = changed
            .iter()
            .map(|(name, found, ..)| {
                let mut value = comparison::json(&view, found);
                if let Some(object) = value.as_object_mut() {
                    object.insert("proxy".to_owned(), (*name).clone().into());
                }
                value
            })
            .collect();
        let value = serde_json::json!({
            "only_left": only_left, "only_right": only_right, "changed": changed, "same": same,
        });
        return comparison::print_json(&value, out);
    }
    for (title, names) in [("Only in", &only_left), ("Only in", &only_right)] {
        let path = if std::ptr::eq(names, &only_left) { &args.left } else { &args.right };
        for name in names {
            writeln!(out, "{title} {}: {name}", path.display())?;
        }
    }
    for (name, found, was, is) in &changed {
        writeln!(out, "{name}")?;
        comparison::text(&view, found, was, is, out)?;
        crate::elsewhere::show(was, is, json, out)?;
    }
    writeln!(out, "{} proxies differ, {same} are the same", changed.len())?;
    Ok(())
}

/// Proxies with a dump, by cluster, namespace and pod.
fn by_name(capture: &Capture) -> BTreeMap<String, (ProxyId, &Proxy)> {
    let name = |it: &Proxy| match it.identity.cluster.as_str() {
        "" => qualified(&it.identity),
        cluster => format!("{cluster}/{}", qualified(&it.identity)),
    };
    capture.proxies().filter(|(_, it)| it.dump.is_some()).map(|it| (name(it.1), it)).collect()
}
