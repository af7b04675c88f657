//! The capture at a glance: its proxies, what is wrong with which, its control planes.

use xdscope::engine::protocol::{Mark, ProxyLine};
use yew::prelude::*;

use crate::context::{Page, use_page};
use crate::link::{Place, View};
use crate::parts::toned;
use crate::words::{self, Tone};

#[component]
pub fn Home() -> Html {
    let page = use_page();
    let capture = &page.capture;
    let mut worst: Vec<&ProxyLine> = capture.proxies.iter().filter(|proxy| proxy.mark.is_some()).collect();
    worst.sort_by_key(|proxy| std::cmp::Reverse(proxy.mark));
    let fine = capture.proxies.len() - worst.len();
    let marks = [Mark::Rejected, Mark::NotConnected, Mark::Stale, Mark::Warming, Mark::Partial];
    let length = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    html! {
        <>
            <header class="x-head">
                <h1>{ tr!("home.title") }</h1>
                <p class="x-sub">
                    { count!("foot.proxy", "foot.proxies", length(capture.proxies.len())) }
                    { for capture.control_planes.iter().map(|plane| html! {
                        <>{ " · " }{ plane.name.clone() }{ " " }{ plane.version.clone() }</>
                    }) }
                </p>
            </header>
            <div class="x-body x-scroll" tabindex="0" role="region" aria-label={tr!("home.title")}>
                { for marks.into_iter().filter_map(|mark| {
                    let those: Vec<_> = worst.iter().copied().filter(|proxy| proxy.mark == Some(mark)).collect();
                    (!those.is_empty()).then(|| sentence(&page, mark, &those))
                }) }
                if worst.is_empty() && !capture.proxies.is_empty() {
                    <p class="x-card x-pad">{ tr!("home.fine") }</p>
                }
                <div class="x-card">
                    <table class="x-table" data-testid="proxies">
                        <thead>
                            <tr>
                                <th scope="col">{ tr!("column.name") }</th>
                                <th scope="col">{ tr!("home.namespace") }</th>
                                <th scope="col">{ tr!("column.type") }</th>
                                <th scope="col">{ tr!("column.state") }</th>
                                <th scope="col">{ "Istio" }</th>
                                <th scope="col">{ "Envoy" }</th>
                            </tr>
                        </thead>
                        <tbody>
                            { for worst.iter().map(|proxy| line(&page, proxy)) }
                            { for capture.proxies.iter().filter(|proxy| proxy.mark.is_none()).map(|proxy| line(&page, proxy)) }
                        </tbody>
                    </table>
                </div>
                if fine > 0 && !worst.is_empty() {
                    <p class="x-aside">{ count!("home.others_fine_one", "home.others_fine", length(fine)) }</p>
                }
            </div>
        </>
    }
}

fn tone(mark: Mark) -> Tone {
    match mark {
        Mark::Partial | Mark::Warming | Mark::Stale => Tone::Warn,
        Mark::NotConnected | Mark::Rejected => Tone::Bad,
    }
}

/// Who it is about, where they are few; what is wrong; what to do.
fn sentence(page: &Page, mark: Mark, those: &[&ProxyLine]) -> Html {
    let class = if tone(mark) == Tone::Bad { "x-card x-says-bad" } else { "x-card x-says-warn" };
    let (word, why) = words::mark(mark);
    let who = match those {
        [one] => html! { <a href={page.href(Place::Proxy(one.id, View::Overview))}>{ one.name.clone() }</a> },
        many => html! { { tr!("foot.proxies", n = words::number(many.len() as u64)) } },
    };
    html! { <p {class}><strong>{ who }{ " · " }{ tr!("mark.says", word = word) }</strong>{ " " }{ why }</p> }
}

fn line(page: &Page, proxy: &ProxyLine) -> Html {
    html! {
        <tr key={proxy.id.0}>
            <td><a href={page.href(Place::Proxy(proxy.id, View::Overview))}>{ proxy.name.clone() }</a></td>
            <td>{ proxy.namespace.clone() }</td>
            <td>{ words::proxy_type(&proxy.proxy_type) }</td>
            <td>
                if let Some(mark) = proxy.mark {
                    { toned((words::mark(mark).0, tone(mark))) }
                }
            </td>
            <td>{ proxy.istio_version.clone() }</td>
            <td>{ proxy.envoy_version.clone() }</td>
        </tr>
    }
}
