//! The paths of a table's Dockerfiles, and of their contexts.

use super::folders::{Axes, Folders, Labels, Named, Place, folders, only, series};
use super::halves::{Half, Halves};
use super::plain::machine;
use super::table::{Column, Table};
use crate::import::path;
use crate::import::published::Variant;
use crate::import::write::literal;
use crate::name::Version;
use indexmap::IndexSet;

/// The path of all Dockerfiles, if there is one.
pub(super) struct Paths<'a> {
    folders: Option<Folders>,
    forms: Option<Forms>,
    /// The path below the folder.
    file: &'a str,
    /// The places of the variants in the order of the folders.
    builds: Vec<usize>,
    /// The places of their versions and labels.
    cells: Vec<[usize; 2]>,
    /// The names of all versions.
    versions: Vec<String>,
    /// The names of the machines; none if each image has one Dockerfile for all.
    pub machines: IndexSet<String>,
}

/// What the folders of an axis are called by its values, where no data is needed for that: `windows/{variant}`.
struct Forms {
    /// The place of the axis.
    axis: usize,
    /// The place that they replace.
    place: &'static str,
    /// By value.
    texts: Vec<String>,
}

impl<'a> Paths<'a> {
    /// Finds the path of these variants.
    pub fn new(table: &Table, variants: &'a [Variant], halves: Option<&Halves>) -> Self {
        let machines = machine_names(table, variants);
        let file = variants.first().map(file).unwrap_or_default();
        let is_same = variants.iter().all(|one| self::file(one) == file);
        let has_context = variants.iter().any(|one| one.context.is_some());
        let texts: Vec<String> = variants.iter().map(|one| folder(one, is_same)).collect();
        let places = places(table, variants, &machines, &texts);
        let versions: Vec<Option<&str>> = table
            .rows
            .iter()
            .map(|row| Some(row.name.as_str()))
            .collect();
        let labels: Vec<Option<&str>> = table.columns.iter().map(label).collect();
        let axes = Axes {
            versions: ("version", versions.clone()),
            labels: match halves {
                Some(halves) => Labels::Halves(halves.axes.each_ref().map(named), &halves.columns),
                None => Labels::Whole(("variant", labels.clone())),
            },
            machines: (
                "machine",
                machines.iter().map(|name| Some(name.as_str())).collect(),
            ),
        };
        let folders = folders(&places, &axes).filter(|_| is_same || !has_context);
        let whole = folders.as_ref().filter(|_| halves.is_none());
        let forms = whole.and_then(|folders| of_labels(&labels, folders));
        let forms = forms.or_else(|| of_versions(&versions, folders.as_ref()?));
        Self {
            folders,
            forms,
            cells: places
                .iter()
                .map(|place| [place.row, place.column])
                .collect(),
            file: if is_same { file } else { "" },
            builds: builds(table).map(|(_, build)| build).collect(),
            versions: table.rows.iter().map(|row| row.name.clone()).collect(),
            machines,
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
        let has_forms = self.forms.as_ref().is_some_and(|forms| forms.axis == axis);
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
        self.write_others(&folders.fits, variants);
        let builds = self.builds.iter().zip(&self.cells);
        let fitting = builds.zip(&folders.fits).filter(|(_, fits)| **fits);
        for ((build, cell), _) in fitting {
            let pattern = match &self.forms {
                Some(forms) => folders
                    .pattern
                    .replace(forms.place, &forms.texts[cell[forms.axis]]),
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

impl Paths<'_> {
    /// Writes places for the version into the paths of labels that have a path of their own in all versions.
    fn write_others(&self, fits: &[bool], variants: &mut [Variant]) {
        let all = || self.builds.iter().zip(&self.cells).zip(fits);
        let fitting = all().filter(|(_, fits)| **fits);
        let fitting: IndexSet<usize> = fitting.map(|((_, [_, label]), _)| *label).collect();
        for ((build, [version, label]), _) in all() {
            let variant = &mut variants[*build];
            if fitting.contains(label) || variant.context.is_some() {
                continue;
            }
            let version = self.versions[*version].as_str();
            variant.dockerfile.pattern = only(version, &variant.dockerfile.real);
        }
    }
}

/// The places of variants on the axes, with their folders.
fn places<'t>(
    table: &Table,
    variants: &[Variant],
    machines: &IndexSet<String>,
    texts: &'t [String],
) -> Vec<Place<'t>> {
    let place = |(at, build): (usize, usize)| Place {
        row: table.cells[at].row,
        column: table.cells[at].column,
        machine: machines
            .get_index_of(&machine(&variants[build]))
            .unwrap_or_default(),
        cell: at,
        folder: &texts[build],
    };
    builds(table).map(place).collect()
}

/// The places of all cells and of their variants.
fn builds<'t>(table: &'t Table) -> impl Iterator<Item = (usize, usize)> + 't {
    let cells = table.cells.iter().enumerate();
    cells.flat_map(|(at, cell)| cell.entry.builds.iter().map(move |build| (at, *build)))
}

/// The folder of a variant with its slash; its whole path if the files in them have different names.
fn folder(one: &Variant, is_same: bool) -> String {
    match (is_same, one.folder.as_str()) {
        (false, _) => one.dockerfile.real.clone(),
        (true, "") => String::new(),
        (true, folder) => format!("{folder}/"),
    }
}

/// The label of a column; `None` for one whose name may be chosen.
fn label(column: &Column) -> Option<&str> {
    Some(column.label.as_str()).filter(|label| !label.is_empty())
}

/// The number of folders from which two forms are easier to read than a list.
const FOLDERS: usize = 4;

/// The folders of labels as two forms of the label: one with a `when` is shorter than a folder for each.
fn of_labels(labels: &[Option<&str>], folders: &Folders) -> Option<Forms> {
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
    let texts: Vec<String> = labels.iter().zip(data).map(form).collect::<Option<_>>()?;
    let distinct: IndexSet<&String> = texts.iter().collect();
    (distinct.len() == 2).then_some(Forms {
        axis: 1,
        place: "{variant.folder}",
        texts,
    })
}

/// The number of versions from which one that has another folder is easier to read as an exception.
const VERSIONS: usize = 3;

/// The folders of versions as a rung, and one that is an exception: `3.15-rc` beside `3.14`, `3.13` and `3.12`.
fn of_versions(versions: &[Option<&str>], folders: &Folders) -> Option<Forms> {
    let data = &folders.axes[0].data;
    if data.len() != versions.len() || data.len() < VERSIONS {
        return None;
    }
    let places = [(2, "{version.minor}"), (1, "{version.major}")];
    let way = |(count, place): (usize, &str)| {
        let form = |(version, text): (&Option<&str>, &String)| {
            let version = version.filter(|version| version.parse::<Version>().is_ok());
            let series = version.and_then(|version| series(version, count));
            let is_named = series.is_some_and(|series| literal(&series) == *text);
            (
                is_named,
                if is_named {
                    place.to_owned()
                } else {
                    text.clone()
                },
            )
        };
        let forms = versions.iter().zip(data).map(form);
        let (named, texts): (Vec<bool>, Vec<String>) = forms.unzip();
        let exceptions = named.iter().filter(|is_named| !**is_named).count();
        (exceptions == 1).then_some(texts)
    };
    let texts = places.into_iter().find_map(way)?;
    Some(Forms {
        axis: 0,
        place: "{version.folder}",
        texts,
    })
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
