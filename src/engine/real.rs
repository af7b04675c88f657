//! Real names for a redacted capture: its map leads every document back, here, and the capture is read again from those.
//! The capture as it was sent is kept beside.

use super::protocol::{RealAnswer, RealQuery};
use crate::capture::{Capture, Document};
use crate::envoy::Identity;
use crate::intake::{Unread, recognise};
use crate::redact::{Fit, Locked, Map, is_locked, restore, unlock};

/// How many bytes are worked through for an answer; a document is not divided.
const SLICE: u64 = 1 << 20;
/// So many bytes are looked at to tell whether a map belongs to a capture.
const ENOUGH: usize = 16 << 20;

/// A map that was given, and what was made by it.
#[derive(Default)]
pub struct Real {
    given: Option<(String, Vec<u8>)>,
    /// The map, once it is open.
    map: Option<Map>,
    state: State,
}

#[derive(Default)]
enum State {
    #[default]
    None,
    /// Documents are led back; how many, and bytes, are behind.
    Busy { back: Box<Map>, made: Capture, at: usize, behind: u64 },
    /// Real names are shown; the capture as it was sent.
    Shown(Capture),
    /// The capture is shown as it was sent; that with real names.
    Hidden(Capture),
}

impl Real {
    /// Takes a file that is a map, or may be one under a passphrase; [`Real::as_sent`] is due before.
    pub fn give(&mut self, file: String, bytes: Vec<u8>) {
        *self = Real { given: Some((file, bytes)), ..Real::default() };
    }

    /// The map by which real names are shown.
    pub fn shown(&self) -> Option<&Map> {
        matches!(self.state, State::Shown(_)).then_some(self.map.as_ref()).flatten()
    }

    /// Makes the capture what was sent again, before there comes more of it. Whether that changes it.
    pub fn as_sent(&mut self, capture: &mut Capture) -> bool {
        match std::mem::take(&mut self.state) {
            State::Shown(sent) => {
                *capture = sent;
                true
            }
            _ => false,
        }
    }

    /// Answers, and whether the capture is another now.
    pub fn ask(&mut self, capture: &mut Capture, query: &RealQuery) -> (RealAnswer, bool) {
        let Some((file, _)) = &self.given else { return (RealAnswer::None, false) };
        let file = file.clone();
        match query {
            RealQuery::Open { passphrase } => match std::mem::take(&mut self.state) {
                State::Hidden(real) => {
                    self.state = State::Shown(std::mem::replace(capture, real));
                    (RealAnswer::Shown { file }, true)
                }
                State::None => (self.open(capture, passphrase).unwrap_or_else(|it| it), false),
                state => {
                    self.state = state;
                    self.work(capture)
                }
            },
            RealQuery::Work => self.work(capture),
            RealQuery::Hide => match std::mem::take(&mut self.state) {
                State::Shown(sent) => {
                    self.state = State::Hidden(std::mem::replace(capture, sent));
                    (RealAnswer::Hidden { file }, true)
                }
                state => {
                    self.state = state;
                    (RealAnswer::Hidden { file }, false)
                }
            },
            RealQuery::Forget => {
                let changed = self.as_sent(capture);
                *self = Real::default();
                (RealAnswer::None, changed)
            }
        }
    }

    /// Begins, or says why not.
    fn open(&mut self, capture: &Capture, passphrase: &str) -> Result<RealAnswer, RealAnswer> {
        let Some((file, bytes)) = &self.given else { return Err(RealAnswer::None) };
        let file = || file.clone();
        if self.map.is_none() {
            let plain = if !is_locked(bytes) {
                bytes.clone()
            } else if passphrase.is_empty() {
                return Err(RealAnswer::Locked { file: file() });
            } else {
                unlock(bytes, passphrase).map_err(|it| match it {
                    Locked::Passphrase => RealAnswer::Passphrase { file: file() },
                    Locked::Form | Locked::Work => RealAnswer::NoMap { file: file() },
                })?
            };
            self.map = Some(Map::parse(&plain).map_err(|_| RealAnswer::NoMap { file: file() })?);
        }
        let Some(back) = self.map.as_ref().map(Map::reversed) else { return Err(RealAnswer::None) };
        if capture.documents().next().is_none() {
            return Err(RealAnswer::Early { file: file() });
        }
        let mut fit = Fit::default();
        let mut room = ENOUGH;
        for (_, document) in capture.documents().filter(|it| it.1.dump().is_some() || it.1.why.is_none()) {
            fit.look(&back, &String::from_utf8_lossy(&document.bytes[..document.bytes.len().min(room)]));
            room = room.saturating_sub(document.bytes.len());
        }
        if !fit.fits() {
            return Err(RealAnswer::Foreign { file: file() });
        }
        self.state = State::Busy { back: Box::new(back), made: Capture::default(), at: 0, behind: 0 };
        Ok(RealAnswer::Busy { behind: 0, all: size(capture) })
    }

    fn work(&mut self, capture: &mut Capture) -> (RealAnswer, bool) {
        let file = self.given.as_ref().map(|it| it.0.clone()).unwrap_or_default();
        match std::mem::take(&mut self.state) {
            State::Busy { back, mut made, mut at, mut behind } => {
                let until = behind + SLICE;
                while let Some((_, document)) = capture.documents().nth(at) {
                    if behind >= until {
                        self.state = State::Busy { back, made, at, behind };
                        return (RealAnswer::Busy { behind, all: size(capture) }, false);
                    }
                    behind += document.bytes.len() as u64;
                    made.begin_file(document.file_date);
                    made.add(led_back(&back, document));
                    at += 1;
                }
                made.link();
                self.state = State::Shown(std::mem::replace(capture, made));
                (RealAnswer::Shown { file }, true)
            }
            State::Shown(sent) => {
                self.state = State::Shown(sent);
                (RealAnswer::Shown { file }, false)
            }
            state => {
                self.state = state;
                (RealAnswer::Hidden { file }, false)
            }
        }
    }
}

fn size(capture: &Capture) -> u64 {
    capture.documents().map(|it| it.1.bytes.len() as u64).sum()
}

/// A document with real names, in the place of the redacted one.
fn led_back(back: &Map, document: &Document) -> Document {
    let path = back.text(&document.path).into_owned();
    let made = match &document.why {
        Some(why) if document.bytes.is_empty() => {
            let (bytes, kind) = (document.size, document.kind);
            Document::unread(Unread { path, bytes, modified: None, kind, why: why.clone() })
        }
        _ => {
            let bytes = restore(back, &document.bytes);
            let found = recognise(&bytes);
            Document::new(path, bytes, found)
        }
    };
    // What was put together is of the proxy that its parts are of.
    let of_parts = document.identity.as_ref().filter(|_| !document.made_of.is_empty());
    let identity = of_parts.map(|it| {
        let text = |it: &String| back.text(it).into_owned();
        Identity {
            cluster: text(&it.cluster),
            namespace: text(&it.namespace),
            pod: text(&it.pod),
            proxy_type: it.proxy_type.clone(),
            node_id: text(&it.node_id),
        }
    });
    Document {
        start: document.start,
        command: document.command.as_ref().map(|it| back.text(it).into_owned()),
        made_of: document.made_of.clone(),
        modified: document.modified,
        damage: document.damage,
        identity: identity.or(made.identity),
        ..made
    }
}
