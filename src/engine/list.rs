//! The capture as a list: proxies, control planes, documents.

use super::collect::instead;
use super::protocol::{Capture as Answer, ControlPlaneLine, DocumentLine, Mark, ProxyLine, Trouble};
use crate::capture::{Capture, Content, Document, DocumentId, Proxy, ProxyId, taken};
use crate::envoy::{Kind as ResourceKind, ProxyNode, State, version_of_build};
use crate::intake::{Kind, NotRead, Partial, Stop};
use crate::istiod::{ProxySync, Status};
use crate::json::pointer;
use crate::order::InOrder;

/// Everything that is open.
pub fn capture(capture: &Capture) -> Answer {
    let mut proxies: Vec<_> = capture.proxies().map(|(id, _)| proxy_line(capture, id)).collect();
    proxies.order_by(|one, other| {
        let key = |it: &ProxyLine| (it.namespace.clone(), it.name.clone(), it.id);
        key(one).cmp(&key(other))
    });
    Answer {
        proxies,
        control_planes: control_planes(capture),
        documents: capture
            .documents()
            .filter(|(_, it)| it.made_of.is_empty())
            .map(|(id, it)| document_line(capture, id, it))
            .collect(),
        captured: capture.captured(),
        bytes: capture.documents().map(|(_, it)| it.bytes.len() as u64).sum(),
    }
}

/// A proxy in the list.
pub fn proxy_line(capture: &Capture, id: ProxyId) -> ProxyLine {
    let Some(proxy) = capture.proxy(id) else {
        return ProxyLine {
            id,
            name: String::new(),
            namespace: String::new(),
            proxy_type: String::new(),
            istio_version: String::new(),
            envoy_version: String::new(),
            mark: None,
        };
    };
    let (istio, envoy) = versions(capture, proxy);
    let istio = if istio.is_empty() {
        syncs(capture, proxy).map(|it| it.istio_version.clone()).next()
    } else {
        Some(istio)
    };
    ProxyLine {
        id,
        name: proxy.identity.name().to_owned(),
        namespace: proxy.identity.namespace.clone(),
        proxy_type: proxy.identity.proxy_type.clone(),
        istio_version: istio.unwrap_or_default(),
        envoy_version: envoy,
        mark: mark(capture, proxy),
    }
}

/// What the control planes say of a proxy.
pub fn syncs<'c>(capture: &'c Capture, proxy: &'c Proxy) -> impl Iterator<Item = &'c ProxySync> {
    proxy.sync.iter().filter_map(|(document, index)| match &capture.document(*document)?.content {
        Content::Syncz(list) => list.get(*index),
        _ => None,
    })
}

/// Istio's and Envoy's version, as the proxy's node and `server_info` tell; empty where they do not.
fn versions(capture: &Capture, proxy: &Proxy) -> (String, String) {
    let mut istio = String::new();
    let mut envoy = String::new();
    for document in proxy.documents.iter().filter_map(|id| capture.document(*id)) {
        if document.kind == Kind::EnvoyServerInfo {
            let tree = document.tree();
            let build = tree.as_ref().and_then(|tree| tree.root().text("version"));
            envoy = build.map(|it| version_of_build(&it).to_owned()).unwrap_or(envoy);
        }
        with_node(document, |node| {
            istio = node.metadata("ISTIO_VERSION");
            if envoy.is_empty() {
                envoy = node.envoy_version();
            }
        });
    }
    (istio, envoy)
}

/// Hands the node of a config dump's bootstrap to `read`.
pub fn with_node<T>(document: &Document, read: impl FnOnce(ProxyNode<'_>) -> T) -> Option<T> {
    let (_, bootstrap) = document.dump()?.of(ResourceKind::Bootstrap).next()?;
    let tree = bootstrap.body(&document.bytes).ok()?;
    Some(read(ProxyNode(tree.root().get("node")?)))
}

/// The worst thing known about a proxy.
fn mark(capture: &Capture, proxy: &Proxy) -> Option<Mark> {
    let dump = proxy.dump.and_then(|id| capture.document(id));
    let states = dump.and_then(Document::dump).map(|dump| {
        let has = |state| dump.all().any(|(_, it)| it.state == state);
        (has(State::Error), has(State::Warming))
    });
    let (rejected, warming) = states.unwrap_or_default();
    let worst = syncs(capture, proxy).map(ProxySync::worst).max();
    let has_syncz = capture.documents().any(|(_, it)| matches!(it.content, Content::Syncz(_)));
    let partial =
        proxy.documents.iter().filter_map(|id| capture.document(*id)).any(|it| it.partial.is_some());
    [
        (rejected || worst == Some(Status::Error)).then_some(Mark::Rejected),
        (worst.is_none() && has_syncz).then_some(Mark::NotConnected),
        (worst == Some(Status::Stale)).then_some(Mark::Stale),
        warming.then_some(Mark::Warming),
        partial.then_some(Mark::Partial),
    ]
    .into_iter()
    .flatten()
    .next()
}

fn control_planes(capture: &Capture) -> Vec<ControlPlaneLine> {
    let line = |it: &crate::capture::ControlPlane| {
        let syncz = it.documents.iter().find_map(|id| match &capture.document(*id)?.content {
            Content::Syncz(list) => Some(list),
            _ => None,
        });
        ControlPlaneLine {
            name: it.name.clone(),
            version: String::new(),
            documents: it.documents.clone(),
            proxies: syncz.map(|list| u32::try_from(list.len()).unwrap_or(u32::MAX)),
        }
    };
    let mut list: Vec<_> = capture.control_planes().iter().map(line).collect();
    list.order_by(|one, other| one.name.cmp(&other.name));
    list
}

/// A document in the list.
pub fn document_line(capture: &Capture, id: DocumentId, document: &Document) -> DocumentLine {
    let taken = taken(document);
    DocumentLine {
        id,
        path: document.path.clone(),
        kind: document.kind.name().to_owned(),
        bytes: document.size.unwrap_or(0),
        proxy: capture.owner(id),
        captured: taken.map(|it| it.0),
        dated_by: taken.map(|it| it.1),
        trouble: trouble(capture, id, document),
    }
}

/// Why a document, or the rest of it, was not read.
fn trouble(capture: &Capture, id: DocumentId, document: &Document) -> Option<Trouble> {
    let mut trouble = match (&document.why, &document.partial, document.damage) {
        (Some(NotRead::BadJson(partial)), ..) | (None, Some(partial), _) => of_partial(document, *partial),
        (Some(why), ..) => of_reason(document, why),
        (None, None, Some(damage)) => plain("damaged", damage.name()),
        (None, None, None) => return None,
    };
    if let Some(why) = &document.why {
        let of = capture.owner(id).and_then(|id| capture.proxy(id));
        trouble.command = instead(why, document, of.map(|it| &it.identity));
    }
    Some(trouble)
}

fn plain(kind: &str, detail: &str) -> Trouble {
    let (pointer, command) = (String::new(), String::new());
    Trouble { kind: kind.to_owned(), place: None, pointer, detail: detail.to_owned(), command }
}

fn of_reason(document: &Document, why: &NotRead) -> Trouble {
    match why {
        NotRead::Empty => plain("empty", ""),
        NotRead::EmptyAnswer => plain("empty_answer", ""),
        NotRead::NotFound => plain("not_found", ""),
        NotRead::InvalidPath => plain("invalid_path", ""),
        NotRead::ProxyNotConnected => plain("proxy_not_connected", ""),
        NotRead::Error { line } => plain("error", line),
        NotRead::Html => plain("html", ""),
        NotRead::Binary => plain("binary", ""),
        NotRead::Log => plain("log", ""),
        NotRead::UnknownJson => plain("unknown_json", ""),
        NotRead::Unknown => plain("unknown", ""),
        NotRead::NotNeeded => plain("not_needed", ""),
        NotRead::BadJson(partial) => of_partial(document, *partial),
        NotRead::Limit { limit } => plain("limit", limit.name()),
        NotRead::Damaged { damage, .. } => plain("damaged", damage.name()),
        NotRead::Encrypted => plain("encrypted", ""),
        NotRead::Method { method } => plain("method", &method.to_string()),
        NotRead::Archive { format } => plain("archive", format.name()),
        NotRead::Special => plain("special", ""),
    }
}

fn of_partial(document: &Document, partial: Partial) -> Trouble {
    let (kind, detail) = match partial.stop {
        Stop::Truncated => ("truncated", String::new()),
        Stop::Expected(expected) => ("bad_json", expected.to_string()),
        Stop::TooMany => ("too_many", String::new()),
        Stop::Yaml => {
            let fault = document.turned.as_ref().and_then(|it| it.yaml.fault.as_ref());
            ("bad_yaml", fault.map(|it| it.what.clone()).unwrap_or_default())
        }
    };
    let outline = document.outline.as_ref();
    Trouble {
        kind: kind.to_owned(),
        place: Some(document.place(partial.at)),
        // The last value that began before it.
        pointer: outline
            .map(|it| pointer(&document.bytes, it, partial.at.saturating_sub(1)))
            .unwrap_or_default(),
        detail,
        command: String::new(),
    }
}
