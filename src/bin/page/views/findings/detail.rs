//! A finding whole: what it rests on, what traffic it touches, what to do, and a way to hide it.

use xdscope::engine::protocol::{Answer, FindingDetail, Proof, Query, Suppression, Target};
use xdscope::findings::texts;
use yew::prelude::*;

use super::language;
use crate::context::{Page, use_answer, use_page};
use crate::link::Place;
use crate::parts::{Button, Variant};
use crate::words;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub at: u32,
    pub suppressions: Vec<Suppression>,
}

#[component]
pub fn Detail(props: &Props) -> Html {
    let page = use_page();
    let answer = use_answer(Some(Query::FindingDetails(vec![props.at])));
    let found = match answer.as_deref() {
        Some(Answer::FindingDetails(list)) => list.first().filter(|it| it.line.at == props.at),
        _ => None,
    };
    let Some(found) = found else { return html! { <div class="x-finding-detail" aria-busy="true" /> } };
    let text = |name: &str| texts::field(language(page.lang), &found.line.id, name).unwrap_or_default();
    html! {
        <div class="x-finding-detail" data-testid="finding-detail">
            <dl class="x-facts">
                { pair(tr!("findings.fix"), html! { { text("fix") } }) }
                if let Some(answer) = answers(found) {
                    { pair(tr!("findings.answers"), html! { <span class="x-mono">{ answer }</span> }) }
                }
                { touches(found) }
                { pair(tr!("findings.means"), html! { { text("means") } }) }
                { pair(tr!("findings.shows"), html! { { text("shows") } }) }
                { pair(tr!("findings.confirm"), html! { { text("confirm") } }) }
                { pair(tr!("findings.wrong"), html! { { text("wrong") } }) }
                { pair(tr!("findings.source"), html! { { text("source") } }) }
            </dl>
            <h2>{ tr!("findings.evidence") }</h2>
            <ul class="x-evidence" data-testid="evidence">
                { for found.evidence.iter().map(|it| fact(&page, it)) }
            </ul>
            if found.line.count > 1 {
                <p class="x-aside">
                    { for found.line.proxies.iter().enumerate().map(|(at, (id, name))| html! {
                        <>{ if at > 0 { ", " } else { "" } }<a href={page.href(Target::Proxy(*id))}>{ name.clone() }</a></>
                    }) }
                    if found.line.count as usize > found.line.proxies.len() {
                        { " " }{ tr!("mesh.and_more", n = words::number(found.line.count as u64 - found.line.proxies.len() as u64)) }
                    }
                </p>
            }
            <Hide found={found.clone()} suppressions={props.suppressions.clone()} />
        </div>
    }
}

fn pair(title: AttrValue, value: Html) -> Html {
    html! { <div><dt>{ title }</dt><dd>{ value }</dd></div> }
}

/// `503 UH no_healthy_upstream`
pub fn answers(found: &FindingDetail) -> Option<String> {
    let (status, flag, details) = found.response.as_ref()?;
    let status = if *status > 0 { status.to_string() } else { tr!("findings.ends").to_string() };
    Some(
        [status.as_str(), flag, details]
            .into_iter()
            .filter(|it| !it.is_empty())
            .collect::<Vec<_>>()
            .join(" "),
    )
}

fn touches(found: &FindingDetail) -> Html {
    if found.listeners.is_empty() && found.hosts.is_empty() {
        return html! {};
    }
    let names = |list: &[String]| list.join(", ");
    pair(
        tr!("findings.touches"),
        html! {
            <>
                if !found.listeners.is_empty() {
                    <span>{ tr!("findings.listeners", names = names(&found.listeners)) }</span>{ " " }
                }
                if !found.hosts.is_empty() {
                    <span>{ tr!("findings.hosts", names = names(&found.hosts)) }</span>
                }
            </>
        },
    )
}

/// A fact: where it stands, a link to there, and what it is.
fn fact(page: &Page, it: &Proof) -> Html {
    let place = it.resource.map_or(Place::Document(it.document), |it| Place::Resource(it, None));
    html! {
        <li>
            <a href={page.href(place)} class="x-mono" title={it.path.clone()} data-testid="evidence-link">
                { it.path.rsplit('/').next().unwrap_or_default().to_owned() }
                if let Some(line) = it.line {
                    { format!(":{line}") }
                }
            </a>
            if !it.pointer.is_empty() {
                { " " }<span class="x-mono x-aside x-pointer">{ super::super::cells::breakable(&it.pointer) }</span>
            }
            <code class="x-wrap">{ it.value.clone() }</code>
        </li>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct HideProps {
    found: FindingDetail,
    suppressions: Vec<Suppression>,
}

#[component]
fn Hide(props: &HideProps) -> Html {
    let page = use_page();
    let line = &props.found.line;
    let resource = Some(line.resource.clone());
    let proxy = line.proxies.first().filter(|_| line.count == 1).map(|it| it.1.clone());
    let one = Suppression { id: line.id.clone(), resource: resource.clone(), proxy };
    let kind = Suppression { id: line.id.clone(), resource, proxy: None };
    let is_hidden = |it: &Suppression| props.suppressions.contains(it);
    let set = |wanted: Vec<Suppression>| {
        let page = page.clone();
        Callback::from(move |_: MouseEvent| page.act.emit(crate::app::Msg::Suppress(wanted.clone())))
    };
    let adding =
        |it: &Suppression| props.suppressions.iter().cloned().chain([it.clone()]).collect::<Vec<_>>();
    if is_hidden(&one) || is_hidden(&kind) {
        let rest = props.suppressions.iter().filter(|it| **it != one && **it != kind).cloned().collect();
        return html! {
            <p class="x-finding-buttons">
                <Button small=true onclick={set(rest)} testid="finding-show">{ tr!("findings.show") }</Button>
            </p>
        };
    }
    html! {
        <p class="x-finding-buttons">
            <Button variant={Variant::Secondary} small=true onclick={set(adding(&one))} testid="finding-hide">
                { tr!("findings.hide") }
            </Button>
            if one != kind {
                <Button variant={Variant::Link} small=true onclick={set(adding(&kind))} testid="finding-hide-kind">
                    { tr!("findings.hide_kind") }
                </Button>
            }
        </p>
    }
}
