//! Files that cannot be written: the place, the reason, and a way out.

use super::why_unwritten;
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

/// What writing a file says, without the number of the error.
fn said(option: Option<&str>, path: &Path) -> String {
    let why = fs::write(path, "text").expect_err("it cannot be written");
    said_of(option, path, &why)
}

fn said_of(option: Option<&str>, path: &Path, why: &io::Error) -> String {
    let text = why_unwritten(option, path, why);
    let number = why.raw_os_error().map(|code| format!(" (os error {code})"));
    text.replace(&number.unwrap_or_default(), "")
}

#[test]
fn each_reason_has_a_way_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |path: &str| folder.path().join(path);
    let shown = folder.path().display();
    fs::write(at("file"), "").expect("a file");
    for (path, expect) in [
        (
            "none/x",
            format!(
                "--junit {shown}/none/x: No such file or directory\n  create the folder {shown}/none"
            ),
        ),
        (
            "file/x",
            format!(
                "--junit {shown}/file/x: Not a directory\n  {shown}/file is not a folder: name a file in one"
            ),
        ),
        (
            ".",
            format!("--junit {shown}/.: it is a folder\n  give the name of a file in it"),
        ),
    ] {
        assert_eq!(said(Some("--junit"), &at(path)), expect);
    }
    let full = Path::new("/dev/full");
    assert_eq!(
        said(Some("--out"), full),
        "--out /dev/full: No space left on device\n  free space in /dev"
    );
    // A folder that exists, and in which no file can be created.
    let closed = Path::new("/proc/kiln");
    assert_eq!(
        said(None, closed),
        "/proc/kiln: No such file or directory\n  let kiln write in /proc"
    );
    let forbidden = io::Error::from(ErrorKind::PermissionDenied);
    let below = at("none/below/x");
    assert_eq!(
        said_of(None, &below, &forbidden),
        format!(
            "{}: permission denied\n  let kiln write in {shown}",
            below.display()
        )
    );
    assert_eq!(
        said_of(Some("--out"), Path::new("plan.json"), &forbidden),
        "--out plan.json: permission denied\n  give a file in another folder, or let kiln write in ."
    );
}

/// What is written goes to a temporary file first, whose name the user does not know.
#[test]
fn the_name_of_a_temporary_file_is_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let why = tempfile::Builder::new().tempfile_in(folder.path().join("none"));
    let why = why.expect_err("an error: the folder does not exist");
    assert!(why.to_string().contains(" at path "), "{why}");
    let text = why_unwritten(None, Path::new("kiln.lock"), &why);
    assert_eq!(
        text,
        "kiln.lock: no such file or folder\n  let kiln write in ."
    );
    let mut full = fs::File::options()
        .write(true)
        .open("/dev/full")
        .expect("Linux");
    let why = full.write_all(b"text").expect_err("it is full");
    let why = io::Error::new(why.kind(), "No space left at path \"/x/.kiln-new-1\"");
    let text = why_unwritten(Some("--out"), Path::new("/x/plan"), &why);
    assert_eq!(text, "--out /x/plan: no storage space\n  free space in /");
}
