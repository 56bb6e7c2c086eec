//! Where a file publishes and for which platforms, as far as variables decide it: with each value, the manifest says the
//! same.

use super::run;
use super::switches::{Case, published};
use kiln::import::Format;

#[test]
fn a_repository_follows_the_value_that_decides_it() {
    Case {
        variables: "variable \"env\" { default = \"testing\" }\nvariable \"REG\" { default = \"x.io\" }\nname = env == \"testing\" ? \"${REG}/a-testing\" : \"${REG}/a\"",
        target: "tags = [\"${name}:1\", \"${name}:1.5\"]",
        whens: &["when var:env=\"!testing\" { publish \"{var:REG}/a\"; }"],
        runs: &[
            (&[], &["x.io/a-testing:1", "x.io/a-testing:1.5"]),
            (&[("env", "production")], &["x.io/a:1", "x.io/a:1.5"]),
            (
                &[("env", "production"), ("REG", "y.io")],
                &["y.io/a:1", "y.io/a:1.5"],
            ),
        ],
    }
    .check();
    // Both the tags and the repositories differ.
    Case {
        variables: "variable \"TO\" { default = \"local\" }\nvariable \"GCP\" {}\nvariable \"AWS\" {}",
        target: "tags = TO == \"all\" ? [\"${GCP}/a:1\", \"${AWS}.io/a:1\"] : TO == \"gcp\" ? [\"${GCP}/a:1\"] : [\"x.io/a:local\"]",
        whens: &[
            "when var:TO=\"all\" var:GCP=\"\" var:AWS=\"!\" { publish \"{var:AWS}.io/a\"; tag \"1\"; }",
            "when var:TO=\"all\" \"gcp\" var:GCP=\"!\" var:AWS=\"\" { publish \"{var:GCP}/a\"; }",
            "when var:TO=\"gcp\" var:GCP=\"!\" var:AWS=\"!\" { publish \"{var:GCP}/a\"; }",
            "when var:TO=\"all\" var:GCP=\"!\" var:AWS=\"!\" { publish \"{var:GCP}/a\" \"{var:AWS}.io/a\"; }",
            "when var:TO=\"!all\" \"!gcp\" { tag \"local\"; }",
            "when var:TO=\"all\" \"gcp\" var:GCP=\"!\" { tag \"1\"; }",
        ],
        runs: &[
            (&[], &["x.io/a:local"]),
            (&[("TO", "other")], &["x.io/a:local"]),
            (&[("TO", "gcp"), ("GCP", "g.io/p")], &["g.io/p/a:1"]),
            (
                &[("TO", "all"), ("GCP", "g.io"), ("AWS", "w")],
                &["g.io/a:1", "w.io/a:1"],
            ),
        ],
    }
    .check();
}

#[test]
fn an_image_with_axes_follows_too() {
    let text = r#"
variable "env" { default = "testing" }
target "a" {
  name = "a-${v}"
  matrix = { v = ["1.5.2", "2.0.1", "3.1.0"] }
  args = { V = v }
  tags = [env == "testing" ? "x.io/test/a:${v}" : "x.io/a:${v}"]
}
"#;
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    assert!(manifest.contains("axis "), "{manifest}");
    let one = |path: &str, v: &str| format!("x.io/{path}a:{v} V={v}");
    for (value, path) in [("testing", "test/"), ("production", "")] {
        let wanted = ["1.5.2", "2.0.1", "3.1.0"].map(|v| one(path, v));
        assert_eq!(
            published(&manifest, &[("env", value)]),
            Some(wanted.into()),
            "{manifest}"
        );
    }
}

#[test]
fn what_is_built_from_it_follows_too() {
    let text = r#"
variable "env" { default = "testing" }
target "base" {
  context = "base"
  tags = [env == "testing" ? "x.io/test/base:1" : "x.io/base:1"]
}
target "app" {
  context = "app"
  contexts = { base = "target:base" }
  tags = ["x.io/app:1"]
}
"#;
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    for line in [
        "contexts \"base\" \"x.io/test/base:1\"",
        "when var:env=\"!testing\" { contexts \"base\" \"x.io/base:1\"; }",
    ] {
        assert!(manifest.contains(line), "{line}\n{manifest}");
    }
}

#[test]
fn a_variable_may_be_a_whole_reference() {
    Case {
        variables: "variable \"IMAGE\" { default = \"local/app:dev\" }",
        target: "tags = [IMAGE]\n  args = { IMAGE = IMAGE }",
        whens: &[],
        runs: &[
            (&[], &["local/app:dev IMAGE=local/app:dev"]),
            (
                &[("IMAGE", "localhost:5000/me/app:1.5")],
                &["localhost:5000/me/app:1.5 IMAGE=localhost:5000/me/app:1.5"],
            ),
            (
                &[("IMAGE", "ghcr.io/me/app")],
                &["ghcr.io/me/app:latest IMAGE=ghcr.io/me/app"],
            ),
        ],
    }
    .check();
    Case {
        variables: "variable \"IMAGE\" { default = \"app\" }",
        target: "tags = [\"${IMAGE}\"]",
        whens: &[],
        runs: &[
            (&[], &["app:latest"]),
            (&[("IMAGE", "x.io/app:5")], &["x.io/app:5"]),
        ],
    }
    .check();
    Case {
        variables: "variable \"REG\" { default = \"x.io\" }\nvariable \"IMAGE\" { default = \"app:1\" }",
        target: "tags = [\"${REG}/${IMAGE}\"]",
        whens: &[],
        runs: &[(&[("REG", "y.io"), ("IMAGE", "b:2")], &["y.io/b:2"])],
    }
    .check();
    // With a value that has no tag, the end of the name would be that of the repository.
    let text =
        "variable \"IMAGE\" { default = \"app:1\" }\ntarget \"a\" { tags = [\"${IMAGE}-slim\"] }\n";
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    assert_eq!(published(&manifest, &[("IMAGE", "b")]), None, "{manifest}");
    // Without a value, the manifest asks for it.
    let text = "variable \"IMAGE\" { default = \"\" }\ntarget \"a\" { tags = [IMAGE] }\n";
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    assert_eq!(published(&manifest, &[]), None, "{manifest}");
    let wanted = Some([String::from("x.io/b:2")].into());
    assert_eq!(published(&manifest, &[("IMAGE", "x.io/b:2")]), wanted);
}

#[test]
fn platforms_follow_variables() {
    Case {
        variables: "variable \"ARCH\" { default = \"arm64\" }",
        target: "platforms = [\"linux/${ARCH}\"]\n  tags = [\"x.io/a:${ARCH}\"]",
        whens: &[],
        runs: &[
            (&[], &["x.io/a:arm64 linux/arm64"]),
            (&[("ARCH", "s390x")], &["x.io/a:s390x linux/s390x"]),
        ],
    }
    .check();
    let texts = ["linux/arm64", "linux/arm64,linux/s390x"];
    // buildx divides each item at commas.
    let lists = ["split(\",\", P)", "[P]"];
    for (default, list) in texts
        .into_iter()
        .flat_map(|text| lists.map(|list| (text, list)))
    {
        let both = default.replace(',', " ");
        Case {
            variables: &format!("variable \"P\" {{ default = \"{default}\" }}"),
            target: &format!("platforms = {list}\n  tags = [\"x.io/a:1\"]"),
            whens: &[],
            runs: &[
                (&[], &[&format!("x.io/a:1 {both}")]),
                (
                    &[("P", "linux/riscv64,linux/arm64,linux/amd64")],
                    &["x.io/a:1 linux/riscv64 linux/arm64"],
                ),
                (&[("P", "linux/s390x")], &["x.io/a:1 linux/s390x"]),
            ],
        }
        .check();
    }
    Case {
        variables: "",
        target: "platforms = [\"linux/arm64, linux/s390x\", \"linux/386\"]\n  tags = [\"x.io/a:1\"]",
        whens: &[],
        runs: &[(&[], &["x.io/a:1 linux/arm64 linux/s390x linux/386"])],
    }
    .check();
    // A target without platforms has those of what is built from it.
    let text = r#"
variable "P" { default = "linux/amd64" }
target "base" { tags = ["x.io/base:1"] }
target "app" {
  context = "app"
  platforms = split(",", P)
  contexts = { base = "target:base" }
  tags = ["x.io/app:1"]
}
"#;
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    let wanted = ["x.io/base:1 linux/arm64", "x.io/app:1 linux/arm64"].map(str::to_owned);
    assert_eq!(
        published(&manifest, &[("P", "linux/arm64")]),
        Some(wanted.into()),
        "{manifest}"
    );
    // What computes with the list has the platforms of today, and allows no others.
    let text = "variable \"P\" { default = \"linux/arm64\" }\ntarget \"a\" {\n  platforms = P == \"linux/arm64\" ? [\"linux/arm64\"] : concat([\"linux/386\"], split(\",\", P))\n  tags = [\"x.io/a:1\"]\n}\n";
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    let with = |value: &str| published(&manifest, &[("P", value)]);
    let wanted = [String::from("x.io/a:1 linux/386 linux/s390x")].into();
    let made = with("linux/s390x");
    assert!(made.is_none() || made == Some(wanted), "{manifest}");
}

#[test]
fn parts_of_a_value_are_those_of_any_value() {
    Case {
        variables: "variable \"V\" { default = \"2.3\" }",
        target: "tags = [\"x.io/a:${split(\".\", V)[0]}\"]",
        whens: &[],
        runs: &[
            (&[("V", "v2.3")], &["x.io/a:v2"]),
            (&[("V", "3.1-rc.1")], &["x.io/a:3"]),
            (&[("V", "main")], &["x.io/a:main"]),
        ],
    }
    .check();
    for default in [
        "abcdef0",
        "1234567",
        "0123456789abcdef0123456789abcdef01234567",
    ] {
        Case {
            variables: &format!("variable \"SHA\" {{ default = \"{default}\" }}"),
            target: "tags = [\"x.io/a:${substr(SHA, 0, 7)}\"]",
            whens: &[],
            runs: &[(
                &[("SHA", "f00dfeedf00dfeedf00dfeedf00dfeedf00dfeed")],
                &["x.io/a:f00dfee"],
            )],
        }
        .check();
    }
}
