//! `istioctl ztunnel-config` (istioctl/pkg/writer/ztunnel/configdump), one file for each table.

pub mod certificate;
pub mod connections;
pub mod dump;
pub mod policy;
pub mod service;
pub mod workload;

use crate::instant::Instant;
use crate::ztunnel::{Service, ZtunnelDump};

/// All tables, as `istioctl ztunnel-config all` prints them. `now`: when certificates have to be valid.
pub fn all(of: ZtunnelDump<'_>, with_headers: bool, now: Instant) -> String {
    let tables = [
        ("WORKLOAD", workload::text(&workload::rows(of, &workload::WorkloadFilter::default()))),
        ("SERVICE", service::text(&service::rows(of, ""))),
        ("POLICY", policy::text(&policy::rows(of, ""))),
        ("SECRET", certificate::text(&certificate::rows(of, now))),
        (
            "CONNECTIONS",
            connections::text(&connections::rows(of, &connections::ConnectionsFilter::default())),
        ),
    ];
    let mut out = String::new();
    for (title, table) in tables {
        let title = if with_headers { format!("------ {title} INFO ------\n\n") } else { String::new() };
        out.extend(["\n", &title, &table]);
    }
    out
}

/// The name of the service that a waypoint's address stands for.
pub(crate) fn waypoint_name(destination: Option<&str>, services: &[Service<'_>]) -> String {
    let Some(destination) = destination else { return "None".to_owned() };
    let is = |it: &&Service<'_>| {
        destination == format!("{}/{}", it.namespace(), it.hostname())
            || it.vips().any(|vip| vip == destination)
    };
    services.iter().find(is).map_or_else(|| "NA".to_owned(), |it| it.name().into_owned())
}

/// What follows the first slash of `network/address`; empty without one.
fn address(vip: &str) -> &str {
    vip.split_once('/').map_or("", |(_, address)| address)
}
