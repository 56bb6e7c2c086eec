//! What a build reads from its contexts: the sources of COPY and ADD, and bind mounts, of the stages that it needs.
//!
//! Too much is safe (an image is built again without need), too little is not: what is not certain means the
//! whole context.

use super::flag::{self, Flag};
use super::instruction::Instruction;
use super::line::words;
use super::reads::Reads;
use super::variables::Variables;
use super::walk::Walk;
use super::{CopiedPath, Dockerfile, built, heredoc};
use crate::dockerfile::{FolderRef, ImageRefKind, context_name};
use crate::name::is_address;
use std::collections::BTreeMap;

/// For each platform, what a build reads; the same for each named context that is a folder.
type AllReads = (Vec<Reads>, BTreeMap<Box<str>, Vec<Reads>>);

/// What the build for each platform reads from its context, in their order; the same for each named context that is a
/// folder.
pub(super) fn reads(walk: &Walk<'_>, escape: char, file: &Dockerfile) -> AllReads {
    let has_own_rules = own_rules(file);
    let (mut own, mut folders) = (Vec::new(), BTreeMap::<Box<str>, Vec<Reads>>::new());
    for at in 0..walk.scope.targets().len() {
        let mut read = Read::nothing(file);
        match has_own_rules {
            true => read.everything(),
            false => on(walk, at, escape, file, &mut read),
        }
        own.push(read.own);
        for (name, reads) in read.folders {
            folders.entry(name.into()).or_default().push(reads);
        }
    }
    (own, folders)
}

/// What a build reads from its context, and from each named context that is a folder.
struct Read<'a> {
    own: Reads,
    folders: BTreeMap<&'a str, Reads>,
}

impl<'a> Read<'a> {
    fn nothing(file: &'a Dockerfile) -> Self {
        let folders = file.folder_refs.iter();
        Self {
            own: Reads::default(),
            folders: folders
                .map(|one| (&*one.context, Reads::default()))
                .collect(),
        }
    }

    fn everything(&mut self) {
        let all = self.folders.values_mut().chain([&mut self.own]);
        all.for_each(|reads| *reads = Reads::All);
    }

    /// What is read from what a `from` names; `None` for an image or a stage.
    fn of(
        &mut self,
        place: &Place<'_>,
        instruction: &Instruction,
        from: Option<&str>,
    ) -> Option<&mut Reads> {
        match from {
            Some(from) => self.folders.get_mut(place.folder(instruction, from)?),
            None => Some(&mut self.own),
        }
    }
}

/// A stage of a file: what a `from` means there.
struct Place<'f> {
    walk: &'f Walk<'f>,
    file: &'f Dockerfile,
    stage: usize,
}

impl<'f> Place<'f> {
    /// The context that a `from` of an instruction names, if it is a folder: by itself, or by a stage that it replaces.
    fn folder(&self, instruction: &Instruction, from: &str) -> Option<&'f str> {
        let numbered = from.parse().ok();
        match numbered.or_else(|| self.walk.stage(from, self.stage)) {
            Some(stage) => self.replaced(stage),
            None => {
                let name = context_name(from).ok()?;
                let mut folders = self.file.folder_refs.iter();
                let is_meant = |one: &&FolderRef| {
                    *one.context == *name && instruction.bytes.contains(&one.bytes.start)
                };
                Some(&*folders.find(is_meant)?.context)
            }
        }
    }

    /// The folder that takes the place of a stage.
    fn replaced(&self, stage: usize) -> Option<&'f str> {
        let name = self.walk.stages.get(stage)?.name.as_deref()?;
        let context = self.walk.context(name)?;
        let mut folders = self.file.folder_refs.iter();
        let folder = folders.find(|one| *one.context == *context.name)?;
        Some(&*folder.context)
    }

    /// The folder that the stage has all of: its own FROM names it, or an earlier stage that it replaces. BuildKit reads of a
    /// folder that replaces a stage what other stages copy from it.
    fn base(&self, instruction: &Instruction, below: Option<usize>) -> Option<&'f str> {
        if let Some(folder) = self.replaced(self.stage) {
            return (self.stage == self.walk.target).then_some(folder);
        }
        let mut folders = self.file.folder_refs.iter();
        let own = folders.find(|one| instruction.bytes.contains(&one.bytes.start));
        let own = own.map(|one| &*one.context);
        own.or_else(|| self.replaced(below?))
    }
}

/// What ONBUILD makes the builds of images based on this one read from their contexts. An image has the ONBUILD of its last
/// stage; what that is based on has been carried out.
pub(super) fn onbuild(walk: &Walk<'_>, escape: char, file: &Dockerfile) -> Reads {
    let mut read = Read::nothing(file);
    let place = Place {
        walk,
        file,
        stage: walk.target,
    };
    let mut begun = 0;
    for one in &file.instructions {
        begun += usize::from(one.keyword == "FROM");
        if begun != walk.target + 1 || !triggers(one) {
            continue;
        }
        match own_rules(file) || one.text().contains('$') {
            // The other build may set the variable.
            true => read.own = Reads::All,
            false => add(one, &Variables::default(), escape, &place, &mut read),
        }
    }
    read.own
}

/// Whether a frontend of its own reads the file: it may read anything.
pub(super) fn own_rules(file: &Dockerfile) -> bool {
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

fn on(walk: &Walk<'_>, at: usize, escape: char, file: &Dockerfile, read: &mut Read<'_>) {
    // By stage, what reads the context of what is based on it.
    let mut deferred: Vec<Vec<&Instruction>> = vec![Vec::new(); walk.links.len()];
    built::each(walk, at, escape, file, |step| {
        let place = Place {
            walk,
            file,
            stage: step.stage,
        };
        if step.instruction.keyword == "FROM" {
            for one in step
                .below
                .map(|below| &deferred[below])
                .into_iter()
                .flatten()
            {
                match one.text().contains('$') {
                    // An earlier one may set the variable.
                    true => read.own = Reads::All,
                    false => add(one, step.variables, escape, &place, read),
                }
            }
            let folder = place.base(step.instruction, step.below);
            if let Some(reads) = folder.and_then(|folder| read.folders.get_mut(folder)) {
                *reads = Reads::All;
            }
        } else if triggers(step.instruction) {
            deferred[step.stage].push(step.instruction);
        } else if step.instruction.keyword != "ONBUILD" {
            add(step.instruction, step.variables, escape, &place, read);
        }
    });
}

/// Adds what one instruction reads, or what it defers with ONBUILD.
fn add(
    instruction: &Instruction,
    variables: &Variables,
    escape: char,
    place: &Place<'_>,
    read: &mut Read<'_>,
) {
    let text = &instruction.logical.text;
    let (keyword, rest) = instruction.carried_out();
    let (flags, at) = flag::flags(text, rest);
    match keyword.as_str() {
        "RUN" => {
            for flag in flags.iter().filter(|flag| flag.name == "mount") {
                let from = field(flag, "from");
                if (from.is_some() || binds_context(flag))
                    && let Some(reads) = read.of(place, instruction, from)
                {
                    mount(flag, variables, escape, reads);
                }
            }
        }
        "COPY" | "ADD" => {
            let from = flags.iter().rfind(|flag| names_image(flag));
            let from = from.map(|flag| flag.value.as_str());
            if let Some(reads) = read.of(place, instruction, from) {
                for source in sources(&text[at..]) {
                    copy(instruction, &source, variables, escape, reads);
                }
            }
        }
        _ => {}
    }
}

/// The paths that builds take from contexts, without what wildcards match.
pub(super) fn copied(walk: &Walk<'_>, escape: char, file: &Dockerfile) -> Vec<CopiedPath> {
    let mut copied: Vec<CopiedPath> = Vec::new();
    for at in 0..walk.scope.targets().len() {
        built::each(walk, at, escape, file, |step| {
            let place = Place {
                walk,
                file,
                stage: step.stage,
            };
            for (context, reads) in each_read(step.instruction, step.variables, escape, &place) {
                let named = reads.known().map(|(path, is_literal)| CopiedPath {
                    path,
                    is_literal,
                    context: context.map(Into::into),
                    bytes: step.instruction.bytes.clone(),
                    line: *step.instruction.lines.start(),
                });
                let new: Vec<_> = named.filter(|one| !copied.contains(one)).collect();
                copied.extend(new);
            }
        });
    }
    copied.sort_by_key(|one| one.bytes.start);
    copied
}

/// What each source of one instruction reads from a context, with its name; without one from the build's own.
fn each_read<'f>(
    instruction: &Instruction,
    variables: &Variables,
    escape: char,
    place: &Place<'f>,
) -> Vec<(Option<&'f str>, Reads)> {
    let text = &instruction.logical.text;
    let (flags, at) = flag::flags(text, instruction.rest);
    let read = |from: Option<&str>, add: &dyn Fn(&mut Reads)| {
        let context = match from {
            Some(from) => Some(place.folder(instruction, from)?),
            None => None,
        };
        let mut reads = Reads::default();
        add(&mut reads);
        Some((context, reads))
    };
    match instruction.keyword.as_str() {
        "RUN" => {
            let mounts = flags.iter().filter(|flag| flag.name == "mount");
            let mounts = mounts.map(|flag| (flag, field(flag, "from")));
            let mounts = mounts.filter(|(flag, from)| from.is_some() || binds_context(flag));
            let reads = |(flag, from)| read(from, &|reads| mount(flag, variables, escape, reads));
            mounts.filter_map(reads).collect()
        }
        "COPY" | "ADD" => {
            let from = flags.iter().rfind(|flag| names_image(flag));
            let from = from.map(|flag| flag.value.as_str());
            let sources = sources(&text[at..]);
            let reads = |source: &String| {
                read(from, &|reads| {
                    copy(instruction, source, variables, escape, reads)
                })
            };
            sources.iter().filter_map(reads).collect()
        }
        _ => Vec::new(),
    }
}

fn copy(
    instruction: &Instruction,
    source: &str,
    variables: &Variables,
    escape: char,
    reads: &mut Reads,
) {
    let address = |text: &str| instruction.carried_out().0 == "ADD" && is_address(text);
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
pub(super) fn sources(arguments: &str) -> Vec<String> {
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

fn mount(flag: &Flag, variables: &Variables, escape: char, reads: &mut Reads) {
    let source = flag
        .fields()
        .filter(|(key, ..)| matches!(key.as_str(), "source" | "src"));
    let path = source.last().map(|(_, path, _)| path);
    match path.and_then(|path| variables.expand(path, escape)) {
        Some(path) => reads.add(&path, true),
        None => *reads = Reads::All,
    }
}

fn names_image(flag: &Flag) -> bool {
    flag.name == "from" && !flag.value.is_empty()
}

/// Whether a mount shows files of the context, or may do so, if its type is a variable: `bind` is the type of a mount that says
/// none.
fn binds_context(flag: &Flag) -> bool {
    flag.name == "mount"
        && field(flag, "from").is_none()
        && field(flag, "type").is_none_or(|kind| kind == "bind" || kind.contains('$'))
}

/// The value of a field of a mount, if it is not empty.
pub(super) fn field<'f>(flag: &'f Flag, name: &str) -> Option<&'f str> {
    let fields = flag.fields().filter(|(key, ..)| key == name);
    fields
        .last()
        .map(|(_, value, _)| value)
        .filter(|value| !value.is_empty())
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
