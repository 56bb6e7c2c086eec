//! Folders as people have them: which images they make, with which tags, and what each is built from.

mod alike;
mod kinds;
mod machines;
mod nested;
mod real;

use super::super::{Asked, Machine, Written, dockerfiles, place};
use crate::matrix::Variant;
use crate::text::{Diagnostics, Sources};

/// A folder: its name, options, and files.
struct Layout<'a> {
    /// What the workspace and its folder are called.
    name: &'a str,
    registry: Option<&'a str>,
    /// Lines of a path and, after spaces, instructions with `;` between them: `a/Dockerfile FROM x; COPY --from=y`. A line
    /// with `+` is a Dockerfile outside of the folder.
    files: &'a str,
}

/// Lines such as `app:1 = app:latest <- base:1`: a variant by image and first tag, its other tags, its parents.
fn fleet(layout: &Layout<'_>) -> (String, String, String) {
    let machine = Machine {
        folder: Some(layout.name.to_owned()),
        ..Machine::default()
    };
    let asked = Asked {
        name: None,
        registry: layout.registry.map(str::to_owned),
    };
    let place = place(&asked, &machine).expect("a place");
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let lines = layout.files.lines().map(str::trim);
    let (others, lines): (Vec<&str>, Vec<&str>) = lines
        .filter(|line| !line.is_empty())
        .partition(|line| line.starts_with('+'));
    let written = |line: &str| {
        let (path, text) = line.split_once(' ').unwrap_or((line, "FROM debian:13"));
        let text: String = text.trim().split("; ").map(instruction).collect();
        Written {
            path: path.to_owned(),
            below: path.to_owned(),
            source: sources.add(path, text.as_str()),
            text: text.into(),
        }
    };
    let all: Vec<Written> = lines.into_iter().map(written).collect();
    let is_other = |path: &str| {
        others
            .iter()
            .any(|line| line.trim_start_matches("+ ") == path)
    };
    let has = |path: &str| !path.contains("Dockerfile") || is_other(path);
    let begun = dockerfiles(&place, ".", &all, &has, &mut out);
    let warnings: String = out
        .iter()
        .map(|one| format!("{}: {}\n", one.code, one.message))
        .collect();
    let (begun, _) = begun.unwrap_or_else(|fault| panic!("{}: {}", layout.files, fault.message));
    let label = |variant: &Variant| format!("{}:{}", variant.image, variant.tags[0].tag);
    let line = |variant: &Variant| {
        let image = &variant.image;
        let others: String = variant.tags[1..]
            .iter()
            .map(|tag| format!(" = {image}:{}", tag.tag))
            .collect();
        let parents: Vec<String> = begun
            .graph
            .parents(variant.id)
            .map(|v| label(begun.fleet.variant(v)))
            .collect();
        let arrow = if parents.is_empty() { "" } else { " <- " };
        format!("{}{others}{arrow}{}\n", label(variant), parents.join(" "))
    };
    let mut shown: Vec<String> = begun.fleet.variants.iter().map(line).collect();
    shown.sort();
    (shown.concat(), warnings, begun.files[0].1.clone())
}

fn instruction(text: &str) -> String {
    match text.starts_with("COPY") {
        true => format!("{text} /x /x\n"),
        false => format!("{text}\n"),
    }
}

/// The fleet is exactly this one; each line of it with `!` is part of a warning, and there are no others of names.
#[track_caller]
fn check_in(layout: &Layout<'_>, expect: &str) {
    let (shown, warnings, manifest) = fleet(layout);
    let lines = || {
        expect
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
    };
    let mut wanted: Vec<&str> = lines().filter(|line| !line.starts_with('!')).collect();
    wanted.sort_unstable();
    let got: Vec<&str> = shown.lines().collect();
    assert_eq!(got, wanted, "\n{manifest}\n{warnings}");
    let said: Vec<&str> = lines().filter_map(|line| line.strip_prefix("! ")).collect();
    for text in &said {
        assert!(warnings.contains(text), "{text}\n{warnings}");
    }
    let names = warnings
        .lines()
        .filter(|line| line.starts_with("init::outside"))
        .count();
    let wanted = said
        .iter()
        .filter(|text| text.contains("is not built here"))
        .count();
    assert_eq!(names, wanted, "{warnings}");
}

#[track_caller]
fn check(files: &str, expect: &str) {
    check_in(
        &Layout {
            name: "acme",
            registry: None,
            files,
        },
        expect,
    );
}

#[test]
fn folders_that_are_versions_make_one_image() {
    let layout = |files| Layout {
        name: "golang",
        registry: Some("docker.io/acme"),
        files,
    };
    check_in(
        &layout("1.26/alpine/Dockerfile\n1.27/alpine/Dockerfile\n1.27/debian/Dockerfile"),
        "golang:1.26-alpine\ngolang:1.27-alpine\ngolang:1.27-debian",
    );
    check_in(
        &layout(
            "1.26/alpine3.22/Dockerfile\n1.27/alpine3.22/Dockerfile\n1.27/bookworm/Dockerfile
             tip/bookworm/Dockerfile FROM debian:13; COPY --from=acme/golang:1.27-bookworm",
        ),
        "golang:1.26-alpine3.22\ngolang:1.27-alpine3.22\ngolang:1.27-bookworm\ngolang:tip-bookworm <- golang:1.27-bookworm",
    );
    check(
        "v1.2/server/Dockerfile\nv1.2/agent/Dockerfile FROM ghcr.io/acme/server:v1.2\nv1.3/server/Dockerfile
         v1.3/agent/Dockerfile FROM ghcr.io/acme/server:v1.3\nv1.3/cli/Dockerfile FROM ghcr.io/acme/agent:v1.3",
        "server:v1.2\nserver:v1.3\nagent:v1.2 <- server:v1.2\nagent:v1.3 <- server:v1.3\ncli:v1.3 <- agent:v1.3",
    );
}

#[test]
fn one_word_may_be_a_name_and_a_version() {
    check(
        "dockerfiles/base_1.0.Dockerfile\ndockerfiles/app_1.0.Dockerfile FROM acme/base:1.0",
        "base:1.0\napp:1.0 <- base:1.0",
    );
    check(
        "r-ver_4.4.3.Dockerfile FROM ubuntu:jammy\nr-ver_4.5.1.Dockerfile FROM ubuntu:noble
         rstudio_4.4.3.Dockerfile FROM docker.io/stats/r-ver:4.4.3\nrstudio_4.5.1.Dockerfile FROM docker.io/stats/r-ver:4.5.1
         shiny_4.5.1.Dockerfile FROM docker.io/stats/r-ver:4.5.1",
        "r-ver:4.4.3\nr-ver:4.5.1\nrstudio:4.4.3 <- r-ver:4.4.3\nrstudio:4.5.1 <- r-ver:4.5.1\nshiny:4.5.1 <- r-ver:4.5.1",
    );
    check(
        "golang-1.26/Dockerfile\ngolang-1.27/Dockerfile\nnode_22/Dockerfile
         builder/Dockerfile FROM r.example/ci/golang:1.27; COPY --from=r.example/ci/node:22",
        "golang:1.26\ngolang:1.27\nnode:22\nbuilder:latest <- golang:1.27 node:22",
    );
    check(
        "app/Dockerfile.1.0\napp/Dockerfile-1.1\nx/Dockerfile FROM acme/app:1.1",
        "app:1.0\napp:1.1\nx:latest <- app:1.1",
    );
}

#[test]
fn spellings_of_one_name_are_one_image() {
    check(
        "BuildBase/Dockerfile\nJavaTools/Dockerfile FROM ghcr.io/acme/build-base:stable
         NodeTools/Dockerfile ARG BASE_TAG=stable; FROM ghcr.io/acme/build-base:${BASE_TAG}",
        "build-base:stable\njava-tools:latest <- build-base:stable\nnode-tools:latest <- build-base:stable
         ! `build-base:stable`",
    );
    check(
        "BaseImage/Dockerfile\nWebServer/Dockerfile FROM r.example/lab/baseimage",
        "baseimage:latest\nwebserver:latest <- baseimage:latest",
    );
    check(
        "base_image/Dockerfile\nx/Dockerfile FROM acme/base_image",
        "base-image:latest\nx:latest <- base-image:latest",
    );
}

#[test]
fn the_tag_that_every_from_line_asks_for_is_published() {
    check(
        "base/Dockerfile\napp/Dockerfile ARG TAG=master; FROM acme/base:${TAG}\nweb/Dockerfile FROM acme/base:master
         forge/Dockerfile ARG TAG; FROM acme/base:${TAG:-master}",
        "base:master\napp:latest <- base:master\nweb:latest <- base:master\nforge:latest <- base:master\n! `base:master`",
    );
    check(
        "base/Dockerfile\napp/Dockerfile FROM acme/base\nweb/Dockerfile FROM acme/base:stable",
        "base:latest = base:stable\napp:latest <- base:latest\nweb:latest <- base:latest\n! `base:stable`",
    );
    check(
        "base/2026.03/Dockerfile\napp/Dockerfile FROM acme/base:stable",
        "base:2026.03 = base:stable\napp:latest <- base:2026.03\n! `base:2026.03` as `stable`",
    );
    check(
        "base/Dockerfile\nold/Dockerfile FROM acme/base:1\nnew/Dockerfile FROM acme/base:2\ntool/Dockerfile FROM debian:13; COPY --from=acme/base:1",
        "base:latest\nold:latest\nnew:latest\ntool:latest
         ! `acme/base:1` is not built here: FROM lines name several tags of `base`\n! `acme/base:2` is not built here",
    );
    check(
        "base/Dockerfile\nold/Dockerfile FROM acme/base:1\nnew/Dockerfile FROM acme/base",
        "base:latest\nold:latest\nnew:latest <- base:latest\n! `acme/base:1` is not built here",
    );
    check(
        "java/17/Dockerfile\njava/21/Dockerfile\na/Dockerfile FROM acme/java:21\nb/Dockerfile FROM acme/java:11; COPY --from=acme/java:8",
        "java:17\njava:21\na:latest <- java:21\nb:latest
         ! `acme/java:11` is not built here: the folders make `java:17`, `java:21`\n! `acme/java:8` is not built here",
    );
}

#[test]
fn parts_of_names_may_come_from_arguments() {
    check(
        "foundation/Dockerfile\nbase-notebook/Dockerfile ARG REG=quay.io; ARG OWNER=lab; ARG BASE=$REG/$OWNER/foundation; FROM $BASE
         scipy/Dockerfile ARG REG=quay.io/lab; ARG TAG=latest; FROM ${REG}/base-notebook:${TAG}",
        "foundation:latest\nbase-notebook:latest <- foundation:latest\nscipy:latest <- base-notebook:latest",
    );
}

#[test]
fn copies_and_mounts_are_edges() {
    check(
        "tools/Dockerfile\ncerts/Dockerfile FROM debian:13 AS build; FROM scratch; COPY --from=build
         api/Dockerfile FROM golang:1.27 AS tools; FROM debian:13; COPY --from=tools; COPY --from=ghcr.io/acme/certs:latest
         web/Dockerfile FROM debian:13; RUN --mount=type=bind,from=ghcr.io/acme/tools,target=/t ls /t",
        "tools:latest\ncerts:latest\napi:latest <- certs:latest\nweb:latest <- tools:latest",
    );
}

#[test]
fn a_prefix_counts_where_it_is_evident() {
    check_in(
        &Layout {
            name: "ci",
            registry: None,
            files: "base/Dockerfile\njava/17/Dockerfile FROM eu.gcr.io/team/ci-base:2026-11-01\njava/21/Dockerfile FROM eu.gcr.io/team/ci-base:2026-11-01
                android/Dockerfile FROM eu.gcr.io/team/ci-java:21\ngradle/Dockerfile FROM eu.gcr.io/team/ci-java:11\next/Dockerfile FROM eu.gcr.io/other/ci-base:2026-11-01",
        },
        "base:2026-11-01\njava:17 <- base:2026-11-01\njava:21 <- base:2026-11-01\nandroid:latest <- java:21\ngradle:latest\next:latest
         ! eu.gcr.io/team/ci-java:11` is not built here\n! eu.gcr.io/other/ci-base:2026-11-01` is not built here",
    );
    check(
        "base/Dockerfile\napp/Dockerfile FROM team/ci-base",
        "base:latest\napp:latest\n! `team/ci-base` is not built here: only part of the name",
    );
}

#[test]
fn names_without_a_registry_are_folders() {
    check(
        "base/Dockerfile\npython/Dockerfile FROM base\njupyter/Dockerfile FROM python:latest\nnode/22/Dockerfile FROM node:22\nnode/24/Dockerfile FROM node:24-bookworm",
        "base:latest\npython:latest <- base:latest\njupyter:latest <- python:latest\nnode:22\nnode:24\n! Docker Hub",
    );
}

#[test]
fn local_names_are_built_here_and_published_elsewhere() {
    let files = "go/1.26/Dockerfile\ngo/1.27/Dockerfile\napp/Dockerfile FROM go:1.27; COPY --from=tools\ntools/Dockerfile";
    check(
        files,
        "go:1.26\ngo:1.27\ntools:latest\napp:latest <- go:1.27 tools:latest\n! fleet, not those of Docker Hub: `go:1.27`, `tools`",
    );
    shows(
        files,
        &[
            "    contexts \"go:1.27\" image=\"go\" version=\"1.27\"\n    contexts \"tools\" image=\"tools\"\n",
        ],
    );
    // The context would be the whole stage.
    let files = "base/Dockerfile\napp/Dockerfile FROM base AS base; FROM base";
    check(
        files,
        "base:latest\napp:latest <- base:latest\n! where you cannot push",
    );
}

/// The manifest has these texts.
#[track_caller]
fn shows(files: &str, texts: &[&str]) {
    let (_, _, manifest) = fleet(&Layout {
        name: "acme",
        registry: None,
        files,
    });
    for text in texts {
        assert!(manifest.contains(text), "{text}\n{manifest}");
    }
}

#[test]
fn levels_of_folders_are_axes() {
    shows(
        "8.3/bookworm/apache/Dockerfile\n8.3/bookworm/cli/Dockerfile\n8.3/alpine3.22/cli/Dockerfile
         8.4/bookworm/apache/Dockerfile\n8.4/bookworm/cli/Dockerfile\n8.4/alpine3.22/cli/Dockerfile",
        &[
            "axis \"version\" { value \"8.3\"; value \"8.4\"; }",
            "axis \"distro\" { value \"alpine3.22\"; value \"bookworm\"; }",
            "exclude distro=\"alpine3.22\" variant=\"apache\"\n",
            "dockerfile \"{version}/{distro}/{variant}/Dockerfile\"",
            "tag \"{version}-{distro}-{variant}\"",
        ],
    );
    shows(
        "go/1.26/Dockerfile\ngo/1.26/node/Dockerfile FROM acme/go:1.26.5\ngo/1.27/Dockerfile\ngo/1.27/node/Dockerfile",
        &[
            "axis \"variant\" { value \"plain\" token=\"\"; value \"node\"; }",
            "dockerfile \"go/{version}/{variant}/Dockerfile\"",
            "when variant=\"plain\" { dockerfile \"go/{version}/Dockerfile\"; }",
            "when version=\"1.26\" variant=\"plain\" { tag \"1.26.5\"; }",
        ],
    );
    shows(
        "app_1.0.Dockerfile\napp_1.1.Dockerfile",
        &[
            "dockerfile \"app_{version}.Dockerfile\"",
            "tag \"{version}\"",
        ],
    );
    // Too few of the combinations exist.
    shows(
        "x/a/k/Dockerfile\nx/b/l/Dockerfile\nx/c/m/Dockerfile",
        &["value \"a-k\" { set dockerfile=\"x/a/k/Dockerfile\"; }"],
    );
}

#[test]
fn images_of_others_stay_outside() {
    check(
        "base/Dockerfile\napp/Dockerfile FROM gcr.io/distroless/base:nonroot\nx/Dockerfile FROM mcr.microsoft.com/devcontainers/base",
        "base:latest\napp:latest\nx:latest",
    );
    check(
        "node/22/Dockerfile FROM bitnami/node:22-debian-12\napp/Dockerfile FROM bitnami/node:22",
        "node:22\napp:latest",
    );
    check(
        "base/Dockerfile\ntools/Dockerfile FROM acme/base\nagent/Dockerfile FROM acme/tools\nci/Dockerfile FROM other/agent",
        "base:latest\ntools:latest <- base:latest\nagent:latest <- tools:latest\nci:latest\n! `other/agent` is not built here",
    );
    check(
        "python/3.12/Dockerfile FROM python:3.12-slim\npython/3.12-slim/Dockerfile FROM python:3.12",
        "python:3.12\npython:3.12-slim",
    );
    check(
        "app/Dockerfile FROM acme/base@sha256:0000000000000000000000000000000000000000000000000000000000000000\nbase/Dockerfile",
        "app:latest\nbase:latest\n! is not built here: a digest is one image of an earlier day",
    );
}

#[test]
fn arguments_that_only_scripts_give_are_guessed() {
    check(
        "base/Dockerfile
         go/Dockerfile ARG CI_REGISTRY_IMAGE; ARG TAG; FROM ${CI_REGISTRY_IMAGE}/base:$TAG
         app/Dockerfile ARG CI_REGISTRY_IMAGE; FROM $CI_REGISTRY_IMAGE/go:latest
         odd/Dockerfile ARG BASE; FROM $BASE",
        "base:latest\ngo:latest <- base:latest\napp:latest <- go:latest
         ! `CI_REGISTRY_IMAGE=127.0.0.1:5000/acme`, `TAG=latest`
         ! `odd:latest` is left out",
    );
    check(
        "base/Dockerfile
         go/Dockerfile ARG REG; FROM $REG/base:2
         app/Dockerfile FROM ghcr.io/acme/base:2",
        "base:2\ngo:latest <- base:2\napp:latest <- base:2\n! `REG=ghcr.io/acme`",
    );
    check(
        "base/Dockerfile\ngo/Dockerfile ARG REG; FROM $REG/ubuntu:24.04",
        "base:latest\n! `go:latest` is left out",
    );
}

#[test]
fn a_large_fleet_is_written_in_several_files() {
    let folder = |number| format!("service{number}/Dockerfile FROM acme/base:1\n");
    let folders: String = (0..4000).map(folder).collect();
    let (shown, _, manifest) = fleet(&Layout {
        name: "acme",
        registry: None,
        files: &format!("base/1/Dockerfile\n{folders}"),
    });
    let includes =
        "\n\ninclude \"images-1.kdl\"\ninclude \"images-2.kdl\"\ninclude \"images-3.kdl\"\n";
    assert!(manifest.ends_with(includes), "{manifest}");
    assert_eq!(shown.lines().count(), 4001);
    assert!(shown.contains("service3999:latest <- base:1\n"));
}

#[test]
fn guesses_make_no_cycles() {
    check(
        "a/Dockerfile FROM acme/b:3\nb/Dockerfile FROM acme/a:4",
        "a:latest\nb:latest\n! `acme/b:3` is not built here\n! `acme/a:4` is not built here",
    );
}

#[test]
fn folders_beside_each_other_have_images() {
    // A folder that is not known to group images.
    check(
        "kitchen/base/Dockerfile\nkitchen/app/Dockerfile FROM base\nkitchen/ci-runner/Dockerfile FROM app:latest",
        "base:latest\napp:latest <- base:latest\nci-runner:latest <- app:latest",
    );
    check(
        "x/kitchen/base.Dockerfile\nx/kitchen/app.Dockerfile FROM base",
        "base:latest\napp:latest <- base:latest",
    );
    check(
        "kitchen/base/Dockerfile\nkitchen/go/1.26/Dockerfile FROM base\nkitchen/go/1.27/Dockerfile FROM base",
        "base:latest\ngo:1.26 <- base:latest\ngo:1.27 <- base:latest",
    );
    // Two teams: each means its own folder.
    check(
        "alpha/base/Dockerfile\nalpha/app/Dockerfile FROM base\nbeta/base/Dockerfile\nbeta/app/Dockerfile FROM base
         gamma/tool/Dockerfile FROM base",
        "base:latest\napp:latest <- base:latest\nbeta-base:latest\nbeta-app:latest <- beta-base:latest
         gamma:tool <- base:latest
         ! beta/base/Dockerfile becomes `beta-base:latest`
         ! beta/app/Dockerfile becomes `beta-app:latest`",
    );
    // No name asks for the folder: kinds of one image, or a distribution that is one from outside.
    check(
        "php/cli/Dockerfile\nphp/fpm/Dockerfile FROM php:8.4-fpm",
        "php:cli\nphp:fpm",
    );
    check(
        "php/alpine/Dockerfile FROM alpine:3.22\nphp/fpm/Dockerfile FROM alpine",
        "php:alpine\nphp:fpm",
    );
    check(
        "web/node/Dockerfile FROM node:22\nweb/api/Dockerfile FROM node",
        "web:node\nweb:api",
    );
    // A folder of tools does not name an image.
    check(
        "tools/ci-runner/Dockerfile\ntools/lint/Dockerfile",
        "ci-runner:latest\nlint:latest",
    );
}

/// Versions are in their order.
#[test]
fn versions_are_sorted_by_their_numbers() {
    let layout = Layout {
        name: "acme",
        registry: None,
        files: "jdk/11/Dockerfile\njdk/17/Dockerfile\njdk/21/Dockerfile\njdk/8/Dockerfile\njdk/lts/Dockerfile",
    };
    let (_, _, manifest) = fleet(&layout);
    let values = manifest
        .lines()
        .filter_map(|line| line.trim().strip_prefix("value "));
    let values: Vec<&str> = values.collect();
    assert_eq!(
        values,
        ["\"8\"", "\"11\"", "\"17\"", "\"21\"", "\"lts\""],
        "{manifest}"
    );
}

/// What a Dockerfile mounts is declared; the variables are a guess, which a warning names.
#[test]
fn secrets_are_declared() {
    let layout = Layout {
        name: "w",
        registry: Some("r.example/w"),
        files: "app/1/Dockerfile FROM debian:13; RUN --mount=type=secret,id=npm-token --mount=type=ssh x
            app/2/Dockerfile FROM debian:13
            b/Dockerfile FROM debian:13; RUN --mount=type=secret,target=/root/.netrc x",
    };
    let (shown, warnings, manifest) = fleet(&layout);
    assert_eq!(shown, "app:1\napp:2\nb:latest\n");
    for node in [
        "secret \"npm-token\" env=\"NPM_TOKEN\"",
        "ssh \"default\"",
        "secret \".netrc\" env=\"NETRC\"",
    ] {
        assert_eq!(manifest.matches(node).count(), 1, "{node}\n{manifest}");
    }
    let wanted = "secrets of builds come from environment variables: `npm-token` from NPM_TOKEN, `.netrc` from NETRC";
    assert!(warnings.contains(wanted), "{warnings}");
}

/// A step that asks for the network of the machine is an error where the manifest does not give it.
#[test]
fn the_network_of_the_machine_is_given_where_a_step_asks_for_it() {
    let layout = Layout {
        name: "w",
        registry: Some("r.example/w"),
        files: "app/1/Dockerfile FROM debian:13; RUN --network=host x
            app/2/Dockerfile FROM debian:13",
    };
    let (shown, _, manifest) = fleet(&layout);
    assert_eq!(shown, "app:1\napp:2\n");
    let node = "network \"host\"";
    assert_eq!(manifest.matches(node).count(), 1, "{manifest}");
}
