//! A pipeline for GitHub Actions: a job per variant, or a matrix per level that the plan fills in.

use crate::ci::command::{Commands, words};
use crate::ci::jobs::Job;
use crate::ci::names::{PLAN, PUBLISH, PULL_REQUEST};
use crate::ci::{By, Options, Pipeline, System};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The plan as an artifact: its name and its file in the workspace.
const ARTIFACT: &str = "kiln-plan";
const UPLOADED: &str = "kiln-plan.json";

/// Where a job keeps the plan: outside of the workspace, since images may be built from all of that.
const FILE: &str = "\"$RUNNER_TEMP/kiln-plan.json\"";

const CHECKOUT: &str = "actions/checkout@v4";
const UPLOAD: &str = "actions/upload-artifact@v4";
const DOWNLOAD: &str = "actions/download-artifact@v4";

/// The registry that GitHub's own token is for.
const GHCR: &str = "ghcr.io";

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

    /// A job with its machine, before its steps.
    fn job(&self, first: Vec<(&str, Value)>) -> Map<String, Value> {
        let mut job: Map<String, Value> = first
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
        let runner = match self.options.runners.as_slice() {
            [] => json!("ubuntu-latest"),
            [one] => json!(one),
            more => json!(more),
        };
        job.insert("runs-on".into(), runner);
        if let Some(image) = &self.options.image {
            // The socket of the engine belongs to root.
            let mut container = json!({ "image": image, "options": "--user 0" });
            if self.is_image_on_ghcr() {
                let own =
                    json!({ "username": "${{ github.actor }}", "password": "${{ github.token }}" });
                container["credentials"] = own;
            }
            job.insert("container".into(), container);
        }
        job
    }

    fn with(
        &self,
        mut job: Map<String, Value>,
        packages: Option<&str>,
        steps: Vec<Value>,
    ) -> Value {
        let packages = packages.filter(|_| self.uses_ghcr());
        if let Some(access) = packages.or(self.is_image_on_ghcr().then_some("read")) {
            let permissions = json!({ "contents": "read", "packages": access });
            job.insert("permissions".into(), permissions);
        }
        job.insert("steps".into(), steps.into());
        job.into()
    }

    fn uses_ghcr(&self) -> bool {
        let mut logins = self.pipeline.logins.iter();
        logins.any(|login| login.domain.as_str() == GHCR)
    }

    fn is_image_on_ghcr(&self) -> bool {
        let image = self.options.image.as_deref();
        image.is_some_and(|image| image.starts_with("ghcr.io/"))
    }

    /// The first steps of a job. Kiln compares commits, so it needs the whole history.
    fn begin(&self) -> Vec<Value> {
        let mut steps = vec![
            json!({ "uses": CHECKOUT, "with": { "fetch-depth": 0, "persist-credentials": false } }),
        ];
        if self.options.image.is_some() {
            let command = "git config --global --add safe.directory \"$GITHUB_WORKSPACE\"";
            steps.push(step("Trust the clone, which another user owns", command));
        }
        let install = self.commands.install();
        steps.extend(install.map(|command| step("Install kiln", &command)));
        steps
    }

    fn checked(&self) -> Option<Value> {
        let check = self.commands.check()?;
        Some(step("Check that this file is up to date", &check))
    }

    fn plan(&self) -> Value {
        let mut job = self.job(vec![("if", json!("github.event_name != 'pull_request'"))]);
        let mut steps = self.begin();
        steps.extend(self.checked());
        let nightly = self.commands.nightly(UPLOADED);
        let plan = self.commands.plan(UPLOADED);
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
            let command = format!("{} >> \"$GITHUB_OUTPUT\"", self.commands.matrix(UPLOADED));
            let mut step = step("Fill in the matrix of each level", &command);
            step["id"] = json!("matrix");
            steps.push(step);
        }
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

    /// A step that has the credentials of the registries, and these secrets.
    fn trusted(&self, name: &str, command: &str, secrets: &BTreeSet<String>) -> Value {
        let secret = |name: &String| (name.clone(), json!(format!("${{{{ secrets.{name} }}}}")));
        let logins = self.pipeline.logins.iter().map(|login| &login.variable);
        let mut env: Map<String, Value> = logins.map(secret).collect();
        if self.uses_ghcr() {
            // Kiln takes it where no other credential is set.
            env.insert("GITHUB_TOKEN".into(), json!("${{ github.token }}"));
        }
        env.extend(secrets.iter().map(secret));
        let mut step = json!({ "name": name });
        if !env.is_empty() {
            step["env"] = env.into();
        }
        step["run"] = json!(command);
        step
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

fn step(name: &str, command: &str) -> Value {
    json!({ "name": name, "run": command })
}

/// The steps that fetch the plan.
fn attach() -> [Value; 2] {
    [
        json!({ "uses": DOWNLOAD, "with": { "name": ARTIFACT } }),
        step(
            "Take the plan out of the workspace",
            &format!("mv {UPLOADED} {FILE}"),
        ),
    ]
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
