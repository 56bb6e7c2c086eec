//! Parts of targets: names in outputs, lines in arguments, names of the values of a matrix.

use super::run;
use kiln::import::{Format, Input, import_with};
use kiln::text::{Diagnostics, Sources, show};

/// Expects these lines of a manifest in this order, and this part of the messages.
fn check(text: &str, word: &str, wanted: &[&str], said: &str) {
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.unwrap_or_else(|| panic!("{text}\n{notes}")).manifest;
    let lines = manifest.lines().map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| line.starts_with(word)).collect();
    assert_eq!(lines, wanted, "{manifest}\n{notes}");
    assert!(notes.contains(said), "{said}\n{notes}");
}

/// Tags that the defaults of variables switch off have conditions; those that are computed besides are named at their
/// place, and above the image.
#[test]
fn tags_that_are_switched_off_have_conditions() {
    let check = |variable: &str, tag: &str, when: &str| {
        let text = format!(
            "variable \"V\" {variable}\ntarget \"a\" {{\n  tags = [\"x.io/a:1\", {tag}]\n}}\n"
        );
        check(&text, "when", &[when], "");
    };
    let named = |variable: &str, tag: &str, named: &str| {
        let text = format!(
            "variable \"V\" {variable}\ntarget \"a\" {{\n  tags = [\"x.io/a:1\", {tag}]\n}}\n"
        );
        let said = format!(
            "with other values of `V`, the file also publishes {named}: the manifest does not\n --> docker-bake.hcl:3:3"
        );
        let comment = format!("// With other values of `V`, the bake file also publishes {named}.");
        super::parts::check(&text, "// With", &[&comment], &said);
    };
    let own = "when var:V=\"!\" { tag \"{var:V}\"; }";
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
        "when var:V=\"!\" \"!-\" { tag \"{var:V}\"; }",
    );
    check(
        "{ default = false }",
        "V ? \"x.io/a:latest\" : null",
        "when var:V=\"true\" { tag \"latest\"; }",
    );
    check(
        "{ default = \"dev\" }",
        "equal(V, \"prod\") ? \"x.io/a:latest\" : \"\"",
        "when var:V=\"prod\" { tag \"latest\"; }",
    );
    check(
        "{ default = \"dev\" }",
        "\"main\" == V ? \"x.io/a:edge\" : \"\"",
        "when var:V=\"main\" { tag \"edge\"; }",
    );
    check(
        empty,
        "V == \"\" ? \"\" : \"x.io/a:${split(\".\", V)[1]}\"",
        "when var:V=\"!\" { tag \"{var:V:after .:before .}\"; }",
    );
    named(
        empty,
        "V == \"\" ? \"\" : \"x.io/a:${strrev(split(\".\", V)[1])}\"",
        "`x.io/a:93`, `x.io/a:82`",
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
        "  tags = [\"x.io/a:${strrev(V)}-${v}\"]",
        "]: the file computes ",
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

/// A folder from a variable is followed, also where its default is the workspace itself or begins with `./`.
#[test]
fn folders_from_variables_are_followed() {
    let check = |default: &str, context: &str, wanted: &[&str], said: &str| {
        let text = format!(
            "variable \"C\" {{ default = \"{default}\" }}\ntarget \"a\" {{\n  context = \"{context}\"\n  tags = [\"x.io/a:1\"]\n}}\n"
        );
        check(&text, "dockerfile ", wanted, said);
    };
    check(".", "${C}", &["dockerfile \"{var:C}/Dockerfile\""], "");
    check("./", "${C}/x", &["dockerfile \"{var:C}/x/Dockerfile\""], "");
    check("./app", "${C}", &["dockerfile \"{var:C}/Dockerfile\""], "");
    check(
        "",
        "${C}",
        &["dockerfile \"Dockerfile\""],
        "values that the file computes from `C` are those of its default",
    );
}

/// Names of variables with `-`, which HCL and kiln have, are those of the manifest; build arguments have `_`.
#[test]
fn variables_with_hyphens_are_followed() {
    let text = "variable \"my-reg\" { default = \"x.io\" }\nvariable \"go-version\" { default = \"1.22\" }\n\
        target \"base\" { tags = [\"${my-reg}/base:${go-version}\"] }\n\
        target \"app\" {\n  contexts = { b = \"target:base\" }\n  dockerfile-inline = \"FROM b\\nARG GO\"\n  args = { GO = go-version }\n  tags = [\"${my-reg}/app:1\"]\n}\n";
    check(
        text,
        "tag ",
        &["tag \"{var:go-version}\"", "tag \"1\""],
        "set it with `--var NAME=VALUE`",
    );
    check(
        text,
        "arg ",
        &[
            "arg GO=\"{var:go-version}\"",
            "arg my_reg=\"{var:my-reg}\"",
            "arg go_version=\"{var:go-version}\"",
        ],
        "",
    );
}

/// `local` is the platform of the machine: it is as good as none.
#[test]
fn local_counts_as_no_platforms() {
    let check = |platforms: &str, wanted: &[&str], said: &str| {
        let text =
            format!("target \"a\" {{\n  platforms = [{platforms}]\n  tags = [\"x.io/a:1\"]\n}}\n");
        check(&text, "platforms ", wanted, said);
    };
    check("\"local\"", &[], "without `platforms`");
    check(
        "\"local\", \"linux/arm64\"",
        &["platforms \"linux/arm64\""],
        "a part of `platforms` is left out: `local` is a different platform on each machine",
    );
}

/// What fills the cache and has tags of its own is published by `bake --push`; what inherits its tags is not.
#[test]
fn cached_targets_with_tags_are_images() {
    let own = "target \"a\" {\n  tags = [\"x.io/a:1\"]\n  output = [\"type=cacheonly\"]\n}\n";
    check(
        own,
        "image ",
        &["image \"a\" {"],
        "`output` is not imported",
    );
    let lint = "target \"lint\" {\n  inherits = [\"a\"]\n  target = \"lint\"\n}\n";
    check(
        &format!("{own}{lint}"),
        "image ",
        &["image \"a\" {"],
        "instead of an image is not imported",
    );
    let from_base = "target \"base\" { output = [{ type = \"cacheonly\" }] }\ntarget \"a\" {\n  inherits = [\"base\"]\n  tags = [\"x.io/a:1\"]\n}\n";
    check(from_base, "image ", &["image \"a\" {"], "");
    let files =
        "target \"b\" {\n  tags = [\"x.io/b:1\"]\n  output = [\"type=local,dest=out\"]\n}\n";
    check(&format!("{own}{files}"), "image ", &["image \"a\" {"], "");
    // It has the platforms of what is built from it, as any other.
    let built = "target \"b\" {\n  contexts = { a = \"target:a\" }\n  platforms = [\"linux/amd64\", \"linux/arm64\"]\n  tags = [\"x.io/b:1\"]\n  output = [\"type=cacheonly\"]\n}\n";
    check(
        &format!("{own}{built}"),
        "platforms ",
        &["platforms \"linux/amd64\" \"linux/arm64\""; 2],
        "a target without `platforms` has those of the targets that are built from it",
    );
}

#[test]
fn the_empty_image_is_a_context() {
    let text = "target \"a\" {\n  contexts = { ld = \"docker-image://scratch\" }\n  tags = [\"x.io/a:1\"]\n}\n";
    check(text, "contexts ", &["contexts \"ld\" \"scratch\""], "");
}

/// What the output is made from changes nothing in the manifest.
#[test]
fn variables_of_outputs_are_not_warned_about() {
    let text = "variable \"V\" { default = \"v\" }\ntarget \"a\" {\n  tags = [\"x.io/a:1\"]\n  \
        output = [join(\",\", [\"type=registry\", \"annotation.version=${V}\"])]\n}\n";
    let (_, notes) = run(Format::Bake, "docker-bake.hcl", text);
    assert!(!notes.contains("the file computes"), "{notes}");
    assert!(notes.contains("`output` is not imported"), "{notes}");
}

/// Only FROM can name an image by build arguments: anything else keeps the context, so that its image follows variables.
#[test]
fn inline_dockerfiles_keep_contexts_that_they_copy_from() {
    let check = |text: &str, paths: &[&str], contexts: &[&str], part: &str| {
        let text = format!("variable \"REG\" {{ default = \"x.io\" }}\n{text}");
        check(&text, "contexts ", contexts, "");
        check(&text, "dockerfile \"dockerfiles/", paths, "");
        let (found, _) = run(Format::Bake, "docker-bake.hcl", &text);
        let files = found.expect("an import").files;
        let written: Vec<&str> = files.iter().map(|file| file.text.as_str()).collect();
        assert!(
            written.iter().all(|text| text.contains(part)),
            "{written:?}"
        );
        assert_eq!(written.len(), paths.len(), "{written:?}");
    };
    let base = "target \"base\" { tags = [\"${REG}/base:1\"] }\n";
    let app = |text: &str| {
        format!(
            "{base}target \"app\" {{\n  contexts = {{ b = \"target:base\" }}\n  dockerfile-inline = \"{text}\"\n  tags = [\"x.io/app:1\"]\n}}\n"
        )
    };
    let one = ["dockerfile \"dockerfiles/app.Dockerfile\""];
    let kept = ["contexts \"b\" \"{var:REG}/base:1\""];
    check(
        &app("FROM scratch\\nCOPY --from=b / /"),
        &one,
        &kept,
        "--from=b ",
    );
    check(
        &app("FROM alpine:3\\nRUN --mount=from=b,target=/b true"),
        &one,
        &kept,
        "from=b,",
    );
    check(&app("FROM b"), &one, &[], "FROM ${REG}/base:1");
    // All cells have the same text, so that one file is enough.
    let cells = "target \"base\" {\n  name = \"base-${v}\"\n  matrix = { v = [\"1\", \"2\"] }\n  tags = [\"${REG}/base:${v}\"]\n}\n\
        target \"app\" {\n  name = \"app-${v}\"\n  matrix = { v = [\"1\", \"2\"] }\n  contexts = { b = \"target:base-${v}\" }\n  \
        dockerfile-inline = \"FROM scratch\\nCOPY --from=b / /\"\n  tags = [\"x.io/app:${v}\"]\n}\n";
    let kept = ["contexts \"b\" \"{var:REG}/base:{v}\""];
    check(cells, &one, &kept, "--from=b ");
}

/// A tag that only one value of a matrix has does not depend on whether the variable is a pre-release.
#[test]
fn a_tag_of_the_value_that_a_variable_names() {
    let text = "variable \"N\" { default = \"3.13\" }
target \"py\" {
  name = \"py${replace(v, \".\", \"\")}\"
  matrix = { v = [\"3.12\", \"3.13\"] }
  tags = [\"x.io/py:${v}\", v == N ? \"x.io/py:latest\" : \"\"]
}
";
    let when = "when v=\"{var:N}\" { tag \"latest\"; }";
    check(text, "when", &[when], "");
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    assert!(!notes.contains("the rungs of its version"), "{notes}");
    assert!(!notes.contains("the file also publishes"), "{notes}");
    let manifest = found.expect("a manifest").manifest;
    assert!(!manifest.contains("// With other values"), "{manifest}");
    assert!(!manifest.contains("{var:N:"), "{manifest}");
}

/// A validation that lists values is `one-of`, and one that matches them is `pattern`; any other is named.
#[test]
fn validations_list_values() {
    let check = |default: &str, conditions: &[&str], expected: &str, is_said: bool| {
        let blocks: String = (conditions.iter())
            .map(|one| {
                format!(
                    "  validation {{\n    condition = {one}\n    error_message = \"no\"\n  }}\n"
                )
            })
            .collect();
        let text = format!(
            "variable \"ALL\" {{ default = [\"a\", \"b\"] }}\nvariable \"X\" {{\n  default = {default}\n{blocks}}}\ntarget \"t\" {{ tags = [\"x.io/t:v${{X}}\"] }}\n"
        );
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
        let manifest = found.unwrap_or_else(|| panic!("{text}\n{notes}")).manifest;
        let mut lines = manifest.lines();
        let line = lines
            .find(|line| line.starts_with("variable \"X\""))
            .unwrap_or_default();
        assert_eq!(
            line.trim_start_matches("variable \"X\" "),
            expected,
            "{text}\n{manifest}"
        );
        assert_eq!(
            notes.contains("`validation` is not imported"),
            is_said,
            "{notes}"
        );
    };
    let both = "default=\"a\" one-of=\"a\" \"b\"";
    check("\"a\"", &["contains([\"a\", \"b\"], X)"], both, false);
    check("\"a\"", &["(contains([\"a\", \"b\"], (X)))"], both, false);
    check("\"a\"", &["X == \"a\" || \"b\" == X"], both, false);
    check("\"a\"", &["contains(ALL, X)"], both, false);
    check(
        "\"\"",
        &["X == \"\" || contains([\"a\"], X)"],
        "default=\"\" one-of=\"\" \"a\"",
        false,
    );
    check(
        "1",
        &["contains([1, 2], X)"],
        "kind=\"number\" default=1 one-of=\"1\" \"2\"",
        false,
    );
    // Several conditions must all hold.
    check(
        "\"a\"",
        &[
            "contains([\"a\", \"b\", \"c\"], X)",
            "contains([\"a\", \"b\"], X)",
        ],
        both,
        false,
    );
    check(
        "\"a\"",
        &["contains([\"a\", \"b\"], X)", "X != \"c\""],
        both,
        true,
    );
    let free = "default=\"a\"";
    let filled = "default=\"a\" pattern=\".+\"";
    for condition in [
        "X != \"\"",
        "\"\" != (X)",
        "notequal(X, \"\")",
        "length(X) > 0",
        "strlen(X) >= 1",
    ] {
        check("\"a\"", &[condition], filled, false);
    }
    check("\"\"", &["X != \"\""], "default=\"\"", true);
    let expressions = [
        ("can(regex(\"^[a-z]+$\", X))", "\"[a-z]+\""),
        ("can(regex(\"^[a-z]\", X))", "\"[a-z].*\""),
        ("can(regex(\"a\", X))", "\".*a.*\""),
        ("can(regex(\"^a$|^b$\", X))", "\".*(?:^a$|^b$).*\""),
        ("can(regex(\"^a\\\\.?$\", X))", "#\"a\\.?\"#"),
        ("length(regexall(\"^a\", X)) > 0", "\"a.*\""),
        ("regex(\"[a-z]+\", X) == X", "\"[a-z]+\""),
        ("X == regex(\"^[a-z]+$\", X) && X != \"\"", "\"[a-z]+\""),
    ];
    for (condition, pattern) in expressions {
        let expected = format!("default=\"a\" pattern={pattern}");
        check("\"a\"", &[condition], &expected, false);
    }
    // The first that it finds is not the longest.
    check("\"a\"", &["regex(\"a|ab\", X) == X"], free, true);
    check("\"a\"", &["can(regex(\"^b\", X))"], free, true);
    let two = ["can(regex(\"^a\", X))", "can(regex(\"a$\", X))"];
    check("\"a\"", &two, "default=\"a\" pattern=\"a.*\"", true);
    check("\"a\"", &["contains([\"a\"], lower(X))"], free, true);
    let one = "default=\"a\" one-of=\"a\"";
    check("\"a\"", &["contains([\"a\"], X) && true"], one, true);
    check(
        "\"a\"",
        &["X == \"\" || X == \"a\"", "X != \"\""],
        one,
        false,
    );
    check("\"a\"", &["length(X) < 5 || X == \"a\""], free, true);
    // bake refuses the default, too.
    check("\"a\"", &["contains([\"b\"], X)"], free, true);
    // What has to be filled in has no default that could be compared.
    let text = "variable \"X\" {\n  validation { condition = contains([\"a\", \"b\"], X) }\n}\ntarget \"t\" { tags = [\"x.io/t:${X}\"] }\n";
    let said = "`validation` is not imported";
    self::check(text, "variable ", &["variable \"X\""], said);
    // The same in JSON.
    let json = "{\"variable\": {\"X\": {\"default\": \"a\", \"validation\": [{\"condition\": \"${contains([\\\"a\\\", \\\"b\\\"], X)}\"}]}},\n\"target\": {\"t\": {\"tags\": [\"x.io/t:${X}\"]}}}";
    let (found, notes) = run(Format::Bake, "docker-bake.json", json);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    assert!(
        manifest.contains(&format!("variable \"X\" {both}")),
        "{manifest}\n{notes}"
    );
    assert!(!notes.contains("is not imported"), "{notes}");
}

/// An argument that no Dockerfile of an image takes has no effect, in bake and in kiln.
#[test]
fn arguments_that_no_dockerfile_takes_are_left_out() {
    let text = r#"
variable "V" { default = "1" }
target "a" {
  dockerfile = "a.Dockerfile"
  args = { A = "1", B = V, "a.b" = "3", BUILDKIT_INLINE_CACHE = "1" }
  tags = ["x.io/a:1"]
}
target "m" {
  name = "m-${i.n}"
  matrix = { i = [{ n = "x", d = "1", e = "5" }, { n = "y", d = "2", e = "6" }] }
  dockerfile = "m.Dockerfile"
  args = { A = i.d, E = i.e }
  tags = ["x.io/m:${i.n}"]
}
target "c" {
  dockerfile = "none.Dockerfile"
  args = { C = "1" }
  tags = ["x.io/c:1"]
}
target "d" {
  dockerfile-inline = "ARG G=1\nFROM debian:${"$"}{G}\nARG A\n"
  args = { A = "1", C = "1", G = "1" }
  tags = ["x.io/d:1"]
}
target "f" {
  dockerfile = "f.Dockerfile"
  args = { A = "1", F = "1", H = "1", T = "1" }
  target = "one"
  tags = ["x.io/f:1"]
}
target "g" {
  dockerfile = "g.Dockerfile"
  contexts = { base = "target:f" }
  args = { A = "1", L = "1" }
  tags = ["x.io/g:1"]
}
"#;
    let read = |path: &str| match path {
        // Only FROM could use `F`, and only another stage takes `T`.
        "f.Dockerfile" => Some(String::from(
            "ARG F=1\nARG H=1\nFROM debian:$H AS one\nARG A\nONBUILD ARG L\nFROM debian\nARG T\n",
        )),
        "g.Dockerfile" => Some(String::from("FROM base\nRUN true\n")),
        "a.Dockerfile" | "m.Dockerfile" => Some(String::from("FROM debian\nARG A\n")),
        _ => None,
    };
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let source = sources.add("docker-bake.hcl", text);
    let name = "docker-bake";
    let input = Input { source, text, name };
    let found = import_with(Format::Bake, &[input], &[], &read, &mut out);
    let notes = show::text(&out, &sources, false);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    let said = "arguments that no `ARG` of a Dockerfile takes are left out: `A`, `B`, `C`, `E`, `F`, `T` and `a.b`";
    assert!(notes.contains(said), "{notes}");
    let fleet = super::fleet(&manifest);
    let row = |variant: &kiln::matrix::Variant| {
        let args: Vec<&str> = variant.args.keys().map(|name| name.as_str()).collect();
        format!("{} {}", variant.image, args.join(" "))
    };
    let rows: Vec<String> = fleet.variants.iter().map(row).collect();
    let wanted = [
        "a A BUILDKIT_INLINE_CACHE",
        "m A",
        "m A",
        "c C",
        "d A G",
        "f A H",
        "g L",
    ];
    assert_eq!(rows, wanted, "{manifest}");
    assert!(!manifest.contains("variable"), "{manifest}");
    assert!(!manifest.contains("e=\"5\""), "{manifest}");
}
