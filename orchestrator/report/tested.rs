//! What `kiln test` found, as people and programs read it.

use crate::report::{json::proof_json, words};
use crate::request::WorldError;
use crate::run::{CheckResult, failure};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;

/// One image and what it proved.
#[derive(Debug, Clone, PartialEq)]
pub struct Tested {
    /// `go:1.26.5-node`
    pub variant: String,
    /// The image that was looked at, as people name it.
    pub image: String,
    /// The platform of the image.
    pub platform: String,
    /// An error is the engine's or the registry's: nothing was proven.
    pub proofs: Result<Vec<CheckResult>, WorldError>,
    /// How long its checks took.
    pub took: Duration,
}

impl Tested {
    /// Whether everything was passed.
    pub fn passed(&self) -> bool {
        self.proofs
            .as_ref()
            .is_ok_and(|proofs| failure(proofs).is_none())
    }

    /// How many checks were passed, and how many were not.
    pub fn counts(&self) -> (usize, usize) {
        let proofs = self.proofs.as_deref().unwrap_or_default();
        let passed = proofs.iter().filter(|proof| proof.verdict.passed).count();
        (passed, proofs.len() - passed)
    }
}

/// A paragraph an image, what failed with its evidence, and a line about all.
pub fn tested_text(all: &[Tested], took: Duration) -> String {
    let mut out = String::new();
    for one in all {
        let _ = writeln!(out, "{} ({})", one.variant, one.image);
        match &one.proofs {
            Ok(proofs) => proofs.iter().for_each(|proof| show(&mut out, proof)),
            Err(error) => {
                let _ = writeln!(out, "  not tested: {error}");
            }
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{}", closing(all, took));
    out
}

fn show(out: &mut String, proof: &CheckResult) {
    let verdict = &proof.verdict;
    if verdict.passed {
        let _ = writeln!(
            out,
            "  passed  {}: {} ({})",
            proof.check.title,
            verdict.why,
            words::took(proof.took)
        );
        return;
    }
    let place = proof
        .check
        .place
        .as_ref()
        .map(|place| format!(" ({place})"))
        .unwrap_or_default();
    let _ = writeln!(
        out,
        "  FAILED  {}{place}\n          {}",
        proof.check.title, verdict.why
    );
    verdict.evidence.iter().for_each(|line| {
        let _ = writeln!(out, "          | {line}");
    });
}

fn closing(all: &[Tested], took: Duration) -> String {
    let (passed, failed) = all
        .iter()
        .map(Tested::counts)
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let untested = all.iter().filter(|one| one.proofs.is_err()).count();
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    let total = passed + failed;
    let mut text = format!(
        "{total} check{} of {} image{}: {passed} passed",
        plural(total),
        all.len(),
        plural(all.len())
    );
    if failed > 0 {
        let _ = write!(text, ", {failed} failed");
    }
    if untested > 0 {
        let _ = write!(text, ", {untested} image{} not tested", plural(untested));
    }
    format!("{text} in {}", words::took(took))
}

/// The same for programs; `docs/checks.md` describes the fields.
pub fn tested_json(all: &[Tested], took: Duration) -> Value {
    let images: Vec<Value> = all.iter().map(one_json).collect();
    json!({ "format": 1, "passed": all.iter().all(Tested::passed), "images": images, "took_ms": milliseconds(took) })
}

fn one_json(one: &Tested) -> Value {
    let checks: Option<Vec<Value>> = one
        .proofs
        .as_ref()
        .ok()
        .map(|proofs| proofs.iter().map(proof_json).collect());
    json!({
        "variant": one.variant, "image": one.image, "platform": one.platform, "passed": one.passed(),
        "error": one.proofs.as_ref().err().map(ToString::to_string), "checks": checks, "took_ms": milliseconds(one.took),
    })
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
