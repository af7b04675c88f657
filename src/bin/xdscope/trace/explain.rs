//! The sentences of a trace.

use xdscope::envoy::ServiceKey;
use xdscope::trace::ask::{
    Candidate, CurlFault, Difference, Evidence, Fault, Field, Judgement, LogFault, Remark, Unresolved, Wrong,
};
use xdscope::trace::{Miss, Outcome, StepKind, Trace, Verdict, What, Why};

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
        StepKind::Priority => "Priority",
        StepKind::Locality => "Locality",
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
        Why::Endpoint(health, priority, locality) if locality.is_empty() => {
            format!("health {health}, priority {priority}")
        }
        Why::Endpoint(health, priority, locality) => {
            format!("health {health}, priority {priority}, {locality}")
        }
        Why::Upstream(sni, certificate, names) => {
            format!("TLS SNI {sni}, certificate {certificate}, expects {names}")
        }
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

/// What was nearly taken.
pub fn miss(it: &Miss) -> String {
    let kind = kind(it.kind).to_lowercase();
    let name = if it.name.is_empty() { "(unnamed)" } else { &it.name };
    let lacks: Vec<String> = it.lacks.iter().map(why).collect();
    let away = match it.lacks.len() {
        1 => "one thing",
        _ => "two things",
    };
    format!("{away} away from {kind} {name}: {}", lacks.join("; "))
}

/// What to do next about an end; nothing where all is well.
pub fn next(traced: &Trace) -> Option<String> {
    let it = &traced.verdict;
    let cluster = it.clusters.first().map_or("", String::as_str);
    let key = ServiceKey::parse(cluster);
    let subset = key.filter(|it| !it.subset.is_empty());
    // What a step says of a cluster or of its endpoints.
    let said = |kind: StepKind, says: fn(&Why) -> bool| {
        traced.steps.iter().any(|it| it.kind == kind && it.considered.iter().any(|it| says(&it.why)))
    };
    let endpoints = traced.steps.iter().filter(|it| it.kind == StepKind::Endpoints);
    let unhealthy =
        endpoints.flat_map(|it| &it.considered).any(|it| !it.won && matches!(it.why, Why::Endpoint(..)));
    let warming = said(StepKind::Cluster, |it| matches!(it, Why::Differs(What::State, ..)));
    let known = traced
        .steps
        .iter()
        .any(|it| it.kind == StepKind::VirtualHost && it.considered.iter().any(|it| it.won));
    let text = match it.outcome {
        Outcome::Routed if cluster == "PassthroughCluster" => {
            "This proxy knows no service at that address: it passes the connection on as it is. If a service was meant, \
             look whether its host, port and exportTo reach this proxy."
                .to_owned()
        }
        Outcome::Routed if cluster == "BlackHoleCluster" => {
            "Nothing may leave to addresses that the mesh does not know (outboundTrafficPolicy REGISTRY_ONLY).".to_owned()
        }
        Outcome::Routed => return None,
        Outcome::NoHealthyUpstream if unhealthy => {
            format!("All endpoints of {cluster} are unhealthy: look at outlier detection, health checks and readiness.")
        }
        Outcome::NoHealthyUpstream => match subset {
            Some(key) => format!(
                "Subset {} of {} has no pods: compare its labels in the DestinationRule with the pods', and their readiness.",
                key.subset, key.host
            ),
            None => format!("{cluster} has no endpoints: look at the service's selector, its pods and their readiness."),
        },
        Outcome::NoCluster if warming => {
            format!("{cluster} is warming: its endpoints or its certificate never came. Look at what it waits for.")
        }
        Outcome::NoCluster => match subset {
            Some(key) => format!(
                "No DestinationRule that this proxy was told of has subset {} of {}; or the proxy is stale: compare it \
                 with the control plane (xdscope proxy-status --proxy).",
                key.subset, key.host
            ),
            None => "The route's destination is no service that this proxy was told of; or the proxy is stale: compare it \
                     with the control plane (xdscope proxy-status --proxy)."
                .to_owned(),
        },
        Outcome::NotFound if known => {
            "A virtual host answers for that authority, but none of its routes takes the request: see above what each wants."
                .to_owned()
        }
        Outcome::NotFound => {
            "No virtual host answers for that authority: compare it with the hosts of Gateway and VirtualService.".to_owned()
        }
        Outcome::Denied => "See above which filter and policy decided.".to_owned(),
        Outcome::NoFilterChain => {
            "Compare port, server name and protocol with what the filter chains want, above.".to_owned()
        }
        Outcome::TlsRejected => {
            "Look at what the server wants of the client's certificate (mutual TLS), and whether the client speaks TLS at all."
                .to_owned()
        }
        Outcome::DirectResponse | Outcome::Redirect => return None,
        Outcome::ProtocolError => "What the client sends is not what this listener takes: see above.".to_owned(),
    };
    Some(format!("Next: {text}"))
}

/// Which formats of access logs are read.
pub const FORMATS: &str =
    "Envoy's default text, Istio's text (any version) and JSON with Istio's keys are read";

/// A line of a log that was not understood.
pub fn log_fault(fault: &LogFault) -> String {
    match fault {
        LogFault::Keys(keys) => {
            format!("JSON, but with none of Istio's keys: {}; {FORMATS}", keys.join(", "))
        }
        LogFault::Format { time, request, rest } => {
            let mut understood: Vec<String> = Vec::new();
            understood.extend(time.as_ref().map(|it| format!("time {it}")));
            understood.extend(request.as_ref().map(|it| format!("request {it}")));
            let understood = match understood.as_slice() {
                [] => "nothing of it was understood".to_owned(),
                some => format!("understood: {}", some.join(", ")),
            };
            let rest = rest.as_ref().map_or_else(String::new, |it| format!("; not understood: {it}"));
            format!("a format of its own; {understood}{rest}; {FORMATS}")
        }
    }
}

/// Whether a dump accounts for a line.
pub fn judgement(it: &Judgement) -> String {
    let list = |them: &[Difference]| them.iter().map(difference).collect::<Vec<_>>().join("; ");
    match it {
        Judgement::Decided => "explained: this configuration ends the request just so".to_owned(),
        Judgement::Beyond => {
            "explained: this configuration sends it just there; what happened then was not its doing".to_owned()
        }
        Judgement::Unsure => {
            "not decided: the dump says otherwise, but not for sure (chance, a script, or a certificate that no log tells)"
                .to_owned()
        }
        Judgement::Differs(them) => format!(
            "not explained: {}; the dump is of another time or proxy, or a header that no log tells decided",
            list(them)
        ),
    }
}

fn difference(it: &Difference) -> String {
    let of = |what: &str, logged: &str, traced: &str| {
        let or = |it: &str| if it.is_empty() { "none".to_owned() } else { it.to_owned() };
        format!("{what}: logged {}, by the dump {}", or(logged), or(traced))
    };
    match it {
        Difference::Cluster(logged, traced) => of("cluster", logged, traced),
        Difference::Route(logged, traced) => of("route", logged, traced),
        Difference::Flags(logged, traced) => of("flags", logged, traced),
        Difference::Status(logged, traced) => of("status", &logged.to_string(), &traced.to_string()),
        Difference::Details(logged, traced) => of("details", logged, traced),
    }
}

/// Where a host is served.
pub fn place(it: &Candidate) -> String {
    let address =
        it.address.map_or_else(|| "an address that the dump does not tell".to_owned(), |it| it.to_string());
    let evidence: Vec<String> = it.evidence.iter().map(evidence).collect();
    let unknown = if matches!(it.evidence.as_slice(), [Evidence::Registry]) {
        " (only that: this proxy was not told of the service)"
    } else {
        ""
    };
    format!("{} port {} at {address}: {}{unknown}", it.host, it.port, evidence.join(", "))
}

/// The same, in few words.
pub fn short(it: &Candidate) -> String {
    format!("{}:{}", it.host, it.port)
}

fn evidence(it: &Evidence) -> String {
    match it {
        Evidence::VirtualHost(name, routes) => format!("virtual host {name} of routes {routes}"),
        Evidence::Cluster(name) => format!("cluster {name}"),
        Evidence::Listener(name) => format!("listener {name}"),
        Evidence::FilterChain(name) if name.is_empty() => "a filter chain's server names".to_owned(),
        Evidence::FilterChain(name) => format!("filter chain {name}"),
        Evidence::Registry => "istiod's registry".to_owned(),
        Evidence::Endpoint => "its first endpoint".to_owned(),
        Evidence::Own => "the proxy's own pod".to_owned(),
    }
}

/// Why a host has no address.
pub fn unresolved(why: &Unresolved) -> String {
    match why {
        Unresolved::Nonsense(fault) => self::fault(fault),
        Unresolved::Nothing { host, nearest } if nearest.is_empty() => {
            format!(
                "{host}: nothing here serves that host, and no name is like it; an ADDRESS:PORT can be traced always"
            )
        }
        Unresolved::Nothing { host, nearest } => {
            format!("{host}: nothing here serves that host; near it: {}", nearest.join(", "))
        }
        Unresolved::OtherPorts { host, port, candidates } => {
            let all: Vec<String> = candidates.iter().map(short).collect();
            format!("{host}: not served on port {port}; there is: {}", all.join(", "))
        }
    }
}

/// Nonsense in a field.
pub fn fault(fault: &Fault) -> String {
    let field = match fault.field {
        Field::To => "--to",
        Field::From => "--from",
        Field::Method => "--method",
        Field::Path => "--path",
        Field::Authority => "--authority",
        Field::Header(_) => "--header",
        Field::Sni => "--sni",
        Field::Identity => "--identity",
    };
    let wrong = match fault.wrong {
        Wrong::Empty => "nothing is there".to_owned(),
        Wrong::Port => "a port is a number from 1 to 65535".to_owned(),
        Wrong::Address => "must be an IP address, with a port or without".to_owned(),
        Wrong::Sign(sign) => format!("{sign:?} cannot be in it"),
        Wrong::Path => "a path begins with /".to_owned(),
        Wrong::Uri => "must be a URI; for instance spiffe://cluster.local/ns/default/sa/bookinfo".to_owned(),
        Wrong::Url => "is a URL; give its host here, or all of it to --curl 'curl URL'".to_owned(),
    };
    format!("{field} {:?}: {wrong}", fault.value)
}

/// What is no curl command.
pub fn curl_fault(fault: &CurlFault) -> String {
    match fault {
        CurlFault::NoCurl => "--curl: there is no word curl in it".to_owned(),
        CurlFault::NoUrl => "--curl: there is no URL in it".to_owned(),
        CurlFault::Unclosed(quote) => format!("--curl: a quote {quote} is not closed"),
        CurlFault::NoValue(option) => format!("--curl: {option} has no value"),
        CurlFault::Url(url) => format!("--curl: {url:?} is no URL of http or https"),
    }
}

/// What of a curl command was left out.
pub fn remark(it: &Remark) -> String {
    match it {
        Remark::MoreUrls(count) => format!("the command has {count} URLs; the first is traced"),
        Remark::Ignored(option) => format!("curl's {option} is not looked at"),
        Remark::Certificate(file) => {
            format!("whose certificate {file} holds is not in the command; say it with --identity")
        }
        Remark::File(file) => format!("what the file {file} holds is not in the command"),
        Remark::Proxy(proxy) => {
            format!("curl would ask the proxy {proxy} first; this is traced as if it did not")
        }
    }
}
