//! A node as text again.

use super::{Kind, Node};

/// The node on many lines, `indent` blanks a level. Strings and numbers stay as they are spelled.
pub fn pretty(node: Node<'_>, indent: usize) -> String {
    let mut out = String::with_capacity(node.span().len() + 16);
    print(node, indent, 0, &mut out);
    out
}

fn print(node: Node<'_>, indent: usize, level: usize, out: &mut String) {
    let line = |out: &mut String, level: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent * level));
    };
    match node.kind() {
        // The depth of a tree is bounded (Tree::DEEPEST), so this recursion is.
        Kind::Object if !node.is_empty() => {
            out.push('{');
            for (index, (key, value)) in node.fields().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                line(out, level + 1);
                out.push('"');
                out.push_str(&String::from_utf8_lossy(key));
                out.push_str("\": ");
                print(value, indent, level + 1, out);
            }
            line(out, level);
            out.push('}');
        }
        Kind::Array if !node.is_empty() => {
            out.push('[');
            for (index, value) in node.items().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                line(out, level + 1);
                print(value, indent, level + 1, out);
            }
            line(out, level);
            out.push(']');
        }
        Kind::Object => out.push_str("{}"),
        Kind::Array => out.push_str("[]"),
        _ => out.push_str(&String::from_utf8_lossy(node.raw())),
    }
}

#[cfg(test)]
mod tests {
    use crate::Tree;

    #[test]
    fn prints_what_serde_json_prints() {
        let text = r#"{"a":[1,{"b":"x\ny"},[],{}],"c":null,"d":{"e":-1.5}}"#;
        let tree = Tree::whole(text.as_bytes()).unwrap();
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(super::pretty(tree.root(), 2), serde_json::to_string_pretty(&value).unwrap());
    }
}
