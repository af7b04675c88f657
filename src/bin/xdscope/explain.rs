//! The sentences of a trace.

use xdscope::trace::{Outcome, StepKind, Verdict, What, Why};

/// What a step decides.
pub fn kind(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Listener => "Listener",
        StepKind::ListenerFilter => "Listener filter",
        StepKind::FilterChain => "Filter chain",
        StepKind::Tls => "TLS handshake",
        StepKind::NetworkFilter => "Network filter",
        StepKind::HttpOptions => "HTTP options",
        StepKind::RouteConfiguration => "Route configuration",
        StepKind::VirtualHost => "Virtual host",
        StepKind::Route => "Route",
        StepKind::HttpFilter => "HTTP filter",
        StepKind::Action => "Action",
        StepKind::Cluster => "Cluster",
        StepKind::Endpoints => "Endpoints",
        StepKind::TransportSocket => "Transport socket",
    }
}

/// Why something was taken, or not.
pub fn why(why: &Why) -> String {
    match why {
        Why::Taken => "taken".to_owned(),
        Why::Meets(about, value) if value.is_empty() => format!("by its {}", what(about)),
        Why::Meets(about, value) => format!("{} {value}", what(about)),
        Why::Differs(about, wants, has) if has.is_empty() => {
            format!("{}: wants {wants}, there is none", what(about))
        }
        Why::Differs(about, wants, has) => format!("{}: wants {wants}, there is {has}", what(about)),
        Why::Missing(about) => format!("{} is missing", what(about)),
        Why::Unwanted(about) => format!("{} decides against it", what(about)),
        Why::Earlier => "not looked at: another was taken before".to_owned(),
        Why::Disabled => "switched off".to_owned(),
        Why::Passes => "lets it pass".to_owned(),
        Why::Beyond(about, value) => {
            format!("a dump cannot say: {} {value}", what(about)).trim_end().to_owned()
        }
        Why::Share(percent) => format!("{percent} % of requests"),
    }
}

fn what(about: &What) -> String {
    let fixed = match about {
        What::Destination => "destination",
        What::Iptables => "iptables,",
        What::Address => "address",
        What::DestinationPort => "destination port",
        What::DestinationIp => "destination address",
        What::ServerName => "server name (SNI)",
        What::TransportProtocol => "transport protocol",
        What::ApplicationProtocols => "application protocols",
        What::DirectSourceIp => "address that connects directly",
        What::SourceType => "source type",
        What::SourceIp => "source address",
        What::SourcePort => "source port",
        What::State => "state",
        What::Matcher => "matcher",
        What::ClientCertificate => "client certificate",
        What::Protocol => "protocol",
        What::Method => "method",
        What::Path => "path",
        What::Authority => "authority",
        What::RemoteAddress => "client address",
        What::Grpc => "a gRPC content type",
        What::Fraction => "a share of requests",
        What::Cel => "a CEL condition",
        What::Token => "token",
        What::Upgrade => "upgrade",
        What::Endpoints => "an endpoint",
        What::Health => "health",
        What::Labels => "a wanted label",
        What::Tls => "TLS",
        What::Status => "status",
        What::Header(name) => return format!("header {name}"),
        What::QueryParameter(name) => return format!("query parameter {name}"),
        What::Cookie(name) => return format!("cookie {name}"),
        What::Metadata(name) => return format!("metadata of {name}"),
        What::FilterState(name) => return format!("filter state {name}"),
        What::Policy(name) => return format!("policy {name}"),
        What::Cluster(name) => return format!("cluster {name}"),
        What::Regex(regex) => return format!("regular expression {regex}"),
        What::Filter(name) => return format!("filter {name}"),
        What::Resource(name) => return format!("resource {name}"),
    };
    fixed.to_owned()
}

/// How a request ends, in a sentence with Envoy's words.
pub fn verdict(it: &Verdict) -> String {
    let clusters = it.clusters.join(", ");
    let route = it.route.as_deref().map_or_else(String::new, |name| format!(" by route {name}"));
    let mut out = match it.outcome {
        Outcome::Routed if clusters.is_empty() => "=> handled".to_owned(),
        Outcome::Routed => format!("=> routed{route} to {clusters}"),
        Outcome::NoHealthyUpstream => {
            format!("=> no healthy upstream: {clusters} has no endpoint for it{route}")
        }
        Outcome::NoCluster => format!("=> no cluster: {clusters} is not there{route}"),
        Outcome::NotFound => "=> not found: no route takes it".to_owned(),
        Outcome::DirectResponse => format!("=> Envoy answers itself{route}"),
        Outcome::Redirect => format!("=> redirect{route} to {}", it.location.as_deref().unwrap_or("nowhere")),
        Outcome::Denied => "=> denied".to_owned(),
        Outcome::NoFilterChain => "=> no filter chain takes the connection".to_owned(),
        Outcome::TlsRejected => "=> the TLS handshake fails".to_owned(),
        Outcome::ProtocolError => "=> Envoy refuses the request itself".to_owned(),
    };
    if let Some(status) = it.status {
        out.push_str(&format!(", status {status}"));
    }
    if !it.flags.is_empty() {
        out.push_str(&format!(", flags {}", it.flags));
    }
    if let Some(details) = &it.details {
        out.push_str(&format!(", details {details}"));
    }
    if !it.certain {
        out.push_str(" (not certain: see the steps)");
    }
    out
}
