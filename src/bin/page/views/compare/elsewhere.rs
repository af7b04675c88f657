//! Which hosts now go elsewhere.

use xdscope::engine::protocol::{Answer, End, Pair, Query};
use yew::prelude::*;

use crate::context::{use_answer, use_page};
use crate::words;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub pair: Pair,
}

#[component]
pub fn Elsewhere(props: &Props) -> Html {
    use_page();
    let answer = use_answer(Some(Query::Elsewhere(props.pair)));
    let Some(Answer::Elsewhere(found)) = answer.as_deref() else { return html! {} };
    if found.asked == 0 {
        return html! {};
    }
    let asked = words::number(found.asked.into());
    if found.changed == 0 {
        return html! { <p class="x-card x-says-good" data-testid="elsewhere">{ tr!("elsewhere.none", n = asked) }</p> };
    }
    let more = u64::from(found.changed).saturating_sub(found.hosts.len() as u64);
    html! {
        <details class="x-card x-says-warn x-elsewhere" data-testid="elsewhere">
            <summary>
                <strong>{ count!("elsewhere.one", "elsewhere.many", found.changed) }</strong>{ " " }
                <span class="x-aside">{ tr!("elsewhere.how", n = asked) }</span>
            </summary>
            <ul>
                { for found.hosts.iter().map(|it| html! {
                    <li>
                        <code>{ if it.host.ends_with(&format!(":{}", it.port)) { it.host.clone() } else { format!("{}:{}", it.host, it.port) } }</code>{ " " }
                        <code class="x-del">{ end(&it.left) }</code>{ " → " }<code class="x-add">{ end(&it.right) }</code>
                    </li>
                }) }
                if more > 0 { <li class="x-aside">{ tr!("word.more", n = words::number(more)) }</li> }
            </ul>
        </details>
    }
}

/// `503 NC`, or the clusters.
fn end(of: &End) -> String {
    let status = of.status.map(|it| it.to_string());
    let mut said: Vec<String> = status.into_iter().collect();
    if of.flags != "-" && !of.flags.is_empty() {
        said.push(of.flags.clone());
    }
    said.extend(of.location.clone());
    if said.is_empty() && !of.outcome.is_empty() {
        said.push(of.outcome.clone());
    }
    said.extend((!of.clusters.is_empty()).then(|| of.clusters.join(", ")));
    said.join(" ")
}
