//! Stages, and the walk over all instructions that collects the images they name.

use super::image_ref::StageBase;
use super::instruction::Instruction;
use super::line::{quoted_words, words};
use super::named::Named;
use super::platform;
use super::scope::Scope;
use super::walk::{BuildStage, FromParts, Link, Walk};
use super::{Dockerfile, Fault, Given, address, context, executed, flag, image_ref, mounts};
use crate::text::{Shown, did_you_mean};
use std::collections::BTreeSet;
use std::ops::Range;

/// Collects stages, images and their faults.
pub(super) fn read(given: Given<'_>, escape: char, file: &mut Dockerfile) {
    let froms = file.instructions.iter().filter(|i| i.keyword == "FROM");
    let stages: Vec<BuildStage> = froms
        .map(|i| BuildStage {
            name: name(i),
            line: *i.lines.start(),
        })
        .collect();
    let target = target(given.target, &stages, &mut file.faults);
    file.is_open = !file.faults.is_empty();
    let mut walk = Walk {
        scope: Scope::new(given, escape),
        target,
        stages,
        images: BTreeSet::new(),
        named: file.instructions.iter().flat_map(named_by).collect(),
        begun: 0,
        grounds: Vec::new(),
        links: Vec::new(),
    };
    collect(&mut walk, escape, file);
    for ring in walk.rings() {
        let mut faults = file.faults.iter_mut();
        if let Some(fault) = faults.find(|fault| fault.if_built && fault.bytes == ring) {
            fault.if_built = false;
            fault.help =
                Some("the later stage copies from this one: leave out one of the two".into());
        }
    }
    if walk.stages.is_empty() && file.faults.is_empty() {
        let place = file.instructions.last().map_or(0..0, |i| i.bytes.clone());
        file.faults.push(Fault::new(
            "dockerfile::no-from",
            "the file has no FROM",
            place,
            1,
        ));
    }
    file.image_refs
        .sort_by_key(|image_ref| image_ref.bytes.start);
    let ground = walk.grounds.get(walk.target).copied().flatten();
    file.final_base = ground.and_then(|start| {
        file.image_refs
            .iter()
            .position(|image_ref| image_ref.bytes.start == start)
    });
    (file.reads, file.folder_reads) = context::reads(&walk, escape, file);
    file.copied = context::copied(&walk, escape, file);
    file.unfixed = address::unfixed(&walk, escape, file);
    file.mounts = mounts::all(&walk, escape, file);
    file.onbuild_reads = context::onbuild(&walk, escape, file);
    file.stages = std::mem::take(&mut walk.stages);
    file.executed = executed::executed(&walk, file);
    platform::settle(&walk, file);
}

/// The code of the fault of a target that the file has no stage for.
pub const NO_TARGET: &str = "dockerfile::target";

/// The index of the stage that is built.
fn target(wanted: Option<&str>, stages: &[BuildStage], faults: &mut Vec<Fault>) -> usize {
    let last = stages.len().saturating_sub(1);
    let Some(wanted) = wanted else {
        return last;
    };
    let named = |stage: &BuildStage| stage.name.as_deref() == Some(&wanted.to_lowercase());
    match stages.iter().rposition(named) {
        Some(stage) => stage,
        None => {
            let names = || stages.iter().filter_map(|stage| stage.name.as_deref());
            let known: Vec<&str> = names().collect();
            let numbered = wanted.parse().ok().and_then(|at: usize| stages.get(at));
            let message = match numbered {
                Some(_) => format!("`{wanted}` is a number; BuildKit finds a target by its name"),
                None => format!(
                    "the file has no stage `{}`, which is the target",
                    wanted.shown()
                ),
            };
            let near = did_you_mean(wanted, names());
            let help = near.unwrap_or_else(|| match (numbered, known.as_slice()) {
                (
                    Some(BuildStage {
                        name: Some(name), ..
                    }),
                    _,
                ) => format!("write `{name}`"),
                (Some(stage), _) => format!(
                    "name the stage, `FROM … AS name` in line {}, and write that name",
                    stage.line
                ),
                (None, []) => String::from("give the stage a name: `FROM … AS name`"),
                (None, known) => format!("its stages are {}", known.join(", ")),
            });
            faults.push(Fault::new(NO_TARGET, message, 0..0, 1).help(help));
            last
        }
    }
}

/// Adds the images, folders and faults of each instruction.
fn collect(walk: &mut Walk<'_>, escape: char, file: &mut Dockerfile) {
    // Only the first misplaced instruction is reported.
    let mut misplaced = false;
    for instruction in std::mem::take(&mut file.instructions) {
        let found = match instruction.keyword.as_str() {
            "FROM" => vec![from(walk, &instruction, &mut file.faults)],
            "ARG" if walk.begun == 0 => {
                quoted_words(&instruction.logical.text[instruction.rest..], escape)
                    .into_iter()
                    .for_each(|word| walk.scope.declare(word));
                Vec::new()
            }
            _ if walk.begun == 0 && !std::mem::replace(&mut misplaced, true) => {
                vec![Err(instruction.fault_here(
                    "dockerfile::before-from",
                    "only ARG is allowed before the first FROM",
                ))]
            }
            "COPY" => vec![image_ref::copy(walk, &instruction)],
            "RUN" => image_ref::mounts(walk, &instruction),
            "ONBUILD" => vec![image_ref::onbuild(&instruction)],
            _ => Vec::new(),
        };
        let names_images = matches!(instruction.keyword.as_str(), "FROM" | "COPY" | "RUN");
        file.instructions.push(instruction);
        for one in found {
            match one {
                Ok(named) => named.into_iter().for_each(|named| file.add(named)),
                Err(fault) => {
                    file.is_open |= names_images;
                    file.faults.push(fault);
                }
            }
        }
    }
}

fn from(
    walk: &mut Walk<'_>,
    instruction: &Instruction,
    faults: &mut Vec<Fault>,
) -> Result<Option<Named>, Fault> {
    let parts = parts(instruction);
    let mut link = Link {
        bytes: instruction.bytes.clone(),
        line: *instruction.lines.start(),
        from: instruction.bytes.clone(),
        ..Link::default()
    };
    if let Ok(from) = &parts {
        link.image = instruction.logical.bytes(from.image.clone());
        if let Some(flag) = &from.platform {
            link.bytes = instruction.logical.bytes(flag.whole());
        }
        match platform::on(&walk.scope, instruction, from) {
            Ok(on) => link.on = on,
            Err(fault) => faults.push(fault),
        }
    }
    let image = parts.as_ref().ok().map(|from| from.image.clone());
    let image = image.map(|place| instruction.logical.text[place].to_owned());
    let found = parts.and_then(|from| image_ref::from(walk, instruction, &from));
    // A word that is not understood is not an image because it is written twice.
    walk.images.extend(image.filter(|_| found.is_ok()));
    walk.begun += 1;
    walk.grounds.push(match &found {
        Ok(StageBase::Named(Named::Image(image_ref))) => Some(image_ref.bytes.start),
        Ok(StageBase::Stages(all)) => match all.as_slice() {
            [Some(at), rest @ ..] if rest.iter().all(|other| *other == Some(*at)) => {
                walk.grounds.get(*at).copied().flatten()
            }
            _ => None,
        },
        Ok(StageBase::Named(Named::Folder(_))) | Err(_) => None,
    });
    let ground = found.map(|ground| match ground {
        StageBase::Named(named) => Some(named),
        StageBase::Stages(all) => {
            link.below = all;
            None
        }
    });
    walk.links.push(link);
    ground
}

/// What FROM, `COPY --from` and the mounts of RUN name, in lower case.
fn named_by(instruction: &Instruction) -> Vec<String> {
    let text = &instruction.logical.text;
    if instruction.keyword == "FROM" {
        let image = parts(instruction).map(|from| text[from.image].to_lowercase());
        return image.into_iter().collect();
    }
    sources(instruction)
}

/// Whether `COPY --from` or a mount of RUN may name a stage by its number.
pub(super) fn names_number(instruction: &Instruction) -> bool {
    let may_be = |c: char| c.is_ascii_digit() || matches!(c, '$' | '"' | '\'' | '\\' | '`');
    let mut named = sources(instruction).into_iter();
    named.any(|name| name.starts_with(may_be) && !name.contains(['/', ':']))
}

/// What `COPY --from` and the mounts of RUN name, in lower case.
fn sources(instruction: &Instruction) -> Vec<String> {
    if !matches!(instruction.keyword.as_str(), "COPY" | "RUN") {
        return Vec::new();
    }
    let (flags, _) = flag::flags(&instruction.logical.text, instruction.rest);
    let named = flags.iter().flat_map(|flag| match flag.name.as_str() {
        "from" => vec![flag.value.to_lowercase()],
        _ => {
            let from = flag.fields().filter(|(key, ..)| key == "from");
            from.map(|(_, value, _)| value.to_lowercase()).collect()
        }
    });
    named.collect()
}

/// The name of the stage that a FROM begins, in lower case.
pub(super) fn name(instruction: &Instruction) -> Option<String> {
    parts(instruction).ok()?.name
}

/// The byte range of the image of a FROM.
pub(super) fn image(instruction: &Instruction) -> Option<Range<usize>> {
    let image = parts(instruction).ok()?.image;
    Some(instruction.logical.bytes(image))
}

/// Parses a FROM: `FROM [--platform=p] image [AS name]`.
fn parts(instruction: &Instruction) -> Result<FromParts, Fault> {
    let text = &instruction.logical.text;
    let (flags, at) = flag::flags(text, instruction.rest);
    let words: Vec<_> = words(&text[at..])
        .into_iter()
        .map(|w| w.start + at..w.end + at)
        .collect();
    let (image, name) = match words.as_slice() {
        [image] => (image, None),
        [image, keyword, name] if text[keyword.clone()].eq_ignore_ascii_case("as") => {
            (image, Some(name))
        }
        _ => {
            let fault = instruction.fault_here("dockerfile::from", "this FROM cannot be parsed");
            return Err(fault.help("write `FROM [--platform=<platform>] <image> [AS <name>]`"));
        }
    };
    let name = name
        .map(|place| stage_name(instruction, place.clone()))
        .transpose()?;
    let platform = flags.into_iter().rfind(|flag| flag.name == "platform");
    // BuildKit takes an empty one for none.
    let platform = platform.filter(|flag| !flag.value.is_empty());
    Ok(FromParts {
        image: image.clone(),
        platform,
        name,
    })
}

fn stage_name(instruction: &Instruction, place: Range<usize>) -> Result<String, Fault> {
    let name = instruction.logical.text[place.clone()].to_lowercase();
    let valid =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    if name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(valid) {
        return Ok(name);
    }
    let fault = instruction.fault(
        "dockerfile::stage-name",
        format!("`{}` cannot name a stage", name.shown()),
        place,
    );
    Err(fault.help("use a letter, then letters, digits, `-`, `_` or `.`"))
}
