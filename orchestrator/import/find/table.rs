//! A table of versions and labels: what the tags of the entries of each row and each column have in common.

use super::entry::{Entry, behind};
use super::split::Split;
use crate::import::unique;
use crate::name::Version;
use crate::tag::Rung;
use indexmap::{IndexMap, IndexSet};
use std::collections::HashSet;

/// How many cells a table may have for each entry: a table with more is mostly empty.
const CELLS: usize = 3;

/// The name of the row that tags do not name.
const UNNAMED: &str = "latest";

/// Entries in rows of versions and columns of labels.
#[derive(Clone)]
pub(super) struct Table<'a> {
    /// The versions, in the order of the file.
    pub rows: Vec<Row>,
    /// The labels.
    pub columns: Vec<Column>,
    /// In the order of the entries.
    pub cells: Vec<Cell<'a>>,
    /// How many images all entries have together.
    pub images: usize,
    /// The words that only some cells may omit; the tags without them are not in these cells.
    pub omitted: Vec<Omitted>,
}

/// A word of labels that tags may omit in some cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Omitted {
    pub word: String,
    /// The places of the cells.
    pub cells: Vec<usize>,
}

/// A version, or a word in its place.
#[derive(Clone)]
pub(super) struct Row {
    /// What it is called: its text, or the folder of its images if that is one of its words.
    pub name: String,
    /// As first tags have it; empty for the only row that tags do not name.
    pub text: String,
    /// The parsed version, if it is one.
    pub version: Option<Version>,
}

/// A label of entries.
#[derive(Clone)]
pub(super) struct Column {
    /// May be empty.
    pub label: String,
    /// Whether some of its entries have tags in common with others.
    pub shared: bool,
}

/// An entry in its place.
#[derive(Clone)]
pub(super) struct Cell<'a> {
    pub entry: &'a Entry,
    pub row: usize,
    pub column: usize,
    /// Its tags: by their ends, such as `alpine`, the beginnings, such as `1.27` and nothing.
    pub tags: Pairs,
    /// The same for tags with a word before the version that others of its tags do not have: `v` of `v1.27-alpine`.
    pub prefixed: IndexMap<String, Pairs>,
}

/// The beginnings of tags by their ends; an empty beginning and an empty end are `latest`.
pub(super) type Pairs = IndexMap<String, IndexSet<String>>;

impl Row {
    fn new(version: &str) -> Self {
        Self {
            name: version.to_owned(),
            text: version.to_owned(),
            version: version.parse().ok(),
        }
    }

    /// The text of a rung, if the row is a stable version.
    pub fn rung(&self, rung: Rung) -> Option<&str> {
        match (&self.version, rung) {
            (_, Rung::Full) => Some(&self.text),
            (Some(version), rung) if !version.is_prerelease() => rung.text(version),
            _ => None,
        }
    }
}

impl<'a> Cell<'a> {
    /// The entry at this row and column; `None` if none of its tags is the version with the label.
    fn new(entry: &'a Entry, row: &Row, label: &str, (at, column): (usize, usize)) -> Option<Self> {
        let (tags, prefixed) = pairs(entry, row, label)?;
        Some(Self {
            entry,
            row: at,
            column,
            tags,
            prefixed,
        })
    }
}

impl<'a> Table<'a> {
    /// Puts entries into a table; `None` if two have the same position, or most positions are empty.
    pub fn new(entries: &'a [Entry], split: &Split, images: usize) -> Option<Self> {
        let (mut rows, mut columns) = (IndexMap::new(), IndexMap::new());
        let mut cells = Vec::new();
        let mut taken = HashSet::new();
        for (entry, (version, label)) in entries.iter().zip(split) {
            let row = rows.entry(version.as_str());
            let at = row.index();
            let row = &*row.or_insert_with(|| Row::new(version));
            let column = columns.entry(label.as_str());
            let place = (at, column.index());
            let column = column.or_insert_with(|| Column {
                label: label.clone(),
                shared: false,
            });
            column.shared |= entry.shared;
            if !taken.insert(place) {
                return None;
            }
            cells.push(Cell::new(entry, row, label, place)?);
        }
        let mut table = Self {
            rows: rows.into_values().collect(),
            columns: columns.into_values().collect(),
            cells,
            images,
            omitted: Vec::new(),
        };
        table.name();
        table.has_axes().then_some(table)
    }

    /// Whether the rows are an axis, and enough of the positions have an entry.
    fn has_axes(&self) -> bool {
        let positions = self.rows.len().saturating_mul(self.columns.len());
        let is_sparse = positions > self.cells.len().saturating_mul(CELLS);
        // A single row without a name does not make an axis.
        let is_named = self.rows.len() > 1 || self.rows.iter().all(|row| !row.text.is_empty());
        is_named && !is_sparse
    }

    /// Names rows that are not versions after their folders: `tip` rather than `tip-20260815`.
    fn name(&mut self) {
        let mut folders: Vec<Option<&str>> = vec![None; self.rows.len()];
        for cell in &self.cells {
            let folder = cell.entry.folder.split('/').next().unwrap_or_default();
            let heads = cell.tags.get(&self.columns[cell.column].label);
            let is_word = heads.is_some_and(|heads| heads.contains(folder));
            let known = *folders[cell.row].get_or_insert(folder);
            folders[cell.row] = Some(if is_word && known == folder {
                folder
            } else {
                ""
            });
        }
        let taken: HashSet<String> = self.rows.iter().map(|row| row.text.clone()).collect();
        for (row, folder) in self.rows.iter_mut().zip(folders) {
            let folder = folder.filter(|folder| !folder.is_empty() && !taken.contains(*folder));
            if let (None, Some(folder)) = (&row.version, folder) {
                row.name = folder.to_owned();
            }
            if row.name.is_empty() {
                row.name = unique(UNNAMED, |name| taken.contains(name));
            }
        }
    }

    /// Whether there is an axis of labels: otherwise the only one has no name in tags.
    pub fn has_labels(&self) -> bool {
        self.columns.len() > 1 || self.columns.iter().any(|column| !column.label.is_empty())
    }
}

/// The tags of an entry as beginnings and ends, and those with a word before the version; `None` if none of them is the
/// version with the label.
fn pairs(entry: &Entry, row: &Row, label: &str) -> Option<(Pairs, IndexMap<String, Pairs>)> {
    let rungs = [Rung::Full, Rung::Minor, Rung::Major];
    let heads = rungs.into_iter().filter_map(|rung| row.rung(rung));
    let heads: IndexSet<&str> = heads.chain(["latest"]).collect();
    let tails = heads.iter().flat_map(|head| entry.behind(head));
    let tails: HashSet<&str> = tails.chain([label]).collect();
    let mut pairs = Pairs::new();
    let mut prefixed: IndexMap<String, Pairs> = IndexMap::new();
    for tag in &entry.tags {
        let (prefix, rest) = prefix(tag, entry, &row.text);
        let (head, end) = pair_of(rest, &heads, &tails);
        let pairs = match prefix.is_empty() {
            true => &mut pairs,
            false => prefixed.entry(prefix).or_default(),
        };
        let heads = pairs.entry(end.to_owned()).or_default();
        heads.insert(head.to_owned());
    }
    let main = pairs.get(label)?;
    main.contains(&row.text).then_some((pairs, prefixed))
}

/// What a tag has before a version, if the whole version is among the tags with and without it: `v` and `1.27` of `v1.27`
/// beside `1.27`, `v1.27.0` and `1.27.0`; also `enterprise-` and nothing of `enterprise` beside `latest`.
fn prefix<'t>(tag: &'t str, entry: &Entry, version: &str) -> (String, &'t str) {
    let has = |text: &str| {
        let mut tags = entry.tags.iter();
        tags.any(|tag| behind(tag, text).is_some())
    };
    let is_used = |prefix: &str, rest: &str| {
        let has_version = has(version) && has(&format!("{prefix}{version}"));
        has_version && entry.tags.iter().any(|other| other == rest)
    };
    let digit = tag.find(|c: char| c.is_ascii_digit()).unwrap_or_default();
    let hyphens = tag.match_indices('-').map(|(at, _)| at + 1);
    let cuts = [digit].into_iter().chain(hyphens);
    let mut cuts = cuts
        .map(|at| tag.split_at(at))
        .filter(|(prefix, _)| !prefix.is_empty());
    let whole = || Some((format!("{tag}-"), "")).filter(|(prefix, rest)| is_used(prefix, rest));
    let found = cuts.find(|(prefix, rest)| is_used(prefix, rest));
    let found = found.map(|(prefix, rest)| (prefix.to_owned(), rest));
    found.or_else(whole).unwrap_or((String::new(), tag))
}

/// The beginning and the end of a tag. What is neither a version nor an end is a word in the place of the version.
fn pair_of<'t>(tag: &'t str, heads: &IndexSet<&str>, tails: &HashSet<&str>) -> (&'t str, &'t str) {
    let mut versions = heads
        .iter()
        .filter_map(|head| Some((head.len(), behind(tag, head)?)));
    let mut ends = tag
        .match_indices('-')
        .map(|(at, _)| (&tag[..at], &tag[at + 1..]));
    if let Some((head, end)) = versions.next() {
        return (&tag[..head], end);
    }
    if tails.contains(tag) || tag.is_empty() {
        return ("", tag);
    }
    let known = ends.find(|(_, end)| tails.contains(end));
    known.unwrap_or(if tails.contains("") {
        (tag, "")
    } else {
        ("", tag)
    })
}
