//! The drawing: what is in sight of it, panned, zoomed, walked with the arrows.

use std::collections::BTreeSet;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement, PointerEvent, ResizeObserver, WheelEvent};
use xdscope::engine::protocol::GraphDrawing;
use xdscope::graph::layout::{HEAD, Rect};
use xdscope::order::InOrder;
use yew::prelude::*;

use super::draw::{self, Marks, px};
use super::view::View;
use super::words::heading;
use crate::context::Page;
use crate::parts::{Button, Icon, Variant, icon};

/// Drawn around what is in sight, so that a little panning draws nothing anew.
const MARGIN: f64 = 500.0;
/// The minimap is at most so wide and high.
const MAP: (f64, f64) = (150.0, 90.0);

#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    pub drawing: Rc<GraphDrawing>,
    /// The selected node.
    pub selected: u32,
    pub onselect: Callback<u32>,
    /// Enter, or a click.
    pub onopen: Callback<u32>,
    /// What the signs mean.
    pub legend: Html,
}

pub enum Msg {
    /// The language may be another.
    Page,
    Resized,
    Wheel(WheelEvent),
    Down(PointerEvent),
    Move(PointerEvent),
    Up(PointerEvent),
    Key(KeyboardEvent),
    Zoom(f64),
    Fit,
    Map(MouseEvent),
}

pub struct Canvas {
    _context: Option<ContextHandle<Page>>,
    view: View,
    /// The first view waits for the size.
    placed: bool,
    /// Where the pointer is, and whether it has moved since it went down.
    drag: Option<((f64, f64), bool)>,
    /// What was drawn last, in the drawing's own pixels.
    drawn: (f64, f64, f64, f64),
    outer: NodeRef,
    content: NodeRef,
    heads: NodeRef,
    window: NodeRef,
    resize: Option<(ResizeObserver, Closure<dyn Fn()>)>,
}

impl Component for Canvas {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let context = ctx.link().context(ctx.link().callback(|_: Page| Msg::Page)).map(|(_, handle)| handle);
        Canvas {
            _context: context,
            view: View::default(),
            placed: false,
            drag: None,
            drawn: (0.0, 0.0, 0.0, 0.0),
            outer: NodeRef::default(),
            content: NodeRef::default(),
            heads: NodeRef::default(),
            window: NodeRef::default(),
            resize: None,
        }
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &Props) -> bool {
        let props = ctx.props();
        self.view.drawing = (props.drawing.layout.width.into(), props.drawing.layout.height.into());
        if !Rc::ptr_eq(&props.drawing, &old.drawing) && self.placed {
            self.hold(&old.drawing, old.selected, props);
        }
        if props.selected != old.selected || !Rc::ptr_eq(&props.drawing, &old.drawing) {
            self.show(props);
        }
        true
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let props = ctx.props();
        match msg {
            Msg::Page => return true,
            Msg::Resized => {
                let Some(outer) = self.outer.cast::<HtmlElement>() else { return false };
                self.view.size = (outer.client_width().into(), outer.client_height().into());
                if !self.placed && self.view.size.0 > 0.0 {
                    self.placed = true;
                    self.view.drawing =
                        (props.drawing.layout.width.into(), props.drawing.layout.height.into());
                    self.view.begin(rect(props, props.selected));
                } else {
                    // A detail beside it takes room.
                    self.show(props);
                }
                return true;
            }
            Msg::Wheel(event) => {
                event.prevent_default();
                let lines = if event.delta_mode() == 0 { 1.0 } else { 20.0 };
                if event.ctrl_key() || event.meta_key() {
                    let at = self.local(event.client_x(), event.client_y());
                    self.view.zoom((-event.delta_y() * lines / 300.0).exp(), at);
                } else if event.shift_key() {
                    self.view.pan(-event.delta_y() * lines, -event.delta_x() * lines);
                } else {
                    self.view.pan(-event.delta_x() * lines, -event.delta_y() * lines);
                }
            }
            Msg::Down(event) => {
                let on_tool =
                    target(&event).is_some_and(|it| it.closest("button, .x-g-map").ok().flatten().is_some());
                if event.button() == 0 && !on_tool {
                    self.drag = Some(((event.client_x().into(), event.client_y().into()), false));
                }
                return false;
            }
            Msg::Move(event) => {
                let Some((from, moved)) = self.drag else { return false };
                let to = (f64::from(event.client_x()), f64::from(event.client_y()));
                let by = (to.0 - from.0, to.1 - from.1);
                // A hand trembles.
                if !moved && by.0.abs() + by.1.abs() < 4.0 {
                    return false;
                }
                if !moved && let Some(outer) = self.outer.cast::<Element>() {
                    let _ = outer.set_pointer_capture(event.pointer_id());
                }
                self.drag = Some((to, true));
                self.view.pan(by.0, by.1);
            }
            Msg::Up(event) => {
                let moved = self.drag.take().is_some_and(|(_, moved)| moved);
                if !moved
                    && event.button() == 0
                    && let Some(at) = target(&event).and_then(|it| hit(&it, &props.drawing))
                {
                    props.onselect.emit(at);
                    props.onopen.emit(at);
                }
                return false;
            }
            Msg::Key(event) => return self.key(ctx, &event),
            Msg::Zoom(by) => self.view.zoom(by, (self.view.size.0 / 2.0, self.view.size.1 / 2.0)),
            Msg::Fit => self.view.fit(),
            Msg::Map(event) => {
                let Some(map) = target(&event).and_then(|it| it.closest(".x-g-map").ok().flatten()) else {
                    return false;
                };
                let place = map.get_bounding_client_rect();
                let scale = self.view.map_scale(MAP);
                let x = (f64::from(event.client_x()) - place.left()) / scale;
                let y = (f64::from(event.client_y()) - place.top()) / scale;
                self.view.center(x, y);
            }
        }
        self.moved()
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let link = ctx.link();
        html! {
            <>
            <div
                class="x-g" ref={self.outer.clone()} tabindex="0" role="application" aria-label={tr!("graph.label")}
                aria-describedby="graph-keys" data-testid="graph"
                onkeydown={link.callback(Msg::Key)} onwheel={link.callback(Msg::Wheel)}
                onpointerdown={link.callback(Msg::Down)} onpointermove={link.callback(Msg::Move)}
                onpointerup={link.callback(Msg::Up)}
            >
                <svg class="x-g-all" width="100%" height="100%" aria-hidden="true" focusable="false">
                    <g ref={self.content.clone()} transform={self.view.transform()}>{ self.content(props) }</g>
                    <rect class="x-g-band" width="100%" height={px(HEAD - 6.0)} />
                    <g ref={self.heads.clone()} transform={self.view.heads()}>
                        { for props.drawing.layout.columns.iter().filter(|it| it.heading).map(|it| html! {
                            <text class="x-g-heading" x={px(it.x)} y="18">{ heading(it.kind) }</text>
                        }) }
                    </g>
                </svg>
                { self.map(ctx) }
            </div>
            <div class="x-g-bar">
                { props.legend.clone() }
                <div class="x-right">
                    <Button variant={Variant::Plain} onclick={link.callback(|_| Msg::Zoom(1.25))} name={tr!("graph.zoom_in")} testid="graph-zoom-in">{ icon(Icon::Plus) }</Button>
                    <Button variant={Variant::Plain} onclick={link.callback(|_| Msg::Zoom(0.8))} name={tr!("graph.zoom_out")} testid="graph-zoom-out">{ icon(Icon::Minus) }</Button>
                    <Button variant={Variant::Plain} onclick={link.callback(|_| Msg::Fit)} name={tr!("graph.fit")} testid="graph-fit">{ icon(Icon::Wide) }</Button>
                </div>
            </div>
            </>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, _first: bool) {
        self.drawn = self.view.sight(MARGIN);
        if self.resize.is_none()
            && let Some(outer) = self.outer.cast::<Element>()
        {
            let link = ctx.link().clone();
            let heard = Closure::<dyn Fn()>::new(move || link.send_message(Msg::Resized));
            if let Ok(observer) = ResizeObserver::new(heard.as_ref().unchecked_ref()) {
                observer.observe(&outer);
                self.resize = Some((observer, heard));
            }
        }
    }

    fn destroy(&mut self, _ctx: &Context<Self>) {
        if let Some((observer, _)) = &self.resize {
            observer.disconnect();
        }
    }
}

impl Canvas {
    /// Moves what is drawn; draws anew only when something else comes in sight.
    fn moved(&self) -> bool {
        let sight = self.view.sight(0.0);
        let (left, top, right, bottom) = self.drawn;
        let inside = left <= sight.0 && top <= sight.1 && right >= sight.2 && bottom >= sight.3;
        if !inside {
            return true;
        }
        let set = |node: &NodeRef, name: &str, value: &str| {
            if let Some(element) = node.cast::<Element>() {
                let _ = element.set_attribute(name, value);
            }
        };
        set(&self.content, "transform", &self.view.transform());
        set(&self.heads, "transform", &self.view.heads());
        let (x, y, width, height) = self.view.on_map(MAP);
        for (name, value) in [("x", x), ("y", y), ("width", width), ("height", height)] {
            set(&self.window, name, &value.to_string());
        }
        false
    }

    fn content(&self, props: &Props) -> Html {
        let GraphDrawing { graph, layout, lit, .. } = &*props.drawing;
        let (left, top, right, bottom) = self.view.sight(MARGIN);
        let seen = |x: f32, y: f32, to_x: f32, to_y: f32| {
            f64::from(to_x) >= left
                && f64::from(x) <= right
                && f64::from(to_y) >= top
                && f64::from(y) <= bottom
        };
        let lit: BTreeSet<u32> = lit.iter().copied().collect();
        let lines = graph.edges.iter().zip(&layout.lines).filter(|(_, line)| {
            let Some((first, last)) = line.bends.first().zip(line.bends.last()) else { return false };
            let ys = line.bends.iter().flat_map(|it| [it[1], it[3]]);
            let (low, high) = ys.fold((f32::MAX, f32::MIN), |(low, high), y| (low.min(y), high.max(y)));
            seen(first[0], low, last[2], high)
        });
        let lines = lines.map(|(edge, line)| {
            let on = lit.contains(&edge.from) && lit.contains(&edge.to);
            draw::line(graph, edge, line, on, !lit.is_empty() && !on)
        });
        let boxes = (0..).zip(graph.nodes.iter().zip(&layout.boxes));
        let boxes = boxes.filter(|(_, (_, it))| seen(it.x, it.y, it.x + it.width, it.y + it.height));
        let boxes = boxes.map(|(at, (node, rect))| {
            let marks = Marks {
                focus: graph.focus.contains(&at),
                selected: props.selected == at,
                lit: lit.contains(&at),
                dim: !lit.is_empty() && !lit.contains(&at),
            };
            draw::node(node, *rect, marks)
        });
        html! { <>{ for lines }{ for boxes }</> }
    }

    /// All of it, small; where not all is in sight.
    fn map(&self, ctx: &Context<Self>) -> Html {
        if !self.placed || self.view.sees_all() {
            return html! {};
        }
        let layout = &ctx.props().drawing.layout;
        let scale = self.view.map_scale(MAP);
        let (x, y, width, height) = self.view.on_map(MAP);
        html! {
            <svg
                class="x-g-map" width={(self.view.drawing.0 * scale).to_string()} height={(self.view.drawing.1 * scale).to_string()}
                onclick={ctx.link().callback(Msg::Map)} aria-hidden="true" focusable="false" data-testid="graph-map"
            >
                <g transform={format!("scale({scale})")}>
                    { for layout.boxes.iter().zip(&ctx.props().drawing.graph.nodes).map(|(it, node)| html! {
                        <rect
                            class={node.broken.is_some().then_some("x-g-bad")}
                            x={px(it.x)} y={px(it.y)} width={px(it.width)} height={px(it.height)}
                        />
                    }) }
                </g>
                <rect
                    class="x-g-window" ref={self.window.clone()} x={x.to_string()} y={y.to_string()}
                    width={width.to_string()} height={height.to_string()}
                />
            </svg>
        }
    }

    fn local(&self, x: i32, y: i32) -> (f64, f64) {
        let place = self.outer.cast::<Element>().map(|it| it.get_bounding_client_rect());
        place.map_or((0.0, 0.0), |it| (f64::from(x) - it.left(), f64::from(y) - it.top()))
    }

    /// What is selected stays where it is on the screen when the drawing around it changes.
    fn hold(&mut self, old: &GraphDrawing, was: u32, props: &Props) {
        let Some(id) = old.graph.nodes.get(was as usize).map(|it| &it.id) else { return };
        let now = props.drawing.graph.nodes.iter().position(|it| it.id == *id);
        let now = now.unwrap_or(props.selected as usize);
        if let (Some(one), Some(other)) =
            (old.layout.boxes.get(was as usize), props.drawing.layout.boxes.get(now))
        {
            let k = self.view.k;
            self.view.pan(f64::from(one.x - other.x) * k, f64::from(one.y - other.y) * k);
        }
    }

    /// Brings what is selected in sight.
    fn show(&mut self, props: &Props) {
        if self.placed
            && let Some(it) = rect(props, props.selected)
        {
            self.view.reveal(it);
        }
    }

    fn key(&mut self, ctx: &Context<Self>, event: &KeyboardEvent) -> bool {
        let props = ctx.props();
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return false;
        }
        let to = match event.key().as_str() {
            "ArrowRight" => next(props, true),
            "ArrowLeft" => next(props, false),
            "ArrowDown" => beside(props, 1),
            "ArrowUp" => beside(props, -1),
            "Home" => props.drawing.graph.focus.first().copied(),
            "Enter" | " " => {
                event.prevent_default();
                props.onopen.emit(props.selected);
                return false;
            }
            "+" | "=" => {
                ctx.link().send_message(Msg::Zoom(1.25));
                return false;
            }
            "-" => {
                ctx.link().send_message(Msg::Zoom(0.8));
                return false;
            }
            "0" => {
                ctx.link().send_message(Msg::Fit);
                return false;
            }
            _ => return false,
        };
        event.prevent_default();
        if let Some(to) = to {
            props.onselect.emit(to);
        }
        false
    }
}

fn rect(props: &Props, at: u32) -> Option<Rect> {
    props.drawing.layout.boxes.get(at as usize).copied()
}

fn target(event: &web_sys::Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

/// The node that an element of the drawing is of.
fn hit(element: &Element, drawing: &GraphDrawing) -> Option<u32> {
    let id = element.closest("[data-id]").ok()??.get_attribute("data-id")?;
    let at = drawing.graph.nodes.iter().position(|it| it.id == id)?;
    u32::try_from(at).ok()
}

/// Where an edge leads; of several the one that is nearest in height.
fn next(props: &Props, right: bool) -> Option<u32> {
    let middle = |at: u32| rect(props, at).map_or(0.0, |it| it.y + it.height / 2.0);
    let here = middle(props.selected);
    let edges = props.drawing.graph.edges.iter();
    let ends = edges.filter_map(|it| match right {
        true => (it.from == props.selected).then_some(it.to),
        false => (it.to == props.selected).then_some(it.from),
    });
    ends.min_by(|one, other| (middle(*one) - here).abs().total_cmp(&(middle(*other) - here).abs()))
}

/// The next in the same column.
fn beside(props: &Props, by: i32) -> Option<u32> {
    let here = rect(props, props.selected)?;
    let boxes = (0..).zip(&props.drawing.layout.boxes);
    let mut column: Vec<(u32, f32)> =
        boxes.filter(|(_, it)| (it.x - here.x).abs() < 1.0).map(|(at, it)| (at, it.y)).collect();
    column.order_by(|one, other| one.1.total_cmp(&other.1));
    let at = column.iter().position(|(at, _)| *at == props.selected)?;
    let to = at.checked_add_signed(by as isize)?;
    column.get(to).map(|(at, _)| *at)
}
