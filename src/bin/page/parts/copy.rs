//! Something to copy, and a button that copies it and says so.

use gloo::timers::callback::Timeout;
use yew::prelude::*;

use super::{Button, Icon, Variant, icon};
use crate::context::use_page;
use crate::outward;

#[derive(Clone, PartialEq, Properties)]
pub struct CopyProps {
    #[prop_or_default]
    pub text: AttrValue,
    /// Copies instead, and says whether that worked: for what is made only when it is wanted.
    #[prop_or_default]
    pub copy: Option<Callback<Callback<bool>>>,
    #[prop_or_default]
    pub testid: Option<AttrValue>,
    /// What is copied, for who cannot see beside what the button stands.
    pub what: AttrValue,
    /// The sign alone, where there is little room.
    #[prop_or_default]
    pub bare: bool,
}

#[component]
pub fn Copy(props: &CopyProps) -> Html {
    let page = use_page();
    let worked = use_state(|| None::<bool>);
    let back = use_mut_ref(|| None::<Timeout>);
    let onclick = {
        let (text, copy, worked) = (props.text.clone(), props.copy.clone(), worked.clone());
        Callback::from(move |_| {
            let (worked, back) = (worked.clone(), back.clone());
            let done = Callback::from(move |fine| {
                worked.set(Some(fine));
                let worked = worked.clone();
                *back.borrow_mut() = Some(Timeout::new(2_000, move || worked.set(None)));
            });
            match &copy {
                Some(copy) => copy.emit(done),
                None => outward::copy(&page, text.to_string(), done),
            }
        })
    };
    let says = match *worked {
        None => tr!("copy.copy"),
        Some(true) => tr!("copy.copied"),
        Some(false) => tr!("copy.refused"),
    };
    if props.bare {
        let sign = if *worked == Some(true) { Icon::Good } else { Icon::Copy };
        return html! {
            <Button
                variant={Variant::Plain}
                {onclick}
                name={format!("{says} {}", props.what)}
                testid={props.testid.clone().unwrap_or("copy".into())}
            >
                { icon(sign) }
            </Button>
        };
    }
    html! {
        <Button
            variant={Variant::Link}
            small=true
            class="x-copy"
            {onclick}
            testid={props.testid.clone().unwrap_or("copy".into())}
        >
            { icon(Icon::Copy) }
            <span aria-live="polite">{ says }</span>
            <span class="x-unseen">{ " " }{ props.what.clone() }</span>
        </Button>
    }
}

#[derive(Clone, PartialEq, Properties)]
pub struct CommandProps {
    pub command: AttrValue,
    #[prop_or_default]
    pub testid: Option<AttrValue>,
    /// With the sign alone, where there is little room.
    #[prop_or_default]
    pub bare: bool,
}

/// A command to copy.
#[component]
pub fn Command(props: &CommandProps) -> Html {
    html! {
        <span class="x-command" data-testid={props.testid.clone()}>
            <code title={props.command.clone()}>{ props.command.clone() }</code>
            <Copy text={props.command.clone()} what={props.command.clone()} bare={props.bare} />
        </span>
    }
}
