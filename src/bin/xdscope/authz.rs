//! `xdscope authz check`: the authorization policies that a proxy has, as istioctl prints them.

use std::io::Write;

use xdscope::tables::{Lack, authz};

use crate::fail::Failure;
use crate::proxy_config::{Opened, Source};

/// Authorization.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// The AuthorizationPolicies that are in force.
    Check(Source),
}

/// # Errors
/// Where there is no dump with listeners.
pub fn run(args: &Args, out: &mut impl Write) -> Result<(), Failure> {
    let Command::Check(source) = &args.command;
    let engine = crate::open::open(&source.file)?;
    let of = Opened::choose(engine.capture(), source)?;
    let table = authz::rows(of.dump);
    if let Err(lack @ Lack::Empty { .. }) = &table {
        // No listener, no policy: istioctl prints nothing either.
        eprintln!("xdscope: {}", of.lack(lack));
        return Ok(());
    }
    let rows = of.rows(table)?;
    Ok(out.write_all(authz::text(&rows).as_bytes())?)
}
