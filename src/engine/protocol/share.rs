//! A copy that can be sent: made step by step, looked at, and saved.

use serde::{Deserialize, Serialize};

use super::{DocumentId, TextRef};
pub use crate::redact::{Dropped, Failed, Phase, Removed, Wrong};

/// About a copy of the capture that can be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareQuery {
    /// Begins one, unless there is one with the same names kept: [`ShareAnswer::Busy`] or how it is.
    Begin {
        /// Names that may be read; as they were without this.
        keep: Option<Vec<String>>,
        /// Drawn by lot; of no use where codes were given before: names keep theirs.
        key: [u8; 32],
    },
    /// Does some more: [`ShareAnswer::Busy`], and at the end [`ShareAnswer::Done`] or [`ShareAnswer::Failed`].
    Work,
    /// Stops, and forgets what was made: [`ShareAnswer::None`].
    Cancel,
    /// What was done where: [`ShareAnswer::Places`].
    Places {
        /// Of this alone.
        what: Option<Treated>,
        /// Words that must all occur in the path, any case.
        text: String,
        /// The first to return.
        offset: u32,
        /// How many at most.
        limit: u32,
    },
    /// The names that were found: [`ShareAnswer::Names`].
    Names {
        /// What must occur in the name, any case.
        text: String,
        /// The first to return.
        offset: u32,
        /// How many at most.
        limit: u32,
    },
    /// A document beside its copy: [`ShareAnswer::Beside`].
    Beside {
        /// Which.
        document: DocumentId,
        /// The first line to return.
        offset: u32,
        /// How many at most.
        limit: u32,
    },
    /// Documents that are not in the copy: [`ShareAnswer::LeftOut`].
    LeftOut {
        /// The first to return.
        offset: u32,
        /// How many at most.
        limit: u32,
    },
    /// What the front end itself says, in all its languages: such words stay in a ticket. [`ShareAnswer::Ticket`], empty.
    Own(Vec<String>),
    /// Texts for a ticket: [`ShareAnswer::Ticket`] once there is a copy that stood its check; before that
    /// [`ShareAnswer::None`], [`ShareAnswer::Busy`] (to be asked again) or [`ShareAnswer::Failed`].
    Ticket {
        /// The texts.
        texts: Vec<String>,
        /// What stands between these, in the texts, is the front end's own.
        marks: Option<(char, char)>,
    },
    /// A text for a ticket, piece by piece: [`ShareAnswer::Text`] or [`ShareAnswer::Unmapped`]; else as above.
    Text {
        /// Of a document, or of what stands in one.
        of: TextRef,
        /// From which byte on.
        offset: u32,
    },
}

/// What was done with a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Treated {
    /// It was removed.
    Removed,
    /// Names in it were replaced.
    Replaced,
    /// A pattern that matches nothing now.
    Lost,
    /// It stands as it was.
    Kept,
}

/// The same, for answers to [`ShareQuery`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareAnswer {
    /// There is no copy.
    None,
    /// It is being made.
    Busy {
        /// What is being done.
        phase: Phase,
        /// Bytes that are behind, over all phases.
        behind: u64,
        /// Of how many.
        all: u64,
    },
    /// It is made, and stood its check.
    Done(Box<Shared>),
    /// It did not stand its check: nothing can be saved.
    Failed(Failed),
    /// A window of places.
    Places(Listed<SharePlace>),
    /// A window of names.
    Names(Listed<ShareName>),
    /// Lines of a document beside those of its copy.
    Beside(Listed<(String, String)>),
    /// A window of documents that are not in the copy.
    LeftOut(Listed<ShareLeftOut>),
    /// The texts, each as it may be sent.
    Ticket(Vec<String>),
    /// A piece of a text as it stands in the copy.
    Text {
        /// The piece.
        text: String,
        /// Where the next one begins, if this is not the last.
        next: Option<u32>,
    },
    /// The copy does not have what was asked for, so it cannot be sent.
    Unmapped,
}

/// A window of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed<T> {
    /// How many there are.
    pub total: u32,
    /// Which of those the first is.
    pub offset: u32,
    /// The window.
    pub lines: Vec<T>,
}

/// A copy at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    /// How many documents are in it.
    pub documents: u32,
    /// How many are not.
    pub left_out: u32,
    /// Strings that were removed, by the rule.
    pub removed: Vec<(Removed, u64)>,
    /// Strings in which names were replaced.
    pub replaced: u64,
    /// Patterns that match nothing now.
    pub lost: u64,
    /// Strings that stand as they were.
    pub kept: u64,
    /// Names that have a code.
    pub names: u64,
    /// Addresses that stand for others.
    pub addresses: u64,
    /// Requests that went the same way through dumps and copies.
    pub requests: u64,
    /// How the file ends that it is saved to: `.tar.gz`.
    pub ending: String,
    /// Names that were to be kept.
    pub keep: Vec<String>,
    /// Documents that can be looked at beside their copies, the first thousand, with the copies' paths.
    pub beside: Vec<(DocumentId, String)>,
}

/// A place in documents, and what was done there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharePlace {
    /// What.
    pub what: Treated,
    /// By which rule it was removed.
    pub removed: Option<Removed>,
    /// A JSON pointer, `*` for elements and for keys that are data.
    pub path: String,
    /// How often.
    pub count: u64,
}

/// A name that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareName {
    /// The name, in lower case.
    pub name: String,
    /// What stands for it; its own where it is kept.
    pub code: String,
    /// Whether it is kept.
    pub kept: bool,
}

/// A document that is not in the copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareLeftOut {
    /// Which.
    pub id: DocumentId,
    /// Its own path.
    pub path: String,
    /// What it is: a stable name such as `istioctl_text`.
    pub kind: String,
    /// Why.
    pub why: Dropped,
}
