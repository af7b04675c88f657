//! Sixty-four bytes at a time: where the brackets, quotes and separators are, as bits.
//!
//! `wide` has the vector instructions of each target for it (SSE2 on every x86-64, NEON, simd128 in every browser
//! since 2023), and a plain loop elsewhere.

use wide::i8x16;

/// One bit a byte, lowest bit first.
#[derive(Clone, Copy, Default)]
pub(super) struct Masks {
    pub quote: u64,
    pub backslash: u64,
    pub open: u64,
    pub close: u64,
}

/// How many bytes one step covers.
pub(super) const STEP: usize = 64;

/// `{` and `[` differ from each other in one bit, and so do `}` and `]`: with it set, one comparison finds both.
const CASE: i8 = 0x20;

type Lanes = [i8x16; 4];

fn lanes_of(block: &[u8; STEP]) -> Lanes {
    [0, 16, 32, 48].map(|start| {
        let mut lane = [0; 16];
        lane.copy_from_slice(&block[start..start + 16]);
        i8x16::new(lane.map(u8::cast_signed))
    })
}

/// One bit for each byte that equals `byte`.
fn equal(lanes: Lanes, byte: u8) -> u64 {
    let wanted = i8x16::splat(byte.cast_signed());
    let bits = |lane: i8x16| u64::from(lane.simd_eq(wanted).to_bitmask());
    bits(lanes[0]) | bits(lanes[1]) << 16 | bits(lanes[2]) << 32 | bits(lanes[3]) << 48
}

/// Quotes, backslashes and brackets of a block, inside strings or not.
#[inline]
pub(super) fn brackets(block: &[u8; STEP]) -> Masks {
    let lanes = lanes_of(block);
    let cased = lanes.map(|lane| lane | i8x16::splat(CASE));
    Masks {
        quote: equal(lanes, b'"'),
        backslash: equal(lanes, b'\\'),
        open: equal(cased, b'{'),
        close: equal(cased, b'}'),
    }
}

/// Commas and colons of a block, inside strings or not.
#[inline]
pub(super) fn separators(block: &[u8; STEP]) -> u64 {
    let lanes = lanes_of(block);
    equal(lanes, b',') | equal(lanes, b':')
}

/// Every bit becomes the parity of the bits up to it: between an opening and a closing quote all are set.
#[inline]
pub(super) fn parity(mut mask: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        mask ^= mask << shift;
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_seen_where_it_is() {
        for at in 0..STEP {
            for (byte, pick) in [
                (b'{', (|m| m.open) as fn(Masks) -> u64),
                (b'[', |m| m.open),
                (b'}', |m| m.close),
                (b']', |m| m.close),
                (b'"', |m| m.quote),
                (b'\\', |m| m.backslash),
            ] {
                let mut block = [b'x'; STEP];
                block[at] = byte;
                assert_eq!(pick(brackets(&block)), 1 << at, "{} at {at}", byte as char);
            }
        }
        assert_eq!(parity(0b1000_0100), 0b0111_1100);
    }
}
