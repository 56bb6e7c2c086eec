use super::*;
use std::fs;
use std::os::unix::fs::symlink;

/// Loads a workspace of these files; compares the files that were read, in order, and the diagnostic codes.
fn check(files: &[(&str, &str)], read: &[&str], codes: &[&str]) -> Diagnostics {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in files {
        write(&folder.path().join(path), text.as_bytes());
    }
    load_and_compare(folder.path(), read, codes)
}

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().expect("a file has a folder"))
        .expect("the folder can be made");
    fs::write(path, bytes).expect("the file can be written");
}

fn load_and_compare(root: &Path, read: &[&str], codes: &[&str]) -> Diagnostics {
    let (sources, documents, out) = load(root);
    let paths: Vec<&str> = documents
        .iter()
        .filter_map(|d| Some(&*sources.get(d.source)?.path))
        .collect();
    assert_eq!(paths, read);
    assert_eq!(
        out.iter().map(|d| d.code).collect::<Vec<_>>(),
        codes,
        "{out:?}"
    );
    out
}

#[test]
fn files_are_read_once_and_in_order() {
    check(&[("kiln.kdl", "workspace \"x\"")], &["kiln.kdl"], &[]);
    check(
        &[
            (
                "kiln.kdl",
                "include \"a.kdl\" \"sub/c.kdl\"\ninclude \"b.kdl\"",
            ),
            ("a.kdl", "include \"b.kdl\""),
            ("b.kdl", ""),
            ("sub/c.kdl", "include \"./a.kdl\""),
        ],
        &["kiln.kdl", "a.kdl", "b.kdl", "sub/c.kdl"],
        &[],
    );
}

#[test]
fn include_cycles_are_reported() {
    let out = check(
        &[
            ("kiln.kdl", "include \"a.kdl\""),
            ("a.kdl", "include \"b.kdl\""),
            ("b.kdl", "include \"a.kdl\""),
        ],
        &["kiln.kdl", "a.kdl", "b.kdl"],
        &["workspace::cycle"],
    );
    assert!(
        out.iter()
            .all(|d| d.message == "files include each other: `a.kdl` → `b.kdl` → `a.kdl`"),
        "{out:?}"
    );
    check(
        &[("kiln.kdl", "include \"kiln.kdl\"")],
        &["kiln.kdl"],
        &["workspace::cycle"],
    );
}

/// G14: the manifest names nothing outside of the workspace.
#[test]
fn nothing_outside_is_read() {
    for path in [
        "../x.kdl",
        "/etc/passwd",
        "a/../../x",
        "C:/x",
        "a\\\\b",
        "a\\u{0}",
    ] {
        check(
            &[("kiln.kdl", &format!("include \"{path}\""))],
            &["kiln.kdl"],
            &["manifest::outside"],
        );
    }
    let outside = tempfile::tempdir().expect("a temporary folder");
    write(&outside.path().join("secret.kdl"), b"base \"x\" from=\"y\"");
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(
        &folder.path().join("kiln.kdl"),
        b"include \"link.kdl\" \"folder/secret.kdl\"",
    );
    symlink(
        outside.path().join("secret.kdl"),
        folder.path().join("link.kdl"),
    )
    .expect("a link can be made");
    symlink(outside.path(), folder.path().join("folder")).expect("a link can be made");
    load_and_compare(
        folder.path(),
        &["kiln.kdl"],
        &["workspace::outside", "workspace::outside"],
    );
}

#[test]
fn links_inside_and_links_to_the_workspace_are_fine() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().join("real");
    write(&root.join("kiln.kdl"), b"include \"link.kdl\" \"a.kdl\"");
    write(&root.join("a.kdl"), b"");
    symlink("a.kdl", root.join("link.kdl")).expect("a link can be made");
    symlink(&root, folder.path().join("way")).expect("a link can be made");
    load_and_compare(&folder.path().join("way"), &["kiln.kdl", "a.kdl"], &[]);
}

#[test]
fn unreadable_files_are_reported() {
    check(
        &[
            ("kiln.kdl", "include \"none.kdl\" \"folder\" \"\""),
            ("folder/x", ""),
        ],
        &["kiln.kdl"],
        &["manifest::empty", "workspace::read", "workspace::read"],
    );
    check(&[], &[], &["workspace::read"]);
    let large = "é".repeat(LARGEST_FILE);
    check(&[("kiln.kdl", &large)], &["kiln.kdl"], &["kdl::too-large"]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(&folder.path().join("kiln.kdl"), b"base \xff");
    let out = load_and_compare(folder.path(), &["kiln.kdl"], &["workspace::encoding"]);
    assert_eq!(
        out.iter()
            .map(|d| (d.labels[0].span.start, d.labels[0].span.end))
            .collect::<Vec<_>>(),
        [(5, 8)]
    );
}

#[test]
fn total_size_is_limited() {
    let include: String = (0..40).map(|n| format!("include \"{n}.kdl\"\n")).collect();
    let text = " ".repeat(LARGEST_FILE);
    let names: Vec<String> = (0..40).map(|n| format!("{n}.kdl")).collect();
    let mut files: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), text.as_str()))
        .collect();
    files.push(("kiln.kdl", &include));
    let read: Vec<&str> = ["kiln.kdl"]
        .into_iter()
        .chain(names.iter().take(31).map(String::as_str))
        .collect();
    check(&files, &read, &["workspace::too-large"; 9]);
}

#[test]
fn the_workspace_is_found_upwards() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let deep = folder.path().join("a/b");
    fs::create_dir_all(&deep).expect("folders can be made");
    let error = find(&deep).expect_err("there is no manifest");
    assert!(
        error.to_string().starts_with("no `kiln.kdl` in ") && error.help().contains("--workspace"),
        "{error}"
    );
    write(&folder.path().join("kiln.kdl"), b"");
    assert_eq!(find(&deep), Ok(folder.path().to_owned()));
    assert_eq!(find(folder.path()), Ok(folder.path().to_owned()));
}
