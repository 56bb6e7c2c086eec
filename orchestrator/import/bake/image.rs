//! From a target's settings to images of a manifest: one for each set of repositories with the same tags.

use super::eval::{self, Values};
use super::mark;
use super::target::{Refusal, Settings, Target};
use crate::import::path;
use crate::import::verify::Published;
use crate::import::write::literal;
use crate::name::{Platform, Reference, Repository, Tag};
use crate::text::{Span, Spanned};
use hcl::Value;
use indexmap::{IndexMap, IndexSet};
use std::collections::BTreeMap;

/// What a target builds.
#[derive(Debug, Clone)]
pub(super) struct Built {
    /// The target's name in bake.
    pub target: String,
    pub span: Span,
    /// In the order of the file.
    pub references: Vec<Name>,
    pub platforms: Vec<Platform>,
    /// Whether the file specifies no platforms.
    pub any_platform: bool,
    pub dockerfile: Text,
    /// The Dockerfile's text, if it is inside the bake file.
    pub inline: Option<String>,
    pub context: Text,
    pub contexts: IndexMap<String, String>,
    pub args: IndexMap<String, Text>,
}

/// A text with the pattern that resolves to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Text {
    pub real: String,
    pub pattern: String,
}

/// A reference and its parts.
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub real: Reference,
    pub repository: Text,
    pub tag: Text,
}

impl Built {
    /// Reads the settings; `marked` are the same with marks in them. `None` if there are no tags.
    pub fn new(
        target: &Target,
        real: &Settings,
        marked: &Settings,
        values: &Values,
    ) -> Result<Option<Self>, Refusal> {
        let read = Read {
            real,
            marked,
            values,
            span: target.block.label.span,
        };
        let tags = read.list("tags")?;
        if tags.is_empty() {
            return Ok(None);
        }
        let references = tags
            .iter()
            .map(|tag| name(tag, read.place("tags")))
            .collect::<Result<Vec<_>, _>>()?;
        let (platforms, any_platform) = read.platforms()?;
        let context = read.inside("context", ".")?;
        let dockerfile = read.dockerfile(&context)?;
        Ok(Some(Self {
            target: target.name.clone(),
            span: target.block.label.span,
            references,
            any_platform,
            platforms,
            inline: read.text("dockerfile-inline")?.map(|text| text.real),
            contexts: read
                .map("contexts")?
                .into_iter()
                .map(|(name, text)| (name, text.real))
                .collect(),
            args: read.map("args")?,
            dockerfile,
            context,
        }))
    }

    /// What it publishes as one image with these references.
    pub fn published(&self, references: &[&Name]) -> Published {
        Published {
            references: references.iter().map(|name| name.full()).collect(),
            platforms: self.platforms.iter().cloned().collect(),
            dockerfile: self.dockerfile.real.clone(),
            context: self.own_context().map(|context| context.real),
            args: self
                .args
                .iter()
                .map(|(name, text)| (name.clone(), text.real.clone()))
                .collect::<BTreeMap<_, _>>(),
        }
    }

    /// The patterns of all its texts, to compare targets.
    pub fn patterns(&self) -> Vec<&str> {
        let names = self
            .references
            .iter()
            .flat_map(|name| [&name.repository, &name.tag]);
        let texts = names
            .chain([&self.dockerfile, &self.context])
            .chain(self.args.values());
        let keys = self.args.keys().map(String::as_str);
        texts
            .map(|text| text.pattern.as_str())
            .chain(keys)
            .collect()
    }

    /// The context, where it is not the Dockerfile's folder.
    pub fn own_context(&self) -> Option<Text> {
        let folder = self
            .dockerfile
            .real
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        let dot = |text: &str| {
            if text.is_empty() {
                String::from(".")
            } else {
                text.to_owned()
            }
        };
        (folder != self.context.real).then(|| Text {
            real: dot(&self.context.real),
            pattern: dot(&self.context.pattern),
        })
    }

    /// Its references, grouped by repositories with the same tags: each group is an image.
    pub fn groups(&self) -> Vec<Vec<&Name>> {
        let mut repositories: IndexMap<&Text, IndexSet<&Text>> = IndexMap::new();
        for name in &self.references {
            repositories
                .entry(&name.repository)
                .or_default()
                .insert(&name.tag);
        }
        let mut groups: Vec<(IndexSet<&Text>, Vec<&Text>)> = Vec::new();
        for (repository, tags) in repositories {
            match groups.iter_mut().find(|(known, _)| *known == tags) {
                Some((_, repositories)) => repositories.push(repository),
                None => groups.push((tags, vec![repository])),
            }
        }
        let of = |repositories: &[&Text]| {
            self.references
                .iter()
                .filter(|name| repositories.contains(&&name.repository))
                .collect()
        };
        groups
            .iter()
            .map(|(_, repositories)| of(repositories))
            .collect()
    }
}

impl Name {
    /// `docker.io/library/go:latest`
    pub fn full(&self) -> String {
        self.real.to_string()
    }
}

/// Splits a tag of the file into repository and tag.
fn name(text: &Text, span: Span) -> Result<Name, Refusal> {
    let refusal = |why: String| Refusal { why, span };
    let mut real: Reference = text
        .real
        .parse()
        .map_err(|why: crate::name::NameError| refusal(why.to_string()))?;
    if real.digest.is_some() {
        return Err(refusal(format!(
            "`{}` has a digest, which a tag must not have",
            text.real
        )));
    }
    let tag = real.tag.get_or_insert_with(Tag::latest).to_string();
    let repository = real.repository.to_string();
    let (left, right) = patterns(text, &repository, &tag);
    Ok(Name {
        real,
        repository: Text {
            real: repository,
            pattern: left,
        },
        tag: Text {
            real: tag,
            pattern: right,
        },
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

/// Settings as texts.
struct Read<'a> {
    real: &'a Settings,
    marked: &'a Settings,
    values: &'a Values,
    span: Span,
}

impl Read<'_> {
    /// The platforms, and whether the file specifies none.
    fn platforms(&self) -> Result<(Vec<Platform>, bool), Refusal> {
        let listed = self.list("platforms")?;
        let platform = |text: &Text| {
            Platform::as_docker_reads(&text.real).map_err(|why| Refusal {
                why: why.to_string(),
                span: self.place("platforms"),
            })
        };
        let platforms = listed
            .iter()
            .map(platform)
            .collect::<Result<IndexSet<_>, _>>()?;
        if platforms.is_empty() {
            return Ok((vec![Platform::linux_amd64()], true));
        }
        Ok((platforms.into_iter().collect(), false))
    }

    /// The path of the Dockerfile, which is relative to the context.
    fn dockerfile(&self, context: &Text) -> Result<Text, Refusal> {
        let file = self.text("dockerfile")?.unwrap_or_else(|| Text {
            real: String::from("Dockerfile"),
            pattern: String::from("Dockerfile"),
        });
        let below = |folder: &str, file: &str| {
            if folder.is_empty() {
                file.to_owned()
            } else {
                format!("{folder}/{file}")
            }
        };
        let dockerfile = Text {
            real: below(&context.real, &file.real),
            pattern: below(&context.pattern, &file.pattern),
        };
        tidy(dockerfile, self.place("dockerfile"))
    }

    fn place(&self, name: &str) -> Span {
        self.real.get(name).map_or(self.span, |value| value.span)
    }

    fn refusal(&self, name: &str, why: &str) -> Refusal {
        Refusal {
            why: format!("its `{name}` is {why}"),
            span: self.place(name),
        }
    }

    /// A text with its pattern, if the marks in it resolve to the text itself.
    fn pair(&self, real: String, marked: Option<&Value>) -> Text {
        let marked = marked
            .and_then(eval::text)
            .filter(|text| mark::filled(text, self.values).as_ref() == Some(&real));
        Text {
            pattern: marked.map_or_else(|| literal(&real), |text| mark::pattern(&text)),
            real,
        }
    }

    fn text(&self, name: &str) -> Result<Option<Text>, Refusal> {
        match self.real.get(name) {
            None
            | Some(Spanned {
                value: Value::Null, ..
            }) => Ok(None),
            Some(value) => {
                let real = eval::text(value).ok_or_else(|| self.refusal(name, "not a string"))?;
                Ok(Some(self.pair(
                    real,
                    self.marked.get(name).map(|value| &value.value),
                )))
            }
        }
    }

    fn list(&self, name: &str) -> Result<Vec<Text>, Refusal> {
        let Some(value) = self
            .real
            .get(name)
            .filter(|value| value.value != Value::Null)
        else {
            return Ok(Vec::new());
        };
        let items = value
            .as_array()
            .ok_or_else(|| self.refusal(name, "not a list"))?;
        let marked = self
            .marked
            .get(name)
            .and_then(|value| value.as_array())
            .filter(|marked| marked.len() == items.len());
        let item = |(at, item): (usize, &Value)| {
            let real =
                eval::text(item).ok_or_else(|| self.refusal(name, "not a list of strings"))?;
            Ok(self.pair(real, marked.and_then(|marked| marked.get(at))))
        };
        // An empty text counts as missing, as in bake: `cond ? "tag" : ""`.
        let all = items
            .iter()
            .enumerate()
            .filter(|(_, item)| !matches!(item, Value::Null))
            .map(item)
            .collect::<Result<Vec<Text>, _>>()?;
        Ok(all
            .into_iter()
            .filter(|text| !text.real.is_empty())
            .collect())
    }

    fn map(&self, name: &str) -> Result<IndexMap<String, Text>, Refusal> {
        let Some(value) = self
            .real
            .get(name)
            .filter(|value| value.value != Value::Null)
        else {
            return Ok(IndexMap::new());
        };
        let items = value
            .as_object()
            .ok_or_else(|| self.refusal(name, "not a map"))?;
        let marked = self.marked.get(name).and_then(|value| value.as_object());
        let item = |(key, item): (&String, &Value)| {
            let real =
                eval::text(item).ok_or_else(|| self.refusal(name, "not a map of strings"))?;
            Ok((
                key.clone(),
                self.pair(real, marked.and_then(|marked| marked.get(key))),
            ))
        };
        items
            .iter()
            .filter(|(_, item)| **item != Value::Null)
            .map(item)
            .collect()
    }

    /// A path inside the workspace; empty for the workspace itself.
    fn inside(&self, name: &str, default: &str) -> Result<Text, Refusal> {
        let text = self.text(name)?.unwrap_or_else(|| Text {
            real: default.to_owned(),
            pattern: default.to_owned(),
        });
        tidy(text, self.place(name))
    }
}

fn tidy(text: Text, span: Span) -> Result<Text, Refusal> {
    let real = path::inside(&text.real, span).map_err(|fault| Refusal {
        why: fault.message,
        span,
    })?;
    // Placeholders contain no slashes, so the pattern can be normalised like its value.
    let pattern = path::inside(&text.pattern, span).unwrap_or_else(|_| literal(&real));
    Ok(Text { real, pattern })
}
