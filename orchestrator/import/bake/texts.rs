//! The settings of a target as texts, each with the pattern that resolves to it.

use super::mark;
use super::target::{Refusal, Settings};
use super::value::{self, Values};
use crate::import::path;
use crate::import::published::Text;
use crate::import::write::literal;
use crate::name::Platform;
use crate::render::below;
use crate::text::Span;
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

    /// The text of a setting.
    pub fn text(&self, name: &str) -> Result<Option<Text>, Refusal> {
        let text = |value| self.pair(name, "not a string", value, get(self.marked, name));
        get(self.real, name).map(text).transpose()
    }

    /// The texts of a list.
    pub fn list(&self, name: &str) -> Result<Vec<Text>, Refusal> {
        let Some(value) = get(self.real, name) else {
            return Ok(Vec::new());
        };
        let items = value
            .as_array()
            .ok_or_else(|| self.refusal(name, "not a list"))?;
        let marked = get(self.marked, name).and_then(Value::as_array);
        let marked = marked.filter(|marked| marked.len() == items.len());
        let mut all = Vec::new();
        for (at, item) in items.iter().enumerate().filter(|(_, item)| !item.is_null()) {
            let marked = marked.and_then(|marked| marked.get(at));
            all.push(self.pair(name, "not a list of strings", item, marked)?);
        }
        // An empty text counts as missing, as in bake: `cond ? "tag" : ""`.
        all.retain(|text| !text.real.is_empty());
        Ok(all)
    }

    /// The texts of a map.
    pub fn map(&self, name: &str) -> Result<IndexMap<String, Text>, Refusal> {
        let Some(value) = get(self.real, name) else {
            return Ok(IndexMap::new());
        };
        let items = value
            .as_object()
            .ok_or_else(|| self.refusal(name, "not a map"))?;
        let marked = get(self.marked, name).and_then(Value::as_object);
        let mut all = IndexMap::new();
        for (key, item) in items.iter().filter(|(_, item)| !item.is_null()) {
            let marked = marked.and_then(|marked| marked.get(key));
            all.insert(
                key.clone(),
                self.pair(name, "not a map of strings", item, marked)?,
            );
        }
        Ok(all)
    }

    /// A text with its pattern, if the marks in it resolve to the text itself; `not` says what another
    /// value is not.
    fn pair(
        &self,
        name: &str,
        not: &str,
        real: &Value,
        marked: Option<&Value>,
    ) -> Result<Text, Refusal> {
        let real = value::text(real).ok_or_else(|| self.refusal(name, not))?;
        let marked = marked
            .and_then(value::text)
            .filter(|text| mark::filled(text, self.values).as_ref() == Some(&real));
        Ok(Text {
            pattern: marked.map_or_else(|| literal(&real), |text| mark::pattern(&text)),
            real,
        })
    }

    /// A path inside the workspace; empty for the workspace itself.
    pub fn inside(&self, name: &str, default: &str) -> Result<Text, Refusal> {
        let text = self.text(name)?;
        let text = text.unwrap_or_else(|| Text::literal(default));
        tidy(text, self.place(name))
    }
}

/// A setting's value, unless it is null.
fn get<'s>(settings: &'s Settings, name: &str) -> Option<&'s Value> {
    let value = settings.get(name).map(|value| &value.value);
    value.filter(|value| !value.is_null())
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
