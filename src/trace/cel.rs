//! CEL conditions, as far as a request decides them: the parsed expression that RBAC and matchers hold
//! (google.api.expr.v1alpha1.Expr), over Envoy's attributes (source/extensions/filters/common/expr/context.cc).

use serde_json::Value;

use super::request::Headers;
use super::run::Run;
use super::step::Truth;
use crate::json::Node;

/// How deep expressions may nest here.
const DEEPEST: usize = 64;

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq)]
enum Cel {
    Text(String),
    Number(f64),
    Flag(bool),
    List(Vec<Cel>),
    /// Something with fields: an attribute's name so far.
    Object(String),
    /// An error: what is asked for is not there, or of another type.
    Error,
    /// A dump cannot say.
    Unknown,
}

impl Cel {
    fn truth(&self) -> Option<bool> {
        match self {
            Cel::Flag(it) => Some(*it),
            _ => None,
        }
    }
}

/// Whether a condition holds; one that fails does not.
pub(super) fn holds(run: &Run<'_, '_>, condition: Node<'_>, headers: Option<&Headers>) -> Truth {
    let condition = condition.get("expr").unwrap_or(condition);
    match (Judge { run, headers }).expression(condition, 0) {
        Cel::Flag(it) => it.into(),
        Cel::Unknown => Truth::Unknown,
        _ => Truth::No,
    }
}

struct Judge<'j, 't, 'r> {
    run: &'j Run<'t, 'r>,
    headers: Option<&'j Headers>,
}

impl Judge<'_, '_, '_> {
    fn expression(&self, of: Node<'_>, depth: usize) -> Cel {
        if depth > DEEPEST {
            return Cel::Unknown;
        }
        if let Some(constant) = of.get("const_expr") {
            return constant_of(constant);
        }
        if let Some(name) = of.path(&["ident_expr", "name"]).and_then(Node::str) {
            return self.attribute(&name);
        }
        if let Some(select) = of.get("select_expr") {
            return self.select(select, depth);
        }
        if let Some(call) = of.get("call_expr") {
            return self.call(call, depth);
        }
        if let Some(list) = of.get("list_expr") {
            return Cel::List(list.list("elements").map(|it| self.expression(it, depth + 1)).collect());
        }
        Cel::Unknown
    }

    fn select(&self, select: Node<'_>, depth: usize) -> Cel {
        let field = select.text("field").unwrap_or_default();
        let operand = select.get("operand").map_or(Cel::Error, |it| self.expression(it, depth + 1));
        let found = match operand {
            Cel::Object(name) if name == "request.headers" => self.header(&field),
            Cel::Object(name) => self.attribute(&format!("{name}.{field}")),
            other => return other,
        };
        if select.flag("test_only") {
            return match found {
                Cel::Error => Cel::Flag(false),
                Cel::Unknown => Cel::Unknown,
                _ => Cel::Flag(true),
            };
        }
        found
    }

    fn call(&self, call: Node<'_>, depth: usize) -> Cel {
        let function = call.text("function").unwrap_or_default();
        let parts: Vec<Node<'_>> = call.get("target").into_iter().chain(call.list("args")).collect();
        let value = |at: usize| parts.get(at).map_or(Cel::Error, |it| self.expression(*it, depth + 1));
        match function.as_ref() {
            // One side that decides is enough, whatever becomes of the other.
            "_&&_" | "_||_" => {
                let stops = function == "_||_";
                let (one, other) = (value(0), value(1));
                if one.truth() == Some(stops) || other.truth() == Some(stops) {
                    return Cel::Flag(stops);
                }
                match (one, other) {
                    (Cel::Unknown, _) | (_, Cel::Unknown) => Cel::Unknown,
                    (Cel::Flag(_), Cel::Flag(_)) => Cel::Flag(!stops),
                    _ => Cel::Error,
                }
            }
            "!_" => match value(0) {
                Cel::Flag(it) => Cel::Flag(!it),
                Cel::Unknown => Cel::Unknown,
                _ => Cel::Error,
            },
            "_?_:_" => match value(0) {
                Cel::Flag(it) => value(if it { 1 } else { 2 }),
                Cel::Unknown => Cel::Unknown,
                _ => Cel::Error,
            },
            _ => {
                let values: Vec<Cel> = (0..parts.len()).map(value).collect();
                if values.contains(&Cel::Unknown) {
                    return Cel::Unknown;
                }
                self.apply(&function, &values)
            }
        }
    }

    fn apply(&self, function: &str, values: &[Cel]) -> Cel {
        match (function, values) {
            (_, [Cel::Error, ..] | [_, Cel::Error]) => Cel::Error,
            ("_==_", [one, other]) => equal(one, other).map_or(Cel::Error, Cel::Flag),
            ("_!=_", [one, other]) => equal(one, other).map_or(Cel::Error, |it| Cel::Flag(!it)),
            ("_<_" | "_<=_" | "_>_" | "_>=_", [one, other]) => {
                let order = match (one, other) {
                    (Cel::Number(one), Cel::Number(other)) => one.partial_cmp(other),
                    (Cel::Text(one), Cel::Text(other)) => Some(one.cmp(other)),
                    _ => None,
                };
                order.map_or(Cel::Error, |it| {
                    Cel::Flag(match function {
                        "_<_" => it.is_lt(),
                        "_<=_" => it.is_le(),
                        "_>_" => it.is_gt(),
                        _ => it.is_ge(),
                    })
                })
            }
            ("startsWith", [Cel::Text(text), Cel::Text(part)]) => Cel::Flag(text.starts_with(part)),
            ("endsWith", [Cel::Text(text), Cel::Text(part)]) => Cel::Flag(text.ends_with(part)),
            ("contains", [Cel::Text(text), Cel::Text(part)]) => Cel::Flag(text.contains(part)),
            ("matches", [Cel::Text(text), Cel::Text(regex)]) => match self.run.tracer.pattern(regex) {
                Some(pattern) => Cel::Flag(pattern.found_in(text)),
                None => Cel::Unknown,
            },
            ("@in" | "_in_" | "in", [Cel::Text(name), Cel::Object(object)])
                if object == "request.headers" =>
            {
                Cel::Flag(self.header(name) != Cel::Error)
            }
            ("@in" | "_in_" | "in", [one, Cel::List(list)]) => {
                Cel::Flag(list.iter().any(|it| equal(one, it) == Some(true)))
            }
            ("_[_]", [Cel::Object(object), Cel::Text(name)]) if object == "request.headers" => {
                self.header(name)
            }
            ("_[_]", [Cel::List(list), Cel::Number(at)]) => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a float's cast saturates"
                )]
                let at = *at as usize;
                list.get(at).cloned().unwrap_or(Cel::Error)
            }
            #[expect(clippy::cast_precision_loss, reason = "lengths of texts")]
            ("size", [Cel::Text(text)]) => Cel::Number(text.chars().count() as f64),
            #[expect(clippy::cast_precision_loss, reason = "lengths of lists")]
            ("size", [Cel::List(list)]) => Cel::Number(list.len() as f64),
            ("string", [Cel::Text(text)]) => Cel::Text(text.clone()),
            ("int", [Cel::Text(text)]) => text.parse::<i64>().map_or(Cel::Error, |it| number(it.into())),
            ("int", [Cel::Number(it)]) => Cel::Number(it.trunc()),
            ("startsWith" | "endsWith" | "contains" | "matches" | "@in" | "_in_" | "in" | "_[_]", [..]) => {
                Cel::Error
            }
            _ => Cel::Unknown,
        }
    }

    fn header(&self, name: &str) -> Cel {
        let found = self.headers.and_then(|it| it.get(name));
        found.map_or(Cel::Error, |it| Cel::Text(it.into_owned()))
    }

    fn attribute(&self, name: &str) -> Cel {
        let connection = &self.run.connection;
        let header = |name: &str| self.header(name);
        let optional = |it: Cel| if it == Cel::Error { Cel::Text(String::new()) } else { it };
        let address = |it: Option<(core::net::IpAddr, u16)>| {
            it.map_or(Cel::Unknown, |(address, port)| {
                Cel::Text(core::net::SocketAddr::new(address, port).to_string())
            })
        };
        match name {
            "request" | "source" | "destination" | "connection" | "request.headers" => {
                Cel::Object(name.to_owned())
            }
            "request.path" => header(":path"),
            "request.url_path" => match header(":path") {
                Cel::Text(path) => Cel::Text(super::path::without_query(&path).to_owned()),
                other => other,
            },
            "request.query" => match header(":path") {
                Cel::Text(path) => Cel::Text(path.split_once('?').map_or("", |(_, query)| query).to_owned()),
                other => other,
            },
            "request.host" => header(":authority"),
            "request.scheme" => header(":scheme"),
            "request.method" => header(":method"),
            "request.referer" => header("referer"),
            "request.useragent" => header("user-agent"),
            "source.address" => address(self.run.remote().map(|it| (it, connection.remote_port))),
            "source.port" => Cel::Number(f64::from(connection.remote_port)),
            "destination.address" => address(connection.local),
            "destination.port" => {
                connection.local.map_or(Cel::Unknown, |(_, port)| Cel::Number(f64::from(port)))
            }
            "connection.mtls" => Cel::Flag(connection.tls && connection.peer.is_some()),
            "connection.requested_server_name" => Cel::Text(connection.server_name.clone()),
            "connection.uri_san_peer_certificate" => {
                optional(connection.peer.clone().map_or(Cel::Error, Cel::Text))
            }
            _ => Cel::Unknown,
        }
    }
}

fn equal(one: &Cel, other: &Cel) -> Option<bool> {
    match (one, other) {
        (Cel::Text(one), Cel::Text(other)) => Some(one == other),
        (Cel::Number(one), Cel::Number(other)) => Some(one == other),
        (Cel::Flag(one), Cel::Flag(other)) => Some(one == other),
        (Cel::List(one), Cel::List(other)) => Some(one == other),
        _ => None,
    }
}

fn number(it: serde_json::Number) -> Cel {
    it.as_f64().map_or(Cel::Error, Cel::Number)
}

fn constant_of(constant: Node<'_>) -> Cel {
    let Ok(value) = serde_json::from_slice::<Value>(constant.raw()) else { return Cel::Unknown };
    let Some((kind, value)) = value.as_object().and_then(|it| it.iter().next()) else { return Cel::Unknown };
    match (crate::json::snake(kind).as_str(), value) {
        ("string_value", Value::String(text)) => Cel::Text(text.clone()),
        ("bool_value", Value::Bool(flag)) => Cel::Flag(*flag),
        // 64 bit numbers are texts in protobuf's JSON.
        ("int64_value" | "uint64_value" | "double_value", Value::String(text)) => {
            text.parse().map_or(Cel::Error, Cel::Number)
        }
        ("int64_value" | "uint64_value" | "double_value", Value::Number(it)) => number(it.clone()),
        _ => Cel::Unknown,
    }
}
