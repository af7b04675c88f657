//! Checks that were not made, and what they need.

use xdscope::findings::texts;
use yew::prelude::*;

use super::language;
use crate::context::use_page;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub list: Vec<(String, Vec<String>)>,
}

#[component]
pub fn NotJudged(props: &Props) -> Html {
    let page = use_page();
    if props.list.is_empty() {
        return html! {};
    }
    let lang = language(page.lang);
    let title = |id: &String| texts::field(lang, id, "title").unwrap_or(id).to_owned();
    html! {
        <section class="x-not-judged" data-testid="not-judged">
            <h2>{ tr!("findings.not_judged") }</h2>
            <ul>
                { for props.list.iter().map(|(need, checks)| html! {
                    <li key={need.clone()}>
                        <strong>{ texts::field(lang, "needs", need).unwrap_or(need).to_owned() }</strong>
                        <br /><span class="x-aside">{ checks.iter().map(title).collect::<Vec<_>>().join(" · ") }</span>
                    </li>
                }) }
            </ul>
        </section>
    }
}
