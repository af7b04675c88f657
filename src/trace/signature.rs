//! Signatures of tokens, where the key stands in the dump: RSA with PKCS #1 v1.5 (RS256, RS384, RS512). Verifying needs
//! nothing but one power of a public number, so it is done here; other algorithms are not judged.

use serde_json::Value;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::token::base64url;

/// What is known of a signature.
pub(super) enum Verified {
    /// One of the keys made it.
    Right,
    /// None of them did.
    Wrong,
    /// None has the name or the algorithm that the token wants.
    NoKey,
    /// The algorithm is not judged here.
    Unknown,
}

/// Whether any of the keys made the signature (jwt_verify_lib/verify.cc).
pub(super) fn verify(header: &Value, keys: &Value, signed: &[u8], signature: &[u8]) -> Verified {
    let algorithm = header.get("alg").and_then(Value::as_str).unwrap_or("");
    let id = header.get("kid").and_then(Value::as_str).filter(|it| !it.is_empty());
    let all = keys.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    // A key's own name and algorithm count where both sides say them.
    let fits = |key: &&Value| {
        let own = |name| key.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
        (id.is_none() || own("kid").is_none() || own("kid") == id)
            && own("alg").is_none_or(|it| it == algorithm)
    };
    if !all.iter().any(|it| fits(&it)) {
        return Verified::NoKey;
    }
    let Some((prefix, digest)) = digest(algorithm, signed) else { return Verified::Unknown };
    let number = |key: &Value, name| key.get(name).and_then(Value::as_str).and_then(base64url);
    let made = |key: &Value| {
        let (Some(modulus), Some(exponent)) = (number(key, "n"), number(key, "e")) else { return false };
        opened(&modulus, &exponent, signature).is_some_and(|it| it == padded(it.len(), prefix, &digest))
    };
    let rsa = |key: &&Value| key.get("kty").and_then(Value::as_str) == Some("RSA");
    if all.iter().filter(fits).filter(rsa).any(made) { Verified::Right } else { Verified::Wrong }
}

/// The prefix that names a hash (RFC 8017, 9.2), and the hash.
fn digest(algorithm: &str, signed: &[u8]) -> Option<(&'static [u8], Vec<u8>)> {
    const SHA256: &[u8] = &[
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
        0x04, 0x20,
    ];
    const SHA384: &[u8] = &[
        0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00,
        0x04, 0x30,
    ];
    const SHA512: &[u8] = &[
        0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00,
        0x04, 0x40,
    ];
    match algorithm {
        "RS256" => Some((SHA256, Sha256::digest(signed).to_vec())),
        "RS384" => Some((SHA384, Sha384::digest(signed).to_vec())),
        "RS512" => Some((SHA512, Sha512::digest(signed).to_vec())),
        _ => None,
    }
}

/// What a signature opens to when it is right: 00 01 ff … 00, the prefix, the hash.
fn padded(length: usize, prefix: &[u8], digest: &[u8]) -> Vec<u8> {
    let filled = length.saturating_sub(prefix.len() + digest.len() + 3);
    let mut out = vec![0, 1];
    out.resize(2 + filled, 0xff);
    out.push(0);
    out.extend(prefix);
    out.extend(digest);
    out
}

/// The widest key that is used, in bytes: 8192 bits.
const WIDEST: usize = 1024;

/// `signature ^ exponent mod modulus`, as long as the modulus; `None` where the numbers are no key and signature.
fn opened(modulus: &[u8], exponent: &[u8], signature: &[u8]) -> Option<Vec<u8>> {
    let modulus = &modulus[modulus.iter().position(|it| *it != 0)?..];
    let exponent = exponent.iter().try_fold(0u64, |sum, it| Some(sum.checked_mul(256)? + u64::from(*it)))?;
    if modulus.len() > WIDEST || modulus.len() < 64 || signature.len() != modulus.len() || exponent < 3 {
        return None;
    }
    let (n, base) = (limbs(modulus), limbs(signature));
    if !less(&base, &n) {
        return None;
    }
    let mut out: Option<Vec<u32>> = None;
    for bit in (0..64 - exponent.leading_zeros()).rev() {
        out = out.map(|it| product(&it, &it, &n));
        if exponent >> bit & 1 == 1 {
            out = Some(out.map_or_else(|| base.clone(), |it| product(&it, &base, &n)));
        }
    }
    let mut bytes: Vec<u8> = out?.iter().flat_map(|it| it.to_le_bytes()).collect();
    bytes.truncate(modulus.len());
    bytes.reverse();
    Some(bytes)
}

/// Digits of 32 bits, the least first.
fn limbs(bytes: &[u8]) -> Vec<u32> {
    let digits = bytes.rchunks(4);
    digits.map(|it| it.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte))).collect()
}

fn less(one: &[u32], other: &[u32]) -> bool {
    one.iter().rev().lt(other.iter().rev())
}

/// `one * other mod n`, bit by bit from the top; all as long as `n`. Slow and plain: a token needs seventeen of them.
fn product(one: &[u32], other: &[u32], n: &[u32]) -> Vec<u32> {
    let mut out = vec![0; n.len()];
    for digit in other.iter().rev() {
        for bit in (0..32).rev() {
            let carry = add(&mut out, None);
            reduce(&mut out, carry, n);
            if digit >> bit & 1 == 1 {
                let carry = add(&mut out, Some(one));
                reduce(&mut out, carry, n);
            }
        }
    }
    out
}

/// Adds, or doubles where nothing is to be added; whether it ran over.
fn add(to: &mut [u32], what: Option<&[u32]>) -> bool {
    let mut carry = 0u64;
    for (index, digit) in to.iter_mut().enumerate() {
        let more = what.map_or(*digit, |it| it[index]);
        let sum = u64::from(*digit) + u64::from(more) + carry;
        *digit = (sum & 0xffff_ffff) as u32;
        carry = sum >> 32;
    }
    carry == 1
}

/// Takes `n` away once where the number has reached it.
fn reduce(it: &mut [u32], over: bool, n: &[u32]) {
    if !over && less(it, n) {
        return;
    }
    let mut borrow = 0i64;
    for (digit, less) in it.iter_mut().zip(n) {
        let rest = i64::from(*digit) - i64::from(*less) - borrow;
        borrow = i64::from(rest < 0);
        *digit = (rest & 0xffff_ffff) as u32;
    }
}
