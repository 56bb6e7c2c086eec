//! What a package manager that fails is quoted with.

use super::*;
use crate::request::Output;

#[track_caller]
fn check(stderr: &[&str], stdout: &[&str], expect: &str) {
    let output = |lines: &[&str]| Output {
        tail: lines.iter().map(|line| (*line).to_owned()).collect(),
        ..Output::default()
    };
    let ran = Ran {
        ended: Ended::Exit(100),
        stdout: output(stdout),
        stderr: output(stderr),
    };
    assert_eq!(reason(&ran), expect);
}

#[test]
fn the_line_with_the_address_of_the_source_counts() {
    let refused = "E: Failed to fetch http://mirror.example/debian/Packages  Could not connect";
    let last = "E: Some index files failed to download.";
    check(&[refused, last], &[], refused);
    check(&[last], &[], last);
    check(&[], &["an error"], "an error");
    check(&[], &[], "");
    check(
        &["ERROR: https://alpine.example/main: DNS lookup error"],
        &["https://other.example"],
        "https://other.example",
    );
}

/// G12: addresses of private sources may have passwords.
#[test]
fn logins_in_addresses_are_left_out() {
    check(
        &["E: Failed to fetch https://user:p@ss@mirror.example/debian  401"],
        &[],
        "E: Failed to fetch https://mirror.example/debian  401",
    );
    check(
        &["GET 'https://token@one.example' and http://two.example/a@b"],
        &[],
        "GET 'https://one.example' and http://two.example/a@b",
    );
}
