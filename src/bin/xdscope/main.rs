//! The engine in a terminal.

mod explain;
mod fail;
mod ls;
mod open;
mod trace;

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
    Ls(ls::Args),
    Trace(Box<trace::Args>),
}

fn main() -> ExitCode {
    // clap itself leaves with status 2 for wrong usage.
    let args = Args::parse();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let done = match &args.command {
        Command::Ls(args) => ls::run(args, &mut out),
        Command::Trace(args) => trace::run(args, &mut out),
    };
    match done.and_then(|()| out.flush().map_err(Failure::from)) {
        Ok(()) | Err(Failure::Closed) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = out.flush();
            eprintln!("xdscope: {failure}");
            ExitCode::FAILURE
        }
    }
}
