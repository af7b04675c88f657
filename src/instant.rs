//! Points in time, as dumps spell them.

/// A point in time: nanoseconds since 1970, UTC. Dumps hold nothing before or beyond what fits (1677 to 2262).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Instant(pub i64);

const SECOND: i64 = 1_000_000_000;

impl Instant {
    /// Reads RFC 3339 (`2026-11-23T14:51:10.780Z`, `+01:00` too), as protobuf's JSON prints timestamps. What follows
    /// the time is not looked at: Istio's versions are `2026-11-23T14:51:02Z/1`.
    pub fn parse(text: &str) -> Option<Instant> {
        let bytes = text.as_bytes();
        let number = |range: std::ops::Range<usize>| -> Option<i64> {
            let digits = bytes.get(range)?;
            digits
                .iter()
                .try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
        };
        for (at, mark) in [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')] {
            if bytes.get(at) != Some(&mark) {
                return None;
            }
        }
        if !matches!(bytes.get(10), Some(b'T' | b't' | b' ')) {
            return None;
        }
        let days = days(number(0..4)?, number(5..7)?, number(8..10)?)?;
        let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let mut rest = &bytes[19..];
        let mut nanos = 0;
        if let Some(fraction) = rest.strip_prefix(b".") {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            nanos = (0..9)
                .fold(0, |sum, at| sum * 10 + if at < digits { i64::from(fraction[at] - b'0') } else { 0 });
            rest = &fraction[digits..];
        }
        let zone = match rest.first()? {
            b'Z' | b'z' => 0,
            sign @ (b'+' | b'-') => {
                let start = bytes.len() - rest.len() + 1;
                let ahead = number(start..start + 2)? * 60 + number(start + 3..start + 5)?;
                if *sign == b'+' { ahead } else { -ahead }
            }
            _ => return None,
        };
        let seconds = ((days * 24 + hour) * 60 + minute - zone) * 60 + second;
        seconds.checked_mul(SECOND)?.checked_add(nanos).map(Instant)
    }

    /// Whole seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(SECOND)
    }
}

impl std::fmt::Display for Instant {
    /// `2026-11-23T14:51:10Z`: to the second.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.seconds();
        let (year, month, day) = date(seconds.div_euclid(86_400));
        let rest = seconds.rem_euclid(86_400);
        write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date
/// algorithms").
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// The date that many days after 1970-01-01; the inverse of [`days`].
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days - era * 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_envoy_and_istio_write() {
        let plain = Instant::parse("2026-11-23T14:51:02Z").unwrap();
        assert_eq!(plain.seconds(), 1_795_445_462);
        assert_eq!(Instant::parse("2026-11-23T14:51:02Z/1d9479e4"), Some(plain));
        assert_eq!(Instant::parse("2026-11-23T15:51:02+01:00"), Some(plain));
        assert_eq!(Instant::parse("2026-11-23T14:51:02.780Z").unwrap().0 - plain.0, 780_000_000);
        assert_eq!(plain.to_string(), "2026-11-23T14:51:02Z");
        for odd in ["", "yesterday", "2026-13-01T00:00:00Z", "2026-11-23T14:51", "2026-11-23T14:51:02+0"] {
            assert_eq!(Instant::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn dates_come_back() {
        for day in (-100_000..100_000).step_by(37) {
            let (year, month, of_month) = date(day);
            assert_eq!(days(year, month, of_month), Some(day));
        }
    }
}
