//! What bake files publish with other values of variables: the manifest publishes the same, or a note names what is lost.

use super::run;
use super::switches::published;
use kiln::import::Format;
use std::collections::BTreeSet;

/// Values of variables, and what the manifest publishes with them; nothing if it refuses them.
pub(super) type Run<'r> = (&'r [(&'r str, &'r str)], Option<&'r [&'r str]>);

/// A file, lines of its manifest, what the notes say, and runs with other values.
pub(super) struct Row<'r> {
    pub file: &'r str,
    pub lines: &'r [&'r str],
    pub said: &'r [&'r str],
    pub runs: &'r [Run<'r>],
}

impl Row<'_> {
    #[track_caller]
    pub(super) fn check(&self) {
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

/// An axis whose values the file compares with a variable is in one condition, so that the next value is one line.
#[test]
fn a_variable_that_names_a_value_of_an_axis() {
    let rows = [
        Row {
            file: "variable \"V\" { default = \"1\" }\nvariable \"PY\" { default = \"3.12\" }
                target \"app\" {\n name = \"app-${replace(py, \".\", \"-\")}\"\n matrix = { py = [\"3.11\", \"3.12\", \"3.13\"] }
                 tags = [\"x/app:${V}-${py}\", py == PY ? \"x/app:${V}\" : \"\", py == PY ? \"x/app:latest\" : \"x/app:old-${py}\"]\n }\n",
            lines: &[
                "when py=\"{var:PY}\" { tag \"{var:V}\"; tag \"latest\"; }",
                "when py=\"!{var:PY}\" { tag \"old-{py}\"; }",
            ],
            said: &[],
            runs: &[
                (
                    &[("PY", "3.13"), ("V", "2")],
                    Some(&[
                        "x/app:2",
                        "x/app:2-3.11",
                        "x/app:2-3.12",
                        "x/app:2-3.13",
                        "x/app:latest",
                        "x/app:old-3.11",
                        "x/app:old-3.12",
                    ]),
                ),
                (&[("PY", "4")], None),
            ],
        },
        // The other axis decides, too.
        Row {
            file: "variable \"PHP\" { default = \"8.4\" }
                target \"php\" {\n name = \"php-${replace(v, \".\", \"\")}-${t}\"\n matrix = { v = [\"8.3\", \"8.4\"], t = [\"cli\", \"fpm\"] }
                 tags = [\"x/php:${v}-${t}\", v == PHP ? \"x/php:${t}\" : \"\", v == PHP && t == \"cli\" ? \"x/php:latest\" : \"\"]\n }\n",
            lines: &[
                "when v=\"{var:PHP}\" { tag \"{t}\"; }",
                "when v=\"{var:PHP}\" t=\"cli\" { tag \"latest\"; }",
            ],
            said: &[],
            runs: &[(
                &[("PHP", "8.3")],
                Some(&[
                    "x/php:8.3-cli",
                    "x/php:8.3-fpm",
                    "x/php:8.4-cli",
                    "x/php:8.4-fpm",
                    "x/php:cli",
                    "x/php:fpm",
                    "x/php:latest",
                ]),
            )],
        },
        // The tags are data of the other axis.
        Row {
            file: "variable \"LATEST\" { default = \"3.4.1\" }
                target \"ruby\" {\n name = \"ruby-${replace(v, \".\", \"-\")}${slim ? \"-slim\" : \"\"}\"\n matrix = { v = [\"3.3.7\", \"3.4.1\"], slim = [false, true] }
                 tags = [for t in concat([v], v == LATEST ? [\"latest\"] : []) : \"x/ruby:${t}${slim ? \"-slim\" : \"\"}\"]\n }\n",
            lines: &["when v=\"{var:LATEST}\" { tag \"{slim.tag}\"; }"],
            said: &[],
            runs: &[(
                &[("LATEST", "3.3.7")],
                Some(&[
                    "x/ruby:3.3.7",
                    "x/ruby:3.3.7-slim",
                    "x/ruby:3.4.1",
                    "x/ruby:3.4.1-slim",
                    "x/ruby:latest",
                    "x/ruby:latest-slim",
                ]),
            )],
        },
    ];
    rows.iter().for_each(Row::check);
}

/// Platforms of a variable that is empty by default.
#[test]
fn platforms_of_an_empty_variable() {
    for platforms in [
        "P == \"\" ? [] : [P]",
        "P != \"\" ? split(\",\", P) : null",
        "split(\",\", P)",
    ] {
        let file = format!(
            "variable \"P\" {{ default = \"\" }}\ntarget \"a\" {{\n tags = [\"x/a:1\"]\n platforms = {platforms}\n}}\n"
        );
        Row {
            file: &file,
            lines: &["when var:P=\"!\" { platforms \"{var:P}\"; }"],
            said: &[],
            runs: &[
                (&[], Some(&["x/a:1"])),
                (&[("P", "linux/arm64")], Some(&["x/a:1 linux/arm64"])),
                (
                    &[("P", "linux/arm64,linux/386")],
                    Some(&["x/a:1 linux/arm64 linux/386"]),
                ),
            ],
        }
        .check();
    }
}

/// A list by its type is one text with commas: its only item follows the variable.
#[test]
fn a_list_by_its_type_follows_the_variable() {
    let rows = [
        Row {
            file: "variable \"T\" {\n type = list(string)\n default = [\"latest\"]\n}\ntarget \"a\" { tags = [for t in T : \"x/a:${t}\"] }\n",
            lines: &["variable \"T\" default=\"latest\"", "tag \"{var:T}\""],
            said: &[],
            runs: &[
                (&[], Some(&["x/a:latest"])),
                (&[("T", "1.2")], Some(&["x/a:1.2"])),
                (&[("T", "1,2")], None),
            ],
        },
        Row {
            file: "variable \"P\" {\n type = list(string)\n default = [\"linux/amd64\", \"linux/arm64\"]\n}\ntarget \"a\" {\n tags = [\"x/a:1\"]\n platforms = P\n}\n",
            lines: &["platforms \"{var:P}\""],
            said: &[],
            runs: &[(&[("P", "linux/386")], Some(&["x/a:1 linux/386"]))],
        },
    ];
    rows.iter().for_each(Row::check);
}

/// A context that calls a target by the name that it has with one value only: with others, the target is its parent, too.
#[test]
fn a_context_that_names_its_target_with_one_value() {
    let file = |name: &str| {
        format!(
            "variable \"REG\" {{ default = \"acme\" }}\ntarget \"base\" {{ tags = [\"${{REG}}/base:1\"] }}\ntarget \"app\" {{\n contexts = {{ \"{name}\" = \"target:base\" }}\n tags = [\"${{REG}}/app:1\"]\n}}\n"
        )
    };
    let runs: &[Run<'_>] = &[
        (&[], Some(&["acme/app:1", "acme/base:1"])),
        (
            &[("REG", "ghcr.io/x")],
            Some(&["ghcr.io/x/app:1", "ghcr.io/x/base:1"]),
        ),
    ];
    Row {
        file: &file("acme/base:1"),
        lines: &[
            "variable \"REG\" default=\"acme\"",
            "contexts \"acme/base:1\" \"{var:REG}/base:1\"",
        ],
        said: &[],
        runs,
    }
    .check();
    // With this one, it is the name itself.
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", &file("${REG}/base:1"));
    let manifest = found.expect("an import").manifest;
    assert!(!manifest.contains("contexts"), "{manifest}\n{notes}");
}

/// A variable behind a registry that may be left out may have a registry of its own in the file, and not in the manifest.
#[test]
fn a_repository_with_its_own_registry_is_refused() {
    Row {
        file: "variable \"REG\" { default = \"\" }\nvariable \"NAME\" { default = \"api\" }\ntarget \"a\" { tags = [REG != \"\" ? \"${REG}/${NAME}:1\" : \"${NAME}:1\"] }\n",
        lines: &["variable \"NAME\" default=\"api\" pattern=\"[^/.:]+(/.+)?\""],
        said: &["where `NAME` is a value such as `ghcr.io/acme/app`, the file and the manifest differ"],
        runs: &[
            (&[("NAME", "team/my.app")], Some(&["team/my.app:1"])),
            (
                &[("REG", "x.io"), ("NAME", "team/app")],
                Some(&["x.io/team/app:1"]),
            ),
            (&[("NAME", "ghcr.io/acme/api")], None),
        ],
    }
    .check();
}

/// What is computed from a variable follows it behind a letter, too, and by a key of a map.
#[test]
fn computed_texts_follow_the_variable() {
    let rows = [
        Row {
            file: "variable \"V\" { default = \"1.4.2\" }\nvariable \"PY\" { default = \"3.12\" }\ntarget \"a\" { tags = [\"x/a:${V}-py${replace(PY, \".\", \"\")}\"] }\n",
            lines: &["tag \"{var:V}-py{var:PY:replace . }\""],
            said: &[],
            runs: &[(&[("PY", "3.13")], Some(&["x/a:1.4.2-py313"]))],
        },
        Row {
            file: "variable \"SHA\" { default = \"0123456789abcdef0123456789abcdef01234567\" }\ntarget \"a\" { tags = [\"x/a:git${substr(SHA, 0, 7)}\"] }\n",
            lines: &["tag \"git{var:SHA:first 7}\""],
            said: &[],
            runs: &[],
        },
        Row {
            file: "variable \"ENV\" { default = \"dev\" }\nvariable \"REG\" { default = { dev = \"localhost:5000\", prod = \"x.io\" } }\ntarget \"a\" { tags = [\"${REG[ENV]}/a:1\"] }\n",
            lines: &[
                "variable \"ENV\" default=\"dev\" one-of=\"dev\" \"prod\"",
                "when var:ENV=\"prod\" { publish \"x.io/a\"; }",
            ],
            said: &[],
            runs: &[
                (&[], Some(&["localhost:5000/a:1"])),
                (&[("ENV", "prod")], Some(&["x.io/a:1"])),
                (&[("ENV", "other")], None),
            ],
        },
    ];
    rows.iter().for_each(Row::check);
}

/// A context may be called by a tag that its target has unless a variable is empty, or by one that a flag gives it.
#[test]
fn contexts_called_by_tags_with_conditions() {
    let rows = [
        Row {
            file: "variable \"REG\" { default = \"ghcr.io/x\" }\nvariable \"V\" { default = \"local\" }\nvariable \"X\" { default = \"x\" }\ntarget \"base\" {\n tags = [\"${REG}/base:${V}${X != \"\" ? \"-${X}\" : \"\"}\"]\n}\ntarget \"app\" {\n contexts = { \"${REG}/base:${V}-${X}\" = \"target:base\" }\n tags = [\"${REG}/app:${V}\"]\n}\n",
            lines: &[
                "variable \"REG\" default=\"ghcr.io/x\"",
                "variable \"V\" default=\"local\"",
            ],
            said: &[],
            runs: &[
                (
                    &[("REG", "x.io"), ("V", "2"), ("X", "y")],
                    Some(&["x.io/app:2", "x.io/base:2-y"]),
                ),
                (&[("X", "")], None),
            ],
        },
        Row {
            file: "variable \"V\" { default = \"1.0\" }\nvariable \"L\" { default = \"true\" }\ntarget \"base\" { tags = L == \"true\" ? [\"x/base:${V}\", \"x/base:latest\"] : [\"x/base:${V}\"] }\ntarget \"app\" {\n contexts = { \"x/base:latest\" = \"target:base\" }\n tags = [\"x/app:${V}\"]\n}\n",
            lines: &[
                "variable \"V\" default=\"1.0\"",
                "contexts \"x/base:latest\" \"docker.io/x/base:{var:V}\"",
            ],
            said: &[],
            runs: &[
                (
                    &[("V", "2")],
                    Some(&["x/app:2", "x/base:2", "x/base:latest"]),
                ),
                (&[("L", "false")], Some(&["x/app:1.0", "x/base:1.0"])),
            ],
        },
    ];
    rows.iter().for_each(Row::check);
}

/// Of a target and one that inherits from it, the one that a group names is an image.
#[test]
fn an_image_is_the_target_that_a_group_names() {
    let file = "group \"default\" { targets = [\"full\"] }\ntarget \"hook\" {}\ntarget \"_base\" { output = [\"type=image\"] }\ntarget \"full\" { inherits = [\"hook\", \"_base\"] }\n";
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", file);
    let manifest = found.expect("an import").manifest;
    assert!(manifest.contains("image \"full\""), "{manifest}\n{notes}");
    assert!(!manifest.contains("image \"base\""), "{manifest}\n{notes}");
}
