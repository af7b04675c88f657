//! The document that a table is made of.

use xdscope::capture::{Capture, Document};
use xdscope::intake::Stop;
use xdscope::tables::{Dump, Lack, Listing, Unread};

use super::Source;
use crate::choose::{self, CONFIG_DUMP};
use crate::fail::Failure;

/// A config dump, and the path that errors name.
pub struct Opened<'c> {
    path: String,
    document: &'c Document,
    /// The dump.
    pub dump: Dump<'c>,
}

impl<'c> Opened<'c> {
    /// The config dump that is asked for.
    ///
    /// # Errors
    /// Where there is none, or a choice to be made.
    pub fn choose(capture: &'c Capture, source: &Source) -> Result<Opened<'c>, Failure> {
        Opened::of(choose::document(capture, &source.file, source.proxy.as_deref(), &CONFIG_DUMP)?, source)
    }

    /// A document that is a config dump.
    ///
    /// # Errors
    /// Where it is none.
    pub fn of(document: &'c Document, source: &Source) -> Result<Opened<'c>, Failure> {
        let path = source.file.display().to_string();
        let index =
            document.dump().ok_or_else(|| Failure::Input(format!("{path}: its config dump is empty")))?;
        Ok(Opened { path, document, dump: Dump { bytes: &document.bytes, index } })
    }

    /// A lack as an error that says what to do.
    pub fn lack(&self, lack: &Lack) -> Failure {
        match lack {
            Lack::Section(_) => {
                let command = choose::collect(self.document.identity.as_ref(), &CONFIG_DUMP);
                self.failure(format_args!("{lack}; collect a whole one with: {command}"))
            }
            Lack::Empty { .. } => self.failure(lack),
        }
    }

    /// Whose it is, as `POD.NAMESPACE`.
    pub fn name(&self) -> String {
        self.document.identity.as_ref().map(choose::qualified).unwrap_or_default()
    }

    /// An error about this document.
    pub fn failure(&self, what: impl std::fmt::Display) -> Failure {
        Failure::Input(format!("{}: {what}", self.path))
    }

    /// The rows of a table, what is wrong with the rest as remarks.
    ///
    /// # Errors
    /// Where there is no table.
    pub fn rows<R>(&self, table: Result<Listing<R>, Lack>) -> Result<Vec<R>, Failure> {
        let listing = table.map_err(|lack| self.lack(&lack))?;
        self.remark(&listing.unread);
        Ok(listing.rows)
    }

    /// Says on standard error what has no row.
    pub fn remark(&self, unread: &[Unread]) {
        for it in unread {
            let place = self.document.place(it.fault.at);
            let name = if it.name.is_empty() { "a resource" } else { &it.name };
            eprintln!(
                "xdscope: {}: {name} was not read: {} at line {}, column {}",
                self.path, it.fault, place.line, place.column
            );
        }
        let Some(partial) = self.document.partial else { return };
        let place = self.document.place(partial.at);
        let what = match partial.stop {
            Stop::Truncated => "it is cut off",
            Stop::Expected(_) => "it is no JSON",
            Stop::TooMany => "it holds too much",
            Stop::Yaml => "it is no YAML",
        };
        eprintln!(
            "xdscope: {}: {what} at line {}, column {}; the table is what comes before",
            self.path, place.line, place.column
        );
    }

    /// Says on standard error when there can be no endpoints.
    pub fn remark_without_endpoints(&self) {
        if !self.dump.index.has_section(self.dump.bytes, "EndpointsConfigDump") {
            eprintln!("xdscope: {}", self.lack(&Lack::Section("EndpointsConfigDump")));
        }
    }
}
