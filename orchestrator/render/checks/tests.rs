use super::*;
use crate::dockerfile::Ignore;
use crate::line;
use crate::matrix::Inputs;
use crate::text::show;
use crate::tree::Tree;

/// One file.
struct One(&'static str, &'static str);

impl Files for One {
    fn text(&self, path: &str) -> Result<Option<Arc<str>>, String> {
        Ok((path == self.0).then(|| self.1.into()))
    }

    fn tree(&self, _: &str, _: &Ignore) -> Result<Arc<Tree>, String> {
        Err("no folder".into())
    }

    fn is_folder(&self, _: &str) -> bool {
        false
    }

    fn names(&self, folder: &str) -> Vec<String> {
        crate::render::names_in([self.0].into_iter(), folder)
    }
}

const FILE: One = One(
    "c/x.yaml",
    "schemaVersion: 2.0.0\nfileExistenceTests:\n- {name: there, path: /x, shouldExist: true}\n",
);

/// The checks of the variants of `image "i"`, or the reported faults.
fn run(nodes: &str, settings: &str) -> Result<Vec<Vec<String>>, String> {
    let text = format!(
        "workspace \"w\" {{ publish \"r.example/f/{{image}}\"; stage \"r.example/f/stage\" }}\nbase \"b\" from=\"debian:12\"\n{nodes}\n\
             image \"i\" {{ from base=\"b\"; template \"t\"; {settings} }}"
    );
    let (mut sources, mut faults) = (Sources::default(), Diagnostics::default());
    let document = line::document(&text, &mut sources, &mut faults);
    let fleet = line::fleet(&[document], &Inputs::default(), &mut sources, &mut faults);
    if let Some(fleet) = fleet {
        let fleet = with_checks(fleet, &FILE, &mut sources, &mut faults);
        if faults.is_empty() {
            let on = |c: &Check| {
                c.on.as_ref()
                    .map(|p| format!(" on {p}"))
                    .unwrap_or_default()
            };
            let shown = |c: &Check| {
                format!(
                    "{}{} @{}",
                    c.title,
                    on(c),
                    c.place
                        .as_deref()
                        .and_then(|p| p.rsplit_once(':'))
                        .map_or("", |(line, _)| line)
                )
            };
            return Ok(fleet
                .variants
                .iter()
                .map(|v| v.checks.iter().map(shown).collect())
                .collect());
        }
    }
    Err(show::text(&faults, &sources, false))
}

#[track_caller]
fn good(nodes: &str, settings: &str, expect: &[&[&str]]) {
    match run(nodes, settings) {
        Ok(checks) => assert_eq!(checks, expect),
        Err(text) => panic!("{text}"),
    }
}

#[track_caller]
fn bad(nodes: &str, settings: &str, words: &[&str]) {
    let text = run(nodes, settings).expect_err("a fault");
    words
        .iter()
        .for_each(|word| assert!(text.contains(word), "{word}\n{text}"));
}

const SET: &str = "toolset \"go\" { param \"version\"; package \"go\"; check run=\"go version\" contains=\"{version}\" }";

#[test]
fn tool_sets_come_first_and_everything_once() {
    good(
        SET,
        "tag \"x\"; use \"go\" version=\"1\"; check file=\"/y\"; check file=\"/y\"",
        &[&["run go version @kiln.kdl:3", "file /y @kiln.kdl:4"]],
    );
    good(
        SET,
        "tag \"x\"; use \"go\" version=\"1\"; check run=\"go version\" contains=\"1\"",
        &[&["run go version @kiln.kdl:3"]],
    );
    let axes = "axis \"v\" { value \"1\"; value \"2\" }; tag \"{v}\"; use \"go\" version=\"{v}\"; check run=\"echo {v}\"; when v=\"2\" { check env=\"V\" value=\"{v}\" }";
    good(
        SET,
        axes,
        &[
            &["run go version @kiln.kdl:3", "run echo 1 @kiln.kdl:4"],
            &[
                "run go version @kiln.kdl:3",
                "run echo 2 @kiln.kdl:4",
                "env V=2 @kiln.kdl:4",
            ],
        ],
    );
}

#[test]
fn variables_of_a_run_are_filled_in() {
    let set = "variable \"port\" default=\"80\"\ntoolset \"t\" { package \"p\"; check run=\"nc {var:port}\" }";
    good(set, "tag \"x\"; use \"t\"", &[&["run nc 80 @kiln.kdl:4"]]);
    bad(
        &set.replace("{var:port}", "{var:prot}"),
        "tag \"x\"; use \"t\"",
        &["prot"],
    );
}

#[test]
fn architectures_are_filled_in() {
    let set = "toolset \"t\" { package \"p\"; check file=\"/lib/{arch}\"; check run=\"true\" }";
    good(
        set,
        "tag \"x\"; use \"t\"",
        &[&["file /lib/amd64 @kiln.kdl:3", "run true @kiln.kdl:3"]],
    );
    let both = "tag \"x\"; use \"t\"; platforms \"linux/amd64\" \"linux/arm64\"";
    let on = [
        "file /lib/amd64 on linux/amd64 @kiln.kdl:3",
        "file /lib/arm64 on linux/arm64 @kiln.kdl:3",
        "run true @kiln.kdl:3",
    ];
    good(set, both, &[&on]);
}

#[test]
fn files_of_checks_are_read() {
    good(
        "",
        "tag \"x\"; check structure=\"c/x.yaml\"",
        &[&["there @c/x.yaml:3"]],
    );
    good(
        "",
        "axis \"v\" { value \"x\" }; tag \"{v}\"; check structure=\"c/{v}.yaml\"",
        &[&["there @c/x.yaml:3"]],
    );
    bad(
        "",
        "tag \"x\"; check structure=\"c/none.yaml\"",
        &["file `c/none.yaml` does not exist", "kiln.kdl:4:"],
    );
}

#[test]
fn faults_are_reported_once() {
    let set = "toolset \"t\" { param \"version\"; package \"p\"; check run=\"x\" contains=\"{vresion}\" }";
    let axes = "axis \"v\" { value \"1\"; value \"2\" }; tag \"{v}\"; use \"t\" version=\"9\"";
    bad(
        set,
        axes,
        &[
            "parameter `vresion` does not exist",
            "did you mean `{version}`?",
            "1 error\n",
        ],
    );
    bad(
        "",
        "axis \"v\" { value \"1\"; value \"2\" }; tag \"{v}\"; check file=\"x{v}\"",
        &["`x1` is not an absolute path"],
    );
    bad(
        "",
        "tag \"x\"; check run=\"echo {nobody}\"",
        &["`{nobody}` is neither an axis nor a placeholder"],
    );
}

#[test]
fn a_file_without_a_test() {
    for text in [
        "schemaVersion: 2.0.0\n",
        "schemaVersion: 2.0.0\nmetadataTest: {}\n",
        "schemaVersion: 2.0.0\nmetadataTest: {envVars: [], labels: [], exposedPorts: []}\n",
        "schemaVersion: 2.0.0\ncommandTests: []\nfileExistenceTests: []\nfileContentTests: []\n",
        "schemaVersion: 2.0.0\nglobalEnvVars: [{key: A, value: b}]\n",
        "schemaVersion: 2.0.0\ncontainerRunOptions: {user: root}\n",
        "",
        "# nothing\n",
        "{}",
        "schemaVersion: 2.0.0\ncommandTest: [{name: a, command: b}]\n",
    ] {
        let manifest = "workspace \"w\" { publish \"r.example/f/{image}\" }\nimage \"i\" { dockerfile \"D\"; check structure=\"s.yaml\" }\nimage \"j\" { dockerfile \"D\"; check structure=\"s.yaml\" network }";
        let files = [("D", "FROM debian:12\n"), ("s.yaml", text)];
        let outcome = line::tests::bring(manifest, &Inputs::default(), &files);
        assert!(outcome.faults.has_errors(), "{text}");
    }
    let text = run("", "check structure=\"c/x.yaml\" network");
    assert!(text.is_ok(), "{text:?}");
}

#[test]
fn a_parameter_whose_name_begins_like_the_architecture() {
    let set = "toolset \"t\" { param \"archive\"; check file=\"/opt/{archive}\" }";
    let settings = "use \"t\" archive=\"x\"; platforms \"linux/amd64\" \"linux/arm64\"";
    good(set, settings, &[&["file /opt/x @kiln.kdl:3"]]);
}
