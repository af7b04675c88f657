//! A text line by line: windowed, folded, searched, copied.

#[path = "lines_draw.rs"]
mod draw;

use std::collections::BTreeMap;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use wasm_bindgen::prelude::*;
use web_sys::{HtmlElement, ResizeObserver};
use xdscope::engine::protocol::{Answer, Line, Query, TextRef};
use yew::prelude::*;

use crate::context::Page;
use crate::outward;
use crate::worker::Asked;

/// The height of a line, as the style sheet has it.
const LINE: f64 = 20.0;
/// Lines asked for at once.
const WINDOW: u32 = 200;
const MARGIN: u32 = 10;
/// Browsers end a page at some 17 million pixels: a longer text scrolls faster than it is drawn.
const TALLEST: f64 = 8_000_000.0;
/// The clipboard is no place for more.
const COPY_MOST: u64 = 16_000_000;
const PAUSE_MS: u32 = 150;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub of: TextRef,
    /// A line to begin at.
    #[prop_or_default]
    pub line: Option<u32>,
    /// The text's size, where it may be too large to copy.
    #[prop_or_default]
    pub bytes: Option<u64>,
}

pub enum Msg {
    Page(Page),
    Answered(Rc<Answer>),
    Look,
    Fold(u32),
    Find(String),
    AskFind,
    Found(Rc<Answer>),
    /// To the next place found, or the one before.
    Step(bool),
    Copy,
    Copied(bool),
    CopyAgain,
    Key(KeyboardEvent),
}

pub struct Lines {
    page: Page,
    _context: Option<ContextHandle<Page>>,
    /// Lines whose blocks are folded, and the blocks' last lines.
    folded: BTreeMap<u32, u32>,
    lines: BTreeMap<u32, Rc<Line>>,
    total: Option<u32>,
    gone: bool,
    shown: (u32, u32),
    /// The line that the keyboard is on, unfolded.
    active: u32,
    /// A line to scroll to once it is known how many there are.
    target: Option<u32>,
    find: String,
    found: Option<Vec<u32>>,
    at: usize,
    copied: Option<bool>,
    asked: Option<Asked>,
    finding: Option<Asked>,
    pause: Option<Timeout>,
    back: Option<Timeout>,
    scroller: NodeRef,
    resize: Option<(ResizeObserver, Closure<dyn Fn()>)>,
}

impl Component for Lines {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let context = ctx.link().context(ctx.link().callback(Msg::Page));
        let (page, context) =
            context.map_or_else(|| (Page::default(), None), |(page, handle)| (page, Some(handle)));
        let mut lines = Lines {
            page,
            _context: context,
            folded: BTreeMap::new(),
            lines: BTreeMap::new(),
            total: None,
            gone: false,
            shown: (0, 0),
            active: ctx.props().line.unwrap_or(0),
            target: ctx.props().line,
            find: String::new(),
            found: None,
            at: 0,
            copied: None,
            asked: None,
            finding: None,
            pause: None,
            back: None,
            scroller: NodeRef::default(),
            resize: None,
        };
        lines.ask(ctx, 0);
        lines
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        if ctx.props().line != old.line
            && let Some(line) = ctx.props().line
        {
            self.show(ctx, line);
        }
        true
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Page(page) => {
                let again = page.epoch != self.page.epoch;
                self.page = page;
                if again {
                    self.refold(ctx);
                }
            }
            Msg::Answered(answer) => {
                self.asked = None;
                match &*answer {
                    Answer::Lines(lines) => {
                        self.total = Some(lines.total);
                        self.lines.extend((lines.offset..).zip(lines.lines.iter().cloned().map(Rc::new)));
                    }
                    _ => (self.gone, self.total) = (true, None),
                }
                self.look(ctx);
            }
            Msg::Look => {
                self.look(ctx);
            }
            Msg::Fold(line) => self.fold(ctx, line),
            Msg::Find(text) => {
                self.find = text;
                let link = ctx.link().clone();
                self.pause = Some(Timeout::new(PAUSE_MS, move || link.send_message(Msg::AskFind)));
            }
            Msg::AskFind => {
                self.pause = None;
                self.found = None;
                self.finding = (!self.find.is_empty()).then(|| {
                    let query = Query::Find { of: ctx.props().of, text: self.find.clone() };
                    self.page.client.ask(query, ctx.link().callback(Msg::Found))
                });
            }
            Msg::Found(answer) => {
                self.finding = None;
                let Answer::Found(found) = &*answer else { return false };
                self.at = found.iter().position(|line| *line >= self.active).unwrap_or(0);
                self.found = Some(found.clone());
                self.show_found(ctx);
            }
            Msg::Step(on) => {
                let count = self.found.as_ref().map_or(0, Vec::len);
                if count > 0 {
                    self.at = (self.at + if on { 1 } else { count - 1 }) % count;
                    self.show_found(ctx);
                }
            }
            Msg::Copy => outward::copy_of(&self.page, ctx.props().of, ctx.link().callback(Msg::Copied)),
            Msg::Copied(fine) => {
                self.copied = Some(fine);
                let link = ctx.link().clone();
                self.back = Some(Timeout::new(2_000, move || link.send_message(Msg::CopyAgain)));
            }
            Msg::CopyAgain => self.copied = None,
            Msg::Key(event) => return self.key(ctx, &event),
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        html! {
            <section class="x-lines" data-testid="lines">
                { self.bar(ctx) }
                if self.gone {
                    <p class="x-pad">{ tr!("lines.gone") }</p>
                } else {
                    { self.text(ctx) }
                }
            </section>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, _first: bool) {
        let Some(scroller) = self.scroller.cast::<HtmlElement>() else { return };
        if self.resize.is_none() {
            let link = ctx.link().clone();
            let heard = Closure::<dyn Fn()>::new(move || link.send_message(Msg::Look));
            if let Ok(observer) = ResizeObserver::new(heard.as_ref().unchecked_ref()) {
                observer.observe(&scroller);
                self.resize = Some((observer, heard));
            }
        }
        if self.total.is_some()
            && let Some(line) = self.target.take()
        {
            let above = f64::from(self.visible(line).saturating_sub(3)) * LINE;
            #[expect(clippy::cast_possible_truncation, reason = "a scroll position")]
            scroller.set_scroll_top((above / self.stretch(&scroller)).round() as i32);
            ctx.link().send_message(Msg::Look);
        }
    }

    fn destroy(&mut self, _ctx: &Context<Self>) {
        if let Some((observer, _)) = &self.resize {
            observer.disconnect();
        }
    }
}

impl Lines {
    fn ask(&mut self, ctx: &Context<Self>, offset: u32) {
        let folded = self.folded.keys().copied().collect();
        let query = Query::Lines { of: ctx.props().of, folded, offset, limit: WINDOW };
        self.asked = Some(self.page.client.ask(query, ctx.link().callback(Msg::Answered)));
    }

    /// Other lines are folded than before: what is known of what is visible is void.
    fn refold(&mut self, ctx: &Context<Self>) {
        self.lines.clear();
        self.gone = false;
        self.ask(ctx, self.shown.0);
    }

    fn fold(&mut self, ctx: &Context<Self>, line: u32) {
        if self.folded.remove(&line).is_none() {
            let block = self.lines.values().find(|shown| shown.number == line).and_then(|shown| shown.block);
            let Some(end) = block else { return };
            self.folded.insert(line, end);
        }
        self.active = line;
        self.refold(ctx);
    }

    /// Unfolds what hides a line, and goes there.
    fn show(&mut self, ctx: &Context<Self>, line: u32) {
        let before = self.folded.len();
        self.folded.retain(|begin, end| !(*begin < line && line <= *end));
        if self.folded.len() != before {
            self.refold(ctx);
        }
        self.active = line;
        self.target = Some(line);
    }

    fn show_found(&mut self, ctx: &Context<Self>) {
        if let Some(line) = self.found.as_ref().and_then(|found| found.get(self.at)).copied() {
            self.show(ctx, line);
        }
    }

    /// Where a line stands among the visible ones.
    fn visible(&self, line: u32) -> u32 {
        let (mut hidden, mut until) = (0, 0);
        for (begin, end) in &self.folded {
            if *begin >= line {
                break;
            }
            // A fold inside of a fold hides nothing more.
            if *begin >= until {
                hidden += end.min(&line) - begin;
                until = *end;
            }
        }
        line - hidden
    }

    /// How wide the column of numbers is. Folded lines have numbers, too.
    fn digits(&self) -> usize {
        let last = self.lines.values().next_back().map_or(0, |line| line.number + 1);
        self.total.unwrap_or(0).max(last).to_string().len().max(3)
    }

    /// How much higher the text is than what scrolls.
    fn stretch(&self, scroller: &HtmlElement) -> f64 {
        let height = f64::from(self.total.unwrap_or(0)) * LINE;
        let view = f64::from(scroller.client_height());
        if height <= TALLEST { 1.0 } else { (height - view) / (TALLEST - view) }
    }

    fn look(&mut self, ctx: &Context<Self>) {
        let (Some(scroller), Some(total)) = (self.scroller.cast::<HtmlElement>(), self.total) else { return };
        let top = f64::from(scroller.scroll_top()) * self.stretch(&scroller);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a line below the total")]
        let line = |y: f64| (y / LINE).max(0.0) as u32;
        let first = line(top).saturating_sub(MARGIN);
        let last = line(top + f64::from(scroller.client_height().max(400))) + 1 + MARGIN;
        self.shown = (first.min(total), last.min(total));
        if self.asked.is_none()
            && let Some(gap) = (self.shown.0..self.shown.1).find(|line| !self.lines.contains_key(line))
        {
            let up = gap == self.shown.0 && self.lines.contains_key(&(self.shown.1 - 1));
            self.ask(ctx, if up { self.shown.1.saturating_sub(WINDOW) } else { gap });
        }
    }

    fn key(&mut self, ctx: &Context<Self>, event: &KeyboardEvent) -> bool {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return false;
        }
        let here = self.visible(self.active);
        let number = |visible: u32| self.lines.get(&visible).map(|line| line.number);
        let to = match event.key().as_str() {
            "ArrowDown" => number(here + 1),
            "ArrowUp" => number(here.saturating_sub(1)),
            "ArrowLeft" | "ArrowRight" => {
                let folded = self.folded.contains_key(&self.active);
                let block = self.lines.get(&here).is_some_and(|line| line.block.is_some());
                if block && folded == (event.key() == "ArrowRight") {
                    event.prevent_default();
                    self.fold(ctx, self.active);
                    return true;
                }
                return false;
            }
            "Enter" => {
                if let Some(target) = self.lines.get(&here).and_then(|line| line.target) {
                    event.prevent_default();
                    self.page.go(target);
                }
                return false;
            }
            _ => return false,
        };
        event.prevent_default();
        let Some(to) = to else { return false };
        self.active = to;
        let Some(scroller) = self.scroller.cast::<HtmlElement>() else { return true };
        // Keeps the line in sight without moving the text more than it must.
        let stretch = self.stretch(&scroller);
        let y = f64::from(self.visible(to)) * LINE / stretch;
        let (top, height) = (f64::from(scroller.scroll_top()), f64::from(scroller.client_height()));
        let wanted = if y < top { y } else { (y + 2.0 * LINE - height).max(top) };
        #[expect(clippy::cast_possible_truncation, reason = "a scroll position")]
        scroller.set_scroll_top(wanted.round() as i32);
        true
    }
}
