//! How the rows of a table are drawn.

use web_sys::HtmlInputElement;
use xdscope::engine::protocol::{Column, Row};
use yew::prelude::*;

use super::super::cells::RowView;
use super::super::columns::{Columns, groups};
use super::super::proxy::siblings;
use super::super::table::Only;
use super::super::table_copy::Format;
use super::{Head, Msg, Rows};
use crate::link::{Place, TableView, View, slug};
use crate::parts::{Button, Command, Icon, Menu, Variant, icon};
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
                    { self.hidden(ctx, head) }
                    <Command command={head.command.clone()} testid="command" bare=true />
                    { self.tools(ctx, head) }
                }
            </div>
        }
    }

    /// The other tables of the same tab.
    pub fn siblings(&self, ctx: &Context<Self>) -> Html {
        let (proxy, here) = (ctx.props().proxy, ctx.props().view.table);
        let tables = siblings(here);
        if tables.is_empty() {
            return html! {};
        }
        html! {
            <nav class="x-chips x-siblings" aria-label={tr!("table.siblings")}>
                { for tables.iter().map(|table| html! {
                    <a
                        class="x-chip" aria-current={(*table == here).then_some("true")}
                        href={self.page.href(Place::Proxy(proxy, View::Table(TableView::whole(*table))))}
                        data-testid={format!("chip-{}", slug(*table))}
                    >
                        { words::table(*table) }
                    </a>
                }) }
            </nav>
        }
    }

    /// The switch for rows that are of little use to most.
    fn hidden(&self, ctx: &Context<Self>, head: &Head) -> Html {
        if head.hidden == 0 && !self.filter.hidden {
            return html! {};
        }
        let onchange = ctx.link().callback(|event: Event| {
            Msg::Hidden(event.target_unchecked_into::<HtmlInputElement>().checked())
        });
        let (says, why) = words::hidden(ctx.props().view.table, head.hidden);
        html! {
            <label class="x-switch" title={why}>
                <input type="checkbox" checked={self.filter.hidden} {onchange} data-testid="hidden" />
                { says }
            </label>
        }
    }

    fn tools(&self, ctx: &Context<Self>, head: &Head) -> Html {
        let table = ctx.props().view.table;
        let copy = |format: Format, name: AttrValue, testid: &'static str| {
            let onclick = ctx.link().callback(move |_| Msg::Copy(format));
            html! { <Button variant={Variant::Link} small=true {onclick} {testid}>{ name }</Button> }
        };
        let print = |print: Option<bool>| ctx.link().callback(move |_| Msg::Print(print));
        let shown: Vec<Column> = head.shown.iter().map(|(column, _)| *column).collect();
        html! {
            <span class="x-tools">
                <span class="x-aside" role="status">
                    { match self.copied {
                        None if self.copying.is_some() => AttrValue::from("…"),
                        None => AttrValue::default(),
                        Some(true) => tr!("copy.copied"),
                        Some(false) => tr!("copy.refused"),
                    } }
                </span>
                if head.printed.1 && self.print.is_some() {
                    <Button
                        variant={Variant::Link} small=true testid="legacy" pressed={Some(self.print == Some(true))}
                        onclick={print(Some(self.print != Some(true)))}
                    >
                        { tr!("table.legacy") }
                    </Button>
                }
                if head.printed.0 {
                    <Button
                        variant={Variant::Plain} testid="printed" name={tr!("table.printed")} pressed={Some(self.print.is_some())}
                        onclick={print(if self.print.is_some() { None } else { Some(false) })}
                    >
                        { icon(Icon::Printed) }
                    </Button>
                }
                <Menu name={tr!("table.copy")} sign={Icon::Export} testid="copy-table" once=true>
                    { copy(Format::Csv, tr!("table.copy.csv"), "copy-csv") }
                    { copy(Format::Markdown, tr!("table.copy.markdown"), "copy-markdown") }
                    { copy(Format::Json, tr!("table.copy.json"), "copy-json") }
                    if head.printed.0 {
                        { copy(Format::Istioctl, tr!("table.copy.istioctl"), "copy-istioctl") }
                    }
                </Menu>
                if self.print.is_none() {
                    <Columns
                        {table} all={head.columns.clone()} {shown}
                        choose={ctx.link().callback(Msg::Columns)}
                    />
                }
            </span>
        }
    }

    pub fn grid(&self, ctx: &Context<Self>) -> Html {
        let Some(head) = &self.head else { return html! { <div class="x-grid" aria-busy="true" /> } };
        let view = ctx.props().view;
        let columns: Vec<Column> = head.shown.iter().map(|(column, _)| *column).collect();
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
                onwheel={ctx.link().callback(|_| Msg::ByHand)} onpointerdown={ctx.link().callback(|_| Msg::ByHand)}
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
                                key={at} row={row.clone()} index={at} active={at == self.active}
                                shown={head.cells.clone()} repeats={self.repeats(view, head, at, row)}
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

    /// How many of a row's first cells only repeat the row above.
    fn repeats(&self, view: TableView, head: &Head, at: u32, row: &Row) -> usize {
        let Some(above) = at.checked_sub(1).and_then(|at| self.rows.get(&at)) else { return 0 };
        let groups = groups(view.table);
        let same = |(column, cell): &&(Column, usize)| {
            groups.contains(column) && row.cells.get(*cell) == above.cells.get(*cell)
        };
        head.shown.iter().take_while(same).count()
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
    view.open.is_some_and(|(of, at)| of == row.of && at.map_or(matched == 1, |at| at == row.at))
}

/// How wide a column is: at least so many pixels, and its share of what is left.
fn width(column: Column) -> &'static str {
    use Column as C;
    match column {
        C::Port | C::Tls => "minmax(58px, 0.6fr)",
        C::Priority | C::Weight | C::Subset | C::Order => "minmax(80px, 0.7fr)",
        C::Direction | C::Protocol | C::ConnectTimeout | C::Timeout => "minmax(86px, 0.8fr)",
        C::State | C::Health | C::ValidNow | C::Action => "minmax(84px, 1fr)",
        C::Kind | C::Scope | C::Group | C::ValidCert | C::Mode => "minmax(94px, 1.1fr)",
        C::LoadBalancing | C::Type => "minmax(112px, 1.1fr)",
        C::Endpoints | C::Key | C::Ports | C::Source => "minmax(94px, 1fr)",
        C::RouteConfig | C::Namespace => "minmax(104px, 1.1fr)",
        C::Locality | C::Outlier | C::Pool | C::Retries | C::Rewrite | C::Fault => "minmax(110px, 1.5fr)",
        C::Audiences | C::Keys | C::TokenFrom | C::Condition | C::Sni => "minmax(110px, 1.5fr)",
        C::Mirror | C::SerialNumber | C::UsedBy | C::Waypoint => "minmax(118px, 1.5fr)",
        C::Node | C::Policies | C::ServiceAccount | C::Stats => "minmax(118px, 1.5fr)",
        C::Address | C::Listener | C::Local | C::Owner | C::Policy | C::Remote => "minmax(132px, 1.7fr)",
        C::Also | C::Issuer | C::Name | C::Subject | C::Target | C::Workload => "minmax(132px, 2fr)",
        C::Chain => "minmax(140px, 2.2fr)",
        C::Cluster | C::Domains | C::EdsName | C::Filters | C::ListenerFilters => "minmax(150px, 2.6fr)",
        C::Host | C::Match | C::PeerNames | C::Requires | C::VirtualHost => "minmax(150px, 2.8fr)",
        C::NotAfter | C::NotBefore => "minmax(168px, 1.3fr)",
        C::Destination => "minmax(150px, 3fr)",
        C::Names => "minmax(200px, 4fr)",
        C::Format | C::Rule | C::Value => "minmax(220px, 5fr)",
    }
}
