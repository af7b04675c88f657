//! How much of an archive is unpacked.

/// The bounds of unpacking one outer file. Every one of them is a refusal with its name when it is reached, and what
/// does not touch it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest document, in bytes.
    pub bytes: u64,
    /// All documents together: what the caller is given to keep.
    pub total: u64,
    /// All that is inflated, kept or not: the time that it takes.
    pub inflated: u64,
    /// Members of all archives together, directories included.
    pub members: usize,
    /// Wrappings inside wrappings; a `.tar.gz` is two.
    pub depth: u32,
    /// How many times its size something may inflate to, beyond [`Limits::ALWAYS_FINE`].
    pub ratio: u64,
}

impl Limits {
    /// No ratio is looked at up to so many inflated bytes.
    pub const ALWAYS_FINE: u64 = 16 << 20;
}

impl Default for Limits {
    /// A browser's wasm memory ends at 4 GiB: a document and its index, or many documents, must leave room there.
    /// Deflate cannot do better than 1032 to 1, and dumps compress about 60 to 1; the same dump many times over, with
    /// xz or zstd, comes to some hundreds.
    fn default() -> Limits {
        let web = cfg!(target_arch = "wasm32");
        Limits {
            bytes: if web { 1_900 << 20 } else { 2 << 30 },
            total: if web { 2_600 << 20 } else { 8 << 30 },
            inflated: 64 << 30,
            members: 200_000,
            depth: 8,
            ratio: 1000,
        }
    }
}

/// Which of the [`Limits`] was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// [`Limits::bytes`].
    Bytes,
    /// [`Limits::total`].
    Total,
    /// [`Limits::inflated`].
    Inflated,
    /// [`Limits::members`].
    Members,
    /// [`Limits::depth`].
    Depth,
    /// [`Limits::ratio`].
    Ratio,
    /// The memory that the machine would give.
    Memory,
}

impl Limit {
    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Limit::Bytes => "bytes",
            Limit::Total => "total",
            Limit::Inflated => "inflated",
            Limit::Members => "members",
            Limit::Depth => "depth",
            Limit::Ratio => "ratio",
            Limit::Memory => "memory",
        }
    }
}
