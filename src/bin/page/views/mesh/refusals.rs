//! What Envoys refuse, in their own words: the loudest thing on the page.

use xdscope::engine::protocol::{Mesh, Named, Refusal, Target};
use yew::prelude::*;

use super::Chosen;
use crate::context::Page;
use crate::link::{Place, SyncView, View};
use crate::words;

pub fn refusals(page: &Page, mesh: &Mesh, choose: &Callback<Option<Chosen>>) -> Html {
    let more = mesh.all_refusals.saturating_sub(u32::try_from(mesh.refusals.len()).unwrap_or(u32::MAX));
    if mesh.refusals.is_empty() && mesh.counted.is_empty() && mesh.cut_off.is_empty() {
        return html! {};
    }
    html! {
        <div class="x-loud" role="region" tabindex="0" aria-label={tr!("mesh.refusals")}>
            { for mesh.refusals.iter().map(|it| refusal(page, mesh, it, choose)) }
            if more > 0 {
                <p class="x-aside">{ tr!("mesh.more_refusals", n = words::number(more.into())) }</p>
            }
            { told(page, &mesh.cut_off, "cut-off", tr!("mesh.cut_off"), tr!("mesh.cut_off.why")) }
            { told(page, &mesh.counted, "counted", tr!("mesh.counted"), tr!("mesh.counted.why")) }
        </div>
    }
}

/// What the stats of some proxies say.
fn told(page: &Page, those: &[Named], testid: &'static str, short: AttrValue, why: AttrValue) -> Html {
    if those.is_empty() {
        return html! {};
    }
    html! {
        <p class="x-card x-says-warn" data-testid={testid}>
            <strong>{ short }</strong>{ " " }{ why }{ " " }
            { for those.iter().map(|it| html! { <>{ name(page, it) }{ " " }</> }) }
        </p>
    }
}

fn refusal(page: &Page, mesh: &Mesh, it: &Refusal, choose: &Callback<Option<Chosen>>) -> Html {
    let rest = it.total.saturating_sub(u32::try_from(it.proxies.len()).unwrap_or(u32::MAX));
    let column = mesh.types.iter().position(|(_, short)| *short == it.short);
    let onclick = it.proxies.first().map(|first| {
        let row = first.at;
        choose.reform(move |_: MouseEvent| Some(Chosen { row, column }))
    });
    html! {
        <div class="x-card x-says-bad" data-testid="refusal">
            <p>
                <strong>
                    { for it.proxies.iter().enumerate().map(|(at, it)| html! {
                        <>{ if at > 0 { ", " } else { "" } }{ name(page, it) }</>
                    }) }
                    if rest > 0 {
                        { " " }{ tr!("mesh.and_more", n = words::number(rest.into())) }
                    }
                    { " " }
                    { match it.since {
                        Some(at) => tr!("mesh.refuses_since", what = kind(&it.short), at = words::time(at)),
                        None => tr!("mesh.refuses", what = kind(&it.short)),
                    } }
                </strong>
                { " " }{ tr!("mesh.refuses.why") }
            </p>
            <code class="x-wrap">{ if it.text.is_empty() { tr!("mesh.no_words") } else { it.text.clone().into() } }</code>
            <p>
                { for it.resources.iter().map(|(resource, name)| html! {
                    <>
                        <a href={page.href(Target::Resource(*resource))} data-testid="refused">
                            { tr!("mesh.refused", name = name) }
                        </a>{ " · " }
                    </>
                }) }
                if let Some(Named { proxy: Some(id), .. }) = it.proxies.first() {
                    <a href={page.href(Place::Proxy(*id, View::Sync(SyncView::default())))}>{ tr!("mesh.to_sync") }</a>{ " · " }
                }
                if let Some(onclick) = onclick {
                    <button type="button" class="x-quiet" {onclick} data-testid="refusal-next">{ tr!("mesh.what_next") }</button>
                }
            </p>
        </div>
    }
}

/// What a type's resources are, for a sentence.
fn kind(short: &str) -> String {
    match short {
        "CDS" => tr!("mesh.clusters").to_string(),
        "LDS" => tr!("mesh.listeners").to_string(),
        "RDS" => tr!("mesh.routes").to_string(),
        "EDS" => tr!("mesh.endpoints").to_string(),
        other => other.to_owned(),
    }
}

fn name(page: &Page, it: &Named) -> Html {
    match it.proxy {
        Some(proxy) => {
            html! { <a href={page.href(Place::Proxy(proxy, View::Overview))}>{ it.name.clone() }</a> }
        }
        None => html! { { it.name.clone() } },
    }
}
