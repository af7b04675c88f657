//! The left column: what is open.

use std::collections::BTreeMap;

use web_sys::HtmlInputElement;
use xdscope::engine::protocol::{DocumentLine, Mark, ProxyLine};
use yew::prelude::*;

use crate::context::{Page, use_page};
use crate::link::{Place, View};
use crate::words;

/// With more proxies than this they can be filtered.
const MANY: usize = 12;
/// More documents than this are counted, not listed.
const UNREAD: usize = 20;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub place: Place,
}

#[component]
pub fn Side(props: &Props) -> Html {
    let page = use_page();
    let filter = use_state(String::new);
    let counts = super::findings::use_counts();
    let capture = &page.capture;
    let mut spaces: BTreeMap<&str, Vec<&ProxyLine>> = BTreeMap::new();
    for proxy in &capture.proxies {
        if filter.is_empty()
            || format!("{}/{}", proxy.namespace, proxy.name).to_lowercase().contains(&*filter)
        {
            spaces.entry(&proxy.namespace).or_default().push(proxy);
        }
    }
    let oninput = {
        let filter = filter.clone();
        Callback::from(move |event: InputEvent| {
            filter.set(event.target_unchecked_into::<HtmlInputElement>().value().to_lowercase());
        })
    };
    let unread: Vec<_> = capture
        .documents
        .iter()
        .filter(|document| document.trouble.as_ref().is_some_and(words::is_loss))
        .collect();
    let aside = capture.documents.iter().filter(|document| document.trouble.is_some()).count() - unread.len();
    let current = |here: bool| here.then_some("page");
    html! {
        <nav class="x-side" aria-label={tr!("side.label")} data-testid="side">
            <a class="x-row" href={page.href(Place::Home)} aria-current={current(props.place == Place::Home)}>
                <span class="x-dot x-whole" /><span class="x-cut">{ tr!("side.all") }</span>
                <i>{ words::number(capture.proxies.len() as u64) }</i>
            </a>
            <a
                class="x-row" href={page.href(Place::Findings(None))} data-testid="side-findings"
                aria-current={current(matches!(props.place, Place::Findings(_) | Place::Finding(..)))}
            >
                { match counts {
                    Some((0, 0)) => html! { <span class="x-dot x-fine" /> },
                    Some((0, _)) => html! { <span class="x-dot x-doubt" /> },
                    Some(_) => html! { <span class="x-dot x-wrong" /> },
                    None => html! { <span class="x-dot" /> },
                } }
                <span class="x-cut">{ tr!("findings.title") }</span>
                if let Some((errors, warnings)) = counts {
                    <i>{ words::number(u64::from(errors + warnings)) }</i>
                }
            </a>
            if capture.proxies.len() > MANY {
                <input
                    type="search" class="x-input" placeholder={tr!("side.filter")} aria-label={tr!("side.filter")}
                    value={(*filter).clone()} {oninput} data-testid="side-filter"
                />
            }
            { for spaces.iter().map(|(space, proxies)| html! {
                <section key={*space}>
                    <h2>{ if space.is_empty() { tr!("side.no_namespace") } else { (*space).to_owned().into() } }</h2>
                    <ul>
                        { for proxies.iter().map(|proxy| line(&page, proxy, props.place)) }
                    </ul>
                </section>
            }) }
            if spaces.is_empty() && !filter.is_empty() {
                <p class="x-aside x-pad">{ tr!("side.no_match") }</p>
            }
            if !capture.control_planes.is_empty() {
                <section>
                    <h2>{ tr!("side.control_planes") }</h2>
                    <ul>
                        { for capture.control_planes.iter().zip(0..).map(|(plane, at)| html! {
                            <li>
                                <a
                                    class="x-row" href={page.href(Place::ControlPlane(at))} title={plane.name.clone()}
                                    aria-current={current(props.place == Place::ControlPlane(at))}
                                >
                                    <span class="x-dot x-plane" /><span class="x-cut">{ plane.name.clone() }</span>
                                    <i>{ plane.version.clone() }</i>
                                </a>
                            </li>
                        }) }
                    </ul>
                </section>
            }
            if !unread.is_empty() || aside > 0 {
                <section data-testid="side-unread">
                    <h2>{ tr!("side.not_read") }</h2>
                    <ul>
                        { for unread.iter().take(UNREAD).map(|document| unread_line(&page, document, props.place)) }
                    </ul>
                    if unread.len() > UNREAD || aside > 0 {
                        <a
                            class="x-row" href={page.href(Place::NotRead)} data-testid="side-aside"
                            aria-current={current(props.place == Place::NotRead)}
                        >
                            <span class="x-dot" />
                            <span class="x-cut">
                                { if unread.len() > UNREAD {
                                    tr!("side.more", n = words::number((unread.len() - UNREAD + aside) as u64))
                                } else {
                                    tr!("side.aside", n = words::number(aside as u64))
                                } }
                            </span>
                        </a>
                    }
                </section>
            }
        </nav>
    }
}

fn line(page: &Page, proxy: &ProxyLine, place: Place) -> Html {
    let here = matches!(place, Place::Proxy(id, _) if id == proxy.id);
    let (dot, says) = match proxy.mark {
        None => ("x-dot x-fine", proxy.istio_version.clone().into()),
        Some(mark) => (
            match mark {
                Mark::Partial | Mark::Warming | Mark::Stale => "x-dot x-doubt",
                Mark::NotConnected => "x-dot x-lost",
                Mark::Rejected => "x-dot x-wrong",
            },
            words::mark(mark).0,
        ),
    };
    let kind = words::proxy_type(&proxy.proxy_type);
    let title = [proxy.name.as_str(), &kind, &proxy.istio_version].join(" · ");
    html! {
        <li key={proxy.id.0}>
            <a
                class="x-row" href={page.href(Place::Proxy(proxy.id, View::Overview))} {title}
                aria-current={here.then_some("page")} data-testid="proxy"
            >
                <span class={dot} />
                <span class="x-cut">{ proxy.name.clone() }</span>
                // What is wrong says more than what it is, and there is room for one.
                if proxy.mark.is_none() && proxy.proxy_type != "sidecar" && !proxy.proxy_type.is_empty() {
                    <em>{ kind }</em>
                }
                <i class={proxy.mark.map(|_| "x-says")}>{ says }</i>
            </a>
        </li>
    }
}

fn unread_line(page: &Page, document: &DocumentLine, place: Place) -> Html {
    let says = document.trouble.as_ref().map(|trouble| words::trouble(trouble).0);
    let name = document.path.rsplit('/').next().unwrap_or_default().to_owned();
    html! {
        <li key={document.id.0}>
            <a
                class="x-row" href={page.href(Place::Document(document.id))} title={document.path.clone()}
                aria-current={(place == Place::Document(document.id)).then_some("page")}
            >
                <span class="x-dot x-gap" /><span class="x-cut">{ name }</span><i>{ says }</i>
            </a>
        </li>
    }
}
