//! Tables that came as text, with links to what they name.

use super::protocol::{Cell, DocumentId, Part, ResourceRef, Target, TextTable};
use super::{holds, words};
use crate::capture::Capture;
use crate::envoy::Kind as ResourceKind;
use crate::intake::{Kind, TextTable as Table, tables};

/// How many rows an answer has at most.
const MOST: usize = 200;

/// A window of one of a document's tables: the rows that contain all words.
pub fn window(
    capture: &Capture,
    id: DocumentId,
    number: u32,
    text: &str,
    offset: u32,
    limit: u32,
) -> Option<TextTable> {
    let document = capture.document(id)?;
    if document.kind != Kind::IstioctlTable {
        return None;
    }
    let all = tables(&String::from_utf8_lossy(&document.bytes));
    let table = all.get(number as usize)?;
    let words = words(text);
    let matches = |row: &&Vec<String>| holds(&row.join("\n"), &words);
    let found: Vec<&Vec<String>> = table.rows.iter().filter(matches).collect();
    let linker = Linker { capture, table, dump: dump(capture, id) };
    let shown = found.iter().skip(offset as usize).take((limit as usize).min(MOST));
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Some(TextTable {
        tables: count(all.len()),
        columns: table.columns.iter().map(|it| (*it).to_owned()).collect(),
        total: count(table.rows.len()),
        matched: count(found.len()),
        offset,
        rows: shown.map(|row| linker.row(row)).collect(),
    })
}

/// The dump of the proxy that a table is of: of its owner, else of the only proxy that has one.
fn dump(capture: &Capture, table: DocumentId) -> Option<DocumentId> {
    if let Some(owner) = capture.owner(table) {
        return capture.proxy(owner)?.dump;
    }
    let mut dumps = capture.proxies().filter_map(|(_, it)| it.dump);
    let only = dumps.next()?;
    dumps.next().is_none().then_some(only)
}

struct Linker<'c> {
    capture: &'c Capture,
    table: &'c Table,
    dump: Option<DocumentId>,
}

impl Linker<'_> {
    fn row(&self, row: &[String]) -> Vec<Cell> {
        let cell = |(column, text): (&&'static str, &String)| self.cell(column, text, row);
        self.table.columns.iter().zip(row).map(cell).collect()
    }

    fn cell(&self, column: &str, text: &str, row: &[String]) -> Cell {
        if text.is_empty() {
            return Cell::new();
        }
        let target = match column {
            "PROXY" => self.proxy(text),
            "NAME" if self.table.has("VERSION") => self.proxy(text),
            "POD NAME" => self.proxy(&format!("{text}.{}", self.table.cell(row, "NAMESPACE"))),
            // Istio's names of route configurations; in other tables NAME is an endpoint or a resource of any kind.
            "NAME" if self.table.has("MATCH") || self.table.has("VIRTUAL HOSTS") => {
                self.resource(ResourceKind::Route, text)
            }
            "NAME" => text.split_once('/').and_then(|(kind, name)| match kind {
                "cluster" => self.resource(ResourceKind::Cluster, name),
                "listener" => self.resource(ResourceKind::Listener, name),
                "route" => self.resource(ResourceKind::Route, name),
                _ => None,
            }),
            "CLUSTER" if self.table.has("STATUS") => self.resource(ResourceKind::Cluster, text),
            "DESTINATION" => match text.split_once(": ") {
                Some(("Route", name)) => self.resource(ResourceKind::Route, name),
                Some(("Cluster", name)) => self.resource(ResourceKind::Cluster, name),
                _ => self.resource(ResourceKind::Cluster, text),
            },
            "SERVICE FQDN" => self.cluster(text, row),
            "ADDRESS" | "ADDRESSES" if self.table.has("PORT") => {
                let name = format!("{text}_{}", self.table.cell(row, "PORT"));
                self.resource(ResourceKind::Listener, &name)
            }
            "RESOURCE NAME" => self.resource(ResourceKind::Secret, text),
            "ECDS NAME" => self.resource(ResourceKind::Extension, text),
            "VIRTUAL SERVICE" => self.manifest("VirtualService", text),
            "DESTINATION RULE" => self.manifest("DestinationRule", text),
            "AuthorizationPolicy" => self.manifest("AuthorizationPolicy", text),
            _ => None,
        };
        vec![match target {
            Some(target) => Part::Link { text: text.to_owned(), whole: String::new(), target },
            None => Part::Text(text.to_owned()),
        }]
    }

    fn proxy(&self, name: &str) -> Option<Target> {
        let is = |(namespace, pod): (&str, &str)| {
            name == pod || name.strip_prefix(pod).and_then(|it| it.strip_prefix('.')) == Some(namespace)
        };
        let mut found =
            self.capture.proxies().filter(|(_, it)| is((&it.identity.namespace, it.identity.name())));
        let (id, _) = found.next()?;
        Some(Target::Proxy(id))
    }

    fn resource(&self, kind: ResourceKind, name: &str) -> Option<Target> {
        let document = self.dump?;
        let names = self.capture.names(document)?;
        let bytes = &self.capture.document(document)?.bytes;
        let resource = names.find(bytes, kind, name.as_bytes())?;
        Some(Target::Resource(ResourceRef { document, resource }))
    }

    /// A row of the cluster table says the parts of Istio's name; other clusters have the name alone.
    fn cluster(&self, fqdn: &str, row: &[String]) -> Option<Target> {
        let part =
            |column: &str| Some(self.table.cell(row, column)).filter(|it| *it != "-").unwrap_or_default();
        let name = format!("{}|{}|{}|{fqdn}", part("DIRECTION"), part("PORT"), part("SUBSET"));
        self.resource(ResourceKind::Cluster, &name).or_else(|| self.resource(ResourceKind::Cluster, fqdn))
    }

    /// `reviews.default`
    fn manifest(&self, kind: &str, text: &str) -> Option<Target> {
        let (name, namespace) = text.rsplit_once('.')?;
        let found = self.capture.manifests().find(kind, namespace, name).first()?;
        Some(Target::Document(found.document))
    }
}
