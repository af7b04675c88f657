//! What a path, or the command that printed a document, says of whose it is.

use crate::envoy::Identity;

/// `…/proxies/<namespace>/<pod>` (bug-report), `…/namespaces/<namespace>/pods/<pod>…` (must-gather),
/// `…/proxies/<pod>.<namespace>` (istiod's pages about one proxy), `…/envoy/<pod>`.
pub(super) fn identity_of_folder(folder: &str) -> Option<Identity> {
    if let Some((namespace, pod)) = must_gather(folder) {
        return Some(identity(namespace, pod));
    }
    let mut parts = folder.rsplit('/');
    let (last, before, root) = (parts.next()?, parts.next()?, parts.next().unwrap_or(""));
    let (namespace, pod) = match (root, before) {
        ("proxies", _) => (before, last),
        (_, "proxies") => last.rsplit_once('.').map(|(pod, namespace)| (namespace, pod))?,
        (_, "envoy") => ("", last),
        _ => return None,
    };
    Some(identity(namespace, pod))
}

/// `…/istio/<namespace>/<pod>/debug` (bug-report), `…/namespaces/<namespace>/pods/<pod>…` (must-gather),
/// `…/istiod/<pod>` and below.
pub(super) fn control_plane_of_folder(folder: &str) -> Option<&str> {
    if let Some((_, pod)) = must_gather(folder) {
        return Some(pod);
    }
    let parts: Vec<&str> = folder.split('/').collect();
    if let Some(at) = parts.iter().rposition(|part| *part == "istiod") {
        return parts.get(at + 1).copied();
    }
    match parts.as_slice() {
        [.., "istio", _, pod, "debug"] => Some(pod),
        _ => None,
    }
}

/// Namespace and pod in the layout of `oc adm must-gather`, whatever lies above and below.
fn must_gather(folder: &str) -> Option<(&str, &str)> {
    let parts: Vec<&str> = folder.split('/').collect();
    parts.windows(4).find_map(|it| match it {
        ["namespaces", namespace, "pods", pod] => Some((*namespace, *pod)),
        _ => None,
    })
}

/// The proxy that a command was about: `istioctl proxy-config cluster POD -n NAMESPACE`, `kubectl exec POD …`.
pub(super) fn identity_of_command(command: &str) -> Option<Identity> {
    /// Options of kubectl and istioctl that take a value of their own.
    const VALUED: [&str; 14] = [
        "-n",
        "--namespace",
        "-c",
        "--container",
        "-o",
        "--output",
        "--port",
        "--name",
        "--fqdn",
        "--context",
        "--kubeconfig",
        "--address",
        "--cluster",
        "--subset",
    ];
    let mut words = command.split_whitespace();
    let program = words.next()?;
    let (mut plain, mut namespace) = (Vec::new(), "");
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        if let Some(value) = word.strip_prefix("--namespace=").or_else(|| word.strip_prefix("-n=")) {
            namespace = value;
        } else if VALUED.contains(&word) {
            let value = words.next().unwrap_or("");
            if matches!(word, "-n" | "--namespace") {
                namespace = value;
            }
        } else if !word.starts_with('-') {
            plain.push(word);
        }
    }
    let name = match (program.rsplit('/').next()?, plain.as_slice()) {
        ("istioctl", ["proxy-config" | "pc", _, name, ..]) => name,
        ("istioctl", ["proxy-status" | "ps", name, ..]) => name,
        ("kubectl" | "oc" | "k", ["exec", name, ..]) => name,
        _ => return None,
    };
    let name = name.strip_prefix("pod/").unwrap_or(name);
    // A workload's name (`deploy/x`) is no pod's, and `$POD`, `<pod>`, `PODNAME` are nobody's.
    let is_name =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-.".contains(letter);
    if !name.chars().all(is_name) {
        return None;
    }
    Some(match name.rsplit_once('.') {
        Some((pod, own)) if namespace.is_empty() => identity(own, pod),
        _ => identity(namespace, name),
    })
}

fn identity(namespace: &str, pod: &str) -> Identity {
    Identity { namespace: namespace.to_owned(), pod: pod.to_owned(), ..Identity::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(identity: Option<Identity>) -> Option<(String, String)> {
        identity.map(|it| (it.namespace, it.pod))
    }

    #[test]
    fn folders_and_commands_name_pods() {
        let owned = |namespace: &str, pod: &str| Some((namespace.to_owned(), pod.to_owned()));
        for (folder, want) in [
            ("x.tar.gz/bug-report/proxies/shop/web-1", owned("shop", "web-1")),
            ("m/quay-io/namespaces/shop/pods/web-1", owned("shop", "web-1")),
            ("m/namespaces/shop/pods/web-1/istio-proxy/istio-proxy/logs", owned("shop", "web-1")),
            ("istiod/istiod-1/proxies/web-1.shop", owned("shop", "web-1")),
            ("a/envoy/web-1", owned("", "web-1")),
            ("a/b", None),
        ] {
            assert_eq!(pair(identity_of_folder(folder)), want, "{folder}");
        }
        for (command, want) in [
            ("istioctl proxy-config cluster -n istio-system gw-1", owned("istio-system", "gw-1")),
            ("istioctl pc routes web-1.shop --name 9080 -o json", owned("shop", "web-1")),
            ("kubectl exec -it pod/web-1 -c istio-proxy -n shop -- curl x", owned("shop", "web-1")),
            ("kubectl exec deploy/web -- curl x", None),
            ("istioctl proxy-status", None),
            ("kubectl exec $POD", None),
        ] {
            assert_eq!(pair(identity_of_command(command)), want, "{command}");
        }
    }
}
