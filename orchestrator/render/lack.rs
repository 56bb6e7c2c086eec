//! Paths that builds take from contexts and do not find there.

use super::context::{Ignored, Key};
use crate::dockerfile::{Absent, CopiedPath, Dockerfile, Fault, NO_TARGET, absent};
use crate::text::{Shown, did_you_mean};
use crate::tree::Tree;

/// What is wrong with a path that a build takes from a context.
pub struct Lack {
    /// The code of its diagnostic.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: String,
}

/// Who takes the path.
#[derive(Clone, Copy)]
pub enum Taker<'a> {
    /// An instruction of the Dockerfile, from the context of this name; without one, from the build's own.
    Instruction(Option<&'a str>),
    /// ONBUILD of the parent with this label, from the build's own context.
    Onbuild(&'a str),
}

/// The files of a context, and the ignore file that chose them where it is known.
#[derive(Clone, Copy)]
pub(super) struct Sent<'a> {
    pub tree: &'a Tree,
    pub ignored: Option<&'a Ignored>,
}

impl Taker<'_> {
    fn subject(self, what: &str) -> String {
        match self {
            Taker::Instruction(_) => what.to_owned(),
            Taker::Onbuild(parent) => format!("{what}, which ONBUILD of `{parent}` copies,"),
        }
    }

    fn context(self) -> String {
        match self {
            Taker::Instruction(Some(name)) => format!("the named context `{}`", name.shown()),
            _ => "the build context".into(),
        }
    }
}

impl Lack {
    /// A path in a folder that kiln never sends.
    pub fn unsent(taker: Taker<'_>, path: &str, folder: &str) -> Self {
        let subject = taker.subject(&format!("`{}`", path.shown()));
        let help = match (folder, taker) {
            (".git", Taker::Instruction(_)) => {
                "declare it by itself: `contexts \"git\" \"./.git\"` in the image, and `--from=git` here (`from=git` in a mount); the image is then built again after each commit and each fetch"
            }
            (".git", Taker::Onbuild(_)) => {
                "copy it in this image, not by ONBUILD: `contexts \"git\" \"./.git\"` in the image, and `COPY --from=git` in its Dockerfile"
            }
            _ => "move the files to another folder: this one is kiln's own",
        };
        Self {
            code: "render::unsent",
            message: format!(
                "{subject} does not reach the build: kiln never sends the `{folder}` at the top of a workspace"
            ),
            help: help.into(),
        }
    }

    /// A path that builders need and the context lacks, if it does.
    pub fn absent(taker: Taker<'_>, path: &str, tree: &Tree) -> Option<Self> {
        Self::absent_from(
            taker,
            path,
            Sent {
                tree,
                ignored: None,
            },
        )
    }

    fn absent_from(taker: Taker<'_>, path: &str, sent: Sent<'_>) -> Option<Self> {
        let what = absent(sent.tree, path)?;
        let (subject, help) = match what {
            Absent::Nothing => (format!("`{}`", path.shown()), way_out(path, sent)),
            Absent::Link(link, target) => {
                let (target, link) = (target.shown(), link.shown());
                let subject = format!("the target `{target}` of the link `{link}`");
                (subject, elsewhere(sent.ignored.is_none()))
            }
        };
        let (subject, context) = (taker.subject(&subject), taker.context());
        Some(Self {
            code: "render::absent",
            message: format!("{subject} is not in {context}, and builds without it fail"),
            help,
        })
    }
}

/// How to bring a path into a context.
fn way_out(path: &str, sent: Sent<'_>) -> String {
    let leaves_out = |ignored: &&Ignored| ignored.patterns.excludes(path);
    if let Some(ignored) = sent.ignored.filter(leaves_out) {
        let (file, path) = (ignored.file.shown(), path.shown());
        return format!(
            "`{file}` leaves it out: write `!{path}` at its end, or remove the pattern"
        );
    }
    let near = did_you_mean(path, sent.tree.iter().flat_map(|(path, _)| up_to(path)));
    near.unwrap_or_else(|| elsewhere(sent.ignored.is_none()))
}

/// The folders that a path leads through, and itself.
fn up_to(path: &str) -> impl Iterator<Item = &str> {
    let folders = path.match_indices('/').map(|(end, _)| &path[..end]);
    folders.chain([path])
}

fn elsewhere(may_be_ignored: bool) -> String {
    let ignored = match may_be_ignored {
        true => "an ignore file may leave it out, or ",
        false => "",
    };
    format!(
        "paths are relative to the context; {ignored}another step may write it before the build"
    )
}

/// Refuses paths of a Dockerfile in folders that are never sent. `folder` gives the folder that a context is, by its name.
pub(super) fn check_sent<'k>(
    read: &mut Dockerfile,
    folder: impl Fn(Option<&str>) -> Option<&'k Key>,
) {
    let unsent = read.copied.iter().filter_map(|one| {
        let context = one.context.as_deref();
        let name = folder(context)?.never_sent(&one.path)?;
        let lack = Lack::unsent(Taker::Instruction(context), &one.path, name);
        Some(fault(one, lack))
    });
    let faults: Vec<Fault> = unsent.collect();
    read.faults.extend(faults);
}

/// Warns of paths of a Dockerfile that its contexts lack: another step may write them before the build. `sent` gives the files of a context, by its name.
pub(super) fn check_present<'t>(
    read: &mut Dockerfile,
    sent: impl Fn(Option<&str>) -> Option<Sent<'t>>,
) {
    // What an instruction with a fault copies is not known, and neither is what is built without the target.
    let is_faulty = |one: &CopiedPath| {
        let mut faults = read.faults.iter();
        faults.any(|fault| one.bytes.contains(&fault.bytes.start) || fault.code == NO_TARGET)
    };
    let copied = read.copied.iter();
    let copied = copied.filter(|one| one.is_literal && !is_faulty(one));
    let lacking = copied.filter_map(|one| {
        let context = one.context.as_deref();
        let taker = Taker::Instruction(context);
        let lack = Lack::absent_from(taker, &one.path, sent(context)?)?;
        Some(fault(one, lack))
    });
    let warnings: Vec<Fault> = lacking.collect();
    read.warnings.extend(warnings);
}

fn fault(one: &CopiedPath, lack: Lack) -> Fault {
    Fault {
        code: lack.code,
        message: lack.message,
        bytes: one.bytes.clone(),
        line: one.line,
        help: Some(lack.help),
        if_built: false,
        until: None,
    }
}
