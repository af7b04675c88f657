//! A copy that goes into a page: who opens the page opens it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::protocol::Suppression;

/// A packed copy, and what a page has to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enclosed {
    /// What is said beside it.
    pub about: About,
    /// Its file.
    pub bytes: Vec<u8>,
}

/// What is said beside the copy in a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The name of its file.
    pub name: String,
    /// What is hidden among its findings, by the copy's names. What names something else stayed behind.
    pub hidden: Vec<Suppression>,
}

impl Enclosed {
    /// Two elements of a page that no browser runs. All in base64, so nothing of a capture is ever read as HTML;
    /// static/boot.js knows them by their ids.
    pub fn to_html(&self) -> String {
        let about = serde_json::to_string(&self.about).unwrap_or_default();
        let mut html = String::with_capacity(self.bytes.len() / 3 * 4 + about.len() * 2 + 200);
        for (id, kind, bytes) in
            [("capture", "octet-stream", self.bytes.as_slice()), ("capture:about", "json", about.as_bytes())]
        {
            html.push_str(&format!("<script type=\"application/{kind};base64\" id=\"{id}\">"));
            STANDARD.encode_string(bytes, &mut html);
            html.push_str("</script>\n");
        }
        html
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_it_is_read_as_html() {
        let hostile = "</script><script>alert(1)</script><!--";
        let hidden = Suppression { id: hostile.to_owned(), resource: Some(hostile.to_owned()), proxy: None };
        let about = About { name: hostile.to_owned(), hidden: vec![hidden] };
        let html = Enclosed { about: about.clone(), bytes: hostile.as_bytes().to_vec() }.to_html();
        assert_eq!((html.matches('<').count(), html.matches("</script>\n").count()), (4, 2), "{html}");
        let inside = |line: &str| {
            let (_, rest) = line.split_once('>').unwrap_or_default();
            STANDARD.decode(rest.trim_end_matches("</script>")).unwrap_or_default()
        };
        let mut lines = html.lines();
        assert_eq!(inside(lines.next().unwrap_or_default()), hostile.as_bytes());
        assert_eq!(
            serde_json::from_slice::<About>(&inside(lines.next().unwrap_or_default())).ok(),
            Some(about)
        );
    }
}
