//! The lock on its own: what is read, what is refused, and what is written.

use super::*;
use crate::text::{Diagnostics, Sources, show};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn digest(letter: char) -> Digest {
    format!("sha256:{}", letter.to_string().repeat(64))
        .parse()
        .unwrap()
}

/// The lock, and what is said of it for people.
fn read(text: &str) -> (Lockfile, String) {
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let source = sources.add(LOCKFILE, text);
    let lock = Lockfile::parse(source, text, &mut out);
    (lock, show::text(&out, &sources, false))
}

/// `a` is an address, `1` a digest of ones: `https://x/a sha256:111… 7`.
fn filled(text: &str) -> String {
    ['1', '2', '3']
        .into_iter()
        .fold(text.to_owned(), |text, c| {
            text.replace(&format!("#{c}"), &digest(c).to_string())
        })
}

#[track_caller]
fn check(text: &str, expect: &[(&str, char, Option<u64>)]) {
    let (lock, said) = read(&filled(text));
    assert_eq!(said, "");
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
    let (_, said) = read(&filled(text));
    let lines: Vec<&str> = expect.lines().map(str::trim).collect();
    assert!(
        lines.iter().all(|line| said.contains(line)),
        "{said}\nshould say\n{expect}"
    );
}

#[test]
fn what_is_read() {
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
    // In any order, and what a merge leaves twice.
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
fn what_is_refused() {
    refuse(
        "https://x/a #1 7\n",
        "kiln.lock does not say its format\nkiln.lock:1:1\nwrite `version 1` as its first line",
    );
    refuse(
        "# c\nversion 2\nhttps://x/a",
        "kiln.lock has format 2, and this kiln reads format 1\nkiln.lock:2:1\nuse that one",
    );
    refuse(
        "version x",
        "has a format that never was\nits first line is `version 1`",
    );
    refuse("version 0", "has a format that never was");
    refuse("versions 1", "does not say its format");
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
        "nothing comes after the size",
    );
    refuse(
        "version 1\nhttps://x/a #1 7\nhttps://x/b #1\nhttps://x/a #2 7",
        "`https://x/a` has two digests\nkiln.lock:4:1\nthe first\nthe second",
    );
}

/// One word about a merge, and not one a line.
#[test]
fn merges_that_were_left_unfinished() {
    let text = filled(
        "version 1\n<<<<<<< HEAD\nhttps://x/a #1 7\n=======\nhttps://x/b #2 7\n>>>>>>> other\n",
    );
    insta::assert_snapshot!(read(&text).1);
    for mark in ["=======", "||||||| base", ">>>>>>>"] {
        refuse(
            &format!("version 1\n{mark}\n"),
            "a merge of kiln.lock was left unfinished\nkeep the lines of both sides",
        );
    }
    refuse("version 1\n========", "this is not the address of a file");
}

#[test]
fn what_changes() {
    let entry = |c: char, size: u64| Entry {
        digest: digest(c),
        size: Some(size),
    };
    let lock: Lockfile = [("a", '1'), ("b", '1'), ("c", '1'), ("d", '1')]
        .into_iter()
        .map(|(name, c)| (format!("https://x/{name}"), entry(c, 1_234_567)))
        .collect();
    let wanted: BTreeSet<String> = ["a", "b", "c", "e", "f"]
        .into_iter()
        .map(|name| format!("https://x/{name}"))
        .collect();
    let found: BTreeMap<String, Entry> = [("a", '1'), ("b", '2'), ("e", '3')]
        .into_iter()
        .map(|(name, c)| {
            (
                format!("https://x/{name}"),
                entry(c, if c == '1' { 1_234_567 } else { 999 }),
            )
        })
        .collect();
    assert_eq!(lock.missing(&wanted), ["https://x/e", "https://x/f"]);
    assert_eq!(lock.unused(&wanted), ["https://x/d"]);
    let (kept, updated) = (
        lock.with(&wanted, &found, false),
        lock.with(&wanted, &found, true),
    );
    assert_eq!(
        kept.refused().collect::<Vec<_>>(),
        [("https://x/b", digest('1'), digest('2'))]
    );
    assert_eq!(kept.lock.get("https://x/b"), Some(&entry('1', 1_234_567)));
    assert_eq!(updated.refused().count(), 0);
    insta::assert_snapshot!(format!(
        "{}\n{}\n{}",
        kept.text(),
        updated.text(),
        updated.lock.text()
    ));
    let nothing = Lockfile::default().with(&BTreeSet::new(), &BTreeMap::new(), false);
    assert_eq!(
        (nothing.text().as_str(), nothing.lock.is_empty()),
        ("kiln.lock: nothing is fetched\n", true)
    );
    // What was not known of an entry is learned.
    let by_hand: Lockfile = [(
        String::from("https://x/a"),
        Entry {
            digest: digest('1'),
            size: None,
        },
    )]
    .into_iter()
    .collect();
    let wanted = BTreeSet::from([String::from("https://x/a")]);
    let found = BTreeMap::from([(String::from("https://x/a"), entry('1', 5))]);
    assert_eq!(
        by_hand.with(&wanted, &found, false).lock.get("https://x/a"),
        Some(&entry('1', 5))
    );
}

proptest! {
    #[test]
    fn what_is_written_is_read(entries in proptest::collection::btree_map(
        "https?://[!-~]{1,30}",
        (proptest::array::uniform32(any::<u8>()), proptest::option::of(any::<u64>())),
        0..20,
    )) {
        let lock: Lockfile =
            entries.into_iter().map(|(url, (raw, size))| (url, Entry { digest: Digest::from_raw(raw), size })).collect();
        let (again, said) = read(&lock.text());
        prop_assert_eq!(said, "");
        prop_assert_eq!(again.text(), lock.text());
        prop_assert_eq!(again, lock);
    }

    #[test]
    fn any_text_gives_a_result(lines in proptest::collection::vec(
        prop_oneof![
            Just(String::from("version 1")), Just(String::from("https://x/a sha256:00")), Just(String::from("<<<<<<< a")), ".{0,40}",
        ],
        0..10,
    )) {
        let (lock, _) = read(&lines.join("\n"));
        prop_assert_eq!(read(&lock.text()).0, lock);
    }
}
