//! What is shown, to be saved and copied: SVG, PNG, Mermaid, DOT.

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement, Url};
use xdscope::engine::protocol::GraphDrawing;
use xdscope::graph::{dot, mermaid, svg};
use yew::Callback;

use super::words::Said;
use crate::browser;
use crate::context::Page;
use crate::outward::{self, Refusal, blob, save_made};

/// What can be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Svg,
    Png,
    Mermaid,
    Dot,
}

pub const FORMATS: [(Format, &str); 4] =
    [(Format::Svg, "SVG"), (Format::Png, "PNG"), (Format::Mermaid, "Mermaid"), (Format::Dot, "DOT")];

/// Copies it as Mermaid.
pub fn copy(page: &Page, drawing: &GraphDrawing, done: Callback<bool>) {
    let (page, drawing) = (page.clone(), drawing.clone());
    spawn_local(async move {
        let made = mapped(&page, drawing).await;
        outward::leave(&page, made, |it| browser::copy(&mermaid(&it), done));
    });
}

/// Hands a file to the browser's downloads. Its name says nothing of what is in it.
pub fn save(page: &Page, drawing: &GraphDrawing, format: Format) {
    let (page, drawing) = (page.clone(), drawing.clone());
    spawn_local(async move {
        let made = mapped(&page, drawing).await;
        outward::leave(&page, made, |it| match format {
            Format::Svg => save_made("graph.svg", &picture(&it), "image/svg+xml"),
            Format::Mermaid => save_made("graph.mmd", &mermaid(&it), "text/plain"),
            Format::Dot => save_made("graph.dot", &dot::write(&it.graph, &Said), "text/vnd.graphviz"),
            Format::Png => png(&it),
        });
    });
}

/// With the names that may leave: a picture must not be made of others.
async fn mapped(page: &Page, mut drawing: GraphDrawing) -> Result<GraphDrawing, Refusal> {
    let own = drawing.graph.texts().into_iter().map(|it| it.clone()).collect();
    let made = outward::texts(page, own).await?;
    drawing.graph.texts().into_iter().zip(made).for_each(|(text, made)| *text = made);
    Ok(drawing)
}

fn mermaid(drawing: &GraphDrawing) -> String {
    mermaid::write(&drawing.graph, &Said)
}

fn picture(drawing: &GraphDrawing) -> String {
    let dark = browser::root().is_some_and(|root| root.class_list().contains("pf-v5-theme-dark"));
    let palette = if dark { &svg::DARK } else { &svg::LIGHT };
    svg::write(&drawing.graph, &drawing.layout, &Said, palette)
}

/// Twice as fine as on the screen, within what browsers can draw.
fn png(drawing: &GraphDrawing) {
    const LARGEST: f64 = 16_000.0;
    let (width, height) = (f64::from(drawing.layout.width), f64::from(drawing.layout.height));
    let scale = (LARGEST / width.max(height).max(1.0)).min(2.0);
    let Some(blob) = blob(&picture(drawing), "image/svg+xml") else { return };
    let (Ok(image), Ok(address)) = (HtmlImageElement::new(), Url::create_object_url_with_blob(&blob)) else {
        return;
    };
    let source = address.clone();
    let drawn = image.clone();
    let onload = Closure::once_into_js(move || {
        let canvas = gloo::utils::document().create_element("canvas").ok();
        let Some(canvas) = canvas.and_then(|it| it.dyn_into::<HtmlCanvasElement>().ok()) else { return };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a picture's size")]
        let pixels = |it: f64| (it * scale).ceil() as u32;
        canvas.set_width(pixels(width));
        canvas.set_height(pixels(height));
        let context = canvas.get_context("2d").ok().flatten();
        let Some(context) = context.and_then(|it| it.dyn_into::<CanvasRenderingContext2d>().ok()) else {
            return;
        };
        let _ = context.draw_image_with_html_image_element_and_dw_and_dh(
            &drawn,
            0.0,
            0.0,
            width * scale,
            height * scale,
        );
        let _ = Url::revoke_object_url(&address);
        let done = Closure::once_into_js(|blob: Option<Blob>| {
            if let Some(blob) = blob {
                browser::save_blob("graph.png", &blob);
            }
        });
        let _ = canvas.to_blob(done.unchecked_ref());
    });
    image.set_onload(Some(onload.unchecked_ref()));
    image.set_src(&source);
}
