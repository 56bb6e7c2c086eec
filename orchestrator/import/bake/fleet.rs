//! All targets of a file as images of one fleet.

use super::blanks::Blanks;
use super::built::Built;
use super::contexts;
use super::eval::Evaluator;
use super::follow::follow;
use super::inline::Inlines;
use super::place::{Decisions, Names};
use super::public::Publics;
use super::read::Block;
use super::select::{Found, Selection};
use super::settings::Resolver;
use super::stand_in::StandIns;
use super::target::{Refusal, Target};
use super::trial::{Trials, shown};
use super::twin;
use super::variable::Variables;
use crate::import::note::Notes;
use crate::import::published::{Grid, Image, Name, Text, Wanted};
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
    /// The variables without a value that names or contexts cannot do without.
    pub unset: Names,
}

/// What a bake file has besides its targets.
pub(super) struct File<'f> {
    pub blocks: &'f [Block],
    /// The values of variables that have none in the file.
    pub given: &'f StandIns,
    pub variables: &'f Variables,
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
        trials: Trials::new(&by_name, file.blocks, file.given, file.variables),
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
    twin::settle(&mut all, selection, notes);
    for mut entry in entries {
        entry.cells.retain(Built::is_named);
        maker.entry(entry, notes);
    }
    maker.fleet.files = maker.inlines.finish();
    maker.fleet.wanted = maker.blanks.finish(&maker.fleet.images);
    maker.fleet
}

/// A block with the targets that are imported.
pub(super) struct Entry<'a> {
    pub block: &'a Block,
    pub targets: &'a [Target<'a>],
    pub cells: Vec<Built>,
}

/// The images so far.
pub(super) struct Maker<'a, 'e> {
    pub resolver: Resolver<'a>,
    pub trials: Trials<'a, 'a>,
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
        self.fleet.decided.extend(built.decided.iter().cloned());
        // A block with the name of one target of a matrix changes that one.
        let own = [&built.label, &built.target].into_iter().cloned();
        self.fleet.blocks.extend(own);
        self.fleet.blocks.extend(built.ancestors.iter().cloned());
    }

    /// Adds the images of a block: one with axes, or one per target.
    fn entry(&mut self, entry: Entry, notes: &mut Notes) {
        let Some(first) = entry.cells.first() else {
            return;
        };
        if let Some(without) = entry.cells.iter().find(|cell| cell.platforms.is_none()) {
            notes.assumed(
                "without `platforms`, kiln builds an image for linux/amd64",
                "write `platforms \"linux/amd64\" \"linux/arm64\"`",
                without.span,
            );
        }
        entry.cells.iter().for_each(|cell| self.counted(cell));
        if entry.block.get("matrix").is_some() {
            match self.matrix(&entry) {
                Some(images) => {
                    let comment = comment(&entry.cells);
                    contexts::named(first, &self.public, notes);
                    inline_noted(first, notes);
                    for image in images {
                        let comment = comment.clone();
                        self.add(Image { comment, ..image });
                    }
                    return;
                }
                None => notes.note(
                    "import::resolved",
                    String::from("the matrix is expanded: each of its targets is an image"),
                    "axes need tags that name every value of them",
                    entry.block.label.span,
                ),
            }
        }
        entry
            .cells
            .into_iter()
            .for_each(|cell| self.cell(cell, notes));
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
        let named = contexts::named(&built, &self.public, notes);
        self.fleet.decided.extend(named.decided);
        built.named = named.contexts;
        inline_noted(&built, notes);
        if let Some(text) = built.inline.clone() {
            let defaults = &self.variables.defaults;
            let text = follow(&text, &mut built, &self.public, defaults);
            built.dockerfile = Text::literal(self.inlines.add(&base, text));
        }
        let groups = built.groups();
        if groups.len() > 1 {
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
        let comment = comment(std::slice::from_ref(&built));
        for names in groups {
            let tags: IndexSet<String> =
                names.iter().map(|name| name.tag.pattern.clone()).collect();
            self.add(Image {
                name: base.clone(),
                span: built.span,
                comment: comment.clone(),
                grid: Some(Grid::new(Vec::new(), vec![Vec::new()], tags)),
                variants: vec![built.variant(names)],
            });
        }
    }
}

/// What the file publishes with other values of variables, and the manifest does not.
fn comment(cells: &[Built]) -> Option<String> {
    let mut all: IndexMap<&str, IndexSet<String>> = IndexMap::new();
    for (name, references) in cells.iter().flat_map(|cell| &cell.off) {
        let known = all.entry(name).or_default();
        known.extend(references.iter().cloned());
    }
    let names = cells.iter().flat_map(|cell| &cell.names).flatten();
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
