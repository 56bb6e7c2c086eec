//! `kiln import` on the command line: which files it writes, which it leaves alone, and its exit code.

use std::path::Path;
use std::process::{Command, Output, Stdio};

pub fn kiln(folder: &Path, args: &str) -> Output {
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

/// Files, folders and words of the command line: each fault is said, and none is a crash.
#[test]
fn bake_files_on_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let write =
        |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("a file");
    let target = "target \"a\" {\r\n  tags = [\"x/a:${V}\"]\r\n}\r\n";
    write(
        "windows.hcl",
        format!("\u{feff}variable \"V\" {{\r\n  default = \"1\"\r\n}}\r\n{target}").as_bytes(),
    );
    write("two.hcl", b"variable \"V\" { default = \"2\" }\n");
    write("latin.hcl", b"# caf\xe9\n");
    write("wide.hcl", b"\xff\xfe#\x00\n\x00");
    write("large.hcl", "# long\n".repeat(1_500_000).as_bytes());
    write("target", b"a file with the name of a target");
    for sub in ["bake", "json", "empty", "stack"] {
        std::fs::create_dir(folder.path().join(sub)).expect("a folder");
    }
    write(
        "bake/docker-bake.hcl",
        b"target \"a\" { tags = [\"x/a:1\"] }\ntarget \"b\" { tags = [\"x/b:1\"] }\n",
    );
    write(
        "bake/docker-bake.override.hcl",
        b"target \"a\" { tags = [\"x/a:9\"] }\n",
    );
    write("bake/compose.yaml", b"services: {}\n");
    write("stack/compose.yaml", b"services: {}\n");
    write(
        "json/docker-bake.json",
        br#"{"//": "a comment", "target": {"c": {"tags": ["x/c:1"]}}}"#,
    );
    #[cfg(unix)]
    std::os::unix::fs::symlink("bake/docker-bake.hcl", folder.path().join("link.hcl"))
        .expect("a link");
    let check = |args: &str, code: i32, said: &[&str]| {
        let output = kiln(folder.path(), &format!("import bake {args} --stdout"));
        let text =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args}: {text}");
        let missing = said.iter().find(|part| !text.contains(**part));
        assert_eq!(missing, None, "{args}: {text}");
    };
    check(
        "windows.hcl",
        0,
        &[
            "variable \"V\" default=\"1\"",
            "tag \"{var:V}\"",
            "windows.hcl:1:10",
        ],
    );
    check(
        "windows.hcl two.hcl a",
        0,
        &["variable \"V\" default=\"2\"", "image \"a\""],
    );
    check(
        "bake",
        0,
        &["tag \"9\"", "image \"b\"", "compose.yaml is not read"],
    );
    check("bake a", 0, &["tag \"9\"", "image \"a\""]);
    check("json", 0, &["image \"c\""]);
    check("link.hcl", 0, &["image \"a\""]);
    check(
        "empty",
        2,
        &["empty has none of the files that bake reads by itself: docker-bake.json"],
    );
    check(
        "bake/docker-bake.hcl c",
        2,
        &["no target or group `c` is in the file", "help: "],
    );
    check(
        "windows.hcl nowhere.hcl",
        2,
        &["nowhere.hcl cannot be read"],
    );
    check(
        "latin.hcl",
        2,
        &[
            "latin.hcl is not UTF-8 text",
            "`iconv -f latin1 -t utf-8 latin.hcl > NEW`",
        ],
    );
    check("wide.hcl", 2, &["wide.hcl is not UTF-8 text", "-f utf-16 "]);
    check(
        "svc",
        2,
        &["svc does not exist", "`kiln import bake . svc`"],
    );
    let compose = "docker buildx bake -f";
    check("stack.yml", 2, &["stack.yml is a Compose file", compose]);
    check(
        "stack",
        2,
        &["stack/compose.yaml is a Compose file", compose],
    );
    check("large.hcl", 2, &["at most 262144 can be imported"]);
    check("windows.hcl empty", 2, &["no target or group `empty`"]);
    check(
        "-f windows.hcl two.hcl",
        2,
        &["options of bake", "`kiln import bake windows.hcl two.hcl`"],
    );
    write(
        "groups.hcl",
        b"group \"all\" { targets = [\"a\"] }\ntarget \"a\" { tags = [\"x/a:1\"] }\n",
    );
    check("groups.hcl zzzz", 2, &["groups are `all`; targets are `a`"]);
    // What one target costs does not count for the others.
    let large = "target \"a\" { tags = [for i in setproduct(range(1000), range(1000), range(1000)) : \"x/a:${i[0]}\"] }\ntarget \"b\" { tags = [\"x/b:1\"] }\n";
    write("large-one.hcl", large.as_bytes());
    check("large-one.hcl", 0, &["image \"b\"", "of target `a`"]);
    let output = kiln(folder.path(), "import cimg windows.hcl two.hcl --stdout");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("this format has one file"));
}

/// Library files have no extension, and the names of images may have dots.
#[test]
fn a_library_file_is_called_like_its_image() {
    for (file, image) in [
        ("rocket.chat", "rocket.chat"),
        ("golang", "golang"),
        ("go.stackbrew", "go"),
        ("go.txt", "go"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(file), "Tags: 1\n").expect("the file");
        let printed = kiln(folder.path(), &format!("import stackbrew {file} --stdout")).stdout;
        let printed = String::from_utf8_lossy(&printed);
        assert!(
            printed.contains(&format!("image \"{image}\"")),
            "{file}: {printed}"
        );
    }
}

/// What is imported is the same; an edit on either side is shown, and so is what is not compared.
#[test]
fn a_file_is_compared_again_later() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |args: &str, code: i32, expect: &[&str]| {
        let output = kiln(folder.path(), args);
        let text =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args}: {text}");
        expect
            .iter()
            .for_each(|words| assert!(text.contains(words), "{args}: {words}\n{text}"));
    };
    for (args, images) in [
        ("import bake IN/fleet9.hcl", "the same is published: "),
        (
            "import cimg IN/cimg-clojure.manifest",
            "the same is published: ",
        ),
        // Tags with the time of a run.
        (
            "import bake IN/bake/nightly/docker-bake.hcl",
            "the same is published: ",
        ),
        (
            "import stackbrew IN/golang.stackbrew",
            "the same is published: ",
        ),
    ] {
        check(&format!("{args} --force"), 0, &[]);
        check(&format!("{args} --check"), 0, &[images]);
    }
    let manifest = folder.path().join("kiln.kdl");
    let text = std::fs::read_to_string(&manifest).expect("the manifest");
    let more =
        "\nimage \"mine\" { publish \"docker.io/acme/mine\"; dockerfile \"D\"; tag \"1\" }\n";
    std::fs::write(&manifest, text.replacen("tag \"", "tag \"new-", 1) + more).expect("written");
    check(
        "import stackbrew IN/golang.stackbrew --check",
        1,
        &[
            "error[import::differs]: the manifest does not publish `golang:",
            "error[import::differs]: the file does not publish `golang:new-",
            "golang.stackbrew:",
            "kiln.kdl:",
            "not compared: repositories that the file does not name: docker.io/acme/mine\n",
        ],
    );
    // The file has another name than at the import.
    check(
        "import stackbrew IN/golang.stackbrew --name go --force",
        0,
        &[],
    );
    check(
        "import stackbrew IN/golang.stackbrew --check",
        1,
        &[
            "no image of the file is in the manifest",
            "give it: --name NAME",
        ],
    );
    check(
        "import stackbrew IN/golang.stackbrew --check --name go",
        0,
        &["the same is published: "],
    );
    check(
        "import bake IN/fleet9.hcl --check --stdout",
        2,
        &["cannot be used with"],
    );
    check(
        "import bake nowhere.hcl --check",
        2,
        &["nowhere.hcl cannot be read"],
    );
    check("import bake IN/fleet9.hcl --force", 0, &[]);
    let inside = &entries(&folder.path().join("dockerfiles"))[0];
    let inside = format!("dockerfiles/{inside}");
    std::fs::write(folder.path().join(&inside), "FROM scratch\n").expect("written");
    check(
        "import bake IN/fleet9.hcl --check",
        1,
        &[&format!(
            "{inside} is not the Dockerfile that is inside the file"
        )],
    );
    std::fs::remove_file(&manifest).expect("removed");
    check("import bake IN/fleet9.hcl --check", 2, &["kiln.kdl"]);
    // Images without tags in the file have what a person has filled in.
    let bake = "target \"web\" {\n  dockerfile = \"web.Dockerfile\"\n}\n";
    std::fs::write(folder.path().join("web.hcl"), bake).expect("written");
    check("import bake web.hcl --force", 0, &[]);
    let filled = "--var WEB_REPOSITORY=acme/web --var WEB_TAG=1";
    check(
        &format!("import bake web.hcl --check {filled}"),
        0,
        &[
            "not compared: tags that the file does not have: web\n",
            "the same is built: 1 image without tags in the file\n",
        ],
    );
    let text = std::fs::read_to_string(&manifest).expect("the manifest");
    std::fs::write(&manifest, text.replace("web.Dockerfile", "Dockerfile")).expect("written");
    check(
        &format!("import bake web.hcl --check {filled}"),
        1,
        &[
            "the Dockerfile of `web` is `web.Dockerfile` in the file and `Dockerfile` in the manifest",
        ],
    );
    let text = text.replace("image \"web\"", "image \"app\"");
    std::fs::write(&manifest, text).expect("written");
    check(
        &format!("import bake web.hcl --check {filled}"),
        1,
        &[
            "of which the manifest has none of the same name: web\n",
            "nothing was compared: the file has no tags",
        ],
    );
}

/// Reading a pipe that nothing is written to would wait forever.
#[cfg(unix)]
#[test]
fn a_pipe_is_not_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = Command::new("mkfifo")
        .arg(folder.path().join("pipe.hcl"))
        .status();
    assert!(made.expect("mkfifo runs").success());
    for args in ["import bake pipe.hcl --stdout", "import stackbrew pipe.hcl"] {
        let output = kiln(folder.path(), args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("pipe.hcl is not a regular file\n"), "{said}");
    }
}
