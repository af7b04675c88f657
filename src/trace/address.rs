//! Ranges of addresses.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::envoy::CidrRange;
use crate::json::Node;

/// The range that a `CidrRange` names, its host bits cleared; `None` where it names none.
pub(super) fn range(of: CidrRange<'_>) -> Option<IpNet> {
    let address: IpAddr = of.address_prefix().parse().ok()?;
    let length = u8::try_from(of.prefix_len()).unwrap_or(u8::MAX);
    let most = if address.is_ipv4() { 32 } else { 128 };
    IpNet::new(address, length.min(most)).ok().map(|it| it.trunc())
}

/// Whether an address lies in a range. Families stay apart (source/common/network/cidr_range.cc).
pub(super) fn within(of: CidrRange<'_>, address: IpAddr) -> bool {
    range(of).is_some_and(|it| it.contains(&address))
}

/// Whether an address lies in one of the ranges.
pub(super) fn any<'t>(mut ranges: impl Iterator<Item = Node<'t>>, address: IpAddr) -> bool {
    ranges.any(|it| within(CidrRange(it), address))
}

/// Whether it is the loopback address: just that one, not all of 127/8 (source/common/network/utility.cc,
/// isLoopbackAddress).
pub(super) fn loopback(address: IpAddr) -> bool {
    address == IpAddr::V4(Ipv4Addr::LOCALHOST) || address == IpAddr::V6(Ipv6Addr::LOCALHOST)
}
