//! The settings of a target as texts, each with the pattern that resolves to it.

use super::mark;
use super::target::{Refusal, Settings};
use super::value::{self, Values};
use crate::import::path;
use crate::import::published::Text;
use crate::import::write::literal;
use crate::name::Platform;
use crate::text::{Span, Spanned};
use hcl::Value;
use indexmap::{IndexMap, IndexSet};

/// The settings of a target.
pub(super) struct Texts<'a> {
    pub real: &'a Settings,
    /// The same with marks in place of variables.
    pub marked: &'a Settings,
    /// The values behind the marks.
    pub values: &'a Values,
    pub span: Span,
}

impl Texts<'_> {
    /// The platforms; `None` if the file specifies none.
    pub fn platforms(&self) -> Result<Option<Vec<Platform>>, Refusal> {
        let platform = |text: &Text| {
            Platform::as_docker_reads(&text.real).map_err(|why| Refusal {
                why: why.to_string(),
                span: self.place("platforms"),
            })
        };
        let listed = self.list("platforms")?;
        let platforms: IndexSet<Platform> =
            listed.iter().map(platform).collect::<Result<_, _>>()?;
        Ok((!platforms.is_empty()).then(|| platforms.into_iter().collect()))
    }

    /// The path of the Dockerfile, which is relative to the context.
    pub fn dockerfile(&self, context: &Text) -> Result<Text, Refusal> {
        let file = self.text("dockerfile")?;
        let file = file.unwrap_or_else(|| Text::literal("Dockerfile"));
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

    pub fn place(&self, name: &str) -> Span {
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
            .and_then(value::text)
            .filter(|text| mark::filled(text, self.values).as_ref() == Some(&real));
        Text {
            pattern: marked.map_or_else(|| literal(&real), |text| mark::pattern(&text)),
            real,
        }
    }

    pub fn text(&self, name: &str) -> Result<Option<Text>, Refusal> {
        match self.real.get(name) {
            None
            | Some(Spanned {
                value: Value::Null, ..
            }) => Ok(None),
            Some(value) => {
                let real = value::text(value).ok_or_else(|| self.refusal(name, "not a string"))?;
                Ok(Some(self.pair(
                    real,
                    self.marked.get(name).map(|value| &value.value),
                )))
            }
        }
    }

    pub fn list(&self, name: &str) -> Result<Vec<Text>, Refusal> {
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
                value::text(item).ok_or_else(|| self.refusal(name, "not a list of strings"))?;
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

    pub fn map(&self, name: &str) -> Result<IndexMap<String, Text>, Refusal> {
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
                value::text(item).ok_or_else(|| self.refusal(name, "not a map of strings"))?;
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
    pub fn inside(&self, name: &str, default: &str) -> Result<Text, Refusal> {
        let text = self.text(name)?;
        let text = text.unwrap_or_else(|| Text::literal(default));
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
