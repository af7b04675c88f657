//! The graph around a focus, with its tools, its list, and the detail of what is selected.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use web_sys::HtmlSelectElement;
use xdscope::engine::protocol::{Answer, GraphAsk, GraphDrawing, GraphFocus, ProxyId, Query, ResourceRef};
use xdscope::graph::words::Words;
use xdscope::graph::{Kind, Node};
use yew::prelude::*;

use super::canvas::Canvas;
use super::find::Find;
use super::list::List;
use super::save::{self, FORMATS};
use super::words::{Said, heading};
use crate::browser;
use crate::context::{use_answer, use_page};
use crate::link::{Place, View};
use crate::parts::{Button, Copy, Icon, Variant, icon};
use crate::settings::Lang;
use crate::views::detail::Detail;
use crate::views::findings::{Marked, Told, use_marked};

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub proxy: ProxyId,
    pub focus: GraphFocus,
    pub go: Callback<GraphFocus>,
}

/// What is selected: by id, for places change when a group opens.
#[derive(Clone, Debug, Default, PartialEq)]
struct Chosen {
    id: Option<String>,
    /// Whether its detail is open.
    open: bool,
    /// The nodes that were there before a group was opened: the first new one is selected.
    before: BTreeSet<String>,
}

#[component]
pub fn Around(props: &Props) -> Html {
    let page = use_page();
    let depth = use_state(|| None::<u32>);
    let opened = use_state(Vec::<(String, u32)>::new);
    let chosen = use_state(Chosen::default);
    let as_list = use_state(|| false);
    let with_trace = use_state(|| true);
    let way = super::lit::way(&page, props.proxy);
    {
        let (focus, proxy, mark) = (props.focus, props.proxy, page.mark);
        use_effect_with((), move |()| super::trail::arrived(mark, proxy, focus));
    }
    let ask = GraphAsk {
        proxy: props.proxy,
        focus: props.focus,
        depth: *depth,
        opened: (*opened).clone(),
        lit: way.as_ref().filter(|_| *with_trace).map(|it| it.places.clone()).unwrap_or_default(),
    };
    let answer = use_answer(Some(Query::Graph(ask)));
    let drawing = use_memo(answer.clone(), |answer| match answer.as_deref() {
        Some(Answer::Graph(drawing)) => Some(Rc::new(drawing.clone())),
        _ => None,
    });
    let marked = use_marked(props.proxy);
    let told = use_memo((drawing.clone(), marked, page.lang), |(drawing, marked, lang)| {
        let all = drawing.as_ref().iter().flat_map(|drawing| told(drawing, marked, *lang));
        Rc::new(all.collect::<BTreeMap<u32, Told>>())
    });
    let Some(drawing) = (*drawing).clone() else {
        let gone = answer.is_some();
        return html! {
            <div class="x-body" aria-busy={(!gone).then_some("true")}>
                if gone { <p class="x-card x-pad" data-testid="graph-gone">{ tr!("graph.gone") }</p> }
            </div>
        };
    };
    let graph = &drawing.graph;
    let selected = selected(&drawing, &chosen);
    let select = {
        let (chosen, drawing) = (chosen.clone(), drawing.clone());
        Callback::from(move |at: u32| {
            let id = drawing.graph.nodes.get(at as usize).map(|it| it.id.clone());
            chosen.set(Chosen { id, open: chosen.open, before: BTreeSet::new() });
        })
    };
    let open = {
        let (chosen, opened, drawing) = (chosen.clone(), opened.clone(), drawing.clone());
        Callback::from(move |at: u32| {
            let Some(node) = drawing.graph.nodes.get(at as usize) else { return };
            if !node.folded {
                chosen.set(Chosen { id: Some(node.id.clone()), open: true, before: BTreeSet::new() });
                return;
            }
            let mut all = (*opened).clone();
            match all.iter_mut().find(|(id, _)| *id == node.id) {
                Some((_, times)) => *times += 1,
                None => all.push((node.id.clone(), 1)),
            }
            let before = drawing.graph.nodes.iter().map(|it| it.id.clone()).collect();
            chosen.set(Chosen { id: None, open: false, before });
            opened.set(all);
        })
    };
    let close = {
        let chosen = chosen.clone();
        Callback::from(move |()| chosen.set(Chosen { open: false, ..(*chosen).clone() }))
    };
    let onkeydown = {
        let (chosen, opened, close, page, proxy) =
            (chosen.clone(), opened.clone(), close.clone(), page.clone(), props.proxy);
        let here = graph.nodes.get(selected as usize).map(|it| it.id.clone());
        Callback::from(move |event: KeyboardEvent| {
            if event.key() != "Escape" || event.default_prevented() {
                return;
            }
            event.prevent_default();
            if chosen.open {
                close.emit(());
                if let Some(canvas) = browser::by_test_id("graph") {
                    let _ = canvas.focus();
                }
            } else if let Some((last, _)) = opened.last().cloned() {
                let mut all = (*opened).clone();
                all.pop();
                opened.set(all);
                chosen.set(Chosen { id: Some(last).or(here.clone()), open: false, before: BTreeSet::new() });
            } else {
                super::trail::back(&page, proxy);
            }
        })
    };
    let ondepth = {
        let depth = depth.clone();
        Callback::from(move |event: Event| {
            let value = event.target_unchecked_into::<HtmlSelectElement>().value();
            depth.set(value.parse().ok());
        })
    };
    let toggle = {
        let as_list = as_list.clone();
        Callback::from(move |_: MouseEvent| as_list.set(!*as_list))
    };
    let shows = !drawing.lit.is_empty();
    let ontrace = way.as_ref().map(|way| {
        let (with_trace, go, focus) = (with_trace.clone(), props.go.clone(), way.focus);
        Callback::from(move |_: MouseEvent| {
            // Where the way does not pass, one is taken there.
            if !shows && *with_trace {
                go.emit(focus);
            } else {
                with_trace.set(!*with_trace);
            }
        })
    });
    let onfinding = {
        let (page, proxy) = (page.clone(), props.proxy);
        Callback::from(move |finding: u32| page.go(Place::Finding(proxy, finding)))
    };
    let oncopy = {
        let (page, drawing) = (page.clone(), drawing.clone());
        Callback::from(move |done: Callback<bool>| save::copy(&page, &drawing, done))
    };
    let here = told.get(&selected).map(|it| it.says.clone()).unwrap_or_default();
    let broken = graph.nodes.iter().filter(|it| it.broken.is_some()).count();
    let node = graph.nodes.get(selected as usize);
    let focused = graph.focus.first().and_then(|at| graph.nodes.get(*at as usize));
    html! {
        <div class="x-body x-graph" {onkeydown}>
            <div class="x-card x-toolbar x-wrapping">
                if let Some(node) = focused {
                    <span class="x-chip x-only" data-testid="graph-focus">
                        <span class="x-aside">{ heading(node.kind) }</span>
                        <span class="x-mono x-cut" title={node.name.clone()}>{ Said.title(node) }</span>
                        <a
                            href={page.href(Place::Proxy(props.proxy, View::Graph(None)))} aria-label={tr!("graph.start.back")}
                            title={tr!("graph.start.back")} data-testid="graph-clear"
                        >
                            { icon(Icon::Close) }
                        </a>
                    </span>
                }
                <Find proxy={props.proxy} go={props.go.clone()} />
                <select class="x-input" aria-label={tr!("graph.depth")} onchange={ondepth} data-testid="graph-depth">
                    <option value="" selected={depth.is_none()}>{ tr!("graph.depth.all") }</option>
                    { for [1_u32, 2, 3].into_iter().map(|steps| html! {
                        <option value={steps.to_string()} selected={*depth == Some(steps)}>
                            { count!("graph.depth.step", "graph.depth.steps", steps) }
                        </option>
                    }) }
                </select>
                <Button small=true variant={Variant::Link} onclick={toggle} pressed={Some(*as_list)} testid="graph-as-list">
                    { tr!("graph.list.show") }
                </Button>
                if let Some(onclick) = ontrace {
                    <Button small=true variant={Variant::Link} {onclick} pressed={Some(shows)} testid="graph-trace">
                        { tr!("graph.trace") }
                    </Button>
                }
                if broken > 0 {
                    <span class="x-bad" role="status">{ tr!("graph.broken_inside", n = broken) }</span>
                }
                <span class="x-right x-graph-save" role="group" aria-label={tr!("graph.save")}>
                    { for FORMATS.iter().map(|(format, name)| {
                        let (page, drawing, format) = (page.clone(), drawing.clone(), *format);
                        let onclick = Callback::from(move |_: MouseEvent| save::save(&page, &drawing, format));
                        html! {
                            <Button
                                small=true variant={Variant::Link} {onclick} name={tr!("graph.save_as", format = name)}
                                testid={format!("graph-save-{}", name.to_lowercase())}
                            >
                                { *name }
                            </Button>
                        }
                    }) }
                    <Copy copy={oncopy} what={tr!("graph.as_mermaid")} testid="graph-copy" />
                </span>
            </div>
            if !graph.absent.is_empty() {
                <p class="x-card x-says-note x-pad" data-testid="graph-absent">
                    { tr!("graph.absent", kinds = graph.absent.iter().map(|kind| heading(*kind).to_string()).collect::<Vec<_>>().join(", ")) }
                </p>
            }
            <div class={classes!("x-graph-row", chosen.open.then_some("x-open"))}>
                if *as_list {
                    <List drawing={drawing.clone()} {selected} onselect={select.clone()} onopen={open.clone()} told={(*told).clone()} proxy={props.proxy} />
                }
                <div class="x-card x-graph-card">
                    <Canvas drawing={drawing.clone()} {selected} onselect={select} onopen={open} legend={legend()} told={(*told).clone()} {onfinding} />
                </div>
                if let (true, Some(node)) = (chosen.open, node) {
                    { side(props, &drawing, node, &close) }
                }
            </div>
            <p class="x-unseen" role="status">{ node.map(|it| format!("{} {} {here}", heading(it.kind), Said.text(it))) }</p>
        </div>
    }
}

/// What is found about the nodes. A listener, route configuration or cluster is meant as a whole; of what it holds each
/// has its own.
fn told(drawing: &GraphDrawing, marked: &Marked, lang: Lang) -> Vec<(u32, Told)> {
    let nodes = (0..).zip(&drawing.graph.nodes);
    let told = nodes.filter(|(_, node)| !node.folded).filter_map(|(at, node)| {
        let place = node.place?;
        let resource = ResourceRef { document: drawing.document, resource: place.resource };
        let whole = matches!(node.kind, Kind::Listener | Kind::RouteConfig | Kind::Cluster);
        Some((at, marked.told(lang, resource, Some(place.at), whole)?))
    });
    told.collect()
}

/// The place of what is selected; what was asked about, unless something else is.
fn selected(drawing: &GraphDrawing, chosen: &Chosen) -> u32 {
    let nodes = (0..).zip(&drawing.graph.nodes);
    let found = match &chosen.id {
        Some(id) => nodes.clone().find(|(_, it)| it.id == *id),
        None if !chosen.before.is_empty() => nodes.clone().find(|(_, it)| !chosen.before.contains(&it.id)),
        None => None,
    };
    found.map(|(at, _)| at).or(drawing.graph.focus.first().copied()).unwrap_or(0)
}

fn legend() -> Html {
    html! {
        <>
            <span><svg width="18" height="8" aria-hidden="true"><path class="x-g-line x-g-lit" d="M0 4h18" /></svg>{ tr!("graph.legend.focus") }</span>
            <span><svg width="18" height="8" aria-hidden="true"><path class="x-g-line x-g-bad" d="M0 4h18" /></svg>{ tr!("graph.legend.broken") }</span>
            <span><svg width="10" height="10" aria-hidden="true"><circle class="x-g-good" cx="5" cy="5" r="4.5" /></svg>{ tr!("graph.healthy") }</span>
            <span id="graph-keys" class="x-aside">{ tr!("graph.legend.keys") }</span>
        </>
    }
}

/// What is selected: what it is, what is wrong with it, and the resource that it stands in.
fn side(props: &Props, drawing: &GraphDrawing, node: &Node, close: &Callback<()>) -> Html {
    let place =
        node.place.map(|it| (ResourceRef { document: drawing.document, resource: it.resource }, it.at));
    // The resource itself begins where it begins; a part has its own place.
    let part = !matches!(node.kind, Kind::Listener | Kind::Cluster);
    let focus = place.map(|(resource, at)| GraphFocus { resource, at: part.then_some(at) });
    let onfocus = focus.filter(|it| *it != props.focus).map(|it| props.go.reform(move |_: MouseEvent| it));
    let name = if node.name.is_empty() { Said.title(node) } else { node.name.clone() };
    html! {
        <div class="x-graph-side" data-testid="graph-side">
            <section class="x-card x-graph-node" aria-label={heading(node.kind)}>
                <header>
                    <h2><span class="x-aside">{ heading(node.kind) }</span>{ " " }<span class="x-mono" data-testid="graph-name">{ crate::views::cells::breakable(&name) }</span></h2>
                    if place.is_none() {
                        <Button variant={Variant::Plain} testid="graph-side-close" onclick={close.reform(|_| ())} name={tr!("detail.close")}>
                            { icon(Icon::Close) }
                        </Button>
                    }
                </header>
                { for Said.notes(node).into_iter().map(|note| html! {
                    <p class={if node.broken.is_some() { "x-bad x-wrap" } else { "x-aside x-wrap" }}>{ note }</p>
                }) }
                if let Some(onclick) = onfocus {
                    <Button small=true variant={Variant::Link} {onclick} testid="graph-focus-here">{ tr!("graph.focus_here") }</Button>
                }
            </section>
            if let Some((resource, at)) = place {
                <Detail
                    key={format!("{resource:?}{at}")} {resource} at={part.then_some(at)} onclose={Some(close.clone())} graph=false
                />
            }
        </div>
    }
}
