//! Faults of one image, of which none hides another one and none follows from another one.

use super::*;

/// The faults of a text as `code: marked text`, after the node of the workspace.
fn places(publish: &str, text: &str, files: &[(&str, &str)]) -> Vec<String> {
    let head = format!("workspace \"w\" {{ publish \"{publish}\"; stage \"r.example/stage\" }}\n");
    let found = bring(&format!("{head}{text}"), &Inputs::default(), files);
    let place = |fault: &crate::text::Diagnostic| {
        let span = fault.labels.first().map(|label| label.span);
        let span = span.expect("it has a place");
        let text = &found.sources.get(span.source).expect("a source").text;
        let marked = &text[span.start as usize..span.end as usize];
        format!("{}: {marked}", fault.code)
    };
    let mut all: Vec<String> = found.faults.iter().map(place).collect();
    all.sort_unstable();
    all
}

/// One run finds all that is wrong with an image.
#[test]
fn a_missing_folder_hides_no_other_fault() {
    let files = [
        (
            "b/Dockerfile",
            "FROM debian:12 AS builder\nARG VERSION\nRUN x $VERSION\nFROM debian:12\nCOPY --from=builder /x /y\n",
        ),
        ("a/x", "x"),
    ];
    let image = "image \"c\" { dockerfile \"b/Dockerfile\"; arg FOO=\"1\"; contexts \"bilder\" \"./a\"; user \"x\"; contexts \"builder\" \"./nope\"; tag \"1\" }";
    let expect = [
        "render::context: \"./nope\"",
        "render::unused: \"bilder\"",
        "render::unused: FOO",
        "render::unused: user \"x\"",
    ];
    assert_eq!(places("r.example/f/{image}", image, &files), expect);
}

/// An image whose tags have a fault has no others instead.
#[test]
fn images_with_a_faulty_tag_own_nothing() {
    let files = [("b/Dockerfile", "FROM scratch\n")];
    let check = |tag: &str, expect: &str| {
        let image = |name: &str, tag: &str| {
            format!(
                "image \"{name}\" {{ dockerfile \"b/Dockerfile\"; axis \"v\" {{ value \"1\" }}; {tag} }}\n"
            )
        };
        let text = image("b", tag) + &image("c", "tag \"{v}\"");
        assert_eq!(places("r.example/all", &text, &files), [expect], "{tag}");
    };
    check("tag \"b-{x}\"", "matrix::unknown-placeholder: {x}");
    check("tag \"b\" rungs=\"x\"", "manifest::unknown-word: x");
}
