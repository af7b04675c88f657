//! The mesh: what Envoys refuse first, how all stand, then the table, and beside it what a state means.

mod explain;
mod refusals;
mod table;

use std::cell::RefCell;

use web_sys::{HtmlInputElement, HtmlSelectElement};
use xdscope::engine::protocol::{Answer, Filter, GroupBy, Mesh, MeshWindow, Query, Standing};
use yew::prelude::*;

pub use table::status;

use super::strip::{self, use_strip};
use crate::context::{Page, use_answer, use_page};
use crate::link::Place;
use crate::parts::{Button, Command, Variant};
use crate::words::{self, Tone};

/// Of the table's lines, in pixels; static/mesh.css has the same.
const LINE: u32 = 44;

/// A row, and of which type of resources more is to be said; by their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    pub row: u32,
    pub column: Option<usize>,
}

/// What the user wants to see of it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Wanted {
    filter: Filter,
    by: Option<GroupBy>,
}

thread_local! {
    /// What was wanted last, of which capture. It holds names, so it stays out of the address.
    static WANTED: RefCell<(u32, Wanted)> = RefCell::default();
}

#[component]
pub fn Home() -> Html {
    let page = use_page();
    let wanted = use_state(|| {
        WANTED
            .with_borrow(|(mark, wanted)| if *mark == page.mark { wanted.clone() } else { Wanted::default() })
    });
    let chosen = use_state(|| None::<Chosen>);
    let lines = use_state_eq(|| 0);
    let strip = use_strip(*lines, LINE);
    let window = MeshWindow {
        filter: wanted.filter.clone(),
        by: wanted.by,
        offset: strip.offset(),
        limit: strip::LIMIT,
    };
    let answer = use_answer(Some(Query::Mesh(window)));
    let Some(Answer::Mesh(mesh)) = answer.as_deref() else {
        return html! { <header class="x-head" aria-busy="true"><h1>{ tr!("mesh.title") }</h1></header> };
    };
    lines.set(mesh.lines);
    let want = {
        let (wanted, mark) = (wanted.clone(), page.mark);
        Callback::from(move |new: Wanted| {
            WANTED.set((mark, new.clone()));
            wanted.set(new);
        })
    };
    let choose = {
        let chosen = chosen.clone();
        Callback::from(move |new: Option<Chosen>| chosen.set(new))
    };
    html! {
        <>
            <header class="x-head">
                <h1>{ tr!("mesh.title") }</h1>
                <p class="x-sub">
                    { subtitle(&page, mesh) }{ " · " }
                    <a href={page.href(Place::Mesh)} data-testid="mesh-graph">{ tr!("mesh.graph") }</a>
                </p>
            </header>
            <div class="x-body x-mesh">
                <super::findings::Summary />
                { refusals::refusals(&page, mesh, &choose) }
                if let Some(missing) = &mesh.missing {
                    { super::overview::lack(missing) }
                }
                { tiles(mesh, &wanted, &want) }
                <div class="x-body x-beside x-fill">
                    <section class="x-card x-rows" aria-label={tr!("mesh.title")} data-testid="mesh">
                        { bar(&page, mesh, &wanted, &want) }
                        { table::table(&page, mesh, &strip, *chosen, &choose) }
                    </section>
                    if let Some(chosen) = *chosen {
                        <explain::Explain
                            key={format!("{}.{:?}", chosen.row, chosen.column)}
                            {chosen} types={mesh.types.clone()} known={mesh.known} captured={mesh.captured}
                            close={choose.reform(|()| None)}
                        />
                    }
                </div>
            </div>
        </>
    }
}

/// `7 proxies · istiod-6d9f5c7b8-abcde 1.27.1 · sync state of 14:52:24 UTC`
fn subtitle(page: &Page, mesh: &Mesh) -> String {
    let planes = page.capture.control_planes.iter();
    let planes = planes.map(|it| format!("{} {}", it.name, it.version).trim().to_owned());
    let proxies = count!("foot.proxy", "foot.proxies", mesh.total).to_string();
    let at = mesh.captured.map(|at| tr!("mesh.captured", at = words::time(at)).to_string());
    std::iter::once(proxies).chain(planes).chain(at).collect::<Vec<_>>().join(" · ")
}

/// What a standing is called, and how loud it is.
pub fn standing(of: Standing) -> (AttrValue, Tone) {
    match of {
        Standing::Rejecting => (tr!("mesh.rejecting"), Tone::Bad),
        Standing::NotConnected => (tr!("mesh.not_connected"), Tone::Bad),
        Standing::Stale => (tr!("mesh.stale"), Tone::Warn),
        Standing::Synced => (tr!("mesh.synced"), Tone::Good),
        Standing::Unknown => (tr!("mesh.unknown"), Tone::Aside),
    }
}

/// How many stand how; each is a filter.
fn tiles(mesh: &Mesh, wanted: &Wanted, want: &Callback<Wanted>) -> Html {
    let tile = |of: Standing| {
        let n = mesh.counts.get(&of).copied().unwrap_or(0);
        // What all stand alike in needs no choice, but the two that are looked for stand always.
        if n == 0 && !(mesh.known && matches!(of, Standing::Synced | Standing::Stale)) {
            return html! {};
        }
        let (word, tone) = standing(of);
        let pressed = wanted.filter.standing == Some(of);
        let new = if pressed { None } else { Some(of) };
        let (want, filter, by) = (want.clone(), wanted.filter.clone(), wanted.by);
        let onclick = Callback::from(move |_: MouseEvent| {
            want.emit(Wanted { filter: Filter { standing: new, ..filter.clone() }, by });
        });
        let class = match tone {
            _ if n == 0 => "x-aside",
            Tone::Bad => "x-bad",
            Tone::Warn => "x-warn",
            Tone::Good => "x-good",
            _ => "",
        };
        html! {
            <button
                type="button" class="x-card x-tile" {onclick} aria-pressed={if pressed { "true" } else { "false" }}
                data-testid={format!("tile-{of:?}")}
            >
                <b {class}>{ words::number(n.into()) }</b>{ " " }<span>{ word }</span>
            </button>
        }
    };
    html! { <div class="x-tiles">{ for Standing::ALL.into_iter().map(tile) }</div> }
}

/// Filters, grouping, and the same question to istioctl.
fn bar(page: &Page, mesh: &Mesh, wanted: &Wanted, want: &Callback<Wanted>) -> Html {
    let with = |change: fn(&mut Filter, String)| {
        let (want, wanted) = (want.clone(), wanted.clone());
        move |value: String| {
            let mut new = wanted.clone();
            change(&mut new.filter, value);
            want.emit(new);
        }
    };
    let text = with(|filter, value| filter.text = value);
    let oninput = Callback::from(move |event: InputEvent| {
        text(event.target_unchecked_into::<HtmlInputElement>().value());
    });
    let pick = |id: &'static str,
                title: AttrValue,
                values: &[String],
                now: &Option<String>,
                change: fn(&mut Filter, String)| {
        // A choice of one is none.
        if values.len() < 2 && now.is_none() {
            return html! {};
        }
        let change = with(change);
        let options = values.iter().map(|it| (it.clone(), AttrValue::from(it.clone()))).collect();
        select(id, title, options, now.as_deref().unwrap_or_default(), Callback::from(change))
    };
    let filter = &wanted.filter;
    let by = {
        let (want, wanted) = (want.clone(), wanted.clone());
        Callback::from(move |value: String| {
            let by = GROUPS.into_iter().find(|(_, slug)| *slug == value).map(|it| it.0);
            want.emit(Wanted { by, ..wanted.clone() });
        })
    };
    let groups = GROUPS.into_iter().map(|(by, slug)| (slug.to_owned(), group_title(by))).collect();
    let grouped = wanted.by.and_then(|by| GROUPS.into_iter().find(|it| it.0 == by)).map_or("", |it| it.1);
    let clear = want.reform(|_| Wanted::default());
    html! {
        <div class="x-toolbar x-wrapping">
            <input
                id="filter" type="search" class="x-input" placeholder={tr!("mesh.filter")} aria-label={tr!("mesh.filter")}
                value={filter.text.clone()} {oninput} autocomplete="off" spellcheck="false" data-testid="mesh-filter"
            />
            { pick("namespace", tr!("mesh.any_namespace"), &mesh.namespaces, &filter.namespace,
                |filter, value| filter.namespace = chosen(value)) }
            { pick("version", tr!("mesh.any_version"), &mesh.versions, &filter.version,
                |filter, value| filter.version = chosen(value)) }
            { pick("istiod", tr!("mesh.any_istiod"), &mesh.istiods, &filter.istiod,
                |filter, value| filter.istiod = chosen(value)) }
            { select("by", tr!("mesh.by_none"), groups, grouped, by) }
            <span class="x-aside" role="status" data-testid="mesh-matched">
                { if mesh.matched == mesh.total {
                    count!("table.row", "table.rows", mesh.total)
                } else {
                    tr!("table.matched", n = words::number(mesh.matched.into()), total = words::number(mesh.total.into()))
                } }
            </span>
            if *filter != Filter::default() {
                <Button variant={Variant::Link} small=true onclick={clear} testid="mesh-clear">{ tr!("table.clear") }</Button>
            }
            if page.capture.control_planes.iter().any(|_| mesh.known) {
                <Command command="istioctl proxy-status -v 1" testid="command" />
            }
        </div>
    }
}

fn chosen(value: String) -> Option<String> {
    Some(value).filter(|it| !it.is_empty())
}

const GROUPS: [(GroupBy, &str); 4] = [
    (GroupBy::Standing, "state"),
    (GroupBy::Namespace, "namespace"),
    (GroupBy::Version, "version"),
    (GroupBy::Istiod, "istiod"),
];

fn group_title(by: GroupBy) -> AttrValue {
    match by {
        GroupBy::Standing => tr!("mesh.by_state"),
        GroupBy::Namespace => tr!("mesh.by_namespace"),
        GroupBy::Version => tr!("mesh.by_version"),
        GroupBy::Istiod => tr!("mesh.by_istiod"),
    }
}

/// A choice of values, the first of which is none.
fn select(
    id: &'static str,
    title: AttrValue,
    options: Vec<(String, AttrValue)>,
    now: &str,
    choose: Callback<String>,
) -> Html {
    let onchange = Callback::from(move |event: Event| {
        choose.emit(event.target_unchecked_into::<HtmlSelectElement>().value());
    });
    html! {
        <select class="x-input" aria-label={title.clone()} {onchange} data-testid={format!("mesh-{id}")}>
            <option value="" selected={now.is_empty()}>{ title }</option>
            { for options.into_iter().map(|(value, text)| html! {
                <option selected={value == now} value={value.clone()}>{ text }</option>
            }) }
        </select>
    }
}
