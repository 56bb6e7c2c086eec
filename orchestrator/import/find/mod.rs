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
use super::published::{Axis, Grid, Image, Published, Value};
use super::verify::verified;
use super::write::literal;
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
    let mut values = Vec::new();
    for variant in &mut image.variants {
        values.push(Value {
            name: variant.first().to_owned(),
            shared: variant.names.iter().any(|name| name.shared),
            aliases: variant.tags().skip(1).map(str::to_owned).collect(),
            data: vec![(
                String::from("dockerfile"),
                literal(&variant.dockerfile.real),
            )],
            ..Value::default()
        });
        variant.dockerfile.pattern = String::from("{variant.dockerfile}");
    }
    let cells = (0..values.len()).map(|at| vec![at]).collect();
    let axes = vec![Axis::new("variant", values)];
    image.grid = Some(Grid {
        plain: true,
        ..Grid::new(axes, cells, [String::from("{variant}")].into())
    });
    image
}
