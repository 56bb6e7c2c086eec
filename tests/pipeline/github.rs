//! A workflow of GitHub Actions.

use super::expression::{Before, condition, filled, value};
use super::{Machine, Place, Ran, Status, copy, fields, items, run_all, text};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// A run of a workflow.
struct Run<'a> {
    machine: &'a Machine<'a>,
    /// `push`, `schedule` or `pull_request`.
    event: &'a str,
    /// The outputs of each job.
    outputs: Mutex<BTreeMap<String, Value>>,
}

/// What the steps of a job have done.
struct Steps<'a> {
    run: &'a Run<'a>,
    place: Place<'a>,
    context: Value,
    is_failed: bool,
    said: String,
}

/// Runs the jobs of a workflow for an event.
pub fn run(machine: &Machine<'_>, workflow: &Value, event: &str) -> Ran {
    let run = Run {
        machine,
        event,
        outputs: Mutex::default(),
    };
    let jobs: Vec<(&String, &Value)> = fields(&workflow["jobs"]).collect();
    run_all(
        &jobs,
        |(name, _)| (*name).clone(),
        |(_, job)| needs(job),
        |(name, job), ended| run.job(name, job, ended),
    )
}

fn needs(job: &Value) -> Vec<String> {
    let one = Some(&job["needs"]).filter(|one| one.is_string());
    items(&job["needs"])
        .chain(one)
        .map(|one| text(one).to_owned())
        .collect()
}

impl Run<'_> {
    fn job(&self, name: &str, job: &Value, ended: &BTreeMap<String, Status>) -> (Status, String) {
        let needed = needs(job);
        let all = |status: Status| needed.iter().all(|one| ended[one] == status);
        let before = Before {
            is_success: all(Status::Success),
            is_failure: needed.iter().any(|one| ended[one] == Status::Failed),
        };
        let mut context = self.context(&needed, ended);
        let wanted = job.get("if").map_or("success()", text);
        if !condition(wanted, &context, before) {
            return (Status::Skipped, String::new());
        }
        let Some(matrix) = job.pointer("/strategy/matrix") else {
            let (done, said, outputs) = self.work(name, job, context);
            self.outputs
                .lock()
                .unwrap()
                .insert(name.to_owned(), outputs);
            return (done, said);
        };
        let (key, of) = fields(matrix).next().expect("a matrix");
        let legs = match of {
            Value::String(raw) => value(raw, &context, before),
            list => list.clone(),
        };
        let legs: Vec<&Value> = items(&legs).collect();
        assert!(
            (1..=256).contains(&legs.len()),
            "{name} has {} jobs",
            legs.len()
        );
        let mut done = Status::Success;
        let mut log = String::new();
        for leg in legs {
            context["matrix"] = json!({ key: leg });
            let (status, said, _) = self.work(&format!("{name} {leg}"), job, context.clone());
            log.push_str(&said);
            if status == Status::Failed {
                done = Status::Failed;
            }
        }
        (done, log)
    }

    fn context(&self, needed: &[String], ended: &BTreeMap<String, Status>) -> Value {
        let outputs = self.outputs.lock().unwrap();
        let needs = needed.iter().map(|name| {
            let result = match ended[name] {
                Status::Success => "success",
                Status::Failed => "failure",
                Status::Skipped => "skipped",
            };
            let outputs = outputs.get(name).cloned().unwrap_or_default();
            (
                name.clone(),
                json!({ "result": result, "outputs": outputs }),
            )
        });
        json!({
            "github": { "event_name": self.event, "ref": "refs/heads/main", "actor": "me", "token": "t" },
            "inputs": {},
            "secrets": {},
            "steps": {},
            "matrix": {},
            "runner": { "temp": "/tmp" },
            "needs": needs.collect::<Map<_, _>>(),
        })
    }

    /// Runs the steps of a job; how it ended, what it printed, and its outputs.
    fn work(&self, name: &str, job: &Value, context: Value) -> (Status, String, Value) {
        let mut steps = Steps {
            run: self,
            place: self.machine.place(name),
            context,
            is_failed: false,
            said: String::new(),
        };
        std::fs::create_dir_all(&steps.place.clone).expect("a folder");
        for step in items(&job["steps"]) {
            steps.step(step);
        }
        let before = steps.before();
        let outputs = fields(&job["outputs"]);
        let outputs = outputs.map(|(name, raw)| {
            let text = filled(text(raw), &steps.context, before);
            (name.clone(), json!(text))
        });
        let outputs = outputs.collect::<Map<_, _>>().into();
        let status = match steps.is_failed {
            true => Status::Failed,
            false => Status::Success,
        };
        (status, steps.said, outputs)
    }
}

impl Steps<'_> {
    fn before(&self) -> Before {
        Before {
            is_success: !self.is_failed,
            is_failure: self.is_failed,
        }
    }

    fn step(&mut self, step: &Value) {
        let wanted = step.get("if").map_or("success()", text);
        if !condition(wanted, &self.context, self.before()) {
            return;
        }
        match step.get("uses") {
            Some(action) => self.action(text(action), &step["with"]),
            None => self.shell(step),
        }
    }

    fn action(&mut self, action: &str, with: &Value) {
        let filled = |key: &str| {
            let raw = with.get(key).map_or("", text);
            filled(raw, &self.context, self.before())
        };
        let machine = self.run.machine;
        match action.split('@').next() {
            Some("actions/checkout") => {
                // It clones into a folder that is empty.
                std::fs::remove_dir(&self.place.clone).expect("an empty folder");
                machine.check_out(&self.place, with["fetch-depth"] == 0);
            }
            Some("actions/upload-artifact") => {
                let from = self.place.path(&filled("path"));
                let file = from.file_name().expect("a file").to_owned();
                copy(&from, &machine.passed(&filled("name")).join(file));
            }
            Some("actions/download-artifact") => {
                let to = self.place.path(&filled("path"));
                let from = machine.passed(&filled("name"));
                for one in std::fs::read_dir(from).expect("an artifact") {
                    let one = one.expect("a file");
                    copy(&one.path(), &to.join(one.file_name()));
                }
            }
            _ => panic!("the runner does not know the action {action}"),
        }
    }

    fn shell(&mut self, step: &Value) {
        let before = self.before();
        let command = filled(text(&step["run"]), &self.context, before);
        let mut env = self.env();
        for (name, raw) in fields(&step["env"]) {
            env.push((name.clone(), filled(text(raw), &self.context, before)));
        }
        let output = self.place.path("/tmp/github-output");
        std::fs::write(&output, "").expect("a file");
        let (done, printed) = self.place.shell(&["bash", "-e"], &command, &env);
        self.said.push_str(&format!("$ {command}\n{printed}"));
        self.is_failed |= !done;
        if let Some(id) = step.get("id") {
            let written = std::fs::read_to_string(output).expect("outputs");
            let pairs = written.lines().map(|line| {
                let (name, value) = line.split_once('=').expect("NAME=VALUE");
                (name.to_owned(), json!(value))
            });
            let outputs: Map<String, Value> = pairs.collect();
            self.context["steps"][text(id)] = json!({ "outputs": outputs });
        }
    }

    fn env(&self) -> Vec<(String, String)> {
        let clone = self.place.clone.display().to_string();
        let (name, number) = match self.run.event {
            "pull_request" => ("7/merge", "refs/pull/7/merge"),
            _ => ("main", "refs/heads/main"),
        };
        let mut all = vec![
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_ACTOR", "me"),
            ("GITHUB_EVENT_NAME", self.run.event),
            ("GITHUB_OUTPUT", "/tmp/github-output"),
            ("GITHUB_REF", number),
            ("GITHUB_REF_NAME", name),
            ("GITHUB_REF_TYPE", "branch"),
            ("GITHUB_RUN_ID", "42"),
            ("GITHUB_STEP_SUMMARY", "/tmp/github-summary"),
            ("GITHUB_WORKSPACE", &clone),
            ("RUNNER_TEMP", "/tmp"),
        ];
        if self.run.event == "pull_request" {
            all.push(("GITHUB_HEAD_REF", "a-change"));
        }
        let mut all: Vec<(String, String)> = all
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        all.push(("GITHUB_SHA".into(), self.run.machine.commit()));
        all
    }
}
