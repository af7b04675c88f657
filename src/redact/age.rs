//! The map's file under a passphrase: age's format, version 1, with a scrypt recipient, so that `age -d` and `rage -d`
//! open it as well. <https://age-encryption.org/v1>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The first line.
const VERSION: &str = "age-encryption.org/v1";
const LABEL: &[u8] = b"age-encryption.org/v1/scrypt";
/// Of a passphrase's cost, as a power of two: half a second in a browser, and 64 MB.
const WORK: u8 = 16;
/// What another's file may cost here: 256 MB.
const MOST_WORK: u8 = 18;
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;

/// Numbers drawn by lot for one file: never used twice.
#[derive(Clone, Copy)]
pub struct Lot(pub [u8; 48]);

/// Why a file cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Locked {
    /// It is no file of age's with a passphrase.
    #[error("not encrypted with a passphrase by age")]
    Form,
    /// It asks for more memory than there is here.
    #[error("made to cost more than can be spent here: open it with age")]
    Work,
    /// The passphrase is another one, or the file was changed.
    #[error("the passphrase does not open it")]
    Passphrase,
}

/// Whether bytes begin as a file of age's does.
pub fn is_locked(bytes: &[u8]) -> bool {
    bytes.starts_with(VERSION.as_bytes())
}

/// Encrypts; `None` where the machine cannot (too little memory is not told).
pub fn lock(plain: &[u8], passphrase: &str, lot: Lot) -> Option<Vec<u8>> {
    let (file_key, rest) = lot.0.split_at(16);
    let (salt, nonce) = rest.split_at(16);
    let wrapping = wrapping(passphrase, salt, WORK)?;
    let body = seal(&wrapping, &[0; 12], file_key)?;
    let mut out =
        format!("{VERSION}\n-> scrypt {} {WORK}\n{}\n---", BASE64.encode(salt), BASE64.encode(body))
            .into_bytes();
    let mac = header(file_key, &out)?.finalize().into_bytes();
    out.extend_from_slice(format!(" {}\n", BASE64.encode(mac)).as_bytes());
    out.extend_from_slice(nonce);
    let key = derive(file_key, nonce, b"payload")?;
    let count = plain.len().div_ceil(CHUNK).max(1);
    for at in 0..count {
        let chunk = &plain[at * CHUNK..plain.len().min((at + 1) * CHUNK)];
        out.extend(seal(&key, &counter(at as u64, at + 1 == count), chunk)?);
    }
    Some(out)
}

/// Decrypts.
///
/// # Errors
/// Where it cannot be opened.
pub fn unlock(bytes: &[u8], passphrase: &str) -> Result<Vec<u8>, Locked> {
    let mut lines = bytes.splitn(5, |it| *it == b'\n');
    let mut line = || std::str::from_utf8(lines.next().unwrap_or_default()).map_err(|_| Locked::Form);
    if line()? != VERSION {
        return Err(Locked::Form);
    }
    let stanza = line()?.strip_prefix("-> scrypt ").ok_or(Locked::Form)?;
    let (salt, work) = stanza.split_once(' ').ok_or(Locked::Form)?;
    let (salt, work) = (decode(salt, 16)?, work.parse::<u8>().map_err(|_| Locked::Form)?);
    let body = decode(line()?, 32)?;
    let mac = decode(line()?.strip_prefix("--- ").ok_or(Locked::Form)?, 32)?;
    let payload = lines.next().ok_or(Locked::Form)?;
    if work == 0 || work > MOST_WORK {
        return Err(Locked::Work);
    }
    let wrapping = wrapping(passphrase, &salt, work).ok_or(Locked::Work)?;
    let file_key = open(&wrapping, &[0; 12], &body).ok_or(Locked::Passphrase)?;
    let end = bytes.len() - payload.len() - 1 - 43 - 1;
    let header = header(&file_key, &bytes[..end]).ok_or(Locked::Form)?;
    header.verify_slice(&mac).map_err(|_| Locked::Passphrase)?;
    let (nonce, chunks) = payload.split_at_checked(16).ok_or(Locked::Form)?;
    let key = derive(&file_key, nonce, b"payload").ok_or(Locked::Form)?;
    let count = chunks.len().div_ceil(CHUNK + TAG).max(1);
    let mut out = Vec::with_capacity(chunks.len());
    for at in 0..count {
        let chunk = &chunks[at * (CHUNK + TAG)..chunks.len().min((at + 1) * (CHUNK + TAG))];
        out.extend(open(&key, &counter(at as u64, at + 1 == count), chunk).ok_or(Locked::Passphrase)?);
    }
    Ok(out)
}

fn decode(text: &str, size: usize) -> Result<Vec<u8>, Locked> {
    BASE64.decode(text).ok().filter(|it| it.len() == size).ok_or(Locked::Form)
}

/// The key that a passphrase makes.
fn wrapping(passphrase: &str, salt: &[u8], work: u8) -> Option<[u8; 32]> {
    let params = scrypt::Params::new(work, 8, 1, 32).ok()?;
    let mut key = [0; 32];
    scrypt::scrypt(passphrase.as_bytes(), &[LABEL, salt].concat(), &params, &mut key).ok()?;
    Some(key)
}

fn derive(file_key: &[u8], salt: &[u8], info: &[u8]) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(Some(salt), file_key).expand(info, &mut key).ok()?;
    Some(key)
}

/// Over the header, its last dashes too.
fn header(file_key: &[u8], text: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&derive(file_key, &[], b"header")?).ok()?;
    mac.update(text);
    Some(mac)
}

/// A chunk's number and whether it is the last.
fn counter(at: u64, last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&at.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce
}

fn seal(key: &[u8; 32], nonce: &[u8; 12], plain: &[u8]) -> Option<Vec<u8>> {
    ChaCha20Poly1305::new(Key::from_slice(key)).encrypt(Nonce::from_slice(nonce), plain).ok()
}

fn open(key: &[u8; 32], nonce: &[u8; 12], sealed: &[u8]) -> Option<Vec<u8>> {
    ChaCha20Poly1305::new(Key::from_slice(key)).decrypt(Nonce::from_slice(nonce), sealed).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOT: Lot = Lot([7; 48]);

    #[test]
    fn what_is_locked_is_unlocked_by_its_passphrase_alone() {
        // A passphrase costs time: few of them are enough.
        for size in [0, CHUNK, 2 * CHUNK + 5] {
            let plain = vec![7; size];
            let locked = lock(&plain, "correct horse", LOT).unwrap_or_default();
            assert!(is_locked(&locked));
            assert_eq!(unlock(&locked, "correct horse"), Ok(plain));
        }
        let mut locked = lock(b"names", "correct horse", LOT).unwrap_or_default();
        assert_eq!(unlock(&locked, "another"), Err(Locked::Passphrase));
        locked.pop();
        assert_eq!(unlock(&locked, "correct horse"), Err(Locked::Passphrase));
    }

    #[test]
    fn other_files_are_said_to_be_none() {
        let others: [&[u8]; 4] = [
            b"",
            b"{}",
            b"age-encryption.org/v1\n-> X25519 abc\n",
            b"age-encryption.org/v1\n-> scrypt a b\n",
        ];
        others.iter().for_each(|it| assert_eq!(unlock(it, "x"), Err(Locked::Form)));
    }
}
