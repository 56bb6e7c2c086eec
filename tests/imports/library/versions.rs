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

/// Folders called like two rungs of the version.
#[test]
fn folders_of_two_rungs() {
    check(
        &[
            "5.2.6, 5.2, 5, latest | 5.2/5.2.6/base",
            "5.2.5 | 5.2/5.2.5/base",
            "4.9.11, 4.9, 4 | 4.9/4.9.11/base",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor major none" {
        value "5.2.6"
        value "5.2.5"
        value "4.9.11"
    }

    dockerfile "{version.minor}/{version}/base/Dockerfile"

    platforms "linux/amd64"

    tag "{version}"
}
"#,
    );
}

/// The folder of one version is an exception, in all of its variants.
#[test]
fn one_version_has_another_folder() {
    check(
        &[
            "4.1.0-rc2, 4.1-rc | 4.1-rc/base",
            "4.1.0-rc2-slim, 4.1-rc-slim | 4.1-rc/slim",
            "4.0.3, 4.0, latest | 4.0/base",
            "4.0.3-slim, 4.0-slim, slim | 4.0/slim",
            "3.9.7, 3.9 | 3.9/base",
            "3.9.7-slim, 3.9-slim | 3.9/slim",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor none" {
        value "4.1.0-rc2" { alias "4.1-rc"; }
        value "4.0.3"
        value "3.9.7"
    }
    axis "variant" {
        value "base" token=""
        value "slim"
    }

    dockerfile "{version.minor}/{variant}/Dockerfile"

    platforms "linux/amd64"
    when version="4.1.0-rc2" { dockerfile "4.1-rc/{variant}/Dockerfile"; }

    tag "{version}-{variant}"
}
"#,
    );
}

/// A release with rungs behind the version is an axis of its own; tags without a version have no release.
#[test]
fn a_second_version() {
    check(
        &[
            "3.11-7.3.2, 3.11-7.3, 3.11-7, 3.11, 3-7.3.2, 3-7.3, 3-7, 3, latest | 3.11",
            "3.11-7.3.2-slim, 3.11-7.3-slim, 3.11-7-slim, 3.11-slim, 3-7.3.2-slim, 3-7.3-slim, 3-7-slim, 3-slim, slim | 3.11/slim",
            "2.7-7.3.2, 2.7-7.3, 2.7-7, 2.7, 2-7.3.2, 2-7.3, 2-7, 2 | 2.7",
            "2.7-7.3.2-slim, 2.7-7.3-slim, 2.7-7-slim, 2.7-slim, 2-7.3.2-slim, 2-7.3-slim, 2-7-slim, 2-slim | 2.7/slim",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full major none" {
        value "3.11"
        value "2.7"
    }
    axis "release" kind="version" rungs="full minor major none" {
        value "7.3.2"
    }
    axis "variant" {
        value "plain" token="" { set folder=""; }
        value "slim" { set folder="slim/"; }
    }

    dockerfile "{version.minor}/{variant.folder}Dockerfile"

    platforms "linux/amd64"

    tag "{version:full,major}-{release}-{variant}"
    tag "{version:none}-{variant}"
}
"#,
    );
}

/// A distribution behind one version is not a part of it.
#[test]
fn a_distribution_behind_one_version() {
    check(
        &[
            "5.0.1, 5.0, 5.0.1-bionic, bionic, latest | 5.0/bionic",
            "5.0.1-xenial, xenial | 5.0/xenial",
            "4.2.4, 4.2, 4 | 4.2",
            "4.1.3, 4.1 | 4.1",
            "4.0.3, 4.0 | 4.0",
            "3.1.1, 3.1, 3 | 3.1",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor major none" {
        value "5.0.1"
        value "4.2.4"
        value "4.1.3"
        value "4.0.3"
        value "3.1.1"
    }
    axis "variant" {
        value "bionic" { set folder="bionic/"; }
        value "xenial" { set folder="xenial/"; }
        value "plain" token="" { set folder=""; }
    }
    exclude version=">=5" variant="plain"
    exclude version="<5" variant="bionic" "xenial"

    dockerfile "{version.minor}/{variant.folder}Dockerfile"

    platforms "linux/amd64"

    tag "{version:full,none}-{variant}"
    when variant="plain" { tag "{version:minor,major,none}-{variant}"; }
    when variant="bionic" { tag "{version:full,minor,none}"; }
}
"#,
    );
}

/// Tags of one version omit the word and the version that the others begin with.
#[test]
fn a_word_before_versions() {
    check(
        &[
            "jdk-11-boot-2.8.3, jdk-11-boot | jdk-11/boot",
            "jdk-11-lein-2.9.1, jdk-11-lein | jdk-11/lein",
            "boot-2.8.3, boot, jdk-17-boot-2.8.3, jdk-17-boot | jdk-17/boot",
            "lein-2.9.1, lein, jdk-17-lein-2.9.1, jdk-17-lein | jdk-17/lein",
            "jdk-18-boot-2.8.3, jdk-18-boot | jdk-18/boot",
            "jdk-18-lein-2.9.1, jdk-18-lein | jdk-18/lein",
        ],
        r#"
image "app" {
    axis "version" {
        value "jdk-11"
        value "jdk-17" default
        value "jdk-18"
    }
    axis "variant" {
        value "boot-2.8.3" { alias "boot"; set folder="boot"; }
        value "lein-2.9.1" { alias "lein"; set folder="lein"; }
    }

    dockerfile "{version}/{variant.folder}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}"
}
"#,
    );
}

/// Where versions have a rung and releases differ by version, a release is data of its version.
#[test]
fn a_second_version_of_each_version() {
    check(
        &[
            "3.6-7.1.1, 3.6-7.1, 3.6-7, 3.6, 3-7.1.1, 3-7.1, 3-7, 3, latest | 3.6",
            "3.6-7.1.1-slim, 3.6-7.1-slim, 3.6-7-slim, 3.6-slim, 3-7.1.1-slim, 3-7.1-slim, 3-7-slim, 3-slim, slim | 3.6/slim",
            "3.5-7.0.2, 3.5-7.0, 3.5-7, 3.5 | 3.5",
            "3.5-7.0.2-slim, 3.5-7.0-slim, 3.5-7-slim, 3.5-slim | 3.5/slim",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full major none" {
        value "3.6" { set suffix="7.1.1" suffix-2="7.1"; }
        value "3.5" { set suffix="7.0.2" suffix-2="7.0"; }
    }
    axis "variant" {
        value "7" { set folder=""; }
        value "7-slim" { set folder="slim/"; }
    }

    dockerfile "{version.minor}/{variant.folder}Dockerfile"

    platforms "linux/amd64"

    tag "{version:full,major}-{variant}"
    when variant="7" { tag "{version:full,major}-{version.suffix}"; tag "{version:full,major}-{version.suffix-2}"; tag "{version}"; }
    when variant="7-slim" {
        tag "{version:full,major}-{version.suffix}-slim"
        tag "{version:full,major}-{version.suffix-2}-slim"
        tag "{version}-slim"
    }
}
"#,
    );
}

/// A rung that no image has: the manifest says so.
#[test]
fn a_variant_that_only_an_older_version_has() {
    check(
        &[
            "2.1.0, 2.1, 2, latest | 2.1",
            "2.1.0-slim, 2.1-slim, 2-slim, slim | 2.1/slim",
            "1.9.3, 1.9, 1 | 1.9",
            "1.9.3-slim, 1.9-slim, 1-slim | 1.9/slim",
            "1.9.3-onbuild, 1.9-onbuild, 1-onbuild | 1.9/onbuild",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor major none" {
        value "2.1.0"
        value "1.9.3"
    }
    axis "variant" {
        value "plain" token="" { set folder=""; }
        value "slim" { set folder="slim/"; }
        value "onbuild" { set folder="onbuild/"; }
    }
    exclude version=">=2" variant="onbuild"

    dockerfile "{version.minor}/{variant.folder}Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}" per="image"
}
"#,
    );
}

/// Files of one line for each tag, and a comment of two lines before them.
#[test]
fn a_line_for_each_tag() {
    check(
        &[
            "# maintainer: A Person <a@example.org> (@a),\n\tB Person <b@example.org> (@b)\n\n2.2.7: git://github.com/acme/app@48ebe83 2.2\n2.2: git://github.com/acme/app@48ebe83 2.2\n\n2.6.6: git://github.com/acme/app@f9e2dbd 2.6\n2.6: git://github.com/acme/app@f9e2dbd 2.6\nlatest: git://github.com/acme/app@f9e2dbd 2.6\n",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor none" {
        value "2.2.7"
        value "2.6.6"
    }

    dockerfile "{version.minor}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}"
}
"#,
    );
}

/// One version with `latest` of one variant: the axes that the file has are shorter than a list of its tags.
#[test]
fn one_version_with_a_variant_beside_latest() {
    check(
        &[
            "2.7.0, 2.7, latest | 2.7.0",
            "2.7.0-jre17, 2.7-jre17 | 2.7.0-jre17",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor none" {
        value "2.7.0"
    }
    axis "variant" {
        value "plain" token="" { set folder=""; }
        value "jre17" { set folder="-jre17"; }
    }

    dockerfile "{version}{variant.folder}/Dockerfile"

    platforms "linux/amd64"

    tag "{version:full,minor}-{variant}"
    when variant="plain" { tag "{version:none}-{variant}"; }
}
"#,
    );
}

/// Editions before the version, one of which is `latest`.
#[test]
fn words_before_all_versions() {
    check(
        &[
            "ee-6.3.0, ee-6.3, ee, latest | ee/6.3",
            "ce-6.3.0, ce-6.3, ce | ce/6.3",
            "ee-6.2.0, ee-6.2 | ee/6.2",
            "ce-6.2.0, ce-6.2 | ce/6.2",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor none" {
        value "6.3.0"
        value "6.2.0"
    }
    axis "variant" {
        value "ee"
        value "ce"
    }

    dockerfile "{variant}/{version.minor}/Dockerfile"

    platforms "linux/amd64"

    tag "{variant}-{version}"
    when variant="ee" { tag "{version:none}"; }
}
"#,
    );
}

/// Two images of one version: a distribution that only one tag names.
#[test]
fn two_images_of_one_version() {
    check(
        &[
            "latest, 2024.03, bookworm | 2024.03/bookworm",
            "alpine, 2024.03-alpine | 2024.03/alpine",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full none" {
        value "2024.03"
    }
    axis "variant" {
        value "bookworm" token=""
        value "alpine"
    }

    dockerfile "{version.minor}/{variant}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}"
    when variant="bookworm" { tag "bookworm-{variant}"; }
}
"#,
    );
    check(
        &["0.7.0, latest | 0.7.0"],
        r#"
image "app" {
    axis "version" kind="version" rungs="full none" {
        value "0.7.0"
    }

    dockerfile "{version}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}"
}
"#,
    );
}
