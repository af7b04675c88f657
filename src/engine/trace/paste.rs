//! A pasted curl command, or lines of an access log: requests for the form, and what the log says of their end.

use super::super::protocol::{Form, Judged, Pasted, PastedLine, PastedLog, Speaks};
use super::Subject;
use super::told::cut;
use crate::capture::{Capture, DocumentId};
use crate::intake::LogClass;
use crate::trace::ask::{self, Logged, Unresolved};
use crate::trace::{Request, Tracer};

/// How many lines are read at once: each is traced.
const LINES: usize = 30;

/// How wide a line of a log may be, in bytes.
const WIDEST: usize = 32_000;

/// The text of a line of an access log. `None` where the document has no such line.
pub fn logged(capture: &Capture, document: DocumentId, number: u32) -> Option<String> {
    let line = capture.log(document)?.of(LogClass::Access).find(|it| it.number == number)?;
    let bytes = line.span.of(&capture.document(document)?.bytes);
    Some(String::from_utf8_lossy(&bytes[..bytes.len().min(WIDEST)]).into_owned())
}

/// Reads what was pasted.
pub fn read(subject: Subject<'_>, tracer: &Tracer<'_>, text: &str) -> Pasted {
    let lines = ask::lines(text);
    let read = lines.iter().any(|it| it.read.is_ok());
    let command = text.split_whitespace().any(|it| it.ends_with("curl") || it.ends_with("curl.exe"));
    if !read && (command || lines.is_empty()) {
        return match ask::curl(text) {
            Ok((request, remarks)) => Pasted::Curl { form: form_of(&request), remarks },
            Err(fault) => Pasted::CurlFault(fault),
        };
    }
    let services = ask::services(subject.capture);
    let more = u32::try_from(lines.len().saturating_sub(LINES)).unwrap_or(u32::MAX);
    let lines = lines.into_iter().take(LINES).map(|line| PastedLine {
        number: u32::try_from(line.number).unwrap_or(u32::MAX),
        read: line.read.map(|logged| {
            let judged = match ask::with_dump(tracer, &services, &logged) {
                Ok((_, _, judgement)) => Judged::By(judgement),
                Err(Unresolved::Nothing { nearest, .. }) => {
                    Judged::Unserved(nearest.iter().take(8).map(|it| cut(it)).collect())
                }
                Err(_) => Judged::Unserved(Vec::new()),
            };
            told(&logged, judged)
        }),
    });
    Pasted::Log { lines: lines.collect(), more }
}

fn told(logged: &Logged, judged: Judged) -> Box<PastedLog> {
    let text = |it: &Option<String>| it.as_deref().map(cut).unwrap_or_default();
    Box::new(PastedLog {
        form: form_of(&logged.request),
        time: text(&logged.time),
        status: logged.code.filter(|it| *it > 0),
        flags: logged.flags.iter().take(16).map(|it| cut(it)).collect(),
        details: [&logged.details, &logged.termination, &logged.transport_failure]
            .into_iter()
            .flatten()
            .map(|it| cut(it))
            .collect(),
        cluster: text(&logged.cluster),
        route: text(&logged.route),
        upstream: text(&logged.upstream_host),
        judged,
    })
}

/// A request as a form.
fn form_of(request: &Request) -> Form {
    let text = |it: &Option<String>| it.clone().unwrap_or_default();
    let protocol = request.protocol();
    let mut out = Form {
        direction: request.direction,
        to: request.to.clone(),
        tls: protocol.tls(),
        speaks: match (protocol.http(), protocol.h2()) {
            (false, _) => Speaks::Tcp,
            (true, true) => Speaks::Http2,
            (true, false) => Speaks::Http1,
        },
        method: text(&request.method),
        path: text(&request.path),
        authority: text(&request.authority),
        from: text(&request.from),
        sni: text(&request.sni),
        alpn: request.alpn.join(", "),
        identity: text(&request.identity),
        ..Form::default()
    };
    let mut lines = Vec::new();
    for (name, value) in &request.headers.0 {
        match value.strip_prefix("Bearer ") {
            Some(token) if name == "authorization" && token.split('.').count() == 3 => {
                out.token = token.to_owned()
            }
            _ => lines.push(format!("{name}: {value}")),
        }
    }
    out.headers = lines.join("\n");
    out
}
