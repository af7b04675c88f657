//! The foot: nothing was sent, what is open, what was not read.

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{PerformanceObserver, PerformanceObserverEntryList, PerformanceObserverInit};
use xdscope::engine::protocol::Trouble;
use yew::prelude::*;

use crate::app::{Dialog, Msg};
use crate::browser;
use crate::context::use_page;
use crate::link::Place;
use crate::parts::{Button, Icon, Variant, icon};
use crate::words;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub ready: bool,
}

#[component]
pub fn Foot(props: &Props) -> Html {
    let page = use_page();
    let requests = use_requests();
    let capture = &page.capture;
    let lost = |trouble: &Trouble| words::is_loss(trouble);
    let unread =
        capture.documents.iter().filter(|document| document.trouble.as_ref().is_some_and(lost)).count();
    let length = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    html! {
        <footer class="x-foot">
            <span class={if requests == 0 { "x-good" } else { "x-bad" }} data-testid="requests">
                { icon(if requests == 0 { Icon::Good } else { Icon::Bad }) }
                { count!("foot.request", "foot.requests", requests) }
            </span>
            <span data-testid="open-count">
                if props.ready {
                    { count!("foot.proxy", "foot.proxies", length(capture.proxies.len())) }
                    { " · " }
                    { count!("foot.control_plane", "foot.control_planes", length(capture.control_planes.len())) }
                    { " · " }
                    { count!("foot.document", "foot.documents", length(capture.documents.len())) }
                    { " · " }
                    { words::bytes(capture.bytes) }
                } else {
                    { tr!("foot.nothing") }
                }
            </span>
            if props.ready && unread > 0 {
                <a class="x-warn" href={page.href(Place::NotRead)} data-testid="not-read">
                    { icon(Icon::Warn) }
                    { count!("foot.not_read_one", "foot.not_read", length(unread)) }
                </a>
            }
            <span class="x-right">
                if newer() {
                    <Button variant={Variant::Link} small=true testid="newer" onclick={|_| update()}>
                        { if props.ready { tr!("foot.newer_open") } else { tr!("foot.newer") } }
                    </Button>
                }
                <Button
                    variant={Variant::Link} small=true testid="promise"
                    onclick={page.act.reform(|_| Msg::Show(Some(Dialog::Promise)))}
                >
                    { tr!("foot.how") }
                </Button>
                <Button
                    variant={Variant::Link} small=true testid="keys"
                    onclick={page.act.reform(|_| Msg::Show(Some(Dialog::Keys)))}
                >
                    { tr!("foot.keys") }<kbd>{ "?" }</kbd>
                </Button>
            </span>
        </footer>
    }
}

#[wasm_bindgen]
extern "C" {
    /// Whether the page's host has another version than the one that is kept for when there is no network.
    #[wasm_bindgen(js_namespace = xdscope)]
    fn newer() -> bool;
    /// Forgets what is kept, and loads the page from its host.
    #[wasm_bindgen(js_namespace = xdscope)]
    fn update();
}

/// How many requests the browser has made since the page began, by its own count.
#[hook]
fn use_requests() -> u32 {
    let count = use_state(|| 0_u32);
    {
        let count = count.clone();
        use_effect_with((), move |()| {
            let begun = browser::now();
            let total = std::cell::Cell::new(0);
            let heard = Closure::<dyn Fn(PerformanceObserverEntryList)>::new(
                move |list: PerformanceObserverEntryList| {
                    let number = |entry: &JsValue, name: &str| js_sys::Reflect::get(entry, &name.into()).ok();
                    let later = |entry: &JsValue| {
                        let at = number(entry, "startTime").and_then(|at| at.as_f64()).unwrap_or(0.0);
                        let name =
                            number(entry, "name").and_then(|name| name.as_string()).unwrap_or_default();
                        at > begun && !name.starts_with("blob:") && !name.starts_with("data:")
                    };
                    let new = list.get_entries().iter().filter(later).count();
                    if new > 0 {
                        total.set(total.get() + u32::try_from(new).unwrap_or(u32::MAX));
                        count.set(total.get());
                    }
                },
            );
            let observer = PerformanceObserver::new(heard.as_ref().unchecked_ref()).ok();
            if let Some(observer) = &observer {
                let what = Array::of1(&"resource".into());
                observer.observe(&PerformanceObserverInit::new(&what));
            }
            move || {
                if let Some(observer) = observer {
                    observer.disconnect();
                }
                drop(heard);
            }
        });
    }
    *count
}
