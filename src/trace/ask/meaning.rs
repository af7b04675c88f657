//! What Envoy's response flags and response code details mean, in words.

/// Who decides that a request ends this way, and so where to look on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decider {
    /// Nobody: it says nothing.
    Nobody,
    /// The configuration: it is in the dump.
    Configuration,
    /// The upstream.
    Upstream,
    /// The client.
    Client,
    /// What lies between Envoy and the upstream.
    Network,
    /// A limit: a circuit breaker, a timeout, a rate, a size.
    Limit,
    /// A service that Envoy asks: authorization, rate limits.
    Service,
    /// Envoy itself.
    Envoy,
}

/// A flag or a detail, explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Meaning {
    /// As logs have it: `UH`, `no_healthy_upstream`; a `*` at its end stands for any end.
    pub key: &'static str,
    /// The long name of a flag (`NoHealthyUpstream`); empty for details.
    pub long: &'static str,
    /// Who decides it.
    pub decider: Decider,
    /// A sentence in English.
    pub en: &'static str,
    /// The same in Chinese.
    pub zh: &'static str,
}

impl Meaning {
    fn read(line: &'static str) -> Option<Meaning> {
        let mut parts = line.split('\t');
        let (key, long, decider) = (parts.next()?, parts.next()?, parts.next()?);
        let decider = match decider {
            "nobody" => Decider::Nobody,
            "configuration" => Decider::Configuration,
            "upstream" => Decider::Upstream,
            "client" => Decider::Client,
            "network" => Decider::Network,
            "limit" => Decider::Limit,
            "service" => Decider::Service,
            "envoy" => Decider::Envoy,
            _ => return None,
        };
        Some(Meaning { key, long, decider, en: parts.next()?, zh: parts.next()? })
    }
}

fn all() -> impl Iterator<Item = Meaning> {
    include_str!("meanings.txt").lines().filter(|it| !it.starts_with('#')).filter_map(Meaning::read)
}

/// All flags, in Envoy's order.
pub fn flags() -> impl Iterator<Item = Meaning> {
    all().filter(|it| !it.long.is_empty())
}

/// A response flag, by its short name or its long one.
pub fn flag(name: &str) -> Option<Meaning> {
    flags().find(|it| it.key == name || it.long == name)
}

/// Response code details, or connection termination details: what they say, and after it what the reasons in their
/// braces say.
pub fn detail(text: &str) -> Vec<Meaning> {
    let named = |name: &str, inner: bool| {
        all().filter(|it| it.long.is_empty() && it.key.starts_with('{') == inner).find(|it| {
            let key = it.key.strip_prefix('{').unwrap_or(it.key);
            key.strip_suffix('*').map_or(key == name, |start| name.starts_with(start))
        })
    };
    let (head, reasons) = text.split_once('{').unwrap_or((text, ""));
    let reasons = reasons.trim_end_matches('}').split(['|', ',']);
    let inner = reasons.filter_map(|it| named(it.trim().trim_start_matches("reset_reason:"), true));
    named(text, false).or_else(|| named(head, false)).into_iter().chain(inner).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        let lines = include_str!("meanings.txt").lines().filter(|it| !it.starts_with('#')).count();
        assert_eq!(all().count(), lines);
        assert_eq!(flags().count(), 31, "Envoy's thirty, and the absence of all");
        assert!(all().all(|it| it.en.ends_with('.') && it.zh.ends_with('。')));
    }

    #[test]
    fn finds_flags_and_details() {
        assert_eq!(flag("UF").unwrap().long, "UpstreamConnectionFailure");
        assert_eq!(flag("NoClusterFound").unwrap().key, "NC");
        let keys = |text: &str| detail(text).into_iter().map(|it| it.key).collect::<Vec<_>>();
        assert_eq!(keys("via_upstream"), ["via_upstream"]);
        assert_eq!(
            keys(
                "upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_111}"
            ),
            [
                "upstream_reset_before_response_started*",
                "{remote_connection_failure",
                "{delayed_connect_error*"
            ]
        );
        assert_eq!(keys("rbac_access_denied_matched_policy[none]"), ["rbac_access_denied_matched_policy*"]);
        assert_eq!(keys("http1.codec_error"), ["http1.codec_error"]);
        assert!(keys("my_own_filter").is_empty());
    }
}
