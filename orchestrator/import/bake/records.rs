//! Settings that are lists of objects, or of texts with fields: `type=env,id=npm`.

use super::place::{How, decisions};
use super::target::Refusal;
use super::texts::{Texts, unknown};
use super::value::{Value, Values};
use indexmap::IndexMap;

impl Texts<'_> {
    /// The entries of a list, each as its fields: `type=env,id=npm`, or an object. A word alone is an `id`.
    pub fn records(&mut self, name: &str) -> Result<Vec<IndexMap<String, String>>, Refusal> {
        let Some(value) = self.get(name) else {
            return Ok(Vec::new());
        };
        self.decided.extend(decisions(How::Fixed, value));
        if let Some(why) = unknown(value).filter(|_| value.list().is_none()) {
            self.lose(name, format!("`{name}` is left out: {why}"));
            return Ok(Vec::new());
        }
        let items = value.list().ok_or_else(|| self.not(name, "not a list"))?;
        let mut all = Vec::new();
        for item in items.iter().filter(|item| !item.is_null()) {
            if let Some(why) = unknown(item) {
                self.lose(name, format!("a part of `{name}` is left out: {why}"));
                continue;
            }
            let fields = item
                .map()
                .map(object)
                .or_else(|| Some(fields(&item.real()?)));
            let fields =
                fields.ok_or_else(|| self.not(name, "not a list of strings and objects"))?;
            all.extend(Some(fields).filter(|fields| !fields.is_empty()));
        }
        Ok(all)
    }
}

/// The fields of an object.
fn object(values: &Values) -> IndexMap<String, String> {
    let text = |value: &Value| {
        let first = value.list().and_then(|list| list.first());
        first.unwrap_or(value).real()
    };
    let values = values.iter();
    let fields = values.filter_map(|(name, value)| Some((name.to_ascii_lowercase(), text(value)?)));
    fields.collect()
}

/// The fields of a text.
fn fields(text: &str) -> IndexMap<String, String> {
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let field = |part: &str| match part.split_once('=') {
        Some((name, value)) => (name.trim().to_owned(), value.trim().to_owned()),
        None => (String::from("id"), part.to_owned()),
    };
    parts.map(field).collect()
}
