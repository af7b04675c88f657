//! Documents cut off, with bytes changed, moved and doubled: what is in them is redacted, or they are left out.

use super::{Options, capture, fixture, gunzip, try_redact};

/// Numbers that are the same each time, so that a change is judged and not luck.
struct Lot(u64);

impl Lot {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap_or(0) % below.max(1)
    }
}

/// A dump of clusters and routes with a canary in each name.
fn canaries(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    assert!(text.contains("example") && !text.contains("kanari"));
    text.replace("example", "kanari").into_bytes()
}

/// Damages it in up to eight ways.
fn damage(bytes: &mut Vec<u8>, lot: &mut Lot) {
    for _ in 0..=lot.next(8) {
        let (at, size) = (lot.next(bytes.len()), lot.next(200));
        let end = (at + size).min(bytes.len());
        match lot.next(8) {
            0 => bytes.truncate(at.max(bytes.len() / 4)),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let part = bytes[at..end].to_vec();
                let to = lot.next(bytes.len());
                bytes.splice(to..to, part);
            }
            3 => bytes[at..end].iter_mut().for_each(|it| *it = u8::try_from(lot.next(256)).unwrap_or(0)),
            4 => drop(bytes.splice(at..at, "[{\"a\":".repeat(size).into_bytes())),
            5 => drop(bytes.splice(at..at, b"\", \"kanari\": \"kanari".to_vec())),
            6 => drop(bytes.splice(at..at, b"\\ud800\xff\xfe\\u006banari".to_vec())),
            _ => bytes[at] ^= 1 << lot.next(8),
        }
        if bytes.is_empty() {
            bytes.push(b'{');
        }
    }
}

/// Changes names and adds fields, so that most often it stays JSON.
fn alter(bytes: &mut Vec<u8>, lot: &mut Lot) {
    for _ in 0..=lot.next(20) {
        let at = lot.next(bytes.len());
        if lot.next(2) == 0 {
            if bytes[at].is_ascii_lowercase() {
                bytes[at] = b'a' + u8::try_from(lot.next(26)).unwrap_or(0);
            }
        } else if let Some(to) = memchr::memmem::find(&bytes[at..], b"{\n") {
            bytes.splice(at + to + 1..at + to + 1, b"\"name\": \"kanaritwice\",".to_vec());
        }
    }
}

/// How many came out redacted, were left out, or did not stand the check.
fn run(seed: u64, rounds: usize) -> [usize; 3] {
    let dump = canaries(&gunzip(&fixture("envoy/1.40/routes.json.gz")));
    let mut lot = Lot(seed);
    let mut counts = [0; 3];
    for _ in 0..rounds {
        let mut bytes = dump.clone();
        if lot.next(2) == 0 {
            alter(&mut bytes, &mut lot);
        } else {
            bytes.truncate(20_000 + lot.next(dump.len()));
            damage(&mut bytes, &mut lot);
        }
        match try_redact(&capture([("dump", bytes.as_slice())]), &Options::default(), None) {
            Ok(outcome) => {
                counts[usize::from(outcome.members.is_empty())] += 1;
                for member in &outcome.members {
                    let text = String::from_utf8_lossy(&member.bytes).to_lowercase();
                    assert!(!text.contains("kanari") && !text.contains("u006banari"), "{text}");
                }
            }
            Err(_) => counts[2] += 1,
        }
    }
    counts
}

fn says(counts: [usize; 3]) {
    let [redacted, left_out, refused] = counts;
    println!(
        "{} damaged documents: {redacted} redacted, {left_out} left out, {refused} refused by the check, 0 passed through",
        counts.iter().sum::<usize>()
    );
}

#[test]
fn damaged_documents_never_pass_through() {
    let counts = run(0x9e37_79b9_7f4a_7c15, 150);
    assert!(counts[0] > 5 && counts[1] > 5, "{counts:?}");
    says(counts);
}

/// In the long part: thousands of damaged documents, and one of 100 MB, whole and cut off.
#[test]
#[ignore = "minutes: scripts/test --only long"]
fn long_a_hundred_megabytes_and_thousands_of_damaged_documents() {
    says(run(0x0123_4567_89ab_cdef, 4000));
    let cluster = |at: usize| {
        format!(
            r#"{{"version_info": "kanariv{at}x", "cluster": {{"@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", "name": "outbound|80||kanari{}.kanarins.svc.cluster.local", "metadata": {{"filter_metadata": {{"kanarikey": {{"kanariinner": "kanari{} was here"}}}}}}}}}}"#,
            at % 30_000,
            at % 30_000,
        )
    };
    let mut text = String::from(
        r#"{"configs": [{"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump", "dynamic_active_clusters": ["#,
    );
    let mut at = 0;
    while text.len() < 100_000_000 {
        if at > 0 {
            text.push_str(",\n");
        }
        text.push_str(&cluster(at));
        at += 1;
    }
    let cut = text.len() - 12_345;
    text.push_str("]}]}");
    for (bytes, whole) in [(text.as_bytes(), true), (&text.as_bytes()[..cut], false)] {
        let outcome = try_redact(&capture([("dump", bytes)]), &Options::default(), None);
        let members = outcome.map(|it| it.members).unwrap_or_default();
        assert_eq!(members.len(), usize::from(whole));
        for member in members {
            assert!(memchr::memmem::find(&member.bytes, b"kanari").is_none());
        }
    }
    println!(
        "{} MB with {at} clusters redacted, 0 canaries left; cut off, it was left out",
        text.len() / 1_000_000
    );
}
