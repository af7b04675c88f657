//! A graph as a Mermaid flow chart, for tickets.

use std::fmt::Write;

use super::words::Words;
use super::{Graph, Note, svg};

/// Writes the chart.
pub fn write(graph: &Graph, words: &dyn Words) -> String {
    let mut out = String::from("flowchart LR\n");
    for (at, node) in graph.nodes.iter().enumerate() {
        let text = words.text(node);
        let (open, close) = if node.folded { ("[[", "]]") } else { ("[", "]") };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "    n{at}{open}\"{}\"{close}", escaped(&text));
    }
    for edge in &graph.edges {
        let broken = graph.nodes.get(edge.to as usize).is_some_and(svg::is_dead_end);
        let arrow = if broken { "-.->" } else { "-->" };
        let label = edge.label.map(|it| format!("|\"{}\"|", escaped(&it.to_string()))).unwrap_or_default();
        let _ = writeln!(out, "    n{} {arrow}{label} n{}", edge.from, edge.to);
    }
    let list = |which: &dyn Fn(usize) -> bool| {
        let all = (0..graph.nodes.len()).filter(|at| which(*at));
        all.map(|at| format!("n{at}")).collect::<Vec<_>>().join(",")
    };
    let broken = |at: usize| graph.nodes[at].broken.is_some() || graph.nodes[at].broken_inside > 0;
    let focus = |at: usize| graph.focus.iter().any(|it| *it as usize == at) && !broken(at);
    let aside = |at: usize| {
        let aside = |note: &Note| matches!(note, Note::Shadowed(_) | Note::NotJudged(_));
        graph.nodes[at].notes.iter().any(aside) && !broken(at) && !focus(at)
    };
    for (class, style, members) in [
        ("broken", "stroke:#c9190b,stroke-width:2px,color:#c9190b", list(&broken)),
        ("focus", "stroke:#0066cc,stroke-width:2px", list(&focus)),
        ("aside", "stroke-dasharray:3 3,color:#6a6e73", list(&aside)),
    ] {
        if !members.is_empty() {
            let _ = writeln!(out, "    classDef {class} {style}\n    class {members} {class}");
        }
    }
    out
}

/// Text in quotes: Mermaid takes entities written with `#`, and a line's end as `<br>`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '&' => out.push_str("#amp;"),
            // Mermaid reads some text in labels as Markdown.
            '`' => out.push_str("#96;"),
            '\n' => out.push_str("<br>"),
            it if it.is_control() => out.push(' '),
            it => out.push(it),
        }
    }
    out
}
