//! The sentences of a trace.

use xdscope::engine::protocol::{
    CurlFault, Direction, Ending, Fault, FaultKind, Field, Judged, Judgement, LogFault, Outcome, Remark,
    StepKind, What, Why,
};
use xdscope::trace::ask::Difference;
use yew::AttrValue;

use crate::words::Tone;

/// What a step decides.
pub fn kind(kind: StepKind) -> AttrValue {
    match kind {
        StepKind::Listener => tr!("trace.kind.listener"),
        StepKind::ListenerFilter => tr!("trace.kind.listener_filter"),
        StepKind::FilterChain => tr!("trace.kind.filter_chain"),
        StepKind::Tls => tr!("trace.kind.tls"),
        StepKind::NetworkFilter => tr!("trace.kind.network_filter"),
        StepKind::HttpOptions => tr!("trace.kind.http_options"),
        StepKind::RouteConfiguration => tr!("trace.kind.route_configuration"),
        StepKind::VirtualHost => tr!("trace.kind.virtual_host"),
        StepKind::Route => tr!("trace.kind.route"),
        StepKind::HttpFilter => tr!("trace.kind.http_filter"),
        StepKind::Action => tr!("trace.kind.action"),
        StepKind::Cluster => tr!("trace.kind.cluster"),
        StepKind::Priority => tr!("trace.kind.priority"),
        StepKind::Locality => tr!("trace.kind.locality"),
        StepKind::Endpoints => tr!("trace.kind.endpoints"),
        StepKind::TransportSocket => tr!("trace.kind.transport_socket"),
    }
}

pub fn direction(direction: Direction) -> AttrValue {
    match direction {
        Direction::Outbound => tr!("trace.direction.outbound"),
        Direction::Inbound => tr!("trace.direction.inbound"),
        Direction::Gateway => tr!("trace.direction.gateway"),
    }
}

/// Why something was taken, or not; empty where nothing is to be said.
pub fn why(kind: StepKind, why: &Why) -> AttrValue {
    match why {
        Why::Taken | Why::Passes => AttrValue::default(),
        Why::Earlier => tr!("trace.why.earlier"),
        Why::Disabled => tr!("trace.why.disabled"),
        Why::Share(percent) => tr!("trace.why.share", percent = percent),
        Why::Endpoint(health, priority, locality) => {
            let place = if locality.is_empty() { "–" } else { locality };
            tr!("trace.why.endpoint", health = health, priority = priority, locality = place)
        }
        Why::Upstream(sni, certificate, names) => {
            let or = |it: &str| if it.is_empty() { "–".to_owned() } else { it.to_owned() };
            tr!("trace.why.upstream", sni = or(sni), certificate = or(certificate), names = or(names))
        }
        Why::Meets(about, value) => meets(kind, about, value),
        Why::Differs(about, wants, has) => differs(about, wants, has),
        Why::Missing(about) => missing(kind, about),
        Why::Unwanted(about) => match about {
            What::Tls => tr!("trace.why.tls_unread"),
            What::Upgrade => tr!("trace.why.upgrade"),
            about => tr!("trace.why.unwanted", what = what(about)),
        },
        Why::Beyond(about, value) => match about {
            What::Filter(_) => tr!("trace.why.beyond_filter"),
            What::Fraction => tr!("trace.why.beyond_fraction"),
            What::Resource(name) => tr!("trace.why.missing_resource", name = name),
            about if value.is_empty() => tr!("trace.why.beyond", what = what(about)),
            about => tr!("trace.why.beyond", what = format!("{} {value}", what(about))),
        },
    }
}

fn meets(kind: StepKind, about: &What, value: &str) -> AttrValue {
    match about {
        What::Iptables if value == "inbound" => tr!("trace.why.iptables_inbound"),
        What::Iptables => tr!("trace.why.iptables_outbound"),
        What::Destination => tr!("trace.why.destination", value = value),
        What::Authority if kind == StepKind::VirtualHost => tr!("trace.why.domain", value = value),
        What::Cluster(discovery) => discovery.clone().into(),
        What::RemoteAddress if value.is_empty() => tr!("trace.why.client_unknown"),
        What::RemoteAddress => tr!("trace.why.client", value = value),
        What::Status => tr!("trace.why.status", value = value),
        What::Health if value == "panic" => tr!("trace.why.panic"),
        What::Path if kind == StepKind::Action => value.to_owned().into(),
        What::Tls => tr!("trace.why.tls", value = value),
        about if value.is_empty() => tr!("trace.why.by", what = what(about)),
        about => tr!("trace.why.meets", what = what(about), value = value),
    }
}

fn differs(about: &What, wants: &str, has: &str) -> AttrValue {
    match about {
        What::Path => tr!("trace.why.not_path", wants = wants),
        What::Authority => tr!("trace.why.not_domain", wants = wants),
        What::Address => tr!("trace.why.listens", wants = wants),
        What::State => tr!("trace.why.state", has = has),
        What::Matcher => tr!("trace.why.matcher", has = has),
        about if has.is_empty() => tr!("trace.why.none_wanted", what = what(about), wants = wants),
        about => tr!("trace.why.differs", what = what(about), wants = wants, has = has),
    }
}

fn missing(kind: StepKind, about: &What) -> AttrValue {
    match about {
        What::Tls if kind == StepKind::Tls => tr!("trace.why.no_tls"),
        What::Tls => tr!("trace.why.plain"),
        What::Cluster(_) => tr!("trace.why.no_cluster"),
        What::Endpoints => tr!("trace.why.no_endpoints"),
        What::Address => tr!("trace.why.no_listener"),
        What::Protocol => tr!("trace.why.no_http"),
        What::Grpc => tr!("trace.why.no_grpc"),
        What::Labels => tr!("trace.why.no_labels"),
        What::Resource(name) => tr!("trace.why.missing_resource", name = name),
        What::Filter(_) => tr!("trace.why.no_terminal"),
        about => tr!("trace.why.missing", what = what(about)),
    }
}

fn what(about: &What) -> AttrValue {
    match about {
        What::Destination => tr!("trace.what.destination"),
        What::Iptables => tr!("trace.what.iptables"),
        What::Address => tr!("trace.what.address"),
        What::DestinationPort => tr!("trace.what.destination_port"),
        What::DestinationIp => tr!("trace.what.destination_ip"),
        What::ServerName => tr!("trace.what.server_name"),
        What::TransportProtocol => tr!("trace.what.transport_protocol"),
        What::ApplicationProtocols => tr!("trace.what.application_protocols"),
        What::DirectSourceIp => tr!("trace.what.direct_source_ip"),
        What::SourceType => tr!("trace.what.source_type"),
        What::SourceIp => tr!("trace.what.source_ip"),
        What::SourcePort => tr!("trace.what.source_port"),
        What::State => tr!("trace.what.state"),
        What::Matcher => tr!("trace.what.matcher"),
        What::ClientCertificate => tr!("trace.what.client_certificate"),
        What::Protocol => tr!("trace.what.protocol"),
        What::Method => tr!("trace.what.method"),
        What::Path => tr!("trace.what.path"),
        What::Authority => tr!("trace.what.authority"),
        What::RemoteAddress => tr!("trace.what.remote_address"),
        What::Grpc => tr!("trace.what.grpc"),
        What::Fraction => tr!("trace.what.fraction"),
        What::Cel => tr!("trace.what.cel"),
        What::Token => tr!("trace.what.token"),
        What::Upgrade => tr!("trace.what.upgrade"),
        What::Endpoints => tr!("trace.what.endpoints"),
        What::Health => tr!("trace.what.health"),
        What::Labels => tr!("trace.what.labels"),
        What::Tls => tr!("trace.what.tls"),
        What::Status => tr!("trace.what.status"),
        What::Header(name) => tr!("trace.what.header", name = name),
        What::QueryParameter(name) => tr!("trace.what.query_parameter", name = name),
        What::Cookie(name) => tr!("trace.what.cookie", name = name),
        What::Metadata(name) => tr!("trace.what.metadata", name = name),
        What::FilterState(name) => tr!("trace.what.filter_state", name = name),
        What::Policy(name) => tr!("trace.what.policy", name = name),
        What::Cluster(name) => tr!("trace.what.cluster", name = name),
        What::Regex(text) => tr!("trace.what.regex", text = text),
        What::Filter(name) => tr!("trace.what.filter", name = name),
        What::Resource(name) => tr!("trace.what.resource", name = name),
    }
}

/// Envoy's words for an end in a few signs, `503 NC`, and how they are drawn.
pub fn badge(ending: &Ending) -> (AttrValue, Tone) {
    let tone = match ending.outcome {
        Outcome::Routed => Tone::Good,
        Outcome::DirectResponse | Outcome::Redirect => Tone::Note,
        Outcome::NoHealthyUpstream
        | Outcome::NoCluster
        | Outcome::NotFound
        | Outcome::Denied
        | Outcome::NoFilterChain
        | Outcome::TlsRejected
        | Outcome::ProtocolError => Tone::Bad,
    };
    let status = ending.status.map(|it| it.to_string());
    let parts: Vec<&str> = status
        .as_deref()
        .into_iter()
        .chain(Some(ending.flags.as_str()).filter(|it| !it.is_empty()))
        .collect();
    let text = if parts.is_empty() { outcome(ending.outcome) } else { parts.join(" ").into() };
    (text, tone)
}

fn outcome(outcome: Outcome) -> AttrValue {
    match outcome {
        Outcome::Routed => tr!("trace.outcome.routed"),
        Outcome::NoHealthyUpstream => tr!("trace.outcome.no_healthy_upstream"),
        Outcome::NoCluster => tr!("trace.outcome.no_cluster"),
        Outcome::NotFound => tr!("trace.outcome.not_found"),
        Outcome::DirectResponse => tr!("trace.outcome.direct_response"),
        Outcome::Redirect => tr!("trace.outcome.redirect"),
        Outcome::Denied => tr!("trace.outcome.denied"),
        Outcome::NoFilterChain => tr!("trace.outcome.no_filter_chain"),
        Outcome::TlsRejected => tr!("trace.outcome.tls_rejected"),
        Outcome::ProtocolError => tr!("trace.outcome.protocol_error"),
    }
}

/// An end as a sentence, and what to do next; empty where nothing is to be done.
pub fn ending(ending: &Ending) -> (AttrValue, AttrValue) {
    let passes = ending.clusters.is_empty();
    match ending.outcome {
        Outcome::Routed if passes => (tr!("trace.end.handled"), AttrValue::default()),
        Outcome::Routed if ending.clusters.len() > 1 => {
            (tr!("trace.end.routed_several"), AttrValue::default())
        }
        Outcome::Routed => (tr!("trace.end.routed"), tr!("trace.end.routed.next")),
        Outcome::NoHealthyUpstream => {
            (tr!("trace.end.no_healthy_upstream"), tr!("trace.end.no_healthy_upstream.next"))
        }
        Outcome::NoCluster if passes => (tr!("trace.end.no_cluster_named"), AttrValue::default()),
        Outcome::NoCluster => (tr!("trace.end.no_cluster"), tr!("trace.end.no_cluster.next")),
        Outcome::NotFound if ending.virtual_host.is_empty() => {
            (tr!("trace.end.no_virtual_host"), tr!("trace.end.no_virtual_host.next"))
        }
        Outcome::NotFound => (tr!("trace.end.no_route"), tr!("trace.end.no_route.next")),
        Outcome::DirectResponse => (tr!("trace.end.direct_response"), AttrValue::default()),
        Outcome::Redirect => (tr!("trace.end.redirect", to = ending.location), AttrValue::default()),
        Outcome::Denied => (tr!("trace.end.denied"), tr!("trace.end.denied.next")),
        Outcome::NoFilterChain => (tr!("trace.end.no_filter_chain"), tr!("trace.end.no_filter_chain.next")),
        Outcome::TlsRejected => (tr!("trace.end.tls_rejected"), tr!("trace.end.tls_rejected.next")),
        Outcome::ProtocolError => (tr!("trace.end.protocol_error"), tr!("trace.end.protocol_error.next")),
    }
}

pub fn field(field: Field) -> AttrValue {
    match field {
        Field::To => tr!("trace.field.to"),
        Field::Method => tr!("trace.field.method"),
        Field::Path => tr!("trace.field.path"),
        Field::Authority => tr!("trace.field.authority"),
        Field::Headers => tr!("trace.field.headers"),
        Field::From => tr!("trace.field.from"),
        Field::Sni => tr!("trace.field.sni"),
        Field::Alpn => tr!("trace.field.alpn"),
        Field::Identity => tr!("trace.field.identity"),
        Field::Token => tr!("trace.field.token"),
    }
}

/// What is wrong with a field, and what it should be.
pub fn fault(fault: &Fault) -> AttrValue {
    match &fault.kind {
        FaultKind::Empty => tr!("trace.fault.empty"),
        FaultKind::NoSuchHost => tr!("trace.fault.no_such_host"),
        FaultKind::OtherPorts => tr!("trace.fault.other_ports"),
        FaultKind::Url => tr!("trace.fault.url"),
        FaultKind::NoPort => tr!("trace.fault.no_port"),
        FaultKind::BadPort => tr!("trace.fault.bad_port"),
        FaultKind::BadAddress => tr!("trace.fault.bad_address"),
        FaultKind::BadCharacter(it) if it.is_whitespace() => tr!("trace.fault.blank"),
        FaultKind::BadCharacter(it) => tr!("trace.fault.bad_character", it = it.escape_default()),
        FaultKind::NoSlash => tr!("trace.fault.no_slash"),
        FaultKind::BadHeader(line) => tr!("trace.fault.bad_header", line = line),
        FaultKind::BadIdentity => tr!("trace.fault.bad_identity"),
        FaultKind::BadToken => tr!("trace.fault.bad_token"),
    }
}

/// Whether a dump accounts for a line of a log.
pub fn judged(judged: &Judged) -> AttrValue {
    match judged {
        Judged::By(Judgement::Decided) => tr!("trace.judged.decided"),
        Judged::By(Judgement::Beyond) => tr!("trace.judged.beyond"),
        Judged::By(Judgement::Unsure) => tr!("trace.judged.unsure"),
        Judged::By(Judgement::Differs(them)) => {
            let list = them.iter().map(|it| difference(it).to_string()).collect::<Vec<_>>().join("; ");
            tr!("trace.judged.differs", list = list)
        }
        Judged::Unserved(near) if near.is_empty() => tr!("trace.fault.no_such_host"),
        Judged::Unserved(near) => tr!("trace.judged.unserved", near = near.join(", ")),
    }
}

fn difference(it: &Difference) -> AttrValue {
    let or = |it: &str| if it.is_empty() { "–".to_owned() } else { it.to_owned() };
    match it {
        Difference::Cluster(logged, traced) => {
            tr!("trace.differs.cluster", logged = or(logged), traced = or(traced))
        }
        Difference::Route(logged, traced) => {
            tr!("trace.differs.route", logged = or(logged), traced = or(traced))
        }
        Difference::Flags(logged, traced) => {
            tr!("trace.differs.flags", logged = or(logged), traced = or(traced))
        }
        Difference::Status(logged, traced) => tr!("trace.differs.status", logged = logged, traced = traced),
        Difference::Details(logged, traced) => {
            tr!("trace.differs.details", logged = or(logged), traced = or(traced))
        }
    }
}

/// What of a curl command was left out, or taken for granted.
pub fn remark(it: &Remark) -> AttrValue {
    match it {
        Remark::MoreUrls(n) => tr!("trace.curl.more_urls", n = n),
        Remark::Ignored(option) => tr!("trace.curl.ignored", option = option),
        Remark::Certificate(file) => tr!("trace.curl.certificate", file = file),
        Remark::File(file) => tr!("trace.curl.file", file = file),
        Remark::Proxy(proxy) => tr!("trace.curl.proxy", proxy = proxy),
    }
}

/// What is wrong with a curl command.
pub fn curl_fault(fault: &CurlFault) -> AttrValue {
    match fault {
        CurlFault::NoCurl => tr!("trace.curl.none"),
        CurlFault::NoUrl => tr!("trace.curl.no_url"),
        CurlFault::Unclosed(quote) => tr!("trace.curl.unclosed", quote = quote),
        CurlFault::NoValue(option) => tr!("trace.curl.no_value", option = option),
        CurlFault::Url(url) => tr!("trace.curl.url", url = url),
    }
}

/// Why a line of a log was not read, and which part of it was understood.
pub fn log_fault(fault: &LogFault) -> AttrValue {
    match fault {
        LogFault::Keys(keys) => {
            tr!("trace.log.keys", keys = keys.iter().take(12).cloned().collect::<Vec<_>>().join(", "))
        }
        LogFault::Format { time, request, .. } => {
            let understood = [time, request].into_iter().flatten().cloned().collect::<Vec<_>>().join(", ");
            if understood.is_empty() {
                tr!("trace.log.not_understood")
            } else {
                tr!("trace.log.understood", understood = understood)
            }
        }
    }
}
