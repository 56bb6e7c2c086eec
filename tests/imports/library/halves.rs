//! Labels of two parts, such as a kind and a distribution, are two axes.

use super::check;

/// A kind and a distribution: each is an axis, and one combination does not exist.
#[test]
fn a_kind_and_a_distribution() {
    check(
        &[
            "4.2.0-run-trixie, 4.2-run-trixie, run-trixie, 4.2.0-trixie, 4.2-trixie, trixie, 4.2.0-run, 4.2-run, run, 4.2.0, 4.2, latest | 4.2/trixie/run",
            "4.2.0-web-trixie, 4.2-web-trixie, web-trixie, 4.2.0-web, 4.2-web, web | 4.2/trixie/web",
            "4.2.0-run-alpine3.22, 4.2-run-alpine3.22, run-alpine3.22, 4.2.0-alpine3.22, 4.2-alpine3.22, alpine3.22, 4.2.0-run-alpine, 4.2-run-alpine, run-alpine, 4.2.0-alpine, 4.2-alpine, alpine | 4.2/alpine3.22/run",
            "4.1.7-run-trixie, 4.1-run-trixie, 4.1.7-trixie, 4.1-trixie, 4.1.7-run, 4.1-run, 4.1.7, 4.1 | 4.1/trixie/run",
            "4.1.7-web-trixie, 4.1-web-trixie, 4.1.7-web, 4.1-web | 4.1/trixie/web",
            "4.1.7-run-alpine3.22, 4.1-run-alpine3.22, 4.1.7-alpine3.22, 4.1-alpine3.22, 4.1.7-run-alpine, 4.1-run-alpine, 4.1.7-alpine, 4.1-alpine | 4.1/alpine3.22/run",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor none" {
        value "4.2.0"
        value "4.1.7"
    }
    axis "variant" {
        value "run" default
        value "web"
    }
    axis "distro" {
        value "trixie" default
        value "alpine3.22" { alias "alpine"; }
    }
    exclude variant="web" distro="alpine3.22"

    dockerfile "{version.minor}/{distro}/{variant}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}-{distro}"
}
"#,
    );
}

/// One kind has short tags besides, without its name.
#[test]
fn short_names_for_one_kind() {
    check(
        &[
            "21.0.8_9-sdk-noble, 21-sdk-noble, 21-noble, 21.0.8_9-sdk, 21-sdk, 21, latest | 21/sdk/ubuntu/noble",
            "21.0.8_9-sdk-jammy, 21-sdk-jammy, 21-jammy | 21/sdk/ubuntu/jammy",
            "21.0.8_9-sdk-alpine-3.22, 21-sdk-alpine-3.22, 21-alpine-3.22 | 21/sdk/alpine/alpine-3.22",
            "21.0.8_9-run-noble, 21-run-noble, 21.0.8_9-run, 21-run | 21/run/ubuntu/noble",
            "21.0.8_9-run-jammy, 21-run-jammy | 21/run/ubuntu/jammy",
            "21.0.8_9-run-alpine-3.22, 21-run-alpine-3.22 | 21/run/alpine/alpine-3.22",
            "17.0.16_8-sdk-noble, 17-sdk-noble, 17-noble, 17.0.16_8-sdk, 17-sdk, 17 | 17/sdk/ubuntu/noble",
            "17.0.16_8-sdk-jammy, 17-sdk-jammy, 17-jammy | 17/sdk/ubuntu/jammy",
            "17.0.16_8-sdk-alpine-3.22, 17-sdk-alpine-3.22, 17-alpine-3.22 | 17/sdk/alpine/alpine-3.22",
            "17.0.16_8-run-noble, 17-run-noble, 17.0.16_8-run, 17-run | 17/run/ubuntu/noble",
            "17.0.16_8-run-jammy, 17-run-jammy | 17/run/ubuntu/jammy",
            "17.0.16_8-run-alpine-3.22, 17-run-alpine-3.22 | 17/run/alpine/alpine-3.22",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full major none" {
        value "21.0.8_9"
        value "17.0.16_8"
    }
    axis "variant" {
        value "sdk"
        value "run"
    }
    axis "distro" {
        value "noble" default { set folder="ubuntu/noble"; }
        value "jammy" { set folder="ubuntu/jammy"; }
        value "alpine-3.22" { set folder="alpine/alpine-3.22"; }
    }

    dockerfile "{version.major}/{variant}/{distro.folder}/Dockerfile"

    platforms "linux/amd64"

    tag "{version:full,major}-{variant}-{distro}"
    when variant="sdk" { tag "{version:major}-{distro}"; }
    when variant="sdk" distro="noble" { tag "{version:none}"; }
}
"#,
    );
}

/// The distribution's release is data of the version, and the variant is behind it.
#[test]
fn a_distribution_that_differs_by_version() {
    check(
        &[
            "5.3.1, 5.3.1-trixie, next, next-trixie, 5, 5-trixie, 5.3, 5.3-trixie, latest, trixie | next/debian",
            "5.3.1-perl, 5.3.1-trixie-perl, next-perl, next-trixie-perl, 5-perl, 5-trixie-perl, 5.3-perl, 5.3-trixie-perl, perl, trixie-perl | next/debian-perl",
            "5.3.1-alpine, 5.3.1-alpine3.22, next-alpine, next-alpine3.22, 5-alpine, 5-alpine3.22, 5.3-alpine, 5.3-alpine3.22, alpine, alpine3.22 | next/alpine",
            "5.3.1-alpine-perl, 5.3.1-alpine3.22-perl, next-alpine-perl, next-alpine3.22-perl, 5-alpine-perl, 5-alpine3.22-perl, 5.3-alpine-perl, 5.3-alpine3.22-perl, alpine-perl, alpine3.22-perl | next/alpine-perl",
            "5.3.1-alpine-slim, 5.3.1-alpine3.22-slim, next-alpine-slim, next-alpine3.22-slim, 5-alpine-slim, 5-alpine3.22-slim, 5.3-alpine-slim, 5.3-alpine3.22-slim, alpine-slim, alpine3.22-slim | next/alpine-slim",
            "5.2.9, 5.2.9-bookworm, stable, stable-bookworm, 5.2, 5.2-bookworm | stable/debian",
            "5.2.9-perl, 5.2.9-bookworm-perl, stable-perl, stable-bookworm-perl, 5.2-perl, 5.2-bookworm-perl | stable/debian-perl",
            "5.2.9-alpine, 5.2.9-alpine3.21, stable-alpine, stable-alpine3.21, 5.2-alpine, 5.2-alpine3.21 | stable/alpine",
            "5.2.9-alpine-perl, 5.2.9-alpine3.21-perl, stable-alpine-perl, stable-alpine3.21-perl, 5.2-alpine-perl, 5.2-alpine3.21-perl | stable/alpine-perl",
            "5.2.9-alpine-slim, 5.2.9-alpine3.21-slim, stable-alpine-slim, stable-alpine3.21-slim, 5.2-alpine-slim, 5.2-alpine3.21-slim | stable/alpine-slim",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor major none" {
        value "5.3.1" { alias "next"; set folder="next" suffix="trixie" alpine="3.22"; }
        value "5.2.9" { alias "stable"; set folder="stable" suffix="bookworm" alpine="3.21"; }
    }
    axis "distro" {
        value "debian" token=""
        value "alpine"
    }
    axis "variant" {
        value "plain" token="" { set folder=""; }
        value "perl" { set folder="-perl"; }
        value "slim" { set folder="-slim"; }
    }
    exclude distro="debian" variant="slim"

    dockerfile "{version.folder}/{distro}{variant.folder}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{distro}-{variant}"
    when distro="alpine" { tag "{version}-alpine{version.alpine}-{variant}"; }
    when distro="debian" { tag "{version}-{version.suffix}-{variant}"; }
}
"#,
    );
}

/// Values with one word and numbers: the axis has that word as its name.
#[test]
fn an_axis_called_after_its_values() {
    check(
        &[
            "3.1.0-lang8.3-web, 3.1.0-lang8.3, 3.1-lang8.3-web, 3.1-lang8.3, lang8.3-web, lang8.3 | latest/lang8.3/web",
            "3.1.0-lang8.3-fast, 3.1-lang8.3-fast, lang8.3-fast | latest/lang8.3/fast",
            "3.1.0-lang8.4-web, 3.1.0-lang8.4, 3.1.0-web, 3.1.0, 3.1-lang8.4-web, 3.1-lang8.4, 3.1-web, 3.1, lang8.4-web, lang8.4, web, latest | latest/lang8.4/web",
            "3.1.0-lang8.4-fast, 3.1.0-fast, 3.1-lang8.4-fast, 3.1-fast, lang8.4-fast, fast | latest/lang8.4/fast",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor none" {
        value "3.1.0"
    }
    axis "lang" {
        value "lang8.3"
        value "lang8.4" default
    }
    axis "variant" {
        value "web" default
        value "fast"
    }

    dockerfile "latest/{lang}/{variant}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{lang}-{variant}"
}
"#,
    );
}

/// The default distribution differs by version, with a smaller form of each.
#[test]
fn a_default_distribution_by_version() {
    check(
        &[
            "24.1.0-trixie, 24.1.0, 24-trixie, 24, trixie, latest | 24/trixie",
            "24.1.0-trixie-slim, 24.1.0-slim, 24-trixie-slim, 24-slim, trixie-slim, slim | 24/trixie-slim",
            "24.1.0-bookworm, 24-bookworm, bookworm | 24/bookworm",
            "24.1.0-bookworm-slim, 24-bookworm-slim, bookworm-slim | 24/bookworm-slim",
            "24.1.0-noble, 24-noble, noble | 24/noble",
            "24.1.0-noble-slim, 24-noble-slim, noble-slim | 24/noble-slim",
            "22.3.0-trixie, 22-trixie | 22/trixie",
            "22.3.0-trixie-slim, 22-trixie-slim | 22/trixie-slim",
            "22.3.0-bookworm, 22.3.0, 22-bookworm, 22 | 22/bookworm",
            "22.3.0-bookworm-slim, 22.3.0-slim, 22-bookworm-slim, 22-slim | 22/bookworm-slim",
            "22.3.0-noble, 22-noble | 22/noble",
            "22.3.0-noble-slim, 22-noble-slim | 22/noble-slim",
            "20.9.4-trixie, 20-trixie | 20/trixie",
            "20.9.4-trixie-slim, 20-trixie-slim | 20/trixie-slim",
            "20.9.4-bookworm, 20.9.4, 20-bookworm, 20 | 20/bookworm",
            "20.9.4-bookworm-slim, 20.9.4-slim, 20-bookworm-slim, 20-slim | 20/bookworm-slim",
            "20.9.4-noble, 20-noble | 20/noble",
            "20.9.4-noble-slim, 20-noble-slim | 20/noble-slim",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full major none" {
        value "24.1.0"
        value "22.3.0"
        value "20.9.4"
    }
    axis "distro" {
        value "trixie"
        value "bookworm" default
        value "noble"
    }
    axis "variant" {
        value "plain" token="" { set folder=""; }
        value "slim" { set folder="-slim"; }
    }

    dockerfile "{version.major}/{distro}{variant.folder}/Dockerfile"

    platforms "linux/amd64"

    when version=">=24" { default distro="trixie"; }
    tag "{version}-{distro}-{variant}"
}
"#,
    );
}

/// Few combinations exist: a list says it better.
#[test]
fn few_combinations() {
    check(
        &[
            "2.0.1-core, 2.0-core | 2.0/core",
            "2.0.1-core-trixie, 2.0-core-trixie | 2.0/core-trixie",
            "2.0.1-tools-noble, 2.0-tools-noble | 2.0/tools-noble",
            "2.0.1-full-alpine, 2.0-full-alpine | 2.0/full-alpine",
            "1.9.3-core, 1.9-core | 1.9/core",
            "1.9.3-core-trixie, 1.9-core-trixie | 1.9/core-trixie",
            "1.9.3-tools-noble, 1.9-tools-noble | 1.9/tools-noble",
            "1.9.3-full-alpine, 1.9-full-alpine | 1.9/full-alpine",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor" {
        value "2.0.1"
        value "1.9.3"
    }
    axis "variant" {
        value "core"
        value "core-trixie"
        value "tools-noble"
        value "full-alpine"
    }

    dockerfile "{version.minor}/{variant}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}"
}
"#,
    );
}

/// A part of the table without anything in common with the others has whole words, too.
#[test]
fn folders_with_other_words() {
    check(
        &[
            "7.1.2-community-trixie, 7-community-trixie | 7.1.2/trixie/community",
            "7.1.2-enterprise-trixie, 7-enterprise-trixie | 7.1.2/trixie/enterprise",
            "7.1.2-community-ubi10, 7-community-ubi10 | 7.1.2/ubi10/community",
            "7.1.2-enterprise-ubi10, 7-enterprise-ubi10 | 7.1.2/ubi10/enterprise",
            "5.26.1-community-trixie, 5-community-trixie | 5.26.1/trixie/community",
            "5.26.1-enterprise-trixie, 5-enterprise-trixie | 5.26.1/trixie/enterprise",
            "5.26.1-community-ubi10, 5-community-ubi10 | 5.26.1/ubi10/community",
            "5.26.1-enterprise-ubi10, 5-enterprise-ubi10 | 5.26.1/ubi10/enterprise",
            "4.4.4-community-bullseye, 4-community-bullseye | 4.4.4/bullseye/community",
            "4.4.4-enterprise-bullseye, 4-enterprise-bullseye | 4.4.4/bullseye/enterprise",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full major" {
        value "7.1.2"
        value "5.26.1"
        value "4.4.4"
    }
    axis "variant" {
        value "community"
        value "enterprise"
    }
    axis "distro" {
        value "trixie"
        value "ubi10"
        value "bullseye"
    }
    exclude version=">=5" distro="bullseye"
    exclude version="4.4.4" distro="trixie" "ubi10"

    dockerfile "{version}/{distro}/{variant}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}-{distro}"
}
"#,
    );
}

/// A smaller form of each value: what extends another name is an axis.
#[test]
fn a_name_that_extends_another() {
    check(
        &[
            "3.2.1-otp-28, 3.2.1, 3.2-otp-28, 3.2, otp-28, latest | 3.2/otp-28",
            "3.2.1-otp-28-slim, 3.2.1-slim, 3.2-otp-28-slim, 3.2-slim, otp-28-slim, slim | 3.2/otp-28-slim",
            "3.2.1-otp-28-alpine, 3.2.1-alpine, 3.2-otp-28-alpine, 3.2-alpine, otp-28-alpine, alpine | 3.2/otp-28-alpine",
            "3.2.1-otp-27, 3.2-otp-27, otp-27 | 3.2/otp-27",
            "3.2.1-otp-27-slim, 3.2-otp-27-slim, otp-27-slim | 3.2/otp-27-slim",
            "3.2.1-otp-27-alpine, 3.2-otp-27-alpine, otp-27-alpine | 3.2/otp-27-alpine",
            "3.1.8-otp-28, 3.1-otp-28 | 3.1/otp-28",
            "3.1.8-otp-28-slim, 3.1-otp-28-slim | 3.1/otp-28-slim",
            "3.1.8-otp-28-alpine, 3.1-otp-28-alpine | 3.1/otp-28-alpine",
            "3.1.8-otp-27, 3.1.8, 3.1-otp-27, 3.1 | 3.1/otp-27",
            "3.1.8-otp-27-slim, 3.1.8-slim, 3.1-otp-27-slim, 3.1-slim | 3.1/otp-27-slim",
            "3.1.8-otp-27-alpine, 3.1.8-alpine, 3.1-otp-27-alpine, 3.1-alpine | 3.1/otp-27-alpine",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor none" {
        value "3.2.1"
        value "3.1.8"
    }
    axis "otp" {
        value "otp-28"
        value "otp-27" default
    }
    axis "variant" {
        value "plain" token="" { set folder=""; }
        value "slim" { set folder="-slim"; }
        value "alpine" { set folder="-alpine"; }
    }

    dockerfile "{version.minor}/{otp}{variant.folder}/Dockerfile"

    platforms "linux/amd64"

    when version=">=3.2" { default otp="otp-28"; }
    tag "{version}-{otp}-{variant}"
}
"#,
    );
}

/// The second part has short names for each of the first.
#[test]
fn short_names_of_a_first_part() {
    check(
        &[
            "11.0.1-jdk21-vendor-noble, 11.0.1-jdk21-vendor, 11.0.1-jdk21, 11.0.1, 11.0-jdk21-vendor-noble, 11.0-jdk21-vendor, 11.0-jdk21, 11.0, jdk21-vendor-noble, jdk21-vendor, jdk21, latest | 11.0/jdk21/vendor-noble",
            "11.0.1-jdk21-vendor-jammy, 11.0-jdk21-vendor-jammy, jdk21-vendor-jammy | 11.0/jdk21/vendor-jammy",
            "11.0.1-jre21-vendor-noble, 11.0.1-jre21-vendor, 11.0.1-jre21, 11.0-jre21-vendor-noble, 11.0-jre21-vendor, 11.0-jre21, jre21-vendor-noble, jre21-vendor, jre21 | 11.0/jre21/vendor-noble",
            "11.0.1-jre21-vendor-jammy, 11.0-jre21-vendor-jammy, jre21-vendor-jammy | 11.0/jre21/vendor-jammy",
            "11.0.1-jdk17-vendor-noble, 11.0.1-jdk17-vendor, 11.0.1-jdk17, 11.0-jdk17-vendor-noble, 11.0-jdk17-vendor, 11.0-jdk17, jdk17-vendor-noble, jdk17-vendor, jdk17 | 11.0/jdk17/vendor-noble",
            "11.0.1-jdk17-vendor-jammy, 11.0-jdk17-vendor-jammy, jdk17-vendor-jammy | 11.0/jdk17/vendor-jammy",
            "11.0.1-jre17-vendor-noble, 11.0.1-jre17-vendor, 11.0.1-jre17, 11.0-jre17-vendor-noble, 11.0-jre17-vendor, 11.0-jre17, jre17-vendor-noble, jre17-vendor, jre17 | 11.0/jre17/vendor-noble",
            "11.0.1-jre17-vendor-jammy, 11.0-jre17-vendor-jammy, jre17-vendor-jammy | 11.0/jre17/vendor-jammy",
            "10.1.9-jdk21-vendor-noble, 10.1.9-jdk21-vendor, 10.1.9-jdk21, 10.1.9, 10.1-jdk21-vendor-noble, 10.1-jdk21-vendor, 10.1-jdk21, 10.1 | 10.1/jdk21/vendor-noble",
            "10.1.9-jdk21-vendor-jammy, 10.1-jdk21-vendor-jammy | 10.1/jdk21/vendor-jammy",
            "10.1.9-jre21-vendor-noble, 10.1.9-jre21-vendor, 10.1.9-jre21, 10.1-jre21-vendor-noble, 10.1-jre21-vendor, 10.1-jre21 | 10.1/jre21/vendor-noble",
            "10.1.9-jre21-vendor-jammy, 10.1-jre21-vendor-jammy | 10.1/jre21/vendor-jammy",
            "10.1.9-jdk17-vendor-noble, 10.1.9-jdk17-vendor, 10.1.9-jdk17, 10.1-jdk17-vendor-noble, 10.1-jdk17-vendor, 10.1-jdk17 | 10.1/jdk17/vendor-noble",
            "10.1.9-jdk17-vendor-jammy, 10.1-jdk17-vendor-jammy | 10.1/jdk17/vendor-jammy",
            "10.1.9-jre17-vendor-noble, 10.1.9-jre17-vendor, 10.1.9-jre17, 10.1-jre17-vendor-noble, 10.1-jre17-vendor, 10.1-jre17 | 10.1/jre17/vendor-noble",
            "10.1.9-jre17-vendor-jammy, 10.1-jre17-vendor-jammy | 10.1/jre17/vendor-jammy",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor none" {
        value "11.0.1"
        value "10.1.9"
    }
    axis "kind" {
        value "jdk21"
        value "jre21"
        value "jdk17"
        value "jre17"
    }
    axis "variant" {
        value "vendor-noble" default { alias "vendor"; }
        value "vendor-jammy"
    }

    dockerfile "{version.minor}/{kind}/{variant}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{kind}-{variant}"
    when kind="jdk21" variant="vendor-noble" { tag "{version}"; }
}
"#,
    );
}

/// A tool with its version, a distribution that most omit, a path with the number of the version within a folder's name, and
/// one image that has nothing in common with the others.
#[test]
fn a_tool_and_a_distribution_behind_a_word_with_a_version() {
    check(
        &[
            "latest | target/debian-21/latest",
            "temurin-8-lein-2.11.2-alpine, temurin-8-lein-alpine | target/temurin-8-jdk-alpine/lein",
            "temurin-8-lein-2.11.2-bookworm, temurin-8-lein-bookworm, temurin-8-lein-2.11.2, temurin-8-lein | target/debian-8/lein",
            "temurin-8-lein-2.11.2-noble, temurin-8-lein-noble | target/temurin-8-jdk-noble/lein",
            "temurin-8-deps-1.12.1-alpine, temurin-8-deps-alpine, temurin-8-alpine | target/temurin-8-jdk-alpine/deps",
            "temurin-8-deps-1.12.1-bookworm, temurin-8-deps-bookworm, temurin-8-deps-1.12.1, temurin-8-deps, temurin-8-bookworm | target/debian-8/deps",
            "temurin-8-deps-1.12.1-noble, temurin-8-deps-noble, temurin-8-noble | target/temurin-8-jdk-noble/deps",
            "temurin-17-lein-2.11.2-alpine, temurin-17-lein-alpine | target/temurin-17-jdk-alpine/lein",
            "temurin-17-lein-2.11.2-bookworm, temurin-17-lein-bookworm, temurin-17-lein-2.11.2, temurin-17-lein | target/debian-17/lein",
            "temurin-17-lein-2.11.2-noble, temurin-17-lein-noble | target/temurin-17-jdk-noble/lein",
            "temurin-17-deps-1.12.1-alpine, temurin-17-deps-alpine, temurin-17-alpine | target/temurin-17-jdk-alpine/deps",
            "temurin-17-deps-1.12.1-bookworm, temurin-17-deps-bookworm, temurin-17-deps-1.12.1, temurin-17-deps, temurin-17-bookworm | target/debian-17/deps",
            "temurin-17-deps-1.12.1-noble, temurin-17-deps-noble, temurin-17-noble | target/temurin-17-jdk-noble/deps",
            "temurin-21-lein-2.11.2-alpine, temurin-21-lein-alpine, lein-2.11.2-alpine, lein-alpine | target/temurin-21-jdk-alpine/lein",
            "temurin-21-lein-2.11.2-bookworm, temurin-21-lein-bookworm, temurin-21-lein-2.11.2, temurin-21-lein, lein-2.11.2-bookworm, lein-bookworm, lein-2.11.2, lein | target/debian-21/lein",
            "temurin-21-lein-2.11.2-noble, temurin-21-lein-noble, lein-2.11.2-noble, lein-noble | target/temurin-21-jdk-noble/lein",
            "temurin-21-deps-1.12.1-alpine, temurin-21-deps-alpine, temurin-21-alpine, deps-1.12.1-alpine, deps-alpine | target/temurin-21-jdk-alpine/deps",
            "temurin-21-deps-1.12.1-bookworm, temurin-21-deps-bookworm, temurin-21-deps-1.12.1, temurin-21-deps, temurin-21-bookworm, deps-1.12.1-bookworm, deps-bookworm, deps-1.12.1, deps | target/debian-21/deps",
            "temurin-21-deps-1.12.1-noble, temurin-21-deps-noble, temurin-21-noble, deps-1.12.1-noble, deps-noble | target/temurin-21-jdk-noble/deps",
        ],
        r#"
image "app-latest" {
    publish "docker.io/library/app"
    dockerfile "target/debian-21/latest/Dockerfile"
    platforms "linux/amd64"

    tag "latest"
}

image "app" {
    axis "version" {
        value "temurin-8" { set folder="8"; }
        value "temurin-17" { set folder="17"; }
        value "temurin-21" default { set folder="21"; }
    }
    axis "variant" {
        value "lein-2.11.2" { alias "lein"; set folder="lein"; }
        value "deps-1.12.1" { alias "deps"; set folder="deps"; }
    }
    axis "distro" {
        value "alpine" { set root="temurin" folder="-jdk-alpine"; }
        value "bookworm" default { set root="debian" folder=""; }
        value "noble" { set root="temurin" folder="-jdk-noble"; }
    }

    dockerfile "target/{distro.root}-{version.folder}{distro.folder}/{variant.folder}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}-{distro}"
    when variant="deps-1.12.1" { tag "{version.name}-{distro.name}"; }
}
"#,
    );
}

/// Words that tags have for some values, or none, are data of the values, and one `when` has all of them.
#[test]
fn words_in_the_place_of_values() {
    check(
        &[
            "7.4.8-jdk8-slim, 7.4-jdk8-slim, 7-jdk8-slim | 7.4/jdk8/slim",
            "7.4.8-jdk8-base, 7.4-jdk8-base, 7-jdk8-base | 7.4/jdk8/base",
            "7.4.8-jdk25-slim, 7.4-jdk25-slim, 7-jdk25-slim, 7.4.8, 7.4, 7, latest | 7.4/jdk25/slim",
            "7.4.8-jdk25-base, 7.4-jdk25-base, 7-jdk25-base, 7.4.8-rest, 7.4-rest, 7-rest, rest | 7.4/jdk25/base",
            "6.1.0-jdk8-slim, 6.1-jdk8-slim, 6-jdk8-slim, 6.1.0, 6.1, 6 | 6.1/jdk8/slim",
            "6.1.0-jdk8-base, 6.1-jdk8-base, 6-jdk8-base, 6.1.0-rest, 6.1-rest, 6-rest | 6.1/jdk8/base",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor major none" {
        value "7.4.8"
        value "6.1.0"
    }
    axis "jdk" {
        value "jdk8"
        value "jdk25"
    }
    axis "variant" {
        value "slim" { set short=""; }
        value "base" { set short="rest"; }
    }
    exclude version="6.1.0" jdk="jdk25"

    dockerfile "{version.minor}/{jdk}/{variant}/Dockerfile"

    platforms "linux/amd64"

    tag "{version:full,minor,major}-{jdk}-{variant}"
    when jdk="jdk25" { tag "{version}-{variant.short}"; }
    when version="6.1.0" { tag "{version}-{variant.short}"; }
}
"#,
    );
}
