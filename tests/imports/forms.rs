//! Forms of the three formats that the example fleets do not have.

use super::{facts, fleet, folder, owners, parent, rows, run};
use kiln::import::Format;
use std::collections::{BTreeMap, BTreeSet};

/// A library file from an example's facts; the order of its tags is lost, except for the first one.
fn library_file(example: &str) -> String {
    let path = super::root()
        .join("examples")
        .join(example)
        .join("expected-tags.tsv");
    let facts = std::fs::read_to_string(path).expect("the facts are there");
    let arch = |platform: &str| match platform.strip_prefix("linux/") {
        Some("arm64") => "arm64v8".to_owned(),
        Some("386") => "i386".to_owned(),
        Some(arm) => arm.replace("arm/", "arm32"),
        None => "windows-amd64".to_owned(),
    };
    let release = |line: &str| {
        let releases = [("10.0.26100", "ltsc2025"), ("10.0.20348", "ltsc2022")];
        let found = releases.iter().find(|(version, _)| line.contains(version));
        found
            .map(|(_, release)| format!("Constraints: windowsservercore-{release}\n"))
            .unwrap_or_default()
    };
    let entry = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let list = |at: usize, of: &dyn Fn(&str) -> String| {
            columns
                .get(at)
                .map(|words| {
                    words
                        .split_whitespace()
                        .map(of)
                        .collect::<Vec<_>>()
                        .join(", ")
                })
                .unwrap_or_default()
        };
        let same = |word: &str| word.to_owned();
        let (tags, shared, platforms) = (list(2, &same), list(3, &same), list(1, &arch));
        format!(
            "Tags: {tags}\nSharedTags: {shared}\nArchitectures: {platforms}\nDirectory: {}\n{}\n",
            columns[0],
            release(line)
        )
    };
    facts
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(entry)
        .collect()
}

/// Fleets of other publishers are imported with axes, and exactly.
fn check_library(example: &str) {
    let (found, notes) = run(Format::Stackbrew, example, &library_file(example));
    let found = found.expect("an import");
    insta::assert_snapshot!(format!("library_{example}"), found.manifest);
    assert!(!notes.contains("import::plain"), "{example} has no axes");
    assert_eq!(rows(&fleet(&found.manifest), folder), facts(example));
}

#[test]
fn node() {
    check_library("node");
}

#[test]
fn python() {
    check_library("python");
}

/// Imports a text; compares each image's references, sorted.
fn check(format: Format, text: &str, wanted: &[&str]) {
    let (found, notes) = run(format, "app.txt", text);
    let found = found.unwrap_or_else(|| panic!("{text}\n{notes}"));
    let fleet = fleet(&found.manifest);
    let got: BTreeSet<String> = fleet
        .variants
        .iter()
        .map(|variant| {
            let mut tags: Vec<String> = variant
                .references()
                .map(|(reference, _)| reference.familiar())
                .collect();
            tags.sort();
            let platforms: Vec<String> =
                variant.platforms.iter().map(ToString::to_string).collect();
            let kiln::matrix::Body::Dockerfile(path) = &variant.body else {
                panic!("no template is written")
            };
            let context = variant
                .context
                .as_ref()
                .map(|context| format!(" in {}", context.value))
                .unwrap_or_default();
            let args: String = variant
                .args
                .iter()
                .map(|(name, value)| format!(" {name}={value}"))
                .collect();
            format!(
                "{} | {} | {}{context}{args}",
                tags.join(" "),
                platforms.join(" "),
                path.value
            )
        })
        .collect();
    let wanted: BTreeSet<String> = wanted.iter().map(|row| (*row).to_owned()).collect();
    assert_eq!(got, wanted, "{}", found.manifest);
}

/// What no registry takes, and fields of several words, are left out with a warning; the rest is imported.
#[test]
fn library_files_with_something_odd() {
    let text = "PR Bot: x\n\nTags: 26+35, 26\nSharedTags: 2+, latest\n";
    let (found, said) = run(Format::Stackbrew, "app", text);
    let manifest = found.expect("an import").manifest;
    assert!(
        manifest.contains("26") && !manifest.contains('+'),
        "{manifest}"
    );
    assert!(said.contains("`PR Bot` is not imported"), "{said}");
    assert!(
        said.contains("warning[import::tag]: `26+35` is not a tag"),
        "{said}"
    );
    assert!(
        said.contains("and in line 4") || said.contains("`2+` is not a tag"),
        "{said}"
    );
    let text = "Tags: 1\nArchitectures: windows-amd64\nConstraints: nanoserver-9h9\n";
    let (_, said) = run(Format::Stackbrew, "app", text);
    assert!(
        said.contains("Windows release of `nanoserver-9h9` is not known"),
        "{said}"
    );
}

/// One folder for architectures with a commit each: a workspace cannot have all of these files.
#[test]
fn library_files_with_a_commit_per_architecture() {
    let of = |own: &str| {
        let text = format!(
            "amd64-GitCommit: aa\narm64v8-GitCommit: {own}\n\nTags: 1\nArchitectures: amd64, arm64v8\nDirectory: d\n"
        );
        run(Format::Stackbrew, "app", &text).1
    };
    let said = of("bb");
    assert!(
        said.contains("different commit for each architecture"),
        "{said}"
    );
    assert_eq!(said.matches("is not imported").count(), 1, "{said}");
    assert!(!of("aa").contains("import::one-folder"));
}

/// What one workspace cannot hold is said, with the lines.
#[test]
fn library_files_that_need_several_sources() {
    let entry =
        |tag: &str, commit: &str| format!("Tags: {tag}\nGitCommit: {commit}\nDirectory: d\n\n");
    let said = |text: &str| run(Format::Stackbrew, "app", text).1;
    let two = said(&format!(
        "{}{}{}",
        entry("1", "aa"),
        entry("2", "bb"),
        entry("3", "aa")
    ));
    assert!(
        two.contains("images of one Dockerfile are from different commits")
            && two.contains("and in line 5"),
        "{two}"
    );
    let one = said(&format!("{}{}", entry("1", "aa"), entry("2", "aa")));
    assert!(!one.contains("different commits"), "{one}");
    let common = said("GitRepo: r\nGitCommit: aa\n\nTags: 1\n\nTags: 2\namd64-GitCommit: bb\n");
    assert!(common.contains("different commit"), "{common}");
    let layouts = said("Tags: 1\n\nTags: 2\nBuilder: oci-import\nFile: index.json\n");
    assert!(layouts.contains("made from an OCI layout"), "{layouts}");
    assert!(!layouts.contains("--builder"), "{layouts}");
}

/// The axes that a person would write.
#[test]
fn library_files_have_axes() {
    let check = |text: &str, expect: &[&str]| {
        let (found, notes) = run(Format::Stackbrew, "app", text);
        let manifest = found.expect("an import").manifest;
        for line in expect {
            assert!(
                manifest.contains(line),
                "{line} is missing in\n{manifest}\n{notes}"
            );
        }
        assert!(!notes.contains("import::plain"), "{manifest}\n{notes}");
    };
    check(
        "Tags: 2.1.0, 2.1, 2, latest\nDirectory: a/x\n\nTags: 2.1.0-perl, 2.1-perl, 2-perl, perl\nDirectory: a/perl\n\n\
         Tags: 2.0.4, 2.0, stable\nDirectory: b/x\n\nTags: 2.0.4-perl, 2.0-perl, stable-perl\nDirectory: b/perl\n",
        &[
            "alias \"stable\"",
            "value \"perl\"",
            "tag \"{version}-{variant}\"",
        ],
    );
    check(
        "Tags: 5.0.9, 5.0, 5, latest, 5.0.9-trixie, 5.0-trixie, 5-trixie, trixie\nDirectory: 5.0\n\n\
         Tags: 4.1.12, 4.1, 4, 4.1.12-trixie, 4.1-trixie, 4-trixie\nDirectory: 4.1\n",
        &[
            "value \"trixie\" default",
            "dockerfile \"{version.minor}/Dockerfile\"",
        ],
    );
    check(
        "Tags: latest, 2, 2.1, 2.1.0\nDirectory: 2\n\nTags: 1, 1.9, 1.9.3\nDirectory: 1\n",
        &["value \"2.1.0\"", "rungs=\"full minor major none\""],
    );
}

#[test]
fn library_files() {
    let check = |text: &str, wanted: &[&str]| check(Format::Stackbrew, text, wanted);
    check("Tags: latest\n", &["app:latest | linux/amd64 | Dockerfile"]);
    check(
        "Tags: 1.0,1.0, 1 , latest\nDirectory: ./a//b\nFile: x/Dockerfile.b",
        &["app:1 app:1.0 app:latest | linux/amd64 | a/b/x/Dockerfile.b in a/b"],
    );
    // The first paragraph holds defaults, a paragraph overrides them, and lists may continue on further lines.
    check(
        "Architectures: arm64v8\nDirectory: d\r\n\r\n# c\ntags: a,\n  b\n\nTags: c\nArchitectures: i386\n",
        &[
            "app:a app:b | linux/arm64 | d/Dockerfile",
            "app:c | linux/386 | d/Dockerfile",
        ],
    );
    // The longest version names the image, wherever it stands.
    check(
        "Tags: latest, 2, 2.1, 2.1.0\n\nTags: 2.0, lts, 2.0.7\nDirectory: old\n",
        &[
            "app:2 app:2.1 app:2.1.0 app:latest | linux/amd64 | Dockerfile",
            "app:2.0 app:2.0.7 app:lts | linux/amd64 | old/Dockerfile",
        ],
    );
    // A Dockerfile for each architecture: the images share their tags.
    check(
        "Architectures: amd64, arm64v8\namd64-Directory: x\narm64v8-Directory: y\n\nTags: 1, latest\n\nTags: 0\nArchitectures: amd64\n",
        &[
            "app:0 | linux/amd64 | x/Dockerfile",
            "app:1 app:latest | linux/amd64 | x/Dockerfile",
            "app:1 app:latest | linux/arm64 | y/Dockerfile",
        ],
    );
    // Without an axis, every tag is written out.
    check(
        "Tags: one, x\nDirectory: 1{a}\n\nTags: two, y\nDirectory: 2\n",
        &[
            "app:one app:x | linux/amd64 | 1{a}/Dockerfile",
            "app:two app:y | linux/amd64 | 2/Dockerfile",
        ],
    );
    // A version alone, with a variant of another name.
    check(
        "Tags: 8.2.1, 8.2, latest, 8.2.1-bookworm, bookworm\nDirectory: 8.2/debian\n\nTags: 8.2.1-alpine, 8.2-alpine, alpine\nDirectory: 8.2/alpine\n",
        &[
            "app:8.2 app:8.2.1 app:8.2.1-bookworm app:bookworm app:latest | linux/amd64 | 8.2/debian/Dockerfile",
            "app:8.2-alpine app:8.2.1-alpine app:alpine | linux/amd64 | 8.2/alpine/Dockerfile",
        ],
    );
    // A shared tag in the plain form.
    check(
        "Tags: a, b\nSharedTags: s\n\nTags: c\nSharedTags: s\nArchitectures: windows-amd64\nConstraints: x-ltsc2022\n",
        &[
            "app:a app:b app:s | linux/amd64 | Dockerfile",
            "app:c app:s | windows(10.0.20348)/amd64 | Dockerfile",
        ],
    );
}

#[test]
fn cimg_manifests() {
    let check = |text: &str, wanted: &[&str]| check(Format::Cimg, text, wanted);
    let head = "#!/usr/bin/env bash\n\nrepository=node\nparent=base\nnamespace='cimg'\n";
    // cimg-node, according to its facts.
    let text =
        format!("{head}variants=(browsers)\narm64=1\nGEN_CHECK=(26.3.1 v24.17.0=lts 22.23.0)\n");
    let (found, _) = run(Format::Cimg, "manifest", &text);
    let found = fleet(&found.expect("an import").manifest);
    let own: Vec<_> = rows(&found, parent)
        .into_iter()
        .map(|(_, platforms, tags, shared)| (platforms, tags, shared))
        .collect();
    let facts: Vec<_> = facts("cimg-node")
        .into_iter()
        .map(|(_, platforms, tags, shared)| (platforms, tags, shared))
        .collect();
    assert_eq!(
        own.into_iter().collect::<BTreeSet<_>>(),
        facts.into_iter().collect()
    );
    check(
        &format!("{head}GEN_CHECK=(1.2 1.1.5)"),
        &[
            "cimg/node:1.2 | linux/amd64 | 1.2/Dockerfile in .",
            "cimg/node:1.1 cimg/node:1.1.5 | linux/amd64 | 1.1/Dockerfile in .",
        ],
    );
    // A pre-release has `X.Y` if nothing is newer.
    check(
        &format!("{head}export GEN_CHECK=(\n  \"2.0.0-rc1\" # soon\n  1.9.0\n)\nvariants=()"),
        &[
            "cimg/node:2.0 cimg/node:2.0.0-rc1 | linux/amd64 | 2.0/Dockerfile in .",
            "cimg/node:1.9 cimg/node:1.9.0 | linux/amd64 | 1.9/Dockerfile in .",
        ],
    );
    // Two versions of one series share a folder, as in cimg's own script.
    check(
        &format!("{head}GEN_CHECK=(1.9.1 1.9.0)"),
        &[
            "cimg/node:1.9 cimg/node:1.9.1 | linux/amd64 | 1.9/Dockerfile in .",
            "cimg/node:1.9.0 | linux/amd64 | 1.9/Dockerfile in .",
        ],
    );
}

/// cimg's scripts tag images as `$namespace/$repository`: what that means to Docker is what is published.
#[test]
fn namespaces_of_cimg() {
    for (namespace, workspace, home) in [
        ("acme", "acme", "docker.io/acme"),
        ("docker.io/acme", "acme", "docker.io/acme"),
        ("ghcr.io/acme", "acme", "ghcr.io/acme"),
        ("ghcr.io/acme/ci", "acme-ci", "ghcr.io/acme/ci"),
        ("localhost:5000", "go", "localhost:5000"),
        (
            "1234.dkr.ecr.eu-west-1.amazonaws.com",
            "go",
            "1234.dkr.ecr.eu-west-1.amazonaws.com",
        ),
    ] {
        let text = format!(
            "namespace={namespace}\nrepository=go\nparent=base\nparentTags=(1 2)\ndefaultParentTag=1\nparentSlug=on\nGEN_CHECK=(1.2.3)\n"
        );
        let (found, notes) = run(Format::Cimg, "manifest", &text);
        let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
        let head = format!(
            "workspace \"{workspace}\" {{\n    publish \"{home}/{{image}}\"\n    stage \"{home}/kiln-stage\"\n"
        );
        assert!(manifest.contains(&head), "{manifest}");
        let base = format!("from=\"{home}/base:{{parent}}\"");
        assert!(manifest.contains(&base), "{manifest}");
        let found = fleet(&manifest);
        let first = found.variants.iter().next().map(|one| one.references());
        let first = first.and_then(|mut all| all.next());
        let first = first.map(|(one, _)| one.to_string());
        assert_eq!(first, Some(format!("{home}/go:1.2.3-on-1")), "{manifest}");
    }
}

/// What the parent's tag is: one of `parentTags`, or the one that `base_version` names.
#[test]
fn the_parent_of_a_cimg_manifest() {
    let head = "namespace=cimg\nrepository=elixir\nparent=base\nGEN_CHECK=(1.18.2)\n";
    let tags = "parentTags=(26.2.3 27.2.2)\nparentSlug=";
    let assumed =
        "`parentTags` are assumed to be tags of `base`, although `parentSlug` is `erlang`";
    for (rest, base, said) in [
        (format!("{tags}base"), "base:{parent}", None),
        (format!("{tags}erlang"), "base:{parent}", Some(assumed)),
        (
            format!("{tags}erlang\nbase_version=2024.06"),
            "base:2024.06",
            None,
        ),
        (String::from("base_version=2024.06"), "base:2024.06", None),
    ] {
        let text = format!("{head}{rest}\n");
        let (found, notes) = run(Format::Cimg, "manifest", &text);
        let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
        let base = format!("base \"base\" from=\"docker.io/cimg/{base}\"");
        assert!(manifest.contains(&base), "{manifest}");
        assert!(manifest.contains("from base=\"base\""), "{manifest}");
        match said {
            Some(said) => assert!(notes.contains(said), "{notes}"),
            None => assert_eq!(notes, "", "{manifest}"),
        }
    }
}

/// Versions of one series share a folder, and a folder makes one version.
#[test]
fn versions_of_one_folder_of_cimg() {
    let text = "repository=mysql\nGEN_CHECK=(9.4.0 8.4.6 8.4.5 8.4.0)\n";
    let (found, notes) = run(Format::Cimg, "manifest", text);
    assert!(found.is_some(), "{notes}");
    let said = "`8.4.6`, `8.4.5` and `8.4.0` are built from one folder, 8.4,";
    assert!(
        notes.contains("import::one-folder") && notes.contains(said),
        "{notes}"
    );
    assert!(!notes.contains("`9.4.0`"), "{notes}");
}

#[test]
fn bake_files() {
    let check = |text: &str, wanted: &[&str]| check(Format::Bake, text, wanted);
    check(
        "target \"a\" { tags = [\"x/a\"] }",
        &["x/a:latest | linux/amd64 | Dockerfile"],
    );
    check(
        r#"variable "V" { default = "1.2" }
           function "f" {
             params = [x]
             result = x
           }
           target "_base" {
             platforms = ["linux/arm64"]
             args = { A = "1", B = "{b}" }
             labels = { l = "x" }
           }
           target "app" {
             inherits = ["_base"]
             context = "./src"
             dockerfile = "docker/app"
             args = { A = upper("v${V}"), C = null, N = 4 }
             tags = ["x/app:${V}", "y.io/app:${V}", "x/app:${replace(V, ".", "-")}", "y.io/app:${replace(V, ".", "-")}"]
           }"#,
        &[
            "x/app:1-2 x/app:1.2 y.io/app:1-2 y.io/app:1.2 | linux/arm64 | src/docker/app in src A=V1.2 B={b} N=4",
        ],
    );
    // A variable that only repositories have is declared, too.
    check(
        "R = \"x.io/t\"\ntarget \"a\" { tags = [\"${R}/a:1\"] }\ntarget \"b\" { tags = [\"${R}/b:2\"] }\n",
        &[
            "x.io/t/a:1 | linux/amd64 | Dockerfile",
            "x.io/t/b:2 | linux/amd64 | Dockerfile",
        ],
    );
    // Different tags in different repositories are several images.
    check(
        r#"target "a" { tags = ["x/a:1", "y/a:1", "x/b:2"] }"#,
        &[
            "x/a:1 y/a:1 | linux/amd64 | Dockerfile",
            "x/b:2 | linux/amd64 | Dockerfile",
        ],
    );
    // What cannot be evaluated is left out; the rest is imported.
    let known = "target \"b\" { tags = [\"x/b:1\"] }\n";
    for unknown in [
        "tags = [unknown]",
        "tags = [f(1)]",
        "context = \"https://x/y.git\"\n tags = [\"x/c\"]",
        "tags = [\"x/a@b\"]",
        "tags = \"x/a\"",
    ] {
        check(
            &format!("{known}target \"a\" {{\n{unknown}\n}}\n"),
            &["x/b:1 | linux/amd64 | Dockerfile"],
        );
    }
    check(
        r#"{"variable": {"T": {"default": "7"}}, "target": {"app": {"tags": ["x/app:${T}"], "args": {"A": "%%{b}", "N": 3}, "platforms": ["linux/386"]}}}"#,
        &["x/app:7 | linux/386 | Dockerfile A=%{b} N=3"],
    );
    check(
        "target \"a\" {\n  tags = [for t in [\"1\", \"2\"] : \"x/a:${t}\"]\n}\ntarget \"a\" {\n  platforms = [\"linux/s390x\"]\n}\n",
        &["x/a:1 x/a:2 | linux/s390x | Dockerfile"],
    );
    check(
        "target \"a\" {\n  matrix = { v = [\"1\"] }\n  tags = [\"x/a:${v}\"]\n}\n",
        &["x/a:1 | linux/amd64 | Dockerfile"],
    );
}

/// A matrix whose values are in the tags becomes axes; variables stay variables.
#[test]
fn a_matrix_becomes_axes() {
    let text = r#"
        REG = "x.io/team"
        target "app" {
          name = "app-${v.os}-${replace(tag, ".", "-")}"
          matrix = { tag = ["1.0", "2.0"], v = [{ os = "trixie", from = "debian:{13}" }, { os = "noble", from = "ubuntu" }] }
          dockerfile = "${v.os}/Dockerfile"
          platforms = ["linux/amd64", "linux/arm64"]
          tags = ["${REG}/app:${tag}-${v.os}", "${REG}/app:${v.os}-${tag}"]
          args = { FROM = v.from, REG = REG }
        }"#;
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let found = found.expect("an import");
    insta::assert_snapshot!("bake_axes", format!("{}\n{notes}", found.manifest));
    assert_eq!(owners(&fleet(&found.manifest)).len(), 8);
}

/// What differs is in a `when` for whole values of an axis; the most frequent platforms are those of all.
#[test]
fn settings_of_some_variants() {
    let check = |format: Format, text: &str, lines: &[&str]| {
        let (found, notes) = run(format, "app.txt", text);
        let manifest = found.expect("an import").manifest;
        let missing = lines.iter().find(|line| !manifest.contains(**line));
        assert_eq!(missing, None, "{manifest}\n{notes}");
    };
    check(
        Format::Stackbrew,
        "Tags: 8.2.0\nDirectory: debian\nArchitectures: amd64, i386\n\nTags: 8.2.0-alpine\nDirectory: alpine\n\n\
         Tags: 8.0.3\nDirectory: debian\nArchitectures: amd64, i386\n\nTags: 8.0.3-alpine\nDirectory: alpine\n",
        &[
            "    dockerfile \"{variant}/Dockerfile\"\n",
            "    platforms \"linux/amd64\" \"linux/386\"\n",
            "    when variant=\"alpine\" { platforms \"linux/amd64\"; }\n",
        ],
    );
    check(
        Format::Bake,
        r#"R = "x.io"
           target "app" {
             name = "app-${v.name}"
             matrix = { v = [{ name = "1", on = "amd64" }, { name = "2", on = "arm64" }] }
             platforms = ["linux/${v.on}"]
             tags = ["${R}/app:${v.name}"]
           }"#,
        &[
            "    platforms \"linux/amd64\"\n",
            "    when v=\"2\" { platforms \"linux/arm64\"; }\n",
        ],
    );
}

/// A Dockerfile in the file follows its parent to the registry of the variable.
#[test]
fn inline_parents_follow_variables() {
    let text = super::input("fleet9.hcl");
    let (found, _) = run(Format::Bake, "fleet9.hcl", &text);
    let found = found.expect("an import");
    let files: BTreeMap<&str, &str> = found
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.text.as_str()))
        .collect();
    assert!(
        files["dockerfiles/lang-lua.Dockerfile"]
            .starts_with("ARG REG=127.0.0.1:5000/fleet\nFROM ${REG}/core:1.0\n"),
        "{files:?}"
    );
    // Once for each of the two matrices.
    assert_eq!(found.manifest.matches("arg REG=\"{var:REG}\"").count(), 2);
}

/// Two targets that build two stages of one Dockerfile are two images, not one image with two names.
#[test]
fn bake_stages() {
    let text = "target \"agent\" {\n  target = \"agent\"\n  tags = [\"acme/agent:1\"]\n}\ntarget \"inbound\" {\n  target = \"in\"\n  tags = [\"acme/inbound:1\"]\n}\ntarget \"all\" {\n  tags = [\"acme/all:1\"]\n}\n";
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.expect("an import").manifest;
    let stages = fleet(&manifest);
    let stages = stages
        .variants
        .iter()
        .map(|variant| (variant.image.as_str(), variant.build.target.as_deref()));
    let stages: Vec<_> = stages.collect();
    assert_eq!(
        stages,
        [
            ("agent", Some("agent")),
            ("inbound", Some("in")),
            ("all", None)
        ]
    );
    assert!(!notes.contains("`target`"), "{notes}");
}

/// Named contexts come over as `contexts`; what has no place there is said.
#[test]
fn bake_contexts() {
    let check = |contexts: &str, more: &str, lines: &[&str], notes: &[&str]| {
        let text = format!(
            "target \"app\" {{\n  tags = [\"acme/app:1\"]\n  contexts = {{ {contexts} }}\n  {more}\n}}\n\
             R = \"x.io\"\ntarget \"core\" {{\n  tags = [\"${{R}}/core:1.0\"]\n}}\ntarget \"none\" {{\n}}\n"
        );
        let (found, said) = run(Format::Bake, "docker-bake.hcl", &text);
        let found = found.unwrap_or_else(|| panic!("{contexts}: {said}"));
        let written = found.manifest.lines().map(str::trim);
        let written: Vec<&str> = written
            .filter(|line| line.starts_with("contexts"))
            .collect();
        assert_eq!(written, lines, "{contexts}\n{}", found.manifest);
        let is_about = |line: &&str| line.contains("the context `");
        let said: Vec<&str> = said.lines().filter(is_about).collect();
        let fits = said
            .iter()
            .zip(notes)
            .all(|(said, note)| said.contains(note));
        assert!(said.len() == notes.len() && fits, "{contexts}\n{said:#?}");
        found
    };
    let one = |contexts: &str, line: &str| drop(check(contexts, "", &[line], &[]));
    one(
        r#"helpers = "./helpers""#,
        r#"contexts "helpers" "./helpers""#,
    );
    one(
        r#"helpers = "helpers""#,
        r#"contexts "helpers" "./helpers""#,
    );
    one(
        r#"helpers = "cwd://a/./b""#,
        r#"contexts "helpers" "./a/b""#,
    );
    one(r#"all = ".""#, r#"contexts "all" ".""#);
    one(
        r#""alpine:3" = "docker-image://alpine:3.20""#,
        r#"contexts "alpine:3" "alpine:3.20""#,
    );
    // A name alone would be the image of the manifest.
    one(
        r#"x = "docker-image://core""#,
        r#"contexts "x" "core:latest""#,
    );
    one(r#"x = "target:core""#, r#"contexts "x" "{var:R}/core:1.0""#);
    // Variables stay in images and folders.
    one(
        r#"x = "docker-image://${R}/os:1""#,
        r#"contexts "x" "{var:R}/os:1""#,
    );
    one(
        r#"x = "docker-image://${R}/os""#,
        r#"contexts "x" "{var:R}/os:latest""#,
    );
    one(
        r#"x = "docker-image://scratch""#,
        r#"contexts "x" "scratch""#,
    );
    one(r#"x = "./f/${R}""#, r#"contexts "x" "./f/{var:R}""#);
    let left = |contexts: &str| drop(check(contexts, "", &[], &["is not imported"]));
    for elsewhere in [
        "https://example.org/x.git#main",
        "git@example.org:x.git",
        "github.com/acme/x",
        "oci-layout:///x",
        "../outside",
        "/absolute",
        "target:nowhere",
    ] {
        left(&format!("x = \"{elsewhere}\""));
    }
    left(r#""A B" = "./x""#);
    // Each of several, and those of a matrix by its values.
    check(
        r#"a = "./a", b = "https://x/y.git", c = "docker-image://c:1""#,
        "",
        &[r#"contexts "a" "./a""#, r#"contexts "c" "c:1""#],
        &["the context `b`"],
    );
    // In a Dockerfile inside the file, an image has its own name already; a stage and a folder have not.
    let inline = r#"dockerfile-inline = "FROM core\nFROM scratch AS build\nFROM a\nCOPY --from=build /x /x\nCOPY --from=kit /k /k\n""#;
    let found = check(
        r#"core = "target:core", a = "docker-image://a:1", build = "docker-image://b:2", kit = "./kit""#,
        inline,
        &[r#"contexts "build" "b:2""#, r#"contexts "kit" "./kit""#],
        &[],
    );
    assert!(
        found.files[0].text.contains("FROM ${R}/core:1.0\n"),
        "{:?}",
        found.files
    );
    assert!(
        found.files[0].text.contains("FROM a:1\n"),
        "{:?}",
        found.files
    );
}

/// A context of another target makes that one a parent.
#[test]
fn a_context_of_a_target_is_a_parent() {
    let text = "target \"core\" { tags = [\"acme/core:1\"] }\ntarget \"app\" {\n  contexts = { base = \"target:core\" }\n  tags = [\"acme/app:1\"]\n}\n";
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.expect("an import").manifest;
    assert!(
        manifest.contains("contexts \"base\" \"acme/core:1\"") && !manifest.contains("    from "),
        "{manifest}"
    );
    assert!(!notes.contains("context"), "{notes}");
    let app = fleet(&manifest);
    let app = app.variants.iter().find(|variant| variant.image == "app");
    assert_eq!(app.map(|app| app.contexts.len()), Some(1));
}

/// Tags that are equal today differ with another value of a variable.
#[test]
fn equal_tags_of_a_target_stay() {
    let text = "variable \"TAG\" { default = \"latest\" }\ntarget \"app\" { tags = [\"acme/app:${TAG}\", \"acme/app:latest\", \"acme/app:latest\"] }\n";
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.expect("an import").manifest;
    for tag in ["tag \"{var:TAG}\"", "tag \"latest\""] {
        assert_eq!(manifest.matches(tag).count(), 1, "{manifest}\n{notes}");
    }
}

/// What is written out although a variable decides it is reported.
/// Of a key that an object has again, the last value counts, and the line is named.
#[test]
fn repeated_keys() {
    for (args, wanted, place) in [
        ("{ A = \"1\", A = \"2\" }", "arg A=\"2\"", "3:21"),
        (
            "{ A = \"1\", B = \"x\", A = \"2\", A = \"3\" }",
            "arg A=\"3\"",
            "3:30",
        ),
        ("{\n \"A\" = \"1\"\n \"A\" : \"2\"\n}", "arg A=\"2\"", "5:2"),
        ("{ (K) = \"1\", (K) = \"2\" }", "arg A=\"2\"", "3:23"),
        (
            "{ \"${K}:\" = \"0\", A = \"1\", A = K }",
            "arg A=\"{var:K}\"",
            "3:36",
        ),
    ] {
        let text = format!(
            "variable \"K\" {{ default = \"A\" }}\ntarget \"a\" {{\n  args = {args}\n  tags = [\"x/a:1\"]\n}}\n"
        );
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
        let manifest = found.unwrap_or_else(|| panic!("{text}\n{notes}")).manifest;
        assert!(manifest.contains(wanted), "{text}\n{manifest}");
        let said = "import::repeated]: an object has a key twice: its last value counts";
        assert!(notes.contains(said), "{notes}");
        assert!(
            notes.contains(&format!("docker-bake.hcl:{place}")),
            "{text}\n{notes}"
        );
    }
}

#[test]
fn variables_that_are_written_out_are_reported() {
    for setting in [
        "contexts = { base = \"target:${V}\" }",
        "extra-hosts = { h = \"::${V}\" }",
        "inherits = [V]",
    ] {
        let text = format!(
            "variable \"V\" {{ default = \"386\" }}\ntarget \"386\" {{ tags = [\"acme/386:1\"] }}\ntarget \"app\" {{\n  {setting}\n  tags = [\"acme/app:x${{V}}\"]\n}}\n"
        );
        let (_, notes) = run(Format::Bake, "docker-bake.hcl", &text);
        assert!(notes.contains("import::fixed"), "{setting}\n{notes}");
    }
}
