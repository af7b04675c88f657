//! The engine in a terminal.

mod ask;
mod authz;
mod choose;
mod comparison;
mod diff;
mod elsewhere;
mod fail;
mod graph;
mod known;
mod lint;
mod ls;
mod open;
mod proxy_config;
mod proxy_status;
mod redact;
mod trace;
mod ztunnel_config;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use fail::Failure;

/// Reads what Envoy and Istio say of themselves: sync state, tables, the way of a request; from files alone.
#[derive(clap::Parser)]
#[command(version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    #[command(hide = true)]
    Ask(ask::Args),
    Authz(authz::Args),
    Diff(diff::Args),
    Explain(lint::Explain),
    Lint(lint::Args),
    Graph(graph::Args),
    Ls(ls::Args),
    #[command(alias = "pc")]
    ProxyConfig(proxy_config::Args),
    #[command(alias = "zc")]
    ZtunnelConfig(ztunnel_config::Args),
    Trace(Box<trace::Args>),
    #[command(alias = "ps")]
    ProxyStatus(proxy_status::Args),
    Redact(redact::Args),
}

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage(&error),
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let done = match &args.command {
        Command::Ask(args) => ask::run(args, &mut out),
        Command::Authz(args) => authz::run(args, &mut out),
        Command::Diff(args) => diff::run(args, &mut out),
        Command::Explain(args) => lint::explain(args, &mut out),
        Command::Lint(args) => lint::run(args, &mut out),
        Command::Graph(args) => graph::run(args, &mut out),
        Command::Ls(args) => ls::run(args, &mut out),
        Command::ProxyConfig(args) => proxy_config::run(args, &mut out),
        Command::ZtunnelConfig(args) => ztunnel_config::run(args, &mut out),
        Command::Trace(args) => trace::run(args, &mut out),
        Command::ProxyStatus(args) => proxy_status::run(args, &mut out),
        Command::Redact(args) => redact::run(args, &mut out),
    };
    match done.and_then(|()| out.flush().map_err(Failure::from)) {
        Ok(()) | Err(Failure::Closed) => ExitCode::SUCCESS,
        Err(Failure::Found) => ExitCode::from(3),
        Err(failure) => {
            let _ = out.flush();
            eprintln!("xdscope: {failure}");
            match failure {
                Failure::Usage(_) => ExitCode::from(2),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

/// Help is printed whole; an error in one line, as all of ours.
fn usage(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    match text.lines().next().and_then(|it| it.strip_prefix("error: ")) {
        Some(first) if !first.ends_with(':') => eprintln!("xdscope: {first}; see xdscope help"),
        // The line only announces a list.
        Some(_) => {
            let lines: Vec<&str> = text.lines().take_while(|it| !it.is_empty()).map(str::trim).collect();
            let line = lines.join(" ");
            eprintln!("xdscope: {}; see xdscope help", line.strip_prefix("error: ").unwrap_or(&line));
        }
        None => {
            let _ = error.print();
        }
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}
