//! The nearest misses: routes that would take the request if one thing of it were another.

use super::super::protocol::{Change, Form, Near};
use super::places::Places;
use super::told::cut;
use super::{Subject, form as forms, wanted};
use crate::envoy::Route;
use crate::json::Tree;
use crate::trace::{StepKind, Trace, Tracer, What, Why, trace};

/// How many routes are tried, and how many are told.
const TRIED: usize = 12;
const TOLD: usize = 3;

/// Routes that the request misses by one header, query parameter, cookie or by its method. Each is tried: the changed
/// request is traced, and the route must take it.
pub fn of(subject: Subject<'_>, tracer: &Tracer<'_>, form: &Form, made: &Trace) -> Vec<Near> {
    let Some(step) = made.steps.iter().rev().find(|it| it.kind == StepKind::Route) else { return Vec::new() };
    let by_one = |why: &Why| {
        let (Why::Missing(about) | Why::Differs(about, ..) | Why::Unwanted(about)) = why else {
            return false;
        };
        matches!(
            about,
            What::Header(_) | What::QueryParameter(_) | What::Cookie(_) | What::Method | What::Grpc
        )
    };
    let lost = step.considered.iter().filter(|it| !it.won && by_one(&it.why)).take(TRIED);
    let places = Places::of(subject.document, subject.dump);
    let mut out: Vec<Near> = Vec::new();
    for it in lost {
        let Some(span) = it.place else { continue };
        let Ok(tree) = Tree::parse(&subject.of.bytes, span) else { continue };
        let Some((changed, change)) = wanted::by_one(form, Route(tree.root())) else { continue };
        let Ok(asked) = forms::request(subject, tracer, &changed) else { continue };
        let again = trace(tracer, &asked.request, true);
        let taken = again.steps.iter().rev().find(|it| it.kind == StepKind::Route);
        let taken = taken.is_some_and(|it| it.considered.iter().any(|it| it.won && it.place == Some(span)));
        let known = out.iter().any(|near| near.change == change);
        if let (true, false, Some(resource)) = (taken, known, places.resource(span.start)) {
            out.push(Near { route: cut(&it.name), at: (resource, span.start), change, form: changed });
        }
        if out.len() == TOLD {
            break;
        }
    }
    out
}

impl Change {
    /// The change between two requests, where it is a single one.
    pub(super) fn between(before: &Form, after: &Form) -> Option<Change> {
        let lines = |form: &Form| -> Vec<String> {
            form.headers.lines().map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect()
        };
        let (old, new) = (lines(before), lines(after));
        let headers: Vec<&String> = new.iter().filter(|it| !old.contains(it)).collect();
        let gone = old.iter().filter(|it| !new.contains(it)).count();
        let method = before.method != after.method && !(before.method.is_empty() && after.method == "GET");
        let (path, query) = (before.path != after.path, after.path.split_once('?').map(|(_, query)| query));
        let same_path = before.path.split('?').next() == after.path.split('?').next();
        match (headers.as_slice(), method, path) {
            // A line that takes the place of another is one change, too.
            ([line], false, false) if gone <= 1 => Some(Change::Header(cut(line))),
            ([], true, false) if gone == 0 => Some(Change::Method(cut(&after.method))),
            ([], false, true) if gone == 0 && same_path => query.map(|it| Change::Query(cut(it))),
            _ => None,
        }
    }
}
