//! A request as it was typed becomes one to trace; what is wrong is said of its field.

use core::net::IpAddr;

use super::super::protocol::{Fault, FaultKind, Field, Form, Speaks};
use super::{Subject, usual};
use crate::trace::{Direction, Protocol, Request, Tracer};

/// A request that can be traced.
pub struct Asked {
    pub request: Request,
    /// The address that a host name led to.
    pub address: Option<String>,
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
    let mut wrong = |field, kind| faults.push(Fault { field, kind, near: Vec::new() });
    characters(form, &mut wrong);
    let http = form.speaks != Speaks::Tcp;
    if http && !form.path.is_empty() && !matches!(form.path.as_bytes().first(), Some(b'/' | b'*')) {
        let url = form.path.contains("://");
        if !url && !form.method.eq_ignore_ascii_case("CONNECT") {
            wrong(Field::Path, FaultKind::NoSlash);
        }
    }
    if !form.from.is_empty() && !is_address(&form.from) {
        wrong(Field::From, FaultKind::BadAddress);
    }
    if !form.identity.is_empty() && !form.identity.contains("://") {
        wrong(Field::Identity, FaultKind::BadIdentity);
    }
    let token = form.token.strip_prefix("Bearer ").unwrap_or(&form.token).trim();
    if !token.is_empty() && token.split('.').count() != 3 {
        wrong(Field::Token, FaultKind::BadToken);
    }
    let mut request = Request::default();
    for (index, line) in form.headers.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        // A pseudo header begins with a colon itself.
        let at = line.char_indices().skip(1).find(|(_, it)| *it == ':').map(|(at, _)| at);
        let named = at.map(|at| (line[..at].trim(), line[at + 1..].trim()));
        match named.filter(|(name, _)| !name.is_empty() && !name.contains([' ', '\t'])) {
            Some((name, value)) => request.headers.add(name, value),
            None => wrong(Field::Headers, FaultKind::BadHeader(u32::try_from(index + 1).unwrap_or(u32::MAX))),
        }
    }
    if !token.is_empty() {
        request.headers.add("authorization", format!("Bearer {token}"));
    }
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let direction = form.direction.unwrap_or_else(|| usual(subject));
    request.direction = Some(direction);
    request.from = some(&form.from).or_else(|| own(subject, direction));
    request.kind = Some(match (form.tls, form.speaks) {
        (false, Speaks::Http1) => Protocol::Http,
        (false, Speaks::Http2) => Protocol::H2c,
        (false, Speaks::Tcp) => Protocol::Tcp,
        (true, Speaks::Http1) => Protocol::TlsHttp,
        (true, Speaks::Http2) => Protocol::TlsH2,
        (true, Speaks::Tcp) => Protocol::Tls,
    });
    if http {
        request.method = some(&form.method);
        request.path = some(&form.path);
    }
    if form.tls {
        request.sni = some(&form.sni);
        request.identity = some(&form.identity);
        let protocols = form.alpn.split(',').map(str::trim).filter(|it| !it.is_empty());
        request.alpn = protocols.map(str::to_owned).collect();
    }
    let address = match destination(tracer, form, direction) {
        Ok((to, authority, address)) => {
            request.to = to;
            request.authority = some(&form.authority).or(authority).filter(|_| http);
            address
        }
        Err(fault) => {
            faults.insert(0, fault);
            None
        }
    };
    if faults.is_empty() { Ok(Asked { request, address }) } else { Err(faults) }
}

/// What no request can have: blanks where they end a word, and control characters.
fn characters(form: &Form, wrong: &mut impl FnMut(Field, FaultKind)) {
    let words = [
        (Field::Method, &form.method),
        (Field::Path, &form.path),
        (Field::Authority, &form.authority),
        (Field::Sni, &form.sni),
        (Field::Identity, &form.identity),
    ];
    for (field, text) in words {
        if let Some(odd) = text.chars().find(|it| it.is_whitespace() || it.is_control()) {
            wrong(field, FaultKind::BadCharacter(odd));
        }
    }
    if let Some(odd) = form.method.chars().find(|it| !it.is_ascii_graphic() && !it.is_whitespace()) {
        wrong(Field::Method, FaultKind::BadCharacter(odd));
    }
    if let Some(odd) = form.headers.chars().find(|it| it.is_control() && !matches!(it, '\n' | '\r' | '\t')) {
        wrong(Field::Headers, FaultKind::BadCharacter(odd));
    }
}

fn is_address(text: &str) -> bool {
    let (host, _) = crate::trace::host_and_port(text);
    host.parse::<IpAddr>().is_ok()
}

/// Who asks, where nobody says it: the workload itself.
fn own(subject: Subject<'_>, direction: Direction) -> Option<String> {
    let own = subject.address();
    (direction == Direction::Outbound && !own.is_empty()).then(|| own.to_owned())
}

/// Where the request goes: an address and port, the authority that a host name implies, and what it was found to be.
fn destination(
    _tracer: &Tracer<'_>,
    form: &Form,
    _direction: Direction,
) -> Result<(String, Option<String>, Option<String>), Fault> {
    let fault = |kind| Fault { field: Field::To, kind, near: Vec::new() };
    if form.to.is_empty() {
        return Err(fault(FaultKind::Empty));
    }
    let (host, port) = crate::trace::host_and_port(&form.to);
    if host.parse::<IpAddr>().is_ok() {
        return match port {
            Some(_) => Ok((form.to.clone(), None, None)),
            None => Err(fault(FaultKind::NoPort)),
        };
    }
    Err(fault(FaultKind::NoSuchHost))
}
