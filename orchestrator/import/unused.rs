//! Arguments, named contexts, secrets and agents of ssh that no Dockerfile uses. A builder ignores them; in a manifest, a
//! word that changes nothing is an error.

use super::File;
use super::bake::uses;
use super::note::{Notes, listed};
use super::published::{Image, Published, Text, Variant};
use crate::dockerfile::{
    ContextSource, Dockerfile, Given, ImageRefKind, MountKind, NamedContext, Taken, context_name,
    read, read_alone,
};
use crate::name::{Platform, Reference};
use crate::text::Span;
use indexmap::{IndexMap, IndexSet};
use std::collections::{BTreeSet, HashMap};

/// Reads a Dockerfile, by its path in the workspace; nothing if there is none.
pub type Dockerfiles<'a> = &'a dyn Fn(&str) -> Option<String>;

/// How many names a note has.
const SHOWN: usize = 12;

/// The context without any file.
const SCRATCH: &str = "scratch";

/// What a Dockerfile has to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Word {
    Arg,
    Context,
    Secret,
    Agent,
}

/// A setting: its word, its name, and its text in the manifest. A secret and an agent are their name.
type Said = (Word, String, String);

/// Removes the arguments, named contexts, secrets and agents that no Dockerfile of their image uses.
pub(super) fn settings(published: &mut Published, read: Dockerfiles, notes: &mut Notes) {
    let mut reader = Reader {
        made: made(published),
        files: &published.files,
        read,
        texts: HashMap::new(),
        alone: HashMap::new(),
        built: HashMap::new(),
    };
    let mut is_changed = false;
    for word in Word::ALL {
        let mut left: BTreeSet<String> = BTreeSet::new();
        let mut places = Vec::new();
        for image in &mut published.images {
            let said: IndexSet<Said> = all(image).flat_map(|one| word.said(one)).collect();
            let unused = said.into_iter().filter(|said| {
                let mut users = all(image).filter(|one| word.said(one).contains(said));
                !users.any(|one| reader.uses(one, said))
            });
            let unused: IndexSet<Said> = unused.collect();
            if !unused.is_empty() {
                remove(image, &unused);
                places.push(image.span);
                left.extend(unused.into_iter().map(|(_, name, _)| name));
            }
        }
        is_changed |= !left.is_empty();
        word.note(&left, &places, notes);
    }
    if is_changed {
        keep_used(published);
    }
}

impl Word {
    const ALL: [Self; 4] = [Self::Arg, Self::Context, Self::Secret, Self::Agent];

    /// What a variant has of it. An argument counts by its name: whether a Dockerfile takes one does not depend on its text.
    fn said(self, variant: &Variant) -> IndexSet<Said> {
        let bare = |name: &String| (self, name.clone(), String::new());
        match self {
            Self::Arg => variant.args.keys().map(bare).collect(),
            Self::Context => {
                let contexts = variant.contexts.iter();
                let said = contexts.map(|(name, text)| (self, name.clone(), text.pattern.clone()));
                said.collect()
            }
            Self::Secret => variant.secrets.keys().map(bare).collect(),
            Self::Agent => variant.agents.iter().map(bare).collect(),
        }
    }

    fn note(self, left: &BTreeSet<String>, places: &[Span], notes: &mut Notes) {
        let (what, help) = match self {
            Self::Arg => (
                "arguments that no `ARG` of a Dockerfile takes",
                "write `ARG NAME` into the stage that should take one (an ARG before the first FROM counts in FROM only), and import the file again",
            ),
            Self::Context => (
                "named contexts that no Dockerfile of their image uses",
                "name it in FROM, `COPY --from` or a mount of the Dockerfile that should use one, and import the file again",
            ),
            Self::Secret => (
                "secrets that no Dockerfile of their image mounts",
                "write `RUN --mount=type=secret,id=NAME …` into the Dockerfile that should mount one, and import the file again",
            ),
            Self::Agent => (
                "agents of ssh that no Dockerfile of their image mounts",
                "write `RUN --mount=type=ssh,id=NAME …` into the Dockerfile that should mount one, and import the file again",
            ),
        };
        let names: Vec<&str> = left.iter().map(String::as_str).collect();
        let named = listed(&names, SHOWN);
        for place in places {
            let what = format!("{what} are left out: {named}");
            notes.note("import::left-out", what, help, *place);
        }
    }
}

/// What an image is, with other values of variables, too.
fn all(image: &Image) -> impl Iterator<Item = &Variant> {
    let switched = image.grid.iter().flat_map(|grid| &grid.switched);
    let others = switched.flat_map(|(_, variants)| variants);
    image.variants.iter().chain(others)
}

/// By reference, the Dockerfile of the image that has it.
fn made(published: &Published) -> HashMap<String, String> {
    let variants = published.images.iter().flat_map(all);
    let pairs = variants.flat_map(|one| {
        let path = &one.dockerfile.real;
        one.names.iter().map(|name| (name.full(), path.clone()))
    });
    pairs.collect()
}

struct Reader<'r> {
    made: HashMap<String, String>,
    /// The Dockerfiles that were inside the file.
    files: &'r [File],
    read: Dockerfiles<'r>,
    /// By path, the text of a Dockerfile, if there is one.
    texts: HashMap<String, Option<String>>,
    /// By path, the Dockerfile without arguments and contexts.
    alone: HashMap<String, Option<Dockerfile>>,
    /// The Dockerfiles as variants build them.
    built: HashMap<Recipe, Option<Dockerfile>>,
}

/// What a Dockerfile is read with: its path, arguments, named contexts, stage and platforms.
type Recipe = (
    String,
    Vec<(String, String)>,
    Vec<(String, String)>,
    Option<String>,
    Vec<Platform>,
);

impl Reader<'_> {
    /// Whether the Dockerfile of a variant uses a setting, as far as that is known.
    fn uses(&mut self, variant: &Variant, (word, name, _): &Said) -> bool {
        let kind = match word {
            Word::Arg => return self.takes(variant, name),
            Word::Context => {
                let Ok(name) = context_name(name) else {
                    return true;
                };
                let built = self.built(variant);
                return built.is_none_or(|file| file.used_contexts().contains(name.as_str()));
            }
            Word::Secret => MountKind::Secret,
            Word::Agent => MountKind::Ssh,
        };
        let built = self.built(variant);
        built.is_none_or(|file| file.may_mount(kind, name))
    }

    /// Whether the Dockerfile of a variant takes an argument, as far as that is known.
    fn takes(&mut self, variant: &Variant, name: &str) -> bool {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.chars().all(fits) {
            return false;
        }
        if let Some(file) = self.built(variant) {
            let is_taken = file.takes(name) == Taken::Used;
            let bases: Vec<String> = froms(file).map(|base| base.to_string()).collect();
            return is_taken || bases.iter().any(|base| self.defers(base, name));
        }
        // Which stages are needed, and what a FROM uses, is not known of a file with faults.
        let known = self.alone(&variant.dockerfile.real);
        known.is_none_or(|file| file.takes(name) != Taken::Undeclared)
    }

    /// Whether ONBUILD of an image of the file takes an argument.
    fn defers(&mut self, base: &str, name: &str) -> bool {
        let Some(path) = self.made.get(base).cloned() else {
            return false;
        };
        let known = self.alone(&path);
        known.is_none_or(|file| file.onbuild_args().any(|taken| taken == name))
    }

    fn alone(&mut self, path: &str) -> Option<&Dockerfile> {
        if !self.alone.contains_key(path) {
            let parsed = self.text(path).map(|text| read_alone(&text));
            self.alone.insert(path.to_owned(), parsed);
        }
        self.alone.get(path).and_then(Option::as_ref)
    }

    /// The Dockerfile as a variant builds it; nothing if it cannot be read.
    fn built(&mut self, variant: &Variant) -> Option<&Dockerfile> {
        let texts = |all: &IndexMap<String, Text>| -> Vec<(String, String)> {
            let all = all.iter();
            all.map(|(name, text)| (name.clone(), text.real.clone()))
                .collect()
        };
        let recipe: Recipe = (
            variant.dockerfile.real.clone(),
            texts(&variant.args),
            texts(&variant.contexts),
            variant.target.as_ref().map(|target| target.real.clone()),
            variant.platforms.clone().unwrap_or_default(),
        );
        if !self.built.contains_key(&recipe) {
            let text = self.text(&recipe.0);
            let parsed = text.and_then(|text| with(&text, &recipe));
            self.built.insert(recipe.clone(), parsed);
        }
        self.built.get(&recipe).and_then(Option::as_ref)
    }

    fn text(&mut self, path: &str) -> Option<String> {
        if !self.texts.contains_key(path) {
            let mut files = self.files.iter();
            let inside = files.find(|file| file.path == path);
            let text = inside.map(|file| file.text.clone());
            let text = text.or_else(|| (self.read)(path));
            self.texts.insert(path.to_owned(), text);
        }
        self.texts.get(path).cloned().flatten()
    }
}

/// The images that its FROM lines name.
fn froms(file: &Dockerfile) -> impl Iterator<Item = &Reference> {
    let refs = file.image_refs.iter();
    let froms = refs.filter(|one| one.kind == ImageRefKind::From && one.is_needed());
    froms.map(|one| &one.reference)
}

/// A Dockerfile read as a build does; nothing if it has faults, since these may hide what it uses.
fn with(text: &str, (_, args, contexts, target, platforms): &Recipe) -> Option<Dockerfile> {
    let context = |(name, source): &(String, String)| {
        let source = match source.starts_with('.') || source == SCRATCH {
            true => ContextSource::Folder,
            false => ContextSource::Image(source.parse().ok()?),
        };
        let name = context_name(name).ok()?;
        Some(NamedContext { name, source })
    };
    let assumed = [Platform::linux_amd64()];
    let contexts: Vec<NamedContext> = contexts.iter().map(context).collect::<Option<_>>()?;
    let given = Given {
        args: &args.iter().cloned().collect(),
        platforms: match platforms.is_empty() {
            true => &assumed,
            false => platforms.as_slice(),
        },
        target: target.as_deref(),
        contexts: &contexts,
    };
    let file = read(text, given);
    file.faults.is_empty().then_some(file)
}

/// Removes settings from an image, and the data of its axes that only these needed.
fn remove(image: &mut Image, unused: &IndexSet<Said>) {
    let mut gone: Vec<String> = Vec::new();
    let switched = image.grid.iter_mut().flat_map(|grid| &mut grid.switched);
    let others = switched.flat_map(|(_, variants)| variants);
    let is = |word: Word, name: &str, pattern: &str| {
        unused.contains(&(word, name.to_owned(), pattern.to_owned()))
    };
    for variant in image.variants.iter_mut().chain(others) {
        let args = std::mem::take(&mut variant.args).into_iter();
        let (own, kept): (Vec<_>, Vec<_>) = args.partition(|(name, _)| is(Word::Arg, name, ""));
        gone.extend(own.into_iter().map(|(_, text)| text.pattern));
        variant.args = kept.into_iter().collect();
        variant.some_args.retain(|name| !is(Word::Arg, name, ""));
        variant.contexts.retain(|name, text| {
            let is_gone = is(Word::Context, name, &text.pattern);
            gone.extend(is_gone.then(|| text.pattern.clone()));
            !is_gone
        });
        variant
            .secrets
            .retain(|name, _| !is(Word::Secret, name, ""));
        variant.agents.retain(|name| !is(Word::Agent, name, ""));
    }
    let kept: Vec<String> = all(image).flat_map(texts).collect();
    let Some(grid) = &mut image.grid else {
        return;
    };
    let tags = grid.tags.iter().map(|(_, tag)| tag.clone());
    let kept: Vec<String> = kept.into_iter().chain(tags).collect();
    for axis in &mut grid.axes {
        let has = |texts: &[String], key: &str| {
            let places = [
                format!("{{{}.{key}}}", axis.name),
                format!("{{{}.{key}:", axis.name),
            ];
            let mut texts = texts.iter();
            texts.any(|text| places.iter().any(|place| text.contains(place)))
        };
        for value in &mut axis.values {
            value
                .data
                .retain(|(key, _)| has(&kept, key) || !has(&gone, key));
        }
    }
    let own = &image.variants;
    grid.switched.retain(|(_, others)| {
        let mut pairs = own.iter().zip(others);
        pairs.any(|(own, other)| !is_same(own, other))
    });
}

fn texts(variant: &Variant) -> Vec<String> {
    let texts = variant.texts().map(|text| text.pattern.clone());
    texts
        .chain(variant.listed.iter().flatten().cloned())
        .collect()
}

/// Whether two variants are built alike.
fn is_same(one: &Variant, other: &Variant) -> bool {
    one.platforms == other.platforms
        && one.listed == other.listed
        && one.built_from().eq(other.built_from())
        && one.args.keys().eq(other.args.keys())
        && one.some_args.is_empty()
        && one.contexts.keys().eq(other.contexts.keys())
        && one.options == other.options
}

/// Removes the variables that nothing names any more.
fn keep_used(published: &mut Published) {
    let names = published.variables.keys().chain(published.wanted.keys());
    let unused: Vec<String> = names
        .filter(|name| !uses(published, name))
        .cloned()
        .collect();
    for name in &unused {
        published.variables.shift_remove(name);
        published.wanted.shift_remove(name);
        published.kinds.shift_remove(name);
        published.allowed.shift_remove(name);
        published.patterns.shift_remove(name);
        published.filled.remove(name);
        published.restricted.shift_remove(name);
    }
}
