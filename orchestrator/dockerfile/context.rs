//! What a build reads from its context: the sources of COPY and ADD, and bind mounts, of the stages that it needs.
//!
//! Too much is safe (an image is built again without need), too little is not: what is not certain means the
//! whole context.

use super::flag::{self, Flag};
use super::instruction::Instruction;
use super::line::words;
use super::reads::Reads;
use super::variables::Variables;
use super::walk::Walk;
use super::{Dockerfile, heredoc, platform};
use crate::dockerfile::ImageRefKind;

/// The starts of sources that ADD downloads.
const ADDRESSES: [&str; 5] = ["http://", "https://", "git://", "ssh://", "git@"];

/// What the build for each platform reads, in their order.
pub(super) fn reads(walk: &Walk<'_>, escape: char, file: &Dockerfile) -> Vec<Reads> {
    let platforms = 0..walk.scope.targets().len();
    if own_rules(file) {
        return platforms.map(|_| Reads::All).collect();
    }
    let on = |at| on(walk, at, escape, file);
    platforms.map(on).collect()
}

/// Whether ONBUILD makes the builds of images based on this one read their contexts.
pub(super) fn onbuild(file: &Dockerfile) -> bool {
    file.instructions.iter().any(triggers)
}

/// Whether a frontend of its own reads the file: it may read anything.
fn own_rules(file: &Dockerfile) -> bool {
    let mut syntax = file
        .image_refs
        .iter()
        .filter(|i| i.kind == ImageRefKind::Syntax);
    syntax.any(|image| {
        let path = image.reference.repository.path();
        !path
            .rsplit('/')
            .next()
            .is_some_and(|name| name.contains("dockerfile"))
    })
}

fn on(walk: &Walk<'_>, at: usize, escape: char, file: &Dockerfile) -> Reads {
    let needed = platform::needed(&walk.links, walk.target, at);
    let mut stages: Vec<(Variables, bool)> = Vec::new();
    let mut reads = Reads::default();
    for instruction in &file.instructions {
        if instruction.keyword == "FROM" {
            let below = walk
                .links
                .get(stages.len())
                .and_then(|link| *link.below.get(at)?);
            let (variables, onbuild) = below.map(|below| stages[below].clone()).unwrap_or_default();
            if onbuild && needed[stages.len()] {
                return Reads::All;
            }
            stages.push((variables, false));
            continue;
        }
        let Some(stage) = stages.len().checked_sub(1) else {
            continue;
        };
        let (variables, onbuild) = &mut stages[stage];
        *onbuild |= triggers(instruction);
        variables.set(&walk.scope, at, instruction, escape);
        if needed[stage] {
            add(instruction, variables, escape, &mut reads);
        }
    }
    reads
}

/// Adds what one instruction reads.
fn add(instruction: &Instruction, variables: &Variables, escape: char, reads: &mut Reads) {
    let text = &instruction.logical.text;
    let (flags, at) = flag::flags(text, instruction.rest);
    match instruction.keyword.as_str() {
        "RUN" => {
            for flag in flags.iter().filter(|flag| binds_context(flag)) {
                mount(flag, reads);
            }
        }
        "COPY" | "ADD" if !flags.iter().any(names_image) => {
            for source in sources(&text[at..]) {
                copy(instruction, &source, variables, escape, reads);
            }
        }
        _ => {}
    }
}

fn copy(
    instruction: &Instruction,
    source: &str,
    variables: &Variables,
    escape: char,
    reads: &mut Reads,
) {
    let address = |text: &str| {
        instruction.keyword == "ADD" && ADDRESSES.iter().any(|start| text.starts_with(start))
    };
    if address(source) || heredoc::is_mark(source) {
        return;
    }
    match variables.expand(source, escape) {
        Some(path) if address(&path) => {}
        Some(path) => reads.add(&path, false),
        None => *reads = Reads::All,
    }
}

/// The words of a COPY or ADD but the last, which is where they are copied to.
fn sources(arguments: &str) -> Vec<String> {
    let mut all: Vec<String> = match serde_json::from_str(arguments.trim()) {
        Ok(list) => list,
        Err(_) => words(arguments)
            .into_iter()
            .map(|word| arguments[word].to_owned())
            .collect(),
    };
    all.pop();
    all
}

fn mount(flag: &Flag, reads: &mut Reads) {
    let source = flag
        .fields()
        .filter(|(key, ..)| matches!(key.as_str(), "source" | "src"));
    match source.last() {
        Some((_, path, _)) if !path.contains('$') => reads.add(path, true),
        _ => *reads = Reads::All,
    }
}

fn names_image(flag: &Flag) -> bool {
    flag.name == "from" && !flag.value.is_empty()
}

/// Whether a mount shows files of the context: `bind` is the type of a mount that says none.
fn binds_context(flag: &Flag) -> bool {
    let says = |name: &str| {
        let fields = flag.fields().filter(|(key, ..)| key == name);
        fields
            .last()
            .map(|(_, value, _)| value)
            .filter(|value| !value.is_empty())
    };
    flag.name == "mount" && says("from").is_none() && says("type").is_none_or(|kind| kind == "bind")
}

/// Whether this is an ONBUILD that reads the context of another build.
fn triggers(instruction: &Instruction) -> bool {
    if instruction.keyword != "ONBUILD" {
        return false;
    }
    let subject = instruction.subject();
    let text = &instruction.logical.text;
    let (flags, _) = flag::flags(text, subject.end);
    match text[subject].to_ascii_uppercase().as_str() {
        "COPY" | "ADD" => !flags.iter().any(names_image),
        "RUN" => flags.iter().any(binds_context),
        _ => false,
    }
}
