//! Where a decoder's bytes come from, and what it may give.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Damage, Limit, Limits};

/// A reader that the state machine can own.
pub(super) type Stream = Box<dyn Read + Send>;

/// A range of bytes that are all there, shared and not copied.
#[derive(Clone)]
pub(super) struct Input {
    bytes: Arc<Vec<u8>>,
    at: usize,
    end: usize,
    /// Told how far reading has come; only the outermost file's is.
    meter: Option<Arc<AtomicU64>>,
}

impl Input {
    pub fn new(bytes: Vec<u8>, meter: Option<Arc<AtomicU64>>) -> Input {
        Input { at: 0, end: bytes.len(), bytes: Arc::new(bytes), meter }
    }

    pub fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..self.end).unwrap_or_default()
    }

    /// The part from `start` to `end`, counted from this input's first byte.
    pub fn part(&self, start: usize, end: usize) -> Input {
        Input {
            at: self.at.saturating_add(start).min(self.end),
            end: self.at.saturating_add(end).min(self.end),
            ..self.clone()
        }
    }

    /// The bytes themselves; copied only while another reader shares them.
    pub fn into_bytes(self) -> Vec<u8> {
        let (at, end) = (self.at, self.end);
        match Arc::try_unwrap(self.bytes) {
            Ok(bytes) if at == 0 && end == bytes.len() => bytes,
            Ok(bytes) => bytes[at..end].to_vec(),
            Err(shared) => shared[at..end].to_vec(),
        }
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = buffer.len().min(self.end - self.at);
        buffer[..size].copy_from_slice(&self.bytes[self.at..self.at + size]);
        self.consume(size);
        Ok(size)
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.rest())
    }

    fn consume(&mut self, size: usize) {
        self.at = (self.at + size).min(self.end);
        if let Some(meter) = &self.meter {
            meter.fetch_max(self.at as u64, Ordering::Relaxed);
        }
    }
}

/// Why reading stopped before the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Limit(Limit),
    Damage(Damage),
}

#[derive(Debug, thiserror::Error)]
#[error("limit")]
struct Reached(Limit);

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Cause {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Reached>()) {
            Some(Reached(limit)) => Cause::Limit(*limit),
            None if error.kind() == io::ErrorKind::UnexpectedEof => Cause::Damage(Damage::Truncated),
            None => Cause::Damage(Damage::Corrupt),
        }
    }
}

impl From<Cause> for io::Error {
    fn from(cause: Cause) -> io::Error {
        match cause {
            Cause::Limit(limit) => io::Error::other(Reached(limit)),
            Cause::Damage(Damage::Truncated) => io::ErrorKind::UnexpectedEof.into(),
            Cause::Damage(Damage::Corrupt) => io::ErrorKind::InvalidData.into(),
        }
    }
}

/// What a stream gives after the bytes that were read ahead of a failure: the failure again.
pub(super) struct Failed(pub Cause);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.into())
    }
}

/// A decoder's output, counted: against its input (a bomb), and against what one file may inflate to in all.
pub(super) struct Metered {
    inner: Stream,
    /// So much may still come before the ratio is too large.
    left: u64,
    inflated: Arc<AtomicU64>,
    most: u64,
}

impl Metered {
    pub fn new(inner: Stream, stored: u64, inflated: &Arc<AtomicU64>, limits: &Limits) -> Metered {
        let left = stored.saturating_mul(limits.ratio).max(Limits::ALWAYS_FINE);
        Metered { inner, left, inflated: Arc::clone(inflated), most: limits.inflated }
    }
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.inner.read(buffer)?;
        let all = self.inflated.fetch_add(size as u64, Ordering::Relaxed) + size as u64;
        let Some(left) = self.left.checked_sub(size as u64) else {
            return Err(Cause::Limit(Limit::Ratio).into());
        };
        self.left = left;
        if all > self.most {
            return Err(Cause::Limit(Limit::Inflated).into());
        }
        Ok(size)
    }
}
