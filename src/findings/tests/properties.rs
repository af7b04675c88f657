//! What holds for all checks.

use super::*;

/// Names say nothing: another mesh with the same faults has the same findings.
#[test]
fn a_consistent_renaming_keeps_the_findings() {
    let routes = to("outbound|80|v9|a.shop.svc.cluster.local");
    let text = Dump { listeners: HTTP, routes: &routes, clusters: ONE, ..EMPTY }.text();
    let shape = |text: &str| -> Vec<(String, Severity, String)> {
        found(&[("d", text)])
            .iter()
            .map(|it| (it.check.to_owned(), it.severity, it.case.to_owned()))
            .collect()
    };
    assert_eq!(
        shape(&text),
        shape(&text.replace("a.shop", "payments.bank").replace("web-1", "till-7").replace("shop", "bank"))
    );
}

/// Faults of several kinds in one dump, each in a host of its own; without any one host, what is found of the others
/// stays, to the word.
#[test]
fn removing_a_host_takes_its_own_findings_alone() {
    let host = |name: &str, cluster: &str| {
        format!(
            "{{'name': '{name}:80', 'domains': ['{name}.shop.svc.cluster.local'], 'routes': [{{'name': 'r', 'match': {{'prefix': '/'}},
            'route': {{'cluster': 'outbound|80|{cluster}|{name}.shop.svc.cluster.local'}}}}]}}"
        )
    };
    let cluster = |name: &str, more: &str| {
        format!("{{'name': 'outbound|80||{name}.shop.svc.cluster.local', 'type': 'EDS' {more}}}")
    };
    let tight = ", 'circuit_breakers': {'thresholds': [{'max_connections': 1}]}";
    // `a` has a route to a subset that is not there, `b` no endpoint, `c` a limit of one connection.
    let parts = [
        (host("a", "v9"), cluster("a", ""), ONE_ENDPOINTS.to_owned()),
        (host("b", ""), cluster("b", ""), String::new()),
        (host("c", ""), cluster("c", tight), ONE_ENDPOINTS.replace("a.shop", "c.shop")),
    ];
    let with = |lacks: Option<usize>| -> Vec<(String, String)> {
        let kept: Vec<_> = (0..).zip(&parts).filter(|it| Some(it.0) != lacks).map(|it| it.1).collect();
        let list = |of: fn(&(String, String, String)) -> &str, by: &str| {
            kept.iter().map(|it| of(it)).filter(|it| !it.is_empty()).collect::<Vec<_>>().join(by)
        };
        let routes = format!("{{'name': '80', 'virtual_hosts': [{}]}}", list(|it| &it.0, ", "));
        let found = of(Dump {
            listeners: HTTP,
            routes: &routes,
            clusters: &list(|it| &it.1, ";;"),
            endpoints: &list(|it| &it.2, ";;"),
            ..EMPTY
        });
        let judged = found.iter().filter(|it| it.severity > Severity::Note);
        judged
            .map(|it| {
                (it.hosts.join(","), format!("{} {}", it.check, texts::sentence(texts::Language::En, it)))
            })
            .collect()
    };
    let all = with(None);
    assert_eq!(all.len(), 3, "{all:#?}");
    for (at, name) in (0..).zip(["a", "b", "c"]) {
        let own = format!("{name}.shop.svc.cluster.local");
        let others: Vec<_> = all.iter().filter(|it| it.0 != own).cloned().collect();
        assert_eq!(others.len(), 2);
        assert_eq!(with(Some(at)), others, "without {name}");
    }
}

/// What has nothing to do with a fault changes nothing of it.
#[test]
fn an_unrelated_resource_changes_nothing() {
    let routes = to("outbound|80|v9|a.shop.svc.cluster.local");
    let more = format!("{ONE};;{}", ONE.replace("a.shop", "z.shop"));
    let endpoints = format!("{ONE_ENDPOINTS};;{}", ONE_ENDPOINTS.replace("a.shop", "z.shop"));
    let with = |clusters: &str, endpoints: &str| {
        let found = of(Dump { listeners: HTTP, routes: &routes, clusters, endpoints, ..EMPTY });
        found
            .iter()
            .map(|it| {
                format!(
                    "{} {} {} {}",
                    it.severity.name(),
                    it.check,
                    it.resource,
                    texts::sentence(texts::Language::En, it)
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(with(ONE, ONE_ENDPOINTS), with(&more, &endpoints));
}
