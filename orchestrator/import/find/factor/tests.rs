//! Texts of cells are divided into those of rows and columns.

use super::*;

/// Cells as `row column text`; the wanted texts of rows and columns are among the ways to divide them.
#[track_caller]
fn check(cells: &[(usize, usize, &str)], rows: &[&str], columns: &[&str], misfits: &[usize]) {
    let all = factors(cells);
    let found = all
        .iter()
        .find(|one| one.rows == rows && one.columns == columns);
    let found = found.map(|one| {
        let places = one.fits.iter().enumerate();
        places
            .filter(|(_, fits)| !**fits)
            .map(|(at, _)| at)
            .collect()
    });
    let ways: Vec<_> = all.iter().map(|one| (&one.rows, &one.columns)).collect();
    assert_eq!(found, Some(misfits.to_vec()), "{ways:?}");
}

#[test]
fn rows_and_columns() {
    let cells = [
        (0, 0, "9.9/"),
        (0, 1, "9.9-slim/"),
        (1, 0, "8.1/"),
        (1, 1, "8.1-slim/"),
    ];
    check(&cells, &["9.9", "8.1"], &["/", "-slim/"], &[]);
    // The column first.
    let cells = [
        (0, 0, "jdk/21"),
        (0, 1, "jre/21"),
        (1, 0, "jdk/17"),
        (1, 1, "jre/17"),
    ];
    check(&cells, &["21", "17"], &["jdk/", "jre/"], &[]);
    check(&[(0, 0, "a/b")], &["a/"], &["b"], &[]);
}

#[test]
fn exceptions() {
    let cells = [
        (1, 1, "2/b/"),
        (0, 1, "3/b/"),
        (1, 0, "2/a/"),
        (0, 0, "odd/"),
        (2, 0, "1/a/"),
        (2, 1, "1/b/"),
    ];
    check(&cells, &["3/", "2/", "1/"], &["a/", "b/"], &[3]);
    // Too many.
    let cells = [(0, 0, "a"), (0, 1, "b"), (1, 0, "c"), (1, 1, "d")];
    assert!(factors(&cells).is_empty());
    assert!(factors(&[]).is_empty());
}
