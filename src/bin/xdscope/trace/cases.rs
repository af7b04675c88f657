//! Many requests from a file, a verdict a line.

use std::io::{BufRead, Write};
use std::path::Path;

use xdscope::trace::{Request, ask, trace};

use super::Asker;
use super::explain;
use super::print::Line;
use crate::fail::Failure;

/// One verdict a line. A line that is no request is told on standard error, with its number, and answered by nothing.
///
/// # Errors
/// Where the file cannot be read, or standard output fails.
pub fn run(asker: &Asker<'_>, path: &Path, out: &mut impl Write) -> Result<(), Failure> {
    let reader: Box<dyn BufRead> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        let file = std::fs::File::open(path).map_err(|source| Failure::unreadable(path, source))?;
        Box::new(std::io::BufReader::new(file))
    };
    for (number, line) in reader.lines().enumerate() {
        let line = line.map_err(|source| Failure::unreadable(path, source))?;
        if line.trim().is_empty() {
            continue;
        }
        if let Err(trouble) = one(asker, &line, out)? {
            eprintln!("xdscope: {}: line {}: {trouble}", path.display(), number + 1);
        }
    }
    Ok(())
}

fn one(asker: &Asker<'_>, line: &str, out: &mut impl Write) -> Result<Result<(), String>, Failure> {
    let request = match serde_json::from_str::<Request>(line) {
        Ok(request) => request,
        Err(fault) => return Ok(Err(fault.to_string())),
    };
    // Whatever is no address is a host; the rest is sent as it is, nonsense too.
    let resolved = match ask::resolve(&asker.tracer, &asker.services, &request) {
        Ok(it) => it.request,
        Err(why) if request.listener.is_none() => return Ok(Err(explain::unresolved(&why))),
        Err(_) => request,
    };
    let traced = trace(&asker.tracer, &resolved, false);
    let (id, verdict) = (&resolved.id, &traced.verdict);
    let line = Line { id, verdict, resolved: None, steps: None, misses: None, next: None };
    serde_json::to_writer(&mut *out, &line).map_err(|it| Failure::from(std::io::Error::from(it)))?;
    writeln!(out)?;
    Ok(Ok(()))
}
