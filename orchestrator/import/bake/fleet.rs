//! All targets of a file as images of one fleet.

use super::axes;
use super::built::Built;
use super::contexts;
use super::inline::Inlines;
use super::public::{Publics, follow, public};
use super::read::Block;
use super::target::{MOST, Refusal, Resolver, Settings, Target, targets};
use super::variable::Variables;
use crate::import::note::Notes;
use crate::import::published::{Grid, Image, Text};
use crate::import::{File, image_name, unique};
use indexmap::IndexSet;
use std::collections::{HashMap, HashSet};

/// The images of all targets, and the Dockerfiles that were inside the file; what cannot be an image is a note.
pub(super) fn images(
    blocks: &[Block],
    variables: &Variables,
    notes: &mut Notes,
) -> (Vec<Image>, Vec<File>) {
    let mut of: Vec<(&Block, Vec<Target>)> = Vec::new();
    let mut count = 0;
    for block in blocks.iter().filter(|block| block.kind == "target") {
        match targets(block, &variables.values, MOST.saturating_sub(count)) {
            Ok(found) => {
                count += found.len();
                of.push((block, found));
            }
            Err(refusal) => refused(&block.label, refusal, notes),
        }
    }
    let all = of.iter().flat_map(|(_, found)| found);
    let all = all.map(|target| (target.name.clone(), target.clone()));
    let all: HashMap<String, Target> = all.collect();
    let built = built(&of, &all, variables, notes);
    let mut fleet = Fleet {
        variables,
        public: public(&built),
        targets: &all,
        images: Vec::new(),
        names: HashSet::new(),
        inlines: Inlines::default(),
    };
    for ((block, cells), (_, found)) in built.into_iter().zip(&of) {
        fleet.block(block, cells, found, notes);
    }
    (fleet.images, fleet.inlines.finish())
}

/// What the targets of each block build.
fn built<'a>(
    of: &[(&'a Block, Vec<Target>)],
    all: &HashMap<String, Target>,
    variables: &Variables,
    notes: &mut Notes,
) -> Vec<(&'a Block, Vec<Built>)> {
    let mut real = Resolver::new(&variables.values, None, all);
    let mut marked = Resolver::new(&variables.values, Some(&variables.marked), all);
    let mut one = |target: &Target| {
        let settings = real.settings(target)?;
        let with_marks = marked.settings(target).unwrap_or_else(|_| Settings::new());
        Built::new(target, &settings, &with_marks, &variables.places)
    };
    let mut built = Vec::new();
    for (block, found) in of {
        let mut cells = Vec::new();
        for target in found {
            match one(target) {
                Ok(Some(one)) => cells.push(one),
                Ok(None) => notes.left_out(
                    "a target without tags",
                    "it is not an image; targets that inherit from it have its settings",
                    block.label.span,
                ),
                Err(refusal) => refused(&target.name, refusal, notes),
            }
        }
        built.push((*block, cells));
    }
    built
}

/// The images so far.
struct Fleet<'a> {
    variables: &'a Variables,
    public: Publics,
    targets: &'a HashMap<String, Target<'a>>,
    images: Vec<Image>,
    names: HashSet<String>,
    inlines: Inlines,
}

impl Fleet<'_> {
    /// Adds the images of a block: one with axes, or one per target.
    fn block(&mut self, block: &Block, cells: Vec<Built>, found: &[Target], notes: &mut Notes) {
        let Some(first) = cells.first() else { return };
        if let Some(without) = cells.iter().find(|cell| cell.platforms.is_none()) {
            notes.assumed(
                "without `platforms`, kiln builds an image for linux/amd64",
                "write `platforms \"linux/amd64\" \"linux/arm64\"`",
                without.span,
            );
        }
        if block.get("matrix").is_some() {
            let mut contexts = first.contexts.values();
            let plain = first.inline.is_none()
                && !contexts.any(|context| context.starts_with("target:"))
                && cells.len() == found.len();
            let name = self.unique(&image_name(&block.label));
            let image = || axes::image(&name, found, self.variables, self.targets);
            if let Some(image) = plain.then(image).flatten() {
                contexts::named(first, &self.public, notes);
                self.add(image);
                return;
            }
            let message = String::from("the matrix is expanded: each of its targets is an image");
            notes.note(
                "import::resolved",
                message,
                "images with an axis need tags that name every value of it",
                block.label.span,
            );
        }
        cells.into_iter().for_each(|cell| self.cell(cell, notes));
    }

    fn unique(&self, name: &str) -> String {
        unique(name, |name| self.names.contains(name))
    }

    fn add(&mut self, image: Image) {
        self.names.insert(image.name.clone());
        self.images.push(image);
    }

    /// Adds the images of one target.
    fn cell(&mut self, mut built: Built, notes: &mut Notes) {
        let base = image_name(&built.target);
        let contexts = contexts::named(&built, &self.public, notes);
        if let Some(text) = built.inline.take() {
            let text = follow(&text, &mut built, &self.public, &self.variables.places);
            built.dockerfile = Text::literal(self.inlines.add(&base, text));
            notes.note(
                "import::resolved",
                String::from("`dockerfile-inline` became a file in dockerfiles/"),
                "in kiln, a Dockerfile is always a file",
                built.span,
            );
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
                name: self.unique(&base),
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
