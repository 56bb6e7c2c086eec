//! The paths of the Dockerfiles: one path with axes in it, if the folders follow the table.

use super::table::{Found, Table};
use crate::import::published::Variant;
use crate::import::write::literal;

/// One path for all images of a table, and the data that it needs.
pub(super) struct Folders {
    /// `{version.minor}/{variant}/`: with its slash, since it may be empty.
    pub pattern: String,
    /// The path of the Dockerfile below the folder.
    pub file: String,
    /// By version; empty where no data is needed.
    pub versions: Vec<(String, String)>,
    /// By variant.
    pub variants: Vec<(String, String)>,
}

/// One axis' part of a path, with the data that its values need for it.
type Part = (String, Vec<(String, String)>);

/// `None` where folders do not follow the table.
pub(super) fn folders(all: &[Variant], table: &Table) -> Option<Folders> {
    let file = file(all.first()?);
    if all.iter().any(|one| self::file(one) != file) {
        return None;
    }
    let mut tops = vec![None; table.versions.len()];
    let mut belows = vec![None; table.variants.len()];
    for (one, cell) in all.iter().zip(&table.cells) {
        let whole = (one.folder.as_str(), "");
        let (top, below) = match table.has_variants() {
            true => one.folder.split_once('/').unwrap_or(whole),
            false => whole,
        };
        if *tops[cell.version].get_or_insert(top) != top
            || *belows[cell.variant].get_or_insert(below) != below
        {
            return None;
        }
    }
    let tops: Vec<&str> = tops.into_iter().collect::<Option<_>>()?;
    let belows: Vec<&str> = belows.into_iter().collect::<Option<_>>()?;
    let (top, versions) = part("version", &table.versions, &tops);
    let (below, variants) = part("variant", &table.variants, &belows);
    let pattern = format!("{top}{below}");
    Some(Folders {
        pattern,
        file: file.to_owned(),
        versions,
        variants,
    })
}

/// The path of the Dockerfile below the image's folder.
fn file(one: &Variant) -> &str {
    let path = one.dockerfile.real.as_str();
    path.strip_prefix(one.folder.as_str())
        .unwrap_or(path)
        .trim_start_matches('/')
}

fn part(axis: &str, values: &[Found], folders: &[&str]) -> Part {
    let series = |value: &Found, count: usize| match value.version() {
        Some(version) => version.series(count).map(str::to_owned),
        None => Some(value.name.clone()),
    };
    let fits = |of: &dyn Fn(&Found) -> Option<String>| {
        let mut all = values.iter().zip(folders);
        all.all(|(value, folder)| of(value).as_deref() == Some(*folder))
    };
    let plain = |pattern: String| (pattern, Vec::new());
    if folders.iter().all(|folder| folder.is_empty()) {
        return plain(String::new());
    }
    for (rung, count) in [("minor", 2), ("major", 1)] {
        if axis == "version" && fits(&|value| series(value, count)) {
            return plain(format!("{{{axis}.{rung}}}/"));
        }
    }
    if fits(&|value| Some(value.name.clone())) {
        return plain(format!("{{{axis}}}/"));
    }
    let above = values.iter().zip(folders).map(|(value, folder)| {
        let above = folder.strip_suffix(value.name.as_str())?;
        (above.is_empty() || above.ends_with('/')).then(|| data("above", literal(above)))
    });
    match above.collect::<Option<Vec<_>>>() {
        Some(above) => (format!("{{{axis}.above}}{{{axis}}}/"), above),
        None => folder(axis, folders),
    }
}

/// A folder per value, with its slash where some are empty.
fn folder(axis: &str, folders: &[&str]) -> Part {
    let slash = if folders.iter().any(|folder| folder.is_empty()) {
        "/"
    } else {
        ""
    };
    let text = |folder: &&str| match folder.is_empty() {
        true => String::new(),
        false => format!("{}{slash}", literal(folder)),
    };
    let set = folders.iter().map(|folder| data("folder", text(folder)));
    let end = if slash.is_empty() { "/" } else { "" };
    (format!("{{{axis}.folder}}{end}"), set.collect())
}

fn data(key: &str, text: String) -> (String, String) {
    (key.to_owned(), text)
}
