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
