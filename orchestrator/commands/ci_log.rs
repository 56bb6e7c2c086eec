//! The log of the CI system that kiln runs in.

use crate::commands::{DiagnosticsFormat, Global};
use crate::host::Environment;
use crate::report::{CiLog, GitHub, Guard};
use crate::text::{Diagnostics, Severity, Sources};
use crate::workspace;
use std::path::Path;

/// The log that the environment names. None if standard error is for programs.
pub(crate) fn of(env: &Environment, global: &Global) -> Option<CiLog> {
    if global.diagnostics == DiagnosticsFormat::Json {
        return None;
    }
    if is_github(env) {
        let token = format!("kiln{:032x}", rand::random::<u128>());
        let folder = folder(env, global).unwrap_or_default();
        return Some(CiLog::GitHub(GitHub::new(token, &folder)));
    }
    (env.get("GITLAB_CI") == Some("true")).then_some(CiLog::GitLab)
}

/// What keeps text of others from being a command, where commands are read from both outputs: also if kiln writes none itself.
pub(crate) fn guard(env: &Environment, log: Option<&CiLog>) -> Option<Guard> {
    is_github(env).then(|| Guard::new(log))
}

fn is_github(env: &Environment) -> bool {
    env.get("GITHUB_ACTIONS") == Some("true")
}

/// The path from the root of the repository to the workspace: GitHub finds files from there.
fn folder(env: &Environment, global: &Global) -> Option<String> {
    let root = Path::new(env.get("GITHUB_WORKSPACE")?);
    let workspace = workspace::find(&global.workspace).ok()?;
    let (root, workspace) = (root.canonicalize().ok()?, workspace.canonicalize().ok()?);
    let folder = workspace.strip_prefix(root).ok()?;
    folder.to_str().map(str::to_owned)
}

/// Errors about the manifest at their lines, for systems that show them outside of the log.
pub(super) fn errors(log: &CiLog, found: &Diagnostics, sources: &Sources) -> String {
    let errors = found.iter().filter(|one| one.severity == Severity::Error);
    let shown = errors.take(CiLog::ERRORS).map(|one| {
        let place = one.labels.first().and_then(|label| {
            let source = sources.get(label.span.source)?;
            let (line, column) = source.position(label.span.start as usize);
            Some(format!("{}:{line}:{column}", source.path))
        });
        log.error(place.as_deref(), one.code, &one.sentence())
    });
    shown.collect()
}
