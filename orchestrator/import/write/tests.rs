use super::*;
use crate::text::kdl::{self, Value};
use crate::text::{Diagnostics, SourceId};

/// Every text is the same after writing and reading.
fn check(text: &str) {
    let written = document("x", &[Node::new("a").arg(text).prop(text, text)]);
    let mut out = Diagnostics::default();
    let document = kdl::parse(SourceId(0), &written, &mut out);
    assert!(out.is_empty(), "{written}: {out:?}");
    let node = &document.nodes[0];
    assert!(
        node.entries
            .iter()
            .all(|entry| entry.value.value == Value::Text(text.to_owned())),
        "{written}"
    );
    assert_eq!(
        node.entries[1]
            .name
            .as_ref()
            .map(|name| name.value.as_str()),
        Some(text),
        "{written}"
    );
}

#[test]
fn text_comes_back() {
    check("plain");
    check("true");
    check("two words");
    check("1.27");
    check("a\"b\\c");
    check("line\nbreak\r\n\ttab");
    check("\u{0}\u{1b}\u{85}\u{2028}\u{202e}\u{feff}é☃");
    check("${X} {y} #raw// /* */");
}

#[test]
fn short_blocks_are_on_the_line_of_their_node() {
    let value = Node::new("value")
        .arg("tip")
        .child(Node::new("alias").arg("edge"));
    let long = Node::new("when")
        .prop("a", &"x".repeat(WIDTH))
        .child(Node::new("tag").arg("t"));
    let image = Node::new("image")
        .arg("go")
        .open()
        .spaced()
        .child(value)
        .child(long.spaced());
    let text = document("a\nb", &[Node::new("workspace").arg("w"), image])
        .replace(&"x".repeat(WIDTH), "…");
    assert_eq!(
        text,
        "// a\n// b\nworkspace \"w\"\n\nimage \"go\" {\n    value \"tip\" { alias \"edge\"; }\n\n    when a=\"…\" {\n        tag \"t\"\n    }\n}\n"
    );
}
