//! `xdscope ztunnel-config`: istioctl's tables about a ztunnel, from files. Flags are istioctl's own.

use std::io::Write;

use xdscope::json::Tree;
use xdscope::tables::output::{self, Format};
use xdscope::tables::ztunnel::connections::{self, ConnectionsFilter};
use xdscope::tables::ztunnel::workload::{self, WorkloadFilter};
use xdscope::tables::ztunnel::{self, certificate, dump, policy, service};
use xdscope::ztunnel::ZtunnelDump;

use crate::choose::{self, ZTUNNEL_DUMP};
use crate::fail::Failure;
use crate::proxy_config::Common;

/// A ztunnel's configuration in tables, as istioctl prints them.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    table: Table,
}

#[derive(clap::Subcommand)]
enum Table {
    /// Everything.
    All {
        #[command(flatten)]
        common: Common,
        /// A title above each table.
        #[arg(long)]
        with_headers: bool,
        /// When certificates have to be valid: a time, or `clock`. Without it: when the dump was taken.
        #[arg(long, value_name = "TIME")]
        now: Option<String>,
    },
    /// Certificates.
    #[command(aliases = ["certificates", "certs", "cert"])]
    Certificate {
        #[command(flatten)]
        common: Common,
        /// When certificates have to be valid: a time, or `clock`. Without it: when the dump was taken.
        #[arg(long, value_name = "TIME")]
        now: Option<String>,
    },
    /// Connections of the pods on its node.
    #[command(alias = "cons")]
    Connections {
        #[command(flatten)]
        common: Common,
        /// Connections of this direction: inbound, outbound.
        #[arg(long, default_value = "")]
        direction: String,
        /// Addresses instead of names.
        #[arg(long)]
        raw: bool,
        /// Connections of this namespace's pods.
        #[arg(long, default_value = "")]
        workload_namespace: String,
    },
    /// Authorization policies.
    #[command(aliases = ["policies", "p", "pol"])]
    Policy {
        #[command(flatten)]
        common: Common,
        /// Policies of this namespace.
        #[arg(long, default_value = "")]
        policy_namespace: String,
    },
    /// Services.
    #[command(aliases = ["services", "s", "svc"])]
    Service {
        #[command(flatten)]
        common: Common,
        /// Services of this namespace.
        #[arg(long, default_value = "")]
        service_namespace: String,
    },
    /// Workloads.
    #[command(aliases = ["workloads", "w"])]
    Workload {
        #[command(flatten)]
        common: Common,
        /// Workloads at this address.
        #[arg(long, default_value = "")]
        address: String,
        /// Workloads of this namespace.
        #[arg(long, default_value = "")]
        workload_namespace: String,
        /// Workloads on this node.
        #[arg(long, default_value = "")]
        workload_node: String,
    },
}

impl Table {
    fn common(&self) -> &Common {
        match self {
            Table::All { common, .. }
            | Table::Certificate { common, .. }
            | Table::Connections { common, .. }
            | Table::Policy { common, .. }
            | Table::Service { common, .. }
            | Table::Workload { common, .. } => common,
        }
    }
}

/// # Errors
/// Where there is no such dump.
pub fn run(args: &Args, out: &mut impl Write) -> Result<(), Failure> {
    let common = args.table.common();
    let source = &common.source;
    let path = source.file.display();
    let engine = crate::open::open(&source.file)?;
    let capture = engine.capture();
    let document = choose::document(capture, &source.file, source.proxy.as_deref(), &ZTUNNEL_DUMP)?;
    let format = common.output.format();
    if let (Table::All { .. }, Some(Format::Json)) = (&args.table, format) {
        // The dump as it was sent.
        out.write_all(&document.bytes)?;
        return Ok(out.write_all(b"\n")?);
    }
    let fault =
        |fault: &dyn std::fmt::Display| Failure::Input(format!("{path}: {fault}; the dump is not whole"));
    let root = document.root().ok_or_else(|| fault(&"it is empty"))?;
    let tree = Tree::parse(&document.bytes, root).map_err(|it| fault(&it))?;
    let of = ZtunnelDump(tree.root());
    let text = match &args.table {
        Table::All { with_headers, now, .. } => match format {
            None => ztunnel::all(of, *with_headers, choose::now(now.as_deref(), capture)?),
            Some(format) => output::message(tree.root(), format),
        },
        Table::Certificate { now, .. } => match format {
            None => certificate::text(&certificate::rows(of, choose::now(now.as_deref(), capture)?)),
            Some(format) => dump::certificates(of, format),
        },
        Table::Connections { direction, raw, workload_namespace, .. } => {
            let filter = ConnectionsFilter {
                namespace: workload_namespace.clone(),
                direction: direction.clone(),
                raw: *raw,
            };
            match format {
                None => connections::text(&connections::rows(of, &filter)),
                Some(format) => dump::states(of, &filter, format),
            }
        }
        Table::Policy { policy_namespace, .. } => match format {
            None => policy::text(&policy::rows(of, policy_namespace)),
            Some(format) => dump::policies(of, policy_namespace, format),
        },
        Table::Service { service_namespace, .. } => match format {
            None => service::text(&service::rows(of, service_namespace)),
            Some(format) => dump::services(of, service_namespace, format),
        },
        Table::Workload { address, workload_namespace, workload_node, .. } => {
            let filter = WorkloadFilter {
                address: address.clone(),
                node: workload_node.clone(),
                namespace: workload_namespace.clone(),
            };
            match format {
                None => workload::text(&workload::rows(of, &filter)),
                Some(format) => dump::workloads(of, &filter, format),
            }
        }
    };
    Ok(out.write_all(text.as_bytes())?)
}
