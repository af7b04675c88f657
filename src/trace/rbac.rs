//! Role-based access control, of HTTP and of connections (source/extensions/filters/common/rbac).

use super::metadata::of_node;
use super::request::Headers;
use super::run::{Run, considered};
use super::step::{Considered, StepKind, Truth, What, Why};
use super::text_match::{header, string_node};
use crate::envoy::{CidrRange, Extension, HeaderMatcher};
use crate::json::Node;
use crate::order::InOrder;

/// What is judged: a connection, or a request too.
pub(super) struct Subject<'h, 't> {
    pub headers: Option<&'h Headers>,
    /// Whether there is a route at all; that of require_tls has no metadata.
    pub routed: bool,
    /// The route taken, for its metadata.
    pub route: Option<Node<'t>>,
}

/// The judgement.
pub(super) struct Judged {
    pub allowed: Truth,
    /// The policy that decided; `None` where none matched.
    pub policy: Option<String>,
    considered: Vec<Considered>,
    /// What the shadow rules would have said.
    shadow: Option<(Truth, Option<String>)>,
}

impl Judged {
    /// What Envoy logs for a denial.
    pub fn details(&self) -> String {
        let policy = self.policy.as_deref().unwrap_or("none");
        // absl's blanks: every one becomes an underscore (responseDetail in utility.cc).
        format!(
            "rbac_access_denied_matched_policy[{}]",
            policy.replace(|c: char| c.is_ascii_whitespace(), "_")
        )
    }
}

/// How deep rules may nest here.
const DEEPEST: usize = 64;

/// Judges by a filter's configuration: the rules in force, and what the shadow rules would say.
pub(super) fn judge<'t>(run: &Run<'t, '_>, config: Node<'t>, subject: &Subject<'_, 't>) -> Judged {
    let telling = run.telling();
    let mut out = engine(run, config.get("rules"), config.get("matcher"), subject, telling);
    let shadow = (config.get("shadow_rules"), config.get("shadow_matcher"));
    if telling && (shadow.0.is_some() || shadow.1.is_some()) {
        let judged = engine(run, shadow.0, shadow.1, subject, false);
        out.shadow = Some((judged.allowed, judged.policy));
    }
    out
}

fn engine<'t>(
    run: &Run<'t, '_>,
    rules: Option<Node<'t>>,
    matcher: Option<Node<'t>>,
    subject: &Subject<'_, 't>,
    telling: bool,
) -> Judged {
    let mut out = Judged { allowed: Truth::Yes, policy: None, considered: Vec::new(), shadow: None };
    if let Some(matcher) = matcher {
        by_matcher(run, matcher, subject, &mut out);
        return out;
    }
    // Without rules nothing is enforced; with rules that are empty, ALLOW allows nothing.
    let Some(rules) = rules else { return out };
    let action = word(rules, "action", &["ALLOW", "DENY", "LOG"]);
    let mut policies: Vec<_> = rules.get("policies").into_iter().flat_map(Node::entries).collect();
    policies.order_by(|(one, _), (other, _)| one.as_bytes().cmp(other.as_bytes()));
    let mut matched = Truth::No;
    for (name, policy) in policies {
        if matched != Truth::No {
            if telling {
                out.considered.push(considered(name, false, Why::Earlier, Some(policy)));
            }
            continue;
        }
        let truth = policy_matches(run, policy, subject);
        if truth != Truth::No {
            matched = truth;
            out.policy = Some(name.to_string());
        }
        if telling {
            let what = What::Policy(name.to_string());
            let why = match truth {
                Truth::Yes => Why::Meets(what, action.clone()),
                Truth::No => reason(run, policy, subject),
                Truth::Unknown => Why::Beyond(What::Cel, action.clone()),
            };
            out.considered.push(considered(name, truth != Truth::No, why, Some(policy)));
        }
    }
    out.allowed = match action.as_str() {
        "LOG" => Truth::Yes,
        "DENY" => matched.negated(),
        _ => matched,
    };
    out
}

/// An enum's word, which may be given by number.
fn word(node: Node<'_>, key: &str, names: &[&str]) -> String {
    let Some(value) = node.get(key) else { return names.first().copied().unwrap_or_default().to_owned() };
    if let Some(text) = value.str() {
        return text.into_owned();
    }
    let number = value.u64().and_then(|it| usize::try_from(it).ok());
    number.and_then(|it| names.get(it)).copied().unwrap_or_default().to_owned()
}

fn by_matcher<'t>(run: &Run<'t, '_>, matcher: Node<'t>, subject: &Subject<'_, 't>, out: &mut Judged) {
    let inputs = subject.headers.map_or(super::matcher::Inputs::Connection, super::matcher::Inputs::Request);
    match super::matcher::evaluate(run, matcher, &inputs) {
        super::matcher::Found::Action(action) => {
            let any = action.get("typed_config").unwrap_or(action);
            out.policy = any.text("name").map(std::borrow::Cow::into_owned);
            out.allowed = (word(any, "action", &["ALLOW", "DENY", "LOG"]) != "DENY").into();
        }
        super::matcher::Found::Nothing => out.allowed = Truth::No,
        super::matcher::Found::Unknown => out.allowed = Truth::Unknown,
    }
}

fn policy_matches<'t>(run: &Run<'t, '_>, policy: Node<'t>, subject: &Subject<'_, 't>) -> Truth {
    let permissions = Truth::any(policy.list("permissions").map(|it| permission(run, it, subject, 0)));
    if permissions == Truth::No {
        return Truth::No;
    }
    let principals = Truth::any(policy.list("principals").map(|it| principal(run, it, subject, 0)));
    let sure = Truth::all([permissions, principals]);
    let condition = policy.get("condition").or_else(|| policy.get("checked_condition"));
    match condition.filter(|_| sure != Truth::No) {
        Some(condition) => Truth::all([sure, super::cel::holds(run, condition, subject.headers)]),
        None => sure,
    }
}

/// Which half of a policy does not hold.
fn reason<'t>(run: &Run<'t, '_>, policy: Node<'t>, subject: &Subject<'_, 't>) -> Why {
    let permissions = Truth::any(policy.list("permissions").map(|it| permission(run, it, subject, 0)));
    let half = if permissions == Truth::No { "permissions" } else { "principals" };
    Why::Missing(What::Policy(half.to_owned()))
}

fn permission<'t>(run: &Run<'t, '_>, rule: Node<'t>, subject: &Subject<'_, 't>, depth: usize) -> Truth {
    if depth > DEEPEST {
        return Truth::Unknown;
    }
    let nested = |it| permission(run, it, subject, depth + 1);
    let connection = &run.connection;
    let Some((key, value)) = rule.fields().next() else { return Truth::Unknown };
    let key = crate::json::snake(&String::from_utf8_lossy(key));
    match key.as_str() {
        "any" => value.bool().unwrap_or(true).into(),
        "and_rules" => Truth::all(value.list("rules").map(nested)),
        "or_rules" => Truth::any(value.list("rules").map(nested)),
        "not_rule" => nested(value).negated(),
        "destination_ip" => connection
            .local
            .is_some_and(|(address, _)| super::address::within(CidrRange(value), address))
            .into(),
        "destination_port" => {
            connection.local.is_some_and(|(_, port)| Some(u64::from(port)) == value.u64()).into()
        }
        "destination_port_range" => {
            let bound = |key| value.number(key).unwrap_or(0);
            let range = bound("start")..bound("end");
            connection.local.is_some_and(|(_, port)| range.contains(&u64::from(port))).into()
        }
        "requested_server_name" => string_node(run.tracer, value, &connection.server_name),
        _ => shared(run, &key, value, subject),
    }
}

fn principal<'t>(run: &Run<'t, '_>, id: Node<'t>, subject: &Subject<'_, 't>, depth: usize) -> Truth {
    if depth > DEEPEST {
        return Truth::Unknown;
    }
    let nested = |it| principal(run, it, subject, depth + 1);
    let connection = &run.connection;
    let within = |address: Option<core::net::IpAddr>, value| {
        address.map_or(Truth::Unknown, |it| super::address::within(CidrRange(value), it).into())
    };
    let Some((key, value)) = id.fields().next() else { return Truth::Unknown };
    let key = crate::json::snake(&String::from_utf8_lossy(key));
    match key.as_str() {
        "any" => value.bool().unwrap_or(true).into(),
        "and_ids" => Truth::all(value.list("ids").map(nested)),
        "or_ids" => Truth::any(value.list("ids").map(nested)),
        "not_id" => nested(value).negated(),
        "authenticated" => authenticated(run, value),
        // The connection's own remote address: PROXY protocol changes it, x-forwarded-for does not.
        "source_ip" => within(connection.remote, value),
        "direct_remote_ip" => within(connection.direct_remote, value),
        "remote_ip" => within(run.remote(), value),
        "custom" => custom(run, value),
        _ => shared(run, &key, value, subject),
    }
}

/// What permissions and principals have in common.
fn shared<'t>(run: &Run<'t, '_>, key: &str, value: Node<'t>, subject: &Subject<'_, 't>) -> Truth {
    match key {
        "header" => match subject.headers {
            Some(headers) => header(run.tracer, HeaderMatcher(value), headers),
            // A connection has no headers at all.
            None => header(run.tracer, HeaderMatcher(value), &Headers::default()),
        },
        "url_path" => {
            let path = subject.headers.and_then(|it| it.first(":path"));
            let Some(matcher) = value.get("path") else { return Truth::Unknown };
            path.map_or(Truth::No, |path| string_node(run.tracer, matcher, super::path::without_query(path)))
        }
        "uri_template" => {
            let path = subject.headers.and_then(|it| it.first(":path"));
            let template = Extension(value).config().and_then(|it| it.node.text("path_template"));
            match (path, template) {
                (Some(path), Some(template)) => super::uri_template::matches(run.tracer, &template, path),
                (None, _) => Truth::No,
                _ => Truth::Unknown,
            }
        }
        "metadata" => run.set.metadata(run.tracer, value),
        "sourced_metadata" => {
            let Some(matcher) = value.get("metadata_matcher") else { return Truth::Unknown };
            if word(value, "metadata_source", &["DYNAMIC", "ROUTE"]) == "ROUTE" {
                let metadata = subject.route.and_then(|it| it.get("metadata"));
                return if subject.routed { of_node(run.tracer, matcher, metadata) } else { Truth::No };
            }
            run.set.metadata(run.tracer, matcher)
        }
        "filter_state" => run.set.state(run.tracer, value),
        _ => Truth::Unknown,
    }
}

/// Any TLS connection, or one whose certificate has such a name. Of the certificate's names only the URI is known.
fn authenticated(run: &Run<'_, '_>, value: Node<'_>) -> Truth {
    if !run.connection.tls {
        return Truth::No;
    }
    let Some(name) = value.get("principal_name") else { return Truth::Yes };
    // Without any name in the certificate, its subject counts; without a certificate that is empty.
    string_node(run.tracer, name, run.connection.peer.as_deref().unwrap_or(""))
}

/// Principals that are plug-ins: `envoy.rbac.principals.mtls_authenticated`.
fn custom(run: &Run<'_, '_>, value: Node<'_>) -> Truth {
    let Some(config) = Extension(value).config().filter(|it| it.message() == "Config") else {
        return Truth::Unknown;
    };
    let Some(peer) = run.connection.peer.as_deref() else { return Truth::No };
    if config.node.flag("any_validated_client_certificate") {
        return Truth::Yes;
    }
    let Some(san) = config.node.get("san_matcher") else { return Truth::Unknown };
    match (san.text("san_type").as_deref(), san.get("matcher")) {
        (Some("URI"), Some(matcher)) => string_node(run.tracer, matcher, peer),
        (Some(_), Some(_)) => Truth::No,
        _ => Truth::Unknown,
    }
}

/// Notes a judgement.
pub(super) fn note<'t>(
    run: &mut Run<'t, '_>,
    kind: StepKind,
    name: &str,
    filter: Extension<'t>,
    judged: &Judged,
) {
    let certain = judged.allowed != Truth::Unknown;
    run.step(kind, Some(filter.0.span()), certain, |_| {
        let why = match judged.allowed {
            Truth::Yes => Why::Passes,
            Truth::No => {
                Why::Unwanted(What::Policy(judged.policy.clone().unwrap_or_else(|| "none".to_owned())))
            }
            Truth::Unknown => Why::Beyond(What::Cel, String::new()),
        };
        let mut out = vec![considered(name, judged.allowed != Truth::No, why, Some(filter.0))];
        out.extend(judged.considered.iter().cloned());
        if let Some((allowed, policy)) = &judged.shadow {
            let policy = policy.clone().unwrap_or_else(|| "none".to_owned());
            let what = What::Policy(format!("shadow {policy}"));
            let why =
                if *allowed == Truth::No { Why::Unwanted(what) } else { Why::Meets(what, String::new()) };
            out.push(considered(format!("{name} (shadow)"), false, why, Some(filter.0)));
        }
        out
    });
}
