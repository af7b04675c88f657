//! A pasted curl command becomes a request. What curl itself would do to the request is done here, too
//! (https://curl.se/docs/manpage.html).

use base64::Engine as _;

use super::super::request::{Protocol, Request, host_and_port, ip};
use super::shell;

/// Why a text is no curl command that can be read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CurlFault {
    /// It has no word `curl`.
    NoCurl,
    /// It has no URL.
    NoUrl,
    /// A quote that nothing closes.
    Unclosed(char),
    /// An option whose value is missing.
    NoValue(String),
    /// A URL that is none, or of another scheme than http and https.
    Url(String),
}

/// What of a command was left out, or taken for granted.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remark {
    /// Several URLs; the first is read.
    MoreUrls(usize),
    /// The option changes nothing of where the request goes, or is not known.
    Ignored(String),
    /// Whose certificate a file holds is not in the command: say the identity.
    Certificate(String),
    /// Headers or cookies in a file.
    File(String),
    /// It goes to another proxy first.
    Proxy(String),
}

/// Reads a curl command: what is before the word `curl` (a prompt, `kubectl exec … --`) is passed over.
///
/// # Errors
/// Where there is no command, or no URL in it.
pub fn curl(text: &str) -> Result<(Request, Vec<Remark>), CurlFault> {
    let words = shell::words(text).map_err(CurlFault::Unclosed)?;
    let is_curl =
        |it: &String| it.rsplit(['/', '\\']).next().is_some_and(|it| it == "curl" || it == "curl.exe");
    let at = words.iter().position(is_curl).ok_or(CurlFault::NoCurl)?;
    let mut made = Made::default();
    let mut rest = words.into_iter().skip(at + 1);
    while let Some(word) = rest.next() {
        made.word(&word, &mut rest)?;
    }
    made.finish()
}

/// Options with a value that say nothing of where a request goes.
const PASSED: [&str; 40] = [
    "--max-time",
    "--connect-timeout",
    "--output",
    "--write-out",
    "--cacert",
    "--capath",
    "--key",
    "--retry",
    "--retry-delay",
    "--retry-max-time",
    "--key-type",
    "--cert-type",
    "--pass",
    "--ciphers",
    "--tls-max",
    "--tls13-ciphers",
    "--dump-header",
    "--cookie-jar",
    "--limit-rate",
    "--max-redirs",
    "--interface",
    "--local-port",
    "--trace",
    "--trace-ascii",
    "--stderr",
    "--config",
    "--proxy-user",
    "--proxy-header",
    "--noproxy",
    "--max-filesize",
    "--speed-limit",
    "--speed-time",
    "--keepalive-time",
    "--expect100-timeout",
    "--dns-servers",
    "--doh-url",
    "--unix-socket",
    "--abstract-unix-socket",
    "--rate",
    "--crlfile",
];

/// Short options and their long names; those with a value have `=`.
const SHORT: [(char, &str); 38] = [
    ('X', "--request="),
    ('H', "--header="),
    ('d', "--data="),
    ('I', "--head"),
    ('G', "--get"),
    ('k', "--insecure"),
    ('u', "--user="),
    ('b', "--cookie="),
    ('A', "--user-agent="),
    ('e', "--referer="),
    ('E', "--cert="),
    ('F', "--form="),
    ('T', "--upload-file="),
    ('r', "--range="),
    ('0', "--http1.0"),
    ('x', "--proxy="),
    ('o', "--output="),
    ('m', "--max-time="),
    ('w', "--write-out="),
    ('D', "--dump-header="),
    ('c', "--cookie-jar="),
    ('K', "--config="),
    ('U', "--proxy-user="),
    ('Y', "--speed-limit="),
    ('y', "--speed-time="),
    ('z', "--time-cond="),
    ('C', "--continue-at="),
    ('t', "--telnet-option="),
    ('P', "--ftp-port="),
    ('Q', "--quote="),
    ('s', "--silent"),
    ('S', "--show-error"),
    ('v', "--verbose"),
    ('L', "--location"),
    ('i', "--include"),
    ('f', "--fail"),
    ('g', "--globoff"),
    ('O', "--remote-name"),
];

#[derive(Default)]
struct Made {
    request: Request,
    urls: Vec<String>,
    data: Vec<String>,
    get: bool,
    head: bool,
    form: bool,
    upload: bool,
    json: bool,
    /// Headers that were taken away (`-H 'Accept:'`).
    without: Vec<String>,
    path_as_is: bool,
    target: Option<String>,
    resolve: Vec<String>,
    connect_to: Vec<String>,
    prior_knowledge: bool,
    http2: bool,
    user: Option<String>,
    agent: Option<String>,
    remarks: Vec<Remark>,
}

impl Made {
    fn word(&mut self, word: &str, rest: &mut impl Iterator<Item = String>) -> Result<(), CurlFault> {
        if word.starts_with("--") && word.len() > 2 {
            // curl knows no --option=value; pasted text sometimes does.
            let (name, inline) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word, None),
            };
            return self.option(name, &mut || inline.clone().or_else(|| rest.next()));
        }
        let Some(letters) = word.strip_prefix('-').filter(|it| !it.is_empty()) else {
            self.urls.push(word.to_owned());
            return Ok(());
        };
        for (at, letter) in letters.char_indices() {
            let Some((_, long)) = SHORT.iter().find(|(short, _)| *short == letter) else {
                self.ignore(&format!("-{letter}"));
                continue;
            };
            let Some(name) = long.strip_suffix('=') else {
                self.option(long, &mut || None)?;
                continue;
            };
            let after = &letters[at + letter.len_utf8()..];
            let value = if after.is_empty() { rest.next() } else { Some(after.to_owned()) };
            return self.option(name, &mut || value.clone());
        }
        Ok(())
    }

    fn option(&mut self, name: &str, next: &mut dyn FnMut() -> Option<String>) -> Result<(), CurlFault> {
        let mut value = || next().ok_or_else(|| CurlFault::NoValue(name.to_owned()));
        match name {
            "--request" => self.request.method = Some(value()?),
            "--header" => {
                let header = value()?;
                self.header(&header);
            }
            "--data" | "--data-ascii" | "--data-raw" | "--data-binary" | "--data-urlencode" => {
                let it = value()?;
                self.data.push(if name == "--data-urlencode" { url_encoded(&it) } else { it });
            }
            "--json" => {
                self.data.push(value()?);
                self.json = true;
            }
            "--form" | "--form-string" => {
                value()?;
                self.form = true;
            }
            "--upload-file" => {
                value()?;
                self.upload = true;
            }
            "--head" => self.head = true,
            "--get" => self.get = true,
            "--url" => self.urls.push(value()?),
            "--resolve" => self.resolve.push(value()?),
            "--connect-to" => self.connect_to.push(value()?),
            "--cert" => self.remarks.push(Remark::Certificate(value()?)),
            "--http2-prior-knowledge" => self.prior_knowledge = true,
            "--http2" => self.http2 = true,
            "--user" => self.user = Some(value()?),
            "--oauth2-bearer" => {
                let token = value()?;
                self.request.headers.add("authorization", format!("Bearer {token}"));
            }
            "--cookie" => match value()? {
                it if it.contains('=') => self.request.headers.add("cookie", it),
                it => self.remarks.push(Remark::File(it)),
            },
            "--user-agent" => self.agent = Some(value()?),
            "--referer" => {
                let it = value()?;
                self.request.headers.add("referer", it);
            }
            "--range" => {
                let it = value()?;
                self.request.headers.add("range", format!("bytes={it}"));
            }
            "--compressed" => self.request.headers.add("accept-encoding", "deflate, gzip, br, zstd"),
            "--request-target" => self.target = Some(value()?),
            "--path-as-is" => self.path_as_is = true,
            "--proxy" | "--preproxy" | "--socks5" | "--socks5-hostname" | "--socks4" => {
                self.remarks.push(Remark::Proxy(value()?));
            }
            "--insecure"
            | "--silent"
            | "--show-error"
            | "--verbose"
            | "--location"
            | "--include"
            | "--fail"
            | "--globoff"
            | "--http1.1"
            | "--http1.0"
            | "--no-progress-meter"
            | "--progress-bar"
            | "--ipv4"
            | "--ipv6"
            | "--no-keepalive"
            | "--fail-with-body"
            | "--location-trusted"
            | "--remote-name"
            | "--no-buffer"
            | "--no-alpn"
            | "--tlsv1.2"
            | "--tlsv1.3"
            | "--raw" => {}
            passed if PASSED.contains(&passed) => {
                value()?;
            }
            other => self.ignore(other),
        }
        Ok(())
    }

    fn ignore(&mut self, option: &str) {
        self.remarks.push(Remark::Ignored(option.to_owned()));
    }

    /// `Name: value` sets, `Name;` sets an empty one, `Name:` takes curl's own away, `@file` has more.
    fn header(&mut self, header: &str) {
        if header.starts_with('@') {
            self.remarks.push(Remark::File(header.to_owned()));
            return;
        }
        let (name, value) = match header.split_once(':') {
            Some((name, value)) => (name.trim(), value.trim()),
            None => match header.trim().strip_suffix(';') {
                Some(name) => return self.request.headers.add(name.trim(), ""),
                None => return self.ignore(&format!("-H {header}")),
            },
        };
        if name.eq_ignore_ascii_case("host") {
            self.request.authority = Some(value.to_owned());
        } else if value.is_empty() {
            self.without.push(name.to_ascii_lowercase());
        } else {
            self.request.headers.add(name, value);
        }
    }

    fn finish(mut self) -> Result<(Request, Vec<Remark>), CurlFault> {
        let Some(text) = self.urls.first().cloned() else { return Err(CurlFault::NoUrl) };
        if self.urls.len() > 1 {
            self.remarks.push(Remark::MoreUrls(self.urls.len()));
        }
        let url = Url::parse(&text).ok_or(CurlFault::Url(text))?;
        let usual = if url.tls { 443 } else { 80 };
        let port = url.port.unwrap_or(usual);
        self.request.to = self.destination(&url.host, port);
        self.request.kind = Some(match (url.tls, self.prior_knowledge, self.http2) {
            (false, true, _) => Protocol::H2c,
            (false, ..) => Protocol::Http,
            (true, false, false) => Protocol::TlsHttp,
            (true, ..) => Protocol::TlsH2,
        });
        if url.tls {
            self.request.sni = Some(url.host.clone()).filter(|it| ip(it.trim_matches(['[', ']'])).is_none());
            if self.http2 || self.prior_knowledge {
                self.request.alpn = vec!["h2".to_owned(), "http/1.1".to_owned()];
            }
        }
        let own = if port == usual { url.host.clone() } else { format!("{}:{port}", url.host) };
        self.request.authority.get_or_insert(own);
        let mut path = if self.path_as_is { url.path.clone() } else { without_dots(&url.path) };
        if self.get && !self.data.is_empty() {
            path.push(if path.contains('?') { '&' } else { '?' });
            path.push_str(&self.data.join("&"));
        }
        self.request.path = Some(self.target.take().unwrap_or(path));
        let posts = !self.get && (!self.data.is_empty() || self.form);
        self.request.method.get_or_insert_with(|| {
            let method = match () {
                () if self.head => "HEAD",
                () if self.upload => "PUT",
                () if posts => "POST",
                () => "GET",
            };
            method.to_owned()
        });
        self.own_headers(&url, posts);
        Ok((self.request, self.remarks))
    }

    /// What curl itself sends, where nothing else was said.
    fn own_headers(&mut self, url: &Url, posts: bool) {
        let basic = |it: &str| format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(it));
        let user = self.user.as_deref().or(url.user.as_deref()).map(basic);
        let body = match () {
            () if self.form => Some("multipart/form-data"),
            () if self.json => Some("application/json"),
            () if posts => Some("application/x-www-form-urlencoded"),
            () => None,
        };
        let accept = if self.json { "application/json" } else { "*/*" };
        let agent = self.agent.clone().unwrap_or_else(|| "curl/8".to_owned());
        let own = [
            ("authorization", user),
            ("user-agent", Some(agent).filter(|it| !it.is_empty())),
            ("accept", Some(accept.to_owned())),
            ("content-type", body.map(str::to_owned)),
        ];
        for (name, value) in own {
            if self.request.headers.first(name).is_none()
                && !self.without.iter().any(|it| it == name)
                && let Some(value) = value
            {
                self.request.headers.add(name, value);
            }
        }
    }

    /// Where the connection really goes: `--connect-to HOST:PORT:HOST:PORT` and `--resolve HOST:PORT:ADDRESS`, an empty
    /// or `*` part standing for any.
    fn destination(&self, host: &str, port: u16) -> String {
        let bare = host.trim_matches(['[', ']']);
        let number = port.to_string();
        let fits = |own: &str, of: &str| own.is_empty() || own == of || own.trim_matches(['[', ']']) == of;
        let (mut host, mut to_port) = (host.to_owned(), port);
        for rule in &self.connect_to {
            let parts = split(rule);
            let [from, at, to, there] = parts.as_slice() else { continue };
            if fits(from, bare) && fits(at, &number) {
                host = if to.is_empty() { host } else { (*to).to_owned() };
                to_port = there.parse().unwrap_or(port);
                break;
            }
        }
        let (bare, number) = (host.trim_matches(['[', ']']).to_owned(), to_port.to_string());
        for rule in &self.resolve {
            let rule = rule.trim_start_matches(['+', '-']);
            let parts = split(rule);
            let [from, at, rest @ ..] = parts.as_slice() else { continue };
            let Some(address) = rest.first().and_then(|_| rule.splitn(3, ':').nth(2)) else { continue };
            if (*from == "*" || fits(from, &bare)) && *at == number {
                let address = address.split(',').next().unwrap_or(address).trim_matches(['[', ']']);
                host = address.to_owned();
                break;
            }
        }
        let plain = host.trim_matches(['[', ']']);
        if plain.contains(':') { format!("[{plain}]:{to_port}") } else { format!("{plain}:{to_port}") }
    }
}

/// Parts between colons; a bracketed address is one.
fn split(rule: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let (mut begin, mut inside) = (0, false);
    for (at, sign) in rule.char_indices() {
        match sign {
            '[' => inside = true,
            ']' => inside = false,
            ':' if !inside => {
                out.push(&rule[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    out.push(&rule[begin..]);
    out
}

/// `name=content` has its content encoded, `=content` and `content` all of it (--data-urlencode).
fn url_encoded(text: &str) -> String {
    let (name, content) = text.split_once('=').map_or((None, text), |(name, content)| (Some(name), content));
    let mut out = name.filter(|it| !it.is_empty()).map_or_else(String::new, |it| format!("{it}="));
    for byte in content.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

struct Url {
    tls: bool,
    host: String,
    port: Option<u16>,
    /// With query, without fragment.
    path: String,
    user: Option<String>,
}

impl Url {
    fn parse(text: &str) -> Option<Url> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let rest = rest.split('#').next().unwrap_or(rest);
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user.to_owned()), host),
            None => (None, authority),
        };
        let after = host.rfind(']').map_or(0, |it| it + 1);
        if let Some((_, port)) = host[after..].split_once(':') {
            port.parse::<u16>().ok()?;
        }
        let (bare, port) = host_and_port(host);
        let strange = |it: char| it.is_whitespace() || it.is_control() || "\"'<>\\^`{|}$".contains(it);
        if bare.is_empty() || bare.contains(strange) {
            return None;
        }
        let host = if bare.contains(':') { format!("[{bare}]") } else { bare.to_owned() };
        let path = match path {
            "" => "/".to_owned(),
            query if query.starts_with('?') => format!("/{query}"),
            path => path.to_owned(),
        };
        Some(Url { tls, host, port, path, user })
    }
}

/// Without `.` and `..`, as curl sends a path (RFC 3986, 5.2.4).
fn without_dots(path: &str) -> String {
    let (plain, query) = path.split_at(path.find('?').unwrap_or(path.len()));
    let parts: Vec<&str> = plain.split('/').skip(1).collect();
    let mut out: Vec<&str> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let last = at + 1 == parts.len();
        match *part {
            "." | ".." => {
                if *part == ".." {
                    out.pop();
                }
                if last {
                    out.push("");
                }
            }
            it => out.push(it),
        }
    }
    format!("/{}{query}", out.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Request {
        curl(text).unwrap().0
    }

    #[test]
    fn reads_what_people_paste() {
        let it = read(
            "$ kubectl exec sleep -c sleep -- curl -sS -o /dev/null -w '%{http_code}' http://reviews:9080/reviews/1",
        );
        assert_eq!((it.to.as_str(), it.authority.as_deref()), ("reviews:9080", Some("reviews:9080")));
        assert_eq!((it.method.as_deref(), it.path.as_deref()), (Some("GET"), Some("/reviews/1")));

        let it = read(
            "curl -v -X PUT \\\n  -H \"Host: shop.example.com\" \\\n  -H 'end-user: jason' -d '{\"a\": 1}' 10.0.0.1/x/../y?z=1#f",
        );
        assert_eq!((it.to.as_str(), it.authority.as_deref()), ("10.0.0.1:80", Some("shop.example.com")));
        assert_eq!((it.method.as_deref(), it.path.as_deref()), (Some("PUT"), Some("/y?z=1")));
        assert_eq!(it.headers.first("end-user"), Some("jason"));
        assert_eq!(it.headers.first("content-type"), Some("application/x-www-form-urlencoded"));

        let it = read("curl --resolve shop.example.com:443:10.1.2.3 -k https://shop.example.com/");
        assert_eq!((it.to.as_str(), it.sni.as_deref()), ("10.1.2.3:443", Some("shop.example.com")));
        assert_eq!((it.kind, it.authority.as_deref()), (Some(Protocol::TlsHttp), Some("shop.example.com")));

        let it =
            read("curl --connect-to ::gateway.local:8443 --http2 https://a.b/ -I -A me -b k=v -u me:secret");
        assert_eq!((it.to.as_str(), it.kind), ("gateway.local:8443", Some(Protocol::TlsH2)));
        assert_eq!(it.method.as_deref(), Some("HEAD"));
        assert_eq!(it.headers.first("authorization"), Some("Basic bWU6c2VjcmV0"));
        assert_eq!((it.headers.first("cookie"), it.headers.first("user-agent")), (Some("k=v"), Some("me")));

        let it =
            read("curl --http2-prior-knowledge http://[fd00::1]:8080/a -G -d q=1 --data-urlencode 'r=a b'");
        assert_eq!((it.to.as_str(), it.kind), ("[fd00::1]:8080", Some(Protocol::H2c)));
        assert_eq!(it.path.as_deref(), Some("/a?q=1&r=a%20b"));

        let it = read("curl -XDELETE -H'Accept:' -H 'X-Empty;' --request-target '*' http://a");
        assert_eq!((it.method.as_deref(), it.path.as_deref()), (Some("DELETE"), Some("*")));
        assert_eq!((it.headers.first("accept"), it.headers.first("x-empty")), (None, Some("")));
    }

    #[test]
    fn says_what_it_leaves_out() {
        let (_, remarks) = curl("curl --cert c.pem --frobnicate http://a http://b -x http://p:1").unwrap();
        assert_eq!(
            remarks,
            [
                Remark::Certificate("c.pem".to_owned()),
                Remark::Ignored("--frobnicate".to_owned()),
                Remark::Proxy("http://p:1".to_owned()),
                Remark::MoreUrls(2),
            ]
        );
        for (text, fault) in [
            ("wget http://a", CurlFault::NoCurl),
            ("curl -v", CurlFault::NoUrl),
            ("curl 'http://a", CurlFault::Unclosed('\'')),
            ("curl http://a -H", CurlFault::NoValue("--header".to_owned())),
            ("curl ftp://a/", CurlFault::Url("ftp://a/".to_owned())),
            ("curl http://a:b/", CurlFault::Url("http://a:b/".to_owned())),
        ] {
            assert_eq!(curl(text).unwrap_err(), fault, "{text}");
        }
    }
}
