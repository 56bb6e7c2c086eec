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
    type Row<'r> = (&'r str, &'r str, &'r [(&'r str, &'r str)], &'r [&'r str]);
    let rows: [Row<'_>; 6] = [
        (
            "",
            "\"x.io/a:web-${SHA}\", \"x.io/a:web\"",
            &[("SHA", "")],
            &["x.io/a:web-", "x.io/a:web"],
        ),
        (
            "",
            "\"x.io/a:jre17-${SHA}9\"",
            &[("SHA", "")],
            &["x.io/a:jre17-9"],
        ),
        (
            "",
            "\"x.io/a:bin-${SHA}-linux\"",
            &[("SHA", "")],
            &["x.io/a:bin--linux"],
        ),
        (
            "variable \"A\" { default = \"a\" }\n",
            "\"x.io/a:v-${SHA}${A}\"",
            &[("SHA", "")],
            &["x.io/a:v-a"],
        ),
        (
            "variable \"A\" { default = \"a\" }\n",
            "\"x.io/a:v-${SHA}${A}\"",
            &[("SHA", ""), ("A", "")],
            &["x.io/a:v-"],
        ),
        (
            "variable \"L\" { default = false }\n",
            "L ? \"x.io/a:v-${SHA}\" : \"x.io/a:v${SHA}\"",
            &[("L", "true"), ("SHA", "")],
            &["x.io/a:v-"],
        ),
    ];
    for (variables, tags, set, wanted) in rows {
        let text = format!(
            "{variables}variable \"SHA\" {{ default = \"dev\" }}\ntarget \"a\" {{ tags = [{tags}] }}\n"
        );
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
        let manifest = found.unwrap_or_else(|| panic!("{text}\n{notes}")).manifest;
        let wanted = wanted.iter().map(|one| (*one).to_owned()).collect();
        let made = published(&manifest, set);
        assert_eq!(made, Some(wanted), "{manifest}\n{notes}");
        assert!(manifest.contains(":even-empty}"), "{manifest}");
        assert!(!notes.contains("with an empty variable"), "{notes}");
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
            "when var:ENV=\"!prod\" { tag \"{var:V}-{var:ENV:even-empty}\"; arg DEBUG=\"1\"; }",
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
        whens: &["when php=\"{var:CUR}\" { tag \"latest\"; }"],
        runs: &[
            (&[], &["x.io/a:8.3", "x.io/a:8.4", "x.io/a:latest"]),
            (
                &[("CUR", "8.3")],
                &["x.io/a:8.3", "x.io/a:8.4", "x.io/a:latest"],
            ),
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
