//! Boxes and lines, as the engine has placed them.

use xdscope::graph::layout::{self, DOT, INSET, Line, NAME_LETTER, Rect, TEXT_LETTER, cut, fit};
use xdscope::graph::words::Words;
use xdscope::graph::{Edge, Graph, Kind, Node, Note, svg};
use yew::prelude::*;

use super::words::Said;
use crate::parts::lines;
use crate::views::findings::{Told, sign};

/// How a box stands out.
#[derive(Clone, Copy, Default, PartialEq)]
pub struct Marks {
    pub focus: bool,
    pub selected: bool,
    /// A trace went through it.
    pub lit: bool,
    /// A trace went elsewhere.
    pub dim: bool,
}

/// The sign of a finding is so wide and high, of a square of 16.
const SIGN: f32 = 14.0;

pub fn node(node: &Node, rect: Rect, marks: Marks, told: Option<&Told>) -> Html {
    let Rect { x, y, width, height } = rect;
    let notes = Said.notes(node);
    let broken = node.broken.is_some() || node.broken_inside > 0;
    let shadowed = node.notes.iter().any(|note| matches!(note, Note::Shadowed(_)));
    let unjudged = node.notes.iter().any(|note| matches!(note, Note::NotJudged(_)));
    let bare = node.kind == Kind::Endpoint && !node.folded;
    let class = classes!(
        "x-g-node",
        broken.then_some("x-g-bad"),
        marks.focus.then_some("x-g-focus"),
        marks.selected.then_some("x-g-selected"),
        marks.lit.then_some("x-g-lit"),
        marks.dim.then_some("x-g-dim"),
        shadowed.then_some("x-g-shadowed"),
        unjudged.then_some("x-g-unjudged"),
        bare.then_some("x-g-bare"),
        node.folded.then_some("x-g-folded"),
    );
    let left = x + if bare { DOT } else { INSET };
    let room = if bare { width - DOT } else { width - 2.0 * INSET };
    let both = !notes.is_empty() && height > 30.0;
    let name_y = y + if both { 17.0 } else { height / 2.0 + 4.0 };
    // The sign that a group opens takes some of its room.
    let title = cut(&Said.title(node), letters(room - if node.folded { 12.0 } else { 0.0 }, NAME_LETTER));
    html! {
        <g key={node.id.clone()} {class} data-testid="graph-node" data-id={node.id.clone()} data-kind={node.kind.name()}>
            <title>{ Said.text(node) }</title>
            if node.folded {
                <rect class="x-g-behind" x={px(x + 3.0)} y={px(y + 3.0)} width={px(width)} height={px(height)} rx="5" />
            }
            <rect class="x-g-box" x={px(x)} y={px(y)} width={px(width)} height={px(height)} rx="5" />
            if bare {
                <circle class={health(node)} cx={px(x + 6.0)} cy={px(y + height / 2.0)} r="4.5" />
            }
            <text class="x-g-name" x={px(left)} y={px(name_y)}>{ title }</text>
            if both {
                <text class="x-g-note" x={px(left)} y={px(y + 32.0)}>{ fit(&notes, letters(room, TEXT_LETTER)) }</text>
            }
            if let Some(told) = told {
                // On the box's corner, so that it takes no room of its words.
                <g
                    class={classes!("x-g-finding", sign(told.worst).1)} data-testid="graph-finding" data-finding={told.finding.to_string()}
                    transform={format!("translate({} {}) scale({})", x + width - SIGN / 2.0 - 3.0, y - SIGN / 2.0 + 1.0, SIGN / 16.0)}
                >
                    <title>{ told.says.clone() }</title>
                    <path d={lines(sign(told.worst).0)} />
                </g>
            }
            if node.folded {
                <path class="x-g-plus" d={format!("M{} {}h7m-3.5-3.5v7", x + width - 15.0, y + height / 2.0)} />
            }
        </g>
    }
}

pub fn line(graph: &Graph, edge: &Edge, line: &Line, lit: bool, dim: bool) -> Html {
    let dead = graph.nodes.get(edge.to as usize).is_some_and(svg::is_dead_end);
    let class =
        classes!("x-g-line", dead.then_some("x-g-bad"), lit.then_some("x-g-lit"), dim.then_some("x-g-dim"),);
    html! {
        <g key={format!("{}-{}", edge.from, edge.to)}>
            <path {class} d={svg::path(line)} />
            if let (Some((x, y)), Some(label)) = (line.label, edge.label) {
                <text class="x-g-label" x={px(x)} y={px(y + 3.5)} text-anchor="middle">{ label.to_string() }</text>
            }
        </g>
    }
}

fn health(node: &Node) -> &'static str {
    match svg::health_of(node) {
        svg::Health::Good => "x-g-good",
        svg::Health::Doubt => "x-g-doubt",
        svg::Health::Bad => "x-g-ill",
    }
}

fn letters(room: f32, letter: f32) -> usize {
    layout::fitting(room, letter)
}

pub fn px(it: f32) -> AttrValue {
    it.to_string().into()
}
