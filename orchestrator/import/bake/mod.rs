//! Files for `docker buildx bake`, in HCL or in JSON: variables, targets, matrices of targets.
//!
//! ```text
//! read.rs -> eval/, function/ -> target.rs (inherits, matrix) -> select.rs -> built.rs -> twin.rs -> axes.rs -> fleet.rs
//!                                                                                                '- derive, narrow.rs, rules
//! ```
//!
//! Every target with tags is an image; of several with one tag, one is. A matrix becomes axes. What the file
//! computes from a value of it becomes a rung of its version or data of it (`derive`), and conditions of tags become
//! rungs and tokens as far as these say the same (`rules/`). A variable that is inserted into texts stays a variable;
//! what the file decides by its value is in a `when` (`trial/table.rs`). Where anything else is computed from it, its
//! default is used, and a warning names it; a variable that the manifest would follow only in part may have only its
//! default then (`guard.rs`). Dockerfiles inside the file become files.

mod allowed;
mod attest;
mod axes;
mod blanks;
mod built;
mod chosen;
mod columns;
mod contexts;
mod defaults;
mod derive;
mod edits;
mod entries;
mod eval;
mod exact;
mod examples;
mod fleet;
mod follow;
mod function;
mod grids;
mod groups;
mod guard;
mod heredoc;
mod image;
mod inline;
mod inserted;
mod key;
mod leftover;
mod length;
mod limit;
mod links;
mod matrix;
mod names;
mod narrow;
mod output;
mod part;
mod paths;
mod place;
mod platforms;
mod public;
mod read;
mod records;
mod registry;
mod repeated;
mod rules;
mod secrets;
mod select;
mod series;
mod settings;
mod split;
mod stand_in;
mod target;
mod texts;
mod trial;
mod twin;
mod unify;
mod unset;
mod untagged;
mod used;
mod value;
mod variable;

use super::note::Notes;
use super::owner::owners;
use super::published::{Image, Name, Published};
use super::verify::described;
use super::{Input, image_name};
use crate::text::{Diagnostic, Diagnostics, Span};
use allowed::Allowed;
use defaults::Defaults;
use edits::Edits;
use eval::{Compared, Evaluator};
use fleet::{File, Fleet};
use indexmap::IndexMap;
use place::Names;
use read::Block;
use stand_in::StandIns;
use twin::Ranks;
pub(super) use used::uses;
use used::{decided, used};
use variable::Variables;

/// The stack that the HCL parser needs at the depth that it allows: several megabytes in an unoptimised build.
const STACK: usize = 64 << 20;

/// What the files of one bake publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// Today, to compare it with a manifest.
    Compare,
    /// With any values of variables, to write a manifest: it has only the values with which it publishes what the files do.
    Write,
}

/// Reads the files of one bake, later ones on top of earlier ones, on a thread whose stack is large enough for any
/// file. `wanted` are names of targets and groups; without any, all targets are read. Errors are in `out`.
pub fn read(
    files: &[Input<'_>],
    wanted: &[String],
    aim: Aim,
    notes: &mut Notes,
    out: &mut Diagnostics,
) -> Option<Published> {
    let found = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        thread
            .spawn_scoped(scope, || on_this_stack(files, wanted, aim, notes, out))
            .ok()
            .and_then(|thread| thread.join().ok())
    });
    if found.is_none() {
        let fault = Diagnostic::error(
            "import::bake",
            "the file cannot be read: no thread could be started",
        );
        out.push(fault.help("try again when the machine has less to do"));
    }
    found?
}

fn on_this_stack(
    files: &[Input<'_>],
    wanted: &[String],
    aim: Aim,
    notes: &mut Notes,
    out: &mut Diagnostics,
) -> Option<Published> {
    let first = *files.first()?;
    let mut repeated = Vec::new();
    let blocks = &blocks(files, &mut repeated, out)?;
    let source = Source {
        blocks,
        defaults: &Defaults::find(blocks),
        ranks: None,
        wanted,
    };
    let (mut pass, defaults) = source.inlined();
    let source = Source {
        defaults: &defaults,
        ..source
    };
    let unset = pass.fleet.as_ref().map(|fleet| fleet.unset.iter());
    let unset: StandIns = unset
        .into_iter()
        .flatten()
        .map(|name| (name.clone(), stand_in::made_up(name)))
        .collect();
    if !unset.is_empty() {
        pass = source.pass(&unset);
    }
    let given = registry::given(&mut pass, &unset, |given| source.pass(given));
    *notes = std::mem::take(&mut pass.notes);
    for place in repeated {
        let what = String::from("an object has a key twice: its last value counts, as in bake");
        let help = "remove the other item, which does nothing";
        notes.note("import::repeated", what, help, place);
    }
    let fleet = std::mem::replace(&mut pass.fleet, Err(Vec::new()));
    let fleet = fleet.map_err(|faults| faults.into_iter().for_each(|fault| out.push(fault)));
    let (fleet, mut variables) = (fleet.ok()?, std::mem::take(&mut pass.variables));
    variables.named = variable::named(blocks, &fleet.blocks);
    variables.sources = variable::sources(blocks);
    leftover::blocks(blocks, &fleet.blocks, notes);
    let before = out.errors();
    if fleet.images.is_empty() {
        let ring = fleet.ring.as_ref().map(links::Ring::refused);
        out.push(ring.unwrap_or_else(|| no_images(first)));
        return None;
    }
    let help = "only one image can have a tag: use a different one for the other";
    owners(&fleet.images, Name::full, help, out);
    if out.errors() > before {
        return None;
    }
    decided(&fleet, &variables, notes);
    registry::note(&given, &variables, notes);
    let mut compared = std::mem::take(&mut pass.compared);
    compared.extend(&fleet.compared);
    let said = fleet.decided.iter().map(|(_, name)| name.clone());
    let said = said.chain(fleet.noted.iter().cloned()).collect();
    let (ranks, closed) = (fleet.ranks.clone(), fleet.closed.clone());
    let main = main_file(files, &fleet.images).unwrap_or(first);
    let mut published = published(fleet, &variables, &unset, main, notes);
    let allowed = std::mem::take(&mut pass.allowed);
    published.allowed = allowed.values;
    for (name, texts) in closed {
        if published.variables.contains_key(&name) {
            published.allowed.entry(name).or_insert(texts);
        }
    }
    published.patterns = allowed.patterns;
    published.filled = allowed.filled.into_iter().collect();
    if aim == Aim::Compare {
        return Some(published);
    }
    let hub = given
        .iter()
        .map(|name| (name.clone(), registry::HUB.to_owned()));
    let given = unset.into_iter().chain(hub).collect();
    let source = Source {
        ranks: Some(&ranks),
        ..source
    };
    let build = |given: &StandIns| source.built(given);
    let found = guard::Found {
        compared: &compared,
        edits: &Edits::new(blocks),
        said: &said,
        nulls: &variables.nulls,
    };
    let restricted = guard::restrict(&mut published, &given, &found, build);
    guard::note(&restricted, &variables, notes);
    Some(published)
}

/// What one evaluation of the files found.
struct Pass {
    /// Errors if the targets that are wanted are not in the file.
    fleet: Result<Fleet, Vec<Diagnostic>>,
    variables: Variables,
    /// The values that variables may have.
    allowed: Allowed,
    /// The texts that the files compare variables with.
    compared: Compared,
    notes: Notes,
}

/// What is evaluated.
#[derive(Clone, Copy)]
struct Source<'s> {
    blocks: &'s [Block],
    defaults: &'s Defaults,
    /// Which of the targets with the same tags has them, if that is known.
    ranks: Option<&'s Ranks>,
    wanted: &'s [String],
}

impl Source<'_> {
    /// Evaluates the files with what variables are by default in their place, where the images follow what this is computed
    /// from.
    fn inlined(self) -> (Pass, Defaults) {
        let mut sources = self.defaults.computed(self.blocks);
        loop {
            let names = sources.keys().cloned().collect();
            let defaults = self.defaults.inlined(names);
            let source = Source {
                defaults: &defaults,
                ..self
            };
            let pass = source.pass(&StandIns::new());
            let fleet = pass.fleet.as_ref().ok();
            let frozen = fleet.into_iter().flat_map(|fleet| {
                let decided = fleet.decided.iter().map(|(_, name)| name);
                decided.chain(&fleet.noted)
            });
            let frozen: Names = frozen.cloned().collect();
            let before = sources.len();
            sources.retain(|_, names| names.is_disjoint(&frozen));
            if sources.len() == before {
                return (pass, defaults);
            }
        }
    }

    /// What the files build with these values of variables; nothing if they cannot be read with them.
    fn built(self, given: &StandIns) -> Option<guard::Built> {
        let pass = self.evaluated(given, true);
        let fleet = pass.fleet.ok()?;
        Some(guard::Built {
            builds: described(&fleet.images),
            files: fleet.files,
            lost: fleet.lost,
        })
    }

    /// Evaluates the files; `given` are the values of variables that have none in the file.
    fn pass(self, given: &StandIns) -> Pass {
        self.evaluated(given, false)
    }

    /// The same; if only what they build is needed, it is `plain`: without axes, and without a search for what follows
    /// variables.
    fn evaluated(self, given: &StandIns, plain: bool) -> Pass {
        let Source {
            blocks, defaults, ..
        } = self;
        let mut notes = Notes::default();
        let mut evaluator = Evaluator::new(blocks, defaults, given.clone());
        let variables = variable::variables(blocks, &mut evaluator);
        let found = target::all(blocks, &mut evaluator, &mut notes);
        let selection = select::selection(self.wanted, blocks, &found, &mut evaluator, &mut notes);
        evaluator.unset = Names::new();
        let fleet = selection.map(|selection| {
            let file = File {
                blocks,
                defaults,
                given,
                variables: &variables,
                ranks: self.ranks,
                plain,
            };
            let fleet = fleet::fleet(&found, &selection, &mut evaluator, file, &mut notes);
            let unset = fleet.unset.iter().chain(&evaluator.unset);
            let unset = unset.cloned().collect();
            Fleet { unset, ..fleet }
        });
        let allowed = allowed::allowed(blocks, &mut evaluator, &mut notes);
        Pass {
            fleet,
            variables,
            allowed,
            compared: evaluator.compared,
            notes,
        }
    }
}

/// The blocks of all files, merged; every file with an error is reported.
fn blocks(
    files: &[Input<'_>],
    repeated: &mut Vec<Span>,
    out: &mut Diagnostics,
) -> Option<Vec<Block>> {
    let before = out.errors();
    let mut all = Vec::new();
    for file in files {
        match read::read(*file, repeated) {
            Ok(blocks) => all.extend(blocks),
            Err(fault) => out.push(fault),
        }
    }
    (out.errors() == before).then(|| merged(all))
}

/// The first file with an image: those before it may have what several bake files share, such as variables.
fn main_file<'a>(files: &[Input<'a>], images: &[Image]) -> Option<Input<'a>> {
    let has_one = |file: &&Input| images.iter().any(|image| image.span.source == file.source);
    files.iter().find(has_one).copied()
}

fn published(
    fleet: Fleet,
    variables: &Variables,
    given: &StandIns,
    file: Input<'_>,
    notes: &mut Notes,
) -> Published {
    let mut published = Published {
        comment: String::from("Imported from a bake file."),
        workspace: image_name(file.name),
        publish: stem(&fleet.images).map(|stem| format!("{stem}/{{image}}")),
        images: fleet.images,
        wanted: fleet.wanted,
        files: fleet.files,
        compact: true,
        attest: attest::of_all(&fleet.attests, notes),
        made: variables.composed.clone(),
        ..Published::default()
    };
    let decided = fleet.decided.iter().map(|(_, name)| name.clone());
    let known = decided.chain(fleet.noted).collect();
    let all = used(variables, &published, &known, notes).into_iter();
    let (wanted, set): (IndexMap<_, _>, IndexMap<_, _>) =
        all.partition(|(name, _)| given.contains_key(name));
    published.variables = set;
    published.kinds.clone_from(&variables.kinds);
    let declared = variables.declared.iter();
    for name in declared.filter(|name| wanted.contains_key(name.as_str())) {
        let help = "write `default=\"…\"`, or set it in each run: `kiln validate` names the lines";
        notes.assumed(
            "a variable is empty or has no value in the file, and an image cannot do without: it has no default in the manifest",
            help,
            name.span,
        );
        let row = (name.value.clone(), unset::wanted(name.as_str(), variables));
        published.wanted.extend([row]);
    }
    published
}

fn no_images(input: Input<'_>) -> Diagnostic {
    let end = input.span(input.text.len(), input.text.len());
    let message = "no target in the file is an image that kiln can import";
    Diagnostic::error("import::no-images", message)
        .at(end, "the file ends here")
        .help("warnings name what was left out; an image is published under its tags: `tags = [\"docker.io/you/app:1.0\"]`")
}

/// Merges blocks of the same kind and name.
fn merged(blocks: Vec<Block>) -> Vec<Block> {
    let mut all: IndexMap<(String, String), Block> = IndexMap::new();
    for block in blocks {
        match all.get_mut(&(block.kind.clone(), block.label.value.clone())) {
            Some(known) => known.merge(block),
            None => drop(all.insert((block.kind.clone(), block.label.value.clone()), block)),
        }
    }
    all.into_values().collect()
}

/// The common prefix of the repositories, where several images are named after theirs.
fn stem(images: &[Image]) -> Option<String> {
    let mut counts: IndexMap<&str, usize> = IndexMap::new();
    for stem in images.iter().filter_map(stem_of) {
        *counts.entry(stem).or_default() += 1;
    }
    counts
        .into_iter()
        .filter(|(_, count)| *count > 1)
        .max_by_key(|(_, count)| *count)
        .map(|(stem, _)| stem.to_owned())
}

/// The part before `/name` in an image's only repository.
fn stem_of(image: &Image) -> Option<&str> {
    let names = image.variants.iter().flat_map(|variant| &variant.names);
    let mut repositories = names.map(|name| name.repository.pattern.as_str());
    let first = repositories.next()?;
    let only = repositories.all(|other| other == first).then_some(first)?;
    only.strip_suffix(image.name.as_str())?.strip_suffix('/')
}
