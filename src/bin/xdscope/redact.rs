//! `xdscope redact`: a copy of a capture that can be sent, and texts mapped the same way.

use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use xdscope::intake::Kind;
use xdscope::redact::{
    Done, Dropped, Failed, Job, Map, Options, Outcome, Packing, REPORT, Step, Wrong, apply, restore, unpacked,
};

use crate::fail::Failure;

/// Makes a copy of a capture that can be sent: secrets removed, names and addresses replaced, and still the same to debug.
#[derive(clap::Args)]
pub struct Args {
    /// A document, a folder or an archive.
    #[arg(required_unless_present = "apply", conflicts_with = "apply")]
    path: Option<PathBuf>,
    /// Where the copy goes: a folder where PATH is one, else a file.
    #[arg(short, long, value_name = "OUT", required_unless_present = "apply", conflicts_with = "apply")]
    output: Option<PathBuf>,
    /// The map from real names to codes: written, and used where it is there already. Keep it to yourself.
    #[arg(long, value_name = "MAP.json", conflicts_with = "apply")]
    map: Option<PathBuf>,
    /// A name that may be read; may be given more than once.
    #[arg(long, value_name = "TOKEN", conflicts_with = "apply")]
    keep: Vec<String>,
    /// Replace labels as a whole, and numbers in names: less can be guessed, and less is linked.
    #[arg(long, conflicts_with = "apply")]
    strict: bool,
    /// Map a text, JSON or requests instead, and print that.
    #[arg(long, num_args = 2, value_names = ["MAP.json", "FILE"])]
    apply: Vec<PathBuf>,
    /// With --apply: leads a redacted file back to real names.
    #[arg(long, requires = "apply")]
    back: bool,
}

/// # Errors
/// Where something cannot be read or written, or where the copy does not stand its check.
pub fn run(args: &Args, out: &mut impl Write) -> Result<(), Failure> {
    if let [map, file] = &args.apply[..] {
        return mapped(map, file, args.back, out);
    }
    let (Some(path), Some(to)) = (&args.path, &args.output) else {
        return Err(Failure::Usage("redact wants PATH and --output OUT".to_owned()));
    };
    let before = match &args.map {
        // An empty file is a name that was made sure of, not a map.
        Some(file) if std::fs::metadata(file).is_ok_and(|it| it.len() > 0) => Some(read_map(file)?),
        _ => None,
    };
    vacant(to, path.is_dir())?;
    let engine = crate::open::open(path)?;
    let options = Options { keep: args.keep.clone(), strict: args.strict };
    let known = before.as_ref().map_or(0, Map::len);
    let mut job = Job::new(engine.capture(), &options, key(), before);
    let outcome = loop {
        match job.step(engine.capture()) {
            Step::Busy(..) => {}
            Step::Done(outcome) => break outcome,
            Step::Failed(failed) => return Err(refused(&failed)),
        }
    };
    if outcome.members.is_empty() {
        let left = outcome.left_out.first().map_or("no document", |it| it.kind.name());
        return Err(Failure::Input(format!("{}: nothing that can be redacted ({left})", path.display())));
    }
    if known > 0 && outcome.map.len() > known + known / 2 {
        eprintln!("xdscope: most names here were not in the map; does it belong to another capture?");
    }
    if path.is_dir() {
        folder(to, &outcome)?
    } else {
        file(path, to, &outcome)?
    }
    if let Some(file) = &args.map {
        write_private(file, outcome.map.to_json().as_bytes())?;
    }
    tell(&outcome, to, out)
}

fn mapped(map: &Path, file: &Path, back: bool, out: &mut impl Write) -> Result<(), Failure> {
    let map = read_map(map)?;
    let bytes = if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes).map(|_| bytes)
    } else {
        std::fs::read(file)
    };
    let bytes = bytes.map_err(|source| Failure::unreadable(file, source))?;
    let new = if back { restore(&map.reversed(), &bytes) } else { apply(&map, &bytes) };
    if new == bytes && !map.is_empty() && !bytes.is_empty() {
        eprintln!("xdscope: no name of the map is in {}; does it belong to another capture?", file.display());
    }
    out.write_all(&new)?;
    Ok(())
}

fn read_map(file: &Path) -> Result<Map, Failure> {
    let bytes = std::fs::read(file).map_err(|source| Failure::unreadable(file, source))?;
    Map::parse(&bytes).map_err(|it| Failure::Input(format!("{}: {it}", file.display())))
}

/// Nothing is written into a folder with files of somebody else's.
fn vacant(to: &Path, folder: bool) -> Result<(), Failure> {
    let taken = match std::fs::read_dir(to) {
        Ok(mut entries) => !folder || entries.next().is_some(),
        Err(_) => folder && to.exists(),
    };
    if taken {
        let want = if folder { "an empty or a new folder" } else { "a file" };
        return Err(Failure::Usage(format!("--output {}: name {want}", to.display())));
    }
    Ok(())
}

/// Drawn by lot: the standard library's hashes are keyed by the system's random numbers.
fn key() -> [u8; 32] {
    use std::hash::{BuildHasher as _, RandomState};
    let mut hash = Sha256::new();
    if let Ok(mut file) = std::fs::File::open("/dev/urandom") {
        let mut bytes = [0; 32];
        if std::io::Read::read_exact(&mut file, &mut bytes).is_ok() {
            hash.update(bytes);
        }
    }
    for round in 0..4u64 {
        hash.update(RandomState::new().hash_one(round).to_le_bytes());
        hash.update(RandomState::new().hash_one(round + 7).to_le_bytes());
    }
    hash.finalize().into()
}

fn refused(failed: &Failed) -> Failure {
    let why = match failed.why {
        Wrong::Word => "a word that is neither public nor replaced is left",
        Wrong::Name => "an original name is left",
        Wrong::Address => "an original address is left",
        Wrong::Secret => "a secret is left",
        Wrong::Shape => "the copy has another shape than the original",
        Wrong::Unreadable => "the copy cannot be read again",
        Wrong::Trace => "a request goes another way through the copy",
    };
    let field = if failed.field.is_empty() { String::new() } else { format!(" at {}", failed.field) };
    Failure::Input(format!(
        "nothing is saved: {}{field}: {why}; please tell xdscope's makers",
        failed.document
    ))
}

fn folder(to: &Path, outcome: &Outcome) -> Result<(), Failure> {
    for member in &outcome.members {
        write(&to.join(unpacked(&member.path)), &member.bytes)?;
    }
    write(&to.join(REPORT), &outcome.report_text())
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |source| Failure::unreadable(file, source);
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(file, bytes).map_err(failed)
}

/// The map is for its owner's eyes.
fn write_private(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |source| Failure::unreadable(file, source);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let mut open = std::fs::OpenOptions::new();
        let opened = open.write(true).create(true).truncate(true).mode(0o600).open(file).map_err(failed)?;
        let mut opened = opened;
        opened.write_all(bytes).map_err(failed)
    }
    #[cfg(not(unix))]
    std::fs::write(file, bytes).map_err(failed)
}

/// A file out of a file: packed as the name says, else as the original was.
fn file(from: &Path, to: &Path, outcome: &Outcome) -> Result<(), Failure> {
    let name = from.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let archive = outcome.is_archive();
    let fits = |it: &Packing| archive != matches!(it, Packing::Gz | Packing::Plain);
    let packing = Packing::of(&to.to_string_lossy()).filter(fits);
    let packing = packing.or_else(|| Packing::of(&name).filter(|it| fits(it) && archive));
    let packing = packing.unwrap_or(if archive { Packing::TarGz } else { Packing::Plain });
    let failed = |source| Failure::unreadable(to, source);
    // Written beside and moved: whoever looks finds all of it or nothing.
    let mut beside = to.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    if let Some(folder) = to.parent().filter(|it| !it.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let opened = std::fs::File::create(&beside).map_err(failed)?;
    let out = outcome.pack(packing, std::io::BufWriter::new(opened)).map_err(failed)?;
    out.into_inner().map_err(|it| failed(it.into_error()))?;
    std::fs::rename(&beside, to).map_err(failed)
}

fn tell(outcome: &Outcome, to: &Path, out: &mut impl Write) -> Result<(), Failure> {
    for it in &outcome.left_out {
        let why = match it.why {
            Dropped::Kind if it.kind == Kind::Unknown => "not known".to_owned(),
            Dropped::Kind => format!("{}: there are no rules for it", it.kind),
            Dropped::NotRead => "was not read".to_owned(),
            Dropped::Json(at) => format!("no JSON from byte {at} on"),
            Dropped::Changed => "could not be mapped whole".to_owned(),
        };
        eprintln!("xdscope: left out: {} ({why})", it.path);
    }
    let report = &outcome.report;
    let removed = report.total(|it| matches!(it, Done::Removed(_)));
    let replaced = report.total(|it| it == Done::Replaced);
    let lost = report.total(|it| it == Done::Lost);
    writeln!(out, "{}: {} documents, {} left out", to.display(), report.documents, outcome.left_out.len())?;
    writeln!(
        out,
        "removed {removed} secrets, replaced names in {replaced} places ({} names, {} addresses)",
        report.names, report.addresses
    )?;
    if lost > 0 {
        writeln!(out, "{lost} regular expressions could not be carried over and match nothing")?;
    }
    let sampled = outcome.sampled;
    writeln!(
        out,
        "checked: every word, every secret, the shape, {} requests traced the same",
        sampled.requests
    )?;
    for count in report.counts.iter().filter(|it| it.done != Done::Kept) {
        let done = match count.done {
            Done::Removed(why) => {
                format!("removed ({})", serde_json::to_value(why).unwrap_or_default().as_str().unwrap_or(""))
            }
            Done::Replaced => "replaced".to_owned(),
            Done::Lost => "lost".to_owned(),
            Done::Kept => "kept".to_owned(),
        };
        writeln!(out, "{:>8}  {done:<20}  {}", count.count, count.path)?;
    }
    Ok(())
}
