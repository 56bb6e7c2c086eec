//! What builds, and whether that is what the workspace is written for.

use super::{Examined, Finding};
use crate::manifest::Syntax;
use crate::request::{Builder, Product};

pub(super) fn check(one: &Examined<'_>) -> Vec<Finding> {
    vec![match (one.info.builder, one.wanted.syntax) {
        (Builder::BuildKit, _) => Finding::good("builder", "BuildKit"),
        (Builder::Classic, Some(Syntax::BuildKit)) => Finding::problem("builder", lacking(one)),
        (Builder::Classic, _) => Finding::note("builder", alone(one)),
    }]
}

fn lacking(one: &Examined<'_>) -> String {
    format!(
        "{} has no BuildKit, and the workspace is written for it (`syntax \"buildkit\"`, the default)\nsay `syntax \"classic\"` in kiln.kdl and render again, or use another engine",
        one.info.title()
    )
}

fn alone(one: &Examined<'_>) -> &'static str {
    match one.info.product {
        Product::Podman => "Podman's own, which takes the requests of the classic builder",
        Product::Docker => {
            "only the classic builder\na workspace with `syntax \"buildkit\"`, the default, needs another engine"
        }
    }
}
