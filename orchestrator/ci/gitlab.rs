//! A pipeline for GitLab: templates that each job extends, and a later stage that publishes.

use crate::ci::command::{Commands, words};
use crate::ci::jobs::Job;
use crate::ci::names::{FLEET, PLAN, PUBLISH, PULL_REQUEST, SETUP};
use crate::ci::{By, Docker, Options, Part, Pipeline, System};
use serde_json::{Map, Value, json};

/// The templates of jobs.
const JOB: &str = ".kiln";
const BUILDER: &str = ".kiln-build";
const ENGINE: &str = ".kiln-engine";

/// The plan as an artifact.
const ARTIFACT: &str = "kiln-plan.json";

/// Where a job keeps the plan: outside of the clone, since images may be built from all of that.
const FILE: &str = "\"$KILN_FOLDER/plan.json\"";

/// The file of the jobs that are computed in each pipeline.
const CHILD: &str = "kiln-child.yml";

const JUNIT: &str = "kiln-junit.xml";

/// The image of jobs that install kiln themselves.
const IMAGE: &str = "docker:cli";

const STAGES: [&str; 3] = ["kiln-plan", "kiln-build", "kiln-publish"];

/// The variable that tells a child pipeline what has started its parent.
const SOURCE: &str = "KILN_PIPELINE_SOURCE";

pub(super) fn write(pipeline: &Pipeline, options: &Options) -> Value {
    let of = Writer {
        pipeline,
        options,
        commands: Commands {
            system: System::GitLab,
            pipeline,
            options,
        },
    };
    match options.part {
        Part::Outer => of.outer(),
        Part::Whole | Part::Inner => of.whole(),
    }
    .into()
}

struct Writer<'a> {
    pipeline: &'a Pipeline,
    options: &'a Options,
    commands: Commands<'a>,
}

impl Writer<'_> {
    fn whole(&self) -> Map<String, Value> {
        let mut file = Map::new();
        file.insert("stages".into(), self.stages().into());
        file.insert(JOB.into(), self.job());
        file.insert(ENGINE.into(), self.engine());
        file.insert(BUILDER.into(), self.builder());
        file.insert(PLAN.into(), self.plan());
        for job in &self.pipeline.jobs {
            file.insert(job.name.clone(), self.build(job));
        }
        file.insert(PUBLISH.into(), self.publish());
        if self.options.part == Part::Whole {
            file.insert(PULL_REQUEST.into(), self.merge_request());
        }
        file
    }

    /// A file with a job that writes the others, and one that runs them as a child pipeline.
    fn outer(&self) -> Map<String, Value> {
        let mut file = Map::new();
        file.insert("stages".into(), json!(STAGES[..2]));
        file.insert(JOB.into(), self.job());
        file.insert(ENGINE.into(), self.engine());
        let setup = json!({
            "extends": JOB,
            "stage": STAGES[0],
            "before_script": self.begin(),
            "script": [self.commands.inner(CHILD)],
            "artifacts": { "paths": [CHILD], "expire_in": "1 week" },
        });
        file.insert(SETUP.into(), setup);
        let child = json!({
            "stage": STAGES[1],
            "needs": [SETUP],
            "rules": self.rules(None),
            "variables": { SOURCE: "$CI_PIPELINE_SOURCE" },
            "trigger": { "include": [{ "artifact": CHILD, "job": SETUP }], "strategy": "depend" },
        });
        file.insert(FLEET.into(), child);
        file.insert(PULL_REQUEST.into(), self.merge_request());
        file
    }

    fn stages(&self) -> Vec<String> {
        let [plan, build, publish] = STAGES;
        let builds = match self.options.by {
            By::Variant => vec![build.to_owned()],
            By::Level => (0..self.pipeline.levels()).map(stage).collect(),
        };
        let first = std::iter::once(plan.to_owned());
        first.chain(builds).chain([publish.to_owned()]).collect()
    }

    /// What all jobs have.
    fn job(&self) -> Value {
        let mut job = Map::new();
        let image = self.options.image.as_deref();
        let image = match self.options.docker {
            Docker::InDocker | Docker::Socket => Some(image.unwrap_or(IMAGE)),
            Docker::Shell => image,
        };
        if let Some(image) = image {
            job.insert("image".into(), json!(image));
        }
        if !self.options.runners.is_empty() {
            job.insert("tags".into(), json!(self.options.runners));
        }
        if self.options.part != Part::Inner {
            job.insert("rules".into(), self.rules(None));
        }
        // Kiln compares commits, so it needs the whole history.
        job.insert("variables".into(), json!({ "GIT_DEPTH": "0" }));
        job.into()
    }

    /// In which pipelines a job is, and after which results. A pipeline for a merge request must not publish, and neither must
    /// its children.
    fn rules(&self, when: Option<&str>) -> Value {
        let rule = |condition: &str| match when {
            Some(when) => json!({ "if": condition, "when": when }),
            None => json!({ "if": condition }),
        };
        let mut rules = vec![
            json!({ "if": "$CI_MERGE_REQUEST_IID", "when": "never" }),
            rule("$CI_PIPELINE_SOURCE == \"parent_pipeline\""),
        ];
        let named = |branch: &String| rule(&format!("$CI_COMMIT_BRANCH == \"{branch}\""));
        match self.options.branches.is_empty() {
            true => rules.extend([
                rule("$CI_COMMIT_BRANCH && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"),
                rule("$CI_COMMIT_BRANCH && $CI_COMMIT_REF_PROTECTED == \"true\""),
            ]),
            false => rules.extend(self.options.branches.iter().map(named)),
        }
        rules.into()
    }

    /// What jobs have that use an engine.
    fn engine(&self) -> Value {
        let mut engine = Map::new();
        engine.insert("extends".into(), json!(JOB));
        if self.options.docker == Docker::InDocker {
            engine.insert("services".into(), json!(["docker:dind"]));
            let variables = json!({
                "DOCKER_HOST": "tcp://docker:2376",
                "DOCKER_TLS_CERTDIR": "/certs",
                "DOCKER_TLS_VERIFY": "1",
                "DOCKER_CERT_PATH": "/certs/client",
            });
            engine.insert("variables".into(), variables);
        }
        engine.into()
    }

    fn builder(&self) -> Value {
        let mut builder = Map::new();
        builder.insert("extends".into(), json!(ENGINE));
        match self.options.by {
            By::Variant => {
                builder.insert("stage".into(), json!(STAGES[1]));
                builder.insert("needs".into(), json!([PLAN]));
            }
            By::Level => {
                builder.insert("dependencies".into(), json!([PLAN]));
                // A level goes on without what failed in the level before; the job that publishes fails then.
                builder.insert("allow_failure".into(), json!(true));
            }
        }
        builder.insert("before_script".into(), self.planned().into());
        builder.insert("artifacts".into(), reports());
        builder.into()
    }

    fn build(&self, job: &Job) -> Value {
        let names = job.after.iter().map(|id| &*self.pipeline.jobs[*id].name);
        let needs: Vec<&str> = std::iter::once(PLAN).chain(names).collect();
        if job.is_join() {
            return json!({
                "extends": JOB,
                "stage": STAGES[1],
                "needs": &needs[1..],
                "variables": { "GIT_STRATEGY": "none" },
                "script": ["true"],
            });
        }
        let mut of = Map::new();
        of.insert("extends".into(), json!(BUILDER));
        match self.options.by {
            By::Variant if needs.len() > 1 => drop(of.insert("needs".into(), json!(needs))),
            By::Variant => {}
            By::Level => drop(of.insert("stage".into(), json!(stage(job.level)))),
        }
        let command = self.commands.build(FILE, &words(&job.builds), &junit());
        of.insert("script".into(), json!([command]));
        of.into()
    }

    fn plan(&self) -> Value {
        let nightly = self.commands.nightly(FILE);
        let plan = self.commands.plan(FILE);
        let planned = format!(
            "if [ \"${{{SOURCE}:-$CI_PIPELINE_SOURCE}}\" = schedule ]; then\n  {nightly}\nelse\n  {plan}\nfi"
        );
        let check = self.commands.check();
        // Artifacts are files of the clone.
        let handed = format!("mv {FILE} {ARTIFACT}");
        let script: Vec<String> = check.into_iter().chain([planned, handed]).collect();
        let template = match self.pipeline.plans_on_engine {
            true => ENGINE,
            false => JOB,
        };
        json!({
            "extends": template,
            "stage": STAGES[0],
            "before_script": self.apart(),
            "script": script,
            "artifacts": { "paths": [ARTIFACT], "expire_in": "1 week" },
        })
    }

    fn publish(&self) -> Value {
        let mut publish = json!({
            "extends": JOB,
            "stage": STAGES[2],
            "dependencies": [PLAN],
            "resource_group": self.pipeline.group(),
            "before_script": self.planned(),
            "script": [self.commands.publish(FILE, &junit())],
            "artifacts": reports(),
        });
        // Without `needs`, it waits for all jobs of the stages before, and it runs however they end.
        match self.options.part {
            Part::Inner => publish["when"] = json!("always"),
            Part::Whole | Part::Outer => publish["rules"] = self.rules(Some("always")),
        }
        publish
    }

    fn merge_request(&self) -> Value {
        let check = self.commands.check().into_iter();
        let script: Vec<String> = check.chain([self.commands.untrusted(&junit())]).collect();
        json!({
            "extends": ENGINE,
            "stage": STAGES[0],
            "needs": [],
            // A child of a merge request's pipeline has that variable, too.
            "rules": [{ "if": "$CI_MERGE_REQUEST_IID" }],
            "before_script": self.begin(),
            "script": script,
            "artifacts": reports(),
        })
    }

    /// The first commands of a job.
    fn begin(&self) -> Vec<String> {
        let mut commands = Vec::new();
        if self.options.docker != Docker::Shell {
            // The clone belongs to another user than that of the image.
            commands.push("git config --global --add safe.directory \"$CI_PROJECT_DIR\"".into());
        }
        commands.extend(self.commands.install());
        commands
    }

    /// The first commands of a job that keeps the plan outside of the clone.
    fn apart(&self) -> Vec<String> {
        let mut commands = self.begin();
        commands.push("KILN_FOLDER=$(mktemp -d)".into());
        commands.push("trap 'rm -rf \"$KILN_FOLDER\"' EXIT".into());
        commands
    }

    /// The first commands of a job that carries out the plan.
    fn planned(&self) -> Vec<String> {
        let mut commands = self.apart();
        commands.push(format!("mv {ARTIFACT} {FILE}"));
        commands
    }
}

fn stage(level: usize) -> String {
    format!("kiln-build-{level}")
}

fn junit() -> String {
    format!(" --junit {JUNIT}")
}

fn reports() -> Value {
    json!({ "when": "always", "reports": { "junit": JUNIT } })
}
