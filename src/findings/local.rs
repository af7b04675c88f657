//! Applications that only listen on localhost, by the `netstat` of a bug-report.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Evidence, Finding, Severity, Subject};
use super::found::Found;
use super::mesh::Mesh;
use crate::capture::Capture;

/// Check 45. Since Istio 1.10 a proxy hands inbound connections to the pod's address: who listens on 127.0.0.1 alone is
/// not reached.
pub fn localhost_only(capture: &Capture, mesh: &Mesh, found: &mut Found) {
    for (id, document) in capture.documents().filter(|it| it.1.path.ends_with("/netstat")) {
        let folder = document.folder();
        // `…/proxies/<namespace>/<pod>/netstat`
        let mut parts = folder.rsplit('/');
        let (Some(pod), Some(namespace)) = (parts.next(), parts.next()) else { continue };
        let name = format!("{pod}.{namespace}");
        let Some((proxy, server)) = mesh.servers.iter().find(|it| it.1.name == name) else { continue };
        let Some(ports) = &server.ports else { continue };
        let text = String::from_utf8_lossy(&document.bytes);
        for (port, line) in only_local(&text) {
            if !ports.contains_key(&port) {
                continue;
            }
            let mut finding = Finding::new("localhost-only", Severity::Warning, Subject::Proxy, name.clone())
                .cause(port.to_string())
                .arg("proxy", &name)
                .arg("port", port)
                .evidence(Evidence::at(id, None, line))
                .likely()
                .response(503, "UF", "upstream_reset_before_response_started{remote_connection_failure}");
            finding.namespace = namespace.to_owned();
            finding.proxies.push(*proxy);
            found.push(finding);
        }
    }
}

/// Ports that are listened on at a loopback address and at no other, with their lines.
fn only_local(netstat: &str) -> BTreeMap<u32, String> {
    let (mut local, mut other) = (BTreeMap::new(), BTreeSet::new());
    for line in netstat.lines().filter(|it| it.contains("LISTEN") && it.starts_with("tcp")) {
        let Some((address, port)) = line.split_whitespace().nth(3).and_then(|it| it.rsplit_once(':')) else {
            continue;
        };
        let Ok(port) = port.parse::<u32>() else { continue };
        if matches!(address, "127.0.0.1" | "::1" | "[::1]") {
            local.entry(port).or_insert_with(|| line.trim().to_owned());
        } else {
            other.insert(port);
        }
    }
    local.retain(|port, _| !other.contains(port));
    local
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_on_all_addresses_is_no_local_one() {
        let text = "Proto Recv-Q Send-Q Local Address Foreign Address State\n\
            tcp 0 0 127.0.0.1:8080 0.0.0.0:* LISTEN\ntcp 0 0 127.0.0.1:9090 0.0.0.0:* LISTEN\n\
            tcp 0 0 0.0.0.0:9090 0.0.0.0:* LISTEN\ntcp 0 0 127.0.0.1:7000 1.1.1.1:80 ESTABLISHED\n";
        assert_eq!(only_local(text).into_keys().collect::<Vec<_>>(), [8080]);
    }
}
