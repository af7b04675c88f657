//! What the page is doing, and what that brings.

use std::collections::BTreeSet;
use std::rc::Rc;

use gloo::events::EventListener;
use xdscope::engine::protocol::{
    Answer, Capture, Query, RealAnswer, RealQuery, Subject, Suppression, Traced,
};
use yew::prelude::*;

use crate::context::Page;
use crate::files::Given;
use crate::link::{self, CompareView, Place, TableView, View};
use crate::outward::{self, Refusal};
use crate::settings::{self, Lang, Theme};
use crate::views;
use crate::worker::{self, Asked, Client, Event};
use crate::{browser, keys};

/// What the page is doing.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Nothing is open.
    Empty,
    /// The first files are being read.
    Loading(Progress),
    /// A capture is shown; more may be being read.
    Ready(Option<Progress>),
    /// There is nothing to show, and why.
    Failed(Failure),
}

/// How far reading is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    pub path: AttrValue,
    pub bytes: u64,
    pub total: u64,
    /// When it began, in milliseconds of the page's clock.
    pub began: f64,
    pub now: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// Documents came, and none of them says anything of a proxy or a control plane.
    NothingRead,
    /// The engine broke or was stopped, and nothing is left to be read again.
    Engine,
}

/// What the page has to say once.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// The engine broke; all was read again without these.
    Broke(Vec<AttrValue>),
    /// The user stopped it.
    Stopped(Vec<AttrValue>),
    Cancelled,
    /// The address is of a capture that is not open.
    NotOpen,
    /// The address is of another capture.
    OtherCapture,
    NothingDropped,
    NothingToCompare,
    /// Something was not copied, or not saved.
    Refused(Refusal),
    /// The page was saved with a copy inside, which is what is shown.
    Enclosed,
    /// The address is of two captures, and the second one is not open.
    NoSecond,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialog {
    Open,
    Compare,
    Paste,
    Promise,
    Keys,
    Palette,
    /// Of a map that is encrypted.
    Passphrase,
}

pub enum Msg {
    Engine(Event),
    Captured(Rc<Answer>),
    /// The address has changed.
    Moved,
    /// A resource's own place is known.
    Resolved(Rc<Answer>),
    Give(Vec<Given>),
    /// What the page was saved with.
    Enclosed(Given),
    /// To be compared with what is open.
    GiveSecond(Vec<Given>),
    SecondCaptured(Rc<Answer>),
    /// The two captures change places.
    Swap,
    CloseSecond,
    Sample,
    Cancel,
    Stop,
    CloseAll,
    CloseDetail,
    Show(Option<Dialog>),
    /// What is not to be shown among the findings.
    Suppress(Vec<Suppression>),
    /// They are changed.
    Suppressed,
    Dismiss,
    /// A request was traced.
    Traced(Rc<Traced>),
    Speak(Lang),
    Paint(Theme),
    /// Whether what is copied and saved is for a ticket.
    Ticket(bool),
    /// Something must not leave the page.
    Refused(Refusal),
    /// About the map that was given beside a redacted capture.
    Real(RealQuery),
    RealSaid(Rc<Answer>),
}

pub struct App {
    phase: Phase,
    page: Page,
    place: Place,
    /// An address that waits for its capture.
    wanted: Option<(u32, Place)>,
    /// Of all captures of this visit: their addresses are in its history.
    marks: BTreeSet<u32>,
    theme: Theme,
    dialog: Option<Dialog>,
    notice: Option<Notice>,
    silent: bool,
    cancelled: bool,
    asked: Option<Asked>,
    asked_second: Option<Asked>,
    /// A second capture was given: it is shown beside the first once it is read.
    comparing: bool,
    /// A resource whose own place is asked for, and which part of it is meant.
    resolving: Option<(Asked, Option<u32>)>,
    suppressing: Option<Asked>,
    asked_real: Option<Asked>,
    /// A map was given, and is to be opened when all else is read.
    mapped: bool,
    /// What the user hid among the findings, for a fresh engine.
    suppressed: Vec<Suppression>,
    /// The place whose heading is to have the focus, once it is drawn.
    arrived: bool,
    _listeners: Vec<EventListener>,
}

impl Component for App {
    type Message = Msg;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let (lang, theme) = (Lang::load(), Theme::load());
        lang.apply();
        theme.apply();
        let client = Client::default();
        client.start(ctx.link().callback(Msg::Engine));
        let moved = ctx.link().callback(|()| Msg::Moved);
        let act = ctx.link().callback(|msg: Msg| msg);
        let ticket = settings::ticket();
        let page = Page { client, lang, ticket, act: act.clone(), ..Page::default() };
        outward::begin(ticket);
        let listeners = vec![
            EventListener::new(&browser::window(), "hashchange", move |_| moved.emit(())),
            keys::listen(act),
            outward::listen(page.clone()),
        ];
        if let Some((copy, hidden)) = worker::inside() {
            ctx.link().send_message_batch(vec![Msg::Suppress(hidden), Msg::Enclosed(copy)]);
        }
        let wanted = link::parse(&browser::hash()).filter(|(_, place)| *place != Place::Home);
        App {
            phase: Phase::Empty,
            page,
            place: Place::Home,
            notice: wanted.map(|_| Notice::NotOpen),
            wanted,
            marks: BTreeSet::new(),
            theme,
            dialog: None,
            silent: false,
            cancelled: false,
            asked: None,
            asked_second: None,
            comparing: false,
            resolving: None,
            suppressing: None,
            asked_real: None,
            mapped: false,
            suppressed: Vec::new(),
            arrived: false,
            _listeners: listeners,
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Engine(event) => self.engine(ctx, event),
            Msg::Captured(answer) => {
                self.asked = None;
                if let Answer::Capture(capture) = &*answer {
                    self.captured(ctx, Rc::new(capture.clone()));
                }
            }
            Msg::Moved => self.moved(ctx),
            Msg::Resolved(answer) => self.resolved(&answer),
            Msg::Give(given) => self.give(given),
            Msg::Enclosed(given) => {
                self.give(vec![given]);
                self.notice = Some(Notice::Enclosed);
            }
            Msg::GiveSecond(given) => self.give_second(given),
            Msg::SecondCaptured(answer) => self.second_captured(&answer),
            Msg::Swap => {
                self.page.client.swap();
                views::trace::swapped();
                self.swapped(ctx);
            }
            Msg::CloseSecond => {
                self.page.client.close_second();
                views::trace::forget_second();
                self.forget_second();
            }
            Msg::Sample => self.give(worker::sample().into_iter().collect()),
            Msg::Cancel => self.page.client.cancel(),
            Msg::Stop => self.page.client.stop(),
            Msg::CloseAll => {
                self.page.client.close();
                self.phase = Phase::Empty;
                self.page.capture = Rc::default();
                self.page.traced = None;
                views::trace::forget();
                self.page.second = None;
                self.page.real = RealAnswer::None;
                self.asked_real = None;
                self.page.epoch += 1;
                self.dialog = None;
                self.notice = None;
                self.replace(Place::Home);
            }
            Msg::CloseDetail => match self.place {
                Place::Proxy(proxy, View::Table(view)) if view.open.is_some() && self.dialog.is_none() => {
                    self.page.go(Place::Proxy(proxy, View::Table(TableView { open: None, ..view })));
                }
                _ => return false,
            },
            Msg::Show(Some(Dialog::Palette)) if !matches!(self.phase, Phase::Ready(_)) => return false,
            Msg::Show(dialog) => self.dialog = dialog,
            Msg::Suppress(list) => {
                let hear = ctx.link().callback(|_| Msg::Suppressed);
                self.suppressed = list.clone();
                self.suppressing = Some(self.page.client.ask(Query::Suppress(list), hear));
                return false;
            }
            Msg::Suppressed => {
                self.suppressing = None;
                self.page.judged += 1;
            }
            Msg::Dismiss => self.notice = None,
            Msg::Traced(traced) => self.page.traced = Some(traced),
            Msg::Speak(lang) => {
                lang.apply();
                lang.keep();
                self.page.lang = lang;
            }
            Msg::Paint(theme) => {
                theme.apply();
                theme.keep();
                self.theme = theme;
            }
            Msg::Ticket(on) => {
                settings::keep_ticket(on);
                self.page.ticket = on;
                outward::for_ticket(&self.page, on);
            }
            Msg::Refused(refusal) => self.notice = Some(Notice::Refused(refusal)),
            Msg::Real(query) => self.ask_real(ctx, query),
            Msg::RealSaid(answer) => self.real_said(ctx, &answer),
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let body = match &self.phase {
            Phase::Empty => html! { <views::empty::Empty /> },
            Phase::Loading(progress) => html! { <views::loading::Loading progress={progress.clone()} /> },
            Phase::Ready(_) => views::place(&self.page, self.place),
            Phase::Failed(failure) => html! { <views::failed::Failed failure={failure.clone()} /> },
        };
        let adding = match &self.phase {
            Phase::Ready(adding) => adding.clone(),
            Phase::Empty | Phase::Loading(_) | Phase::Failed(_) => None,
        };
        html! {
            <ContextProvider<Page> context={self.page.clone()}>
                <views::shell::Shell
                    place={self.place}
                    theme={self.theme}
                    ready={matches!(self.phase, Phase::Ready(_))}
                    loading={matches!(self.phase, Phase::Loading(_))}
                    {adding}
                    silent={self.silent}
                    notice={self.notice.clone()}
                    dialog={self.dialog}
                    give={ctx.link().callback(Msg::Give)}
                >
                    { body }
                </views::shell::Shell>
            </ContextProvider<Page>>
        }
    }

    fn rendered(&mut self, _ctx: &Context<Self>, _first: bool) {
        // A link that was followed may be gone, and the focus with it.
        if std::mem::take(&mut self.arrived)
            && browser::focused().is_none()
            && let Some(main) = browser::by_id("main")
        {
            let _ = main.focus();
        }
    }
}

impl App {
    fn engine(&mut self, ctx: &Context<Self>, event: Event) {
        match event {
            Event::Progress { path, bytes, total } => {
                let now = browser::now();
                let progress = match &mut self.phase {
                    Phase::Loading(progress) => progress,
                    Phase::Ready(progress) => {
                        progress.get_or_insert(Progress { began: now, ..Progress::default() })
                    }
                    Phase::Empty | Phase::Failed(_) => return,
                };
                *progress = Progress { path, bytes, total, began: progress.began, now };
            }
            Event::Opened { cancelled } => {
                self.cancelled = cancelled;
                self.ask_what_is_open(ctx);
                // Real names are put into what came in addition, too.
                let early = matches!(self.page.real, RealAnswer::Early { .. } | RealAnswer::Shown { .. });
                if std::mem::take(&mut self.mapped) || early {
                    self.ask_real(ctx, RealQuery::Open { passphrase: String::new() });
                }
            }
            Event::Judged => self.page.judged += 1,
            Event::Map => self.mapped = true,
            Event::Silent(silent) => self.silent = silent,
            Event::Restarted { without, again, stopped } => {
                self.silent = false;
                self.asked = None;
                self.asked_second = None;
                self.asked_real = None;
                self.page.real = RealAnswer::None;
                self.page.second = None;
                self.comparing = false;
                self.resolving = None;
                if !self.suppressed.is_empty() {
                    ctx.link().send_message(Msg::Suppress(self.suppressed.clone()));
                }
                self.notice = Some(if stopped { Notice::Stopped(without) } else { Notice::Broke(without) });
                self.page.capture = Rc::default();
                // Whatever was asked last may have broken it: not again.
                self.replace(Place::Home);
                self.phase = if again {
                    Phase::Loading(Progress { began: browser::now(), ..Progress::default() })
                } else {
                    Phase::Failed(Failure::Engine)
                };
            }
        }
    }

    fn give(&mut self, given: Vec<Given>) {
        self.dialog = None;
        if given.is_empty() {
            self.notice = Some(Notice::NothingDropped);
            return;
        }
        if self.notice != Some(Notice::NotOpen) {
            self.notice = None;
        }
        let begun = Progress { began: browser::now(), now: browser::now(), ..Progress::default() };
        self.phase = match std::mem::replace(&mut self.phase, Phase::Empty) {
            Phase::Empty | Phase::Failed(_) => Phase::Loading(begun),
            Phase::Loading(progress) => Phase::Loading(progress),
            Phase::Ready(progress) => Phase::Ready(progress.or(Some(begun))),
        };
        self.page.client.open(given, false);
    }

    /// Takes a second capture.
    fn give_second(&mut self, given: Vec<Given>) {
        self.dialog = None;
        if given.is_empty() {
            self.notice = Some(Notice::NothingDropped);
            return;
        }
        let begun = Progress { began: browser::now(), now: browser::now(), ..Progress::default() };
        if let Phase::Ready(progress) = &mut self.phase {
            progress.get_or_insert(begun);
            self.comparing = true;
            self.page.client.open(given, true);
        }
    }

    fn ask_real(&mut self, ctx: &Context<Self>, query: RealQuery) {
        let hear = ctx.link().callback(Msg::RealSaid);
        self.asked_real = Some(self.page.client.ask(Query::Real(query), hear));
    }

    /// The map is opened, refused, or has led back: then all that is shown is asked for anew.
    fn real_said(&mut self, ctx: &Context<Self>, answer: &Answer) {
        self.asked_real = None;
        let Answer::Real(answer) = answer else { return };
        let shows = |it: &RealAnswer| matches!(it, RealAnswer::Shown { .. });
        let changed = shows(answer) != shows(&self.page.real);
        self.page.real = answer.clone();
        match answer {
            RealAnswer::Busy { .. } => self.ask_real(ctx, RealQuery::Work),
            RealAnswer::Locked { .. } => self.dialog = Some(Dialog::Passphrase),
            RealAnswer::Shown { .. } => self.dialog = self.dialog.filter(|it| *it != Dialog::Passphrase),
            _ => {}
        }
        if changed || shows(answer) {
            self.page.traced = None;
            views::trace::forget();
            self.ask_what_is_open(ctx);
        }
    }

    fn ask_what_is_open(&mut self, ctx: &Context<Self>) {
        let client = &self.page.client;
        self.asked = Some(client.ask(Query::Capture, ctx.link().callback(Msg::Captured)));
        let second = Query::Second(Box::new(Query::Capture));
        self.asked_second = Some(client.ask(second, ctx.link().callback(Msg::SecondCaptured)));
    }

    fn second_captured(&mut self, answer: &Answer) {
        self.asked_second = None;
        let comparing = std::mem::take(&mut self.comparing);
        let Answer::Capture(capture) = answer else {
            self.forget_second();
            return;
        };
        if capture.proxies.is_empty() {
            if comparing {
                self.notice = Some(Notice::NothingToCompare);
            }
            return;
        }
        let mark = link::mark_of(capture);
        self.page.second = Some((mark, Rc::new(capture.clone())));
        self.page.epoch += 1;
        if comparing {
            let all = CompareView { second: Some(mark), pair: None, open: None };
            // One proxy here and one there: they are what is meant.
            let pair = match (&self.page.capture.proxies[..], &capture.proxies[..]) {
                ([one], [other]) => Some((one.id, other.id)),
                _ => None,
            };
            self.page.go(Place::Compare(CompareView { pair, ..all }));
        }
    }

    fn forget_second(&mut self) {
        self.dialog = self.dialog.filter(|it| *it != Dialog::Compare);
        self.page.second = None;
        if matches!(self.place, Place::Compare(CompareView { second: Some(_), .. })) {
            self.replace(Place::Home);
        }
    }

    /// The second capture is the first now, and shown.
    fn swapped(&mut self, ctx: &Context<Self>) {
        self.dialog = None;
        self.place = Place::Home;
        self.page.second = None;
        self.ask_what_is_open(ctx);
    }

    fn captured(&mut self, ctx: &Context<Self>, capture: Rc<Capture>) {
        if std::mem::take(&mut self.cancelled) {
            self.notice = Some(Notice::Cancelled);
        }
        let first = !matches!(self.phase, Phase::Ready(_));
        self.page.mark = link::mark_of(&capture);
        self.page.epoch += 1;
        self.page.capture = capture.clone();
        if capture.documents.is_empty() {
            self.phase = Phase::Empty;
            return;
        }
        if capture.proxies.is_empty() && capture.control_planes.is_empty() {
            self.phase = Phase::Failed(Failure::NothingRead);
            return;
        }
        self.phase = Phase::Ready(None);
        if self.page.ticket {
            outward::for_ticket(&self.page, true);
        }
        self.marks.insert(self.page.mark);
        match self.wanted.take() {
            Some((mark, place)) if mark == self.page.mark => {
                self.notice = None;
                self.arrive(ctx, place);
            }
            Some(_) => {
                self.notice = Some(Notice::OtherCapture);
                self.replace(self.home());
            }
            None if first => self.replace(self.home()),
            // More was added: the same place, in the larger capture.
            None => self.replace(self.place),
        }
    }

    /// Where to begin: at the only proxy, else at the capture.
    fn home(&self) -> Place {
        match self.page.capture.proxies.as_slice() {
            [only] => Place::Proxy(only.id, View::Overview),
            _ => Place::Home,
        }
    }

    fn moved(&mut self, ctx: &Context<Self>) {
        let Some((mark, place)) = link::parse(&browser::hash()) else {
            self.replace(Place::Home);
            return;
        };
        if !matches!(self.phase, Phase::Ready(_)) {
            if place != Place::Home {
                self.wanted = Some((mark, place));
                self.notice = Some(Notice::NotOpen);
            }
        } else if self.marks.contains(&mark) {
            self.notice = None;
            self.arrive(ctx, place);
        } else {
            self.notice = Some(Notice::OtherCapture);
            self.replace(Place::Home);
        }
    }

    /// Goes to a place of the open capture. A resource's place is asked for first.
    fn arrive(&mut self, ctx: &Context<Self>, place: Place) {
        self.dialog = None;
        self.arrived = true;
        if let Place::Compare(CompareView { second: Some(mark), .. }) = place
            && self.page.second.as_ref().is_none_or(|it| it.0 != mark)
        {
            self.notice = Some(Notice::NoSecond);
            self.replace(self.home());
            return;
        }
        if let Place::Resource(resource, at) = place {
            let hear = ctx.link().callback(Msg::Resolved);
            self.resolving = Some((self.page.client.ask(Query::Detail(resource), hear), at));
        } else {
            self.resolving = None;
            self.place = place;
        }
    }

    fn resolved(&mut self, answer: &Answer) {
        let at = self.resolving.take().and_then(|(_, at)| at);
        self.arrived = true;
        let Answer::Detail(detail) = answer else {
            self.notice = Some(Notice::OtherCapture);
            return;
        };
        let place = match (detail.proxy, detail.table) {
            (Some(proxy), Some(table)) => {
                let view = TableView {
                    open: Some((Subject::Resource(detail.resource), at)),
                    ..TableView::of(table, detail.resource)
                };
                Place::Proxy(proxy, View::Table(view))
            }
            _ => {
                self.place = Place::Resource(detail.resource, at);
                return;
            }
        };
        self.replace(place);
    }

    /// Shows a place without leaving a step in the history.
    fn replace(&mut self, place: Place) {
        self.place = place;
        let bare = matches!(self.phase, Phase::Empty | Phase::Failed(_)) && place == Place::Home;
        browser::replace(&if bare { "#/".to_owned() } else { link::address(self.page.mark, place) });
    }
}
