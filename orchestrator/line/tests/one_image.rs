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

/// One run finds all that is wrong with an image, and nothing that follows from it.
#[test]
fn faults_of_one_image_hide_no_others() {
    let files = [
        (
            "b/Dockerfile",
            "FROM debian:12 AS builder\nARG VERSION\nRUN x $VERSION\nFROM debian:12\nCOPY --from=builder /x /y\n",
        ),
        ("a/x", "x"),
    ];
    let wrong = std::cell::RefCell::new(Vec::new());
    let check = |image: &str, expect: &[&str]| {
        let base = "base \"o\" from=\"debian:12\"\n";
        let base = if image.contains("base=") { base } else { "" };
        let text = format!("{base}image \"c\" {{ {image} }}");
        let found = places("r.example/f/{image}", &text, &files);
        if found != expect {
            wrong.borrow_mut().push((text, found));
        }
    };
    let rest =
        "dockerfile \"b/Dockerfile\"; arg FOO=\"1\"; contexts \"bilder\" \"./a\"; user \"x\"";
    let faults = [
        "render::unused: FOO",
        "render::unused: \"bilder\"",
        "render::unused: user \"x\"",
    ];
    let with = |more: &[&'static str]| -> Vec<&'static str> {
        let mut all = [more, &faults].concat();
        all.sort_unstable();
        all
    };
    for (wrong, fault) in [
        (
            "contexts \"builder\" \"./nope\"; tag \"1\"",
            "render::context: \"./nope\"",
        ),
        ("context \"../..\"; tag \"1\"", "render::outside: \"../..\""),
        ("target \"zz\"; tag \"1\"", "dockerfile::target: \"zz\""),
        ("retries 50; tag \"1\"", "matrix::build: 50"),
        ("tag \"1 2\"", "matrix::invalid-tag: \"1 2\""),
        ("tag \"1{\"", "matrix::pattern: {"),
        ("tag \"1\"; flibber 1", "manifest::unknown-node: flibber"),
        (
            "tag \"1\"; env A=\"{x}\"",
            "matrix::unknown-placeholder: {x}",
        ),
        (
            "tag \"1\"; when v=\"3\" { env A=\"1\" }; axis \"v\" { value \"1\" }",
            "matrix::unknown-value: \"3\"",
        ),
    ] {
        check(&format!("{rest}; {wrong}"), &with(&[fault]));
    }
    check(
        &format!("{rest}; tag \"1 2\"; retries 50; contexts \"builder\" \"./nope\""),
        &with(&[
            "matrix::build: 50",
            "matrix::invalid-tag: \"1 2\"",
            "render::context: \"./nope\"",
        ]),
    );
    check(
        "tag \"1 2\"; retries 50; dockerfile \"gone\"; context \"nope\"",
        &[
            "matrix::build: 50",
            "matrix::invalid-tag: \"1 2\"",
            "render::context: \"nope\"",
            "render::dockerfile: \"gone\"",
        ],
    );
    check(
        "axis \"v\" { value \"1\"; value \"2\" }; tag \"{v}\"; dockerfile \"b/Dockerfile\"; when v=\"3\" { env A=\"1\" }; when v=\"2\" { arg VERSON=\"1\" }",
        &["matrix::unknown-value: \"3\"", "render::unused: VERSON"],
    );
    // Another Dockerfile may use it.
    check(
        "axis \"v\" { value \"1\" }; tag \"{v}\"; dockerfile \"b/Dockerfile\"; arg FOO=\"1\"; when v=\"3\" { dockerfile \"c\" }",
        &["matrix::unknown-value: \"3\""],
    );
    check(
        "from base=\"o\"; tag \"1\"; use \"nope\"; contexts \"x\" \"./nope\"",
        &[
            "matrix::unknown-toolset: \"nope\"",
            "render::context: \"./nope\"",
        ],
    );
    // The tag that is required may be the one with the fault.
    check(
        "from base=\"o\"; tag \"1{\"; must \"1\"",
        &["matrix::pattern: {"],
    );
    check(
        "from base=\"o\"; tag \"{x}\"; must \"1\"",
        &["matrix::unknown-placeholder: {x}"],
    );
}

/// An image whose tags have a fault has no others instead.
#[test]
fn images_with_a_faulty_tag_own_nothing() {
    let files = [("b/Dockerfile", "FROM scratch\n")];
    let wrong = std::cell::RefCell::new(Vec::new());
    let check = |text: &str, expect: &[&str]| {
        let found = places("r.example/all", text, &files);
        if found != expect {
            wrong.borrow_mut().push((text.to_owned(), found));
        }
    };
    let image = |name: &str, body: &str| {
        format!("image \"{name}\" {{ dockerfile \"b/Dockerfile\"; {body} }}\n")
    };
    let one = "axis \"v\" { value \"1\" }";
    check(
        &(image("b", &format!("{one}; tag \"b-{{x}}\""))
            + &image("c", &format!("{one}; tag \"{{v}}\""))),
        &["matrix::unknown-placeholder: {x}"],
    );
    for (fault, place) in [("rungs=\"x\"", "x"), ("on=\"x\"", "\"x\"")] {
        check(
            &(image("b", &format!("{one}; tag \"b\" {fault}"))
                + &image("c", &format!("{one}; tag \"{{v}}\""))),
            &[&format!("manifest::unknown-word: {place}")],
        );
    }
    let alike = "axis \"v\" { value \"1\" token=\"x\"; value \"2\" token=\"x\" }";
    for pattern in ["{v}-y", "{v}"] {
        let owners = format!("matrix::two-owners: \"{pattern}\"");
        check(
            &image("x", &format!("{alike}; tag \"{pattern}\"")),
            &[&owners],
        );
    }
    let latest = "tag \"latest\"";
    check(
        &(image("b", latest) + &image("c", latest)),
        &["matrix::two-owners: \"latest\""],
    );
    // The default rule of one image, and the rule of another one.
    check(
        &(image("b", one) + &image("c", &format!("{one}; tag \"{{v}}\""))),
        &["matrix::two-owners: \"b\""],
    );
    assert!(wrong.borrow().is_empty(), "{wrong:#?}");
}
