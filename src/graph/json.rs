//! A graph for programs.

use serde::Serialize;

use super::words::Words;
use super::{Graph, Kind};

#[derive(Serialize)]
struct Out<'g> {
    nodes: Vec<Node<'g>>,
    edges: Vec<Edge<'g>>,
}

#[derive(Serialize)]
struct Node<'g> {
    id: &'g str,
    kind: Kind,
    name: String,
    broken: Option<String>,
    count: u32,
}

#[derive(Serialize)]
struct Edge<'g> {
    from: &'g str,
    to: &'g str,
    label: Option<String>,
}

/// `{"nodes":[{"id","kind","name","broken","count"}],"edges":[{"from","to","label"}]}`: `name` is Envoy's own, of many
/// it says how many; `broken` is null or says why; `count` is above 1 for many.
pub fn write(graph: &Graph, words: &dyn Words) -> String {
    let nodes = graph.nodes.iter().map(|node| Node {
        id: &node.id,
        kind: node.kind,
        name: if node.folded { words.title(node) } else { node.name.clone() },
        broken: match (&node.broken, node.broken_inside) {
            (Some(why), _) => Some(words.why(why)),
            (None, 0) => None,
            (None, count) => Some(words.broken_inside(count)),
        },
        count: node.count,
    });
    let id = |at: u32| graph.nodes.get(at as usize).map_or("", |node| node.id.as_str());
    let edges = graph.edges.iter().map(|edge| Edge {
        from: id(edge.from),
        to: id(edge.to),
        label: edge.label.map(|it| it.to_string()),
    });
    let out = Out { nodes: nodes.collect(), edges: edges.collect() };
    // Plain data always becomes JSON.
    serde_json::to_string_pretty(&out).unwrap_or_default()
}
