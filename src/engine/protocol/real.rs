//! The map of a redacted capture: given beside it, it leads back to the real names.

use serde::{Deserialize, Serialize};

/// About a map that was given as a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RealQuery {
    /// Opens it, and begins to lead back, unless it has been done: [`RealAnswer::Busy`], or why not.
    Open {
        /// Empty where none was asked for.
        passphrase: String,
    },
    /// Does some more: [`RealAnswer::Busy`], at the end [`RealAnswer::Shown`].
    Work,
    /// Shows the capture as it was sent again: [`RealAnswer::Hidden`].
    Hide,
    /// Forgets the map, and shows the capture as it was sent: [`RealAnswer::None`].
    Forget,
}

/// The same, for answers to [`RealQuery`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RealAnswer {
    /// No map was given.
    #[default]
    None,
    /// It is encrypted, and wants its passphrase.
    Locked {
        /// Its file.
        file: String,
    },
    /// The passphrase is not its own, or the file was changed.
    Passphrase {
        /// Its file.
        file: String,
    },
    /// It is no map that can be read here.
    NoMap {
        /// Its file.
        file: String,
    },
    /// It is kept until the capture is opened that it belongs to.
    Early {
        /// Its file.
        file: String,
    },
    /// It belongs to another capture.
    Foreign {
        /// Its file.
        file: String,
    },
    /// Names are being put back.
    Busy {
        /// Bytes that are behind.
        behind: u64,
        /// Of how many.
        all: u64,
    },
    /// Real names are shown.
    Shown {
        /// The map's file.
        file: String,
    },
    /// The capture is shown as it was sent.
    Hidden {
        /// The map's file.
        file: String,
    },
}
