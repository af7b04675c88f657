//! The way by which one came: Escape goes back on it.

use std::cell::RefCell;

use xdscope::engine::protocol::{GraphFocus, ProxyId};

use crate::context::Page;
use crate::link::{Place, View};

thread_local! {
    /// Foci of one proxy of one capture, the present one last.
    static TRAIL: RefCell<(u32, ProxyId, Vec<GraphFocus>)> = const { RefCell::new((0, ProxyId(u32::MAX), Vec::new())) };
}

/// How far back it goes.
const LONGEST: usize = 50;

/// A focus is shown.
pub fn arrived(mark: u32, proxy: ProxyId, focus: GraphFocus) {
    TRAIL.with_borrow_mut(|(of, whose, trail)| {
        if (*of, *whose) != (mark, proxy) {
            (*of, *whose) = (mark, proxy);
            trail.clear();
        }
        // Where one has been is gone back to.
        match trail.iter().position(|it| *it == focus) {
            Some(at) => trail.truncate(at + 1),
            None => trail.push(focus),
        }
        if trail.len() > LONGEST {
            trail.remove(0);
        }
    });
}

/// Goes to the focus before, or to where graphs begin.
pub fn back(page: &Page, proxy: ProxyId) {
    let before = TRAIL.with_borrow_mut(|(_, _, trail)| {
        trail.pop();
        trail.last().copied()
    });
    page.go(Place::Proxy(proxy, View::Graph(before)));
}
