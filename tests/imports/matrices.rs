//! What a bake file computes from a value of its matrix: a rung, data or a token of the value, so that a new value is one
//! line. A `when` remains only where nothing else says the same.

use super::{fleet, run};
use kiln::import::Format;

/// Expects these lines of the manifest of a target, and no others of these kinds.
fn check(target: &str, expect: &[&str]) {
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", target);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    fleet(&manifest);
    const KINDS: [&str; 7] = [
        "axis",
        "value",
        "arg",
        "dockerfile",
        "platforms",
        "when",
        "tag",
    ];
    let lines = manifest.lines().map(str::trim);
    let lines = lines.filter(|line| {
        let word = line.split(' ').next();
        word.is_some_and(|word| KINDS.contains(&word)) && *line != "dockerfile \"Dockerfile\""
    });
    assert_eq!(lines.collect::<Vec<_>>(), expect, "{manifest}");
}

/// A target with this matrix over `v`, and over `o` if it has that.
fn target(matrix: &str, settings: &str) -> String {
    let end = match matrix.contains("o = ") {
        true => "-${o == \"\" ? \"plain\" : o}",
        false => "",
    };
    format!(
        "target \"a\" {{\n  name = \"a-${{replace(v, \".\", \"_\")}}{end}\"\n  matrix = {{ {matrix} }}\n{settings}\n}}\n"
    )
}

#[test]
fn rungs_of_versions() {
    let versions = "v = [\"1.26.7\", \"1.27.3\"]";
    let minor = r#"join(".", slice(split(".", v), 0, 2))"#;
    check(
        &target(
            versions,
            &format!(
                "args = {{ MINOR = {minor}, MAJOR = split(\".\", v)[0] }}\n  tags = [\"x/a:${{v}}\", \"x/a:${{{minor}}}\"]"
            ),
        ),
        &[
            "axis \"v\" kind=\"version\" rungs=\"full minor\" {",
            "value \"1.26.7\"",
            "value \"1.27.3\"",
            "arg MINOR=\"{v.minor}\"",
            "arg MAJOR=\"1\"",
            "tag \"{v}\"",
        ],
    );
    // The highest version has more tags, and so has one of two systems.
    check(
        &target(
            "v = [\"8.3\", \"8.4\"], o = [\"fpm\", \"cli\"]",
            r#"  tags = compact([
    "x/a:${v}-${o}",
    v == "8.4" ? "x/a:${split(".", v)[0]}-${o}" : "",
    o == "cli" ? "x/a:${v}" : "",
    v == "8.4" && o == "cli" ? "x/a:latest" : "",
  ])"#,
        ),
        &[
            "axis \"v\" kind=\"version\" rungs=\"full major latest\" {",
            "value \"8.3\"",
            "value \"8.4\"",
            "axis \"o\" {",
            "value \"fpm\"",
            "value \"cli\"",
            "tag \"{v:full,major}-{o}\"",
            "when o=\"cli\" { tag \"{v:full,latest}\"; }",
        ],
    );
    // Within a longer word, a version is not one: `1.2` in `11.2`.
    check(
        &target(
            "v = [\"1.2.1\", \"1.3.1\"]",
            "  tags = [\"x/a:${v}\", \"x/a:11.2-${v}\"]",
        ),
        &[
            "axis \"v\" {",
            "value \"1.2.1\"",
            "value \"1.3.1\"",
            "tag \"{v}\"",
            "tag \"11.2-{v}\"",
        ],
    );
}

#[test]
fn data_of_values() {
    let patches = "variable \"PATCH\" { default = { \"16\" = \"16.10\", \"17\" = \"17.6\" } }\n";
    check(
        &format!(
            "{patches}{}",
            target(
                "v = keys(PATCH)",
                "  args = { PG = PATCH[v] }\n  tags = [\"x/a:${v}\", \"x/a:${lookup(PATCH, v, \"\")}\"]"
            )
        ),
        &[
            "axis \"v\" {",
            "value \"16\" { set pg=\"16.10\"; }",
            "value \"17\" { set pg=\"17.6\"; }",
            "arg PG=\"{v.pg}\"",
            "tag \"{v}\"",
            "tag \"{v.pg}\"",
        ],
    );
    // What differs is the part between separators, not every common letter.
    check(
        &target(
            "v = [\"12.4.1\", \"12.8.1\"]",
            r#"  args = { INDEX = "https://example.com/whl/cu${replace(join(".", slice(split(".", v), 0, 2)), ".", "")}" }
  tags = ["x/a:${v}"]"#,
        ),
        &[
            "axis \"v\" {",
            "value \"12.4.1\" { set index=\"cu124\"; }",
            "value \"12.8.1\" { set index=\"cu128\"; }",
            "arg INDEX=\"https://example.com/whl/{v.index}\"",
            "tag \"{v}\"",
        ],
    );
    // One of three has another value: an exception.
    check(
        &target(
            "v = [\"a\", \"b\", \"c\"]",
            "  args = { CUDA = v == \"c\" ? \"12.6\" : \"none\" }\n  tags = [\"x/a:${v}\"]",
        ),
        &[
            "axis \"v\" {",
            "value \"a\"",
            "value \"b\"",
            "value \"c\"",
            "arg CUDA=\"none\"",
            "when v=\"c\" { arg CUDA=\"12.6\"; }",
            "tag \"{v}\"",
        ],
    );
}

#[test]
fn tokens_of_values() {
    // Nothing in the tags of one value.
    check(
        &target(
            "v = [\"20\", \"22\"], o = [\"\", \"slim\"]",
            "  tags = [\"x/a:${o == \"slim\" ? \"slim-\" : \"\"}node${v}\", v == \"22\" ? (o == \"\" ? \"x/a:latest\" : \"x/a:${o}\") : \"\"]",
        ),
        &[
            "axis \"v\" {",
            "value \"20\"",
            "value \"22\"",
            "axis \"o\" {",
            "value \"plain\" token=\"\"",
            "value \"slim\"",
            "tag \"{o}-node{v}\"",
            "when v=\"22\" { tag \"{o}\"; }",
        ],
    );
    // Both in the tags of another.
    check(
        &target(
            "v = [\"3.11\", \"3.12\"], o = [\"bookworm\", \"alpine\"]",
            "  tags = [\"x/a:${v}-${o}\", o == \"bookworm\" ? \"x/a:${v}\" : \"\"]",
        ),
        &[
            "axis \"v\" {",
            "value \"3.11\"",
            "value \"3.12\"",
            "axis \"o\" {",
            "value \"bookworm\" default",
            "value \"alpine\"",
            "tag \"{v}-{o}\"",
        ],
    );
    // A boolean is called after its key.
    check(
        "target \"a\" {\n  name = \"a-${slim}\"\n  matrix = { slim = [true, false] }\n  args = { SLIM = slim }\n  tags = [slim ? \"x/a:1-slim\" : \"x/a:1\"]\n}\n",
        &[
            "axis \"slim\" {",
            "value \"slim\" { set text=\"true\"; }",
            "value \"plain\" token=\"\" { set text=\"false\"; }",
            "arg SLIM=\"{slim.text}\"",
            "tag \"1-{slim}\"",
        ],
    );
}
