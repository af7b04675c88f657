//! `istioctl ztunnel-config … -o json` (api.go): what of a dump istioctl knows, in its order, defaults included.

use super::connections::{self, ConnectionsFilter};
use super::workload::WorkloadFilter;
use super::{policy, service};
use crate::json::{Kind, Node, Tree};
use crate::order::InOrder;
use crate::tables::output::{Format, message};
use crate::ztunnel::ZtunnelDump;

/// What a value is to istioctl; what is not there is printed as Go prints a zero value.
enum Shape {
    /// Text; empty where it is not there.
    Text,
    /// A number; 0 where it is not there.
    Number,
    /// A truth.
    Bool,
    /// As it stands; `null` where it is not there.
    Any,
    /// A list, or `null`.
    List(&'static Shape),
    /// A map, its keys sorted, or `null`.
    Map(&'static Shape),
    /// An object that is always there.
    Object(&'static [Field]),
    /// An object that may be missing: `null`.
    Pointer(&'static [Field]),
    /// `network/range`, which a dump may also spell as an object.
    Cidr,
}

struct Field {
    name: &'static str,
    shape: Shape,
    /// Whether it is left out where it is empty.
    optional: bool,
}

const fn field(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, optional: false }
}

const fn optional(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, optional: true }
}

const GATEWAY: &[Field] = &[field("destination", Shape::Text)];
const LOCALITY: &[Field] =
    &[optional("region", Shape::Text), optional("zone", Shape::Text), optional("subzone", Shape::Text)];
const TUNNEL: &[Field] = &[field("protocol", Shape::Text), optional("port", Shape::Any)];
const WORKLOAD: &[Field] = &[
    field("uid", Shape::Text),
    field("workloadIps", Shape::List(&Shape::Text)),
    optional("waypoint", Shape::Pointer(GATEWAY)),
    optional("networkGateway", Shape::Pointer(GATEWAY)),
    field("protocol", Shape::Text),
    field("name", Shape::Text),
    field("namespace", Shape::Text),
    field("serviceAccount", Shape::Text),
    field("workloadName", Shape::Text),
    field("workloadType", Shape::Text),
    field("canonicalName", Shape::Text),
    field("canonicalRevision", Shape::Text),
    field("clusterId", Shape::Text),
    optional("trustDomain", Shape::Text),
    field("locality", Shape::Object(LOCALITY)),
    field("node", Shape::Text),
    optional("network", Shape::Text),
    field("status", Shape::Text),
    field("hostname", Shape::Text),
    field("capacity", Shape::Number),
    field("applicationTunnel", Shape::Object(TUNNEL)),
    optional("authorizationPolicies", Shape::List(&Shape::Text)),
];
const BALANCER: &[Field] = &[
    field("mode", Shape::Text),
    field("routingPreferences", Shape::List(&Shape::Text)),
    field("healthPolicy", Shape::Text),
];
const ENDPOINT: &[Field] = &[
    field("workloadUid", Shape::Text),
    field("service", Shape::Text),
    optional("address", Shape::Text),
    field("port", Shape::Map(&Shape::Number)),
];
const SERVICE: &[Field] = &[
    field("name", Shape::Text),
    field("namespace", Shape::Text),
    field("hostname", Shape::Text),
    field("vips", Shape::List(&Shape::Text)),
    optional("cidrVips", Shape::List(&Shape::Cidr)),
    field("ports", Shape::Map(&Shape::Number)),
    optional("loadBalancer", Shape::Pointer(BALANCER)),
    optional("waypoint", Shape::Pointer(GATEWAY)),
    field("endpoints", Shape::Map(&Shape::Pointer(ENDPOINT))),
    optional("subjectAltNames", Shape::List(&Shape::Text)),
    field("ipFamilies", Shape::Text),
    optional("canonical", Shape::Bool),
    optional("visibility", Shape::Text),
];
const STRING_MATCH: &[Field] = &[
    optional("Exact", Shape::Text),
    optional("Suffix", Shape::Text),
    optional("Prefix", Shape::Text),
    optional("Presence", Shape::Any),
];
const STRINGS: Shape = Shape::List(&Shape::Object(STRING_MATCH));
const TEXTS: Shape = Shape::List(&Shape::Text);
const NUMBERS: Shape = Shape::List(&Shape::Number);
const ACCOUNTS: Shape =
    Shape::List(&Shape::Object(&[field("namespace", Shape::Text), field("serviceAccount", Shape::Text)]));
const MATCH: &[Field] = &[
    optional("namespaces", STRINGS),
    optional("notNamespaces", STRINGS),
    optional("principals", STRINGS),
    optional("notPrincipals", STRINGS),
    optional("sourceIps", TEXTS),
    optional("notSourceIps", TEXTS),
    optional("destinationIps", TEXTS),
    optional("notDestinationIps", TEXTS),
    optional("destinationPorts", NUMBERS),
    optional("notDestinationPorts", NUMBERS),
    optional("serviceAccounts", ACCOUNTS),
    optional("notServiceAccounts", ACCOUNTS),
];
const POLICY: &[Field] = &[
    field("name", Shape::Text),
    field("namespace", Shape::Text),
    field("scope", Shape::Text),
    field("action", Shape::Text),
    field("rules", Shape::List(&Shape::List(&Shape::List(&Shape::Pointer(MATCH))))),
];
const CERT: &[Field] = &[
    field("pem", Shape::Text),
    field("serialNumber", Shape::Text),
    field("validFrom", Shape::Text),
    field("expirationTime", Shape::Text),
];
const CERTIFICATES: &[Field] = &[
    field("identity", Shape::Text),
    field("state", Shape::Text),
    field("certChain", Shape::List(&Shape::Pointer(CERT))),
    field("rootCerts", Shape::List(&Shape::Pointer(CERT))),
];
const CONNECTION: &[Field] = &[
    field("src", Shape::Text),
    field("originalDst", Shape::Text),
    field("actualDst", Shape::Text),
    field("protocol", Shape::Text),
];
const CONNECTIONS: &[Field] = &[
    field("inbound", Shape::List(&Shape::Object(CONNECTION))),
    field("outbound", Shape::List(&Shape::Object(CONNECTION))),
];
const INFO: &[Field] = &[
    field("name", Shape::Text),
    field("namespace", Shape::Text),
    field("trustDomain", Shape::Text),
    field("serviceAccount", Shape::Text),
];
const STATE: &[Field] = &[
    optional("state", Shape::Text),
    field("connections", Shape::Object(CONNECTIONS)),
    field("info", Shape::Object(INFO)),
];

/// The workloads, in the dump's order.
pub fn workloads(of: ZtunnelDump<'_>, filter: &WorkloadFilter, format: Format) -> String {
    print(of.workloads().filter(|it| filter.admits(*it)).map(|it| it.0), WORKLOAD, format)
}

/// The services of a namespace, of all where that is empty, sorted.
pub fn services(of: ZtunnelDump<'_>, namespace: &str, format: Format) -> String {
    print(service::sorted(of, namespace).into_iter().map(|it| it.0), SERVICE, format)
}

/// The policies of a namespace, of all where that is empty, sorted.
pub fn policies(of: ZtunnelDump<'_>, namespace: &str, format: Format) -> String {
    print(policy::sorted(of, namespace).into_iter().map(|it| it.0), POLICY, format)
}

/// The certificates, in the dump's order.
pub fn certificates(of: ZtunnelDump<'_>, format: Format) -> String {
    print(of.certificates().map(|it| it.0), CERTIFICATES, format)
}

/// The pods and their connections, sorted.
pub fn states(of: ZtunnelDump<'_>, filter: &ConnectionsFilter, format: Format) -> String {
    print(connections::sorted(of, &filter.namespace).into_iter().map(|it| it.0), STATE, format)
}

fn print<'t>(of: impl Iterator<Item = Node<'t>>, fields: &'static [Field], format: Format) -> String {
    let mut out = String::from("[");
    for node in of {
        separate(&mut out);
        object(Some(node), fields, &mut out);
    }
    out.push(']');
    // What was written here is JSON.
    Tree::whole(out.as_bytes()).map(|tree| message(tree.root(), format)).unwrap_or_default()
}

fn separate(out: &mut String) {
    if !out.ends_with(['[', '{']) {
        out.push(',');
    }
}

fn object(node: Option<Node<'_>>, fields: &'static [Field], out: &mut String) {
    out.push('{');
    for field in fields {
        let value = node.and_then(|it| get(it, field.name));
        if field.optional && is_zero(value) {
            continue;
        }
        separate(out);
        out.extend(["\"", field.name, "\":"]);
        write(value, &field.shape, out);
    }
    out.push('}');
}

/// A field, its name in any case, as Go reads it.
fn get<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    node.fields()
        .find(|(key, value)| key.eq_ignore_ascii_case(name.as_bytes()) && value.kind() != Kind::Null)
        .map(|(_, it)| it)
}

fn is_zero(value: Option<Node<'_>>) -> bool {
    value.is_none_or(|it| match it.kind() {
        Kind::String => it.str().is_some_and(|it| it.is_empty()),
        Kind::Bool => it.bool() == Some(false),
        Kind::Array => it.is_empty(),
        Kind::Null => true,
        Kind::Object | Kind::Number | Kind::Opaque => false,
    })
}

fn write(value: Option<Node<'_>>, shape: &'static Shape, out: &mut String) {
    let raw = |of: Option<Node<'_>>, kind: Kind, zero: &str, out: &mut String| match of {
        Some(it) if it.kind() == kind => out.push_str(&String::from_utf8_lossy(it.raw())),
        _ => out.push_str(zero),
    };
    match (shape, value) {
        (Shape::Text, _) => raw(value, Kind::String, "\"\"", out),
        (Shape::Number, _) => raw(value, Kind::Number, "0", out),
        (Shape::Bool, _) => raw(value, Kind::Bool, "false", out),
        (Shape::Any, Some(it)) => out.push_str(&String::from_utf8_lossy(it.raw())),
        (Shape::Object(fields), _) | (Shape::Pointer(fields), Some(_)) => object(value, fields, out),
        (Shape::List(of), Some(it)) if it.kind() == Kind::Array => {
            out.push('[');
            for item in it.items() {
                separate(out);
                write(Some(item).filter(|it| it.kind() != Kind::Null), of, out);
            }
            out.push(']');
        }
        (Shape::Map(of), Some(it)) if it.kind() == Kind::Object => {
            let mut fields: Vec<_> = it.fields().collect();
            fields.order_by(|one, other| one.0.cmp(other.0));
            out.push('{');
            for (key, value) in fields {
                separate(out);
                out.extend(["\"", &String::from_utf8_lossy(key), "\":"]);
                write(Some(value), of, out);
            }
            out.push('}');
        }
        (Shape::Cidr, Some(it)) if it.kind() == Kind::Object => {
            let part = |key| it.text(key).unwrap_or_default();
            out.push_str(
                &serde_json::Value::from(format!("{}/{}", part("network"), part("cidr"))).to_string(),
            );
        }
        (Shape::Cidr, Some(it)) => raw(Some(it), Kind::String, "\"\"", out),
        _ => out.push_str("null"),
    }
}
