//! What is left to do after a file was written.

use crate::ci::{Login, Need, Pipeline, System};
use crate::commands::ci::place::Place;
use crate::commands::ci::{Args, DockerName};

/// One line each.
pub(super) fn text(args: &Args, pipeline: &Pipeline, place: &Place) -> String {
    let written = place
        .is_file()
        .then(|| format!("written to {}", place.shown()));
    let mut lines: Vec<String> = written.into_iter().collect();
    lines.extend(place.note());
    lines.extend(machine(args));
    lines.extend(credentials(args, pipeline));
    lines.extend(secrets(args, pipeline));
    match args.system() {
        System::GitLab if !place.is_file() => {}
        System::GitLab if place.unusual.is_none() => lines.push(format!(
            "include it in .gitlab-ci.yml:\n  include:\n    - local: {}",
            System::GitLab.place()
        )),
        System::GitLab => lines.push(
            "run it with `include:`, or with `trigger: include:` if the pipeline has the jobs of another workspace, too".into(),
        ),
        System::CircleCi if args.dynamic => {
            lines.push("turn on dynamic configuration in the settings of the project".into());
            let needs = "note: the image of the jobs must have curl and jq, which the orb circleci/continuation runs";
            lines.extend(args.image.is_some().then(|| needs.to_owned()));
        }
        _ => {}
    }
    lines.join("\n")
}

/// Where the jobs run if no image was named, and what that lacks.
fn machine(args: &Args) -> Option<String> {
    if args.image.is_some() {
        return None;
    }
    let is_shell = matches!(args.docker, Some(DockerName::Shell));
    let image = match args.system() {
        System::GitLab if !is_shell => Some("docker:cli"),
        System::CircleCi => Some("cimg/base:current"),
        _ => None,
    };
    let ways = "--image IMAGE names an image that has it, --install COMMAND installs it";
    match (image, &args.install) {
        (Some("docker:cli"), Some(_)) => Some("note: --install runs in docker:cli, which is Alpine Linux: a kiln that was built for glibc, as on Debian, does not start there; name an image of Debian or Ubuntu with --image, too".into()),
        (_, Some(_)) => None,
        (Some(image), None) => Some(format!("note: the jobs run in {image}, which has no kiln; {ways}")),
        (None, None) => Some(format!("note: the jobs expect kiln on their machines; {ways}")),
    }
}

/// The credentials that the pipeline reads, but for those that the system gives by itself.
fn credentials(args: &Args, pipeline: &Pipeline) -> Option<String> {
    let is_own =
        |login: &&Login| args.system() == System::GitHub && login.domain.as_str() == "ghcr.io";
    let names = pipeline.logins().iter().filter(|login| !is_own(login));
    let names: Vec<String> = names.map(named).collect();
    let what = match args.system() {
        System::CircleCi => "variables of a context, which --context names",
        System::GitLab => "variables of the project; the project's own registry needs none",
        System::GitHub => "secrets of the repository",
    };
    let names = Some(names.join(", ")).filter(|names| !names.is_empty())?;
    Some(format!("credentials, USER:PASSWORD, are {what}: {names}"))
}

fn named(login: &Login) -> String {
    let variable = &login.variable;
    match login.need {
        Need::Always => variable.clone(),
        Need::PrivateBases => format!("{variable} (only if the bases there are private)"),
        Need::Password => format!("{variable} (only if that registry has a password)"),
    }
}

/// The secrets of builds and hooks that the pipeline reads.
fn secrets(args: &Args, pipeline: &Pipeline) -> Option<String> {
    let names = pipeline.secrets().iter().chain(&args.secret);
    let names: Vec<&str> = names.map(String::as_str).collect();
    let what = match args.system() {
        System::CircleCi => "variables of a context",
        System::GitLab => "variables of the project",
        System::GitHub => "secrets of the repository",
    };
    let names = Some(names.join(", ")).filter(|names| !names.is_empty())?;
    Some(format!(
        "secrets of builds and hooks are {what}, too: {names}"
    ))
}
