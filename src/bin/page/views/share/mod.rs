//! A copy of the capture that can be sent: made, told, looked at, saved.

mod beside;
mod left_out;
mod list;
mod map;
mod names;
mod places;
mod save;
mod says;

pub use list::typed;

use std::rc::Rc;

use xdscope::engine::protocol::{Answer, Phase, Query, ShareAnswer, ShareQuery, Shared};
use yew::prelude::*;

use crate::context::Page;
use crate::parts::{Button, Variant};
use crate::words;
use crate::worker::Asked;

/// What is shown of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Places,
    Beside,
    Names,
    LeftOut,
}

pub enum Msg {
    Page(Page),
    Said(Rc<Answer>),
    Show(Side),
    /// Whether a name is to be kept: it runs again.
    Keep(String, bool),
    Cancel,
    Begin,
}

/// What is known of the copy.
enum State {
    Busy { phase: Phase, share: f64 },
    Told(ShareAnswer),
}

pub struct Share {
    page: Page,
    _context: Option<ContextHandle<Page>>,
    state: State,
    /// The last one that stood its check: it stays in sight while another is made.
    made: Option<Rc<Shared>>,
    /// Goes up with each copy.
    round: u32,
    side: Side,
    keep: Option<Vec<String>>,
    asked: Option<Asked>,
}

impl Component for Share {
    type Message = Msg;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let context = ctx.link().context(ctx.link().callback(Msg::Page));
        let (page, context) =
            context.map_or_else(|| (Page::default(), None), |(page, handle)| (page, Some(handle)));
        let mut share = Share {
            page,
            _context: context,
            state: State::Busy { phase: Phase::Collecting, share: 0.0 },
            made: None,
            round: 0,
            side: Side::Places,
            keep: None,
            asked: None,
        };
        share.begin(ctx);
        share
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Page(page) => self.page = page,
            Msg::Said(answer) => {
                self.asked = None;
                match &*answer {
                    Answer::Share(ShareAnswer::Busy { phase, behind, all }) => {
                        #[expect(clippy::cast_precision_loss, reason = "a bar")]
                        let share = 100.0 * *behind as f64 / (*all).max(1) as f64;
                        self.state = State::Busy { phase: *phase, share };
                        self.ask(ctx, ShareQuery::Work);
                    }
                    Answer::Share(told) => {
                        self.made = None;
                        if let ShareAnswer::Done(shared) = told {
                            self.made = Some(Rc::new((**shared).clone()));
                            self.keep = Some(shared.keep.clone());
                            self.round += 1;
                        }
                        self.state = State::Told(told.clone());
                    }
                    _ => self.state = State::Told(ShareAnswer::None),
                }
            }
            Msg::Show(side) => self.side = side,
            Msg::Keep(name, kept) => {
                let keep = self.keep.get_or_insert_default();
                keep.retain(|it| *it != name);
                if kept {
                    keep.push(name);
                }
                self.begin(ctx);
            }
            Msg::Cancel => {
                self.made = None;
                self.state = State::Told(ShareAnswer::None);
                self.ask(ctx, ShareQuery::Cancel);
            }
            Msg::Begin => self.begin(ctx),
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        html! {
            <>
                <header class="x-head">
                    <h1>{ tr!("share.title") }</h1>
                    <p class="x-sub">{ tr!("share.lead") }</p>
                </header>
                <div class="x-body x-share" data-testid="share">
                    { self.top(ctx) }
                    if let Some(made) = &self.made {
                        { self.sides(ctx, made) }
                    }
                </div>
            </>
        }
    }
}

impl Share {
    fn ask(&mut self, ctx: &Context<Self>, query: ShareQuery) {
        let hear = ctx.link().callback(Msg::Said);
        self.asked = Some(self.page.client.ask(Query::Share(query), hear));
    }

    fn begin(&mut self, ctx: &Context<Self>) {
        // Without chance there is no secret, so no copy.
        let Some(key) = self.page.client.key() else {
            self.state = State::Told(ShareAnswer::None);
            return;
        };
        self.state = State::Busy { phase: Phase::Collecting, share: 0.0 };
        self.ask(ctx, ShareQuery::Begin { keep: self.keep.clone(), key });
    }

    /// What became of it, and what can be done.
    fn top(&self, ctx: &Context<Self>) -> Html {
        let begin = ctx.link().callback(|_| Msg::Begin);
        match &self.state {
            State::Busy { phase, share } => html! {
                <section class="x-card x-share-top x-share-busy" data-testid="share-busy">
                    <div class="x-bar">
                        <div
                            class="x-bar-line" role="progressbar" aria-label={tr!("share.busy")}
                            aria-valuemin="0" aria-valuemax="100" aria-valuenow={format!("{share:.0}")}
                        >
                            <div style={format!("width: {share:.1}%")} />
                        </div>
                        <span class="x-aside" role="status">{ says::phase(*phase) }</span>
                    </div>
                    <Button onclick={ctx.link().callback(|_| Msg::Cancel)} testid="share-cancel">
                        { tr!("loading.cancel") }
                    </Button>
                </section>
            },
            State::Told(ShareAnswer::Done(shared)) if shared.documents == 0 => html! {
                <p class="x-card x-says-warn" role="status" data-testid="share-nothing">{ tr!("share.nothing") }</p>
            },
            State::Told(ShareAnswer::Done(shared)) => {
                html! { <save::Save shared={Rc::new((**shared).clone())} /> }
            }
            State::Told(ShareAnswer::Failed(failed)) => html! {
                <section class="x-card x-says-bad" role="alert" data-testid="share-failed">
                    <p><strong>{ tr!("share.failed") }</strong>{ " " }{ says::wrong(failed.why) }</p>
                    <p class="x-mono x-share-field" data-testid="share-field">{ &failed.document }{ " " }{ &failed.field }</p>
                    <p>{ tr!("share.failed.next") }</p>
                    <Button onclick={begin} testid="share-again">{ tr!("share.again") }</Button>
                </section>
            },
            State::Told(_) => html! {
                <section class="x-card x-share-top" data-testid="share-none">
                    <p role="status">{ tr!("share.none") }</p>
                    <Button variant={Variant::Primary} onclick={begin} testid="share-again">{ tr!("share.begin") }</Button>
                </section>
            },
        }
    }

    fn sides(&self, ctx: &Context<Self>, made: &Rc<Shared>) -> Html {
        let chip = |side: Side, id: &'static str, name: AttrValue, count: Option<u64>| {
            html! {
                <button
                    type="button" class="x-chip" aria-pressed={(self.side == side).to_string()} data-testid={id}
                    onclick={ctx.link().callback(move |_| Msg::Show(side))}
                >
                    { name }
                    if let Some(count) = count {
                        { " " }<span class="x-aside">{ words::number(count) }</span>
                    }
                </button>
            }
        };
        let round = self.round;
        let keep = ctx.link().callback(|(name, kept)| Msg::Keep(name, kept));
        html! {
            <>
                <div class="x-chips" role="group" aria-label={tr!("share.sides")}>
                    { chip(Side::Places, "share-places", tr!("share.places"), None) }
                    { chip(Side::Beside, "share-beside", tr!("share.beside"), None) }
                    { chip(Side::Names, "share-names", tr!("share.names"), Some(made.names + made.keep.len() as u64)) }
                    { chip(Side::LeftOut, "share-left-out", tr!("share.left_out"), Some(made.left_out.into())) }
                </div>
                { match self.side {
                    Side::Places => html! { <places::Places made={made.clone()} {round} /> },
                    Side::Beside => html! { <beside::Beside made={made.clone()} {round} /> },
                    Side::Names => html! { <names::Names {round} {keep} ticked={self.keep.clone().unwrap_or_default()} /> },
                    Side::LeftOut => html! { <left_out::LeftOut {round} /> },
                } }
            </>
        }
    }
}
