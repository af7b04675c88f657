//! What is wrong: how much of it, filters, the list; each opens in its place.

mod detail;
mod hidden;
mod marks;
mod not_judged;
mod ticket;

use std::collections::BTreeSet;

use web_sys::{HtmlInputElement, HtmlSelectElement};
use xdscope::engine::protocol::{
    Answer, Certainty, Counts, Family, FindingLine, Findings, FindingsWindow, ProxyId, Query, Severity,
};
use xdscope::findings::texts::{self, Language};
use yew::prelude::*;

pub use marks::{Marked, OfProxy, OfResource, Summary, Told, mark, mark_link, sign, use_counts, use_marked};
use not_judged::NotJudged;

use crate::browser;
use crate::context::{Page, use_answer, use_page};
use crate::link::{Place, View};
use crate::parts::{Button, Variant, toned};
use crate::settings::Lang;
use crate::words::{self, Tone};

/// Findings on a page of the list.
const PAGE: u32 = 60;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// Those of one proxy only.
    pub proxy: Option<ProxyId>,
    /// One that is open from the beginning, by its place.
    #[prop_or_default]
    pub open: Option<u32>,
}

#[component]
pub fn All(props: &Props) -> Html {
    let page = use_page();
    let wanted = props.open;
    let window = use_state(|| FindingsWindow { limit: PAGE, holding: wanted, ..FindingsWindow::default() });
    let open = use_state(|| wanted);
    let chosen = use_state(BTreeSet::<u32>::new);
    let asked = FindingsWindow { proxy: props.proxy, ..(*window).clone() };
    let answer = use_answer(Some(Query::Findings(asked)));
    let there = match answer.as_deref() {
        Some(Answer::Findings(found)) => found.window.iter().any(|it| Some(it.at) == wanted),
        _ => false,
    };
    use_effect_with(there, move |there| {
        if let Some(line) = wanted.filter(|_| *there).and_then(|at| browser::by_id(&format!("finding-{at}")))
        {
            line.scroll_into_view();
            let _ = line.focus();
        }
    });
    let Some(Answer::Findings(found)) = answer.as_deref() else {
        return html! { <header class="x-head" aria-busy="true"><h1>{ tr!("findings.title") }</h1></header> };
    };
    let want = {
        let (window, open) = (window.clone(), open.clone());
        Callback::from(move |new: FindingsWindow| {
            open.set(None);
            window.set(FindingsWindow { holding: None, ..new });
        })
    };
    let choose = {
        let chosen = chosen.clone();
        Callback::from(move |at: u32| {
            let mut new = (*chosen).clone();
            if !new.remove(&at) {
                new.insert(at);
            }
            chosen.set(new);
        })
    };
    let toggle = {
        let open = open.clone();
        Callback::from(move |at: u32| open.set((*open != Some(at)).then_some(at)))
    };
    // The chosen ones, else what is in the list and more than a note.
    let copied: Vec<u32> = if chosen.is_empty() {
        found.window.iter().filter(|it| it.severity > Severity::Note).map(|it| it.at).collect()
    } else {
        chosen.iter().copied().collect()
    };
    html! {
        <>
            <header class="x-head">
                <h1>{ tr!("findings.title") }</h1>
                <p class="x-sub" role="status" data-testid="findings-state">
                    { if found.done { tr!("findings.lead") } else { tr!("findings.busy") } }
                </p>
            </header>
            <div class="x-body x-findings">
                { tiles(found, &window, &want) }
                <section class="x-card x-fill x-rows" aria-label={tr!("findings.title")}>
                    <div class="x-toolbar x-wrapping">
                        { filters(&page, found, &window, &want, props.proxy) }
                        <span class="x-buttons-right">
                            <ticket::Ticket places={copied} chosen={chosen.len()} />
                            <hidden::Hidden suppressions={found.suppressions.clone()} />
                        </span>
                    </div>
                    <div class="x-finding-list" tabindex="0" role="region" aria-label={tr!("findings.list")}>
                        <ul data-testid="findings">
                            { for found.window.iter().map(|it| line(&page, it, *open == Some(it.at), chosen.contains(&it.at), &toggle, &choose, found)) }
                        </ul>
                        if found.matched == 0 && found.done {
                            <p class="x-pad x-aside" data-testid="findings-none">{ nothing(found, &window) }</p>
                        }
                        { paging(found, &window, &want) }
                        <NotJudged list={found.not_judged.clone()} />
                    </div>
                </section>
            </div>
        </>
    }
}

fn nothing(found: &Findings, window: &FindingsWindow) -> AttrValue {
    let all = found.counts.errors + found.counts.warnings + found.counts.notes;
    if window.suppressed {
        tr!("findings.none_hidden")
    } else if all == 0 {
        tr!("findings.none")
    } else {
        tr!("table.no_match", total = words::number(all.into()))
    }
}

pub fn language(lang: Lang) -> Language {
    match lang {
        Lang::English => Language::En,
        Lang::Chinese => Language::Zh,
    }
}

/// A finding's sentence, in the user's language.
pub fn sentence(lang: Lang, it: &FindingLine) -> String {
    let word = |name: &str| it.args.iter().find(|arg| arg.0 == name).map(|arg| words::theirs(&arg.1));
    words::own(&texts::fill(texts::template(language(lang), &it.id, &it.case), &word))
}

/// A severity, and how loud it is.
pub fn severity(of: Severity) -> (AttrValue, Tone) {
    match of {
        Severity::Error => (tr!("findings.error"), Tone::Bad),
        Severity::Warning => (tr!("findings.warning"), Tone::Warn),
        Severity::Note => (tr!("findings.note"), Tone::Note),
    }
}

fn family(of: Family) -> AttrValue {
    match of {
        Family::Xds => tr!("findings.family.xds"),
        Family::Routing => tr!("findings.family.routing"),
        Family::Listeners => tr!("findings.family.listeners"),
        Family::Tls => tr!("findings.family.tls"),
        Family::Egress => tr!("findings.family.egress"),
        Family::Policy => tr!("findings.family.policy"),
        Family::Ambient => tr!("findings.family.ambient"),
        Family::Capture => tr!("findings.family.capture"),
    }
}

/// How many of each severity; each is a filter.
fn tiles(found: &Findings, window: &FindingsWindow, want: &Callback<FindingsWindow>) -> Html {
    let Counts { errors, warnings, notes } = found.counts;
    let tile = |of: Severity, n: u32, title: AttrValue, class: &'static str| {
        let pressed = window.severity == Some(of);
        let new = FindingsWindow { severity: (!pressed).then_some(of), offset: 0, ..window.clone() };
        html! {
            <button
                type="button" class="x-card x-tile" onclick={want.reform(move |_: MouseEvent| new.clone())}
                aria-pressed={if pressed { "true" } else { "false" }} data-testid={format!("findings-{}", of.name())}
            >
                <b class={if n == 0 { "x-aside" } else { class }}>{ words::number(n.into()) }</b>{ " " }<span>{ title }</span>
            </button>
        }
    };
    html! {
        <div class="x-tiles">
            { tile(Severity::Error, errors, tr!("findings.errors"), "x-bad") }
            { tile(Severity::Warning, warnings, tr!("findings.warnings"), "x-warn") }
            { tile(Severity::Note, notes, tr!("findings.notes"), "") }
        </div>
    }
}

fn filters(
    page: &Page,
    found: &Findings,
    window: &FindingsWindow,
    want: &Callback<FindingsWindow>,
    proxy: Option<ProxyId>,
) -> Html {
    let with = |change: fn(&mut FindingsWindow, String)| {
        let (want, window) = (want.clone(), window.clone());
        Callback::from(move |value: String| {
            let mut new = FindingsWindow { offset: 0, ..window.clone() };
            change(&mut new, value);
            want.emit(new);
        })
    };
    let text = with(|window, value| window.text = value);
    let oninput = text.reform(|event: InputEvent| event.target_unchecked_into::<HtmlInputElement>().value());
    let families: Vec<(String, AttrValue)> =
        found.families.iter().map(|it| (format!("{it:?}"), family(*it))).collect();
    let namespaces = found.namespaces.iter().map(|it| (it.clone(), it.clone().into())).collect();
    let name = proxy.and_then(|id| page.capture.proxies.iter().find(|it| it.id == id));
    let hidden = {
        let new = FindingsWindow { suppressed: !window.suppressed, offset: 0, ..window.clone() };
        want.reform(move |_: MouseEvent| new.clone())
    };
    html! {
        <>
            if let Some(proxy) = name {
                <span class="x-only" data-testid="findings-of">
                    <span class="x-cut">{ proxy.name.clone() }</span>
                    <a href={page.href(Place::Findings(None))} data-testid="findings-all">{ tr!("findings.all") }</a>
                </span>
            }
            <input
                id="filter" type="search" class="x-input" placeholder={tr!("findings.filter")}
                aria-label={tr!("findings.filter")} value={window.text.clone()} {oninput}
                autocomplete="off" spellcheck="false" data-testid="findings-filter"
            />
            { select("family", tr!("findings.any_family"), families, &window.family.map(|it| format!("{it:?}")).unwrap_or_default(),
                with(|window, value| window.family = Family::ALL.into_iter().find(|it| format!("{it:?}") == value))) }
            { select("namespace", tr!("mesh.any_namespace"), namespaces, window.namespace.as_deref().unwrap_or_default(),
                with(|window, value| window.namespace = Some(value).filter(|it| !it.is_empty()))) }
            <span class="x-aside" role="status" data-testid="findings-matched">
                { count!("findings.one", "findings.many", found.matched) }
            </span>
            if found.suppressed > 0 || window.suppressed {
                <Button variant={Variant::Link} small=true onclick={hidden} pressed={window.suppressed} testid="findings-hidden">
                    { tr!("findings.hidden", n = words::number(found.suppressed.into())) }
                </Button>
            }
        </>
    }
}

fn select(
    id: &'static str,
    title: AttrValue,
    options: Vec<(String, AttrValue)>,
    now: &str,
    change: Callback<String>,
) -> Html {
    // A choice of one is none.
    if options.len() < 2 && now.is_empty() {
        return html! {};
    }
    let onchange = change.reform(|event: Event| event.target_unchecked_into::<HtmlSelectElement>().value());
    html! {
        <select class="x-input" aria-label={title.clone()} {onchange} data-testid={format!("findings-by-{id}")}>
            <option value="" selected={now.is_empty()}>{ title }</option>
            { for options.into_iter().map(|(value, text)| html! {
                <option value={value.clone()} selected={value == now}>{ text }</option>
            }) }
        </select>
    }
}

fn line(
    page: &Page,
    it: &FindingLine,
    is_open: bool,
    is_chosen: bool,
    toggle: &Callback<u32>,
    choose: &Callback<u32>,
    found: &Findings,
) -> Html {
    let at = it.at;
    let sentence = sentence(page.lang, it);
    html! {
        <li
            key={at} tabindex="-1" id={format!("finding-{at}")}
            class={classes!("x-finding", is_open.then_some("x-selected"))} data-testid="finding" data-check={it.id.clone()}
        >
            <div class="x-finding-head">
                <input
                    type="checkbox" checked={is_chosen} onchange={choose.reform(move |_: Event| at)}
                    aria-label={tr!("findings.choose", what = sentence)} data-testid="finding-choose"
                />
                <span class="x-finding-severity">{ toned(severity(it.severity)) }</span>
                <button
                    type="button" class="x-finding-says" onclick={toggle.reform(move |_: MouseEvent| at)}
                    aria-expanded={if is_open { "true" } else { "false" }} data-testid="finding-open"
                >
                    { sentence.clone() }
                </button>
            </div>
            <p class="x-finding-about x-aside">
                if it.certainty == Certainty::Likely {
                    <span title={tr!("findings.likely.why")}>{ tr!("findings.likely") }</span>{ " · " }
                }
                { proxies(page, it) }
                if let Some(owner) = &it.owner {
                    { " · " }<span class="x-mono">{ owner.clone() }</span>
                }
                { " · " }<span>{ it.id.clone() }</span>
            </p>
            if is_open {
                <detail::Detail {at} suppressions={found.suppressions.clone()} />
            }
        </li>
    }
}

fn proxies(page: &Page, it: &FindingLine) -> Html {
    let more = it.count.saturating_sub(1);
    match it.proxies.first() {
        Some((id, name)) => html! {
            <>
                <a href={page.href(Place::Proxy(*id, View::Overview))}>{ name.clone() }</a>
                if more > 0 {
                    { " " }{ tr!("mesh.and_more", n = words::number(more.into())) }
                }
            </>
        },
        None => html! { { tr!("findings.whole") } },
    }
}

fn paging(found: &Findings, window: &FindingsWindow, want: &Callback<FindingsWindow>) -> Html {
    if found.matched <= PAGE {
        return html! {};
    }
    let to = |offset: u32| {
        let new = FindingsWindow { offset, ..window.clone() };
        want.reform(move |_: MouseEvent| new.clone())
    };
    let offset = found.offset;
    let last = (offset + PAGE).min(found.matched);
    html! {
        <p class="x-pad x-paging">
            <Button small=true disabled={offset == 0} onclick={to(offset.saturating_sub(PAGE))} testid="findings-before">
                { tr!("findings.before") }
            </Button>
            <span class="x-aside">{ tr!("findings.range", first = offset + 1, last = last, total = words::number(found.matched.into())) }</span>
            <Button small=true disabled={last >= found.matched} onclick={to(offset + PAGE)} testid="findings-next">
                { tr!("findings.next") }
            </Button>
        </p>
    }
}
