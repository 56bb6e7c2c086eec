use super::*;
use crate::name::Reference;

/// Paths, and the names that each asks for after `<`; the titles in the same order.
#[track_caller]
fn check(files: &[&str], expect: &[&str]) {
    let parts: Vec<(&str, &str)> = files
        .iter()
        .map(|file| file.split_once(" < ").unwrap_or((file, "")))
        .collect();
    let refs: Vec<(usize, Reference)> = parts
        .iter()
        .enumerate()
        .flat_map(|(at, (_, names))| {
            names
                .split_whitespace()
                .map(move |name| (at, name.parse().unwrap()))
        })
        .collect();
    let asked = Asked::new(refs.iter().map(|(at, one)| (*at, one)));
    let paths: Vec<&str> = parts.iter().map(|(path, _)| *path).collect();
    let show = |title: Title| {
        let was = title.was.map(|was| format!(" was {was}"));
        format!("{}:{}{}", title.image, title.tag, was.unwrap_or_default())
    };
    let got: Vec<String> = titles(&paths, "alone", &asked)
        .into_iter()
        .map(show)
        .collect();
    assert_eq!(got, expect, "{files:?}");
}

#[test]
fn a_path_is_an_image_and_a_tag() {
    for (path, expect) in [
        ("Dockerfile", "alone:latest"),
        ("node.Dockerfile", "node:latest"),
        ("Dockerfile.node", "node:latest"),
        ("go/Dockerfile", "go:latest"),
        ("go/Containerfile", "go:latest"),
        ("go/1.26/Dockerfile", "go:1.26"),
        ("go/1.26.Dockerfile", "go:1.26"),
        ("go/Dockerfile.1.26", "go:1.26"),
        ("go/Dockerfile-1.26", "go:1.26"),
        ("go/1.26/node/Dockerfile", "go:1.26-node"),
        ("go/1.26/Dockerfile.node", "go:1.26-node"),
        (
            "Go Tools/1 26/Dockerfile",
            "go-tools:1-26 was Go Tools:1 26",
        ),
        ("go/+/Dockerfile", "go:latest was go:+"),
        ("base-1.0.Dockerfile", "base:1.0"),
        ("Dockerfile.base.1.0", "base:1.0"),
        ("Dockerfile.8.1.slim", "alone:8.1.slim"),
        ("rocket.chat/Dockerfile", "rocket.chat:latest"),
        ("python3.12/Dockerfile", "python3.12:latest"),
        ("rstudio_4.5.1.Dockerfile", "rstudio:4.5.1"),
        ("dockerfiles/app_1.0.Dockerfile", "app:1.0"),
        ("Dockerfile.1.0", "alone:1.0"),
        ("Dockerfile-1.0", "alone:1.0"),
        ("golang-1.27/Dockerfile", "golang:1.27"),
        ("golang-1.27/bookworm/Dockerfile", "golang:1.27-bookworm"),
        ("node_22/Dockerfile", "node:22"),
        ("jdk-17/Dockerfile", "jdk:17"),
        ("openjdk/jdk-17/Dockerfile", "openjdk:jdk-17"),
        (
            "WebServer/Dockerfile",
            "webserver:latest was WebServer:latest",
        ),
        (".devcontainer/Dockerfile", "alone:latest"),
        ("src/go/.devcontainer/Dockerfile", "go:latest"),
        ("services/api/Dockerfile", "api:latest"),
        ("api/docker/Dockerfile", "api:latest"),
        ("docker/Dockerfile", "alone:latest"),
        ("docker/Dockerfile.dev", "dev:latest"),
        ("Dockerfile.build", "build:latest"),
        (
            "ros/noetic/ubuntu/focal/ros-core/Dockerfile",
            "ros:noetic-ubuntu-focal-ros-core",
        ),
    ] {
        check(&[path], &[expect]);
    }
}

/// A folder that is only where the folder of an image has its Dockerfiles is not part of a tag.
#[test]
fn folders_inside_of_the_folder_of_an_image() {
    for word in [
        "docker",
        "dockerfiles",
        "build",
        "ci",
        "container",
        "context",
        "build/docker",
    ] {
        let path = |before: &str, after: &str| format!("{before}/{word}/{after}");
        let prod = path("services/billing", "Dockerfile.prod");
        let local = path("services/billing", "Dockerfile.local");
        let plain = path("services/billing", "Dockerfile");
        let deep = path("services/billing", "prod/Dockerfile");
        let other = "services/auth/Dockerfile";
        check(
            &[&prod, &local, other],
            &["billing:prod", "billing:local", "auth:latest"],
        );
        check(
            &[&plain, &prod, other],
            &["billing:latest", "billing:prod", "auth:latest"],
        );
        check(&[&deep, other], &["billing:prod", "auth:latest"]);
    }
    // Beside others, where no tag is the same then.
    check(
        &["api/Dockerfile", "api/docker/Dockerfile.dev"],
        &["api:latest", "api:dev"],
    );
    check(
        &["api/Dockerfile.dev", "api/docker/Dockerfile.dev"],
        &["api:dev", "api:docker-dev"],
    );
    check(
        &["api/node/Dockerfile", "api/docker/Dockerfile"],
        &["api:node", "api:docker"],
    );
    check(
        &[
            "lang/docker/Dockerfile.27",
            "lang/docker/Dockerfile.28",
            "lang/node/Dockerfile.22",
        ],
        &["docker:27", "docker:28", "node:22"],
    );
    // FROM lines name it.
    for (name, wanted) in [
        ("acme/docker:prod", "docker:prod"),
        ("acme/api:docker-prod", "api:docker-prod"),
        ("acme/api-docker:prod", "api-docker:prod"),
    ] {
        let asks = format!("x/Dockerfile < {name}");
        check(
            &["api/docker/Dockerfile.prod", &asks],
            &[wanted, "x:latest"],
        );
    }
}

/// `Dockerfile.cuda.dev` is a kind of `Dockerfile.cuda`, if that is beside it.
#[test]
fn kinds_of_a_kind() {
    check(
        &["docker/Dockerfile.cuda", "docker/Dockerfile.cuda.dev"],
        &["cuda:latest", "cuda:dev"],
    );
    check(
        &[
            "Dockerfile.cpu",
            "Dockerfile.cpu.dev < org/llm:cpu",
            "Dockerfile.cuda",
            "Dockerfile.cuda.dev < org/llm:cuda",
        ],
        &["llm:cpu", "llm:cpu-dev", "llm:cuda", "llm:cuda-dev"],
    );
    check(
        &["go/Dockerfile.race", "go/Dockerfile.race.dev"],
        &["go:race", "go:race-dev"],
    );
    // Versions, a name that FROM lines ask for, and no file beside it.
    check(
        &["Dockerfile.8", "Dockerfile.8.1", "Dockerfile.8.slim"],
        &["alone:8", "alone:8.1", "alone:8.slim"],
    );
    check(
        &[
            "Dockerfile.rocket",
            "Dockerfile.rocket.chat",
            "x/Dockerfile < org/rocket.chat",
        ],
        &["rocket:latest", "rocket.chat:latest", "x:latest"],
    );
    check(
        &["Dockerfile.rocket.chat", "Dockerfile.web"],
        &["rocket.chat:latest", "web:latest"],
    );
}

/// Where several folders are named with the one above, so are those beside them.
#[test]
fn folders_beside_those_that_are_named_with_the_folder_above() {
    let folders = |last| {
        [
            "buildfarm/base/Dockerfile",
            "buildfarm/builder/Dockerfile",
            "buildfarm/worker/Dockerfile < org/buildfarm-base org/buildfarm-builder",
            last,
        ]
    };
    let with = |last| {
        [
            "buildfarm-base:latest",
            "buildfarm-builder:latest",
            "buildfarm-worker:latest",
            last,
        ]
    };
    check(
        &folders("buildfarm/cache/arm/Dockerfile"),
        &with("buildfarm-cache:arm"),
    );
    check(&folders("buildfarm/1.0/Dockerfile"), &with("buildfarm:1.0"));
    // One name is not enough.
    check(
        &[
            "php/fpm/Dockerfile",
            "php/cli/Dockerfile",
            "web/Dockerfile < acme/php-fpm",
        ],
        &["php-fpm:latest", "php:cli", "web:latest"],
    );
}

/// Of two spellings, the one that more files use decides.
#[test]
fn a_version_in_a_name_with_two_spellings() {
    let folders = [
        "ubuntu-22.04/Dockerfile",
        "ubuntu-24.04/Dockerfile",
        "ubuntu-22.04-cuda/Dockerfile < org/ubuntu:22.04",
        "ubuntu-24.04-cuda/Dockerfile < org/ubuntu:24.04",
        "ros/Dockerfile < org/ubuntu-22.04",
    ];
    check(
        &folders,
        &[
            "ubuntu:22.04",
            "ubuntu:24.04",
            "ubuntu:22.04-cuda",
            "ubuntu:24.04-cuda",
            "ros:latest",
        ],
    );
}

#[test]
fn folders_that_are_versions_are_of_one_image() {
    check(
        &["1.27/bookworm/Dockerfile", "tip/alpine3.22/Dockerfile"],
        &["alone:1.27-bookworm", "alone:tip-alpine3.22"],
    );
    check(
        &["stable/alpine/Dockerfile", "mainline/debian/Dockerfile"],
        &["alone:stable-alpine", "alone:mainline-debian"],
    );
    check(
        &[
            "8.3/bookworm/apache/Dockerfile",
            "8.4/trixie/cli/Dockerfile",
        ],
        &["alone:8.3-bookworm-apache", "alone:8.4-trixie-cli"],
    );
    check(
        &[
            "1.20/Dockerfile",
            "1.20/node/Dockerfile < cimg/node:20",
            "1.20/browsers/Dockerfile < cimg/node:20",
        ],
        &["alone:1.20", "alone:1.20-node", "alone:1.20-browsers"],
    );
    check(
        &["bookworm/Dockerfile", "trixie/Dockerfile"],
        &["alone:bookworm", "alone:trixie"],
    );
    check(
        &["stable/Dockerfile", "base/Dockerfile"],
        &["stable:latest", "base:latest"],
    );
    check(&["images/1.27/Dockerfile"], &["alone:1.27"]);
    check(
        &["docker/24/Dockerfile", "node/22/Dockerfile"],
        &["docker:24", "node:22"],
    );
}

#[test]
fn from_lines_show_which_folder_is_the_image() {
    check(
        &[
            "v1.2/server/Dockerfile",
            "v1.2/agent/Dockerfile < acme/server:v1.2",
            "v1.3/cli/Dockerfile",
        ],
        &["server:v1.2", "agent:v1.2", "cli:v1.3"],
    );
    check(
        &[
            "lang/go/Dockerfile",
            "lang/node/Dockerfile < acme/go",
            "lang/Dockerfile.x",
        ],
        &["go:latest", "node:latest", "x:latest"],
    );
    check(
        &["lang/go/Dockerfile", "lang/node/Dockerfile"],
        &["lang:go", "lang:node"],
    );
    check(
        &["nova/nova-base/Dockerfile", "nova/nova-api/Dockerfile"],
        &["nova-base:latest", "nova-api:latest"],
    );
    // Projects of .NET.
    check(
        &[
            "src/Services/Basket/Basket.API/Dockerfile",
            "src/Services/Catalog/Catalog.API/Dockerfile",
            "src/Services/Catalog/Catalog.Worker/Dockerfile",
            "src/Web/WebMVC/Dockerfile",
        ],
        &[
            "basket.api:latest was Basket.API:latest",
            "catalog.api:latest was Catalog.API:latest",
            "catalog.worker:latest was Catalog.Worker:latest",
            "webmvc:latest was WebMVC:latest",
        ],
    );
    check(&["app/app.8/Dockerfile"], &["app:app.8"]);
    check(
        &[
            "php/fpm/8.3/Dockerfile",
            "web/Dockerfile < acme/php-fpm:8.3",
        ],
        &["php-fpm:8.3", "web:latest"],
    );
    check(
        &[
            "BuildBase/Dockerfile",
            "JavaTools/Dockerfile < acme/build-base",
        ],
        &[
            "build-base:latest was BuildBase:latest",
            "java-tools:latest was JavaTools:latest",
        ],
    );
    check(
        &["base_image/Dockerfile", "x/Dockerfile < acme/base_image"],
        &["base-image:latest", "x:latest"],
    );
    check(
        &["golang-1.27/Dockerfile", "x/Dockerfile < acme/golang-1.27"],
        &["golang-1.27:latest", "x:latest"],
    );
    check(
        &[
            "node/22/python/Dockerfile",
            "python/3/Dockerfile",
            "x/Dockerfile < acme/python:3",
        ],
        &["node:22-python", "python:3", "x:latest"],
    );
}

#[test]
fn words_after_a_known_name_are_versions() {
    check(
        &[
            "r-ver_4.5.1.Dockerfile",
            "r-ver_devel.Dockerfile",
            "r-ver_latest-daily.Dockerfile",
            "ml_base.Dockerfile",
        ],
        &[
            "r-ver:4.5.1",
            "r-ver:devel",
            "r-ver:latest-daily",
            "ml-base:latest",
        ],
    );
    check(
        &["base-prod/Dockerfile", "app/Dockerfile < acme/base:prod"],
        &["base:prod", "app:latest"],
    );
    check(
        &[
            "latest/php8.3/apache/Dockerfile",
            "beta/php8.3/apache/Dockerfile",
            "cli/php8.3/alpine/Dockerfile",
        ],
        &[
            "alone:latest-php8.3-apache",
            "alone:beta-php8.3-apache",
            "cli:php8.3-alpine",
        ],
    );
    check(
        &[
            "lang/go/1.26/Dockerfile",
            "lang/go/1.27/Dockerfile",
            "lang/node/22/Dockerfile",
        ],
        &["go:1.26", "go:1.27", "node:22"],
    );
    check(
        &["php/fpm/8.3/Dockerfile", "php/cli/8.3/Dockerfile"],
        &["php:fpm-8.3", "php:cli-8.3"],
    );
}

#[test]
fn kinds_of_the_dockerfile_above_all_are_tags() {
    check(
        &["Dockerfile", "Dockerfile.aarch64", "dev.Dockerfile"],
        &["alone:latest", "alone:aarch64", "dev:latest"],
    );
    check(
        &["Dockerfile", "Dockerfile.base", "x/Dockerfile < acme/base"],
        &["alone:latest", "base:latest", "x:latest"],
    );
    check(
        &[
            "docker/Dockerfile",
            "docker/Dockerfile.dev",
            "docker/base/Dockerfile",
        ],
        &["alone:latest", "alone:dev", "base:latest"],
    );
    check(
        &[
            "docker/Dockerfile",
            "docker/dind/Dockerfile",
            "node/Dockerfile",
        ],
        &["docker:latest", "docker:dind", "node:latest"],
    );
    check(
        &["go/Dockerfile", "go/Dockerfile.race"],
        &["go:latest", "go:race"],
    );
}
