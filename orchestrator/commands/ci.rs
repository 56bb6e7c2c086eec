mod fitting;
mod next_steps;
mod notes;
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
    /// For pipelines of --dynamic, which run this: write the jobs of this commit, for CircleCI and GitLab
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
        .refuse_single_run("ci")
        .and_then(|()| args.check_options(&global.variables))
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
        saved::check_workspace(&saved, &ready.fleet.name)?;
        let matrix = ci::matrix(&pipeline, &saved.plan);
        print(&matrix.map_err(|why| wrong(&why.to_string()))?);
        return Ok(Exit::Done);
    }
    let text = ci::write(system, &pipeline, &options).map_err(|why| wrong(&why.to_string()))?;
    match args.check {
        true => place.compare(&text),
        false => {
            let before = place.earlier_command();
            place.write(&text)?;
            // A job that computes the others needs no advice.
            if !args.inner {
                tell(&next_steps::text(args, &pipeline, &place));
                let dropped = before.and_then(|before| notes::dropped(&before, &text));
                let notes = notes::notes(args, &ready, global, host).into_iter();
                dropped
                    .into_iter()
                    .chain(notes)
                    .for_each(|note| tell(&note));
            }
            Ok(Exit::Done)
        }
    }
}

fn wrong(why: &str) -> Exit {
    complain(why);
    Exit::Wrong
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
    pub(super) fn system(&self) -> System {
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
}
