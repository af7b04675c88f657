//! The engine in a terminal.

mod authz;
mod choose;
mod fail;
mod ls;
mod open;
mod proxy_config;

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
    Authz(authz::Args),
    Ls(ls::Args),
    #[command(alias = "pc")]
    ProxyConfig(proxy_config::Args),
}

fn main() -> ExitCode {
    // clap itself leaves with status 2 for wrong usage.
    let args = Args::parse();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let done = match &args.command {
        Command::Authz(args) => authz::run(args, &mut out),
        Command::Ls(args) => ls::run(args, &mut out),
        Command::ProxyConfig(args) => proxy_config::run(args, &mut out),
    };
    match done.and_then(|()| out.flush().map_err(Failure::from)) {
        Ok(()) | Err(Failure::Closed) => ExitCode::SUCCESS,
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
