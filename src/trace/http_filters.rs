//! The HTTP filters of a connection manager, in their order. Those that decide are judged; others are named and
//! passed; what only a running filter knows is said to be beyond a dump (source/extensions/filters/http).

use super::http::{Way, find};
use super::per_route::{PerRoute, of, own};
use super::rbac::{self, Subject};
use super::request::Headers;
use super::route_action::answer;
use super::run::{Flow, Run};
use super::step::{Outcome, StepKind, Truth, What, Why};
use super::text_match::string_node;
use super::{buffer, client, faults, jwt};
use crate::envoy::{Config, Extension, HttpConnectionManager, percent};
use crate::json::Node;

/// A filter at work.
pub(super) struct Filter<'t> {
    pub name: String,
    pub extension: Extension<'t>,
    /// Its own configuration.
    pub config: Option<Config<'t>>,
    /// What the route says of it.
    pub here: PerRoute<'t>,
}

impl<'t> Filter<'t> {
    /// The configuration in force: the route's, else its own.
    pub fn effective(&self) -> Option<Node<'t>> {
        self.here.config.as_ref().or(self.config.as_ref()).map(|it| it.node)
    }

    /// What kind it is, by its configuration's type, else by its name.
    fn kind(&self) -> String {
        let of_type = |config: &Config<'t>| config.type_url.rsplit('/').next().unwrap_or("").to_owned();
        let url = self.config.as_ref().map(of_type).filter(|it| !it.is_empty());
        // `envoy.extensions.filters.http.rbac.v3.RBAC`: the part that names the filter.
        let part = url
            .and_then(|it| it.split(".http.").nth(1).and_then(|it| it.split('.').next()).map(str::to_owned));
        part.unwrap_or_else(|| self.name.rsplit('.').next().unwrap_or("").to_owned())
    }
}

/// Runs the filters up to the router.
pub(super) fn run_all<'t>(
    run: &mut Run<'t, '_>,
    manager: HttpConnectionManager<'t>,
    way: &mut Way<'t>,
    headers: &mut Headers,
) -> Flow<()> {
    for extension in filters(manager, headers) {
        let name = extension.name().into_owned();
        let filter = Filter { config: own(run.tracer, extension), here: of(way, &name), name, extension };
        let place = Some(extension.0.span());
        if filter.here.disabled.unwrap_or_else(|| extension.disabled()) {
            run.note(StepKind::HttpFilter, &filter.name, Why::Disabled, place);
            continue;
        }
        let kind = filter.kind();
        if kind == "router" {
            break;
        }
        if one(run, manager, (&kind, &filter), way, headers)? == Route::Again {
            *way = find(run, manager, headers);
        }
    }
    Ok(())
}

/// An upgrade may have filters of its own.
fn filters<'t>(manager: HttpConnectionManager<'t>, headers: &Headers) -> Vec<Extension<'t>> {
    let kind = match headers.first("upgrade") {
        Some(kind) if client::is_upgrade(headers) => Some(kind),
        _ => headers.first(":method").filter(|it| *it == "CONNECT"),
    };
    let of_upgrade = kind.and_then(|kind| {
        let mut all = manager.0.list("upgrade_configs");
        all.find(|it| it.text("upgrade_type").is_some_and(|it| it.eq_ignore_ascii_case(kind)))
    });
    let own: Vec<_> = of_upgrade.into_iter().flat_map(|it| it.list("filters")).map(Extension).collect();
    if own.is_empty() { manager.http_filters().collect() } else { own }
}

/// Whether the route must be looked for again.
#[derive(PartialEq, Eq)]
pub(super) enum Route {
    Stays,
    Again,
}

fn one<'t>(
    run: &mut Run<'t, '_>,
    manager: HttpConnectionManager<'t>,
    (kind, filter): (&str, &Filter<'t>),
    way: &Way<'t>,
    headers: &mut Headers,
) -> Flow<Route> {
    let place = Some(filter.extension.0.span());
    match kind {
        "rbac" => rbac(run, filter, way, headers)?,
        "jwt_authn" => return jwt::authenticate(run, filter, headers),
        "fault" => faults::fault(run, filter, way, headers)?,
        "cors" => faults::cors(run, filter, headers)?,
        "csrf" => faults::csrf(run, filter, headers)?,
        "buffer" => buffer::keep(run, filter, way, manager, headers)?,
        "health_check" => health_check(run, filter, headers)?,
        "header_to_metadata" => header_to_metadata(run, filter, headers),
        "set_metadata" => set_metadata(run, filter),
        "set_filter_state" => {
            let config = filter.effective();
            for value in config.into_iter().flat_map(|it| it.list("on_request_headers")) {
                super::network::state_value(run, value, Some(headers));
            }
            run.note(StepKind::HttpFilter, &filter.name, Why::Passes, place);
        }
        "header_mutation" => header_mutation(run, filter, headers),
        _ => {
            let passes = passes(kind, &filter.name);
            run.set.beyond |= !passes;
            let what = What::Filter(filter.name.clone());
            let why = if passes { Why::Passes } else { Why::Beyond(what, String::new()) };
            run.note(StepKind::HttpFilter, &filter.name, why, place);
        }
    }
    Ok(Route::Stays)
}

/// Filters that never decide where a request goes.
fn passes(kind: &str, name: &str) -> bool {
    const PASSING: [&str; 22] = [
        "grpc_stats",
        "alpn",
        "stats",
        "metadata_exchange",
        "peer_metadata",
        "compressor",
        "decompressor",
        "gzip",
        "tap",
        "grpc_web",
        "grpc_http1_bridge",
        "grpc_http1_reverse_bridge",
        "stateful_session",
        "dynamic_forward_proxy",
        "bandwidth_limit",
        "cache",
        "file_system_buffer",
        "original_src",
        "on_demand",
        "ip_tagging",
        "connect_grpc_bridge",
        "sse_to_metadata",
    ];
    PASSING.contains(&kind) || name.starts_with("istio.") || name == "envoy.filters.http.upstream_codec"
}

fn rbac<'t>(run: &mut Run<'t, '_>, filter: &Filter<'t>, way: &Way<'t>, headers: &Headers) -> Flow<()> {
    // RBACPerRoute holds the configuration one level deeper; without it nothing is enforced here.
    let config = match &filter.here.config {
        Some(here) if here.message() == "RBACPerRoute" => here.node.get("rbac"),
        Some(here) => Some(here.node),
        None => filter.config.as_ref().map(|it| it.node),
    };
    let Some(config) = config else {
        run.note(StepKind::HttpFilter, &filter.name, Why::Disabled, Some(filter.extension.0.span()));
        return Ok(());
    };
    let routed = way.route.is_some() || way.require_tls;
    let subject = Subject { headers: Some(headers), routed, route: way.route.map(|it| it.0) };
    let judged = rbac::judge(run, config, &subject);
    rbac::note(run, StepKind::HttpFilter, &filter.name, filter.extension, &judged);
    if judged.allowed == Truth::No {
        answer(run, 403, headers);
        return run.end_with(Outcome::Denied, &judged.details());
    }
    Ok(())
}

/// Answers health checks itself, unless it only watches them.
fn health_check<'t>(run: &mut Run<'t, '_>, filter: &Filter<'t>, headers: &Headers) -> Flow<()> {
    let Some(config) = filter.effective() else { return Ok(()) };
    let wants = config.list("headers").map(crate::envoy::HeaderMatcher);
    let fits = Truth::all(wants.map(|it| super::text_match::header(run.tracer, it, headers)));
    let place = Some(filter.extension.0.span());
    if fits == Truth::Yes && !config.flag("pass_through_mode") {
        run.note(StepKind::HttpFilter, &filter.name, Why::Meets(What::Status, "200".to_owned()), place);
        answer(run, 200, headers);
        return run.end_with(Outcome::DirectResponse, "health_check_ok");
    }
    run.note(StepKind::HttpFilter, &filter.name, Why::Passes, place);
    Ok(())
}

/// Values of headers and cookies become metadata (source/extensions/filters/http/header_to_metadata). The route stays
/// the one that was found without them, unless a filter behind asks for it again.
fn header_to_metadata<'t>(run: &mut Run<'t, '_>, filter: &Filter<'t>, headers: &mut Headers) {
    let Some(config) = filter.effective() else { return };
    for rule in config.list("request_rules") {
        let header = rule.text("header").filter(|it| !it.is_empty());
        let Some(name) = header else {
            run.set.beyond = true;
            continue;
        };
        let found = headers.get(&name).map(|it| it.into_owned());
        if rule.flag("remove") {
            headers.remove(&name.to_ascii_lowercase());
        }
        let on = if found.is_some() { "on_header_present" } else { "on_header_missing" };
        let Some(pair) = rule.get(on) else { continue };
        let own = pair.text("value").filter(|it| !it.is_empty()).map(|it| it.into_owned());
        let mut value = own.or(found).unwrap_or_default();
        if let Some(rewrite) = pair.get("regex_value_rewrite") {
            let pattern = rewrite
                .path(&["pattern", "regex"])
                .and_then(Node::str)
                .and_then(|it| run.tracer.pattern(&it));
            let substitution = rewrite.text("substitution").unwrap_or_default();
            value = pattern.map_or(value.clone(), |it| it.replace_all(&value, &substitution));
        }
        if value.is_empty() {
            continue;
        }
        let space = pair.text("metadata_namespace").filter(|it| !it.is_empty());
        let space = space.unwrap_or_else(|| "envoy.filters.http.header_to_metadata".into()).into_owned();
        let typed = match pair.text("type").as_deref() {
            Some("NUMBER") => value.parse::<f64>().map_or(serde_json::Value::Null, Into::into),
            _ => value.into(),
        };
        put(run, &space, &pair.text("key").unwrap_or_default(), typed);
    }
    run.note(StepKind::HttpFilter, &filter.name, Why::Passes, Some(filter.extension.0.span()));
}

fn put(run: &mut Run<'_, '_>, space: &str, key: &str, value: serde_json::Value) {
    let of = run.set.metadata.entry(space.to_owned()).or_insert_with(|| serde_json::json!({}));
    if let Some(fields) = of.as_object_mut() {
        fields.insert(key.to_owned(), value);
    }
}

/// Metadata that stands in the configuration (source/extensions/filters/http/set_metadata).
fn set_metadata<'t>(run: &mut Run<'t, '_>, filter: &Filter<'t>) {
    let Some(config) = filter.effective() else { return };
    for entry in config.list("metadata").chain([config]) {
        let (Some(space), Some(value)) = (entry.text("metadata_namespace"), entry.get("value")) else {
            continue;
        };
        let Ok(serde_json::Value::Object(fields)) = serde_json::from_slice(value.raw()) else { continue };
        for (key, value) in fields {
            put(run, &space, &key, value);
        }
    }
    run.note(StepKind::HttpFilter, &filter.name, Why::Passes, Some(filter.extension.0.span()));
}

/// Headers that are added and removed (source/extensions/filters/http/header_mutation). The route stays as it was.
fn header_mutation<'t>(run: &mut Run<'t, '_>, filter: &Filter<'t>, headers: &mut Headers) {
    let config = filter.effective();
    let mutations =
        config.into_iter().filter_map(|it| it.get("mutations")).flat_map(|it| it.list("request_mutations"));
    mutate(run, mutations, headers);
    run.note(StepKind::HttpFilter, &filter.name, Why::Passes, Some(filter.extension.0.span()));
}

/// Changes headers (`envoy.config.common.mutation_rules.v3.HeaderMutation`).
pub(super) fn mutate<'n>(
    run: &mut Run<'_, '_>,
    mutations: impl Iterator<Item = Node<'n>>,
    headers: &mut Headers,
) {
    for mutation in mutations {
        if let Some(name) = mutation.text("remove") {
            headers.remove(&name.to_ascii_lowercase());
            continue;
        }
        let Some(append) = mutation.get("append") else { continue };
        let Some(header) = append.get("header") else { continue };
        let name = header.text("key").unwrap_or_default().to_ascii_lowercase();
        let format = header.text("value").unwrap_or_default();
        let Some(value) = super::format::substitute(run, &format, Some(headers), "") else {
            run.set.beyond = true;
            continue;
        };
        let there = headers.first(&name).is_some();
        match append.text("append_action").as_deref() {
            Some("ADD_IF_ABSENT") if there => {}
            Some("OVERWRITE_IF_EXISTS") if !there => {}
            Some("OVERWRITE_IF_EXISTS" | "OVERWRITE_IF_EXISTS_OR_ADD") => headers.set(&name, value),
            _ => headers.add(&name, value),
        }
    }
}

/// Whether a share of requests is all, none or some (`RuntimeFractionalPercent`, `FractionalPercent`).
pub(super) fn fraction(of: Option<Node<'_>>, otherwise: f64) -> Truth {
    let share = of.map_or(otherwise, |it| percent(it.get("default_value").unwrap_or(it)));
    match share {
        none if none <= 0.0 => Truth::No,
        all if all >= 100.0 => Truth::Yes,
        _ => Truth::Unknown,
    }
}

/// Whether a text is what any of the matchers wants.
pub(super) fn any_text<'t>(run: &Run<'t, '_>, matchers: impl Iterator<Item = Node<'t>>, text: &str) -> Truth {
    Truth::any(matchers.map(|it| string_node(run.tracer, it, text)))
}
