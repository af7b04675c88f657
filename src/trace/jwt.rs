//! Tokens: which is asked for, whether it holds (source/extensions/filters/http/jwt_authn).

use serde_json::Value;

use super::http_filters::{Filter, Route};
use super::request::Headers;
use super::route_action::answer;
use super::route_match::Wants;
use super::run::{Flow, Run};
use super::step::{Outcome, StepKind, Truth, What, Why};
use super::token::{Checked, Failure, Located, Token, check, extract};
use crate::envoy::RouteMatch;
use crate::json::Node;

/// How deep requirements may nest here.
const DEEPEST: usize = 32;

/// Judges a request by the filter's rules.
pub(super) fn authenticate<'t>(
    run: &mut Run<'t, '_>,
    filter: &Filter<'t>,
    headers: &mut Headers,
) -> Flow<Route> {
    let place = Some(filter.extension.0.span());
    let Some(config) = filter.config.as_ref().map(|it| it.node) else { return Ok(Route::Stays) };
    let preflight = headers.first(":method") == Some("OPTIONS")
        && headers.first("origin").is_some_and(|it| !it.is_empty())
        && headers.first("access-control-request-method").is_some_and(|it| !it.is_empty());
    if config.flag("bypass_cors_preflight") && preflight {
        run.note(StepKind::HttpFilter, &filter.name, Why::Passes, place);
        return Ok(Route::Stays);
    }
    let here = filter.here.config.as_ref().map(|it| it.node);
    if here.is_some_and(|it| it.flag("disabled")) {
        run.note(StepKind::HttpFilter, &filter.name, Why::Disabled, place);
        return Ok(Route::Stays);
    }
    let requirement = match here {
        Some(here) => {
            let name = here.text("requirement_name").unwrap_or_default();
            match named(config, &name) {
                Some(requirement) => Some(requirement),
                None => {
                    let map = config.get("requirement_map").into_iter().flat_map(Node::entries);
                    let all: Vec<String> = map.map(|(name, _)| name.into_owned()).collect();
                    let all = all.join(", ");
                    let why = format!("Wrong requirement_name: {name}. It should be one of [{all}]");
                    return deny(run, filter, headers, 403, &why);
                }
            }
        }
        None => by_rule(run, config, headers),
    };
    let Some(requirement) = requirement else {
        run.note(StepKind::HttpFilter, &filter.name, Why::Passes, place);
        return Ok(Route::Stays);
    };
    let mut judge =
        Judge { run, config, headers: headers.clone(), set: Vec::new(), unsure: false, again: false };
    let result = judge.require(requirement, 0);
    let Judge { headers: left, set, unsure, again, .. } = judge;
    *headers = left;
    match result {
        Err(failure) => {
            let status = if failure == Failure::Audience { 403 } else { 401 };
            deny(run, filter, headers, status, &failure.text())
        }
        Ok(()) => {
            let why = if unsure { Why::Beyond(What::Token, String::new()) } else { Why::Passes };
            run.note(StepKind::HttpFilter, &filter.name, why, place);
            for (key, value) in set {
                put(run, &key, value);
            }
            Ok(if again { Route::Again } else { Route::Stays })
        }
    }
}

fn deny<T>(run: &mut Run<'_, '_>, filter: &Filter<'_>, headers: &Headers, status: u16, why: &str) -> Flow<T> {
    let place = Some(filter.extension.0.span());
    run.note(
        StepKind::HttpFilter,
        &filter.name,
        Why::Differs(What::Token, "valid".to_owned(), why.to_owned()),
        place,
    );
    answer(run, status, headers);
    run.end_with(Outcome::Denied, &format!("jwt_authn_access_denied{{{}}}", why.replace(' ', "_")))
}

fn named<'t>(config: Node<'t>, name: &str) -> Option<Node<'t>> {
    config.get("requirement_map")?.entries().find(|(key, _)| key == name).map(|(_, it)| it)
}

/// What the first rule that matches requires.
fn by_rule<'t>(run: &Run<'t, '_>, config: Node<'t>, headers: &Headers) -> Option<Node<'t>> {
    let wants = Wants { run, headers, ignore_parameters: false };
    let fits = |it: &Node<'t>| it.get("match").is_some_and(|it| wants.plain(RouteMatch(it)) == Truth::Yes);
    if let Some(rule) = config.list("rules").find(fits) {
        let name = rule.text("requirement_name").filter(|it| !it.is_empty());
        return rule.get("requires").or_else(|| named(config, &name?));
    }
    let state = config.get("filter_state_rules")?;
    let value = run.set.state.get(state.text("name")?.as_ref())?;
    state.get("requires")?.entries().find(|(key, _)| key == value.as_str()).map(|(_, it)| it)
}

struct Judge<'j, 't, 'r> {
    run: &'j Run<'t, 'r>,
    config: Node<'t>,
    /// What goes on of the request: a token that holds is taken out, unless it is to be forwarded.
    headers: Headers,
    /// What tokens leave in metadata.
    set: Vec<(String, Value)>,
    /// A signature could not be judged.
    unsure: bool,
    /// The route is to be looked for again.
    again: bool,
}

/// What requirements that name no provider let pass.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lenient {
    Missing,
    MissingOrFailed,
}

fn lenient(requirement: Node<'_>) -> Option<Lenient> {
    if requirement.get("allow_missing_or_failed").is_some()
        || requirement.get("extract_only_without_validation").is_some()
    {
        return Some(Lenient::MissingOrFailed);
    }
    requirement.get("allow_missing").map(|_| Lenient::Missing)
}

/// The verifiers of Envoy (source/extensions/filters/http/jwt_authn/verifier.cc, authenticator.cc).
impl<'t> Judge<'_, 't, '_> {
    fn require(&mut self, requirement: Node<'t>, depth: usize) -> Result<(), Failure> {
        if depth > DEEPEST {
            return Ok(());
        }
        if let Some(name) = requirement.text("provider_name") {
            return self.provider(&name, None);
        }
        if let Some(with) = requirement.get("provider_and_audiences") {
            return self.provider(&with.text("provider_name").unwrap_or_default(), Some(with));
        }
        if let Some(all) = requirement.get("requires_all") {
            return all.list("requirements").try_for_each(|it| self.require(it, depth + 1));
        }
        if let Some(any) = requirement.get("requires_any") {
            return self.any(any, depth);
        }
        lenient(requirement).map_or(Ok(()), |it| self.every_token(it))
    }

    /// One that holds is enough. Those that let pass what is missing or fails are no tokens to look for, but change
    /// what the failure of the others means. Of the failures, the last that says most is told.
    fn any(&mut self, any: Node<'t>, depth: usize) -> Result<(), Failure> {
        let (allow, wanted): (Vec<_>, Vec<_>) =
            any.list("requirements").partition(|it| lenient(*it).is_some());
        let allow: Vec<Lenient> = allow.into_iter().filter_map(lenient).collect();
        let failed_too = allow.contains(&Lenient::MissingOrFailed);
        if wanted.is_empty() {
            return match allow.first() {
                Some(_) if failed_too => self.every_token(Lenient::MissingOrFailed),
                Some(_) => self.every_token(Lenient::Missing),
                None => Ok(()),
            };
        }
        let mut worst = Failure::Missing;
        for requirement in wanted {
            match self.require(requirement, depth + 1) {
                Ok(()) => return Ok(()),
                Err(it) if it.says_much() || worst == Failure::Missing => worst = it,
                Err(_) => {}
            }
        }
        let passes = failed_too || worst == Failure::Missing && !allow.is_empty();
        if passes { Ok(()) } else { Err(worst) }
    }

    /// All tokens where the provider looks for them must hold.
    fn provider(&mut self, name: &str, with: Option<Node<'t>>) -> Result<(), Failure> {
        let Some(node) = self.find(name) else { return Err(Failure::UnknownIssuer) };
        super::token::sanitize(&mut self.headers, node);
        let tokens = extract(&self.headers, [node]);
        if tokens.is_empty() {
            return Err(Failure::Missing);
        }
        for located in tokens {
            let token = Token::parse(&located.text)?;
            if !located.allows(token.issuer()) {
                return Err(Failure::UnknownIssuer);
            }
            self.hold(node, with, token, &located)?;
        }
        Ok(())
    }

    /// All tokens of all providers, each judged by the provider of its issuer; how the last of them fared counts.
    fn every_token(&mut self, allow: Lenient) -> Result<(), Failure> {
        let providers: Vec<Node<'t>> =
            self.config.get("providers").into_iter().flat_map(Node::entries).map(|(_, it)| it).collect();
        for provider in &providers {
            super::token::sanitize(&mut self.headers, *provider);
        }
        let mut last = Err(Failure::Missing);
        for located in extract(&self.headers, providers.iter().copied()) {
            last = Token::parse(&located.text).and_then(|token| {
                if !located.allows(token.issuer()) {
                    return Err(Failure::UnknownIssuer);
                }
                let issuer = |it: &Node<'t>| it.text("issuer").unwrap_or_default().into_owned();
                let own = providers.iter().find(|it| issuer(it) == token.issuer());
                let found = own.or_else(|| providers.iter().find(|it| issuer(it).is_empty()));
                let node = *found.ok_or(Failure::UnknownIssuer)?;
                self.hold(node, None, token, &located)
            });
        }
        match last {
            Err(_) if allow == Lenient::MissingOrFailed => Ok(()),
            Err(Failure::Missing) => Ok(()),
            other => other,
        }
    }

    /// Judges a token; one that holds leaves headers and metadata behind, and perhaps another route.
    fn hold(
        &mut self,
        node: Node<'t>,
        with: Option<Node<'t>>,
        token: Token,
        at: &Located,
    ) -> Result<(), Failure> {
        if check(self.run, node, with, &token)? == Checked::ButSignature {
            self.unsure = true;
        }
        if let Some(name) = node.text("forward_payload_header").filter(|it| !it.is_empty()) {
            let payload = at.text.split('.').nth(1).unwrap_or("");
            self.headers.add(&name, payload);
        }
        for claim in node.list("claim_to_headers") {
            let path = claim.text("claim_name").unwrap_or_default();
            let value = path.split('.').try_fold(&token.payload, |value, part| value.get(part));
            let text = match value {
                Some(Value::String(text)) => Some(text.clone()),
                Some(Value::Number(number)) => Some(number.to_string()),
                Some(Value::Bool(flag)) => Some(flag.to_string()),
                _ => None,
            };
            let text = text.filter(|it| !it.is_empty());
            if let (Some(text), Some(name)) = (text, claim.text("header_name")) {
                self.headers.add(&name, text);
            }
        }
        if !node.flag("forward") {
            at.take_away(&mut self.headers);
        }
        let header = node.text("header_in_metadata").filter(|it| !it.is_empty());
        self.set.extend(header.map(|key| (key.into_owned(), token.header.clone())));
        if let Some(key) = node.text("payload_in_metadata").filter(|it| !it.is_empty()) {
            let payload = spread(token.payload, node.get("normalize_payload_in_metadata"));
            self.set.push((key.into_owned(), payload));
        }
        self.again |= node.flag("clear_route_cache");
        Ok(())
    }

    fn find(&self, name: &str) -> Option<Node<'t>> {
        self.config.get("providers")?.entries().find(|(key, _)| key == name).map(|(_, it)| it)
    }
}

fn put(run: &mut Run<'_, '_>, key: &str, value: Value) {
    let of = run
        .set
        .metadata
        .entry("envoy.filters.http.jwt_authn".to_owned())
        .or_insert_with(|| serde_json::json!({}));
    if let Some(fields) = of.as_object_mut() {
        fields.insert(key.to_owned(), value);
    }
}

/// Claims that are lists with blanks between become lists (`normalize_payload_in_metadata`).
fn spread(mut payload: Value, normalize: Option<Node<'_>>) -> Value {
    for claim in normalize.into_iter().flat_map(|it| it.list("space_delimited_claims")).filter_map(Node::str)
    {
        if let Some(value) = payload.get_mut(claim.as_ref())
            && let Some(text) = value.as_str()
        {
            *value = text.split(' ').map(Value::from).collect();
        }
    }
    payload
}
