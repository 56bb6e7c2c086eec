//! Reading Dockerfiles: the images that a file names, the instruction of each line, what it needs from an engine; and
//! `.dockerignore`.
//!
//! It parses like BuildKit's frontend (continuations with comment lines between them,
//! here-documents, flags, parser directives). A missed image would be a missing edge in
//! the fleet's graph and a child built on the wrong parent, so everything that it cannot parse is a
//! [`Fault`] with its line, never a guess.

mod arg;
mod built;
mod directive;
mod executed;
mod expand;
mod feature;
mod flag;
mod form;
mod grammar;
mod heredoc;
mod instruction;
mod line;
mod mounts;
mod platform;
mod scope;
mod stage;
mod walk;
mod image_ref;
mod ignore;
mod named;
mod named_context;
mod reads;
mod variables;
mod context;
mod address;
mod host_access;

#[cfg(test)]
mod tests;

pub use address::Unfixed;
pub use arg::Taken;
pub use executed::Executed;
pub use feature::Feature;
pub use grammar::{is_signal, near_signal, port};
pub use ignore::{Ignore, IgnoreFault};
pub use instruction::Instruction;
pub use mounts::{MountKind, SecretMount};
pub use named::{FolderRef, ImageRef, ImageRefKind, RunsOn, taken_for};
pub use named_context::{ContextSource, NamedContext, context_name};
pub use reads::{Absent, ReadPath, Reads, absent};
pub use stage::NO_TARGET;
pub use walk::BuildStage;

use crate::name::{EngineVersion, Platform};
use crate::text::{Diagnostic, SourceId, Span};
use indexmap::IndexMap;
use named::Named;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A parsed Dockerfile.
#[derive(Debug, Default)]
pub struct Dockerfile {
    /// In file order.
    pub instructions: Vec<Instruction>,
    /// In file order; their indexes are the numbers in `COPY --from=0`.
    pub stages: Vec<BuildStage>,
    /// Every outside image, in file order.
    pub image_refs: Vec<ImageRef>,
    /// Every name of a context that is a folder, in file order.
    pub folder_refs: Vec<FolderRef>,
    /// The index in `image_refs` of the image that the stage that is built is based on, directly or through other stages.
    pub final_base: Option<usize>,
    /// The line of the FROM that makes that stage run on the build platform, if the file is built for one platform.
    pub native: Option<usize>,
    /// For each platform that the file is built for, the platforms that the build runs programs on.
    pub executed: Vec<Vec<Executed>>,
    /// For each platform that the file is built for, what the build reads from its context.
    pub reads: Vec<Reads>,
    /// The paths that builds take from contexts, without what wildcards match, in file order.
    pub copied: Vec<CopiedPath>,
    /// The same as `reads` for each context that is a folder and that the file names.
    pub folder_reads: BTreeMap<Box<str>, Vec<Reads>>,
    /// What some build fetches from an address, and whose content nothing fixes, in file order.
    pub unfixed: Vec<Unfixed>,
    /// The secrets and ssh agents that some build mounts, in file order.
    pub mounts: Vec<SecretMount>,
    /// The byte ranges that are not part of the file, since a context replaces their stages.
    pub replaced: Vec<Range<usize>>,
    /// The stages that no build needs.
    pub unneeded: Vec<UnneededStage>,
    /// What else no build depends on: ARGs above the first FROM that only those stages use, and what a context replaces.
    pub idle: Vec<Range<usize>>,
    /// What ONBUILD makes the builds of images based on this one read from their contexts.
    pub onbuild_reads: Reads,
    /// Whether a stage or an image that it names is not known because of a fault, so that it is not known what a build needs.
    pub is_open: bool,
    /// What could not be parsed.
    pub faults: Vec<Fault>,
    /// What builders probably read in another way than it is meant, and what newer ones refuse.
    pub warnings: Vec<Fault>,
    /// The character that continues lines and escapes.
    escape: char,
}

/// A path that an instruction takes from a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedPath {
    /// The path in the context, up to its first wildcard.
    pub path: String,
    /// Whether it has no wildcard, so that builders need it.
    pub is_literal: bool,
    /// The named context that is a folder; `None` for the build's own.
    pub context: Option<Box<str>>,
    /// The byte range of the instruction.
    pub bytes: Range<usize>,
    /// From 1.
    pub line: usize,
}

/// A stage that no build needs. BuildKit skips it; the classic builder builds every stage before the target, so it must
/// find an empty one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnneededStage {
    /// The byte range of the image in its FROM.
    pub image: Range<usize>,
    /// The byte range of its instructions, without the FROM.
    pub instructions: Range<usize>,
    /// The byte range of the whole stage, with what is between it and the instruction before it. `None` if a later stage may
    /// be named by its number, which this one then counts for.
    pub whole: Option<Range<usize>>,
}

impl UnneededStage {
    /// The changes that empty it, with this text in place of its instructions.
    pub fn empty(&self, instead: String) -> [(Range<usize>, String); 2] {
        let scratch = (self.image.clone(), String::from("scratch"));
        [scratch, (self.instructions.clone(), instead)]
    }
}

/// A Dockerfile in which the stages that no build needs are left out, or are empty where their number counts, and these other
/// ranges as well.
pub fn needed_text<'a>(
    text: &'a str,
    unneeded: &[UnneededStage],
    idle: &[Range<usize>],
) -> Cow<'a, str> {
    if unneeded.is_empty() && idle.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut left_out: Vec<Range<usize>> = Vec::new();
    for whole in unneeded.iter().filter_map(|stage| stage.whole.clone()) {
        match left_out.last_mut().filter(|last| last.end == whole.start) {
            Some(last) => last.end = whole.end,
            None => left_out.push(whole),
        }
    }
    let kept = unneeded.iter().filter(|stage| stage.whole.is_none());
    let emptied = kept.flat_map(|stage| stage.empty("\n".into()));
    let left_out = left_out.into_iter().map(|range| without_gap(text, range));
    let idle = idle.iter().map(|range| (range.clone(), String::new()));
    let changes = emptied.chain(left_out).chain(idle);
    Cow::Owned(rewrite(text, &changes.collect::<Vec<_>>()))
}

/// Leaves stages out as if the file never had them.
fn without_gap(text: &str, range: Range<usize>) -> (Range<usize>, String) {
    let rest = text.get(range.end..).unwrap_or_default();
    let mut below = rest.lines().map(str::trim_start);
    if below.all(|line| line.is_empty() || line.starts_with('#')) {
        return (range.start..text.len(), "\n".into());
    }
    let before = text.get(..range.start).unwrap_or_default();
    let gap = match before.is_empty() || before.ends_with('\n') {
        true => rest.len() - rest.trim_start_matches(['\n', '\r']).len(),
        false => 0,
    };
    (range.start..range.end + gap, String::new())
}

/// A Dockerfile's instructions, before the images and stages that they name are resolved.
#[derive(Debug)]
pub struct Parsed {
    directives: directive::Directives,
    /// In file order.
    pub instructions: Vec<Instruction>,
    faults: Vec<Fault>,
}

/// The inputs of a build from outside the file.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// Build arguments: they override an `ARG`'s default.
    pub args: &'a IndexMap<String, String>,
    /// The platforms that the file is built for: they set `TARGETARCH` and similar variables. Without any, platforms are
    /// ignored.
    pub platforms: &'a [Platform],
    /// The stage that is built, by name; the last one if there is none.
    pub target: Option<&'a str>,
    /// What names of the file stand for.
    pub contexts: &'a [NamedContext],
}

/// Something in a Dockerfile that cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A stable code: `dockerfile::unset`.
    pub code: &'static str,
    /// One sentence without a full stop.
    pub message: String,
    /// The byte range in the file.
    pub bytes: Range<usize>,
    /// From 1.
    pub line: usize,
    /// What to do about it.
    pub help: Option<String>,
    /// Whether it is one only in a stage that some build needs.
    pub if_built: bool,
    /// The first engine version that refuses it, if older ones build it.
    pub until: Option<EngineVersion>,
}

/// Parses a Dockerfile and resolves it. This never fails: problems are in [`Dockerfile::faults`].
pub fn read(text: &str, given: Given<'_>) -> Dockerfile {
    parse(text).resolve(given)
}

/// The same for a Dockerfile by itself: without arguments, platforms, a chosen stage and named contexts.
pub fn read_alone(text: &str) -> Dockerfile {
    let given = Given {
        args: &IndexMap::new(),
        platforms: &[],
        target: None,
        contexts: &[],
    };
    read(text, given)
}

/// Parses a Dockerfile without resolving what its variables stand for.
pub fn parse(text: &str) -> Parsed {
    let lines = line::lines(text);
    let mut faults = Vec::new();
    let directives = directive::read(&lines, &mut faults);
    let instructions = instruction::read(&lines, directives.escape, &mut faults);
    if instructions.is_empty() && faults.is_empty() {
        faults.push(Fault::new(
            "dockerfile::empty",
            "the file has no instruction",
            0..text.len(),
            1,
        ));
    }
    Parsed {
        directives,
        instructions,
        faults,
    }
}

/// The first character in place of what is not UTF-8 that a builder would read: comments may be in any encoding, other than
/// the lines of here-documents that begin like one.
pub fn foreign(text: &str) -> Option<Range<usize>> {
    let lines = line::lines(text);
    let directives = directive::read(&lines, &mut Vec::new());
    let instructions = instruction::read(&lines, directives.escape, &mut Vec::new());
    let has_documents = |line: &line::Line<'_>| {
        let mut all = instructions.iter();
        let own = all.find(|one| one.lines.contains(&line.number));
        own.is_some_and(|own| !instruction::heredocs(own).is_empty())
    };
    let mark = char::REPLACEMENT_CHARACTER;
    let mut found = lines.iter().filter(|line| line.text.contains(mark));
    let line = found.find(|line| !line.is_comment() || has_documents(line))?;
    let start = line.start + line.text.find(mark)?;
    Some(start..start + mark.len_utf8())
}

/// The byte position after the parser directives at the top: a comment inserted there changes nothing.
pub fn directives_end(text: &str) -> usize {
    let lines = line::lines(text);
    let end = directive::read(&lines, &mut Vec::new()).end;
    lines.get(end).map_or(text.len(), |line| line.start)
}

/// The byte position where the line of the first FROM or the comments right above it begin; the end if there is no FROM.
pub fn first_from(text: &str) -> usize {
    let lines = line::lines(text);
    let directives = directive::read(&lines, &mut Vec::new());
    let instructions = instruction::read(&lines, directives.escape, &mut Vec::new());
    let Some(from) = instructions.iter().find(|i| i.keyword == "FROM") else {
        return text.len();
    };
    let mut at = from.lines.start() - 1;
    while at > directives.end && lines[at - 1].is_comment() {
        at -= 1;
    }
    lines[at].start
}

/// Replaces byte ranges with other text. Ranges that are out of bounds, split a character or
/// overlap an earlier one are ignored.
pub fn rewrite(text: &str, changes: &[(Range<usize>, String)]) -> String {
    let mut changes: Vec<_> = changes.iter().collect();
    changes.sort_by_key(|(range, _)| (range.start, range.end));
    let mut done = String::with_capacity(text.len());
    let mut at = 0;
    for (range, new) in changes {
        if range.start < at {
            continue;
        }
        let (Some(before), Some(_)) = (text.get(at..range.start), text.get(range.clone())) else {
            continue;
        };
        done.push_str(before);
        done.push_str(new);
        at = range.end;
    }
    done.push_str(&text[at..]);
    done
}

impl Parsed {
    /// Finds the stages and images of the file.
    pub fn resolve(self, given: Given<'_>) -> Dockerfile {
        let replaced = named_context::replace(self.instructions, given.contexts);
        let mut file = Dockerfile {
            instructions: replaced.left,
            idle: replaced.idle,
            replaced: replaced.ranges,
            faults: self.faults,
            escape: self.directives.escape,
            ..Dockerfile::default()
        };
        image_ref::frontend(&self.directives, &mut file);
        file.warnings.extend(self.directives.check);
        grammar::check(&mut file, self.directives.escape);
        stage::read(given, self.directives.escape, &mut file);
        let idle = arg::idle(&file);
        file.idle.extend(idle);
        file.faults.sort_by_key(|fault| fault.bytes.start);
        file
    }
}

impl Dockerfile {
    /// The instruction that this line (from 1) belongs to, including its here-documents.
    pub fn at(&self, line: usize) -> Option<&Instruction> {
        let after = self
            .instructions
            .partition_point(|i| *i.lines.start() <= line);
        self.instructions
            .get(after.checked_sub(1)?)
            .filter(|i| i.lines.contains(&line))
    }

    /// The named contexts that a stage uses which some build needs.
    pub fn used_contexts(&self) -> BTreeSet<&str> {
        let is_needed = |needs: &[Option<RunsOn>]| needs.iter().any(Option::is_some);
        let images = self.image_refs.iter().filter(|one| is_needed(&one.needs));
        let folders = self.folder_refs.iter().filter(|one| is_needed(&one.needs));
        images
            .filter_map(|one| one.context.as_deref())
            .chain(folders.map(|one| &*one.context))
            .collect()
    }

    /// The paths of its own context that the builds name.
    pub fn own_paths(&self) -> BTreeSet<&str> {
        let own = self.copied.iter().filter(|one| one.context.is_none());
        own.map(|one| one.path.as_str()).collect()
    }

    /// Adds what a name means.
    fn add(&mut self, named: Named) {
        match named {
            Named::Image(image_ref) => self.image_refs.push(image_ref),
            Named::Folder(folder_ref) => self.folder_refs.push(folder_ref),
        }
    }
}

impl Fault {
    fn new(
        code: &'static str,
        message: impl Into<String>,
        bytes: Range<usize>,
        line: usize,
    ) -> Self {
        Self {
            code,
            message: message.into(),
            bytes,
            line,
            help: None,
            if_built: false,
            until: None,
        }
    }

    /// A fault for engines from this version on.
    fn until(mut self, engine: EngineVersion) -> Self {
        self.until = Some(engine);
        self
    }

    fn if_built(mut self) -> Self {
        self.if_built = true;
        self
    }

    fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// The fault as a diagnostic of the file's source.
    pub fn diagnostic(self, source: SourceId) -> Diagnostic {
        let span = Span::of(source, &self.bytes);
        self.diagnostic_at(span)
    }

    /// The fault as a diagnostic of another place, where the author wrote what is wrong.
    pub fn diagnostic_at(self, span: Span) -> Diagnostic {
        Diagnostic::error(self.code, self.message)
            .at(span, "here")
            .maybe_help(self.help)
    }

    /// The same as a warning.
    pub fn warning_at(self, span: Span) -> Diagnostic {
        let message = match self.until {
            Some(until) => format!("{}: engines from {until} on refuse it", self.message),
            None => self.message,
        };
        Diagnostic::warning(self.code, message)
            .at(span, "here")
            .maybe_help(self.help)
    }
}
