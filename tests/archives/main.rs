//! Archives: every wrapping in every other, damaged, hostile, too large.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail this way")]

mod build;
mod hostile;

use build::{bz2, gz, header, tar, xz, zip, zst};
use xdscope::intake::{Damage, Format, Kind, Limit, Limits, Member, NotRead, Step, Unpack, Unread};

const ONE: &[u8] = br#"{"configs": [{"@type": "type.googleapis.com/envoy.admin.v3.RoutesConfigDump"}]}"#;
const TWO: &[u8] = br#"{"cluster_statuses": [{"name": "outbound|80||a.default.svc.cluster.local"}]}"#;

/// The members and what was not read; fails when there is no end.
fn unpack(name: &str, bytes: &[u8], limits: Limits) -> (Vec<Member>, Vec<Unread>) {
    let (mut members, mut unread) = (Vec::new(), Vec::new());
    let size = bytes.len() as u64;
    let mut steps = Unpack::new(name, bytes.to_vec(), limits);
    let mut consumed = 0;
    for _ in 0..1_000_000 {
        let step = steps.next();
        assert!((consumed..=size).contains(&steps.consumed()), "progress goes back or beyond");
        consumed = steps.consumed();
        match step {
            Some(Step::Member(member)) => members.push(member),
            Some(Step::Unread(it)) => unread.push(it),
            Some(Step::Busy) => {}
            None => {
                assert_eq!(consumed, size);
                return (members, unread);
            }
        }
    }
    panic!("no end");
}

fn whys(unread: &[Unread]) -> Vec<(&str, &NotRead)> {
    unread.iter().map(|it| (it.path.as_str(), &it.why)).collect()
}

#[test]
fn every_wrapping_and_one_in_another_gives_the_documents() {
    let files: &[(&str, &[u8])] = &[("a/one", ONE), ("two", TWO)];
    let inner = tar(files);
    let nested = |archive: Vec<u8>| tar(&[("x", &archive), ("y", ONE)]);
    for (bytes, want) in [
        (ONE.to_vec(), vec![""]),
        (gz(ONE), vec![""]),
        (bz2(ONE), vec![""]),
        (xz(ONE), vec![""]),
        (zst(ONE), vec![""]),
        (gz(&gz(ONE)), vec![""]),
        (zst(&xz(&bz2(&gz(ONE)))), vec![""]),
        (inner.clone(), vec!["/a/one", "/two"]),
        (zip(files), vec!["/a/one", "/two"]),
        (gz(&inner), vec!["/a/one", "/two"]),
        (bz2(&inner), vec!["/a/one", "/two"]),
        (xz(&inner), vec!["/a/one", "/two"]),
        (zst(&inner), vec!["/a/one", "/two"]),
        (gz(&zip(files)), vec!["/a/one", "/two"]),
        (nested(inner.clone()), vec!["/x/a/one", "/x/two", "/y"]),
        (gz(&nested(gz(&inner))), vec!["/x/a/one", "/x/two", "/y"]),
        (gz(&nested(zip(files))), vec!["/x/a/one", "/x/two", "/y"]),
        (nested(gz(ONE)), vec!["/x", "/y"]),
        (zip(&[("x", &gz(&inner)), ("y", ONE)]), vec!["/x/a/one", "/x/two", "/y"]),
        (zip(&[("x", &zip(files)), ("y", ONE)]), vec!["/x/a/one", "/x/two", "/y"]),
    ] {
        let (members, unread) = unpack("in", &bytes, Limits::default());
        assert_eq!(unread, []);
        let paths: Vec<_> = members.iter().map(|it| it.path.as_str()).collect();
        let want: Vec<_> = want.iter().map(|path| format!("in{path}")).collect();
        assert_eq!(paths, want);
        for member in members {
            let content = if member.path.ends_with("two") { TWO } else { ONE };
            assert!(member.bytes == content && member.damage.is_none(), "{}", member.path);
            let dated = member.path != "in";
            assert_eq!(member.modified, dated.then_some(1_700_000_000));
        }
    }
}

#[test]
fn several_streams_in_a_row_are_one() {
    let halves = ONE.split_at(20);
    for wrap in [gz, bz2, xz, zst] {
        let bytes = [wrap(halves.0), wrap(halves.1)].concat();
        let (members, _) = unpack("in", &bytes, Limits::default());
        assert_eq!(members[0].bytes, ONE);
    }
    // gzip ignores what follows its last stream; tapes are padded.
    let (members, unread) = unpack("in", &[gz(ONE), vec![0; 512]].concat(), Limits::default());
    assert_eq!((members[0].bytes.as_slice(), unread.len()), (ONE, 0));
}

#[test]
fn names_come_from_wherever_a_tar_has_them() {
    let long = format!("{}/config_dump", "directory/".repeat(20).trim_end_matches('/'));
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_data(&mut header(ONE.len()), &long, ONE).unwrap();
    builder.append_pax_extensions([("path", "p\u{e4}x".as_bytes()), ("mtime", b"1700000001.5")]).unwrap();
    let mut plain = header(ONE.len());
    plain.set_path("short").unwrap();
    plain.set_cksum();
    builder.append(&plain, ONE).unwrap();
    builder.append(&plain, ONE).unwrap();
    let (members, unread) = unpack("t", &builder.into_inner().unwrap(), Limits::default());
    let found: Vec<_> = members.iter().map(|it| (it.path.as_str(), it.modified.unwrap())).collect();
    let long = format!("t/{long}");
    assert_eq!(
        found,
        [(long.as_str(), 1_700_000_000), ("t/p\u{e4}x", 1_700_000_001), ("t/short", 1_700_000_000)]
    );
    assert_eq!(unread, []);
}

#[test]
fn paths_cannot_leave_their_archive() {
    let mut evil = header(ONE.len());
    evil.as_old_mut().name[..16].copy_from_slice(b"../../etc/passwd");
    evil.set_cksum();
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(&evil, ONE).unwrap();
    let (members, _) = unpack("t", &builder.into_inner().unwrap(), Limits::default());
    assert_eq!(members[0].path, "t/etc/passwd");
}

#[test]
fn what_is_not_needed_is_listed_and_not_unpacked() {
    let log = "2026-11-23T14:51:09Z\tinfo\tEnvoy proxy is ready\n".repeat(10_000);
    let mut link = header(0);
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_link_name("/etc/passwd").unwrap();
    link.set_path("link").unwrap();
    link.set_cksum();
    let mut folder = header(0);
    folder.set_entry_type(tar::EntryType::Directory);
    folder.set_path("folder/").unwrap();
    folder.set_cksum();
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(&folder, &[][..]).unwrap();
    builder.append(&link, &[][..]).unwrap();
    for (name, bytes) in [
        ("proxy.log", log.as_bytes()),
        ("1.core", b"\x7fELF\x02\x01\x01\0\0\0"),
        ("._config_dump", b"\0\x05\x16\x07\0\x02\0\0Mac OS X"),
        ("empty", b""),
        ("pods", b"apiVersion: v1\nitems: []\n"),
        ("metrics", b"# HELP x y\n# TYPE pilot_x counter\npilot_x 1\n"),
        ("stats", b"# TYPE envoy_x counter\nenvoy_x 1\n"),
        ("other.7z", b"7z\xbc\xaf\x27\x1c\0\x04"),
        ("config_dump", ONE),
    ] {
        builder.append_data(&mut header(bytes.len()), name, bytes).unwrap();
    }
    let (members, unread) = unpack("t", &gz(&builder.into_inner().unwrap()), Limits::default());
    let names: Vec<_> = members.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(names, ["t/pods", "t/stats", "t/config_dump"]);
    let found: Vec<_> =
        unread.iter().map(|it| (&it.path[2..], it.kind, it.why.clone(), it.bytes.unwrap())).collect();
    assert_eq!(
        found,
        [
            ("link", Kind::Unknown, NotRead::Special, 0),
            ("proxy.log", Kind::Log, NotRead::Log, log.len() as u64),
            ("1.core", Kind::Binary, NotRead::Binary, 10),
            ("._config_dump", Kind::Binary, NotRead::Binary, 16),
            ("empty", Kind::Empty, NotRead::Empty, 0),
            ("metrics", Kind::Prometheus, NotRead::NotNeeded, 44),
            ("other.7z", Kind::Binary, NotRead::Archive { format: Format::SevenZip }, 8),
        ]
    );
}

#[test]
fn powershells_utf16_becomes_utf8() {
    let text = String::from_utf8_lossy(ONE).replace(' ', "\r\n");
    let bytes: Vec<u8> =
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let (members, _) = unpack("in", &gz(&bytes), Limits::default());
    assert_eq!(members[0].bytes, text.as_bytes());
}

#[test]
fn a_damaged_member_does_not_take_the_others_along() {
    // In a zip: one member's bytes changed.
    let big = format!("{{\"configs\": [{}]}}", "{\"name\": \"n\"},".repeat(1000));
    let mut bytes = zip(&[("one", ONE), ("big", big.as_bytes()), ("two", TWO)]);
    let at = memchr::memmem::find(&bytes, b"big").unwrap() + 20;
    bytes[at..at + 8].fill(0xff);
    let (members, unread) = unpack("z", &bytes, Limits::default());
    let whole: Vec<_> = members.iter().filter(|it| it.damage.is_none()).map(|it| it.path.as_str()).collect();
    assert_eq!(whole, ["z/one", "z/two"]);
    assert!(
        members.iter().any(|it| it.path == "z/big" && it.damage == Some(Damage::Corrupt))
            || whys(&unread) == [("z/big", &NotRead::Damaged { damage: Damage::Corrupt, at: None })]
    );
    // In a tar: one header destroyed; what follows it is found again.
    let mut bytes = tar(&[("one", ONE), ("lost", ONE), ("two", TWO)]);
    bytes[1024..1034].fill(b'?');
    let (members, unread) = unpack("t", &bytes, Limits::default());
    assert_eq!(members.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(), ["t/one", "t/two"]);
    assert_eq!(whys(&unread), [("t", &NotRead::Damaged { damage: Damage::Corrupt, at: Some(1024) })]);
    // A gzip whose checksum is another.
    let mut bytes = gz(ONE);
    let end = bytes.len();
    bytes[end - 8] ^= 1;
    let (members, _) = unpack("g", &bytes, Limits::default());
    assert_eq!((members[0].bytes.as_slice(), members[0].damage), (ONE, Some(Damage::Corrupt)));
}

#[test]
fn a_zip_that_broke_off_is_read_by_its_members_headers() {
    let bytes = zip(&[("one", ONE), ("two", TWO), ("three", ONE)]);
    let directory = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
    let (members, unread) = unpack("z", &bytes[..directory], Limits::default());
    let found: Vec<_> = members.iter().map(|it| (it.path.as_str(), it.bytes.as_slice())).collect();
    assert_eq!(found, [("z/one", ONE), ("z/two", TWO), ("z/three", ONE)]);
    assert_eq!(whys(&unread), [("z", &NotRead::Damaged { damage: Damage::Truncated, at: None })]);
}

#[test]
fn members_that_are_locked_are_named() {
    let with = |offset: usize, value: u8| {
        let mut bytes = zip(&[("locked", ONE), ("two", TWO)]);
        let directory = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
        bytes[offset] = value;
        bytes[directory + 2 + offset] = value;
        unpack("z", &bytes, Limits::default())
    };
    // The flags and the method of the first member, in its header and in the directory.
    for (offset, value, why) in [(6, 9, NotRead::Encrypted), (8, 9, NotRead::Method { method: 9 })] {
        let (members, unread) = with(offset, value);
        assert_eq!(members.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(), ["z/two"]);
        assert_eq!(whys(&unread), [("z/locked", &why)]);
    }
}

#[test]
fn each_limit_is_a_refusal_with_its_name() {
    let large = format!("{{\"configs\": [{}]}}", " ".repeat(100_000));
    let files: &[(&str, &[u8])] = &[("one", ONE), ("large", large.as_bytes()), ("two", TWO)];
    let limits = Limits::default();
    let bytes = Limits { bytes: 50_000, ..limits };
    for archive in
        [gz(&tar(files)), zip(files), tar(&[("one", ONE), ("large", &gz(large.as_bytes())), ("two", TWO)])]
    {
        let (members, unread) = unpack("in", &archive, bytes);
        assert_eq!(members.len(), 2);
        assert_eq!(whys(&unread), [("in/large", &NotRead::Limit { limit: Limit::Bytes })]);
    }
    for archive in [large.as_bytes().to_vec(), gz(large.as_bytes()), xz(large.as_bytes())] {
        let (members, unread) = unpack("in", &archive, bytes);
        assert_eq!(members.len(), 0);
        assert_eq!(whys(&unread), [("in", &NotRead::Limit { limit: Limit::Bytes })]);
    }
    let (members, unread) = unpack("in", &tar(files), Limits { total: 50_000, ..limits });
    assert_eq!(members.len(), 2);
    assert_eq!(whys(&unread), [("in/large", &NotRead::Limit { limit: Limit::Total })]);

    let (members, unread) = unpack("in", &zip(files), Limits { members: 1, ..limits });
    assert_eq!(members.len(), 1);
    assert_eq!(whys(&unread), [("in", &NotRead::Limit { limit: Limit::Members })]);

    let deep = gz(&gz(&gz(ONE)));
    assert_eq!(unpack("in", &deep, Limits { depth: 3, ..limits }).0.len(), 1);
    let (members, unread) = unpack("in", &deep, Limits { depth: 2, ..limits });
    assert_eq!(members.len(), 0);
    assert_eq!(whys(&unread), [("in", &NotRead::Limit { limit: Limit::Depth })]);

    let (members, unread) = unpack("in", &gz(&tar(files)), Limits { inflated: 20_000, ..limits });
    assert!(members.len() < 3);
    assert!(whys(&unread).contains(&("in", &NotRead::Limit { limit: Limit::Inflated })));

    let bomb = gz(&vec![b' '; usize::try_from(Limits::ALWAYS_FINE).unwrap() + 1]);
    let (members, unread) = unpack("in", &bomb, Limits { ratio: 10, ..limits });
    assert_eq!(members.len(), 0);
    assert_eq!(whys(&unread), [("in", &NotRead::Limit { limit: Limit::Ratio })]);
}
