//! What is wrong: judged in idle slices, kept, filtered, cut.

use std::collections::{BTreeMap, BTreeSet};

use super::protocol::{
    Counts, FindingDetail, FindingLine, Findings, FindingsWindow, Marks, Proof, ProxyId, ResourceMark,
    ResourceRef, Severity, Suppression,
};
use super::{holds, words};
use crate::capture::Capture;
use crate::envoy::Kind;
use crate::findings::texts::{Language, sentence};
use crate::findings::{Certainty, Finding, Report, Run, checks, proxy_name};
use crate::json::{Node, line_column};
use crate::order::InOrder;

/// How many lines an answer has at most; each is some hundred bytes, and a sentence's words may be long.
const MOST: usize = 100;
/// How many findings are told whole at once.
const WHOLE: usize = 24;
/// How many proxies of a finding are named.
const NAMED: usize = 8;
/// How many resources are marked.
const MARKED: usize = 2000;

/// What was found so far.
#[derive(Default)]
pub struct Cache {
    run: Option<Box<Run>>,
    report: Option<Report>,
    suppressions: BTreeSet<Suppression>,
}

impl Cache {
    /// Forgets what was found; what was suppressed stays so.
    pub fn forget(&mut self) {
        self.run = None;
        self.report = None;
    }

    /// Whether all is judged.
    pub fn done(&self) -> bool {
        self.report.is_some()
    }

    /// Judges a little more: some tens of microseconds for most, a millisecond for a large resource. Whether there is
    /// more to do.
    pub fn work(&mut self, capture: &Capture) -> bool {
        if self.report.is_some() || capture.documents().next().is_none() {
            return false;
        }
        let run = self.run.get_or_insert_with(|| Box::new(Run::new(capture, None)));
        if run.step(capture) {
            return true;
        }
        self.report = self.run.take().map(|it| it.finish());
        false
    }

    fn all(&self) -> impl Iterator<Item = (u32, &Finding)> {
        let list = self.report.iter().flat_map(|it| &it.findings);
        (0..).zip(list).filter(|(_, it)| !is_unjudged(it))
    }

    fn hides(&self, capture: &Capture, it: &Finding) -> bool {
        if self.suppressions.is_empty() {
            return false;
        }
        let names: Vec<String> =
            it.proxies.iter().filter_map(|id| capture.proxy(*id)).map(proxy_name).collect();
        self.suppressions.iter().any(|suppression| suppression.hides(it, &names))
    }

    /// What is not to be shown from now on.
    pub fn suppress(&mut self, list: &[Suppression]) {
        self.suppressions = list.iter().cloned().collect();
    }

    /// What is not shown.
    pub fn suppressions(&self) -> impl Iterator<Item = Suppression> {
        self.suppressions.iter().cloned()
    }

    /// A window of the list.
    pub fn window(&self, capture: &Capture, window: &FindingsWindow) -> Findings {
        let mut answer =
            Findings { done: self.report.is_some(), offset: window.offset, ..Findings::default() };
        answer.suppressions = self.suppressions.iter().cloned().collect();
        let words = words(&window.text);
        let (mut families, mut namespaces) = (BTreeSet::new(), BTreeSet::new());
        let mut found = Vec::new();
        for (at, it) in self.all() {
            let hidden = self.hides(capture, it);
            if hidden {
                answer.suppressed += 1;
            } else {
                count(&mut answer.counts, it.severity);
                families.insert(checks::family(it.check));
            }
            let spaces = spaces(capture, it);
            namespaces.extend(spaces.iter().map(|space| (*space).to_owned()));
            let family = window.family.is_none_or(|wanted| wanted == checks::family(it.check));
            let namespace = window.namespace.as_ref().is_none_or(|wanted| spaces.contains(&wanted.as_str()));
            let wanted = hidden == window.suppressed
                && window.severity.is_none_or(|wanted| wanted == it.severity)
                && family
                && namespace
                && window.proxy.is_none_or(|wanted| it.proxies.contains(&wanted))
                && window.resource.is_none_or(|wanted| it.places.contains(&wanted))
                && matches(it, &words);
            if !wanted {
                continue;
            }
            found.push((at, it));
        }
        answer.matched = u32::try_from(found.len()).unwrap_or(u32::MAX);
        let limit = (window.limit as usize).min(MOST);
        if let Some(wanted) = window.holding
            && let Some(place) = found.iter().position(|it| it.0 == wanted)
        {
            answer.offset = u32::try_from(place - place % limit.max(1)).unwrap_or(0);
        }
        let shown = found.iter().skip(answer.offset as usize).take(limit);
        answer.window = shown.map(|(at, it)| line(capture, *at, it)).collect();
        answer.families = families.into_iter().collect();
        answer.namespaces = namespaces.into_iter().filter(|it| !it.is_empty()).take(500).collect();
        answer.not_judged = self.unjudged();
        answer
    }

    /// Checks that were not made, by what they need.
    fn unjudged(&self) -> Vec<(String, Vec<String>)> {
        let mut by_need: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for it in self.report.iter().flat_map(|it| &it.findings).filter(|it| is_unjudged(it)) {
            if let Certainty::Needs(need) = it.certainty {
                by_need.entry(need.name()).or_default().push(it.check.to_owned());
            }
        }
        by_need.into_iter().map(|(need, checks)| (need.to_owned(), checks)).collect()
    }

    /// Findings whole, by their places.
    pub fn details(&self, capture: &Capture, places: &[u32]) -> Vec<FindingDetail> {
        let findings = self.report.as_ref().map(|it| it.findings.as_slice()).unwrap_or_default();
        let found = places.iter().take(WHOLE).filter_map(|at| Some((*at, findings.get(*at as usize)?)));
        found.map(|(at, it)| detail(capture, at, it)).collect()
    }

    /// Who has findings.
    pub fn marks(&self, capture: &Capture, proxy: Option<ProxyId>) -> Marks {
        let mut answer = Marks { done: self.report.is_some(), ..Marks::default() };
        let mut proxies: BTreeMap<ProxyId, (Severity, u32)> = BTreeMap::new();
        let mut resources: BTreeMap<(ResourceRef, Option<u32>), ResourceMark> = BTreeMap::new();
        // The worst come first.
        for (finding, it) in self.all().filter(|(_, it)| !self.hides(capture, it)) {
            count(&mut answer.counts, it.severity);
            if it.severity == Severity::Note {
                continue;
            }
            for id in &it.proxies {
                mark(proxies.entry(*id).or_insert((it.severity, 0)), it.severity);
            }
            if proxy.is_some_and(|id| it.proxies.contains(&id)) {
                for (resource, at) in parts(capture, it, proxy) {
                    let new = ResourceMark { resource, at, worst: it.severity, count: 0, finding };
                    resources.entry((resource, at)).or_insert(new).count += 1;
                }
            }
        }
        answer.proxies = proxies.into_iter().map(|(id, (worst, count))| (id, worst, count)).collect();
        answer.resources = resources.into_values().take(MARKED).collect();
        let named: BTreeSet<u32> = answer.resources.iter().map(|it| it.finding).collect();
        let named = self.all().filter(|(at, _)| named.contains(at)).take(MOST);
        answer.lines = named.map(|(at, it)| line(capture, at, it)).collect();
        answer
    }
}

/// The resources of a proxy that a finding concerns; of a route configuration or a listener the routes, else virtual
/// hosts, or filter chains in which it shows. What shows in none of them is the whole resource's.
fn parts(capture: &Capture, it: &Finding, proxy: Option<ProxyId>) -> BTreeSet<(ResourceRef, Option<u32>)> {
    let mut found = BTreeSet::new();
    for place in it.places.iter().filter(|it| capture.owner(it.document) == proxy) {
        let Some((document, resource)) = super::resource(capture, *place) else { continue };
        let lists: &[&str] = match resource.kind {
            Kind::Route => &["virtual_hosts", "routes"],
            Kind::Listener => &["filter_chains"],
            _ => {
                found.insert((*place, None));
                continue;
            }
        };
        let Ok(tree) = resource.body(&document.bytes) else { continue };
        let mut spots = it.spots.iter().filter(|it| it.0 == *place).map(|it| it.1).peekable();
        if spots.peek().is_none() {
            found.insert((*place, None));
        }
        for spot in spots {
            let holds = |it: &Node<'_>| (it.span().start..it.span().end).contains(&spot);
            let (mut node, mut at) = (tree.root(), None);
            for list in lists {
                let default = (*list == "filter_chains").then(|| node.get("default_filter_chain")).flatten();
                let Some(part) = node.list(list).chain(default).find(holds) else { break };
                (node, at) = (part, Some(part.span().start));
            }
            found.insert((*place, at));
        }
    }
    found
}

fn mark(known: &mut (Severity, u32), severity: Severity) {
    known.0 = known.0.max(severity);
    known.1 += 1;
}

fn is_unjudged(it: &Finding) -> bool {
    it.case == "not_judged"
}

fn count(counts: &mut Counts, severity: Severity) {
    match severity {
        Severity::Error => counts.errors += 1,
        Severity::Warning => counts.warnings += 1,
        Severity::Note => counts.notes += 1,
    }
}

/// The namespaces that a finding belongs to: its resource's, else its proxies'.
fn spaces<'f>(capture: &'f Capture, it: &'f Finding) -> Vec<&'f str> {
    if !it.namespace.is_empty() {
        return vec![&it.namespace];
    }
    let proxies = it.proxies.iter().filter_map(|id| capture.proxy(*id));
    let mut list: Vec<&str> = proxies.map(|it| it.identity.namespace.as_str()).collect();
    list.order();
    list.dedup();
    list
}

/// Whether all words occur in what is shown of it.
fn matches(it: &Finding, words: &[String]) -> bool {
    // The sentence is written for words alone.
    words.is_empty() || {
        let owner = it.owner.as_deref().unwrap_or_default();
        holds(&[&*sentence(Language::En, it), it.check, &it.resource, owner].join(" "), words)
    }
}

fn line(capture: &Capture, at: u32, it: &Finding) -> FindingLine {
    let named = it.proxies.iter().take(NAMED).filter_map(|id| Some((*id, proxy_name(capture.proxy(*id)?))));
    let word = |text: &str| super::cut(text, 400).to_owned();
    FindingLine {
        at,
        id: it.check.to_owned(),
        severity: it.severity,
        certainty: it.certainty,
        case: it.case.to_owned(),
        args: it.args.iter().map(|(name, value)| ((*name).to_owned(), word(value))).collect(),
        subject: it.subject,
        resource: word(&it.resource),
        proxies: named.collect(),
        count: u32::try_from(it.proxies.len()).unwrap_or(u32::MAX),
        owner: it.owner.clone(),
        place: it.places.first().copied(),
    }
}

fn detail(capture: &Capture, at: u32, it: &Finding) -> FindingDetail {
    let fact = |fact: &crate::findings::Evidence| {
        let document = capture.document(fact.document)?;
        Some(Proof {
            document: fact.document,
            path: document.path.clone(),
            resource: fact.resource,
            line: fact.span.map(|span| line_column(&document.bytes, span.start).line),
            pointer: fact.pointer(capture),
            value: fact.value.clone(),
        })
    };
    FindingDetail {
        line: line(capture, at, it),
        evidence: it.evidence.iter().filter_map(fact).collect(),
        listeners: it.listeners.clone(),
        hosts: it.hosts.clone(),
        response: it.response.map(|it| (it.status, it.flag.to_owned(), it.details.to_owned())),
    }
}
