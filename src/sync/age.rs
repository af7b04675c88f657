//! How long ago, as Kubernetes says it.

use crate::instant::Instant;

/// The age of `then` at `now`, in the two largest units that matter: `23s`, `2m39s`, `5h`, `3d4h`
/// (k8s.io/apimachinery/pkg/util/duration, `HumanDuration`, which istioctl prints).
pub fn human(then: Instant, now: Instant) -> String {
    // Whole seconds towards zero, as Go converts.
    let seconds = now.0.saturating_sub(then.0) / 1_000_000_000;
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let two = |big: i64, one: char, small: i64, other: char| match small {
        0 => format!("{big}{one}"),
        _ => format!("{big}{one}{small}{other}"),
    };
    match () {
        () if seconds < -1 => "<invalid>".to_owned(),
        () if seconds < 0 => "0s".to_owned(),
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => two(minutes, 'm', seconds % 60, 's'),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => two(hours, 'h', minutes % 60, 'm'),
        () if hours < 48 => format!("{hours}h"),
        () if hours < 24 * 8 => two(hours / 24, 'd', hours % 24, 'h'),
        () if hours < 24 * 365 * 2 => format!("{}d", hours / 24),
        () if hours < 24 * 365 * 8 => two(hours / 24 / 365, 'y', hours / 24 % 365, 'd'),
        () => format!("{}y", hours / 24 / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_short() {
        for (seconds, want) in [
            (-5, "<invalid>"),
            (0, "0s"),
            (119, "119s"),
            (159, "2m39s"),
            (180, "3m"),
            (3600, "60m"),
            (4 * 3600 + 60, "4h1m"),
            (30 * 3600, "30h"),
            (50 * 3600, "2d2h"),
            (100 * 86_400, "100d"),
            (800 * 86_400, "2y70d"),
            (9 * 365 * 86_400, "9y"),
        ] {
            assert_eq!(human(Instant(0), Instant(seconds * 1_000_000_000)), want);
        }
    }
}
