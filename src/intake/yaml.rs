//! YAML as JSON: turned once, so that everything behind reads one format.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use saphyr_parser::{Event, Parser, ScalarStyle, Span as Mark};

/// Aliases may make a text so many times its size, and [`FREE`] beyond: "billion laughs" stops there.
const GROWTH: usize = 16;
const FREE: usize = 1 << 20;

/// A text as JSON, and where each of its values stood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Yaml {
    /// The JSON: the one document of the text, or an array of its documents. Where reading stopped early it ends there,
    /// with its brackets open, as a document that is cut off does.
    pub json: Vec<u8>,
    /// Offsets in `json`, ascending, and the offset in the text of what begins there.
    places: Vec<(u32, u32)>,
    /// Why reading stopped early.
    pub fault: Option<YamlFault>,
}

/// Why a text could not be read to its end as YAML.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct YamlFault {
    /// The offset in the text.
    pub at: u32,
    /// What is wrong there: the parser's words.
    pub what: String,
}

impl Yaml {
    /// Reads a text: scalars by the core schema of YAML 1.2, where an unquoted `yes` or `012` is a string, keys always as
    /// strings, aliases as what they stand for.
    ///
    /// Constant stack; the output is bounded by the text's size.
    pub fn read(text: &str) -> Yaml {
        let mut writer = Writer::new(text);
        // Read as one of several; brackets are added when a second document comes.
        for event in Parser::new_from_str(text) {
            let fault = match event {
                Ok((event, mark)) => writer.event(event, mark).err().map(|what| (mark.start.index(), what)),
                Err(error) => Some((error.marker().index(), error.info().to_owned())),
            };
            if let Some((index, what)) = fault {
                let at = writer.cursor.byte(index);
                writer.out.fault = Some(YamlFault { at, what });
                break;
            }
        }
        writer.finish()
    }

    /// Where in the text the value begins that holds that byte of the JSON.
    pub fn place(&self, at: u32) -> u32 {
        let after = self.places.partition_point(|(json, _)| *json <= at);
        after.checked_sub(1).and_then(|it| self.places.get(it)).map_or(0, |(_, text)| *text)
    }
}

/// What is open.
struct Open {
    object: bool,
    /// Of an object: whether a key is due.
    key: bool,
    /// Whether something stands in it.
    used: bool,
    /// The anchor to remember it by, and where it began.
    anchor: usize,
    start: usize,
}

struct Writer<'t> {
    out: Yaml,
    open: Vec<Open>,
    /// Anchors, and the JSON that they stand for.
    anchors: BTreeMap<usize, (usize, usize)>,
    cursor: Cursor<'t>,
    most: usize,
    /// How many documents have begun, and where the first one did.
    documents: usize,
    /// How deep we are in a key that is no scalar: such keys are passed over.
    odd_key: usize,
}

impl<'t> Writer<'t> {
    fn new(text: &'t str) -> Writer<'t> {
        Writer {
            out: Yaml { json: vec![b'['], ..Yaml::default() },
            open: Vec::new(),
            anchors: BTreeMap::new(),
            cursor: Cursor { text, ascii: text.is_ascii(), index: 0, byte: 0 },
            most: text.len() * GROWTH + FREE,
            documents: 0,
            odd_key: 0,
        }
    }

    fn event(&mut self, event: Event<'_>, mark: Mark) -> Result<(), String> {
        let starts = matches!(event, Event::SequenceStart(..) | Event::MappingStart(..));
        let ends = matches!(event, Event::SequenceEnd | Event::MappingEnd);
        if self.odd_key > 0 {
            self.odd_key = if starts { self.odd_key + 1 } else { self.odd_key - usize::from(ends) };
            if self.odd_key == 0 {
                self.key("?");
            }
            return Ok(());
        }
        if starts && self.key_is_due() {
            self.odd_key = 1;
            return Ok(());
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text =
                    tag.as_deref().is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                if self.key_is_due() {
                    self.place(mark);
                    self.key(&text);
                } else {
                    self.before_value(mark);
                    let start = self.out.json.len();
                    match plain(&text).filter(|_| style == ScalarStyle::Plain && !is_text) {
                        Some(value) => self.out.json.extend_from_slice(value.as_bytes()),
                        None => quote(&text, &mut self.out.json),
                    }
                    self.remember(anchor, start);
                }
            }
            Event::SequenceStart(anchor, _) => self.begin(b'[', anchor, mark),
            Event::MappingStart(anchor, _) => self.begin(b'{', anchor, mark),
            Event::SequenceEnd => self.end(b']'),
            Event::MappingEnd => self.end(b'}'),
            Event::Alias(anchor) if self.key_is_due() => {
                let text = self.anchors.get(&anchor).and_then(|(start, end)| self.out.json.get(*start..*end));
                let text = String::from_utf8_lossy(text.unwrap_or_default()).trim_matches('"').to_owned();
                self.key(&text);
            }
            Event::Alias(anchor) => {
                self.before_value(mark);
                match self.anchors.get(&anchor).copied() {
                    Some((start, end)) if self.out.json.len() + (end - start) <= self.most => {
                        self.out.json.extend_from_within(start..end);
                    }
                    Some(_) => return Err("aliases that stand for too much".to_owned()),
                    // One that stands for what it is in.
                    None => self.out.json.extend_from_slice(b"null"),
                }
            }
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::Nothing => {}
        }
        if self.out.json.len() > self.most { Err("too large".to_owned()) } else { Ok(()) }
    }

    fn key_is_due(&self) -> bool {
        self.open.last().is_some_and(|it| it.object && it.key)
    }

    fn key(&mut self, text: &str) {
        let Some(open) = self.open.last_mut() else { return };
        if std::mem::replace(&mut open.used, true) {
            self.out.json.push(b',');
        }
        open.key = false;
        quote(text, &mut self.out.json);
        self.out.json.push(b':');
    }

    fn before_value(&mut self, mark: Mark) {
        match self.open.last_mut() {
            None => {
                if self.documents > 0 {
                    self.out.json.push(b',');
                }
                self.documents += 1;
            }
            Some(open) if open.object => open.key = true,
            Some(open) => {
                if std::mem::replace(&mut open.used, true) {
                    self.out.json.push(b',');
                }
            }
        }
        self.place(mark);
    }

    /// What is written next stood there.
    fn place(&mut self, mark: Mark) {
        let text = self.cursor.byte(mark.start.index());
        // A comma before it may come yet; that changes no value's place.
        self.out.places.push((narrow(self.out.json.len()), text));
    }

    fn begin(&mut self, bracket: u8, anchor: usize, mark: Mark) {
        self.before_value(mark);
        let start = self.out.json.len();
        self.open.push(Open { object: bracket == b'{', key: true, used: false, anchor, start });
        self.out.json.push(bracket);
    }

    fn end(&mut self, bracket: u8) {
        self.out.json.push(bracket);
        if let Some(open) = self.open.pop() {
            self.remember(open.anchor, open.start);
        }
    }

    fn remember(&mut self, anchor: usize, start: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, (start, self.out.json.len()));
        }
    }

    /// A single document stands by itself; several are an array.
    fn finish(mut self) -> Yaml {
        if self.documents == 1 {
            self.out.json.remove(0);
            for (json, _) in &mut self.out.places {
                *json = json.saturating_sub(1);
            }
        } else if self.out.fault.is_none() {
            self.out.json.push(b']');
        }
        self.out
    }
}

/// From characters, which the parser counts, to bytes.
struct Cursor<'t> {
    text: &'t str,
    ascii: bool,
    index: usize,
    byte: usize,
}

impl Cursor<'_> {
    fn byte(&mut self, index: usize) -> u32 {
        if self.ascii {
            return narrow(index.min(self.text.len()));
        }
        // The parser hardly ever looks back, and then not far: the place it had is good enough.
        let rest = self.text.get(self.byte..).unwrap_or_default();
        let step = index.saturating_sub(self.index);
        let bytes = rest.char_indices().nth(step).map_or(rest.len(), |(at, _)| at);
        self.byte += bytes;
        self.index += step;
        narrow(self.byte)
    }
}

fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A plain scalar that is no string, as JSON spells it (YAML 1.2.2, 10.3.2).
fn plain(text: &str) -> Option<String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some("null".to_owned()),
        "true" | "True" | "TRUE" => return Some("true".to_owned()),
        "false" | "False" | "FALSE" => return Some("false".to_owned()),
        _ => {}
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return u64::from_str_radix(digits, 16).ok().map(|it| it.to_string());
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return u64::from_str_radix(digits, 8).ok().map(|it| it.to_string());
    }
    is_json_number(text).then(|| text.to_owned())
}

/// Whether a text is a number as JSON spells one, of any length.
fn is_json_number(text: &str) -> bool {
    let rest = text.strip_prefix('-').unwrap_or(text);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) =
        rest.split_once(['e', 'E']).map_or((rest, None), |(one, two)| (one, Some(two)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(one, two)| (one, Some(two)));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|it| digits(it.strip_prefix(['+', '-']).unwrap_or(it)))
}

/// A text as a JSON string.
fn quote(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut buffer = [0; 4];
    for letter in text.chars() {
        match letter {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\r' => out.extend_from_slice(b"\\r"),
            letter if letter < ' ' => {
                let mut escaped = String::new();
                // Writing to a String cannot fail.
                let _ = write!(escaped, "\\u{:04x}", u32::from(letter));
                out.extend_from_slice(escaped.as_bytes());
            }
            letter => out.extend_from_slice(letter.encode_utf8(&mut buffer).as_bytes()),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        String::from_utf8(Yaml::read(text).json).unwrap()
    }

    #[test]
    fn values_become_what_envoy_and_kubernetes_take_them_for() {
        for (text, want) in [
            ("a: 1\nb: [x, 'y', \"z\\n\"]\n", r#"{"a":1,"b":["x","y","z\n"]}"#),
            (
                "a:\n  b: {c: ~, d: true, e: yes}\n  f:\n",
                r#"{"a":{"b":{"c":null,"d":true,"e":"yes"},"f":null}}"#,
            ),
            (
                "- 0x10\n- 0o17\n- 012\n- 1.5e3\n- .inf\n- 1.\n- '7'\n- !!str 7\n",
                r#"[16,15,"012",1.5e3,".inf","1.","7","7"]"#,
            ),
            ("a: |\n  one\n  two\nb: >-\n  one\n  two\n", r#"{"a":"one\ntwo\n","b":"one two"}"#),
            ("---\na: 1\n---\nb: 2\n...\n", r#"[{"a":1},{"b":2}]"#),
            ("x: &x {a: [1]}\ny: *x\nz: &z 5\nw: *z\n", r#"{"x":{"a":[1]},"y":{"a":[1]},"z":5,"w":5}"#),
            ("? [odd, key]\n: 1\n? {a: b}\n: 2\n80: x\n", r#"{"?":1,"?":2,"80":"x"}"#),
            (
                "99999999999999999999999: 123456789012345678901234567890\n",
                r#"{"99999999999999999999999":123456789012345678901234567890}"#,
            ),
            ("\u{e9}: \u{1f600}\n", "{\"\u{e9}\":\"\u{1f600}\"}"),
            ("# nothing\n", "[]"),
            ("a: \"\\u0001\"\n", r#"{"a":"\u0001"}"#),
        ] {
            let found = Yaml::read(text);
            assert_eq!((json(text).as_str(), &found.fault), (want, &None), "{text}");
            assert!(crate::json::Tree::whole(&found.json).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_bomb_stops_and_what_stood_before_is_there() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..40 {
            let before = format!("*a{}, ", level - 1).repeat(9);
            text += &format!("a{level}: &a{level} [{before}*a{}]\n", level - 1);
        }
        let found = Yaml::read(&text);
        assert!(found.json.len() <= text.len() * GROWTH + FREE);
        assert!(found.fault.is_some() && found.json.starts_with(br#"{"a0":["x","#));
        assert_eq!(json("a: &a [*a]\n"), r#"{"a":[null]}"#);
    }

    #[test]
    fn depth_takes_no_stack() {
        let deep = format!("{}x", "- ".repeat(50_000));
        assert!(!Yaml::read(&deep).json.is_empty());
        let flow = "[".repeat(100_000);
        assert!(Yaml::read(&flow).fault.is_some());
    }

    #[test]
    fn places_lead_back_to_the_text() {
        let text = "# \u{e9}\nlist:\n  - name: one\n  - name: two\n";
        let found = Yaml::read(text);
        let at = json(text).find("\"two\"").unwrap() as u32;
        assert_eq!(&text[found.place(at) as usize..], "two\n");
    }

    #[test]
    fn a_fault_has_a_place_and_keeps_what_is_before() {
        let found = Yaml::read("a: 1\nb: [1, 2\nc: }\n");
        let fault = found.fault.unwrap();
        assert!(fault.at >= 5 && !fault.what.is_empty(), "{fault:?}");
        assert!(found.json.starts_with(br#"{"a":1"#));
    }
}
