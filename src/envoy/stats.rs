//! What an Envoy counts: `/stats` as text or JSON, and `/stats/prometheus`.

use crate::json::Node;
use crate::order::InOrder;

/// A number of an Envoy's stats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Its name as `/stats` has it (`listener_manager.lds.update_rejected`), whichever page it comes from; as
    /// Prometheus has it where the way back is not known.
    pub name: String,
    /// What a counter counted, or what a gauge stands at.
    pub value: u64,
    /// Where that stands: the line's first byte in a text, the value's in JSON.
    pub at: u32,
}

/// The numbers of a text whose name ends with one of `ends` (`update_rejected`), in the order of the page. Lines are
/// `name: value` (Envoy's source/server/admin/stats_render.cc) or `envoy_name{label="text"} value`
/// (source/server/admin/prometheus_stats.cc).
pub fn of_text(text: &[u8], ends: &[&str]) -> Vec<Stat> {
    let mut found = Vec::new();
    for end in ends {
        // Such a page has thousands of lines for the few that are wanted.
        let finder = memchr::memmem::Finder::new(end);
        let mut next = 0;
        while let Some(at) = finder.find(&text[next..]).map(|at| next + at) {
            let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |it| it + 1);
            next = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |it| at + it);
            let line = String::from_utf8_lossy(&text[start..next]);
            if let Some((name, value)) = of_line(line.trim_end(), end) {
                found.push(Stat { name, value, at: u32::try_from(start).unwrap_or(u32::MAX) });
            }
        }
    }
    found.order_by_key(|it| it.at);
    found
}

/// The same of `/stats?format=json`: `{"stats": [{"name": …, "value": …}]}`.
pub fn of_json(page: Node<'_>, ends: &[&str]) -> Vec<Stat> {
    let stat = |it: Node<'_>| {
        let name = it.text("name").filter(|name| ends.iter().any(|end| before(name, end).is_some()))?;
        let value = it.get("value")?;
        Some(Stat { name: name.into_owned(), value: value.u64()?, at: value.span().start })
    };
    page.list("stats").filter_map(stat).collect()
}

/// What stands before the last words of a name, when they are these.
fn before<'n>(name: &'n str, end: &str) -> Option<&'n str> {
    let rest = name.strip_suffix(end)?;
    rest.strip_suffix(['.', '_']).or_else(|| rest.is_empty().then_some(rest))
}

fn of_line(line: &str, end: &str) -> Option<(String, u64)> {
    if let Some((name, value)) = line.split_once(": ").filter(|(name, _)| !name.contains(['{', ' '])) {
        before(name, end)?;
        return Some((name.to_owned(), value.parse().ok()?));
    }
    let (metric, value) = line.rsplit_once(' ').filter(|_| !line.starts_with('#'))?;
    let (metric, labels) = metric.split_once('{').unwrap_or((metric, ""));
    let metric = metric.strip_prefix("envoy_").unwrap_or(metric);
    let of = before(metric, end)?;
    let labels = labels.strip_suffix('}').unwrap_or(labels);
    Some((plain(metric, of, labels, end), value.parse().ok()?))
}

/// The name that `/stats` has for a metric of Prometheus'. Envoy takes the parts that name a resource out of a name and
/// makes them labels (source/common/config/well_known_names.cc); Istio's bootstrap calls some of those without `envoy_`.
fn plain(metric: &str, of: &str, labels: &str, end: &str) -> String {
    let list = parsed(labels);
    let label = |name: &str| {
        let is = |key: &str| key == name || key.strip_prefix("envoy_") == Some(name);
        list.iter().find(|(key, _)| is(key)).map(|it| it.1.as_str())
    };
    let cluster = label("cluster_name");
    let route = label("http_conn_manager_prefix").zip(label("rds_route_config"));
    match (of, cluster, route) {
        ("cluster_manager_cds", ..) => format!("cluster_manager.cds.{end}"),
        ("listener_manager_lds", ..) => format!("listener_manager.lds.{end}"),
        ("control_plane", ..) => format!("control_plane.{end}"),
        ("cluster", Some(cluster), _) => format!("cluster.{cluster}.{end}"),
        ("http_rds", _, Some((prefix, route))) => format!("http.{prefix}.rds.{route}.{end}"),
        _ if labels.is_empty() => metric.to_owned(),
        _ => format!("{metric}{{{labels}}}"),
    }
}

/// `a="text",b="text"`, in which a backslash stands before quotes, backslashes and the n of a new line.
fn parsed(labels: &str) -> Vec<(&str, String)> {
    let mut list = Vec::new();
    let mut rest = labels;
    while let Some((key, text)) = rest.split_once("=\"") {
        let mut value = String::new();
        let mut letters = text.char_indices();
        let end = loop {
            match letters.next() {
                None => return list,
                Some((at, '"')) => break at + 1,
                Some((_, '\\')) => match letters.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, letter)) => value.push(letter),
                    None => return list,
                },
                Some((_, letter)) => value.push(letter),
            }
        };
        list.push((key.trim_start_matches([',', ' ']), value));
        rest = &text[end..];
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Tree;

    fn pairs(list: &[Stat]) -> Vec<(&str, u64)> {
        list.iter().map(|it| (it.name.as_str(), it.value)).collect()
    }

    #[test]
    fn lines_that_are_no_such_numbers_are_none() {
        let text = b"# TYPE envoy_x_update_rejected counter\nlistener_manager.lds.update_rejected: none\n\
            cluster.a.update_rejected_not: 1\ncluster.a: b.update_rejected: 7\ncluster.b.update_rejected: 2\r\n\
            envoy_cluster_update_rejected{envoy_cluster_name=\"a: \\\"b\\\\\"} 3\nenvoy_y_update_rejected 4\n\
            envoy_z_update_rejected{w=\"v} 5\nmyupdate_rejected: 6";
        let found = of_text(text, &["update_rejected"]);
        let want = [
            ("cluster.b.update_rejected", 2),
            ("cluster.a: \"b\\.update_rejected", 3),
            ("y_update_rejected", 4),
            ("z_update_rejected{w=\"v}", 5),
        ];
        assert_eq!(pairs(&found), want);
        assert!(text[found[0].at as usize..].starts_with(b"cluster.b"));
    }

    #[test]
    fn json_has_the_same() {
        let text = br#"{"stats":[{"name":"a.update_rejected","value":3},{"value":1,"name":"b.c"},{"name":7},
            {"histograms":{}},{"name":"control_plane.connected_state","value":"1"}]}"#;
        let tree = Tree::whole(text).unwrap();
        let found = of_json(tree.root(), &["update_rejected", "connected_state"]);
        assert_eq!(pairs(&found), [("a.update_rejected", 3), ("control_plane.connected_state", 1)]);
        assert_eq!(text[found[0].at as usize], b'3');
    }
}
