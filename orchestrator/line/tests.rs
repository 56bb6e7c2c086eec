//! The fixture of all tests that begin with a manifest: it goes along the line in memory.

mod every_fault;
mod meant;
mod one_image;
mod pairs;

use crate::dockerfile::Ignore;
use crate::line::{self, Ready};
use crate::matrix::{Fleet, Inputs};
use crate::render::{Files, names_in};
use crate::text::{Diagnostics, Sources, show};
use crate::tree::{Mode, Tree};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The files of a workspace in memory, by path.
#[derive(Default)]
pub(crate) struct Memory(BTreeMap<String, String>);

impl Memory {
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        Self(files.iter().map(owned).collect())
    }
}

impl Files for Memory {
    /// A file with replacement characters is one whose bytes are not UTF-8.
    fn text(&self, path: &str) -> Result<Option<Arc<str>>, String> {
        match self.0.get(path) {
            Some(text) if text.contains(char::REPLACEMENT_CHARACTER) => {
                Err(format!("`{path}` is not UTF-8"))
            }
            _ => self.lossy(path),
        }
    }

    fn lossy(&self, path: &str) -> Result<Option<Arc<str>>, String> {
        Ok(self.0.get(path).map(|text| text.as_str().into()))
    }

    fn tree(&self, path: &str, ignore: &Ignore) -> Result<Arc<Tree>, String> {
        let (mut tree, mut found) = (Tree::default(), false);
        for (at, text) in &self.0 {
            let below = match at.strip_prefix(path) {
                Some(rest) if path.is_empty() || rest.is_empty() => rest,
                Some(rest) if rest.starts_with('/') => &rest[1..],
                _ => continue,
            };
            found = true;
            if !ignore.excludes(below) {
                tree.add_bytes(below, Mode::Plain, text.as_bytes());
            }
        }
        match found {
            true => Ok(Arc::new(tree)),
            false => Err(format!("there is no file or folder `{path}`")),
        }
    }

    fn is_folder(&self, path: &str) -> bool {
        let mut files = self.0.keys();
        files.any(|file| {
            file.strip_prefix(path)
                .is_some_and(|rest| rest.starts_with('/'))
        })
    }

    fn names(&self, folder: &str) -> Vec<String> {
        names_in(self.0.keys().map(String::as_str), folder)
    }
}

/// What a stage of the line made, if it made something, and what it reported.
pub(crate) struct Outcome<T> {
    pub(crate) made: Option<T>,
    pub(crate) faults: Diagnostics,
    pub(crate) sources: Sources,
}

impl<T> Outcome<T> {
    /// What was made; the test fails if there is nothing.
    #[track_caller]
    pub(crate) fn made(self) -> T {
        let shown = self.shown();
        self.made.unwrap_or_else(|| panic!("{shown}"))
    }

    /// The reported faults as users see them.
    pub(crate) fn shown(&self) -> String {
        show::text(&self.faults, &self.sources, false)
    }
}

/// A step that the engine would refuse is an error at its line.
#[test]
fn steps_that_ask_for_more_than_their_build_gets() {
    let check = |settings: &str, dockerfile: &str, expect: &[&str]| {
        let text = format!(
            "workspace \"w\" {{ publish \"r.example/f/{{image}}\" }}\nimage \"a\" {{ dockerfile \"a/Dockerfile\"; tag \"1\"; {settings} }}"
        );
        let found = bring(&text, &Inputs::default(), &[("a/Dockerfile", dockerfile)]);
        let own = found
            .faults
            .iter()
            .filter(|one| one.code == "dockerfile::host");
        let faults = own.map(|one| one.message.as_str());
        assert_eq!(faults.collect::<Vec<_>>(), expect, "{}", found.shown());
    };
    let host =
        &["`--network=host` needs the network of the machine, which this build does not get"];
    let insecure =
        &["`--security=insecure` needs rights beyond the sandbox, which kiln gives to no build"];
    check("", "FROM scratch\nRUN --network=host true\n", host);
    check(
        "network \"none\"",
        "FROM scratch\nRUN --network=host true\n",
        host,
    );
    check(
        "network \"host\"",
        "FROM scratch\nRUN --network=host true\n",
        &[],
    );
    check(
        "network \"host\"",
        "FROM scratch\nRUN --security=insecure true\n",
        insecure,
    );
    check(
        "",
        "FROM scratch\nRUN --network=none --security=sandbox true\n",
        &[],
    );
    // Nothing carries these out.
    check("", "FROM scratch\nONBUILD RUN --network=host true\n", &[]);
    check(
        "",
        "FROM scratch AS x\nRUN --network=host true\nFROM scratch\nRUN true\n",
        &[],
    );
}

/// What `--set` takes from a parent matters to the children that a run builds, and to no others.
#[test]
fn a_platform_that_set_takes_away_matters_where_it_is_needed() {
    let text = r#"workspace "w" { publish "r.example/f/{image}" }
image "core" { dockerfile "core/Dockerfile"; tag "1"; platforms "linux/amd64" "linux/arm64" }
image "app" { dockerfile "app/Dockerfile"; tag "1"; platforms "linux/amd64" "linux/arm64" }
"#;
    let files = [
        ("core/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n"),
        ("app/Dockerfile", "FROM r.example/f/core:1\n"),
    ];
    let set = |change: &str| Inputs {
        set: vec![change.into()],
        ..Inputs::default()
    };
    let selected = |ready: &Ready, image: &str| ready.select(&[image.into()]).expect("an image");
    let ready = bring(text, &set("core.platforms=linux/amd64"), &files).made();
    assert!(ready.unfit(&selected(&ready, "core")).is_empty());
    let unfit = ready.unfit(&selected(&ready, "app"));
    let shown: Vec<&str> = unfit.iter().map(|one| one.message.as_str()).collect();
    assert_eq!(
        shown,
        ["`app:1` needs `core:1` for linux/arm64, but `core:1` is built only for linux/amd64"]
    );
    let one = text.replacen(" \"linux/arm64\"", "", 1);
    let shown = bring(&one, &Inputs::default(), &files).shown();
    assert!(shown.contains("graph::platform"), "{shown}");
}

/// The whole line.
pub(crate) fn bring(text: &str, inputs: &Inputs, files: &[(&str, &str)]) -> Outcome<Ready> {
    let (mut sources, mut faults) = (Sources::default(), Diagnostics::default());
    let documents = [line::document(text, &mut sources, &mut faults)];
    let files = Memory::of(files);
    Outcome {
        made: line::bring(&documents, inputs, &files, &mut sources, &mut faults),
        faults,
        sources,
    }
}

/// The line up to the fleet.
pub(crate) fn fleet(text: &str, inputs: &Inputs) -> Outcome<Fleet> {
    let (mut sources, mut faults) = (Sources::default(), Diagnostics::default());
    let documents = [line::document(text, &mut sources, &mut faults)];
    Outcome {
        made: line::fleet(&documents, inputs, &mut sources, &mut faults),
        faults,
        sources,
    }
}

/// The errors of a manifest: message, place and help.
#[track_caller]
fn errors(text: &str, files: &[(&str, &str)], expect: &[&str]) {
    let text = format!(
        "workspace \"w\" {{ publish \"r.example/f/{{image}}\"; stage \"r.example/f/stage\" }}\n{text}"
    );
    let outcome = bring(&text, &Inputs::default(), files);
    let shown = |fault: &crate::text::Diagnostic| {
        let span = fault.labels.first().map(|label| label.span);
        let place = span.map_or_else(String::new, |span| outcome.sources.place(span));
        format!(
            "{place} {} ({})",
            fault.sentence(),
            fault.help.as_deref().unwrap_or_default()
        )
    };
    let found: Vec<String> = outcome.faults.iter().map(shown).collect();
    let fits = found
        .iter()
        .zip(expect)
        .all(|(found, expect)| found.contains(expect));
    assert!(found.len() == expect.len() && fits, "{text}\n{found:#?}");
}

#[test]
fn one_place_is_reported_once() {
    let four = "axis \"v\" { value \"1\"; value \"2\"; value \"3\"; value \"4\" }; tag \"{v}\"";
    let missing = format!("image \"a\" {{ {four}; dockerfile \"{{v}}/x/Dockerfile\" }}");
    errors(
        &missing,
        &[],
        &["kiln.kdl:2:92 file `1/x/Dockerfile` does not exist, and 3 more"],
    );
}

#[test]
fn braces_of_the_shell() {
    let set = |run: &str| {
        format!(
            "base \"b\" from=\"debian:12\"\ntoolset \"t\" {{ run \"{run}\" }}\nimage \"a\" {{ from base=\"b\"; use \"t\" }}"
        )
    };
    errors(&set("echo ${X} {{a,b}}"), &[], &[]);
    errors(
        &set("touch {a,b}"),
        &[],
        &[
            "kiln.kdl:3:26 tool set `t`: `{a,b}` is not a placeholder (for braces of the shell, write `{{a,b}}`",
        ],
    );
    errors(
        &set("awk '{print $1}'"),
        &[],
        &[
            "kiln.kdl:3:25 tool set `t`: this placeholder has no valid name (for braces of the shell, write `{{print $1}}`",
        ],
    );
}

/// Messages point at what is wrong, and say what to write instead.
#[test]
fn ways_out() {
    let base = "base \"b\" from=\"debian:12\"; image \"other\" { from base=\"b\"; tag \"latest\" }";
    let image =
        |words: &str| format!("{base}\nimage \"a\" {{ from base=\"b\"; {words}; tag \"1\" }}");
    for (text, expect) in [
        (
            image("axis \"version\" { value \"1.2\" }; env A=\"{vers}\""),
            "did you mean `{version}`?",
        ),
        (
            image("expose 80800"),
            "kiln.kdl:3:35 `80800` cannot be exposed: it is not a port or a range of ports (write ports from 1 to 65535",
        ),
        (
            image("tag \"2\" \"3\""),
            "(each has a node of its own: `tag ",
        ),
        (
            image("axis \"x\" { value \"1\" \"2\" }"),
            "(each has a node of its own: `value ",
        ),
        (
            image("check \"curl -f http://x\""),
            "kiln.kdl:3:34 this `check` does not say what to check (a command is written `check run=\"curl -f http://x\"`)",
        ),
        (
            image("publish \"r.example/x\" on \"release\""),
            "kiln.kdl:3:50 `on` has no value (write `on=\"release\"`)",
        ),
        (
            image("base \"c\""),
            "unknown node `base` in `image` (bases are declared at the top",
        ),
        (
            image("env LANG=\"C\" A-B=\"1\""),
            "kiln.kdl:3:41 `A-B` cannot name a variable: it contains `-` (a name has letters",
        ),
        (
            image("arg FOO=\"1\""),
            "kiln writes the Dockerfile of an image without `template` and `dockerfile`, and it takes no arguments (write `env FOO",
        ),
        (
            format!("{base}\nimage \"a\" {{ from image=\"other:latest\" }}"),
            "no image `other:latest` is declared (an image of the manifest is named without a tag: `image=\"other\"`",
        ),
        (
            format!("{base}\nimage \"a\" {{ from image=\"a\" }}"),
            "`a:latest` is based on itself (an image cannot begin with what it publishes itself",
        ),
    ] {
        errors(&text, &[], &[expect]);
    }
}

/// What ONBUILD of a parent copies is looked for where the child is built.
#[test]
fn files_that_onbuild_of_a_parent_copies() {
    let text = "image \"p\" { dockerfile \"p/Dockerfile\"; tag \"1\" }\nimage \"a\" { dockerfile \"Dockerfile\"; tag \"1\" }";
    let check = |copies: &str, expect: &[&str]| {
        let parent = format!("FROM debian:12\n{copies}\n");
        let files = [
            ("p/Dockerfile", parent.as_str()),
            ("Dockerfile", "FROM r.example/f/p:1\nRUN true\n"),
            ("src/main.c", ""),
        ];
        errors(text, &files, expect);
    };
    check("ONBUILD COPY src /src", &[]);
    check("ONBUILD COPY sr* /src", &[]);
    check(
        "ONBUILD COPY .git /g",
        &[
            "Dockerfile:1:6 `.git`, which ONBUILD of `p:1` copies, does not reach the build: kiln never sends the `.git` at the top of a workspace (copy it in this image",
        ],
    );
    check(
        "ONBUILD COPY scr /src",
        &[
            "Dockerfile:1:6 `scr`, which ONBUILD of `p:1` copies, is not in the build context, and builds without it fail (did you mean `src`?)",
        ],
    );
    check("ONBUILD COPY scr /src\nFROM debian:12", &[]);
}

#[test]
fn cycles_name_lines_of_the_manifest() {
    let text = "image \"a\" { from image=\"b\" }\nimage \"b\" { from image=\"a\" }";
    errors(
        text,
        &[],
        &["kiln.kdl:2:13 these variants depend on each other"],
    );
}

#[test]
fn a_missing_partial_hides_no_other_fault() {
    let text = "base \"b\" from=\"debian:12\"\nimage \"a\" { from base=\"b\"; template \"t\" }";
    let files = [("t", "FROM {{from}}\n{{> kiln/envv}}\n{{nope}}\n")];
    errors(
        text,
        &files,
        &[
            "t:2:1 partial `kiln/envv` does not exist: there is no file `templates/kiln/envv.hbs` (did you mean `kiln/env`?)",
            "t:3:1 `nope` does not exist",
        ],
    );
}

/// One Dockerfile per architecture: the variants have one tag, and no generated folder.
#[test]
fn hand_written_variants_may_have_one_first_tag() {
    let text = "image \"a\" { axis \"arch\" { value \"x86_64\" token=\"\" shared; value \"aarch64\" token=\"\" shared }
        dockerfile \"{arch}/Dockerfile\"; tag \"43{arch}\"
        when arch=\"aarch64\" { platforms \"linux/arm64\" } }";
    let files = [
        ("x86_64/Dockerfile", "FROM scratch\n"),
        ("aarch64/Dockerfile", "FROM scratch\n"),
    ];
    errors(text, &files, &[]);
}

#[test]
fn two_owners_differ_in_their_names() {
    let text = "base \"b\" from=\"debian:12\"\nimage \"a\" { axis \"v\" { value \"1\"; value \"2\" }; from base=\"b\"; tag \"latest\" }";
    errors(
        text,
        &[],
        &[
            "`a[v=1]` and `a[v=2]` have the same folder",
            "`r.example/f/a:latest` has two owners, `a[v=1]` and `a[v=2]`",
        ],
    );
}

/// What is built on a value that has ended goes on, from its last image.
#[test]
fn names_of_values_that_have_ended() {
    let now = "2026-06-01T12:00:00Z".parse().expect("a time");
    let inputs = Inputs {
        now,
        ..Inputs::default()
    };
    let check = |values: &str, from: &str, expect: &[&str]| {
        let text = format!(
            "workspace \"w\" {{ publish \"r.example/f/{{image}}\" }}\nbase \"b\" from=\"debian:12\"\nimage \"app\" {{ axis \"v\" kind=\"version\" rungs=\"full minor\" {{ {values} }}; from base=\"b\"; tag \"{{v}}\" }}\nimage \"child\" {{ dockerfile \"child/Dockerfile\"; tag \"1\" }}\n"
        );
        let dockerfile = format!("FROM {from}\n");
        let found = bring(&text, &inputs, &[("child/Dockerfile", &dockerfile)]);
        let all = found.faults.iter();
        let all: Vec<String> = all.map(|d| format!("{}: {}", d.code, d.message)).collect();
        assert_eq!(all, expect, "{}", found.shown());
        let ready = found.made();
        let select = |name: &str| match ready.select(&[name.to_owned()]) {
            Ok(found) => format!("{} found", found.len()),
            Err(faults) => faults.iter().map(|d| d.message.clone()).collect(),
        };
        let name = from.trim_start_matches("r.example/f/");
        (select(name), select(from))
    };
    let values = "value \"2.8.1\"; value \"2.7.3\" until=\"2026-05-31\"";
    let ended =
        |name: &str| format!("`{name}` is not built any more: its value ended on 2026-05-31");
    let from = "r.example/f/app:2.7";
    let warning = format!("graph::ended: {}", ended(from));
    let selected = check(values, from, &[&warning]);
    assert_eq!(selected, (ended("app:2.7"), ended(from)));
    let found = || String::from("1 found");
    let selected = check(values, "r.example/f/app:2.8", &[]);
    assert_eq!(selected, (found(), found()));
    let all = "value \"2.7.3\" until=\"2026-05-31\"";
    let none = "matrix::no-variant: image `app` has no variants left";
    let selected = check(all, from, &[none, &warning]);
    assert_eq!(selected, (ended("app:2.7"), ended(from)));
}
