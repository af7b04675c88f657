#![doc = include_str!("README.md")]

mod address;
mod aggregate;
mod arrival;
pub mod ask;
mod balance;
mod buffer;
mod cel;
mod client;
mod cluster;
mod codec;
mod extras;
mod faults;
mod filter_chain;
mod format;
mod hbone;
mod http;
mod http_filters;
mod http_options;
mod jwt;
mod listener_filters;
mod local_reply;
mod matcher;
mod metadata;
mod network;
mod path;
mod per_route;
mod rbac;
pub mod regex;
mod request;
mod route_action;
mod route_match;
mod run;
mod scope;
mod signature;
mod source;
mod step;
mod subset;
#[cfg(test)]
mod tests;
mod text_match;
mod tls;
mod token;
mod transport_socket;
mod uri_template;
mod virtual_host;

pub use request::{Direction, Headers, Protocol, Request, host_and_port};
pub use source::{Kept, Source, Tracer};
pub use step::{Considered, Miss, Outcome, Step, StepKind, Trace, Verdict, What, Why};

use run::{Flow, Run};

/// Takes a request through the proxy; without `telling` only the verdict is made.
pub fn trace(tracer: &Tracer<'_>, request: &Request, telling: bool) -> Trace {
    let mut run = Run::new(tracer, request, telling);
    // Either way the verdict is in.
    let _: Flow<()> = way(&mut run);
    run.finish()
}

fn way(run: &mut Run<'_, '_>) -> Flow<()> {
    let mut listener = arrival::first(run)?;
    listener_filters::run_all(run, listener);
    if let Some(next) = arrival::hand_on(run, listener)? {
        listener = next;
        listener_filters::run_all(run, listener);
    }
    let chain = filter_chain::choose(run, listener)?;
    match network::run_all(run, chain)? {
        network::Next::Http(manager) => http::serve(run, manager),
        network::Next::Done => Ok(()),
    }
}
