//! A release that was refused, as test results: one suite per image that is not ready.

use super::{attribute, text};
use crate::plan::Refused;
use std::fmt::Write as _;

/// The report as an XML document; `branch` is the default one.
pub fn junit_refused(all: &[Refused], branch: &str) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let n = all.len();
    let _ = writeln!(
        out,
        "<testsuites name=\"kiln\" tests=\"{n}\" failures=\"{n}\" errors=\"0\" skipped=\"0\" time=\"0.000\">"
    );
    all.iter().for_each(|one| suite(&mut out, one, branch));
    out.push_str("</testsuites>\n");
    out
}

fn suite(out: &mut String, one: &Refused, branch: &str) {
    let (name, why) = (attribute(one.variant.as_str()), &one.why);
    let lines = why.details().into_iter();
    let lines = lines.chain(one.way_out(branch));
    let body = text(&lines.collect::<Vec<_>>().join("\n"));
    let message = attribute(&why.words(branch));
    let _ = writeln!(
        out,
        "  <testsuite name=\"{name}\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\" time=\"0.000\">"
    );
    let _ = writeln!(
        out,
        "    <testcase name=\"release\" classname=\"{name}\" time=\"0.000\">\n      <failure message=\"{message}\">{body}</failure>\n    </testcase>\n  </testsuite>"
    );
}
