//! What is done with a field: by its name, and by what it stands in.

use super::cuts::Edge;
use super::is_off;
use super::secret;
use super::words::WORDS;
use crate::json::snake;

/// What a removed value is replaced by; Envoy's own markers (MessageUtil::redact, source/common/protobuf/utility.cc).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Marker {
    /// `[redacted]`
    Text,
    /// The same in base64.
    Bytes,
    /// The same as a Lua program that does nothing.
    Lua,
}

impl Marker {
    pub const ALL: [Marker; 3] = [Marker::Text, Marker::Bytes, Marker::Lua];

    pub fn text(self) -> &'static str {
        match self {
            Marker::Text => "[redacted]",
            Marker::Bytes => "W3JlZGFjdGVkXQ==",
            Marker::Lua => "-- [redacted]",
        }
    }
}

/// Why something was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Removed {
    /// A key, a certificate, or another source of data that stands in the dump itself.
    Inline,
    /// A program, or its configuration.
    Code,
    /// A field whose name says that it is secret.
    Named,
    /// The value of a header that carries credentials.
    Header,
    /// A value that has the form of a key, a certificate or a token.
    Form,
    /// A sentence, which may say anything.
    Sentence,
}

/// What is done with a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Rule {
    /// Names in it are replaced.
    Text,
    /// The same; what it begins or ends with matters.
    Matcher(Edge),
    /// A host, perhaps with a wildcard.
    Domain,
    /// The name of a header field.
    Header,
    /// A regular expression.
    Regex,
    /// The format of a log line.
    Format,
    /// A version.
    Version,
    /// A number of 64 bits, which protobuf's JSON has in quotes.
    Counter,
    /// The name of an extension that an Envoy has.
    Extension,
    /// The address of a network, whose length stands beside it.
    Network(u32),
    /// The name of a message's type.
    Type,
    /// A word out of a closed set.
    Value,
    /// It is removed.
    Remove(Marker, Removed),
}

/// What the name of a field says. Made once for each name that a document has.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// In snake_case.
    pub name: Box<str>,
    /// Its name says that it is secret.
    pub secret: bool,
    /// It has a closed set of values.
    pub value: bool,
    /// It holds a map.
    pub map: bool,
    /// It holds a Struct.
    pub free: bool,
    /// It is known where no schema is.
    pub known: bool,
    /// It looks like a field's name at all.
    pub field: bool,
    /// Its objects name a header: `key` and `value`, or `name` and matchers.
    pub headers: bool,
    /// Its strings are names of headers.
    pub header: bool,
}

/// Lists of headers to add: objects with `key` and `value`.
const HEADERS: &[&str] = &[
    "header",
    "headers",
    "initial_metadata",
    "request_headers_to_add",
    "response_headers_to_add",
    "headers_to_add",
];

impl Field {
    pub fn of(key: &str) -> Field {
        let name = if key.bytes().any(|it| it.is_ascii_lowercase()) { snake(key) } else { key.to_owned() };
        let has =
            |set: &std::collections::HashSet<&'static str>| set.contains(name.as_str()) || set.contains(key);
        let mut letters = key.bytes();
        let field = key.len() <= 80
            && letters.next().is_some_and(|it| it.is_ascii_alphabetic() || matches!(it, b'@' | b'_'))
            && letters.all(|it| it.is_ascii_alphanumeric() || it == b'_');
        let headers = HEADERS.contains(&name.as_str()) || name.ends_with("headers_to_add");
        let header = headers
            || name.ends_with("headers_to_remove")
            || matches!(
                name.as_str(),
                "header_name"
                    | "cluster_header"
                    | "allow_headers"
                    | "expose_headers"
                    | "remove"
                    | "host_rewrite_header"
                    | "header_key"
                    | "path_rewrite_header"
                    | "retriable_headers"
                    | "forward_payload_header"
                    | "request_header_name"
            );
        Field {
            secret: secret::is_name(&name),
            value: has(&WORDS.value_keys),
            map: has(&WORDS.maps),
            free: has(&WORDS.structs),
            known: WORDS.keys.contains(key),
            field,
            headers,
            header,
            name: name.into(),
        }
    }
}

/// How an object's keys and what is below them are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum World {
    /// A message of a known schema: keys are fields.
    Typed,
    /// No schema is known: only known keys are fields.
    Free,
}

/// What an object or array stands in.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub world: World,
    /// The field that opened it; of an array's element, the array's. `None` at the root, and for a key that is data.
    pub field: Option<usize>,
    /// The field above that.
    pub above: Option<usize>,
    pub array: bool,
    /// Its keys are data.
    pub map: bool,
    /// All below is removed.
    pub secret: Option<Removed>,
    /// Whether it names a header.
    pub header: Header,
    /// Its `name` or type is one of Envoy's own.
    pub own: bool,
}

/// Whether an object names a header, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// It does not.
    No,
    /// It will.
    Unnamed,
    /// One that may be seen.
    Plain,
    /// One that carries a secret.
    Secret,
}

/// The names that the decision needs.
pub(super) struct Around<'f> {
    /// The string's own field; none for one that stands in a list of lists, or under a key that is data.
    pub field: Option<&'f Field>,
    /// The field around it.
    pub parent: &'f str,
    /// And around that.
    pub above: &'f str,
}

/// A field's name, unless its rule is switched off.
fn on(name: &str) -> &str {
    if is_off(name) { "" } else { name }
}

/// Decides what is done with a string.
pub(super) fn decide(around: &Around<'_>, place: &Place) -> Rule {
    let name = on(around.field.map_or("", |it| &*it.name));
    let parent = around.parent;
    match name {
        "inline_bytes" | "inlineBytes" => return Rule::Remove(Marker::Bytes, Removed::Inline),
        "inline_string" => return inline(parent, around.above),
        "inline_code" => return Rule::Remove(Marker::Lua, Removed::Code),
        // Hosts and files are named, never their contents.
        "filename" | "watched_directory" | "path" if place.secret == Some(Removed::Inline) => {
            return Rule::Text;
        }
        "@type" | "type_url" | "type_urls" | "type_descriptor" => return Rule::Type,
        _ => {}
    }
    if let Some(why) = place.secret {
        return Rule::Remove(Marker::Text, why);
    }
    let Some(field) = around.field else { return Rule::Text };
    if field.secret && !(place.world == World::Typed && name == "cookie") {
        return Rule::Remove(Marker::Text, Removed::Named);
    }
    match name {
        "name" | "category" if parent == "extensions" => Rule::Extension,
        "key" | "name" if place.header != Header::No => Rule::Header,
        "key" if parent == "credentials" => Rule::Remove(Marker::Text, Removed::Named),
        "raw_value" => Rule::Remove(Marker::Bytes, Removed::Header),
        "value" if adds_headers(parent) => match place.header {
            Header::Plain => Rule::Format,
            _ => Rule::Remove(Marker::Text, Removed::Header),
        },
        "body" | "send" | "receive" | "body_format" => Rule::Remove(Marker::Text, Removed::Inline),
        "regex" | "google_re2" | "regex_match" | "safe_regex_match" => Rule::Regex,
        "prefix" | "path_separated_prefix" | "prefix_match" | "value_prefix" | "prefix_rewrite" => {
            Rule::Matcher(Edge::Prefix)
        }
        "suffix" | "suffix_match" => Rule::Matcher(Edge::Suffix),
        "contains" | "contains_match" => Rule::Matcher(Edge::Inside),
        "domains" | "server_names" | "hosts" | "sni_hosts" => Rule::Domain,
        "text_format" | "log_format" | "format" | "tag" | "fixed_value" => Rule::Format,
        "version" | "istio_version" | "ISTIO_VERSION" | "user_agent_version" | "proxy_version" => {
            Rule::Version
        }
        "details" if matches!(parent, "error_state") => Rule::Remove(Marker::Text, Removed::Sentence),
        "last_error" | "error_message" | "status_message" => Rule::Remove(Marker::Text, Removed::Sentence),
        "message" if parent == "error_detail" => Rule::Remove(Marker::Text, Removed::Sentence),
        _ if place.world == World::Typed && COUNTERS.contains(&name) => Rule::Counter,
        _ if field.header => Rule::Header,
        _ if field.value => Rule::Value,
        _ if in_format(parent) => Rule::Format,
        _ => Rule::Text,
    }
}

/// Fields with numbers that may have many digits, and count.
const COUNTERS: &[&str] = &[
    "value",
    "start",
    "end",
    "allocated",
    "heap_size",
    "pageheap_unmapped",
    "pageheap_free",
    "total_thread_cache",
    "total_physical_bytes",
    "days_until_expiration",
    "max_stats",
    "max_obj_name_len",
    "base_id",
    "size",
    "limit_kbps",
    "maximum_ring_size",
    "minimum_ring_size",
    "table_size",
    "max_memory_bytes",
    "cache_size",
    "max_connections",
    "max_heap_size_bytes",
    "max_active_downstream_connections",
    "request_body_buffer_limit",
    "max_buffered_bytes",
    "memory_buffer_bytes_limit",
    "storage_buffer_bytes_limit",
    "requests_per_time_unit",
    "int_value",
];

fn in_format(parent: &str) -> bool {
    matches!(parent, "json_format" | "typed_json_format")
}

/// Whether objects in that field are headers to add, and no matchers.
fn adds_headers(parent: &str) -> bool {
    parent.ends_with("headers_to_add") || matches!(parent, "header" | "initial_metadata")
}

/// Text of a `DataSource`.
fn inline(parent: &str, above: &str) -> Rule {
    let code =
        |it: &str| matches!(on(it), "default_source_code" | "source_code" | "source_codes" | "inline_code");
    match on(parent) {
        // The format of an access log; a local reply's is a body.
        "text_format_source" if !matches!(above, "body_format" | "body_format_override") => Rule::Format,
        _ if code(parent) || code(above) => Rule::Remove(Marker::Lua, Removed::Code),
        _ => Rule::Remove(Marker::Text, Removed::Inline),
    }
}

/// Why all below an object or array in that field is removed, where it is.
pub(super) fn removes(field: &Field, parent: &str, world: World) -> Option<Removed> {
    match on(&field.name) {
        "configuration" | "plugin_config" => Some(Removed::Code),
        "context_extensions"
        | "key_values"
        | "call_credentials"
        | "http_body"
        | "channel_credentials_plugin"
        | "env" => Some(Removed::Named),
        "private_key"
        | "password"
        | "pkcs12"
        | "certificate_chain"
        | "trusted_ca"
        | "crl"
        | "ocsp_staple"
        | "signed_certificate_timestamp"
        | "session_ticket_keys"
        | "generic_secret"
        | "local_jwks"
        | "json_key"
        | "users"
        | "cert_chain_pem"
        | "root_certs_pem" => Some(Removed::Inline),
        "body" if on(parent) == "direct_response" => Some(Removed::Inline),
        _ if field.secret && world == World::Free && !is_off("named, free") => Some(Removed::Named),
        _ => None,
    }
}
