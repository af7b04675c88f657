//! Archives that were cut, changed or made up: never a panic, always an end, never a byte that was not packed.

use proptest::prelude::*;

use super::build::{bz2, gz, tar, xz, zip, zst};
use super::{ONE, TWO, unpack};
use xdscope::intake::Limits;

fn small() -> Limits {
    Limits { bytes: 100_000, total: 200_000, inflated: 1_000_000, members: 20, depth: 4, ratio: 100 }
}

fn archives() -> Vec<(&'static str, Vec<u8>)> {
    let files: &[(&str, &[u8])] = &[("a/one", ONE), ("two", TWO)];
    let inner = tar(files);
    vec![
        ("gz", gz(ONE)),
        ("bz2", bz2(ONE)),
        ("xz", xz(ONE)),
        ("zst", zst(ONE)),
        ("tar", inner.clone()),
        ("zip", zip(files)),
        ("tar.gz", gz(&inner)),
        ("tar.xz", xz(&inner)),
        ("tar.zst", zst(&inner)),
        ("zip.gz", gz(&zip(files))),
        ("tar of tar.gz", tar(&[("x", &gz(&inner)), ("y", ONE)])),
        ("zip of zip", zip(&[("x", &zip(files)), ("y", ONE)])),
    ]
}

#[test]
fn cut_at_any_byte() {
    for (name, bytes) in archives() {
        let step = (bytes.len() / 300).max(1);
        for end in (0..bytes.len()).step_by(step) {
            let (members, unread) = unpack("in", &bytes[..end], small());
            for member in &members {
                let content = if member.path.ends_with("two") { TWO } else { ONE };
                // What is left of an archive's own first bytes is shown as they are, and as damaged.
                let archive = matches!(&*member.path, "in" | "in/x");
                let rest = archive && (member.damage.is_some() || bytes.starts_with(&member.bytes));
                let packed = content.starts_with(&member.bytes) || rest;
                assert!(packed, "{name} cut at {end}: {}", member.path);
                let whole = member.bytes == content || member.damage.is_some() || member.path == "in";
                assert!(
                    whole,
                    "{name} cut at {end}: {} is less than it was, and does not say so",
                    member.path
                );
            }
            assert!(!members.is_empty() || !unread.is_empty(), "{name} cut at {end}: nothing is said");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn with_some_bytes_changed(
        which in 0..12usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let (_, mut bytes) = archives().swap_remove(which);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let (members, _) = unpack("in", &bytes, small());
        prop_assert!(members.iter().all(|it| it.bytes.len() <= 100_000));
        prop_assert!(members.len() <= 20);
    }

    #[test]
    fn of_anything_after_a_formats_first_bytes(
        magic in prop::sample::select(vec![
            &b"\x1f\x8b\x08\0\0\0\0\0\0\x03"[..], b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46", b"\x28\xb5\x2f\xfd", b"BZh91AY&SY",
            b"PK\x03\x04", b"PK\x05\x06", b"PK\x03\x04\x14\0\0\0\x08\0", b"{\"configs\": [", b"",
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let bytes = [magic, &rest].concat();
        let (members, unread) = unpack("in", &bytes, small());
        prop_assert!(members.len() + unread.len() > 0);
    }

    #[test]
    fn of_random_documents_give_them_back(
        files in prop::collection::vec(("[a-z]{1,8}", prop::collection::vec(0x20..0x7fu8, 0..5000)), 1..6),
    ) {
        let named: Vec<(&str, Vec<u8>)> =
            files.iter().map(|(name, text)| (name.as_str(), [b"{\"", &text[..], b"\"}"].concat())).collect();
        let list: Vec<(&str, &[u8])> = named.iter().map(|(name, bytes)| (*name, &bytes[..])).collect();
        for archive in [gz(&tar(&list)), zip(&list), xz(&tar(&list)), zst(&tar(&list))] {
            let (members, unread) = unpack("in", &archive, Limits::default());
            let found: Vec<_> = members.iter().map(|it| it.bytes.clone()).collect();
            let want: Vec<_> = named.iter().map(|(_, bytes)| bytes.clone()).collect();
            prop_assert_eq!(found, want, "{:?}", unread);
        }
    }
}
