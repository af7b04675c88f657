//! A table beside the detail of its selected row.

use xdscope::engine::protocol::{Answer, DocumentId, ProxyId, Query, ResourceRef, Subject, TextRef};
use yew::prelude::*;

use super::detail::Detail;
use super::lines::Lines;
use super::rows::Rows;
use crate::context::{use_answer, use_page};
use crate::link::{self, TableView, View};
use crate::parts::{Button, Icon, Variant, icon};

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
        move |view: TableView| page.go(link::Place::Proxy(proxy, View::Table(view)))
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
            { match props.view.open {
                None => html! {},
                Some((Subject::Resource(resource), at)) => html! {
                    <Detail
                        {resource} {at} wide={*wide}
                        widen={Some(widen)} onclose={Some(select.reform(|()| None))}
                    />
                },
                Some((Subject::Document(document), at)) => html! {
                    <Place {document} {at} onclose={select.reform(|()| None)} />
                },
            } }
        </div>
        </ContextProvider<super::findings::Marked>>
    }
}

#[derive(Clone, PartialEq, Properties)]
pub struct PlaceProps {
    pub document: DocumentId,
    pub at: Option<u32>,
    pub onclose: Callback<()>,
}

/// A place in a document: where a row stands that is of no resource.
#[component]
fn Place(props: &PlaceProps) -> Html {
    let page = use_page();
    let of = TextRef::Document(props.document);
    let answer = use_answer(props.at.map(|at| Query::LineAt { of, at }));
    let line = match answer.as_deref() {
        Some(Answer::Found(lines)) if props.at.is_some() => lines.first().copied(),
        _ => None,
    };
    let path = page.capture.documents.iter().find(|it| it.id == props.document);
    html! {
        <aside class="x-card x-detail" aria-label={tr!("detail.label")} data-testid="detail">
            <header>
                <h2 class="x-mono" data-testid="detail-name">{ path.map(|it| it.path.clone()) }</h2>
                <span class="x-right">
                    <Button
                        variant={Variant::Plain} testid="detail-close"
                        onclick={props.onclose.reform(|_| ())} name={tr!("detail.close")}
                    >
                        { icon(Icon::Close) }
                    </Button>
                </span>
            </header>
            <Lines key={format!("{of:?}")} {of} {line} />
        </aside>
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
