//! Names that mean an image of the folders, or resemble one: each is an edge or a warning.

use super::check;

/// Every row has `app/Dockerfile` with the name, besides these folders.
const FOLDERS: &str =
    "py3.11/cu121/Dockerfile\npy3.12/cu121/Dockerfile\nbase/Dockerfile\nci-lint/Dockerfile
    go/1.27/Dockerfile\ngo/1.27/node/Dockerfile\njava/21/Dockerfile\n";

/// The name, and what it means: `<- IMAGE` for an edge, a part of a warning, or `-` for what is certainly from outside.
const NAMES: &[(&str, &str)] = &[
    // The name of a folder.
    ("org/base", "<- base:latest"),
    ("org/base:7", "<- base:7"),
    ("base:7", "<- base:latest"),
    ("base", "<- base:latest"),
    ("ghcr.io/org/tools/base:7", "<- base:7"),
    ("localhost:5000/base:7", "<- base:7"),
    ("org/go:1.27", "<- go:1.27"),
    ("org/go:1.27-node", "<- go:1.27-node"),
    ("org/go:node-1.27", "<- go:1.27-node"),
    ("org/go:1.28", "the folders make `go:1.27`, `go:1.27-node`"),
    ("go:1.28", "the folders make `go:1.27`, `go:1.27-node`"),
    ("org/java:17", "the folders make `java:21`"),
    (
        "org/base@sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "a digest is one image",
    ),
    (
        "base:7@sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "a digest is one image",
    ),
    // A name with more than the folder, or with less.
    ("org/my-base", "only part of the name"),
    ("my-base:1", "only part of the name"),
    ("org/base-runtime:1", "only part of the name"),
    ("org/base/runtime:1", "only part of the name"),
    ("ghcr.io/org/base/amd64/run:1", "only part of the name"),
    ("org/golang:1.27", "only part of the name"),
    ("org/ml-py3.12:cu121", "only part of the name"),
    ("org/ml-py3.12-cu121", "only part of the name"),
    (
        "org/lint:2",
        "only part of the name of the folder for `ci-lint:latest`",
    ),
    (
        "ci/lint:2",
        "only part of the name of the folder for `ci-lint:latest`",
    ),
    // The tag is a folder.
    (
        "org/images:base",
        "only its tag is called like the folder for `base:latest`",
    ),
    ("org/images:base-7", "only its tag is called like"),
    ("images:base", "only its tag is called like"),
    ("org/ml:cu121", "only its tag is called like"),
    ("org/ml:py3.12", "only its tag is called like"),
    ("org/ml:py3.12-cu124", "only its tag is called like"),
    ("org/ml:2-py3.12-cu121", "only its tag is called like"),
    // Certainly from outside.
    ("golang:1.27", "-"),
    ("debian:base", "-"),
    ("gcr.io/distroless/base:nonroot", "-"),
    ("nvcr.io/nvidia/base:py3.12-cu121", "-"),
    ("org/other:1.27", "-"),
    ("org/other:21", "-"),
    ("org/other", "-"),
];

#[test]
fn each_name_is_an_edge_or_a_warning() {
    let images =
        "py3.11:cu121\npy3.12:cu121\nbase:latest\nci-lint:latest\ngo:1.27\ngo:1.27-node\njava:21\n";
    for (name, means) in NAMES {
        for line in [
            format!("FROM {name}"),
            format!("FROM debian:13; COPY --from={name}"),
            format!("FROM debian:13; RUN --mount=type=bind,from={name},target=/t ls"),
            format!("ARG BASE={name}; FROM $BASE"),
        ] {
            let files = format!("{FOLDERS}app/Dockerfile {line}");
            let edge = means.strip_prefix("<- ");
            let app = edge.map_or_else(
                || String::from("app:latest"),
                |to| format!("app:latest <- {to}"),
            );
            let said = match edge.is_some() || *means == "-" {
                true => String::new(),
                false => format!("! `{}` is not built here: \n! {means}", shown(name)),
            };
            let images = match edge {
                Some("base:7") => images.replace("base:latest", "base:7"),
                Some("go:1.27-node") if name.contains("node-") => {
                    images.replace("go:1.27-node", "go:1.27-node = go:node-1.27")
                }
                _ => images.to_owned(),
            };
            check(&files, &format!("{images}{app}\n{said}"));
        }
    }
}

/// The name as messages have it.
fn shown(name: &str) -> &str {
    name.strip_suffix(":latest").unwrap_or(name)
}

#[test]
fn folders_are_tags_of_an_image_that_from_lines_name() {
    // One asks for the tag that the words of a path are, and all folders of its shape are tags.
    check(
        "py3.11/cu121/Dockerfile\npy3.12/cu121/Dockerfile\napp/Dockerfile FROM org/ml:py3.12-cu121",
        "ml:py3.11-cu121\nml:py3.12-cu121\napp:latest <- ml:py3.12-cu121",
    );
    check(
        "py3.11/cu121/Dockerfile FROM org/ml:py3.12-cu121\npy3.12/cu121/Dockerfile",
        "ml:py3.11-cu121 <- ml:py3.12-cu121\nml:py3.12-cu121",
    );
    check(
        "py3.11/cu121/Dockerfile\npy3.12/cu121/Dockerfile\na/Dockerfile FROM org/ml:py3.11-cu121\nb/Dockerfile FROM org/ml:py3.12-cu121
         c/Dockerfile FROM org/ml:cu121-py3.12\nd/Dockerfile FROM org/ml:py3.13-cu121\ne/Dockerfile FROM org/ml",
        "ml:py3.11-cu121\nml:py3.12-cu121 = ml:cu121-py3.12\na:latest <- ml:py3.11-cu121\nb:latest <- ml:py3.12-cu121
         c:latest <- ml:py3.12-cu121\nd:latest\ne:latest\n! `org/ml:py3.13-cu121` is not built here: the folders make\n! `org/ml` is not built here",
    );
    check(
        "py3.11/cu121/Dockerfile\npy3.12/cu121/Dockerfile\napp/Dockerfile ARG PY=3.12; ARG REG=ghcr.io/org; FROM ${REG}/ml:py${PY}-cu121",
        "ml:py3.11-cu121\nml:py3.12-cu121\napp:latest <- ml:py3.12-cu121",
    );
    // Without a registry.
    check(
        "py3.11/cu121/Dockerfile\npy3.12/cu121/Dockerfile\napp/Dockerfile FROM ml:py3.12-cu121",
        "ml:py3.11-cu121\nml:py3.12-cu121\napp:latest <- ml:py3.12-cu121",
    );
    // Versions, and one file each.
    check(
        "3.11/cu121/Dockerfile\n3.12/cu121/Dockerfile\napp/Dockerfile FROM org/ml:3.12-cu121",
        "ml:3.11-cu121\nml:3.12-cu121\napp:latest <- ml:3.12-cu121",
    );
    check(
        "py3.11-cu121.Dockerfile\npy3.12-cu121.Dockerfile\napp.Dockerfile FROM org/ml:py3.12-cu121",
        "ml:py3.11-cu121\nml:py3.12-cu121\napp:latest <- ml:py3.12-cu121",
    );
    // Folders of one word are tags if several are, or if the workspace is called so.
    check(
        "base/Dockerfile\ngo/Dockerfile FROM org/images:base\napp/Dockerfile FROM org/images:go",
        "images:base\nimages:go <- images:base\napp:latest <- images:go",
    );
    check(
        "base/Dockerfile\napp/Dockerfile FROM org/acme:base",
        "acme:base\napp:latest <- acme:base",
    );
    // What a folder is built from itself is an image of others.
    check(
        "py3.11/cu121/Dockerfile FROM up/ml:py3.11-cu121\npy3.12/cu121/Dockerfile FROM up/ml:py3.12-cu121\napp/Dockerfile FROM up/ml:py3.12-cu121",
        "py3.11:cu121\npy3.12:cu121\napp:latest\n! `up/ml:py3.12-cu121` is not built here: only its tag",
    );
}
