//! Versions with stages, without tags, alone, and between other folders.

use super::check;

/// A stage with its number behind a hyphen, or in capitals, belongs to the version.
#[test]
fn numbered_stages() {
    check(
        &[
            "3.9.1-jdk21, 3.9-jdk21, 3-jdk21, jdk21, 3.9.1, 3.9, 3, latest | jdk21",
            "3.9.1-jdk17, 3.9-jdk17, 3-jdk17, jdk17 | jdk17",
            "4.0.0-rc-4-jdk21, 4.0.0-rc-jdk21, 4.0.0-rc-4, 4.0.0-rc | next/jdk21",
            "4.0.0-rc-4-jdk17, 4.0.0-rc-jdk17 | next/jdk17",
            "5.0.0-M3-jdk21, 5.0-jdk21, 5.0.0-M3, 5.0 | five/jdk21",
            "5.0.0-M3-jdk17, 5.0-jdk17 | five/jdk17",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor major none" {
        value "3.9.1" { set folder=""; }
        value "4.0.0-rc-4" { alias "4.0.0-rc"; set folder="next/"; }
        value "5.0.0-M3" { alias "5.0"; set folder="five/"; }
    }
    axis "variant" {
        value "jdk21" default
        value "jdk17"
    }

    dockerfile "{version.folder}{variant}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}"
}
"#,
    );
}

/// The newest release has no version in its tags.
#[test]
fn a_row_without_a_version() {
    check(
        &[
            "slim, slim-java17 | releases/latest/slim",
            "full, full-java17, latest | releases/latest/full",
            "24.0.0.9-slim-java17 | releases/24.0.0.9/slim",
            "24.0.0.9-full-java17 | releases/24.0.0.9/full",
            "24.0.0.6-slim-java17 | releases/24.0.0.6/slim",
            "24.0.0.6-full-java17 | releases/24.0.0.6/full",
        ],
        r#"
image "app" {
    axis "version" {
        value "latest" token=""
        value "24.0.0.9"
        value "24.0.0.6"
    }
    axis "variant" {
        value "slim-java17" { set folder="slim"; }
        value "full-java17" { set folder="full"; }
    }

    dockerfile "releases/{version}/{variant.folder}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}"
    when version="latest" variant="slim-java17" { tag "{version}-slim"; }
    when version="latest" variant="full-java17" { tag "{version}"; tag "full"; }
}
"#,
    );
}

/// The rungs of the only version.
#[test]
fn one_version() {
    check(
        &["3.1.2, 3.1, 3, latest | ."],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor major none" {
        value "3.1.2"
    }

    dockerfile "Dockerfile"

    platforms "linux/amd64"

    tag "{version}"
}
"#,
    );
}

/// The folder of the version is between folders of the label.
#[test]
fn between_parts_of_the_label() {
    check(
        &[
            "12.1.4-jdk21, 12.1-jdk21, 12-jdk21 | eclipse/12.1/jdk21",
            "12.1.4-jdk17, 12.1-jdk17, 12-jdk17 | eclipse/12.1/jdk17",
            "12.1.4-corretto, 12.1-corretto, 12-corretto | amazon/12.1/jdk21",
            "12.0.9-jdk21, 12.0-jdk21 | eclipse/12.0/jdk21",
            "12.0.9-jdk17, 12.0-jdk17 | eclipse/12.0/jdk17",
            "12.0.9-corretto, 12.0-corretto | amazon/12.0/jdk21",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor major" {
        value "12.1.4"
        value "12.0.9"
    }
    axis "variant" {
        value "jdk21" { set root="eclipse" folder="jdk21"; }
        value "jdk17" { set root="eclipse" folder="jdk17"; }
        value "corretto" { set root="amazon" folder="jdk21"; }
    }

    dockerfile "{variant.root}/{version.minor}/{variant.folder}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}"
}
"#,
    );
}

/// Paragraphs of one commit and folder are one image.
#[test]
fn the_same_image_twice() {
    check(
        &["\
GitCommit: aa

Tags: 3.6.3-jdk-11, 3.6-jdk-11
Directory: openjdk-11

Tags: 3.6.3-openjdk-11, 3.6-openjdk-11
Directory: openjdk-11

Tags: 3.6.3-openjdk-8, 3.6-openjdk-8
Directory: openjdk-8
"],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor" {
        value "3.6.3"
    }
    axis "variant" {
        value "openjdk-11" { alias "jdk-11"; }
        value "openjdk-8"
    }

    dockerfile "{variant}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}"
}
"#,
    );
}
