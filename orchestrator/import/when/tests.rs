//! Cells are named by whole values of an axis where that is possible.

use super::*;
use crate::import::published::Value;

/// A grid of the versions 1 and 2 and the variants a-x, a-y and b; cells are named by their digits in that order.
#[track_caller]
fn check(picked: &[usize], expect: &[&str]) {
    let value = |name: &&str| Value {
        name: (*name).to_owned(),
        ..Value::default()
    };
    let axis = |name, values: &[&str]| Axis::new(name, values.iter().map(value).collect());
    let axes = vec![
        axis("version", &["1", "2"]),
        axis("variant", &["a-x", "a-y", "b"]),
    ];
    let cells = (0..6).map(|at| vec![at / 3, at % 3]).collect();
    let grid = Grid::new(axes, cells, IndexSet::new());
    let shown = |when: When| {
        let axes = when.0.into_iter();
        let named = axes.map(|(axis, values)| format!("{axis}={}", values.join(",")));
        named.collect::<Vec<_>>().join(" ")
    };
    let found: Vec<String> = whens(&grid, picked).into_iter().map(shown).collect();
    assert_eq!(found, expect);
}

#[test]
fn whole_values_are_named_once() {
    check(&[2, 5], &["variant=b"]);
    check(&[0, 1, 3, 4], &["variant=a-*"]);
    check(&[0, 3, 2, 5], &["variant=a-x,b"]);
    check(&[0, 1, 2], &["version=1"]);
    check(&[0, 1, 2, 5], &["variant=b", "version=1"]);
}

/// Version 1 has only a-x, and version 2 only a-y and b.
#[test]
fn missing_cells_may_be_named() {
    let names = |names: &[&str]| -> Vec<Value> {
        let value = |name: &&str| Value {
            name: (*name).to_owned(),
            ..Value::default()
        };
        names.iter().map(value).collect()
    };
    let axes = vec![
        Axis::new("version", names(&["1", "2"])),
        Axis::new("variant", names(&["a-x", "a-y", "b"])),
    ];
    let cells = vec![vec![0, 0], vec![1, 1], vec![1, 2]];
    let grid = Grid::new(axes, cells, IndexSet::new());
    let found = whens(&grid, &[0, 1]);
    let expect = When(vec![("variant".to_owned(), vec!["a-*".to_owned()])]);
    assert_eq!(found, [expect]);
}

#[test]
fn other_cells_are_named_one_by_one() {
    check(&[], &[]);
    check(&[4], &["version=2 variant=a-y"]);
    check(&[0, 5], &["version=1 variant=a-x", "version=2 variant=b"]);
}
