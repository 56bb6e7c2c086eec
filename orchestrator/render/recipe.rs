//! What is sent to a builder, before registries and engines are queried.

use super::{Fetching, Refreshed, SourceMap, source_map};
use crate::dockerfile::{
    Executed, Feature, FolderRef, ImageRef, Reads, UnneededStage, needed_text,
};
use crate::manifest::Refresh;
use crate::matrix::VariantId;
use crate::name::{Digest, Platform, Reference};
use crate::request::{BuildOptions, SecretRefs};
use crate::text::{Diagnostic, FROM_KILN, SourceId, Span};
use crate::tree::Tree;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;
use thin_vec::ThinVec;

/// A variant's Dockerfile and its build context.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The variant.
    pub variant: VariantId,
    /// Where the manifest declares the image: `kiln.kdl:12:1`
    pub declared: Arc<str>,
    /// The base that the `from` of a generated Dockerfile names.
    pub based: Option<Arc<DeclaredBase>>,
    /// The Dockerfile's path relative to the workspace: `.circleci/images/go/1.26.5/Dockerfile`.
    pub path: Arc<str>,
    /// The Dockerfile's text before its image references are replaced.
    pub dockerfile: Arc<str>,
    /// The text as a source, for diagnostics.
    pub source: SourceId,
    /// The build context without what `.dockerignore` excludes.
    pub context: Arc<Tree>,
    /// The files that `generate` writes next to the Dockerfile: the build context if it consists of copied files, nothing
    /// if the context is a folder of the workspace.
    pub beside: Arc<Tree>,
    /// Every image the Dockerfile names, in file order.
    pub image_refs: Arc<[ImageRef]>,
    /// The index in `image_refs` of the image that the last stage is based on, directly or through other stages; `None` for
    /// `scratch`.
    pub final_base: Option<usize>,
    /// The line of the FROM that makes the last stage run on the engine's platform, if there is one: the image is only
    /// right if that is its own platform.
    pub native: Option<usize>,
    /// For each platform of the variant in order, the platforms that its build runs programs on.
    pub executed: Arc<[Vec<Executed>]>,
    /// For each platform of the variant in order, what its build reads from the context.
    pub reads: Arc<[Reads]>,
    /// The stages that no build needs.
    pub unneeded: ThinVec<UnneededStage>,
    /// The other byte ranges that no build depends on.
    pub idle: ThinVec<Range<usize>>,
    /// What ONBUILD makes the builds of images based on this one read from their contexts.
    pub onbuild_reads: Reads,
    /// What named contexts change; `None` without any.
    pub contexts: Option<Box<RecipeContexts>>,
    /// The secrets and ssh agents that some build mounts.
    pub secrets: Arc<SecretRefs>,
    /// What only BuildKit builds, in file order.
    pub features: Arc<[Feature]>,
    /// The origins of the lines of a generated Dockerfile.
    pub map: SourceMap,
    /// The downloads of the build, as far as the manifest declares them.
    pub fetching: ThinVec<Fetching>,
    /// The tool sets whose layers are refreshed, in the order of the file.
    pub refreshed: ThinVec<Refreshed>,
    /// Whether the Dockerfile has a fault: what else it names is not known.
    pub is_unsound: bool,
    /// Whether `generate` writes the Dockerfile and its context (false for hand-written files).
    pub generated: bool,
}

/// A base with its place in the manifest.
#[derive(Debug, Clone)]
pub struct DeclaredBase {
    /// The image.
    pub reference: Reference,
    /// `kiln.kdl:3:1`
    pub place: String,
}

/// What named contexts change in a recipe.
#[derive(Debug, Clone)]
pub struct RecipeContexts {
    /// Where the manifest declares them, by name.
    pub origins: BTreeMap<Box<str>, ContextOrigin>,
    /// Those that are folders.
    pub folders: Vec<RecipeFolder>,
    /// The byte ranges of the Dockerfile that are not sent: the instructions of stages that a context replaces.
    pub replaced: Vec<Range<usize>>,
}

/// Where the manifest declares a named context.
#[derive(Debug, Clone)]
pub struct ContextOrigin {
    /// Its name.
    pub span: Span,
    /// `kiln.kdl:14:5`
    pub place: String,
}

/// A named context that is a folder.
#[derive(Debug, Clone)]
pub struct RecipeFolder {
    /// The name.
    pub name: Box<str>,
    /// The folder without what its `.dockerignore` excludes.
    pub tree: Arc<Tree>,
    /// Where the Dockerfile names it; at least once.
    pub refs: Vec<FolderRef>,
    /// For each platform of the variant in order, what its build reads from the folder.
    pub reads: Vec<Reads>,
}

impl RecipeFolder {
    /// Whether a build for the platform at this place needs the folder.
    pub fn is_needed(&self, at: usize) -> bool {
        let mut refs = self.refs.iter();
        refs.any(|one| one.needs.get(at).is_some_and(Option::is_some))
    }
}

/// Part of every recipe id: the number changes when rendering or hashing changes its meaning.
const FORMAT: u32 = 1;

impl Recipe {
    /// Whether a build carries out the instruction at this byte of the Dockerfile: its stage is needed, and no named context
    /// replaces it.
    pub fn is_carried_out(&self, byte: usize) -> bool {
        let unneeded = self.unneeded.iter().map(|stage| &stage.instructions);
        let contexts = self.contexts.iter();
        let replaced = contexts.flat_map(|contexts| &contexts.replaced);
        !unneeded.chain(replaced).any(|range| range.contains(&byte))
    }

    /// Whether a tool set has `refresh "upgrades"`.
    pub fn waits_for_upgrades(&self) -> bool {
        let mut refreshed = self.refreshed.iter();
        refreshed.any(|one| one.refresh == Refresh::Upgrades)
    }

    /// Where the Dockerfile, or the template that it is made from, names an image.
    pub fn span(&self, image_ref: &ImageRef) -> Span {
        self.written(&image_ref.bytes)
    }

    /// Where the author wrote these bytes of the Dockerfile.
    pub fn written(&self, bytes: &Range<usize>) -> Span {
        self.map.author_span(self.source, &self.dockerfile, bytes)
    }

    /// The named contexts that are folders.
    pub fn folders(&self) -> &[RecipeFolder] {
        let contexts = self.contexts.as_deref();
        contexts.map_or(&[], |contexts| &contexts.folders)
    }

    /// A fault at a place that names an image, and where the manifest says what the name stands for.
    pub fn named(&self, fault: Diagnostic, image_ref: &ImageRef) -> Diagnostic {
        let fault = fault.at(self.span(image_ref), "named here");
        match self.context_of(image_ref) {
            Some(origin) => fault.at(origin.span, "stands for it"),
            None => fault,
        }
    }

    /// The named context that an image is taken from.
    pub fn context_of(&self, image_ref: &ImageRef) -> Option<&ContextOrigin> {
        let name = image_ref.context.as_deref()?;
        self.contexts.as_ref()?.origins.get(name)
    }

    /// A line (from 1) of the Dockerfile for people: `PATH:12`, or with its origins
    /// `PATH:12 (templates/go.hbs:7, kiln.kdl:14:5)`.
    pub fn place(&self, line: usize) -> String {
        match self.origins_of(line) {
            Some(origins) => format!("{}:{line} ({origins})", self.path),
            None => format!("{}:{line}", self.path),
        }
    }

    /// Where the author wrote a line (from 1): `templates/go.hbs:7, kiln.kdl:14:5`, or its [`Recipe::place`] in a file that is
    /// written by hand.
    pub fn origin(&self, line: usize) -> String {
        let origins = self.origins_of(line).filter(|_| self.generated);
        origins.unwrap_or_else(|| self.place(line))
    }

    fn origins_of(&self, line: usize) -> Option<String> {
        let mut origins = self.map.origins(&self.dockerfile, line);
        let named = self.named_lines().filter(|(at, _)| *at == line);
        origins.extend(named.map(|(_, place)| place.to_owned()));
        if let [only] = origins.as_slice()
            && only.starts_with(FROM_KILN)
        {
            // The author cannot change that template.
            origins.insert(0, self.declared.to_string());
        }
        origins.splice(0..0, self.base_named_at(line).map(str::to_owned));
        (!origins.is_empty()).then(|| origins.join(", "))
    }

    /// Where the manifest declares the base that a line names.
    fn base_named_at(&self, line: usize) -> Option<&str> {
        let base = self.based.as_deref()?;
        let mut images = self.image_refs.iter().filter(|image| image.line == line);
        images
            .any(|image| image.context.is_none() && image.reference == base.reference)
            .then_some(&*base.place)
    }

    /// The origins of each line, joined; of lines at the end that have none, perhaps nothing.
    pub fn origins(&self) -> Vec<String> {
        let mut all = self.map.by_line(&self.dockerfile);
        let built_in = |own: &&mut String| own.starts_with(FROM_KILN);
        for own in all.iter_mut().filter(built_in) {
            *own = format!("{}, {own}", self.declared);
        }
        for (line, place) in self.named_lines() {
            all.resize(all.len().max(line), String::new());
            let Some(own) = line.checked_sub(1).and_then(|at| all.get_mut(at)) else {
                continue;
            };
            match own.is_empty() {
                true => own.push_str(place),
                false => own.push_str(&format!(", {place}")),
            }
        }
        if self.based.is_some() {
            for (at, own) in all.iter_mut().enumerate() {
                if let Some(place) = self.base_named_at(at + 1) {
                    let separator = if own.is_empty() { "" } else { ", " };
                    own.insert_str(0, &format!("{place}{separator}"));
                }
            }
        }
        all
    }

    /// Whether its lines have the origins of those of another recipe. Not all that have are found, but those of neighbours mostly
    /// are, without any name being written.
    pub fn has_origins_of(&self, other: &Self) -> bool {
        let named = self.contexts.is_some() || other.contexts.is_some();
        let declared = self.declared == other.declared;
        let continued = source_map::continued(&self.dockerfile);
        let lines = || continued.eq(source_map::continued(&other.dockerfile));
        !named && declared && self.map.is(&other.map) && lines()
    }

    /// The lines that use named contexts, each with the place of the manifest that declares the context.
    fn named_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let images = self.image_refs.iter();
        let images = images.filter_map(|one| Some((one.line, one.context.as_deref()?)));
        let folders = self.folders().iter().flat_map(|folder| &folder.refs);
        let named = images.chain(folders.map(|one| (one.line, &*one.context)));
        named.filter_map(|(line, name)| {
            let origin = self.contexts.as_ref()?.origins.get(name)?;
            Some((line, origin.place.as_str()))
        })
    }

    /// What the named contexts mean that a build for the platform at this place needs, by name. `read` knows the digest of
    /// what is read of a folder.
    pub fn meanings(
        &self,
        at: usize,
        read: impl Fn(&str) -> Option<Digest>,
    ) -> BTreeMap<&str, String> {
        let needed = self.image_refs.iter();
        let needed = needed.filter(|one| one.needs.get(at).is_some_and(Option::is_some));
        let images =
            needed.filter_map(|one| Some((one.context.as_deref()?, one.reference.to_string())));
        let folders = self.folders().iter().filter(|one| one.is_needed(at));
        let folders = folders.filter_map(|one| Some((&*one.name, read(&one.name)?.to_string())));
        images.chain(folders).collect()
    }

    /// The digest of what the author controls in this variant on this platform, without its parents:
    /// the Dockerfile before its image references are replaced, the build context, the build arguments, the format version.
    /// Limits of RUN steps do not count. The names of bases are part of the text and the arguments. `context` is the digest of the files that the build
    /// reads, `named` what the named contexts mean.
    pub fn own_digest<'a>(
        &self,
        context: Digest,
        named: &BTreeMap<&str, String>,
        args: impl IntoIterator<Item = (&'a str, &'a str)>,
        options: &BuildOptions,
        platform: &Platform,
    ) -> Digest {
        let text = needed_text(&self.dockerfile, &self.unneeded, &self.idle);
        recipe_id(&text, context, named, args, (options, platform))
    }
}

/// [`Recipe::own_digest`] of a Dockerfile without what no build needs.
pub fn recipe_id<'a>(
    dockerfile: &str,
    context: Digest,
    named: &BTreeMap<&str, String>,
    args: impl IntoIterator<Item = (&'a str, &'a str)>,
    (options, platform): (&BuildOptions, &Platform),
) -> Digest {
    let args: BTreeMap<&str, &str> = args.into_iter().collect();
    let mut text = String::with_capacity(dockerfile.len() + 256);
    let _ = writeln!(
        text,
        "kiln recipe {FORMAT}\nplatform {platform}\ncontext {context}"
    );
    let mut add = |kind: &str, value: &str| {
        let _ = writeln!(text, "{kind} {}:{value}", value.len());
    };
    add("dockerfile", dockerfile);
    for (name, value) in args {
        add("arg", name);
        add("value", value);
    }
    for (name, meaning) in named {
        add("named context", name);
        add("meaning", meaning);
    }
    let hosts = options.extra_hosts.iter().map(|host| ("host", host));
    let target = options.target.iter().map(|stage| ("target", stage));
    let network = options.network.iter().map(|network| ("network", network));
    for (kind, value) in target.chain(network).chain(hosts) {
        add(kind, value);
    }
    Digest::of(text)
}
