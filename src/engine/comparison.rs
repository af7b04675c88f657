//! Two sides beside each other: their resources by window, one resource field by field.

use super::collect::{Part, missing};
use super::known;
use super::protocol::{
    CompareLine, CompareWindow, Compared, Difference, Differs, DocumentId, Elsewhere, FieldLine, Meaning,
    Pair, ProxyId, ResourceLine, ResourceRef, SectionLine, SideLine, Target,
};
use super::{cut, holds, mesh, number, words};
use crate::capture::{Capture, Document};
use crate::istiod::{Status, types};
use crate::json::Span;
use crate::sync::beside::beside;
use crate::sync::diff::is_secret;
use crate::sync::{
    Between, Change, Changed, Comparison, Place, Presence, Row, Section, SectionDiff, Side, TypeState,
    compare,
};

/// How many lines an answer has at most.
const MOST: usize = 200;
/// Of a text beside another; a line may be long.
const MOST_BESIDE: usize = 160;
/// Bytes of a line that is shown.
const WIDEST: usize = 700;
/// How many fields of a resource are told, and bytes of each value.
const FIELDS: usize = 100;
const VALUE: usize = 240;
/// How many comparisons are kept.
const KEPT: usize = 4;

/// Comparisons that were looked at last.
#[derive(Default)]
pub struct Cache {
    /// Latest last.
    kept: Vec<(Pair, Made)>,
}

/// A comparison, and its resources that differ in the order of its lines.
struct Made {
    found: Comparison,
    rows: Vec<(usize, At)>,
    /// Whether each other control plane says the same.
    replicas: Vec<(String, bool)>,
}

/// A resource that differs, by its place in its section.
#[derive(Clone, Copy)]
enum At {
    OnlyLeft(usize),
    OnlyRight(usize),
    Changed(usize),
    Respelled(usize),
    Unread(usize),
}

/// What a pair means in the captures that are open.
pub struct Sides<'c> {
    left: Option<Side<'c>>,
    right: Option<Side<'c>>,
    between: Between,
    captures: (&'c Capture, &'c Capture),
    /// The names of the control planes that have a dump.
    replicas: Vec<String>,
}

impl<'c> Sides<'c> {
    /// None for a proxy that is not open.
    pub fn of(first: &'c Capture, second: Option<&'c Capture>, pair: Pair) -> Option<Sides<'c>> {
        match pair {
            Pair::Sync { proxy, replica } => {
                first.proxy(proxy)?;
                let planes = control_planes(first, proxy);
                let left = planes.get(replica as usize).or(planes.first()).map(|it| it.1);
                Some(Sides {
                    left,
                    right: Side::envoy(first, proxy),
                    between: Between::ControlPlaneAndEnvoy,
                    captures: (first, first),
                    replicas: planes.into_iter().map(|it| it.0).collect(),
                })
            }
            Pair::Envoys { left, right, second: other } => {
                let other = if other { second? } else { first };
                first.proxy(left)?;
                other.proxy(right)?;
                Some(Sides {
                    left: Side::envoy(first, left),
                    right: Side::envoy(other, right),
                    between: Between::Envoys,
                    captures: (first, other),
                    replicas: Vec::new(),
                })
            }
        }
    }
}

impl Sides<'_> {
    /// Which hosts two Envoys send elsewhere.
    pub fn elsewhere(&self) -> Option<Elsewhere> {
        let (left, right) = (self.left?.dump?.1, self.right?.dump?.1);
        super::elsewhere::elsewhere(left, right)
    }
}

/// The control planes that have a dump of a proxy, by name.
fn control_planes(capture: &Capture, proxy: ProxyId) -> Vec<(String, Side<'_>)> {
    let sides = Side::control_planes(capture, proxy).into_iter();
    let name = |it: Side<'_>| {
        let (id, document) = it.dump?;
        Some(capture.control_plane_of(id).map_or_else(|| document.path.clone(), |it| it.name.clone()))
    };
    sides.filter_map(|it| Some((name(it)?, it))).collect()
}

impl Cache {
    /// A comparison, and a window of its lines. None where the pair is not open.
    pub fn window(
        &mut self,
        sides: &Sides<'_>,
        window: &CompareWindow,
        mesh: &mut mesh::Cache,
    ) -> Option<Compared> {
        let first = sides.captures.0;
        let (left, right) = lines_of_sides(sides, window.pair)?;
        let mut answer = Compared {
            left,
            right,
            missing: lacking(sides, window.pair),
            known: None,
            replicas: Vec::new(),
            not_connected: false,
            meaning: None,
            differences: 0,
            respelled: 0,
            lines: 0,
            offset: window.offset,
            window: Vec::new(),
        };
        let rows = match window.pair {
            Pair::Sync { proxy, .. } => {
                let (known, rows) = mesh.rows_of(first, proxy);
                answer.not_connected = known && rows.iter().all(|it| !it.connected);
                rows
            }
            Pair::Envoys { .. } => Vec::new(),
        };
        if !answer.missing.is_empty() {
            if let (Pair::Sync { proxy, .. }, Some(_)) = (window.pair, sides.right) {
                answer.known = known::known(first, proxy);
            }
            return Some(answer);
        }
        let made = self.made(sides, window.pair)?;
        answer.replicas.clone_from(&made.replicas);
        let respelled = |it: &At| matches!(it, At::Respelled(_));
        answer.respelled = number(made.rows.iter().filter(|it| respelled(&it.1)).count());
        answer.differences = number(made.rows.len()) - answer.respelled;
        if sides.between == Between::ControlPlaneAndEnvoy {
            answer.meaning = Some(meaning(&made.found, &rows));
        }
        let words = words(&window.text);
        let mut lines = Vec::new();
        for (index, diff) in made.found.sections.iter().enumerate() {
            let here = made.rows.iter().enumerate().filter(|(_, row)| row.0 == index);
            let here = here.filter(|(_, row)| window.respelled || !respelled(&row.1));
            let here: Vec<_> = here.filter(|(_, row)| holds(name(diff, row.1), &words)).collect();
            // What no side has is not worth a line, unless istioctl has one for it.
            let beyond = diff.section > Section::Routes || sides.between == Between::Envoys;
            let nothing = diff.presence == Presence::Neither && beyond;
            if nothing || here.is_empty() && !words.is_empty() {
                continue;
            }
            lines.push(Err(index));
            lines.extend(here.into_iter().map(|(at, row)| Ok((at, row.1, index))));
        }
        answer.lines = number(lines.len());
        let cut = lines.into_iter().skip(window.offset as usize).take((window.limit as usize).min(MOST));
        answer.window = cut
            .filter_map(|line: Result<(usize, At, usize), usize>| match line {
                Err(section) => {
                    let diff = made.found.sections.get(section)?;
                    Some(CompareLine::Section(section_line(diff, sides, &rows)))
                }
                Ok((at, row, section)) => {
                    let diff = made.found.sections.get(section)?;
                    Some(CompareLine::Resource(resource_line(diff, at, row)))
                }
            })
            .collect();
        Some(answer)
    }

    /// A resource that differs. None where there is no such.
    pub fn difference(
        &mut self,
        sides: &Sides<'_>,
        pair: Pair,
        at: u32,
        open: &[u32],
        (offset, limit): (u32, u32),
    ) -> Option<Difference> {
        let made = self.made(sides, pair)?;
        let &(section, row) = made.rows.get(at as usize)?;
        let diff = made.found.sections.get(section)?;
        let (left, right) = places(diff, row);
        let changed = match row {
            At::Changed(index) => diff.changed.get(index),
            _ => None,
        };
        let fields = changed.map(|it| field_lines(it, sides.captures)).unwrap_or_default();
        let items =
            (left.and_then(|it| it.item(sides.captures.0)), right.and_then(|it| it.item(sides.captures.1)));
        // A text of secrets would show keys.
        let lines = match diff.section {
            Section::Secrets => Vec::new(),
            _ => beside(items.0.as_ref(), items.1.as_ref(), open),
        };
        let count = number(lines.len());
        let window = lines.into_iter().skip(offset as usize).take((limit as usize).min(MOST_BESIDE));
        Some(Difference {
            line: resource_line(diff, at as usize, row),
            left: left.map(target),
            right: right.map(target),
            fields,
            all_fields: number(changed.map_or(0, |it| it.fields.len())),
            lines: count,
            offset,
            window: window.map(narrow).collect(),
        })
    }

    fn made(&mut self, sides: &Sides<'_>, pair: Pair) -> Option<&Made> {
        let made = match self.kept.iter().position(|it| it.0 == pair) {
            Some(at) => self.kept.remove(at).1,
            None => make(sides, pair)?,
        };
        if self.kept.len() == KEPT {
            self.kept.remove(0);
        }
        self.kept.push((pair, made));
        self.kept.last().map(|it| &it.1)
    }
}

fn make(sides: &Sides<'_>, pair: Pair) -> Option<Made> {
    let (left, right) = (sides.left.as_ref()?, sides.right.as_ref()?);
    let found = compare(left, right, sides.between);
    let mut replicas = Vec::new();
    if let Pair::Sync { proxy, .. } = pair {
        for (name, other) in control_planes(sides.captures.0, proxy) {
            let same = other.dump.map(|it| it.0) == left.dump.map(|it| it.0)
                || compare(left, &other, sides.between).is_same();
            replicas.push((name, same));
        }
    }
    let mut rows = Vec::new();
    for (index, diff) in found.sections.iter().enumerate() {
        let mut of = |count: usize, at: fn(usize) -> At| rows.extend((0..count).map(|it| (index, at(it))));
        of(diff.only_left.len(), At::OnlyLeft);
        of(diff.only_right.len(), At::OnlyRight);
        of(diff.changed.len(), At::Changed);
        of(diff.unread.len(), At::Unread);
        of(diff.respelled.len(), At::Respelled);
    }
    Some(Made { found, rows, replicas })
}

fn lines_of_sides(sides: &Sides<'_>, pair: Pair) -> Option<(SideLine, SideLine)> {
    let of = |name: String, side: Option<Side<'_>>| {
        let dump: Option<(DocumentId, &Document)> = side.and_then(|it| it.dump);
        SideLine { name, document: dump.map(|it| it.0), captured: dump.and_then(|it| it.1.captured) }
    };
    let (first, other) = sides.captures;
    let name = |capture: &Capture, id| capture.proxy(id).map(|it| it.identity.name().to_owned());
    Some(match pair {
        Pair::Sync { proxy, replica } => {
            let plane = sides.replicas.get(replica as usize).or(sides.replicas.first());
            (of(plane.cloned().unwrap_or_default(), sides.left), of(name(first, proxy)?, sides.right))
        }
        Pair::Envoys { left, right, .. } => {
            (of(name(first, left)?, sides.left), of(name(other, right)?, sides.right))
        }
    })
}

/// What is not there to be compared.
fn lacking(sides: &Sides<'_>, pair: Pair) -> Vec<super::protocol::Missing> {
    let (first, other) = sides.captures;
    let of = |there: bool, capture: &Capture, proxy, part| {
        let identity = capture.proxy(proxy).map(|it| &it.identity);
        identity.filter(|_| !there).map(|it| missing(part, it))
    };
    let (left, right) = (sides.left.is_some(), sides.right.is_some());
    let list = match pair {
        Pair::Sync { proxy, .. } => {
            [of(left, first, proxy, Part::IstiodConfigDump), of(right, first, proxy, Part::ConfigDump)]
        }
        Pair::Envoys { left: one, right: two, .. } => {
            [of(left, first, one, Part::ConfigDump), of(right, other, two, Part::ConfigDump)]
        }
    };
    list.into_iter().flatten().collect()
}

/// How far a proxy is with a section's type; of several control planes' words, the worst.
fn state(section: Section, rows: &[Row]) -> Option<&TypeState> {
    let type_url = match section {
        Section::Clusters => types::CLUSTER,
        Section::Listeners => types::LISTENER,
        Section::Routes => types::ROUTE,
        Section::Endpoints => types::ENDPOINT,
        Section::Ecds => types::EXTENSION,
        Section::Secrets => return None,
    };
    let states = rows.iter().filter_map(|it| it.of_type(type_url));
    states.max_by_key(|it| it.status).filter(|it| it.status != Status::Ignored)
}

/// What the differences may mean.
fn meaning(found: &Comparison, rows: &[Row]) -> Meaning {
    if found.is_same() {
        return Meaning::Same;
    }
    let differ = found.sections.iter().filter(|it| !it.is_same());
    let states: Vec<&TypeState> = differ.filter_map(|it| state(it.section, rows)).collect();
    let since = |status: Status| {
        let those = states.iter().filter(|it| it.status == status);
        those.map(|it| it.sent).reduce(|one, other| one.into_iter().chain(other).min())
    };
    match (since(Status::Stale), since(Status::Error)) {
        (Some(sent), _) => Meaning::Stale(sent),
        (None, Some(sent)) => Meaning::Refused(sent),
        (None, None) if states.iter().any(|it| it.status == Status::Synced) => Meaning::Race,
        (None, None) => Meaning::Unknown,
    }
}

fn section_line(diff: &SectionDiff, sides: &Sides<'_>, rows: &[Row]) -> SectionLine {
    let worst = state(diff.section, rows);
    let istioctls = diff.section <= Section::Routes;
    SectionLine {
        section: diff.section,
        presence: diff.presence,
        // istioctl has a verdict for its own three; of the others Envoy's dump says more than a control plane's.
        matches: if istioctls { diff.matches } else { diff.is_same() && diff.unread.is_empty() },
        order_only: istioctls && diff.order_or_defaults_only() && diff.presence == Presence::Both,
        differ: number(diff.only_left.len() + diff.only_right.len() + diff.changed.len()),
        same: number(diff.same),
        loaded: sides.right.filter(|_| diff.section == Section::Routes).and_then(|it| it.routes_loaded()),
        status: worst.map(|it| (it.status, it.sent)),
    }
}

/// Where a resource is, on the side or sides that have it.
fn places(diff: &SectionDiff, row: At) -> (Option<&Place>, Option<&Place>) {
    match row {
        At::OnlyLeft(at) => (diff.only_left.get(at), None),
        At::OnlyRight(at) => (None, diff.only_right.get(at)),
        At::Changed(at) => {
            (diff.changed.get(at).map(|it| &it.left), diff.changed.get(at).map(|it| &it.right))
        }
        At::Respelled(at) => (diff.respelled.get(at).map(|it| &it.0), diff.respelled.get(at).map(|it| &it.1)),
        At::Unread(at) => (diff.unread.get(at).map(|it| &it.0), diff.unread.get(at).map(|it| &it.1)),
    }
}

fn name(diff: &SectionDiff, row: At) -> &str {
    let (left, right) = places(diff, row);
    left.or(right).map_or("", |it| &it.name)
}

fn resource_line(diff: &SectionDiff, at: usize, row: At) -> ResourceLine {
    let differs = match row {
        At::OnlyLeft(_) => Differs::OnlyLeft,
        At::OnlyRight(_) => Differs::OnlyRight,
        At::Changed(index) => {
            let fields = diff.changed.get(index).map_or(&[][..], |it| &it.fields);
            let moved = fields.iter().filter(|it| matches!(it.change, Change::Moved { .. })).count();
            Differs::Changed(number(fields.len() - moved), number(moved))
        }
        At::Respelled(_) => Differs::Respelled,
        At::Unread(_) => Differs::Unread,
    };
    ResourceLine { at: number(at), section: diff.section, name: name(diff, row).to_owned(), differs }
}

fn target(of: &Place) -> Target {
    match of.resource {
        Some(resource) => Target::Resource(ResourceRef { document: of.document, resource }),
        None => Target::Document(of.document),
    }
}

fn field_lines(changed: &Changed, captures: (&Capture, &Capture)) -> Vec<FieldLine> {
    let value = |capture: &Capture, document: DocumentId, span: Option<Span>, path: &str| {
        let bytes = span?.of(&capture.document(document)?.bytes);
        if is_secret(path) {
            return Some("[redacted]".to_owned());
        }
        // One line of it is enough: the text beside has it laid out.
        let text = String::from_utf8_lossy(bytes);
        let words: Vec<&str> = cut(&text, 4 * VALUE).split_whitespace().collect();
        Some(cut(&words.join(" "), VALUE).to_owned())
    };
    let line = |it: &crate::sync::Field| FieldLine {
        left: value(captures.0, changed.left.document, it.left, &it.path),
        right: value(captures.1, changed.right.document, it.right, &it.path),
        path: it.path.clone(),
        change: it.change,
    };
    changed.fields.iter().take(FIELDS).map(line).collect()
}

/// A line that fits into an answer.
fn narrow(mut line: super::protocol::Beside) -> super::protocol::Beside {
    use super::protocol::Beside;
    match &mut line {
        Beside::Fold { .. } => {}
        Beside::Same(_, _, text) => text.truncate(cut(text, WIDEST).len()),
        Beside::Other { left, right } => {
            for it in left.iter_mut().chain(right) {
                let mut room = WIDEST;
                for (_, text) in &mut it.pieces {
                    text.truncate(cut(text, room).len());
                    room -= text.len();
                }
            }
        }
    }
    line
}
