//! A button that opens a panel below itself. Escape and leaving it close the panel.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::{Icon, icon};

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// What the button says.
    pub name: AttrValue,
    pub sign: Icon,
    pub testid: AttrValue,
    pub children: Html,
    /// A click in the panel closes it.
    #[prop_or_default]
    pub once: bool,
}

#[component]
pub fn Menu(props: &Props) -> Html {
    let open = use_state(|| false);
    let node = use_node_ref();
    let button = use_node_ref();
    let toggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let onfocusout = {
        let (open, node) = (open.clone(), node.clone());
        Callback::from(move |event: FocusEvent| {
            let to = event.related_target().and_then(|it| it.dyn_into::<Element>().ok());
            let inside = node.cast::<Element>().zip(to).is_some_and(|(node, to)| node.contains(Some(&to)));
            if !inside {
                open.set(false);
            }
        })
    };
    let onkeydown = {
        let (open, button) = (open.clone(), button.clone());
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" && *open {
                event.stop_propagation();
                open.set(false);
                if let Some(button) = button.cast::<HtmlElement>() {
                    let _ = button.focus();
                }
            }
        })
    };
    let onclick = {
        let (open, once) = (open.clone(), props.once);
        Callback::from(move |event: MouseEvent| {
            let target = event.target().and_then(|it| it.dyn_into::<Element>().ok());
            if once && target.and_then(|it| it.closest("button").ok().flatten()).is_some() {
                open.set(false);
            }
        })
    };
    html! {
        <span class="x-menu" ref={node} {onfocusout} {onkeydown}>
            <button
                ref={button} type="button" class="pf-v5-c-button pf-m-plain" onclick={toggle}
                aria-label={props.name.clone()} title={props.name.clone()}
                aria-expanded={if *open { "true" } else { "false" }} data-testid={props.testid.clone()}
            >
                { icon(props.sign) }
            </button>
            if *open {
                <div class="x-menu-panel" role="group" aria-label={props.name.clone()} {onclick} tabindex="-1">
                    { props.children.clone() }
                </div>
            }
        </span>
    }
}
