//! `kiln import --check` after an import: what the import leaves out is usable, and a change on either side is seen.

use super::call::kiln;
use std::path::Path;

/// A workspace into which a file was imported.
struct Imported {
    folder: tempfile::TempDir,
    words: &'static str,
    file: &'static str,
}

impl Imported {
    /// Writes the files, and imports the first of them.
    fn new(format: &str, files: &[(&'static str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            write(folder.path(), path, text);
        }
        let words = match format {
            "bake" => "bake docker-bake.hcl",
            "cimg" => "cimg manifest",
            _ => "stackbrew app",
        };
        let file = files[0].0;
        let imported = Self {
            folder,
            words,
            file,
        };
        imported.run(&format!("import {words}"), 0, "wrote");
        imported
    }

    fn run(&self, args: &str, code: i32, said: &str) -> String {
        let output = kiln(self.folder.path(), args);
        let text =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        let manifest = self.read("kiln.kdl");
        assert_eq!(
            output.status.code(),
            Some(code),
            "{args}: {text}\n{manifest}"
        );
        assert!(text.contains(said), "{args}: {said}\n{text}\n{manifest}");
        text.into_owned()
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).unwrap_or_default()
    }

    /// Compares after a change of the source or of the manifest, and takes the change back.
    #[track_caller]
    fn check(&self, (from, to): (&str, &str), code: i32, said: &str) -> String {
        let path = match self.read(self.file).contains(from) {
            true => self.file,
            false => "kiln.kdl",
        };
        let text = self.read(path);
        assert!(text.contains(from), "{from}: {text}");
        write(self.folder.path(), path, &text.replacen(from, to, 1));
        let found = self.run(&format!("import {} --check", self.words), code, said);
        write(self.folder.path(), path, &text);
        found
    }
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    let parent = path.parent().expect("a folder");
    std::fs::create_dir_all(parent).expect("a folder");
    std::fs::write(path, text).expect("written");
}

const SAME: (&str, &str) = ("", "");

/// What the import leaves out is in a comment; what is added later is not.
#[test]
fn what_is_left_out_is_not_the_same() {
    let bake = r#"target "default" {
  tags = ["acme/a:1", "acme/a:${sha1("x")}"]
  args = { D = timestamp() }
  contexts = { more = "https://example.com/x.git" }
  ssh = ["default", "gh=./id_gh"]
}
target "r" {
  context = "https://example.com/b.git"
  tags = ["acme/b:1"]
}
target "c" {
  tags = ["acme/c:1"]
  attest = ["type=sbom"]
}
"#;
    let dockerfile = "FROM alpine\nARG D\nRUN --mount=type=ssh --mount=type=ssh,id=gh true\n";
    let imported = Imported::new(
        "bake",
        &[("docker-bake.hcl", bake), ("Dockerfile", dockerfile)],
    );
    let lines = [
        "Left out, and not compared:",
        "  a part of `tags` of target `default`",
        "  `D` of `args` of target `default`",
        "  `./id_gh` of ssh `gh` of target `default`",
        "  the context `more` of target `default`",
        "  target `r` (`acme/b:1`)",
        "  `attest`, which differs between the targets",
    ];
    let manifest = imported.read("kiln.kdl");
    for line in lines {
        assert!(
            manifest.contains(&format!("// {line}\n")),
            "{line}\n{manifest}"
        );
    }
    let text = imported.check(
        SAME,
        0,
        "besides what is not compared, the same is published",
    );
    assert!(
        text.contains("left it out: target `r` (`acme/b:1`)\n"),
        "{text}"
    );
    let second = "${sha1(\"x\")}\", \"acme/a:${md5(\"x\")}";
    for (change, said) in [
        (
            ("${sha1(\"x\")}", second),
            "`tags` of target `default` (2 times)",
        ),
        (("acme/b:1", "acme/b:2"), "target `r` (`acme/b:2`)"),
        (
            ("acme/b:1\"", "acme/b:1\", \"acme/b:2\""),
            "(`acme/b:1` and `acme/b:2`)",
        ),
        (
            (
                "target \"c\"",
                "target \"p\" {\n context = \"https://example.com/p.git\"\n tags = [\"acme/a:p\"]\n}\ntarget \"c\"",
            ),
            "target `p` (`acme/a:p`)",
        ),
        (
            ("D = timestamp()", "D = timestamp(), E = uuidv4()"),
            "`E` of `args` of target `default`",
        ),
        (
            ("more =", "other ="),
            "the context `other` of target `default`",
        ),
        (
            ("//   target `r` (`acme/b:1`)\n", ""),
            "target `r` (`acme/b:1`)",
        ),
    ] {
        let text = imported.check(change, 1, "error[import::left-out]: not compared");
        assert!(text.contains(said), "{said}\n{text}");
        assert!(!text.contains("the same is published"), "{text}");
    }
    // What a person has added by hand in its place.
    let by_hand =
        "\nimage \"r\" { publish \"docker.io/acme/b\"; dockerfile \"Dockerfile\"; tag \"1\" }\n// ";
    imported.check(("//   target `r` (`acme/b:1`)\n", "\n"), 1, "target `r`");
    let text = imported.read("kiln.kdl");
    let image = text.replace("//   target `r` (`acme/b:1`)\n", "") + by_hand;
    write(imported.folder.path(), "kiln.kdl", &image);
    imported.check(SAME, 0, "left it out: target `r`");
    imported.check(
        ("    tag \"1\"\n", "    tag \"1\"\n    tag \"11f6\"\n"),
        0,
        "acme/a:11f6",
    );
    imported.check(
        ("tag \"1\" }", "tag \"2\" }"),
        1,
        "not compared, since an import",
    );
}

/// Images that are made from OCI layouts are not built from Dockerfiles.
#[test]
fn layouts_are_left_out() {
    let library =
        "Tags: 1.0, latest\nDirectory: 1\n\nTags: oci\nBuilder: oci-import\nDirectory: oci\n";
    let imported = Imported::new("stackbrew", &[("app", library)]);
    let said = "left it out: `app:oci` with `Builder: oci-import`";
    imported.check(SAME, 0, said);
    imported.check(
        ("Tags: oci", "Tags: oci, new"),
        1,
        "`app:oci` and `app:new` with",
    );
    // The repository is a person's own, as the documentation says.
    imported.check(
        ("docker.io/library/{image}", "ghcr.io/me/{image}"),
        0,
        "the same is published: 1 image, 2",
    );
    let text = imported.read("kiln.kdl");
    let own = text.replace("docker.io/library/", "ghcr.io/me/");
    write(imported.folder.path(), "kiln.kdl", &own);
    imported.check(SAME, 0, "the same is published: 1 image, 2");
    imported.check(
        ("1.0, latest", "1.1, latest"),
        1,
        "does not publish `ghcr.io/me/app:1.1`",
    );
}

/// What no Dockerfile uses is left out, as bake ignores it, and does not differ.
#[test]
fn unused_settings_are_left_out() {
    let bake = r#"target "_base" {
  secret = ["id=npm,env=NPM"]
  ssh = ["default"]
}
target "java" {
  context = "j"
  tags = ["acme/java:17"]
}
target "tomcat" {
  inherits = ["_base"]
  context = "t"
  contexts = { java = "target:java" }
  tags = ["acme/tomcat:10"]
}
target "repo" {
  inherits = ["tomcat"]
  context = "r"
  contexts = { tomcat = "target:tomcat" }
  tags = ["acme/repo:1"]
}
"#;
    let imported = Imported::new(
        "bake",
        &[
            ("docker-bake.hcl", bake),
            ("j/Dockerfile", "FROM alpine\n"),
            (
                "t/Dockerfile",
                "FROM java\nRUN --mount=type=secret,id=npm --mount=type=ssh true\n",
            ),
            ("r/Dockerfile", "FROM tomcat\n"),
        ],
    );
    let manifest = imported.read("kiln.kdl");
    assert_eq!(manifest.matches("contexts ").count(), 2, "{manifest}");
    assert_eq!(manifest.matches("secret ").count(), 1, "{manifest}");
    assert_eq!(manifest.matches("ssh ").count(), 1, "{manifest}");
    imported.run("validate", 0, "no errors found");
    imported.check(SAME, 0, "the same is published: 3 images, 3 references");
    // It is used from now on.
    write(
        imported.folder.path(),
        "r/Dockerfile",
        "FROM tomcat\nCOPY --from=java /a /a\n",
    );
    imported.check(SAME, 1, "the named context `java` of `acme/repo:1` is");
}

/// What RUN steps get is compared by its value, in any spelling.
#[test]
fn options_are_compared() {
    let bake = r#"target "default" {
  tags = ["acme/a:1"]
  shm-size = "1g"
  ulimits = ["nofile=1:2", "nproc=5"]
}
"#;
    let imported = Imported::new("bake", &[("docker-bake.hcl", bake)]);
    imported.check(SAME, 0, "the same is published");
    imported.check(("\"1g\"", "\"1024m\""), 0, "the same is published");
    imported.check(("nproc=5", "nproc=5:5"), 0, "the same is published");
    imported.check(
        ("\"1g\"", "\"2g\""),
        1,
        "the setting `shm-size` of `acme/a:1` is `2g` in the file and `1g` in the manifest",
    );
    imported.check(
        ("nofile=1:2", "nofile=1:3"),
        1,
        "is `nofile=1:3, nproc=5:5` in the file and `nofile=1:2, nproc=5:5` in the manifest",
    );
    imported.check(
        ("    stage", "    attest \"sbom\"\n    stage"),
        0,
        "not compared: `attest` of the manifest",
    );
}

/// Every word of a cimg manifest that decides what is published or what it is built from.
#[test]
fn words_of_cimg_are_compared() {
    let all = "repository=go\nparent=base\nvariants=(node browsers)\nnamespace=cimg\narm64=1\nparentTags=(2026.08 2026.07)\n\
        parentSlug=on\ndefaultParentTag=2026.08\nGEN_CHECK=(1.26.1#abc 1.25.7)\n";
    let changes = [
        ("repository=go", "repository=golang", "cimg/golang:1.26.1"),
        (
            "parent=base",
            "parent=deploy",
            "`from` of `cimg/go:1.26.1-on-2026.08` is `cimg/deploy:2026.08` in the file and `cimg/base:2026.08` in the manifest",
        ),
        (
            "parent=base\n",
            "parent=base\nbase_version=2024.06\n",
            "`from` of `cimg/go:1.26.1-on-2026.08` is `cimg/base:2024.06` in the file and `cimg/base:2026.08` in the manifest",
        ),
        (
            "parent=base\n",
            "",
            "not compared, since an import leaves it out: the parent, which is not named",
        ),
        ("(node browsers)", "(node)", "browsers"),
        (
            "(node browsers)",
            "(browsers)",
            "`from` of `cimg/go:1.26.1-on-2026.08-browsers` is `cimg/go:1.26.1-on-2026.08` in the file and `cimg/go:1.26.1-on-2026.08-node` in the manifest",
        ),
        (
            "(node browsers)",
            "(node browsers more)",
            "does not publish `cimg/go:1.26.1-on-2026.08-more`",
        ),
        (
            "namespace=cimg",
            "namespace=acme",
            "the manifest does not publish `acme/go:1.26.1-on-2026.08`",
        ),
        (
            "namespace=cimg",
            "namespace=ghcr.io/cimg",
            "the manifest does not publish `ghcr.io/cimg/go:1.26.1-on-2026.08`",
        ),
        (
            "arm64=1",
            "arm64=",
            "the list of platforms of `cimg/go:1.26.1-on-2026.08`",
        ),
        ("2026.07", "2026.06", "on-2026.06"),
        ("parentSlug=on", "parentSlug=of", "of-2026.08"),
        (
            "defaultParentTag=2026.08",
            "defaultParentTag=2026.07",
            "`cimg/go:1.26.1` is `cimg/go:1.26.1-on-2026.07` in the file",
        ),
        (
            "#abc",
            "#def",
            "`param` of `cimg/go:1.26.1-on-2026.08` is `def` in the file and `abc` in the manifest",
        ),
        (
            "#abc",
            "",
            "`param` of `cimg/go:1.26.1-on-2026.08` is not set in the file and `abc` in the manifest",
        ),
        (
            "1.25.7",
            "1.25.7#x",
            "`param` of `cimg/go:1.25.7-on-2026.08` is `x` in the file and not set in the manifest",
        ),
        (
            "1.25.7",
            "1.25.8",
            "does not publish `cimg/go:1.25.8-on-2026.08`",
        ),
        (
            " 1.25.7)",
            ")",
            "the file does not publish `cimg/go:1.25.7-on-2026.08`",
        ),
        (
            "from=\"docker.io/cimg/base:",
            "from=\"docker.io/cimg/deploy:",
            "is `cimg/base:2026.08` in the file and `cimg/deploy:2026.08` in the manifest",
        ),
        (
            "from base=\"base\"",
            "context \".\"",
            "is `cimg/base:2026.08` in the file and not set in the manifest",
        ),
        (
            "param=\"abc\"",
            "param=\"def\"",
            "is `abc` in the file and `def` in the manifest",
        ),
    ];
    let imported = Imported::new("cimg", &[("manifest", all)]);
    imported.check(SAME, 0, "the same is published: 12 images");
    imported.check(("1.25.7", "v1.25.7"), 0, "the same is published");
    imported.check(
        ("namespace=cimg", "namespace=docker.io/cimg"),
        0,
        "the same is published",
    );
    imported.check(
        ("docker.io/cimg/{image}", "ghcr.io/me/{image}"),
        0,
        "the same is published",
    );
    for (from, to, said) in changes {
        imported.check((from, to), 1, said);
    }
    // The FROM of a Dockerfile counts where the manifest has none.
    write(
        imported.folder.path(),
        "1.26/2026.08/Dockerfile",
        "FROM cimg/base:2026.08\n",
    );
    let text = imported.check(
        ("from base=\"base\"", "context \".\""),
        1,
        "1.25.7-on-2026.08",
    );
    assert!(!text.contains("`cimg/go:1.26.1-on-2026.08` is"), "{text}");

    // A file that has no tag of the parent.
    let bare = "repository=go\nparent=base\nvariants=(node)\nnamespace=cimg\nGEN_CHECK=(1.26.1=lts#abc 1.25.7)\n";
    let imported = Imported::new("cimg", &[("manifest", bare)]);
    imported.check(SAME, 0, "left it out: the parent `base`\n");
    for (from, to, said) in [
        (
            "parent=base",
            "parent=deploy",
            "not compared, since an import leaves it out: the parent `deploy`",
        ),
        (
            "namespace=cimg",
            "namespace=acme",
            "does not publish `acme/go:1.26.1`",
        ),
        ("=lts", "=stable", "does not publish `cimg/go:stable`"),
        ("=lts", "", "the file does not publish `cimg/go:lts`"),
        ("#abc", "#def", "`param` of `cimg/go:1.26.1` is `def`"),
        ("GEN_CHECK", "arm64=1\nGEN_CHECK", "the list of platforms"),
        (
            "GEN_CHECK",
            "parentTags=(1)\nGEN_CHECK",
            "`cimg/go:1.26.1--1`",
        ),
    ] {
        imported.check((from, to), 1, said);
    }
}

/// An image of which all tags have changed is still compared.
#[test]
fn all_tags_have_changed() {
    let bake = "target \"app\" {\n  args = { V = \"1\" }\n  tags = [\"acme/app:1\"]\n}\n";
    let imported = Imported::new(
        "bake",
        &[
            ("docker-bake.hcl", bake),
            ("Dockerfile", "FROM scratch\nARG V\n"),
        ],
    );
    for said in [
        "the file does not publish `acme/app:1`",
        "the manifest does not publish `acme/app:2`",
    ] {
        let text = imported.check(("app:1", "app:2"), 1, said);
        assert!(!text.contains("no image of the file"), "{text}");
    }
    let both = (
        "\"1\" }\n  tags = [\"acme/app:1",
        "\"2\" }\n  tags = [\"acme/app:2",
    );
    imported.check(
        both,
        1,
        "the argument `V` of `acme/app:2` is `2` in the file",
    );
}
