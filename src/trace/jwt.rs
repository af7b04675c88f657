//! Tokens: which is asked for, whether it holds (source/extensions/filters/http/jwt_authn).

use serde_json::Value;

use super::http_filters::{Filter, Route};
use super::request::Headers;
use super::route_action::answer;
use super::route_match::Wants;
use super::run::{Flow, Run};
use super::step::{Outcome, StepKind, Truth, What, Why};
use super::token::{Checked, Failure, Token, check, extract};
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
    let requirement = match here.and_then(|it| it.text("requirement_name")) {
        Some(name) => match named(config, &name) {
            Some(requirement) => Some(requirement),
            None => return deny(run, filter, headers, 403, &format!("unknown requirement {name}")),
        },
        None => by_rule(run, config, headers),
    };
    let Some(requirement) = requirement else {
        run.note(StepKind::HttpFilter, &filter.name, Why::Passes, place);
        return Ok(Route::Stays);
    };
    let mut judge = Judge { run, config, headers: headers.clone(), valid: Vec::new(), unsure: false };
    let result = judge.require(requirement, &[], 0);
    let (valid, unsure) = (std::mem::take(&mut judge.valid), judge.unsure);
    match result {
        Err(failure) => {
            let status = if failure == Failure::Audience { 403 } else { 401 };
            deny(run, filter, headers, status, failure.text())
        }
        Ok(()) => {
            let why = if unsure { Why::Beyond(What::Token, String::new()) } else { Why::Passes };
            run.note(StepKind::HttpFilter, &filter.name, why, place);
            Ok(pass(run, config, headers, valid))
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

/// A token that holds, and the provider that it holds for.
struct Valid<'t> {
    node: Node<'t>,
    token: Token,
}

struct Judge<'j, 't, 'r> {
    run: &'j Run<'t, 'r>,
    config: Node<'t>,
    /// What is left of the request: a token that holds is taken out, unless it is to be forwarded.
    headers: Headers,
    valid: Vec<Valid<'t>>,
    unsure: bool,
}

impl<'t> Judge<'_, 't, '_> {
    fn require(&mut self, requirement: Node<'t>, beside: &[String], depth: usize) -> Result<(), Failure> {
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
            return all.list("requirements").try_for_each(|it| self.require(it, &[], depth + 1));
        }
        if let Some(any) = requirement.get("requires_any") {
            return self.any(any, depth);
        }
        if requirement.get("allow_missing_or_failed").is_some()
            || requirement.get("extract_only_without_validation").is_some()
        {
            let _ = self.every_token(beside);
            return Ok(());
        }
        if requirement.get("allow_missing").is_some() {
            return match self.every_token(beside) {
                Err(Failure::Missing) => Ok(()),
                other => other,
            };
        }
        Ok(())
    }

    /// One that holds is enough; those that let pass what is missing come last. Of the failures, the one that says
    /// most is told (source/extensions/filters/http/jwt_authn/verifier.cc).
    fn any(&mut self, any: Node<'t>, depth: usize) -> Result<(), Failure> {
        let lenient =
            |it: &Node<'t>| it.get("allow_missing").is_some() || it.get("allow_missing_or_failed").is_some();
        let (last, first): (Vec<_>, Vec<_>) = any.list("requirements").partition(lenient);
        // What may be missing are the tokens of the providers beside it, where any are named.
        let named = |it: &Node<'t>| {
            let with = it.get("provider_and_audiences");
            it.text("provider_name").or_else(|| with?.text("provider_name")).map(|it| it.into_owned())
        };
        let beside: Vec<String> = first.iter().filter_map(named).collect();
        let mut worst = None;
        for requirement in first.into_iter().chain(last) {
            match self.require(requirement, &beside, depth + 1) {
                Ok(()) => return Ok(()),
                Err(failure) => {
                    let more = worst.is_none_or(|it: Failure| failure.weight() >= it.weight());
                    if more {
                        worst = Some(failure);
                    }
                }
            }
        }
        worst.map_or(Ok(()), Err)
    }

    fn provider(&mut self, name: &str, with: Option<Node<'t>>) -> Result<(), Failure> {
        let Some(node) = self.find(name) else { return Err(Failure::UnknownIssuer) };
        let tokens = extract(&self.headers, [node]);
        if tokens.is_empty() {
            return Err(Failure::Missing);
        }
        for (text, _) in tokens {
            let token = Token::parse(&text)?;
            let issuer = node.text("issuer").filter(|it| !it.is_empty());
            if issuer.is_some_and(|it| Some(it.as_ref()) != token.issuer()) {
                return Err(Failure::UnknownIssuer);
            }
            self.hold(node, with, token)?;
        }
        Ok(())
    }

    /// All tokens of these providers, or of all, each judged by the provider of its issuer. A provider takes a token
    /// only from where it looks for one itself.
    fn every_token(&mut self, only: &[String]) -> Result<(), Failure> {
        let all = self.config.get("providers").into_iter().flat_map(Node::entries);
        let used = all.filter(|(name, _)| only.is_empty() || only.iter().any(|it| it == name));
        let providers: Vec<Node<'t>> = used.map(|(_, it)| it).collect();
        let tokens = extract(&self.headers, providers.iter().copied());
        let mut last = Err(Failure::Missing);
        for (text, places) in tokens {
            last = Token::parse(&text).and_then(|token| {
                let of = |node: Node<'t>| node.text("issuer").filter(|it| !it.is_empty());
                let mut there = places.iter().filter_map(|it| providers.get(*it));
                let found = there.find(|it| of(**it).is_none_or(|it| Some(it.as_ref()) == token.issuer()));
                let node = *found.ok_or(Failure::UnknownIssuer)?;
                self.hold(node, None, token)
            });
        }
        last
    }

    fn hold(&mut self, node: Node<'t>, with: Option<Node<'t>>, token: Token) -> Result<(), Failure> {
        if check(self.run, node, with, &token)? == Checked::ButSignature {
            self.unsure = true;
        }
        if !node.flag("forward") {
            super::token::take_away(&mut self.headers, node);
        }
        self.valid.push(Valid { node, token });
        Ok(())
    }

    fn find(&self, name: &str) -> Option<Node<'t>> {
        self.config.get("providers")?.entries().find(|(key, _)| key == name).map(|(_, it)| it)
    }
}

/// What valid tokens leave behind: metadata, headers, and perhaps another route.
fn pass<'t>(run: &mut Run<'t, '_>, _config: Node<'t>, headers: &mut Headers, valid: Vec<Valid<'t>>) -> Route {
    let mut again = Route::Stays;
    for Valid { node, token } in valid {
        if let Some(key) = node.text("payload_in_metadata").filter(|it| !it.is_empty()) {
            let normalize = node.get("normalize_payload_in_metadata");
            let payload = spread(token.payload.clone(), normalize);
            put(run, &key, payload);
        }
        if let Some(key) = node.text("header_in_metadata").filter(|it| !it.is_empty()) {
            put(run, &key, token.header.clone());
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
            if let (Some(text), Some(name)) = (text, claim.text("header_name")) {
                headers.set(&name.to_ascii_lowercase(), text);
            }
        }
        if !node.flag("forward") {
            super::token::take_away(headers, node);
        }
        if node.flag("clear_route_cache") {
            again = Route::Again;
        }
    }
    again
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
