//! Words that tags may omit in some images only, and words before a version.

use super::check;

/// The newest version has another default distribution than the older ones.
#[test]
fn a_default_that_differs_by_version() {
    check(
        &[
            "6.1.0-noble, 6.1-noble, noble, 6.1.0, 6.1, latest | 6.1/noble",
            "6.1.0-noble-slim, 6.1-noble-slim, noble-slim, 6.1.0-slim, 6.1-slim, slim | 6.1/noble/slim",
            "6.1.0-focal, 6.1-focal, focal | 6.1/focal",
            "6.1.0-focal-slim, 6.1-focal-slim, focal-slim | 6.1/focal/slim",
            "6.0.7-focal, 6.0-focal, 6.0.7, 6.0 | 6.0/focal",
            "6.0.7-focal-slim, 6.0-focal-slim, 6.0.7-slim, 6.0-slim | 6.0/focal/slim",
            "5.9.4-focal, 5.9-focal, 5.9.4, 5.9 | 5.9/focal",
            "5.9.4-focal-slim, 5.9-focal-slim, 5.9.4-slim, 5.9-slim | 5.9/focal/slim",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor none" {
        value "6.1.0"
        value "6.0.7"
        value "5.9.4"
    }
    axis "distro" {
        value "noble" default
        value "focal"
    }
    axis "variant" {
        value "plain" token="" { set folder=""; }
        value "slim" { set folder="slim/"; }
    }
    exclude version="<6.1" distro="noble"

    dockerfile "{version.minor}/{distro}/{variant.folder}Dockerfile"

    platforms "linux/amd64"

    when version="<6.1" { default distro="focal"; }
    tag "{version}-{distro}-{variant}"
}
"#,
    );
}

/// One edition of the newest version, whose tags name `latest`.
#[test]
fn an_edition_of_one_version() {
    check(
        &[
            "4.2.1, 4.2, 4, latest | 4.2.1",
            "4.2.1-extra, 4.2-extra, 4-extra, latest-extra | 4.2.1-extra",
            "4.1.5, 4.1 | 4.1.5",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor major latest" {
        value "4.2.1"
        value "4.1.5"
    }
    axis "variant" {
        value "plain" token="" { set folder=""; }
        value "extra" { set folder="-extra"; }
    }
    exclude version="4.1.5" variant="extra"

    dockerfile "{version}{variant.folder}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}"
}
"#,
    );
}

/// Every version is there with a `v`, too.
#[test]
fn a_letter_before_the_version() {
    check(
        &[
            "v3.1.4, 3.1.4, v3.1, 3.1, brie, latest | ",
            "v3.1.4-ltsc, 3.1.4-ltsc, v3.1-ltsc, 3.1-ltsc, brie-ltsc, ltsc | ltsc",
            "v2.8.9, 2.8.9, v2.8, 2.8, gouda | ",
            "v2.8.9-ltsc, 2.8.9-ltsc, v2.8-ltsc, 2.8-ltsc, gouda-ltsc | ltsc",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor none" {
        value "3.1.4" { alias "brie"; }
        value "2.8.9" { alias "gouda"; }
    }
    axis "variant" {
        value "plain" token="" { set folder=""; }
        value "ltsc" { set folder="ltsc/"; }
    }

    dockerfile "{variant.folder}Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}"
    tag "v{version.name}-{variant}"
    tag "v{version.minor}-{variant}"
}
"#,
    );
}

/// A package's revision belongs to its version, and a word before the version makes further tags.
#[test]
fn a_revision_and_a_word_before_the_version() {
    check(
        &[
            "8.1.30-4-ubi, 8.1-ubi, 8-ubi, 8.1.30-4, 8.1, 8, latest, db-8.1.30-4, db-8.1, db-8 | 8.1",
            "5.6.41-ubi, 5.6-ubi, 5-ubi, 5.6.41, 5.6, 5, db-5.6.41, db-5.6, db-5 | 5.6",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor major none" {
        value "8.1.30-4"
        value "5.6.41"
    }
    axis "variant" {
        value "ubi"
    }

    dockerfile "{version.minor}/Dockerfile"

    platforms "linux/amd64"

    tag "{version:full,minor,major}-{variant}"
    tag "{version}"
    tag "db-{version:full,minor,major}"
}
"#,
    );
}

/// The number of a word is left out in tags without a version.
#[test]
fn short_names_of_labels() {
    check(
        &[
            "1.9.0-lua5.4, lua5.4, lua5, lua | Dockerfiles/lua5.4",
            "1.9.0-tcl9, tcl9, tcl | Dockerfiles/tcl9",
            "1.9.0-awk3, awk3, awk | Dockerfiles/awk3",
            "1.9.0-perl5.40, perl5.40, perl5, perl | Dockerfiles/perl5.40",
            "1.9.0-zsh5.9, zsh5.9, zsh5, zsh | Dockerfiles/zsh5.9",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full none" {
        value "1.9.0"
    }
    axis "variant" {
        value "lua5.4" { set short="lua5" short-2="lua"; }
        value "tcl9" { set short="tcl"; }
        value "awk3" { set short="awk"; }
        value "perl5.40" { set short="perl5" short-2="perl"; }
        value "zsh5.9" { set short="zsh5" short-2="zsh"; }
    }

    dockerfile "Dockerfiles/{variant}/Dockerfile"

    platforms "linux/amd64"

    tag "{version}-{variant}"
    tag "{version:none}-{variant.short}"
    when variant="lua5.4" "perl5.40" "zsh5.9" { tag "{version:none}-{variant.short-2}"; }
}
"#,
    );
}

/// The default distribution depends on the runtime.
#[test]
fn a_default_that_differs_by_another_axis() {
    check(
        &[
            "4.1.2-run11-focal, 4.1-run11-focal, run11-focal, 4.1.2-run11, 4.1-run11, run11 | run11-focal",
            "4.1.2-run11-noble, 4.1-run11-noble, run11-noble | run11-noble",
            "4.1.2-run11-alpine, 4.1-run11-alpine, run11-alpine | run11-alpine",
            "4.1.2-run11-ubi9, 4.1-run11-ubi9, run11-ubi9 | run11-ubi9",
            "4.1.2-run17-focal, 4.1-run17-focal, run17-focal, 4.1.2-run17, 4.1-run17, run17 | run17-focal",
            "4.1.2-run17-noble, 4.1-run17-noble, run17-noble | run17-noble",
            "4.1.2-run17-alpine, 4.1-run17-alpine, run17-alpine | run17-alpine",
            "4.1.2-run17-ubi9, 4.1-run17-ubi9, run17-ubi9 | run17-ubi9",
            "4.1.2-run21-focal, 4.1-run21-focal, run21-focal | run21-focal",
            "4.1.2-run21-noble, 4.1-run21-noble, run21-noble, 4.1.2-run21, 4.1-run21, run21, 4.1.2, 4.1, latest | run21-noble",
            "4.1.2-run21-alpine, 4.1-run21-alpine, run21-alpine | run21-alpine",
            "4.1.2-run21-ubi9, 4.1-run21-ubi9, run21-ubi9 | run21-ubi9",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor none" {
        value "4.1.2"
    }
    axis "run" {
        value "run11"
        value "run17"
        value "run21"
    }
    axis "distro" {
        value "focal" default
        value "noble"
        value "alpine"
        value "ubi9"
    }

    dockerfile "{run}-{distro}/Dockerfile"

    platforms "linux/amd64"

    when run="run21" { default distro="noble"; }
    tag "{version}-{run}-{distro}"
    when run="run21" distro="noble" { tag "{version}"; }
}
"#,
    );
}

/// Only one image of each version has the short tags.
#[test]
fn defaults_of_one_image_on_two_axes() {
    check(
        &[
            "5.1.0-php8.3-apache, 5.1-php8.3-apache, 5-php8.3-apache, php8.3-apache | 5.1/php8.3/apache",
            "5.1.0-php8.3-fpm, 5.1-php8.3-fpm, 5-php8.3-fpm, php8.3-fpm | 5.1/php8.3/fpm",
            "5.1.0-php8.3-fpm-alpine, 5.1-php8.3-fpm-alpine, 5-php8.3-fpm-alpine, php8.3-fpm-alpine | 5.1/php8.3/fpm-alpine",
            "5.1.0-php8.4-apache, 5.1-php8.4-apache, 5-php8.4-apache, php8.4-apache, 5.1.0-apache, 5.1-apache, 5-apache, apache, 5.1.0-php8.4, 5.1-php8.4, 5-php8.4, php8.4, 5.1.0, 5.1, 5, latest | 5.1/php8.4/apache",
            "5.1.0-php8.4-fpm, 5.1-php8.4-fpm, 5-php8.4-fpm, php8.4-fpm | 5.1/php8.4/fpm",
            "5.1.0-php8.4-fpm-alpine, 5.1-php8.4-fpm-alpine, 5-php8.4-fpm-alpine, php8.4-fpm-alpine | 5.1/php8.4/fpm-alpine",
            "4.4.4-php8.3-apache, 4.4-php8.3-apache, 4-php8.3-apache, 4.4.4-apache, 4.4-apache, 4-apache, 4.4.4-php8.3, 4.4-php8.3, 4-php8.3, 4.4.4, 4.4, 4 | 4.4/php8.3/apache",
            "4.4.4-php8.3-fpm, 4.4-php8.3-fpm, 4-php8.3-fpm | 4.4/php8.3/fpm",
            "4.4.4-php8.3-fpm-alpine, 4.4-php8.3-fpm-alpine, 4-php8.3-fpm-alpine | 4.4/php8.3/fpm-alpine",
            "4.4.4-php8.4-apache, 4.4-php8.4-apache, 4-php8.4-apache | 4.4/php8.4/apache",
            "4.4.4-php8.4-fpm, 4.4-php8.4-fpm, 4-php8.4-fpm | 4.4/php8.4/fpm",
            "4.4.4-php8.4-fpm-alpine, 4.4-php8.4-fpm-alpine, 4-php8.4-fpm-alpine | 4.4/php8.4/fpm-alpine",
        ],
        r#"
image "app" {
    axis "version" kind="version" rungs="full minor major none" {
        value "5.1.0"
        value "4.4.4"
    }
    axis "php" {
        value "php8.3"
        value "php8.4"
    }
    axis "variant" {
        value "apache"
        value "fpm"
        value "fpm-alpine"
    }

    dockerfile "{version.minor}/{php}/{variant}/Dockerfile"

    platforms "linux/amd64"

    when version=">=5" php="php8.4" variant="apache" { default variant="apache"; default php="php8.4"; }
    when version="4.4.4" php="php8.3" variant="apache" { default variant="apache"; default php="php8.3"; }
    tag "{version}-{php}-{variant}"
}
"#,
    );
}
