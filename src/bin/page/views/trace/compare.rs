//! Requests side by side: a column for each, a row for each kind of decision, what differs marked.

use std::rc::Rc;

use xdscope::engine::protocol::{Form, StepKind, Traced};
use yew::prelude::*;

use super::memory::Way;
use super::says;
use super::verdict::short;
use crate::context::use_page;
use crate::parts::{Button, Icon, Variant, icon, toned};
use crate::words;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub kept: Vec<Way>,
    pub now: Option<Rc<Traced>>,
    /// Traces a kept request here.
    pub again: Callback<Form>,
    pub remove: Callback<usize>,
}

/// What is compared beside the end.
const KINDS: [StepKind; 7] = [
    StepKind::Listener,
    StepKind::FilterChain,
    StepKind::RouteConfiguration,
    StepKind::VirtualHost,
    StepKind::Route,
    StepKind::Cluster,
    StepKind::Endpoints,
];

#[component]
pub fn Compare(props: &Props) -> Html {
    let page = use_page();
    let now = props.now.clone().map(|traced| Way::of(&page, traced));
    // A request that is kept and shown need not stand there twice.
    let shown = now
        .iter()
        .filter(|now| !props.kept.iter().any(|it| it.same_place(now) && it.traced.form == now.traced.form));
    let columns: Vec<&Way> = props.kept.iter().chain(shown).collect();
    if props.kept.is_empty() || columns.is_empty() {
        return html! {};
    }
    let ends = columns.iter().map(|it| short(&it.traced)).collect::<Vec<_>>();
    html! {
        <section class="x-card x-compare" data-testid="compare" tabindex="0" role="region" aria-label={tr!("trace.compare")}>
            <table class="x-table">
                <thead>
                    <tr>
                        <th scope="col">{ tr!("trace.compare") }</th>
                        { for columns.iter().enumerate().map(|(at, way)| head(props, at, way)) }
                    </tr>
                </thead>
                <tbody>
                    <tr>
                        <th scope="row">{ tr!("trace.verdict") }</th>
                        { for columns.iter().zip(&ends).map(|(way, end)| html! {
                            <td data-testid="compare-end">
                                { differs(*end != ends[0]) }{ toned(says::badge(&way.traced.ending)) }
                            </td>
                        }) }
                    </tr>
                    { for KINDS.iter().filter_map(|kind| row(&columns, *kind)) }
                </tbody>
            </table>
        </section>
    }
}

fn head(props: &Props, at: usize, way: &Way) -> Html {
    let kept = at < props.kept.len();
    let again = {
        let (again, form) = (props.again.clone(), way.traced.form.clone());
        Callback::from(move |_: MouseEvent| again.emit(form.clone()))
    };
    let remove = props.remove.reform(move |_: MouseEvent| at);
    let said = request(&way.traced.form);
    html! {
        <th scope="col">
            <span class="x-mono">{ said.clone() }</span>
            <span class="x-aside">
                { way.name.clone() }
                if let Some(captured) = way.captured { { " · " }{ words::time(captured) } }
            </span>
            if kept {
                <span>
                    <Button variant={Variant::Link} small=true onclick={again} testid="compare-again">
                        { tr!("trace.again") }
                    </Button>
                    <Button
                        variant={Variant::Plain} small=true onclick={remove} testid="compare-remove"
                        name={tr!("trace.remove", request = said)}
                    >
                        { icon(Icon::Close) }
                    </Button>
                </span>
            } else {
                <span class="x-aside">{ tr!("trace.now") }</span>
            }
        </th>
    }
}

/// `GET reviews:9080/missing`
pub fn request(form: &Form) -> String {
    let authority = if form.authority.is_empty() { &form.to } else { &form.authority };
    let headers = form.headers.lines().filter(|it| !it.trim().is_empty()).collect::<Vec<_>>().join(", ");
    let said = format!("{} {authority}{} {headers}", form.method, form.path);
    said.trim().to_owned()
}

fn row(columns: &[&Way], kind: StepKind) -> Option<Html> {
    let cells: Vec<String> = columns.iter().map(|it| winners(&it.traced, kind)).collect();
    if cells.iter().all(String::is_empty) {
        return None;
    }
    let first = cells[0].clone();
    Some(html! {
        <tr>
            <th scope="row">{ says::kind(kind) }</th>
            { for cells.into_iter().map(|it| html! {
                <td class="x-mono">{ differs(it != first) }{ if it.is_empty() { "–".to_owned() } else { it } }</td>
            }) }
        </tr>
    })
}

fn differs(differs: bool) -> Html {
    html! {
        if differs {
            <span class="x-differs" title={tr!("trace.differs")}>{ "≠ " }</span>
        }
    }
}

/// What steps of a kind took; of handed on connections the last listener, not those inside a tunnel.
fn winners(traced: &Traced, kind: StepKind) -> String {
    let inside = |it: &StepKind| kind == StepKind::Listener && *it == StepKind::FilterChain;
    let steps = traced.steps.iter().take_while(|it| !inside(&it.kind)).filter(|it| it.kind == kind);
    let names = |it: &xdscope::engine::protocol::TracedStep| {
        let won = it.considered.iter().filter(|it| it.won).map(|it| it.name.as_str());
        won.collect::<Vec<_>>().join(", ")
    };
    let all: Vec<String> = steps.map(names).filter(|it| !it.is_empty()).collect();
    match kind {
        StepKind::Listener => all.last().cloned().unwrap_or_default(),
        _ => all.join(", "),
    }
}
