//! Parts of targets: names in outputs, lines in arguments, names of the values of a matrix.

use super::run;
use kiln::import::Format;

/// Expects these lines of a manifest in this order, and this part of the messages.
fn check(text: &str, word: &str, wanted: &[&str], said: &str) {
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.unwrap_or_else(|| panic!("{text}\n{notes}")).manifest;
    let lines = manifest.lines().map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| line.starts_with(word)).collect();
    assert_eq!(lines, wanted, "{manifest}\n{notes}");
    assert!(notes.contains(said), "{said}\n{notes}");
}

/// Tags that the defaults of variables switch off are named at their place, and above the image.
#[test]
fn tags_that_are_switched_off_are_named() {
    let check = |variable: &str, tag: &str, named: &str| {
        let text = format!(
            "variable \"V\" {variable}\ntarget \"a\" {{\n  tags = [\"x.io/a:1\", {tag}]\n}}\n"
        );
        let said = format!(
            "with other values of `V`, the file also publishes {named}: the manifest does not\n --> docker-bake.hcl:3:3"
        );
        let comment = format!("// With other values of `V`, the bake file also publishes {named}.");
        check(&text, "// With", &[&comment], &said);
    };
    let own = "`x.io/a:{var:V}`";
    let empty = "{ default = \"\" }";
    check(empty, "V != \"\" ? \"x.io/a:${V}\" : \"\"", own);
    check(empty, "notequal(\"\", V) ? \"x.io/a:${V}\" : \"\"", own);
    check(
        "{ default = null }",
        "V != null ? \"x.io/a:${V}\" : \"\"",
        own,
    );
    check(
        "{ default = null }",
        "coalesce(V, \"-\") != \"-\" ? \"x.io/a:${V}\" : \"\"",
        own,
    );
    check(
        "{ default = false }",
        "V ? \"x.io/a:latest\" : null",
        "`x.io/a:latest`",
    );
    check(
        "{ default = \"dev\" }",
        "equal(V, \"prod\") ? \"x.io/a:latest\" : \"\"",
        "`x.io/a:latest`",
    );
    check(
        "{ default = \"dev\" }",
        "\"main\" == V ? \"x.io/a:edge\" : \"\"",
        "`x.io/a:edge`",
    );
    check(
        empty,
        "V == \"\" ? \"\" : \"x.io/a:${split(\".\", V)[1]}\"",
        "`x.io/a:28`",
    );
}

/// All targets of a matrix are one warning.
#[test]
fn a_matrix_is_warned_about_once() {
    let check = |settings: &str, said: &str| {
        let text = format!(
            "variable \"V\" {{ default = \"abc\" }}\ntarget \"ok\" {{ tags = [\"x.io/ok:1\"] }}\n\
             target \"a\" {{\n  name = \"a-${{v}}\"\n  matrix = {{ v = [\"1\", \"2\", \"3\", \"4\"] }}\n{settings}\n}}\n"
        );
        let (_, notes) = run(Format::Bake, "docker-bake.hcl", &text);
        assert_eq!(notes.matches(said).count(), 1, "{said}\n{notes}");
    };
    check(
        "  tags = [\"x.io/a:${upper(V)}-${v}\"]",
        "]: the file computes ",
    );
    check(
        "  tags = [\"x.io/a:${v}\", V == \"r\" ? \"x.io/a:r${v}\" : \"\"]",
        "also publishes ",
    );
    check(
        "  context = \"target:ok\"\n  tags = [\"x.io/a:${v}\"]",
        "targets `a-1`, `a-2`, `a-3` and 1 more are left out: its `context` is an image",
    );
}

/// As in bake, tags are the names of the image, and without any, those in the output.
#[test]
fn outputs_name_images() {
    let check = |output: &str, tags: &str, wanted: &[&str]| {
        let text = format!(
            "variable \"V\" {{ default = \"1\" }}\ntarget \"a\" {{\n  output = [{output}]\n  {tags}\n}}\ntarget \"b\" {{ tags = [\"x/b:${{V}}\"] }}\n"
        );
        check(
            &text,
            "tag ",
            &[wanted, &["tag \"{var:V}\""]].concat(),
            "`output` is not imported",
        );
    };
    check("\"type=image,name=x/a:1,push=true\"", "", &["tag \"1\""]);
    check(
        "\"type=image,\\\"name=x/a:1,x/a:2\\\"\"",
        "",
        &["tag \"1\"", "tag \"2\""],
    );
    check(
        "\"type=registry,name=x/a:${V}-x\"",
        "",
        &["tag \"{var:V}-x\""],
    );
    check("{ type = \"image\", name = \"x/a:3\" }", "", &["tag \"3\""]);
    check(
        "\"type=image,name=x/a:1\"",
        "tags = [\"x/a:2\"]",
        &["tag \"2\""],
    );
}

#[test]
fn arguments_of_several_lines_are_left_out() {
    for value in ["one\\ntwo", "a\\tb"] {
        let text = format!(
            "target \"a\" {{\n  args = {{ M = \"{value}\", N = \"n\" }}\n  tags = [\"x/a:1\"]\n}}\n"
        );
        check(
            &text,
            "arg ",
            &["arg N=\"n\""],
            "`M` of `args` is left out: its value has a line break",
        );
    }
}

#[test]
fn values_of_a_matrix_of_maps_have_short_names() {
    let check = |items: &str, tag: &str, wanted: &[&str]| {
        let text = format!(
            "target \"a\" {{\n  name = \"a-${{sha256(jsonencode(x))}}\"\n  matrix = {{ x = [{items}] }}\n  contexts = {{ base = \"docker-image://${{x.base}}\" }}\n  tags = [\"x/a:{tag}\"]\n}}\n"
        );
        check(&text, "value ", wanted, "");
    };
    // The base would differ, too, but is not part of a tag.
    check(
        r#"{ base = "php:8.1", v = "8.1" }, { base = "php:8.2", v = "8.2" }"#,
        "${x.v}",
        &[
            "value \"8.1\" { set base=\"php:8.1\"; }",
            "value \"8.2\" { set base=\"php:8.2\"; }",
        ],
    );
    check(
        r#"{ base = "php:8.1", v = "8.1", os = "alpine" }, { base = "php:8.1-d", v = "8.1", os = "debian" }, { base = "php:8.2", v = "8.2", os = "debian" }"#,
        "${x.v}-${x.os}",
        &[
            "value \"8.1-alpine\" { set base=\"php:8.1\" v=\"8.1\" os=\"alpine\"; }",
            "value \"8.1-debian\" { set base=\"php:8.1-d\" v=\"8.1\" os=\"debian\"; }",
            "value \"8.2-debian\" { set base=\"php:8.2\" v=\"8.2\" os=\"debian\"; }",
        ],
    );
}
