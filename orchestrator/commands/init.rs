use crate::commands::{Exit, Global, Host, complain, print, show_all, tell, why_unwritten};
use crate::init::{self, Asked, Begun, Login, Machine, Place, Sourced, Written};
use crate::registry::credentials::Credentials;
use crate::text::{Diagnostic, Diagnostics, Sources};
use crate::workspace::{self, MANIFEST, Search, WriteError};
use std::path::{Path, PathBuf};

/// How many files a warning lists.
const LISTED: usize = 8;

/// Create a workspace in this folder, or in the folder that -C names
///
/// Writes a kiln.kdl that can be built at once: two images on a Debian base. The name and the registry come from
/// git and from Docker's logins. With --from, the manifest uses your existing Dockerfiles unchanged:
/// IMAGE/Dockerfile and IMAGE/TAG/Dockerfile. FROM lines that name each other's images become edges. Kiln
/// reports what it cannot convert, with its line.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  kiln init\n  kiln init --force --name acme --registry ghcr.io/acme\n  kiln init --force --from .circleci/images"
)]
pub struct Args {
    /// The name of the workspace [default: the name of the git remote or the folder]
    #[arg(long)]
    name: Option<String>,
    /// Where to publish: a registry or a path in one (ghcr.io/acme)
    #[arg(long, value_name = "REGISTRY")]
    registry: Option<String>,
    /// What the images are based on [default: docker.io/library/debian:trixie-slim]
    #[arg(long, value_name = "IMAGE", conflicts_with = "from")]
    base: Option<String>,
    /// Use the Dockerfiles below this folder of the workspace
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// Overwrite an existing kiln.kdl
    #[arg(long)]
    force: bool,
}

/// Runs `kiln init`.
pub async fn run(args: Args, global: &Global, host: &Host) -> Exit {
    if let Err(exit) = global.refuse_run("init") {
        return exit;
    }
    let mut sources = Sources::default();
    let mut faults = Diagnostics::default();
    let begun = begin(&args, global, host, &mut sources, &mut faults).await;
    let begun = begun.map_err(|fault| faults.push(fault)).ok();
    show_all(&faults, &sources, global, host);
    let Some((begun, lines)) = begun else {
        return Exit::Wrong;
    };
    let path = global.workspace.join(MANIFEST);
    above(&global.workspace);
    let files = begun.files.iter();
    let files = files.map(|(path, text)| (path.as_str(), text.as_str()));
    match workspace::write(&global.workspace, files, args.force) {
        Ok(()) => {
            print(&shown(&path, &begun, &lines, &global.workspace));
            Exit::Done
        }
        Err(why @ WriteError::There(_)) => {
            complain(&format!(
                "{why}\n  overwrite it with --force, or create the workspace in another folder: kiln -C DIR init"
            ));
            Exit::Wrong
        }
        Err(WriteError::Io { path, source }) => {
            complain(&why_unwritten(None, &path, &source));
            Exit::Failed
        }
    }
}

/// Warns about a workspace inside another one: usually, the current folder is the wrong one.
fn above(folder: &Path) {
    let parent = std::path::absolute(folder)
        .ok()
        .and_then(|folder| folder.parent().map(Path::to_owned));
    if let Some(other) = parent.and_then(|parent| workspace::find(&parent).ok()) {
        tell(&format!(
            "warning: {} is already a workspace; this creates another one inside it",
            other.display()
        ));
    }
}

/// The decided values, and where each comes from.
type Lines = Vec<(&'static str, Sourced)>;

async fn begin(
    args: &Args,
    global: &Global,
    host: &Host,
    sources: &mut Sources,
    faults: &mut Diagnostics,
) -> Result<(Begun, Lines), Diagnostic> {
    let root = std::path::absolute(&global.workspace)
        .and_then(|root| root.canonicalize().or(Ok(root)))
        .unwrap_or_default();
    let asked = Asked {
        name: args.name.clone(),
        registry: args.registry.clone(),
    };
    let place = init::place(&asked, &machine(&root, host).await)?;
    let name = ("name", place.name.clone());
    match &args.from {
        Some(folder) => {
            let (begun, publish) = from(&root, folder, &place, sources, faults)?;
            Ok((begun, vec![name, ("publish", publish)]))
        }
        None => {
            let (begun, base) = init::fresh(&place, args.base.as_deref())?;
            Ok((
                begun,
                vec![name, ("publish", place.publish), ("base", base)],
            ))
        }
    }
}

/// The facts from git and Docker's configuration. A source that cannot be read contributes nothing.
async fn machine(root: &Path, host: &Host) -> Machine {
    let logins = Credentials::from(&host.env)
        .logins()
        .await
        .unwrap_or_else(|why| {
            tell(&format!(
                "warning: {why}; name the registry with --registry"
            ));
            Vec::new()
        });
    Machine {
        remote: workspace::git::remote(root),
        folder: root
            .file_name()
            .map(|name| name.to_string_lossy().into_owned()),
        logins: logins
            .into_iter()
            .map(|(domain, user)| Login { domain, user })
            .collect(),
    }
}

fn from(
    root: &Path,
    folder: &Path,
    place: &Place,
    sources: &mut Sources,
    faults: &mut Diagnostics,
) -> Result<(Begun, Sourced), Diagnostic> {
    let wrong = |why: String| {
        Diagnostic::error("init::from", format!("--from {}: {why}", folder.display())).help(
            "a folder of Dockerfiles inside the workspace, relative to it: --from .circleci/images",
        )
    };
    let real = root
        .join(folder)
        .canonicalize()
        .map_err(|why| wrong(why.to_string()))?;
    let below = real
        .strip_prefix(root)
        .map_err(|_| wrong(String::from("it is not inside the workspace")))?;
    let below = below
        .to_str()
        .ok_or_else(|| wrong(String::from("its path is not UTF-8")))?;
    let found = workspace::dockerfiles(root, &real).map_err(wrong)?;
    faults.extend(skipped(&found).into_iter().collect());
    let written = |(path, text): (String, String)| {
        let full = if below.is_empty() {
            path.clone()
        } else {
            format!("{below}/{path}")
        };
        Written {
            source: sources.add(full.as_str(), text.as_str()),
            path: full,
            below: path,
            text: text.into(),
        }
    };
    let all: Vec<Written> = found.files.into_iter().map(written).collect();
    let has = |path: &str| root.join(path).symlink_metadata().is_ok();
    init::dockerfiles(
        place,
        if below.is_empty() { "." } else { below },
        &all,
        &has,
        faults,
    )
}

/// A warning for each kind of file that is left out.
fn skipped(found: &Search) -> Vec<Diagnostic> {
    let shown = |names: &[String]| match names.len().saturating_sub(LISTED) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..LISTED].join(", ")),
    };
    let mut warnings = Vec::new();
    let skipped: Vec<String> = found
        .skipped
        .iter()
        .map(|(path, why)| format!("{path} ({why})"))
        .collect();
    if !skipped.is_empty() {
        let message = format!("left out, since kiln cannot read them: {}", shown(&skipped));
        let help =
            "make them readable, and convert other encodings: iconv -f latin1 -t utf-8 OLD > NEW";
        warnings.push(Diagnostic::warning("init::unreadable", message).help(help));
    }
    if !found.templates.is_empty() {
        let message = format!(
            "left out, since they are templates: {}",
            shown(&found.templates)
        );
        let help = "begin with the Dockerfiles that your tool makes of them, or write kiln templates: docs/templates.md";
        warnings.push(Diagnostic::warning("init::template", message).help(help));
    }
    warnings
}

/// The decided values, the resulting graph, and the next steps.
fn shown(path: &Path, begun: &Begun, lines: &Lines, folder: &Path) -> String {
    let wide = lines
        .iter()
        .map(|(_, sourced)| sourced.value.len())
        .max()
        .unwrap_or_default();
    let decided: String = lines
        .iter()
        .map(|(what, sourced)| format!("  {what:<9}{:<wide$}   {}\n", sourced.value, sourced.from))
        .collect();
    let kiln = if folder == Path::new(".") {
        String::from("kiln")
    } else {
        format!("kiln -C {}", word(&folder.display().to_string()))
    };
    format!(
        "wrote {}\n{decided}\n{}\nNext\n  {kiln} build           builds them on your Docker Engine\n  {kiln} build --push    also publishes them\n  {kiln} validate        after each change: reports all errors at once\n",
        path.display(),
        begun.graph.text(&begun.fleet)
    )
}

/// A path quoted as one word of a shell command.
fn word(path: &str) -> String {
    let plain = path
        .chars()
        .all(|c| c.is_alphanumeric() || "/._-".contains(c));
    if plain {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
}
