//! PatternFly's label: a word with a colour and a sign, for colour alone says nothing to some.

use yew::prelude::*;

use super::{Icon, icon};
use crate::words::Tone;

/// A word, drawn as its tone wants.
pub fn toned((text, tone): (AttrValue, Tone)) -> Html {
    let (colour, sign) = match tone {
        Tone::Plain => return html! { <span>{ text }</span> },
        Tone::Aside => return html! { <span class="x-aside">{ text }</span> },
        Tone::Good => ("pf-m-green", Some(Icon::Good)),
        Tone::Note => ("pf-m-blue", None),
        Tone::Warn => ("pf-m-gold", Some(Icon::Warn)),
        Tone::Bad => ("pf-m-red", Some(Icon::Bad)),
    };
    label(text, colour, sign)
}

fn label(text: AttrValue, colour: &'static str, sign: Option<Icon>) -> Html {
    html! {
        <span class={classes!("pf-v5-c-label", "pf-m-compact", colour)}>
            <span class="pf-v5-c-label__content">
                if let Some(sign) = sign {
                    <span class="pf-v5-c-label__icon">{ icon(sign) }</span>
                }
                <span class="pf-v5-c-label__text">{ text }</span>
            </span>
        </span>
    }
}
