//! Edits of a variable, each in a tag, in an argument and elsewhere: with values that show the edit, too, the manifest
//! publishes what the file does, or refuses the value, or a warning names the variable.

use super::fault_of;
use rayon::prelude::*;

/// A default, expressions with `V`, and other values.
type Row = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const ROWS: &[Row] = &[
    // Texts at the beginning, at the end and inside.
    (
        "\"1.2.3\"",
        &[
            "trimprefix(V, \"release-\")",
            "trimprefix(V, P)",
            "trimsuffix(V, \"-dev\")",
            "trim(V, \"v\")",
            "trimspace(V)",
            "replace(V, \"+\", \"_\")",
            "replace(V, \"-\", \".\")",
            "replace(V, \"rc\", \"\")",
            "replace(trimprefix(V, \"release-\"), \"+\", \"-\")",
            "trimsuffix(trimprefix(V, \"v\"), \"-dev\")",
            "regex_replace(V, \"^release-\", \"\")",
            "regex_replace(V, \"-dev$\", \"\")",
            "regex_replace(V, \"\\\\.[0-9]+$\", \"\")",
            "regex_replace(V, \"[^a-zA-Z0-9_.-]\", \"-\")",
            "regex_replace(V, \"-.*$\", \"\")",
            "regex_replace(V, \"^([0-9]+)\\\\..*\", \"$1\")",
            "split(\"-\", V)[0]",
            "split(\".\", V)[1]",
            "element(split(\".\", V), 2)",
            "reverse(split(\".\", V))[0]",
            "substr(V, 0, 5)",
            "substr(V, 0, 3)",
            "lower(V)",
            "upper(V)",
            "join(\".\", slice(split(\".\", V), 0, 2))",
            "regex(\"[0-9]+\", V)",
            "length(regexall(\"(alpha|beta)\", V)) > 0 ? \"pre\" : V",
            "length(regexall(\"(alpha|beta)\", V)) > 0 ? \"pre\" : \"stable\"",
            "can(regex(\"^v\", V)) ? substr(V, 1, -1) : V",
            "can(regex(\"^[0-9]+\\\\.\", V)) ? \"release\" : \"other\"",
            "startswith(V, \"release-\") ? trimprefix(V, \"release-\") : V",
            "endswith(V, \"-dev\") ? \"dev\" : V",
            "split(\".\", V)[0] == \"0\" ? \"zero\" : split(\".\", V)[0]",
            "split(\".\", V)[0] == \"0\" ? \"zero\" : V",
            "length(split(\".\", V)) == 3 ? V : \"${V}.0\"",
            "strlen(V) > 8 ? \"long\" : V",
            "format(\"%.4s\", V)",
            "format(\"v%s\", trimprefix(V, \"v\"))",
            "\"v${trimprefix(V, \"v\")}\"",
            "try(regex(\"^release-(.*)$\", V)[0], V)",
            "contains([\"0\", \"1\"], split(\".\", V)[0]) ? \"old\" : \"new\"",
            "V == \"\" ? \"latest\" : trimprefix(V, \"v\")",
            "V == \"1.2.3\" ? \"latest\" : trimprefix(V, \"release-\")",
            "edge(V)",
            "clean(V)",
            "clean(lower(V))",
        ],
        &[
            "release-1.2",
            "1.3.0-dev",
            "v1.2.3",
            "v2.0",
            "2",
            "1.30",
            "0.5.1",
            "1.2.3+4",
            "1.0-rc1",
            "1.0.0-alpha.1",
            "17beta",
            "1234567890.1.2",
            "feature/X",
            "a_b",
            "0",
            "",
        ],
    ),
    (
        "\"main\"",
        &[
            "trimprefix(V, \"release/\")",
            "trimprefix(V, \"refs/heads/\")",
            "split(\"/\", V)[0]",
            "reverse(split(\"/\", V))[0]",
            "split(\"/\", V)[length(split(\"/\", V)) - 1]",
            "replace(V, \"/\", \"-\")",
            "replace(V, \"/\", \".\")",
            "replace(replace(V, \"/\", \"-\"), \"_\", \"-\")",
            "regex_replace(V, \"[^a-z0-9]+\", \"-\")",
            "regex_replace(lower(V), \"[^a-z0-9]\", \"-\")",
            "lower(replace(V, \"/\", \"-\"))",
            "upper(V)",
            "title(V)",
            "substr(V, 0, 4)",
            "substr(V, 1, -1)",
            "V == \"main\" ? \"latest\" : replace(V, \"/\", \"-\")",
            "V == \"main\" ? \"latest\" : trimprefix(V, \"release/\")",
            "startswith(V, \"release/\") ? split(\"/\", V)[1] : V",
            "can(regex(\"^release/\", V)) ? split(\"/\", V)[1] : \"edge\"",
            "length(regexall(\"^v[0-9]\", V)) > 0 ? \"stable\" : V",
            "lower(V) == \"main\" ? \"latest\" : V",
            "edge(V)",
            "clean(V)",
        ],
        &[
            "release/1.2",
            "release-1.2",
            "refs/heads/main",
            "MAIN",
            "Main",
            "a/b/c",
            "a_b",
            "fix/X_y",
            "v1.2",
            "longer-name",
            "x",
            "",
        ],
    ),
    (
        "\"\"",
        &[
            "trimprefix(V, \"release-\")",
            "V == \"\" ? \"latest\" : trimprefix(V, \"v\")",
            "V == \"\" ? \"latest\" : replace(V, \"/\", \"-\")",
            "V != \"\" ? \"x-${split(\".\", V)[0]}\" : \"none\"",
            "try(split(\".\", V)[1], \"none\")",
            "can(regex(\"^v[0-9]\", V)) ? trimprefix(V, \"v\") : \"edge\"",
            "\"x${V}\"",
            "\"x${trimsuffix(V, \"-dev\")}\"",
            "length(regexall(\"beta\", V)) > 0 ? \"beta\" : \"x${V}\"",
            "notequal(\"\", V) ? lower(V) : \"latest\"",
        ],
        &[
            "release-1.2",
            "v1.2",
            "1.2.3",
            "a/b",
            "X",
            "1-dev",
            "1beta2",
            "2",
        ],
    ),
    (
        "null",
        &[
            "V == null ? \"latest\" : trimprefix(V, \"v\")",
            "V != null ? \"x-${V}\" : \"none\"",
            "V != null ? split(\".\", V)[0] : \"none\"",
            "coalesce(V, \"latest\")",
        ],
        &["v1.2", "1.2.3", "release-1", ""],
    ),
    (
        "1",
        &[
            "V",
            "\"x${V}\"",
            "V + 1",
            "V > 5 ? \"new\" : \"old\"",
            "V == 1 ? \"one\" : \"x${V}\"",
        ],
        &["2", "1.30", "10", "007", "5", "6"],
    ),
    (
        "\"1.2\"",
        &[
            "V",
            "\"v${V}\"",
            "\"${V}.0\"",
            "V >= 2 ? \"new\" : \"old\"",
            "trimprefix(V, \"v\")",
        ],
        &["v1.2", "1.30", "2", "1", "2.0.1", ""],
    ),
];

/// Where the expression is.
const PLACES: [&str; 6] = [
    "tags = [\"x.io/a:${E}\"]",
    "tags = [\"x.io/a:base\", \"x.io/a:t-${E}\"]\n  args = { X = E, Y = V }",
    "tags = [\"x.io/a:${V}\"]\n  args = { X = E }",
    "tags = [\"x.io/a:1\"]\n  args = { X = E }",
    "tags = [\"x.io/a:1\", \"x.io/r-${E}:2\"]",
    "tags = [\"x.io/a:1\"]\n  contexts = { base = \"docker-image://b.io/b:${E}\" }",
];

fn file(default: &str, expression: &str, place: &str) -> String {
    let place = place.replace("${E}", &format!("${{{expression}}}"));
    let place = place.replace("= E", &format!("= {expression}"));
    format!(
        "variable \"V\" {{ default = {default} }}\nvariable \"P\" {{ default = \"release-\" }}\nfunction \"edge\" {{\n  params = [v]\n  result = v == \"\" ? \"edge\" : trimprefix(v, \"release-\")\n}}\nfunction \"clean\" {{\n  params = [text]\n  result = replace(trimprefix(text, \"release-\"), \"/\", \"-\")\n}}\ntarget \"a\" {{\n  {place}\n}}\n"
    )
}

#[test]
fn every_edit_is_followed_refused_or_named() {
    let rows = ROWS.iter().flat_map(|(default, expressions, values)| {
        let all = expressions.iter();
        all.map(move |expression| (*default, *expression, *values))
    });
    let mut files = Vec::new();
    for (at, (default, expression, values)) in rows.enumerate() {
        let set = |value: &&str| vec![(String::from("V"), (*value).to_owned())];
        let sets: Vec<_> = values.iter().map(set).collect();
        // All places of all expressions take minutes.
        let others = [PLACES[1 + at / 2 % (PLACES.len() - 1)]].into_iter();
        let others = others.filter(|_| at % 2 == 0);
        let others: Vec<&str> = match std::env::var("KILN_TEST_ALL").is_ok() {
            true => PLACES[1..].to_vec(),
            false => others.collect(),
        };
        for place in std::iter::once(PLACES[0]).chain(others) {
            files.push((file(default, expression, place), sets.clone()));
        }
    }
    let faults = files.par_iter();
    let faults: Vec<String> = faults
        .filter_map(|(text, sets)| fault_of(text, sets))
        .collect();
    let count = faults.len();
    assert!(faults.is_empty(), "{count} faults\n{}", faults.join("\n\n"));
}
