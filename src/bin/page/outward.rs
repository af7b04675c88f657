//! What leaves the page: whatever is copied or saved goes through here, and where it is for a ticket, through the map of the
//! copy that can be sent. What cannot be mapped does not leave.

use std::cell::{Cell, OnceCell};

use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, BlobPropertyBag, HtmlInputElement, HtmlTextAreaElement};
use xdscope::engine::protocol::{Answer, Query, ShareAnswer, ShareQuery, TextRef};
use xdscope::order::InOrder;
use yew::Callback;

use crate::app::Msg;
use crate::browser;
use crate::context::Page;
use crate::words;

/// Why something did not leave the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The copy did not stand its check, so nobody knows that its names are right.
    Failed,
    /// The document is not in the copy.
    LeftOut,
    /// There is no answer.
    Gone,
}

thread_local! {
    /// Read when something leaves, not when its button was drawn.
    static TICKET: Cell<bool> = const { Cell::new(false) };
    /// Around words of our own, in a text that is on its way out. Drawn by lot: no dump can have them.
    static MARKS: OnceCell<Option<(char, char)>> = const { OnceCell::new() };
}

/// So many bytes are asked for at once.
const PIECE: usize = 50_000;

/// Whether what leaves is for a ticket.
pub fn is_for_ticket() -> bool {
    TICKET.get()
}

/// A text that is written of our own words and the dump's, to be copied or saved: for a ticket it has marks.
pub fn written(make: impl FnOnce() -> String) -> String {
    words::marked(is_for_ticket().then(marks).flatten(), make)
}

fn marks() -> Option<(char, char)> {
    // Of the planes for private use: nothing says such a character, and each is one of 65,000.
    let draw = |plane: u32, lot: [u8; 32]| {
        let at = u32::from(u16::from_be_bytes([lot[0], lot[1]]));
        char::from_u32(plane + at.min(0xFFFD))
    };
    MARKS.with(|it| {
        *it.get_or_init(|| Some((draw(0xF_0000, browser::lot()?)?, draw(0x10_0000, browser::lot()?)?)))
    })
}

/// As the user left it.
pub fn begin(on: bool) {
    TICKET.set(on);
}

/// From now on. What names go through is made at once, so that the first copy need not wait for it.
pub fn for_ticket(page: &Page, on: bool) {
    TICKET.set(on);
    if on {
        let page = page.clone();
        spawn_local(async move {
            if let Err(refusal) = ready(&page).await {
                page.act.emit(Msg::Refused(refusal));
            }
        });
    }
}

/// Copies a text, and says whether that worked; where it must not leave, the page says so.
pub fn copy(page: &Page, text: String, done: Callback<bool>) {
    if !is_for_ticket() {
        return browser::copy(&text, done);
    }
    let page = page.clone();
    spawn_local(async move {
        let made = texts(&page, vec![text]).await;
        leave(&page, made.map(|it| it.concat()), |text| browser::copy(&text, done));
    });
}

/// Copies a text of the engine's: of a document, a resource, a table.
pub fn copy_of(page: &Page, of: TextRef, done: Callback<bool>) {
    let page = page.clone();
    spawn_local(async move {
        let made = whole(&page, of).await;
        leave(&page, made, |text| browser::copy(&text, done));
    });
}

/// Gives the user a file to save.
pub fn save(page: &Page, name: &'static str, text: String, kind: &'static str) {
    let page = page.clone();
    spawn_local(async move {
        let made = texts(&page, vec![text]).await;
        leave(&page, made.map(|it| it.concat()), |text| save_made(name, &text, kind));
    });
}

/// Saves what was made of mapped texts.
pub fn save_made(name: &str, text: &str, kind: &str) {
    if let Some(blob) = blob(text, kind) {
        browser::save_blob(name, &blob);
    }
}

/// A text as a file.
pub fn blob(text: &str, kind: &str) -> Option<Blob> {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let parts = js_sys::Array::of1(&text.into());
    Blob::new_with_str_sequence_and_options(&parts, &options).ok()
}

/// Lets something leave, or says why not.
pub fn leave<T>(page: &Page, made: Result<T, Refusal>, out: impl FnOnce(T)) {
    match made {
        Ok(made) => out(made),
        Err(refusal) => page.act.emit(Msg::Refused(refusal)),
    }
}

/// What the user selects and copies with the browser's own means goes the same way; until dropped.
pub fn listen(page: Page) -> EventListener {
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&gloo::utils::document(), "copy", options, move |event| {
        if !is_for_ticket() {
            return;
        }
        event.prevent_default();
        let text = selected();
        if !text.is_empty() {
            copy(&page, text, Callback::noop());
        }
    })
}

/// What is selected, in a field or on the page.
fn selected() -> String {
    let field = browser::focused();
    let part = |value: String, from: Option<u32>, to: Option<u32>| {
        let units: Vec<u16> = value.encode_utf16().collect();
        let (from, to) = (from.unwrap_or(0) as usize, to.unwrap_or(0) as usize);
        String::from_utf16_lossy(units.get(from..to).unwrap_or_default())
    };
    if let Some(input) = field.as_ref().and_then(|it| it.dyn_ref::<HtmlInputElement>()) {
        let (from, to) = (input.selection_start().ok().flatten(), input.selection_end().ok().flatten());
        return part(input.value(), from, to);
    }
    if let Some(area) = field.as_ref().and_then(|it| it.dyn_ref::<HtmlTextAreaElement>()) {
        let (from, to) = (area.selection_start().ok().flatten(), area.selection_end().ok().flatten());
        return part(area.value(), from, to);
    }
    let selection = browser::window().get_selection().ok().flatten();
    selection.map(|it| String::from(it.to_string())).unwrap_or_default()
}

/// Texts as they may leave.
///
/// # Errors
/// Where they may not.
pub async fn texts(page: &Page, texts: Vec<String>) -> Result<Vec<String>, Refusal> {
    if !is_for_ticket() {
        return Ok(texts);
    }
    ready(page).await?;
    let flat: Vec<(usize, &str)> =
        texts.iter().enumerate().flat_map(|(at, text)| pieces(text).map(move |it| (at, it))).collect();
    let mut out = vec![String::new(); texts.len()];
    let mut rest = &flat[..];
    while !rest.is_empty() {
        let mut size = 0;
        let fits = |it: &&(usize, &str)| {
            size += it.1.len();
            size <= PIECE
        };
        let (now, later) = rest.split_at(rest.iter().take_while(fits).count().max(1));
        let asked = now.iter().map(|it| it.1.to_owned()).collect();
        let ShareAnswer::Ticket(made) =
            ask(page, ShareQuery::Ticket { texts: asked, marks: marks() }).await?
        else {
            return Err(Refusal::Gone);
        };
        if made.len() != now.len() {
            return Err(Refusal::Gone);
        }
        now.iter().zip(made).for_each(|((at, _), made)| out[*at].push_str(&made));
        rest = later;
    }
    Ok(out)
}

/// Whole lines, as many as are asked for at once: no name goes over a line's end.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let near = rest.floor_char_boundary(PIECE);
        let end = match rest[..near].rfind('\n') {
            _ if near == rest.len() => near,
            Some(at) => at + 1,
            None => rest.find('\n').map_or(rest.len(), |at| at + 1),
        };
        let (piece, more) = rest.split_at(end);
        rest = more;
        Some(piece)
    })
}

/// A whole text of the engine's.
async fn whole(page: &Page, of: TextRef) -> Result<String, Refusal> {
    let ticket = is_for_ticket();
    let of_copy = ticket && !matches!(of, TextRef::Istioctl { .. });
    let mut all = String::new();
    let mut offset = Some(0);
    while let Some(from) = offset.take() {
        if of_copy {
            let ShareAnswer::Text { text, next } = ask(page, ShareQuery::Text { of, offset: from }).await?
            else {
                return Err(Refusal::Gone);
            };
            (all, offset) = (all + &text, next);
        } else {
            let answer = page.client.answer(Query::Text { of, offset: from }).await;
            let Answer::Text { text, next } = &*answer else { return Err(Refusal::Gone) };
            all.push_str(text);
            offset = *next;
        }
    }
    if !ticket || of_copy {
        return Ok(all);
    }
    // The headings are istioctl's.
    let (head, rows) = all.split_once('\n').unwrap_or_default();
    let heading = head.bytes().all(|it| it.is_ascii_uppercase() || b" \t\r-/_".contains(&it));
    if heading && !head.is_empty() {
        all = written(|| format!("{}\n{rows}", words::own(head)));
    }
    Ok(texts(page, vec![all]).await?.concat())
}

/// Waits until there is what texts go through.
async fn ready(page: &Page) -> Result<(), Refusal> {
    let own = ShareQuery::Own(own());
    page.client.answer(Query::Share(own)).await;
    ask(page, ShareQuery::Ticket { texts: Vec::new(), marks: None }).await.map(|_| ())
}

/// Asks until there is an answer: the copy may have to be made first.
async fn ask(page: &Page, query: ShareQuery) -> Result<ShareAnswer, Refusal> {
    loop {
        match &*page.client.answer(Query::Share(query.clone())).await {
            Answer::Share(ShareAnswer::Busy { .. }) => {}
            Answer::Share(ShareAnswer::None) => {
                let key = page.client.key().ok_or(Refusal::Gone)?;
                page.client.answer(Query::Share(ShareQuery::Begin { keep: None, key })).await;
            }
            Answer::Share(ShareAnswer::Failed(_)) => return Err(Refusal::Failed),
            Answer::Share(ShareAnswer::Unmapped) => return Err(Refusal::LeftOut),
            Answer::Share(answer) => return Ok(answer.clone()),
            _ => return Err(Refusal::Gone),
        }
    }
}

/// All that the page says, in each of its languages; its names for columns stand in the keys.
fn own() -> Vec<String> {
    let backend = crate::_rust_i18n_backend();
    let all = ["en", "zh"].into_iter().filter_map(|it| backend.messages_for_locale(it)).flatten();
    let mut all: Vec<String> = all.map(|(key, text)| format!("{key}\n{text}")).collect();
    all[..].order();
    all
}
