mod place;

use crate::ci::{self, By, Docker, Options, Part, Pipeline, System};
use crate::commands::{Demands, Exit, Global, Host, complain, load, print, saved, tell};
use crate::line::Ready;
use crate::registry::credentials::Credentials;
use place::Place;
use std::path::PathBuf;

/// Write the fleet as a pipeline of CircleCI, GitLab or GitHub
///
/// A first job saves the plan, each variant is built by a job of its own after those of its parents, and a last job publishes
/// what was staged, also if some builds failed. Pull requests are built with --untrusted, and a schedule starts the nightly
/// run. Needs no engine and no network. Overwrites only files that it wrote itself.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln ci github --image ghcr.io/acme/kiln:0.1.0\n  kiln ci github --image ghcr.io/acme/kiln:0.1.0 --check\n  kiln ci gitlab --docker shell --by level\n  kiln ci circleci --context registries --dynamic --out -"
)]
pub struct Args {
    /// The CI system
    #[arg(value_enum)]
    system: SystemName,
    /// What one job builds: a variant, or up to 50 variants of one level
    #[arg(long, value_enum, default_value = "variant")]
    by: ByName,
    /// Write nothing; show the differences and exit with 1 if there are any
    #[arg(long)]
    check: bool,
    /// Write to this file instead of the usual place; - writes to standard output
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The image that jobs run in: it has kiln, git and, for hooks, the Docker client
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// The shell command that installs kiln at the start of each job
    #[arg(long, value_name = "COMMAND")]
    install: Option<String>,
    /// The machines for the jobs: runs-on of GitHub, tags of GitLab, resource_class of CircleCI; may be repeated
    #[arg(long, value_name = "NAME")]
    runner: Vec<String>,
    /// Publish from pushes to this branch; may be repeated [default: main on GitHub, the default and protected branches on
    /// GitLab, all branches on CircleCI]
    #[arg(long, value_name = "NAME")]
    from_branch: Vec<String>,
    /// A context of CircleCI with credentials; may be repeated
    #[arg(long, value_name = "NAME")]
    context: Vec<String>,
    /// A secret of GitHub that the job that publishes gets as a variable of this name, for hooks; may be repeated
    #[arg(long, value_name = "NAME")]
    secret: Vec<String>,
    /// How jobs of GitLab reach an engine: one of their own in Docker (dind), that of the machine that they run on (shell),
    /// or its socket in their container [default: dind]
    #[arg(long, value_enum)]
    docker: Option<DockerName>,
    /// When GitHub starts the nightly run, in UTC [default: 0 4 * * *]
    #[arg(long, value_name = "CRON")]
    cron: Option<String>,
    /// Compute the jobs in each pipeline, so that the file does not change with the fleet; for CircleCI and GitLab
    #[arg(long)]
    dynamic: bool,
    /// Write what a file of --dynamic computes; such files do that themselves
    #[arg(long, conflicts_with_all = ["dynamic", "check"])]
    inner: bool,
    /// Print the matrices of --by level for a saved plan, for GITHUB_OUTPUT; files for GitHub do that themselves
    #[arg(long, value_name = "PLAN", conflicts_with_all = ["dynamic", "check", "out", "inner"])]
    matrix: Option<PathBuf>,
}

/// The names of the systems.
#[derive(clap::ValueEnum, Debug, Clone, Copy)]
pub enum SystemName {
    #[value(name = "circleci")]
    CircleCi,
    #[value(name = "gitlab")]
    GitLab,
    #[value(name = "github")]
    GitHub,
}

/// What one job builds.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByName {
    Variant,
    Level,
}

/// How jobs of GitLab reach an engine.
#[derive(clap::ValueEnum, Debug, Clone, Copy)]
pub enum DockerName {
    Dind,
    Shell,
    Socket,
}

/// Runs `kiln ci`.
pub fn run(args: Args, global: &Global, host: &Host) -> Exit {
    let done = global
        .refuse_set("ci")
        .and_then(|()| args.check_options())
        .and_then(|()| written(&args, global, host));
    done.unwrap_or_else(|exit| exit)
}

fn written(args: &Args, global: &Global, host: &Host) -> Result<Exit, Exit> {
    let (workspace, ready) = load(global, host, Demands::STAGE)?;
    let system = args.system();
    let place = Place::of(system, args.out.as_deref(), workspace.root())?;
    let options = args.options(global, &place);
    let pipeline = pipeline(&ready, system, options.by, &place);
    if let Some(plan) = &args.matrix {
        let saved = saved::read(plan)?;
        print(&ci::matrix(&pipeline, &saved.plan));
        return Ok(Exit::Done);
    }
    let text = ci::write(system, &pipeline, &options).map_err(|why| {
        complain(&why.to_string());
        Exit::Wrong
    })?;
    match args.check {
        true => place.compare(&text),
        false => {
            if place.write(&text)? {
                tell(&next_steps(args, &pipeline, &place));
            }
            Ok(Exit::Done)
        }
    }
}

fn pipeline(ready: &Ready, system: System, by: By, place: &Place) -> Pipeline {
    Pipeline::of(
        ready,
        system,
        by,
        place.folder.clone(),
        Credentials::variable,
    )
}

impl Args {
    fn system(&self) -> System {
        match self.system {
            SystemName::CircleCi => System::CircleCi,
            SystemName::GitLab => System::GitLab,
            SystemName::GitHub => System::GitHub,
        }
    }

    fn options(&self, global: &Global, place: &Place) -> Options {
        Options {
            by: match self.by {
                ByName::Variant => By::Variant,
                ByName::Level => By::Level,
            },
            part: match (self.dynamic, self.inner) {
                (true, _) => Part::Outer,
                (false, true) => Part::Inner,
                (false, false) => Part::Whole,
            },
            image: self.image.clone(),
            install: self.install.clone(),
            runners: self.runner.clone(),
            branches: self.from_branch.clone(),
            contexts: self.context.clone(),
            secrets: self.secret.iter().cloned().collect(),
            docker: match self.docker {
                None | Some(DockerName::Dind) => Docker::InDocker,
                Some(DockerName::Shell) => Docker::Shell,
                Some(DockerName::Socket) => Docker::Socket,
            },
            cron: self.cron.clone().unwrap_or_else(|| ci::CRON.to_owned()),
            variables: global.variables.clone(),
            out: place.unusual.clone(),
        }
    }

    /// Refuses options that another system has.
    fn check_options(&self) -> Result<(), Exit> {
        use System::{CircleCi, GitHub, GitLab};
        let is_level = self.by == ByName::Level;
        let table: [(&str, bool, &[System]); 7] = [
            ("--context", !self.context.is_empty(), &[CircleCi]),
            ("--docker", self.docker.is_some(), &[GitLab]),
            ("--secret", !self.secret.is_empty(), &[GitHub]),
            ("--cron", self.cron.is_some(), &[GitHub]),
            ("--dynamic", self.dynamic, &[CircleCi, GitLab]),
            ("--inner", self.inner, &[CircleCi, GitLab]),
            ("--matrix", self.matrix.is_some(), &[GitHub]),
        ];
        let system = self.system();
        let mut wrong = table
            .iter()
            .filter(|(_, is_given, of)| *is_given && !of.contains(&system));
        if let Some((option, _, of)) = wrong.next() {
            let of: Vec<&str> = of.iter().map(|system| system.title()).collect();
            let way_out = match (*option, system) {
                ("--dynamic", GitHub) => "\n  --by level lets each run compute the jobs of a level",
                _ => "\n  leave it out",
            };
            return Err(refused(&format!(
                "{option} is for {}{way_out}",
                of.join(" and ")
            )));
        }
        if self.matrix.is_some() && !is_level {
            return Err(refused("--matrix needs --by level"));
        }
        if system == CircleCi && self.runner.len() > 1 {
            return Err(refused(
                "--runner: a job of CircleCI has one resource class\n  give it once",
            ));
        }
        self.check_texts()
    }

    /// Refuses texts that would be something else in the file.
    fn check_texts(&self) -> Result<(), Exit> {
        let is_branch = |c: char| c.is_ascii_alphanumeric() || "._-/+@".contains(c);
        let is_word = |c: char| c.is_ascii_graphic() && !"\"'`$<>{}\\".contains(c);
        let of_words = [
            ("--image", self.image.as_slice()),
            ("--runner", &self.runner),
            ("--context", &self.context),
            ("--secret", &self.secret),
        ];
        let words = of_words
            .iter()
            .flat_map(|(option, all)| all.iter().map(move |one| (*option, one)));
        let mut wrong = words.filter(|(_, text)| text.is_empty() || !text.chars().all(is_word));
        if let Some((option, text)) = wrong.next() {
            return Err(refused(&format!(
                "{option} {text:?}: it cannot be written into the file\n  use letters, digits and ordinary punctuation, without spaces, quotes, `$` and brackets"
            )));
        }
        let mut branches = self.from_branch.iter();
        if let Some(branch) = branches.find(|text| text.is_empty() || !text.chars().all(is_branch))
        {
            return Err(refused(&format!(
                "--from-branch {branch:?}: it is not the name of a branch\n  use letters, digits, `.`, `_`, `-`, `/`, `+` and `@`"
            )));
        }
        match self
            .cron
            .as_deref()
            .is_some_and(|cron| cron.split(' ').filter(|one| !one.is_empty()).count() != 5)
        {
            true => Err(refused(
                "--cron: expected five fields, such as \"0 4 * * *\"",
            )),
            false => Ok(()),
        }
    }
}

fn refused(why: &str) -> Exit {
    complain(why);
    Exit::Wrong
}

/// What is left to do after a file was written.
fn next_steps(args: &Args, pipeline: &Pipeline, place: &Place) -> String {
    let mut lines = vec![format!("written to {}", place.shown())];
    if args.image.is_none() && args.install.is_none() {
        lines.push("note: the jobs expect kiln on their machines; --image IMAGE names an image that has it, --install COMMAND installs it".into());
    }
    let logins = pipeline.logins().iter();
    let own = |domain: &str| match args.system() {
        System::GitHub => domain == "ghcr.io",
        System::CircleCi | System::GitLab => false,
    };
    let names: Vec<&str> = logins
        .filter(|login| !own(login.domain.as_str()))
        .map(|login| login.variable.as_str())
        .collect();
    if !names.is_empty() {
        let what = match args.system() {
            System::CircleCi => "variables of a context, which --context names",
            System::GitLab => "variables of the project; the project's own registry needs none",
            System::GitHub => "secrets of the repository",
        };
        lines.push(format!(
            "credentials, USER:PASSWORD, are {what}: {}",
            names.join(", ")
        ));
    }
    match args.system() {
        System::GitLab if place.unusual.is_none() => lines.push(format!(
            "include it in .gitlab-ci.yml:\n  include:\n    - local: {}",
            System::GitLab.place()
        )),
        System::CircleCi if args.dynamic => {
            lines.push("turn on dynamic configuration in the settings of the project".into());
        }
        _ => {}
    }
    lines.join("\n")
}
