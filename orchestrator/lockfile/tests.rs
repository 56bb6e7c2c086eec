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
    refuse(
        "version 1\n========",
        "this is neither the address of a file nor the name of an image",
    );
}

#[test]
fn lines_of_bases_are_read() {
    let key = "docker.io/library/debian:13 linux/amd64";
    for line in [
        "docker.io/library/debian:13 linux/amd64 #1",
        "debian:13\tlinux/amd64  #1",
        "debian:13 linux/amd64 #1\ndocker.io/library/debian:13 linux/amd64 #1",
    ] {
        check(&format!("version 1\n{line}"), &[(key, '1', None)]);
    }
    // A name without a tag means `latest`, and `any` a stage on the build platform.
    check(
        "version 1\nr.example:5000/b any #2\nr.example/b:1 linux/arm64/v8 #3",
        &[
            ("r.example:5000/b:latest any", '2', None),
            ("r.example/b:1 linux/arm64", '3', None),
        ],
    );
    let (lock, _) = read(&filled(
        "version 1\n\ndebian:13 linux/amd64 #1\nhttps://x/a #2",
    ));
    let names: Vec<&str> = lock.bases().map(|(key, _)| key).collect();
    assert_eq!(names, [key]);
    assert_eq!(lock.place(key).map(|place| place.line), Some(3));
    let base = |name: &str, platform: Option<&str>| {
        let platform = platform.map(|platform| platform.parse().unwrap());
        let key = BaseKey::of(&name.parse().unwrap(), platform.as_ref());
        lock.base(&key).map(|entry| entry.digest)
    };
    assert_eq!(base("debian:13", Some("linux/amd64")), Some(digest('1')));
    assert_eq!(base("debian:13", Some("linux/arm64")), None);
    assert_eq!(base("debian:13", None), None);
}

#[test]
fn invalid_lines_of_bases_are_reported() {
    let refuse = |line: &str, expect: &str| refuse(&format!("version 1\n{line}"), expect);
    refuse(
        "debian:13 linux/amd46 #1",
        "`linux/amd46` is not a platform; did you mean `linux/amd64`?\nkiln.lock:2:11\na line has the name of an image, a platform",
    );
    refuse("debian:13", "this image has no platform\nkiln.lock:2:1");
    refuse("debian:13 #1", "a platform is expected before the digest");
    refuse("debian:13 any", "this image has no digest");
    refuse(
        "debian:13 any sha256:1",
        "`sha256:1` is not a digest\nkiln.lock:2:15",
    );
    refuse("debian:13 any #1 7", "nothing may follow the digest");
    refuse(
        "Debian:13 any #1",
        "this is neither the address of a file nor the name of an image",
    );
    refuse("debian@#1 any #1", "this name has a digest already");
    refuse(
        "debian:13 any #1\nhttps://x/a #1\ndocker.io/library/debian:13 any #2",
        "`docker.io/library/debian:13 any` has two digests\nkiln.lock:4:1\nthe second\nthe first\nkeep one of the lines",
    );
}

/// What is written in place of `before` for these entries.
#[track_caller]
fn rewrite(before: &str, entries: &[(&str, char)], expect: &str) {
    let (_, messages) = read(&filled(before));
    assert_eq!(messages, "");
    let entry = |c: &char| Entry {
        digest: digest(*c),
        size: None,
    };
    let lock: Lockfile = entries
        .iter()
        .map(|(key, c)| ((*key).to_owned(), entry(c)))
        .collect();
    let text = lock.written(&filled(before));
    assert_eq!(text, filled(expect));
    assert_eq!(read(&text).0, lock, "{text}");
    assert_eq!(lock.written(&text), text, "nothing changes any more");
}

/// Comments, blank lines and the order of the file belong to people: only lines that must change do.
#[test]
fn comments_and_order_stay() {
    let file = "# ours\nversion 1\n\n# the vendor\nhttps://x/c #1\n\n# our bases\ndebian:13  linux/amd64 #1\n# the end\n";
    let debian = "docker.io/library/debian:13 linux/amd64";
    rewrite(file, &[("https://x/c", '1'), (debian, '1')], file);
    // An entry with another digest is written anew, in its place.
    rewrite(
        file,
        &[("https://x/c", '1'), (debian, '2')],
        &file.replace("debian:13  linux/amd64 #1", &format!("{debian} #2")),
    );
    // A new entry follows its predecessor in byte order; one without a predecessor comes first, above the comment.
    rewrite(
        file,
        &[
            ("https://x/c", '1'),
            (debian, '1'),
            ("https://x/d", '3'),
            ("a.example/b:1 any", '2'),
        ],
        "# ours\nversion 1\n\na.example/b:1 any #2\n# the vendor\nhttps://x/c #1\nhttps://x/d #3\n\n# our bases\ndebian:13  linux/amd64 #1\n# the end\n",
    );
    // What is not used goes, its comment stays.
    rewrite(
        file,
        &[("https://x/c", '1')],
        "# ours\nversion 1\n\n# the vendor\nhttps://x/c #1\n\n# our bases\n# the end\n",
    );
    // Lines that a merge leaves twice are written once.
    rewrite(
        "version 1\nhttps://x/b #1\nhttps://x/a #1\nhttps://x/b #1",
        &[("https://x/a", '1'), ("https://x/b", '1')],
        "version 1\nhttps://x/b #1\nhttps://x/a #1\n",
    );
    rewrite(
        "version 1",
        &[("https://x/a", '1')],
        "version 1\n\nhttps://x/a #1\n",
    );
    rewrite(
        "# ours\n",
        &[("https://x/a", '1')],
        "# ours\nversion 1\n\nhttps://x/a #1\n",
    );
    rewrite(
        "version 1\r\n\r\nhttps://x/b #1\r\n",
        &[("https://x/a", '2'), ("https://x/b", '3')],
        "version 1\r\n\r\nhttps://x/a #2\r\nhttps://x/b #3\r\n",
    );
    rewrite(
        "version 1\nhttps://x/b #1",
        &[("https://x/b", '1'), ("https://x/c", '3')],
        "version 1\nhttps://x/b #1\nhttps://x/c #3\n",
    );
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
