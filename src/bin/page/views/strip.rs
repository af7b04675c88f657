//! A long list of lines of one height: those in sight are drawn, the others are blank space.

use gloo::events::EventListener;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::browser;

/// Lines drawn above and below those in sight.
const MARGIN: u32 = 8;
/// Lines are asked for in steps, so that scrolling a little asks nothing.
const STEP: u32 = 40;
/// How many lines are asked for: those in sight, from the step below the first.
pub const LIMIT: u32 = 120;

/// What is in sight of a list.
#[derive(Clone)]
pub struct Strip {
    /// The element that scrolls.
    pub node: NodeRef,
    pub onscroll: Callback<Event>,
    pub first: u32,
    /// The line after the last.
    pub last: u32,
    lines: u32,
    height: u32,
}

/// `lines` of `height` pixels each, in the element that `node` is given to.
#[hook]
pub fn use_strip(lines: u32, height: u32) -> Strip {
    let node = use_node_ref();
    let seen = use_state_eq(|| (0, 0));
    let look = {
        let (node, seen) = (node.clone(), seen.clone());
        Callback::from(move |()| {
            if let Some(it) = node.cast::<HtmlElement>() {
                seen.set((it.scroll_top(), it.client_height()));
            }
        })
    };
    {
        // What is around it may have grown or shrunk.
        let look = look.clone();
        use_effect(move || look.emit(()));
    }
    {
        let look = look.clone();
        use_effect_with((), move |()| {
            let resized = EventListener::new(&browser::window(), "resize", move |_| look.emit(()));
            move || drop(resized)
        });
    }
    let (top, tall) = (u32::try_from(seen.0).unwrap_or(0), u32::try_from(seen.1).unwrap_or(0));
    let height = height.max(1);
    let last = ((top + tall.max(320)) / height + 1 + MARGIN).min(lines);
    let first = (top / height).saturating_sub(MARGIN).min(last);
    Strip { node, onscroll: look.reform(|_| ()), first, last, lines, height }
}

impl Strip {
    /// From which line on to ask.
    pub fn offset(&self) -> u32 {
        self.first / STEP * STEP
    }

    /// The space of the lines above those that are drawn.
    pub fn above(&self) -> Html {
        space(self.first * self.height)
    }

    /// The space of the lines below.
    pub fn below(&self) -> Html {
        space(self.lines.saturating_sub(self.last) * self.height)
    }
}

fn space(pixels: u32) -> Html {
    html! { <div role="presentation" style={format!("height: {pixels}px")} /> }
}
