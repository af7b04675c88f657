//! A proxy at a glance: what is wrong, who it is, what it has, what the capture lacks of it.

use xdscope::engine::protocol::{
    Count, DocumentId, Fact, Mark, Missing, Overview, ProxyId, Query, Rejected, TableKind, Target, TimeLine,
};
use xdscope::envoy::Kind;
use xdscope::instant::Instant;
use yew::prelude::*;

use super::cells::breakable;
use super::document::DocumentTable;
use crate::app::Msg;
use crate::context::{Page, use_page};
use crate::link::{Place, TableView, View as Tab};
use crate::parts::{Button, Command};
use crate::words;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub overview: Overview,
}

#[derive(Clone, PartialEq, Properties)]
pub struct TimesProps {
    pub proxy: ProxyId,
    pub times: Vec<TimeLine>,
}

/// The times at which a proxy was dumped: one is looked at.
#[component]
fn Times(props: &TimesProps) -> Html {
    let page = use_page();
    // Kept until the answer is there: dropped, it would not be heard.
    let asked = use_mut_ref(|| None);
    let choose = |dump: DocumentId| {
        let (page, asked, proxy) = (page.clone(), asked.clone(), props.proxy);
        Callback::from(move |_: MouseEvent| {
            let hear = page.act.reform(Msg::Captured);
            *asked.borrow_mut() = Some(page.client.ask(Query::Choose { proxy, dump }, hear));
        })
    };
    html! {
        <section class="x-card" data-testid="times">
            <h2>{ tr!("times.title") }</h2>
            <p class="x-pad">{ tr!("times.lead") }</p>
            <ul class="x-unread">
                { for props.times.iter().rev().map(|it| html! {
                    <li key={it.dump.0}>
                        <Button
                            small=true pressed={it.chosen} onclick={choose(it.dump)}
                            testid={format!("time-{}", it.dump.0)}
                        >
                            { it.captured.map_or_else(|| tr!("times.unknown"), words::time) }
                        </Button>
                        { " " }<span class="x-mono x-aside">{ breakable(&it.path) }</span>
                    </li>
                }) }
            </ul>
        </section>
    }
}

#[component]
pub fn View(props: &Props) -> Html {
    let page = use_page();
    let overview = &props.overview;
    html! {
        <div class="x-body x-scroll" tabindex="0" role="region" aria-label={tr!("tab.overview")} data-testid="overview">
            if let Some(mark) = overview.proxy.mark {
                { says(&page, mark, &overview.rejected) }
            }
            <super::findings::OfProxy key={overview.proxy.id.0} proxy={overview.proxy.id} />
            { for overview.missing.iter().filter(|it| hurts(it)).map(lack) }
            if overview.times.len() > 1 {
                <Times proxy={overview.proxy.id} times={overview.times.clone()} />
            }
            <div class="x-columns">
                <section class="x-card">
                    <h2>{ tr!("overview.facts") }</h2>
                    <dl class="x-facts">
                        { for overview.facts.iter().filter(|(_, text)| !text.is_empty()).map(|(fact, text)| html! {
                            <div><dt>{ words::fact(*fact) }</dt><dd>{ value(*fact, text) }</dd></div>
                        }) }
                    </dl>
                </section>
                <section class="x-card">
                    <h2>{ tr!("overview.counts") }</h2>
                    { counts(&page, overview) }
                </section>
            </div>
            <DocumentTable documents={overview.documents.clone()} />
            if overview.missing.iter().any(|it| !hurts(it)) {
                <section class="x-card" data-testid="lacks">
                    <h2>{ tr!("overview.missing") }</h2>
                    <ul class="x-unread">
                        { for overview.missing.iter().filter(|it| !hurts(it)).map(|it| html! {
                            <li>
                                <p>{ words::missing(it) }</p>
                                if !it.command.is_empty() {
                                    <Command command={it.command.clone()} />
                                }
                            </li>
                        }) }
                    </ul>
                </section>
            }
        </div>
    }
}

/// Whether a table is empty for want of it; the rest is good to have.
fn hurts(missing: &Missing) -> bool {
    matches!(
        missing.what.as_str(),
        "config_dump" | "ztunnel_config_dump" | "endpoints" | "secrets" | "section"
    )
}

/// What is wrong, since when, in Envoy's own words, and where.
fn says(page: &Page, mark: Mark, rejected: &[Rejected]) -> Html {
    let class = match mark {
        Mark::Partial | Mark::Warming | Mark::Stale => "x-card x-says-warn",
        Mark::NotConnected | Mark::Rejected => "x-card x-says-bad",
    };
    let (word, why) = words::mark(mark);
    html! {
        <div {class} data-testid="mark">
            <p><strong class="x-begin">{ tr!("mark.says", word = word) }</strong>{ " " }{ why }</p>
            { for rejected.iter().map(|it| html! {
                <div class="x-refused">
                    <p>
                        { words::kind(it.kind) }{ " " }
                        <a class="x-mono" href={page.href(Target::Resource(it.resource))}>{ it.name.clone() }</a>
                        if let Some(at) = it.at {
                            { " " }<span class="x-aside">{ tr!("detail.updated", at = words::time(at)) }</span>
                        }
                    </p>
                    <code class="x-wrap">{ it.error.clone() }</code>
                </div>
            }) }
        </div>
    }
}

/// A sentence on what is missing, and the command that collects it.
pub fn lack(missing: &Missing) -> Html {
    html! {
        <div class="x-card x-says-note" data-testid="missing">
            <p>{ words::missing(missing) }</p>
            if !missing.command.is_empty() {
                <Command command={missing.command.clone()} />
            }
        </div>
    }
}

fn value(fact: Fact, text: &str) -> Html {
    match fact {
        Fact::Captured => {
            let time = Instant::parse(text).map_or_else(|| text.to_owned().into(), words::time);
            html! { <span>{ time }</span> }
        }
        _ => html! { <span class="x-mono">{ text.to_owned() }</span> },
    }
}

fn counts(page: &Page, overview: &Overview) -> Html {
    let counts = &overview.counts;
    type Get = fn(&Count) -> u32;
    let all: [(AttrValue, Get); 5] = [
        (tr!("overview.active"), |count| count.active),
        (tr!("state.warming"), |count| count.warming),
        (tr!("state.draining"), |count| count.draining),
        (tr!("state.rejected"), |count| count.rejected),
        (tr!("word.not_read"), |count| count.unread),
    ];
    // A column of zeros says nothing; only what is always asked for stands always.
    let shown: Vec<_> = all
        .iter()
        .enumerate()
        .filter(|(at, (_, get))| *at == 0 || counts.iter().any(|count| get(count) > 0))
        .collect();
    html! {
        <table class="x-table">
            <thead>
                <tr>
                    <th scope="col">{ tr!("overview.kind") }</th>
                    { for shown.iter().map(|(_, (title, _))| html! { <th scope="col" class="x-number">{ title.clone() }</th> }) }
                </tr>
            </thead>
            <tbody>
                { for counts.iter().map(|count| html! {
                    <tr>
                        <th scope="row">{ kind(page, overview, count.kind) }</th>
                        { for shown.iter().map(|(at, (_, get))| {
                            let n = get(count);
                            let class = classes!("x-number", (*at > 0 && n > 0).then_some("x-warn"), (n == 0).then_some("x-aside"));
                            html! { <td {class}>{ words::number(n.into()) }</td> }
                        }) }
                    </tr>
                }) }
            </tbody>
        </table>
    }
}

/// A kind, which leads to its table.
fn kind(page: &Page, overview: &Overview, kind: Kind) -> Html {
    let table = |table| Some(Tab::Table(TableView::whole(table)));
    let tab = match kind {
        Kind::Bootstrap => table(TableKind::Bootstrap),
        Kind::Listener => table(TableKind::Listeners),
        Kind::Route => table(TableKind::Routes),
        Kind::Cluster => table(TableKind::Clusters),
        Kind::Endpoint => table(TableKind::Endpoints),
        Kind::Secret => table(TableKind::Secrets),
        Kind::Extension => table(TableKind::Ecds),
        Kind::ScopedRoute => None,
    };
    match tab {
        Some(tab) => {
            html! { <a href={page.href(Place::Proxy(overview.proxy.id, tab))}>{ words::kind(kind) }</a> }
        }
        None => html! { { words::kind(kind) } },
    }
}
