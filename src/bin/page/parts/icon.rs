//! A few signs, drawn in the text's colour and size.

use yew::prelude::*;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    Close,
    Copy,
    Search,
    Wide,
    Narrow,
    Sun,
    Moon,
    Up,
    Down,
    Warn,
    Bad,
    Good,
    Plus,
    Minus,
    Columns,
    Export,
    Printed,
}

/// A sign's lines, in a square of 16.
pub fn lines(which: Icon) -> &'static str {
    match which {
        Icon::Close => "M4 4l8 8M12 4l-8 8",
        Icon::Copy => "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
        Icon::Search => "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.5 10.5L14 14",
        Icon::Wide => "M9 3h4v4M13 3L8.500 7.500M7 13H3V9M3 13l4.500-4.500",
        Icon::Narrow => "M13 7H9V3M9 7l4.500-4.500M3 9h4v4M7 9l-4.500 4.500",
        Icon::Sun => {
            "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1"
        }
        Icon::Moon => "M13 9.500A5.500 5.500 0 0 1 6.500 3 5.500 5.500 0 1 0 13 9.500z",
        Icon::Up => "M4 10l4-4 4 4",
        Icon::Down => "M4 6l4 4 4-4",
        Icon::Warn => "M8 2L1.500 13.500h13zM8 6.500v3M8 11.300v.4",
        Icon::Bad => "M8 1.500l6.500 6.500L8 14.500 1.500 8zM8 5v3.500M8 10.600v.4",
        Icon::Plus => "M3 8h10M8 3v10",
        Icon::Minus => "M3 8h10",
        Icon::Good => "M3 8.500l3.500 3.500L13 4.500",
        Icon::Columns => "M2 3h12v10H2zM6 3v10M10 3v10",
        Icon::Export => "M8 10V2M5 5l3-3 3 3M3 8.500V13h10V8.500",
        Icon::Printed => "M2 3h12v10H2zM4.500 6l2 2-2 2M8 10.500h3.500",
    }
}

pub fn icon(which: Icon) -> Html {
    html! {
        <svg class="x-icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d={lines(which)} /></svg>
    }
}
