//! All targets of a file as images of one fleet.

use super::axes;
use super::eval::Values;
use super::image::{Built, Name, Text};
use super::inline::{Arguments, Inlines, as_argument, renamed, with_arguments};
use super::mark;
use super::read::Block;
use super::target::{MOST, Refusal, Resolver, Settings, Target, targets};
use super::variable::Variables;
use crate::import::note::Notes;
use crate::import::proof::Published;
use crate::import::write::Node;
use crate::import::{File, image_name};
use crate::text::{Diagnostic, Diagnostics, Span};
use indexmap::{IndexMap, IndexSet};
use std::collections::{HashMap, HashSet};

/// An image of the manifest.
#[derive(Debug, Clone)]
pub(super) struct Image {
    pub name: String,
    pub span: Span,
    pub axes: Vec<Node>,
    /// Patterns.
    pub publish: Vec<String>,
    pub tags: Vec<String>,
    pub built: Built,
    /// The image it stands on, by its name.
    pub from: Option<String>,
    /// What it comes to: one, or one a cell.
    pub published: Vec<Published>,
}

/// A bake file on its way.
pub(super) struct Fleet<'a> {
    blocks: &'a [Block],
    values: &'a Values,
    /// Variables with marks for those that kiln can have.
    marked: Values,
    /// What the marks stand for.
    places: Values,
    pub images: Vec<Image>,
    names: HashSet<String>,
    inlines: Inlines,
}

impl<'a> Fleet<'a> {
    /// Nothing is built yet.
    pub fn new(blocks: &'a [Block], variables: &'a Variables) -> Self {
        let (mut marked, mut places) = (variables.values.clone(), Values::new());
        for name in variables.declared.iter().map(|name| name.as_str()) {
            if let Some(value) = variables.values.get(name).filter(|value| super::is_variable(name, value)) {
                let place = format!("var:{name}");
                marked.insert(name.to_owned(), mark::mark(&place));
                places.insert(place, value.clone());
            }
        }
        let (images, names, inlines) = (Vec::new(), HashSet::new(), Inlines::default());
        Self { blocks, values: &variables.values, marked, places, images, names, inlines }
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
        let all: HashMap<String, Target> = of.iter().flat_map(|(_, found)| found).map(|target| (target.name.clone(), target.clone())).collect();
        let mut built: Vec<(&Block, Vec<Built>)> = Vec::new();
        let (mut real, mut marked) = (Resolver::new(self.values, None, &all), Resolver::new(self.values, Some(&self.marked), &all));
        for (block, found) in &of {
            let mut cells = Vec::new();
            for target in found {
                match self.target(target, &mut real, &mut marked) {
                    Ok(Some(one)) => cells.push(one),
                    Ok(None) => notes.left_out("a target without tags", "it is no image; what inherits from it has its settings", block.label.span),
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

    fn target(&self, target: &Target, real: &mut Resolver, marked: &mut Resolver) -> Result<Option<Built>, Refusal> {
        let settings = real.settings(target)?;
        let with_marks = marked.settings(target).unwrap_or_else(|_| Settings::new());
        Built::new(target, &settings, &with_marks, &self.places)
    }

    /// Adds the images of a block: one with axes, or one a target.
    fn block(&mut self, block: &Block, cells: Vec<Built>, found: &[Target], all: &HashMap<String, Target>, public: &Publics, notes: &mut Notes) {
        let Some(first) = cells.first() else { return };
        if let Some(without) = cells.iter().find(|cell| cell.any_platform) {
            notes.assumed("without `platforms`, an image is built for linux/amd64", "say `platforms \"linux/amd64\" \"linux/arm64\"`", without.span);
        }
        if block.get("matrix").is_some() {
            let plain = first.inline.is_none() && !first.contexts.values().any(|context| context.starts_with("target:"));
            let marks = axes::Marks { values: self.values, marked: &self.marked, places: &self.places, targets: all };
            let name = unique(&image_name(&block.label), &self.names);
            let whole = plain && cells.len() == found.len();
            if let Some(image) = whole.then(|| axes::image(&name, found, &cells, &marks)).flatten() {
                self.contexts(first, None, notes);
                self.names.insert(image.name.clone());
                self.images.push(image);
                return;
            }
            let message = String::from("the matrix is resolved: each of its targets is an image");
            notes.note("import::resolved", message, "images with an axis need tags that name every value of it", block.label.span);
        }
        cells.into_iter().for_each(|cell| self.cell(cell, public, notes));
    }

    /// Adds the images of one target.
    fn cell(&mut self, mut built: Built, public: &Publics, notes: &mut Notes) {
        let base = image_name(&built.target);
        let from = self.contexts(&built, Some(public), notes);
        if let Some(text) = built.inline.take() {
            let text = self.renamed(&text, &mut built, public);
            let path = self.inlines.add(&base, text);
            let help = "an image's Dockerfile is a file: those inside the bake file were put there";
            notes.note("import::resolved", String::from("`dockerfile-inline` became a file in dockerfiles/"), help, built.span);
            built.dockerfile = Text { pattern: path.clone(), real: path };
        }
        let groups: Vec<Vec<Name>> = built.groups().into_iter().map(|group| group.into_iter().cloned().collect()).collect();
        if groups.len() > 1 {
            let message = String::from("a target with different tags in its repositories is several images");
            notes.note("import::resolved", message, "they have one Dockerfile, and are built from one cache", built.span);
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

    /// A Dockerfile's text with contexts called by their public names. What a variable says of them is
    /// handed to it as a build argument: a parent goes where its variable goes.
    fn renamed(&self, text: &str, built: &mut Built, public: &Publics) -> String {
        let mut names = IndexMap::new();
        let mut args = IndexMap::new();
        for (name, context) in &built.contexts {
            let Some(reference) = public.reference(context) else { continue };
            let found = public.pattern(context).and_then(|pattern| as_argument(&pattern, &self.places));
            let free = |args: &Arguments| args.keys().all(|arg| built.args.get(arg).is_none_or(|text| text.pattern == format!("{{var:{arg}}}")));
            match found.filter(|(_, args)| free(args)) {
                Some((written, more)) => {
                    names.insert(name.clone(), written);
                    args.extend(more);
                }
                None => drop(names.insert(name.clone(), reference)),
            }
        }
        let (text, named) = renamed(text, &names);
        args.retain(|arg, _| named.iter().any(|name| names.get(name).is_some_and(|written| written.contains(&format!("${{{arg}}}")))));
        for (arg, value) in &args {
            built.args.insert(arg.clone(), Text { real: value.clone(), pattern: format!("{{var:{arg}}}") });
        }
        with_arguments(&text, &args)
    }

    /// Says what becomes of a target's contexts; the image it stands on, if one is named.
    fn contexts(&self, built: &Built, public: Option<&Publics>, notes: &mut Notes) -> Option<String> {
        let mut parents = Vec::new();
        for (name, context) in &built.contexts {
            let reference = public.and_then(|public| public.reference(context));
            match &reference {
                Some(_) if built.inline.is_some() => {}
                Some(reference) => {
                    let help = "a Dockerfile names images by their public names; `docker build` finds them so, too";
                    notes.note("import::left-out", format!("the Dockerfile of `{}` must say {reference} where it says `{name}`", built.target), help, built.span);
                }
                None => notes.left_out(&format!("the context `{name}`"), "a build has one context: copy from it, or from images by their public names", built.span),
            }
            parents.extend(public.and_then(|public| public.image(context)));
        }
        // A Dockerfile that is written here says itself what it stands on.
        parents.into_iter().next().filter(|_| built.inline.is_none() && built.contexts.len() == 1)
    }

    /// References with two owners are errors.
    pub fn owners(&self, out: &mut Diagnostics) {
        let mut owners: HashMap<&str, Span> = HashMap::new();
        for image in &self.images {
            for reference in image.published.iter().flat_map(|published| &published.references) {
                if let Some(first) = owners.insert(reference, image.span) {
                    let fault = Diagnostic::error("import::two-owners", format!("`{reference}` is published twice")).at(image.span, "again here");
                    out.push(fault.at(first, "first here").help("only one image can have a tag: give the other another one"));
                    return;
                }
            }
        }
    }

    /// The repositories' common beginning, where several images are named like theirs.
    pub fn stem(&self) -> Option<String> {
        let mut counts: IndexMap<&str, usize> = IndexMap::new();
        self.images.iter().filter_map(Image::stem).for_each(|stem| *counts.entry(stem).or_default() += 1);
        counts.into_iter().filter(|(_, count)| *count > 1).max_by_key(|(_, count)| *count).map(|(stem, _)| stem.to_owned())
    }

    /// The images as they are written.
    pub fn nodes(&self) -> Vec<Node> {
        let stem = self.stem();
        self.images.iter().map(|image| image.node(stem.as_deref())).collect()
    }

    /// Everything that is published.
    pub fn published(&self) -> Vec<Published> {
        self.images.iter().flat_map(|image| image.published.iter().cloned()).collect()
    }

    /// The Dockerfiles that stood in the file.
    pub fn files(self) -> Vec<File> {
        self.inlines.finish()
    }
}

/// By target: its image's name and its first reference, as Dockerfiles say it.
struct Publics(HashMap<String, (String, Name)>);

impl Publics {
    /// The public name of what a context names: a target, or an image from outside.
    fn reference(&self, context: &str) -> Option<String> {
        match context.split_once(':') {
            Some(("target", target)) => self.0.get(target).map(|(_, name)| name.real.familiar()),
            _ => context.strip_prefix("docker-image://").map(str::to_owned),
        }
    }

    /// The same as a pattern, of a target.
    fn pattern(&self, context: &str) -> Option<String> {
        let (_, name) = self.0.get(context.strip_prefix("target:")?)?;
        Some(format!("{}:{}", name.repository.pattern, name.tag.pattern)).filter(|pattern| pattern.contains('{'))
    }

    fn image(&self, context: &str) -> Option<String> {
        self.0.get(context.strip_prefix("target:")?).map(|(image, _)| image.clone())
    }
}

fn public(built: &[(&Block, Vec<Built>)]) -> Publics {
    let cells = built.iter().flat_map(|(_, cells)| cells);
    let row = |cell: &Built| Some((cell.target.clone(), (image_name(&cell.target), cell.references.first()?.clone())));
    Publics(cells.filter_map(row).collect())
}

fn unique(name: &str, taken: &HashSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or_default()
}

fn refused(target: &str, refusal: Refusal, notes: &mut Notes) {
    let message = format!("target `{}` is left out: {}", target.escape_debug(), refusal.why);
    notes.note("import::left-out", message, "write what it comes to, or add the image to the manifest by hand", refusal.span);
}

impl Image {
    /// An image without axes.
    pub fn new(name: String, built: Built, names: &[&Name], published: Vec<Published>) -> Self {
        let unique = |of: fn(&Name) -> &Text| names.iter().map(|name| of(name).pattern.clone()).collect::<IndexSet<_>>().into_iter().collect();
        let (publish, tags) = (unique(|name| &name.repository), unique(|name| &name.tag));
        Self { name, span: built.span, axes: Vec::new(), publish, tags, built, from: None, published }
    }

    /// What stands before `/name` in its only repository.
    fn stem(&self) -> Option<&str> {
        let [publish] = self.publish.as_slice() else { return None };
        publish.strip_suffix(self.name.as_str())?.strip_suffix('/')
    }

    /// As it is written, without the repository that the workspace's comes to.
    pub fn node(&self, stem: Option<&str>) -> Node {
        let mut node = Node::new("image").arg(&self.name).open().spaced().children(self.axes.iter().cloned());
        if stem.is_none() || self.stem() != stem {
            node = node.child(Node::new("publish").args(self.publish.iter().map(String::as_str)));
        }
        node = node.children(self.from.as_ref().map(|from| Node::new("from").prop("image", from)));
        node = node.child(Node::new("dockerfile").arg(&self.built.dockerfile.pattern));
        node = node.children(self.built.own_context().map(|context| Node::new("context").arg(&context.pattern)));
        if !self.built.any_platform {
            node = node.child(crate::import::entry::platforms(&self.built.platforms));
        }
        let args = self.built.args.iter().map(|(name, text)| Node::new("arg").prop(name, &text.pattern));
        node.children(args).children(self.tags.iter().map(|tag| Node::new("tag").arg(tag)))
    }
}
