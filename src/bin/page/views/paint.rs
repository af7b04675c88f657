//! A line of JSON: its number, its fold, its key paler than its value, its link, and what was searched for.

use xdscope::engine::protocol::Line;
use yew::prelude::*;

use crate::context::Page;

pub fn line(
    page: &Page,
    line: &Line,
    active: bool,
    found: bool,
    find: &str,
    fold: Callback<MouseEvent>,
) -> Html {
    let (blank, key, value) = split(&line.text);
    let value = match line.target {
        None => html! { <span>{ marked(value, find) }</span> },
        Some(target) => {
            let name = value.trim_end_matches(',');
            html! {
                <>
                    <a href={page.href(target)} tabindex="-1">{ marked(name, find) }</a>
                    { &value[name.len()..] }
                </>
            }
        }
    };
    let class = classes!("x-line", active.then_some("x-active"), found.then_some("x-found"));
    let level = 1 + blank.len() / 2;
    html! {
        <div
            key={line.number} id={format!("line-{}", line.number)} {class} role="treeitem" aria-level={level.to_string()}
            aria-expanded={line.block.map(|_| if line.folded { "false" } else { "true" })}
            aria-selected={if active { "true" } else { "false" }}
        >
            <span class="x-gutter" aria-hidden="true">{ line.number + 1 }</span>
            if line.block.is_some() {
                <button
                    type="button" class={classes!("x-fold", line.folded.then_some("x-folded"))} tabindex="-1"
                    onclick={fold} aria-label={if line.folded { tr!("lines.unfold") } else { tr!("lines.fold") }}
                    data-testid="fold"
                />
            } else {
                <span class="x-fold-none" />
            }
            <span class="x-code">
                { blank }
                if !key.is_empty() {
                    <span class="x-key">{ marked(key, find) }</span>
                }
                { value }
                if line.folded {
                    <span class="x-aside">{ " … " }</span>
                }
            </span>
        </div>
    }
}

/// Blanks in front, `"key": `, and the rest.
fn split(text: &str) -> (&str, &str, &str) {
    let rest = text.trim_start_matches([' ', '\t']);
    let blank = &text[..text.len() - rest.len()];
    let Some(quoted) = rest.strip_prefix('"') else { return (blank, "", rest) };
    let mut escaped = false;
    let end = quoted.find(|c: char| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    let Some(end) = end else { return (blank, "", rest) };
    let after = &quoted[end + 1..];
    let value = after.trim_start();
    let Some(value) = value.strip_prefix(':') else { return (blank, "", rest) };
    let value = value.trim_start_matches(' ');
    (blank, &rest[..rest.len() - value.len()], value)
}

/// The text, with what was searched for marked. Case is folded for ASCII alone, so that places stay places.
fn marked(text: &str, find: &str) -> Html {
    if find.is_empty() {
        return html! { { text } };
    }
    let (low, find) = (text.to_ascii_lowercase(), find.to_ascii_lowercase());
    let mut out = Vec::new();
    let mut from = 0;
    for (at, _) in low.match_indices(&find) {
        out.push(html! { { &text[from..at] } });
        out.push(html! { <mark>{ &text[at..at + find.len()] }</mark> });
        from = at + find.len();
    }
    out.push(html! { { &text[from..] } });
    html! { <>{ for out }</> }
}
