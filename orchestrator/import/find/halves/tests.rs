//! Names are cut into two parts, and tokens are found for both.

use super::*;

/// The parts of all names, in every way.
#[track_caller]
fn check(cut: &Cut, rows: &[(&str, &str, &str)]) {
    let names: Vec<&str> = rows.iter().map(|(name, ..)| *name).collect();
    let wanted: Vec<(&str, &str)> = rows
        .iter()
        .map(|(_, first, second)| (*first, *second))
        .collect();
    assert_eq!(pairs(&names, cut), wanted);
}

#[test]
fn distributions_last() {
    check(
        &before_distro,
        &[
            ("jdk-alpine-3.22", "jdk", "alpine-3.22"),
            ("jdk-ubi9-minimal", "jdk", "ubi9-minimal"),
            ("noble", "", "noble"),
            ("management", "management", ""),
            ("", "", ""),
        ],
    );
}

#[test]
fn distributions_first() {
    check(
        &behind_distro,
        &[
            ("alpine-3.22-perl", "alpine-3.22", "perl"),
            (
                "windowsservercore-ltsc2025",
                "windowsservercore-ltsc2025",
                "",
            ),
            ("bookworm-slim", "bookworm", "slim"),
            ("perl", "", "perl"),
        ],
    );
}

/// A name of one word is the part that others have, too.
#[test]
fn names_of_one_word() {
    let rows = [
        ("php8.4-fpm", "php8.4", "fpm"),
        ("php8.3", "php8.3", ""),
        ("php8.3-fpm", "php8.3", "fpm"),
        ("fpm", "", "fpm"),
    ];
    check(&|name| name.split_once('-'), &rows);
}

#[test]
fn tokens_of_parts() {
    let names = [
        ["cli-trixie", "trixie", "cli", ""].as_slice(),
        &["apache-trixie", "apache"],
        &["cli-bookworm", "bookworm"],
        &["apache-bookworm"],
    ];
    let names: Vec<IndexSet<String>> = names
        .iter()
        .map(|names| names.iter().map(|name| (*name).to_owned()).collect())
        .collect();
    let pairs = [
        ("cli", "trixie"),
        ("apache", "trixie"),
        ("cli", "bookworm"),
        ("apache", "bookworm"),
    ];
    let [kinds, distros] = tokens(&names, &pairs);
    let of = |tokens: &Tokens, word| tokens[word].iter().cloned().collect::<Vec<String>>();
    assert_eq!(of(&kinds, "cli"), ["cli", ""]);
    assert_eq!(of(&kinds, "apache"), ["apache"]);
    assert_eq!(of(&distros, "trixie"), ["trixie", ""]);
    assert_eq!(of(&distros, "bookworm"), ["bookworm"]);
}

#[test]
fn names_of_axes() {
    let rows: [(&[&str], &[&str], [&str; 2]); 4] = [
        (
            &["jdk", "jre"],
            &["noble", "alpine-3.22"],
            ["variant", "distro"],
        ),
        (
            &["php8.4", "php8.3"],
            &["apache", "fpm"],
            ["php", "variant"],
        ),
        (
            &["bookworm", "trixie"],
            &["", "slim"],
            ["distro", "variant"],
        ),
        (&["small", "large"], &["dev", "run"], ["kind", "variant"]),
    ];
    for (firsts, seconds, wanted) in rows {
        let set = |words: &[&'static str]| words.iter().copied().collect();
        assert_eq!(axis_names(&set(firsts), &set(seconds)), wanted);
    }
}
