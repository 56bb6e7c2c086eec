//! The value of a variable that several places of several files set: as bake has it.

use super::switches::{Run, published};
use super::{bake, fleet, run};
use kiln::import::{Format, Input, import_all};
use kiln::text::{Diagnostics, Sources, show};
use std::process::Command;

/// What shows the value.
const TARGET: &str =
    "target \"default\" {\n  tags = [\"a/a:${X == null ? \"null\" : \"v${X}\"}\"]\n}\n";

/// What a file may say of the variable.
const PARTS: [(&str, &str); 8] = [
    ("one", "X = \"one\"\n"),
    ("two", "X = \"two\"\n"),
    ("null", "X = null\n"),
    ("default", "variable \"X\" { default = \"d\" }\n"),
    ("other", "variable \"X\" { default = \"e\" }\n"),
    ("without", "variable \"X\" {}\n"),
    ("null default", "variable \"X\" { default = null }\n"),
    (
        "typed",
        "variable \"X\" {\n  type = number\n  default = 1\n}\n",
    ),
];

/// The parts, the value if each is in a file of its own, and the value if all are in one file; bake refuses a file that
/// assigns one name twice.
const ROWS: [(&[&str], &str, &str); 28] = [
    (&["one"], "vone", "vone"),
    (&["null"], "null", "null"),
    (&["default"], "vd", "vd"),
    (&["without"], "v", "v"),
    (&["null default"], "null", "null"),
    (&["one", "two"], "vtwo", "refused"),
    (&["two", "null"], "null", "refused"),
    // An assignment wins, before and after any block.
    (&["one", "default"], "vone", "vone"),
    (&["default", "one"], "vone", "vone"),
    (&["one", "without"], "vone", "vone"),
    (&["without", "one"], "vone", "vone"),
    (&["one", "null default"], "vone", "vone"),
    (&["null default", "one"], "vone", "vone"),
    (&["null", "default"], "null", "null"),
    (&["default", "null"], "null", "null"),
    (&["one", "typed"], "vone", "vone"),
    (&["typed", "one"], "vone", "vone"),
    (&["default", "one", "other"], "vone", "vone"),
    (&["one", "default", "two"], "vtwo", "refused"),
    (&["one", "without", "default"], "vone", "vone"),
    // Of blocks the last one counts, with all that it does not have.
    (&["default", "other"], "ve", "ve"),
    (&["other", "default"], "vd", "vd"),
    (&["default", "without"], "v", "v"),
    (&["without", "default"], "vd", "vd"),
    (&["default", "null default"], "null", "null"),
    (&["null default", "default"], "vd", "vd"),
    (&["typed", "default"], "vd", "vd"),
    (&["default", "typed"], "v1", "v1"),
];

fn part(name: &str) -> &'static str {
    let found = PARTS.iter().find(|(known, _)| *known == name);
    found.expect("a part").1
}

/// The tag that an import of these files publishes.
fn imported(files: &[String]) -> String {
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let input = |text| Input {
        source: sources.add("bake.hcl", text),
        text,
        name: "bake",
    };
    let files: Vec<Input> = files.iter().map(String::as_str).map(input).collect();
    let found = import_all(Format::Bake, &files, &[], &mut out);
    let Some(found) = found else {
        let said = show::text(&out, &sources, false);
        assert!(said.contains("redefined attribute"), "{said}");
        return String::from("refused");
    };
    let fleet = fleet(&found.manifest);
    let variant = fleet.variants.first().expect("a variant");
    let (reference, _) = variant.references().next().expect("a reference");
    reference.tag.map(|tag| tag.to_string()).expect("a tag")
}

/// The same from buildx, if it is installed.
fn printed(files: &[String]) -> Option<String> {
    let buildx = bake::buildx()?;
    let folder = tempfile::tempdir().expect("a folder");
    let mut call = Command::new(buildx);
    call.current_dir(folder.path()).args(["bake", "--print"]);
    for (at, text) in files.iter().enumerate() {
        let name = format!("{at}.hcl");
        std::fs::write(folder.path().join(&name), text).expect("written");
        call.args(["-f", &name]);
    }
    let output = call.output().expect("buildx runs");
    let printed: Result<serde_json::Value, _> = serde_json::from_slice(&output.stdout);
    Some(printed.map_or_else(
        |_| String::from("refused"),
        |found| {
            let tag = found["target"]["default"]["tags"][0].as_str();
            tag.unwrap_or_default().replace("a/a:", "")
        },
    ))
}

#[test]
fn every_order_of_files_and_blocks() {
    for (parts, apart, together) in ROWS {
        let texts = parts.iter().map(|name| part(name).to_owned());
        let one: String = texts.clone().chain([TARGET.to_owned()]).collect();
        let several: Vec<String> = texts.chain([TARGET.to_owned()]).collect();
        for (files, expect) in [(several, apart), (vec![one], together)] {
            assert_eq!(
                imported(&files),
                expect,
                "{parts:?} in {} files",
                files.len()
            );
            if let Some(printed) = printed(&files) {
                assert_eq!(
                    printed,
                    expect,
                    "{parts:?} in {} files with bake",
                    files.len()
                );
            }
        }
    }
}

/// A default that inserts other variables: each of them can be set, and so can the variable itself.
#[test]
fn a_default_made_of_others_follows_them() {
    let runs: [(&str, &str, &[&str], &[Run<'_>]); 12] = [
        (
            "variable \"BASE\" { default = \"b\" }\nvariable \"V\" { default = \"1.2\" }\nvariable \"FULL\" { default = \"${BASE}-${V}\" }",
            "tags = [\"x.io/a:${FULL}\", \"x.io/a:${V}\"]\n  args = { F = FULL }",
            &["variable \"FULL\" default=\"{var:BASE}-{var:V}\""],
            &[
                (&[], &["x.io/a:b-1.2 F=b-1.2", "x.io/a:1.2 F=b-1.2"]),
                (&[("V", "2")], &["x.io/a:b-2 F=b-2", "x.io/a:2 F=b-2"]),
                (&[("FULL", "z")], &["x.io/a:z F=z", "x.io/a:1.2 F=z"]),
                (
                    &[("FULL", "z"), ("V", "2")],
                    &["x.io/a:z F=z", "x.io/a:2 F=z"],
                ),
            ],
        ),
        // A repository, and a variable that only a default names.
        (
            "variable \"REG\" { default = \"x.io\" }\nvariable \"REPO\" { default = \"${REG}/team\" }",
            "tags = [\"${REPO}/a:1\"]",
            &["variable \"REPO\" default=\"{var:REG}/team\""],
            &[
                (&[], &["x.io/team/a:1"]),
                (&[("REG", "y.io")], &["y.io/team/a:1"]),
                (&[("REPO", "z.io/b")], &["z.io/b/a:1"]),
            ],
        ),
        // Another name for a variable, declared first.
        (
            "variable \"TAG\" { default = V }\nvariable \"V\" { default = \"1.2.3\" }",
            "tags = [\"x.io/a:${TAG}\", \"x.io/a:${split(\".\", TAG)[0]}\"]",
            &["variable \"TAG\" default=\"{var:V}\""],
            &[
                (&[], &["x.io/a:1.2.3", "x.io/a:1"]),
                (&[("V", "4.5.6")], &["x.io/a:4.5.6", "x.io/a:4"]),
                (&[("TAG", "7.8.9")], &["x.io/a:7.8.9", "x.io/a:7"]),
            ],
        ),
        // It decides something.
        (
            "variable \"V\" { default = \"dev\" }\nvariable \"TAG\" { default = V }",
            "tags = [\"x.io/a:${V}\", TAG == \"main\" ? \"x.io/a:latest\" : \"\"]",
            &["variable \"TAG\" default=\"{var:V}\""],
            &[
                (&[], &["x.io/a:dev"]),
                (&[("V", "main")], &["x.io/a:main", "x.io/a:latest"]),
                (&[("TAG", "main")], &["x.io/a:dev", "x.io/a:latest"]),
                (&[("V", "main"), ("TAG", "x")], &["x.io/a:main"]),
            ],
        ),
        // One of two levels, and braces.
        (
            "variable \"A\" { default = \"a\" }\nvariable \"B\" { default = \"${A}b\" }\nvariable \"C\" { default = \"${B}c\" }\nvariable \"D\" { default = \"{d}\" }",
            "tags = [\"x.io/a:${C}\"]\n  args = { D = D }",
            &[
                "variable \"C\" default=\"{var:B}c\"",
                "variable \"D\" default=\"{{d}}\"",
            ],
            &[
                (&[], &["x.io/a:abc D={d}"]),
                (&[("A", "x")], &["x.io/a:xbc D={d}"]),
                (&[("B", "y")], &["x.io/a:yc D={d}"]),
                (&[("C", "z"), ("D", "{")], &["x.io/a:z D={"]),
            ],
        ),
        // An axis of a matrix beside it.
        (
            "variable \"V\" { default = \"1.2\" }\nvariable \"END\" { default = \"r${V}\" }",
            "name = \"a-${os}\"\n  matrix = { os = [\"x\", \"y\"] }\n  tags = [\"x.io/a:${os}-${END}\"]",
            &["variable \"END\" default=\"r{var:V}\""],
            &[
                (&[("V", "2")], &["x.io/a:x-r2", "x.io/a:y-r2"]),
                (&[("END", "z")], &["x.io/a:x-z", "x.io/a:y-z"]),
            ],
        ),
        // It edits others.
        (
            "variable \"V\" { default = \"21.1.2\" }\nvariable \"MAJOR\" { default = split(\".\", V)[0] }\nvariable \"MINOR\" { default = format(\"%s.%s\", MAJOR, split(\".\", V)[1]) }",
            "tags = [\"x.io/a:${V}\", \"x.io/a:${MINOR}\"]\n  args = { M = MAJOR }",
            &[
                "variable \"MAJOR\" default=\"{var:V:before .}\"",
                "variable \"MINOR\" default=\"{var:MAJOR}.{var:V:after .:before .}\"",
            ],
            &[
                (&[], &["x.io/a:21.1.2 M=21", "x.io/a:21.1 M=21"]),
                (
                    &[("V", "v22.3.4")],
                    &["x.io/a:v22.3.4 M=v22", "x.io/a:v22.3 M=v22"],
                ),
                (
                    &[("MAJOR", "22")],
                    &["x.io/a:21.1.2 M=22", "x.io/a:22.1 M=22"],
                ),
                (&[("MINOR", "x")], &["x.io/a:21.1.2 M=21", "x.io/a:x M=21"]),
            ],
        ),
        (
            "variable \"FULL\" { default = \"3.20.1\" }\nvariable \"SHORT\" { default = regex_replace(FULL, \"\\\\.\\\\d+$\", \"\") }\nvariable \"NAME\" { default = \"${upper(\"${SHORT}\")}-${lower(FULL)}\" }",
            "tags = [\"x.io/a:${SHORT}\"]\n  args = { F = FULL, N = NAME }",
            &["variable \"SHORT\" default=\"{var:FULL:before-last .}\""],
            &[
                (
                    &[("FULL", "3.21.4")],
                    &["x.io/a:3.21 F=3.21.4 N=3.21-3.21.4"],
                ),
                (&[("SHORT", "x")], &["x.io/a:x F=3.20.1 N=X-3.20.1"]),
            ],
        ),
        // A condition decides it: the default has it, too.
        (
            "variable \"DEBUG\" { default = false }\nvariable \"MODE\" { default = DEBUG ? \"debug\" : \"release\" }",
            "tags = [\"x.io/a:${MODE}\", \"x.io/a:d-${DEBUG}\"]\n  args = { M = MODE }",
            &[
                "variable \"MODE\" default=\"release\" { when var:DEBUG=\"true\" default=\"debug\"; }",
            ],
            &[
                (
                    &[],
                    &["x.io/a:release M=release", "x.io/a:d-false M=release"],
                ),
                (
                    &[("DEBUG", "true")],
                    &["x.io/a:debug M=debug", "x.io/a:d-true M=debug"],
                ),
                (&[("MODE", "x")], &["x.io/a:x M=x", "x.io/a:d-false M=x"]),
            ],
        ),
        (
            "variable \"BRANCH\" { default = \"dev\" }\nvariable \"TAG\" { default = \"${equal(BRANCH, \"main\") ? \"latest\" : BRANCH}\" }",
            "tags = [\"x.io/a:${TAG}\"]\n  args = { B = BRANCH }",
            &["default=\"{var:BRANCH}\" { when var:BRANCH=\"main\" default=\"latest\"; }"],
            &[
                (&[], &["x.io/a:dev B=dev"]),
                (&[("BRANCH", "main")], &["x.io/a:latest B=main"]),
                (&[("BRANCH", "fix")], &["x.io/a:fix B=fix"]),
                (&[("TAG", "1")], &["x.io/a:1 B=dev"]),
                (&[("TAG", "1"), ("BRANCH", "main")], &["x.io/a:1 B=main"]),
            ],
        ),
        // A truth is a boolean, also with a value from outside.
        (
            "variable \"V\" { default = \"\" }\nvariable \"T\" { default = V == \"\" ? \"dev\" : V }\nvariable \"L\" { default = V != \"\" && V != \"edge\" }",
            "tags = concat([\"x.io/a:${T}\"], L ? [\"x.io/a:latest\"] : [])",
            &[
                "variable \"L\" kind=\"bool\" default=#false { when var:V=\"!\" \"!edge\" default=#true; }",
            ],
            &[
                (&[], &["x.io/a:dev"]),
                (&[("V", "1")], &["x.io/a:1", "x.io/a:latest"]),
                (&[("V", "edge")], &["x.io/a:edge"]),
                (&[("V", "1"), ("L", "false")], &["x.io/a:1"]),
                (&[("L", "true")], &["x.io/a:dev", "x.io/a:latest"]),
                (&[("T", "x"), ("V", "1")], &["x.io/a:x", "x.io/a:latest"]),
            ],
        ),
        // A registry with a port, an empty text, and a default that two others decide.
        (
            "variable \"CI\" { default = \"\" }\nvariable \"REPO\" { default = CI != \"\" ? \"x.io/acme\" : \"localhost:5000\" }\nvariable \"D\" { default = false }\nvariable \"END\" { default = D ? \"-debug\" : CI == \"\" ? \"-local\" : \"\" }",
            "tags = [\"${REPO}/a:1${END}\"]",
            &["publish \"{var:REPO}/a\"", "tag \"1{var:END}\""],
            &[
                (&[], &["localhost:5000/a:1-local"]),
                (&[("CI", "1")], &["x.io/acme/a:1"]),
                (&[("CI", "1"), ("D", "true")], &["x.io/acme/a:1-debug"]),
                (&[("REPO", "y.io")], &["y.io/a:1-local"]),
                (&[("END", "-x"), ("D", "true")], &["localhost:5000/a:1-x"]),
            ],
        ),
    ];
    for (variables, target, wanted, runs) in runs {
        let text = format!("{variables}\ntarget \"a\" {{\n  {target}\n}}\n");
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
        let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
        for line in wanted {
            assert!(manifest.contains(line), "{line}\n{manifest}\n{notes}");
        }
        for (set, wanted) in runs {
            let wanted = wanted.iter().map(|one| (*one).to_owned()).collect();
            assert_eq!(
                published(&manifest, set),
                Some(wanted),
                "{set:?}\n{manifest}\n{notes}"
            );
        }
        for said in [
            "computes",
            "what the file makes of its default",
            "allows only",
        ] {
            assert!(!notes.contains(said), "{manifest}\n{notes}");
        }
    }
}

/// Where a default has an empty variable, a list or a whole reference, the texts have the others in its place.
#[test]
fn other_defaults_are_written_out() {
    for (variables, tag, line) in [
        (
            "variable \"E\" { default = \"\" }\nvariable \"F\" { default = \"v${E}\" }",
            "x.io/a:${F}",
            "variable \"E\" default=\"\"",
        ),
        (
            "variable \"E\" { default = \"1\" }\nvariable \"F\" { default = \"x.io/a:${E}\" }",
            "${F}-b",
            "tag \"{var:E}-b\"",
        ),
    ] {
        let text = format!("{variables}\ntarget \"a\" {{\n  tags = [\"{tag}\"]\n}}\n");
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
        let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
        assert!(manifest.contains(line), "{manifest}\n{notes}");
        assert!(notes.contains("made of others"), "{manifest}\n{notes}");
    }
}
