//! The paths of a table's Dockerfiles, and of their contexts.

use super::folders::{Axes, Folders, Labels, Named, Place, folders};
use super::halves::{Half, Halves};
use super::plain::machine;
use super::table::{Column, Table};
use crate::import::path;
use crate::import::published::Variant;
use crate::import::write::literal;
use indexmap::IndexSet;

/// The path of all Dockerfiles, if there is one.
pub(super) struct Paths<'a> {
    folders: Option<Folders>,
    /// By label, what its folder is called by the label, where no data is needed for that: `windows/{variant}`.
    forms: Option<Vec<String>>,
    /// The path below the folder.
    file: &'a str,
    /// The places of the variants in the order of the folders.
    builds: Vec<usize>,
    /// The places of their labels.
    columns: Vec<usize>,
    /// The names of the machines; none if each image has one Dockerfile for all.
    pub machines: IndexSet<String>,
}

impl<'a> Paths<'a> {
    /// Finds the path of these variants.
    pub fn new(table: &Table, variants: &'a [Variant], halves: Option<&Halves>) -> Self {
        let names = machine_names(table, variants);
        let file = variants.first().map(file).unwrap_or_default();
        let is_same = variants.iter().all(|one| self::file(one) == file);
        let has_context = variants.iter().any(|one| one.context.is_some());
        let texts: Vec<String> = variants
            .iter()
            .map(|one| match (is_same, one.folder.as_str()) {
                (false, _) => one.dockerfile.real.clone(),
                (true, "") => String::new(),
                (true, folder) => format!("{folder}/"),
            })
            .collect();
        let builds = || {
            table
                .cells
                .iter()
                .flat_map(|cell| cell.entry.builds.iter().copied())
        };
        let places = table.cells.iter().enumerate().flat_map(|(at, cell)| {
            let builds = cell.entry.builds.iter();
            builds.map(move |build| (at, cell, *build))
        });
        let places = places.map(|(at, cell, build)| Place {
            row: cell.row,
            column: cell.column,
            machine: names
                .get_index_of(&machine(&variants[build]))
                .unwrap_or_default(),
            cell: at,
            folder: &texts[build],
        });
        let places: Vec<Place> = places.collect();
        let rows = table.rows.iter().map(|row| Some(row.name.as_str()));
        let label = |column: &'_ Column| match column.label.is_empty() {
            true => None,
            false => Some(column.label.clone()),
        };
        let labels: Vec<Option<String>> = table.columns.iter().map(label).collect();
        let labels: Vec<Option<&str>> = labels.iter().map(Option::as_deref).collect();
        let axes = Axes {
            versions: ("version", rows.collect()),
            labels: match halves {
                Some(halves) => Labels::Halves(halves.axes.each_ref().map(named), &halves.columns),
                None => Labels::Whole(("variant", labels.clone())),
            },
            machines: (
                "machine",
                names.iter().map(|name| Some(name.as_str())).collect(),
            ),
        };
        let folders = folders(&places, &axes).filter(|_| is_same || !has_context);
        let whole = folders.as_ref().filter(|_| halves.is_none());
        let forms = whole.and_then(|folders| forms(&labels, folders));
        Self {
            folders,
            forms,
            columns: places.iter().map(|place| place.column).collect(),
            file: if is_same { file } else { "" },
            builds: builds().collect(),
            machines: names,
        }
    }

    /// The name for the value of an axis that has none, if the path has a place for it.
    pub fn name(&self, axis: usize) -> Option<&str> {
        self.folders.as_ref()?.axes.get(axis)?.name.as_deref()
    }

    /// The place of the axis of machines.
    pub fn last(&self) -> usize {
        let axes = self.folders.iter().map(|folders| folders.axes.len());
        axes.max().unwrap_or_default().saturating_sub(1)
    }

    /// The data of an axis' values, by value; nothing if none has any.
    pub fn data(&self, axis: usize) -> impl Iterator<Item = Vec<(String, String)>> {
        let part = self
            .folders
            .iter()
            .flat_map(move |folders| folders.axes.get(axis));
        let has_forms = axis == 1 && self.forms.is_some();
        part.flat_map(move |part| {
            let of = |texts: &[String], at: usize, key: &str| {
                texts.get(at).map(|text| (key.to_owned(), text.clone()))
            };
            let count = part.root.len().max(part.data.len());
            (0..count).map(move |at| {
                let folder = of(&part.data, at, "folder").filter(|_| !has_forms);
                of(&part.root, at, "root")
                    .into_iter()
                    .chain(folder)
                    .collect()
            })
        })
    }

    /// Writes the path into the variants.
    pub fn write(&self, variants: &mut [Variant]) {
        let Some(folders) = &self.folders else { return };
        let builds = self.builds.iter().zip(&self.columns);
        let fitting = builds.zip(&folders.fits).filter(|(_, fits)| **fits);
        for ((build, column), _) in fitting {
            let pattern = match &self.forms {
                Some(forms) => folders.pattern.replace(LABEL_FOLDER, &forms[*column]),
                None => folders.pattern.clone(),
            };
            let variant = &mut variants[*build];
            variant.dockerfile.pattern = format!("{pattern}{}", literal(self.file));
            if let Some(context) = &mut variant.context {
                context.pattern = path::dot(pattern.trim_end_matches('/')).to_owned();
            }
        }
    }
}

/// The place of a label's folder.
const LABEL_FOLDER: &str = "{variant.folder}";

/// The number of folders from which two forms are easier to read than a list.
const FOLDERS: usize = 4;

/// The folders of labels as two forms of the label: one with a `when` is shorter than a folder for each.
fn forms(labels: &[Option<&str>], folders: &Folders) -> Option<Vec<String>> {
    let data = &folders.axes[1].data;
    if data.len() != labels.len() || data.len() < FOLDERS {
        return None;
    }
    let form = |(label, text): (&Option<&str>, &String)| {
        let (before, after) = text.split_once(&literal((*label)?))?;
        let is_start = before.is_empty() || before.ends_with('/');
        let is_end = after.is_empty() || after.starts_with('/');
        (is_start && is_end).then(|| format!("{before}{{variant}}{after}"))
    };
    let forms: Vec<String> = labels.iter().zip(data).map(form).collect::<Option<_>>()?;
    let distinct: IndexSet<&String> = forms.iter().collect();
    (distinct.len() == 2).then_some(forms)
}

/// The words of one part of labels.
fn named(half: &Half) -> Named<'_> {
    let words = half.values.iter().map(|word| word.text.as_str());
    let words = words.map(|text| (!text.is_empty()).then_some(text));
    (&half.name, words.collect())
}

/// The path of the Dockerfile below the image's folder.
fn file(one: &Variant) -> &str {
    let path = one.dockerfile.real.as_str();
    path.strip_prefix(one.folder.as_str())
        .unwrap_or(path)
        .trim_start_matches('/')
}

/// The machines of images that have one Dockerfile per architecture.
fn machine_names(table: &Table, variants: &[Variant]) -> IndexSet<String> {
    let several = table.cells.iter().any(|cell| cell.entry.builds.len() > 1);
    match several {
        true => variants.iter().map(machine).collect(),
        false => IndexSet::new(),
    }
}
