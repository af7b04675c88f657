//! The two explaining dialogs: why nothing leaves the browser, and the keys.

use yew::prelude::*;

use crate::context::use_page;
use crate::parts::{Closing, Dialog};

#[component]
pub fn Promise(props: &Closing) -> Html {
    use_page();
    html! {
        <Dialog title={tr!("promise.title")} onclose={props.onclose.clone()} testid="promise-dialog">
            <p>{ tr!("promise.how") }</p>
            <p>{ tr!("promise.kept") }</p>
            <p>{ tr!("promise.not") }</p>
            <h3>{ tr!("promise.check") }</h3>
            <ol>
                <li>{ tr!("promise.check.tools") }</li>
                <li>{ tr!("promise.check.fetch") }<code>{ "fetch(location.href)" }</code></li>
                <li>{ tr!("promise.check.offline") }</li>
            </ol>
        </Dialog>
    }
}

#[component]
pub fn Keys(props: &Closing) -> Html {
    use_page();
    let keys: [(&[&str], AttrValue); 8] = [
        (&["Ctrl", "K"], tr!("keys.find")),
        (&["/"], tr!("keys.filter")),
        (&["↑", "↓"], tr!("keys.rows")),
        (&["PgUp", "PgDn", "Home", "End"], tr!("keys.pages")),
        (&["Enter"], tr!("keys.open")),
        (&["Tab"], tr!("keys.links")),
        (&["Esc"], tr!("keys.close")),
        (&["?"], tr!("keys.this")),
    ];
    html! {
        <Dialog title={tr!("keys.title")} onclose={props.onclose.clone()} testid="keys-dialog">
            <dl class="x-keys">
                { for keys.into_iter().map(|(keys, what)| html! {
                    <div>
                        <dt>{ for keys.iter().map(|key| html! { <kbd>{ *key }</kbd> }) }</dt>
                        <dd>{ what }</dd>
                    </div>
                }) }
            </dl>
        </Dialog>
    }
}
