//! Findings as Markdown, for a ticket.

use std::rc::Rc;

use gloo::timers::callback::Timeout;
use xdscope::engine::protocol::{Answer, FindingDetail, Query};
use xdscope::findings::texts;
use yew::prelude::*;

use super::detail::answers;
use super::{language, sentence, severity};
use crate::context::{Page, use_page};
use crate::outward;
use crate::parts::{Button, Icon, icon};
use crate::settings::Lang;
use crate::words;
use crate::worker::Asked;

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// The findings.
    pub places: Vec<u32>,
    /// How many the user chose; none for those that are listed.
    pub chosen: usize,
}

#[component]
pub fn Ticket(props: &Props) -> Html {
    let page = use_page();
    let says = use_state(|| None::<bool>);
    let asked = use_mut_ref(|| None::<Asked>);
    let back = use_mut_ref(|| None::<Timeout>);
    let onclick = {
        let (page, places, says) = (page.clone(), props.places.clone(), says.clone());
        Callback::from(move |_: MouseEvent| {
            let (says, back, copied) = (says.clone(), back.clone(), page.clone());
            let hear = Callback::from(move |answer: Rc<Answer>| {
                let Answer::FindingDetails(list) = &*answer else { return };
                let (says, back) = (says.clone(), back.clone());
                let done = Callback::from(move |fine| {
                    says.set(Some(fine));
                    let says = says.clone();
                    *back.borrow_mut() = Some(Timeout::new(2_000, move || says.set(None)));
                });
                outward::copy(&copied, outward::written(|| markdown(&copied, list)), done);
            });
            *asked.borrow_mut() = Some(page.client.ask(Query::FindingDetails(places.clone()), hear));
        })
    };
    let text = match *says {
        Some(true) => tr!("copy.copied"),
        Some(false) => tr!("copy.refused"),
        None if props.chosen > 0 => tr!("findings.ticket_chosen", n = props.chosen),
        None => tr!("findings.ticket"),
    };
    html! {
        <Button small=true disabled={props.places.is_empty()} {onclick} testid="findings-ticket">
            { icon(Icon::Copy) }{ " " }<span aria-live="polite">{ text }</span>
        </Button>
    }
}

/// A list, a paragraph each: the sentence, what Envoy answers, whose it is, where it stands, what to do.
fn markdown(page: &Page, list: &[FindingDetail]) -> String {
    let mut out = format!("## {}\n", tr!("findings.title"));
    if let Some(at) = page.capture.captured {
        out.push_str(&format!("\n{}\n", tr!("proxy.captured", at = words::time(at))));
    }
    for it in list {
        one(page.lang, it, &mut out);
    }
    out
}

fn one(lang: Lang, it: &FindingDetail, out: &mut String) {
    let line = &it.line;
    out.push_str(&format!(
        "\n- **{}** {} (`{}`)\n",
        severity(line.severity).0,
        sentence(lang, line),
        words::own(&line.id)
    ));
    let mut add = |title: AttrValue, value: &str| {
        if !value.is_empty() {
            out.push_str(&format!("  - {title}: {value}\n"));
        }
    };
    let mut names = line.proxies.iter().map(|it| it.1.as_str()).collect::<Vec<_>>().join(", ");
    let more = line.count as usize - line.proxies.len().min(line.count as usize);
    if more > 0 {
        names.push_str(&format!(" {}", tr!("mesh.and_more", n = more)));
    }
    add(tr!("findings.proxies"), &names);
    add(tr!("findings.owner"), line.owner.as_deref().unwrap_or_default());
    add(tr!("findings.answers"), &answers(it).unwrap_or_default());
    add(
        tr!("findings.touches"),
        &[it.listeners.join(", "), it.hosts.join(", ")]
            .iter()
            .filter(|it| !it.is_empty())
            .cloned()
            .collect::<Vec<_>>()
            .join("; "),
    );
    add(tr!("findings.fix"), &words::own(texts::field(language(lang), &line.id, "fix").unwrap_or_default()));
    for fact in it.evidence.iter().take(4) {
        let at = fact.line.map(|line| format!(":{line}")).unwrap_or_default();
        out.push_str(&format!(
            "  - `{}{at}` `{}`: `{}`\n",
            fact.path,
            fact.pointer,
            fact.value.replace('`', "'")
        ));
    }
}
