//! PatternFly's button.

use yew::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    Primary,
    Secondary,
    Link,
    Plain,
}

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    #[prop_or_default]
    pub children: Html,
    #[prop_or(Variant::Secondary)]
    pub variant: Variant,
    #[prop_or_default]
    pub small: bool,
    #[prop_or_default]
    pub class: Classes,
    pub onclick: Callback<MouseEvent>,
    pub testid: AttrValue,
    /// Its name, where it shows none; shown on hover.
    #[prop_or_default]
    pub name: Option<AttrValue>,
    #[prop_or_default]
    pub pressed: Option<bool>,
    #[prop_or_default]
    pub disabled: bool,
}

#[component]
pub fn Button(props: &Props) -> Html {
    let variant = match props.variant {
        Variant::Primary => "pf-m-primary",
        Variant::Secondary => "pf-m-secondary",
        Variant::Link => "pf-m-link",
        Variant::Plain => "pf-m-plain",
    };
    html! {
        <button
            type="button"
            class={classes!("pf-v5-c-button", variant, props.small.then_some("pf-m-small"), props.class.clone())}
            onclick={props.onclick.clone()}
            disabled={props.disabled}
            aria-label={props.name.clone()}
            title={props.name.clone()}
            aria-pressed={props.pressed.map(|pressed| if pressed { "true" } else { "false" })}
            data-testid={props.testid.clone()}
        >
            { props.children.clone() }
        </button>
    }
}
