//! What a control plane's other pages tell, where its dump for the proxy is not in the capture.

use xdscope::engine::protocol::{Known, Sets};
use yew::prelude::*;

use crate::words;

pub fn known(it: &Known) -> Html {
    html! {
        <div class="x-card x-known" role="region" tabindex="0" aria-label={tr!("known.title")} data-testid="known">
            <h2>{ tr!("known.title") }</h2>
            <p class="x-aside">{ tr!("known.why") }</p>
            if let Some((told, own)) = &it.versions {
                <p class="x-says-warn">{ tr!("known.versions", told = told, own = own) }</p>
            }
            { for it.pushes.iter().map(|(short, sent, has)| html! {
                <p class="x-says-warn">{ tr!("known.push", what = short, sent = sent, has = has) }</p>
            }) }
            if let Some(clusters) = &it.clusters {
                <h3>{ tr!("known.clusters") }{ " " }<span class="x-aside">{ tr!("compare.same_count", n = words::number(clusters.same.into())) }</span></h3>
                { sets(clusters) }
            }
            if let Some(endpoints) = &it.endpoints {
                <h3>{ tr!("known.endpoints") }{ " " }<span class="x-aside">{ tr!("compare.same_count", n = words::number(it.endpoints_same.into())) }</span></h3>
                { for endpoints.iter().map(|(name, it)| html! {
                    <div><code>{ name.clone() }</code>{ sets(it) }</div>
                }) }
                { rest(it.endpoints_differ, endpoints.len()) }
            }
        </div>
    }
}

fn sets(it: &Sets) -> Html {
    let list = |names: &[String], all: u32, title: AttrValue, class: &'static str| {
        if all == 0 {
            return html! {};
        }
        html! {
            <>
                <p>{ title }{ " " }<b>{ words::number(all.into()) }</b></p>
                <ul>{ for names.iter().map(|name| html! { <li><code class={class}>{ name.clone() }</code></li> }) }</ul>
                { rest(all, names.len()) }
            </>
        }
    };
    if it.left + it.right == 0 {
        return html! { <p>{ tr!("known.same") }</p> };
    }
    html! {
        <>
            { list(&it.only_left, it.left, tr!("known.only_istiod"), "x-del") }
            { list(&it.only_right, it.right, tr!("known.only_envoy"), "x-add") }
        </>
    }
}

fn rest(all: u32, told: usize) -> Html {
    let more = u64::from(all).saturating_sub(told as u64);
    if more == 0 {
        html! {}
    } else {
        html! { <p class="x-aside">{ tr!("word.more", n = words::number(more)) }</p> }
    }
}
