//! Two sides, resource by resource.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::alike::{alike_items, alike_trees};
use super::diff::{Field, fields};
use super::normalise::{Rule, fingerprint};
use super::side::{Item, Section, Side};
use crate::capture::{Capture, DocumentId};
use crate::envoy::{ResourceId, State};
use crate::json::Span;

/// What is the same of two sides, and what is not.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Comparison {
    /// A section each, in [`Section::ALL`]'s order.
    pub sections: Vec<SectionDiff>,
}

/// What is the same of one section, and what is not.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SectionDiff {
    /// Which.
    pub section: Section,
    /// Which sides have it; resources are compared only where both do.
    pub presence: Presence,
    /// istioctl's verdict: whether its two texts are the same.
    pub matches: bool,
    /// Resources that only the left side has, by name.
    pub only_left: Vec<Place>,
    /// Resources that only the right side has, by name.
    pub only_right: Vec<Place>,
    /// Resources that differ, by name.
    pub changed: Vec<Changed>,
    /// Resources that are written differently and mean the same: another order of a set, a default spelled out.
    pub respelled: Vec<(Place, Place)>,
    /// How many resources mean the same, the respelled ones among them.
    pub same: usize,
    /// Resources that could not be parsed on one side.
    pub unread: Vec<(Place, Place)>,
}

/// Which sides have a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Both.
    Both,
    /// Only the left one.
    Left,
    /// Only the right one.
    Right,
    /// None.
    Neither,
}

/// A resource, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// Its document.
    pub document: DocumentId,
    /// Where its message begins, and at most ends.
    pub span: Span,
    /// In which state that side holds it.
    pub state: State,
    /// Its place in its dump; none where its document is no dump.
    pub resource: Option<ResourceId>,
}

impl Place {
    /// The resource itself, in the capture that it was found in.
    pub fn item<'c>(&'c self, capture: &'c Capture) -> Option<Item<'c>> {
        let bytes = &capture.document(self.document)?.bytes;
        Some(Item {
            name: Cow::Borrowed(&self.name),
            document: self.document,
            bytes,
            span: self.span,
            state: self.state,
            resource: self.resource,
        })
    }
}

/// A resource that differs.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Changed {
    /// The left one.
    pub left: Place,
    /// The right one.
    pub right: Place,
    /// What differs.
    pub fields: Vec<Field>,
}

impl SectionDiff {
    /// Whether both sides mean the same.
    pub fn is_same(&self) -> bool {
        self.only_left.is_empty() && self.only_right.is_empty() && self.changed.is_empty()
    }

    /// Whether istioctl says that they do not match, and nothing but order or defaults is left of it.
    pub fn order_or_defaults_only(&self) -> bool {
        !self.matches && self.is_same() && self.unread.is_empty()
    }
}

impl Comparison {
    /// A section of it.
    pub fn section(&self, section: Section) -> Option<&SectionDiff> {
        self.sections.iter().find(|it| it.section == section)
    }

    /// Whether both sides mean the same, as far as both have anything.
    pub fn is_same(&self) -> bool {
        self.sections.iter().all(SectionDiff::is_same)
    }
}

/// The sides' roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// Left a control plane, right an Envoy: what istioctl compares, the active resources.
    ControlPlaneAndEnvoy,
    /// Two Envoys, or one at two times: the bootstrap's resources as well.
    Envoys,
}

impl Between {
    pub(super) fn states(self) -> &'static [State] {
        match self {
            Between::ControlPlaneAndEnvoy => &[State::Active],
            Between::Envoys => &[State::Static, State::Active],
        }
    }
}

/// Compares two sides.
pub fn compare(left: &Side<'_>, right: &Side<'_>, between: Between) -> Comparison {
    Comparison { sections: Section::ALL.map(|it| section(it, left, right, between)).into() }
}

fn section(section: Section, left: &Side<'_>, right: &Side<'_>, between: Between) -> SectionDiff {
    let (mut has_left, mut has_right) = (left.has(section), right.has(section));
    if section > Section::Routes && has_left != has_right {
        // Where one side has an empty list, the other may leave it out.
        let there = if has_left { left } else { right };
        if there.items(section, between.states()).is_empty() {
            (has_left, has_right) = (true, true);
        }
    }
    let presence = match (has_left, has_right) {
        (true, true) => Presence::Both,
        (true, false) => Presence::Left,
        (false, true) => Presence::Right,
        (false, false) => Presence::Neither,
    };
    let mut diff = SectionDiff {
        section,
        presence,
        matches: true,
        only_left: Vec::new(),
        only_right: Vec::new(),
        changed: Vec::new(),
        respelled: Vec::new(),
        same: 0,
        unread: Vec::new(),
    };
    if presence != Presence::Both {
        // To istioctl, a section that is not there is a text that differs.
        diff.matches = presence == Presence::Neither;
        return diff;
    }
    let (one, other) = aligned(section, left, right, between);
    // Of secrets, a control plane's dump has less than an Envoy's: their names are compared.
    let names_only = section == Section::Secrets && between == Between::ControlPlaneAndEnvoy;
    for (left, right) in merge(one, other) {
        match (left, right) {
            (Some(left), Some(right)) if names_only => diff.equal(true, &left, &right),
            (Some(left), Some(right)) => diff.both(&left, &right),
            (Some(left), None) => diff.only_left.push(place(&left)),
            (None, Some(right)) => diff.only_right.push(place(&right)),
            (None, None) => {}
        }
    }
    diff.matches &= diff.only_left.is_empty() && diff.only_right.is_empty();
    diff
}

/// The resources of both sides that can be compared.
pub(super) fn aligned<'c>(
    section: Section,
    left: &Side<'c>,
    right: &Side<'c>,
    between: Between,
) -> (Vec<Item<'c>>, Vec<Item<'c>>) {
    let mut one = left.items(section, between.states());
    let mut other = right.items(section, between.states());
    if between == Between::Envoys {
        return (one, other);
    }
    match section {
        // `/debug/edsz` lists all clusters (pilot/pkg/xds/debug.go, `Edsz`), Envoy's dump the endpoints that other
        // clusters bring along: only what comes by EDS can differ.
        Section::Endpoints => {
            let clusters = [left, right].map(|it| it.items(Section::Clusters, between.states()));
            let eds: BTreeMap<_, _> = clusters
                .into_iter()
                .flatten()
                .map(|it| (it.name.clone().into_owned(), is_eds(&it)))
                .collect();
            for list in [&mut one, &mut other] {
                list.retain(|it| eds.get(it.name.as_ref()).copied().unwrap_or(true));
            }
        }
        Section::Secrets => other.retain(|it| is_from_istiod(&it.name)),
        _ => {}
    }
    (one, other)
}

/// Whether istiod serves a secret; all others come from the agent beside the Envoy (pilot/pkg/model/credentials/
/// resource.go, and security/pkg/nodeagent/cache for `default` and `ROOTCA`).
fn is_from_istiod(name: &str) -> bool {
    ["kubernetes://", "kubernetes-gateway://", "configmap://"].iter().any(|it| name.starts_with(it))
}

/// Whether a cluster's endpoints come by EDS.
pub(super) fn is_eds(cluster: &Item<'_>) -> bool {
    let found = crate::json::pluck(cluster.bytes, cluster.span, &["type"]);
    found.is_some_and(|it| it.of(cluster.bytes) == b"\"EDS\"")
}

/// Two sorted lists, names side by side.
pub(super) fn merge<'c>(
    left: Vec<Item<'c>>,
    right: Vec<Item<'c>>,
) -> impl Iterator<Item = (Option<Item<'c>>, Option<Item<'c>>)> {
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    std::iter::from_fn(move || {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => one.name.cmp(&other.name),
        };
        Some((
            if order.is_le() { left.next() } else { None },
            if order.is_ge() { right.next() } else { None },
        ))
    })
}

pub(super) fn place(of: &Item<'_>) -> Place {
    Place {
        name: of.name.clone().into_owned(),
        document: of.document,
        span: of.span,
        state: of.state,
        resource: of.resource,
    }
}

impl SectionDiff {
    fn equal(&mut self, spelled: bool, left: &Item<'_>, right: &Item<'_>) {
        self.same += 1;
        self.matches &= spelled;
        if !spelled {
            self.respelled.push((place(left), place(right)));
        }
    }

    fn both(&mut self, left: &Item<'_>, right: &Item<'_>) {
        // Most resources of two dumps of one Envoy are the same to the byte, and need not be parsed.
        if alike_items(left, right) {
            self.equal(true, left, right);
            return;
        }
        let (one, other) = match (left.tree(), right.tree()) {
            (Ok(one), Ok(other)) => (one, other),
            _ => {
                self.matches = false;
                self.unread.push((place(left), place(right)));
                return;
            }
        };
        let (one, other) = (one.root(), other.root());
        let exact =
            alike_trees(one, other) || fingerprint(one, Rule::Istioctl) == fingerprint(other, Rule::Istioctl);
        if exact || fingerprint(one, Rule::Meaning) == fingerprint(other, Rule::Meaning) {
            self.equal(exact, left, right);
            return;
        }
        let fields = fields(one, other);
        if fields.is_empty() {
            self.equal(false, left, right);
            return;
        }
        self.matches = false;
        self.changed.push(Changed { left: place(left), right: place(right), fields });
    }
}
