//! Values that a manifest cannot follow: it refuses them, or a warning names them.

use super::run;
use super::switches::{Case, Run, published};
use kiln::import::Format;
use std::collections::BTreeSet;

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
        // More texts than conditions are tried for.
        (
            "variable \"X\" { default = \"debian\" }\ntarget \"a\" {\n  tags = [\"x.io/a:${X}\"]\n  args = { P = contains([\"alpine\", \"wolfi\"], X) ? \"apk\" : contains([\"ubi\", \"rocky\", \"fedora\", \"alma\", \"centos\", \"oracle\", \"amazon\"], X) ? \"dnf\" : \"apt\" }\n}\n",
            "variable \"X\" default=\"debian\" one-of=\"debian\"",
            &[("X", "amazon")],
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
