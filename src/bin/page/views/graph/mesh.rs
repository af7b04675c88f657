//! The graph of the mesh: proxies, the services that they have clusters for, and the proxies behind those.

use std::collections::BTreeSet;
use std::rc::Rc;

use xdscope::engine::protocol::{Answer, GraphDrawing, MeshDrawing, Query};
use xdscope::graph::Graph;
use yew::prelude::*;

use super::canvas::Canvas;
use crate::context::{use_answer, use_page};
use crate::link::{Place, View};

/// Nothing is selected.
const NONE: u32 = u32::MAX;

#[component]
pub fn Mesh() -> Html {
    let page = use_page();
    let opened = use_state(Vec::<String>::new);
    let selected = use_state(|| NONE);
    let answer = use_answer(Some(Query::MeshGraph { opened: (*opened).clone() }));
    let drawing = use_memo((answer.clone(), *selected), |(answer, selected)| match answer.as_deref() {
        Some(Answer::MeshGraph(MeshDrawing { drawing, .. })) => {
            Some(Rc::new(GraphDrawing { lit: related(&drawing.graph, *selected), ..drawing.clone() }))
        }
        _ => None,
    });
    let title = html! {
        <header class="x-head">
            <h1>{ tr!("meshgraph.title") }</h1>
            <p class="x-sub"><a href={page.href(Place::Home)} data-testid="mesh-table">{ tr!("meshgraph.table") }</a></p>
        </header>
    };
    let (Some(drawing), Some(Answer::MeshGraph(mesh))) = ((*drawing).clone(), answer.as_deref()) else {
        return html! { <>{ title }<div class="x-body" aria-busy="true" /></> };
    };
    if drawing.graph.nodes.is_empty() {
        return html! { <>{ title }<div class="x-body"><p class="x-card x-pad" data-testid="mesh-graph-none">{ tr!("meshgraph.none") }</p></div></> };
    }
    let onselect = {
        let selected = selected.clone();
        Callback::from(move |at: u32| selected.set(at))
    };
    let onopen = {
        let (page, doors, opened, selected, graph) =
            (page.clone(), mesh.doors.clone(), opened.clone(), selected.clone(), drawing.clone());
        Callback::from(move |at: u32| {
            let Some(node) = graph.graph.nodes.get(at as usize) else { return };
            if node.folded {
                opened.set([opened.as_slice(), std::slice::from_ref(&node.id)].concat());
                selected.set(NONE);
            } else if let Some(Some((proxy, focus))) = doors.get(at as usize) {
                page.go(Place::Proxy(*proxy, View::Graph(*focus)));
            }
        })
    };
    let onkeydown = {
        let (opened, selected) = (opened.clone(), selected.clone());
        Callback::from(move |event: KeyboardEvent| {
            if event.key() != "Escape" || event.default_prevented() {
                return;
            }
            event.prevent_default();
            if *selected == NONE {
                let mut all = (*opened).clone();
                all.pop();
                opened.set(all);
            }
            selected.set(NONE);
        })
    };
    let legend = html! { <span id="graph-keys" class="x-aside">{ tr!("meshgraph.keys") }</span> };
    html! {
        <>
            { title }
            <div class="x-body x-graph" {onkeydown}>
                <p class="x-aside">{ tr!("meshgraph.lead") }</p>
                <div class="x-graph-row">
                    <div class="x-card x-graph-card">
                        <Canvas {drawing} selected={*selected} {onselect} {onopen} legend={legend} />
                    </div>
                </div>
            </div>
        </>
    }
}

/// A node, what leads to it, and what it leads to.
fn related(graph: &Graph, at: u32) -> Vec<u32> {
    if at as usize >= graph.nodes.len() {
        return Vec::new();
    }
    let mut found = BTreeSet::from([at]);
    for down in [true, false] {
        let mut todo = vec![at];
        while let Some(here) = todo.pop() {
            for edge in &graph.edges {
                let (from, to) = if down { (edge.from, edge.to) } else { (edge.to, edge.from) };
                if from == here && found.insert(to) {
                    todo.push(to);
                }
            }
        }
    }
    found.into_iter().collect()
}
