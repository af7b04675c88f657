//! Names of fields as protobuf's JSON has them: Envoy prints `virtual_hosts`, istioctl `virtualHosts`.
//!
//! A dump does not say which keys are names of fields, to be respelled, and which are data, to be kept: labels, names
//! of filters, whatever a `Struct` holds. The lists are all fields of Envoy's API (August 2026) that hold data keys
//! and can be in a dump.

use std::borrow::Cow;

use crate::json::{Kind, Node, camel, same_key};

/// What the keys of an object are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// Names of fields.
    Fields,
    /// Data, but the values have fields: a protobuf map.
    Map,
    /// Data, on all levels: a `Struct`.
    Data,
}

/// Fields that are a `Struct`, or a map of them.
const STRUCTS: [&str; 14] = [
    "filter_metadata",
    "json_format",
    "typed_json_format",
    "static_layer",
    "default_subset",
    "filter_context",
    "health_metadata",
    "transport_socket_match_criteria",
    "layer",
    "aws",
    "record",
    // In Istio's own messages.
    "labels",
    "attributes",
    "annotations",
];

/// Fields that are a map. Those of the same name that are lists have no keys.
const MAPS: [&str; 35] = [
    "allowed_capabilities",
    "args",
    "bucket_id_builder",
    "certificate_provider_instances",
    "cluster_min_healthy_percentages",
    "consumer_config",
    "content_types",
    "context_extensions",
    "dynamic_parameters",
    "extraction_by_method",
    "extractions_by_method",
    "field_restrictions",
    "key_values",
    "map",
    "message_restrictions",
    "method_configs",
    "method_restrictions",
    "named_endpoints",
    "named_filter_chains",
    "params",
    "params_match",
    "per_filter_config",
    "plugins_config",
    "policies",
    "producer_config",
    "providers",
    "request_field_extractions",
    "requirement_map",
    "secret_configs",
    "secrets",
    "source_codes",
    "tenant_configs",
    "typed_extension_protocol_options",
    "typed_filter_metadata",
    "typed_per_filter_config",
];

impl Keys {
    /// What the keys below a field are, where `self` is what the keys of its object are, and `parent` the field that
    /// holds that object (or the list that it is an element of).
    pub fn below(self, parent: &[u8], object: Node<'_>, key: &[u8], value: Node<'_>) -> Keys {
        match self {
            Keys::Data => return Keys::Data,
            Keys::Map => return Keys::Fields,
            Keys::Fields => {}
        }
        if !matches!(value.kind(), Kind::Object | Kind::Array) {
            return Keys::Fields;
        }
        let is = |name: &str| same_key(key, name);
        let within = |names: &[&str]| names.iter().any(|name| same_key(parent, name));
        // The same name is a Struct in one message and another message elsewhere.
        let data = STRUCTS.iter().any(|name| is(name))
            || is("metadata") && within(&["node", "user_agent_build_version", "build_version"])
            || is("match") && within(&["transport_socket_matches"])
            || is("config") && within(&["google_grpc"])
            || is("base") && within(&["runtime"])
            || is("value") && holds_struct(object);
        if data {
            return Keys::Data;
        }
        let map = value.kind() == Kind::Object
            && (MAPS.iter().any(|name| is(name)) || is("requires") && object.get("name").is_some());
        if map { Keys::Map } else { Keys::Fields }
    }

    /// A key in protobuf's JSON spelling, its escapes as they are.
    pub fn spell(self, key: &[u8]) -> Cow<'_, str> {
        let text = String::from_utf8_lossy(key);
        if self == Keys::Fields && text.contains('_') { Cow::Owned(camel(&text)) } else { text }
    }
}

/// Whether the field `value` of an object is a `Struct`: in a `TypedStruct`, in an Any of one, in what
/// `set_metadata` sets.
fn holds_struct(object: Node<'_>) -> bool {
    let of_type = object.text("@type").is_some_and(|it| it.ends_with("Struct"));
    of_type || object.get("type_url").is_some() || object.get("metadata_namespace").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Tree;

    /// The keys of an object and of all in it, respelled.
    fn keys(node: Node<'_>, of: Keys, parent: &[u8], out: &mut Vec<String>) {
        for item in node.items() {
            keys(item, of, parent, out);
        }
        for (key, value) in node.fields() {
            out.push(of.spell(key).into_owned());
            keys(value, of.below(parent, node, key, value), key, out);
        }
    }

    #[test]
    fn respells_names_of_fields_and_nothing_else() {
        let json = r#"{"node": {"user_agent_name": 1, "metadata": {"app_x": {"y_z": 1}}},
            "metadata": {"filter_metadata": {"com_x": {"a_b": 1}}, "typed_filter_metadata": {"t_t": {"f_f": 1}}},
            "transport_socket_matches": [{"match": {"tls_mode": 1}, "transport_socket": {}}],
            "match": {"safe_regex": {}}, "policies": {"ns_a": {"source_ip": 1}},
            "load_balancing_policy": {"policies": [{"typed_extension_config": {}}]},
            "typed_config": {"@type": "x.TypedStruct", "type_url": "u", "value": {"k_k": {}}},
            "consecutive_5xx": 1}"#;
        let tree = Tree::whole(json.as_bytes()).unwrap();
        let mut found = Vec::new();
        keys(tree.root(), Keys::Fields, b"", &mut found);
        let want = "node userAgentName metadata app_x y_z metadata filterMetadata com_x a_b typedFilterMetadata t_t \
            fF transportSocketMatches match tls_mode transportSocket match safeRegex policies ns_a sourceIp \
            loadBalancingPolicy policies typedExtensionConfig typedConfig @type typeUrl value k_k consecutive5xx";
        assert_eq!(found.join(" "), want.split_whitespace().collect::<Vec<_>>().join(" "));
    }
}
