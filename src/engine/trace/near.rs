//! The nearest misses, and for routes the request that makes up for what is lacking: each is tried.

use super::super::protocol::{Form, Near};
use super::told::{cut, shortened};
use super::{Subject, form as forms, wanted};
use crate::envoy::Route;
use crate::json::{Span, Tree};
use crate::trace::{StepKind, Trace, Tracer, trace};

/// What a request nearly met.
pub fn of(subject: Subject<'_>, tracer: &Tracer<'_>, form: &Form, made: &Trace) -> Vec<Near> {
    let places = subject.places();
    let near = made.misses.iter().map(|it| Near {
        kind: it.kind,
        name: cut(&it.name),
        lacks: it.lacks.iter().map(shortened).collect(),
        at: it.place.and_then(|span| Some((places.resource(span.start)?, span.start))),
        form: it
            .place
            .filter(|_| it.kind == StepKind::Route)
            .and_then(|span| made_up(subject, tracer, form, span)),
    });
    near.collect()
}

/// The request with what a route wants of it beside the path, where the route takes that.
fn made_up(subject: Subject<'_>, tracer: &Tracer<'_>, form: &Form, route: Span) -> Option<Form> {
    let tree = Tree::parse(&subject.of.bytes, route).ok()?;
    let changed = wanted::but_path(form, Route(tree.root()))?;
    let asked = forms::request(subject, tracer, &changed).ok()?;
    let again = trace(tracer, &asked.request, true);
    let step = again.steps.iter().rev().find(|it| it.kind == StepKind::Route)?;
    step.considered.iter().any(|it| it.won && it.place == Some(route)).then_some(changed)
}
