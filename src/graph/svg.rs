//! A graph as an SVG picture: for the terminal, and for what the page saves.

use std::fmt::Write;

use super::layout::{self, Layout, Line, NAME_LETTER, Rect, TEXT_LETTER, cut};
use super::words::Words;
use super::{Edge, Graph, Kind, Node, Note};

/// Colours. They are PatternFly's, as the page has them.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    /// Behind everything, and in boxes.
    pub paper: &'static str,
    /// Names.
    pub ink: &'static str,
    /// Other text.
    pub pale: &'static str,
    /// Boxes and lines.
    pub line: &'static str,
    /// What was asked about, and what a trace lights.
    pub accent: &'static str,
    /// What is broken.
    pub bad: &'static str,
    /// Healthy endpoints.
    pub good: &'static str,
    /// What is not judged.
    pub doubt: &'static str,
}

/// On white.
pub const LIGHT: Palette = Palette {
    paper: "#ffffff",
    ink: "#151515",
    pale: "#6a6e73",
    line: "#b8bbbe",
    accent: "#0066cc",
    bad: "#c9190b",
    good: "#3e8635",
    doubt: "#8a8d90",
};

/// On dark grey.
pub const DARK: Palette = Palette {
    paper: "#1b1d21",
    ink: "#e0e0e0",
    pale: "#aaabac",
    line: "#57585a",
    accent: "#73bcf7",
    bad: "#fe5142",
    good: "#5ba352",
    doubt: "#8a8d90",
};

/// Writes the picture.
pub fn write(graph: &Graph, layout: &Layout, words: &dyn Words, palette: &Palette) -> String {
    let mut out = String::new();
    let (width, height) = (layout.width, layout.height);
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-size=\"11\" font-family=\"'Red Hat Text', system-ui, sans-serif\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n",
        palette.paper
    );
    for column in layout.columns.iter().filter(|it| it.heading) {
        let y = layout::MARGIN + 12.0;
        text(&mut out, column.x, y, palette.pale, "", &words.heading(column.kind));
    }
    for (edge, line) in graph.edges.iter().zip(&layout.lines) {
        write_line(&mut out, graph, edge, line, palette);
    }
    for (at, (node, rect)) in (0..).zip(graph.nodes.iter().zip(&layout.boxes)) {
        write_box(&mut out, node, *rect, graph.focus.contains(&at), words, palette);
    }
    out.push_str("</svg>\n");
    out
}

/// The `d` of a line's path.
pub fn path(line: &Line) -> String {
    let mut out = String::new();
    let mut before = None;
    for [x, y, to_x, to_y] in &line.bends {
        let bend = (to_x - x) / 2.0;
        // It passes through a column straight, but for its own label.
        let labelled =
            line.label.is_some_and(|(label, _)| before.is_some_and(|before| before < label && label < *x));
        let start = if before.is_none() || labelled { 'M' } else { 'L' };
        before = Some(*to_x);
        let _ = write!(out, "{start}{x} {y}");
        if (to_y - y).abs() < 0.1 {
            let _ = write!(out, "L{to_x} {to_y}");
        } else {
            let _ = write!(out, "C{} {y} {} {to_y} {to_x} {to_y}", x + bend, to_x - bend);
        }
    }
    out
}

fn write_line(out: &mut String, graph: &Graph, edge: &Edge, line: &Line, palette: &Palette) {
    if line.bends.is_empty() {
        return;
    }
    let broken = graph.nodes.get(edge.to as usize).is_some_and(is_dead_end);
    let (colour, dashes) =
        if broken { (palette.bad, " stroke-dasharray=\"5 4\"") } else { (palette.line, "") };
    let _ = writeln!(
        out,
        "<path d=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.3\"{dashes}/>",
        path(line)
    );
    if let (Some((x, y)), Some(label)) = (line.label, edge.label) {
        text(out, x, y + 3.5, palette.pale, " text-anchor=\"middle\"", &label.to_string());
    }
}

/// Whether requests that are led there fail.
pub fn is_dead_end(node: &Node) -> bool {
    use super::Why;
    match &node.broken {
        None => false,
        Some(Why::Rejected(_, in_use) | Why::Warming(in_use)) => !in_use,
        Some(_) => true,
    }
}

fn write_box(out: &mut String, node: &Node, rect: Rect, focus: bool, words: &dyn Words, palette: &Palette) {
    let Rect { x, y, width, height } = rect;
    let notes = words.notes(node);
    let shadowed = node.notes.iter().any(|note| matches!(note, Note::Shadowed(_)));
    let unjudged = node.notes.iter().any(|note| matches!(note, Note::NotJudged(_)));
    let _ = writeln!(out, "<g><title>{}</title>", escaped(&words.text(node)));
    let (stroke, thick) = if node.broken.is_some() || node.broken_inside > 0 {
        (palette.bad, 2)
    } else if focus {
        (palette.accent, 2)
    } else {
        (palette.line, 1)
    };
    let dashes = if unjudged || shadowed { " stroke-dasharray=\"3 3\"" } else { "" };
    if node.folded {
        let _ = writeln!(
            out,
            "<rect x=\"{}\" y=\"{}\" width=\"{width}\" height=\"{height}\" rx=\"5\" fill=\"{}\" stroke=\"{stroke}\"/>",
            x + 3.0,
            y + 3.0,
            palette.paper
        );
    }
    let mut left = x + layout::INSET;
    if node.kind == Kind::Endpoint && !node.folded {
        let dot = health(node, palette);
        if focus {
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"5\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"{thick}\"/>"
            );
        }
        let _ = writeln!(
            out,
            "<circle cx=\"{}\" cy=\"{}\" r=\"4.5\" fill=\"{dot}\"/>",
            x + 6.0,
            y + height / 2.0
        );
        left = x + layout::DOT;
        let title = cut(&words.title(node), layout::fitting(width - layout::DOT, NAME_LETTER));
        name(out, left, y + height / 2.0 + 4.0, palette.ink, &title);
        out.push_str("</g>\n");
        return;
    }
    let _ = writeln!(
        out,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"5\" fill=\"{}\" stroke=\"{stroke}\" stroke-width=\"{thick}\"{dashes}/>",
        palette.paper
    );
    let ink = if node.broken.is_some() {
        palette.bad
    } else if shadowed {
        palette.pale
    } else {
        palette.ink
    };
    let room = width - 2.0 * layout::INSET;
    let title = cut(&words.title(node), layout::fitting(room, NAME_LETTER));
    let both = !notes.is_empty() && height > 30.0;
    name(out, left, y + if both { 17.0 } else { height / 2.0 + 4.0 }, ink, &title);
    if both {
        let ink = if node.broken.is_some() || node.broken_inside > 0 { palette.bad } else { palette.pale };
        text(out, left, y + 32.0, ink, "", &layout::fit(&notes, layout::fitting(room, TEXT_LETTER)));
    }
    out.push_str("</g>\n");
}

/// How an endpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Traffic goes to it.
    Good,
    /// Some may, or nobody knows.
    Doubt,
    /// None does.
    Bad,
}

/// How an endpoint is, as its cluster says.
pub fn health_of(node: &Node) -> Health {
    let said = node.notes.iter().find_map(|note| match note {
        Note::Health(health) => Some(health.as_str()),
        _ => None,
    });
    match said {
        Some("HEALTHY" | "UNKNOWN") => Health::Good,
        Some("DEGRADED" | "DRAINING") | None => Health::Doubt,
        Some(_) => Health::Bad,
    }
}

fn health(node: &Node, palette: &Palette) -> &'static str {
    match health_of(node) {
        Health::Good => palette.good,
        Health::Doubt => palette.doubt,
        Health::Bad => palette.bad,
    }
}

fn name(out: &mut String, x: f32, y: f32, colour: &str, what: &str) {
    let with = " font-size=\"12\" font-family=\"'Red Hat Mono', ui-monospace, SFMono-Regular, Menlo, Consolas, monospace\"";
    text(out, x, y, colour, with, what);
}

fn text(out: &mut String, x: f32, y: f32, colour: &str, with: &str, what: &str) {
    let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" fill=\"{colour}\"{with}>{}</text>", escaped(what));
}

/// Text for XML; control characters, which it cannot have, become a sign for what is not shown.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(letter),
            it if it.is_control() || matches!(it, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            it => out.push(it),
        }
    }
    out
}
