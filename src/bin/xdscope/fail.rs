//! How a command fails: one line that says what, where, and what to do.

use std::path::Path;

/// Why a command cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The path cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// The path.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// What was found there is not what the command needs.
    #[error("{0}")]
    Input(String),
    /// What was asked for makes no sense.
    #[error("{0}")]
    Usage(String),
    /// `lint --fail-on` is met: told by the status alone.
    #[error("there are findings")]
    Found,
    /// The reader of our output is gone (a closed pipe): nobody is left to be told.
    #[error("standard output is closed")]
    Closed,
}

impl Failure {
    pub fn unreadable(path: &Path, source: std::io::Error) -> Failure {
        Failure::Unreadable { path: path.display().to_string(), source }
    }
}

impl From<std::io::Error> for Failure {
    /// What goes wrong while printing.
    fn from(source: std::io::Error) -> Failure {
        match source.kind() {
            std::io::ErrorKind::BrokenPipe => Failure::Closed,
            _ => Failure::Unreadable { path: "standard output".to_owned(), source },
        }
    }
}
