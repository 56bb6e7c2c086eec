//! A version that comes later is one line of the manifest: what that publishes is what the file with the version says.

use super::run;
use kiln::import::{Format, Input, compare};
use kiln::line;
use kiln::matrix::{Fleet, Inputs};
use kiln::text::{Diagnostics, Sources, show};

/// The file of these entries: tags, folder, and architectures beside `amd64` if there are any.
fn file(entries: &[&str]) -> String {
    let entry = |entry: &&str| {
        let mut parts = entry.split(" | ");
        let mut part = || parts.next().unwrap_or_default();
        let (tags, folder) = (part(), part());
        // Images of one folder differ by commit.
        let commit = tags.split(['-', ',']).next().unwrap_or_default();
        let field = match part() {
            "" => String::new(),
            others => format!("Architectures: amd64, {others}\n"),
        };
        format!("Tags: {tags}\n{field}Directory: {folder}\nGitCommit: {commit}\n")
    };
    entries.iter().map(entry).collect::<Vec<_>>().join("\n")
}

/// What a manifest makes; it may have warnings, such as about rungs that no image has.
fn fleet(text: &str) -> Fleet {
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let document = line::document(text, &mut sources, &mut out);
    let fleet = line::fleet(&[document], &Inputs::default(), &mut sources, &mut out);
    assert!(
        !out.has_errors(),
        "{text}\n{}",
        show::text(&out, &sources, false)
    );
    fleet.expect("a fleet")
}

/// The first entries are those of the file; the second ones are in the file when `value` is on a line of its own before
/// the axis' first.
#[track_caller]
fn check(before: &[&str], value: &str, after: &[&str]) {
    let (found, notes) = run(Format::Stackbrew, "app", &file(before));
    let manifest = found.expect("an import").manifest;
    assert!(!notes.contains("import::plain"), "{notes}");
    let text = manifest.replacen("value ", &format!("value \"{value}\"\n        value "), 1);
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let whole = file(after);
    let input = Input {
        source: sources.add("app", &*whole),
        text: &whole,
        name: "app",
    };
    let compared = compare(
        Format::Stackbrew,
        &[input],
        &[],
        &kiln::import::With {
            fleet: &fleet(&text),
            dockerfiles: &|_| None,
            texts: vec![&text],
        },
        &mut out,
    );
    assert!(
        compared.is_some() && out.is_empty(),
        "{text}\n{}",
        show::text(&out, &sources, false)
    );
    assert_eq!(compared.map(|all| all.common), Some(after.len()), "{text}");
}

/// A default that older versions do not have: the new version has it as the newest.
#[test]
fn what_the_newest_version_has() {
    check(
        &[
            "2.1.0-alpine, 2.1-alpine, alpine, 2.1.0, 2.1, latest | alpine",
            "2.1.0-ubuntu, 2.1-ubuntu, ubuntu | ubuntu",
            "2.0.4-alpine, 2.0.4, 2.0 | alpine",
            "2.0.4-ubuntu, 2.0-ubuntu | ubuntu",
            "1.5.1-alpine, 1.5.1, 1.5 | alpine",
            "1.5.1-ubuntu, 1.5-ubuntu | ubuntu",
        ],
        "2.2.0",
        &[
            "2.2.0-alpine, 2.2-alpine, alpine, 2.2.0, 2.2, latest | alpine",
            "2.2.0-ubuntu, 2.2-ubuntu, ubuntu | ubuntu",
            "2.1.0-alpine, 2.1-alpine, 2.1.0, 2.1 | alpine",
            "2.1.0-ubuntu, 2.1-ubuntu | ubuntu",
            "2.0.4-alpine, 2.0.4, 2.0 | alpine",
            "2.0.4-ubuntu, 2.0-ubuntu | ubuntu",
            "1.5.1-alpine, 1.5.1, 1.5 | alpine",
            "1.5.1-ubuntu, 1.5-ubuntu | ubuntu",
        ],
    );
    // A platform and a variant that only the newest two have.
    check(
        &[
            "3.2.0, 3.2, latest | 3.2 | riscv64",
            "3.2.0-slim, 3.2-slim, slim | 3.2/slim | riscv64",
            "3.1.7, 3.1 | 3.1 | riscv64",
            "3.1.7-slim, 3.1-slim | 3.1/slim | riscv64",
            "3.0.9, 3.0 | 3.0",
            "2.9.8, 2.9 | 2.9",
        ],
        "3.3.0",
        &[
            "3.3.0, 3.3, latest | 3.3 | riscv64",
            "3.3.0-slim, 3.3-slim, slim | 3.3/slim | riscv64",
            "3.2.0, 3.2 | 3.2 | riscv64",
            "3.2.0-slim, 3.2-slim | 3.2/slim | riscv64",
            "3.1.7, 3.1 | 3.1 | riscv64",
            "3.1.7-slim, 3.1-slim | 3.1/slim | riscv64",
            "3.0.9, 3.0 | 3.0",
            "2.9.8, 2.9 | 2.9",
        ],
    );
}

/// One old version has other platforms, in one variant.
#[test]
fn platforms_of_an_exception() {
    check(
        &[
            "2.1.3, 2.1, latest | 2.1 | arm32v5",
            "2.1.3-alpine, 2.1-alpine, alpine | 2.1/alpine | arm32v6, arm32v7",
            "2.0.13, 2.0 | 2.0 | arm32v5",
            "2.0.13-alpine, 2.0-alpine | 2.0/alpine | arm32v6, arm32v7",
            "1.6.15, 1.6 | 1.6 | arm32v5",
            "1.6.15-alpine, 1.6-alpine | 1.6/alpine | arm32v6",
        ],
        "2.2.1",
        &[
            "2.2.1, 2.2, latest | 2.2 | arm32v5",
            "2.2.1-alpine, 2.2-alpine, alpine | 2.2/alpine | arm32v6, arm32v7",
            "2.1.3, 2.1 | 2.1 | arm32v5",
            "2.1.3-alpine, 2.1-alpine | 2.1/alpine | arm32v6, arm32v7",
            "2.0.13, 2.0 | 2.0 | arm32v5",
            "2.0.13-alpine, 2.0-alpine | 2.0/alpine | arm32v6, arm32v7",
            "1.6.15, 1.6 | 1.6 | arm32v5",
            "1.6.15-alpine, 1.6-alpine | 1.6/alpine | arm32v6",
        ],
    );
}

/// `latest` of one variant, and a word before all versions that is `latest`, too.
#[test]
fn names_of_the_latest() {
    check(
        &[
            "2.7.0, 2.7, latest | 2.7.0",
            "2.7.0-jre17, 2.7-jre17 | 2.7.0-jre17",
            "2.6.4, 2.6 | 2.6.4",
            "2.6.4-jre17, 2.6-jre17 | 2.6.4-jre17",
        ],
        "2.8.0",
        &[
            "2.8.0, 2.8, latest | 2.8.0",
            "2.8.0-jre17, 2.8-jre17 | 2.8.0-jre17",
            "2.7.0, 2.7 | 2.7.0",
            "2.7.0-jre17, 2.7-jre17 | 2.7.0-jre17",
            "2.6.4, 2.6 | 2.6.4",
            "2.6.4-jre17, 2.6-jre17 | 2.6.4-jre17",
        ],
    );
    check(
        &[
            "7.2.0, enterprise-7.2.0, enterprise, latest | 7.2.0",
            "7.1.4, enterprise-7.1.4 | 7.1.4",
        ],
        "7.3.0",
        &[
            "7.3.0, enterprise-7.3.0, enterprise, latest | 7.3.0",
            "7.2.0, enterprise-7.2.0 | 7.2.0",
            "7.1.4, enterprise-7.1.4 | 7.1.4",
        ],
    );
}

/// Folders that are called like the major version, which all versions have in common.
#[test]
fn folders_of_one_series() {
    check(
        &[
            "5.104.1, 5.104, 5, latest | 5/debian",
            "5.104.1-alpine, 5.104-alpine, 5-alpine, alpine | 5/alpine | arm64v8",
        ],
        "6.0.0",
        &[
            "6.0.0, 6.0, 6, latest | 6/debian",
            "6.0.0-alpine, 6.0-alpine, 6-alpine, alpine | 6/alpine | arm64v8",
            "5.104.1, 5.104, 5 | 5/debian",
            "5.104.1-alpine, 5.104-alpine, 5-alpine | 5/alpine | arm64v8",
        ],
    );
    check(
        &["4.2.1, 4.2, latest | v/4", "4.1.8, 4.1 | v/4"],
        "5.0.0",
        &[
            "5.0.0, 5.0, latest | v/5",
            "4.2.1, 4.2 | v/4",
            "4.1.8, 4.1 | v/4",
        ],
    );
}

/// A variant that only older versions have.
#[test]
fn a_variant_that_has_ended() {
    check(
        &[
            "8.1.0, 8.1, latest | 8.1",
            "8.0.4, 8.0 | 8.0",
            "7.4.13, 7.4 | 7.4",
            "7.4.13-stretch, 7.4-stretch | 7.4/stretch",
            "7.3.25, 7.3 | 7.3",
            "7.3.25-stretch, 7.3-stretch | 7.3/stretch",
        ],
        "8.2.0",
        &[
            "8.2.0, 8.2, latest | 8.2",
            "8.1.0, 8.1 | 8.1",
            "8.0.4, 8.0 | 8.0",
            "7.4.13, 7.4 | 7.4",
            "7.4.13-stretch, 7.4-stretch | 7.4/stretch",
            "7.3.25, 7.3 | 7.3",
            "7.3.25-stretch, 7.3-stretch | 7.3/stretch",
        ],
    );
}

/// A tag that only the newest version has: `latest` of one kind of images, and a major version that is a new series.
#[test]
fn tags_of_the_newest() {
    check(
        &[
            "17.0.2-jdk-jammy, 17-jdk-jammy, 17-jammy | 17/jdk/jammy",
            "17.0.2-jre-jammy, 17-jre-jammy | 17/jre/jammy",
            "21.0.4-jdk-noble, 21-jdk-noble, 21-noble, latest | 21/jdk/noble",
            "21.0.4-jre-noble, 21-jre-noble | 21/jre/noble",
            "21.0.4-jdk-alpine, 21-jdk-alpine, 21-alpine | 21/jdk/alpine",
            "21.0.4-jre-alpine, 21-jre-alpine | 21/jre/alpine",
        ],
        "22.0.1",
        &[
            "17.0.2-jdk-jammy, 17-jdk-jammy, 17-jammy | 17/jdk/jammy",
            "17.0.2-jre-jammy, 17-jre-jammy | 17/jre/jammy",
            "21.0.4-jdk-noble, 21-jdk-noble, 21-noble | 21/jdk/noble",
            "21.0.4-jre-noble, 21-jre-noble | 21/jre/noble",
            "21.0.4-jdk-alpine, 21-jdk-alpine, 21-alpine | 21/jdk/alpine",
            "21.0.4-jre-alpine, 21-jre-alpine | 21/jre/alpine",
            "22.0.1-jdk-noble, 22-jdk-noble, 22-noble, latest | 22/jdk/noble",
            "22.0.1-jre-noble, 22-jre-noble | 22/jre/noble",
            "22.0.1-jdk-alpine, 22-jdk-alpine, 22-alpine | 22/jdk/alpine",
            "22.0.1-jre-alpine, 22-jre-alpine | 22/jre/alpine",
        ],
    );
    check(
        &[
            "8.0.0, 8.0, 8, latest | 8.0",
            "8.0.0-alpine, 8.0-alpine, 8-alpine, alpine | 8.0/alpine",
            "7.7.3, 7.7 | 7.7",
            "7.7.3-alpine, 7.7-alpine | 7.7/alpine",
            "6.0.16, 6.0 | 6.0",
        ],
        "8.1.0",
        &[
            "8.1.0, 8.1, 8, latest | 8.1",
            "8.1.0-alpine, 8.1-alpine, 8-alpine, alpine | 8.1/alpine",
            "8.0.0, 8.0 | 8.0",
            "8.0.0-alpine, 8.0-alpine | 8.0/alpine",
            "7.7.3, 7.7 | 7.7",
            "7.7.3-alpine, 7.7-alpine | 7.7/alpine",
            "6.0.16, 6.0 | 6.0",
        ],
    );
}

/// Folders that have the series and the version, and those of a label that only the newest version has.
#[test]
fn folders_of_the_newest() {
    check(
        &[
            "5.2.9-py38, 5.2-py38, 5-py38, py38, 5.2.9, 5.2, 5, latest | 5.2/5.2.9/debian",
            "5.2.8-py38, 5.2.8 | 5.2/5.2.8/debian",
        ],
        "5.3.0",
        &[
            "5.3.0-py38, 5.3-py38, 5-py38, py38, 5.3.0, 5.3, 5, latest | 5.3/5.3.0/debian",
            "5.2.9-py38, 5.2-py38, 5.2.9, 5.2 | 5.2/5.2.9/debian",
            "5.2.8-py38, 5.2.8 | 5.2/5.2.8/debian",
        ],
    );
    check(
        &[
            "3.2.20, 3.2, latest | release/3.2.x/3.2.20",
            "3.2.20-tp3, 3.2-tp3 | release/3.2.x/3.2.20-tp3",
            "3.1.20, 3.1 | release/3.1.x/3.1.20",
            "3.1.20-tp3, 3.1-tp3 | release/3.1.x/3.1.20-tp3",
        ],
        "3.3.1",
        &[
            "3.3.1, 3.3, latest | release/3.3.x/3.3.1",
            "3.3.1-tp3, 3.3-tp3 | release/3.3.x/3.3.1-tp3",
            "3.2.20, 3.2 | release/3.2.x/3.2.20",
            "3.2.20-tp3, 3.2-tp3 | release/3.2.x/3.2.20-tp3",
            "3.1.20, 3.1 | release/3.1.x/3.1.20",
            "3.1.20-tp3, 3.1-tp3 | release/3.1.x/3.1.20-tp3",
        ],
    );
}

/// What no manifest of these axes would do with the next version is a warning.
#[test]
fn what_does_not_follow_is_said() {
    let said = |entries: &[&str]| run(Format::Stackbrew, "app", &file(entries)).1;
    let follows = said(&["2.1.0, 2.1, latest | 2.1", "2.0.4, 2.0 | 2.0"]);
    assert!(!follows.contains("import::next"), "{follows}");
    // The folder of the newest version is called otherwise.
    let missed = said(&[
        "2.1.0, 2.1, latest | v2.1",
        "2.1.0-slim, 2.1-slim, slim | slim-of-2.1",
        "2.0.4, 2.0 | v2.0",
        "2.0.4-slim, 2.0-slim | 2.0/slim",
    ]);
    let expect = "with a value `2.2.0` beside `2.1.0`, `app:2.2` would be built from `v2.1/Dockerfile`, and not from";
    assert!(missed.contains(expect), "{missed}");
}

/// A pre-release of the next series has its tags already: the version after that comes next.
#[test]
fn beside_a_pre_release() {
    for entries in [
        ["3.10.0-rc1, 3.10, rc | 3.10", "3.9.1, 3.9, 3, latest | 3.9"],
        ["4.0.0-rc1, 4.0, 4, rc | 4", "3, latest | 3"],
        ["4.0.0-rc1, 4.0-rc, rc | 4.0-rc", "3.9, 3, latest | 3.9"],
    ] {
        let (found, notes) = run(Format::Stackbrew, "app", &file(&entries));
        assert!(!notes.contains("import::next"), "{notes}\n{found:?}");
    }
}

/// Without commits, paragraphs of one folder may be two images: they keep their versions.
#[test]
fn one_folder_without_commits() {
    let text = "GitRepo: https://example.com/kv\nArchitectures: amd64, arm64v8\n\n\
        Tags: 8.2.0, 8.2, 8, latest, 8.2.0-trixie, 8.2-trixie, 8-trixie, trixie\nDirectory: debian\n\n\
        Tags: 8.2.0-alpine, 8.2-alpine, 8-alpine, alpine\nArchitectures: amd64\nDirectory: alpine\n\n\
        Tags: 8.0.3, 8.0, 8.0.3-bookworm, 8.0-bookworm\nDirectory: debian\n\n\
        Tags: 8.0.3-alpine, 8.0-alpine\nArchitectures: amd64\nDirectory: alpine\n";
    let (found, notes) = run(Format::Stackbrew, "app", text);
    let manifest = found.expect("an import").manifest;
    assert!(!notes.contains("import::next"), "{notes}\n{manifest}");
    assert!(
        manifest.contains("value \"8.0.3\" { set suffix=\"bookworm\"; }"),
        "{manifest}"
    );
    assert_eq!(manifest.matches("when ").count(), 2, "{manifest}");
}
