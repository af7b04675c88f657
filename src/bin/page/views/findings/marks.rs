//! Findings told elsewhere: on the capture's page, on a proxy's overview, beside a resource, in the rows of tables.

use std::collections::BTreeMap;
use std::rc::Rc;

use xdscope::engine::protocol::{
    Answer, FindingLine, FindingsWindow, Marks, ProxyId, Query, ResourceMark, ResourceRef, Row, Severity,
    Subject,
};
use yew::prelude::*;

use super::{sentence, severity};
use crate::context::{Page, use_answer, use_page};
use crate::link::Place;
use crate::parts::{Icon, icon, toned};
use crate::settings::Lang;
use crate::words::Tone;

/// How many are told in a card.
const TOLD: u32 = 5;

/// A line with how many there are, and the way to them; nothing while there is none.
#[component]
pub fn Summary() -> Html {
    let page = use_page();
    let answer = use_answer(Some(Query::Marks(None)));
    let Some(Answer::Marks(Marks { counts, .. })) = answer.as_deref() else { return html! {} };
    if counts.errors + counts.warnings == 0 {
        return html! {};
    }
    html! {
        <a class="x-card x-findings-line" href={page.href(Place::Findings(None))} data-testid="findings-summary">
            <span>{ tr!("findings.title") }</span>{ " " }
            if counts.errors > 0 {
                { toned((count!("findings.n_error", "findings.n_errors", counts.errors), Tone::Bad)) }{ " " }
            }
            if counts.warnings > 0 {
                { toned((count!("findings.n_warning", "findings.n_warnings", counts.warnings), Tone::Warn)) }
            }
        </a>
    }
}

#[derive(Clone, PartialEq, Properties)]
pub struct ProxyProps {
    pub proxy: ProxyId,
}

/// The worst of a proxy's.
#[component]
pub fn OfProxy(props: &ProxyProps) -> Html {
    let page = use_page();
    let window = FindingsWindow { proxy: Some(props.proxy), limit: TOLD, ..FindingsWindow::default() };
    card(&page, use_answer(Some(Query::Findings(window))), Some(props.proxy), false)
}

#[derive(Clone, PartialEq, Properties)]
pub struct ResourceProps {
    pub resource: ResourceRef,
}

/// Those of a resource.
#[component]
pub fn OfResource(props: &ResourceProps) -> Html {
    let page = use_page();
    let window = FindingsWindow { resource: Some(props.resource), limit: TOLD, ..FindingsWindow::default() };
    card(&page, use_answer(Some(Query::Findings(window))), None, true)
}

fn card(page: &Page, answer: Option<Rc<Answer>>, proxy: Option<ProxyId>, small: bool) -> Html {
    let Some(Answer::Findings(found)) = answer.as_deref() else { return html! {} };
    if found.window.is_empty() {
        return html! {};
    }
    let rest = found.matched as usize - found.window.len().min(found.matched as usize);
    html! {
        <section class={if small { "x-findings-of" } else { "x-card x-findings-of" }} data-testid="findings-here" aria-label={tr!("findings.title")}>
            if !small {
                <h2>{ tr!("findings.title") }</h2>
            }
            <ul>
                { for found.window.iter().map(|it| html! {
                    <li key={it.at}>{ toned(severity(it.severity)) }{ " " }{ told(page, it, proxy) }</li>
                }) }
            </ul>
            if !small || rest > 0 {
                <p>
                    <a href={page.href(Place::Findings(proxy))} data-testid="findings-more">
                        { count!("findings.see_one", "findings.see", found.matched) }
                    </a>
                </p>
            }
        </section>
    }
}

/// A finding's sentence, which opens it.
fn told(page: &Page, it: &FindingLine, proxy: Option<ProxyId>) -> Html {
    let says = sentence(page.lang, it);
    match proxy.or(it.proxies.first().map(|it| it.0)) {
        Some(proxy) => html! {
            <a class="x-finding-line" href={page.href(Place::Finding(proxy, it.at))} data-testid="finding-link">{ says }</a>
        },
        None => html! { <span>{ says }</span> },
    }
}

/// The resources of a proxy that have findings, for its rows, the boxes of its graph and the steps of its traces.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Marked {
    marks: Rc<BTreeMap<ResourceRef, Vec<ResourceMark>>>,
    lines: Rc<BTreeMap<u32, FindingLine>>,
}

/// What is told beside a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub worst: Severity,
    /// The finding to open, by its place.
    pub finding: u32,
    pub says: AttrValue,
}

impl Marked {
    /// What is told of a resource, and of the part of it that begins at that byte. `whole`: of a listener or route
    /// configuration as such, not of what it holds.
    pub fn told(&self, lang: Lang, resource: ResourceRef, at: Option<u32>, whole: bool) -> Option<Told> {
        let marks = self.marks.get(&resource)?;
        let here = marks.iter().filter(|it| if whole { it.at.is_none() } else { it.at == at });
        let worst = here.clone().min_by_key(|it| it.finding)?;
        let count: u32 = here.map(|it| it.count).sum();
        let line = self.lines.get(&worst.finding).map(|it| sentence(lang, it));
        let says = match line {
            Some(line) if count < 2 => line.into(),
            Some(line) => tr!("findings.mark_more", says = line, n = count - 1),
            None => count!("findings.one", "findings.many", count),
        };
        Some(Told { worst: worst.worst, finding: worst.finding, says })
    }
}

/// A mark that opens its finding, and says it to the pointer and to the keyboard.
pub fn mark_link(page: &Page, proxy: ProxyId, told: &Told) -> Html {
    let (sign, class) = sign(told.worst);
    html! {
        <a
            class={classes!("x-finding-mark", class)} href={page.href(Place::Finding(proxy, told.finding))}
            data-testid="finding-mark"
        >
            { icon(sign) }<span class="x-finding-tip">{ told.says.clone() }</span>
        </a>
    }
}

/// A severity's sign, and the class of its colour.
pub fn sign(worst: Severity) -> (Icon, &'static str) {
    match worst {
        Severity::Error => (Icon::Bad, "x-bad"),
        _ => (Icon::Warn, "x-warn"),
    }
}

/// Asks for them.
#[hook]
pub fn use_marked(proxy: ProxyId) -> Marked {
    let answer = use_answer(Some(Query::Marks(Some(proxy))));
    let marked = use_memo(answer, |answer| {
        let Some(Answer::Marks(marks)) = answer.as_deref() else { return Marked::default() };
        let mut by_resource: BTreeMap<ResourceRef, Vec<ResourceMark>> = BTreeMap::new();
        for it in &marks.resources {
            by_resource.entry(it.resource).or_default().push(*it);
        }
        let lines = marks.lines.iter().map(|it| (it.at, it.clone())).collect();
        Marked { marks: Rc::new(by_resource), lines: Rc::new(lines) }
    });
    (*marked).clone()
}

/// The mark of a row, where what it is of has one.
pub fn mark(marked: Option<&Marked>, row: &Row) -> Html {
    let Subject::Resource(resource) = row.of else { return html! {} };
    let marks = marked.and_then(|it| it.marks.get(&resource)).into_iter().flatten();
    let here: Vec<&ResourceMark> = marks.filter(|it| it.at.is_none_or(|at| at == row.at)).collect();
    let Some(worst) = here.iter().map(|it| it.worst).max() else { return html! {} };
    let count: u32 = here.iter().map(|it| it.count).sum();
    let (sign, tone) = sign(worst);
    let class = classes!("x-mark", tone);
    let says = count!("findings.one", "findings.many", count);
    html! { <span {class} title={says.clone()} data-testid="row-mark">{ icon(sign) }<span class="x-unseen">{ says }</span></span> }
}

/// How many errors and warnings there are, for the left column.
#[hook]
pub fn use_counts() -> Option<(u32, u32)> {
    let answer = use_answer(Some(Query::Marks(None)));
    match answer.as_deref() {
        Some(Answer::Marks(marks)) if marks.done => Some((marks.counts.errors, marks.counts.warnings)),
        _ => None,
    }
}
