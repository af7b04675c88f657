//! `xdscope proxy-config`: istioctl's tables, from files. Flags are istioctl's own.

mod opened;
mod print;

use std::io::Write;
use std::path::PathBuf;

use xdscope::tables::output::Format;

use crate::fail::Failure;

pub use opened::Opened;

/// An Envoy's configuration in tables, as istioctl prints them.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    table: Table,
}

#[derive(clap::Subcommand)]
enum Table {
    /// Everything.
    #[command(alias = "a")]
    All(AllArgs),
    /// What the Envoy was started with.
    #[command(alias = "b")]
    Bootstrap(BootstrapArgs),
    /// Clusters.
    #[command(aliases = ["clusters", "c"])]
    Cluster(ClusterArgs),
    /// Extensions that came by ECDS.
    #[command(alias = "ec")]
    Ecds(EcdsArgs),
    /// Endpoints, from a config dump.
    Eds(EndpointArgs),
    /// Endpoints, from a clusters page; from a config dump where there is none.
    #[command(aliases = ["endpoints", "ep"])]
    Endpoint(EndpointArgs),
    /// Listeners.
    #[command(aliases = ["listeners", "l"])]
    Listener(ListenerArgs),
    /// Routes.
    #[command(aliases = ["routes", "r"])]
    Route(RouteArgs),
    /// Whether two proxies trust the same root certificate.
    #[command(alias = "rc")]
    RootcaCompare(RootcaArgs),
    /// Certificates.
    #[command(aliases = ["secrets", "s"])]
    Secret(SecretArgs),
}

/// Where to read.
#[derive(clap::Args)]
pub struct Source {
    /// A document, a folder or an archive; `-` for standard input.
    #[arg(short, long, value_name = "PATH")]
    pub file: PathBuf,
    /// Which proxy, where there are several.
    #[arg(long, value_name = "POD[.NAMESPACE]")]
    pub proxy: Option<String>,
}

/// How to print.
#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
pub enum Output {
    /// A table.
    Short,
    /// The resources as JSON.
    Json,
    /// The resources as YAML.
    Yaml,
}

impl Output {
    /// The format of resources; none for a table.
    pub fn format(self) -> Option<Format> {
        match self {
            Output::Short => None,
            Output::Json => Some(Format::Json),
            Output::Yaml => Some(Format::Yaml),
        }
    }
}

/// Where to read, and how to print.
#[derive(clap::Args)]
pub struct Common {
    /// Where to read.
    #[command(flatten)]
    pub source: Source,
    /// How to print.
    #[arg(short, long, value_enum, default_value = "short")]
    pub output: Output,
}

#[derive(clap::Args)]
struct ClusterFlags {
    /// Clusters with this in their name.
    #[arg(long, default_value = "")]
    fqdn: String,
    /// Clusters of this direction: inbound, outbound.
    #[arg(long, default_value = "")]
    direction: String,
    /// Clusters with this subset.
    #[arg(long, default_value = "")]
    subset: String,
}

#[derive(clap::Args)]
struct ClusterArgs {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    flags: ClusterFlags,
    /// Clusters of this port.
    #[arg(long, default_value_t = 0)]
    port: u32,
    /// The table of Istio 1.1: no DESTINATION RULE.
    #[arg(long)]
    legacy: bool,
}

#[derive(clap::Args)]
struct ListenerFlags {
    /// Listeners at this address.
    #[arg(long, default_value = "")]
    address: String,
    /// Listeners of this type: HTTP, TCP, HTTP+TCP, UNKNOWN.
    #[arg(long = "type", default_value = "")]
    listener_type: String,
    /// A row for each filter chain and route, not only for each listener and route configuration.
    #[arg(
        long, default_value_t = true, num_args = 0..=1, require_equals = true, default_missing_value = "true",
        action = clap::ArgAction::Set
    )]
    verbose: bool,
}

#[derive(clap::Args)]
struct ListenerArgs {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    flags: ListenerFlags,
    /// Listeners of this port.
    #[arg(long, default_value_t = 0)]
    port: u32,
    /// A waypoint's way through its filter chains.
    #[arg(long)]
    waypoint: bool,
    /// The table of Istio 1.1: ADDRESS, PORT, TYPE.
    #[arg(long)]
    legacy: bool,
}

#[derive(clap::Args)]
struct RouteArgs {
    #[command(flatten)]
    common: Common,
    /// The route configuration of this name.
    #[arg(long, default_value = "")]
    name: String,
    /// A row for each route, not only for each route configuration.
    #[arg(
        long, default_value_t = true, num_args = 0..=1, require_equals = true, default_missing_value = "true",
        action = clap::ArgAction::Set
    )]
    verbose: bool,
}

#[derive(clap::Args)]
struct EndpointArgs {
    /// The table of Istio 1.1, which is the same.
    #[arg(long)]
    legacy: bool,
    #[command(flatten)]
    common: Common,
    /// Endpoints at this address.
    #[arg(long, default_value = "")]
    address: String,
    /// Endpoints of this port.
    #[arg(long, default_value_t = 0)]
    port: u32,
    /// Endpoints of this cluster.
    #[arg(long, default_value = "")]
    cluster: String,
    /// Endpoints with this health.
    #[arg(long, default_value = "")]
    status: String,
}

#[derive(clap::Args)]
struct BootstrapArgs {
    #[command(flatten)]
    source: Source,
    /// How to print.
    #[arg(short, long, value_enum, default_value = "json")]
    output: Output,
}

#[derive(clap::Args)]
struct EcdsArgs {
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
struct SecretArgs {
    #[command(flatten)]
    common: Common,
    /// When certificates have to be valid: a time, or `clock`. Without it: when the dump was taken.
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
}

#[derive(clap::Args)]
struct RootcaArgs {
    /// The one proxy.
    #[arg(value_name = "POD[.NAMESPACE]")]
    one: String,
    /// The other proxy.
    #[arg(value_name = "POD[.NAMESPACE]")]
    other: String,
    /// A folder or an archive with the dumps of both.
    #[arg(short, long, value_name = "PATH")]
    file: PathBuf,
}

#[derive(clap::Args)]
struct AllArgs {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    clusters: ClusterFlags,
    #[command(flatten)]
    listeners: ListenerFlags,
    /// Clusters, listeners and endpoints of this port.
    #[arg(long, default_value_t = 0)]
    port: u32,
    /// The route configuration of this name.
    #[arg(long, default_value = "")]
    name: String,
    /// A title above each table.
    #[arg(long)]
    with_headers: bool,
    /// When certificates have to be valid: a time, or `clock`. Without it: when the dump was taken.
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
}

/// # Errors
/// Where there is no such table.
pub fn run(args: &Args, out: &mut impl Write) -> Result<(), Failure> {
    match &args.table {
        Table::All(args) => print::all(args, out),
        Table::Bootstrap(args) => print::bootstrap(args, out),
        Table::Cluster(args) => print::cluster(args, out),
        Table::Ecds(args) => print::ecds(args, out),
        Table::Eds(args) => print::eds(args, out),
        Table::Endpoint(args) => print::endpoint(args, out),
        Table::Listener(args) => print::listener(args, out),
        Table::Route(args) => print::route(args, out),
        Table::RootcaCompare(args) => print::rootca_compare(args, out),
        Table::Secret(args) => print::secret(args, out),
    }
}
