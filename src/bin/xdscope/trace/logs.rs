//! Lines of an access log: what each says, and whether the dump accounts for it.

use std::io::{Read, Write};
use std::path::Path;

use serde_json::{Value, json};
use xdscope::trace::ask::{self, Judgement, Line, Logged};

use super::explain;
use super::print;
use super::{Asker, Output};
use crate::fail::Failure;

/// Explains each line.
///
/// # Errors
/// Where the log cannot be read, no line of it can, or standard output fails.
pub fn run(asker: &Asker<'_>, given: &str, out: &mut impl Write) -> Result<(), Failure> {
    let text = read(given)?;
    let lines = ask::lines(&text);
    if lines.is_empty() {
        return Err(Failure::Input(format!("--log {given}: there is no line in it")));
    }
    let mut any = false;
    for line in &lines {
        match &line.read {
            Ok(logged) => {
                if any && matches!(asker.output, Output::Text) {
                    writeln!(out)?;
                }
                any = true;
                match asker.output {
                    Output::Text => in_text(asker, line, logged, out)?,
                    Output::Json => {
                        let value = in_json(asker, line, logged);
                        writeln!(out, "{value}")?;
                    }
                }
            }
            // The only line there is fails the command.
            Err(fault) if lines.len() == 1 => return Err(Failure::Input(explain::log_fault(fault))),
            Err(fault) => eprintln!("xdscope: line {}: {}", line.number, explain::log_fault(fault)),
        }
    }
    if any { Ok(()) } else { Err(Failure::Input(format!("no line could be read; {}", explain::FORMATS))) }
}

/// A file, standard input, or the line itself.
fn read(given: &str) -> Result<String, Failure> {
    if given == "-" {
        let mut text = String::new();
        std::io::stdin()
            .lock()
            .read_to_string(&mut text)
            .map_err(|source| Failure::unreadable(Path::new("-"), source))?;
        return Ok(text);
    }
    let is_line = given.contains("] \"") || given.trim_start().starts_with('{') || given.contains('\n');
    if is_line {
        return Ok(given.to_owned());
    }
    let bytes = std::fs::read(given).map_err(|source| Failure::unreadable(Path::new(given), source))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn in_text(asker: &Asker<'_>, line: &Line, logged: &Logged, out: &mut impl Write) -> Result<(), Failure> {
    let time = logged.time.as_deref().unwrap_or("");
    writeln!(out, "line {}: {time} {}", line.number, print::head(&logged.request))?;
    for (key, says) in meanings(logged) {
        writeln!(out, "  {key}: {says}")?;
    }
    match ask::with_dump(&asker.tracer, &asker.services, logged) {
        Ok((_, traced, judgement)) => {
            writeln!(out, "  dump: {}", explain::verdict(&traced.verdict))?;
            writeln!(out, "  {}", explain::judgement(&judgement))?;
        }
        Err(why) => writeln!(out, "  dump: {}", explain::unresolved(&why))?,
    }
    Ok(())
}

/// What the status, flags and details of a line mean.
fn meanings(logged: &Logged) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for flag in &logged.flags {
        let says = ask::flag(flag).map_or("not one of Envoy's own flags; a filter has set it", |it| it.en);
        out.push((flag.clone(), says.to_owned()));
    }
    let said = [&logged.details, &logged.termination, &logged.transport_failure];
    for text in said.into_iter().flatten() {
        let found: Vec<&str> = ask::detail(text).iter().map(|it| it.en).collect();
        let says = if found.is_empty() {
            "a filter's or an upstream's own words".to_owned()
        } else {
            found.join(" ")
        };
        out.push((text.clone(), says));
    }
    out
}

fn in_json(asker: &Asker<'_>, line: &Line, logged: &Logged) -> Value {
    let meanings: Vec<Value> =
        meanings(logged).into_iter().map(|(key, says)| json!({"key": key, "means": says})).collect();
    let mut out = json!({
        "line": line.number,
        "format": logged.format,
        "flags": logged.flags,
        "meanings": meanings,
    });
    match ask::with_dump(&asker.tracer, &asker.services, logged) {
        Ok((resolved, traced, judgement)) => {
            let traced = serde_json::to_value(print::line(asker, &resolved, &traced)).unwrap_or_default();
            let (explained, differences) = match judgement {
                Judgement::Decided => ("decided", Vec::new()),
                Judgement::Beyond => ("beyond", Vec::new()),
                Judgement::Unsure => ("unsure", Vec::new()),
                Judgement::Differs(them) => ("differs", them),
            };
            out["explained"] = json!(explained);
            out["differences"] = json!(differences);
            out["trace"] = traced;
        }
        Err(why) => out["explained"] = json!(explain::unresolved(&why)),
    }
    out
}
