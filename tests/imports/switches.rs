//! What depends on the value of a variable: with each value, the manifest publishes what the file does, or refuses it.

use super::run;
use kiln::import::Format;
use kiln::line;
use kiln::matrix::Inputs;
use kiln::text::{Diagnostics, Sources};
use std::collections::{BTreeMap, BTreeSet};

/// The references of a manifest with these values, each with its platforms and arguments if these are more than usual;
/// nothing if it refuses them.
pub(super) fn published(manifest: &str, set: &[(&str, &str)]) -> Option<BTreeSet<String>> {
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let document = line::document(manifest, &mut sources, &mut out);
    let set = set
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let inputs = Inputs {
        variables: set
            .collect::<BTreeMap<String, String>>()
            .into_iter()
            .collect(),
        ..Inputs::default()
    };
    let fleet = line::fleet(&[document], &inputs, &mut sources, &mut out)?;
    let mut all = BTreeSet::new();
    for variant in fleet.variants.iter().filter(|_| !out.has_errors()) {
        let platforms = variant.platforms.iter().map(ToString::to_string);
        let platforms: Vec<String> = platforms.filter(|one| one != "linux/amd64").collect();
        let args = variant
            .args
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let more: String = platforms
            .into_iter()
            .chain(args)
            .map(|one| format!(" {one}"))
            .collect();
        let references = variant.references();
        all.extend(references.map(|(reference, _)| format!("{}{more}", reference.familiar())));
    }
    (!out.has_errors()).then_some(all)
}

/// Values of variables, and what is published with them.
pub(super) type Run<'c> = (&'c [(&'c str, &'c str)], &'c [&'c str]);

/// A file of one target `a`; expects these conditions of its manifest, and what it publishes with some values.
pub(super) struct Case<'c> {
    pub variables: &'c str,
    pub target: &'c str,
    pub whens: &'c [&'c str],
    pub runs: &'c [Run<'c>],
}

impl Case<'_> {
    pub(super) fn check(&self) {
        let text = format!(
            "{}\ntarget \"a\" {{\n  {}\n}}\n",
            self.variables, self.target
        );
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
        let manifest = found.unwrap_or_else(|| panic!("{text}\n{notes}")).manifest;
        let lines = manifest.lines().map(str::trim);
        let whens: Vec<&str> = lines.filter(|line| line.starts_with("when ")).collect();
        assert_eq!(whens, self.whens, "{text}\n{manifest}\n{notes}");
        for (set, wanted) in self.runs {
            let wanted: BTreeSet<String> = wanted.iter().map(|one| (*one).to_owned()).collect();
            assert_eq!(
                published(&manifest, set),
                Some(wanted),
                "{set:?}\n{manifest}\n{notes}"
            );
        }
        assert!(!notes.contains("the manifest does not"), "{notes}");
        assert!(!notes.contains("values that the file computes"), "{notes}");
    }
}

/// A tag with a variable that is empty, by default or in a run: kiln would remove the separator beside it.
#[test]
fn an_empty_variable_publishes_what_bake_does_or_is_refused() {
    Case {
        variables: "variable \"SHA\" { default = \"\" }",
        target: "tags = [\"x.io/a:web-${SHA}\", \"x.io/a:v${SHA}_x\"]",
        whens: &[
            "when var:SHA=\"\" { tag \"web-\"; }",
            "when var:SHA=\"!\" { tag \"web-{var:SHA}\"; }",
        ],
        runs: &[
            (&[], &["x.io/a:web-", "x.io/a:v_x"]),
            (&[("SHA", "7")], &["x.io/a:web-7", "x.io/a:v7_x"]),
        ],
    }
    .check();
    Case {
        variables: "variable \"SHA\" { default = \"\" }",
        target: "name = \"a-${v}\"\n  matrix = { v = [\"1\", \"2\"] }\n  tags = [\"x.io/a:web-${SHA}-${v}\"]",
        whens: &[
            "when var:SHA=\"\" { tag \"web--{v}\"; }",
            "when var:SHA=\"!\" { tag \"web-{var:SHA}-{v}\"; }",
        ],
        runs: &[
            (&[], &["x.io/a:web--1", "x.io/a:web--2"]),
            (&[("SHA", "7")], &["x.io/a:web-7-1", "x.io/a:web-7-2"]),
        ],
    }
    .check();
    // An edit makes nothing of the empty text, and something of others.
    Case {
        variables: "variable \"SHA\" { default = \"\" }",
        target: "tags = [\"x.io/a:main-${substr(SHA, 0, 7)}\", \"x.io/a:1\"]",
        whens: &[
            "when var:SHA=\"\" { tag \"main-\"; }",
            "when var:SHA=\"!\" { tag \"main-{var:SHA:first 7}\"; }",
        ],
        runs: &[
            (&[], &["x.io/a:1", "x.io/a:main-"]),
            (
                &[("SHA", "0123456789abcdef")],
                &["x.io/a:1", "x.io/a:main-0123456"],
            ),
            (&[("SHA", "012")], &["x.io/a:1", "x.io/a:main-012"]),
        ],
    }
    .check();
    let refused = [
        (
            "variable \"SHA\" { default = \"dev\" }",
            "\"x.io/a:web-${SHA}\", \"x.io/a:web\"",
            "SHA",
        ),
        (
            "variable \"SHA\" { default = \"dev\" }",
            "\"x.io/a:jre17-${SHA}9\"",
            "SHA",
        ),
        (
            "variable \"SHA\" { default = \"dev\" }",
            "\"x.io/a:bin-${SHA}-linux\"",
            "SHA",
        ),
        (
            "variable \"A\" { default = \"a\" }\nvariable \"SHA\" { default = \"dev\" }",
            "\"x.io/a:v-${SHA}${A}\"",
            "SHA",
        ),
        (
            "variable \"L\" { default = false }\nvariable \"SHA\" { default = \"dev\" }",
            "L ? \"x.io/a:v-${SHA}\" : \"x.io/a:v${SHA}\"",
            "SHA",
        ),
    ];
    for (variables, tags, name) in refused {
        let text = format!("{variables}\ntarget \"a\" {{ tags = [{tags}] }}\n");
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
        let manifest = found.unwrap_or_else(|| panic!("{text}\n{notes}")).manifest;
        let row = format!("variable \"{name}\" default=\"dev\" pattern=\".+\"");
        let others = row.replace("SHA", "A").replace("dev", "a");
        assert!(
            manifest.contains(&row) || manifest.contains(&others),
            "{manifest}"
        );
        assert!(notes.contains("with an empty variable"), "{notes}");
    }
    // What bake refuses needs no such word, and neither does what is the same in both.
    for tags in [
        "\"x.io/a:${SHA}\"",
        "\"x.io/a:1\", \"x.io/a:${SHA}-x\"",
        "\"x.io/a:v${SHA}\"",
    ] {
        let text = format!(
            "variable \"SHA\" {{ default = \"dev\" }}\ntarget \"a\" {{ tags = [{tags}] }}\n"
        );
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
        let manifest = found.unwrap_or_else(|| panic!("{text}\n{notes}")).manifest;
        assert!(!manifest.contains("pattern"), "{manifest}");
    }
    // In a manifest, the empty text is null.
    let text = "variable \"N\" { default = null }\ntarget \"a\" {\n  tags = [\"x.io/a:1\"]\n  args = { N = N }\n}\n";
    let (_, notes) = run(Format::Bake, "docker-bake.hcl", text);
    assert!(notes.contains("takes the place of null in `N`"), "{notes}");
}

#[test]
fn tags_follow_the_values_that_switch_them() {
    Case {
        variables: "variable \"LATEST\" { default = false }",
        target: "tags = concat([\"x.io/a:1\"], LATEST ? [\"x.io/a:latest\"] : [])",
        whens: &["when var:LATEST=\"true\" { tag \"latest\"; }"],
        runs: &[
            (&[], &["x.io/a:1"]),
            (&[("LATEST", "true")], &["x.io/a:1", "x.io/a:latest"]),
        ],
    }
    .check();
    Case {
        variables: "variable \"V\" { default = \"\" }",
        target: "tags = [\"x.io/a:1\", V != \"\" ? \"x.io/a:${V}\" : \"\"]",
        whens: &["when var:V=\"!\" { tag \"{var:V}\"; }"],
        runs: &[
            (&[], &["x.io/a:1"]),
            (&[("V", "2.0")], &["x.io/a:1", "x.io/a:2.0"]),
        ],
    }
    .check();
    // Two tags that are the same today are two with another value.
    Case {
        variables: "variable \"RELEASE\" { default = \"\" }\nvariable \"V\" { default = \"latest\" }",
        target: "tags = RELEASE == \"1\" ? [\"x.io/a:latest\", \"x.io/a:${V}\"] : [\"x.io/a:dev\"]",
        whens: &[
            "when var:RELEASE=\"!1\" { tag \"dev\"; }",
            "when var:RELEASE=\"1\" { tag \"latest\"; tag \"{var:V}\"; }",
        ],
        runs: &[
            (&[], &["x.io/a:dev"]),
            (&[("RELEASE", "1")], &["x.io/a:latest"]),
            (
                &[("RELEASE", "1"), ("V", "2")],
                &["x.io/a:2", "x.io/a:latest"],
            ),
        ],
    }
    .check();
    Case {
        variables: "variable \"RELEASE\" { default = \"\" }\nvariable \"V\" { default = \"latest\" }",
        target: "tags = concat([\"x.io/a:latest\"], RELEASE == \"1\" ? [\"x.io/a:${V}\"] : [])",
        whens: &["when var:RELEASE=\"1\" { tag \"{var:V}\"; }"],
        runs: &[
            (&[], &["x.io/a:latest"]),
            (
                &[("RELEASE", "1"), ("V", "2")],
                &["x.io/a:2", "x.io/a:latest"],
            ),
        ],
    }
    .check();
    // The default is one of the values that the file names.
    Case {
        variables: "variable \"ENV\" { default = \"dev\" }",
        target: "tags = [\"x.io/a:1\", ENV == \"dev\" ? \"x.io/a:edge\" : \"x.io/a:${ENV}\"]",
        whens: &[
            "when var:ENV=\"dev\" { tag \"edge\"; }",
            "when var:ENV=\"!dev\" { tag \"{var:ENV}\"; }",
        ],
        runs: &[
            (&[], &["x.io/a:1", "x.io/a:edge"]),
            (&[("ENV", "prod")], &["x.io/a:1", "x.io/a:prod"]),
        ],
    }
    .check();
    Case {
        variables: "variable \"V\" { default = null }",
        target: "tags = concat([\"x.io/a:1\"], V == null ? [] : [\"x.io/a:${split(\".\", V)[0]}\"])",
        whens: &["when var:V=\"!\" { tag \"{var:V:before .}\"; }"],
        runs: &[(&[], &["x.io/a:1"]), (&[("V", "2.3.4")], &["x.io/a:1", "x.io/a:2"])],
    }
    .check();
}

#[test]
fn two_variables_switch_a_tag_together() {
    Case {
        variables: "variable \"A\" { default = \"0\" }\nvariable \"B\" { default = \"0\" }",
        target: "tags = [\"x.io/a:1\", A == \"1\" && B == \"1\" ? \"x.io/a:both\" : \"\"]",
        whens: &["when var:A=\"1\" var:B=\"1\" { tag \"both\"; }"],
        runs: &[
            (&[("A", "1")], &["x.io/a:1"]),
            (&[("B", "1")], &["x.io/a:1"]),
            (&[("A", "1"), ("B", "1")], &["x.io/a:1", "x.io/a:both"]),
        ],
    }
    .check();
}

/// A variable that decides something only with a value of another one.
#[test]
fn nested_conditions_have_both_variables() {
    Case {
        variables: "variable \"A\" { default = \"n\" }\nvariable \"B\" { default = \"n\" }",
        target: "tags = [A == \"y\" ? (B == \"y\" ? \"x.io/a:ab\" : \"x.io/a:a\") : (B == \"y\" ? \"x.io/a:b\" : \"x.io/a:none\")]\n  args = { X = A == \"y\" && B == \"y\" ? \"2\" : (A == \"y\" || B == \"y\" ? \"1\" : \"0\") }",
        whens: &[
            "when var:A=\"!y\" var:B=\"!y\" { tag \"none\"; }",
            "when var:A=\"!y\" var:B=\"y\" { tag \"b\"; arg X=\"1\"; }",
            "when var:A=\"y\" var:B=\"!y\" { tag \"a\"; arg X=\"1\"; }",
            "when var:A=\"y\" var:B=\"y\" { tag \"ab\"; arg X=\"2\"; }",
        ],
        runs: &[
            (&[], &["x.io/a:none X=0"]),
            (&[("A", "y")], &["x.io/a:a X=1"]),
            (&[("B", "y")], &["x.io/a:b X=1"]),
            (&[("A", "y"), ("B", "y")], &["x.io/a:ab X=2"]),
        ],
    }
    .check();
    Case {
        variables: "variable \"TAG\" { default = \"\" }\nvariable \"BRANCH\" { default = \"dev\" }",
        target: "tags = [\"x.io/a:1\"]\n  args = { CHANNEL = TAG == \"\" ? (BRANCH == \"main\" ? \"edge\" : \"dev\") : \"stable\" }",
        whens: &[
            "when var:TAG=\"!\" { arg CHANNEL=\"stable\"; }",
            "when var:BRANCH=\"main\" var:TAG=\"\" { arg CHANNEL=\"edge\"; }",
        ],
        runs: &[
            (&[], &["x.io/a:1 CHANNEL=dev"]),
            (&[("BRANCH", "main")], &["x.io/a:1 CHANNEL=edge"]),
            (&[("BRANCH", "main"), ("TAG", "2")], &["x.io/a:1 CHANNEL=stable"]),
        ],
    }
    .check();
}

/// No condition can take an argument away: it is in the conditions of the values with which there is one.
#[test]
fn an_argument_may_be_there_today_only() {
    Case {
        variables: "variable \"V\" { default = \"1.2.0\" }\nvariable \"ENV\" { default = \"dev\" }",
        target: "tags = ENV == \"prod\" ? [\"x.io/a:${V}\", \"x.io/a:latest\"] : [\"x.io/a:${V}-${ENV}\"]\n  args = ENV == \"prod\" ? { OPT = \"3\" } : { OPT = \"0\", DEBUG = \"1\" }",
        whens: &[
            "when var:ENV=\"!prod\" { tag \"{var:V}-{var:ENV}\"; arg DEBUG=\"1\"; }",
            "when var:ENV=\"prod\" { tag \"{var:V}\"; tag \"latest\"; arg OPT=\"3\"; }",
        ],
        runs: &[
            (&[], &["x.io/a:1.2.0-dev OPT=0 DEBUG=1"]),
            (&[("ENV", "qa")], &["x.io/a:1.2.0-qa OPT=0 DEBUG=1"]),
            (
                &[("ENV", "prod"), ("V", "2.0.1")],
                &["x.io/a:2.0.1 OPT=3", "x.io/a:latest OPT=3"],
            ),
        ],
    }
    .check();
}

#[test]
fn settings_follow_the_values_that_switch_them() {
    Case {
        variables: "variable \"V\" { default = \"13\" }",
        target: "tags = [\"x.io/a:${V}\"]\n  args = { PY = V == \"12\" ? \"3.7\" : \"3.9\" }",
        whens: &["when var:V=\"12\" { arg PY=\"3.7\"; }"],
        runs: &[
            (&[("V", "14")], &["x.io/a:14 PY=3.9"]),
            (&[("V", "12")], &["x.io/a:12 PY=3.7"]),
        ],
    }
    .check();
    Case {
        variables: "variable \"MULTI\" { default = \"false\" }",
        target: "tags = [\"x.io/a:1\"]\n  platforms = MULTI == \"true\" ? [\"linux/amd64\", \"linux/arm64\"] : [\"linux/amd64\"]",
        whens: &["when var:MULTI=\"true\" { platforms \"linux/amd64\" \"linux/arm64\"; }"],
        runs: &[(&[], &["x.io/a:1"]), (&[("MULTI", "true")], &["x.io/a:1 linux/arm64"])],
    }
    .check();
    Case {
        variables: "variable \"DB\" { default = null }",
        target: "tags = [\"x.io/a:1\"]\n  args = { DB = DB }",
        whens: &["when var:DB=\"!\" { arg DB=\"{var:DB}\"; }"],
        runs: &[(&[], &["x.io/a:1"]), (&[("DB", "pg")], &["x.io/a:1 DB=pg"])],
    }
    .check();
}

#[test]
fn values_of_a_matrix_that_a_variable_picks() {
    Case {
        variables: "variable \"CUR\" { default = \"8.4\" }",
        target: "name = \"a-${replace(php, \".\", \"-\")}\"\n  matrix = { php = [\"8.3\", \"8.4\"] }\n  tags = [\"x.io/a:${php}\", php == CUR ? \"x.io/a:latest\" : \"\"]",
        whens: &[
            "when var:CUR=\"8.4\" php=\"8.4\" { tag \"latest\"; }",
            "when var:CUR=\"8.3\" php=\"8.3\" { tag \"latest\"; }",
        ],
        runs: &[
            (&[], &["x.io/a:8.3", "x.io/a:8.4", "x.io/a:latest"]),
            (&[("CUR", "7")], &["x.io/a:8.3", "x.io/a:8.4"]),
        ],
    }
    .check();
}

/// A number is a number with any value: `default = 16` takes no texts.
#[test]
fn a_number_is_followed() {
    Case {
        variables: "variable \"JOBS\" { default = 16 }\nvariable \"NV\" { default = 8 }",
        target: "tags = [\"x.io/a:1\", \"x.io/a:nv${NV}\"]\n  args = { JOBS = JOBS }",
        whens: &[],
        runs: &[
            (&[], &["x.io/a:1 JOBS=16", "x.io/a:nv8 JOBS=16"]),
            (
                &[("JOBS", "4"), ("NV", "12")],
                &["x.io/a:1 JOBS=4", "x.io/a:nv12 JOBS=4"],
            ),
        ],
    }
    .check();
}

/// Where a text of an image can only be that of today, another value would publish a new image under an old tag.
#[test]
fn a_variable_that_is_half_followed_keeps_its_value() {
    let check = |setting: &str, is_refused: bool| {
        let text =
            format!("variable \"V\" {{ default = \"a1\" }}\ntarget \"a\" {{\n  {setting}\n}}\n");
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
        let manifest = found.unwrap_or_else(|| panic!("{text}\n{notes}")).manifest;
        assert!(published(&manifest, &[]).is_some(), "{manifest}");
        let made = published(&manifest, &[("V", "b2")]);
        assert_eq!(made.is_none(), is_refused, "{text}\n{manifest}\n{notes}");
        let said = notes.contains("it allows only those with which both are the same");
        assert_eq!(said, is_refused, "{text}\n{notes}");
    };
    check("tags = [\"x.io/a:${V}\", \"x.io/a:old-${title(V)}\"]", true);
    check("tags = [\"x.io/a:${title(V)}\"]\n  args = { V = V }", true);
    check("tags = [\"x.io/a:${V}\"]\n  args = { V = title(V) }", true);
    check("tags = [\"x.io/a:${V}\"]\n  args = { V = V }", false);
    check(
        "tags = [\"x.io/a:${V}\"]\n  args = { V = replace(V, \"_\", \"+\") }",
        false,
    );
}

/// What a condition adds may be computed from another variable: that shows only where both have other values.
#[test]
fn a_condition_has_no_text_that_another_variable_changes() {
    let check = |tag: &str, wanted: &[&str]| {
        let text = format!(
            "variable \"V\" {{ default = \"0.0.0-dev\" }}\nvariable \"R\" {{ default = \"\" }}\ntarget \"a\" {{\n  tags = [\"x.io/a:${{V}}\", R == \"true\" ? \"x.io/a:{tag}\" : \"x.io/a:edge\"]\n}}\n"
        );
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
        let manifest = found.unwrap_or_else(|| panic!("{text}\n{notes}")).manifest;
        let made = published(&manifest, &[("V", "3.2.1"), ("R", "true")]);
        let all = wanted.iter().map(|one| (*one).to_owned()).collect();
        assert_eq!(made, Some(all), "{text}\n{manifest}\n{notes}");
        let is_said = notes.contains("values that the file computes from `R`");
        assert_eq!(is_said, wanted.len() == 1, "{text}\n{notes}");
    };
    check("${substr(V, 2, 3)}", &["x.io/a:3.2.1"]);
    check("${split(\".\", V)[0]}", &["x.io/a:3", "x.io/a:3.2.1"]);
    check("v${V}", &["x.io/a:3.2.1", "x.io/a:v3.2.1"]);
    check("latest", &["x.io/a:3.2.1", "x.io/a:latest"]);
}

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

/// What stays as it is today under a condition of the file is refused with the values that change it.
#[test]
fn a_value_that_would_move_a_tag_of_today_is_refused() {
    let text = "variable \"V\" { default = \"1.4.2\" }\nvariable \"CHANNEL\" { default = length(regexall(\"-rc\", V)) > 0 ? \"beta\" : \"stable\" }\ntarget \"a\" { tags = [\"x.io/a:${V}\", \"x.io/a:${CHANNEL}\"] }\n";
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    let refused = published(&manifest, &[("V", "1.5.0-rc1")]);
    assert_eq!(refused, None, "{manifest}");
    let release = published(&manifest, &[("V", "1.5.0")]);
    assert!(release.is_some(), "{manifest}");
    assert!(manifest.contains("-rc1`"), "{manifest}");
}

/// A boolean has two values, and a text that looks like one has others.
#[test]
fn booleans_are_of_their_kind() {
    Case {
        variables: "variable \"X\" { default = true }\nvariable \"Y\" {\n  type = bool\n  default = false\n}",
        target: "tags = [X ? \"x.io/a:x\" : \"x.io/a:no-x\", !Y ? \"x.io/a:no-y\" : \"\", Y == true ? \"x.io/a:y\" : \"\"]\n  args = { Y = Y }",
        whens: &[
            "when var:X=\"true\" { tag \"x\"; }",
            "when var:Y=\"false\" { tag \"no-y\"; }",
            "when var:X=\"false\" { tag \"no-x\"; }",
            "when var:Y=\"true\" { tag \"y\"; }",
        ],
        runs: &[
            (&[], &["x.io/a:no-y Y=false", "x.io/a:x Y=false"]),
            (
                &[("X", "false"), ("Y", "true")],
                &["x.io/a:no-x Y=true", "x.io/a:y Y=true"],
            ),
        ],
    }
    .check();
    Case {
        variables: "variable \"X\" { default = \"true\" }",
        target: "tags = [X == \"true\" ? \"x.io/a:x\" : \"x.io/a:${X}\"]",
        whens: &[
            "when var:X=\"true\" { tag \"x\"; }",
            "when var:X=\"!true\" { tag \"{var:X}\"; }",
        ],
        runs: &[(&[], &["x.io/a:x"]), (&[("X", "maybe")], &["x.io/a:maybe"])],
    }
    .check();
    let text = "variable \"X\" { default = true }\ntarget \"a\" { tags = [X ? \"x.io/a:x\" : \"x.io/a:y\"] }\n";
    let (found, _) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.expect("an import").manifest;
    let line = "variable \"X\" kind=\"bool\" default=#true\n";
    assert!(manifest.contains(line), "{manifest}");
    assert_eq!(published(&manifest, &[("X", "maybe")]), None, "{manifest}");
}

/// Where the conditions of a variable are taken back, the arguments of today stay.
#[test]
fn arguments_stay_without_their_conditions() {
    let text = "variable \"A\" { default = \"n\" }\nvariable \"C\" { default = false }\nvariable \"V\" { default = \"1.2.3\" }\ntarget \"a\" {\n  tags = [\"x.io/a:base\", ((contains([\"y\", \"z\"], A) ? V == \"1.2.3\" : !(V == \"1.2.3\")) ? \"x.io/a:0-v${split(\".\", V)[0]}\" : (C ? \"x.io/a:0-v${split(\".\", V)[0]}\" : \"x.io/a:0-y\")), (!C ? \"x.io/a:1-${V}\" : ((contains([\"y\", \"z\"], A)) && (C) ? \"x.io/a:1-${C}\" : \"x.io/a:1-x\"))]\n  args = contains([\"y\", \"z\"], A) ? { X = \"${join(\".\", slice(split(\".\", V), 0, 2))}\" } : { X = ((A != \"n\") && (V == \"2.0.4\") ? ((A != \"n\" ? !C : !(!C)) ? \"${V}\" : \"${join(\".\", slice(split(\".\", V), 0, 2))}\") : (!C ? \"${V}\" : \"y\")), Z = \"1\" }\n}\n";
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    let made = published(&manifest, &[]).unwrap_or_default();
    let first = made.iter().next().map(String::as_str);
    assert_eq!(first, Some("x.io/a:0-y X=1.2.3 Z=1"), "{manifest}");
}

/// A file, and a run that its manifest must refuse, with the variable's line.
#[test]
fn values_that_a_manifest_cannot_follow_are_refused() {
    let cases = [
        // The file compares two variables with each other, and both of them with a text.
        (
            "variable \"V\" { default = \"1.27.1\" }\nvariable \"NEWEST\" { default = \"1.27.1\" }\ntarget \"a\" {\n  tags = [\"x.io/a:${V}\", V == NEWEST ? \"x.io/a:latest\" : \"\", V == \"1.26\" ? \"x.io/a:old\" : \"\", NEWEST == \"1.26\" ? \"x.io/a:last\" : \"\"]\n}\n",
            "variable \"NEWEST\" default=\"1.27.1\" one-of=\"1.27.1\"",
            &[("V", "1.28.0"), ("NEWEST", "1.28.0")][..],
        ),
        // Numbers are compared by size.
        (
            "variable \"N\" { default = 3 }\ntarget \"a\" {\n  tags = [N >= 3 ? \"x.io/a:new\" : \"x.io/a:old\"]\n  args = { N = N }\n}\n",
            "variable \"N\" kind=\"number\" default=3 one-of=\"3\"",
            &[("N", "2")],
        ),
        // A size that matters with one value of another variable: that value is refused.
        (
            "variable \"N\" { default = 3 }\nvariable \"W\" { default = \"dev\" }\ntarget \"a\" {\n  tags = [\"x.io/a:${W}\"]\n  args = { N = N, X = W == \"main\" && N >= 3 ? \"x\" : \"y\" }\n}\n",
            "variable \"W\" default=\"dev\" one-of=\"dev\"",
            &[("N", "2"), ("W", "main")],
        ),
        // A Dockerfile inside the file is computed.
        (
            "variable \"OS\" { default = \"alpine\" }\ntarget \"a\" {\n  tags = [\"x.io/a:${OS}\"]\n  dockerfile-inline = \"FROM ${OS}\\nRUN ${OS == \"alpine\" ? \"apk add curl\" : \"apt-get install curl\"}\\n\"\n}\n",
            "variable \"OS\" default=\"alpine\" one-of=\"alpine\"",
            &[("OS", "debian")],
        ),
        // Docker does not insert variables here.
        (
            "variable \"V\" { default = \"1\" }\ntarget \"a\" {\n  tags = [\"x.io/a:${V}\"]\n  dockerfile-inline = \"FROM x\\nCOPY --from=y:${V} /y /y\\n\"\n}\n",
            "variable \"V\" default=\"1\" one-of=\"1\"",
            &[("V", "2")],
        ),
        // A map has keys for some values.
        (
            "variable \"E\" { default = \"dev\" }\nhosts = { dev = \"dev.x.io\", test = \"test.x.io\", prod = \"x.io\" }\ntarget \"a\" {\n  tags = [\"${hosts[E]}/a:${E}\"]\n}\n",
            "variable \"E\" default=\"dev\" one-of=\"dev\"",
            &[("E", "prod")],
        ),
        // The file itself allows the other value.
        (
            "variable \"E\" {\n  default = \"dev\"\n  validation {\n    condition = contains([\"dev\", \"prod\"], E)\n    error_message = \"bad\"\n  }\n}\nhosts = { dev = \"dev.x.io\", prod = \"x.io\" }\ntarget \"a\" {\n  tags = [\"${hosts[E]}/a:${E}\"]\n}\n",
            "variable \"E\" default=\"dev\" one-of=\"dev\"",
            &[("E", "prod")],
        ),
        // More texts than conditions are tried for.
        (
            "variable \"X\" { default = \"debian\" }\ntarget \"a\" {\n  tags = [\"x.io/a:${X}\"]\n  args = { P = contains([\"alpine\", \"wolfi\"], X) ? \"apk\" : contains([\"ubi\", \"rocky\", \"fedora\", \"alma\", \"centos\", \"oracle\", \"amazon\"], X) ? \"dnf\" : \"apt\" }\n}\n",
            "variable \"X\" default=\"debian\" one-of=\"debian\"",
            &[("X", "amazon")],
        ),
        // An empty list of platforms.
        (
            "variable \"P\" { default = \"\" }\ntarget \"a\" {\n  tags = [\"x.io/a:1\"]\n  platforms = P == \"\" ? null : split(\",\", P)\n  args = { P = P }\n}\n",
            "variable \"P\" default=\"\" one-of=\"\"",
            &[("P", "linux/arm64")],
        ),
    ];
    for (text, line, set) in cases {
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
        let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
        assert!(manifest.contains(line), "{manifest}\n{notes}");
        assert!(published(&manifest, &[]).is_some(), "{manifest}\n{notes}");
        assert_eq!(published(&manifest, set), None, "{manifest}\n{notes}");
        let is_named = notes.contains("it allows only those with which both are the same");
        assert!(is_named, "{notes}");
    }
}

/// What a manifest does not follow, and does not refuse, is in a warning.
#[test]
fn what_other_values_change_is_named() {
    let cases = [
        (
            "variable \"V\" { default = \"1.27.1\" }\nvariable \"BEFORE\" { default = \"1.26.0\" }\ntarget \"a\" {\n  tags = [\"x.io/a:${V}\"]\n  args = { UP = V == BEFORE ? \"no\" : \"yes\", T = V != \"1.27.1\" ? \"a\" : \"b\", B = BEFORE == \"1.25\" ? \"x\" : \"y\" }\n}\n",
            "values that the file computes from `BEFORE` are those of its default",
        ),
        (
            "variable \"E\" { default = \"ce\" }\ntarget \"a\" {\n  name = \"a-${item.os}\"\n  matrix = { item = [{ os = \"one\", latest = false }, { os = \"two\", latest = true }] }\n  tags = compact([\"x.io/a:1-${item.os}\", item.latest ? \"x.io/a:1\" : \"\", item.latest && E == \"ce\" ? \"x.io/a:latest\" : \"\", E == \"ee\" ? \"x.io/a-ee:1-${item.os}\" : \"\"])\n}\n",
            "with other values of `E`, the file also publishes `x.io/a-ee:1-two`",
        ),
    ];
    for (text, warning) in cases {
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
        let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
        assert!(notes.contains(warning), "{manifest}\n{notes}");
    }
}

/// A variable that is null leaves what a target inherits.
#[test]
fn what_null_leaves_to_a_parent_follows_the_variable() {
    let check = |parent: &str, own: &str, runs: &[Run<'_>]| {
        let text = format!(
            "variable \"V\" {{ default = null }}\ntarget \"base\" {{ {parent} }}\ntarget \"a\" {{\n  inherits = [\"base\"]\n  {own}\n  tags = [\"x.io/a:1\"]\n}}\n"
        );
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
        let manifest = found.unwrap_or_else(|| panic!("{text}\n{notes}")).manifest;
        for (set, wanted) in runs {
            let wanted: BTreeSet<String> = wanted.iter().map(|one| (*one).to_owned()).collect();
            assert_eq!(
                published(&manifest, set),
                Some(wanted),
                "{manifest}\n{notes}"
            );
        }
        assert!(!notes.contains("no imported text contains"), "{notes}");
    };
    check(
        "args = { N = \"1\" }",
        "args = { F = V }",
        &[
            (&[], &["x.io/a:1 N=1"]),
            (&[("V", "debian:13")], &["x.io/a:1 N=1 F=debian:13"]),
        ],
    );
    check(
        "args = { F = \"debian:12\" }",
        "args = { F = V }",
        &[
            (&[], &["x.io/a:1 F=debian:12"]),
            (&[("V", "debian:13")], &["x.io/a:1 F=debian:13"]),
        ],
    );
    let text = "variable \"V\" { default = null }\ntarget \"base\" { context = \"base\" }\ntarget \"a\" {\n  inherits = [\"base\"]\n  context = V\n  tags = [\"x.io/a:1\"]\n}\n";
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    let wanted = "when var:V=\"!\" { dockerfile \"{var:V}/Dockerfile\"; }";
    assert!(manifest.contains(wanted), "{manifest}");
}

/// A name that is none while its registry is empty.
#[test]
fn a_tag_without_its_registry_is_kept() {
    let text = r#"
variable "REG" {}
variable "SHA" {}
target "a" {
  tags = [
    REG != "" ? "${REG}/app:1" : "app:1",
    SHA != "" ? "${REG}/app:${SHA}" : "",
  ]
}
"#;
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    let set = [("REG", "x.io"), ("SHA", "f00")];
    let wanted = ["x.io/app:1", "x.io/app:f00"].map(str::to_owned);
    assert_eq!(
        published(&manifest, &set),
        Some(wanted.into()),
        "{manifest}"
    );
    let wanted = [String::from("app:1")];
    assert_eq!(published(&manifest, &[]), Some(wanted.into()), "{manifest}");
}

/// Without tags, an image has made-up ones for as long as the file is evaluated: no message names them.
#[test]
fn images_that_a_switch_leaves_without_tags() {
    let text = r#"
variable "BY_DIGEST" { default = "" }
target "app" {
  name = "app-${replace(v, ".", "-")}"
  matrix = { v = ["8.3", "8.4"] }
  tags = BY_DIGEST != "" ? [] : ["acme/app:${v}"]
}
target "other" { tags = BY_DIGEST != "" ? [] : ["acme/other:1"] }
"#;
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.expect("an import").manifest;
    let shown = format!("{manifest}{notes}");
    assert!(!shown.contains("to-fill-in"), "{shown}");
    let all = |set: &[(&str, &str)]| published(&manifest, set).expect("a fleet");
    assert_eq!(all(&[]).len(), 3, "{manifest}");
    assert!(all(&[("BY_DIGEST", "1")]).is_empty(), "{manifest}");
}
