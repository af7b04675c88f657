//! Several documents in one text, as a terminal shows them: where each begins and ends.

use super::kinds::text;
use super::recognise::{Recognised, recognise};
use super::start::{is_json_log, opens};
use super::{Kind, NotRead};
use crate::json::{End, Outline};

/// A part of a text that is a document of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// Offset of its first byte.
    pub start: usize,
    /// Offset of the first byte after it.
    pub end: usize,
    /// What it is.
    pub kind: Kind,
    /// The command whose output it is, where the text shows it.
    pub command: Option<String>,
}

/// So many documents are looked for in one text.
const MOST: usize = 4096;
/// So many values that begin and do not end are tried: each attempt may read to the end of the text.
const BROKEN: usize = 64;
/// A log between documents is one itself when it has so many lines; fewer are what a terminal mixes in.
const LONG_LOG: usize = 16;
/// A prompt with its command is not longer.
const LONGEST_PROMPT: usize = 2_000;

/// The documents of a text, in its order. `first`: its first JSON value, where that is known.
///
/// One pass; what is inside a JSON value is not looked at, except where that value is cut off.
pub(super) fn segments(bytes: &[u8], first: Option<(usize, &Recognised)>) -> Vec<Segment> {
    let mut reader =
        Reader { bytes, found: Vec::new(), text: 0, noise: true, command: None, broken: 0, first };
    let mut at = 0;
    while at < bytes.len() && reader.found.len() < MOST {
        at = reader.line(at);
    }
    if at < bytes.len() {
        // Too many to be told apart: the rest is one.
        reader.text = at;
    }
    reader.flush(bytes.len());
    reader.found
}

struct Reader<'b> {
    bytes: &'b [u8],
    found: Vec<Segment>,
    /// Where the text began that is collected.
    text: usize,
    /// Whether only blanks and a terminal's own words are in it.
    noise: bool,
    command: Option<String>,
    broken: usize,
    first: Option<(usize, &'b Recognised)>,
}

impl Reader<'_> {
    /// Reads the line that begins at `at`, or the JSON value that does; says where to go on.
    fn line(&mut self, at: usize) -> usize {
        let bytes = self.bytes;
        let newline = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |it| at + it);
        let next = (newline + 1).min(bytes.len());
        let line = &bytes[at..newline];
        let body = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let mut begin = newline - body.len();
        if self.noise {
            begin += body.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        }
        if matches!(bytes.get(begin), Some(b'{' | b'['))
            && opens(&bytes[begin..bytes.len().min(begin + 4096)])
            && !is_json_log(&bytes[begin..newline])
            && let Some(end) = self.json(begin)
        {
            return end;
        }
        if line.len() < LONGEST_PROMPT {
            let shown = String::from_utf8_lossy(line);
            if let Some(boundary) = boundary(&shown) {
                self.flush(at);
                self.text = next;
                if let Boundary::Command(command) = boundary {
                    self.command = Some(command.to_owned());
                }
                return next;
            }
            self.noise = self.noise && is_noise(&shown);
        } else {
            self.noise = false;
        }
        next
    }

    /// Takes the JSON value at `begin` for a document, if it is one; says where it ends.
    fn json(&mut self, begin: usize) -> Option<usize> {
        let (kind, end) = match self.first.filter(|(start, _)| *start == begin) {
            Some((_, found)) => (found.kind, self.end(begin, found.outline.as_ref()?)?),
            None => {
                let outline = Outline::of(self.bytes, begin);
                let end = self.end(begin, &outline)?;
                // What is not whole may have anything behind it, which is not its own.
                (recognise(self.bytes.get(begin..end)?).kind, end)
            }
        };
        let in_log = kind == Kind::Unknown && !self.noise && self.is_log(begin);
        if in_log {
            return None;
        }
        self.flush(begin);
        // What the replicas of a control plane say one after the other is one answer; lines of unknown JSON are one file.
        let goes_on = self.found.last_mut().filter(|last| {
            last.kind == kind
                && matches!(kind, Kind::IstioctlProxyStatus | Kind::Unknown)
                && self.command.is_none()
                && self.bytes.get(last.end..begin).is_some_and(|it| it.trim_ascii().is_empty())
        });
        match goes_on {
            Some(last) => last.end = end,
            None => {
                let command = self.command.take();
                self.found.push(Segment { start: begin, end, kind, command });
            }
        }
        self.text = end;
        Some(end)
    }

    /// Where the value ends that begins at `begin`: where it closes, or where something else begins.
    fn end(&mut self, begin: usize, outline: &Outline) -> Option<usize> {
        outline.root()?;
        let from = match outline.end {
            End::Complete(end) => return Some(end as usize),
            End::TooMany(_) => return Some(self.bytes.len()),
            End::Invalid(fault) => fault.at as usize,
            End::Truncated => begin + 1,
        };
        self.broken += 1;
        if self.broken > BROKEN {
            return None;
        }
        Some(self.resume(from))
    }

    /// The next line that begins something else than the rest of a broken value.
    fn resume(&self, from: usize) -> usize {
        let bytes = self.bytes;
        let mut at = from;
        while let Some(newline) = bytes.get(at..).and_then(|rest| memchr::memchr(b'\n', rest)) {
            at += newline + 1;
            let rest = &bytes[at..];
            let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
            let other = match line.first() {
                Some(b'{' | b'[') => opens(&rest[..rest.len().min(4096)]) && is_known(rest),
                Some(b' ' | b'\t') => line.trim_ascii_start().starts_with(b"$ "),
                Some(b'\r' | b'"' | b'}' | b']') | None => false,
                _ => line.len() < LONGEST_PROMPT && boundary(&String::from_utf8_lossy(line)).is_some(),
            };
            if other {
                return at;
            }
        }
        bytes.len()
    }

    fn is_log(&self, end: usize) -> bool {
        let text = self.bytes.get(self.text..end).unwrap_or_default();
        text::recognise(text).0 == Kind::Log
    }

    /// Takes the text that was collected, up to `end`, for a document, if it says anything.
    fn flush(&mut self, end: usize) {
        let text = self.bytes.get(self.text..end).unwrap_or_default();
        let behind_json = self.found.last().is_some_and(|last| last.end == self.text);
        self.noise = true;
        if text.trim_ascii().is_empty() {
            return;
        }
        let (kind, why) = text::recognise(text);
        let says = match (kind, &why) {
            (Kind::Log, _) => memchr::memchr_iter(b'\n', text).take(LONG_LOG).count() == LONG_LOG,
            // kubectl's last words on what was printed before them.
            (Kind::ErrorAnswer, Some(NotRead::Error { line })) => {
                !(behind_json && line.starts_with("command terminated"))
            }
            (_, None) => true,
            (kind, Some(_)) => !matches!(kind, Kind::Unknown | Kind::Empty),
        };
        let command = self.command.take();
        if says || command.as_deref().is_some_and(is_ours) && kind == Kind::Unknown {
            self.found.push(Segment { start: self.text, end, kind, command });
        }
    }
}

/// Whether a value that begins a line is a document that is known: its first bytes tell.
fn is_known(rest: &[u8]) -> bool {
    const ENOUGH: usize = 16 << 10;
    recognise(&rest[..rest.len().min(ENOUGH)]).kind != Kind::Unknown
}

/// A line that stands between two outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Boundary<'l> {
    /// A Markdown fence, or `head`'s and `tail`'s name of a file.
    Bare,
    /// A prompt, and what was typed.
    Command(&'l str),
}

fn boundary(line: &str) -> Option<Boundary<'_>> {
    let line = line.trim();
    let fence = line.starts_with("```") || line.starts_with("~~~");
    if fence || line.starts_with("==> ") && line.ends_with(" <==") {
        return Some(Boundary::Bare);
    }
    if let Some(typed) = line.strip_prefix("$ ") {
        return Some(Boundary::Command(typed.trim()));
    }
    // `user@host:~/a b$ kubectl`, `[root@node ~]# curl`, `bash-5.1$ ls`, `PS C:\> kubectl`.
    ["$ ", "# ", "% ", "> "].iter().find_map(|sign| {
        let at = line.find(sign)?;
        let typed = line[at + sign.len()..].trim();
        let prompt = line.get(..at).filter(|it| !it.is_empty() && it.len() < 120)?;
        let looks =
            prompt.contains('@') || prompt.starts_with("PS ") || !prompt.contains(' ') && is_shell(prompt);
        (looks && is_command(typed)).then_some(Boundary::Command(typed))
    })
}

fn is_shell(prompt: &str) -> bool {
    ["bash-", "sh-", "root", "~", "/"].iter().any(|it| prompt.starts_with(it))
}

/// Whether a line is typed: one of the commands that are typed around here.
fn is_command(typed: &str) -> bool {
    const COMMANDS: [&str; 22] = [
        "kubectl",
        "oc",
        "istioctl",
        "curl",
        "wget",
        "cat",
        "less",
        "head",
        "tail",
        "pilot-agent",
        "pilot-discovery",
        "sudo",
        "docker",
        "crictl",
        "nerdctl",
        "podman",
        "consul",
        "egctl",
        "jq",
        "yq",
        "k",
        "zcat",
    ];
    let first = typed.split_whitespace().next().unwrap_or("");
    COMMANDS.contains(&first.rsplit('/').next().unwrap_or(first))
}

/// Whether what a command prints is looked at here.
fn is_ours(command: &str) -> bool {
    ["istioctl", "config_dump", "/debug/", "server_info", ":15000", ":19000", "pilot-agent request"]
        .iter()
        .any(|it| command.contains(it))
}

/// What a terminal prints around an output: nothing, `200`, a header of HTTP, kubectl's notes.
fn is_noise(line: &str) -> bool {
    let line = line.trim();
    line.is_empty()
        || line.parse::<u16>().is_ok()
        || ["HTTP/", "Defaulted container", "Warning:", "Unable to use a TTY", "Flag --"]
            .iter()
            .any(|start| line.starts_with(start))
        || is_header(line)
}

/// `content-type: application/json`, as `curl -i` prints it.
fn is_header(line: &str) -> bool {
    const NAMES: [&str; 9] = [
        "content-type",
        "cache-control",
        "x-content-type-options",
        "date",
        "server",
        "transfer-encoding",
        "content-length",
        "vary",
        "connection",
    ];
    line.split_once(": ").is_some_and(|(name, _)| NAMES.contains(&name.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, &str, Option<String>)> {
        let list = segments(text.as_bytes(), None).into_iter();
        list.map(|it| (it.kind, text[it.start..it.end].trim(), it.command)).collect()
    }

    const CLUSTERS: &str = "{\"cluster_statuses\": []}";
    const SERVER: &str = "{\n \"version\": \"a/1.40.0/Clean/RELEASE/BoringSSL\",\n \"state\": \"LIVE\"\n}";

    #[test]
    fn documents_stand_one_after_another() {
        for between in [
            "",
            "\n",
            "\r\n",
            "\n200\n",
            "\n\u{feff}",
            "\n```\n\nand then\n\n```json\n",
            "\n$ curl -s localhost:15000/x\n",
            "\nWarning: x is deprecated\n",
            "\nDefaulted container \"a\" out of: a, b\n",
            " ",
            "\ncommand terminated with exit code 1\n",
            "\nHTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n",
            "\n2026-11-23T14:51:09Z\tinfo\tads\tADS: new connection\n",
        ] {
            let text = format!("{SERVER}{between}{CLUSTERS}");
            let found: Vec<_> =
                kinds(&text).into_iter().map(|(kind, text, _)| (kind, text.to_owned())).collect();
            let want =
                [(Kind::EnvoyServerInfo, SERVER.to_owned()), (Kind::EnvoyClusters, CLUSTERS.to_owned())];
            assert_eq!(found, want, "{between:?}");
        }
    }

    #[test]
    fn a_session_falls_into_its_outputs() {
        let text = format!(
            "Some words.\n\n$ istioctl proxy-config listeners web-1\nADDRESS            PORT      TYPE\n0.0.0.0 80 TCP\n\
             \n  1. More words\n    $ istioctl pc routes web-1 -o json\n    [\n      {{\"virtualHosts\": []}}\n    ]\n\
             user@host:~$ curl localhost:15000/config_dump\n404 page not found\n[root@n ~]# kubectl x\n{CLUSTERS}"
        );
        let found = kinds(&text);
        let list: Vec<_> = found.iter().map(|(kind, _, command)| (*kind, command.as_deref())).collect();
        assert_eq!(
            list,
            [
                (Kind::IstioctlTable, Some("istioctl proxy-config listeners web-1")),
                (Kind::IstioctlRoutes, Some("istioctl pc routes web-1 -o json")),
                (Kind::ErrorAnswer, Some("curl localhost:15000/config_dump")),
                (Kind::EnvoyClusters, Some("kubectl x")),
            ]
        );
    }

    #[test]
    fn what_follows_a_broken_document_is_read() {
        for broken in
            ["{\"configs\": [{\"@type\": \"x\"", "{\"version\": \"1\",, }", "{\n \"a\": [\n  {\n...\n"]
        {
            let text = format!("{broken}\n$ curl x\n{CLUSTERS}\n");
            let found = kinds(&text);
            assert_eq!(
                found.last().map(|it| (it.0, it.1)),
                Some((Kind::EnvoyClusters, CLUSTERS)),
                "{broken}"
            );
            let text = format!("{broken}\n{SERVER}\n");
            let found = kinds(&text);
            assert_eq!(
                found.last().map(|it| (it.0, it.1)),
                Some((Kind::EnvoyServerInfo, SERVER)),
                "{broken}"
            );
        }
    }

    #[test]
    fn a_document_by_itself_stays_whole() {
        let yaml = "apiVersion: v1\nmetadata:\n  annotations:\n    last: |\n      {\"apiVersion\":\"v1\",\"kind\":\"Pod\"}\nkind: Pod\n";
        assert_eq!(kinds(yaml).len(), 1);
        let log = "2026-11-23T14:51:09Z\tinfo\tx\n{\"some\": \"thing\"}\n".repeat(20);
        assert_eq!(kinds(&log).iter().map(|it| it.0).collect::<Vec<_>>(), [Kind::Log]);
        let status = "{\"resources\": [{\"@type\": \"x/a.ClientConfig\"}]}\n".repeat(2);
        assert_eq!(kinds(&status).len(), 1);
        assert_eq!(kinds(&format!("{CLUSTERS}\nuser@host:~$ ")).len(), 1);
    }

    #[test]
    fn lines_of_unknown_json_are_one_file() {
        assert_eq!(kinds(&"{\"id\": 1}\n".repeat(500)).len(), 1);
    }

    #[test]
    fn a_text_of_beginnings_takes_no_square_time() {
        let text = "{\"a\":[[[[\n".repeat(20_000);
        assert!(segments(text.as_bytes(), None).len() <= MOST);
    }
}
