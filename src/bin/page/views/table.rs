//! A table beside the detail of its selected row.

use xdscope::engine::protocol::{Answer, ProxyId, Query, ResourceRef};
use yew::prelude::*;

use super::detail::Detail;
use super::rows::Rows;
use crate::context::{use_answer, use_page};
use crate::link::{Place, TableView, View};
use crate::parts::{Icon, icon};

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub proxy: ProxyId,
    pub view: TableView,
}

#[component]
pub fn TablePane(props: &Props) -> Html {
    let page = use_page();
    let wide = use_state(|| false);
    let go = {
        let (page, proxy) = (page.clone(), props.proxy);
        move |view: TableView| page.go(Place::Proxy(proxy, View::Table(view)))
    };
    let select = {
        let (go, view) = (go.clone(), props.view);
        Callback::from(move |open| go(TableView { open, ..view }))
    };
    let clear = {
        let view = props.view;
        Callback::from(move |()| go(TableView { only: None, ..view }))
    };
    let widen = {
        let wide = wide.clone();
        Callback::from(move |()| wide.set(!*wide))
    };
    let marked = super::findings::use_marked(props.proxy);
    html! {
        <ContextProvider<super::findings::Marked> context={marked}>
        <div class={classes!("x-body", "x-beside", props.view.open.map(|_| "x-open"), wide.then_some("x-wide"))}>
            <Rows proxy={props.proxy} view={props.view} select={select.clone()} clear={clear} />
            if let Some((resource, at)) = props.view.open {
                <Detail
                    {resource} {at} wide={*wide}
                    widen={Some(widen)} onclose={Some(select.reform(|()| None))}
                />
            }
        </div>
        </ContextProvider<super::findings::Marked>>
    }
}

#[derive(Clone, PartialEq, Properties)]
pub struct OnlyProps {
    pub resource: ResourceRef,
    pub clear: Callback<()>,
}

/// Says of which resource the rows are, and takes that away.
#[component]
pub fn Only(props: &OnlyProps) -> Html {
    let answer = use_answer(Some(Query::Detail(props.resource)));
    let name: AttrValue = match answer.as_deref() {
        Some(Answer::Detail(detail)) => detail.name.clone().into(),
        _ => "…".into(),
    };
    html! {
        <span class="x-chip x-only" data-testid="only">
            <span class="x-mono x-cut" title={name.clone()}>{ name }</span>
            <button
                type="button" aria-label={tr!("table.all_rows")} title={tr!("table.all_rows")}
                onclick={props.clear.reform(|_| ())} data-testid="only-clear"
            >
                { icon(Icon::Close) }
            </button>
        </span>
    }
}
