//! What a file publishes: the one form that every format is read into, and that the manifest is written from.
//!
//! ```text
//! golang   Tags: 1.27.0-trixie, trixie     variant: names 1.27.0-trixie, trixie; no grid: axes are looked for
//! clojure  variants=(node browsers)        grid: version x variant; the file says which axes there are
//! bake     tags = ["${REG}/app:${v}"]      grid: v; names with patterns: {var:REG}/app, {v}
//! ```

mod when;

pub use when::{VARIABLE, When};

use crate::import::File;
use crate::import::secret::Secret;
use crate::import::write::literal;
use crate::manifest::{Proof, VariableKind};
use crate::name::Platform;
use crate::text::{Span, Spanned};
use indexmap::{IndexMap, IndexSet};
use std::collections::BTreeSet;
use when::{is_of, place};

/// Everything that a file publishes.
#[derive(Debug, Clone, Default)]
pub struct Published {
    /// The comment on top of the manifest.
    pub comment: String,
    /// The name of the workspace.
    pub workspace: String,
    /// The pattern of the repositories of all images that are named after theirs: `docker.io/cimg/{image}`.
    pub publish: Option<String>,
    /// The documents beside all images, if the file has a word about them.
    pub attest: Option<Spanned<BTreeSet<Proof>>>,
    /// The defaults of variables, by name.
    pub variables: IndexMap<String, String>,
    /// By name, the defaults that are made of other variables.
    pub made: IndexMap<String, Made>,
    /// The types of some of them, by name; the others are texts.
    pub kinds: IndexMap<String, VariableKind>,
    /// The only values that some of these variables may have, by name.
    pub allowed: IndexMap<String, Vec<String>>,
    /// Those of them that must not be empty.
    pub filled: BTreeSet<String>,
    /// By name, regular expressions that all values must match.
    pub patterns: IndexMap<String, String>,
    /// Why some of them may have no others, for the comments above them.
    pub restricted: IndexMap<String, String>,
    /// The references of images from outside, by name.
    pub bases: IndexMap<String, String>,
    /// In the order of the file.
    pub images: Vec<Image>,
    /// The variables that have to be filled in.
    pub wanted: IndexMap<String, Wanted>,
    /// Dockerfiles that were inside the file.
    pub files: Vec<File>,
    /// Whether images are written without empty lines in them, as many short ones are.
    pub compact: bool,
}

/// A default that is made of other variables, or that others decide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Made {
    /// The pattern of the default.
    pub default: String,
    /// The patterns of others, each with its condition: the last one that holds counts.
    pub others: Vec<(When, String)>,
}

impl Made {
    /// The patterns of all of them.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        let others = self.others.iter().map(|(_, pattern)| pattern);
        std::iter::once(&self.default)
            .chain(others)
            .map(String::as_str)
    }

    /// The variables of its conditions.
    pub fn conditions(&self) -> impl Iterator<Item = &str> {
        self.others.iter().flat_map(|(when, _)| when.variables())
    }

    /// The pattern that counts with these values of variables.
    pub fn pattern(&self, values: &IndexMap<String, String>) -> &str {
        let others = self.others.iter().rev();
        let mut holding = others.filter(|(when, _)| when.holds(values));
        holding.next().map_or(&self.default, |(_, pattern)| pattern)
    }
}

/// A variable whose value is not in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What it is, for the comment above it.
    pub what: String,
    /// What it is in the texts of [`Published`], and when the manifest is verified.
    pub stand_in: String,
}

/// A family of images.
#[derive(Debug, Clone)]
pub struct Image {
    /// Its name in the manifest.
    pub name: String,
    /// Where the file describes it.
    pub span: Span,
    /// What a comment above it says.
    pub comment: Option<String>,
    /// Its axes, if the format has them or they have been found.
    pub grid: Option<Grid>,
    /// In the order of the file.
    pub variants: Vec<Variant>,
}

/// One image as it is built and published.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Where the file describes it.
    pub span: Span,
    /// In the order of the file, those of its own before shared ones.
    pub names: Vec<Name>,
    /// Nothing for the platform that kiln assumes.
    pub platforms: Option<Vec<Platform>>,
    /// How the manifest lists them, if they follow variables: `linux/{var:ARCH}`.
    pub listed: Option<Vec<String>>,
    /// The variant's own folder in the workspace; empty for the workspace itself.
    pub folder: String,
    /// The path of its Dockerfile in the workspace.
    pub dockerfile: Text,
    /// The build context, where that is not the Dockerfile's folder; `.` for the workspace itself.
    pub context: Option<Text>,
    /// The stage that is built, where that is not the last one.
    pub target: Option<Text>,
    /// Build arguments.
    pub args: IndexMap<String, Text>,
    /// Those of them that it has only with some values of variables, those of today among them.
    pub some_args: BTreeSet<String>,
    /// Named contexts: a folder with `./`, or an image.
    pub contexts: IndexMap<String, Text>,
    /// What RUN steps get: `network`, `shm-size`, `extra-host` and `ulimit`, with their texts.
    pub options: IndexMap<&'static str, Vec<String>>,
    /// Secrets that its builds may mount, by id.
    pub secrets: IndexMap<String, Secret>,
    /// Agents of ssh, by id.
    pub agents: IndexSet<String>,
    /// What it is based on, if the file says so.
    pub from: Option<Parent>,
    /// The same as an image, to compare it with a manifest that has another `from`, or none.
    pub origin: Option<Origin>,
    /// What templates insert of its version, by the key of the manifest; nothing where the file has no text for a key.
    pub data: IndexMap<&'static str, Option<String>>,
}

/// A text, and the pattern of the manifest that resolves to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Text {
    /// The text itself.
    pub real: String,
    /// The same with placeholders, as far as they are known: `{var:REG}/app`.
    pub pattern: String,
}

/// A reference under which a variant is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Where the file has it.
    pub span: Span,
    /// With its registry: `docker.io/library/go`.
    pub repository: Text,
    /// `1.27`
    pub tag: Text,
    /// Whether variants for other platforms may have it, too.
    pub shared: bool,
    /// The values of variables with which it is published; empty if it always is.
    pub when: When,
}

/// What a variant is based on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parent {
    /// An image from outside, by its name in [`Published::bases`].
    Base(String),
    /// An image of the same manifest, and the value of the axis `variant` if that has to be named.
    Image(String, Option<String>),
}

/// The image that a variant is based on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// From outside: `docker.io/cimg/base:2026.08`.
    Outside(String),
    /// Of the same image: the place of the variant.
    Own(usize),
}

/// The axes of an image as the manifest has them.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    /// In the order of their tokens in tags.
    pub axes: Vec<Axis>,
    /// For each variant the index of its value on each axis.
    pub cells: Vec<Vec<usize>>,
    /// The cells without a variant.
    pub excludes: Vec<When>,
    /// Patterns of tags.
    pub tags: Vec<(When, String)>,
    /// The patterns of its repositories, if its variants have no names today.
    pub places: IndexSet<String>,
    /// By values of variables, the repositories in the place of those of its names. Later ones replace earlier ones.
    pub repositories: Vec<(When, Vec<String>)>,
    /// The values that tags of some cells may omit, each with its axis.
    pub defaults: Vec<(When, (String, String))>,
    /// Whether a rung belongs to the highest version of each cell, not to that of all: `per="cell"`.
    pub per_cell: bool,
    /// The patterns of tags with a rung that no image has: `per="image"` says so.
    pub kept: IndexSet<String>,
    /// Whether every tag is written out, since no axes were found.
    pub plain: bool,
    /// By values of variables, what the variants are with these; their names are in `tags`. Later ones replace earlier
    /// ones.
    pub switched: Vec<(When, Vec<Variant>)>,
}

/// An axis.
#[derive(Debug, Clone)]
pub struct Axis {
    /// Its name in placeholders.
    pub name: String,
    /// The rungs of versions; nothing if its values are not versions.
    pub rungs: Option<String>,
    /// The series of versions that owns `none` and `latest`, if it is not the highest.
    pub latest: Option<String>,
    /// In the order of the file.
    pub values: Vec<Value>,
}

/// A value of an axis.
#[derive(Debug, Clone, Default)]
pub struct Value {
    /// Its name.
    pub name: String,
    /// Its text in tags, if that is not its name.
    pub token: Option<String>,
    /// Whether tags may omit it.
    pub default: bool,
    /// Whether its variants have tags in common with others.
    pub shared: bool,
    /// Further texts in tags.
    pub aliases: Vec<String>,
    /// Patterns by key.
    pub data: Vec<(String, String)>,
}

impl Published {
    /// Whether a text, or a part of it, is made up in the place of one that the file does not have.
    pub fn is_made_up(&self, text: &str) -> bool {
        let mut wanted = self.wanted.values();
        wanted.any(|wanted| text.contains(&wanted.stand_in))
    }

    /// The variables that conditions name, each once for each condition.
    pub fn conditions(&self) -> impl Iterator<Item = &str> {
        let grids = self.images.iter().filter_map(|image| image.grid.as_ref());
        let whens = grids.flat_map(|grid| {
            let tags = grid.tags.iter().map(|(when, _)| when);
            let repositories = grid.repositories.iter().map(|(when, _)| when);
            tags.chain(repositories)
                .chain(grid.switched.iter().map(|(when, _)| when))
        });
        whens.flat_map(When::variables)
    }

    /// The values of the axes that conditions compare with a variable; nothing if none does.
    pub fn picked(&self, variable: &str) -> Option<BTreeSet<&str>> {
        let grids = self.images.iter().filter_map(|image| image.grid.as_ref());
        let axes = grids.flat_map(|grid| {
            let parts = grid.tags.iter().flat_map(|(when, _)| &when.0);
            let is_it = |pattern: &String| place(pattern) == Some(variable);
            let named = parts.filter(move |(_, patterns)| patterns.iter().any(is_it));
            named.filter_map(|(name, _)| grid.axes.iter().find(|axis| axis.name == *name))
        });
        let axes: Vec<&Axis> = axes.collect();
        let values = axes.iter().flat_map(|axis| &axis.values);
        let values = values.map(|value| value.name.as_str());
        (!axes.is_empty()).then(|| values.collect())
    }

    fn grids(&mut self) -> impl Iterator<Item = &mut Grid> {
        let images = self.images.iter_mut();
        images.filter_map(|image| image.grid.as_mut())
    }

    /// Takes back the conditions that name a variable: what holds with its value of today always does then. What they say
    /// of other variables stays.
    pub fn forget(&mut self, variable: &str) {
        let names = |when: &When| when.variables().any(|name| name == variable);
        let values = self.variables.clone();
        let holds = |when: &When| !names(when) || when.holds_for(variable, &values);
        // What then always holds is what the images are.
        let is_other = |when: &When| {
            let is_rest = !when.without(variable, &values).0.is_empty();
            holds(when) && (is_rest || !names(when))
        };
        for grid in self.grids() {
            grid.switched.retain(|(when, _)| is_other(when));
            grid.repositories.retain(|(when, _)| is_other(when));
            grid.tags.retain(|(when, _)| holds(when));
            grid.conditions_mut()
                .for_each(|when| *when = when.without(variable, &values));
            let tags: IndexSet<(When, String)> = grid.tags.drain(..).collect();
            grid.tags.extend(tags);
        }
        self.images
            .iter_mut()
            .for_each(|image| image.keep_args(&values));
    }

    /// Takes back the conditions that no value of a variable fulfils, and what all fulfil.
    pub fn keep_possible(&mut self, variable: &str, values: &[String]) {
        self.drop_impossible(variable, values);
        let defaults = self.made.values_mut().flat_map(|made| &mut made.others);
        defaults.for_each(|(when, _)| when.keep(variable, values));
        for grid in self.grids() {
            grid.conditions_mut()
                .for_each(|when| when.keep(variable, values));
        }
    }

    /// Lets a variable not be empty: takes back the conditions for the empty text, and what all other texts fulfil.
    pub fn fill(&mut self, variable: &str) {
        let is_it = |(name, patterns): &(String, Vec<String>), text: &str| {
            is_of(name, variable) && *patterns == [text]
        };
        let holds = |when: &When| !when.0.iter().any(|part| is_it(part, ""));
        for grid in self.grids() {
            grid.switched.retain(|(when, _)| holds(when));
            grid.repositories.retain(|(when, _)| holds(when));
            grid.tags.retain(|(when, _)| holds(when));
            let tags = grid.tags.iter_mut().map(|(when, _)| when);
            let repositories = grid.repositories.iter_mut().map(|(when, _)| when);
            tags.chain(repositories)
                .for_each(|when| when.0.retain(|part| !is_it(part, "!")));
        }
        self.filled.insert(variable.to_owned());
    }

    /// Takes back the conditions that no value of a variable fulfils.
    fn drop_impossible(&mut self, variable: &str, values: &[String]) {
        let is_possible = |when: &When| {
            let is_text = |patterns: &[String]| patterns.iter().all(|one| place(one).is_none());
            let own = when.0.iter();
            let own = own.filter(|(name, patterns)| is_of(name, variable) && is_text(patterns));
            let own = When(own.cloned().collect());
            let mut values = values.iter();
            values.any(|value| own.holds(&[(variable.to_owned(), value.clone())].into()))
        };
        for made in self.made.values_mut() {
            made.others.retain(|(when, _)| is_possible(when));
        }
        for grid in self.grids() {
            grid.switched.retain(|(when, _)| is_possible(when));
            grid.repositories.retain(|(when, _)| is_possible(when));
            grid.tags.retain(|(when, _)| is_possible(when));
        }
    }

    /// Whether the file has all names of a variant.
    pub fn has_names_of(&self, variant: &Variant) -> bool {
        let mut names = variant.names.iter();
        !names.any(|name| self.is_made_up(&name.full()))
    }
}

impl Image {
    /// Gives the variants the arguments of today that no condition gives them.
    fn keep_args(&mut self, values: &IndexMap<String, String>) {
        let switched = self.grid.iter().flat_map(|grid| &grid.switched);
        let today = switched.filter(|(when, _)| when.holds(values));
        let today: Vec<&Vec<Variant>> = today.map(|(_, variants)| variants).collect();
        for (at, variant) in self.variants.iter_mut().enumerate() {
            let of = |all: &&&Vec<Variant>| all.get(at).map(|one| one.args.clone());
            let given: Vec<IndexMap<String, Text>> =
                today.iter().filter_map(|all| of(&all)).collect();
            let is_given = |name: &String| given.iter().any(|args| args.contains_key(name));
            variant.some_args.retain(is_given);
        }
    }
}

impl Grid {
    /// The conditions of its tags, of what its variants are, and of its repositories.
    fn conditions_mut(&mut self) -> impl Iterator<Item = &mut When> {
        let tags = self.tags.iter_mut().map(|(when, _)| when);
        let switched = self.switched.iter_mut().map(|(when, _)| when);
        let repositories = self.repositories.iter_mut().map(|(when, _)| when);
        tags.chain(switched).chain(repositories)
    }

    /// A grid whose tags are the same for all cells.
    pub fn new(axes: Vec<Axis>, cells: Vec<Vec<usize>>, tags: IndexSet<String>) -> Self {
        let tags = tags.into_iter().map(|tag| (When::default(), tag));
        Self {
            axes,
            cells,
            tags: tags.collect(),
            ..Self::default()
        }
    }
}

impl Axis {
    /// An axis whose values are not versions.
    pub fn new(name: &str, values: Vec<Value>) -> Self {
        Self {
            name: name.to_owned(),
            rungs: None,
            latest: None,
            values,
        }
    }
}

impl Text {
    /// A text without placeholders.
    pub fn literal(real: impl Into<String>) -> Self {
        let real = real.into();
        Self {
            pattern: literal(&real),
            real,
        }
    }
}

impl Name {
    /// `docker.io/library/go:latest`
    pub fn full(&self) -> String {
        format!("{}:{}", self.repository.real, self.tag.real)
    }

    /// The same with placeholders.
    pub fn pattern(&self) -> String {
        format!("{}:{}", self.repository.pattern, self.tag.pattern)
    }
}

impl Variant {
    /// The tags of its names, in their order.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| name.tag.real.as_str())
    }

    /// Its first tag, after which it is called; empty if it has none.
    pub fn first(&self) -> &str {
        self.tags().next().unwrap_or_default()
    }

    /// Every text that may have placeholders.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        let names = self
            .names
            .iter()
            .flat_map(|name| [&name.repository, &name.tag]);
        names.chain(self.built_from())
    }

    /// Those of them that say what is built.
    pub fn built_from(&self) -> impl Iterator<Item = &Text> {
        std::iter::once(&self.dockerfile)
            .chain(&self.context)
            .chain(&self.target)
            .chain(self.args.values())
            .chain(self.contexts.values())
    }
}
