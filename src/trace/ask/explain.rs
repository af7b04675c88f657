//! Whether a dump accounts for a line of an access log: the request is traced, and what the log says is compared.

use super::super::request::Request;
use super::super::source::Tracer;
use super::super::step::{Outcome, Trace, Verdict};
use super::host::{Resolved, Service, Unresolved, resolve};
use super::log::Logged;

/// What a line says, and the trace does not.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// The cluster: logged, traced.
    Cluster(String, String),
    /// The route: logged, traced.
    Route(String, String),
    /// The flags that a configuration decides: logged, traced.
    Flags(String, String),
    /// The status that Envoy itself answers: logged, traced.
    Status(u16, u16),
    /// Response code details: logged, traced.
    Details(String, String),
}

/// Whether a dump accounts for a line.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// The configuration decides just this end.
    Decided,
    /// The configuration sends the request just there; how it ended was not the configuration's doing.
    Beyond,
    /// The dump says something else, but does not decide it: chance, a script, a certificate that the log does not tell.
    Unsure,
    /// The dump says something else: it is of another time or proxy, or the line lacks what decided (a header).
    Differs(Vec<Difference>),
}

/// Traces a logged request by the dump and judges the line.
///
/// # Errors
/// Where the line has no address, and no host that the proxy serves.
pub fn with_dump(
    tracer: &Tracer<'_>,
    services: &[Service],
    logged: &Logged,
) -> Result<(Resolved, Trace, Judgement), Unresolved> {
    let resolved = resolve(tracer, services, &logged.request)?;
    let traced = super::super::trace(tracer, &resolved.request, true);
    let judgement = judge(logged, &resolved.request, &traced.verdict);
    Ok((resolved, traced, judgement))
}

/// Compares what a line says with a verdict.
pub fn judge(logged: &Logged, request: &Request, traced: &Verdict) -> Judgement {
    let mut out = Vec::new();
    let own = [Outcome::Routed, Outcome::NoHealthyUpstream];
    let traced_cluster = traced.clusters.join(", ");
    match &logged.cluster {
        Some(name) if !traced.clusters.contains(name) => {
            out.push(Difference::Cluster(name.clone(), traced_cluster));
        }
        None if own.contains(&traced.outcome) && !decided_before(logged) => {
            out.push(Difference::Cluster(String::new(), traced_cluster));
        }
        _ => {}
    }
    let route = traced.route.clone().unwrap_or_default();
    if let Some(logged) = logged.route.as_ref().filter(|it| **it != route) {
        out.push(Difference::Route(logged.clone(), route));
    }
    let said: Vec<&str> = logged.flags.iter().map(String::as_str).filter(|it| DECIDED.contains(it)).collect();
    let said = said.join(",");
    if said != traced.flags {
        out.push(Difference::Flags(said, traced.flags.to_owned()));
    }
    if let (Some(logged), Some(traced)) = (logged.code, traced.status)
        && logged != traced
    {
        out.push(Difference::Status(logged, traced));
    }
    let head = |it: &str| it.split('{').next().unwrap_or(it).to_owned();
    let details = logged.details.as_ref().or(logged.termination.as_ref());
    match (details, &traced.details) {
        (Some(logged), Some(traced)) if head(logged) != head(traced) => {
            out.push(Difference::Details(logged.clone(), traced.clone()));
        }
        _ => {}
    }
    // Whose certificate the client had is in no log.
    let blind = request.kind.is_some_and(super::super::Protocol::tls) && request.identity.is_none();
    match () {
        () if !out.is_empty() && (!traced.certain || blind) => Judgement::Unsure,
        () if !out.is_empty() => Judgement::Differs(out),
        () if traced.outcome == Outcome::Routed => Judgement::Beyond,
        () => Judgement::Decided,
    }
}

/// Flags that a configuration decides.
const DECIDED: [&str; 3] = ["NR", "NC", "UH"];

/// Whether a line says of itself that the request never came to a cluster.
fn decided_before(logged: &Logged) -> bool {
    logged.flags.iter().any(|it| matches!(it.as_str(), "UAEX" | "RL" | "DC" | "OM" | "DPE"))
}
