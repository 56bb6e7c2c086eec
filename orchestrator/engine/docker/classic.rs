//! The classic builder's stream: plain text that steps must be parsed from. Podman's builder writes a similar one.

use super::failure::Failed;
use super::output::{Output, clean};
use super::steps;
use crate::request::BuildProgress;

/// Messages of the builder that are not shown.
const NOISE: [&str; 2] = ["Removing intermediate container ", "Successfully tagged "];

/// What a builder says of a step that it found in its cache.
const CACHED: &str = "Using cache";
/// What Podman's builder says before it writes the image; all names of builds are local.
const COMMIT: &str = "COMMIT localhost/";

/// The state of a build, from its text.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    /// The current line, not yet complete.
    rest: String,
    /// `Step 2/5 : RUN make`.
    step: Option<String>,
    /// Whether the step has been counted.
    settled: bool,
    /// Whether the last step is over: what Podman's builder writes then is about the image.
    is_over: bool,
    cached: usize,
    ran: usize,
    output: Output,
    /// The short id in `Successfully built`, which is the last message of a successful build.
    built: Option<String>,
}

impl Transcript {
    /// Processes one `stream`, and passes new events to `report`.
    pub fn take(&mut self, text: &str, report: &mut impl FnMut(BuildProgress)) {
        // The builder's own messages come as separate objects, and may follow output without a newline.
        if steps::is_classic(text)
            || done(text).is_some()
            || NOISE.iter().any(|words| text.starts_with(words))
        {
            let line = std::mem::take(&mut self.rest);
            self.line(&line, report);
        }
        self.rest.push_str(text);
        while let Some(end) = self.rest.find('\n') {
            let rest = self.rest.split_off(end + 1);
            let line = std::mem::replace(&mut self.rest, rest);
            self.line(&line, report);
        }
        if self.rest.len() > 1 << 16 {
            let line = std::mem::take(&mut self.rest);
            self.line(&line, report);
        }
    }

    fn line(&mut self, line: &str, report: &mut impl FnMut(BuildProgress)) {
        let text = &clean(line);
        if steps::is_classic(text) {
            self.step = Some(text.to_owned());
            self.settled = false;
            self.is_over = false;
            self.output.clear();
        } else if let Some(id) = text
            .strip_prefix("Successfully built ")
            .filter(|id| is_short_id(id))
        {
            self.built = Some(id.to_owned());
        } else if let Some(done) = done(text) {
            self.settle(done, report);
        } else if steps::in_stage(text).starts_with(COMMIT) {
            self.is_over = true;
        } else if !self.is_over && !NOISE.iter().any(|words| text.starts_with(words)) {
            let ended = if line.ends_with('\n') {
                line.to_owned()
            } else {
                format!("{line}\n")
            };
            self.output
                .feed(false, ended.as_bytes())
                .into_iter()
                .for_each(|line| report(BuildProgress::Output(line)));
        }
    }

    /// `Using cache`, `Running in …`, or the id of the result.
    fn settle(&mut self, done: &str, report: &mut impl FnMut(BuildProgress)) {
        let Some(step) = self
            .step
            .as_ref()
            .filter(|step| !self.settled && !steps::is_classic_from(step))
        else {
            return;
        };
        let cached = done.starts_with(CACHED);
        *(if cached {
            &mut self.cached
        } else {
            &mut self.ran
        }) += 1;
        self.settled = true;
        report(BuildProgress::Step {
            name: step.clone(),
            cached,
        });
    }

    /// The number of steps from the cache, and of steps that ran.
    pub fn counts(&self) -> (usize, usize) {
        (self.cached, self.ran)
    }

    /// Whether the build reported this image as its result.
    pub fn made(&self, hex: &str) -> bool {
        self.built
            .as_ref()
            .is_some_and(|short| hex.starts_with(short.as_str()))
    }

    /// The step in progress.
    pub fn failed(&mut self) -> Failed {
        let rest = std::mem::take(&mut self.rest);
        self.line(&rest, &mut |_| ());
        Failed {
            step: self.step.clone(),
            output: self.output.last(),
        }
    }
}

/// What the builder says at the end of a step: ` ---> Using cache`, ` ---> Running in …`, ` ---> <id>`; Podman's
/// `--> Using cache <id>` and `--> <id>`.
fn done(text: &str) -> Option<&str> {
    let podman = || {
        let rest = text.strip_prefix("--> ")?.trim_end();
        let is_id = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_hexdigit());
        (is_id || rest.starts_with(CACHED)).then_some(rest)
    };
    text.strip_prefix(" ---> ").or_else(podman)
}

/// Package managers also print "Successfully built".
fn is_short_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_hexdigit())
}
