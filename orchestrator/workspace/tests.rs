//! Workspaces in temporary folders.

use super::*;
use crate::dockerfile::Ignore;
use crate::matrix::VariantId;
use crate::render::{Files, Recipe};
use crate::text::SourceId;
use crate::tree::{Content, Mode, Tree};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        put(folder.path(), path, text);
    }
    folder
}

fn put(root: &Path, path: &str, text: &str) {
    fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
    fs::write(root.join(path), text).unwrap();
}

/// Every file below the folder, sorted.
fn files(root: &Path) -> Vec<String> {
    let tree = Workspace::new(root.to_owned())
        .tree("", &Ignore::default())
        .unwrap();
    tree.iter().map(|(path, _)| path.to_owned()).collect()
}

#[test]
fn texts() {
    let outer = folder(&[
        ("secret", "s"),
        ("w/kiln.kdl", "k"),
        ("w/a/b", "text"),
        ("w/deep/c", "c"),
    ]);
    let root = outer.path().join("w");
    fs::write(root.join("latin"), b"a\n\xe9").unwrap();
    symlink("../secret", root.join("out")).unwrap();
    symlink("a", root.join("in")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    let workspace = Workspace::new(root);
    let check =
        |path: &str, expect: Result<Option<&str>, &str>| match (workspace.text(path), expect) {
            (Ok(text), Ok(expect)) => assert_eq!(text.as_deref(), expect, "{path}"),
            (Err(why), Err(expect)) => assert!(why.contains(expect), "{why}"),
            (got, _) => panic!("{path}: {got:?}"),
        };
    check("a/b", Ok(Some("text")));
    check("./a/../a//b", Ok(Some("text")));
    check("in/b", Ok(Some("text")));
    check("nothing", Ok(None));
    check("a/b/c", Ok(None));
    check("dangling", Ok(None));
    check("../secret", Err("leads out"));
    check("a/../../secret", Err("leads out"));
    check("/etc/passwd", Err("leads out"));
    check("out", Err("link out of the workspace"));
    check("a", Err("is not a file"));
    check("latin", Err("`latin` is not UTF-8, from line 2 on"));
    // Comments of ignore files may be in any encoding.
    let patterns = workspace.lossy("latin").unwrap();
    assert_eq!(patterns.as_deref(), Some("a\n\u{fffd}"));
}

#[test]
fn trees() {
    let outer = folder(&[
        ("w/c/x", "1"),
        ("w/c/sub/y.sh", "2"),
        ("w/c/skip.log", "3"),
        ("w/.git/HEAD", "h"),
        ("w/.kiln/journal", "j"),
        ("secret", "s"),
    ]);
    let root = outer.path().join("w");
    fs::set_permissions(root.join("c/sub/y.sh"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(root.join("c/x"), fs::Permissions::from_mode(0o600)).unwrap();
    symlink("/usr/bin/env", root.join("c/link")).unwrap();
    symlink("../../secret", root.join("c/leak")).unwrap();
    symlink("..", root.join("outside")).unwrap();
    let workspace = Workspace::new(root);
    let tree = workspace.tree("c", &Ignore::parse("*.log").0).unwrap();
    let paths: Vec<_> = tree.iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["leak", "link", "sub/y.sh", "x"]);
    assert_eq!(tree.get("sub/y.sh").unwrap().mode, Mode::Executable);
    assert_eq!(tree.get("x").unwrap().mode, Mode::Plain);
    // Links are kept as links: their targets are not read.
    assert_eq!(
        tree.get("leak").unwrap().content,
        Content::Link("../../secret".into())
    );
    assert_eq!(
        workspace
            .tree("c/x", &Ignore::default())
            .unwrap()
            .get("")
            .unwrap()
            .digest,
        crate::name::Digest::of("1")
    );
    assert_eq!(
        workspace
            .tree("", &Ignore::parse("c").0)
            .unwrap()
            .iter()
            .map(|(p, _)| p)
            .collect::<Vec<_>>(),
        ["outside"]
    );
    for (path, error) in [
        ("outside", "link out"),
        ("nothing", "does not exist"),
        ("..", "leads out"),
    ] {
        let got = workspace.tree(path, &Ignore::default()).unwrap_err();
        assert!(got.contains(error), "{path}: {got}");
    }
}

/// A file that is about to be written is in the contexts that will include it, and nothing is created for that.
#[test]
fn an_awaited_file() {
    let outer = folder(&[("w/c/x", "1"), ("w/c/sub/y", "2")]);
    let root = outer.path().join("w").canonicalize().unwrap();
    let check = |file: &str, ignore: &str, expect: &[&str]| {
        let workspace = Workspace::new(root.clone()).awaiting(Some(root.join(file)));
        let tree = workspace.tree("c", &Ignore::parse(ignore).0).unwrap();
        let paths: Vec<&str> = tree.iter().map(|(path, _)| path).collect();
        assert_eq!(paths, expect, "{file} without {ignore}");
    };
    check("c/plan", "", &["plan", "sub/y", "x"]);
    check("c/sub/plan", "", &["sub/plan", "sub/y", "x"]);
    check("c/sub/plan", "*/plan", &["sub/y", "x"]);
    check("c/sub/plan", "sub", &["x"]);
    check("plan", "", &["sub/y", "x"]);
    check("c/x", "", &["sub/y", "x"]);
    let link = root.join("l");
    symlink("c", &link).unwrap();
    let workspace = Workspace::new(root.clone()).awaiting(Some(root.join("c/plan")));
    let tree = workspace.tree("l", &Ignore::default()).unwrap();
    let plan = tree.get("plan").expect("the folder behind the link");
    assert_eq!((plan.size, plan.digest), (0, crate::name::Digest::of("")));
    assert!(!root.join("c/plan").exists());
}

/// The table that `tests/contexts.rs` compares with Docker's own client.
#[test]
fn contexts_are_those_of_dockers_own_client() {
    let text = include_str!("../../tests/fixtures/contexts.txt");
    for block in text.split("\n== ").skip(1) {
        let name = block.lines().next().unwrap();
        let words = |key: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(key));
            line.unwrap_or_default().split_whitespace()
        };
        // Here, only the folder is read, and not what a Dockerfile copies of it.
        if words("copy ").next().is_some() {
            continue;
        }
        let ignore = words("ignore ").collect::<Vec<_>>().join("\n");
        let outer = folder(&[]);
        let root = outer.path();
        let at = |path: &str| root.join("c").join(path);
        for file in words("files ") {
            match (file.split_once('>'), file.strip_suffix('/')) {
                (Some((path, target)), _) => symlink(target, at(path)).unwrap(),
                (_, Some(folder)) => fs::create_dir_all(at(folder)).unwrap(),
                _ => put(root, &format!("c/{file}"), file),
            }
        }
        if !ignore.is_empty() {
            put(root, "c/.dockerignore", &ignore);
        }
        let workspace = Workspace::new(root.to_owned());
        let tree = workspace.tree("c", &Ignore::parse(&ignore).0).unwrap();
        let found = tree.iter().map(|(path, entry)| match entry.content {
            Content::Folder => format!("{path}/"),
            _ => path.to_owned(),
        });
        let mut expected: Vec<&str> = words("sent ").collect();
        expected.sort();
        let mut found: Vec<String> = found.collect();
        found.sort();
        assert_eq!(found, expected, "{name}");
    }
}

/// The bits that the umask of a machine decides do not reach the context.
#[test]
fn modes_are_the_same_on_every_machine() {
    let digest = |bits: u32| {
        let outer = folder(&[("f", "text")]);
        let allowed = fs::Permissions::from_mode(bits);
        fs::set_permissions(outer.path().join("f"), allowed).unwrap();
        let workspace = Workspace::new(outer.path().to_owned());
        workspace.tree("", &Ignore::default()).unwrap().digest()
    };
    for (one, other, same) in [
        (0o644, 0o600, true),
        (0o644, 0o666, true),
        (0o644, 0o640, true),
        (0o755, 0o700, true),
        (0o755, 0o777, true),
        (0o644, 0o755, false),
        (0o600, 0o700, false),
    ] {
        assert_eq!(digest(one) == digest(other), same, "{one:o} and {other:o}");
    }
}

/// Recipes with these Dockerfiles, below `.circleci/images`, each with a file `f` beside it.
fn recipes(dockerfiles: &[(&str, &str)]) -> Vec<Recipe> {
    let recipe = |(id, (folder, text)): (u32, &(&str, &str))| {
        let mut tree = Tree::default();
        tree.add_bytes(
            "sub/f",
            Mode::Executable,
            format!("f of {folder}\n").into_bytes(),
        );
        let beside = Arc::new(tree);
        Recipe {
            variant: VariantId(id),
            path: format!(".circleci/images/{folder}/Dockerfile").into(),
            dockerfile: (*text).into(),
            source: SourceId(0),
            context: beside.clone(),
            beside,
            image_refs: Default::default(),
            final_base: None,
            native: None,
            secrets: Default::default(),
            executed: Default::default(),
            features: Default::default(),
            map: Default::default(),
            fetching: Default::default(),
            refreshed: Default::default(),
            reads: Default::default(),
            onbuild_reads: Default::default(),
            unneeded: Default::default(),
            idle: Default::default(),
            declared: "kiln.kdl:1:1".into(),
            based: None,
            contexts: None,
            is_unsound: false,
            generated: true,
        }
    };
    (0..).zip(dockerfiles).map(recipe).collect()
}

/// Generates; returns the change of each file.
fn generate(root: &Path, dockerfiles: &[(&str, &str)]) -> Result<Vec<String>, String> {
    let workspace = Workspace::new(root.to_owned());
    let recipes = recipes(dockerfiles);
    let changes = workspace.changes(&recipes).map_err(|why| why.to_string())?;
    let done = changes
        .iter()
        .map(|(path, change)| {
            format!(
                "{change:?} {}",
                path.trim_start_matches(".circleci/images/")
            )
        })
        .collect();
    changes.write().map_err(|why| why.to_string())?;
    assert!(
        workspace
            .changes(&recipes)
            .map_err(|why| why.to_string())?
            .is_empty(),
        "what was written is up to date"
    );
    Ok(done)
}

const DOCKERFILE: &str = ".circleci/images/a/1/Dockerfile";

#[test]
fn generating() {
    let outer = folder(&[("kiln.kdl", "")]);
    let root = outer.path();
    assert_eq!(
        generate(root, &[("a/1", "FROM x\n"), ("b", "FROM y\n")])
            .unwrap()
            .len(),
        4
    );
    assert_eq!(
        fs::read_to_string(root.join(DOCKERFILE)).unwrap(),
        "FROM x\n"
    );
    let mode = |path: &str| fs::metadata(root.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        (mode(DOCKERFILE), mode(".circleci/images/b/sub/f")),
        (0o644, 0o755)
    );
    let before = fs::metadata(root.join(DOCKERFILE))
        .unwrap()
        .modified()
        .unwrap();
    assert_eq!(
        generate(root, &[("a/1", "FROM x\n"), ("b", "FROM y\n")]).unwrap(),
        Vec::<String>::new()
    );
    assert_eq!(
        fs::metadata(root.join(DOCKERFILE))
            .unwrap()
            .modified()
            .unwrap(),
        before
    );
    assert_eq!(
        generate(root, &[("a/1", "FROM z\n"), ("b", "FROM y\n")]).unwrap(),
        ["Update a/1/Dockerfile"]
    );
    // Files that are no longer rendered are removed with their folders; files of others stay.
    put(root, ".circleci/images/b/notes.md", "mine");
    assert_eq!(generate(root, &[]).unwrap().len(), 4);
    assert_eq!(files(root), [".circleci/images/b/notes.md", "kiln.kdl"]);
}

#[test]
fn edited_and_foreign_files() {
    let outer = folder(&[("kiln.kdl", "")]);
    let root = outer.path();
    // A file that kiln did not write is in the way, unless its content is the same.
    put(root, DOCKERFILE, "FROM theirs\n");
    assert!(
        generate(root, &[("a/1", "FROM x\n")])
            .unwrap_err()
            .contains("does not overwrite them: .circleci/images/a/1/Dockerfile")
    );
    assert_eq!(files(root), [DOCKERFILE, "kiln.kdl"]);
    assert_eq!(
        generate(root, &[("a/1", "FROM theirs\n")]).unwrap(),
        ["Create a/1/sub/f"]
    );
    // Edited since: overwritten while it is rendered, left alone when it no longer is.
    put(root, DOCKERFILE, "FROM edited\n");
    assert_eq!(
        generate(root, &[("a/1", "FROM x\n")]).unwrap(),
        ["Overwrite a/1/Dockerfile"]
    );
    put(root, DOCKERFILE, "FROM edited\n");
    assert_eq!(
        generate(root, &[]).unwrap(),
        ["Leave a/1/Dockerfile", "Remove a/1/sub/f"]
    );
    assert_eq!(files(root), [DOCKERFILE, "kiln.kdl"]);
    // Without the list, the comment in generated files identifies them.
    put(
        root,
        DOCKERFILE,
        "# Generated by kiln from t. Do not edit\nFROM old\n",
    );
    assert_eq!(
        generate(root, &[("a/1", "FROM x\n")]).unwrap(),
        ["Overwrite a/1/Dockerfile", "Create a/1/sub/f"]
    );
    // A folder where a file should be.
    fs::remove_file(root.join(DOCKERFILE)).unwrap();
    put(root, &format!("{DOCKERFILE}/x"), "");
    assert!(generate(root, &[("a/1", "FROM x\n")]).is_err());
}

/// G14: nor does what is written.
#[test]
fn nothing_outside_is_written_or_removed() {
    let outer = folder(&[("w/kiln.kdl", ""), ("victim", "v"), ("elsewhere/b/x", "x")]);
    let root = outer.path().join("w");
    let digest = crate::name::Digest::of("v");
    put(
        &root,
        ".circleci/images/.kiln-generated",
        &format!(
            "{digest}  ../victim\n{digest}  .circleci/images/../../../victim\n{digest}  kiln.kdl\n"
        ),
    );
    generate(&root, &[]).unwrap();
    assert!(outer.path().join("victim").exists() && root.join("kiln.kdl").exists());
    symlink(
        outer.path().join("elsewhere"),
        root.join(".circleci/images/a"),
    )
    .unwrap_or_else(|_| {
        fs::create_dir_all(root.join(".circleci/images")).unwrap();
        symlink(
            outer.path().join("elsewhere"),
            root.join(".circleci/images/a"),
        )
        .unwrap();
    });
    assert!(
        generate(&root, &[("a/1", "FROM x\n")])
            .unwrap_err()
            .contains("leads out of the workspace")
    );
    assert!(!outer.path().join("elsewhere/1").exists());
    assert!(
        generate(&root, &[("../x", "FROM x\n")])
            .unwrap_err()
            .contains("is not in")
    );
    assert!(
        generate(&root, &[("c", "FROM x\n"), ("c", "FROM y\n")])
            .unwrap_err()
            .contains("twice")
    );
}

#[test]
fn a_list_with_merge_conflicts_has_the_entries_of_both_sides() {
    let outer = folder(&[
        ("kiln.kdl", ""),
        (".circleci/images/a", "1"),
        (".circleci/images/b", "2"),
    ]);
    let digest = |text: &str| crate::name::Digest::of(text);
    let list = format!(
        "<<<<<<< ours\n{}  .circleci/images/a\n=======\n{}  .circleci/images/b\n>>>>>>> theirs\n",
        digest("1"),
        digest("2")
    );
    put(outer.path(), ".circleci/images/.kiln-generated", &list);
    assert_eq!(
        generate(outer.path(), &[]).unwrap(),
        ["Remove a", "Remove b"]
    );
    assert_eq!(files(outer.path()), [".circleci", "kiln.kdl"]);
}

#[test]
fn differences() {
    let outer = folder(&[("kiln.kdl", "")]);
    generate(
        outer.path(),
        &[("a/1", "FROM x\nRUN a\n"), ("b", "FROM y\n")],
    )
    .unwrap();
    let workspace = Workspace::new(outer.path().to_owned());
    let recipes = recipes(&[("a/1", "FROM x\nRUN b\n"), ("c", "FROM z\n")]);
    let changes = workspace.changes(&recipes).unwrap();
    insta::assert_snapshot!(format!("{}\n{}", changes.diff(), changes.summary()));
}

/// The drift of the first of these recipes, as a warning and as an error.
fn drift(root: &Path, dockerfiles: &[(&str, &str)]) -> (Option<String>, Option<String>) {
    let workspace = Workspace::new(root.to_owned());
    let built = [VariantId(0)].into();
    let drift = workspace.drift(&recipes(dockerfiles), &built).unwrap();
    (drift.warning(), drift.refusal())
}

#[test]
fn drift_of_what_is_built() {
    let outer = folder(&[("kiln.kdl", "")]);
    let root = outer.path();
    let (warning, refusal) = drift(root, &[("a", "FROM x\n")]);
    assert_eq!(warning, None, "nothing was ever generated");
    assert!(refusal.unwrap().contains("has no files to compare"));

    generate(root, &[("a", "FROM x\n"), ("a/b", "FROM y\n")]).unwrap();
    let none = (None, None);
    assert_eq!(drift(root, &[("a", "FROM x\n"), ("a/b", "FROM z\n")]), none);
    // The other variant's files lie below this one's folder, and are not compared.
    assert_eq!(drift(root, &[("a/b", "FROM y\n"), ("a", "FROM z\n")]), none);

    fs::remove_file(root.join(".circleci/images/a/sub/f")).unwrap();
    let (warning, refusal) = drift(root, &[("a", "FROM z\n")]);
    insta::assert_snapshot!(format!("{}\n\n{}", warning.unwrap(), refusal.unwrap()));
}

#[test]
fn drift_of_files_that_kiln_did_not_write() {
    let outer = folder(&[("kiln.kdl", ""), (DOCKERFILE, "FROM mine\n")]);
    let (warning, refusal) = drift(outer.path(), &[("a/1", "FROM x\n")]);
    assert!(warning.unwrap().contains(DOCKERFILE));
    assert!(refusal.unwrap().contains(DOCKERFILE));
}
