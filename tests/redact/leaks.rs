//! Outputs are scanned as a scanner of secrets would: by the forms that makers give their tokens, and by what a name says
//! of its value. One of each is planted in many places; the scan finds them there, and nothing in the copy.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use regex::Regex;
use serde_json::{Value, json};

use super::{fixture, members, opened, redact};

/// What is looked for: what it has in any case, its form, and one of it, in pieces so that no scanner minds this file.
const RULES: &[(&str, &str, &str, &[&str])] = &[
    (
        "private key",
        "-----BEGIN",
        r"-----BEGIN[ A-Z0-9_-]{0,60}KEY",
        &["-----BEGIN", " RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----"],
    ),
    (
        "certificate",
        "-----BEGIN",
        r"-----BEGIN CERTIFICATE",
        &["-----BEGIN", " CERTIFICATE-----\nMIIBkTCB\n-----END CERTIFICATE-----"],
    ),
    (
        "pem in base64",
        "LS0tLS1CRUdJTi",
        r"LS0tLS1CRUdJTi[A-Za-z0-9+/]{10,}",
        &["LS0tLS1", "CRUdJTiBQUklWQVRFIEtFWS0tLS0t"],
    ),
    (
        "jwt",
        ".ey",
        r"\bey[A-Za-z0-9_-]{10,}\.ey[A-Za-z0-9_-]{10,}",
        &["eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0NTY3ODkwIn0", ".dozjgNryP4J3jVmNHl0w5N"],
    ),
    ("jwt in base64", "ZXlK", r"\bZXlK[A-Za-z0-9+/]{20,}", &["ZXlK", "aGJHY2lPaUpJVXpJMU5pSjkuZXlKemRXSWlP"]),
    ("aws key", "AKIA", r"\b(AKIA)[A-Z2-7]{16}\b", &["AKIA", "QYLPMN5HNTQ2IXPA"]),
    ("google key", "AIza", r"\bAIza[\w-]{35}\b", &["AIza", "SyDdI0hCZtE6vySjMm-WEfRq3CPzqKqqsHI"]),
    ("google token", "ya29.", r"\bya29\.[\w-]{20,}", &["ya29.", "a0AfH6SMBx7d1fQkz3o2rt9w"]),
    ("github", "gh", r"\bgh[pousr]_[A-Za-z0-9]{36}\b", &["ghp_", "16C7e42F292c6912E7710c838347Ae178B4a"]),
    (
        "github fine",
        "github_pat_",
        r"\bgithub_pat_\w{40,}",
        &["github_pat_", "11AAAAAAA0abcdefghijklmn_opqrstuvwxyz0123456789"],
    ),
    ("gitlab", "glpat-", r"\bglpat-[\w-]{20}", &["glpat-", "XyZ0abcDEF1ghiJKL2mn"]),
    ("slack", "xox", r"\bxox[abeoprs]-[\w-]{10,}", &["xoxb-", "123456789012-abcdefGHIJKL"]),
    ("npm", "npm_", r"\bnpm_[A-Za-z0-9]{36}\b", &["npm_", "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"]),
    ("vault", "hvs.", r"\bhvs\.[\w-]{24,}", &["hvs.", "CAESIJ1x2y3z4A5B6C7D8E9F0G"]),
    ("stripe", "k_live_", r"\b[rs]k_live_[A-Za-z0-9]{10,}", &["sk_live_", "4eC39HqLyjWDarjtT1zdp7dc"]),
    (
        "sendgrid",
        "SG.",
        r"\bSG\.[\w-]{20,}\.[\w-]{20,}",
        &["SG.", "ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc1s5cr"],
    ),
    (
        "digital ocean",
        "dop_v1_",
        r"\bdop_v1_[a-f0-9]{64}\b",
        &["dop_v1_", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"],
    ),
    (
        "azure account",
        "AccountKey=",
        r"AccountKey=[A-Za-z0-9+/=]{20,}",
        &["DefaultEndpointsProtocol=https;AccountKey=", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6"],
    ),
    ("shopify", "shpat_", r"\bshpat_[a-fA-F0-9]{32}\b", &["shpat_", "0123456789abcdef0123456789abcdef"]),
    (
        "credentials in a header",
        "asic ",
        r"\b[Bb]asic [A-Za-z0-9+/._=-]{12,}",
        &["Basic ", "d2ViOmh1bnRlcjJodW50ZXIy"],
    ),
    (
        "a bearer's token",
        "earer ",
        r"\b[Bb]earer [A-Za-z0-9+/._=-]{12,}",
        &["Bearer ", "2YotnFZFEjr1zCsicMWpAA"],
    ),
    (
        "password in an address",
        "://",
        r"[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s:@]+@",
        &["postgres://", "web:hunter2@db.shop.svc:5432/orders"],
    ),
    (
        "json web key",
        "kty",
        r#"\\?"kty\\?"\s*:"#,
        &["{\"keys\":[{\"", "kty\":\"oct\",\"k\":\"GawgguFyGrWKav7AX4VKUg\"}]}"],
    ),
];

struct Rule {
    name: &'static str,
    keyword: &'static str,
    form: Regex,
    one: String,
}

impl Rule {
    fn all() -> Vec<Rule> {
        let rule = |it: &(&'static str, &'static str, &str, &[&str])| Rule {
            name: it.0,
            keyword: it.1,
            form: Regex::new(it.2).unwrap(),
            one: it.3.concat(),
        };
        RULES.iter().map(rule).collect()
    }

    /// Looks near each keyword, as scanners do.
    fn find(&self, layers: &[String]) -> Option<String> {
        let near = |text: &str, at: usize| {
            let (from, to) =
                (text.floor_char_boundary(at.saturating_sub(60)), text.floor_char_boundary(at + 300));
            self.form.find(&text[from..to]).map(|it| it.as_str().to_owned())
        };
        layers.iter().find_map(|text| text.match_indices(self.keyword).find_map(|(at, _)| near(text, at)))
    }
}

/// Whether such a scanner minds the value of a field of that name: it looks drawn by lot.
fn is_named(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["access", "auth", "credential", "creds", "key", "passw", "secret", "token"]
        .iter()
        .any(|it| key.contains(it))
}

/// All fields of such a name, with their text.
fn named(value: &Value, out: &mut Vec<(String, String)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|it| named(it, out)),
        Value::Object(fields) => {
            for (key, inner) in fields {
                match inner {
                    Value::String(text) if is_named(key) => out.push((key.clone(), text.clone())),
                    _ => named(inner, out),
                }
            }
        }
        _ => {}
    }
}

/// Where it is planted in a dump: a field of each kind that a person may write into.
fn plant(secret: &str) -> Value {
    let encoded = STANDARD.encode(secret);
    json!({"configs": [
        {"@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump", "bootstrap": {
            "node": {"id": "sidecar~10.1.2.3~web.shop~shop.svc.cluster.local", "metadata": {
                "PROXY_CONFIG": {"proxyMetadata": {"SETTING": secret, "ENCODED": encoded}},
                "ANNOTATIONS": {"example.com/note": secret, "kept": format!("{{\"inner\": \"{encoded}\"}}")},
                "LIST": [secret, {"deeper": secret}]}},
            "layered_runtime": {"layers": [{"name": "x", "static_layer": {"flag": secret}}]}}},
        {"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump", "dynamic_active_clusters": [{"cluster": {
            "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", "name": "outbound|80||web.shop.svc.cluster.local",
            "alt_stat_name": secret,
            "metadata": {"filter_metadata": {"istio": {"note": secret}, "com.acme": {"note": [encoded]}}},
            "transport_socket": {"name": "tls", "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
                "common_tls_context": {"tls_certificates": [{"private_key": {"inline_string": secret}, "password": {"inline_bytes": encoded}}]},
                "unknown_field": secret}}}}]},
        {"@type": "type.googleapis.com/envoy.admin.v3.RoutesConfigDump", "dynamic_route_configs": [{"route_config": {
            "@type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration", "name": "80", "virtual_hosts": [{
                "name": "web:80", "domains": ["web"], "request_headers_to_add": [{"header": {"key": "x-extra", "value": secret}}],
                "routes": [{"match": {"prefix": "/", "headers": [{"name": "x-extra", "string_match": {"exact": secret}}]},
                    "direct_response": {"status": 200, "body": {"inline_string": secret}},
                    "typed_per_filter_config": {"acme": {"@type": "type.googleapis.com/udpa.type.v1.TypedStruct",
                        "type_url": "type.googleapis.com/acme.Filter", "value": {"setting": secret}}}}]}]}}]}
    ]})
}

/// A text, and all that stands in it in base64: three layers deep.
fn layers(text: &str) -> Vec<String> {
    let mut out = vec![text.to_owned()];
    let mut from = 0;
    for _ in 0..3 {
        let to = out.len();
        let mut inner = Vec::new();
        for text in &out[from..to] {
            let outside = |it: char| !(it.is_ascii_alphanumeric() || "+/=_-".contains(it));
            for word in text.split(outside).filter(|it| it.len() >= 16) {
                let bare = word.trim_end_matches('=').replace('-', "+").replace('_', "/");
                inner.extend(STANDARD_NO_PAD.decode(&bare).ok().and_then(|it| String::from_utf8(it).ok()));
            }
        }
        out.append(&mut inner);
        from = to;
    }
    out
}

#[test]
fn a_scanner_of_secrets_finds_what_is_planted_and_nothing_in_the_copy() {
    let rules = Rule::all();
    let mut places = 0;
    for rule in &rules {
        let (name, one) = (rule.name, &rule.one);
        let dump = serde_json::to_string(&plant(one)).unwrap();
        assert!(rule.find(&layers(&dump)).is_some(), "{name} is found where it is planted");
        let outcome = redact(&super::capture([("dump", dump.as_bytes())]));
        let copy = String::from_utf8(outcome.members[0].bytes.clone()).unwrap();
        let all = layers(&copy);
        for other in &rules {
            assert_eq!(other.find(&all), None, "{} in a copy of what has {name}: {copy}", other.name);
        }
        let quoted = serde_json::to_string(one).unwrap();
        let encoded = STANDARD.encode(one);
        places += dump.matches(quoted.trim_matches('"')).count() + dump.matches(&encoded).count();
        assert!(
            all.iter().all(|it| !it.contains(one.as_str())) && !copy.contains(&encoded),
            "{name}: {copy}"
        );
    }
    assert!(places > rules.len() * 10, "{places}");
    println!("{} forms of secrets planted at {places} places, 0 found in the copies", rules.len());
}

#[test]
fn a_scanner_of_secrets_finds_nothing_in_copies_of_captures() {
    let rules = Rule::all();
    let (mut bytes, mut before, mut fields) = (0, 0, 0);
    for name in ["istio/1.27/bookinfo-synced.tar.gz", "istio/1.27/bug-report.tar.gz"] {
        let files = members(fixture(name));
        for text in files.values().map(|it| String::from_utf8_lossy(it)) {
            let all = layers(&text);
            before += rules.iter().filter(|it| it.find(&all).is_some()).count();
        }
        let outcome = redact(&opened(&files));
        let codes: BTreeSet<&str> = outcome.map.pairs().map(|(_, to)| to).collect();
        for member in &outcome.members {
            let text = String::from_utf8_lossy(&member.bytes);
            bytes += text.len();
            let all = layers(&text);
            for rule in &rules {
                assert_eq!(rule.find(&all), None, "{} in {}", rule.name, member.path);
            }
            let mut values = Vec::new();
            named(&serde_json::from_str(&text).unwrap_or_default(), &mut values);
            fields += values.len();
            for (key, value) in values {
                // A code, a number, a word that is short: nothing that was drawn by lot.
                let plain = |it: &str| codes.contains(&*it.to_ascii_lowercase()) || it.len() < 20;
                let mut words = value.split(|it: char| !it.is_ascii_alphanumeric());
                assert!(value == "W3JlZGFjdGVkXQ==" || words.all(plain), "{}: {key}: {value}", member.path);
            }
        }
    }
    assert!(before > 5, "the originals have some: {before}");
    println!(
        "{} forms of secrets looked for in {} MB of copies, and {fields} fields named like secrets: 0 found \
         (the originals: {before})",
        rules.len(),
        bytes / 1_000_000
    );
}
