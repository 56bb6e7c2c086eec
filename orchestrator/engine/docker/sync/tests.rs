use super::*;
use crate::name::Digest;
use crate::tree::Mode;

fn tree(paths: &[&str]) -> Tree {
    let mut tree = Tree::default();
    for path in paths {
        tree.add_bytes(*path, Mode::Plain, path.as_bytes());
    }
    tree
}

#[track_caller]
fn check(tree: &Tree, follow: &[&str], expect: &[&str]) {
    let follow: Vec<_> = follow.iter().map(|p| (*p).to_owned()).collect();
    let items = walk(tree, &follow);
    let found: Vec<_> = items.iter().map(|item| item.stat.path.as_str()).collect();
    assert_eq!(found, expect, "{follow:?}");
}

#[test]
fn a_folder_comes_before_its_contents() {
    check(&tree(&[]), &[], &[]);
    check(
        &tree(&["a-b", "a/b", "a/c/d", "a.b", "b"]),
        &[],
        &["a", "a/b", "a/c", "a/c/d", "a-b", "a.b", "b"],
    );
}

#[test]
fn only_the_paths_that_a_build_names_are_sent() {
    let all = tree(&["a/b", "a/c", "ab", "d"]);
    check(&all, &["a"], &["a", "a/b", "a/c"]);
    check(&all, &["a/b", "d"], &["a", "a/b", "d"]);
    check(&all, &["/a/b/"], &["a", "a/b"]);
    check(&all, &["nope"], &[]);
    let everything = ["a", "a/b", "a/c", "ab", "d"];
    for pattern in ["", "/", ".", "a*", "[a]b", "a/../d", "./d"] {
        check(&all, &[pattern], &everything);
    }
    let mut linked = all.clone();
    linked.add(
        "e",
        Entry {
            mode: Mode::Plain,
            size: 0,
            digest: Digest::of("d"),
            content: Content::Link("d".into()),
        },
    );
    check(&linked, &["e"], &["a", "a/b", "a/c", "ab", "d", "e"]);
}

#[test]
fn names_carry_what_the_engine_compares() {
    let mut all = tree(&["a/b"]);
    all.add_bytes("x", Mode::Executable, b"12".as_slice());
    all.add(
        "l",
        Entry {
            mode: Mode::Plain,
            size: 0,
            digest: Digest::of("x"),
            content: Content::Link("x".into()),
        },
    );
    let items = walk(&all, &[]);
    let found: Vec<_> = items
        .iter()
        .map(|i| {
            (
                i.stat.path.as_str(),
                i.stat.mode,
                i.stat.size,
                i.stat.linkname.as_str(),
            )
        })
        .collect();
    let expect = [
        ("a", 1 << 31 | 0o755, 0, ""),
        ("a/b", 0o644, 3, ""),
        ("l", 1 << 27 | 0o777, 1, "x"),
        ("x", 0o755, 2, ""),
    ];
    assert_eq!(found, expect);
    assert!(
        items
            .iter()
            .all(|item| item.stat.mod_time == 315_619_200_000_000_000)
    );
}

#[test]
fn contents_come_in_chunks_with_an_end() {
    let mut all = Tree::default();
    all.add_bytes("big", Mode::Plain, vec![7_u8; PIECE + 1]);
    all.add_bytes("empty", Mode::Plain, b"".as_slice());
    let items = walk(&all, &[]);
    let (packets, mut received) = mpsc::channel(16);
    for (id, sizes) in [(0, vec![PIECE, 1, 0]), (1, vec![0])] {
        content(&items, id, &packets).expect("sent");
        for size in sizes {
            let packet = received
                .blocking_recv()
                .expect("a packet")
                .expect("no error");
            assert_eq!((packet.id, packet.data.len()), (id, size));
        }
    }
    assert!(content(&items, 2, &packets).is_err());
}

#[test]
fn names_that_are_not_ascii_arrive() {
    let check = |values: &[&[u8]], encoded: bool, expect: Option<&[&str]>| {
        let mut metadata = http::HeaderMap::new();
        for value in values {
            metadata.append("followpaths", http::HeaderValue::from_bytes(value).unwrap());
        }
        if encoded {
            metadata.append("followpaths-encoded", "1".parse().unwrap());
        }
        let found = texts(&MetadataMap::from_headers(metadata), "followpaths");
        let expect = expect.map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(found, expect, "{values:?}");
    };
    check(
        &[b"a b.txt", b"c+d%20"],
        false,
        Some(&["a b.txt", "c+d%20"]),
    );
    let escaped: [&[u8]; 3] = [b"a+b.txt", b"%C3%BC.txt", b"c%2Bd"];
    check(&escaped, true, Some(&["a b.txt", "ü.txt", "c+d"]));
    check(&["ü.txt".as_bytes()], false, Some(&["ü.txt"]));
    // What cannot be read must not leave out a file.
    check(&[b"a", b"\xff"], false, None);
    check(&[b"%ff"], true, None);
    check(&[], false, Some(&[]));
}
