//! A trace as an answer: its end with names that lead on, its decisions with their places, cut to size.

use super::super::detail;
use super::super::protocol::{Ending, Part, TracedOne, TracedPlace, TracedStep, What, Why};
use super::Subject;
use super::places::Places;
use crate::capture::ResourceRef;
use crate::envoy::Kind;
use crate::json::{Place, Span, Tree};
use crate::trace::{Considered, Step, StepKind, Trace, Verdict};

/// How many of the things that a step looked at are told.
const CONSIDERED: usize = 40;
/// How many steps are told.
const STEPS: usize = 200;
/// How many bytes a name or a value has at most.
const WIDEST: usize = 600;
/// How many bytes the steps have together, about: an answer stays under 256 KB.
const MOST: usize = 160_000;

/// A trace's end and its decisions.
pub struct Told {
    pub ending: Ending,
    pub steps: Vec<TracedStep>,
    pub more: u32,
}

/// Tells a trace.
pub fn tell(subject: Subject<'_>, made: &Trace) -> Told {
    let mut lines = subject.beside.lines.borrow_mut();
    let mut line = |byte: u32| lines.place(&subject.of.bytes, byte);
    let places = subject.places();
    let mut left = MOST;
    let steps: Vec<TracedStep> = made
        .steps
        .iter()
        .take(STEPS)
        .map(|step| TracedStep {
            kind: step.kind,
            place: step.place.and_then(|span| place(subject, places, line(span.start))),
            certain: step.certain,
            ..considered(step, places, &mut left)
        })
        .collect();
    let more = u32::try_from(made.steps.len().saturating_sub(STEPS)).unwrap_or(u32::MAX);
    Told { ending: ending(subject, made), steps, more }
}

fn place(subject: Subject<'_>, places: &Places, place: Place) -> Option<TracedPlace> {
    let resource = places.resource(place.byte)?;
    let it = subject.dump.get(resource.resource)?;
    Some(TracedPlace { resource, kind: it.kind, name: cut(&it.name(&subject.of.bytes)), place })
}

/// The winners, and of the others the first, as many as there is room for.
fn considered(step: &Step, places: &Places, left: &mut usize) -> TracedStep {
    let mut out = TracedStep { kind: step.kind, place: None, certain: true, considered: Vec::new(), more: 0 };
    let mut losers = CONSIDERED.saturating_sub(step.considered.iter().filter(|it| it.won).count());
    let mut winners = CONSIDERED;
    for it in &step.considered {
        let room = if it.won { &mut winners } else { &mut losers };
        let told = one(it, places);
        let size = told.name.len() + size(&told.why) + 80;
        if *room == 0 || size > *left {
            out.more += 1;
            continue;
        }
        *room -= 1;
        *left -= size;
        out.considered.push(told);
    }
    out
}

fn one(it: &Considered, places: &Places) -> TracedOne {
    let at = it.place.and_then(|span: Span| Some((places.resource(span.start)?, span.start)));
    TracedOne { name: cut(&it.name), won: it.won, why: shortened(&it.why), at }
}

/// A reason, cut where it is too long.
pub fn shortened(why: &Why) -> Why {
    let what = |it: &What| match it {
        What::Header(name) => What::Header(cut(name)),
        What::QueryParameter(name) => What::QueryParameter(cut(name)),
        What::Cookie(name) => What::Cookie(cut(name)),
        What::Metadata(name) => What::Metadata(cut(name)),
        What::FilterState(name) => What::FilterState(cut(name)),
        What::Policy(name) => What::Policy(cut(name)),
        What::Cluster(name) => What::Cluster(cut(name)),
        What::Regex(text) => What::Regex(cut(text)),
        What::Filter(name) => What::Filter(cut(name)),
        What::Resource(name) => What::Resource(cut(name)),
        other => other.clone(),
    };
    match why {
        Why::Meets(about, value) => Why::Meets(what(about), cut(value)),
        Why::Differs(about, wants, has) => Why::Differs(what(about), cut(wants), cut(has)),
        Why::Missing(about) => Why::Missing(what(about)),
        Why::Unwanted(about) => Why::Unwanted(what(about)),
        Why::Beyond(about, value) => Why::Beyond(what(about), cut(value)),
        Why::Share(percent) => Why::Share(cut(percent)),
        Why::Endpoint(health, priority, locality) => Why::Endpoint(cut(health), *priority, cut(locality)),
        Why::Upstream(sni, certificate, names) => Why::Upstream(cut(sni), cut(certificate), cut(names)),
        other => other.clone(),
    }
}

/// About how many bytes a reason takes.
fn size(why: &Why) -> usize {
    match why {
        Why::Meets(_, one) | Why::Beyond(_, one) => one.len() + WIDEST / 4,
        Why::Differs(_, one, other) | Why::Endpoint(one, _, other) => one.len() + other.len() + WIDEST / 4,
        Why::Upstream(one, other, third) => one.len() + other.len() + third.len(),
        _ => 60,
    }
}

/// A text, cut where it is too long.
pub fn cut(text: &str) -> String {
    if text.len() <= WIDEST {
        return text.to_owned();
    }
    let end = (0..=WIDEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}…", &text[..end])
}

fn ending(subject: Subject<'_>, made: &Trace) -> Ending {
    let Verdict { clusters, .. } = &made.verdict;
    let it = &made.verdict;
    let text = |it: &Option<String>| it.as_deref().map(cut).unwrap_or_default();
    Ending {
        outcome: it.outcome,
        status: it.status,
        flags: it.flags.to_owned(),
        details: text(&it.details),
        location: text(&it.location),
        route: text(&it.route),
        virtual_host: text(&it.virtual_host),
        owner: owner(subject, made),
        clusters: clusters
            .iter()
            .take(CONSIDERED)
            .map(|name| (cluster(subject, name), share(made, name)))
            .collect(),
        certain: it.certain,
    }
}

/// A cluster's name as a link; broken where the dump has none of that name.
pub fn cluster(subject: Subject<'_>, name: &str) -> Part {
    let names = subject.capture.names(subject.document);
    let found = names.and_then(|it| it.find(&subject.of.bytes, Kind::Cluster, name.as_bytes()));
    match found {
        Some(resource) => {
            detail::link(subject.of, ResourceRef { document: subject.document, resource }, resource)
        }
        None => detail::broken(&cut(name)),
    }
}

/// The share of a cluster in percent, where weights decide.
fn share(made: &Trace, name: &str) -> String {
    let several = made.verdict.clusters.len() > 1;
    let steps = made.steps.iter().filter(|it| several && !it.certain);
    let mut found = steps.flat_map(|it| &it.considered).filter(|it| it.name == name);
    found
        .find_map(|it| if let Why::Share(share) = &it.why { Some(share.clone()) } else { None })
        .unwrap_or_default()
}

/// The Istio resource that the route was made of.
fn owner(subject: Subject<'_>, made: &Trace) -> String {
    let route = made.steps.iter().rev().find(|it| it.kind == StepKind::Route);
    let won = route.and_then(|it| it.considered.iter().find(|it| it.won)?.place);
    let tree = won.and_then(|span| Tree::parse(&subject.of.bytes, span).ok());
    let owner = tree.as_ref().and_then(|it| crate::envoy::Owner::of(it.root()));
    let parts = owner.as_ref().and_then(|it| it.parts());
    parts
        .map_or_else(String::new, |it| cut(&format!("{} {}/{}", it.kubernetes_kind(), it.namespace, it.name)))
}
