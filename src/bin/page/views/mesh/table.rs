//! The table: a row a proxy, a column a type of resources.

use xdscope::engine::protocol::{Group, Key, Mesh, MeshLine, MeshRow, Standing, Status, TypeState};
use xdscope::instant::Instant;
use xdscope::sync::age::human;
use yew::prelude::*;

use super::super::strip::Strip;
use super::{Chosen, standing};
use crate::context::Page;
use crate::link::{Place, View};
use crate::parts::toned;
use crate::words::{self, Tone};

pub fn table(
    page: &Page,
    mesh: &Mesh,
    strip: &Strip,
    chosen: Option<Chosen>,
    choose: &Callback<Option<Chosen>>,
) -> Html {
    let types = mesh.types.iter().map(|_| "minmax(86px, 1fr)").collect::<Vec<_>>().join(" ");
    let columns = format!(
        "--columns: minmax(210px, 3fr) {types} minmax(104px, 1.4fr) minmax(96px, 0.8fr) minmax(92px, 0.8fr)"
    );
    let title = |text: AttrValue, whole: Option<String>| {
        html! {
            <div role="columnheader" title={whole}>{ text }</div>
        }
    };
    html! {
        <div
            class="x-grid" role="table" aria-label={tr!("mesh.title")} tabindex="0" ref={strip.node.clone()}
            onscroll={strip.onscroll.clone()} style={columns} aria-rowcount={(mesh.lines + 1).to_string()}
        >
            <div role="rowgroup" class="x-grid-head">
                <div role="row" aria-rowindex="1">
                    { title(tr!("column.name"), None) }
                    { for mesh.types.iter().map(|(url, short)| title(short.clone().into(), Some(url.clone()))) }
                    { title(tr!("mesh.istiod"), None) }
                    { title(tr!("mesh.versions"), None) }
                    { title(tr!("mesh.since"), Some(tr!("mesh.since.why").to_string())) }
                </div>
            </div>
            <div role="rowgroup" data-testid="mesh-rows">
                { strip.above() }
                { for (strip.first..strip.last).map(|at| {
                    let line = at.checked_sub(mesh.offset).and_then(|at| mesh.window.get(at as usize));
                    match line {
                        Some(MeshLine::Row { at: row, standing, row: it }) => {
                            line_of(page, mesh, (at, *row), *standing, it, chosen, choose)
                        }
                        Some(MeshLine::Group(group)) => heading(at, group),
                        None => html! {
                            <div key={format!("wait{at}")} role="row" class="x-grid-row x-mesh-line" aria-rowindex={(at + 2).to_string()}>
                                <div role="cell" aria-busy="true">{ "…" }</div>
                            </div>
                        },
                    }
                }) }
                { strip.below() }
            </div>
            if mesh.matched == 0 {
                <p class="x-pad x-aside" data-testid="mesh-nothing">
                    { if mesh.total == 0 { tr!("mesh.none") } else {
                        tr!("table.no_match", total = words::number(mesh.total.into()))
                    } }
                </p>
            }
        </div>
    }
}

fn heading(at: u32, group: &Group) -> Html {
    let name: AttrValue = match &group.key {
        Key::Standing(of) => standing(*of).0,
        Key::Name(name) if name.is_empty() => tr!("mesh.unnamed"),
        Key::Name(name) => name.clone().into(),
    };
    let total: u32 = group.counts.values().sum();
    html! {
        <div key={format!("group{at}")} role="row" class="x-mesh-line x-mesh-group" aria-rowindex={(at + 2).to_string()} data-testid="mesh-group">
            <div role="rowheader">
                <strong>{ name }</strong>{ " " }
                <span class="x-aside">{ count!("foot.proxy", "foot.proxies", total) }</span>{ " " }
                { for group.counts.iter().filter(|_| !matches!(group.key, Key::Standing(_))).map(|(of, n)| {
                    let (word, tone) = standing(*of);
                    html! { <>{ toned((format!("{n} {word}").into(), tone)) }{ " " }</> }
                }) }
            </div>
        </div>
    }
}

/// What a state is called, and how loud it is.
pub fn status(of: Status) -> (AttrValue, Tone) {
    match of {
        Status::Synced => (tr!("status.synced"), Tone::Good),
        Status::Stale => (tr!("status.stale"), Tone::Warn),
        Status::Error => (tr!("status.error"), Tone::Bad),
        Status::NotSent => (tr!("status.not_sent"), Tone::Note),
        Status::Ignored => (tr!("status.ignored"), Tone::Aside),
    }
}

/// What a state means, in a sentence.
pub fn meaning(of: Status) -> AttrValue {
    match of {
        Status::Synced => tr!("status.synced.why"),
        Status::Stale => tr!("status.stale.why"),
        Status::Error => tr!("status.error.why"),
        Status::NotSent => tr!("status.not_sent.why"),
        Status::Ignored => tr!("status.ignored.why"),
    }
}

fn line_of(
    page: &Page,
    mesh: &Mesh,
    (at, place): (u32, u32),
    stands: Standing,
    row: &MeshRow,
    chosen: Option<Chosen>,
    choose: &Callback<Option<Chosen>>,
) -> Html {
    let here = chosen.filter(|it| it.row == place);
    let open =
        |column: Option<usize>| choose.reform(move |_: MouseEvent| Some(Chosen { row: place, column }));
    let below = [row.namespace.as_str(), row.cluster.as_str()];
    let below: Vec<&str> = below.into_iter().filter(|it| !it.is_empty()).collect();
    let loud = match stands {
        Standing::Rejecting | Standing::NotConnected => Some("x-mesh-bad"),
        Standing::Stale => Some("x-mesh-warn"),
        Standing::Synced | Standing::Unknown => None,
    };
    html! {
        <div
            key={place} role="row" class={classes!("x-grid-row", "x-mesh-line", loud, here.map(|_| "x-selected"))}
            aria-rowindex={(at + 2).to_string()} data-testid="mesh-row"
        >
            <div role="cell" class="x-two">
                { match row.proxy {
                    Some(id) => html! {
                        <a href={page.href(Place::Proxy(id, View::Overview))} title={row.id.clone()}>{ row.name.clone() }</a>
                    },
                    None => html! { <span title={row.id.clone()}>{ row.name.clone() }</span> },
                } }
                <span class="x-aside">{ below.join(" · ") }</span>
            </div>
            if row.connected {
                { for mesh.types.iter().enumerate().map(|(column, (url, short))| html! {
                    <div role="cell">
                        { cell(short, row.of_type(url), mesh.captured, here.is_some_and(|it| it.column == Some(column)), open(Some(column))) }
                    </div>
                }) }
            } else {
                <div role="cell" style={format!("grid-column: span {}", mesh.types.len())}>
                    <button type="button" class="x-state" onclick={open(None)} data-testid="state">
                        <span>{ toned(standing(stands)) }{ " " }</span>
                        <span class="x-aside">
                            { if mesh.known { tr!("mesh.not_connected.short") } else { tr!("mesh.unknown.short") } }
                        </span>
                    </button>
                </div>
            }
            <div role="cell" class="x-two">
                <span class="x-mono" title={row.istiod.clone()}>{ dash(&last_part(&row.istiod)) }</span>
                if !row.also.is_empty() {
                    <button
                        type="button" class="x-quiet x-warn" onclick={open(None)} data-testid="claimed"
                        title={tr!("mesh.claimed", who = row.also.join(", "))}
                    >
                        { tr!("mesh.claimed.short", n = row.also.len() + 1) }
                    </button>
                }
            </div>
            <div role="cell" class="x-two">
                <span>{ dash(&row.istio_version) }</span>
                <span class="x-aside" title={tr!("mesh.envoy")}>{ row.envoy_version.clone() }</span>
            </div>
            <div role="cell">
                { match row.since {
                    Some(at) => html! {
                        <span title={words::time(at)}>
                            { mesh.captured.map_or_else(|| words::time(at), |now| human(at, now).into()) }
                        </span>
                    },
                    None => html! { <span class="x-aside">{ "–" }</span> },
                } }
            </div>
        </div>
    }
}

/// A state with its age; what is not sent has none.
fn cell(
    short: &str,
    state: Option<&TypeState>,
    now: Option<Instant>,
    here: bool,
    onclick: Callback<MouseEvent>,
) -> Html {
    let of = state.map_or(Status::Ignored, |it| it.status);
    let sent = state.and_then(|it| it.sent).filter(|_| !matches!(of, Status::Ignored | Status::NotSent));
    let age = sent.zip(now).map(|(sent, now)| human(sent, now));
    let (word, tone) = status(of);
    html! {
        <button
            type="button" class="x-state" title={meaning(of)} {onclick} data-testid="state"
            aria-pressed={if here { "true" } else { "false" }}
        >
            <span><span class="x-unseen">{ short }{ " " }</span>{ toned((word, tone)) }{ " " }</span>
            <span class="x-aside">{ age }</span>
        </button>
    }
}

fn dash(text: &str) -> String {
    if text.is_empty() { "–".to_owned() } else { text.to_owned() }
}

/// Replicas differ in the last part of their name: `…-abcde`.
fn last_part(name: &str) -> String {
    match name.rsplit_once('-') {
        Some((front, last)) if front.len() > 8 => format!("…-{last}"),
        _ => name.to_owned(),
    }
}
