//! Finds axes in the tags of an image: `1.27.0-alpine3.24` and `1.26.7-trixie` are versions and variants.
//!
//! Everything found is a guess. The first that publishes exactly the same is taken; if there is none, every tag is
//! written out, which is hard to maintain but always correct:
//!
//! ```kdl
//! axis "variant" {
//!     value "1.27.0-trixie" { alias "1.27-trixie" "trixie"; set dockerfile="1.27/trixie/Dockerfile"; }
//! }
//! tag "{variant}"
//! ```

mod folders;
mod grid;
mod split;
mod table;

use super::note::Notes;
use super::published::{Axis, Grid, Image, Published, Value, Variant, When};
use super::verify::verified;
use super::when::patterns;
use super::write::literal;
use indexmap::{IndexMap, IndexSet};
use std::collections::{HashMap, HashSet};
use std::mem;
use table::Table;

/// Gives each image without a grid one.
pub fn grids(published: &mut Published, notes: &mut Notes) {
    let images = mem::take(&mut published.images).into_iter();
    let with_grid = |image: Image| match image.grid {
        Some(_) => image,
        None => found(&image, published).unwrap_or_else(|| plain(image, notes)),
    };
    let images = images.map(with_grid).collect();
    published.images = images;
}

/// The image with axes, verified as the only one of the manifest.
fn found(image: &Image, published: &mut Published) -> Option<Image> {
    let splits = split::splits(&image.variants);
    let tables = splits
        .iter()
        .filter_map(|split| Table::new(&image.variants, split));
    let mut grids =
        tables.flat_map(|table| [false, true].map(|per| grid::image(image, &table, per)));
    grids.find_map(|image| {
        published.images = vec![image];
        let holds = verified(published).is_ok();
        published.images.pop().filter(|_| holds)
    })
}

/// The image with every tag written out.
fn plain(mut image: Image, notes: &mut Notes) -> Image {
    if image.variants.len() > 1 {
        let why =
            String::from("the tags are written out one by one: no axes produce exactly these");
        let help = "docs/tags.md describes axes, rungs and aliases";
        notes.note("import::plain", why, help, image.span);
    }
    let (mut values, mut machines) = (IndexMap::new(), IndexSet::new());
    let mut cells = Vec::new();
    for variant in &image.variants {
        let value = values.entry(variant.first().to_owned());
        let at = value.index();
        value.or_insert_with(|| value_of(variant));
        // Only images that share all of their tags have the same first one: one per architecture.
        let (place, _) = machines.insert_full(machine(variant));
        cells.push(vec![at, place]);
    }
    let is_single = values.len() == image.variants.len();
    let axes = match is_single {
        true => vec![Axis::new("variant", values.into_values().collect())],
        false => with_machines(values, machines),
    };
    for (variant, cell) in image.variants.iter_mut().zip(&mut cells) {
        cell.truncate(axes.len());
        if is_single {
            variant.dockerfile.pattern = String::from("{variant.dockerfile}");
        }
    }
    let tag = axes.iter().map(|axis| format!("{{{}}}", axis.name));
    let tag = tag.collect::<Vec<_>>().join("-");
    image.grid = Some(Grid {
        plain: is_single,
        excludes: excludes(&axes, &cells),
        ..Grid::new(axes, cells, [tag].into())
    });
    image
}

/// A value with all tags of an image.
fn value_of(variant: &Variant) -> Value {
    Value {
        name: variant.first().to_owned(),
        shared: variant.names.iter().any(|name| name.shared),
        aliases: variant.tags().skip(1).map(str::to_owned).collect(),
        data: vec![(
            String::from("dockerfile"),
            literal(&variant.dockerfile.real),
        )],
        ..Value::default()
    }
}

/// The axes of images that have one Dockerfile per architecture.
fn with_machines(values: IndexMap<String, Value>, machines: IndexSet<String>) -> Vec<Axis> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for alias in values.values().flat_map(|value| &value.aliases) {
        *counts.entry(alias.clone()).or_default() += 1;
    }
    let is_shared = |alias: &String| counts.get(alias).is_some_and(|count| *count > 1);
    let values = values.into_values().map(|value| Value {
        shared: value.aliases.iter().any(is_shared),
        data: Vec::new(),
        ..value
    });
    let machine = |name: String| Value {
        name,
        token: Some(String::new()),
        shared: true,
        ..Value::default()
    };
    vec![
        Axis::new("variant", values.collect()),
        Axis::new("machine", machines.into_iter().map(machine).collect()),
    ]
}

/// The cells that no image has.
fn excludes(axes: &[Axis], cells: &[Vec<usize>]) -> Vec<When> {
    let [values, machines] = axes else {
        return Vec::new();
    };
    let cells: HashSet<[usize; 2]> = cells.iter().map(|cell| [cell[0], cell[1]]).collect();
    let lacks = |at: usize| -> Vec<usize> {
        let all = 0..machines.values.len();
        all.filter(|machine| !cells.contains(&[at, *machine]))
            .collect()
    };
    let missing = (0..values.values.len()).map(|at| (at, lacks(at)));
    let missing = missing.filter(|(_, lacks)| !lacks.is_empty());
    let when = |(at, lacks): (usize, Vec<usize>)| {
        When(vec![
            (values.name.clone(), patterns(values, &[at])),
            (machines.name.clone(), patterns(machines, &lacks)),
        ])
    };
    missing.map(when).collect()
}

/// The first platform without its system: `arm64`, `arm-v7`.
fn machine(variant: &Variant) -> String {
    let first = variant.platforms.iter().flatten().next();
    let name = first.map_or_else(String::new, ToString::to_string);
    let machine = name.split_once('/').map_or("other", |(_, machine)| machine);
    machine.replace('/', "-")
}
