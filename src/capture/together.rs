//! Parts of one proxy's configuration, put together: sections that came one by one, or what istioctl printed with
//! `-o json` command by command, are read as the dump that they are parts of.

use super::times::{is_dump, is_whole};
use super::{Content, Document, DocumentId, Links};
use crate::envoy::{ConfigDump, Identity, Kind as ResourceKind};
use crate::intake::{Kind, recognise};
use crate::json::Span;

/// Larger parts stay apart: what is put together is a copy.
const MOST: usize = 256 << 20;

/// Puts together the parts of proxies that have no whole dump; says whether anything is new. What was put together
/// before stays in its place, for ids are places.
pub(super) fn put_together(documents: &mut Vec<Document>, links: &Links) -> bool {
    let mut changed = false;
    for proxy in &links.proxies {
        let own: Vec<DocumentId> = proxy.times.iter().flat_map(|it| it.documents.iter().copied()).collect();
        let made = own.iter().copied().find(|id| !documents[id.0 as usize].made_of.is_empty());
        let is_part = |id: &DocumentId| {
            let it = &documents[id.0 as usize];
            it.made_of.is_empty() && is_dump(it) && it.partial.is_none()
        };
        let parts: Vec<DocumentId> = own.iter().copied().filter(is_part).collect();
        let whole = parts.iter().any(|id| is_whole(&documents[id.0 as usize]));
        let size: usize = parts.iter().map(|id| documents[id.0 as usize].bytes.len()).sum();
        let known = made.is_some_and(|id| documents[id.0 as usize].made_of == parts);
        if parts.len() < 2 || known || size > MOST || whole && made.is_none() {
            continue;
        }
        let together = if whole { None } else { Some(dump(documents, &parts, &proxy.identity)) };
        match (made, together) {
            (Some(id), Some(it)) => documents[id.0 as usize] = it,
            // A whole dump came after the parts: it is what is looked at.
            (Some(id), None) => documents[id.0 as usize].content = Content::Raw,
            (None, Some(it)) => documents.push(it),
            (None, None) => continue,
        }
        changed = true;
    }
    changed
}

/// A dump of all the sections of the parts.
fn dump(documents: &[Document], parts: &[DocumentId], identity: &Identity) -> Document {
    let mut bytes = br#"{"configs":["#.to_vec();
    for id in parts {
        let document = &documents[id.0 as usize];
        let Some(dump) = document.dump() else { continue };
        if document.kind == Kind::EnvoyConfigDump {
            for section in &dump.sections {
                push(&mut bytes, section.span.of(&document.bytes));
            }
        } else {
            sections(&document.bytes, dump, &mut bytes);
        }
    }
    bytes.extend_from_slice(b"]}");
    let found = recognise(&bytes);
    let first = parts.first().map(|id| documents[id.0 as usize].path.as_str()).unwrap_or_default();
    let document = Document::new(format!("{first} (+{})", parts.len() - 1), bytes, found);
    Document { made_of: parts.to_vec(), identity: Some(identity.clone()), ..document }
}

fn push(bytes: &mut Vec<u8>, section: &[u8]) {
    if bytes.last() != Some(&b'[') {
        bytes.push(b',');
    }
    bytes.extend_from_slice(section);
}

/// Bare messages as the sections that Envoy would show them in.
fn sections(from: &[u8], dump: &ConfigDump, bytes: &mut Vec<u8>) {
    for (kind, section, list, before, after) in [
        (ResourceKind::Bootstrap, "BootstrapConfigDump", "", "", ""),
        (ResourceKind::Cluster, "ClustersConfigDump", "dynamic_active_clusters", r#"{"cluster":"#, "}"),
        (
            ResourceKind::Listener,
            "ListenersConfigDump",
            "dynamic_listeners",
            r#"{"active_state":{"listener":"#,
            "}}",
        ),
        (ResourceKind::Route, "RoutesConfigDump", "dynamic_route_configs", r#"{"route_config":"#, "}"),
        (
            ResourceKind::Endpoint,
            "EndpointsConfigDump",
            "dynamic_endpoint_configs",
            r#"{"endpoint_config":"#,
            "}",
        ),
        (ResourceKind::Secret, "SecretsConfigDump", "dynamic_active_secrets", "", ""),
        (ResourceKind::Extension, "EcdsConfigDump", "ecds_filters", "", ""),
    ] {
        let resources = dump.of(kind);
        // A wrapped resource is taken with its wrapper, a bare one is given one.
        let spans: Vec<Span> = resources.map(|(_, it)| it.wrapper).collect();
        if spans.is_empty() {
            continue;
        }
        let mut out = format!(r#"{{"@type":"type.googleapis.com/envoy.admin.v3.{section}","#).into_bytes();
        if let (true, Some(first)) = (list.is_empty(), spans.first()) {
            out.extend_from_slice(br#""bootstrap":"#);
            out.extend_from_slice(first.of(from));
        } else {
            out.extend_from_slice(format!("\"{list}\":[").as_bytes());
            for (index, span) in spans.iter().enumerate() {
                out.extend_from_slice(if index > 0 { b"," } else { b"" });
                out.extend_from_slice(before.as_bytes());
                out.extend_from_slice(span.of(from));
                out.extend_from_slice(after.as_bytes());
            }
            out.push(b']');
        }
        out.push(b'}');
        push(bytes, &out);
    }
}

#[cfg(test)]
mod tests {
    use crate::capture::{Capture, Document};

    const CLUSTERS: &str = r#"[{"name": "a", "type": "EDS", "connectTimeout": "1s"}]"#;
    const ROUTES: &str = r#"[{"name": "80", "virtualHosts": []}]"#;
    const LISTENERS: &str = r#"[{"name": "in", "filterChains": []}]"#;

    fn add(capture: &mut Capture, path: &str, text: &str) {
        for it in Document::all(path, text.as_bytes().to_vec(), None, None) {
            capture.add(it);
        }
        capture.link();
    }

    fn resources(capture: &Capture) -> Vec<String> {
        let dump = capture.proxies().find_map(|(_, it)| it.dump).unwrap();
        let document = capture.document(dump).unwrap();
        let all = document.dump().unwrap().all();
        all.map(|(_, it)| format!("{:?} {}", it.kind, it.name(&document.bytes))).collect()
    }

    #[test]
    fn what_istioctl_printed_command_by_command_is_one_dump() {
        let mut capture = Capture::default();
        add(
            &mut capture,
            "x",
            &format!("$ istioctl pc c web-1\n{CLUSTERS}\n$ istioctl pc r web-1\n{ROUTES}\n"),
        );
        assert_eq!(resources(&capture), ["Route 80", "Cluster a"]);
        assert_eq!(capture.proxies().count(), 1);
        // One more is put to them, in the same place.
        add(&mut capture, "y", &format!("$ istioctl pc l web-1\n{LISTENERS}\n"));
        assert_eq!(resources(&capture), ["Listener in", "Route 80", "Cluster a"]);
        assert_eq!(capture.documents().filter(|(_, it)| !it.made_of.is_empty()).count(), 1);
        capture.link();
        assert_eq!(resources(&capture).len(), 3);
    }
}
