//! How the rows of a table are drawn.

use web_sys::HtmlInputElement;
use xdscope::engine::protocol::{Column, Row, TableKind};
use yew::prelude::*;

use super::super::cells::RowView;
use super::super::table::Only;
use super::{Msg, Rows};
use crate::link::TableView;
use crate::parts::{Button, Command, Icon, Variant, icon};
use crate::words;

impl Rows {
    pub fn bar(&self, ctx: &Context<Self>) -> Html {
        let view = ctx.props().view;
        let oninput = ctx.link().callback(|event: InputEvent| {
            Msg::Text(event.target_unchecked_into::<HtmlInputElement>().value())
        });
        let filtered = !self.filter.is_empty();
        html! {
            <div class="x-toolbar">
                if let Some(only) = view.only {
                    <Only resource={only} clear={ctx.props().clear.clone()} />
                }
                <input
                    id="filter" type="search" class="x-input" placeholder={tr!("table.filter")}
                    aria-label={tr!("table.filter")} value={self.filter.text.clone()} {oninput}
                    autocomplete="off" spellcheck="false" data-testid="filter"
                />
                if let Some(head) = &self.head {
                    <span class="x-aside" role="status" data-testid="matched">
                        { if head.matched == head.total {
                            count!("table.row", "table.rows", head.total)
                        } else {
                            tr!("table.matched", n = words::number(head.matched.into()), total = words::number(head.total.into()))
                        } }
                    </span>
                    if filtered {
                        <Button variant={Variant::Link} small=true onclick={ctx.link().callback(|_| Msg::Clear)} testid="clear">
                            { tr!("table.clear") }
                        </Button>
                    }
                    if !head.command.is_empty() {
                        <Command command={head.command.clone()} testid="command" />
                    }
                }
            </div>
        }
    }

    pub fn grid(&self, ctx: &Context<Self>) -> Html {
        let Some(head) = &self.head else { return html! { <div class="x-grid" aria-busy="true" /> } };
        let view = ctx.props().view;
        // Where all rows are of one route configuration, its name stands above them.
        let same = (view.only.is_some() && view.table == TableKind::Routes).then_some(Column::RouteConfig);
        let hidden = head.columns.iter().position(|column| Some(*column) == same);
        let columns: Vec<Column> =
            head.columns.iter().copied().filter(|column| Some(*column) != same).collect();
        let widths: Vec<&str> = columns.iter().map(|column| width(*column)).collect();
        let above = self.heights.begin(self.shown.0);
        let below = self.heights.total() - self.heights.begin(self.shown.1);
        html! {
            <div
                class="x-grid" role="grid" ref={self.scroller.clone()} aria-label={words::table(view.table)}
                aria-rowcount={(head.matched + 1).to_string()} aria-colcount={columns.len().to_string()}
                style={format!("--columns: {}", widths.join(" "))}
                onscroll={ctx.link().callback(|_| Msg::Look)}
                onkeydown={ctx.link().callback(Msg::Key)}
                onclick={ctx.link().callback(Msg::Click)}
            >
                <div role="rowgroup" class="x-grid-head">
                    <div role="row" aria-rowindex="1">
                        { for columns.iter().map(|column| self.title(ctx, *column)) }
                    </div>
                </div>
                <div role="presentation" style={format!("height: {above:.1}px")} />
                <div role="rowgroup" ref={self.body.clone()} data-testid="rows">
                    { for (self.shown.0..self.shown.1).map(|at| match self.rows.get(&at) {
                        Some(row) => html! {
                            <RowView
                                key={at} row={row.clone()} index={at} active={at == self.active} {hidden}
                                selected={selected(view, row, head.matched)}
                            />
                        },
                        None => html! {
                            <div key={format!("wait{at}")} role="row" class="x-grid-row x-wait" aria-rowindex={(at + 2).to_string()}>
                                <div role="gridcell" aria-busy="true">{ "…" }</div>
                            </div>
                        },
                    }) }
                </div>
                <div role="presentation" style={format!("height: {below:.1}px")} />
            </div>
        }
    }

    fn title(&self, ctx: &Context<Self>, column: Column) -> Html {
        let sorted = self.filter.sort.filter(|(sorted, _)| *sorted == column).map(|(_, down)| down);
        let name = words::column(column);
        let oninput = ctx.link().callback(move |event: InputEvent| {
            Msg::Column(column, event.target_unchecked_into::<HtmlInputElement>().value())
        });
        // Keys in the head are the fields', not the rows'.
        let keep = Callback::from(|event: KeyboardEvent| event.stop_propagation());
        html! {
            <div
                role="columnheader"
                aria-sort={match sorted { None => "none", Some(false) => "ascending", Some(true) => "descending" }}
            >
                <button type="button" class="x-sort" onclick={ctx.link().callback(move |_| Msg::Sort(column))}>
                    <span>{ name.clone() }</span>
                    { match sorted {
                        None => html! {},
                        Some(false) => icon(Icon::Up),
                        Some(true) => icon(Icon::Down),
                    } }
                </button>
                <input
                    type="search" class="x-input" placeholder={tr!("table.filter_short")}
                    aria-label={tr!("table.filter_column", column = name)}
                    value={self.filter.columns.get(&column).cloned().unwrap_or_default()}
                    autocomplete="off" spellcheck="false" {oninput} onkeydown={keep}
                />
            </div>
        }
    }

    /// Why there is no row, and what to do.
    pub fn nothing(&self, ctx: &Context<Self>) -> Html {
        let Some(head) = self.head.as_ref().filter(|head| head.matched == 0) else { return html! {} };
        let filtered = !self.filter.is_empty() || ctx.props().view.only.is_some();
        if head.total > 0 && filtered {
            return html! {
                <div class="x-nothing" data-testid="nothing">
                    <p>{ tr!("table.no_match", total = words::number(head.total.into())) }</p>
                    <Button onclick={ctx.link().callback(|_| Msg::Clear)} testid="nothing-clear">{ tr!("table.clear") }</Button>
                </div>
            };
        }
        if head.missing.is_some() {
            return html! {};
        }
        html! { <div class="x-nothing" data-testid="nothing"><p>{ tr!("table.none") }</p></div> }
    }
}

fn selected(view: TableView, row: &Row, matched: u32) -> bool {
    view.open
        .is_some_and(|(resource, at)| resource == row.resource && at.map_or(matched == 1, |at| at == row.at))
}

/// How wide a column is: at least so many pixels, and its share of what is left.
fn width(column: Column) -> &'static str {
    match column {
        Column::Port | Column::Priority | Column::Weight => "minmax(78px, 0.6fr)",
        Column::Direction | Column::Subset | Column::State | Column::Health | Column::ValidCert => {
            "minmax(88px, 1fr)"
        }
        Column::Type | Column::Tls | Column::Endpoints | Column::LoadBalancing => "minmax(100px, 1fr)",
        Column::Locality | Column::Policy => "minmax(104px, 1.2fr)",
        Column::RouteConfig | Column::SerialNumber | Column::Owner => "minmax(132px, 1.6fr)",
        Column::NotAfter => "minmax(170px, 1.6fr)",
        Column::Address => "minmax(152px, 2fr)",
        Column::Cluster | Column::Domains | Column::Filters | Column::Host => "minmax(150px, 3fr)",
        Column::CertificateChain | Column::Match | Column::VirtualHost => "minmax(150px, 3fr)",
        Column::Name => "minmax(126px, 3fr)",
        Column::Destination => "minmax(170px, 4fr)",
    }
}
