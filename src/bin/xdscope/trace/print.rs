//! One trace, as text or JSON.

use std::io::Write;

use serde::Serialize;
use serde_json::Value;
use xdscope::json::{Span, pointer};
use xdscope::trace::ask::{Candidate, Resolved};
use xdscope::trace::{Considered, Request, Step, Trace, Verdict};

use super::explain;
use super::{Asker, Output};
use crate::fail::Failure;

/// A verdict as it is printed: the id first, then the verdict's own fields.
#[derive(Serialize)]
pub struct Line<'a> {
    pub id: &'a Value,
    #[serde(flatten)]
    pub verdict: &'a Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Found<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<Told>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub misses: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// How a host came by its address.
#[derive(Serialize)]
pub struct Found<'a> {
    to: &'a str,
    authority: Option<&'a str>,
    sni: Option<&'a str>,
    chosen: &'a Candidate,
    others: &'a [Candidate],
}

/// A step.
#[derive(Serialize)]
pub struct Told {
    kind: Value,
    considered: Vec<ToldOne>,
    pointer: Option<String>,
    certain: bool,
}

#[derive(Serialize)]
struct ToldOne {
    name: String,
    won: bool,
    why: String,
    pointer: Option<String>,
}

/// Prints a trace.
///
/// # Errors
/// Where standard output fails.
pub fn one(
    asker: &Asker<'_>,
    resolved: &Resolved,
    traced: &Trace,
    out: &mut impl Write,
) -> Result<(), Failure> {
    match asker.output {
        Output::Json => {
            let value = line(asker, resolved, traced);
            let text = serde_json::to_string_pretty(&value).map_err(|it| Failure::Input(it.to_string()))?;
            Ok(writeln!(out, "{text}")?)
        }
        Output::Text => text(resolved, traced, out),
    }
}

/// A trace as JSON, with its steps.
pub fn line<'a>(asker: &Asker<'_>, resolved: &'a Resolved, traced: &'a Trace) -> Line<'a> {
    let document = asker.document;
    let place = |span: Option<Span>| Some(pointer(&document.bytes, document.outline.as_ref()?, span?.start));
    let request = &resolved.request;
    let found = resolved.chosen.as_ref().map(|chosen| Found {
        to: &request.to,
        authority: request.authority.as_deref(),
        sni: request.sni.as_deref(),
        chosen,
        others: &resolved.others,
    });
    let steps = traced.steps.iter().map(|it| told(it, &place)).collect();
    let misses = (!traced.misses.is_empty()).then(|| traced.misses.iter().map(explain::miss).collect());
    let (steps, next) = (Some(steps), explain::next(traced));
    Line { id: &request.id, verdict: &traced.verdict, resolved: found, steps, misses, next }
}

fn told(step: &Step, place: &dyn Fn(Option<Span>) -> Option<String>) -> Told {
    let considered = step.considered.iter().map(|it| ToldOne {
        name: it.name.clone(),
        won: it.won,
        why: explain::why(&it.why),
        pointer: place(it.place),
    });
    Told {
        kind: serde_json::to_value(step.kind).unwrap_or_default(),
        considered: considered.collect(),
        pointer: place(step.place),
        certain: step.certain,
    }
}

/// How many of those that lost are told of a step.
const LOSERS: usize = 8;

fn text(resolved: &Resolved, traced: &Trace, out: &mut impl Write) -> Result<(), Failure> {
    writeln!(out, "{}", head(&resolved.request))?;
    if let Some(chosen) = &resolved.chosen {
        writeln!(out, "{}", explain::place(chosen))?;
        if !resolved.others.is_empty() {
            let others: Vec<String> = resolved.others.iter().take(LOSERS).map(explain::short).collect();
            writeln!(out, "also served: {}", others.join(", "))?;
        }
    }
    writeln!(out)?;
    for step in &traced.steps {
        let mark = if step.certain { " " } else { "?" };
        let mut kind = explain::kind(step.kind);
        for it in step.considered.iter().filter(|it| it.won) {
            writeln!(out, "{mark} {kind:<20} {}", phrase(it))?;
            kind = "";
        }
        let losers: Vec<&Considered> = step.considered.iter().filter(|it| !it.won).collect();
        if kind.is_empty() {
            for it in losers.iter().take(LOSERS) {
                writeln!(out, "  {:<20}   not {}", "", phrase(it))?;
            }
        } else {
            for it in losers.iter().take(LOSERS) {
                writeln!(out, "{mark} {kind:<20} not {}", phrase(it))?;
                kind = "";
            }
        }
        if losers.len() > LOSERS {
            writeln!(out, "  {:<20}   and {} more", "", losers.len() - LOSERS)?;
        }
    }
    if !traced.misses.is_empty() {
        writeln!(out)?;
    }
    for miss in &traced.misses {
        writeln!(out, "{}", explain::miss(miss))?;
    }
    writeln!(out, "\n{}", explain::verdict(&traced.verdict))?;
    if let Some(next) = explain::next(traced) {
        writeln!(out, "{next}")?;
    }
    Ok(())
}

fn phrase(it: &Considered) -> String {
    let name = if it.name.is_empty() { "(unnamed)" } else { &it.name };
    match explain::why(&it.why).as_str() {
        "taken" => name.to_owned(),
        why => format!("{name}: {why}"),
    }
}

/// The request in a line.
pub fn head(request: &Request) -> String {
    let protocol = request.protocol();
    let from = request.from.as_deref().map_or_else(String::new, |it| format!(" from {it}"));
    if !protocol.http() {
        let kind = if protocol.tls() { "TLS" } else { "TCP" };
        let sni = request.sni.as_deref().map_or_else(String::new, |it| format!(" ({it})"));
        return format!("{kind} to {}{sni}{from}", request.to);
    }
    let scheme = if protocol.tls() { "https" } else { "http" };
    let authority = request.authority.as_deref().unwrap_or(&request.to);
    let path = request.path.as_deref().unwrap_or("/");
    let method = request.method.as_deref().unwrap_or("GET");
    format!("{method} {scheme}://{authority}{path} to {}{from}", request.to)
}
