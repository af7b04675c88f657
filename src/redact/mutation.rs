//! Each rule that removes something is switched off in turn, and a planted value must then be seen: a rule that no test
//! minds is none. What is planted consists of words that anybody may read, or the rule that replaces names would do.

use std::cell::Cell;

use serde_json::{Value, json};

use super::collect::Options;
use super::secret::{FORMS, HEADERS, NAMES, SCHEMES};
use super::session::Collector;
use crate::intake::Kind;

thread_local! {
    static OFF: Cell<&'static str> = const { Cell::new("") };
}

/// Whether a rule is switched off.
pub(super) fn is_off(rule: &str) -> bool {
    OFF.get() == rule
}

const TEXT: &str = "[redacted]";
const BYTES: &str = "W3JlZGFjdGVkXQ==";
const LUA: &str = "-- [redacted]";

/// A rule, what is planted for it in a message of a known schema (or, with `free`, in a node's metadata), and what the
/// first string that is no key's neighbour must become: the string at the end of the path of first fields.
struct Planted {
    rule: String,
    free: bool,
    value: Value,
    wants: &'static str,
}

fn planted() -> Vec<Planted> {
    let mut all = Vec::new();
    let mut add = |rule: &str, free: bool, value: Value, wants: &'static str| {
        all.push(Planted { rule: rule.to_owned(), free, value, wants });
    };
    // By the field's own name.
    add("inline_bytes", false, json!({"inline_bytes": "default"}), BYTES);
    add("inline_string", false, json!({"xx": {"inline_string": "default"}}), TEXT);
    add("inline_code", false, json!({"inline_code": "default"}), LUA);
    for name in ["default_source_code", "source_code"] {
        add(name, false, json!({name: {"inline_string": "default"}}), LUA);
    }
    add("source_codes", false, json!({"source_codes": {"xx": {"inline_string": "default"}}}), LUA);
    add("text_format_source", false, json!({"text_format_source": {"inline_string": "default"}}), "default");
    add("filename", false, json!({"private_key": {"filename": "/default"}}), "/default");
    add("key", false, json!({"credentials": [{"key": "default"}]}), TEXT);
    add("raw_value", false, json!({"raw_value": "default"}), BYTES);
    add(
        "value",
        false,
        json!({"request_headers_to_add": [{"header": {"value": "default", "key": "cookie"}}]}),
        TEXT,
    );
    for name in ["body", "send", "receive", "body_format", "last_error", "error_message", "status_message"] {
        add(name, false, json!({name: "default"}), TEXT);
    }
    add("details", false, json!({"error_state": {"details": "default"}}), TEXT);
    add("message", false, json!({"error_detail": {"message": "default"}}), TEXT);
    // By what it stands in.
    for name in CONTAINERS {
        add(name, false, json!({*name: {"xx": "default"}}), TEXT);
    }
    add("direct_response", false, json!({"direct_response": {"body": {"xx": "default"}}}), TEXT);
    add("named, free", true, json!({"x_hmac": {"xx": "default"}}), TEXT);
    // By what its name, or its header's, ends with or has in it.
    for name in NAMES {
        add(name, true, json!({format!("X_{name}"): "default"}), TEXT);
    }
    for word in HEADERS {
        let name = format!("x{word}x");
        add(
            word,
            false,
            json!({"request_headers_to_add": [{"header": {"value": "default", "key": name}}]}),
            TEXT,
        );
    }
    // By its own form.
    for (start, more) in FORMS {
        add(start, false, json!({"xx": format!("{start}{}", "A".repeat(*more))}), TEXT);
    }
    for scheme in SCHEMES {
        add(scheme, false, json!({"xx": format!("{scheme}default80")}), TEXT);
    }
    for (rule, text) in [
        ("-----BEGIN", "-----BEGIN default"),
        ("AccountKey=", "AccountKey=default"),
        ("jwt", "eyAAAAAAAAAA.eyAA"),
        ("ZXlK", "ZXlKAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("password in an address", "http://default:default@default"),
        ("\"kty\"", "default \"kty\""),
        ("\"k\"", "default \"k\""),
        ("sentence", "default default default default"),
        ("lines", "default\ndefault"),
    ] {
        add(rule, false, json!({"xx": text}), TEXT);
    }
    add("random", true, json!({"XX": "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"}), TEXT);
    all
}

/// Fields below which nothing stays.
const CONTAINERS: &[&str] = &[
    "configuration",
    "plugin_config",
    "context_extensions",
    "key_values",
    "call_credentials",
    "http_body",
    "channel_credentials_plugin",
    "env",
    "private_key",
    "password",
    "pkcs12",
    "certificate_chain",
    "trusted_ca",
    "crl",
    "ocsp_staple",
    "signed_certificate_timestamp",
    "session_ticket_keys",
    "generic_secret",
    "local_jwks",
    "json_key",
    "users",
    "cert_chain_pem",
    "root_certs_pem",
];

/// Whether what was planted became what it must.
fn holds(it: &Planted) -> bool {
    let inner = if it.free {
        json!({"bootstrap": {"node": {"metadata": it.value}}})
    } else {
        json!({"bootstrap": {"xx": it.value}})
    };
    let mut message = json!({"@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump"});
    message["bootstrap"] = inner["bootstrap"].clone();
    let bytes = serde_json::to_vec(&json!({"configs": [message]})).unwrap_or_default();
    let kind = Kind::EnvoyConfigDump;
    let mut collector = Collector::new(&Options::default());
    assert!(collector.document(kind, &bytes).is_ok(), "{}", it.rule);
    let out = collector.finish(b"a key that nobody has to guess..", None).document(kind, &bytes);
    let out: Value = serde_json::from_slice(&out.unwrap_or_default()).unwrap_or_default();
    let mut at = &out["configs"][0]["bootstrap"];
    loop {
        at = match at {
            // `value` stands behind `key` once a parser has sorted them.
            Value::Object(fields) => match fields.get("value").or_else(|| fields.values().next()) {
                Some(inner) => inner,
                None => return false,
            },
            Value::Array(items) => &items[0],
            _ => return at.as_str() == Some(it.wants),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::print_stdout, reason = "it says how much it looked at")]
    fn no_rule_can_be_switched_off_unseen() {
        let all = planted();
        let broken: Vec<&str> = all.iter().filter(|it| !holds(it)).map(|it| &*it.rule).collect();
        assert_eq!(broken, [""; 0], "with every rule on");
        let mut unseen = Vec::new();
        let mut seen = 0;
        for it in &all {
            let rule: &'static str = Box::leak(it.rule.clone().into_boxed_str());
            OFF.set(rule);
            // The value planted for it, or any other.
            if holds(it) && all.iter().all(holds) {
                unseen.push(rule);
            }
            seen += 1;
            OFF.set("");
        }
        assert_eq!(unseen, [""; 0], "switched off, and no planted value is seen");
        println!("{seen} rules switched off in turn, each seen");
    }
}
