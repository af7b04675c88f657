//! Where something listens or is reached.

use std::borrow::Cow;

use super::text;
use crate::json::Node;

/// `envoy.config.core.v3.Address`
#[derive(Clone, Copy, Debug)]
pub struct Address<'t>(pub Node<'t>);

/// What an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressKind<'t> {
    /// An IP address, or a host name, and a port.
    Socket {
        /// As the dump spells it.
        address: Cow<'t, str>,
        /// 0 where it is named or missing.
        port: u32,
    },
    /// A Unix domain socket's path.
    Pipe(Cow<'t, str>),
    /// A listener of the same Envoy.
    Internal {
        /// The listener.
        listener: Cow<'t, str>,
        /// Which endpoint behind it.
        endpoint: Cow<'t, str>,
    },
}

impl<'t> Address<'t> {
    /// What it names; `None` for a form that is not known here.
    pub fn kind(self) -> Option<AddressKind<'t>> {
        if let Some(socket) = self.0.get("socket_address") {
            let port = socket.number("port_value").and_then(|it| u32::try_from(it).ok()).unwrap_or(0);
            return Some(AddressKind::Socket { address: text(socket, "address"), port });
        }
        if let Some(pipe) = self.0.get("pipe") {
            return Some(AddressKind::Pipe(text(pipe, "path")));
        }
        let internal = self.0.get("envoy_internal_address")?;
        let listener = internal.text("server_listener_name")?;
        Some(AddressKind::Internal { listener, endpoint: text(internal, "endpoint_id") })
    }

    /// The port; 0 for what has none.
    pub fn port(self) -> u32 {
        match self.kind() {
            Some(AddressKind::Socket { port, .. }) => port,
            _ => 0,
        }
    }
}

/// `10.0.0.1:80`, `[::1]:80`, a pipe's path, `envoy://listener/endpoint`.
impl std::fmt::Display for AddressKind<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AddressKind::Socket { address, port } if address.contains(':') => write!(f, "[{address}]:{port}"),
            AddressKind::Socket { address, port } => write!(f, "{address}:{port}"),
            AddressKind::Pipe(path) => f.write_str(path),
            AddressKind::Internal { listener, endpoint } => write!(f, "envoy://{listener}/{endpoint}"),
        }
    }
}

/// `envoy.config.core.v3.CidrRange`
#[derive(Clone, Copy, Debug)]
pub struct CidrRange<'t>(pub Node<'t>);

impl<'t> CidrRange<'t> {
    /// The address.
    pub fn address_prefix(self) -> Cow<'t, str> {
        text(self.0, "address_prefix")
    }

    /// How many of its bits count; 0 where it is not there, as in protobuf.
    pub fn prefix_len(self) -> u64 {
        self.0.number("prefix_len").unwrap_or(0)
    }
}

impl std::fmt::Display for CidrRange<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address_prefix(), self.prefix_len())
    }
}
