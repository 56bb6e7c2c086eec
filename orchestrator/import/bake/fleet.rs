//! All targets of a file as images of one fleet.

use super::axes;
use super::eval::Values;
use super::image::{Built, Name, Text};
use super::inline::Inlines;
use super::mark;
use super::public::{Publics, follow, public};
use super::read::Block;
use super::target::{MOST, Refusal, Resolver, Settings, Target, targets};
use super::variable::Variables;
use super::written::Image;
use crate::import::note::Notes;
use crate::import::verify::Published;
use crate::import::write::Node;
use crate::import::{File, image_name};
use crate::text::{Diagnostic, Diagnostics, Span};
use indexmap::IndexMap;
use std::collections::{HashMap, HashSet};

/// The state of an import.
pub(super) struct Fleet<'a> {
    blocks: &'a [Block],
    values: &'a Values,
    /// Variables with marks for those that kiln can have.
    marked: Values,
    /// The values behind the marks.
    places: Values,
    pub images: Vec<Image>,
    names: HashSet<String>,
    inlines: Inlines,
}

impl<'a> Fleet<'a> {
    /// Nothing is imported yet.
    pub fn new(blocks: &'a [Block], variables: &'a Variables) -> Self {
        let (mut marked, mut places) = (variables.values.clone(), Values::new());
        for name in variables.declared.iter().map(|name| name.as_str()) {
            if let Some(value) = variables
                .values
                .get(name)
                .filter(|value| super::is_variable(name, value))
            {
                let place = format!("var:{name}");
                marked.insert(name.to_owned(), mark::mark(&place));
                places.insert(place, value.clone());
            }
        }
        let (images, names, inlines) = (Vec::new(), HashSet::new(), Inlines::default());
        Self {
            blocks,
            values: &variables.values,
            marked,
            places,
            images,
            names,
            inlines,
        }
    }

    /// Makes images of all targets; what cannot be one is a note.
    pub fn build(&mut self, notes: &mut Notes) {
        let mut of: Vec<(&Block, Vec<Target>)> = Vec::new();
        let mut count = 0;
        for block in self.blocks.iter().filter(|block| block.kind == "target") {
            match targets(block, self.values, MOST.saturating_sub(count)) {
                Ok(found) => {
                    count += found.len();
                    of.push((block, found));
                }
                Err(refusal) => refused(&block.label, refusal, notes),
            }
        }
        let all: HashMap<String, Target> = of
            .iter()
            .flat_map(|(_, found)| found)
            .map(|target| (target.name.clone(), target.clone()))
            .collect();
        let mut built: Vec<(&Block, Vec<Built>)> = Vec::new();
        let (mut real, mut marked) = (
            Resolver::new(self.values, None, &all),
            Resolver::new(self.values, Some(&self.marked), &all),
        );
        for (block, found) in &of {
            let mut cells = Vec::new();
            for target in found {
                match self.target(target, &mut real, &mut marked) {
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
        let public = public(&built);
        for ((block, cells), (_, found)) in built.into_iter().zip(&of) {
            self.block(block, cells, found, &all, &public, notes);
        }
    }

    fn target(
        &self,
        target: &Target,
        real: &mut Resolver,
        marked: &mut Resolver,
    ) -> Result<Option<Built>, Refusal> {
        let settings = real.settings(target)?;
        let with_marks = marked.settings(target).unwrap_or_else(|_| Settings::new());
        Built::new(target, &settings, &with_marks, &self.places)
    }

    /// Adds the images of a block: one with axes, or one per target.
    fn block(
        &mut self,
        block: &Block,
        cells: Vec<Built>,
        found: &[Target],
        all: &HashMap<String, Target>,
        public: &Publics,
        notes: &mut Notes,
    ) {
        let Some(first) = cells.first() else { return };
        if let Some(without) = cells.iter().find(|cell| cell.any_platform) {
            notes.assumed(
                "without `platforms`, kiln builds an image for linux/amd64",
                "write `platforms \"linux/amd64\" \"linux/arm64\"`",
                without.span,
            );
        }
        if block.get("matrix").is_some() {
            let plain = first.inline.is_none()
                && !first
                    .contexts
                    .values()
                    .any(|context| context.starts_with("target:"));
            let marks = axes::Marks {
                values: self.values,
                marked: &self.marked,
                places: &self.places,
                targets: all,
            };
            let name = unique(&image_name(&block.label), &self.names);
            let whole = plain && cells.len() == found.len();
            if let Some(image) = whole
                .then(|| axes::image(&name, found, &cells, &marks))
                .flatten()
            {
                self.contexts(first, None, notes);
                self.names.insert(image.name.clone());
                self.images.push(image);
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
        cells
            .into_iter()
            .for_each(|cell| self.cell(cell, public, notes));
    }

    /// Adds the images of one target.
    fn cell(&mut self, mut built: Built, public: &Publics, notes: &mut Notes) {
        let base = image_name(&built.target);
        let from = self.contexts(&built, Some(public), notes);
        if let Some(text) = built.inline.take() {
            let text = follow(&text, &mut built, public, &self.places);
            let path = self.inlines.add(&base, text);
            let help = "in kiln, a Dockerfile is always a file";
            notes.note(
                "import::resolved",
                String::from("`dockerfile-inline` became a file in dockerfiles/"),
                help,
                built.span,
            );
            built.dockerfile = Text {
                pattern: path.clone(),
                real: path,
            };
        }
        let groups: Vec<Vec<Name>> = built
            .groups()
            .into_iter()
            .map(|group| group.into_iter().cloned().collect())
            .collect();
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
        for group in groups {
            let name = unique(&base, &self.names);
            self.names.insert(name.clone());
            let names: Vec<&Name> = group.iter().collect();
            let published = vec![built.published(&names)];
            let mut image = Image::new(name, built.clone(), &names, published);
            image.from = from.clone();
            self.images.push(image);
        }
    }

    /// Adds notes on a target's contexts, and returns the parent image if a context names one.
    fn contexts(
        &self,
        built: &Built,
        public: Option<&Publics>,
        notes: &mut Notes,
    ) -> Option<String> {
        let mut parents = Vec::new();
        for (name, context) in &built.contexts {
            let reference = public.and_then(|public| public.reference(context));
            match &reference {
                Some(_) if built.inline.is_some() => {}
                Some(reference) => {
                    let help = "a Dockerfile names images by their public names, so that `docker build` finds them, too";
                    notes.note(
                        "import::left-out",
                        format!(
                            "the Dockerfile of `{}` must use {reference} in place of `{name}`",
                            built.target
                        ),
                        help,
                        built.span,
                    );
                }
                None => notes.left_out(
                    &format!("the context `{name}`"),
                    "a build has one context: copy from it, or from images by their public names",
                    built.span,
                ),
            }
            parents.extend(public.and_then(|public| public.image(context)));
        }
        // The text of an imported Dockerfile names its parent itself.
        parents
            .into_iter()
            .next()
            .filter(|_| built.inline.is_none() && built.contexts.len() == 1)
    }

    /// References with two owners are errors.
    pub fn owners(&self, out: &mut Diagnostics) {
        let mut owners: HashMap<&str, Span> = HashMap::new();
        for image in &self.images {
            for reference in image
                .published
                .iter()
                .flat_map(|published| &published.references)
            {
                if let Some(first) = owners.insert(reference, image.span) {
                    let fault = Diagnostic::error(
                        "import::two-owners",
                        format!("`{reference}` is published twice"),
                    )
                    .at(image.span, "again here");
                    out.push(
                        fault.at(first, "first here").help(
                            "only one image can have a tag: use a different one for the other",
                        ),
                    );
                    return;
                }
            }
        }
    }

    /// The common prefix of the repositories, where several images are named after theirs.
    pub fn stem(&self) -> Option<String> {
        let mut counts: IndexMap<&str, usize> = IndexMap::new();
        self.images
            .iter()
            .filter_map(Image::stem)
            .for_each(|stem| *counts.entry(stem).or_default() += 1);
        counts
            .into_iter()
            .filter(|(_, count)| *count > 1)
            .max_by_key(|(_, count)| *count)
            .map(|(stem, _)| stem.to_owned())
    }

    /// The images as manifest nodes.
    pub fn nodes(&self) -> Vec<Node> {
        let stem = self.stem();
        self.images
            .iter()
            .map(|image| image.node(stem.as_deref()))
            .collect()
    }

    /// Everything that is published.
    pub fn published(&self) -> Vec<Published> {
        self.images
            .iter()
            .flat_map(|image| image.published.iter().cloned())
            .collect()
    }

    /// The Dockerfiles that were inside the file.
    pub fn files(self) -> Vec<File> {
        self.inlines.finish()
    }
}

fn unique(name: &str, taken: &HashSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    std::iter::once(name.to_owned())
        .chain(numbered)
        .find(|name| !taken.contains(name))
        .unwrap_or_default()
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
