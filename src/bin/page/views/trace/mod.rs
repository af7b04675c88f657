//! The Trace tab: a request asked in a form, its verdict, its decisions, requests side by side.

mod compare;
mod form;
mod memory;
mod paste;
mod says;
mod steps;
mod text;
mod verdict;

pub use memory::{forget, forget_second, swapped};

use std::rc::Rc;

use xdscope::engine::protocol::{Answer, Fault, Form, ProxyId, Query, TraceAnswer, TraceQuery, Traced};
use yew::prelude::*;

use crate::app::Msg;
use crate::context::{use_answer, use_page};
use crate::link::{Asked, Place, SyncView, View};
use crate::parts::{Button, Variant};
use compare::Compare;
use form::FormView;
use memory::Way;
use paste::Paste;
use steps::Steps;
use verdict::Verdict;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub proxy: ProxyId,
    /// What the request is taken from.
    pub of: Option<Asked>,
}

/// Where it is told whether the proxy has what its control plane sent.
fn sync(proxy: ProxyId) -> Place {
    Place::Proxy(proxy, View::Sync(SyncView::default()))
}

#[component]
pub fn Trace(props: &Props) -> Html {
    let page = use_page();
    let proxy = props.proxy;
    let known = use_memo((), |()| if props.of.is_some() { None } else { memory::begin(&page, proxy) });
    let form = use_state(|| (*known).clone().unwrap_or_default());
    let asked = use_state(|| (*known).clone());
    let kept = use_state(memory::kept);
    let pasting = use_state(|| matches!(props.of, Some(Asked::Line(..))));
    // A request to begin with, where none is known; or the line of a log that has it.
    let wanted = match props.of {
        Some(Asked::Part(resource, at)) => Some(TraceQuery::Begin { proxy, of: Some((resource, at)) }),
        Some(Asked::Line(document, number)) => Some(TraceQuery::Line { proxy, document, number }),
        None => known.is_none().then_some(TraceQuery::Begin { proxy, of: None }),
    };
    let begun = use_answer(wanted.map(Query::Trace));
    let line = match begun.as_deref() {
        Some(Answer::Trace(TraceAnswer::Line(line))) => Some(AttrValue::from(line.clone())),
        _ => None,
    };
    {
        let (form, asked) = (form.clone(), asked.clone());
        use_effect_with(begun.clone(), move |begun| {
            if let Some(Answer::Trace(TraceAnswer::Form(first))) = begun.as_deref()
                && asked.is_none()
            {
                form.set(first.clone());
                asked.set(Some(first.clone()));
            }
        });
    }
    let run = (*asked).clone().filter(|it| !it.to.is_empty()).map(|form| TraceQuery::Run { proxy, form });
    let answer = use_answer(run.map(Query::Trace));
    let said = use_memo(answer.clone(), |answer| match answer.as_deref() {
        Some(Answer::Trace(TraceAnswer::Traced(traced))) => (Some(Rc::new((**traced).clone())), Vec::new()),
        Some(Answer::Trace(TraceAnswer::Faults(faults))) => (None, faults.clone()),
        _ => (None::<Rc<Traced>>, Vec::<Fault>::new()),
    });
    let (traced, faults) = (*said).clone();
    let none = |it: &Option<Rc<Answer>>| matches!(it.as_deref(), Some(Answer::Trace(TraceAnswer::NoDump)));
    let no_dump = none(&answer) || none(&begun);
    {
        // What was traced is kept for other views; a URL that was typed stands in the fields it was taken apart into.
        let (page, form, traced) = (page.clone(), form.clone(), traced.clone());
        use_effect_with(answer.clone(), move |_| {
            if let Some(traced) = traced {
                memory::remember(Way::of(&page, traced.clone()));
                if *form != traced.form {
                    form.set(traced.form.clone());
                }
                page.act.emit(Msg::Traced(traced));
            }
        });
    }
    let change = {
        let form = form.clone();
        Callback::from(move |new: Form| form.set(new))
    };
    let submit = {
        let (form, asked) = (form.clone(), asked.clone());
        Callback::from(move |()| asked.set(Some((*form).clone())))
    };
    let again = {
        let (form, asked) = (form.clone(), asked.clone());
        Callback::from(move |wanted: Form| {
            form.set(wanted.clone());
            asked.set(Some(wanted));
        })
    };
    let keep = {
        let (page, traced, kept) = (page.clone(), traced.clone(), kept.clone());
        Callback::from(move |_: MouseEvent| {
            if let Some(traced) = &traced {
                memory::keep(Way::of(&page, traced.clone()));
                kept.set(memory::kept());
            }
        })
    };
    let remove = {
        let kept = kept.clone();
        Callback::from(move |at| {
            memory::drop_kept(at);
            kept.set(memory::kept());
        })
    };
    let paste = {
        let pasting = pasting.clone();
        Callback::from(move |_: MouseEvent| pasting.set(!*pasting))
    };
    let unpaste = {
        let pasting = pasting.clone();
        Callback::from(move |()| pasting.set(false))
    };
    html! {
        <div class="x-body x-scroll" data-testid="trace">
            <FormView {proxy} form={(*form).clone()} {faults} {change} {submit}>
                <Button variant={Variant::Link} small=true onclick={paste} testid="trace-paste">
                    { tr!("trace.paste") }
                </Button>
                <Button variant={Variant::Link} small=true onclick={keep} disabled={traced.is_none()} testid="trace-keep">
                    { tr!("trace.keep") }
                </Button>
            </FormView>
            // Each in a place of its own: Yew finds none before a component that draws nothing.
            <div class="x-slot">
                if *pasting {
                    <Paste {proxy} {line} fill={again.clone()} close={unpaste} />
                }
            </div>
            if no_dump {
                <p class="x-card x-says-note" data-testid="trace-no-dump">{ tr!("missing.config_dump") }</p>
            }
            <div class="x-slot">
                if let Some(traced) = &traced {
                    <Verdict traced={traced.clone()} again={again.clone()} />
                }
            </div>
            <div class="x-slot">
                <Compare kept={(*kept).clone()} now={traced.clone()} {again} {remove} />
            </div>
            <div class="x-slot">
                if let Some(traced) = traced {
                    <Steps {traced} />
                }
            </div>
        </div>
    }
}
