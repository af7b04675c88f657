//! Which route of a virtual host takes a request (source/common/router/config_impl.cc).

use std::borrow::Cow;

use super::request::Headers;
use super::run::{Run, considered};
use super::step::{Considered, Miss, StepKind, Truth, What, Why};
use super::text_match::{cookies, header, header_reason, query, query_parameter};
use super::{path, uri_template};
use crate::envoy::{
    HeaderMatcher, PathMatch, QueryParameterMatcher, Route, RouteConfiguration, RouteMatch, VirtualHost,
    percent,
};
use crate::json::Node;

/// What a virtual host says to a request.
pub(super) enum Taken<'t> {
    /// A route takes it.
    Route(Route<'t>),
    /// It must come by TLS: a redirect to https.
    RequireTls,
    /// No route takes it.
    None,
}

/// Whether a request is gRPC (source/common/grpc/common.cc, isGrpcRequestHeaders).
pub(super) fn is_grpc(headers: &Headers) -> bool {
    headers.first(":path").is_some() && has_grpc_content_type(headers)
}

/// Whether its content type is gRPC's, a path or not (hasGrpcContentType).
pub(super) fn has_grpc_content_type(headers: &Headers) -> bool {
    headers.first("content-type").is_some_and(|it| {
        it.strip_prefix("application/grpc").is_some_and(|rest| rest.is_empty() || rest.starts_with('+'))
    })
}

/// Chooses the route; `note` asks for a step.
pub(super) fn choose<'t>(
    run: &mut Run<'t, '_>,
    routes: RouteConfiguration<'t>,
    host: VirtualHost<'t>,
    headers: &Headers,
) -> Taken<'t> {
    let proto = headers.first("x-forwarded-proto").unwrap_or("");
    // Without a scheme Envoy looks for no route; that is only so before headers are completed.
    if proto.is_empty() {
        return Taken::None;
    }
    let require = host.0.text("require_tls").unwrap_or_default();
    let internal = headers.first("x-envoy-internal") == Some("true");
    if proto != "https" && (require == "ALL" || require == "EXTERNAL_ONLY" && !internal) {
        run.note(
            StepKind::Route,
            "require_tls",
            Why::Meets(What::Tls, require.into_owned()),
            Some(host.0.span()),
        );
        return Taken::RequireTls;
    }
    let list: Vec<Route<'t>> = match host.matcher() {
        None => return first(run, routes, host.routes(), host, headers),
        Some(matcher) => {
            match super::matcher::evaluate(run, matcher, &super::matcher::Inputs::Request(headers)) {
                super::matcher::Found::Action(action) => of_action(action),
                super::matcher::Found::Nothing => Vec::new(),
                super::matcher::Found::Unknown => {
                    let why = Why::Beyond(What::Matcher, String::new());
                    run.note(StepKind::Route, "matcher", why, Some(matcher.span()));
                    return Taken::None;
                }
            }
        }
    };
    first(run, routes, list.into_iter(), host, headers)
}

/// The route, or the list of routes, that a matcher tree's action is.
fn of_action(action: Node<'_>) -> Vec<Route<'_>> {
    let Some(any) = action.get("typed_config") else { return Vec::new() };
    if any.get("routes").is_some() {
        return any.list("routes").map(Route).collect();
    }
    vec![Route(any)]
}

fn first<'t>(
    run: &mut Run<'t, '_>,
    routes: RouteConfiguration<'t>,
    list: impl Iterator<Item = Route<'t>>,
    host: VirtualHost<'t>,
    headers: &Headers,
) -> Taken<'t> {
    let ignore_parameters = routes.0.flag("ignore_path_parameters_in_path_matching");
    let mut out: Vec<Considered> = Vec::new();
    let mut misses: Vec<Miss> = Vec::new();
    let mut taken = None;
    let mut certain = true;
    for route in list {
        if taken.is_some() {
            if !run.telling() {
                break;
            }
            out.push(considered(named(route), false, Why::Earlier, Some(route.0)));
            continue;
        }
        let wants = Wants { run, headers, ignore_parameters };
        let truth = wants.route(route);
        if truth == Truth::Yes {
            taken = Some(route);
        }
        certain &= truth != Truth::Unknown;
        if run.telling() {
            let reasons = if truth == Truth::Yes { vec![Why::Taken] } else { wants.reasons(route) };
            if truth == Truth::No && wants.nearly(route, &reasons) {
                let place = Some(route.0.span());
                misses.push(Miss {
                    kind: StepKind::Route,
                    name: named(route),
                    lacks: reasons.clone(),
                    place,
                });
            }
            let why = reasons.into_iter().next().unwrap_or(Why::Unwanted(What::Matcher));
            out.push(considered(named(route), truth == Truth::Yes, why, Some(route.0)));
        }
    }
    let place = taken.map_or(host.0.span(), |it| it.0.span());
    run.step(StepKind::Route, Some(place), certain, |_| out);
    run.missed(StepKind::Route, misses);
    taken.map_or(Taken::None, Taken::Route)
}

/// A route's name, or its match where it has none.
fn named(route: Route<'_>) -> String {
    let name = route.name();
    if !name.is_empty() {
        return name.into_owned();
    }
    match route.route_match().and_then(RouteMatch::path) {
        Some(PathMatch::Prefix(it)) => format!("{it}*"),
        Some(PathMatch::PathSeparatedPrefix(it)) => format!("{it}/*"),
        Some(PathMatch::Path(it)) => it.into_owned(),
        Some(PathMatch::Regex(it)) => format!("~ {it}"),
        Some(PathMatch::Connect) => "CONNECT".to_owned(),
        Some(PathMatch::Policy(_)) | None => String::new(),
    }
}

/// A request, and what routes want of it.
pub(super) struct Wants<'w, 't, 'r> {
    pub run: &'w Run<'t, 'r>,
    pub headers: &'w Headers,
    pub ignore_parameters: bool,
}

impl Wants<'_, '_, '_> {
    /// Whether a route takes the request. A request without a path (CONNECT) is only for connect_matcher.
    fn route(&self, route: Route<'_>) -> Truth {
        let Some(wants) = route.route_match() else { return Truth::No };
        // Only what a dump knows for sure can rule a route out, so the sure things come first.
        Truth::all([self.path(wants), self.rest(wants)])
    }

    /// Whether the path, headers and query are what a match of jwt_authn wants.
    pub fn plain(&self, wants: RouteMatch<'_>) -> Truth {
        Truth::all([self.path(wants), self.headers(wants), self.query(wants)])
    }

    fn path(&self, wants: RouteMatch<'_>) -> Truth {
        let Some(want) = wants.path() else { return Truth::No };
        let connect = self.headers.first(":method") == Some("CONNECT");
        if matches!(want, PathMatch::Connect) {
            return (connect || self.headers.first(":protocol") == Some("connect-udp")).into();
        }
        let Some(own) = self.headers.first(":path") else { return Truth::No };
        let stripped = if self.ignore_parameters { without_parameters(own) } else { own.into() };
        let own = match want {
            PathMatch::Policy(_) => own,
            _ => path::without_query(&stripped),
        };
        let sensitive = wants.case_sensitive();
        let same =
            |one: &str, other: &str| if sensitive { one == other } else { one.eq_ignore_ascii_case(other) };
        let begins = |prefix: &str| own.get(..prefix.len()).is_some_and(|it| same(it, prefix));
        match want {
            PathMatch::Prefix(prefix) => begins(&prefix).into(),
            PathMatch::PathSeparatedPrefix(prefix) => {
                let next = own.as_bytes().get(prefix.len());
                (begins(&prefix) && next.is_none_or(|it| *it == b'/')).into()
            }
            PathMatch::Path(path) => same(own, &path).into(),
            PathMatch::Regex(regex) => match self.run.tracer.pattern(&regex) {
                Some(pattern) => pattern.matches(own).into(),
                None => Truth::Unknown,
            },
            PathMatch::Policy(policy) => match policy.config().and_then(|it| it.node.text("path_template")) {
                Some(template) => uri_template::matches(self.run.tracer, &template, own),
                None => Truth::Unknown,
            },
            PathMatch::Connect => Truth::Unknown,
        }
    }

    fn headers(&self, wants: RouteMatch<'_>) -> Truth {
        Truth::all(wants.headers().map(|it| header(self.run.tracer, it, self.headers)))
    }

    fn query(&self, wants: RouteMatch<'_>) -> Truth {
        let path = self.headers.first(":path").unwrap_or("");
        Truth::all(wants.query_parameters().map(|it| query(self.run.tracer, it, path)))
    }

    fn rest(&self, wants: RouteMatch<'_>) -> Truth {
        let tracer = self.run.tracer;
        let node = wants.0;
        let grpc = node.get("grpc").is_none() || is_grpc(self.headers);
        let sure = [grpc.into(), self.headers(wants), self.query(wants), self.tls_context(node)];
        let sure = Truth::all(
            sure.into_iter().chain(node.list("cookies").map(|it| cookies(tracer, it, self.headers))),
        );
        let set = &self.run.set;
        let metadata = node.list("dynamic_metadata").map(|it| set.metadata(tracer, it));
        let state = node.list("filter_state").map(|it| set.state(tracer, it));
        Truth::all([sure, self.fraction(wants)].into_iter().chain(metadata).chain(state))
    }

    /// All requests, none, or a share of them that a dump cannot say.
    fn fraction(&self, wants: RouteMatch<'_>) -> Truth {
        let Some(fraction) = wants.0.get("runtime_fraction") else { return Truth::Yes };
        let share = fraction.get("default_value").map_or(0.0, percent);
        match share {
            none if none <= 0.0 => Truth::No,
            all if all >= 100.0 => Truth::Yes,
            _ => Truth::Unknown,
        }
    }

    fn tls_context(&self, node: Node<'_>) -> Truth {
        let Some(context) = node.get("tls_context") else { return Truth::Yes };
        let has = self.run.connection.peer.is_some();
        let fits = |key| context.get(key).and_then(Node::bool).is_none_or(|want| want == has);
        (fits("presented") && fits("validated")).into()
    }

    /// Why a route does not take the request: all that it wants in vain, in the order in which Envoy looks.
    fn reasons(&self, route: Route<'_>) -> Vec<Why> {
        let Some(wants) = route.route_match() else { return vec![Why::Missing(What::Path)] };
        let mut out = Vec::new();
        if self.path(wants) == Truth::No {
            out.push(self.path_reason(wants));
        }
        let tracer = self.run.tracer;
        let failed = |it: &HeaderMatcher<'_>| header(tracer, *it, self.headers) == Truth::No;
        out.extend(wants.headers().filter(failed).map(|it| header_reason(it, self.headers)));
        let path = self.pseudo(":path");
        let failed = |it: &QueryParameterMatcher<'_>| query(tracer, *it, &path) == Truth::No;
        out.extend(wants.query_parameters().filter(failed).map(|matcher| {
            let name = matcher.name().into_owned();
            let want = matcher.pattern().map_or_else(String::new, |(it, _)| super::text_match::wanted(&it));
            match query_parameter(&path, &name) {
                None => Why::Missing(What::QueryParameter(name)),
                Some(has) => Why::Differs(What::QueryParameter(name), want, has.to_owned()),
            }
        }));
        let failed = |it: &Node<'_>| cookies(tracer, *it, self.headers) == Truth::No;
        let cookie =
            |it: Node<'_>| Why::Missing(What::Cookie(it.text("name").unwrap_or_default().into_owned()));
        out.extend(wants.0.list("cookies").filter(failed).map(cookie));
        if wants.0.get("grpc").is_some() && !is_grpc(self.headers) {
            out.push(Why::Missing(What::Grpc));
        }
        if self.tls_context(wants.0) == Truth::No {
            out.push(Why::Missing(What::ClientCertificate));
        }
        match self.fraction(wants) {
            Truth::No => out.push(Why::Share("0".to_owned())),
            Truth::Unknown => {
                out.push(Why::Share(wants.runtime_fraction().map_or(0.0, percent).to_string()));
            }
            Truth::Yes => {}
        }
        let set = &self.run.set;
        let beyond = |truth: Truth, what: What| match truth {
            Truth::Yes => None,
            Truth::No => Some(Why::Unwanted(what)),
            Truth::Unknown => Some(Why::Beyond(what, String::new())),
        };
        out.extend(wants.0.list("dynamic_metadata").filter_map(|it| {
            let what = What::Metadata(it.text("filter").unwrap_or_default().into_owned());
            beyond(set.metadata(tracer, it), what)
        }));
        out.extend(wants.0.list("filter_state").filter_map(|it| {
            let what = What::FilterState(it.text("key").unwrap_or_default().into_owned());
            beyond(set.state(tracer, it), what)
        }));
        out
    }

    fn path_reason(&self, wants: RouteMatch<'_>) -> Why {
        let want = match wants.path() {
            Some(PathMatch::Prefix(it)) => format!("{it}…"),
            Some(PathMatch::PathSeparatedPrefix(it)) => format!("{it}/…"),
            Some(PathMatch::Path(it)) => it.into_owned(),
            Some(PathMatch::Regex(it)) => format!("~ {it}"),
            Some(PathMatch::Connect) => {
                return Why::Differs(What::Method, "CONNECT".to_owned(), self.pseudo(":method"));
            }
            Some(PathMatch::Policy(it)) => {
                it.config().and_then(|it| it.node.text("path_template")).unwrap_or_default().into_owned()
            }
            None => String::new(),
        };
        Why::Differs(What::Path, want, self.pseudo(":path"))
    }

    /// Whether little is missing: one or two conditions, and of paths only what looks like a slip (a letter, a slash,
    /// upper and lower case).
    fn nearly(&self, route: Route<'_>, lacks: &[Why]) -> bool {
        let slip = |path: &str| {
            let own = self.pseudo(":path");
            let own = path::without_query(&own).to_ascii_lowercase();
            strsim::normalized_damerau_levenshtein(&own, &path.to_ascii_lowercase()) > 0.8
        };
        let by_path = matches!(lacks.first(), Some(Why::Differs(What::Path | What::Method, ..)));
        let path = route.route_match().and_then(RouteMatch::path);
        match (by_path, path) {
            (false, _) => lacks.len() <= 2,
            (
                true,
                Some(PathMatch::Path(it) | PathMatch::Prefix(it) | PathMatch::PathSeparatedPrefix(it)),
            ) => lacks.len() == 1 && slip(&it),
            _ => false,
        }
    }

    fn pseudo(&self, name: &str) -> String {
        self.headers.first(name).unwrap_or("").to_owned()
    }
}

/// The path without what follows a semicolon in each of its segments (`ignore_path_parameters_in_path_matching`).
fn without_parameters(path: &str) -> Cow<'_, str> {
    let plain = path::without_query(path);
    if !plain.contains(';') {
        return path.into();
    }
    let parts: Vec<&str> = plain.split('/').map(|it| it.split(';').next().unwrap_or(it)).collect();
    (parts.join("/") + &path[plain.len()..]).into()
}
