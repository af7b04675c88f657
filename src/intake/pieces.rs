//! The documents of a file: most files are one; a paste may be several, and what is not JSON may be turned into it.

use super::kinds::{JSON, text};
use super::recognise::{Recognised, recognise};
use super::segments::{Segment, segments};
use super::{Kind, Partial, Stop, Yaml};
use crate::json::{Outline, unescape};

/// One document of a file.
#[derive(Debug)]
pub struct Piece {
    /// Its bytes, to be read: JSON where it can be had.
    pub bytes: Vec<u8>,
    /// What it is. Its outline, and how far it can be read, are of `bytes`.
    pub found: Recognised,
    /// Where `bytes` were made of YAML: the text as it came.
    pub turned: Option<Turned>,
    /// The offset in the file at which it begins.
    pub start: u32,
    /// The line of the file at which it begins, counted from 0.
    pub line: u32,
    /// The command whose output it is, where the file shows it.
    pub command: Option<String>,
}

/// A text that was turned into JSON.
#[derive(Debug)]
pub struct Turned {
    /// The text as it came.
    pub text: Vec<u8>,
    /// Where what stands in it; its JSON is taken out.
    pub yaml: Yaml,
}

/// YAML that nothing is known of is turned up to this size, to see what it is.
const MOST_UNKNOWN: usize = 64 << 20;

/// The documents of a file, in its order; at least one. `found`: what its first JSON value was recognised as, where that
/// is known already.
pub fn pieces(bytes: Vec<u8>, found: Option<Recognised>) -> Vec<Piece> {
    let bytes = unquoted(bytes);
    let found = found.unwrap_or_else(|| recognise(&bytes));
    if matches!(found.kind, Kind::Html | Kind::Binary | Kind::Empty) {
        return vec![Piece::of(bytes, found)];
    }
    let first = found.outline.as_ref().map(|_| (found.start, &found));
    let list = segments(&bytes, first);
    let alone = match &list[..] {
        [] => true,
        // A text that is known as a whole is more than a part of it.
        [one] => found.why.is_none() || one.kind == found.kind || one.kind == Kind::Unknown,
        _ => false,
    };
    if alone {
        let command = list.into_iter().next().and_then(|it| it.command);
        return vec![Piece { command, ..Piece::of(bytes, found) }];
    }
    drop(found);
    let mut lines = Lines { bytes: &bytes, at: 0, line: 0 };
    list.into_iter().map(|segment| cut(&bytes, segment, &mut lines)).collect()
}

fn cut(bytes: &[u8], segment: Segment, lines: &mut Lines<'_>) -> Piece {
    let part = bytes.get(segment.start..segment.end).unwrap_or_default().to_vec();
    let found = recognise(&part);
    let line = lines.until(segment.start);
    let start = u32::try_from(segment.start).unwrap_or(u32::MAX);
    Piece { start, line, command: segment.command, ..Piece::of(part, found) }
}

/// Counts lines on the way.
struct Lines<'b> {
    bytes: &'b [u8],
    at: usize,
    line: u32,
}

impl Lines<'_> {
    fn until(&mut self, at: usize) -> u32 {
        let new = memchr::memchr_iter(b'\n', self.bytes.get(self.at..at).unwrap_or_default()).count();
        self.at = at;
        self.line = self.line.saturating_add(u32::try_from(new).unwrap_or(u32::MAX));
        self.line
    }
}

impl Piece {
    /// A document that is the whole of its file; what is YAML is turned.
    fn of(bytes: Vec<u8>, found: Recognised) -> Piece {
        let whole = |bytes, found, turned| Piece { bytes, found, turned, start: 0, line: 0, command: None };
        let wanted = match found.kind {
            Kind::EnvoyYaml | Kind::IstioctlProxyStatus => found.outline.is_none(),
            Kind::Unknown => {
                found.outline.is_none() && bytes.len() <= MOST_UNKNOWN && looks_like_yaml(&bytes)
            }
            _ => false,
        };
        if !wanted {
            return whole(bytes, found, None);
        }
        let mut yaml = Yaml::read(&String::from_utf8_lossy(&bytes));
        let json = std::mem::take(&mut yaml.json);
        match of_yaml(&json, &yaml) {
            Some(turned) => whole(json, turned, Some(Turned { text: bytes, yaml })),
            None => whole(bytes, found, None),
        }
    }
}

/// What a text is that was YAML, if that is known.
fn of_yaml(json: &[u8], yaml: &Yaml) -> Option<Recognised> {
    let outline = Outline::of(json, 0);
    let kind = JSON.iter().find_map(|recogniser| {
        recogniser(super::evidence::Evidence { bytes: json, outline: &outline, root: outline.root()? })
    });
    let kind = match kind? {
        Kind::EmptyAnswer => return None,
        Kind::EnvoyBootstrap => Kind::EnvoyYaml,
        Kind::KubernetesJson | Kind::IstiodConfigz => Kind::KubernetesYaml,
        kind => kind,
    };
    let partial = yaml
        .fault
        .as_ref()
        .map(|_| Partial { at: u32::try_from(json.len()).unwrap_or(u32::MAX), stop: Stop::Yaml });
    Some(Recognised { kind, why: None, start: 0, outline: Some(outline), partial })
}

/// Whether the first line that says something is a key, an element, or the beginning of a document.
fn looks_like_yaml(bytes: &[u8]) -> bool {
    const HEAD: usize = 4 << 10;
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD)]);
    let head = head.trim_start_matches('\u{feff}');
    let line = head.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    line.is_some_and(|line| {
        let line = line.trim_end();
        let key = line.strip_prefix("- ").unwrap_or(line);
        let key = key.split_once(':').filter(|(_, rest)| rest.is_empty() || rest.starts_with(' '));
        let named = key.is_some_and(|(key, _)| {
            !key.is_empty()
                && key.len() < 100
                && !key.contains("  ")
                && !text::recognise(line.as_bytes()).0.is_answer()
        });
        named || line == "---" || line.starts_with("%YAML")
    })
}

/// JSON in a string, as programs log it and shells quote it: the JSON.
fn unquoted(bytes: Vec<u8>) -> Vec<u8> {
    let text = bytes.trim_ascii();
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let inner = |quote: u8| {
        let rest = text.strip_prefix(&[quote])?;
        let rest = rest.strip_suffix(&[quote]).unwrap_or(rest);
        let begin = rest.trim_ascii_start();
        let begin = begin.strip_prefix(b"\\n").unwrap_or(begin).trim_ascii_start();
        matches!(begin.first(), Some(b'{' | b'[')).then_some(rest)
    };
    if let Some(rest) = inner(b'"') {
        return unescape(rest).into_owned().into_bytes();
    }
    match inner(b'\'').map(<[u8]>::to_vec) {
        Some(rest) => rest,
        None => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        pieces(text.as_bytes().to_vec(), None).iter().map(|it| it.found.kind).collect()
    }

    #[test]
    fn json_in_quotes_is_json() {
        let json = r#"{"cluster_statuses": [{"name": "a\"b"}]}"#;
        for text in
            [format!("{json:?}"), format!("'{json}'\n"), format!("\"\\n{}\"", json.replace('"', "\\\""))]
        {
            let list = pieces(text.clone().into_bytes(), None);
            assert_eq!((list.len(), list[0].found.kind), (1, Kind::EnvoyClusters), "{text}");
        }
    }

    #[test]
    fn yaml_is_what_its_json_is() {
        for (text, want) in [
            ("node:\n  id: a\n  cluster: b\nadmin: {}\n", Kind::EnvoyYaml),
            ("# mine\nstatic_resources:\n  listeners: []\n", Kind::EnvoyYaml),
            ("layered_runtime: {}\nx: 1\nstatic_resources: {}\n", Kind::EnvoyYaml),
            ("- name: a\n  virtualHosts: []\n", Kind::IstioctlRoutes),
            ("- connectTimeout: 1s\n  name: a\n", Kind::IstioctlClusters),
            ("dynamicActiveSecrets:\n- name: default\n", Kind::IstioctlSecrets),
            (
                "configs:\n- '@type': type.googleapis.com/envoy.admin.v3.ClustersConfigDump\n  static_clusters: []\n",
                Kind::EnvoyConfigDump,
            ),
            ("clusterStatuses:\n- name: a\n", Kind::EnvoyClusters),
            ("apiVersion: v1\nkind: List\n", Kind::KubernetesYaml),
            ("bootstrap:\n  node:\n    id: a\n    cluster: b\n", Kind::EnvoyYaml),
            ("version: 1.27.1\n", Kind::Unknown),
        ] {
            assert_eq!(kinds(text), [want], "{text}");
        }
    }

    #[test]
    fn a_piece_knows_its_place() {
        let text = "{\"version\": \"1\", \"state\": \"LIVE\", \"hot_restart_version\": \"x\"}\n\n$ x\n[{\"virtualHosts\": []}]\n";
        let list = pieces(text.as_bytes().to_vec(), None);
        assert_eq!(list.len(), 2);
        assert_eq!((list[1].line, list[1].command.as_deref()), (3, Some("x")));
        assert!(text[list[1].start as usize..].starts_with("[{"));
    }
}
