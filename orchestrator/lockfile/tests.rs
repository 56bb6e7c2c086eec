//! Reading, updating and writing the lock.

use super::*;
use crate::text::{Diagnostics, Sources, show};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn digest(letter: char) -> Digest {
    format!("sha256:{}", letter.to_string().repeat(64))
        .parse()
        .unwrap()
}

/// The lock, and the diagnostics as text.
fn read(text: &str) -> (Lockfile, String) {
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let source = sources.add(LOCKFILE, text);
    let lock = Lockfile::parse(source, text, &mut out);
    (lock, show::text(&out, &sources, false))
}

/// Replaces `#1` by a digest of ones: `https://x/a #1 7` becomes `https://x/a sha256:111… 7`.
fn filled(text: &str) -> String {
    ['1', '2', '3']
        .into_iter()
        .fold(text.to_owned(), |text, c| {
            text.replace(&format!("#{c}"), &digest(c).to_string())
        })
}

#[track_caller]
fn check(text: &str, expect: &[(&str, char, Option<u64>)]) {
    let (lock, messages) = read(&filled(text));
    assert_eq!(messages, "");
    let expect = expect
        .iter()
        .map(|(url, c, size)| {
            (
                (*url).to_owned(),
                Entry {
                    digest: digest(*c),
                    size: *size,
                },
            )
        })
        .collect();
    assert_eq!(lock, expect, "{text}");
}

#[track_caller]
fn refuse(text: &str, expect: &str) {
    let (_, messages) = read(&filled(text));
    let lines: Vec<&str> = expect.lines().map(str::trim).collect();
    assert!(
        lines.iter().all(|line| messages.contains(line)),
        "{messages}\nshould contain\n{expect}"
    );
}

#[test]
fn lines_are_read() {
    check("", &[]);
    check("# nothing\n\n", &[]);
    check("version 1", &[]);
    check(
        "version 1\nhttps://x/a #1 7\n",
        &[("https://x/a", '1', Some(7))],
    );
    check("version 1\nhttps://x/a #1", &[("https://x/a", '1', None)]);
    check(
        "\u{feff}# c\r\nversion 1\r\n\r\n  http://x/a\t#1  0 \r\n# d\r\n",
        &[("http://x/a", '1', Some(0))],
    );
    // In any order, and with duplicates that a merge leaves behind.
    check(
        "version 1\nhttps://x/b #2 2\nhttps://x/a #1\nhttps://x/b #2 2\nhttps://x/a #1 1\n",
        &[("https://x/a", '1', Some(1)), ("https://x/b", '2', Some(2))],
    );
    check(
        "version 1\nhttps://x/%20?a=<b>&c=d{e}# #3 1",
        &[("https://x/%20?a=<b>&c=d{e}#", '3', Some(1))],
    );
}

#[test]
fn invalid_lines_are_reported() {
    refuse(
        "https://x/a #1 7\n",
        "kiln.lock does not begin with the version of its format\nkiln.lock:1:1\nwrite `version 1` as its first line",
    );
    refuse(
        "# c\nversion 2\nhttps://x/a",
        "kiln.lock has version 2 of the format, and this kiln supports version 1\nkiln.lock:2:1\nuse that version",
    );
    refuse(
        "version x",
        "has an unknown version of the format\nwrite `version 1` as its first line",
    );
    refuse("version 0", "has an unknown version of the format");
    refuse(
        "versions 1",
        "does not begin with the version of its format",
    );
    refuse(
        "version 1\nftp://x/a #1 7",
        "this is not the address of a file\nkiln.lock:2:1",
    );
    refuse(
        "version 1\nhttps:// #1 7",
        "this is not the address of a file",
    );
    refuse(
        "version 1\n\n  https://x/a",
        "this address has no digest\nkiln.lock:3:3\nsha256:",
    );
    refuse(
        "version 1\nhttps://x/a 7",
        "`7` is not a digest\nkiln.lock:2:13",
    );
    refuse(
        "version 1\nhttps://x/a sha512:00 7",
        "`sha512:00` is not a digest",
    );
    refuse(
        "version 1\nhttps://x/a #1 7MB",
        "this is not a size in bytes\nkiln.lock:2:85",
    );
    refuse(
        "version 1\nhttps://x/a #1 +7",
        "this is not a size in bytes",
    );
    refuse(
        "version 1\nhttps://x/a #1 99999999999999999999",
        "this is not a size in bytes",
    );
    refuse(
        "version 1\nhttps://x/a #1 7 8",
        "nothing may follow the size",
    );
    refuse(
        "version 1\nhttps://x/a #1 7\nhttps://x/b #1\nhttps://x/a #2 7",
        "`https://x/a` has two digests\nkiln.lock:4:1\nthe first\nthe second",
    );
}

/// One diagnostic for the whole file, not one per line.
#[test]
fn merge_conflicts_are_reported() {
    let text = filled(
        "version 1\n<<<<<<< HEAD\nhttps://x/a #1 7\n=======\nhttps://x/b #2 7\n>>>>>>> other\n",
    );
    insta::assert_snapshot!(read(&text).1);
    for mark in ["=======", "||||||| base", ">>>>>>>"] {
        refuse(
            &format!("version 1\n{mark}\n"),
            "kiln.lock has unresolved merge conflicts\nkeep the lines of both sides",
        );
    }
    refuse("version 1\n========", "this is not the address of a file");
}

fn entry(c: char, size: u64) -> Entry {
    Entry {
        digest: digest(c),
        size: Some(size),
    }
}

/// Addresses by their last part.
fn urls(names: &[&str]) -> BTreeSet<String> {
    names
        .iter()
        .map(|name| format!("https://x/{name}"))
        .collect()
}

#[test]
fn changes_are_found_and_applied() {
    let lock: Lockfile = urls(&["a", "b", "c", "d"])
        .into_iter()
        .map(|url| (url, entry('1', 1_234_567)))
        .collect();
    let wanted = urls(&["a", "b", "c", "e", "f"]);
    let found = BTreeMap::from([
        (String::from("https://x/a"), entry('1', 1_234_567)),
        (String::from("https://x/b"), entry('2', 999)),
        (String::from("https://x/e"), entry('3', 999)),
    ]);
    assert_eq!(lock.missing(&wanted), ["https://x/e", "https://x/f"]);
    assert_eq!(lock.unused(&wanted), ["https://x/d"]);
    let kept = lock.with(&wanted, &found, false);
    assert_eq!(
        kept.refused().collect::<Vec<_>>(),
        [("https://x/b", digest('1'), digest('2'))]
    );
    assert_eq!(kept.lock.get("https://x/b"), Some(&entry('1', 1_234_567)));
    let updated = lock.with(&wanted, &found, true);
    assert_eq!(updated.refused().count(), 0);
    insta::assert_snapshot!(format!(
        "{}\n{}\n{}",
        kept.text(),
        updated.text(),
        updated.lock.text()
    ));
}

#[test]
fn without_fetched_files_there_is_nothing_to_lock() {
    let nothing = Lockfile::default().with(&BTreeSet::new(), &BTreeMap::new(), false);
    assert_eq!(nothing.text(), "kiln.lock: nothing to fetch\n");
    let failed = Changes {
        failed: 3,
        ..Changes::default()
    };
    assert_eq!(failed.text(), "kiln.lock: 3 files could not be fetched\n");
    assert!(nothing.lock.is_empty());
}

#[test]
fn an_unknown_size_is_filled_in() {
    let url = String::from("https://x/a");
    let without_size = Entry {
        size: None,
        ..entry('1', 0)
    };
    let lock: Lockfile = [(url.clone(), without_size)].into_iter().collect();
    let found = BTreeMap::from([(url.clone(), entry('1', 5))]);
    let next = lock.with(&urls(&["a"]), &found, false).lock;
    assert_eq!(next.get(&url), Some(&entry('1', 5)));
}

proptest! {
    #[test]
    fn a_written_lock_is_read_back(entries in proptest::collection::btree_map(
        "https?://[!-~]{1,30}",
        (proptest::array::uniform32(any::<u8>()), proptest::option::of(any::<u64>())),
        0..20,
    )) {
        let lock: Lockfile =
            entries.into_iter().map(|(url, (raw, size))| (url, Entry { digest: Digest::from_raw(raw), size })).collect();
        let (again, messages) = read(&lock.text());
        prop_assert_eq!(messages, "");
        prop_assert_eq!(again.text(), lock.text());
        prop_assert_eq!(again, lock);
    }

    #[test]
    fn any_text_is_read(lines in proptest::collection::vec(
        prop_oneof![
            Just(String::from("version 1")), Just(String::from("https://x/a sha256:00")), Just(String::from("<<<<<<< a")), ".{0,40}",
        ],
        0..10,
    )) {
        let (lock, _) = read(&lines.join("\n"));
        prop_assert_eq!(read(&lock.text()).0, lock);
    }
}
