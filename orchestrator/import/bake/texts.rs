//! The settings of a target as texts, each with the pattern that resolves to it.

use super::inline::shallow;
use super::inserted::Inserted;
use super::place::{Decisions, How, Names, decisions, depends_on_time, is_single, variables};
use super::settings::Settings;
use super::stand_in::is_made_up;
use super::target::Refusal;
use super::value::{Data, Value};
use crate::import::published::Text;
use crate::text::{Shown, Span};
use indexmap::IndexMap;

/// What a manifest cannot have in an argument.
const MORE_THAN_A_LINE: &str = "its value has a line break, a tab or another control character, and kiln passes only one line of text";

/// The settings of a target.
pub(super) struct Texts<'a> {
    pub settings: &'a Settings,
    pub span: Span,
    /// Parts of settings that are left out, and why.
    pub lost: Vec<Refusal>,
    /// The variables whose defaults decided something.
    pub decided: Decisions,
    /// The variables without a value that leave out a part of a map.
    pub nulls: Names,
}

impl<'a> Texts<'a> {
    /// Nothing is read yet.
    pub fn new(settings: &'a Settings, span: Span) -> Self {
        Self {
            settings,
            span,
            lost: Vec::new(),
            decided: settings.decided.clone(),
            nulls: Names::new(),
        }
    }

    /// Where a setting is.
    pub fn place(&self, name: &str) -> Span {
        let value = self.settings.values.get(name);
        value.map_or(self.span, |value| value.span)
    }

    /// Whether the file has a setting, and it is not null.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        let value = self.settings.values.get(name).map(|value| &value.value);
        value.filter(|value| !value.is_null())
    }

    pub(super) fn refused(&self, name: &str, why: String) -> Refusal {
        Refusal {
            why,
            span: self.place(name),
            help: None,
        }
    }

    pub(super) fn not(&self, name: &str, what: &str) -> Refusal {
        self.refused(name, format!("its `{name}` is {what}"))
    }

    /// The text of a setting.
    pub fn text(&mut self, name: &str) -> Result<Option<Text>, Refusal> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        if let Some(why) = unknown(value) {
            return Err(self.refused(name, format!("its `{name}` is not known: {why}")));
        }
        let text = value.text();
        Ok(Some(text.ok_or_else(|| self.not(name, "not a string"))?))
    }

    /// The same, written out: it does not follow variables.
    pub fn fixed(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        if let Some(value) = self.get(name) {
            self.decided.extend(decisions(How::Fixed, value));
        }
        Ok(self.text(name)?.map(|text| text.real))
    }

    /// A Dockerfile inside the file, with arguments besides these in the place of its variables; and the same with others
    /// in the place of a matrix's values.
    pub fn inline(
        &mut self,
        args: &IndexMap<String, Text>,
    ) -> Result<Option<(Inserted, Option<Inserted>)>, Refusal> {
        let Some(text) = self.text("dockerfile-inline")? else {
            return Ok(None);
        };
        let text = shallow(text);
        let inserted = Inserted::new(&text, args, self.settings);
        self.decided.extend(inserted.decided.iter().cloned());
        let of_matrix = Inserted::of_matrix(&text, args, self.settings);
        Ok(Some((inserted, of_matrix)))
    }

    /// The texts of a list. `None` takes the place of an empty one, which counts as missing, as in bake
    /// (`cond ? "tag" : ""`), and of one that is not known.
    pub fn places(&mut self, name: &str) -> Result<Vec<Option<Text>>, Refusal> {
        let Some(value) = self.get(name) else {
            return Ok(Vec::new());
        };
        if let Some(why) = unknown(value).filter(|_| value.list().is_none()) {
            return Err(self.refused(name, format!("its `{name}` is not known: {why}")));
        }
        let items = value.list().ok_or_else(|| self.not(name, "not a list"))?;
        let mut all = Vec::new();
        for item in items {
            let why = match &item.data {
                Data::Unknown(why) => Some(why.as_str()),
                _ => made_up(item),
            };
            if let Some(why) = why {
                self.lose(name, format!("a part of `{name}` is left out: {why}"));
            }
            if why.is_some() || item.is_null() {
                all.push(None);
                continue;
            }
            let text = item.text();
            let text = text.ok_or_else(|| self.not(name, "not a list of strings"))?;
            all.push(Some(text).filter(|text| !text.real.is_empty()));
        }
        Ok(all)
    }

    /// The variables whose values are whole items of a list, and empty.
    pub fn blank(&self, name: &str) -> Names {
        let items = self.get(name).and_then(Value::list).into_iter().flatten();
        let empty = items.filter(|item| item.real().is_some_and(|text| text.is_empty()));
        let single = empty.filter(|item| item.pattern.as_deref().is_some_and(is_single));
        single.flat_map(variables).collect()
    }

    /// The texts of a list, written out.
    pub fn fixed_list(&mut self, name: &str) -> Result<Vec<String>, Refusal> {
        if let Some(value) = self.get(name) {
            self.decided.extend(decisions(How::Fixed, value));
        }
        let texts = self.places(name)?.into_iter().flatten();
        Ok(texts.map(|text| text.real).collect())
    }

    /// The texts of a map.
    pub fn map(&mut self, name: &str) -> Result<IndexMap<String, Text>, Refusal> {
        let Some(value) = self.get(name) else {
            return Ok(IndexMap::new());
        };
        if let Some(why) = unknown(value).filter(|_| value.map().is_none()) {
            self.lose(name, format!("`{name}` is left out: {why}"));
            return Ok(IndexMap::new());
        }
        let items = value.map().ok_or_else(|| self.not(name, "not a map"))?;
        let mut all = IndexMap::new();
        for (key, item) in items {
            if item.is_null() {
                self.without_default(name, key, item);
                continue;
            }
            if let Some(why) = unknown(item) {
                let key = key.shown();
                self.lose(name, format!("`{key}` of `{name}` is left out: {why}"));
                continue;
            }
            let text = item.text();
            let text = text.ok_or_else(|| self.not(name, "not a map of strings"))?;
            if text.real.contains(char::is_control) {
                let key = key.shown();
                self.lose(
                    name,
                    format!("`{key}` of `{name}` is left out: {MORE_THAN_A_LINE}"),
                );
                continue;
            }
            all.insert(key.clone(), text);
        }
        Ok(all)
    }

    /// The texts of a map, written out.
    pub fn fixed_map(&mut self, name: &str) -> Result<IndexMap<String, String>, Refusal> {
        if let Some(value) = self.get(name) {
            self.decided.extend(decisions(How::Fixed, value));
        }
        let texts = self.map(name)?.into_iter();
        Ok(texts.map(|(key, text)| (key, text.real)).collect())
    }

    /// Null is as good as missing. Where a variable is null, bake takes it from the environment.
    fn without_default(&mut self, name: &str, key: &str, item: &Value) {
        for variable in variables(item) {
            let key = key.shown();
            let why = format!("`{key}` of `{name}` is left out: `{variable}` has no default");
            self.lose(name, why);
            self.nulls.insert(variable);
        }
    }

    /// What the output says decides something.
    pub fn decided_by_output(&mut self) {
        let output = self.settings.values.get("output");
        let inserted = output.map(|output| decisions(How::Fixed, &output.value));
        self.decided.extend(inserted.into_iter().flatten());
        let computed = self.settings.decided_output.iter().cloned();
        self.decided.extend(computed);
    }

    /// A part of a setting that is left out.
    pub fn lose(&mut self, name: &str, why: String) {
        let refusal = self.refused(name, why);
        self.lost.push(refusal);
    }
}

/// Why a value cannot be in a setting other than a tag.
pub(super) fn unknown(value: &Value) -> Option<String> {
    let timed = || depends_on_time(value).then_some("it depends on the time of the build");
    let why = value
        .unknown_part()
        .or_else(|| made_up(value))
        .or_else(timed);
    why.map(str::to_owned)
}

/// Why a value means nothing that is computed from a variable without a value.
fn made_up(value: &Value) -> Option<&'static str> {
    let made_up = value.text().is_some_and(|text| is_made_up(&text.pattern));
    made_up.then_some("it is computed from a variable without a value")
}
