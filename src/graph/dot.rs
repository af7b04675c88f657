//! A graph in Graphviz's language.

use std::fmt::Write;

use super::words::Words;
use super::{Graph, Kind, Note, svg};

/// Writes the graph.
pub fn write(graph: &Graph, words: &dyn Words) -> String {
    let mut out = String::from(
        "digraph xdscope {\n    rankdir=LR;\n    node [shape=box, style=rounded, fontname=\"monospace\", fontsize=10];\n    \
         edge [fontsize=9, color=\"#8a8d90\"];\n",
    );
    for (at, node) in graph.nodes.iter().enumerate() {
        let text = words.text(node);
        let mut with = String::new();
        if node.broken.is_some() || node.broken_inside > 0 {
            with.push_str(", color=\"#c9190b\", fontcolor=\"#c9190b\", penwidth=2");
        } else if graph.focus.iter().any(|it| *it as usize == at) {
            with.push_str(", color=\"#0066cc\", penwidth=2");
        } else if node.notes.iter().any(|note| matches!(note, Note::Shadowed(_) | Note::NotJudged(_))) {
            with.push_str(", style=\"rounded,dashed\", fontcolor=\"#6a6e73\"");
        }
        if node.folded {
            with.push_str(", peripheries=2");
        }
        // Writing to a String cannot fail.
        let _ = writeln!(out, "    n{at} [label={}{with}];", quoted(&text));
    }
    for kind in Kind::ALL {
        let of_kind = graph.nodes.iter().enumerate().filter(|(_, node)| node.kind == kind);
        let all: Vec<String> = of_kind.map(|(at, _)| format!("n{at};")).collect();
        // A listener that hands on, and one that takes over, do not stand in one column.
        let joined = graph.edges.iter().any(|it| {
            let kind_of = |at: u32| graph.nodes.get(at as usize).map(|node| node.kind);
            kind_of(it.from) == Some(kind) && kind_of(it.to) == Some(kind)
        });
        if all.len() > 1 && !joined {
            let _ = writeln!(out, "    {{ rank=same; {} }}", all.join(" "));
        }
    }
    for edge in &graph.edges {
        let mut with = Vec::new();
        if let Some(label) = edge.label {
            with.push(format!("label={}", quoted(&label.to_string())));
        }
        if graph.nodes.get(edge.to as usize).is_some_and(svg::is_dead_end) {
            with.push("color=\"#c9190b\", style=dashed".to_owned());
        }
        let with = if with.is_empty() { String::new() } else { format!(" [{}]", with.join(", ")) };
        let _ = writeln!(out, "    n{} -> n{}{with};", edge.from, edge.to);
    }
    out.push_str("}\n");
    out
}

/// A string of Graphviz, which resolves `\n` and keeps other backslashes when they are doubled.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            it if it.is_control() => out.push(' '),
            it => out.push(it),
        }
    }
    out.push('"');
    out
}
