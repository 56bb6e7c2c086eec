//! Paths with the version between two parts that depend on the label: `temurin/12.1/jdk25/` is what is above the folder of
//! the version, and what is below it.

use super::folders::series;

/// What the paths of labels have on both sides of the version.
pub(super) struct Straddled {
    /// The place of the version: `{version.minor}`.
    pub place: &'static str,
    /// By column: what is above the version, with its slash.
    pub above: Vec<String>,
    /// By column: what is below it, with the slash before it.
    pub below: Vec<String>,
    /// By cell: whether its path is that of its row and its column.
    pub fits: Vec<bool>,
}

/// The cells of which one may have a path of its own.
const EXCEPTIONS: usize = 4;

/// The ways to find the versions in the paths of cells; each cell is its row, its column and its path.
pub(super) fn straddled(
    cells: &[(usize, usize, &str)],
    versions: &[Option<&str>],
) -> Vec<Straddled> {
    let columns = cells.iter().map(|(_, column, _)| column + 1).max();
    let columns = columns.unwrap_or_default();
    let places = [
        (2, "{version.minor}"),
        (1, "{version.major}"),
        (0, "{version.name}"),
    ];
    let way = |(count, place)| {
        let cut = |(row, _, path): &(usize, usize, &'_ str)| {
            let version = versions.get(*row).copied().flatten()?;
            let folder = match count {
                0 => version.to_owned(),
                count => series(version, count)?,
            };
            around(path, &folder)
        };
        let cuts: Vec<Option<(usize, usize)>> = cells.iter().map(cut).collect();
        of(cells, &cuts, columns, place)
    };
    places.into_iter().filter_map(way).collect()
}

/// Where a folder of this name begins and ends in a path, if something is above it.
fn around(path: &str, folder: &str) -> Option<(usize, usize)> {
    let needle = format!("/{folder}/");
    let at = path.find(&needle)? + 1;
    Some((at, at + folder.len()))
}

/// The parts of all columns: those of the first cell that has them.
fn of(
    cells: &[(usize, usize, &str)],
    cuts: &[Option<(usize, usize)>],
    columns: usize,
    place: &'static str,
) -> Option<Straddled> {
    let parts = |path: &str, (start, end): (usize, usize)| {
        Some((path.get(..start)?.to_owned(), path.get(end..)?.to_owned()))
    };
    let mut known: Vec<Option<(String, String)>> = vec![None; columns];
    for ((_, column, path), cut) in cells.iter().zip(cuts) {
        if known[*column].is_none() {
            known[*column] = cut.and_then(|cut| parts(path, cut));
        }
    }
    let fits = cells.iter().zip(cuts).map(|((_, column, path), cut)| {
        let own = cut.and_then(|cut| parts(path, cut));
        own.is_some() && own == known[*column]
    });
    let fits: Vec<bool> = fits.collect();
    let exceptions = fits.iter().filter(|fits| !**fits).count();
    let (above, below) = known.into_iter().map(Option::unwrap_or_default).unzip();
    (exceptions * EXCEPTIONS <= cells.len()).then_some(Straddled {
        place,
        above,
        below,
        fits,
    })
}
