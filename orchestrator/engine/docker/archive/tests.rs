use super::*;
use crate::name::Digest;
use crate::tree::Mode;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, SystemTime};

fn archived(tree: &Tree) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(
        tree,
        &[("own".into(), b"FROM scratch\n".as_slice().into())],
        &mut bytes,
    )
    .expect("archived");
    bytes
}

/// The same two files on disk, in two checkouts.
fn checked_out(mode: u32, age: u64) -> (tempfile::TempDir, Tree) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut tree = Tree::default();
    for (path, text, kind) in [
        ("run.sh", "#!/bin/sh\n", Mode::Executable),
        ("a.txt", "text", Mode::Plain),
    ] {
        let file = folder.path().join(path);
        std::fs::write(&file, text).expect("written");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("set");
        let opened = std::fs::File::options()
            .write(true)
            .open(&file)
            .expect("opened");
        opened
            .set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(age))
            .expect("set");
        let content = Content::File(file);
        tree.add(
            format!("sub/{path}"),
            Entry {
                mode: kind,
                size: text.len() as u64,
                digest: Digest::of(text),
                content,
            },
        );
    }
    (folder, tree)
}

/// G10: a context is the same bytes on every machine.
#[test]
fn the_same_tree_makes_the_same_bytes() {
    let (_one, ours) = checked_out(0o600, 1_000_000_000);
    let (_two, theirs) = checked_out(0o777, 2_000_000_000);
    assert_eq!(archived(&ours), archived(&theirs));
}

#[track_caller]
fn check(tree: &Tree, expect: &[(&str, char, u32)]) {
    let bytes = archived(tree);
    let mut found = Vec::new();
    for entry in tar::Archive::new(bytes.as_slice())
        .entries()
        .expect("an archive")
    {
        let entry = entry.expect("an entry");
        let header = entry.header();
        assert_eq!(
            (header.mtime().ok(), header.uid().ok(), header.gid().ok()),
            (Some(TIME), Some(0), Some(0))
        );
        let kind = match header.entry_type() {
            tar::EntryType::Directory => 'd',
            tar::EntryType::Symlink => 'l',
            _ => 'f',
        };
        let path = entry.path().expect("a path").display().to_string();
        found.push((path, kind, header.mode().expect("a mode")));
    }
    let expect: Vec<_> = expect
        .iter()
        .map(|(path, kind, mode)| ((*path).to_owned(), *kind, *mode))
        .collect();
    assert_eq!(found, expect);
}

#[test]
fn folders_links_and_long_names() {
    let mut tree = Tree::default();
    check(&tree, &[("own", 'f', 0o644)]);
    tree.add_bytes("z", Mode::Executable, b"".as_slice());
    tree.add_bytes("a/b/c", Mode::Plain, b"x".as_slice());
    // A context file with the Dockerfile's name is replaced.
    tree.add_bytes("own", Mode::Executable, b"x".as_slice());
    tree.add(
        "l",
        Entry {
            mode: Mode::Plain,
            size: 0,
            digest: Digest::of("../out"),
            content: Content::Link("../out".into()),
        },
    );
    let long = "n".repeat(150);
    tree.add_bytes(long.clone(), Mode::Plain, b"x".as_slice());
    let expect = [
        ("a/", 'd', 0o755),
        ("a/b/", 'd', 0o755),
        ("a/b/c", 'f', 0o644),
        ("l", 'l', 0o777),
        (&long, 'f', 0o644),
        ("z", 'f', 0o755),
    ];
    check(&tree, &[expect.as_slice(), &[("own", 'f', 0o644)]].concat());
}

#[test]
fn a_file_that_changed_is_not_sent() {
    let (_folder, tree) = checked_out(0o644, 1);
    let file = match &tree.get("sub/a.txt").expect("there").content {
        Content::File(file) => file.clone(),
        other => panic!("{other:?}"),
    };
    for text in ["longer text", "t", "TEXT", ""] {
        std::fs::write(&file, text).expect("written");
        let error = write(&tree, &[], &mut Vec::new())
            .expect_err(text)
            .to_string();
        assert!(error.contains("sub/a.txt has changed"), "{text}: {error}");
    }
    std::fs::remove_file(&file).expect("removed");
    assert!(write(&tree, &[], &mut Vec::new()).is_err());
}

#[tokio::test]
async fn a_stream_without_a_reader_ends() {
    let mut tree = Tree::default();
    for n in 0..64 {
        tree.add_bytes(format!("{n}"), Mode::Plain, vec![0_u8; PIECE]);
    }
    drop(stream(Arc::new(tree), Vec::new()));
}
