//! The same graph as nested lists, for who cannot see it, and for who rather reads.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use xdscope::engine::protocol::{GraphDrawing, ProxyId};
use xdscope::graph::words::Words;
use yew::prelude::*;

use super::words::{Said, heading};
use crate::context::use_page;
use crate::views::findings::{Told, mark_link};

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub drawing: Rc<GraphDrawing>,
    pub selected: u32,
    pub onselect: Callback<u32>,
    pub onopen: Callback<u32>,
    /// What is found about nodes, by their places.
    pub told: Rc<BTreeMap<u32, Told>>,
    pub proxy: ProxyId,
}

/// A node's line, how deep it is, what is said of the edge that leads there, whether it stands above already.
struct Line {
    at: u32,
    depth: u32,
    label: Option<String>,
    again: bool,
}

#[component]
pub fn List(props: &Props) -> Html {
    let page = use_page();
    let graph = &props.drawing.graph;
    html! {
        <nav class="x-card x-graph-list" aria-label={tr!("graph.list")} data-testid="graph-list">
            <ul>
                { for lines(&props.drawing).into_iter().filter_map(|line| {
                    let node = graph.nodes.get(line.at as usize)?;
                    let at = line.at;
                    let onclick = {
                        let (select, open) = (props.onselect.clone(), props.onopen.clone());
                        Callback::from(move |_: MouseEvent| {
                            select.emit(at);
                            open.emit(at);
                        })
                    };
                    let says = Said.line(node);
                    Some(html! {
                        <li class={format!("x-deep-{}", line.depth.min(12))}>
                            <button
                                type="button" {onclick} data-testid="graph-item"
                                aria-current={(props.selected == at).then_some("true")}
                            >
                                <span class="x-aside">{ heading(node.kind) }</span>{ " " }
                                <span class="x-mono">{ Said.title(node) }</span>
                                if let Some(label) = line.label { <span class="x-aside">{ " " }{ label }</span> }
                                if line.again {
                                    <span class="x-aside">{ " " }{ tr!("graph.list.above") }</span>
                                } else if !says.is_empty() {
                                    <span class={if node.broken.is_some() { "x-bad" } else { "x-aside" }}>{ " " }{ says }</span>
                                }
                            </button>
                            if let Some(told) = props.told.get(&at).filter(|_| !line.again) {
                                { mark_link(&page, props.proxy, told) }
                            }
                        </li>
                    })
                }) }
            </ul>
        </nav>
    }
}

/// From those to which nothing leads, each with what it leads to below it; a second time only by name.
fn lines(drawing: &GraphDrawing) -> Vec<Line> {
    let graph = &drawing.graph;
    let entered: BTreeSet<u32> = graph.edges.iter().map(|it| it.to).collect();
    let all = 0..u32::try_from(graph.nodes.len()).unwrap_or(u32::MAX);
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    // A circle has no beginning.
    for root in all.clone().filter(|at| !entered.contains(at)).chain(all) {
        if seen.contains(&root) {
            continue;
        }
        let mut stack = vec![Line { at: root, depth: 0, label: None, again: false }];
        while let Some(mut line) = stack.pop() {
            line.again = !seen.insert(line.at);
            if !line.again {
                let next = graph.edges.iter().rev().filter(|it| it.from == line.at);
                let depth = line.depth + 1;
                stack.extend(next.map(|it| {
                    let label = it.label.map(|it| it.to_string());
                    Line { at: it.to, depth, label, again: false }
                }));
            }
            out.push(line);
        }
    }
    out
}
