//! What bake files publish with other values of variables: the manifest publishes the same, or a note names what is lost.

use super::run;
use super::switches::published;
use kiln::import::Format;
use std::collections::BTreeSet;

/// Values of variables, and what the manifest publishes with them; nothing if it refuses them.
type Run<'r> = (&'r [(&'r str, &'r str)], Option<&'r [&'r str]>);

/// A file, lines of its manifest, what the notes say, and runs with other values.
struct Row<'r> {
    file: &'r str,
    lines: &'r [&'r str],
    said: &'r [&'r str],
    runs: &'r [Run<'r>],
}

impl Row<'_> {
    #[track_caller]
    fn check(&self) {
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", self.file);
        let manifest = found
            .unwrap_or_else(|| panic!("{}\n{notes}", self.file))
            .manifest;
        let has = |line: &&&str| manifest.lines().any(|one| one.trim() == **line);
        let missing: Vec<_> = self.lines.iter().filter(|line| !has(line)).collect();
        assert!(missing.is_empty(), "{missing:?}\n{manifest}\n{notes}");
        for said in self.said {
            assert!(notes.contains(said), "{said}\n{manifest}\n{notes}");
        }
        for (set, wanted) in self.runs {
            let wanted: Option<BTreeSet<String>> =
                wanted.map(|all| all.iter().map(|one| (*one).to_owned()).collect());
            assert_eq!(
                published(&manifest, set),
                wanted,
                "{set:?}\n{manifest}\n{notes}"
            );
        }
    }
}

/// Targets whose tags are the same only with the default of a variable are both images.
#[test]
fn tags_that_are_the_same_with_one_value() {
    let rows = [
        Row {
            file: "variable \"V\" { default = \"test\" }
                target \"app\" { tags = [\"x/app:${V}\", \"x/app:latest\"] }
                target \"app-test\" {\n target = \"test\"\n tags = [\"x/app:test\"]\n }\n",
            lines: &["when var:V=\"!test\" { tag \"{var:V}\"; }", "tag \"test\""],
            said: &[
                "where `V` is `test`, the targets `app-test` and `app` have the tag `docker.io/x/app:test`: then it belongs to `app-test` only",
            ],
            runs: &[
                (&[], Some(&["x/app:latest", "x/app:test"])),
                (
                    &[("V", "1.2")],
                    Some(&["x/app:1.2", "x/app:latest", "x/app:test"]),
                ),
            ],
        },
        Row {
            file: "variable \"TAG\" { default = \"latest\" }
                target \"app\" { tags = [\"x/app:${TAG}\"] }
                target \"dev\" {\n target = \"dev\"\n tags = [\"x/app:latest\", \"x/app:dev\"]\n }\n",
            lines: &["when var:TAG=\"!latest\" { tag \"latest\"; }"],
            said: &["then it belongs to `app` only"],
            runs: &[
                (&[], Some(&["x/app:dev", "x/app:latest"])),
                (
                    &[("TAG", "1.2")],
                    Some(&["x/app:1.2", "x/app:dev", "x/app:latest"]),
                ),
            ],
        },
        // The second one has no tag by default.
        Row {
            file: "variable \"REG\" { default = \"x\" }\nvariable \"TAG\" { default = \"latest\" }
                target \"hub\" { tags = [\"x/app:${TAG}\"] }
                target \"ghcr\" {\n inherits = [\"hub\"]\n tags = [\"${REG}/app:${TAG}\"]\n }\n",
            lines: &[
                "publish \"{var:REG}/app\"",
                "when var:REG=\"!x\" { tag \"{var:TAG}\"; }",
            ],
            said: &["where `REG` is `x`, the targets `hub` and `ghcr` have the tag"],
            runs: &[
                (&[], Some(&["x/app:latest"])),
                (
                    &[("REG", "ghcr.io/x"), ("TAG", "2")],
                    Some(&["ghcr.io/x/app:2", "x/app:2"]),
                ),
            ],
        },
        // Two variables tell them from each other.
        Row {
            file: "variable \"A\" { default = \"1\" }\nvariable \"B\" { default = \"2\" }
                target \"a\" { tags = [\"x/a:${A}-${B}\"] }
                target \"b\" { tags = [\"x/a:1-2\", \"x/a:b\"] }\n",
            lines: &[
                "when var:A=\"!1\" { tag \"1-2\"; }",
                "when var:A=\"1\" var:B=\"!2\" { tag \"1-2\"; }",
            ],
            said: &["where `A` is `1` and `B` is `2`, the targets `a` and `b`"],
            runs: &[
                (&[], Some(&["x/a:1-2", "x/a:b"])),
                (&[("A", "3")], Some(&["x/a:1-2", "x/a:3-2", "x/a:b"])),
                (&[("B", "3")], Some(&["x/a:1-2", "x/a:1-3", "x/a:b"])),
            ],
        },
        // A default that is another variable.
        Row {
            file: "variable \"V\" { default = \"1\" }\nvariable \"W\" { default = V }
                target \"a\" { tags = [\"x/a:${V}\", \"x/a:a\"] }
                target \"b\" { tags = [\"x/a:${W}\", \"x/a:b\"] }\n",
            lines: &["when var:W=\"!{var:V}\" { tag \"{var:W}\"; }"],
            said: &["where `W` is `1`, the targets `a` and `b`"],
            runs: &[
                (&[], Some(&["x/a:1", "x/a:a", "x/a:b"])),
                (&[("V", "2")], Some(&["x/a:2", "x/a:a", "x/a:b"])),
                (&[("W", "2")], Some(&["x/a:1", "x/a:2", "x/a:a", "x/a:b"])),
            ],
        },
        // Where a matrix has the tag, too, its axis stays.
        Row {
            file: "variable \"PY\" { default = \"3.12\" }
                target \"app\" {\n name = \"app-${replace(v, \".\", \"-\")}\"\n matrix = { v = [\"3.11\", \"3.12\"] }
                 tags = [\"x/app:${v}\"]\n }
                target \"newest\" {\n args = { N = 1 }\n tags = [\"x/app:${PY}\"]\n }\n",
            lines: &["tag \"{v}\"", "when var:PY=\"!3.12\" { tag \"{var:PY}\"; }"],
            said: &["then it belongs to `app-3-12` only"],
            runs: &[
                (&[], Some(&["x/app:3.11", "x/app:3.12"])),
                (
                    &[("PY", "3.13")],
                    Some(&["x/app:3.11", "x/app:3.12", "x/app:3.13 N=1"]),
                ),
            ],
        },
    ];
    rows.iter().for_each(Row::check);
}

/// One tag that a manifest cannot have is lost alone, and not the others of its condition.
#[test]
fn one_tag_of_a_condition_is_lost_alone() {
    let variables = "variable \"CI\" { default = \"false\" }\nvariable \"SHA\" { default = \"abc\" }\nvariable \"BRANCH\" { default = \"fix/x\" }\n";
    let target = |tag: &str| {
        format!(
            "{variables}target \"a\" {{\n tags = CI == \"true\" ? [\"x.io/a:${{SHA}}\", \"x.io/a:{tag}\"] : [\"y/a:${{SHA}}-local\"]\n}}\n"
        )
    };
    let edited = target("${regex_replace(BRANCH, \"[^a-zA-Z0-9]\", \"-\")}");
    let titled = target("b-${title(strrev(substr(BRANCH, 0, 3)))}");
    let hashed = target("${md5(SHA)}");
    let rows = [
        Row {
            file: &edited,
            lines: &[
                "when var:CI=\"true\" { publish \"x.io/a\"; tag \"{var:SHA}\"; tag \"{var:BRANCH:slug:replace . -:replace _ -}\"; }",
            ],
            said: &[],
            runs: &[
                (&[], Some(&["y/a:abc-local"])),
                (
                    &[("CI", "true"), ("BRANCH", "v1.2_x")],
                    Some(&["x.io/a:abc", "x.io/a:v1-2-x"]),
                ),
            ],
        },
        Row {
            file: &titled,
            lines: &[],
            said: &["x.io/a:b-Xif"],
            runs: &[
                (&[], Some(&["y/a:abc-local"])),
                (&[("CI", "true")], Some(&["x.io/a:abc"])),
                (&[("CI", "true"), ("SHA", "1")], Some(&["x.io/a:1"])),
            ],
        },
        Row {
            file: &hashed,
            lines: &[
                "when var:CI=\"true\" { publish \"x.io/a\"; tag \"{var:SHA}\"; }",
                "//   a part of `tags` of target `a`",
            ],
            said: &["a part of `tags` is left out: kiln does not compute `md5`"],
            runs: &[
                (&[], Some(&["y/a:abc-local"])),
                (&[("CI", "true"), ("SHA", "1")], Some(&["x.io/a:1"])),
            ],
        },
        Row {
            file: "variable \"R\" { default = \"\" }\nvariable \"B\" { default = \"main\" }
                target \"a\" { tags = R != \"\" ? [\"x/a:${R}\", \"x/a:${md5(R)}\", \"x/a:latest\"] : [\"x/a:${B}\"] }\n",
            lines: &[
                "when var:R=\"\" { tag \"{var:B}\"; }",
                "when var:R=\"!\" { tag \"{var:R}\"; tag \"latest\"; }",
            ],
            said: &["kiln does not compute `md5`"],
            runs: &[
                (&[], Some(&["x/a:main"])),
                (&[("R", "1")], Some(&["x/a:1", "x/a:latest"])),
            ],
        },
    ];
    rows.iter().for_each(Row::check);
}
