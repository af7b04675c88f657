//! `istioctl proxy-config bootstrap` (istioctl/pkg/writer/envoy/configdump/configdump.go).

use super::output::{self, Format};
use super::{Dump, Lack, Trouble};
use crate::envoy::{Bootstrap, Kind};
use crate::json::Tree;

/// The versions that a bootstrap names, as istioctl prints them.
///
/// # Errors
/// Where the dump has no bootstrap, or it is not JSON.
pub fn text(dump: Dump<'_>) -> Result<String, Trouble> {
    let tree = section(dump)?;
    let node = tree.root().get("bootstrap").and_then(|it| Bootstrap(it).node());
    let version = node.map(|it| it.metadata("ISTIO_VERSION")).unwrap_or_default();
    let sha = node.map(|it| it.istio_proxy_sha()).unwrap_or_default();
    let build = node.map_or_else(|| "0.0.0".to_owned(), |it| it.build());
    let lines = [("Istio Version:", version), ("Istio Proxy Version:", sha), ("Envoy Version:", build)];
    let lines = lines.into_iter().filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>();
    let width = lines.iter().map(|(title, _)| title.len()).max().unwrap_or(0) + 1;
    Ok(lines.iter().map(|(title, value)| format!("{title:width$}{value}\n")).collect())
}

/// The bootstrap itself, with the time of its last change.
///
/// # Errors
/// As [`text`].
pub fn print(dump: Dump<'_>, format: Format) -> Result<String, Trouble> {
    Ok(output::message(section(dump)?.root(), format))
}

/// The section `BootstrapConfigDump`, parsed.
fn section(dump: Dump<'_>) -> Result<Tree<'_>, Trouble> {
    let found = dump.index.of(Kind::Bootstrap).next_back().ok_or(Lack::Section("BootstrapConfigDump"))?;
    Ok(Tree::parse(dump.bytes, found.1.wrapper)?)
}
