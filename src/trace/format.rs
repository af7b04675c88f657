//! Envoy's substitution commands, as far as a request decides them (source/common/formatter).

use super::request::Headers;
use super::run::Run;

/// Fills a format; `None` where one of its commands is not known from the request. `empty` stands for what is not there:
/// `-`, or nothing where the format omits empty values.
pub(super) fn substitute(
    run: &Run<'_, '_>,
    format: &str,
    headers: Option<&Headers>,
    empty: &str,
) -> Option<String> {
    let mut out = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let (command, after) = after.split_once('%')?;
        if command.is_empty() {
            out.push('%');
        } else {
            let value = value(run, command, headers)?;
            out.push_str(if value.is_empty() { empty } else { &value });
        }
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

fn value(run: &Run<'_, '_>, command: &str, headers: Option<&Headers>) -> Option<String> {
    let connection = &run.connection;
    let (name, argument) =
        command.strip_suffix(')').and_then(|it| it.split_once('(')).unwrap_or((command, ""));
    let text = match name {
        "DOWNSTREAM_PEER_URI_SAN" => connection.peer.clone().unwrap_or_default(),
        "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT" => connection.remote?.to_string(),
        "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT" => connection.direct_remote?.to_string(),
        "DOWNSTREAM_LOCAL_ADDRESS" => {
            let (address, port) = connection.local?;
            core::net::SocketAddr::new(address, port).to_string()
        }
        "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT" => connection.local?.0.to_string(),
        "DOWNSTREAM_LOCAL_PORT" => connection.local?.1.to_string(),
        "REQUESTED_SERVER_NAME" => connection.server_name.clone(),
        "REQ" => {
            let headers = headers?;
            let mut names = argument.split('?');
            names.find_map(|name| headers.get(name)).map_or_else(String::new, |it| it.into_owned())
        }
        _ => return None,
    };
    Some(text)
}
