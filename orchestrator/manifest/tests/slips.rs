//! What is easily written in the wrong place or way, and the way out.

use super::*;

/// The helps of the faults of a manifest.
fn helps_of(text: &str) -> String {
    let (_, out, _) = read(&format!("workspace \"x\"\n{text}"));
    let helps = out.iter().filter_map(|fault| fault.help.clone());
    helps.collect::<Vec<_>>().join("\n")
}

/// A node of another place, and an image that is named like its repository, have a help that says where it belongs.
#[test]
fn what_belongs_elsewhere() {
    for (text, expect) in [
        (
            "secret \"npm\" env=\"NPM\"",
            "`secret` belongs in an `image` or a `toolset`",
        ),
        ("stage \"r.example/x\"", "`stage` belongs in `workspace`"),
        ("value \"1\"", "`value` belongs in an `axis`"),
        (
            "image \"app/web\" { tag \"1\" }",
            "name it `web` and say `publish \"REGISTRY/app/web\"` in it",
        ),
    ] {
        let helps = helps_of(text);
        assert!(helps.contains(expect), "{text}: {helps}");
    }
    let forgotten = helps("publish \"r.example/x\" on \"release\"");
    assert_eq!(forgotten, ["write `on=\"release\"`"]);
    assert!(!helps_of("base \"a/b\" from=\"x\"").contains("publish"));
    assert!(!helps_of("frobnicate").contains("belongs"));
}

/// The helps of the faults of an image with these nodes.
fn helps(nodes: &str) -> Vec<String> {
    let text = format!("workspace \"x\"\nimage \"go\" {{\n{nodes}\n}}");
    let (_, out, _) = read(&text);
    out.iter().filter_map(|fault| fault.help.clone()).collect()
}

/// What newcomers write, and what they are led to.
#[test]
fn slips_have_a_way_out() {
    let check = |nodes: &str, expect: &str| {
        assert_eq!(helps(nodes), [expect], "{nodes}");
    };
    check(
        "from \"r.example:5000/debian:12\"",
        "declare `base \"debian\" from=\"r.example:5000/debian:12\"` and write `from base=\"debian\"`",
    );
    check(
        "from \"debian\"",
        "write `from base=\"debian\"` or `from image=\"debian\"`",
    );
    check("env \"FOO=bar\"", "write `env FOO=\"bar\"`");
    check("arg \"FOO=\"", "write `arg FOO=\"\"`");
    check(
        "package \"git\"",
        "`package` belongs in a `toolset`; declare one and `use` it",
    );
    check(
        "when v=\"1\" { env A=\"b\"; run \"make\"; }",
        "`run` belongs in a `toolset`; declare one and `use` it",
    );
    check("tag: \"1.0\"", "write `tag \"1.0\"`, without the colon");
    check("tag: 1.0", "write `tag \"1.0\"`, without the colon");
}

#[test]
fn single_quotes_are_part_of_a_name() {
    let (_, out, _) = read("workspace \"x\"\nimage 'app' {\n}");
    let helps: Vec<&str> = out.iter().filter_map(|d| d.help.as_deref()).collect();
    assert_eq!(helps, ["use double quotes: `\"app\"`"]);
}

#[test]
fn one_mistake_is_one_error() {
    let check = |text: &str, expect: &str| {
        let (_, out, _) = read(&format!("workspace \"w\" {{ publish \"a/b\" }}\n{text}"));
        let found: Vec<&str> = out.iter().map(|d| d.message.as_str()).collect();
        assert_eq!(found, [expect], "{text}");
    };
    check(
        "image \"a\" { dockerfile \"D\" tag \"1\" }",
        "`dockerfile` ends here: a `;` or a line break is missing before `tag`",
    );
    // The block is that of the image.
    check(
        "base \"b\" from=\"debian:12\" image \"a\" { tag \"1\" }",
        "`base` ends here: a `;` or a line break is missing before `image`",
    );
    check(
        "image \"a\" { from base=\"b\" template \"t\" }",
        "`from` ends here: a `;` or a line break is missing before `template`",
    );
    check(
        "toolset \"t\" { package \"curl\" run \"make\" }",
        "`package` ends here: a `;` or a line break is missing before `run`",
    );
    check(
        "image \"a\" { dockerfile \"D\"; cmd \"a\" \"b\" tag \"1\" immutable=#true }",
        "`cmd` ends here: a `;` or a line break is missing before `tag`",
    );
    check(
        "image \"a\" { dockerfile \"D\"; tag: 1.0 }",
        "unknown node `tag:` in `image`",
    );
    // `file` is a package.
    good(
        "toolset \"t\" { package git file curl; package \"git\" file curl; package \"g++\" \"run\" \"file\" }",
    );
}
