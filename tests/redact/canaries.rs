//! A canary in every string of every page, plain and in layers: none may survive.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use xdscope::intake::{Kind, recognise};
use xdscope::redact::{Collector, Options, is_redactable};

use super::{KEY, fixture, gunzip, members};

/// Maps whose keys are data, as tests know them.
const MAPS: [&str; 12] = [
    "labels",
    "LABELS",
    "annotations",
    "ANNOTATIONS",
    "policies",
    "providers",
    "filter_metadata",
    "filterMetadata",
    "servicesByHostname",
    "namespace_to_policies",
    "proxyMetadata",
    "typed_per_filter_config",
];

#[derive(Clone, Copy, Debug)]
enum Layer {
    Plain,
    Base64,
    Base64Url,
    GzipBase64,
    Json,
    Percent,
    Hex,
    Header,
    Sentence,
}

const LAYERS: [Layer; 9] = [
    Layer::Plain,
    Layer::Base64,
    Layer::Base64Url,
    Layer::GzipBase64,
    Layer::Json,
    Layer::Percent,
    Layer::Hex,
    Layer::Header,
    Layer::Sentence,
];

impl Layer {
    fn wrap(self, canary: &str) -> String {
        match self {
            Layer::Plain => canary.to_owned(),
            Layer::Base64 => STANDARD.encode(canary),
            Layer::Base64Url => URL_SAFE_NO_PAD.encode(canary),
            Layer::GzipBase64 => {
                let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                gz.write_all(canary.as_bytes()).unwrap();
                STANDARD.encode(gz.finish().unwrap())
            }
            Layer::Json => format!("{{\"name\": [\"{canary}\", {{\"{canary}x\": 1}}]}}"),
            Layer::Percent => canary.bytes().map(|it| format!("%{it:02x}")).collect(),
            Layer::Hex => canary.bytes().map(|it| format!("{it:02x}")).collect(),
            Layer::Header => format!("Bearer {canary}"),
            Layer::Sentence => format!("the pod {canary} was not found"),
        }
    }
}

/// A name that no word contains.
fn canary(number: usize) -> String {
    format!("kanari{number}qx")
}

/// Plants one in each string and each key that is data; what says of which kind the document is stays.
fn plant(value: &mut Value, parent: &str, layer: Layer, count: &mut usize) {
    match value {
        Value::String(text) => {
            *text = layer.wrap(&canary(*count));
            *count += 1;
        }
        Value::Array(items) => items.iter_mut().for_each(|it| plant(it, parent, layer, count)),
        Value::Object(fields) => {
            let data = MAPS.contains(&parent);
            let own = std::mem::take(fields);
            for (key, mut inner) in own {
                let typed = matches!(key.as_str(), "@type" | "type_url" | "typeUrl");
                let key = if data {
                    *count += 1;
                    canary(*count - 1)
                } else {
                    key
                };
                if !typed {
                    plant(&mut inner, &key, layer, count);
                }
                fields.insert(key, inner);
            }
        }
        _ => {}
    }
}

/// Whether anything of a canary is in a text, also where letters are written as `%6b`.
fn survives(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.contains("kanari")
        || lower.contains("%6b%61%6e%61%72%69")
        || lower.contains("6b616e617269")
        || text.contains(&STANDARD.encode("kanari")[..8])
}

fn documents() -> Vec<(Kind, Vec<u8>)> {
    let mut by_kind = std::collections::BTreeMap::new();
    for (path, bytes) in members(fixture("istio/1.27/bookinfo-synced.tar.gz")) {
        let kind = recognise(&bytes).kind;
        // One of each kind is enough, the richest of the dumps.
        if is_redactable(kind)
            && !by_kind.contains_key(&kind)
            && (kind != Kind::EnvoyConfigDump || path.contains("payments"))
        {
            by_kind.insert(kind, bytes);
        }
    }
    by_kind.insert(Kind::EnvoyBootstrap, gunzip(&fixture("envoy/1.40/routes.json.gz")));
    let mut all: Vec<_> = by_kind.into_iter().collect();
    all.push((Kind::EnvoyConfigDump, fixture("istio/1.1/config_dump.json")));
    all
}

fn check(layer: Layer) -> usize {
    let mut count = 0;
    for (kind, bytes) in documents() {
        let Ok(mut value) = serde_json::from_slice::<Value>(&bytes) else { continue };
        plant(&mut value, "", layer, &mut count);
        let planted = serde_json::to_vec(&value).unwrap();
        let mut collector = Collector::new(&Options::default());
        collector.document(kind, &planted).unwrap();
        let mut redactor = collector.finish(&KEY, None);
        let out = redactor.document(kind, &planted).unwrap_or_else(|why| panic!("{kind} {layer:?}: {why}"));
        let out = String::from_utf8(out).unwrap();
        if survives(&out) {
            let lower = out.to_ascii_lowercase();
            let at = lower.find("kanari").unwrap_or(0);
            panic!("{kind} {layer:?}: {}", &out[at.saturating_sub(200)..(at + 60).min(out.len())]);
        }
    }
    count
}

#[test]
fn no_canary_survives_plain() {
    let count = check(Layer::Plain);
    assert!(count > 5000, "{count}");
    println!("{count} canaries planted, 0 left");
}

/// Every layer around every string.
#[test]
fn no_canary_survives_in_a_layer() {
    let mut count = 0;
    for layer in &LAYERS[1..] {
        count += check(*layer);
    }
    println!("{count} canaries planted in {} layers, 0 left", LAYERS.len() - 1);
}
