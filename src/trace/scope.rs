//! Scoped routes: a key made of the request chooses the route configuration (source/common/router/scoped_config_impl.cc).

use super::request::Headers;
use super::run::{Run, considered};
use super::step::{StepKind, What, Why};
use crate::envoy::Kind;
use crate::json::Node;

/// The name of the route configuration whose scope the request has.
pub(super) fn choose<'t>(run: &mut Run<'t, '_>, scoped: Node<'t>, headers: &Headers) -> Option<String> {
    let builder = scoped.get("scope_key_builder")?;
    let key: Option<Vec<String>> = builder.list("fragments").map(|it| fragment(it, headers)).collect();
    let inline = scoped.path(&["scoped_route_configurations_list"]).into_iter();
    let inline = inline.flat_map(|it| it.list("scoped_route_configurations"));
    let listed = run.tracer.dump().of(Kind::ScopedRoute).filter_map(|(id, _)| run.tracer.node(id));
    // A dump wraps them in lists, one for each name.
    let listed = listed.flat_map(|it| {
        let inner: Vec<_> = it.list("scoped_route_configs").collect();
        if inner.is_empty() { vec![it] } else { inner }
    });
    let all: Vec<Node<'t>> = inline.chain(listed).collect();
    let own = |it: &Node<'t>| -> Vec<String> {
        let fragments = it.get("key").into_iter().flat_map(|it| it.list("fragments"));
        fragments.map(|it| it.text("string_key").unwrap_or_default().into_owned()).collect()
    };
    let won = key.as_ref().and_then(|key| all.iter().find(|it| own(it) == *key)).copied();
    let shown = key.map_or_else(String::new, |it| it.join("|"));
    run.step(StepKind::RouteConfiguration, won.map(Node::span), true, |_| {
        let one = |it: &Node<'t>| {
            let is_it = won.is_some_and(|won| won.span() == it.span());
            let keys = own(it).join("|");
            let what = What::Resource(keys.clone());
            let why =
                if is_it { Why::Meets(what, shown.clone()) } else { Why::Differs(what, keys, shown.clone()) };
            considered(it.text("name").unwrap_or_default(), is_it, why, Some(*it))
        };
        all.iter().map(one).collect()
    });
    won?.text("route_configuration_name").map(|it| it.into_owned())
}

/// One part of the key; `None` where the request lacks it.
fn fragment(of: Node<'_>, headers: &Headers) -> Option<String> {
    let extractor = of.get("header_value_extractor")?;
    let value = headers.first(&extractor.text("name")?)?.to_owned();
    if let Some(element) = extractor.get("element") {
        let separator = element.text("separator").unwrap_or_default();
        let key = element.text("key").unwrap_or_default();
        let elements = extractor.text("element_separator").unwrap_or_default();
        let parts: Vec<&str> =
            if elements.is_empty() { vec![&value] } else { value.split(elements.as_ref()).collect() };
        return parts.into_iter().find_map(|part| {
            let (name, value) = part.split_once(separator.as_ref())?;
            (name == key).then(|| value.to_owned())
        });
    }
    let separator = extractor.text("element_separator").unwrap_or_default();
    let index = extractor.number("index").and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
    if separator.is_empty() {
        return (index == 0).then_some(value);
    }
    value.split(separator.as_ref()).nth(index).map(str::to_owned)
}
