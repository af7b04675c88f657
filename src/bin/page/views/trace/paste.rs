//! A box for a curl command or lines of an access log: they fill the form, and the log's words are explained.

use std::rc::Rc;

use web_sys::HtmlTextAreaElement;
use xdscope::engine::protocol::{
    Answer, Form, Judged, Judgement, LogFault, Pasted, PastedLine, PastedLog, ProxyId, Query, TraceAnswer,
    TraceQuery,
};
use xdscope::trace::ask::{self, Meaning};
use yew::prelude::*;

use super::says;
use crate::context::{use_answer, use_page};
use crate::parts::{Button, Variant, toned};
use crate::settings::Lang;
use crate::words::Tone;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub proxy: ProxyId,
    /// What is pasted already.
    #[prop_or_default]
    pub line: Option<AttrValue>,
    /// Fills the form and traces.
    pub fill: Callback<Form>,
    pub close: Callback<()>,
}

#[component]
pub fn Paste(props: &Props) -> Html {
    let page = use_page();
    let field = use_node_ref();
    let text = use_state(String::new);
    let wanted = (!text.trim().is_empty())
        .then(|| Query::Trace(TraceQuery::Paste { proxy: props.proxy, text: (*text).clone() }));
    let asked = wanted.is_some();
    let answer = use_answer(wanted);
    let pasted = match answer.as_deref() {
        Some(Answer::Trace(TraceAnswer::Pasted(pasted))) if asked => Some(pasted),
        _ => None,
    };
    {
        // One request alone is meant to be traced.
        let fill = props.fill.clone();
        use_effect_with(answer.clone(), move |answer: &Option<Rc<Answer>>| {
            let Some(Answer::Trace(TraceAnswer::Pasted(pasted))) = answer.as_deref() else { return };
            match pasted {
                Pasted::Curl { form, .. } => fill.emit(form.clone()),
                Pasted::Log { lines, .. } => {
                    let mut read = lines.iter().filter_map(|it| it.read.as_ref().ok());
                    if let (Some(only), None) = (read.next(), read.next()) {
                        fill.emit(only.form.clone());
                    }
                }
                Pasted::CurlFault(_) => {}
            }
        });
    }
    {
        let field = field.clone();
        use_effect_with((), move |()| {
            if let Some(field) = field.cast::<HtmlTextAreaElement>() {
                let _ = field.focus();
            }
        });
    }
    {
        let (field, text) = (field.clone(), text.clone());
        use_effect_with(props.line.clone(), move |line| {
            if let (Some(line), Some(field)) = (line, field.cast::<HtmlTextAreaElement>()) {
                field.set_value(line);
                text.set(line.to_string());
            }
        });
    }
    let read = {
        let (field, text) = (field.clone(), text.clone());
        Callback::from(move |_: MouseEvent| {
            if let Some(field) = field.cast::<HtmlTextAreaElement>() {
                text.set(field.value());
            }
        })
    };
    html! {
        <section class="x-card x-trace-paste" aria-label={tr!("trace.paste")} data-testid="trace-paste-box">
            <label for="trace-pasted">{ tr!("trace.paste.what") }</label>
            <textarea
                id="trace-pasted" ref={field} rows="3" spellcheck="false" autocomplete="off"
                placeholder="curl -H 'end-user: jason' http://reviews:9080/reviews/1" data-testid="trace-pasted"
            />
            <div class="x-trace-line">
                <Button variant={Variant::Primary} small=true onclick={read} testid="trace-read">{ tr!("trace.paste.read") }</Button>
                <Button variant={Variant::Link} small=true onclick={props.close.reform(|_| ())} testid="trace-paste-close">
                    { tr!("trace.paste.close") }
                </Button>
            </div>
            <div aria-live="polite" data-testid="trace-pasted-says">
                { match pasted {
                    None => html! {},
                    Some(Pasted::Curl { remarks, .. }) => html! {
                        <ul class="x-hints">
                            { for remarks.iter().map(|it| html! { <li>{ says::remark(it) }</li> }) }
                        </ul>
                    },
                    Some(Pasted::CurlFault(fault)) => html! { <p class="x-bad" role="alert">{ says::curl_fault(fault) }</p> },
                    Some(Pasted::Log { lines, more }) => html! {
                        <>
                            <ul class="x-hints">
                                { for lines.iter().map(|it| line(page.lang, it, lines.len() > 1, &props.fill)) }
                            </ul>
                            if *more > 0 { <p class="x-aside">{ tr!("trace.paste.more", n = more) }</p> }
                        </>
                    },
                } }
            </div>
        </section>
    }
}

fn line(lang: Lang, line: &PastedLine, several: bool, fill: &Callback<Form>) -> Html {
    match &line.read {
        Ok(log) => logged(lang, line.number, log, several, fill),
        Err(fault) => html! {
            <li data-testid="trace-log-fault">
                <span class="x-bad">{ tr!("trace.paste.line", n = line.number) }{ " " }{ says::log_fault(fault) }</span>
                if let LogFault::Format { rest: Some(rest), .. } = fault {
                    <br /><code class="x-aside x-wrap">{ tr!("trace.log.rest", rest = rest) }</code>
                }
                <br /><span class="x-aside">{ tr!("trace.log.formats") }</span>
            </li>
        },
    }
}

/// A line: what it says, what each of its words means, whether the dump accounts for it.
fn logged(lang: Lang, number: u32, log: &PastedLog, several: bool, fill: &Callback<Form>) -> Html {
    let status = log.status.map(|it| it.to_string()).unwrap_or_default();
    let badge = format!("{status} {}", log.flags.join(",")).trim().to_owned();
    let bad = log.status.is_none_or(|it| it >= 500) || !log.flags.is_empty();
    let trace = {
        let (fill, form) = (fill.clone(), log.form.clone());
        Callback::from(move |_: MouseEvent| fill.emit(form.clone()))
    };
    let host = if log.form.authority.is_empty() { &log.form.to } else { &log.form.authority };
    html! {
        <li data-testid="trace-logged">
            <p>
                if several { <span class="x-aside">{ tr!("trace.paste.line", n = number) }{ " " }</span> }
                { toned((badge.into(), if bad { Tone::Bad } else { Tone::Good })) }{ " " }
                <span class="x-mono">{ format!("{} {host}{}", log.form.method, log.form.path) }</span>{ " " }
                <span class="x-aside">{ log.time.clone() }</span>{ " " }
                if several {
                    <Button variant={Variant::Link} small=true onclick={trace} testid="trace-line">{ tr!("trace.run") }</Button>
                }
            </p>
            <dl class="x-meanings">
                { for log.flags.iter().map(|flag| meaning(flag, ask::flag(flag).into_iter().collect(), lang)) }
                { for log.details.iter().map(|it| meaning(it, ask::detail(it), lang)) }
            </dl>
            <p class={judged_class(&log.judged)} data-testid="trace-judged">{ says::judged(&log.judged) }</p>
        </li>
    }
}

fn judged_class(judged: &Judged) -> &'static str {
    match judged {
        Judged::By(Judgement::Decided | Judgement::Beyond) => "x-good",
        Judged::By(Judgement::Unsure | Judgement::Differs(_)) | Judged::Unserved(_) => "x-warn",
    }
}

/// A word of Envoy's, and what it means.
pub fn meaning(word: &str, means: Vec<Meaning>, lang: Lang) -> Html {
    let said = means.iter().map(|it| if lang == Lang::Chinese { it.zh } else { it.en });
    let said: Vec<&str> = said.collect();
    html! {
        <div>
            <dt class="x-mono">{ word.to_owned() }</dt>
            <dd>{ if said.is_empty() { tr!("trace.log.unknown") } else { said.join(" ").into() } }</dd>
        </div>
    }
}
