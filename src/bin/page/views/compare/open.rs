//! What to compare: another capture beside this one, or two proxies of this one.

use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use xdscope::engine::protocol::ProxyId;
use yew::prelude::*;

use crate::app::Msg;
use crate::context::use_page;
use crate::files;
use crate::link::{CompareView, Place};
use crate::parts::{self, Button, Closing, Variant};
use crate::words;

#[component]
pub fn CompareDialog(props: &Closing) -> Html {
    let page = use_page();
    let (file, folder) = (use_node_ref(), use_node_ref());
    let click = |input: &NodeRef| {
        let input = input.clone();
        Callback::from(move |_| {
            if let Some(input) = input.cast::<HtmlInputElement>() {
                input.click();
            }
        })
    };
    let onchange = {
        let act = page.act.clone();
        Callback::from(move |event: Event| {
            let input = event.target().and_then(|at| at.dyn_into::<HtmlInputElement>().ok());
            if let Some(list) = input.and_then(|it| it.files()) {
                act.emit(Msg::GiveSecond(files::chosen(&list)));
            }
        })
    };
    let second = page.second.as_ref();
    html! {
        <parts::Dialog title={tr!("compare.title")} onclose={props.onclose.clone()} testid="compare-dialog">
            <h3>{ tr!("compare.captures") }</h3>
            if let Some((mark, capture)) = second {
                <p>
                    { tr!("compare.open", n = words::number(capture.proxies.len() as u64)) }
                    if let Some(at) = capture.captured { { " " }{ tr!("masthead.captured", at = words::time(at)) } }
                </p>
                <div class="x-buttons x-begin-here">
                    <a
                        class="pf-v5-c-button pf-m-primary" data-testid="compare-go"
                        href={page.href(Place::Compare(CompareView { second: Some(*mark), pair: None, open: None }))}
                        onclick={props.onclose.reform(|_| ())}
                    >
                        { tr!("compare.go") }
                    </a>
                    <Button onclick={page.act.reform(|_| Msg::Swap)} testid="compare-swap">{ tr!("compare.swap") }</Button>
                    <Button onclick={page.act.reform(|_| Msg::CloseSecond)} testid="compare-close">{ tr!("compare.close") }</Button>
                </div>
            } else {
                <p class="x-aside">{ tr!("compare.captures.why") }</p>
                <div class="x-buttons x-begin-here">
                    <Button variant={Variant::Primary} onclick={click(&file)} testid="compare-choose">{ tr!("drop.choose") }</Button>
                    <Button onclick={click(&folder)} testid="compare-folder">{ tr!("drop.folder") }</Button>
                </div>
                <input
                    ref={file} type="file" multiple=true hidden=true aria-label={tr!("drop.choose")}
                    data-testid="second-input" onchange={onchange.clone()}
                />
                <input ref={folder} type="file" webkitdirectory={true} hidden=true aria-label={tr!("drop.folder")} {onchange} />
            }
            if page.capture.proxies.len() > 1 {
                <Two onclose={props.onclose.clone()} />
            }
        </parts::Dialog>
    }
}

/// Two proxies of the capture.
#[component]
fn Two(props: &Closing) -> Html {
    let page = use_page();
    let (left, right) = (use_node_ref(), use_node_ref());
    let proxies = &page.capture.proxies;
    let choice = |node: &NodeRef, letter: &'static str, first: usize| {
        html! {
            <label class="x-choice">
                <b>{ letter }</b>
                <select class="x-input" ref={node.clone()} data-testid={format!("compare-{letter}")}>
                    { for proxies.iter().enumerate().map(|(at, it)| html! {
                        <option value={it.id.0.to_string()} selected={at == first}>
                            { [it.name.as_str(), it.namespace.as_str()].join(" · ") }
                        </option>
                    }) }
                </select>
            </label>
        }
    };
    let go = {
        let (page, left, right, onclose) = (page.clone(), left.clone(), right.clone(), props.onclose.clone());
        Callback::from(move |_: MouseEvent| {
            let id = |node: &NodeRef| {
                let value = node.cast::<HtmlSelectElement>().map(|it| it.value())?;
                value.parse().ok().map(ProxyId)
            };
            if let (Some(left), Some(right)) = (id(&left), id(&right)) {
                page.go(Place::Compare(CompareView { second: None, pair: Some((left, right)), open: None }));
                onclose.emit(());
            }
        })
    };
    html! {
        <>
            <h3>{ tr!("compare.two") }</h3>
            <div class="x-two-proxies">{ choice(&left, "A", 0) }{ choice(&right, "B", 1) }</div>
            <div class="x-buttons x-begin-here">
                <Button onclick={go} testid="compare-two">{ tr!("compare.go") }</Button>
            </div>
        </>
    }
}
