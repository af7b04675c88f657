//! A request as it was typed becomes one to trace; what is wrong is said of its field.

use core::net::IpAddr;

use super::super::protocol::{Chosen, Fault, FaultKind, Field, Form, Speaks};
use super::Subject;
use super::told::cut;
use crate::trace::ask::{self, Candidate, Resolved, Unresolved, Wrong};
use crate::trace::{Direction, Protocol, Request, Tracer, host_and_port};

/// How many other places of a host are told.
const OTHERS: usize = 8;

/// A request that can be traced.
pub struct Asked {
    pub request: Request,
    /// What a host name led to.
    pub chosen: Option<Chosen>,
}

/// What was typed without blanks around it, a URL in `to` taken apart.
pub fn tidy(form: &Form) -> Form {
    let mut out = form.clone();
    for text in [
        &mut out.to,
        &mut out.method,
        &mut out.path,
        &mut out.authority,
        &mut out.from,
        &mut out.sni,
        &mut out.alpn,
        &mut out.identity,
        &mut out.token,
    ] {
        let trimmed = text.trim();
        if trimmed.len() != text.len() {
            *text = trimmed.to_owned();
        }
    }
    let (scheme, rest) = match out.to.split_once("://") {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest.to_owned()),
        None => (String::new(), out.to.clone()),
    };
    match scheme.as_str() {
        "http" => out.tls = false,
        "https" => out.tls = true,
        "grpc" => (out.tls, out.speaks) = (false, Speaks::Http2),
        "tcp" => out.speaks = Speaks::Tcp,
        _ => {}
    }
    // What follows the host in a URL is the path, unless one was typed of its own.
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    if !path.is_empty() && (!scheme.is_empty() || path.starts_with('/')) {
        let path = path.split('#').next().unwrap_or("");
        if out.path.is_empty() || out.path == "/" {
            out.path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        }
        out.to = host.to_owned();
    } else if !scheme.is_empty() {
        out.to = host.to_owned();
    }
    out
}

/// The request that a form says.
///
/// # Errors
/// What is wrong with which field.
pub fn request(subject: Subject<'_>, tracer: &Tracer<'_>, form: &Form) -> Result<Asked, Vec<Fault>> {
    let mut faults = Vec::new();
    let (mut request, lines) = plain(form, &mut faults);
    for fault in ask::check(&request) {
        let field = match fault.field {
            ask::Field::To => Field::To,
            ask::Field::From => Field::From,
            ask::Field::Method => Field::Method,
            ask::Field::Path => Field::Path,
            ask::Field::Authority => Field::Authority,
            ask::Field::Header(_) => Field::Headers,
            ask::Field::Sni => Field::Sni,
            ask::Field::Identity => Field::Identity,
        };
        let line = match fault.field {
            ask::Field::Header(at) => lines.get(at).copied(),
            _ => None,
        };
        let kind = match fault.wrong {
            Wrong::Sign(_) | Wrong::Empty if line.is_some() => FaultKind::BadHeader(line.unwrap_or(0)),
            Wrong::Empty => FaultKind::Empty,
            Wrong::Port => FaultKind::BadPort,
            Wrong::Address => FaultKind::BadAddress,
            Wrong::Sign(sign) => FaultKind::BadCharacter(sign),
            Wrong::Path => FaultKind::NoSlash,
            Wrong::Uri => FaultKind::BadIdentity,
            Wrong::Url => FaultKind::Url,
        };
        faults.push(Fault { field, kind, near: Vec::new() });
    }
    if faults.iter().any(|it| it.field == Field::To) {
        return Err(faults);
    }
    let services = ask::services(subject.capture);
    match ask::resolve(tracer, &services, &request) {
        Ok(Resolved { request: resolved, chosen, others }) => {
            request = resolved;
            if request.from.is_none() {
                request.from = own(subject, &request);
            }
            let chosen = chosen.map(|it| told(&it, &others));
            if faults.is_empty() { Ok(Asked { request, chosen }) } else { Err(faults) }
        }
        Err(unresolved) => {
            faults.insert(0, unserved(&request.to, unresolved));
            Err(faults)
        }
    }
}

/// What the fields say, before the host is looked for; and which line each header is.
fn plain(form: &Form, faults: &mut Vec<Fault>) -> (Request, Vec<u32>) {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let http = form.speaks != Speaks::Tcp;
    let mut request = Request {
        direction: form.direction,
        to: form.to.clone(),
        from: some(&form.from),
        method: some(&form.method).filter(|_| http),
        path: some(&form.path).filter(|_| http),
        authority: some(&form.authority).filter(|_| http),
        ..Request::default()
    };
    request.kind = Some(match (form.tls, form.speaks) {
        (false, Speaks::Http1) => Protocol::Http,
        (false, Speaks::Http2) => Protocol::H2c,
        (false, Speaks::Tcp) => Protocol::Tcp,
        (true, Speaks::Http1) => Protocol::TlsHttp,
        (true, Speaks::Http2) => Protocol::TlsH2,
        (true, Speaks::Tcp) => Protocol::Tls,
    });
    if form.tls {
        request.sni = some(&form.sni);
        request.identity = some(&form.identity);
        let protocols = form.alpn.split(',').map(str::trim).filter(|it| !it.is_empty());
        request.alpn = protocols.map(str::to_owned).collect();
    }
    let mut lines = Vec::new();
    if !http {
        return (request, lines);
    }
    for (line, text) in (1..).zip(form.headers.lines()) {
        if text.trim().is_empty() {
            continue;
        }
        // A pseudo header begins with a colon itself.
        let colon = text.char_indices().skip(1).find(|(_, it)| *it == ':').map(|(at, _)| at);
        match colon {
            Some(at) => {
                request.headers.add(text[..at].trim(), text[at + 1..].trim());
                lines.push(line);
            }
            None => faults.push(Fault {
                field: Field::Headers,
                kind: FaultKind::BadHeader(line),
                near: Vec::new(),
            }),
        }
    }
    let token = form.token.strip_prefix("Bearer ").unwrap_or(&form.token).trim();
    if !token.is_empty() {
        if token.split('.').count() != 3 {
            faults.push(Fault { field: Field::Token, kind: FaultKind::BadToken, near: Vec::new() });
        }
        request.headers.add("authorization", format!("Bearer {token}"));
    }
    (request, lines)
}

/// Who asks, where nobody says it: the workload itself, for what leaves its pod.
fn own(subject: Subject<'_>, request: &Request) -> Option<String> {
    let own = subject.address();
    let leaves = match request.direction {
        Some(direction) => direction == Direction::Outbound,
        None => host_and_port(&request.to).0 != own,
    };
    (leaves && !own.is_empty()).then(|| own.to_owned())
}

/// Where a host was found to be served.
fn told(chosen: &Candidate, others: &[Candidate]) -> Chosen {
    Chosen {
        host: cut(&chosen.host),
        port: chosen.port,
        address: chosen.address.map(|it| it.to_string()).unwrap_or_default(),
        others: others.iter().take(OTHERS).map(at).collect(),
    }
}

fn at(it: &Candidate) -> String {
    cut(&format!("{}:{}", it.host, it.port))
}

/// Why there is no address for a host.
fn unserved(to: &str, why: Unresolved) -> Fault {
    let (host, port) = host_and_port(to);
    let fault = |kind, near| Fault { field: Field::To, kind, near };
    match why {
        Unresolved::Nonsense(_) => fault(FaultKind::BadAddress, Vec::new()),
        Unresolved::Nothing { .. } if host.parse::<IpAddr>().is_ok() => fault(FaultKind::NoPort, Vec::new()),
        Unresolved::Nothing { nearest, .. } => {
            let port = port.map(|it| format!(":{it}")).unwrap_or_default();
            let near = nearest.iter().take(OTHERS).map(|it| cut(&format!("{it}{port}")));
            fault(FaultKind::NoSuchHost, near.collect())
        }
        Unresolved::OtherPorts { candidates, .. } => {
            fault(FaultKind::OtherPorts, candidates.iter().take(OTHERS).map(at).collect())
        }
    }
}
