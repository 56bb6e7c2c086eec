//! Dockerfiles that are called like platforms, and images that are made outside of the folder.

use super::{Layout, check, fleet};

/// The image, and the lines of its manifest from the first axis on.
#[track_caller]
fn check_image(files: &str, expect: &str, warning: &str) {
    let (_, warnings, manifest) = fleet(&Layout {
        name: "acme",
        registry: None,
        files,
    });
    let image = manifest
        .split_once("image ")
        .map(|(_, image)| format!("image {image}"));
    let image = image.unwrap_or_default();
    assert_eq!(image.trim_end(), expect.trim(), "{warnings}");
    assert!(warnings.contains(warning), "{warnings}");
}

#[test]
fn a_dockerfile_for_each_platform_is_one_image() {
    check_image(
        "agent/Dockerfile\nagent/Dockerfile.arm64\nagent/Dockerfile.windows",
        r#"
image "agent" {
    axis "machine" {
        value "amd64" token="" shared { set dockerfile="agent/Dockerfile"; }
        value "arm64" token="" shared { set dockerfile="agent/Dockerfile.arm64"; }
        value "windows" token="" shared { set dockerfile="agent/Dockerfile.windows"; }
    }

    dockerfile "{machine.dockerfile}"
    when machine="arm64" { platforms "linux/arm64"; }
    when machine="windows" { platforms "windows/amd64"; }

    tag "{machine}"
}
"#,
        "init::platform: `agent` is one image for several platforms: `agent/Dockerfile.arm64` for linux/arm64, `agent/Dockerfile.windows` for windows/amd64",
    );
}

/// The image keeps the tags by which FROM lines name it, and its children are based on it.
#[test]
fn children_are_based_on_the_image_of_all_platforms() {
    check(
        "agent/Dockerfile\nagent/Dockerfile.arm64\napp/Dockerfile FROM acme/agent",
        "agent:latest\nagent:latest\napp:latest <- agent:latest",
    );
}

/// What is based on an image for one platform is not built for another one: the name is a tag then.
#[test]
fn parents_have_the_platforms_of_their_children() {
    check(
        "base/Dockerfile\nagent/Dockerfile FROM acme/base\nagent/Dockerfile.arm64 FROM acme/base",
        "base:latest\nagent:latest <- base:latest\nagent:arm64 <- base:latest
         ! `agent` has Dockerfiles for other platforms, by their names or bases, and all are built for linux/amd64: `agent/Dockerfile.arm64` for linux/arm64",
    );
}

/// A tag that FROM lines name stays one, and so does that of a version.
#[test]
fn platforms_that_are_tags() {
    check(
        "agent/Dockerfile\nagent/Dockerfile.arm64\napp/Dockerfile FROM acme/agent:arm64",
        "agent:latest\nagent:arm64\napp:latest <- agent:arm64",
    );
    check_image(
        "go/1.26/Dockerfile.amd64\ngo/1.26/Dockerfile.arm64",
        r#"
image "go" {
    axis "version" { value "1.26"; }
    axis "variant" { value "amd64"; value "arm64"; }

    dockerfile "go/{version}/Dockerfile.{variant}"
    when variant="amd64" { platforms "linux/amd64"; }
    when variant="arm64" { platforms "linux/arm64"; }

    tag "{version}-{variant}"
}
"#,
        "init::platform: `go` has Dockerfiles that are called like platforms",
    );
}

#[test]
fn images_that_are_made_outside_of_the_folder() {
    check(
        "api/Dockerfile FROM acme/shop-base\nweb/Dockerfile FROM acme/shop-base\n+ docker/Dockerfile.base",
        "api:latest\nweb:latest
         ! `acme/shop-base` is not built here: `docker/Dockerfile.base` may make it",
    );
    check(
        "api/Dockerfile FROM acme/shop-base\n+ docker/Dockerfile.other",
        "api:latest",
    );
    // Docker Hub's own images, and those of known public places.
    check(
        "api/Dockerfile FROM node:22\nweb/Dockerfile FROM gcr.io/distroless/static\n+ docker/Dockerfile.node\n+ static/Dockerfile",
        "api:latest\nweb:latest",
    );
}
