//! Sentences are in locales/*.yml; this finds the right one for each word of the engine.

use std::borrow::Cow;
use std::fmt::Display;

use xdscope::engine::protocol::{Column, Fact, Mark, Missing, Relation, TableKind, Trouble, Word};
use xdscope::envoy::{Kind, State};
use xdscope::instant::Instant;
use yew::AttrValue;

/// The text with that key in the user's language.
macro_rules! tr {
    ($key:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::words::sentence($key, &[$((stringify!($name), &$value as &dyn std::fmt::Display)),*])
    };
}

thread_local! {
    static MARKS: std::cell::Cell<Option<(char, char)>> = const { std::cell::Cell::new(None) };
}

/// Lets `make` write a text in which our own words stand between marks, so that names can be told from them.
pub fn marked<T>(marks: Option<(char, char)>, make: impl FnOnce() -> T) -> T {
    MARKS.set(marks);
    let made = make();
    MARKS.set(None);
    made
}

/// Words of our own, between the marks where there are any.
pub fn own(text: &str) -> String {
    MARKS.get().map_or_else(|| text.to_owned(), |(open, close)| format!("{open}{text}{close}"))
}

/// What stands within our own words and is none of them.
pub fn theirs(text: &str) -> String {
    match MARKS.get() {
        Some((open, close)) if !text.is_empty() => format!("{close}{text}{open}"),
        _ => text.to_owned(),
    }
}

/// What `tr!` says. `rust_i18n::t!` puts all of this into each of its thousand places.
#[inline(never)]
pub fn sentence(key: &str, parts: &[(&str, &dyn Display)]) -> AttrValue {
    let text = crate::_rust_i18n_try_translate(&rust_i18n::locale(), key);
    let text = text.unwrap_or_else(|| key.to_owned().into());
    if parts.is_empty() && MARKS.get().is_none() {
        return match text {
            Cow::Borrowed(text) => AttrValue::Static(text),
            Cow::Owned(text) => text.into(),
        };
    }
    let (names, values): (Vec<&str>, Vec<String>) =
        parts.iter().map(|(name, it)| (*name, theirs(&it.to_string()))).unzip();
    own(&rust_i18n::replace_patterns(&text, &names, &values)).into()
}

/// One thing has another word than many, in English.
macro_rules! count {
    ($one:literal, $many:literal, $n:expr) => {{
        let n = u64::from($n);
        if n == 1 { tr!($one) } else { tr!($many, n = $crate::words::number(n)) }
    }};
}

/// `5,667`
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `44.9 MB`
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if n < 1000 {
        return format!("{n} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut size = n as f64 / 1000.0;
    let mut unit = 0;
    while size >= 999.95 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    let digits = usize::from(size < 100.0);
    format!("{size:.digits$} {}", UNITS[unit])
}

/// `2026-11-23 14:52:10 UTC`
pub fn time(at: Instant) -> AttrValue {
    format!("{} UTC", at.to_string().trim_end_matches('Z').replace('T', " ")).into()
}

pub fn table(kind: TableKind) -> AttrValue {
    match kind {
        TableKind::Listeners => tr!("tab.listeners"),
        TableKind::Routes => tr!("tab.routes"),
        TableKind::Clusters => tr!("tab.clusters"),
        TableKind::Endpoints => tr!("tab.endpoints"),
        TableKind::Secrets => tr!("tab.secrets"),
        TableKind::Rbac => tr!("tab.rbac"),
        TableKind::Jwt => tr!("tab.jwt"),
        TableKind::Filters => tr!("tab.filters"),
        TableKind::Ecds => tr!("tab.ecds"),
        TableKind::Telemetry => tr!("tab.telemetry"),
        TableKind::Bootstrap => tr!("tab.bootstrap"),
        TableKind::Workloads => tr!("tab.workloads"),
        TableKind::Services => tr!("tab.services"),
        TableKind::ZtunnelPolicies => tr!("tab.policy"),
        TableKind::ZtunnelCertificates => tr!("tab.certificates"),
        TableKind::Connections => tr!("tab.connections"),
    }
}

/// The rows of a table that are hidden at first, and what they are.
pub fn hidden(table: TableKind, n: u32) -> (AttrValue, AttrValue) {
    let n = number(n.into());
    match table {
        TableKind::Bootstrap => (tr!("table.hidden.bootstrap", n = n), tr!("table.hidden.bootstrap.why")),
        _ => (tr!("table.hidden.routes", n = n), tr!("table.hidden.routes.why")),
    }
}

pub fn kind(kind: Kind) -> AttrValue {
    match kind {
        Kind::Bootstrap => tr!("kind.bootstrap"),
        Kind::Listener => tr!("kind.listener"),
        Kind::Route => tr!("kind.route"),
        Kind::ScopedRoute => tr!("kind.scoped_route"),
        Kind::Cluster => tr!("kind.cluster"),
        Kind::Endpoint => tr!("kind.endpoint"),
        Kind::Secret => tr!("kind.secret"),
        Kind::Extension => tr!("kind.extension"),
    }
}

pub fn state(state: State) -> AttrValue {
    match state {
        State::Static => tr!("state.static"),
        State::Active => tr!("state.active"),
        State::Warming => tr!("state.warming"),
        State::Draining => tr!("state.draining"),
        State::Error => tr!("state.rejected"),
    }
}

/// What is wrong with a proxy: a word for the list, and a sentence with what to do.
pub fn mark(mark: Mark) -> (AttrValue, AttrValue) {
    match mark {
        Mark::Partial => (tr!("mark.partial"), tr!("mark.partial.why")),
        Mark::Warming => (tr!("mark.warming"), tr!("mark.warming.why")),
        Mark::Stale => (tr!("mark.stale"), tr!("mark.stale.why")),
        Mark::NotConnected => (tr!("mark.not_connected"), tr!("mark.not_connected.why")),
        Mark::Rejected => (tr!("mark.rejected"), tr!("mark.rejected.why")),
    }
}

pub fn fact(fact: Fact) -> AttrValue {
    match fact {
        Fact::NodeId => tr!("fact.node_id"),
        Fact::Workload => tr!("fact.workload"),
        Fact::Address => tr!("fact.address"),
        Fact::IstioVersion => tr!("fact.istio_version"),
        Fact::EnvoyVersion => tr!("fact.envoy_version"),
        Fact::ServerState => tr!("fact.server_state"),
        Fact::Uptime => tr!("fact.uptime"),
        Fact::Cluster => tr!("fact.cluster"),
        Fact::Mesh => tr!("fact.mesh"),
        Fact::Network => tr!("fact.network"),
        Fact::Locality => tr!("fact.locality"),
        Fact::ServiceAccount => tr!("fact.service_account"),
        Fact::Captured => tr!("fact.captured"),
    }
}

/// How resources of a kind relate to the one that is shown.
pub fn relation(relation: Relation, of: Kind) -> AttrValue {
    let kind = kind(of).to_lowercase();
    match relation {
        Relation::Uses => tr!("detail.uses", kind = kind),
        Relation::UsedBy => tr!("detail.used_by", kind = kind),
    }
}

pub fn column(column: Column) -> AttrValue {
    match column {
        Column::Action => tr!("column.action"),
        Column::Address => tr!("column.address"),
        Column::Also => tr!("column.also"),
        Column::Audiences => tr!("column.audiences"),
        Column::Chain => tr!("column.chain"),
        Column::Cluster => tr!("column.cluster"),
        Column::Condition => tr!("column.condition"),
        Column::ConnectTimeout => tr!("column.connect_timeout"),
        Column::Destination => tr!("column.destination"),
        Column::Direction => tr!("column.direction"),
        Column::Domains => tr!("column.domains"),
        Column::EdsName => tr!("column.eds_name"),
        Column::Endpoints => tr!("column.endpoints"),
        Column::Fault => tr!("column.fault"),
        Column::Filters => tr!("column.filters"),
        Column::Format => tr!("column.format"),
        Column::Group => tr!("column.group"),
        Column::Health => tr!("column.health"),
        Column::Host => tr!("column.host"),
        Column::Issuer => tr!("column.issuer"),
        Column::Key => tr!("column.key"),
        Column::Keys => tr!("column.keys"),
        Column::Kind => tr!("column.kind"),
        Column::Listener => tr!("column.listener"),
        Column::ListenerFilters => tr!("column.listener_filters"),
        Column::LoadBalancing => tr!("column.load_balancing"),
        Column::Local => tr!("column.local"),
        Column::Locality => tr!("column.locality"),
        Column::Match => tr!("column.match"),
        Column::Mirror => tr!("column.mirror"),
        Column::Mode => tr!("column.mode"),
        Column::Name => tr!("column.name"),
        Column::Names => tr!("column.names"),
        Column::Namespace => tr!("column.namespace"),
        Column::Node => tr!("column.node"),
        Column::NotAfter => tr!("column.not_after"),
        Column::NotBefore => tr!("column.not_before"),
        Column::Order => tr!("column.order"),
        Column::Outlier => tr!("column.outlier"),
        Column::Owner => tr!("column.owner"),
        Column::PeerNames => tr!("column.peer_names"),
        Column::Policies => tr!("column.policies"),
        Column::Policy => tr!("column.policy"),
        Column::Pool => tr!("column.pool"),
        Column::Port => tr!("column.port"),
        Column::Ports => tr!("column.ports"),
        Column::Priority => tr!("column.priority"),
        Column::Protocol => tr!("column.protocol"),
        Column::Remote => tr!("column.remote"),
        Column::Requires => tr!("column.requires"),
        Column::Retries => tr!("column.retries"),
        Column::Rewrite => tr!("column.rewrite"),
        Column::RouteConfig => tr!("column.route_config"),
        Column::Rule => tr!("column.rule"),
        Column::Scope => tr!("column.scope"),
        Column::SerialNumber => tr!("column.serial_number"),
        Column::ServiceAccount => tr!("column.service_account"),
        Column::Sni => tr!("column.sni"),
        Column::Source => tr!("column.source"),
        Column::State => tr!("column.state"),
        Column::Stats => tr!("column.stats"),
        Column::Subject => tr!("column.subject"),
        Column::Subset => tr!("column.subset"),
        Column::Target => tr!("column.target"),
        Column::Timeout => tr!("column.timeout"),
        Column::Tls => tr!("column.tls"),
        Column::TokenFrom => tr!("column.token_from"),
        Column::Type => tr!("column.type"),
        Column::UsedBy => tr!("column.used_by"),
        Column::ValidCert => tr!("column.valid_cert"),
        Column::ValidNow => tr!("column.valid_now"),
        Column::Value => tr!("column.value"),
        Column::VirtualHost => tr!("column.virtual_host"),
        Column::Waypoint => tr!("column.waypoint"),
        Column::Weight => tr!("column.weight"),
        Column::Workload => tr!("column.workload"),
    }
}

/// How a word is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As text.
    Plain,
    /// As paler text.
    Aside,
    /// As a label of that colour.
    Good,
    Note,
    Warn,
    Bad,
}

pub fn word(word: Word) -> (AttrValue, Tone) {
    match word {
        Word::Static => (tr!("state.static"), Tone::Aside),
        Word::Active => (tr!("state.active"), Tone::Aside),
        Word::Warming => (tr!("state.warming"), Tone::Warn),
        Word::Draining => (tr!("state.draining"), Tone::Note),
        Word::Rejected => (tr!("state.rejected"), Tone::Bad),
        Word::NotRead => (tr!("word.not_read"), Tone::Warn),
        Word::NoSuchCluster => (tr!("word.no_such_cluster"), Tone::Bad),
        Word::NoSuchRouteConfig => (tr!("word.no_such_route_config"), Tone::Bad),
        Word::Healthy(up, of) => {
            let tone = if up == of && of > 0 {
                Tone::Aside
            } else if up == 0 {
                Tone::Bad
            } else {
                Tone::Warn
            };
            (tr!("word.healthy", up = up, of = of), tone)
        }
        Word::More(n) => (tr!("word.more", n = n), Tone::Aside),
        Word::Share(share) if share.is_multiple_of(10) => (format!("{} %", share / 10).into(), Tone::Plain),
        Word::Share(share) => (format!("{}.{} %", share / 10, share % 10).into(), Tone::Plain),
        Word::Strict => (tr!("word.strict"), Tone::Plain),
        Word::Permissive => (tr!("word.permissive"), Tone::Plain),
        Word::Disable => (tr!("word.disable"), Tone::Plain),
        Word::MutualTls => (tr!("word.mutual_tls"), Tone::Plain),
        Word::Tls => (tr!("word.tls"), Tone::Plain),
        Word::AnyCase => (tr!("word.any_case"), Tone::Aside),
        Word::Valid => (tr!("word.valid"), Tone::Good),
        Word::Expired => (tr!("word.expired"), Tone::Bad),
        Word::NotYetValid => (tr!("word.not_yet_valid"), Tone::Warn),
        Word::Default => (tr!("word.default"), Tone::Aside),
        Word::Any => (tr!("word.any"), Tone::Aside),
        Word::Missing => (tr!("word.missing"), Tone::Bad),
        Word::Ejected => (tr!("word.ejected"), Tone::Bad),
        Word::OnlyInClusters => (tr!("word.only_in_clusters"), Tone::Warn),
        Word::NotInClusters => (tr!("word.not_in_clusters"), Tone::Warn),
        Word::InBoth => (tr!("word.in_both"), Tone::Aside),
        Word::Leaf => (tr!("word.leaf"), Tone::Aside),
        Word::Intermediate => (tr!("word.intermediate"), Tone::Aside),
        Word::Root => (tr!("word.root"), Tone::Aside),
        Word::Off => (tr!("word.off"), Tone::Aside),
        Word::Inline => (tr!("word.inline"), Tone::Aside),
        Word::ListenerFilter => (tr!("word.listener_filter"), Tone::Aside),
        Word::NetworkFilter => (tr!("word.network_filter"), Tone::Aside),
        Word::HttpFilter => (tr!("word.http_filter"), Tone::Aside),
        Word::UpstreamFilter => (tr!("word.upstream_filter"), Tone::Aside),
        Word::AccessLogger => (tr!("word.access_logger"), Tone::Plain),
        Word::Tracer => (tr!("word.tracer"), Tone::Plain),
        Word::Provider => (tr!("word.provider"), Tone::Plain),
        Word::Requirement => (tr!("word.requirement"), Tone::Plain),
        Word::Shadow => (tr!("word.shadow"), Tone::Note),
        Word::Allows => (tr!("word.allows"), Tone::Plain),
        Word::Denies => (tr!("word.denies"), Tone::Plain),
        Word::Logs => (tr!("word.logs"), Tone::Plain),
        Word::Asks => (tr!("word.asks"), Tone::Plain),
        Word::DeniesAll => (tr!("word.denies_all"), Tone::Warn),
        Word::MatchesNothing => (tr!("word.matches_nothing"), Tone::Aside),
        Word::From => (tr!("word.from"), Tone::Aside),
        Word::To => (tr!("word.to"), Tone::Aside),
        Word::Anyone => (tr!("word.anyone"), Tone::Plain),
        Word::Anything => (tr!("word.anything"), Tone::Plain),
        Word::And => (tr!("word.and"), Tone::Aside),
        Word::Or => (tr!("word.or"), Tone::Aside),
        Word::Not => (tr!("word.not"), Tone::Aside),
        Word::Versions => (tr!("word.versions"), Tone::Plain),
        Word::Identity => (tr!("word.identity"), Tone::Plain),
        Word::Metadata => (tr!("word.metadata"), Tone::Plain),
        Word::StaticResources => (tr!("word.static_resources"), Tone::Plain),
        Word::DynamicResources => (tr!("word.dynamic_resources"), Tone::Plain),
        Word::Runtime => (tr!("word.runtime"), Tone::Plain),
        Word::Statistics => (tr!("word.statistics"), Tone::Plain),
        Word::Server => (tr!("word.server"), Tone::Plain),
        Word::CommandLine => (tr!("word.command_line"), Tone::Plain),
        Word::Other => (tr!("word.other"), Tone::Plain),
    }
}

/// Why something was not read: a few words for a list, and a sentence with what to do.
pub fn trouble(trouble: &Trouble) -> (AttrValue, AttrValue) {
    match trouble.kind.as_str() {
        "truncated" => (tr!("trouble.truncated"), tr!("trouble.truncated.why")),
        "bad_json" => (tr!("trouble.bad_json"), tr!("trouble.bad_json.why")),
        "bad_yaml" => (tr!("trouble.bad_yaml"), tr!("trouble.bad_yaml.why")),
        "empty" => (tr!("trouble.empty"), tr!("trouble.empty.why")),
        "empty_answer" => (tr!("trouble.empty_answer"), tr!("trouble.empty_answer.why")),
        "not_found" => (tr!("trouble.not_found"), tr!("trouble.not_found.why")),
        "invalid_path" => (tr!("trouble.invalid_path"), tr!("trouble.invalid_path.why")),
        "proxy_not_connected" => (tr!("trouble.proxy_not_connected"), tr!("trouble.proxy_not_connected.why")),
        "error" => (tr!("trouble.error"), tr!("trouble.error.why")),
        "html" => (tr!("trouble.html"), tr!("trouble.html.why")),
        "binary" => (tr!("trouble.binary"), tr!("trouble.binary.why")),
        "log" => (tr!("trouble.log"), tr!("trouble.log.why")),
        "unknown_json" => (tr!("trouble.unknown_json"), tr!("trouble.unknown_json.why")),
        "not_needed" => (tr!("trouble.not_needed"), tr!("trouble.not_needed.why")),
        "limit" => (tr!("trouble.limit"), tr!("trouble.limit.why")),
        "too_many" => (tr!("trouble.too_many"), tr!("trouble.too_many.why")),
        "damaged" => (tr!("trouble.damaged"), tr!("trouble.damaged.why")),
        "encrypted" => (tr!("trouble.encrypted"), tr!("trouble.encrypted.why")),
        "method" | "archive" => (tr!("trouble.archive"), tr!("trouble.archive.why")),
        "special" => (tr!("trouble.special"), tr!("trouble.special.why")),
        _ => (tr!("trouble.unknown"), tr!("trouble.unknown.why")),
    }
}

/// Whether something that was wanted is lost, rather than left aside as of no use here.
pub fn is_loss(trouble: &Trouble) -> bool {
    !matches!(
        trouble.kind.as_str(),
        "log" | "not_needed" | "binary" | "empty_answer" | "special" | "proxy_not_connected"
    )
}

/// What is missing, and what it is good for.
pub fn missing(missing: &Missing) -> AttrValue {
    match missing.what.as_str() {
        "config_dump" => tr!("missing.config_dump"),
        "ztunnel_config_dump" => tr!("missing.ztunnel_config_dump"),
        "endpoints" => tr!("missing.endpoints"),
        "secrets" => tr!("missing.secrets"),
        "section" => tr!("missing.section"),
        "clusters" => tr!("missing.clusters"),
        "server_info" => tr!("missing.server_info"),
        "syncz" => tr!("missing.syncz"),
        "istiod_config_dump" => tr!("missing.istiod_config_dump"),
        other => tr!("missing.other", what = other),
    }
}

/// What a document is, by the admin page that it comes from: `Envoy config_dump`.
pub fn document(kind: &str) -> AttrValue {
    match kind.split_once('_') {
        Some(("envoy", page)) => format!("Envoy {page}").into(),
        Some(("istiod", page)) => format!("istiod {page}").into(),
        _ if kind == "unknown" => tr!("document.unknown"),
        _ => kind.replace('_', " ").into(),
    }
}

pub fn proxy_type(kind: &str) -> AttrValue {
    match kind {
        "sidecar" => tr!("proxy.sidecar"),
        "router" => tr!("proxy.router"),
        "waypoint" => tr!("proxy.waypoint"),
        "ztunnel" => tr!("proxy.ztunnel"),
        other => other.to_owned().into(),
    }
}
