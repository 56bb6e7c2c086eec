//! Test results in JUnit's XML, which CircleCI (`store_test_results`), GitLab (`reports: junit`) and others
//! show. There is no standard. This is the part that all of them read: one suite per image, one case per
//! check, `failure` for a check that failed, `error` for an image that could not be tested.

mod publishing;
mod refused;
mod stale;

pub use publishing::Junit;
pub use refused::junit_refused;
pub use stale::stale_junit;

use crate::report::tested::Tested;
use crate::request::FaultKind;
use crate::run::CheckResult;
use std::fmt::Write as _;
use std::time::Duration;

/// The report as an XML document.
pub fn junit(all: &[Tested], took: Duration) -> String {
    let (tests, failures, errors) = all
        .iter()
        .map(counts)
        .fold((0, 0, 0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2));
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"kiln\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{}\">",
        seconds(took)
    );
    all.iter().for_each(|one| suite(&mut out, one));
    out.push_str("</testsuites>\n");
    out
}

/// The numbers of tests, failures and errors. An image that could not be tested counts as one test.
fn counts(one: &Tested) -> (usize, usize, usize) {
    let (passed, failed) = one.counts();
    if one.results.is_err() {
        (1, 0, 1)
    } else {
        (passed + failed, failed, 0)
    }
}

fn suite(out: &mut String, one: &Tested) {
    let (tests, failures, errors) = counts(one);
    let (name, time) = (attribute(&one.variant), seconds(one.took));
    let _ = writeln!(
        out,
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"0\" time=\"{time}\">"
    );
    let (image, platform) = (attribute(&one.image), attribute(&one.platform));
    let _ = writeln!(out, "    <properties>");
    let _ = writeln!(out, "      <property name=\"image\" value=\"{image}\"/>");
    let _ = writeln!(
        out,
        "      <property name=\"platform\" value=\"{platform}\"/>"
    );
    let _ = writeln!(out, "    </properties>");
    match &one.results {
        Ok(results) => results.iter().for_each(|result| case(out, &name, result)),
        Err(error) => {
            let message = attribute(&error.to_string());
            let _ = writeln!(
                out,
                "    <testcase name=\"image\" classname=\"{name}\" time=\"{time}\">"
            );
            let kind = match error.kind() {
                FaultKind::Stopped => "stopped",
                _ => "engine",
            };
            let _ = writeln!(out, "      <error message=\"{message}\" type=\"{kind}\"/>");
            let _ = writeln!(out, "    </testcase>");
        }
    }
    out.push_str("  </testsuite>\n");
}

fn case(out: &mut String, suite: &str, result: &CheckResult) {
    let (title, time) = (attribute(&result.check.title), seconds(result.took));
    let _ = write!(
        out,
        "    <testcase name=\"{title}\" classname=\"{suite}\" time=\"{time}\""
    );
    if result.verdict.passed {
        out.push_str("/>\n");
        return;
    }
    let _ = writeln!(
        out,
        ">\n      <failure message=\"{}\" type=\"check\">{}</failure>",
        attribute(&result.verdict.why),
        text(&body(result))
    );
    out.push_str("    </testcase>\n");
}

/// The reason, the evidence, and where the check is declared.
fn body(result: &CheckResult) -> String {
    let declared = result
        .check
        .place
        .iter()
        .map(|place| format!("declared at {place}"));
    let lines = std::iter::once(result.verdict.why.clone())
        .chain(result.verdict.evidence.iter().cloned())
        .chain(declared);
    lines.collect::<Vec<_>>().join("\n")
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

/// Text between tags. Replaces characters that XML 1.0 does not allow.
fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' | '\n' => out.push(c),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
                out.push('\u{fffd}')
            }
            c => out.push(c),
        }
    }
    out
}

/// Text in double quotes. Escapes line breaks and tabs, which a parser would read as spaces.
fn attribute(raw: &str) -> String {
    text(raw)
        .replace('"', "&quot;")
        .replace('\n', "&#10;")
        .replace('\t', "&#9;")
}

#[cfg(test)]
mod tests;
