//! What a target builds, and the names that it publishes.

use super::attest;
use super::function::is_blind;
use super::image::without;
use super::inserted::Inserted;
use super::names::{name, names};
use super::output::{Output, outputs, purpose};
use super::place::{Decisions, Names};
use super::secrets;
use super::settings::Settings;
use super::target::{Refusal, Target};
use super::texts::Texts;
use crate::import::path;
use crate::import::published::{Name, Text, Variant, When};
use crate::import::secret::Secret;
use crate::manifest::Proof;
use crate::name::{Platform, Reference};
use crate::text::{Span, Spanned};
use indexmap::{IndexMap, IndexSet};
use std::collections::BTreeSet;

/// What a target builds.
#[derive(Debug, Clone)]
pub(super) struct Built {
    /// The target's name in bake.
    pub target: String,
    /// The name of its block, which is another one if it has a matrix.
    pub label: String,
    pub span: Span,
    /// Where the tags are.
    pub tags_span: Span,
    /// In the order of the file. A place is empty where other cells of the matrix may have a tag.
    pub names: Vec<Option<Name>>,
    /// How many of the last of them are those of a target that builds the same.
    pub guests: usize,
    /// `None` if the file specifies no platforms.
    pub platforms: Option<Vec<Platform>>,
    /// How the manifest lists them, if they follow variables.
    pub listed: Option<Vec<String>>,
    /// The empty variables that are its platforms.
    pub blank_platforms: Names,
    pub dockerfile: Text,
    /// The Dockerfile's text, if it is inside the bake file.
    pub inline: Option<String>,
    /// The same with arguments in the place of what the values of a matrix give, if Docker inserts all of them.
    pub of_matrix: Option<Box<Inserted>>,
    /// The arguments in the place of its variables, which the Dockerfile has to declare.
    pub inserted: IndexSet<String>,
    pub context: Text,
    /// The stage that is built.
    pub stage: Option<Text>,
    /// Named contexts as the file has them.
    pub contexts: IndexMap<String, Text>,
    /// The names of these that follow variables, with their patterns.
    pub keys: IndexMap<String, String>,
    /// The same as the manifest has them, once the names of all images are known.
    pub named: IndexMap<String, Text>,
    pub args: IndexMap<String, Text>,
    /// Those of them that it has only with some values of variables, those of today among them.
    pub some_args: Names,
    /// What RUN steps get: the words of the manifest, with their texts.
    pub options: IndexMap<&'static str, Vec<String>>,
    /// Secrets that it may mount, by id.
    pub secrets: IndexMap<String, Secret>,
    /// Agents of ssh, by id.
    pub agents: IndexSet<String>,
    /// The documents that are published beside it, if the file has a word about them.
    pub attest: Option<Spanned<BTreeSet<Proof>>>,
    /// Why it makes no image, if it does not.
    pub purpose: Option<&'static str>,
    /// The targets that it inherits from.
    pub ancestors: IndexSet<String>,
    /// Parts of settings that are left out, and why.
    pub lost: Vec<Refusal>,
    /// Whether tags are among them.
    pub has_lost_tags: bool,
    /// Whether tags are left out that bake refuses, too.
    pub has_wrong_tags: bool,
    /// By variable, the references that the file has only with other values of it.
    pub off: IndexMap<String, IndexSet<String>>,
    /// By variable, the only values with which bake builds it.
    pub closed: IndexMap<String, Vec<String>>,
    /// Whether its names are variables in the place of those that the file does not have.
    pub is_filled: bool,
    /// Whether its output is an image.
    pub is_pushed: bool,
    /// The patterns of tags and images that are not references as they are.
    pub unnamed: Vec<String>,
    /// The empty variables that are a whole tag of the file.
    pub blank: Names,
    /// The variables whose defaults decided something.
    pub decided: Decisions,
    /// Those of them that decided something besides the tags.
    pub elsewhere: Decisions,
    /// The repository that it is pushed to by digest: its tags are made elsewhere.
    pub repository: Option<Text>,
    /// The variables without a value that leave out arguments.
    pub nulls: Names,
    /// Names that it has only with other values of variables, each with its condition.
    pub later: Vec<Option<Name>>,
    /// Its repositories with other values of variables, in the place of those of its names; later ones replace earlier ones.
    pub moved: Vec<(When, Vec<Text>)>,
    /// What it is with other values of variables, without names, if it differs by more than these; in the order in which
    /// later ones replace earlier ones.
    pub switched: Vec<(When, Built)>,
}

/// The networks that a build may have.
const NETWORKS: [&str; 3] = ["default", "none", "host"];

/// Tags with their conditions.
type Conditional<'a> = IndexSet<(&'a When, &'a str)>;

impl Built {
    /// Reads the settings of a target.
    pub fn new(target: &Target, settings: &Settings) -> Result<Self, Refusal> {
        let span = target.block.label.span;
        let mut texts = Texts::new(settings, span);
        let outputs = outputs(&texts);
        let called = called(&mut texts, &outputs, span)?;
        let is_named = target.has_own("tags") && called.names.iter().any(Option::is_some);
        let context = texts.inside("context", ".")?;
        let contexts = texts.map("contexts")?;
        let images = contexts.values().filter_map(not_image);
        let listed = texts.listed();
        let mut args = texts.map("args")?;
        let (inline, of_matrix) = texts.inline(&args)?.unzip();
        let inserted = inline.iter().flat_map(|one| one.args.clone());
        args.extend(inserted);
        let blank = texts.blank("tags");
        Ok(Self {
            target: target.name.clone(),
            label: target.block.label.value.clone(),
            span,
            tags_span: texts.place("tags"),
            unnamed: called.unnamed.into_iter().chain(images).collect(),
            names: called.names,
            guests: 0,
            platforms: texts.platforms(listed.is_some())?,
            blank_platforms: texts.blank_platforms(),
            listed,
            dockerfile: texts.dockerfile(&context)?,
            inserted: inline
                .iter()
                .flat_map(|one| one.args.keys().cloned())
                .collect(),
            inline: inline.map(|one| one.text),
            of_matrix: of_matrix.flatten().map(Box::new),
            contexts,
            keys: settings.keys.clone(),
            named: IndexMap::new(),
            args,
            some_args: Names::new(),
            stage: texts.text("target")?.filter(|text| !text.real.is_empty()),
            context,
            options: options(&mut texts)?,
            secrets: secrets::secrets(&mut texts)?,
            agents: secrets::agents(&mut texts)?,
            attest: attest::proofs(&mut texts)?,
            purpose: purpose(&mut texts, &outputs, is_named)?,
            ancestors: settings.ancestors.clone(),
            lost: texts.lost,
            has_lost_tags: called.has_lost,
            has_wrong_tags: called.has_wrong,
            off: IndexMap::new(),
            closed: IndexMap::new(),
            is_filled: false,
            is_pushed: outputs.iter().any(Output::is_image),
            blank,
            decided: &texts.decided | &called.decided,
            elsewhere: texts.decided,
            repository: called.repository,
            nulls: texts.nulls,
            later: Vec::new(),
            moved: Vec::new(),
            switched: Vec::new(),
        })
    }

    /// The same with a Dockerfile that takes what the values of a matrix give as arguments.
    pub fn with_matrix(mut self) -> Option<Self> {
        let of_matrix = *self.of_matrix.take()?;
        self.inserted.extend(of_matrix.args.keys().cloned());
        self.args.extend(of_matrix.args);
        self.inline = Some(of_matrix.text);
        let others = self.switched.into_iter();
        let others = others.map(|(when, other)| Some((when, other.with_matrix()?)));
        self.switched = others.collect::<Option<_>>()?;
        Some(self)
    }

    /// The variant with these names.
    pub fn variant(&self, names: Vec<Name>) -> Variant {
        Variant {
            span: self.span,
            names,
            platforms: self.platforms.clone(),
            listed: self.listed.clone(),
            folder: self.context.real.clone(),
            dockerfile: self.dockerfile.clone(),
            context: self.own_context(),
            target: self.stage.clone(),
            args: self.args.clone(),
            some_args: self.some_args.clone(),
            origin: None,
            data: Default::default(),
            contexts: self.named.clone(),
            options: self.options.clone(),
            secrets: self.secrets.clone(),
            agents: self.agents.clone(),
            from: None,
        }
    }

    /// The patterns of its platforms; kiln assumes one where there are none.
    pub fn listed(&self) -> Vec<String> {
        let words = |all: &Vec<Platform>| all.iter().map(ToString::to_string).collect();
        let written = || self.platforms.as_ref().map(words);
        let listed = self.listed.clone().or_else(written);
        listed.unwrap_or_else(|| vec![Platform::linux_amd64().to_string()])
    }

    /// The context, where it is not the Dockerfile's folder.
    fn own_context(&self) -> Option<Text> {
        let path = self.dockerfile.real.rsplit_once('/');
        let folder = path.map_or("", |(folder, _)| folder);
        let dot = |text: &String| path::dot(text).to_owned();
        (folder != self.context.real).then(|| Text {
            real: dot(&self.context.real),
            pattern: dot(&self.context.pattern),
        })
    }

    /// Its names, those with other values of variables included, grouped by repositories with the same tags: each group is
    /// an image.
    pub fn groups(&self) -> Vec<Vec<Name>> {
        let names = || self.names.iter().chain(&self.later).flatten();
        let mut repositories: IndexMap<&str, IndexSet<(&When, &str)>> = IndexMap::new();
        for name in names() {
            let tags = repositories.entry(&name.repository.pattern).or_default();
            tags.insert((&name.when, &name.tag.pattern));
        }
        let mut groups: Vec<(&Conditional, Vec<Name>)> = Vec::new();
        for name in names() {
            let Some(tags) = repositories.get(name.repository.pattern.as_str()) else {
                continue;
            };
            match groups.iter_mut().find(|(known, _)| *known == tags) {
                Some((_, names)) => names.push(name.clone()),
                None => groups.push((tags, vec![name.clone()])),
            }
        }
        groups.into_iter().map(|(_, names)| names).collect()
    }

    /// The targets that it is built from.
    pub fn links(&self) -> impl Iterator<Item = &str> {
        let contexts = self.contexts.values();
        contexts.filter_map(|context| context.real.strip_prefix("target:"))
    }

    /// The same without the arguments that only conditions give it.
    pub fn without_some_args(&self) -> Self {
        let mut built = self.clone();
        built.args.retain(|name, _| !self.some_args.contains(name));
        built
    }

    /// Whether a name is one that it has today.
    pub fn has(&self, name: &Name) -> bool {
        let mut names = self.names.iter().flatten();
        names.any(|own| own == name)
    }

    /// The tags that an import does not compute, and bake does.
    pub fn blind_tags(&self) -> impl Iterator<Item = &Refusal> {
        let is_it = |lost: &&Refusal| lost.span == self.tags_span && is_blind(&lost.why);
        self.lost.iter().filter(is_it)
    }

    /// How much is left out, apart from some of its tags.
    pub fn lost_parts(&self) -> usize {
        let tags = self.blind_tags().filter(|_| self.is_named());
        self.lost.len() - tags.count()
    }

    /// Whether it has a name.
    pub fn is_named(&self) -> bool {
        self.names.iter().any(Option::is_some)
    }

    /// Whether it has one with some values of variables.
    pub fn may_be_named(&self) -> bool {
        let is_fixed = self.moved.is_empty();
        self.is_named() || is_fixed && self.later.iter().any(Option::is_some)
    }
}

/// The names of a target.
struct Called {
    names: Vec<Option<Name>>,
    /// The patterns of tags that are not references as they are.
    unnamed: Vec<String>,
    /// The repository that it is pushed to by digest.
    repository: Option<Text>,
    /// The variables whose defaults decided something.
    decided: Decisions,
    /// Whether tags are left out.
    has_lost: bool,
    /// Whether bake refuses some of these, too.
    has_wrong: bool,
}

fn called(texts: &mut Texts, outputs: &[Output], span: Span) -> Result<Called, Refusal> {
    let repository = outputs.iter().find_map(Output::by_digest);
    let repository = repository.and_then(|text| name(&text, span, &mut texts.decided).ok());
    let of_tags = texts.settings.decided_tags.clone();
    let elsewhere = std::mem::replace(&mut texts.decided, of_tags);
    let (names, unnamed) = names(texts, outputs, span)?;
    let blind = texts.lost.iter().filter(|lost| is_blind(&lost.why)).count();
    let has_wrong = texts.lost.len() > blind + unnamed.len();
    Ok(Called {
        names,
        unnamed,
        repository: repository.map(|name| name.repository),
        decided: std::mem::replace(&mut texts.decided, elsewhere),
        has_lost: !texts.lost.is_empty(),
        has_wrong,
    })
}

/// The pattern of a context that is called an image, but is not a reference.
fn not_image(context: &Text) -> Option<String> {
    let image = without(context, "docker-image://")?;
    let is_reference = image.real.parse::<Reference>().is_ok();
    (!is_reference).then_some(image.pattern)
}

/// What RUN steps get.
fn options(texts: &mut Texts) -> Result<IndexMap<&'static str, Vec<String>>, Refusal> {
    let mut all = IndexMap::new();
    let network = texts.fixed("network")?;
    if let Some(network) = network.filter(|network| !network.is_empty()) {
        match NETWORKS.contains(&network.as_str()) {
            true => drop(all.insert("network", vec![network])),
            false => texts.lose(
                "network",
                String::from("`network` is left out: a build has `default`, `none` or `host`"),
            ),
        }
    }
    all.insert("shm-size", texts.fixed("shm-size")?.into_iter().collect());
    let hosts = texts.fixed_map("extra-hosts")?.into_iter();
    let hosts = hosts.map(|(name, address)| format!("{name}:{address}"));
    all.insert("extra-host", hosts.collect());
    all.insert("ulimit", texts.fixed_list("ulimits")?);
    all.retain(|_, texts| !texts.is_empty());
    Ok(all)
}
