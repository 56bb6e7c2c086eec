//! BuildKit's trace: vertices and their output, as a build's stream carries them.
//!
//! A vertex is sent many times (created, started, completed) and is identified by its digest. Only steps of the
//! Dockerfile count, by their names: `[2/5] RUN …`, `[build 1/3] COPY …`; not `[internal] …`, not `exporting …`.

use super::failure::Failed;
use super::output::{Output, clean};
use super::steps;
use crate::request::BuildProgress;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bollard_buildkit_proto::moby::buildkit::v1::{
    StatusResponse, Vertex, VertexLog, VertexWarning,
};
use prost::Message as _;
use std::collections::{BTreeMap, HashMap};

/// The state of a build, from its trace.
#[derive(Debug, Default)]
pub(super) struct Trace {
    seen: HashMap<String, Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    name: String,
    began: bool,
    cached: bool,
    completed: bool,
    error: String,
    output: Output,
}

impl Trace {
    /// Processes one `moby.buildkit.trace`, and passes new events to `report`. Anything else is ignored.
    pub fn take(&mut self, aux: &serde_json::Value, report: &mut impl FnMut(BuildProgress)) {
        let bytes = aux.as_str().and_then(|text| STANDARD.decode(text).ok());
        let Some(status) = bytes.and_then(|bytes| StatusResponse::decode(bytes.as_slice()).ok())
        else {
            return;
        };
        for vertex in status.vertexes {
            self.vertex(vertex, report);
        }
        for log in status.logs {
            self.log(log, report);
        }
        status.warnings.iter().map(warning).for_each(report);
    }

    fn vertex(&mut self, vertex: Vertex, report: &mut impl FnMut(BuildProgress)) {
        let seen = self.seen.entry(vertex.digest).or_default();
        seen.name = clean(&vertex.name);
        let step = steps::counts(&seen.name);
        let news = (vertex.cached && !seen.cached) || (vertex.started.is_some() && !seen.began);
        seen.began |= vertex.started.is_some() || vertex.cached;
        seen.cached |= vertex.cached;
        seen.completed |= vertex.completed.is_some();
        if step && news {
            report(BuildProgress::Step {
                name: seen.name.clone(),
                cached: seen.cached,
            });
        }
        if seen.completed {
            tell_all(seen.output.end(), report);
        }
        if !vertex.error.is_empty() && seen.error.is_empty() {
            seen.error = vertex.error;
            // An unreadable cache does not fail the build, but must be reported.
            if seen.name.starts_with("importing cache") {
                report(BuildProgress::Output(clean(&format!(
                    "{}: {}",
                    seen.name, seen.error
                ))));
            }
        }
    }

    fn log(&mut self, log: VertexLog, report: &mut impl FnMut(BuildProgress)) {
        let seen = self.seen.entry(log.vertex).or_default();
        // 1 is standard output, 2 standard error.
        tell_all(seen.output.feed(log.stream == 2, &log.msg), report);
    }

    /// The number of steps from a cache, and of steps that ran. One step may be several vertices (`COPY --link`).
    pub fn counts(&self) -> (usize, usize) {
        let mut steps: BTreeMap<&str, bool> = BTreeMap::new();
        for seen in self
            .seen
            .values()
            .filter(|seen| seen.began && steps::counts(&seen.name))
        {
            *steps.entry(&seen.name).or_insert(true) &= seen.cached;
        }
        let cached = steps.values().filter(|cached| **cached).count();
        (cached, steps.len() - cached)
    }

    /// The step that failed: the one whose error ended the build, not those that were stopped because of it.
    pub fn failed(&self, said: &str) -> Failed {
        let failed =
            |seen: &&Seen| !seen.error.is_empty() && !seen.name.starts_with("importing cache");
        let mut candidates: Vec<_> = self.seen.values().filter(failed).collect();
        let rank = |seen: &Seen| {
            (
                !said.contains(seen.error.as_str()),
                seen.error.contains("cancel"),
                !steps::is_step(&seen.name),
            )
        };
        candidates.sort_by_key(|seen| (rank(seen), seen.name.clone()));
        candidates
            .first()
            .map_or_else(Failed::default, |seen| Failed {
                step: Some(seen.name.clone()),
                output: seen.output.last(),
            })
    }
}

fn warning(warning: &VertexWarning) -> BuildProgress {
    let start = warning.ranges.first().and_then(|range| range.start);
    let line = start.and_then(|start| usize::try_from(start.line).ok());
    BuildProgress::Warning {
        line: line.filter(|line| *line > 0),
        text: clean(&String::from_utf8_lossy(&warning.short)),
    }
}

fn tell_all(lines: impl IntoIterator<Item = String>, report: &mut impl FnMut(BuildProgress)) {
    lines
        .into_iter()
        .for_each(|line| report(BuildProgress::Output(line)));
}
