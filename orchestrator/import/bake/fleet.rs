//! All targets of a file as images of one fleet.

use super::blanks::Blanks;
use super::built::Built;
use super::contexts;
use super::defaults::Defaults;
use super::eval::{Compared, Evaluator};
use super::follow::follow;
use super::inline::Inlines;
use super::links::Ring;
use super::place::{Decisions, Names};
use super::public::Publics;
use super::read::Block;
use super::select::{Found, Selection};
use super::series::series;
use super::settings::Resolver;
use super::stand_in::StandIns;
use super::target::{Refusal, Target};
use super::trial::{Trials, shown};
use super::twin::{self, Ranks};
use super::variable::Variables;
use crate::import::note::Notes;
use crate::import::published::{Grid, Image, Name, Text, Wanted, When};
use crate::import::{self, image_name, unique};
use crate::manifest::Proof;
use crate::text::Spanned;
use indexmap::{IndexMap, IndexSet};
use std::collections::{BTreeSet, HashMap, HashSet};

/// What the targets of a file are in a manifest.
#[derive(Debug, Default)]
pub(super) struct Fleet {
    pub images: Vec<Image>,
    /// The variables in the place of repositories and tags that the file does not have.
    pub wanted: IndexMap<String, Wanted>,
    /// Dockerfiles that were inside the file.
    pub files: Vec<import::File>,
    /// The variables whose defaults decided something.
    pub decided: Decisions,
    /// The variables that notes at tags name.
    pub noted: Names,
    /// Of each image the documents that are published beside it.
    pub attests: Vec<Option<Spanned<BTreeSet<Proof>>>>,
    /// The empty variables that are registries: `docker.io` in their place may be the same.
    pub registries: Names,
    /// The blocks that the images are made from.
    pub blocks: HashSet<String>,
    /// Targets that are built from each other, if there are any.
    pub ring: Option<Ring>,
    /// The variables without a value that names or contexts cannot do without.
    pub unset: Names,
    /// The number of targets and parts of settings that cannot be evaluated.
    pub lost: usize,
    /// What the file compares with other values of variables.
    pub compared: Compared,
    /// By variable, the only values that bake takes.
    pub closed: IndexMap<String, Vec<String>>,
    /// Which of the targets with the same tags has them.
    pub ranks: Ranks,
}

/// What a bake file has besides its targets.
pub(super) struct File<'f> {
    pub blocks: &'f [Block],
    /// What is known of the defaults of variables.
    pub defaults: &'f Defaults,
    /// The values of variables that have none in the file.
    pub given: &'f StandIns,
    pub variables: &'f Variables,
    /// Which of the targets with the same tags has them, if that is known.
    pub ranks: Option<&'f Ranks>,
    /// Whether only what is built is needed, and no pattern for it.
    pub plain: bool,
}

/// The images of the selected targets; what cannot be an image is a note.
pub(super) fn fleet(
    found: &Found,
    selection: &Selection,
    evaluator: &mut Evaluator,
    file: File,
    notes: &mut Notes,
) -> Fleet {
    let by_name = found.iter().flat_map(|(_, targets)| targets);
    let by_name = by_name.map(|target| (target.name.clone(), target.clone()));
    let by_name: HashMap<String, Target> = by_name.collect();
    let mut maker = Maker {
        resolver: Resolver::new(&by_name),
        trials: (!file.plain).then(|| Trials::new(&by_name, &file)),
        evaluator,
        variables: file.variables,
        selection,
        public: Publics::default(),
        blanks: Blanks::default(),
        fleet: Fleet::default(),
        names: HashSet::new(),
        inlines: Inlines::default(),
    };
    let mut entries = maker.imported(found, notes);
    let mut all: Vec<&mut Built> = entries
        .iter_mut()
        .flat_map(|entry| &mut entry.cells)
        .collect();
    let mut ranks = match file.ranks {
        Some(ranks) => ranks.clone(),
        None => Ranks::new(&all, selection),
    };
    let defaults = twin::Defaults {
        texts: &file.variables.defaults,
        made: &file.variables.composed,
    };
    let defaults = (!file.plain).then_some(defaults);
    twin::settle(&mut all, &mut ranks, defaults, notes);
    for entry in &mut entries {
        entry.cells.retain(Built::may_be_named);
    }
    maker.entries(entries, notes);
    maker.fleet.ranks = ranks;
    maker.fleet.files = maker.inlines.finish();
    maker.fleet.compared = maker.trials.map(|trials| trials.seen).unwrap_or_default();
    maker.fleet.wanted = maker.blanks.finish(&maker.fleet.images);
    maker.fleet
}

/// A block with the targets that are imported.
pub(super) struct Entry<'a> {
    pub block: &'a Block,
    pub targets: &'a [Target<'a>],
    pub cells: Vec<Built>,
}

impl<'a> Entry<'a> {
    /// The targets of its cells.
    pub fn targets(&self) -> Vec<&'a Target<'a>> {
        let all = self.targets.iter().map(|one| (one.name.as_str(), one));
        let all: HashMap<&str, &Target> = all.collect();
        let cells = self.cells.iter();
        cells
            .filter_map(|cell| all.get(cell.target.as_str()).copied())
            .collect()
    }
}

/// The images so far.
pub(super) struct Maker<'a, 'e> {
    pub resolver: Resolver<'a>,
    /// Nothing if only what is built is needed.
    pub trials: Option<Trials<'a, 'a>>,
    pub evaluator: &'a mut Evaluator<'e>,
    pub variables: &'a Variables,
    pub selection: &'a Selection,
    pub public: Publics,
    pub blanks: Blanks,
    pub fleet: Fleet,
    names: HashSet<String>,
    pub inlines: Inlines,
}

impl Maker<'_, '_> {
    /// What a target of the file builds.
    pub(super) fn built(&mut self, target: &Target) -> Result<Built, Refusal> {
        let settings = self.resolver.known(target, self.evaluator);
        self.evaluator.decided();
        Built::new(target, settings?.as_ref())
    }

    /// Notes what an image is made from.
    fn counted(&mut self, built: &Built) {
        self.fleet.attests.push(built.attest.clone());
        let closed = built.closed.iter();
        let closed = closed.map(|(name, texts)| (name.clone(), texts.clone()));
        self.fleet.closed.extend(closed);
        self.fleet.decided.extend(built.decided.iter().cloned());
        // A block with the name of one target of a matrix changes that one.
        let own = [&built.label, &built.target].into_iter().cloned();
        self.fleet.blocks.extend(own);
        self.fleet.blocks.extend(built.ancestors.iter().cloned());
    }

    /// Adds the images of all blocks. Blocks that differ in a version are one image, in the place of the first.
    fn entries(&mut self, entries: Vec<Entry>, notes: &mut Notes) {
        let mut joined: HashMap<usize, Image> = HashMap::new();
        let mut members: HashSet<usize> = HashSet::new();
        // What is built is the same with and without axes.
        let all = self.trials.as_ref().map(|_| series(&entries));
        for series in all.into_iter().flatten() {
            if let Some(image) = self.joined(&series, &entries, notes) {
                joined.extend(series.members.first().map(|first| (*first, image)));
                members.extend(&series.members);
            }
        }
        for (at, entry) in entries.into_iter().enumerate() {
            without_platforms(&entry, notes);
            entry.cells.iter().for_each(|cell| self.counted(cell));
            match joined.remove(&at) {
                Some(image) => self.add(image),
                None if members.contains(&at) => {}
                None => self.entry(entry, notes),
            }
        }
    }

    /// Adds the images of a block: one with axes, or one per target.
    fn entry(&mut self, entry: Entry, notes: &mut Notes) {
        let Some(first) = entry.cells.first() else {
            return;
        };
        // One target whose tag is filled in is called like its variable.
        let is_single = first.is_filled && entry.cells.len() == 1;
        let is_matrix = entry.block.get("matrix").is_some() && !is_single;
        if is_matrix && self.trials.is_some() && self.has_axes(&entry, first, notes) {
            return;
        }
        entry
            .cells
            .into_iter()
            .for_each(|cell| self.cell(cell, notes));
    }

    /// Adds the images of a matrix with axes, if there are any.
    fn has_axes(&mut self, entry: &Entry, first: &Built, notes: &mut Notes) -> bool {
        let Some(images) = self.matrix(entry) else {
            notes.note(
                "import::resolved",
                String::from("the matrix is expanded: each of its targets is an image"),
                "no axes publish exactly these tags: docs/manifest.md describes what axes can",
                entry.block.label.span,
            );
            return false;
        };
        contexts::named(first, &self.public, notes);
        inline_noted(first, notes);
        for made in images {
            let comment = comment(made.cells.iter().map(|at| &entry.cells[*at]));
            self.add(Image {
                comment,
                ..made.image
            });
        }
        true
    }

    /// A name that no image has yet.
    pub(super) fn unique(&self, name: &str) -> String {
        unique(name, |name| self.names.contains(name))
    }

    fn add(&mut self, mut image: Image) {
        image.name = self.unique(&image.name);
        self.names.insert(image.name.clone());
        self.fleet.images.push(image);
    }

    /// Adds the images of one target.
    fn cell(&mut self, mut built: Built, notes: &mut Notes) {
        let base = image_name(&built.target);
        let decided = contexts::follow(&mut built, &self.public, notes);
        self.fleet.decided.extend(decided);
        inline_noted(&built, notes);
        if let Some(text) = built.inline.clone() {
            let defaults = &self.variables.defaults;
            let text = follow(&text, &mut built, &self.public, defaults);
            built.dockerfile = Text::literal(self.inlines.add(&base, text));
            for (_, other) in &mut built.switched {
                other.dockerfile = built.dockerfile.clone();
            }
        }
        let images = plain(&built);
        if images.len() > 1 {
            let message = String::from(
                "a target whose repositories have different tags becomes several images",
            );
            notes.note(
                "import::resolved",
                message,
                "they share one Dockerfile, and the build cache",
                built.span,
            );
        }
        let comment = comment(std::iter::once(&built));
        for image in images {
            let comment = comment.clone();
            self.add(Image { comment, ..image });
        }
    }
}

/// The images of one target, with every tag written out.
pub(super) fn plain(built: &Built) -> Vec<Image> {
    let groups = built.groups().into_iter();
    let image = |names: Vec<Name>| {
        let tags = names.iter();
        let tags = tags.map(|name| (name.when.clone(), name.tag.pattern.clone()));
        let tags: IndexSet<(When, String)> = tags.collect();
        let others = built.switched.iter();
        let others = others.map(|(when, other)| (when.clone(), vec![other.variant(Vec::new())]));
        let places = names.iter().map(|name| name.repository.pattern.clone());
        let grid = Grid {
            places: places.collect(),
            repositories: built.moved.iter().map(patterns).collect(),
            tags: tags.into_iter().collect(),
            switched: others.collect(),
            ..Grid::new(Vec::new(), vec![Vec::new()], IndexSet::new())
        };
        let today = names.into_iter().filter(|name| built.has(name));
        Image {
            name: image_name(&built.target),
            span: built.span,
            comment: None,
            grid: Some(grid),
            variants: vec![built.variant(today.collect())],
        }
    };
    groups.map(image).collect()
}

/// Repositories under a condition as the manifest has them.
fn patterns((when, repositories): &(When, Vec<Text>)) -> (When, Vec<String>) {
    let patterns = repositories.iter().map(|one| one.pattern.clone());
    (when.clone(), patterns.collect())
}

fn without_platforms(entry: &Entry, notes: &mut Notes) {
    let without = entry.cells.iter().find(|cell| cell.platforms.is_none());
    if let Some(without) = without {
        notes.assumed(
            "without `platforms`, kiln builds an image for linux/amd64",
            "write `platforms \"linux/amd64\" \"linux/arm64\"`",
            without.span,
        );
    }
}

/// What the file publishes with other values of variables, and the manifest does not.
pub(super) fn comment<'b>(cells: impl Iterator<Item = &'b Built> + Clone) -> Option<String> {
    let mut all: IndexMap<&str, IndexSet<String>> = IndexMap::new();
    for (name, references) in cells.clone().flat_map(|cell| &cell.off) {
        let known = all.entry(name).or_default();
        known.extend(references.iter().cloned());
    }
    let names = cells.flat_map(|cell| &cell.names).flatten();
    let today: HashSet<String> = names.map(Name::full).collect();
    all.values_mut()
        .for_each(|references| references.retain(|one| !today.contains(one)));
    all.retain(|_, references| !references.is_empty());
    let one = |(name, references): (&&str, &IndexSet<String>)| {
        let shown = shown(references);
        format!("With other values of `{name}`, the bake file also publishes {shown}.")
    };
    let all: Vec<String> = all.iter().map(one).collect();
    (!all.is_empty()).then(|| all.join("\n"))
}

fn inline_noted(built: &Built, notes: &mut Notes) {
    if built.inline.is_some() {
        notes.note(
            "import::resolved",
            String::from("`dockerfile-inline` became a file in dockerfiles/"),
            "in kiln, a Dockerfile is always a file",
            built.span,
        );
    }
}
