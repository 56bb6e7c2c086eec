//! What a target builds, and the names that it publishes.

use super::contexts;
use super::place::{Decisions, How, Names, decisions, variables};
use super::target::{Refusal, Settings, Target};
use super::texts::Texts;
use super::value::Value;
use crate::import::path;
use crate::import::published::{Name, Text, Variant};
use crate::import::write::literal;
use crate::name::{NameError, Platform, Reference, Repository, Tag};
use crate::text::Span;
use indexmap::{IndexMap, IndexSet};

/// What a target builds.
#[derive(Debug, Clone)]
pub(super) struct Built {
    /// The target's name in bake.
    pub target: String,
    /// The name of its block, which is another one if it has a matrix.
    pub label: String,
    pub span: Span,
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
    pub contexts: IndexMap<String, String>,
    pub args: IndexMap<String, Text>,
    /// What RUN steps get: the words of the manifest, with their texts.
    pub options: IndexMap<&'static str, Vec<String>>,
    /// Why it makes no image, if it does not.
    pub purpose: Option<&'static str>,
    /// The targets that it inherits from.
    pub ancestors: IndexSet<String>,
    /// Parts of settings that are left out, and why.
    pub lost: Vec<Refusal>,
    /// The variables whose defaults decided something.
    pub decided: Decisions,
}

/// The networks that a build may have.
const NETWORKS: [&str; 3] = ["default", "none", "host"];

impl Built {
    /// Reads the settings of a target.
    pub fn new(target: &Target, settings: &Settings) -> Result<Self, Refusal> {
        let span = target.block.label.span;
        let mut texts = Texts::new(settings, span);
        let names = names(&mut texts, span)?;
        let context = texts.inside("context", ".")?;
        let contexts = texts.fixed_map("contexts")?;
        Ok(Self {
            target: target.name.clone(),
            label: target.block.label.value.clone(),
            span,
            names,
            platforms: texts.platforms()?,
            dockerfile: texts.dockerfile(&context)?,
            inline: texts.fixed("dockerfile-inline")?,
            contexts,
            args: texts.map("args")?,
            stage: texts.text("target")?.filter(|text| !text.real.is_empty()),
            context,
            options: options(&mut texts)?,
            purpose: purpose(&mut texts)?,
            ancestors: settings.ancestors.clone(),
            lost: texts.lost,
            decided: texts.decided,
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
            contexts: contexts::plain(self),
            options: self.options.clone(),
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

    /// Whether it has a name.
    pub fn is_named(&self) -> bool {
        self.names.iter().any(Option::is_some)
    }
}

/// The names that the tags are. One that is not a reference is left out.
fn names(texts: &mut Texts, span: Span) -> Result<Vec<Option<Name>>, Refusal> {
    let mut all = Vec::new();
    let mut known = IndexSet::new();
    for text in texts.places("tags")? {
        let found = text.map(|text| name(&text, span, &mut texts.decided));
        all.push(match found.transpose() {
            // Names that are equal today differ once a variable has another value.
            Ok(name) => name.filter(|name| {
                let patterns = (name.repository.pattern.clone(), name.tag.pattern.clone());
                known.insert((name.full(), patterns))
            }),
            Err(why) => {
                texts.lose("tags", why);
                None
            }
        });
    }
    Ok(all)
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

/// Why a target makes no image, if its output or its call says so.
fn purpose(texts: &mut Texts) -> Result<Option<&'static str>, Refusal> {
    let call = texts.fixed("call")?;
    if call.is_some_and(|call| !call.is_empty() && call != "build") {
        return Ok(Some("only checks or describes a build"));
    }
    let Some(output) = texts.settings.values.get("output") else {
        return Ok(None);
    };
    let outputs = output.value.list().into_iter().flatten();
    let kinds: Vec<Option<String>> = outputs.map(kind).collect();
    let local = |kind: &Option<String>| {
        matches!(kind.as_deref(), Some("local" | "tar" | "cacheonly" | "oci"))
    };
    let only = !kinds.is_empty() && kinds.iter().all(local);
    if only {
        texts.decided.extend(decisions(How::Fixed, &output.value));
    }
    Ok(only.then_some("writes files or nothing, and no image"))
}

/// The type of an output: `type=local,dest=bin`, `{ type = "local" }`, or a path alone.
fn kind(output: &Value) -> Option<String> {
    if let Some(items) = output.map() {
        return items.get("type").and_then(Value::real);
    }
    let text = output.real()?;
    let field = |field: &str| field.trim().strip_prefix("type=").map(str::to_owned);
    match text.contains('=') {
        true => text.split(',').find_map(field),
        // A folder; where it is empty, a variable gives it.
        false => Some(String::from("local")),
    }
}

/// Splits a tag of the file into repository and tag.
fn name(text: &Text, span: Span, decided: &mut Decisions) -> Result<Name, String> {
    let real = text.real.parse::<Reference>();
    let real = real.map_err(|why: NameError| format!("a tag is left out: {why}"))?;
    if real.digest.is_some() {
        let tag = &text.real;
        return Err(format!(
            "a tag is left out: `{tag}` has a digest, which a tag must not have"
        ));
    }
    let tag = real.tag.unwrap_or_else(Tag::latest).to_string();
    let repository = real.repository.to_string();
    let (left, right) = patterns(text, &repository, &tag);
    // A variable that is neither in the repository nor in the tag has been written out.
    let kept = [&left, &right].map(|pattern| Value::from("").placed(pattern.as_str()));
    let kept: Names = kept.iter().flat_map(variables).collect();
    let all = variables(&Value::from(text.clone()));
    decided.extend(
        all.difference(&kept)
            .cloned()
            .map(|name| (How::Fixed, name)),
    );
    let text = |real, pattern| Text { real, pattern };
    Ok(Name {
        span,
        repository: text(repository, left),
        tag: text(tag, right),
        shared: false,
    })
}

/// The patterns of a reference's repository and tag. If a variable contains more than one part, both parts are
/// written out.
fn patterns(text: &Text, repository: &str, tag: &str) -> (String, String) {
    let colon = tag_colon(&text.pattern);
    let (left, right) = colon.map_or((text.pattern.as_str(), "latest"), |at| {
        (&text.pattern[..at], &text.pattern[at + 1..])
    });
    let end = tag_colon(&text.real).filter(|_| colon.is_some());
    let end = end.unwrap_or(text.real.len());
    let whole = text.real[..end]
        .parse::<Repository>()
        .is_ok_and(|own| own.to_string() == repository);
    let left = match whole && left.contains('{') {
        true => left.to_owned(),
        false => literal(repository),
    };
    let right = match whole {
        true => right.to_owned(),
        false => literal(tag),
    };
    (left, right)
}

/// The colon before the tag of a pattern. A colon in braces is part of a placeholder and does not start a tag.
fn tag_colon(pattern: &str) -> Option<usize> {
    let slash = pattern.rfind('/').map_or(0, |slash| slash + 1);
    let mut depth = 0usize;
    for (at, c) in pattern[slash..].char_indices().rev() {
        match c {
            '}' => depth += 1,
            '{' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => return Some(slash + at),
            _ => {}
        }
    }
    None
}
