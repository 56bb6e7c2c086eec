//! A pipeline for GitHub Actions: a job per variant, or a matrix per level that the plan fills in.

mod steps;

use crate::ci::command::{Commands, words};
use crate::ci::jobs::Job;
use crate::ci::names::{PLAN, PUBLISH, PULL_REQUEST};
use crate::ci::{By, Options, Pipeline, System};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use steps::{attach, handed, step};

/// The plan as an artifact: its name and its file in the workspace.
const ARTIFACT: &str = "kiln-plan";
const UPLOADED: &str = "kiln-plan.json";

/// Where a job keeps the plan: outside of the clone, since images may be built from all of that.
const FILE: &str = "\"$RUNNER_TEMP/kiln-plan.json\"";

const UPLOAD: &str = "actions/upload-artifact@v4";

const NIGHTLY: &str = "github.event_name == 'schedule' || inputs.nightly";

pub(super) fn write(pipeline: &Pipeline, options: &Options) -> Value {
    let of = Writer {
        pipeline,
        options,
        commands: Commands {
            system: System::GitHub,
            pipeline,
            options,
        },
    };
    of.workflow()
}

struct Writer<'a> {
    pipeline: &'a Pipeline,
    options: &'a Options,
    commands: Commands<'a>,
}

impl Writer<'_> {
    fn workflow(&self) -> Value {
        let main = [String::from("main")];
        let branches = match self.options.branches.as_slice() {
            [] => &main,
            given => given,
        };
        let branches: Vec<String> = branches.iter().map(|name| exact(name)).collect();
        let nightly = json!({ "description": "Rebuild what has gone stale, as the nightly run does", "type": "boolean", "default": false });
        json!({
            "name": self.name(),
            "on": {
                "push": { "branches": branches },
                "pull_request": {},
                "schedule": [{ "cron": self.options.cron }],
                "workflow_dispatch": { "inputs": { "nightly": nightly } },
            },
            "permissions": { "contents": "read" },
            "jobs": self.jobs(),
        })
    }

    /// What people read in the list of workflows.
    fn name(&self) -> String {
        let folder = self.pipeline.folder.as_deref().and_then(plain);
        let folder = folder.map(|folder| format!("({folder})"));
        let parts = [Some("kiln"), plain(&self.pipeline.name), folder.as_deref()];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        parts.join(" ")
    }

    fn jobs(&self) -> Map<String, Value> {
        let mut jobs = Map::new();
        jobs.insert(PLAN.into(), self.plan());
        for job in &self.pipeline.jobs {
            let of = match self.options.by {
                By::Variant => self.variant(job),
                By::Level => self.level(job),
            };
            jobs.insert(job.name.clone(), of);
        }
        jobs.insert(PUBLISH.into(), self.publish());
        jobs.insert(PULL_REQUEST.into(), self.pull_request());
        jobs
    }

    fn plan(&self) -> Value {
        let mut job = self.job(vec![("if", json!("github.event_name != 'pull_request'"))]);
        let mut steps = self.begin();
        steps.extend(self.checked());
        let nightly = self.commands.nightly(FILE);
        let plan = self.commands.plan(FILE);
        for (name, condition, command) in [
            ("Plan a nightly run", NIGHTLY.to_owned(), nightly),
            ("Plan", format!("!({NIGHTLY})"), plan),
        ] {
            let mut step = self.trusted(name, &command, &BTreeSet::new());
            step["if"] = json!(format!("${{{{ {condition} }}}}"));
            steps.push(step);
        }
        if self.options.by == By::Level {
            job.insert("outputs".into(), self.outputs());
            let command = format!("{} >> \"$GITHUB_OUTPUT\"", self.commands.matrix(FILE));
            let mut step = step("Fill in the matrix of each level", &command);
            step["id"] = json!("matrix");
            steps.push(step);
        }
        steps.push(handed());
        let with = json!({ "name": ARTIFACT, "path": UPLOADED, "if-no-files-found": "error", "retention-days": 7 });
        steps.push(json!({ "uses": UPLOAD, "with": with }));
        self.with(job, Some("read"), steps)
    }

    fn outputs(&self) -> Value {
        let levels = self.pipeline.jobs.iter().map(|job| {
            let value = format!("${{{{ steps.matrix.outputs.{} }}}}", job.name);
            (job.name.clone(), json!(value))
        });
        levels.collect::<Map<_, _>>().into()
    }

    /// The names of the jobs that a build job waits for.
    fn needs(&self, job: &Job) -> Vec<&str> {
        let names = job.after.iter().map(|id| &*self.pipeline.jobs[*id].name);
        std::iter::once(PLAN).chain(names).collect()
    }

    fn variant(&self, job: &Job) -> Value {
        let of = self.job(named(&job.title, vec![("needs", json!(self.needs(job)))]));
        self.built(of, &words(&job.builds))
    }

    fn level(&self, job: &Job) -> Value {
        let (name, plan) = (&job.name, PLAN);
        let filled = format!("needs.{plan}.outputs.{name}");
        // A level goes on without what failed in the level before. An empty matrix is an error.
        let condition = format!(
            "${{{{ !cancelled() && needs.{plan}.result == 'success' && {filled} != '[]' }}}}"
        );
        let matrix = json!({ "variants": format!("${{{{ fromJSON({filled}) }}}}") });
        let of = self.job(vec![
            ("name", json!("${{ matrix.variants }}")),
            ("needs", json!(self.needs(job))),
            ("if", json!(condition)),
            ("strategy", json!({ "fail-fast": false, "matrix": matrix })),
        ]);
        self.built(of, "${{ matrix.variants }}")
    }

    fn built(&self, job: Map<String, Value>, words: &str) -> Value {
        let mut steps = self.begin();
        steps.extend(attach());
        let command = self.commands.build(FILE, words, "");
        steps.push(self.trusted("Build", &command, &self.pipeline.secrets));
        self.with(job, Some("write"), steps)
    }

    fn publish(&self) -> Value {
        let all = self.pipeline.jobs.iter().map(|job| &*job.name);
        let needs: Vec<&str> = std::iter::once(PLAN).chain(all).collect();
        let condition = format!("${{{{ !cancelled() && needs.{PLAN}.result == 'success' }}}}");
        let group = format!("{}-${{{{ github.ref }}}}", self.pipeline.group());
        let job = self.job(vec![
            ("needs", json!(needs)),
            ("if", json!(condition)),
            (
                "concurrency",
                json!({ "group": group, "cancel-in-progress": false }),
            ),
        ]);
        let mut steps = self.begin();
        steps.extend(attach());
        let command = self.commands.publish(FILE, "");
        steps.push(self.trusted("Publish", &command, &self.options.secrets));
        self.with(job, Some("write"), steps)
    }

    fn pull_request(&self) -> Value {
        let job = self.job(vec![("if", json!("github.event_name == 'pull_request'"))]);
        let mut steps = self.begin();
        steps.extend(self.checked());
        steps.push(step("Build", &self.commands.untrusted("")));
        self.with(job, None, steps)
    }
}

/// A pattern for exactly this name.
fn exact(branch: &str) -> String {
    let escaped = branch.chars().map(|c| match "+*?[]!\\".contains(c) {
        true => format!("\\{c}"),
        false => c.to_string(),
    });
    escaped.collect()
}

/// A text that is not an expression.
fn plain(text: &str) -> Option<&str> {
    (!text.contains("${")).then_some(text)
}

fn named<'a>(title: &str, mut first: Vec<(&'a str, Value)>) -> Vec<(&'a str, Value)> {
    if let Some(title) = plain(title) {
        first.insert(0, ("name", json!(title)));
    }
    first
}
