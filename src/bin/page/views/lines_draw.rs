//! How a text is drawn: a bar to search and copy it, and the lines in sight.

use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

use super::super::paint;
use super::{COPY_MOST, LINE, Lines, Msg, TALLEST};
use crate::parts::{Button, Icon, Variant, icon};
use crate::words;

impl Lines {
    pub fn bar(&self, ctx: &Context<Self>) -> Html {
        let oninput = ctx.link().callback(|event: InputEvent| {
            Msg::Find(event.target_unchecked_into::<HtmlInputElement>().value())
        });
        let onkeydown = ctx.link().batch_callback(|event: KeyboardEvent| {
            (event.key() == "Enter").then(|| {
                event.prevent_default();
                Msg::Step(!event.shift_key())
            })
        });
        let count = self.found.as_ref().map(Vec::len);
        let copies = ctx.props().bytes.is_none_or(|bytes| bytes <= COPY_MOST);
        let step = |on: bool| ctx.link().callback(move |_| Msg::Step(on));
        html! {
            <div class="x-toolbar">
                <input
                    type="search" class="x-input" placeholder={tr!("lines.find")} aria-label={tr!("lines.find")}
                    value={self.find.clone()} {oninput} {onkeydown} autocomplete="off" spellcheck="false" data-testid="find"
                />
                <span class="x-aside" role="status" data-testid="found">
                    { match count {
                        None => AttrValue::default(),
                        Some(0) => tr!("lines.not_found"),
                        Some(count) => tr!(
                            "lines.found", at = words::number(self.at as u64 + 1), count = words::number(count as u64)
                        ),
                    } }
                </span>
                <Button variant={Variant::Plain} onclick={step(false)} disabled={count.unwrap_or(0) == 0} name={tr!("lines.previous")} testid="find-previous">
                    { icon(Icon::Up) }
                </Button>
                <Button variant={Variant::Plain} onclick={step(true)} disabled={count.unwrap_or(0) == 0} name={tr!("lines.next")} testid="find-next">
                    { icon(Icon::Down) }
                </Button>
                if copies {
                    <Button variant={Variant::Link} small=true class="x-copy x-right" onclick={ctx.link().callback(|_| Msg::Copy)} testid="copy-text">
                        { icon(Icon::Copy) }
                        <span aria-live="polite">
                            { match self.copied {
                                None => tr!("lines.copy"),
                                Some(true) => tr!("copy.copied"),
                                Some(false) => tr!("copy.refused"),
                            } }
                        </span>
                    </Button>
                }
            </div>
        }
    }

    pub fn text(&self, ctx: &Context<Self>) -> Html {
        let total = self.total.unwrap_or(0);
        let (stretch, top) = self
            .scroller
            .cast::<HtmlElement>()
            .map_or((1.0, 0.0), |scroller| (self.stretch(&scroller), f64::from(scroller.scroll_top())));
        let height = (f64::from(total) * LINE).min(TALLEST);
        // Where the first line drawn stands, whether the text is stretched or not.
        let begin = f64::from(self.shown.0) * LINE - top * stretch + top;
        let found = self.found.as_ref().and_then(|found| found.get(self.at)).copied();
        html! {
            <div
                ref={self.scroller.clone()} class="x-text" role="tree" tabindex="0" aria-label={tr!("lines.label")}
                aria-busy={self.total.is_none().then_some("true")}
                aria-activedescendant={self.lines.contains_key(&self.visible(self.active)).then(|| format!("line-{}", self.active))}
                onscroll={ctx.link().callback(|_| Msg::Look)} onkeydown={ctx.link().callback(Msg::Key)}
            >
                <div role="presentation" class="x-text-all" style={format!("height: {height}px; --digits: {}", self.digits())}>
                    <div role="presentation" class="x-text-shown" style={format!("top: {begin:.1}px")}>
                        { for (self.shown.0..self.shown.1).map(|at| match self.lines.get(&at) {
                            None => html! { <div key={format!("wait{at}")} class="x-line x-aside" role="presentation">{ "…" }</div> },
                            Some(line) => {
                                let number = line.number;
                                let fold = ctx.link().callback(move |_: MouseEvent| Msg::Fold(number));
                                paint::line(&self.page, line, number == self.active, found == Some(number), &self.find, fold)
                            }
                        }) }
                    </div>
                </div>
            </div>
        }
    }
}
