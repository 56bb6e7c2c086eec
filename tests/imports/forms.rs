//! Forms of library files and of cimg's manifests that the example fleets do not have.

use super::{facts, fleet, folder, parent, rows, run};
use kiln::import::Format;
use std::collections::BTreeSet;

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
pub(super) fn check(format: Format, text: &str, wanted: &[&str]) {
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
    let text = "Tags: 1\nArchitectures: amd64, loong64\nDirectory: a\n\nTags: 2\nArchitectures: loong64\nDirectory: b\n";
    let (found, said) = run(Format::Stackbrew, "app", text);
    let manifest = found.unwrap_or_else(|| panic!("{said}")).manifest;
    for wanted in [
        "the architecture `loong64` is left out",
        "an entry without a known architecture is not imported",
    ] {
        assert!(said.contains(wanted), "{said}");
    }
    assert!(
        manifest.contains("a/Dockerfile") && !manifest.contains("b/Dockerfile"),
        "{manifest}"
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
