//! `xdscope ask`: the engine's own answer to a question of the page's, as JSON. For tests and for who builds on it.

use std::io::Write;
use std::path::PathBuf;

use xdscope::engine::protocol::Query;

use crate::fail::Failure;

/// Asks the engine as the page does.
#[derive(clap::Args)]
pub struct Args {
    /// A document, a folder or an archive; `-` for standard input.
    #[arg(short, long, value_name = "PATH")]
    file: PathBuf,
    /// Questions as JSON; each answer is a line.
    #[arg(required = true, value_name = "QUERY")]
    queries: Vec<String>,
}

/// # Errors
/// Where nothing can be read, or a question is none.
pub fn run(args: &Args, out: &mut impl Write) -> Result<(), Failure> {
    let mut engine = crate::open::open(&args.file)?;
    for query in &args.queries {
        let query: Query = serde_json::from_str(query)
            .map_err(|error| Failure::Usage(format!("{query}: no question: {error}")))?;
        let answer = serde_json::to_string(&engine.ask(&query))
            .map_err(|error| Failure::Input(format!("the answer cannot be written: {error}")))?;
        writeln!(out, "{answer}")?;
    }
    Ok(())
}
