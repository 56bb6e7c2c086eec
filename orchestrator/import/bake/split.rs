//! A matrix over one list of maps whose tags have several of their keys: an axis for each of these keys.
//!
//! ```text
//! build = [{ os = "ubuntu2204", cuda = "1281", … }, …]     axis "os", axis "cuda"
//! tags  = ["x/torch:cu${build.cuda}-${build.os}"]          tag "cu{cuda}-{os}"
//! ```

use super::axes::Cell;
use super::key::{Key, is_plain};
use super::place::places;
use super::target::Target;
use super::value::{Value, Values};
use indexmap::IndexSet;

/// How many cells the axes may have for each value of the list.
const SPARSE: usize = 2;

/// A key of a matrix as several.
pub(super) struct Split {
    /// The key of the matrix.
    key: String,
    /// By new key, the keys of the maps that its value decides, itself first.
    parts: Vec<(String, Vec<String>)>,
}

/// The split of the first key of a matrix whose values have several keys in the tags of these cells.
pub(super) fn split(keys: &[Key], targets: &[Target], cells: &[Cell]) -> Option<Split> {
    let key = keys.iter().find(|key| key.is_joined())?;
    let names = cells
        .iter()
        .flat_map(|cell| cell.built.names.iter().flatten());
    let patterns: Vec<&str> = names.map(|name| name.tag.pattern.as_str()).collect();
    let start = format!("{}.", key.name);
    let used = patterns.iter().flat_map(|pattern| places(pattern));
    let used: IndexSet<&str> = used
        .filter_map(|place| place.strip_prefix(&start))
        .collect();
    let values = targets
        .iter()
        .filter_map(|one| one.cell.get(&key.key)?.map());
    let maps: Vec<&Values> = values.collect();
    let chosen = chosen(used.into_iter().collect(), &maps)?;
    let taken: Vec<&String> = targets.first()?.cell.keys().collect();
    let name = |item: &str| match taken.iter().any(|known| *known == item) {
        true => format!("{}-{item}", key.key),
        false => item.to_owned(),
    };
    let parts = chosen
        .iter()
        .map(|item| (name(item), vec![(*item).to_owned()]));
    let mut split = Split {
        key: key.key.clone(),
        parts: parts.collect(),
    };
    // Every other key is data of the first part that decides it.
    for item in maps
        .first()?
        .keys()
        .filter(|item| !chosen.contains(&item.as_str()))
    {
        let mut parts = split.parts.iter_mut();
        let part = parts.find(|(_, items)| decides(&[items[0].as_str()], item, &maps));
        if let Some((_, items)) = part {
            items.push(item.clone());
        }
    }
    Some(split)
}

/// Of these keys those that together tell the maps apart, if several are needed and most combinations exist.
fn chosen<'k>(mut keys: Vec<&'k str>, maps: &[&Values]) -> Option<Vec<&'k str>> {
    keys.retain(|key| {
        let mut texts = maps.iter().map(|map| text(map, key));
        count(&[key], maps) > 1
            && texts.all(|text| text.is_some_and(|text| !text.is_empty() && is_plain(&text)))
    });
    let all: Vec<&str> = maps.first()?.keys().map(String::as_str).collect();
    let whole = count(&all, maps);
    for key in keys.clone().into_iter().rev() {
        let others: Vec<&str> = keys.iter().copied().filter(|other| *other != key).collect();
        if count(&others, maps) == whole {
            keys = others;
        }
    }
    let product = keys
        .iter()
        .map(|key| count(&[key], maps))
        .product::<usize>();
    let fits = keys.len() > 1 && count(&keys, maps) == whole && product <= SPARSE * whole;
    fits.then_some(keys)
}

/// The number of different texts of these keys.
fn count(keys: &[&str], maps: &[&Values]) -> usize {
    let row = |map: &&Values| {
        keys.iter()
            .map(|key| format!("{:?}", map.get(*key).map(|value| &value.data)))
            .collect()
    };
    maps.iter()
        .map(row)
        .collect::<IndexSet<Vec<String>>>()
        .len()
}

/// Whether maps with the same texts of these keys have the same of another.
fn decides(keys: &[&str], other: &str, maps: &[&Values]) -> bool {
    let with: Vec<&str> = keys.iter().copied().chain([other]).collect();
    count(&with, maps) == count(keys, maps)
}

fn text(map: &Values, key: &str) -> Option<String> {
    map.get(key)?.real()
}

impl Split {
    /// A target with the new keys in its cell.
    pub fn apart<'a>(&self, target: &Target<'a>) -> Option<Target<'a>> {
        let mut cell = Values::new();
        for (key, value) in &target.cell {
            if *key != self.key {
                cell.insert(key.clone(), value.clone());
                continue;
            }
            let map = value.map()?;
            for (name, items) in &self.parts {
                let part = items
                    .iter()
                    .map(|item| Some((item.clone(), map.get(item)?.clone())));
                let part = part.collect::<Option<Values>>()?;
                cell.insert(name.clone(), Value::from(part));
            }
        }
        Some(Target {
            cell,
            ..target.clone()
        })
    }

    /// The cell of a target as the file has it, from the values of the new keys.
    pub fn together(&self, mut marked: Values, target: &Target) -> Option<Values> {
        let mut whole = target.cell.get(&self.key)?.map()?.clone();
        for (name, _) in &self.parts {
            let part = marked.shift_remove(name)?;
            let items = part.map()?.iter();
            whole.extend(items.map(|(key, item)| (key.clone(), item.clone())));
        }
        marked.insert(self.key.clone(), Value::from(whole));
        Some(marked)
    }
}
