//! Paths with the version between two parts that depend on the label: `temurin/12.1/jdk25/` is what is above the folder of
//! the version, and what is below it; `debian-21/lein/` is what is before the word of the version, and what is behind it.

use super::folders::series;
use super::split::is_version;

/// What the paths of labels have on both sides of the version.
pub(super) struct Straddled {
    /// By row: what the path has of its version.
    pub versions: Vec<String>,
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
    let words: [Word; 4] = [
        |version| series(version, 2),
        |version| series(version, 1),
        |version| Some(version.to_owned()),
        |version| number(version).map(str::to_owned),
    ];
    let cuts: [Cut; 2] = [folder, word];
    let ways = cuts
        .into_iter()
        .flat_map(|cut| words.into_iter().map(move |word| (cut, word)));
    let way = |(cut, word): (Cut, Word)| {
        let texts = versions.iter().map(|version| version.and_then(word));
        let texts: Vec<String> = texts.map(Option::unwrap_or_default).collect();
        let cuts = cells.iter().map(|(row, _, path)| {
            let text = texts.get(*row).filter(|text| !text.is_empty())?;
            cut(path, text)
        });
        let cuts: Vec<Option<(usize, usize)>> = cuts.collect();
        of(cells, &cuts, columns, texts)
    };
    ways.filter_map(way).collect()
}

/// What a path may have of a version.
type Word = fn(&str) -> Option<String>;

/// Finds a word in a path.
type Cut = fn(&str, &str) -> Option<(usize, usize)>;

/// `21` of `temurin-21`.
fn number(version: &str) -> Option<&str> {
    let (_, number) = version.rsplit_once('-')?;
    is_version(number).then_some(number)
}

/// Where a folder of this name begins and ends in a path, if something is above it.
fn folder(path: &str, name: &str) -> Option<(usize, usize)> {
    let needle = format!("/{name}/");
    let at = path.find(&needle)? + 1;
    Some((at, at + name.len()))
}

/// Where the only word of this kind begins and ends in a path, between hyphens and slashes.
fn word(path: &str, text: &str) -> Option<(usize, usize)> {
    let is_sign = |byte: Option<u8>| byte.is_some_and(|byte| matches!(byte, b'-' | b'/'));
    let all = path.match_indices(text).map(|(at, _)| at);
    let mut words = all.filter(|at| {
        is_sign(path[..*at].bytes().next_back()) && is_sign(path[at + text.len()..].bytes().next())
    });
    let at = words.next()?;
    words.next().is_none().then_some((at, at + text.len()))
}

/// The parts of all columns: those of the first cell that has them.
fn of(
    cells: &[(usize, usize, &str)],
    cuts: &[Option<(usize, usize)>],
    columns: usize,
    versions: Vec<String>,
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
    // A column without such a path has no own text either.
    let any = known.iter().flatten().next().cloned().unwrap_or_default();
    let known = known.into_iter();
    let (above, below) = known.map(|known| known.unwrap_or(any.clone())).unzip();
    (exceptions * EXCEPTIONS <= cells.len()).then_some(Straddled {
        versions,
        above,
        below,
        fits,
    })
}
