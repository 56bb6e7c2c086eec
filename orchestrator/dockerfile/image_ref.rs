//! The images that instructions name, with Docker's scoping rules:
//!
//! - FROM expands variables, from global ARGs only; a stage counts once it has begun, so
//!   `FROM debian AS debian` means the image.
//! - `COPY --from` and `RUN --mount=…,from=` expand nothing: every builder of Docker refuses a
//!   variable there, so it is a fault here. COPY also accepts a stage by its number.
//! - An image after ONBUILD would be fetched by another build, where nothing can lock it.

use super::flag::{self, Flag};
use super::instruction::Instruction;
use super::named::Named;
use super::scope::unresolved;
use super::walk::{FromParts, Walk};
use super::{Dockerfile, Fault, directive::Directives};
use crate::dockerfile::{ContextSource, FolderRef, ImageRef, ImageRefKind, NamedContext};
use crate::name::{NameError, Reference};
use crate::text::suggest;
use indexmap::IndexSet;
use std::ops::Range;

/// Shorter words resemble each other without being meant.
const SHORTEST_TYPO: usize = 4;

/// The reserved name of the empty image.
const SCRATCH: &str = "scratch";

/// The frontend's image, if the file names one.
pub(super) fn frontend(directives: &Directives, file: &mut Dockerfile) {
    let Some((image, bytes, line)) = &directives.syntax else {
        return;
    };
    match image.parse() {
        Ok(reference) => file.image_refs.push(ImageRef {
            kind: ImageRefKind::Syntax,
            reference,
            bytes: bytes.clone(),
            line: *line,
            needs: Vec::new(),
            context: None,
        }),
        Err(why) => file.faults.push(Fault::new(
            "dockerfile::reference",
            format!("`# syntax=`: {why}"),
            bytes.clone(),
            *line,
        )),
    }
}

/// What a FROM is based on.
pub(super) enum StageBase {
    Named(Named),
    /// By platform, an earlier stage by index; `None` for `scratch`.
    Stages(Vec<Option<usize>>),
}

/// Resolves the image or stage that a FROM names.
pub(super) fn from(
    walk: &Walk<'_>,
    instruction: &Instruction,
    from: &FromParts,
) -> Result<StageBase, Fault> {
    let name = from.name.as_deref();
    if let Some(context) = name.and_then(|name| walk.context(name)) {
        let word = &instruction.logical.text[from.image.clone()];
        let place = Replaced::new(instruction, ImageRefKind::From, word, from.image.clone())?;
        return Ok(StageBase::Named(place.with(context)));
    }
    let word = &instruction.logical.text[from.image.clone()];
    let values = walk
        .scope
        .expand(word)
        .map_err(|why| unresolved(&walk.scope, instruction, word, from.image.clone(), why))?;
    let stage = |value: &String| walk.stage(value, walk.begun);
    if values
        .iter()
        .all(|value| value == SCRATCH || stage(value).is_some())
    {
        return Ok(StageBase::Stages(values.iter().map(stage).collect()));
    }
    let values: IndexSet<String> = values.into_iter().collect();
    let (Some(value), 1) = (values.first(), values.len()) else {
        let message = format!(
            "`{word}` resolves to a different image on each platform: {}",
            values
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ")
        );
        let fault = instruction.fault("dockerfile::by-platform", message, from.image.clone());
        return Err(fault.help("give each platform its own stage (`FROM image AS base-amd64`) and choose the stage here"));
    };
    if let Some(near) = meant(walk, value) {
        return Err(no_stage(walk, instruction, value, near, from.image.clone()));
    }
    named(
        walk,
        instruction,
        ImageRefKind::From,
        value,
        from.image.clone(),
    )
    .map(StageBase::Named)
}

/// The earlier stage or the context that a bare word of FROM probably means. The name of a stage often begins with that of its
/// image, `debian-base` of `debian`, an image that several FROMs name is one, and short names resemble each other, `bash` and
/// `base`. A word with a letter more or less at its end means the stage if nothing else uses that: `runtim` of `runtime`.
fn meant<'w>(walk: &'w Walk<'_>, value: &str) -> Option<&'w str> {
    let near = mistyped(walk, value, walk.begun).filter(|_| !walk.images.contains(value))?;
    let is_short = value.len().min(near.len()) <= SHORTEST_TYPO;
    let added = near
        .strip_prefix(value)
        .or_else(|| value.strip_prefix(near));
    let is_letter = |added: &str| added.len() == 1 && added.as_bytes()[0].is_ascii_alphabetic();
    let is_meant = added.is_none_or(|added| is_letter(added) && !walk.is_used(near));
    (!is_short && is_meant).then_some(near)
}

/// The fault of a name that resembles one of a stage.
fn no_stage(
    walk: &Walk<'_>,
    instruction: &Instruction,
    value: &str,
    near: &str,
    place: Range<usize>,
) -> Fault {
    let message = match walk.contexts().next() {
        Some(_) => format!("neither a stage nor a named context is called `{value}`"),
        None => format!("the file has no stage `{value}`"),
    };
    let fault = instruction.fault("dockerfile::stage", message, place);
    fault.help(format!(
        "did you mean `{near}`? If you mean the image, write it with its tag: `{value}:latest`"
    ))
}

/// The image or folder of a `COPY --from=`.
pub(super) fn copy(walk: &mut Walk<'_>, instruction: &Instruction) -> Result<Option<Named>, Fault> {
    let (flags, _) = flag::flags(&instruction.logical.text, instruction.rest);
    let Some(flag) = flags
        .iter()
        .rfind(|flag| flag.name == "from" && !flag.value.is_empty())
    else {
        return Ok(None);
    };
    match flag.value.parse::<usize>() {
        Ok(number) if number + 1 < walk.begun => {
            walk.copies(number);
            Ok(None)
        }
        Ok(number) => {
            let message =
                format!("there are not enough stages before this one for `--from={number}`");
            let fault = instruction.fault("dockerfile::stage", message, flag.whole());
            if !(walk.begun..walk.stages.len()).contains(&number) {
                return Err(fault);
            }
            walk.copies_later(number, fault.bytes.clone());
            Err(fault.if_built())
        }
        Err(_) => outside(
            walk,
            instruction,
            ImageRefKind::CopyFrom,
            &flag.value,
            flag.whole(),
        ),
    }
}

/// The images and folders of a RUN's mounts.
pub(super) fn mounts(
    walk: &mut Walk<'_>,
    instruction: &Instruction,
) -> Vec<Result<Option<Named>, Fault>> {
    let (flags, _) = flag::flags(&instruction.logical.text, instruction.rest);
    let mounts = flags.iter().filter(|flag| flag.name == "mount");
    mounts.map(|flag| mount(walk, instruction, flag)).collect()
}

fn mount(
    walk: &mut Walk<'_>,
    instruction: &Instruction,
    flag: &Flag,
) -> Result<Option<Named>, Fault> {
    if flag.value.contains('"') {
        let fault = instruction.fault(
            "dockerfile::mount",
            "quoted fields of a mount are not supported",
            flag.whole(),
        );
        return Err(fault.help("write the mount's fields without quotes"));
    }
    let Some((_, value, range)) = flag
        .fields()
        .filter(|(key, value, _)| key == "from" && !value.is_empty())
        .last()
    else {
        return Ok(None);
    };
    let place = flag.place(range);
    if value.bytes().all(|b| b.is_ascii_digit()) {
        let fault = instruction.fault(
            "dockerfile::stage",
            format!("`from={value}`: a mount accepts a stage only by name"),
            place,
        );
        let help = "give the stage a name: `FROM … AS name`";
        return Err(fault.if_built().help(help));
    }
    outside(walk, instruction, ImageRefKind::MountFrom, value, place)
}

/// The image or folder named by a flag; `None` for an earlier stage and for `scratch`.
fn outside(
    walk: &mut Walk<'_>,
    instruction: &Instruction,
    kind: ImageRefKind,
    value: &str,
    place: Range<usize>,
) -> Result<Option<Named>, Fault> {
    if value.contains('$') {
        let fault = instruction.fault(
            "dockerfile::variable",
            format!("`{value}`: no builder expands variables here"),
            place,
        );
        return Err(fault.help("name the image in a stage (`FROM $X AS tools`, with `ARG X` above the first FROM) and copy from the stage"));
    }
    if value == SCRATCH {
        return Ok(None);
    }
    if let Some(stage) = walk.stage(value, walk.begun.saturating_sub(1)) {
        walk.copies(stage);
        return Ok(None);
    }
    if let Some(context) = walk.context(value) {
        let place = Replaced::new(instruction, kind, value, place)?;
        return Ok(Some(place.with(context)));
    }
    if let Some(at) = walk.stage(value, walk.stages.len()) {
        let line = walk.stages[at].line;
        let message = format!("the stage `{value}` (line {line}) does not come before this one");
        let fault = instruction.fault("dockerfile::stage", message, place);
        if at < walk.begun {
            return Err(fault);
        }
        walk.copies_later(at, fault.bytes.clone());
        return Err(fault.if_built());
    }
    let before = walk.begun.saturating_sub(1);
    if let Some(near) = mistyped(walk, value, before).filter(|_| !walk.images.contains(value)) {
        return Err(no_stage(walk, instruction, value, near, place));
    }
    named(walk, instruction, kind, value, place).map(Some)
}

/// The stage among the first ones, or the context, that a bare word resembles. A short word does only if it lacks one letter:
/// `bas` of `base`.
fn mistyped<'w>(walk: &'w Walk<'_>, value: &str, stages: usize) -> Option<&'w str> {
    if value.contains(['/', ':', '@', '.']) {
        return None;
    }
    let stages = walk.stages.iter().take(stages);
    let stages = stages.filter_map(|stage| stage.name.as_deref());
    let mut known = stages.chain(walk.contexts());
    match value.len() < SHORTEST_TYPO {
        false => suggest(value, known),
        true => known.find(|known| known.len() > 3 && lacks_a_letter(value, known)),
    }
}

/// Whether a word is another one without one of its letters.
fn lacks_a_letter(word: &str, other: &str) -> bool {
    let mut letters = other.char_indices();
    letters.any(|(at, letter)| {
        let (before, after) = (&other[..at], &other[at + letter.len_utf8()..]);
        word.strip_prefix(before) == Some(after)
    })
}

/// What a name means that is not a stage: a context, else an image.
fn named(
    walk: &Walk<'_>,
    instruction: &Instruction,
    kind: ImageRefKind,
    value: &str,
    place: Range<usize>,
) -> Result<Named, Fault> {
    let replaced = Replaced::new(instruction, kind, value, place.clone())?;
    if let Some(context) = walk.context(value) {
        return Ok(replaced.with(context));
    }
    let reference = value.parse();
    let reference = reference.map_err(|why: NameError| {
        instruction.fault("dockerfile::reference", why.to_string(), place)
    })?;
    Ok(Named::Image(replaced.image(reference, None)))
}

/// A place whose name is replaced when the file is sent.
struct Replaced {
    kind: ImageRefKind,
    bytes: Range<usize>,
    line: usize,
}

impl Replaced {
    fn new(
        instruction: &Instruction,
        kind: ImageRefKind,
        value: &str,
        place: Range<usize>,
    ) -> Result<Self, Fault> {
        let written = &instruction.logical.text[place.clone()];
        let bytes = instruction.logical.bytes(place.clone());
        // The replacement must not leave half a quote behind or change line numbers.
        if (kind != ImageRefKind::From && written.contains(['"', '\'']))
            || bytes.len() != written.len()
        {
            let fault = instruction.fault(
                "dockerfile::split-name",
                format!("the image name `{value}` is split by quotes or a line break"),
                place,
            );
            return Err(fault.help("write it without quotes inside it and on one line"));
        }
        let line = instruction.logical.line(place.start);
        Ok(Self { kind, bytes, line })
    }

    fn with(self, context: &NamedContext) -> Named {
        let name = Box::from(context.name.as_str());
        match &context.source {
            ContextSource::Image(reference) => {
                Named::Image(self.image(reference.clone(), Some(name)))
            }
            ContextSource::Folder => Named::Folder(FolderRef {
                kind: self.kind,
                context: name,
                bytes: self.bytes,
                line: self.line,
                needs: Vec::new(),
            }),
        }
    }

    fn image(self, reference: Reference, context: Option<Box<str>>) -> ImageRef {
        ImageRef {
            kind: self.kind,
            reference,
            bytes: self.bytes,
            line: self.line,
            needs: Vec::new(),
            context,
        }
    }
}

/// Refuses images after ONBUILD: a child's build fetches them, and nothing there can lock them.
pub(super) fn onbuild(instruction: &Instruction) -> Result<Option<Named>, Fault> {
    let (flags, _) = flag::flags(&instruction.logical.text, instruction.subject().end);
    let names = |flag: &&Flag| match flag.name.as_str() {
        "from" => !flag.value.is_empty(),
        "mount" => flag
            .fields()
            .any(|(key, value, _)| key == "from" && !value.is_empty()),
        _ => false,
    };
    match flags.iter().find(names) {
        Some(flag) => {
            let fault = instruction.fault(
                "dockerfile::onbuild",
                "an image after ONBUILD is fetched by the builds of images based on this one",
                flag.whole(),
            );
            Err(fault.help("copy from it in the images that need it"))
        }
        None => Ok(None),
    }
}
