//! What is asked: a request, field by field. Enter traces it.

use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use xdscope::engine::protocol::{
    Answer, Direction, Fault, Field, Form, ProxyId, Query, Speaks, TraceAnswer, TraceQuery,
};
use yew::prelude::*;

use super::says;
use crate::browser;
use crate::context::{use_answer, use_page};

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub proxy: ProxyId,
    pub form: Form,
    pub faults: Vec<Fault>,
    pub change: Callback<Form>,
    pub submit: Callback<()>,
    /// Buttons at its end.
    pub children: Html,
}

const METHODS: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT"];

#[component]
pub fn FormView(props: &Props) -> Html {
    let _page = use_page();
    let form = &props.form;
    let hosts =
        use_answer(Some(Query::Trace(TraceQuery::Hosts { proxy: props.proxy, text: form.to.clone() })));
    let hosts = match hosts.as_deref() {
        Some(Answer::Trace(TraceAnswer::Hosts(hosts))) => hosts.as_slice(),
        _ => &[],
    };
    let onsubmit = {
        let submit = props.submit.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            submit.emit(());
        })
    };
    // What was said of a field that nobody sees helps nobody.
    let hidden = |it: &Fault| !matches!(it.field, Field::To | Field::Method | Field::Path);
    let wrong_inside = props.faults.iter().any(hidden);
    use_effect_with(props.faults.clone(), |faults| {
        if let Some(field) = faults.first().and_then(|it| browser::by_id(id(it.field))) {
            let _ = field.focus();
        }
    });
    let more = use_state(|| false);
    let open = *more || wrong_inside;
    let toggle = Callback::from(move |_: MouseEvent| more.set(!open));
    html! {
        <form class="x-card x-trace-form" {onsubmit} novalidate=true aria-label={tr!("trace.form")} data-testid="trace-form">
            <div class="x-trace-line">
                if form.speaks != Speaks::Tcp {
                    { method(props) }
                }
                { input(props, Field::To, Some("trace-hosts")) }
                <datalist id="trace-hosts">
                    { for hosts.iter().map(|host| html! { <option value={host.clone()} /> }) }
                </datalist>
                if form.speaks != Speaks::Tcp {
                    { input(props, Field::Path, None) }
                }
                <button type="submit" class="pf-v5-c-button pf-m-primary pf-m-small" data-testid="trace-run">
                    { tr!("trace.run") }
                </button>
            </div>
            <div class="x-trace-line">
                { direction(props) }
                { speaks(props) }
                { tls(props) }
                <button
                    type="button" class="pf-v5-c-button pf-m-link pf-m-small" onclick={toggle}
                    aria-expanded={if open { "true" } else { "false" }} aria-controls="trace-more" data-testid="trace-more"
                >
                    { if open { tr!("trace.less") } else { tr!("trace.more", said = said(form)) } }
                </button>
                <span class="x-right">{ props.children.clone() }</span>
            </div>
            <div id="trace-more" class="x-trace-more" hidden={!open}>
                if form.speaks != Speaks::Tcp {
                    { input(props, Field::Authority, None) }
                }
                { input(props, Field::From, None) }
                if form.tls {
                    { input(props, Field::Sni, None) }
                    { input(props, Field::Alpn, None) }
                    { input(props, Field::Identity, None) }
                }
                if form.speaks != Speaks::Tcp {
                    { input(props, Field::Token, None) }
                    { headers(props) }
                }
            </div>
        </form>
    }
}

/// What the folded fields say, in a few words.
fn said(form: &Form) -> AttrValue {
    let lines = form.headers.lines().filter(|it| !it.trim().is_empty()).count() as u64;
    let headers = count!("trace.said.header", "trace.said.headers", lines);
    let from = if form.from.is_empty() { tr!("trace.said.anyone") } else { form.from.clone().into() };
    tr!("trace.said", headers = headers, from = from)
}

fn id(field: Field) -> &'static str {
    match field {
        Field::To => "trace-to",
        Field::Method => "trace-method",
        Field::Path => "trace-path",
        Field::Authority => "trace-authority",
        Field::Headers => "trace-headers",
        Field::From => "trace-from",
        Field::Sni => "trace-sni",
        Field::Alpn => "trace-alpn",
        Field::Identity => "trace-identity",
        Field::Token => "trace-token",
    }
}

fn value(form: &Form, field: Field) -> &str {
    match field {
        Field::To => &form.to,
        Field::Method => &form.method,
        Field::Path => &form.path,
        Field::Authority => &form.authority,
        Field::Headers => &form.headers,
        Field::From => &form.from,
        Field::Sni => &form.sni,
        Field::Alpn => &form.alpn,
        Field::Identity => &form.identity,
        Field::Token => &form.token,
    }
}

fn with(form: &Form, field: Field, text: String) -> Form {
    let mut form = form.clone();
    *match field {
        Field::To => &mut form.to,
        Field::Method => &mut form.method,
        Field::Path => &mut form.path,
        Field::Authority => &mut form.authority,
        Field::Headers => &mut form.headers,
        Field::From => &mut form.from,
        Field::Sni => &mut form.sni,
        Field::Alpn => &mut form.alpn,
        Field::Identity => &mut form.identity,
        Field::Token => &mut form.token,
    } = text;
    form
}

/// A hint of what to write, where an empty field has a meaning.
fn placeholder(form: &Form, field: Field) -> AttrValue {
    match field {
        Field::To => tr!("trace.hint.to"),
        Field::Path => AttrValue::Static("/"),
        Field::Method => AttrValue::Static("GET"),
        Field::Authority => form.to.clone().into(),
        Field::From if form.direction == Some(Direction::Outbound) => tr!("trace.hint.from"),
        Field::Alpn => AttrValue::Static("h2, http/1.1"),
        Field::Identity => AttrValue::Static("spiffe://cluster.local/ns/default/sa/default"),
        Field::Token => AttrValue::Static("eyJ…"),
        Field::From | Field::Sni | Field::Headers => AttrValue::default(),
    }
}

/// What is wrong with a field, and what might have been meant.
fn faults(props: &Props, field: Field) -> Html {
    let of: Vec<&Fault> = props.faults.iter().filter(|it| it.field == field).collect();
    if of.is_empty() {
        return html! {};
    }
    html! {
        <div class="x-trace-fault" id={format!("{}-fault", id(field))} role="alert" data-testid="trace-fault">
            { for of.into_iter().map(|it| html! {
                <>
                    <span class="x-bad">{ says::fault(it) }</span>
                    if !it.near.is_empty() {
                        <span class="x-aside">{ " " }{ tr!("trace.fault.near") }</span>
                        { for it.near.iter().map(|near| {
                            let (form, change) = (with(&props.form, field, near.clone()), props.change.clone());
                            html! {
                                <button
                                    type="button" class="x-near x-mono" data-testid="trace-near"
                                    onclick={Callback::from(move |_| change.emit(form.clone()))}
                                >
                                    { near.clone() }
                                </button>
                            }
                        }) }
                    }
                </>
            }) }
        </div>
    }
}

fn input(props: &Props, field: Field, list: Option<&'static str>) -> Html {
    let oninput = {
        let (form, change) = (props.form.clone(), props.change.clone());
        Callback::from(move |event: InputEvent| {
            change.emit(with(&form, field, event.target_unchecked_into::<HtmlInputElement>().value()));
        })
    };
    let wrong = props.faults.iter().any(|it| it.field == field);
    html! {
        <div class={classes!("x-trace-field", format!("x-{}", id(field)))}>
            <label for={id(field)}>{ says::field(field) }</label>
            <input
                id={id(field)} type="text" class="x-input x-mono" {list} value={value(&props.form, field).to_owned()} {oninput}
                placeholder={placeholder(&props.form, field)} autocomplete="off" autocapitalize="off" spellcheck="false"
                aria-invalid={wrong.then_some("true")} aria-describedby={wrong.then(|| format!("{}-fault", id(field)))}
                data-testid={id(field)}
            />
            { faults(props, field) }
        </div>
    }
}

fn method(props: &Props) -> Html {
    html! {
        <>
            { input(props, Field::Method, Some("trace-methods")) }
            <datalist id="trace-methods">
                { for METHODS.iter().map(|method| html! { <option value={*method} /> }) }
            </datalist>
        </>
    }
}

fn headers(props: &Props) -> Html {
    let oninput = {
        let (form, change) = (props.form.clone(), props.change.clone());
        Callback::from(move |event: InputEvent| {
            let text = event.target_unchecked_into::<HtmlTextAreaElement>().value();
            change.emit(with(&form, Field::Headers, text));
        })
    };
    let wrong = props.faults.iter().any(|it| it.field == Field::Headers);
    html! {
        <div class="x-trace-field x-trace-headers">
            <label for="trace-headers">{ tr!("trace.field.headers_lines") }</label>
            <textarea
                id="trace-headers" rows="3" spellcheck="false" autocomplete="off" {oninput}
                value={props.form.headers.clone()} placeholder="end-user: jason"
                aria-invalid={wrong.then_some("true")} aria-describedby={wrong.then_some("trace-headers-fault")}
                data-testid="trace-headers"
            />
            { faults(props, Field::Headers) }
        </div>
    }
}

/// A choice of few: its name, the words, which one is chosen.
fn choice(
    name: AttrValue,
    testid: &'static str,
    words: &[AttrValue],
    chosen: usize,
    choose: impl Fn(usize) + 'static,
) -> Html {
    let onchange = Callback::from(move |event: Event| {
        let at = event.target_unchecked_into::<HtmlSelectElement>().selected_index();
        choose(usize::try_from(at).unwrap_or(0));
    });
    html! {
        <label class="x-trace-choice">
            <span>{ name }</span>
            <select class="x-input" {onchange} data-testid={testid}>
                { for words.iter().enumerate().map(|(at, word)| html! {
                    <option selected={at == chosen}>{ word.clone() }</option>
                }) }
            </select>
        </label>
    }
}

const DIRECTIONS: [Option<Direction>; 4] =
    [None, Some(Direction::Outbound), Some(Direction::Inbound), Some(Direction::Gateway)];

fn direction(props: &Props) -> Html {
    let words = DIRECTIONS.map(|it| it.map_or_else(|| tr!("trace.direction.guessed"), says::direction));
    let chosen = DIRECTIONS.iter().position(|it| *it == props.form.direction).unwrap_or(0);
    let (form, change) = (props.form.clone(), props.change.clone());
    choice(tr!("trace.direction"), "trace-direction", &words, chosen, move |at| {
        change.emit(Form { direction: DIRECTIONS.get(at).copied().flatten(), ..form.clone() });
    })
}

const SPEAKS: [Speaks; 3] = [Speaks::Http1, Speaks::Http2, Speaks::Tcp];

fn speaks(props: &Props) -> Html {
    let words = ["HTTP/1.1", "HTTP/2", "TCP"].map(AttrValue::Static);
    let chosen = SPEAKS.iter().position(|it| *it == props.form.speaks).unwrap_or(0);
    let (form, change) = (props.form.clone(), props.change.clone());
    choice(tr!("trace.speaks"), "trace-speaks", &words, chosen, move |at| {
        change.emit(Form { speaks: SPEAKS.get(at).copied().unwrap_or_default(), ..form.clone() });
    })
}

fn tls(props: &Props) -> Html {
    let (form, change) = (props.form.clone(), props.change.clone());
    let onchange = Callback::from(move |event: Event| {
        let tls = event.target_unchecked_into::<HtmlInputElement>().checked();
        change.emit(Form { tls, ..form.clone() });
    });
    html! {
        <label class="x-trace-choice">
            <input type="checkbox" checked={props.form.tls} {onchange} data-testid="trace-tls" />
            <span>{ "TLS" }</span>
        </label>
    }
}
