//! Folders inside others that are images, Windows, contexts, and names of repositories that differ from those of images.

use super::super::of;
use super::{Layout, check, check_in, fleet};

#[test]
fn folders_that_from_lines_name_with_a_prefix_are_images() {
    let edges = "base:latest\nkafka:latest <- base:latest\nkafka-rest:latest <- base:latest
         connect:latest <- kafka:latest";
    for above in ["", "distros/", "debian/", "linux/x86/"] {
        let path = |line: &str| format!("{above}{line}\n");
        let files = [
            "base/Dockerfile FROM debian:8",
            "kafka/Dockerfile FROM org/cp-base",
            "kafka-rest/Dockerfile FROM org/cp-base",
            "connect/Dockerfile FROM org/cp-kafka",
        ];
        check(&files.map(path).concat(), edges);
    }
    check(
        "configs/linux/MinimalAgent/Ubuntu/Dockerfile FROM ubuntu:22.04
         configs/linux/Agent/Ubuntu/Dockerfile FROM org/ci-minimal-agent:Ubuntu
         tools/linux/agent/Dockerfile FROM org/ci-agent:Ubuntu",
        "minimal-agent:Ubuntu\nagent:Ubuntu <- minimal-agent:Ubuntu\nlinux:agent <- agent:Ubuntu",
    );
}

/// One such name may be an image of others: a warning.
#[test]
fn a_folder_inside_an_image_that_a_name_resembles_is_a_warning() {
    check(
        "distros/base/Dockerfile\ndistros/kafka/Dockerfile FROM org/cp-base",
        "distros:base\ndistros:kafka\n! `org/cp-base` is not built here: only a folder inside",
    );
    check(
        "Linux/dev/docker/Alma9.Dockerfile\nLinux/dev/docker/CentOS7.Dockerfile\nLinux/agent/Dockerfile FROM org/mantid-alma9:0.1",
        "linux:dev-Alma9\nlinux:dev-CentOS7\nlinux:agent\n! `org/mantid-alma9:0.1` is not built here",
    );
    // What a folder is built from itself is an image of others.
    check(
        "go/1.26/Dockerfile\ngo/1.26/node/Dockerfile FROM cimg/node:22",
        "go:1.26\ngo:1.26-node",
    );
    check(
        "java11/Dockerfile\napp/Dockerfile FROM org/java",
        "java11:latest\napp:latest\n! `org/java` is not built here: it is only part of the name",
    );
    check(
        "cuda/7/Dockerfile\ncuda/8/Dockerfile\ncuda-caffe/7/deps/Dockerfile\ncuda-caffe/7/Dockerfile FROM org/cuda-caffe-deps:7",
        "cuda:7\ncuda:8\ncuda-caffe:7\ncuda-caffe:7-deps\n! `org/cuda-caffe-deps:7` is not built here: only part of the name is that of the folder for `cuda-caffe",
    );
}

/// FROM lines spell one image in two ways: most of them decide, and the others are warnings.
#[test]
fn two_spellings_of_one_image() {
    check(
        "ubuntu-20.04/Dockerfile FROM ubuntu:20.04
         ubuntu-22.04/Dockerfile FROM ubuntu:22.04
         ubuntu-20.04-cuda/Dockerfile FROM org/ubuntu:20.04
         ubuntu-22.04-cuda/Dockerfile FROM org/ubuntu:22.04
         ros/Dockerfile FROM org/ubuntu-22.04",
        "ubuntu:20.04\nubuntu:22.04\nubuntu:20.04-cuda <- ubuntu:20.04\nubuntu:22.04-cuda <- ubuntu:22.04\nros:latest
         ! `org/ubuntu-22.04` is not built here",
    );
    check(
        "ubuntu-20.04/Dockerfile FROM ubuntu:20.04
         ubuntu-22.04/Dockerfile FROM ubuntu:22.04
         ubuntu-20.04-cuda/Dockerfile FROM org/ubuntu:20.04
         ubuntu-22.04-cuda/Dockerfile FROM org/ubuntu:22.04
         a/Dockerfile FROM org/ubuntu-22.04
         b/Dockerfile FROM org/ubuntu-22.04
         c/Dockerfile FROM org/ubuntu-22.04",
        "ubuntu:20.04\nubuntu-22.04:latest\nubuntu:20.04-cuda <- ubuntu:20.04\nubuntu:22.04-cuda
         a:latest <- ubuntu-22.04:latest\nb:latest <- ubuntu-22.04:latest\nc:latest <- ubuntu-22.04:latest
         ! `org/ubuntu:22.04` is not built here",
    );
}

/// `Dockerfile.cuda.dev` is a kind of `Dockerfile.cuda`.
#[test]
fn kinds_of_a_kind_are_tags_of_its_image() {
    check(
        "docker/Dockerfile.cpu FROM ubuntu:24.04
         docker/Dockerfile.cuda FROM ubuntu:24.04
         docker/Dockerfile.cpu.dev FROM org/llm:cpu
         docker/Dockerfile.cuda.dev FROM org/llm:cuda",
        "llm:cpu\nllm:cuda\nllm:cpu-dev <- llm:cpu\nllm:cuda-dev <- llm:cuda",
    );
    check(
        "docker/Dockerfile.cpu FROM ubuntu:24.04
         docker/Dockerfile.cpu.dev FROM cpu",
        "cpu:latest\ncpu:dev <- cpu:latest",
    );
}

#[test]
fn versions_with_points_between_words_are_tags() {
    let layout = |files| Layout {
        name: "docker-images-php",
        registry: None,
        files,
    };
    check_in(
        &layout("Dockerfile.8.1.slim\nDockerfile.8.1.node FROM acme/php:8.1-slim"),
        "php:8.1.slim = php:8.1-slim\nphp:8.1.node <- php:8.1.slim",
    );
    check_in(
        &layout(
            "Dockerfile.7.1.slim.apache\nDockerfile.7.1.apache FROM acme/php:7.1-v3-slim-apache",
        ),
        "php:7.1.slim.apache = php:7.1-v3-slim-apache\nphp:7.1.apache <- php:7.1.slim.apache",
    );
    check(
        "images/Dockerfile.patroni.13\nimages/Dockerfile.patroni\nimages/Dockerfile.app FROM acme/patroni:13",
        "patroni:13\npatroni:latest\napp:latest <- patroni:13",
    );
}

#[test]
fn a_folder_build_of_distributions_is_an_image() {
    check(
        "build/alpine-3/Dockerfile FROM acme/base:alpine\nbuild/debian/Dockerfile FROM acme/base:debian
         base/alpine/Dockerfile\nbase/debian/Dockerfile",
        "build:alpine-3 <- base:alpine\nbuild:debian <- base:debian\nbase:alpine\nbase:debian",
    );
    check(
        "build/app/Dockerfile\nbase/Dockerfile",
        "app:latest\nbase:latest",
    );
}

#[test]
fn repositories_keep_their_underscores() {
    let (_, warnings, manifest) = fleet(&Layout {
        name: "acme",
        registry: None,
        files: "sbt_wrapper/Dockerfile FROM org/build_tooling\nbuild_tooling/Dockerfile\nWeb_App/Dockerfile",
    });
    for publish in ["sbt_wrapper", "build_tooling"] {
        let node = format!("publish \"docker.io/org/{publish}\"");
        assert!(manifest.contains(&node), "{manifest}");
    }
    let kept = "no `_`, those of their repositories do: `sbt-wrapper` for `sbt_wrapper`, `build-tooling` for `build_tooling`";
    assert!(warnings.contains(kept), "{warnings}");
    assert!(
        warnings.contains("`Web_App:latest` becomes `web-app:latest`"),
        "{warnings}"
    );
}

#[test]
fn images_on_windows_are_built_for_it() {
    for (files, expect) in [
        (
            "core/Dockerfile FROM mcr.microsoft.com/windows/servercore:ltsc2022",
            1,
        ),
        (
            "nano/Dockerfile FROM mcr.microsoft.com/powershell:nanoserver-1809",
            1,
        ),
        ("go/Dockerfile FROM golang:1.27-windowsservercore", 1),
        ("windows/app/Dockerfile FROM org/other:1", 1),
        ("Windows/app/Dockerfile FROM golang:1.27", 0),
        (
            "core/Dockerfile FROM mcr.microsoft.com/windows/nanoserver:1\napp/Dockerfile FROM acme/core",
            2,
        ),
        (
            "app/Dockerfile FROM mcr.microsoft.com/windows/nanoserver:1 AS a; FROM debian:13; COPY --from=a",
            0,
        ),
    ] {
        let (_, warnings, manifest) = fleet(&Layout {
            name: "acme",
            registry: None,
            files,
        });
        let count = manifest.matches("platforms \"windows/amd64\"").count();
        assert_eq!(count, expect, "{files}\n{manifest}");
        let is_told = warnings.contains("these are built for windows/amd64");
        assert_eq!(is_told, expect > 0, "{files}\n{warnings}");
    }
}

#[test]
fn contexts_have_all_that_a_build_reads() {
    for (lines, expect) in [
        ("COPY common/e.sh /", "context \".\""),
        (
            "RUN --mount=type=bind,source=common/e.sh,target=/e true",
            "context \".\"",
        ),
        ("RUN --mount=source=common,target=/e true", "context \".\""),
        ("ARG DIR=common\nCOPY ${DIR}/e.sh /", "context \".\""),
        // Builders read `..` from the top of the context.
        ("COPY ../common/e.sh /", "context \".\""),
        ("COPY *.jar . /", ""),
        (
            "RUN --mount=type=cache,source=common/e.sh,target=/e true",
            "",
        ),
        ("COPY --from=busybox common/x /", ""),
        (
            "COPY common/none /",
            "`app:latest` copies `common/none`, which does not exist",
        ),
        (
            "COPY common/e.sh own /",
            "`app:latest` copies `common/e.sh`, `own`: its folder and the folders above it have some of these each",
        ),
    ] {
        let text = format!("FROM debian:13\n{lines}\n");
        let shown = of(
            None,
            &[("app/Dockerfile", text.as_str())],
            &["common", "common/e.sh", ".circleci/images/app/own"],
        );
        match expect {
            "" => assert!(!shown.contains("context "), "{lines}\n{shown}"),
            expect => assert!(shown.contains(expect), "{lines}\n{shown}"),
        }
    }
}

#[test]
fn what_is_published_of_others_or_for_tests_is_a_warning() {
    for (path, is_told) in [
        ("vendor/acme/lib/Dockerfile", true),
        ("x/testdata/app/Dockerfile", true),
        ("test/examples/app/Dockerfile", true),
        ("latest/Dockerfile", false),
        ("app/Dockerfile.test", false),
    ] {
        let (_, warnings, _) = fleet(&Layout {
            name: "acme",
            registry: None,
            files: path,
        });
        assert_eq!(
            warnings.contains("init::vendored"),
            is_told,
            "{path}\n{warnings}"
        );
    }
}

#[test]
fn help_for_a_resembling_name_is_complete() {
    let files: Vec<String> = (0..6).map(|at| format!("a{at}/Dockerfile")).collect();
    let children = files
        .iter()
        .map(|path| (path.as_str(), "FROM org/my-base:2\n"));
    let base = [("base/Dockerfile", "FROM debian:13\n")];
    let all: Vec<(&str, &str)> = base.into_iter().chain(children).collect();
    let shown = of(None, &all, &[]);
    for text in [
        "`org/my-base:2` is not built here",
        "it stays an image from outside, and in 2 more places",
        "write `publish \"docker.io/org/my-base\"` and `tag \"2\"` in the image `base` of kiln.kdl",
    ] {
        assert!(shown.contains(text), "{text}\n{shown}");
    }
}

/// An image that takes files from another version of itself is still the fleet's for others.
#[test]
fn versions_of_the_own_image() {
    check(
        "a/Dockerfile FROM debian:13; COPY --from=acme/a:9\nb/Dockerfile FROM acme/a",
        "a:latest\nb:latest <- a:latest\n! `acme/a:9` is not built here: the folders make `a:latest`",
    );
    // The tag that it takes exists before it.
    check(
        "a/Dockerfile FROM debian:13; COPY --from=acme/a:9\nb/Dockerfile FROM acme/a:9",
        "a:latest\nb:latest\n! `acme/a:9` is not built here: the folders make\n! `acme/a:9` is not built here: FROM lines name",
    );
    check(
        "a/Dockerfile FROM acme/a:9\nb/Dockerfile FROM acme/a",
        "a:latest\nb:latest\n! `acme/a` is not built here: `a:latest` is based on another version of it",
    );
    // Its upstream, for others as well.
    check(
        "a/Dockerfile FROM acme/a:9\nb/Dockerfile FROM acme/a:9",
        "a:latest\nb:latest",
    );
}

/// Folders of the same versions are images unless they are called like variants, or based on what the folder above is.
#[test]
fn folders_of_the_same_versions() {
    check(
        "lang/go/1.0/Dockerfile\nlang/node/1.0/Dockerfile",
        "go:1.0\nnode:1.0",
    );
    check(
        "runtimes/python/3.2/alpine/Dockerfile\nruntimes/ruby/3.2/alpine/Dockerfile",
        "python:3.2-alpine\nruby:3.2-alpine",
    );
    check(
        "php/fpm/8.3/Dockerfile\nphp/cli/8.3/Dockerfile",
        "php:cli-8.3\nphp:fpm-8.3",
    );
    check(
        "php/swoole/8.3/Dockerfile FROM php:8.3\nphp/swift/8.3/Dockerfile FROM php:8.3",
        "php:swoole-8.3\nphp:swift-8.3",
    );
}

/// A folder is called like a word of a tag without its point, and one `when` has the tags in another order.
#[test]
fn tags_that_spell_a_folder_with_a_point() {
    let kinds = ["base", "runtime"];
    let files = ["12.4", "12.5"].map(|version| {
        let from = |distro: &str| {
            format!(
                "dist/{version}/{distro}/base/Dockerfile\ndist/{version}/{distro}/runtime/Dockerfile FROM acme/cuda:{version}-base-"
            )
        };
        format!("{}ubuntu22.04\n{}rocky9\n", from("ubuntu2204"), from("rocky9"))
    });
    let (shown, warnings, manifest) = fleet(&Layout {
        name: "cuda",
        registry: None,
        files: &files.concat(),
    });
    let edges = shown.lines().filter(|line| line.contains(" <- ")).count();
    assert_eq!(edges, 2 * kinds.len(), "{shown}{warnings}{manifest}");
    for line in [
        "when distro=\"rocky9\" variant=\"base\" {",
        "tag \"{version}-{variant}-{distro}\"",
        "tag \"{version}-{variant}-ubuntu22.04\"",
    ] {
        assert!(manifest.contains(line), "{line}\n{manifest}");
    }
}
