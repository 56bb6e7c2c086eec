//! Every tag written out: an axis of all images, and one of machines where an image has a Dockerfile per architecture.

use crate::import::published::{Axis, Grid, Image, Value, Variant, When};
use crate::import::when::boxes;
use crate::import::write::literal;
use indexmap::{IndexMap, IndexSet};
use std::collections::HashMap;

/// The image with every tag written out.
pub(super) fn image(mut image: Image) -> Image {
    if let [only] = image.variants.as_slice() {
        // Without an axis, a person would not write one either.
        let tags = only.tags().map(literal).collect();
        image.grid = Some(Grid {
            plain: true,
            ..Grid::new(Vec::new(), vec![Vec::new()], tags)
        });
        return image;
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
        plain: true,
        excludes: missing(&axes, &cells),
        ..Grid::new(axes, cells, [tag].into())
    });
    image
}

/// The first platform without its system: `arm64`, `arm-v7`.
pub(super) fn machine(variant: &Variant) -> String {
    let first = variant.platforms.iter().flatten().next();
    let name = first.map_or_else(String::new, ToString::to_string);
    let machine = name.split_once('/').map_or("other", |(_, machine)| machine);
    machine.replace('/', "-")
}

/// An axis of machines, which tags do not name.
pub(super) fn machines(names: impl IntoIterator<Item = String>) -> Axis {
    let machine = |name: String| Value {
        name,
        token: Some(String::new()),
        shared: true,
        ..Value::default()
    };
    Axis::new("machine", names.into_iter().map(machine).collect())
}

/// The number of machines from which their platforms are easier to read as data than as a `when` for each.
const MACHINES: usize = 3;

/// Gives the machines their platforms as data, and the images of one platform a place for it; `cells` are the places of the
/// images on all axes, this one last.
pub(super) fn with_platforms(axis: &mut Axis, cells: &[Vec<usize>], variants: &mut [Variant]) {
    let only = |variant: &Variant| match variant.platforms.as_deref() {
        Some([only]) => Some(only.to_string()),
        _ => None,
    };
    let mut platforms: Vec<Option<String>> = vec![None; axis.values.len()];
    for (variant, cell) in variants.iter().zip(cells) {
        if let Some(platform) = cell.last().and_then(|at| platforms.get_mut(*at)) {
            platform.get_or_insert(only(variant).unwrap_or_default());
        }
    }
    let platforms: Vec<String> = platforms.into_iter().flatten().collect();
    let is_whole = platforms.len() == axis.values.len();
    if !is_whole || platforms.len() < MACHINES || platforms.iter().any(String::is_empty) {
        return;
    }
    for (variant, cell) in variants.iter_mut().zip(cells) {
        let platform = cell.last().and_then(|at| platforms.get(*at));
        if only(variant).as_ref() == platform {
            variant.listed = Some(vec![format!("{{{}.platform}}", axis.name)]);
        }
    }
    for (value, platform) in axis.values.iter_mut().zip(platforms) {
        value.data.push((String::from("platform"), platform));
    }
}

/// The cells that no image has.
pub(super) fn missing(axes: &[Axis], cells: &[Vec<usize>]) -> Vec<When> {
    let taken: IndexSet<&[usize]> = cells.iter().map(Vec::as_slice).collect();
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    for axis in axes {
        let longer = all.iter().flat_map(|cell| {
            (0..axis.values.len()).map(move |at| {
                let mut cell = cell.clone();
                cell.push(at);
                cell
            })
        });
        all = longer.collect();
    }
    all.retain(|cell| !taken.contains(cell.as_slice()));
    boxes(axes, &all)
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
fn with_machines(values: IndexMap<String, Value>, names: IndexSet<String>) -> Vec<Axis> {
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
    vec![Axis::new("variant", values.collect()), machines(names)]
}
