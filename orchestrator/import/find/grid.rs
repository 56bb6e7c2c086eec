//! The image with the axes of a table.

use super::folders::{Folders, folders};
use super::table::{Cell, Found, Table};
use crate::import::path;
use crate::import::published::{Axis, Grid, Image, Value, When};
use crate::import::when::patterns;
use crate::import::write::literal;
use crate::tag::Rung;
use indexmap::{IndexMap, IndexSet};

/// The image with a grid; `per_cell` is that of its tags.
pub(super) fn image(image: &Image, table: &Table, per_cell: bool) -> Image {
    let mut image = image.clone();
    let folders = folders(&image.variants, table);
    let mut axes = vec![versions(table, folders.as_ref())];
    if table.has_variants() {
        axes.push(variants(table, folders.as_ref()));
    }
    let cell = |cell: &Cell| [cell.version, cell.variant][..axes.len()].to_vec();
    let grid = Grid {
        cells: table.cells.iter().map(cell).collect(),
        excludes: excludes(table, &axes),
        tags: tags(table, &axes),
        per_cell,
        axes,
        ..Grid::default()
    };
    if let Some(folders) = folders {
        let folder = folders.pattern.trim_end_matches('/');
        for variant in &mut image.variants {
            variant.dockerfile.pattern = format!("{}{}", folders.pattern, literal(&folders.file));
            if let Some(context) = &mut variant.context {
                context.pattern = path::dot(folder).to_owned();
            }
        }
    }
    image.grid = Some(grid);
    image
}

fn versions(table: &Table, folders: Option<&Folders>) -> Axis {
    let rungs = rungs(&table.versions);
    let value = |(at, value): (usize, &Found)| {
        let stable = value.version().filter(|version| !version.is_prerelease());
        let climbs = |token: &str| {
            let rung = |version| rungs.iter().any(|rung| rung.text(version) == Some(token));
            stable.as_ref().is_some_and(rung)
        };
        let data = folders.and_then(|folders| folders.versions.get(at));
        self::value(value, false, |token| !climbs(token), data)
    };
    let words: Vec<&str> = rungs.iter().map(|rung| rung.as_str()).collect();
    let is_version = table.versions.iter().any(|value| value.version().is_some());
    let values = table.versions.iter().enumerate().map(value);
    Axis {
        rungs: is_version.then(|| words.join(" ")),
        ..Axis::new("version", values.collect())
    }
}

/// The rungs that the versions use.
fn rungs(values: &[Found]) -> Vec<Rung> {
    let uses = |rung: &Rung| {
        values.iter().any(|value| {
            let version = value.version().filter(|version| !version.is_prerelease());
            let text = version.as_ref().and_then(|version| rung.text(version));
            text.is_some_and(|text| value.tokens.contains(text))
        })
    };
    let used = |rung: &Rung| *rung == Rung::Full || uses(rung);
    Rung::ALL.into_iter().filter(used).collect()
}

fn variants(table: &Table, folders: Option<&Folders>) -> Axis {
    let value = |(at, value): (usize, &Found)| {
        let default = !value.token.is_empty() && value.tokens.contains("");
        let data = folders.and_then(|folders| folders.variants.get(at));
        self::value(value, default, |token| !token.is_empty(), data)
    };
    let values = table.variants.iter().enumerate().map(value);
    Axis::new("variant", values.collect())
}

fn value(
    value: &Found,
    default: bool,
    is_alias: impl Fn(&str) -> bool,
    data: Option<&(String, String)>,
) -> Value {
    let others = value.tokens.iter().filter(|token| **token != value.token);
    Value {
        name: value.name.clone(),
        token: (value.name != value.token).then(|| value.token.clone()),
        default,
        shared: value.shared,
        aliases: others.filter(|token| is_alias(token)).cloned().collect(),
        data: data.into_iter().cloned().collect(),
    }
}

/// The empty cells of the table, grouped by versions with the same ones.
fn excludes(table: &Table, axes: &[Axis]) -> Vec<When> {
    let mut missing: IndexMap<Vec<usize>, Vec<usize>> = IndexMap::new();
    for version in 0..table.versions.len() {
        let cells = table.cells.iter().filter(|cell| cell.version == version);
        let has: IndexSet<usize> = cells.map(|cell| cell.variant).collect();
        let all = 0..table.variants.len();
        let lacks: Vec<usize> = all.filter(|variant| !has.contains(variant)).collect();
        if !lacks.is_empty() {
            missing.entry(lacks).or_default().push(version);
        }
    }
    let cells = missing
        .into_iter()
        .map(|(variants, versions)| cells(axes, &versions, &variants));
    cells.collect()
}

/// The tags of all images, and those that a variant has only in some versions.
fn tags(table: &Table, axes: &[Axis]) -> Vec<(When, String)> {
    let mut more: IndexMap<(usize, Vec<&str>), Vec<usize>> = IndexMap::new();
    for cell in &table.cells {
        let known = &table.variants[cell.variant].tokens;
        let own = cell.tokens.iter().filter(|token| !known.contains(*token));
        let own: Vec<&str> = own.map(String::as_str).collect();
        if !own.is_empty() {
            more.entry((cell.variant, own))
                .or_default()
                .push(cell.version);
        }
    }
    let pattern = |token: &str| match token {
        "" => String::from("{version}"),
        token => format!("{{version}}-{token}"),
    };
    let variant = if table.has_variants() {
        "{variant}"
    } else {
        ""
    };
    let some = more.into_iter().flat_map(|((variant, tokens), versions)| {
        let when = cells(axes, &versions, &[variant]);
        tokens
            .into_iter()
            .map(move |token| (when.clone(), pattern(token)))
    });
    let all = (When::default(), pattern(variant));
    std::iter::once(all).chain(some).collect()
}

/// Some versions and variants, as far as both are axes.
fn cells(axes: &[Axis], versions: &[usize], variants: &[usize]) -> When {
    let picked = axes.iter().zip([versions, variants]);
    let names = |(axis, picked): (&Axis, &[usize])| (axis.name.clone(), patterns(axis, picked));
    When(picked.map(names).collect())
}
