//! Which document a command is about.

use std::path::Path;

use xdscope::capture::{Capture, Document, Proxy, ProxyId};
use xdscope::envoy::Identity;
use xdscope::instant::Instant;
use xdscope::intake::Kind;

use crate::fail::Failure;

/// A document to find: what it may be, best first, and how it is collected.
pub struct Wanted {
    /// What to call it.
    pub what: &'static str,
    /// Kinds of documents.
    pub kinds: &'static [Kind],
    /// How it is collected.
    pub how: How,
}

/// What most tables are made of. istiod's own idea of a proxy's configuration does as well.
pub const CONFIG_DUMP: Wanted = Wanted {
    what: "config dump",
    kinds: &[Kind::EnvoyConfigDump, Kind::IstiodConfigDump],
    how: How::Envoy("config_dump?include_eds"),
};
/// What endpoints are read from; the dump has most of it too.
pub const CLUSTERS: Wanted = Wanted {
    what: "clusters page or config dump",
    kinds: &[
        Kind::EnvoyClusters,
        Kind::EnvoyClustersText,
        Kind::IstioctlEndpoints,
        Kind::EnvoyConfigDump,
        Kind::IstiodEdsz,
    ],
    how: How::Envoy("clusters?format=json"),
};
/// What endpoints are read from as they were sent: the dump, or what istioctl or istiod print of them alone.
pub const EDS: Wanted = Wanted {
    what: "config dump",
    kinds: &[Kind::EnvoyConfigDump, Kind::IstiodConfigDump, Kind::IstiodEdsz],
    how: How::Envoy("config_dump?include_eds"),
};
/// What a ztunnel's tables are made of.
pub const ZTUNNEL_DUMP: Wanted =
    Wanted { what: "ztunnel config dump", kinds: &[Kind::ZtunnelConfigDump], how: How::Ztunnel };

/// How a document is collected.
pub enum How {
    /// It is that page of an Envoy's.
    Envoy(&'static str),
    /// It is a ztunnel's `/config_dump`.
    Ztunnel,
}

/// The document of that proxy (`POD` or `POD.NAMESPACE`); without one, of the only proxy there is.
///
/// # Errors
/// Where there is none, or a choice to be made.
pub fn document<'c>(
    capture: &'c Capture,
    path: &Path,
    proxy: Option<&str>,
    wanted: &Wanted,
) -> Result<&'c Document, Failure> {
    match proxy {
        Some(name) => {
            let (_, it) = proxy_named(capture, path, name)?;
            of_proxy(capture, it, wanted).ok_or_else(|| lacking(path, Some(&it.identity), wanted))
        }
        None => only(capture, path, wanted),
    }
}

/// The proxy that is called `POD` or `POD.NAMESPACE`.
///
/// # Errors
/// Where there is none, or several; they are listed.
pub fn proxy_named<'c>(
    capture: &'c Capture,
    path: &Path,
    name: &str,
) -> Result<(ProxyId, &'c Proxy), Failure> {
    let shown = path.display();
    let found: Vec<(ProxyId, &Proxy)> = capture.proxies().filter(|(_, it)| is(&it.identity, name)).collect();
    match found[..] {
        [] => Err(Failure::Input(format!(
            "{shown}: no proxy {name}; there is {}",
            listed(capture.proxies().map(|(_, it)| &it.identity))
        ))),
        [it] => Ok(it),
        _ => Err(Failure::Input(format!(
            "{shown}: several proxies are called {name}; choose one with --proxy POD.NAMESPACE: {}",
            listed(found.iter().map(|(_, it)| &it.identity))
        ))),
    }
}

fn of_proxy<'c>(capture: &'c Capture, proxy: &Proxy, wanted: &Wanted) -> Option<&'c Document> {
    let documents = || proxy.documents.iter().filter_map(|id| capture.document(*id));
    wanted.kinds.iter().find_map(|kind| match kind {
        Kind::EnvoyConfigDump => capture.document(proxy.dump?),
        _ => documents().filter(|it| it.kind == *kind).max_by_key(|it| it.captured),
    })
}

fn only<'c>(capture: &'c Capture, path: &Path, wanted: &Wanted) -> Result<&'c Document, Failure> {
    let with: Vec<&Proxy> =
        capture.proxies().map(|(_, it)| it).filter(|it| of_proxy(capture, it, wanted).is_some()).collect();
    if let [proxy] = with[..] {
        return of_proxy(capture, proxy, wanted).ok_or_else(|| lacking(path, None, wanted));
    }
    if with.len() > 1 {
        return Err(Failure::Input(format!(
            "{}: {} proxies in here; choose one with --proxy: {}",
            path.display(),
            with.len(),
            listed(with.iter().map(|it| &it.identity))
        )));
    }
    // A document that does not say whose it is.
    let of_kind = |kind: &Kind| capture.documents().map(|(_, it)| it).filter(|it| it.kind == *kind).collect();
    let found: Vec<&Document> =
        wanted.kinds.iter().map(of_kind).find(|it: &Vec<_>| !it.is_empty()).unwrap_or_default();
    match found[..] {
        [it] => Ok(it),
        [] => Err(nothing(capture, path, wanted)),
        _ => {
            let paths: Vec<&str> = found.iter().map(|it| it.path.as_str()).collect();
            let paths = paths.join(", ");
            Err(Failure::Input(format!(
                "{}: several documents, none says whose it is; name one of them: {paths}",
                path.display()
            )))
        }
    }
}

/// A path with a single document of another kind is best told what it is.
fn nothing(capture: &Capture, path: &Path, wanted: &Wanted) -> Failure {
    let mut documents = capture.documents().map(|(_, it)| it);
    match (documents.next(), documents.next()) {
        (Some(one), None) => {
            let why = if one.why.is_some() { ", which could not be read" } else { "" };
            Failure::Input(format!(
                "{}: not a {} but {}{why}; collect one with: {}",
                path.display(),
                wanted.what,
                one.kind,
                collect(None, wanted)
            ))
        }
        _ => lacking(path, None, wanted),
    }
}

fn lacking(path: &Path, of: Option<&Identity>, wanted: &Wanted) -> Failure {
    let whose = of.map(|it| format!(" of {}", qualified(it))).unwrap_or_default();
    Failure::Input(format!(
        "{}: no {}{whose}; collect one with: {}",
        path.display(),
        wanted.what,
        collect(of, wanted)
    ))
}

/// The command that collects a page.
pub fn collect(of: Option<&Identity>, wanted: &Wanted) -> String {
    let (pod, namespace) = match of {
        Some(it) if !it.pod.is_empty() => (it.pod.as_str(), it.namespace.as_str()),
        _ => ("POD", "NAMESPACE"),
    };
    let exec = format!("kubectl exec {pod} -n {namespace}");
    match wanted.how {
        How::Envoy(page) => format!("{exec} -c istio-proxy -- pilot-agent request GET '{page}'"),
        How::Ztunnel => format!("{exec} -- curl -s localhost:15000/config_dump"),
    }
}

fn is(identity: &Identity, name: &str) -> bool {
    name == identity.name() || name == qualified(identity)
}

/// `POD.NAMESPACE`
pub fn qualified(identity: &Identity) -> String {
    match identity.namespace.as_str() {
        "" => identity.name().to_owned(),
        namespace => format!("{}.{namespace}", identity.name()),
    }
}

/// Names, sorted; the first of many.
pub fn listed<'i>(identities: impl Iterator<Item = &'i Identity>) -> String {
    const MOST: usize = 20;
    let mut names: Vec<String> = identities.map(qualified).collect();
    names.sort();
    if names.is_empty() {
        return "none".to_owned();
    }
    let more = names.len().saturating_sub(MOST);
    names.truncate(MOST);
    let names = names.join(", ");
    if more > 0 { format!("{names} and {more} more") } else { names }
}

/// When certificates have to be valid: as asked; else the latest instant of the capture; else now, which is said.
///
/// # Errors
/// Where the time asked for is none.
pub fn now(asked: Option<&str>, capture: &Capture) -> Result<Instant, Failure> {
    match asked {
        Some(text) => time(text),
        None => Ok(capture.captured().unwrap_or_else(|| {
            eprintln!("xdscope: nothing in here says when it was captured; certificates are judged now");
            clock()
        })),
    }
}

/// What `--now` says: a time, or `clock`.
///
/// # Errors
/// Where it is no time.
pub fn time(text: &str) -> Result<Instant, Failure> {
    if text == "clock" {
        return Ok(clock());
    }
    Instant::parse(text).ok_or_else(|| {
        Failure::Usage(format!("--now {text}: not a time; write 2026-11-23T15:00:00Z, or clock"))
    })
}

fn clock() -> Instant {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
