//! What was asked of proxies in this visit. It holds names, so it stays out of the address and of the browser's storage.

use std::cell::RefCell;
use std::rc::Rc;

use xdscope::engine::protocol::{Direction, Form, ProxyId, Traced};
use xdscope::instant::Instant;
use yew::AttrValue;

use crate::context::Page;

/// A request and its way through a proxy of a capture.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    /// The proxy's name.
    pub name: AttrValue,
    /// When its capture was taken.
    pub captured: Option<Instant>,
    /// Which of the captures of this visit: the mark of links is the same for a copy in which only a name was changed
    /// for another of its length.
    pub opened: u32,
    pub proxy: ProxyId,
    pub traced: Rc<Traced>,
}

impl Way {
    pub fn of(page: &Page, traced: Rc<Traced>) -> Way {
        let line = page.capture.proxies.iter().find(|it| it.id == traced.proxy);
        Way {
            name: line.map(|it| it.name.clone()).unwrap_or_default().into(),
            captured: page.capture.captured,
            opened: MEMORY.with_borrow(|memory| memory.opened),
            proxy: traced.proxy,
            traced,
        }
    }

    /// Whether it was asked at the same place.
    pub fn same_place(&self, other: &Way) -> bool {
        (self.opened, self.proxy) == (other.opened, other.proxy)
    }
}

struct Memory {
    /// The captures that are open: the first, the second, and how many there were.
    opened: u32,
    second: u32,
    count: u32,
    /// The last, and the last at another place.
    last: Option<Way>,
    before: Option<Way>,
    kept: Vec<Way>,
    /// A request to be traced at the next place.
    handed: Option<Form>,
}

/// How many requests are kept at most.
pub const MOST: usize = 6;

impl Memory {
    const EMPTY: Memory =
        Memory { opened: 0, second: 1, count: 2, last: None, before: None, kept: Vec::new(), handed: None };

    /// A number that no capture had yet.
    fn fresh(&mut self) -> u32 {
        self.count += 1;
        self.count - 1
    }
}

thread_local! {
    static MEMORY: RefCell<Memory> = const { RefCell::new(Memory::EMPTY) };
}

/// What to ask of a proxy first: what was handed over, else what was asked last, where that makes sense there.
pub fn begin(page: &Page, proxy: ProxyId) -> Option<Form> {
    let name = page.capture.proxies.iter().find(|it| it.id == proxy).map(|it| it.name.as_str());
    MEMORY.with_borrow_mut(|memory| {
        memory.handed.take().or_else(|| {
            let last = memory.last.as_ref()?;
            // What came to one pod does not come to another.
            let goes = !matches!(last.traced.form.direction, Some(Direction::Inbound | Direction::Gateway));
            (goes || name == Some(last.name.as_str())).then(|| last.traced.form.clone())
        })
    })
}

/// Hands a request to the tab of another proxy.
pub fn hand(form: Form) {
    MEMORY.with_borrow_mut(|memory| memory.handed = Some(form));
}

/// Takes down what was traced.
pub fn remember(way: Way) {
    MEMORY.with_borrow_mut(|memory| {
        if memory.last.as_ref().is_some_and(|last| !last.same_place(&way)) {
            memory.before = memory.last.take();
        }
        memory.last = Some(way);
    });
}

/// The same request as it went elsewhere before: kept by the user, else the last.
pub fn before(now: &Way) -> Option<Way> {
    MEMORY.with_borrow(|memory| {
        let mut all = memory.kept.iter().rev().chain(&memory.before);
        all.find(|it| !it.same_place(now) && it.traced.form == now.traced.form).cloned()
    })
}

/// What the user kept.
pub fn kept() -> Vec<Way> {
    MEMORY.with_borrow(|memory| memory.kept.clone())
}

/// Keeps a request, unless it is kept already.
pub fn keep(way: Way) {
    MEMORY.with_borrow_mut(|memory| {
        let known = memory.kept.iter().any(|it| it.same_place(&way) && it.traced.form == way.traced.form);
        if !known {
            memory.kept.push(way);
        }
        let over = memory.kept.len().saturating_sub(MOST);
        memory.kept.drain(..over);
    });
}

/// Lets one go.
pub fn drop_kept(at: usize) {
    MEMORY.with_borrow_mut(|memory| {
        if at < memory.kept.len() {
            memory.kept.remove(at);
        }
    });
}

/// Forgets all but what the user kept: another capture will be opened.
pub fn forget() {
    MEMORY.with_borrow_mut(|memory| {
        memory.opened = memory.fresh();
        memory.second = memory.fresh();
        (memory.last, memory.before, memory.handed) = (None, None, None);
    });
}

/// The two captures that are open have changed places.
pub fn swapped() {
    MEMORY.with_borrow_mut(|memory| std::mem::swap(&mut memory.opened, &mut memory.second));
}

/// The second capture is closed.
pub fn forget_second() {
    MEMORY.with_borrow_mut(|memory| memory.second = memory.fresh());
}
