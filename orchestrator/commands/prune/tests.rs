use super::{Args, refuse_selected_orphans};
use crate::commands::{Exit, OutputFormat};

/// Whether `--orphans` is accepted with these selectors.
#[track_caller]
fn check(selectors: &[&str], orphans: bool, expected: Result<(), Exit>) {
    let args = Args {
        selectors: selectors.iter().map(ToString::to_string).collect(),
        keep: 5,
        older_than: "30d".parse().expect("a period"),
        orphans,
        yes: true,
        format: OutputFormat::Text,
    };
    assert_eq!(refuse_selected_orphans(&args), expected, "{selectors:?}");
}

#[test]
fn orphaned_tags_cannot_be_selected() {
    check(&[], true, Ok(()));
    check(&["app"], false, Ok(()));
    check(&["app"], true, Err(Exit::Wrong));
}
