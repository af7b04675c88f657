//! A trace as text for somewhere else: the request, how it ends, each decision with what won and why the others lost.

use xdscope::engine::protocol::{StepKind, Traced, TracedOne};

use super::super::table_copy;
use super::{compare, says};

/// All of it.
pub fn text(traced: &Traced) -> String {
    let ending = &traced.ending;
    let (sentence, next) = says::ending(ending);
    let mut out = format!("{}\n{}: {sentence}\n", compare::request(&traced.form), says::badge(ending).0);
    for (part, share) in &ending.clusters {
        let share = if share.is_empty() { String::new() } else { format!(" {share} %") };
        out.push_str(&format!("{}{share}\n", table_copy::said(&vec![part.clone()])));
    }
    for said in [ending.details.as_str(), &ending.route, &ending.owner, &next] {
        if !said.is_empty() {
            out.push_str(&format!("{said}\n"));
        }
    }
    for (at, step) in traced.steps.iter().enumerate() {
        out.push_str(&format!("\n{}. {}\n", at + 1, says::kind(step.kind)));
        step.considered.iter().for_each(|it| one(step.kind, it, &mut out));
        if step.more > 0 {
            out.push_str(&format!("   - {}\n", tr!("trace.others_in_dump", n = step.more)));
        }
        if let Some(place) = &step.place {
            out.push_str(&format!("   {} {}\n", place.name, tr!("trace.line", line = place.place.line)));
        }
    }
    out
}

fn one(kind: StepKind, it: &TracedOne, out: &mut String) {
    let name = if it.name.is_empty() { tr!("trace.unnamed").to_string() } else { it.name.clone() };
    let why = says::why(kind, &it.why);
    let colon = if why.is_empty() { "" } else { ": " };
    out.push_str(&format!("   {} {name}{colon}{why}\n", if it.won { '+' } else { '-' }));
}
