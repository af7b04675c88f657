//! How to collect what can be opened.

use yew::prelude::*;

use crate::context::use_page;
use crate::parts::Command;

#[component]
pub fn Collect() -> Html {
    use_page();
    let ways = [
        (
            tr!("collect.proxy"),
            "kubectl exec -n NAMESPACE POD -c istio-proxy -- pilot-agent request GET \"config_dump?include_eds\" > config_dump.json",
        ),
        (
            tr!("collect.clusters"),
            "kubectl exec -n NAMESPACE POD -c istio-proxy -- pilot-agent request GET \"clusters?format=json\" > clusters.json",
        ),
        (
            tr!("collect.sync"),
            "kubectl exec -n istio-system deploy/istiod -- pilot-discovery request GET /debug/syncz > syncz.json",
        ),
        (
            tr!("collect.sent"),
            "kubectl exec -n istio-system deploy/istiod -- pilot-discovery request GET \"/debug/config_dump?proxyID=POD.NAMESPACE\" > sent.json",
        ),
        (tr!("collect.all"), "istioctl bug-report --include NAMESPACE"),
    ];
    html! {
        <section class="x-collect" aria-labelledby="collect-title">
            <h2 id="collect-title">{ tr!("collect.title") }</h2>
            <dl>
                { for ways.into_iter().map(|(what, command)| html! {
                    <div><dt>{ what }</dt><dd><Command {command} /></dd></div>
                }) }
            </dl>
        </section>
    }
}
