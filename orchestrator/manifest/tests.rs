use super::*;
use crate::text::{Sources, kdl};

/// A manifest from one text, with what was found.
fn read(text: &str) -> (Manifest, Diagnostics) {
    let mut sources = Sources::default();
    let id = sources.add("kiln.kdl", text);
    let mut out = Diagnostics::default();
    let document = kdl::parse(id, text, &mut out);
    (parse(&[document], &mut out), out)
}

const DESIGN: &str = r#"
workspace "cimg" {
    publish "docker.io/cimg/{image}"             // one or more; an image may name its own repository
    stage "docker.io/cimg/kiln-stage"            // where content tags live (section 6)
}

base "cimg-base" from="docker.io/cimg/base:2026.03"

toolset "circleci" {                             // what a primary container must have
    package "bash" "git" "openssh-client" "tar" "gzip" "ca-certificates"
    check run="git --version"
    check run="ssh -V"
}

toolset "go" {
    param "version"
    archive "https://go.dev/dl/go{version}.linux-{arch}.tar.gz" into="/usr/local"   // checksum: kiln.lock, by expanded URL
    env PATH="/usr/local/go/bin:$PATH"
    check run="go version" contains="go{version}"
}

image "go" {
    axis "version" kind="version" rungs="full minor" { value "1.26.5"; value "1.25.12" }
    axis "variant" { value "plain" token=""; value "node"; value "browsers" }

    when variant="plain"    { from base="cimg-base"; template "go.Dockerfile.hbs"; use "circleci"; use "go" version="{version}" }
    when variant="node"     { from image="go" variant="plain"; template "node.Dockerfile.hbs"; use "node" version="24.17.0" }
    when variant="browsers" { from image="go" variant="node"; template "browsers.Dockerfile.hbs"; platforms "linux/amd64" }

    tag "{version}-{variant}"
}
"#;

#[test]
fn the_designs_example_has_no_fault() {
    let (manifest, out) = read(DESIGN);
    assert_eq!(out.iter().map(|d| &d.message).collect::<Vec<_>>(), Vec::<&String>::new());
    insta::assert_debug_snapshot!(manifest);
}
