//! All targets of a file as images of one fleet.

use super::built::Built;
use super::contexts;
use super::eval::Evaluator;
use super::inline::Inlines;
use super::place::Decisions;
use super::public::{Publics, follow, public};
use super::read::Block;
use super::select::{Found, Selection};
use super::target::{MOST, Refusal, Resolver, Target, targets};
use super::twin;
use super::unfinished::Unfinished;
use super::variable::Variables;
use crate::import::note::Notes;
use crate::import::published::{Grid, Image, Text};
use crate::import::{File, image_name, unique};
use indexmap::IndexSet;
use std::collections::{HashMap, HashSet};

/// What the targets of a file are in a manifest.
#[derive(Debug, Default)]
pub(super) struct Fleet {
    pub images: Vec<Image>,
    /// Images whose tags have to be filled in.
    pub unfinished: Vec<Unfinished>,
    /// Dockerfiles that were inside the file.
    pub files: Vec<File>,
    /// The variables whose defaults decided something.
    pub decided: Decisions,
    /// The blocks that the images are made from.
    pub blocks: HashSet<String>,
}

/// The targets of all blocks; a block that has none is a note.
pub(super) fn all<'a>(
    blocks: &'a [Block],
    evaluator: &mut Evaluator,
    notes: &mut Notes,
) -> Vec<(&'a Block, Vec<Target<'a>>)> {
    let mut all: Vec<(&Block, Vec<Target>)> = Vec::new();
    let mut places: HashMap<String, (usize, usize)> = HashMap::new();
    let mut count = 0;
    for block in blocks.iter().filter(|block| block.kind == "target") {
        match targets(block, evaluator, MOST.saturating_sub(count)) {
            Ok(found) => {
                count += found.len();
                let mut own = Vec::new();
                for target in found {
                    match places.get(&target.name) {
                        // A block may change one target of a matrix.
                        Some((at, cell)) if *at < all.len() => all[*at].1[*cell].more.push(block),
                        Some(_) => {}
                        None => {
                            places.insert(target.name.clone(), (all.len(), own.len()));
                            own.push(target);
                        }
                    }
                }
                all.push((block, own));
            }
            Err(refusal) => refused(&block.label, refusal, notes),
        }
    }
    all
}

/// The images of the selected targets; what cannot be an image is a note.
pub(super) fn fleet(
    found: &Found,
    selection: &Selection,
    evaluator: &mut Evaluator,
    variables: &Variables,
    notes: &mut Notes,
) -> Fleet {
    let by_name = found.iter().flat_map(|(_, targets)| targets);
    let by_name = by_name.map(|target| (target.name.clone(), target.clone()));
    let by_name: HashMap<String, Target> = by_name.collect();
    let mut maker = Maker {
        resolver: Resolver::new(&by_name),
        evaluator,
        variables,
        selection,
        public: Publics::default(),
        fleet: Fleet::default(),
        names: HashSet::new(),
        inlines: Inlines::default(),
        untagged: Vec::new(),
    };
    let mut entries = maker.entries(found, notes);
    let mut all: Vec<&mut Built> = entries
        .iter_mut()
        .flat_map(|entry| &mut entry.cells)
        .collect();
    twin::settle(&mut all, selection, notes);
    for entry in &mut entries {
        entry.cells.retain(Built::is_named);
    }
    let named = entries.iter();
    maker.public = public(named.flat_map(|entry| &entry.cells));
    let any_tagged = entries.iter().any(|entry| !entry.cells.is_empty());
    for entry in entries {
        maker.entry(entry, notes);
    }
    maker.untagged(any_tagged, notes);
    maker.fleet.files = maker.inlines.finish();
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
    resolver: Resolver<'a>,
    pub evaluator: &'a mut Evaluator<'e>,
    pub variables: &'a Variables,
    pub selection: &'a Selection,
    pub public: Publics,
    pub fleet: Fleet,
    pub names: HashSet<String>,
    pub inlines: Inlines,
    /// Targets without tags.
    pub untagged: Vec<Built>,
}

impl<'a> Maker<'a, '_> {
    /// What the selected targets build, in the order of the selection.
    fn entries(&mut self, found: &'a Found<'a>, notes: &mut Notes) -> Vec<Entry<'a>> {
        let mut entries = Vec::new();
        for (block, targets) in found {
            let mut cells = Vec::new();
            for target in targets
                .iter()
                .filter(|target| self.selection.has(&target.name))
            {
                match self.built(target) {
                    Ok(built) => cells.extend(self.kept(built, notes)),
                    Err(refusal) => refused(&target.name, refusal, notes),
                }
            }
            entries.push(Entry {
                block,
                targets,
                cells,
            });
        }
        if let Some(chosen) = &self.selection.chosen {
            let place = |entry: &Entry| {
                let names = entry.cells.iter();
                names
                    .filter_map(|cell| chosen.get_index_of(&cell.target))
                    .min()
            };
            entries.sort_by_key(|entry| place(entry).unwrap_or(usize::MAX));
        }
        entries
    }

    pub(super) fn built(&mut self, target: &Target) -> Result<Built, Refusal> {
        let settings = self.resolver.settings(target, self.evaluator);
        self.evaluator.decided();
        Built::new(target, &settings?)
    }

    /// The target, if it makes an image with a tag.
    fn kept(&mut self, built: Built, notes: &mut Notes) -> Option<Built> {
        if let Some(purpose) = built.purpose {
            let message = format!("a target that {purpose} is not imported");
            let help = "kiln builds and publishes images: run this target with bake as before";
            notes.note("import::left-out", message, help, built.span);
            return None;
        }
        self.lost(&built, notes);
        if built.is_named() {
            return Some(built);
        }
        match !built.lost.is_empty() {
            true => super::untagged::without_tags(&built, notes),
            false => self.untagged.push(built),
        }
        None
    }

    fn lost(&mut self, built: &Built, notes: &mut Notes) {
        for refusal in &built.lost {
            let help =
                "write the value itself into the manifest, or into the bake file before the import";
            notes.note("import::left-out", refusal.why.clone(), help, refusal.span);
        }
    }

    /// Notes what an image is made from.
    pub(super) fn counted(&mut self, built: &Built) {
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
                    contexts::named(first, &self.public, notes);
                    self.inline_noted(first, notes);
                    images.into_iter().for_each(|image| self.add(image));
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

    fn inline_noted(&self, built: &Built, notes: &mut Notes) {
        if built.inline.is_some() {
            notes.note(
                "import::resolved",
                String::from("`dockerfile-inline` became a file in dockerfiles/"),
                "in kiln, a Dockerfile is always a file",
                built.span,
            );
        }
    }

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
        let contexts = contexts::named(&built, &self.public, notes);
        self.inline_noted(&built, notes);
        if let Some(text) = built.inline.take() {
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
        for names in groups {
            let tags: IndexSet<String> =
                names.iter().map(|name| name.tag.pattern.clone()).collect();
            let mut variant = built.variant(names);
            variant.contexts = contexts.clone();
            self.add(Image {
                name: base.clone(),
                span: built.span,
                grid: Some(Grid::new(Vec::new(), vec![Vec::new()], tags)),
                variants: vec![variant],
            });
        }
    }
}

fn refused(target: &str, refusal: Refusal, notes: &mut Notes) {
    let message = format!(
        "target `{}` is left out: {}",
        target.escape_debug(),
        refusal.why
    );
    notes.note(
        "import::left-out",
        message,
        "write the value itself, or add the image to the manifest by hand",
        refusal.span,
    );
}
