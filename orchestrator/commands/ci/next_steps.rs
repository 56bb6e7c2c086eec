//! What is left to do after a file was written.

use crate::ci::{Pipeline, System};
use crate::commands::ci::Args;
use crate::commands::ci::place::Place;

/// One line each.
pub(super) fn text(args: &Args, pipeline: &Pipeline, place: &Place) -> String {
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
        System::GitLab => lines.push(
            "run it with `include:`, or with `trigger: include:` if the pipeline has the jobs of another workspace, too".into(),
        ),
        System::CircleCi if args.dynamic => {
            lines.push("turn on dynamic configuration in the settings of the project".into());
        }
        _ => {}
    }
    lines.join("\n")
}
