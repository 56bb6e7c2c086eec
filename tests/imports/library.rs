//! The axes that are found in library files: one row for each kind of file, with the whole image.

use super::run;
use kiln::import::Format;

#[path = "library/omitted.rs"]
mod omitted;
#[path = "library/machines.rs"]
mod machines;
#[path = "library/halves.rs"]
mod halves;
#[path = "library/versions.rs"]
mod versions;

/// An entry is `tags | folder`; a text with `Tags:` is a file as it is.
#[track_caller]
fn check(entries: &[&str], expect: &str) {
    let entry = |entry: &&str| match entry.split_once(" | ") {
        Some((tags, folder)) => format!("Tags: {tags}\nDirectory: {folder}\n"),
        None => (*entry).to_owned(),
    };
    let text = entries.iter().map(entry).collect::<Vec<_>>().join("\n");
    let (found, notes) = run(Format::Stackbrew, "app", &text);
    let manifest = found.expect("an import").manifest;
    let images = manifest
        .split_once("image ")
        .map(|(_, image)| format!("image {image}"));
    assert_eq!(
        images.unwrap_or_default().trim_end(),
        expect.trim(),
        "{notes}"
    );
    assert!(!notes.contains("import::plain"), "{notes}");
}

/// One image without a version has no axis.
#[test]
fn one_image() {
    check(
        &["latest, stable | latest"],
        r#"
image "app" {
    dockerfile "latest/Dockerfile"
    platforms "linux/amd64"

    tag "latest"
    tag "stable"
}
"#,
    );
}

/// An older series has a major tag, and the newest has none.
#[test]
fn a_variant_that_only_some_versions_have_a_rung_for() {
    check(
        &[
            "3.2.4, 3.2, latest | 3.2",
            "3.2.4-alpine, 3.2-alpine, alpine | 3.2/alpine",
            "2.9.5, 2.9, 2 | 2.9",
            "2.9.5-alpine, 2.9-alpine, 2-alpine | 2.9/alpine",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor none" {
        value "3.2.4"
        value "2.9.5" { alias "2"; }
    }
    axis "variant" {
        value "plain" token="" { set folder=""; }
        value "alpine" { set folder="alpine/"; }
    }

    dockerfile "{version.minor}/{variant.folder}Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}"
}
"#,
    );
}

/// One tag is missing: only the others follow the axes.
#[test]
fn one_tag_is_missing() {
    check(
        &[
            "2.1.0-x, 2.1-x, 2-x, x, 2.1.0, 2.1, 2, latest | a/x",
            "2.1.0-y, 2.1-y, 2-y | a/y",
            "2.0.4-x, 2.0-x, 2.0.4, 2.0 | b/x",
            "2.0.4-y, 2.0-y | b/y",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor major none" {
        value "2.1.0" { set folder="a"; }
        value "2.0.4" { set folder="b"; }
    }
    axis "variant" {
        value "x" default
        value "y"
    }

    dockerfile "{version.folder}/{variant}/Dockerfile"

    platforms "linux/amd64"

    tag "{version:full,minor,major}-{variant}"
    when variant="x" { tag "{version:none}-{variant}"; }
}
"#,
    );
}

/// An older series is the latest.
#[test]
fn older_latest() {
    check(
        &[
            "25.0.1, 25 | 25",
            "21.0.9, 21, latest | 21",
            "17.0.17, 17 | 17",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full major none" latest="21" {
        value "25.0.1"
        value "21.0.9"
        value "17.0.17"
    }

    dockerfile "{version.major}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}"
}
"#,
    );
}

/// Pre-releases with a stage behind a hyphen, before variants.
#[test]
fn prereleases() {
    check(
        &[
            "9.0-rc1, 9.0-rc, 9.0-rc1-trixie, 9.0-rc-trixie | 9.0",
            "9.0-rc1-alpine, 9.0-rc-alpine | 9.0/alpine",
            "8.2.3, 8.2, 8, latest, 8.2.3-trixie, 8.2-trixie, 8-trixie, trixie | 8.2",
            "8.2.3-alpine, 8.2-alpine, 8-alpine, alpine | 8.2/alpine",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor major none" {
        value "9.0-rc1" { alias "9.0-rc"; }
        value "8.2.3"
    }
    axis "variant" {
        value "trixie" default { set folder=""; }
        value "alpine" { set folder="alpine/"; }
    }

    dockerfile "{version.minor}/{variant.folder}Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}"
}
"#,
    );
}

/// A stage at the end of each tag.
#[test]
fn stage_at_the_end() {
    check(
        &[
            "3.3.0-noble-rc, 3.3-noble-rc, 3.3.0-rc, 3.3-rc | 3.3",
            "3.3.0-ubi9-rc, 3.3-ubi9-rc, 3.3.0-ubi-rc, 3.3-ubi-rc | 3.3-ubi",
            "3.2.4-noble, 3.2-noble, 3-noble, noble, 3.2.4, 3.2, 3, latest | 3.2",
            "3.2.4-ubi9, 3.2-ubi9, 3-ubi9, ubi9, 3.2.4-ubi, 3.2-ubi, 3-ubi, ubi | 3.2-ubi",
        ],
        r#"
image "app-rc" {
    axis "version" kind="version" rungs="full minor" {
        value "3.3.0"
    }
    axis "variant" {
        value "noble" default { set folder=""; }
        value "ubi9" { alias "ubi"; set folder="-ubi"; }
    }

    publish "docker.io/library/app"
    dockerfile "{version.minor}{variant.folder}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}-rc"
}

image "app" {
    axis "version" kind="version" rungs="full minor major none" {
        value "3.2.4"
    }
    axis "variant" {
        value "noble" default { set folder=""; }
        value "ubi9" { alias "ubi"; set folder="-ubi"; }
    }

    dockerfile "{version.minor}{variant.folder}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}"
}
"#,
    );
}

/// Words instead of versions, with words beside them.
#[test]
fn codenames() {
    check(
        &[
            "trixie, stable, latest | debian/trixie",
            "trixie-scm, stable-scm, scm | debian/trixie/scm",
            "bookworm, oldstable | debian/bookworm",
            "bookworm-scm, oldstable-scm | debian/bookworm/scm",
            "noble, 24.04 | ubuntu/noble",
            "noble-scm, 24.04-scm | ubuntu/noble/scm",
        ],
        r#"
image "app" {
    axis "version" {
        value "trixie" default { alias "stable"; set folder="debian/trixie"; }
        value "bookworm" { alias "oldstable"; set folder="debian/bookworm"; }
        value "24.04" { alias "noble"; set folder="ubuntu/noble"; }
    }
    axis "variant" {
        value "plain" token="" { set folder=""; }
        value "scm" { set folder="scm/"; }
    }

    dockerfile "{version.folder}/{variant.folder}Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}"
}
"#,
    );
}

/// A second name that differs by version is data of the version.
#[test]
fn a_second_name_that_differs() {
    check(
        &[
            "2.1.0, 2.1, 2, latest | a/x",
            "2.1.0-alpine3.22, 2.1-alpine3.22, 2-alpine3.22, alpine3.22, 2.1.0-alpine, 2.1-alpine, 2-alpine, alpine | a/alpine",
            "2.0.4, 2.0 | b/x",
            "2.0.4-alpine3.21, 2.0-alpine3.21, 2.0.4-alpine, 2.0-alpine | b/alpine",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor major none" {
        value "2.1.0" { set folder="a" alpine="3.22"; }
        value "2.0.4" { set folder="b" alpine="3.21"; }
    }
    axis "variant" {
        value "x" token=""
        value "alpine"
    }

    dockerfile "{version.folder}/{variant}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}"
    when variant="alpine" { tag "{version}-alpine{version.alpine}"; }
}
"#,
    );
}

/// The same for all variants of a version.
#[test]
fn a_name_of_every_variant_that_differs() {
    check(
        &[
            "2.1.0, 2.1, latest, 2.1.0-trixie, 2.1-trixie, trixie | a/x",
            "2.1.0-perl, 2.1-perl, perl, 2.1.0-perl-trixie, 2.1-perl-trixie, perl-trixie | a/perl",
            "2.0.4, 2.0, 2.0.4-bookworm, 2.0-bookworm | b/x",
            "2.0.4-perl, 2.0-perl, 2.0.4-perl-bookworm, 2.0-perl-bookworm | b/perl",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor none" {
        value "2.1.0" { set folder="a" suffix="trixie"; }
        value "2.0.4" { set folder="b" suffix="bookworm"; }
    }
    axis "variant" {
        value "x" token=""
        value "perl"
    }

    dockerfile "{version.folder}/{variant}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}"
    tag "{version}-{variant}-{version.suffix}"
}
"#,
    );
}

/// Long names with short ones beside them.
#[test]
fn long_names() {
    check(
        &[
            "4.0.1-scala2.13-python3-ubuntu, 4.0.1-python3, 4.0.1, python3, latest | 4.0.1/python3",
            "4.0.1-scala2.13-r-ubuntu, 4.0.1-r, r | 4.0.1/r",
            "3.5.7-scala2.12-python3-ubuntu, 3.5.7-python3, 3.5.7 | 3.5.7/python3",
            "3.5.7-scala2.12-r-ubuntu, 3.5.7-r | 3.5.7/r",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full none" {
        value "4.0.1" { set scala="2.13"; }
        value "3.5.7" { set scala="2.12"; }
    }
    axis "variant" {
        value "python3" default
        value "r"
    }

    dockerfile "{version}/{variant}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}"
    tag "{version:full}-scala{version.scala}-{variant.name}-ubuntu"
}
"#,
    );
}

/// A default that differs by version, with a folder that does not name it.
#[test]
fn defaults_by_version() {
    check(
        &[
            "24.1.0-trixie, 24-trixie, 24.1.0, 24, latest, trixie | 24/debian/13",
            "24.1.0-trixie-slim, 24-trixie-slim, 24.1.0-slim, 24-slim, slim, trixie-slim | 24/debian/13/slim",
            "24.1.0-bookworm, 24-bookworm, bookworm | 24/debian/12",
            "24.1.0-bookworm-slim, 24-bookworm-slim, bookworm-slim | 24/debian/12/slim",
            "22.3.0-trixie, 22-trixie | 22/debian/13",
            "22.3.0-trixie-slim, 22-trixie-slim | 22/debian/13/slim",
            "22.3.0-bookworm, 22-bookworm, 22.3.0, 22 | 22/debian/12",
            "22.3.0-bookworm-slim, 22-bookworm-slim, 22.3.0-slim, 22-slim | 22/debian/12/slim",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full major none" {
        value "24.1.0"
        value "22.3.0"
    }
    axis "distro" {
        value "trixie" { set folder="13"; }
        value "bookworm" default { set folder="12"; }
    }
    axis "variant" {
        value "plain" token="" { set folder=""; }
        value "slim" { set folder="slim/"; }
    }

    dockerfile "{version.major}/debian/{distro.folder}/{variant.folder}Dockerfile"

    platforms "linux/amd64"

    when version=">=24" { default distro="trixie"; }
    tag "{version}-{distro}-{variant}"
}
"#,
    );
}

/// A kind before the distribution, with shorter names for one of them.
#[test]
fn kind_first() {
    check(
        &[
            "21.0.8_9-jdk-noble, 21-jdk-noble, 21-noble, 21.0.8_9-jdk, 21-jdk, 21, latest | 21/jdk/noble",
            "21.0.8_9-jre-noble, 21-jre-noble, 21.0.8_9-jre, 21-jre | 21/jre/noble",
            "17.0.16_8-jdk-noble, 17-jdk-noble, 17-noble, 17.0.16_8-jdk, 17-jdk, 17 | 17/jdk/noble",
            "17.0.16_8-jre-noble, 17-jre-noble, 17.0.16_8-jre, 17-jre | 17/jre/noble",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full major none" {
        value "21.0.8_9"
        value "17.0.16_8"
    }
    axis "variant" {
        value "jdk-noble" { alias "jdk"; set folder="jdk/noble"; }
        value "jre-noble" { alias "jre"; set folder="jre/noble"; }
    }

    dockerfile "{version.major}/{variant.folder}/Dockerfile"

    platforms "linux/amd64"

    tag "{version:full,major}-{variant}"
    when variant="jdk-noble" { tag "{version:major}-noble"; tag "{version:major,none}"; }
}
"#,
    );
}

/// A word before every version.
#[test]
fn a_word_before_all() {
    check(
        &[
            "open-21.0.8_9.1-jdk, open-21-jdk | 21/jdk",
            "open-21.0.8_9.1-jre, open-21-jre | 21/jre",
            "open-17.0.16_8.1-jdk, open-17-jdk | 17/jdk",
            "open-17.0.16_8.1-jre, open-17-jre | 17/jre",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full major" {
        value "21.0.8_9.1"
        value "17.0.16_8.1"
    }
    axis "variant" {
        value "jdk"
        value "jre"
    }

    dockerfile "{version.major}/{variant}/Dockerfile"

    platforms "linux/amd64"

    tag "open-{version}-{variant}"
}
"#,
    );
}

/// A word before some versions: an image of its own.
#[test]
fn a_word_before_some() {
    check(
        &[
            "6.8.3-php8.3, 6.8-php8.3, 6-php8.3, php8.3, 6.8.3, 6.8, 6, latest | latest/php8.3",
            "6.8.3-php8.2, 6.8-php8.2, 6-php8.2, php8.2 | latest/php8.2",
            "cli-2.12.0-php8.3, cli-2.12-php8.3, cli-2-php8.3, cli-php8.3, cli-2.12.0, cli-2.12, cli-2, cli | cli/php8.3",
            "cli-2.12.0-php8.2, cli-2.12-php8.2, cli-2-php8.2, cli-php8.2 | cli/php8.2",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor major none" {
        value "6.8.3"
    }
    axis "variant" {
        value "php8.3" default
        value "php8.2"
    }

    dockerfile "latest/{variant}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}"
}

image "app-cli" {
    axis "version" kind="version" rungs="full minor major none" {
        value "2.12.0"
    }
    axis "variant" {
        value "php8.3" default
        value "php8.2"
    }

    publish "docker.io/library/app"
    dockerfile "cli/{variant}/Dockerfile"

    platforms "linux/amd64"

    tag "cli-{version}-{variant}"
}
"#,
    );
}

/// Folders that are the version with a suffix.
#[test]
fn folders_with_suffixes() {
    check(
        &[
            "9.9.0, 9.9, 9, latest | 9.9",
            "9.9.0-slim, 9.9-slim, 9-slim, slim | 9.9-slim",
            "8.1.0, 8.1, 8 | 8.1",
            "8.1.0-slim, 8.1-slim, 8-slim | 8.1-slim",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor major none" {
        value "9.9.0"
        value "8.1.0"
    }
    axis "variant" {
        value "plain" token="" { set folder=""; }
        value "slim" { set folder="-slim"; }
    }

    dockerfile "{version.minor}{variant.folder}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}"
}
"#,
    );
}

/// One folder does not follow the others.
#[test]
fn one_folder_is_an_exception() {
    check(
        &[
            "3.2.0, 3.2, 3, latest | 3.2/debian",
            "3.2.0-alpine, 3.2-alpine, 3-alpine, alpine | 3.2/alpine",
            "3.1.4, 3.1 | 3.1/debian",
            "3.1.4-alpine, 3.1-alpine | odd",
            "3.0.9, 3.0 | 3.0/debian",
            "3.0.9-alpine, 3.0-alpine | 3.0/alpine",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor major none" {
        value "3.2.0"
        value "3.1.4"
        value "3.0.9"
    }
    axis "variant" {
        value "debian" token=""
        value "alpine"
    }

    dockerfile "{version.minor}/{variant}/Dockerfile"

    platforms "linux/amd64"
    when version="3.1.4" variant="alpine" { dockerfile "odd/Dockerfile"; }

    tag "{version}-{variant}"
}
"#,
    );
}

/// A date behind the version, and one behind the variant.
#[test]
fn dated() {
    check(
        &[
            "10.0-20251119, 10.0, 10, latest | 10/default",
            "10.0-minimal-20251119, 10.0-minimal, 10-minimal, minimal | 10/minimal",
            "9.7-20251117, 9.7, 9 | 9/default",
            "9.7-minimal-20251117, 9.7-minimal, 9-minimal | 9/minimal",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full major none" {
        value "10.0" { set suffix="20251119"; }
        value "9.7" { set suffix="20251117"; }
    }
    axis "variant" {
        value "default" token=""
        value "minimal"
    }

    dockerfile "{version.major}/{variant}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}"
    tag "{version:full}-{variant}-{version.suffix}"
}
"#,
    );
}

/// As bashbrew reads them: comments may be indented anywhere, and the first paragraph has defaults for every field.
#[test]
fn indented_comments_and_shared_tags_of_the_first_paragraph() {
    let text = "# head\n\n\t# indented\n\nMaintainers: A <a@b.c> (@a),\n # between\n             B <b@b.c> (@b)\nGitRepo: https://github.com/acme/app.git\nGitCommit: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nSharedTags: latest, 2\n\n # hi\n\n# entries\nTags: 2-linux\nDirectory: linux\n\nTags: 2-other\nSharedTags: other\nDirectory: other\n";
    let (found, notes) = run(Format::Stackbrew, "app", text);
    let manifest = found.expect("an import").manifest;
    for line in [
        "when variant=\"other\" { tag \"{version}-{variant}\"; }",
        "when variant=\"linux\" { tag \"{version:full}-{variant}\"; tag \"{version}\"; }",
    ] {
        assert!(manifest.contains(line), "{line}: {manifest}\n{notes}");
    }
}
