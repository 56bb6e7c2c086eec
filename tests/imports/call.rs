//! `kiln import` on the command line: which files it writes, which it leaves alone, and its exit code.

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn kiln(folder: &Path, args: &str) -> Output {
    let inputs = super::root().join("tests/imports");
    let args = args.replace("IN/", &format!("{}/", inputs.display()));
    let mut call = Command::new(env!("CARGO_BIN_EXE_kiln"));
    call.current_dir(folder)
        .args(args.split(' '))
        .stdin(Stdio::null())
        .output()
        .expect("kiln runs")
}

fn entries(folder: &Path) -> Vec<String> {
    let mut all: Vec<String> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|e| {
            e.expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    all.sort();
    all
}

#[test]
fn existing_files_are_not_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |args: &str, code: i32, there: &[&str]| {
        let output = kiln(folder.path(), args);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{args}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(entries(folder.path()), there, "{args}");
        output
    };
    let printed = check("import bake IN/fleet9.hcl --stdout", 0, &[]).stdout;
    assert!(String::from_utf8_lossy(&printed).starts_with("// Imported from a bake file.\n"));
    check("import cimg -", 2, &[]);
    check("import cimg IN/golang.stackbrew", 2, &[]);
    check("import bake nowhere.hcl", 2, &[]);
    check("import bake IN/fleet9.hcl", 0, &["dockerfiles", "kiln.kdl"]);
    assert_eq!(entries(&folder.path().join("dockerfiles")).len(), 8);
    // Existing files stay, unless `--force` is given.
    let before = std::fs::read_to_string(folder.path().join("kiln.kdl")).expect("the manifest");
    check(
        "import stackbrew IN/golang.stackbrew",
        2,
        &["dockerfiles", "kiln.kdl"],
    );
    assert_eq!(
        std::fs::read_to_string(folder.path().join("kiln.kdl")).expect("the manifest"),
        before
    );
    check(
        "import stackbrew IN/golang.stackbrew --force --name go",
        0,
        &["dockerfiles", "kiln.kdl"],
    );
    assert!(
        std::fs::read_to_string(folder.path().join("kiln.kdl"))
            .expect("the manifest")
            .contains("image \"go\"")
    );
    check(
        "import cimg IN/cimg-clojure.manifest --output new/one",
        0,
        &["dockerfiles", "kiln.kdl", "new"],
    );
    assert_eq!(entries(&folder.path().join("new/one")), ["kiln.kdl"]);
}
