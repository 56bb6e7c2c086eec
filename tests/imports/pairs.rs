//! Variables that a file compares with each other: one condition names both.

use super::switches::Case;

/// Two variables that the file compares with each other are one condition.
#[test]
fn variables_that_are_compared_with_each_other() {
    Case {
        variables: "variable \"V\" { default = \"9\" }\nvariable \"NEWEST\" { default = \"9\" }",
        target: "tags = [\"x.io/a:${V}\", V == NEWEST ? \"x.io/a:latest\" : \"\"]",
        whens: &["when var:V=\"{var:NEWEST}\" { tag \"latest\"; }"],
        runs: &[
            (&[], &["x.io/a:9", "x.io/a:latest"]),
            (&[("V", "10")], &["x.io/a:10"]),
            (&[("V", "10"), ("NEWEST", "11")], &["x.io/a:10"]),
            (
                &[("V", "10"), ("NEWEST", "10")],
                &["x.io/a:10", "x.io/a:latest"],
            ),
        ],
    }
    .check();
    // They differ today, and one of them is a version.
    Case {
        variables: "variable \"REF\" { default = \"local\" }\nvariable \"V\" { default = \"0.1.10\" }",
        target: "tags = [REF == V ? \"x.io/a:latest\" : \"\", \"x.io/a:${V}-ci.${REF}\"]",
        whens: &["when var:REF=\"{var:V}\" { tag \"latest\"; }"],
        runs: &[
            (&[], &["x.io/a:0.1.10-ci.local"]),
            (&[("V", "2.0.0")], &["x.io/a:2.0.0-ci.local"]),
            (&[("REF", "main")], &["x.io/a:0.1.10-ci.main"]),
            (
                &[("V", "2.0.0"), ("REF", "2.0.0")],
                &["x.io/a:2.0.0-ci.2.0.0", "x.io/a:latest"],
            ),
        ],
    }
    .check();
    Case {
        variables: "variable \"V\" { default = \"9\" }\nvariable \"OLD\" { default = \"8\" }",
        target: "tags = [\"x.io/a:${V}\"]\n  args = { UP = V != OLD ? \"yes\" : \"no\" }",
        whens: &["when var:V=\"{var:OLD}\" { arg UP=\"no\"; }"],
        runs: &[
            (&[("V", "8")], &["x.io/a:8 UP=no"]),
            (&[("OLD", "9")], &["x.io/a:9 UP=no"]),
            (&[("V", "8"), ("OLD", "7")], &["x.io/a:8 UP=yes"]),
        ],
    }
    .check();
}

/// One of them is compared with other texts and variables, too.
#[test]
fn variables_that_are_compared_with_each_other_and_with_texts() {
    let tag = "variable \"TAG\" { default = \"\" }\nvariable \"LATEST\" { default = \"\" }";
    Case {
        variables: tag,
        target: "tags = [TAG != \"\" ? \"x.io/a:${TAG}\" : \"x.io/a:edge\", TAG == LATEST ? \"x.io/a:latest\" : \"\"]",
        whens: &[
            "when var:TAG=\"\" { tag \"edge\"; }",
            "when var:LATEST=\"{var:TAG}\" { tag \"latest\"; }",
            "when var:TAG=\"!\" { tag \"{var:TAG}\"; }",
        ],
        runs: &[
            (&[], &["x.io/a:edge", "x.io/a:latest"]),
            (&[("TAG", "1.2")], &["x.io/a:1.2"]),
            (&[("LATEST", "1.2")], &["x.io/a:edge"]),
            (&[("TAG", "1.2"), ("LATEST", "1.3")], &["x.io/a:1.2"]),
            (
                &[("TAG", "1.3"), ("LATEST", "1.3")],
                &["x.io/a:1.3", "x.io/a:latest"],
            ),
        ],
    }
    .check();
    // Settings that follow both, and a text of today that is the value of the other one.
    Case {
        variables: "variable \"TAG\" { default = \"dev\" }\nvariable \"NEWEST\" { default = \"9\" }",
        target: "tags = [\"x.io/a:${TAG}\", TAG == NEWEST ? \"x.io/a:latest\" : \"\"]\n  platforms = [\"linux/amd64\", TAG == \"9\" ? \"linux/s390x\" : \"\"]\n  args = { X = TAG == \"dev\" ? \"d\" : TAG == NEWEST ? \"n\" : \"o\" }",
        whens: &[
            "when var:NEWEST=\"{var:TAG}\" { tag \"latest\"; }",
            "when var:TAG=\"9\" { platforms \"linux/amd64\" \"linux/s390x\"; }",
            "when var:NEWEST=\"!{var:TAG}\" var:TAG=\"!dev\" { arg X=\"o\"; }",
            "when var:NEWEST=\"{var:TAG}\" var:TAG=\"!dev\" { arg X=\"n\"; }",
        ],
        runs: &[
            (&[], &["x.io/a:dev X=d"]),
            (&[("TAG", "8")], &["x.io/a:8 X=o"]),
            (
                &[("TAG", "9")],
                &["x.io/a:9 linux/s390x X=n", "x.io/a:latest linux/s390x X=n"],
            ),
            (&[("TAG", "9"), ("NEWEST", "10")], &["x.io/a:9 linux/s390x X=o"]),
            (
                &[("TAG", "10"), ("NEWEST", "10")],
                &["x.io/a:10 X=n", "x.io/a:latest X=n"],
            ),
            (
                &[("NEWEST", "dev")],
                &["x.io/a:dev X=d", "x.io/a:latest X=d"],
            ),
        ],
    }
    .check();
    // Nothing is said of a variable that all texts follow.
    Case {
        variables: "variable \"V\" { default = \"1.27.1\" }\nvariable \"NEWEST\" { default = \"1.27.1\" }",
        target: "tags = [\"x.io/a:${V}\", V == NEWEST ? \"x.io/a:latest\" : \"\", V == \"1.26\" ? \"x.io/a:old\" : \"\"]",
        whens: &[
            "when var:NEWEST=\"{var:V}\" { tag \"latest\"; }",
            "when var:V=\"1.26\" { tag \"old\"; }",
        ],
        runs: &[
            (&[], &["x.io/a:1.27.1", "x.io/a:latest"]),
            (&[("V", "1.28.0")], &["x.io/a:1.28.0"]),
            (&[("V", "1.26")], &["x.io/a:1.26", "x.io/a:old"]),
            (
                &[("V", "1.28.0"), ("NEWEST", "1.28.0")],
                &["x.io/a:1.28.0", "x.io/a:latest"],
            ),
        ],
    }
    .check();
    // Two others.
    Case {
        variables: "variable \"V\" { default = \"1\" }\nvariable \"STABLE\" { default = \"1\" }\nvariable \"EDGE\" { default = \"2\" }",
        target: "tags = [\"x.io/a:${V}\", V == STABLE ? \"x.io/a:stable\" : \"\", V == EDGE ? \"x.io/a:edge\" : \"\"]",
        whens: &[
            "when var:STABLE=\"{var:V}\" { tag \"stable\"; }",
            "when var:EDGE=\"{var:V}\" { tag \"edge\"; }",
        ],
        runs: &[
            (&[], &["x.io/a:1", "x.io/a:stable"]),
            (&[("V", "2")], &["x.io/a:2", "x.io/a:edge"]),
            (&[("V", "3")], &["x.io/a:3"]),
            (&[("V", "3"), ("EDGE", "3")], &["x.io/a:3", "x.io/a:edge"]),
            (
                &[("EDGE", "1")],
                &["x.io/a:1", "x.io/a:stable", "x.io/a:edge"],
            ),
        ],
    }
    .check();
}

/// A default that is the other variable follows it, and can be set.
#[test]
fn a_variable_is_compared_with_one_that_it_is_made_of() {
    Case {
        variables: "variable \"V\" { default = \"1.2.3\" }\nvariable \"NEWEST\" { default = V }",
        target: "tags = [\"x.io/a:${V}\", V == NEWEST ? \"x.io/a:latest\" : \"\"]",
        whens: &["when var:NEWEST=\"{var:V}\" { tag \"latest\"; }"],
        runs: &[
            (&[], &["x.io/a:1.2.3", "x.io/a:latest"]),
            (&[("V", "1.3.0")], &["x.io/a:1.3.0", "x.io/a:latest"]),
            (&[("NEWEST", "1.3.0")], &["x.io/a:1.2.3"]),
            (
                &[("V", "1.3.0"), ("NEWEST", "1.3.0")],
                &["x.io/a:1.3.0", "x.io/a:latest"],
            ),
        ],
    }
    .check();
}

/// Of items that are the same today, a list has one: with another value of a variable, it has both.
#[test]
fn items_that_are_the_same_today() {
    let images =
        "variable \"A\" { default = \"x.io/a:1\" }\nvariable \"B\" { default = \"x.io/a:1\" }";
    Case {
        variables: "variable \"TAG\" { default = \"latest\" }",
        target: "tags = distinct([\"x.io/a:${TAG}\", \"x.io/a:latest\"])",
        whens: &["when var:TAG=\"!latest\" { tag \"latest\"; }"],
        runs: &[
            (&[], &["x.io/a:latest"]),
            (&[("TAG", "1.2")], &["x.io/a:1.2", "x.io/a:latest"]),
        ],
    }
    .check();
    Case {
        variables: "variable \"A\" { default = \"1\" }\nvariable \"B\" { default = \"1\" }",
        target: "tags = toset([\"x.io/a:${A}\", \"x.io/a:${B}\"])",
        whens: &["when var:B=\"!{var:A}\" { tag \"{var:B}\"; }"],
        runs: &[
            (&[], &["x.io/a:1"]),
            (&[("A", "2")], &["x.io/a:1", "x.io/a:2"]),
            (&[("B", "2")], &["x.io/a:1", "x.io/a:2"]),
            (&[("A", "2"), ("B", "2")], &["x.io/a:2"]),
        ],
    }
    .check();
    // Without a function, too: a repository has its tags once.
    Case {
        variables: images,
        target: "tags = [A, B]",
        whens: &[
            "when var:B=\"!x.io/a:1\" { tag \"{var:B:tag}\"; }",
            "when var:B=\"x.io/a:1\" var:A=\"!x.io/a:1\" { tag \"{var:B:tag}\"; }",
        ],
        runs: &[
            (&[], &["x.io/a:1"]),
            (&[("A", "y.io/a:2")], &["x.io/a:1", "y.io/a:2"]),
            (&[("B", "y.io/a:2")], &["x.io/a:1", "y.io/a:2"]),
        ],
    }
    .check();
}
