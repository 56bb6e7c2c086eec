//! What files look for in texts.

use super::Edits;
use crate::import::Input;
use crate::import::bake::blocks;
use crate::text::{Diagnostics, Sources};

/// An expression, the texts that show what it does with `V`, and the filters that do the same.
const ROWS: [(&str, &[&str], &[&str]); 14] = [
    (
        "trimprefix(V, \"release-\")",
        &["release-1.0"],
        &["without release-"],
    ),
    (
        "trimsuffix(V, \"-dev\")",
        &["1.0-dev"],
        &["without-end -dev"],
    ),
    ("trimprefix(V, P)", &["pre-1.0"], &["without pre-"]),
    ("replace(V, \"+\", \"_\")", &["1.0+28+39"], &["replace + _"]),
    (
        "split(\"/\", V)[1]",
        &["28", "28/39", "28/39/46", "1.0/28/39"],
        &["after /:before /"],
    ),
    (
        "element(split(\"/\", V), 0)",
        &["28", "28/39", "28/39/46", "1.0/28/39"],
        &["before /"],
    ),
    (
        "reverse(split(\"-\", V))[0]",
        &["28", "28-39", "28-39-46", "1.0-28-39"],
        &["after-last -"],
    ),
    (
        "regex_replace(V, \"\\\\.[0-9]+$\", \"\")",
        &[".1", ".11.0", "1.0.1", ".7", ".71.0", "1.0.7", "1.0-rc1"],
        &["before-last ."],
    ),
    (
        "regex_replace(V, \"^v\", \"\")",
        &["v", "v1.0", "1.0v", "1.0-rc1"],
        &["without v"],
    ),
    (
        "regexall(\"(alpha|beta)\", V)[0]",
        &[
            "alpha", "alpha1.0", "1.0alpha", "beta", "beta1.0", "1.0beta", "1.0-rc1",
        ],
        &[],
    ),
    (
        "replace(trimprefix(V, \"go\"), \"+\", \"-\")",
        &["1.0+28+39", "go1.0"],
        &["without go:replace + -", "without go"],
    ),
    ("clean(V)", &["x1.0"], &["without x"]),
    (
        "split(\".\", V)[0] == \"0\" ? \"a\" : \"b\"",
        &[
            "28",
            "28.39",
            "28.39.46",
            "1.0.28.39",
            "0",
            "0.28.39",
            "28.0.39",
        ],
        &["before ."],
    ),
    ("upper(V)", &[], &["upper"]),
];

#[test]
fn texts_and_filters() {
    for (expression, texts, filters) in ROWS {
        let function = "function \"clean\" {\n  params = [v]\n  result = trimprefix(v, \"x\")\n}\n";
        let function = if expression.contains("clean") {
            function
        } else {
            ""
        };
        let text = format!(
            "variable \"V\" {{ default = \"1.0\" }}\nvariable \"P\" {{ default = \"pre-\" }}\n{function}target \"a\" {{ tags = [\"a/a:${{{expression}}}\"] }}\n"
        );
        let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
        let input = Input {
            source: sources.add("docker-bake.hcl", text.as_str()),
            text: &text,
            name: "docker-bake",
        };
        let edits = Edits::new(&blocks(&[input], &mut Vec::new(), &mut out).expect("blocks"));
        let found: Vec<String> = edits.all("V", "1.0").into_iter().collect();
        assert_eq!(found, texts, "{expression}");
        let found: Vec<String> = edits.filters("V");
        assert_eq!(found, filters, "{expression}");
    }
}
