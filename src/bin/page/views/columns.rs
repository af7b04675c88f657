//! Which columns of a table are shown: those of most use, until the user chooses others.

use web_sys::HtmlInputElement;
use xdscope::engine::protocol::{Column, TableKind};
use yew::prelude::*;

use crate::parts::{Button, Icon, Menu, Variant};
use crate::settings;
use crate::words;

/// Columns that are not shown until somebody asks for them.
fn aside(table: TableKind) -> &'static [Column] {
    match table {
        TableKind::Listeners => &[Column::Name, Column::Chain, Column::Direction, Column::ListenerFilters],
        TableKind::Routes => &[
            Column::Domains,
            Column::Name,
            Column::Rewrite,
            Column::Timeout,
            Column::Retries,
            Column::Mirror,
            Column::Fault,
        ],
        TableKind::Clusters => &[
            Column::Direction,
            Column::LoadBalancing,
            Column::Sni,
            Column::PeerNames,
            Column::Pool,
            Column::Outlier,
            Column::ConnectTimeout,
            Column::EdsName,
        ],
        TableKind::Endpoints => &[Column::Workload, Column::Stats],
        TableKind::Secrets => {
            &[Column::Subject, Column::Issuer, Column::Key, Column::SerialNumber, Column::NotBefore]
        }
        TableKind::Filters => &[Column::Type],
        TableKind::Workloads => &[Column::Cluster, Column::Locality],
        TableKind::Services => &[Column::LoadBalancing],
        TableKind::ZtunnelCertificates => &[Column::SerialNumber],
        _ => &[],
    }
}

/// The columns shown of those that a table has, in its order.
pub fn shown(table: TableKind, all: &[Column], chosen: Option<&[Column]>) -> Vec<Column> {
    let wanted = |column: &Column| match chosen {
        Some(chosen) => chosen.contains(column),
        None => !aside(table).contains(column),
    };
    all.iter().copied().filter(wanted).collect()
}

/// Leading columns that rows of one resource share: where a row only repeats the one above, that is drawn paler.
pub fn groups(table: TableKind) -> &'static [Column] {
    match table {
        TableKind::Listeners => &[Column::Address, Column::Name, Column::Direction],
        TableKind::Routes => &[Column::RouteConfig, Column::VirtualHost, Column::Domains],
        TableKind::Secrets => &[Column::Name],
        TableKind::Rbac | TableKind::Jwt | TableKind::Telemetry => &[Column::Listener, Column::Chain],
        TableKind::Filters => &[Column::Listener, Column::Chain, Column::Kind],
        TableKind::Bootstrap => &[Column::Group],
        _ => &[],
    }
}

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub table: TableKind,
    pub all: Vec<Column>,
    pub shown: Vec<Column>,
    /// The columns to be shown; none for those of the beginning.
    pub choose: Callback<Option<Vec<Column>>>,
}

#[component]
pub fn Columns(props: &Props) -> Html {
    let one = |column: Column| {
        let (all, shown, choose) = (props.all.clone(), props.shown.clone(), props.choose.clone());
        let on = shown.contains(&column);
        let onchange = Callback::from(move |event: Event| {
            let on = event.target_unchecked_into::<HtmlInputElement>().checked();
            let wanted = |it: &Column| if *it == column { on } else { shown.contains(it) };
            choose.emit(Some(all.iter().copied().filter(wanted).collect()));
        });
        html! {
            <label>
                <input
                    type="checkbox" checked={on} {onchange} disabled={on && props.shown.len() == 1}
                    data-testid={format!("column-{}", settings::column_name(column))}
                />
                { words::column(column) }
            </label>
        }
    };
    html! {
        <Menu name={tr!("table.columns")} sign={Icon::Columns} testid="columns">
            <div class="x-choices">{ for props.all.iter().map(|column| one(*column)) }</div>
            <Button
                variant={Variant::Link} small=true testid="columns-reset"
                onclick={props.choose.reform(|_| None)}
            >
                { tr!("table.columns.reset") }
            </Button>
        </Menu>
    }
}
