//! The little that the page wants of the browser.

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlElement, Window};
use yew::Callback;

pub fn window() -> Window {
    gloo::utils::window()
}

pub fn root() -> Option<Element> {
    gloo::utils::document().document_element()
}

/// Milliseconds since the page was opened.
pub fn now() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

pub fn prefers_dark() -> bool {
    window().match_media("(prefers-color-scheme: dark)").ok().flatten().is_some_and(|query| query.matches())
}

/// A setting of an earlier visit. Where storage is refused, there is none.
pub fn kept(name: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(&format!("xdscope.{name}")).ok()?
}

/// Keeps a setting; never anything of what was opened.
pub fn keep(name: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(&format!("xdscope.{name}"), value);
    }
}

/// Forgets a setting.
pub fn forget(name: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.remove_item(&format!("xdscope.{name}"));
    }
}

/// The browser's clock, as nanoseconds since 1970, to the minute: what is judged by it need not be judged again with
/// every question.
pub fn clock() -> xdscope::instant::Instant {
    const MINUTE: f64 = 60_000.0;
    #[expect(clippy::cast_possible_truncation, reason = "whole minutes since 1970")]
    let minutes = (js_sys::Date::now() / MINUTE).floor() as i64;
    xdscope::instant::Instant(minutes.saturating_mul(60_000_000_000))
}

/// Copies a text, and says whether that worked.
pub fn copy(text: &str, done: Callback<bool>) {
    let promise = window().navigator().clipboard().write_text(text);
    wasm_bindgen_futures::spawn_local(async move { done.emit(JsFuture::from(promise).await.is_ok()) });
}

/// Random numbers that nobody can guess; `None` where the browser has none.
pub fn lot() -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    window().crypto().ok()?.get_random_values_with_u8_array(&mut bytes).ok()?;
    Some(bytes)
}

/// Gives the user a file to save.
pub fn save_blob(name: &str, blob: &web_sys::Blob) {
    let Ok(address) = web_sys::Url::create_object_url_with_blob(blob) else { return };
    if let Ok(Ok(link)) =
        gloo::utils::document().create_element("a").map(JsCast::dyn_into::<web_sys::HtmlAnchorElement>)
    {
        link.set_href(&address);
        link.set_download(name);
        link.click();
    }
    // The download has its own hold on the bytes by then.
    gloo::timers::callback::Timeout::new(10_000, move || {
        let _ = web_sys::Url::revoke_object_url(&address);
    })
    .forget();
}

pub fn hash() -> String {
    window().location().hash().unwrap_or_default()
}

/// Goes to an address of the page, as a click on a link would.
pub fn go(address: &str) {
    let _ = window().location().set_hash(address);
}

/// Puts another address in the place of the one in the history.
pub fn replace(address: &str) {
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(address));
    }
}

pub fn by_id(id: &str) -> Option<HtmlElement> {
    gloo::utils::document().get_element_by_id(id)?.dyn_into().ok()
}

/// The first element of that `data-testid`.
pub fn by_test_id(id: &str) -> Option<HtmlElement> {
    gloo::utils::document().query_selector(&format!("[data-testid={id}]")).ok()??.dyn_into().ok()
}

/// What has the focus, unless nothing has.
pub fn focused() -> Option<HtmlElement> {
    let element: HtmlElement = gloo::utils::document().active_element()?.dyn_into().ok()?;
    (element.tag_name() != "BODY").then_some(element)
}

/// Whether somebody is writing there.
pub fn is_field(element: &Element) -> bool {
    matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
}
