//! What a target builds, and the names that it publishes.

use super::contexts;
use super::target::{Refusal, Settings, Target};
use super::texts::Texts;
use super::value::Values;
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
    pub span: Span,
    /// In the order of the file.
    pub names: Vec<Name>,
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
}

impl Built {
    /// Reads the settings; `marked` are the same with marks in them. `None` if there are no tags.
    pub fn new(
        target: &Target,
        real: &Settings,
        marked: &Settings,
        values: &Values,
    ) -> Result<Option<Self>, Refusal> {
        let span = target.block.label.span;
        let texts = Texts {
            real,
            marked,
            values,
            span,
        };
        let tags = texts.list("tags")?;
        if tags.is_empty() {
            return Ok(None);
        }
        let name = |tag| name(tag, texts.place("tags"), span);
        let names = tags.iter().map(name).collect::<Result<Vec<_>, _>>()?;
        let context = texts.inside("context", ".")?;
        let contexts = texts.map("contexts")?.into_iter();
        Ok(Some(Self {
            target: target.name.clone(),
            span,
            names,
            platforms: texts.platforms()?,
            dockerfile: texts.dockerfile(&context)?,
            inline: texts.text("dockerfile-inline")?.map(|text| text.real),
            contexts: contexts.map(|(name, text)| (name, text.real)).collect(),
            args: texts.map("args")?,
            stage: texts.text("target")?,
            context,
        }))
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
        let mut repositories: IndexMap<&Text, IndexSet<&Text>> = IndexMap::new();
        for name in &self.names {
            let tags = repositories.entry(&name.repository).or_default();
            tags.insert(&name.tag);
        }
        let mut groups: Vec<(&IndexSet<&Text>, Vec<Name>)> = Vec::new();
        for name in &self.names {
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
}

/// Splits a tag of the file into repository and tag.
fn name(text: &Text, place: Span, target: Span) -> Result<Name, Refusal> {
    let refusal = |why: String| Refusal { why, span: place };
    let real = text.real.parse::<Reference>();
    let real = real.map_err(|why: NameError| refusal(why.to_string()))?;
    if real.digest.is_some() {
        return Err(refusal(format!(
            "`{}` has a digest, which a tag must not have",
            text.real
        )));
    }
    let tag = real.tag.unwrap_or_else(Tag::latest).to_string();
    let repository = real.repository.to_string();
    let (left, right) = patterns(text, &repository, &tag);
    let text = |real, pattern| Text { real, pattern };
    Ok(Name {
        span: target,
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
    let end = text
        .real
        .rfind(':')
        .filter(|_| colon.is_some())
        .unwrap_or(text.real.len());
    let whole = left.contains('{')
        && text.real[..end]
            .parse::<Repository>()
            .is_ok_and(|own| own.to_string() == repository);
    let left = if whole {
        left.to_owned()
    } else {
        literal(repository)
    };
    let right = if whole || !right.contains('{') {
        right.to_owned()
    } else {
        literal(tag)
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
