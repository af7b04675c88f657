//! The rows of a table: asked for by window, drawn where they are in sight, filtered and sorted by the engine.

#[path = "rows_copy.rs"]
mod copying;
#[path = "rows_draw.rs"]
mod draw;

use std::collections::BTreeMap;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement, ResizeObserver, ScrollIntoViewOptions, ScrollLogicalPosition};
use xdscope::engine::protocol::{Answer, Column, Missing, ProxyId, Query, Row, Subject, TextRef, Window};
use yew::prelude::*;

use super::filter::Filter;
use super::grid::Heights;
use super::lines::Lines;
use super::table_copy::Format;
use super::{columns, overview};
use crate::context::Page;
use crate::link::{TableView, slug};
use crate::worker::Asked;
use crate::{browser, settings, words};

/// Rows asked for at once.
const WINDOW: u32 = 80;
/// Rows drawn above and below those in sight.
const MARGIN: u32 = 8;
/// Somebody writes: how long until the engine is asked.
const PAUSE_MS: u32 = 30;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub proxy: ProxyId,
    pub view: TableView,
    pub select: Callback<Option<(Subject, Option<u32>)>>,
    pub clear: Callback<()>,
}

pub enum Msg {
    Page(Page),
    Answered(Rc<Answer>),
    /// It was scrolled, resized or measured.
    Look,
    Resized,
    Text(String),
    Column(Column, String),
    Sort(Column),
    /// Show what is hidden at first, or not any more.
    Hidden(bool),
    /// Show these columns; none: those of the beginning.
    Columns(Option<Vec<Column>>),
    /// Show it as istioctl prints it, as 1.1's did, or as a table again.
    Print(Option<bool>),
    Copy(Format),
    /// The next rows, or the next piece of text, to copy.
    Piece(Rc<Answer>),
    Copied(bool),
    CopyAgain,
    Clear,
    Ask,
    Key(KeyboardEvent),
    Click(MouseEvent),
    /// It is scrolled by wheel, finger or bar.
    ByHand,
}

struct Head {
    columns: Vec<Column>,
    /// Those that are shown, and where each stands among a row's cells.
    shown: Vec<(Column, usize)>,
    cells: Rc<[usize]>,
    total: u32,
    hidden: u32,
    matched: u32,
    missing: Option<Missing>,
    command: AttrValue,
    printed: (bool, bool),
}

pub struct Rows {
    page: Page,
    _context: Option<ContextHandle<Page>>,
    filter: Filter,
    head: Option<Head>,
    /// The columns that the user chose.
    chosen: Option<Vec<Column>>,
    /// The table is shown as istioctl prints it; whether as 1.1's did.
    print: Option<bool>,
    copying: Option<copying::Copying>,
    copied: Option<bool>,
    fetching: Option<Asked>,
    back: Option<Timeout>,
    rows: BTreeMap<u32, Rc<Row>>,
    /// The rows answer an older question; they stand until the new answer is there, so that nothing flickers.
    old: bool,
    heights: Heights,
    /// The rows that are drawn.
    shown: (u32, u32),
    /// The row that the keyboard is on.
    active: u32,
    /// That row is to have the focus and be in sight, however late rows around it come and however high they are;
    /// until somebody scrolls by hand or goes elsewhere.
    follow: bool,
    asked: Option<Asked>,
    pause: Option<Timeout>,
    scroller: NodeRef,
    body: NodeRef,
    resize: Option<(ResizeObserver, Closure<dyn Fn()>)>,
    width: i32,
}

impl Component for Rows {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let context = ctx.link().context(ctx.link().callback(Msg::Page));
        let (page, context) =
            context.map_or_else(|| (Page::default(), None), |(page, handle)| (page, Some(handle)));
        let props = ctx.props();
        let key = (page.mark, props.proxy, props.view.table);
        let filter = Filter::of(key);
        let mut rows = Rows {
            page,
            _context: context,
            filter,
            head: None,
            chosen: settings::columns(props.view.table),
            print: None,
            copying: None,
            copied: None,
            fetching: None,
            back: None,
            rows: BTreeMap::new(),
            old: false,
            heights: Heights::default(),
            shown: (0, 0),
            active: 0,
            follow: false,
            asked: None,
            pause: None,
            scroller: NodeRef::default(),
            body: NodeRef::default(),
            resize: None,
            width: 0,
        };
        rows.ask(ctx, 0);
        rows
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        if ctx.props().view.only != old.view.only {
            // What was typed was meant for the rows seen then; a link leads to rows that it must not hide.
            self.filter = self.filter.cleared();
            self.begin(ctx);
        }
        true
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Page(page) => {
                let again = page.epoch != self.page.epoch;
                self.page = page;
                if again {
                    self.begin(ctx);
                }
            }
            Msg::Answered(answer) => {
                self.asked = None;
                self.answered(ctx.props().view, &answer);
                self.look(ctx);
            }
            Msg::Look => return self.look(ctx),
            Msg::Resized => {
                let width = self.scroller.cast::<HtmlElement>().map_or(0, |scroller| scroller.client_width());
                if width != self.width && self.width != 0 {
                    // Other widths break lines elsewhere.
                    self.heights.reset(self.head.as_ref().map_or(0, |head| head.matched));
                }
                self.width = width;
                self.look(ctx);
            }
            Msg::Text(text) => {
                self.filter.text = text;
                self.soon(ctx);
            }
            Msg::Column(column, text) => {
                self.filter.columns.insert(column, text);
                self.soon(ctx);
            }
            Msg::Sort(column) => {
                self.filter.sort = match self.filter.sort {
                    Some((sorted, false)) if sorted == column => Some((column, true)),
                    Some((sorted, true)) if sorted == column => None,
                    _ => Some((column, false)),
                };
                self.begin(ctx);
            }
            Msg::Hidden(hidden) => {
                self.filter.hidden = hidden;
                self.begin(ctx);
            }
            Msg::Columns(chosen) => {
                settings::keep_columns(ctx.props().view.table, chosen.as_deref());
                self.chosen = chosen;
                if let Some(head) = &mut self.head {
                    head.choose(ctx.props().view, self.chosen.as_deref());
                    // Other columns break lines elsewhere.
                    self.heights.reset(head.matched);
                }
            }
            Msg::Print(print) => self.print = print,
            Msg::Copy(format) => self.copy(ctx, format),
            Msg::Piece(answer) => self.piece(ctx, &answer),
            Msg::Copied(fine) => {
                self.copied = Some(fine);
                let link = ctx.link().clone();
                self.back = Some(Timeout::new(2_000, move || link.send_message(Msg::CopyAgain)));
            }
            Msg::CopyAgain => self.copied = None,
            Msg::Clear => {
                self.filter = self.filter.cleared();
                if ctx.props().view.only.is_some() {
                    ctx.props().clear.emit(());
                }
                self.begin(ctx);
            }
            Msg::Ask => self.begin(ctx),
            Msg::Key(event) => return self.key(ctx, &event),
            Msg::Click(event) => return self.click(ctx, &event),
            Msg::ByHand => {
                self.follow = false;
                return false;
            }
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let view = ctx.props().view;
        html! {
            <section class="x-card x-rows" aria-label={words::table(view.table)} data-testid={format!("table-{}", slug(view.table))}>
                { self.siblings(ctx) }
                { self.bar(ctx) }
                if let Some(missing) = self.head.as_ref().and_then(|head| head.missing.as_ref()) {
                    { overview::lack(missing) }
                }
                if let Some(legacy) = self.print {
                    <Lines
                        key={format!("{legacy}")}
                        of={TextRef::Istioctl { proxy: ctx.props().proxy, table: view.table, only: view.only, legacy }}
                    />
                } else {
                    { self.grid(ctx) }
                    { self.nothing(ctx) }
                }
            </section>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, _first: bool) {
        if self.resize.is_none()
            && let Some(scroller) = self.scroller.cast::<Element>()
        {
            let link = ctx.link().clone();
            let heard = Closure::<dyn Fn()>::new(move || link.send_message(Msg::Resized));
            if let Ok(observer) = ResizeObserver::new(heard.as_ref().unchecked_ref()) {
                observer.observe(&scroller);
                self.resize = Some((observer, heard));
            }
        }
        let Some(body) = self.body.cast::<Element>() else { return };
        let drawn = elements(&body);
        let heights = drawn.iter().filter_map(|row| {
            #[expect(clippy::cast_possible_truncation, reason = "a height in pixels")]
            let height = row.get_bounding_client_rect().height() as f32;
            Some((index(row)?, height))
        });
        if self.heights.measure(heights) {
            ctx.link().send_message(Msg::Look);
        }
        if self.follow {
            self.keep_focus(ctx, &drawn);
        }
    }

    fn destroy(&mut self, ctx: &Context<Self>) {
        if let Some((observer, _)) = &self.resize {
            observer.disconnect();
        }
        let key = (self.page.mark, ctx.props().proxy, ctx.props().view.table);
        self.filter.keep(key);
    }
}

impl Head {
    /// Which columns are shown: where all rows are of one route configuration, its name stands above them.
    fn choose(&mut self, view: TableView, chosen: Option<&[Column]>) {
        let same = view.only.is_some().then_some(Column::RouteConfig);
        let place = |column: Column| self.columns.iter().position(|it| *it == column).map(|at| (column, at));
        let shown = columns::shown(view.table, &self.columns, chosen).into_iter();
        self.shown = shown.filter(|column| Some(*column) != same).filter_map(place).collect();
        self.cells = self.shown.iter().map(|(_, at)| *at).collect();
    }
}

fn elements(body: &Element) -> Vec<HtmlElement> {
    let children = body.children();
    (0..children.length()).filter_map(|at| children.item(at)?.dyn_into().ok()).collect()
}

fn index(row: &Element) -> Option<u32> {
    row.get_attribute("data-index")?.parse().ok()
}

impl Rows {
    /// Asks anew, from the first row.
    fn begin(&mut self, ctx: &Context<Self>) {
        self.pause = None;
        self.old = true;
        (self.active, self.follow) = (0, false);
        if let Some(scroller) = self.scroller.cast::<HtmlElement>() {
            scroller.set_scroll_top(0);
        }
        self.ask(ctx, 0);
    }

    fn soon(&mut self, ctx: &Context<Self>) {
        let link = ctx.link().clone();
        self.pause = Some(Timeout::new(PAUSE_MS, move || link.send_message(Msg::Ask)));
    }

    fn ask(&mut self, ctx: &Context<Self>, offset: u32) {
        let query = self.query(ctx, offset, WINDOW);
        self.asked = Some(self.page.client.ask(query, ctx.link().callback(Msg::Answered)));
    }

    fn query(&self, ctx: &Context<Self>, offset: u32, limit: u32) -> Query {
        let props = ctx.props();
        let typed = |text: &String| text.trim().to_owned();
        let columns = self.filter.columns.iter().map(|(column, text)| (*column, typed(text)));
        let window = Window {
            text: typed(&self.filter.text),
            columns: columns.filter(|(_, text)| !text.is_empty()).collect(),
            only: props.view.only,
            hidden: self.filter.hidden,
            now: Some(browser::clock()),
            sort: self.filter.sort,
            offset,
            limit,
        };
        Query::Table { proxy: props.proxy, table: props.view.table, window }
    }

    fn answered(&mut self, view: TableView, answer: &Answer) {
        let Answer::Table(table) = answer else {
            // The proxy is not open any more: there is nothing to ask for.
            (self.head, self.rows) = (None, BTreeMap::new());
            return;
        };
        if std::mem::take(&mut self.old) {
            self.rows.clear();
        }
        if self.rows.is_empty() || self.head.as_ref().is_none_or(|head| head.matched != table.matched) {
            self.heights.reset(table.matched);
        }
        let mut head = Head {
            columns: table.columns.clone(),
            shown: Vec::new(),
            cells: Rc::default(),
            total: table.total,
            hidden: table.hidden,
            matched: table.matched,
            missing: table.missing.clone(),
            command: table.command.clone().into(),
            printed: table.printed,
        };
        head.choose(view, self.chosen.as_deref());
        self.head = Some(head);
        self.rows.extend((table.offset..).zip(table.rows.iter().cloned().map(Rc::new)));
    }

    /// Finds the rows in sight, and asks for those that are not there. Whether others are in sight than before.
    fn look(&mut self, ctx: &Context<Self>) -> bool {
        let (Some(scroller), Some(head)) = (self.scroller.cast::<HtmlElement>(), &self.head) else {
            return true;
        };
        if head.matched == 0 {
            self.shown = (0, 0);
            return true;
        }
        let top = f64::from(scroller.scroll_top());
        let first = self.heights.row_at(top);
        let last = self.heights.row_at(top + f64::from(scroller.client_height().max(300)));
        let mut shown = (first.saturating_sub(MARGIN), (last + 1 + MARGIN).min(head.matched));
        if self.follow && !(shown.0..shown.1).contains(&self.active) {
            // The rows on the way were higher than thought.
            let end = (self.active + 1 + MARGIN).min(head.matched);
            shown = (end.saturating_sub(shown.1 - shown.0), end);
        }
        if self.asked.is_none()
            && let Some(gap) = (shown.0..shown.1).find(|row| !self.rows.contains_key(row))
        {
            // Going up, the gap ends at what is there; going down, it begins there.
            let up = gap == shown.0 && self.rows.contains_key(&(shown.1 - 1));
            let offset = if up { shown.1.saturating_sub(WINDOW) } else { gap };
            self.ask(ctx, offset);
        }
        let changed = shown != self.shown;
        self.shown = shown;
        changed || self.shown.1 > 0
    }

    fn key(&mut self, ctx: &Context<Self>, event: &KeyboardEvent) -> bool {
        let Some(head) = &self.head else { return false };
        let Some(target) = event.target().and_then(|at| at.dyn_into::<Element>().ok()) else { return false };
        if event.ctrl_key() || event.meta_key() || event.alt_key() || head.matched == 0 {
            return false;
        }
        let last = head.matched - 1;
        let page = self.shown.1.saturating_sub(self.shown.0).saturating_sub(2 * MARGIN).max(1);
        let to = match event.key().as_str() {
            "ArrowDown" => self.active + 1,
            "ArrowUp" => self.active.saturating_sub(1),
            "PageDown" => self.active + page,
            "PageUp" => self.active.saturating_sub(page),
            "Home" => 0,
            "End" => last,
            // On a link, Enter is the link's.
            "Enter" if index(&target).is_some() => {
                self.open(ctx, self.active);
                event.prevent_default();
                return true;
            }
            _ => return false,
        };
        event.prevent_default();
        self.active = to.min(last);
        self.follow = true;
        if !self.is_shown(self.active) {
            self.scroll_to(self.active);
        }
        true
    }

    /// Gives the focus to the row that the keyboard is on, unless it is in that row, or has left the table.
    fn keep_focus(&mut self, ctx: &Context<Self>, drawn: &[HtmlElement]) {
        let Some(row) = drawn.iter().find(|row| index(row) == Some(self.active)) else {
            if self.rows.contains_key(&self.active) {
                // A component of its own, which may be drawn after this one.
                ctx.link().send_message(Msg::Look);
            }
            return;
        };
        let at = browser::focused();
        let lost = at.as_ref().is_none_or(|at| at != row && drawn.contains(at));
        self.follow = lost || at.is_some_and(|at| row.contains(Some(&at)));
        if lost {
            let _ = row.focus();
        }
        if self.follow {
            let nearest = ScrollIntoViewOptions::new();
            nearest.set_block(ScrollLogicalPosition::Nearest);
            row.scroll_into_view_with_scroll_into_view_options(&nearest);
        }
    }

    fn is_shown(&self, row: u32) -> bool {
        (self.shown.0..self.shown.1).contains(&row)
    }

    fn scroll_to(&self, row: u32) {
        if let Some(scroller) = self.scroller.cast::<HtmlElement>() {
            #[expect(clippy::cast_possible_truncation, reason = "a scroll position")]
            scroller.set_scroll_top(self.heights.begin(row) as i32);
        }
    }

    fn click(&mut self, ctx: &Context<Self>, event: &MouseEvent) -> bool {
        let Some(target) = event.target().and_then(|at| at.dyn_into::<Element>().ok()) else { return false };
        let on_link = target.closest("a, button").ok().flatten().is_some();
        let row = target.closest("[data-index]").ok().flatten().and_then(|row| index(&row));
        let (false, Some(row)) = (on_link, row) else { return false };
        self.active = row;
        self.open(ctx, row);
        true
    }

    fn open(&self, ctx: &Context<Self>, row: u32) {
        if let Some(row) = self.rows.get(&row) {
            ctx.props().select.emit(Some((row.of, Some(row.at))));
        }
    }
}
