//! What a target builds, and the names that it publishes.

use super::attest;
use super::image::without;
use super::names::{name, names};
use super::output::{Output, outputs, purpose};
use super::place::Decisions;
use super::secrets;
use super::settings::Settings;
use super::target::{Refusal, Target};
use super::texts::Texts;
use crate::import::path;
use crate::import::published::{Name, Text, Variant};
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
    /// `None` if the file specifies no platforms.
    pub platforms: Option<Vec<Platform>>,
    pub dockerfile: Text,
    /// The Dockerfile's text, if it is inside the bake file.
    pub inline: Option<String>,
    pub context: Text,
    /// The stage that is built.
    pub stage: Option<Text>,
    /// Named contexts as the file has them.
    pub contexts: IndexMap<String, Text>,
    /// The same as the manifest has them, once the names of all images are known.
    pub named: IndexMap<String, Text>,
    pub args: IndexMap<String, Text>,
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
    /// By variable, the references that the file has only with other values of it.
    pub off: IndexMap<String, IndexSet<String>>,
    /// Whether its output is an image.
    pub is_pushed: bool,
    /// The patterns of tags and images that are not references as they are.
    pub unnamed: Vec<String>,
    /// The variables whose defaults decided something.
    pub decided: Decisions,
    /// Those of them that decided something besides the tags.
    pub elsewhere: Decisions,
    /// The repository that it is pushed to by digest: its tags are made elsewhere.
    pub repository: Option<Text>,
}

/// The networks that a build may have.
const NETWORKS: [&str; 3] = ["default", "none", "host"];

impl Built {
    /// Reads the settings of a target.
    pub fn new(target: &Target, settings: &Settings) -> Result<Self, Refusal> {
        let span = target.block.label.span;
        let mut texts = Texts::new(settings, span);
        let outputs = outputs(&texts);
        let repository = outputs.iter().find_map(Output::by_digest);
        let repository = repository.and_then(|text| name(&text, span, &mut texts.decided).ok());
        let elsewhere = std::mem::replace(&mut texts.decided, settings.decided_tags.clone());
        let (names, mut unnamed) = names(&mut texts, &outputs, span)?;
        let of_tags = std::mem::replace(&mut texts.decided, elsewhere);
        let is_named = target.has_own("tags") && names.iter().any(Option::is_some);
        let has_lost_tags = !texts.lost.is_empty();
        let context = texts.inside("context", ".")?;
        let contexts = texts.map("contexts")?;
        unnamed.extend(contexts.values().filter_map(not_image));
        Ok(Self {
            target: target.name.clone(),
            label: target.block.label.value.clone(),
            span,
            tags_span: texts.place("tags"),
            names,
            platforms: texts.platforms()?,
            dockerfile: texts.dockerfile(&context)?,
            inline: texts.fixed("dockerfile-inline")?,
            contexts,
            named: IndexMap::new(),
            args: texts.map("args")?,
            stage: texts.text("target")?.filter(|text| !text.real.is_empty()),
            context,
            options: options(&mut texts)?,
            secrets: secrets::secrets(&mut texts)?,
            agents: secrets::agents(&mut texts)?,
            attest: attest::proofs(&mut texts)?,
            purpose: purpose(&mut texts, &outputs, is_named)?,
            ancestors: settings.ancestors.clone(),
            lost: texts.lost,
            has_lost_tags,
            off: IndexMap::new(),
            is_pushed: outputs.iter().any(Output::is_image),
            unnamed,
            decided: &texts.decided | &of_tags,
            elsewhere: texts.decided,
            repository: repository.map(|name| name.repository),
        })
    }

    /// The variant with these names.
    pub fn variant(&self, names: Vec<Name>) -> Variant {
        Variant {
            span: self.span,
            names,
            platforms: self.platforms.clone(),
            folder: self.context.real.clone(),
            dockerfile: self.dockerfile.clone(),
            context: self.own_context(),
            target: self.stage.clone(),
            args: self.args.clone(),
            contexts: self.named.clone(),
            options: self.options.clone(),
            secrets: self.secrets.clone(),
            agents: self.agents.clone(),
            from: None,
        }
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

    /// Its names, grouped by repositories with the same tags: each group is an image.
    pub fn groups(&self) -> Vec<Vec<Name>> {
        let names = || self.names.iter().flatten();
        let mut repositories: IndexMap<&Text, IndexSet<&Text>> = IndexMap::new();
        for name in names() {
            let tags = repositories.entry(&name.repository).or_default();
            tags.insert(&name.tag);
        }
        let mut groups: Vec<(&IndexSet<&Text>, Vec<Name>)> = Vec::new();
        for name in names() {
            let Some(tags) = repositories.get(&name.repository) else {
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

    /// Whether it has a name.
    pub fn is_named(&self) -> bool {
        self.names.iter().any(Option::is_some)
    }
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
