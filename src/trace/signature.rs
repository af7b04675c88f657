//! Signatures of tokens, where the key stands in the dump: RSA with PKCS #1 v1.5 (RS256, …) and PSS (PS256, …), and
//! HMAC (HS256, …). These need nothing but one power of a public number and a hash, so they are judged here; curves
//! (ES256, …, EdDSA) are not, and that is said.

use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
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
    let hash = match algorithm.get(2..) {
        Some("256") => Hash::Sha256,
        Some("384") => Hash::Sha384,
        Some("512") => Hash::Sha512,
        _ => return Verified::Unknown,
    };
    let number = |key: &Value, name| key.get(name).and_then(Value::as_str).and_then(base64url);
    let power = |key: &Value| {
        let (modulus, exponent) = (number(key, "n")?, number(key, "e")?);
        let bits = modulus.iter().skip_while(|it| **it == 0).count() * 8;
        let first = modulus.iter().find(|it| **it != 0)?;
        Some((opened(&modulus, &exponent, signature)?, bits - first.leading_zeros() as usize))
    };
    let made = |key: &Value| match &algorithm[..2] {
        "RS" => power(key).is_some_and(|(it, _)| it == padded(it.len(), hash, signed)),
        "PS" => power(key).is_some_and(|(it, bits)| salted(&it, bits, hash, signed)),
        _ => number(key, "k").is_some_and(|it| keyed(&it, hash, signed, signature)),
    };
    let kind = match &algorithm[..2] {
        "RS" | "PS" => "RSA",
        "HS" => "oct",
        _ => return Verified::Unknown,
    };
    let fit = |key: &&Value| key.get("kty").and_then(Value::as_str) == Some(kind);
    if all.iter().filter(fits).filter(fit).any(made) { Verified::Right } else { Verified::Wrong }
}

#[derive(Clone, Copy)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        fn all<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
            parts.iter().fold(D::new(), |hash, part| hash.chain_update(part)).finalize().to_vec()
        }
        match self {
            Hash::Sha256 => all::<Sha256>(parts),
            Hash::Sha384 => all::<Sha384>(parts),
            Hash::Sha512 => all::<Sha512>(parts),
        }
    }

    /// The last bytes of what names it before a digest, and its length (RFC 8017, 9.2).
    fn named(self) -> [u8; 2] {
        match self {
            Hash::Sha256 => [1, 32],
            Hash::Sha384 => [2, 48],
            Hash::Sha512 => [3, 64],
        }
    }
}

/// Whether it is the HMAC of what is signed.
fn keyed(key: &[u8], hash: Hash, signed: &[u8], signature: &[u8]) -> bool {
    fn is<M: Mac + KeyInit>(key: &[u8], signed: &[u8], signature: &[u8]) -> bool {
        let made = <M as Mac>::new_from_slice(key).map(|it| it.chain_update(signed));
        made.is_ok_and(|it| it.verify_slice(signature).is_ok())
    }
    match hash {
        Hash::Sha256 => is::<Hmac<Sha256>>(key, signed, signature),
        Hash::Sha384 => is::<Hmac<Sha384>>(key, signed, signature),
        Hash::Sha512 => is::<Hmac<Sha512>>(key, signed, signature),
    }
}

/// Whether a signature opened to what PSS makes, with a salt as long as the hash (RFC 8017, 9.1.2).
fn salted(opened: &[u8], bits: usize, hash: Hash, signed: &[u8]) -> bool {
    let (spare, length) = ((8 - (bits - 1) % 8) % 8, (bits - 1).div_ceil(8));
    let Some((ahead, message)) = opened.split_at_checked(opened.len() - length) else { return false };
    let size = usize::from(hash.named()[1]);
    let Some((rest, [0xbc])) = message.split_at_checked(length - 1) else { return false };
    let Some((masked, digest)) =
        rest.len().checked_sub(size).filter(|it| *it > size).and_then(|it| rest.split_at_checked(it))
    else {
        return false;
    };
    let mut data = masked.to_vec();
    let blocks = data.chunks_mut(size);
    for (number, block) in (0u32..).zip(blocks) {
        let mask = hash.of(&[digest, &number.to_be_bytes()]);
        block.iter_mut().zip(mask).for_each(|(it, mask)| *it ^= mask);
    }
    let top = 0xffu8.checked_shl(8 - spare as u32).unwrap_or(0);
    if ahead.iter().any(|it| *it != 0) || masked[0] & top != 0 {
        return false;
    }
    data[0] &= !top;
    let (filled, salt) = data.split_at(data.len() - size);
    let Some((1, zeros)) = filled.split_last().map(|(last, zeros)| (*last, zeros)) else { return false };
    zeros.iter().all(|it| *it == 0) && hash.of(&[&[0; 8], &hash.of(&[signed]), salt]) == digest
}

/// What a PKCS #1 v1.5 signature opens to when it is right: 00 01 ff … 00, what names the hash, the hash.
fn padded(length: usize, hash: Hash, signed: &[u8]) -> Vec<u8> {
    let [which, size] = hash.named();
    #[rustfmt::skip]
    let prefix = [
        0x30, 0x11 + size, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, which, 0x05, 0x00,
        0x04, size,
    ];
    let filled = length.saturating_sub(prefix.len() + usize::from(size) + 3);
    let mut out = vec![0, 1];
    out.resize(2 + filled, 0xff);
    out.push(0);
    out.extend(prefix);
    out.extend(hash.of(&[signed]));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(header: &str, keys: &str, signed: &str, signature: &str) -> Verified {
        let json = |text: &str| serde_json::from_str(text).unwrap();
        verify(&json(header), &json(keys), signed.as_bytes(), &base64url(signature).unwrap())
    }

    /// RFC 7515, A.1.
    #[test]
    fn hmac() {
        let keys = r#"{"keys": [{"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}]}"#;
        let signed = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let (header, signature) = (r#"{"alg": "HS256"}"#, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert!(matches!(judged(header, keys, signed, signature), Verified::Right));
        assert!(matches!(judged(header, keys, "else", signature), Verified::Wrong));
    }

    /// Made by OpenSSL, with a salt as long as the hash.
    #[test]
    fn rsa_pss() {
        let keys = r#"{"keys": [{"kty": "RSA", "e": "AQAB", "n": "wxHUzlTXZLCExq6deth2cg5PwNiJgsUEnObYpnajDkkxpiVitihxo8cx9QqLLtTaAKreuhMh3i5-EfpFDvakrVu6mYn7D8eQfOjGTo_FoytGACrMohZDYpgRUedulIgMjewxn1CiSLosdscRwdabgx57CdeAszmP3646GnPTUb0"}]}"#;
        let signature = "L2p2TnIb-wY3FfAp_azsosL5jHfM7TwQaPsuGfOXkKGegoCQ7OyyWd_6Y-jd_Ww7jS2_3smUic9md67k25UDGVbtilVBcgZDatmrDdWA7YV6nkSNT0K4Lncbeahne-AC5KCqY2ZHUExzwTo4mdVZT9LpAHjC0qJ9cfVIqkE07JU";
        assert!(matches!(judged(r#"{"alg": "PS256"}"#, keys, "signed", signature), Verified::Right));
        assert!(matches!(judged(r#"{"alg": "PS256"}"#, keys, "else", signature), Verified::Wrong));
        assert!(matches!(judged(r#"{"alg": "PS384"}"#, keys, "signed", signature), Verified::Wrong));
        assert!(matches!(judged(r#"{"alg": "ES256"}"#, keys, "signed", signature), Verified::Unknown));
    }
}
