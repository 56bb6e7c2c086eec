//! Texts that are not versions where tags are made of one, and targets that build the same as one of a matrix.

use super::values::Row;

/// A rung takes the place of a regular expression only for the values that this one finds.
#[test]
fn versions_that_the_file_does_not_find() {
    let latest = |pattern: &str, default: &str| {
        format!(
            "variable \"V\" {{ default = \"{default}\" }}\ntarget \"a\" {{ tags = [\"x/a:${{V}}\", can(regex(\"{pattern}\", V)) ? \"x/a:latest\" : \"\"] }}\n"
        )
    };
    let file = latest("^[0-9]+\\\\.[0-9]+\\\\.[0-9]+$", "1.2.3");
    Row {
        file: &file,
        lines: &["tag \"{var:V:latest}\""],
        said: &["where `V` is a value such as `v9.8.7`"],
        runs: &[
            (&[("V", "2.0.0")], Some(&["x/a:2.0.0", "x/a:latest"])),
            (&[("V", "v2.0.0")], None),
        ],
    }
    .check();
    let file = "variable \"V\" { default = \"1.2.3\" }\ntarget \"a\" {\n tags = [\"x/a:${V}\", \"x/a:${regex_replace(V, \"^(\\\\d+)\\\\.(\\\\d+)\\\\.(\\\\d+)$\", \"$1.$2\")}\", \"x/a:${regex_replace(V, \"^(\\\\d+)\\\\..*$\", \"$1\")}\"]\n}\n";
    Row {
        file,
        lines: &[],
        said: &[],
        runs: &[
            (&[("V", "9.8.7")], Some(&["x/a:9", "x/a:9.8", "x/a:9.8.7"])),
            (&[("V", "v9.8.7")], None),
        ],
    }
    .check();
}

/// Where a hyphen decides which tag moves, no value with one is let through: kiln takes `1.2.4-5` for a rebuild, and moves `latest`.
#[test]
fn a_hyphen_that_decides_which_tag_moves() {
    for (condition, other) in [
        ("length(split(\"-\", V)) > 1", "\"x/a:beta\""),
        ("length(regexall(\"-\", V)) > 0", "\"x/a:beta\""),
        ("length(regexall(\"-(rc|beta)\", V)) > 0", "\"\""),
    ] {
        let file = format!(
            "variable \"V\" {{ default = \"1.2.3\" }}\ntarget \"a\" {{ tags = compact([\"x/a:${{V}}\", {condition} ? {other} : \"x/a:latest\"]) }}\n"
        );
        let is_any = condition.contains("rc");
        let rebuilt: &[&str] = &["x/a:1.2.4-5", "x/a:latest"];
        Row {
            file: &file,
            lines: &[],
            said: &[],
            runs: &[
                (&[("V", "2.0.0")], Some(&["x/a:2.0.0", "x/a:latest"])),
                (&[("V", "1.2.4-5")], is_any.then_some(rebuilt)),
            ],
        }
        .check();
    }
}

/// A target that builds the same as one of a matrix gives it its tags.
#[test]
fn a_target_beside_a_matrix_is_one_of_its_tags() {
    let file = |args: &str| {
        format!(
            "target \"m\" {{\n name = \"m-${{replace(v, \".\", \"-\")}}\"\n matrix = {{ v = [\"1.18.0\", \"1.19.0\"] }}\n args = {{ V = v }}\n tags = [\"x/m:${{v}}\"]\n}}\ntarget \"latest\" {{\n args = {{ {args} }}\n tags = [\"x/m:1.19.0\", \"x/m:latest\"]\n}}\n"
        )
    };
    Row {
        file: &file("V = \"1.19.0\""),
        lines: &[
            "axis \"v\" kind=\"version\" rungs=\"full latest\" {",
            "arg V=\"{v}\"",
        ],
        said: &["`latest` builds the same as `m-1-19-0` of `m`"],
        runs: &[(
            &[],
            Some(&[
                "x/m:1.18.0 V=1.18.0",
                "x/m:1.19.0 V=1.19.0",
                "x/m:latest V=1.19.0",
            ]),
        )],
    }
    .check();
    // Otherwise the target that loses its tag is named, and not the whole matrix.
    Row {
        file: &file("V = \"1.19.1\""),
        lines: &[],
        said: &["`m-1-19-0` is not imported: `latest` has the same tags"],
        runs: &[],
    }
    .check();
}
