//! A pipeline for CircleCI: jobs are defined once and used once per variant.

use crate::ci::command::{Commands, words};
use crate::ci::jobs::Job;
use crate::ci::names::{BUILD, JOIN, PLAN, PUBLISH, PULL_REQUEST, SETUP};
use crate::ci::text::yaml;
use crate::ci::{By, Options, Part, Pipeline, System};
use serde_json::{Map, Value, json};

/// Where jobs keep what is not the workspace's, such as the plan.
const FOLDER: &str = "/tmp/kiln";
const FILE: &str = "/tmp/kiln/plan.json";
const RESULTS: &str = "/tmp/kiln/results";

/// The image of jobs that install kiln themselves.
const IMAGE: &str = "cimg/base:current";

/// How long a step may be silent: compilers are.
const SILENCE: &str = "1h";

/// Branches of pull requests from forks.
const FORKS: &str = "^pull/[0-9]+";
const BRANCH: &str = "<< pipeline.git.branch >>";

pub(super) fn write(pipeline: &Pipeline, options: &Options) -> Value {
    let of = Writer {
        pipeline,
        options,
        commands: Commands {
            system: System::CircleCi,
            pipeline,
            options,
        },
    };
    match options.part {
        Part::Outer => of.outer(),
        Part::Whole | Part::Inner => of.whole(),
    }
}

/// The size of the file when each use of a job is written out, as CircleCI does before it reads it.
pub(super) fn compiled(pipeline: &Pipeline, value: &Value, text: &str) -> usize {
    let body = yaml(System::CircleCi, &value["jobs"][BUILD]).len();
    text.len() + pipeline.jobs.len() * body
}

struct Writer<'a> {
    pipeline: &'a Pipeline,
    options: &'a Options,
    commands: Commands<'a>,
}

impl Writer<'_> {
    fn whole(&self) -> Value {
        let mut jobs = Map::new();
        jobs.insert(PLAN.into(), self.plan());
        jobs.insert(BUILD.into(), self.build());
        if self.pipeline.jobs.iter().any(Job::is_join) {
            jobs.insert(JOIN.into(), json!({ "type": "no-op" }));
        }
        jobs.insert(PUBLISH.into(), self.publish());
        jobs.insert(PULL_REQUEST.into(), self.pull_request());
        json!({
            "version": 2.1,
            "executors": self.executors(),
            "jobs": jobs,
            "workflows": {
                "kiln": { "when": self.is_ours(), "jobs": self.uses() },
                "pull-request": { "when": is_fork(), "jobs": [PULL_REQUEST] },
            },
        })
    }

    /// A file whose only job writes the rest in each pipeline.
    fn outer(&self) -> Value {
        let config = format!("{FOLDER}/config.yml");
        let mut steps = self.begin(false);
        let write = format!("mkdir -p {FOLDER}\n{}", self.commands.inner(&config));
        steps.push(run("Write the jobs", &write));
        steps.push(json!({ "continuation/continue": { "configuration_path": config } }));
        json!({
            "version": 2.1,
            "setup": true,
            "orbs": { "continuation": "circleci/continuation@1" },
            "executors": self.executors(),
            "jobs": { SETUP: { "executor": "kiln", "steps": steps } },
            "workflows": { SETUP: { "jobs": [SETUP] } },
        })
    }

    fn executors(&self) -> Value {
        let image = self.options.image.as_deref().unwrap_or(IMAGE);
        let mut executor = json!({ "docker": [{ "image": image }] });
        if let Some(class) = self.options.runners.first() {
            executor["resource_class"] = json!(class);
        }
        json!({ "kiln": executor })
    }

    /// The first steps of a job: the commit, an engine, kiln.
    fn begin(&self, has_engine: bool) -> Vec<Value> {
        let mut steps = vec![json!("checkout")];
        if has_engine {
            steps.push(json!("setup_remote_docker"));
        }
        // Two angle brackets start an expression.
        let install = self.commands.install().map(|own| own.replace("<<", r"\<<"));
        steps.extend(install.map(|command| run("Install kiln", &command)));
        steps
    }

    fn checked(&self) -> Option<Value> {
        let check = self.commands.check();
        check.map(|command| run("Check that this file is up to date", &command))
    }

    fn plan(&self) -> Value {
        let mut steps = self.begin(self.pipeline.plans_on_engine);
        steps.extend(self.checked());
        steps.push(run("Create a folder", &format!("mkdir -p {FOLDER}")));
        let nightly = json!({ "equal": ["scheduled_pipeline", "<< pipeline.trigger_source >>"] });
        let planned = run("Plan a nightly run", &self.commands.nightly(FILE));
        steps.push(json!({ "when": { "condition": nightly, "steps": [planned] } }));
        let planned = run("Plan", &self.commands.plan(FILE));
        steps.push(json!({ "unless": { "condition": nightly, "steps": [planned] } }));
        steps.push(json!({ "persist_to_workspace": { "root": FOLDER, "paths": ["plan.json"] } }));
        json!({ "executor": "kiln", "steps": steps })
    }

    fn build(&self) -> Value {
        let command = self
            .commands
            .build(FILE, "<< parameters.variants >>", &junit());
        let mut steps = self.begin(true);
        steps.push(attach());
        steps.extend(reported("Build", &command));
        json!({
            "parameters": { "variants": { "type": "string" } },
            "executor": "kiln",
            "steps": steps,
        })
    }

    fn publish(&self) -> Value {
        let mut steps = self.begin(false);
        steps.push(attach());
        steps.extend(reported("Publish", &self.commands.publish(FILE, &junit())));
        json!({ "executor": "kiln", "steps": steps })
    }

    fn pull_request(&self) -> Value {
        let mut steps = self.begin(true);
        steps.extend(self.checked());
        steps.extend(reported("Build", &self.commands.untrusted(&junit())));
        json!({ "executor": "kiln", "steps": steps })
    }

    /// Whether the pipeline is not one for a pull request from a fork, and may publish.
    fn is_ours(&self) -> Value {
        let not_fork = json!({ "not": is_fork() });
        let is = |branch: &String| json!({ "equal": [branch, BRANCH] });
        let branches: Vec<Value> = self.options.branches.iter().map(is).collect();
        match branches.is_empty() {
            true => not_fork,
            false => json!({ "and": [not_fork, { "or": branches }] }),
        }
    }

    /// The jobs of the workflow.
    fn uses(&self) -> Vec<Value> {
        let mut uses = vec![self.used(PLAN, Map::new())];
        uses.extend(self.pipeline.jobs.iter().map(|job| self.build_use(job)));
        let ended = self.pipeline.jobs.iter().filter(|job| !job.is_join());
        let ended = ended.map(|job| json!({ &job.name: "terminal" }));
        let requires: Vec<Value> = std::iter::once(json!(PLAN)).chain(ended).collect();
        let mut publish = Map::new();
        publish.insert("requires".into(), requires.into());
        let group = format!("<< pipeline.project.slug >>/{}", self.pipeline.group());
        publish.insert("serial-group".into(), group.into());
        uses.push(self.used(PUBLISH, publish));
        uses
    }

    fn build_use(&self, job: &Job) -> Value {
        let names = job.after.iter().map(|id| &self.pipeline.jobs[*id].name);
        let requires: Vec<Value> = match self.options.by {
            By::Variant => names.map(|name| json!(name)).collect(),
            // What failed in a level stops only what is based on it.
            By::Level => names
                .map(|name| json!({ name: ["success", "failed"] }))
                .collect(),
        };
        let plan = std::iter::once(json!(PLAN));
        let requires: Vec<Value> = match self.options.by {
            By::Variant if !requires.is_empty() => requires,
            _ => plan.chain(requires).collect(),
        };
        let mut with = Map::new();
        with.insert("name".into(), json!(job.name));
        with.insert("requires".into(), requires.into());
        if job.is_join() {
            return json!({ JOIN: with });
        }
        with.insert("variants".into(), words(&job.builds).into());
        self.used(BUILD, with)
    }

    /// The use of a job, with the contexts that have the credentials.
    fn used(&self, job: &str, mut with: Map<String, Value>) -> Value {
        if !self.options.contexts.is_empty() {
            with.insert("context".into(), json!(self.options.contexts));
        }
        match with.is_empty() {
            true => json!(job),
            false => json!({ job: with }),
        }
    }
}

fn is_fork() -> Value {
    json!({ "matches": { "pattern": FORKS, "value": BRANCH } })
}

fn attach() -> Value {
    json!({ "attach_workspace": { "at": FOLDER } })
}

fn junit() -> String {
    format!(" --junit {RESULTS}/kiln.xml")
}

fn run(name: &str, command: &str) -> Value {
    json!({ "run": { "name": name, "command": command } })
}

/// A step that writes test results, and the one that stores them.
fn reported(name: &str, command: &str) -> [Value; 2] {
    let command = format!("mkdir -p {RESULTS}\n{command}");
    [
        json!({ "run": { "name": name, "command": command, "no_output_timeout": SILENCE } }),
        json!({ "store_test_results": { "path": RESULTS } }),
    ]
}
