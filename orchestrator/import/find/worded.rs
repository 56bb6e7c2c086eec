//! Versions with a word in front that tags of one version may omit: `temurin-17-boot` is also `boot`, and `temurin-21-boot`
//! has no other name.

use super::entry::{Entry, behind};
use super::split::{Split, version_of};
use indexmap::{IndexMap, IndexSet};

/// The entries by word and version, `temurin-17`; those without are of a row that tags do not name. `None` unless most
/// have one word, with several versions, and tags of some omit it.
pub(super) fn worded(entries: &[Entry]) -> Option<Split> {
    let mut words: IndexMap<&str, usize> = IndexMap::new();
    for entry in entries {
        let own = entry.tags.iter().filter_map(|tag| named(tag));
        let own: IndexSet<&str> = own.map(|(word, _)| word).collect();
        own.into_iter()
            .for_each(|word| *words.entry(word).or_default() += 1);
    }
    let (word, count) = words.into_iter().max_by_key(|(_, count)| *count)?;
    let rows: Vec<&str> = entries.iter().map(|entry| row(entry, word)).collect();
    let versions: IndexSet<&&str> = rows.iter().filter(|row| !row.is_empty()).collect();
    let is_usual = count * 2 > entries.len() && versions.len() > 1;
    let mut all = entries.iter().zip(&rows);
    let omits = all.any(|(entry, row)| {
        let mut tags = entry.tags.iter();
        !row.is_empty() && tags.any(|tag| behind(tag, row).is_none())
    });
    let split = |(entry, row): (&Entry, &&str)| {
        let labels = entry.tags.iter().filter_map(|tag| match *row {
            "" => Some(tag.as_str()),
            row => behind(tag, row),
        });
        let label = labels.max_by_key(|label| label.len());
        ((*row).to_owned(), label.unwrap_or_default().to_owned())
    };
    (is_usual && omits).then(|| entries.iter().zip(&rows).map(split).collect())
}

/// The word and the version at the beginning of the entry's tags; empty if they have none.
fn row<'e>(entry: &'e Entry, word: &str) -> &'e str {
    let found = entry.tags.iter().filter_map(|tag| named(tag));
    let mut found = found.filter(|(own, _)| *own == word);
    found.next().map_or("", |(_, row)| row)
}

/// The word that a tag begins with, and the same with the version behind it.
fn named(tag: &str) -> Option<(&str, &str)> {
    let (word, rest) = tag.split_once('-')?;
    let is_word = word.bytes().all(|byte| byte.is_ascii_lowercase());
    let version = version_of(rest).filter(|_| is_word)?;
    Some((word, &tag[..word.len() + 1 + version.len()]))
}
