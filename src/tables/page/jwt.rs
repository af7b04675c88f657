//! A row for each issuer of tokens that is known, and for each rule that asks for tokens (`jwt_authn`).

use super::expression::Expression;
use super::summary::{chain_name, cut, route_match};
use super::{Dump, It, aside, listed, text};
use crate::envoy::{Extension, Kind, Listener, text as field};
use crate::json::{Node, Tree};
use crate::tables::cell::{Cell, Column, Part, Row, Word};

pub const COLUMNS: [Column; 9] = [
    Column::Listener,
    Column::Chain,
    Column::Kind,
    Column::Name,
    Column::Issuer,
    Column::Audiences,
    Column::Keys,
    Column::TokenFrom,
    Column::Requires,
];

const NAMES: [&str; 1] = ["envoy.filters.http.jwt_authn"];

/// A row's cells after the first two, where it begins, and the bytes that say it.
struct Found<'t> {
    node: Node<'t>,
    cells: Vec<Cell>,
    chains: Vec<String>,
}

pub fn rows(dump: &Dump<'_>, it: It<'_>, out: &mut Vec<Row>) {
    let mut found: Vec<Found<'_>> = Vec::new();
    for chain in Listener(it.root).all_filter_chains() {
        let filters = chain.http_connection_manager().into_iter().flat_map(|it| it.http_filters());
        for filter in filters.filter(|it| it.is(&NAMES, "JwtAuthentication")) {
            for mut row in of_filter(dump, filter) {
                let name = chain_name(chain);
                // Istio puts the same into every chain.
                match found.iter_mut().find(|it| it.node.raw() == row.node.raw() && it.cells == row.cells) {
                    Some(known) if known.chains.contains(&name) => {}
                    Some(known) => known.chains.push(name),
                    None => {
                        row.chains.push(name);
                        found.push(row);
                    }
                }
            }
        }
    }
    for Found { node, cells, chains } in found {
        let mut all = vec![vec![text(it.resource.name(dump.bytes))], listed(chains)];
        all.extend(cells);
        out.push(it.row(node.span().start, all));
    }
}

fn of_filter<'t>(dump: &Dump<'_>, filter: Extension<'t>) -> Vec<Found<'t>> {
    let Some(config) = filter.config().map(|it| it.node) else { return Vec::new() };
    let made = |node, cells: [Cell; 7]| Found { node, cells: cells.into(), chains: Vec::new() };
    let mut found = Vec::new();
    for (name, provider) in config.get("providers").into_iter().flat_map(Node::entries) {
        let strings = |key: &str| listed(provider.list(key).filter_map(Node::str).map(|it| it.into_owned()));
        found.push(made(
            provider,
            [
                vec![Part::Word(Word::Provider)],
                vec![text(name)],
                super::field(provider, "issuer"),
                strings("audiences"),
                keys(dump, provider),
                token_from(provider),
                Cell::new(),
            ],
        ));
    }
    let empty = || [Cell::new(), Cell::new(), Cell::new(), Cell::new()];
    let mut rule = |node: Node<'t>, name: Cell, requires: Cell| {
        let [issuer, audiences, keys, from] = empty();
        found.push(made(
            node,
            [vec![Part::Word(Word::Requirement)], name, issuer, audiences, keys, from, requires],
        ));
    };
    for it in config.list("rules") {
        let matches = it.get("match").map(route_match).unwrap_or_default();
        let mut requires = Cell::new();
        match (it.get("requires"), it.text("requirement_name")) {
            (Some(wanted), _) => requirement(wanted, 0).words(&mut requires),
            (None, Some(name)) => requires.push(text(name)),
            (None, None) => requires.push(Part::Word(Word::Any)),
        }
        rule(it, matches, requires);
    }
    for (name, wanted) in config.get("requirement_map").into_iter().flat_map(Node::entries) {
        let mut requires = Cell::new();
        requirement(wanted, 0).words(&mut requires);
        rule(wanted, vec![text(name)], requires);
    }
    found
}

/// Where the keys come from: how many stand in the dump, or the address and the cluster that they are fetched from.
fn keys(dump: &Dump<'_>, provider: Node<'_>) -> Cell {
    if let Some(remote) = provider.path(&["remote_jwks", "http_uri"]) {
        let mut cell = vec![text(field(remote, "uri"))];
        if let Some(cluster) = remote.get("cluster") {
            cell.push(dump.link(Kind::Cluster, cluster));
        }
        return cell;
    }
    let Some(local) = provider.get("local_jwks") else { return Cell::new() };
    if let Some(file) = local.text("filename") {
        return vec![text(file)];
    }
    let inline = field(local, "inline_string");
    let ids = Tree::whole(inline.as_bytes()).map(|tree| {
        let keys = tree.root().list("keys");
        keys.map(|it| format!("{} {}", field(it, "kty"), cut(&field(it, "kid"), 12))).collect::<Vec<_>>()
    });
    match ids {
        Ok(ids) if !ids.is_empty() => vec![Part::Word(Word::Inline), text(ids.join(", "))],
        _ => vec![Part::Word(Word::Inline)],
    }
}

/// Where in a request the token is looked for; nothing said is `Authorization: Bearer` and `access_token`.
fn token_from(provider: Node<'_>) -> Cell {
    let headers = provider
        .list("from_headers")
        .map(|it| format!("{} {}", field(it, "name"), field(it, "value_prefix")).trim_end().to_owned());
    let named = |key: &str, what: &'static str| {
        provider.list(key).filter_map(Node::str).map(move |it| format!("{what} {it}")).collect::<Vec<_>>()
    };
    let mut cell =
        listed(headers.chain(named("from_params", "query")).chain(named("from_cookies", "cookie")));
    if cell.is_empty() {
        cell.push(aside("authorization Bearer"));
    }
    if provider.flag("forward") {
        cell.push(aside("forwarded"));
    }
    cell
}

const DEEPEST: usize = 24;

/// `envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement`
fn requirement(of: Node<'_>, depth: usize) -> Expression {
    let leaf = |name: &str, value: &str| Expression::Leaf(name.to_owned(), value.to_owned());
    if depth > DEEPEST {
        return leaf("…", "");
    }
    let below =
        |it: Node<'_>| it.list("requirements").map(|it| requirement(it, depth + 1)).collect::<Vec<_>>();
    if let Some(name) = of.text("provider_name") {
        leaf("token of", &name)
    } else if let Some(both) = of.get("provider_and_audiences") {
        let audiences: Vec<_> = both.list("audiences").filter_map(Node::str).collect();
        leaf("token of", &format!("{} for {}", field(both, "provider_name"), audiences.join(", ")))
    } else if let Some(any) = of.get("requires_any") {
        Expression::either(below(any))
    } else if let Some(all) = of.get("requires_all") {
        Expression::all(below(all))
    } else if of.get("allow_missing_or_failed").is_some() {
        leaf("", "none or a bad one")
    } else if of.get("allow_missing").is_some() {
        leaf("", "none")
    } else {
        Expression::Always
    }
}
