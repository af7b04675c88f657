//! `xdscope lint`: what is wrong in a capture, with the evidence.

use std::io::Write;
use std::path::PathBuf;

use serde::Serialize;
use xdscope::capture::{Capture, ProxyId};
use xdscope::findings::texts::{Language, field, sentence};
use xdscope::findings::{Certainty, Finding, Run, Severity, Suppression, checks, proxy_name};

use crate::fail::Failure;

/// Lists what is wrong, with the evidence.
#[derive(clap::Args)]
pub struct Args {
    /// A document, a folder or an archive; `-` for standard input.
    path: PathBuf,
    /// Only what concerns this proxy: POD or POD.NAMESPACE.
    #[arg(long)]
    proxy: Option<String>,
    /// How to print.
    #[arg(short, long, value_enum, default_value = "text")]
    output: Output,
    /// End with status 3 when there is one as bad as this, or worse.
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
    /// Leave out what this file lists: what an earlier `lint -o json` printed, or the page saved, or
    /// `[{"id": …, "resource": …, "proxy": …}]`, where `resource` and `proxy` may be missing.
    #[arg(long, value_name = "FILE")]
    suppress: Option<PathBuf>,
    /// When certificates have to be valid: a time, or `clock`. The capture's own time unless told.
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    /// The language of the sentences.
    #[arg(long, value_enum, default_value = "en")]
    lang: Lang,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Output {
    /// A paragraph for each.
    Text,
    /// One JSON array.
    Json,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum FailOn {
    Error,
    Warning,
}

/// The language of the sentences.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Lang {
    En,
    Zh,
}

impl From<Lang> for Language {
    fn from(it: Lang) -> Language {
        match it {
            Lang::En => Language::En,
            Lang::Zh => Language::Zh,
        }
    }
}

/// A finding as `-o json` has it.
#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    severity: &'a str,
    certainty: &'a str,
    /// The document or section that a check needs which was not made.
    #[serde(skip_serializing_if = "Option::is_none")]
    needs: Option<&'a str>,
    proxy: Option<String>,
    /// All of them, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    proxies: Vec<String>,
    kind: &'a str,
    resource: &'a str,
    namespace: &'a str,
    message: String,
    evidence: Vec<Fact<'a>>,
    owner: Option<&'a str>,
    count: usize,
    listeners: &'a [String],
    hosts: &'a [String],
    /// What Envoy would answer.
    answer: Option<Answer>,
    fix: Option<&'a str>,
}

#[derive(Serialize)]
struct Fact<'a> {
    document: &'a str,
    pointer: String,
    value: &'a str,
}

#[derive(Serialize)]
struct Answer {
    status: Option<u16>,
    flag: &'static str,
    details: &'static str,
}

/// # Errors
/// Where the path or the suppressions cannot be read, the proxy is none, or `--fail-on` is met.
pub fn run(args: &Args, out: &mut impl Write) -> Result<(), Failure> {
    let engine = crate::open::open(&args.path)?;
    let capture = engine.capture();
    if !capture.documents().any(|(_, it)| it.why.is_none()) {
        return Err(Failure::Input(format!("{}: no document could be read", args.path.display())));
    }
    let only = args
        .proxy
        .as_deref()
        .map(|name| crate::choose::proxy_named(capture, &args.path, name))
        .transpose()?;
    let only = only.map(|it| it.0);
    let suppressions = args.suppress.as_ref().map(suppressions).transpose()?.unwrap_or_default();
    let now = crate::choose::now(args.now.as_deref(), capture)?;
    let report = Run::whole(capture, Some(now));
    let hidden = |it: &Finding| {
        let names = names(capture, &it.proxies);
        suppressions.iter().any(|suppression| suppression.hides(it, &names))
    };
    let concerned = |it: &Finding| only.is_none_or(|id| it.proxies.contains(&id));
    let findings: Vec<&Finding> = report.findings.iter().filter(|it| concerned(it)).collect();
    let before = findings.len();
    let findings: Vec<&Finding> = findings.into_iter().filter(|it| !hidden(it)).collect();
    match args.output {
        Output::Json => {
            let entries: Vec<Entry<'_>> =
                findings.iter().map(|it| entry(capture, it, only, args.lang.into())).collect();
            let text = serde_json::to_string_pretty(&entries).map_err(|it| Failure::Input(it.to_string()))?;
            writeln!(out, "{text}")?;
        }
        Output::Text => text(capture, &findings, args.lang.into(), out)?,
    }
    out.flush()?;
    if before > findings.len() {
        eprintln!("xdscope: {} suppressed", before - findings.len());
    }
    for (check, more) in &report.left_out {
        eprintln!("xdscope: {check}: {more} more are not listed");
    }
    let least = match args.fail_on {
        Some(FailOn::Error) => Severity::Error,
        Some(FailOn::Warning) => Severity::Warning,
        None => return Ok(()),
    };
    if findings.iter().any(|it| it.severity >= least) { Err(Failure::Found) } else { Ok(()) }
}

fn suppressions(file: &PathBuf) -> Result<Vec<Suppression>, Failure> {
    let text = std::fs::read_to_string(file).map_err(|source| Failure::unreadable(file, source))?;
    serde_json::from_str(&text).map_err(|it| {
        Failure::Input(format!("{}: not a list of suppressions, [{{\"id\": …}}]: {it}", file.display()))
    })
}

fn names(capture: &Capture, proxies: &[ProxyId]) -> Vec<String> {
    proxies.iter().filter_map(|it| capture.proxy(*it)).map(proxy_name).collect()
}

fn entry<'a>(capture: &'a Capture, it: &'a Finding, only: Option<ProxyId>, language: Language) -> Entry<'a> {
    let all = names(capture, &it.proxies);
    let proxy = only.and_then(|id| capture.proxy(id)).map(proxy_name).or_else(|| all.first().cloned());
    let fact = |fact: &'a xdscope::findings::Evidence| Fact {
        document: capture.document(fact.document).map_or("", |it| it.path.as_str()),
        pointer: fact.pointer(capture),
        value: &fact.value,
    };
    let answer = it.response.map(|it| Answer {
        status: Some(it.status).filter(|it| *it > 0),
        flag: it.flag,
        details: it.details,
    });
    Entry {
        id: it.check,
        severity: it.severity.name(),
        certainty: it.certainty.name(),
        needs: match it.certainty {
            Certainty::Needs(need) => Some(need.name()),
            _ => None,
        },
        proxy,
        count: all.len().max(1),
        proxies: if all.len() > 1 { all } else { Vec::new() },
        kind: it.subject.name(),
        resource: &it.resource,
        namespace: &it.namespace,
        message: sentence(language, it),
        evidence: it.evidence.iter().map(fact).collect(),
        owner: it.owner.as_deref(),
        listeners: &it.listeners,
        hosts: &it.hosts,
        answer,
        fix: field(language, it.check, "fix").filter(|_| it.case != "not_judged"),
    }
}

/// How many pieces of evidence a paragraph shows.
const SHOWN: usize = 3;

fn text(
    capture: &Capture,
    findings: &[&Finding],
    language: Language,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let judged: Vec<&&Finding> = findings.iter().filter(|it| it.case != "not_judged").collect();
    let count = |severity| judged.iter().filter(|it| it.severity == severity).count();
    writeln!(
        out,
        "{} errors, {} warnings, {} notes",
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Note)
    )?;
    for it in &judged {
        let all = names(capture, &it.proxies);
        let whose = match (all.first(), all.len()) {
            (None, _) => String::new(),
            (Some(first), 1) => format!("  {first}"),
            (Some(first), count) => format!("  {first} and {} more", count - 1),
        };
        let likely = if it.certainty == Certainty::Likely { ", likely" } else { "" };
        writeln!(out, "\n{}{likely}  {}{whose}", it.severity.name().to_uppercase(), it.check)?;
        writeln!(out, "  {}", sentence(language, it))?;
        if let Some(response) = &it.response {
            let status = if response.status > 0 {
                response.status.to_string()
            } else {
                "the connection ends".to_owned()
            };
            let words: Vec<&str> = [status.as_str(), response.flag, response.details]
                .into_iter()
                .filter(|it| !it.is_empty())
                .collect();
            writeln!(out, "  Envoy answers: {}", words.join(" "))?;
        }
        if let Some(owner) = &it.owner {
            writeln!(out, "  from: {owner}")?;
        }
        if !it.listeners.is_empty() {
            writeln!(out, "  reached by: {}", it.listeners.join(", "))?;
        }
        for fact in it.evidence.iter().take(SHOWN) {
            let path = capture.document(fact.document).map_or("", |it| it.path.as_str());
            writeln!(out, "  {path}{}: {}", fact.pointer(capture), fact.value)?;
        }
    }
    // What was not judged: for each need, the checks.
    let mut needs: Vec<(String, Vec<&str>)> = Vec::new();
    for it in findings.iter().filter(|it| it.case == "not_judged") {
        let need = sentence(language, it);
        match needs.iter_mut().find(|known| known.0 == need) {
            Some(known) => known.1.push(it.check),
            None => needs.push((need, vec![it.check])),
        }
    }
    for (need, checks) in needs {
        writeln!(out, "\n{need}\n  {}", checks.join(", "))?;
    }
    Ok(())
}

/// Says what a check means.
#[derive(clap::Args)]
pub struct Explain {
    /// The check's id; without one, all of them are listed.
    id: Option<String>,
    /// The language.
    #[arg(long, value_enum, default_value = "en")]
    lang: Lang,
}

/// # Errors
/// Where there is no such check.
pub fn explain(args: &Explain, out: &mut impl Write) -> Result<(), Failure> {
    let language = Language::from(args.lang);
    let Some(id) = &args.id else {
        let width = checks::ALL.iter().map(|it| it.0.len()).max().unwrap_or(0);
        for (id, _) in checks::ALL {
            writeln!(out, "{id:width$}  {}", field(language, id, "title").unwrap_or_default())?;
        }
        return Ok(());
    };
    let Some((id, _)) = checks::ALL.iter().find(|it| it.0 == id) else {
        return Err(Failure::Usage(format!("no check {id}; xdscope explain lists them")));
    };
    let get = |name| field(language, id, name).unwrap_or_default();
    writeln!(out, "{id}: {}", get("title"))?;
    let heads = match language {
        Language::En => {
            ["What it means", "In traffic", "To confirm", "To fix", "Source", "When it may be wrong"]
        }
        Language::Zh => ["含义", "流量中的表现", "如何确认", "如何修复", "来源", "何时可能有误"],
    };
    for (head, name) in heads.iter().zip(["means", "shows", "confirm", "fix", "source", "wrong"]) {
        writeln!(out, "\n{head}\n  {}", get(name))?;
    }
    Ok(())
}
