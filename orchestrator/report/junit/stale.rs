//! Stale images as test results: one suite per variant, with its image as the only case. It fails if the image is stale.

use super::publishing::{Case, End, Suite, document, unknown};
use crate::plan::{Freshness, Plan, Reason, evidence, freshness, unknown_lines};
use std::time::Duration;

/// The report as an XML document.
pub fn stale_junit(plan: &Plan) -> String {
    let mut suites: Vec<Suite> = freshness(plan).iter().map(suite).collect();
    suites.extend(unknown(&unknown_lines(plan)));
    document(&suites, Duration::ZERO)
}

fn suite(variant: &Freshness) -> Suite {
    Suite {
        name: variant.variant.to_string(),
        cases: vec![Case {
            name: "image".into(),
            time: Duration::ZERO,
            end: end(variant),
        }],
        engines: Vec::new(),
        took: Duration::ZERO,
    }
}

fn end(variant: &Freshness) -> End {
    let stale = variant.builds.iter().filter(|one| one.is_stale());
    let mut reasons: Vec<&Reason> = Vec::new();
    for reason in stale.flat_map(|one| &one.reasons) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let Some(first) = reasons.first() else {
        return End::Passed;
    };
    let lines = |reason: &&Reason| std::iter::once(reason.words()).chain(evidence(reason));
    let all: Vec<String> = reasons.iter().flat_map(lines).collect();
    End::Failed {
        message: first.words(),
        text: all.join("\n"),
    }
}
