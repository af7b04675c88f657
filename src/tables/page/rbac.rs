//! A row for each policy of each authorization filter, read as a sentence. A policy that stands alike in several
//! filter chains of a listener is one row.

use super::expression::Expression;
use super::summary::{chain_name, header_value, string_match};
use super::{Dump, It, aside, listed, text};
use crate::envoy::extension::{HTTP_CONNECTION_MANAGER, HTTP_RBAC, NETWORK_RBAC};
use crate::envoy::{
    CidrRange, Extension, FilterChain, HeaderMatcher, HttpConnectionManager, Listener, Rbac, text as field,
};
use crate::json::{Node, snake};
use crate::order::InOrder;
use crate::tables::cell::{Cell, Column, Part, Row, Word};

pub const COLUMNS: [Column; 6] =
    [Column::Listener, Column::Chain, Column::Order, Column::Action, Column::Policy, Column::Rule];

/// What the names of rules begin with for which an external server is asked (Istio, pilot/pkg/security/authz/model).
const CUSTOM: &str = "istio-ext-authz-";

/// A policy, or a filter without one, and the chains in which it stands.
struct Found<'t> {
    /// Whether it is about requests, and the filter's place among those that authorize in the chain.
    filter: (bool, usize),
    shadow: bool,
    name: String,
    action: String,
    policy: Option<Node<'t>>,
    at: u32,
    chains: Vec<String>,
}

impl Found<'_> {
    fn is_as(&self, other: &Found<'_>) -> bool {
        let raw = |it: &Found<'_>| it.policy.map(|it| it.raw().to_vec());
        (self.filter, self.shadow, &self.name, &self.action)
            == (other.filter, other.shadow, &other.name, &other.action)
            && raw(self) == raw(other)
    }
}

pub fn rows(dump: &Dump<'_>, it: It<'_>, out: &mut Vec<Row>) {
    let listener = Listener(it.root);
    let mut found: Vec<Found<'_>> = Vec::new();
    for chain in listener.all_filter_chains() {
        let name = chain_name(chain);
        let mut before = [0, 0];
        for (filter, http) in filters(chain) {
            let order = before[usize::from(http)];
            before[usize::from(http)] += 1;
            for mut policy in policies(filter, (http, order)) {
                match found.iter_mut().find(|it| it.is_as(&policy)) {
                    Some(known) if known.chains.contains(&name) => {}
                    Some(known) => known.chains.push(name.clone()),
                    None => {
                        policy.chains.push(name.clone());
                        found.push(policy);
                    }
                }
            }
        }
    }
    found.order_by_key(|it| it.filter);
    let listener = vec![text(it.resource.name(dump.bytes))];
    out.extend(found.into_iter().map(|policy| row(it, listener.clone(), policy)));
}

/// Policies that routes put in the place of the chain's (`RBACPerRoute`).
pub fn rows_of_routes(dump: &Dump<'_>, it: It<'_>, out: &mut Vec<Row>) {
    let mut at_level = |node: Node<'_>, place: String| {
        for (_, config) in node.get("typed_per_filter_config").into_iter().flat_map(Node::entries) {
            let message = field(config, "@type");
            let Some(rbac) = config.get("rbac").filter(|_| message.ends_with(".RBACPerRoute")) else {
                continue;
            };
            for mut policy in policies_of(Rbac(Some(rbac)), (true, 0)) {
                policy.chains.push(place.clone());
                out.push(row(it, vec![text(it.resource.name(dump.bytes))], policy));
            }
        }
    };
    at_level(it.root, String::new());
    for host in it.root.list("virtual_hosts") {
        let name = field(host, "name");
        at_level(host, name.to_string());
        for route in host.list("routes") {
            at_level(route, format!("{name} {}", field(route, "name")).trim_end().to_owned());
        }
    }
}

/// The filters of a chain that authorize, and whether they do so for requests.
fn filters(chain: FilterChain<'_>) -> Vec<(Extension<'_>, bool)> {
    let mut found = Vec::new();
    for filter in chain.filters() {
        if filter.is(&NETWORK_RBAC, "RBAC") {
            found.push((filter, false));
        } else if filter.is(&HTTP_CONNECTION_MANAGER, "HttpConnectionManager") {
            let inner = filter.config().map(HttpConnectionManager::of);
            let inner = inner.into_iter().flat_map(HttpConnectionManager::http_filters);
            found.extend(inner.filter(|it| it.is(&HTTP_RBAC, "RBAC")).map(|it| (it, true)));
        }
    }
    found
}

fn policies(filter: Extension<'_>, place: (bool, usize)) -> Vec<Found<'_>> {
    let mut found = policies_of(Rbac::of(filter), place);
    for it in &mut found {
        if it.policy.is_none() {
            it.at = filter.0.span().start;
        }
    }
    found
}

fn policies_of<'t>(rbac: Rbac<'t>, place: (bool, usize)) -> Vec<Found<'t>> {
    let mut found = Vec::new();
    let node = rbac.0;
    let mut add = |rules: Option<Node<'t>>, matcher: Option<Node<'t>>, shadow: bool| {
        let found_policy = |name: String, action: String, policy: Option<Node<'t>>, at: u32| Found {
            filter: place,
            shadow,
            name,
            action,
            policy,
            at,
            chains: Vec::new(),
        };
        if let Some(matcher) = matcher {
            found.push(found_policy("matcher".into(), "ALLOW".into(), Some(matcher), matcher.span().start));
        }
        let Some(rules) = rules else { return };
        let action = rules.text("action").unwrap_or("ALLOW".into());
        let mut policies: Vec<_> = rules.get("policies").into_iter().flat_map(Node::entries).collect();
        // Envoy judges them in the order of their names.
        policies.order_by(|(one, _), (other, _)| one.as_bytes().cmp(other.as_bytes()));
        if policies.is_empty() {
            found.push(found_policy(String::new(), action.to_string(), None, rules.span().start));
        }
        for (name, policy) in policies {
            let custom = shadow && name.starts_with(CUSTOM);
            let action = if custom { "CUSTOM".to_owned() } else { action.to_string() };
            found.push(found_policy(name.into_owned(), action, Some(policy), policy.span().start));
        }
    };
    let part = |key: &str| node.and_then(|it| it.get(key));
    add(part("rules"), part("matcher"), false);
    add(part("shadow_rules"), part("shadow_matcher"), true);
    found
}

fn row(it: It<'_>, listener: Cell, of: Found<'_>) -> Row {
    let (http, order) = of.filter;
    let mut action = vec![text(of.action.clone())];
    if of.shadow && of.action != "CUSTOM" {
        action.push(Part::Word(Word::Shadow));
    }
    let mut place = vec![text((order + 1).to_string())];
    place.push(Part::Word(if http { Word::HttpFilter } else { Word::NetworkFilter }));
    let rule = match of.policy {
        Some(policy) => sentence(&of.action, policy),
        // ALLOW that lists nobody allows nobody.
        None if of.action == "ALLOW" && !of.shadow => vec![Part::Word(Word::DeniesAll)],
        None => vec![Part::Word(Word::MatchesNothing)],
    };
    let cells = vec![listener, listed(of.chains), place, action, policy_name(&of.name), rule];
    it.row(of.at, cells)
}

/// `AuthorizationPolicy payments/ledger` and its rule for `ns[payments]-policy[ledger]-rule[0]`; another name as it is.
fn policy_name(name: &str) -> Cell {
    let inner = name.strip_prefix(CUSTOM).unwrap_or(name);
    let parts = inner.strip_prefix("ns[").and_then(|rest| {
        let (namespace, rest) = rest.split_once("]-policy[")?;
        let (policy, rest) = rest.rsplit_once("]-rule[")?;
        Some((namespace, policy, rest.strip_suffix(']')?))
    });
    match parts {
        Some((namespace, policy, rule)) => {
            vec![
                Part::Name { text: format!("{namespace}/{policy}"), whole: name.to_owned() },
                aside(format!("rule {rule}")),
            ]
        }
        None if name.is_empty() => Cell::new(),
        None => vec![text(name)],
    }
}

/// `allows from …, to …`
fn sentence(action: &str, policy: Node<'_>) -> Cell {
    let mut cell = vec![Part::Word(match action {
        "DENY" => Word::Denies,
        "LOG" => Word::Logs,
        "CUSTOM" => Word::Asks,
        _ => Word::Allows,
    })];
    // A matcher's tree is not read here: its detail is.
    if policy.get("permissions").is_none() && policy.get("principals").is_none() {
        cell.push(aside("matcher"));
        return cell;
    }
    let who = Expression::either(policy.list("principals").map(|it| condition(it, "ids", "id")));
    let what = Expression::either(policy.list("permissions").map(|it| condition(it, "rules", "rule")));
    let when = ["condition", "checked_condition", "cel_config"].iter().any(|key| policy.get(key).is_some());
    let what =
        if when { Expression::all([what, Expression::Leaf("condition".into(), "CEL".into())]) } else { what };
    cell.push(Part::Word(Word::From));
    match who {
        Expression::Always => cell.push(Part::Word(Word::Anyone)),
        who => who.words(&mut cell),
    }
    cell.push(Part::Word(Word::To));
    what.words(&mut cell);
    cell
}

/// How deep conditions are followed; Istio's are five deep.
const DEEPEST: usize = 24;

/// A principal (`list` is `ids`) or a permission (`rules`) of `envoy.config.rbac.v3`.
fn condition(of: Node<'_>, list: &str, one: &str) -> Expression {
    nested(of, list, one, 0)
}

fn nested(of: Node<'_>, list: &str, one: &str, depth: usize) -> Expression {
    let leaf = |name: &str, value: String| Expression::Leaf(name.to_owned(), value);
    if depth > DEEPEST {
        return leaf("…", String::new());
    }
    let inner = |it| nested(it, list, one, depth + 1);
    let Some((key, value)) = of.fields().next() else { return Expression::either([]) };
    let key = snake(&String::from_utf8_lossy(key));
    match key.as_str() {
        "any" => Expression::Always,
        key if key.starts_with("and_") => Expression::all(value.list(list).map(inner)),
        key if key.starts_with("or_") => Expression::either(value.list(list).map(inner)),
        key if key == format!("not_{one}") => Expression::Not(Box::new(inner(value))),
        "authenticated" => match value.get("principal_name") {
            Some(name) => identity(&string_match(name)),
            None => leaf("authenticated", String::new()),
        },
        "source_ip" | "direct_remote_ip" | "remote_ip" | "destination_ip" => {
            leaf(&key.replace('_', " "), CidrRange(value).to_string())
        }
        "destination_port" => leaf("port", value.u64().unwrap_or(0).to_string()),
        "destination_port_range" => {
            let bound = |key| value.number(key).unwrap_or(0);
            leaf("port", format!("{}–{}", bound("start"), bound("end").saturating_sub(1)))
        }
        "requested_server_name" => leaf("sni", string_match(value)),
        "header" => header(value),
        "url_path" => leaf("path", value.get("path").map(string_match).unwrap_or_default()),
        "uri_template" => {
            let template = Extension(value).config().and_then(|it| it.node.text("path_template"));
            leaf("path", template.unwrap_or_default().into_owned())
        }
        "metadata" => metadata(value),
        "sourced_metadata" => {
            value.get("metadata_matcher").map_or_else(|| leaf("metadata", String::new()), metadata)
        }
        "filter_state" => match field(value, "key").as_ref() {
            "io.istio.peer_principal" => {
                identity(&value.get("string_match").map(string_match).unwrap_or_default())
            }
            key => leaf(key, value.get("string_match").map(string_match).unwrap_or_default()),
        },
        other => leaf(&other.replace('_', " "), field(value, "name").into_owned()),
    }
}

/// Whose certificate it is; of a namespace, as Istio writes that (`.*/ns/default/.*`).
fn identity(wanted: &str) -> Expression {
    let namespace = wanted.strip_prefix("~ .*/ns/").and_then(|it| it.strip_suffix("/.*"));
    match namespace {
        Some(namespace) => Expression::Leaf("namespace".into(), namespace.into()),
        None => {
            let plain = wanted.strip_prefix("= ").unwrap_or(wanted);
            Expression::Leaf("identity".into(), plain.into())
        }
    }
}

fn header(of: Node<'_>) -> Expression {
    let matcher = HeaderMatcher(of);
    let value = header_value(of);
    let plain = value.strip_prefix("= ").unwrap_or(&value).to_owned();
    match matcher.name().as_ref() {
        ":method" => Expression::Leaf("method".into(), plain),
        ":authority" => Expression::Leaf("host".into(), plain),
        ":path" => Expression::Leaf("path".into(), value),
        name => Expression::Leaf(format!("header {name}"), value),
    }
}

/// What a filter found out earlier: a token's claims, above all.
fn metadata(of: Node<'_>) -> Expression {
    let path: Vec<String> = of.list("path").map(|it| field(it, "key").into_owned()).collect();
    let label = match field(of, "filter").as_ref() {
        "envoy.filters.http.jwt_authn" | "istio_authn" => format!("token {}", path.join(".")),
        filter => format!("{filter} {}", path.join(".")),
    };
    let found = Expression::Leaf(label, of.get("value").map(|it| value_match(it, 0)).unwrap_or_default());
    if of.flag("invert") { Expression::Not(Box::new(found)) } else { found }
}

/// `envoy.type.matcher.v3.ValueMatcher`
fn value_match(of: Node<'_>, depth: usize) -> String {
    if depth > DEEPEST {
        return "…".to_owned();
    }
    if let Some(wanted) = of.get("string_match") {
        return string_match(wanted);
    }
    if let Some(one) = of.path(&["list_match", "one_of"]) {
        return format!("has {}", value_match(one, depth + 1));
    }
    if let Some(any) = of.get("or_match") {
        return any
            .list("value_matchers")
            .map(|it| value_match(it, depth + 1))
            .collect::<Vec<_>>()
            .join(" | ");
    }
    match of.fields().next() {
        Some((key, value)) if key == b"bool_match" || key == b"boolMatch" => {
            format!("= {}", value.bool().unwrap_or(false))
        }
        Some((key, _)) => snake(&String::from_utf8_lossy(key)).replace("_match", ""),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Tree;

    fn said(action: &str, policy: &str) -> String {
        let tree = Tree::whole(policy.as_bytes()).unwrap();
        let parts = sentence(action, tree.root());
        let parts = parts.iter().map(|part| match part {
            Part::Text(text) | Part::Aside(text) => text.clone(),
            Part::Word(word) => format!("<{word:?}>"),
            _ => String::new(),
        });
        parts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_policy_is_a_sentence() {
        let policy = r#"{"permissions": [{"and_rules": {"rules": [
            {"or_rules": {"rules": [{"header": {"name": ":method", "string_match": {"exact": "GET"}}},
                {"header": {"name": ":method", "string_match": {"exact": "POST"}}}]}},
            {"not_rule": {"url_path": {"path": {"prefix": "/admin"}}}}]}}],
          "principals": [{"and_ids": {"ids": [
            {"authenticated": {"principal_name": {"safe_regex": {"regex": ".*/ns/default/.*"}}}}]}}]}"#;
        assert_eq!(
            said("ALLOW", policy),
            "<Allows> <From> namespace default <To> (method GET <Or> POST) <And> <Not> path starts /admin"
        );
        let any = r#"{"permissions": [{"any": true}], "principals": [{"any": true}]}"#;
        assert_eq!(said("DENY", any), "<Denies> <From> <Anyone> <To> <Anything>");
    }

    #[test]
    fn names_of_istio_become_the_policys() {
        let cell = policy_name("ns[payments]-policy[ledger]-rule[1]");
        assert_eq!(
            cell[0],
            Part::Name {
                text: "payments/ledger".into(),
                whole: "ns[payments]-policy[ledger]-rule[1]".into()
            }
        );
        assert_eq!(policy_name("mine"), [text("mine")]);
    }
}
