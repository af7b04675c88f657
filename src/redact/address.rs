//! IP addresses: found in text, and mapped so that what shares a prefix shares one afterwards.
//!
//! The map is Crypto-PAn's construction (Xu, Fan, Ammar, Moon: Prefix-Preserving IP Address Anonymization, 2002): bit
//! i is flipped or not by a keyed function of the bits before it. It is a bijection, and longest-prefix matches, CIDR
//! ranges and subnets stay what they were. No bit is flipped on the way to a block with a meaning of its own, so a
//! private address stays private, and in its block. The price: who knows one pair knows its neighbours' prefixes.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use sha2::{Digest, Sha256};

/// A block of addresses with a meaning of its own: its first address, its length in bits, whether all in it is kept.
type Block<T> = (T, u32, bool);

const V4: &[Block<Ipv4Addr>] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, true),
    (Ipv4Addr::new(10, 0, 0, 0), 8, false),
    (Ipv4Addr::new(100, 64, 0, 0), 10, false),
    (Ipv4Addr::new(127, 0, 0, 0), 8, true),
    // Metadata of clouds.
    (Ipv4Addr::new(169, 254, 169, 254), 32, true),
    (Ipv4Addr::new(169, 254, 0, 0), 16, false),
    (Ipv4Addr::new(172, 16, 0, 0), 12, false),
    (Ipv4Addr::new(192, 168, 0, 0), 16, false),
    (Ipv4Addr::new(224, 0, 0, 0), 4, true),
    // Istio gives these to services that have none (pilot/pkg/serviceregistry/serviceentry/controller.go).
    (Ipv4Addr::new(240, 240, 0, 0), 16, false),
    (Ipv4Addr::BROADCAST, 32, true),
];

const V6: &[Block<Ipv6Addr>] = &[
    (Ipv6Addr::UNSPECIFIED, 128, true),
    (Ipv6Addr::LOCALHOST, 128, true),
    // Where Istio's inbound passthrough comes from (pilot/pkg/networking/core/listener.go).
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0, 0, 6), 128, true),
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96, false),
    (Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48, false),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, false),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, false),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, true),
];

/// An address as a number of `width` bits, from the left.
fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(it) => (u128::from(it.to_bits()), 32),
        IpAddr::V6(it) => (it.to_bits(), 128),
    }
}

fn address(bits: u128, width: u32) -> IpAddr {
    match u32::try_from(bits) {
        Ok(bits) if width == 32 => Ipv4Addr::from_bits(bits).into(),
        _ => Ipv6Addr::from_bits(bits).into(),
    }
}

/// The first `length` bits alone.
fn masked(bits: u128, width: u32, length: u32) -> u128 {
    let rest = width.saturating_sub(length);
    if rest >= 128 { 0 } else { bits >> rest << rest }
}

/// How many bits two numbers share, from the left.
fn shared(one: u128, other: u128, width: u32) -> u32 {
    (one ^ other).leading_zeros().saturating_sub(128 - width).min(width)
}

fn blocks(width: u32) -> impl Iterator<Item = Block<u128>> {
    let v4 = V4.iter().filter(move |_| width == 32).map(|it| (u128::from(it.0.to_bits()), it.1, it.2));
    let v6 = V6.iter().filter(move |_| width == 128).map(|it| (it.0.to_bits(), it.1, it.2));
    v4.chain(v6)
}

/// Whether the bit after the first `length` must stay: those lead to a block, or all in theirs is kept.
fn stays(bits: u128, width: u32, length: u32) -> bool {
    blocks(width).any(|(block, size, whole)| {
        shared(bits, block, width) >= length.min(size) && (length < size || whole)
    })
}

/// Whether the address means the same everywhere and is kept.
pub(super) fn is_public(ip: IpAddr) -> bool {
    let (ip, width) = bits(plain(ip));
    blocks(width).any(|(block, size, whole)| whole && shared(ip, block, width) >= size)
}

/// An IPv4 address within an IPv6 one is mapped as what it is.
fn plain(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(it) => it.to_ipv4_mapped().map_or(ip, IpAddr::V4),
        IpAddr::V4(_) => ip,
    }
}

fn wrapped(like: IpAddr, ip: IpAddr) -> IpAddr {
    match (like, ip) {
        (IpAddr::V6(_), IpAddr::V4(it)) => it.to_ipv6_mapped().into(),
        _ => ip,
    }
}

/// The address that stands for `ip` under this key.
pub(super) fn map(key: &[u8; 32], ip: IpAddr) -> IpAddr {
    let (from, width) = bits(plain(ip));
    let mut to = from;
    for length in 0..width {
        if stays(from, width, length) {
            continue;
        }
        let mut hash = Sha256::new();
        hash.update(key);
        hash.update(if width == 32 { b"v4" } else { b"v6" });
        hash.update(length.to_be_bytes());
        hash.update(masked(from, width, length).to_be_bytes());
        if hash.finalize()[0] & 1 == 1 {
            to ^= 1 << (width - 1 - length);
        }
    }
    wrapped(ip, address(to, width))
}

/// The network that stands for a network: what stands for its address, the bits after `length` zero where they were.
pub(super) fn map_network(to: IpAddr, from: IpAddr, length: u32) -> IpAddr {
    let (number, width) = bits(from);
    let (mapped, _) = bits(to);
    if masked(number, width, length) == number { address(masked(mapped, width, length), width) } else { to }
}

/// The address for one that the map does not have, without the key: as far as its nearest neighbours go, the same bits are
/// flipped; the others stay.
pub(super) fn like(neighbours: impl Iterator<Item = (IpAddr, IpAddr, u32)>, ip: IpAddr) -> IpAddr {
    let (own, width) = bits(plain(ip));
    let mut best = (0, own, own);
    for (from, to, length) in neighbours {
        let ((from, wide), (to, _)) = (bits(plain(from)), bits(plain(to)));
        let near = shared(own, from, width).min(length);
        if wide == width && near >= best.0 {
            best = (near, from, to);
        }
    }
    let (near, from, to) = best;
    // The bit after the shared ones differs from the neighbour's before and after.
    let flips = masked(from ^ to, width, (near + 1).min(width));
    wrapped(ip, address(own ^ flips, width))
}

/// How an address is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// As the standard library prints it.
    Plain,
    /// `10-0-1-2`, `10_0_1_2`.
    Joined(char),
    /// All eight groups of four digits.
    Long,
}

/// An address found in text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub ip: IpAddr,
    pub spelling: Spelling,
    /// The length after a slash, for a network.
    pub length: Option<u32>,
    /// How many bytes it takes, the slash and length counted.
    pub size: usize,
}

/// The address that `rest` begins with. What stands before is the caller's to look at: no letter, no digit.
pub(super) fn find(rest: &str) -> Option<Found> {
    let bytes = rest.as_bytes();
    let first = *bytes.first()?;
    if !(first.is_ascii_hexdigit() || first == b':') {
        return None;
    }
    let mut found = v4(rest).or_else(|| v6(rest))?;
    if let (Spelling::Plain | Spelling::Long, Some(after)) =
        (found.spelling, rest[found.size..].strip_prefix('/'))
    {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let most = if found.ip.is_ipv4() { 32 } else { 128 };
        let ends = after
            .as_bytes()
            .get(digits)
            .is_none_or(|it| !it.is_ascii_alphanumeric() && !b"./_-".contains(it));
        if let (1..=3, true, Ok(length)) = (digits, ends, after[..digits].parse::<u32>())
            && length <= most
        {
            found.length = Some(length);
            found.size += 1 + digits;
        }
    }
    Some(found)
}

fn v4(rest: &str) -> Option<Found> {
    let bytes = rest.as_bytes();
    let mut octets = [0u8; 4];
    let (mut at, mut joint) = (0, None);
    for (index, octet) in octets.iter_mut().enumerate() {
        if index > 0 {
            let byte = *bytes.get(at)?;
            if !matches!(byte, b'.' | b'-' | b'_') || joint.is_some_and(|it| it != byte) {
                return None;
            }
            joint = Some(byte);
            at += 1;
        }
        let digits = bytes.get(at..)?.iter().take(4).take_while(|it| it.is_ascii_digit()).count();
        let text = rest.get(at..at + digits)?;
        if digits > 1 && text.starts_with('0') {
            return None;
        }
        *octet = text.parse().ok()?;
        at += digits;
    }
    let joint = joint?;
    let next = bytes.get(at).copied().unwrap_or(b' ');
    let goes_on = next.is_ascii_alphanumeric()
        || next == joint && bytes.get(at + 1).is_some_and(|it| it.is_ascii_digit() && joint == b'.');
    if goes_on {
        return None;
    }
    // `1-2-3-4` may be none, but is taken for one: clouds name hosts so.
    let spelling = if joint == b'.' { Spelling::Plain } else { Spelling::Joined(char::from(joint)) };
    Some(Found { ip: Ipv4Addr::from(octets).into(), spelling, length: None, size: at })
}

fn v6(rest: &str) -> Option<Found> {
    let bytes = rest.as_bytes();
    let mut size =
        bytes.iter().take(45).take_while(|it| it.is_ascii_hexdigit() || matches!(it, b':' | b'.')).count();
    if bytes.get(size).is_some_and(|it| it.is_ascii_alphanumeric()) {
        return None;
    }
    while size > 2 && matches!(bytes[size - 1], b'.' | b':') && &bytes[size - 2..size] != b"::" {
        size -= 1;
    }
    let text = rest.get(..size)?;
    let colons = text.bytes().filter(|it| *it == b':').count();
    if colons < 2 {
        return None;
    }
    let ip: Ipv6Addr = text.parse().ok()?;
    let long = text.len() == 39 && !text.contains("::");
    let spelling = if long { Spelling::Long } else { Spelling::Plain };
    Some(Found { ip: ip.into(), spelling, length: None, size })
}

/// Writes an address as it was spelled.
pub(super) fn write(ip: IpAddr, spelling: Spelling, out: &mut String) {
    use std::fmt::Write as _;
    // Writing to a string does not fail.
    let _ = match (spelling, ip) {
        (Spelling::Joined(joint), IpAddr::V4(it)) => {
            let [a, b, c, d] = it.octets();
            write!(out, "{a}{joint}{b}{joint}{c}{joint}{d}")
        }
        (Spelling::Long, IpAddr::V6(it)) => {
            let groups: Vec<String> = it.segments().iter().map(|it| format!("{it:04x}")).collect();
            write!(out, "{}", groups.join(":"))
        }
        _ => write!(out, "{ip}"),
    };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn common(one: IpAddr, other: IpAddr) -> u32 {
        let ((one, width), (other, _)) = (bits(one), bits(other));
        shared(one, other, width)
    }

    proptest! {
        #[test]
        fn shared_prefixes_stay_as_long(a: u32, b: u32, cut in 0u32..33) {
            let b = if cut == 32 { b } else { (a & !(u32::MAX >> cut)) | (b & (u32::MAX >> cut)) };
            let (a, b): (IpAddr, IpAddr) = (Ipv4Addr::from_bits(a).into(), Ipv4Addr::from_bits(b).into());
            prop_assert_eq!(common(map(&KEY, a), map(&KEY, b)), common(a, b));
        }

        #[test]
        fn of_version_6_as_well(a: u128, b: u128, cut in 0u32..128) {
            let b = (a & !(u128::MAX >> cut)) | (b & (u128::MAX >> cut));
            let (a, b): (IpAddr, IpAddr) = (Ipv6Addr::from_bits(a).into(), Ipv6Addr::from_bits(b).into());
            prop_assert_eq!(common(map(&KEY, a), map(&KEY, b)), common(a, b));
        }

        #[test]
        fn what_is_like_its_neighbours_keeps_its_distance(a: u32, b: u32, c: u32) {
            let [a, b, c]: [IpAddr; 3] = [a, b, c].map(|it| Ipv4Addr::from_bits(it).into());
            let known = [(a, map(&KEY, a), 32), (b, map(&KEY, b), 32)];
            let to = like(known.into_iter(), c);
            prop_assert_eq!(common(to, known[0].1), common(c, a));
            prop_assert_eq!(common(to, known[1].1), common(c, b));
        }
    }

    #[test]
    fn meanings_are_kept() {
        for kept in [
            "0.0.0.0",
            "127.0.0.1",
            "127.0.0.6",
            "169.254.169.254",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::6",
        ] {
            let ip: IpAddr = kept.parse().unwrap();
            assert_eq!(map(&KEY, ip), ip);
            assert!(is_public(ip), "{kept}");
        }
        let private = |text: &str| match map(&KEY, text.parse().unwrap()) {
            IpAddr::V4(it) => it.is_private(),
            IpAddr::V6(it) => it.is_unique_local(),
        };
        assert!(private("10.1.2.3") && private("192.168.4.5") && private("172.31.0.1") && private("fd00::1"));
        assert!(!private("8.8.8.8") && !private("172.32.0.1"));
        let mapped = map(&KEY, "::ffff:10.1.2.3".parse().unwrap());
        assert_eq!(mapped, wrapped(mapped, map(&KEY, "10.1.2.3".parse().unwrap())));
    }

    #[test]
    fn addresses_are_found_in_every_spelling() {
        let at = |text: &str| find(text).map(|it| (it.ip.to_string(), it.length, it.size));
        let some = |ip: &str, length, size| Some((ip.to_owned(), length, size));
        assert_eq!(at("10.0.1.2"), some("10.0.1.2", None, 8));
        assert_eq!(at("10.0.1.2_80"), some("10.0.1.2", None, 8));
        assert_eq!(at("10.0.0.0/8,x"), some("10.0.0.0", Some(8), 10));
        assert_eq!(at("10.0.0.0/8/x"), some("10.0.0.0", None, 8));
        assert_eq!(at("10-0-1-2.ns.pod"), some("10.0.1.2", None, 8));
        assert_eq!(at("2001:db8::1]:80"), some("2001:db8::1", None, 11));
        assert_eq!(at("::ffff:10.1.2.3"), some("::ffff:10.1.2.3", None, 15));
        assert_eq!(at("::"), some("::", None, 2));
        for none in
            ["1.2.3", "1.2.3.4.5", "300.1.1.1", "1-2-3", "14:51:02", "abc::default", "010.1.1.1", "10.0.1.2a"]
        {
            assert_eq!(at(none), None, "{none}");
        }
    }
}
