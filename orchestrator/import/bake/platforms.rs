//! The platforms of a target.

use super::place::{Names, variables};
use super::target::Refusal;
use super::texts::{Texts, unknown};
use super::value::Value;
use crate::import::published::Text;
use crate::name::Platform;
use indexmap::IndexSet;

/// bake's word for the platform of the machine on which it runs.
const LOCAL: &str = "local";

impl Texts<'_> {
    /// How a manifest lists the platforms, if they follow variables.
    pub fn listed(&self) -> Option<Vec<String>> {
        let value = self.get("platforms")?;
        let items = value.list()?.iter();
        let texts: Vec<Text> = items.map(Value::text).collect::<Option<_>>()?;
        let all: Vec<&str> = texts.iter().flat_map(|text| divided(&text.real)).collect();
        let distinct: IndexSet<Platform> = all
            .iter()
            .map(|text| text.parse().ok())
            .collect::<Option<_>>()?;
        let patterns = match &value.pattern {
            Some(whole) => vec![whole.clone()],
            None => {
                let patterns = texts.iter().flat_map(|text| divided(&text.pattern));
                patterns.map(str::to_owned).collect()
            }
        };
        let follows = !variables(value).is_empty() && unknown(value).is_none() && !all.is_empty();
        (follows && distinct.len() == all.len()).then_some(patterns)
    }

    /// The variables that would be the platforms, where they are empty.
    pub fn blank_platforms(&self) -> Names {
        let value = self.get("platforms");
        let items = value.and_then(Value::list).into_iter().flatten();
        let mut texts = items.map(|item| item.real().unwrap_or_default());
        match texts.any(|text| !text.is_empty()) {
            true => Names::new(),
            false => value.map(variables).unwrap_or_default(),
        }
    }

    /// The platforms; `None` if the file specifies none, or only that of the machine. They are those of the variables of
    /// today unless the manifest `follows` these.
    pub fn platforms(&mut self, follows: bool) -> Result<Option<Vec<Platform>>, Refusal> {
        let mut platforms = IndexSet::new();
        let all: Vec<String> = match follows {
            true => {
                let texts = self.places("platforms")?.into_iter();
                texts.flatten().map(|text| text.real).collect()
            }
            false => self.fixed_list("platforms")?,
        };
        let all = all.iter().flat_map(|text| divided(text));
        let (local, others): (Vec<_>, Vec<_>) = all.partition(|text| *text == LOCAL);
        if !local.is_empty() && !others.is_empty() {
            let why = "a part of `platforms` is left out: `local` is a different platform on each machine";
            self.lose("platforms", why.to_owned());
        }
        for text in others {
            let found = Platform::as_docker_reads(text);
            platforms.insert(found.map_err(|why| self.refused("platforms", why.to_string()))?);
        }
        Ok((!platforms.is_empty()).then(|| platforms.into_iter().collect()))
    }
}

/// The platforms in one item of a list: buildx divides it at commas.
fn divided(item: &str) -> impl Iterator<Item = &str> {
    let parts = item.split(',').map(str::trim);
    parts.filter(|part| !part.is_empty())
}
