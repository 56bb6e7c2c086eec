//! The tool sets that come with kiln. A tool set of the workspace replaces the one with the same name.

use crate::manifest::Toolset;
use crate::text::kdl::{self, known_nodes};
use crate::text::{Diagnostics, FROM_KILN, Sources};

/// One file per tool set.
const FILES: [(&str, &str); 12] = [
    (
        "toolsets/aws.kdl",
        include_str!("../../templates/toolsets/aws.kdl"),
    ),
    (
        "toolsets/browsers.kdl",
        include_str!("../../templates/toolsets/browsers.kdl"),
    ),
    (
        "toolsets/build-tools.kdl",
        include_str!("../../templates/toolsets/build-tools.kdl"),
    ),
    (
        "toolsets/circleci.kdl",
        include_str!("../../templates/toolsets/circleci.kdl"),
    ),
    (
        "toolsets/docker.kdl",
        include_str!("../../templates/toolsets/docker.kdl"),
    ),
    (
        "toolsets/gcloud.kdl",
        include_str!("../../templates/toolsets/gcloud.kdl"),
    ),
    (
        "toolsets/go.kdl",
        include_str!("../../templates/toolsets/go.kdl"),
    ),
    (
        "toolsets/java.kdl",
        include_str!("../../templates/toolsets/java.kdl"),
    ),
    (
        "toolsets/kubectl.kdl",
        include_str!("../../templates/toolsets/kubectl.kdl"),
    ),
    (
        "toolsets/netcat.kdl",
        include_str!("../../templates/toolsets/netcat.kdl"),
    ),
    (
        "toolsets/node.kdl",
        include_str!("../../templates/toolsets/node.kdl"),
    ),
    (
        "toolsets/python.kdl",
        include_str!("../../templates/toolsets/python.kdl"),
    ),
];

/// The tool sets that come with kiln. [`super::parse`] leaves out those whose names the manifest declares.
pub fn library(sources: &mut Sources, out: &mut Diagnostics) -> Vec<Toolset> {
    let mut all = Vec::new();
    for (path, text) in FILES {
        let source = sources.add(format!("{FROM_KILN}{path}"), text);
        let document = kdl::parse(source, text, out);
        for (_, node) in known_nodes(&document.nodes, "the library", &["toolset"], out) {
            all.extend(Toolset::parse(node, out).map(|set| Toolset {
                library: true,
                ..set
            }));
        }
    }
    all
}
