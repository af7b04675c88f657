//! A text that goes beside a redacted capture, and no document of it was: mapped whole, or not at all.

use super::address::Found;
use super::cuts::known_as;
use super::map::{Map, write_address};
use super::pieces::{Names, scan};

impl Map {
    /// A text with each of its names replaced; `None` where a name is left that the map does not have and that is not
    /// among `keep`. ([`Map::text`] lets such a name stand.)
    pub fn whole(&self, text: &str, keep: &[String]) -> Option<String> {
        let mut out = String::with_capacity(text.len());
        let mut names = Whole { map: self, keep, missed: false };
        scan(text, self.mode(), &mut names, &mut out);
        (!names.missed).then_some(out)
    }
}

struct Whole<'m> {
    map: &'m Map,
    keep: &'m [String],
    missed: bool,
}

impl Whole<'_> {
    fn keeps(&self, name: &str) -> bool {
        self.keep.iter().any(|it| it == name)
    }
}

impl Names for Whole<'_> {
    fn token(&mut self, token: &str, out: &mut String) {
        let known = known_as(token);
        if self.keeps(&known) {
            out.push_str(token);
        } else {
            self.missed |= !self.map.has(token, &known);
            self.map.token(token, out);
        }
    }

    fn address(&mut self, found: Found, out: &mut String) {
        let kept = self.keeps(&found.ip.to_string());
        let mapped = self.map.address(found);
        self.missed |= !kept && !mapped.known;
        write_address(found, if kept { found.ip } else { mapped.ip }, out);
    }

    fn digits(&mut self, text: &str, out: &mut String) {
        let code = self.map.code(text).map(String::as_str);
        self.missed |= code.is_none() && !self.keeps(text);
        out.push_str(code.unwrap_or(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_whole_is_not_said() {
        let json = br#"{"version": 1, "tokens": {"reviews": "babab", "shop": "dadad"}, "addresses": {"10.1.2.3": "10.9.8.7"}}"#;
        let map = Map::parse(json).unwrap_or_default();
        let kept = ["ratings".to_owned()];
        for (text, want) in [
            (
                "outbound|9080||reviews.shop.svc.cluster.local",
                Some("outbound|9080||babab.dadad.svc.cluster.local"),
            ),
            ("Reviews_10.1.2.3:80", Some("Babab_10.9.8.7:80")),
            ("ratings.shop", Some("ratings.dadad")),
            ("reviews-v1-7b9b5.shop", None),
            ("10.1.2.4", None),
            ("payments", None),
            ("", Some("")),
        ] {
            assert_eq!(map.whole(text, &kept).as_deref(), want, "{text}");
        }
    }
}
