//! A configuration of CircleCI.

use super::{Machine, Place, Ran, Status, copy, fields, items, run_all, text};
use serde_json::Value;
use std::collections::BTreeMap;

/// What started the pipeline.
pub struct Pipeline<'a> {
    pub branch: &'a str,
    /// `webhook` or `scheduled_pipeline`.
    pub source: &'a str,
}

/// A job of a workflow.
struct Use<'a> {
    name: String,
    definition: &'a Value,
    /// The statuses in which each job that it requires may have ended.
    requires: BTreeMap<String, Vec<String>>,
    parameters: BTreeMap<String, String>,
}

/// The configuration that a setup job continues with, among what jobs pass on.
pub const CONTINUED: &str = "continued.yml";

const KEYS: [&str; 6] = [
    "name",
    "requires",
    "context",
    "filters",
    "serial-group",
    "matrix",
];

/// Runs the workflows whose conditions hold.
pub fn run(machine: &Machine<'_>, config: &Value, pipeline: &Pipeline<'_>) -> Ran {
    let workflows = fields(&config["workflows"]);
    let due: Vec<&Value> = workflows
        .map(|(_, workflow)| workflow)
        .filter(|workflow| {
            workflow
                .get("when")
                .is_none_or(|when| holds(when, pipeline, &BTreeMap::new()))
        })
        .collect();
    let [workflow] = due.as_slice() else {
        panic!("{} workflows run for {}", due.len(), pipeline.branch);
    };
    let uses: Vec<Use<'_>> = items(&workflow["jobs"])
        .map(|one| used(config, one))
        .collect();
    let needs = |one: &Use<'_>| one.requires.keys().cloned().collect();
    run_all(
        &uses,
        |one| one.name.clone(),
        needs,
        |one, ended| {
            let accepted = one.requires.iter().all(|(name, statuses)| {
                let status = match ended[name] {
                    Status::Success => "success",
                    Status::Failed => "failed",
                    Status::Skipped => "not_run",
                };
                statuses
                    .iter()
                    .any(|one| one == status || one == "terminal")
            });
            match accepted {
                true => job(machine, one, pipeline),
                false => (Status::Skipped, String::new()),
            }
        },
    )
}

fn used<'a>(config: &'a Value, one: &'a Value) -> Use<'a> {
    let (job, with) = match one {
        Value::String(job) => (job, &Value::Null),
        _ => fields(one).next().expect("a job"),
    };
    let requires = items(&with["requires"]).map(|one| match one {
        Value::String(name) => (name.clone(), vec![String::from("success")]),
        _ => {
            let (name, statuses) = fields(one).next().expect("a job with its statuses");
            let all = items(statuses).chain(Some(statuses).filter(|one| one.is_string()));
            (name.clone(), all.map(|one| text(one).to_owned()).collect())
        }
    });
    let parameters = fields(with).filter(|(key, _)| !KEYS.contains(&key.as_str()));
    let definition = &config["jobs"][job];
    assert!(definition.is_object(), "the job {job} is not defined");
    let declared = &definition["parameters"];
    let parameters = parameters.map(|(key, value)| {
        assert!(declared.get(key).is_some(), "{job} has no parameter {key}");
        (key.clone(), text(value).to_owned())
    });
    let parameters: BTreeMap<String, String> = parameters.collect();
    Use {
        name: with.get("name").map_or(job.as_str(), text).to_owned(),
        definition,
        requires: requires.collect(),
        parameters,
    }
}

fn job(machine: &Machine<'_>, one: &Use<'_>, pipeline: &Pipeline<'_>) -> (Status, String) {
    if one.definition["type"] == "no-op" {
        return (Status::Success, String::new());
    }
    let place = machine.place(&one.name);
    let mut said = String::new();
    let mut is_failed = false;
    let mut steps: Vec<&Value> = items(&one.definition["steps"]).collect();
    steps.reverse();
    while let Some(step) = steps.pop() {
        let (kind, with) = match step {
            Value::String(kind) => (kind.as_str(), &Value::Null),
            _ => fields(step)
                .map(|(kind, with)| (kind.as_str(), with))
                .next()
                .expect("a step"),
        };
        let always = with["when"] == "always" || kind.starts_with("store_");
        if is_failed && !always {
            continue;
        }
        match kind {
            "checkout" => machine.check_out(&place, true),
            "setup_remote_docker" => {}
            "when" | "unless" => {
                let is = holds(&with["condition"], pipeline, &one.parameters);
                if is == (kind == "when") {
                    steps.extend(items(&with["steps"]).collect::<Vec<_>>().into_iter().rev());
                }
            }
            "run" => {
                let command = filled(text(&with["command"]), pipeline, &one.parameters);
                let shell = ["bash", "-eo", "pipefail"];
                let (done, printed) = place.shell(&shell, &command, &env(machine, pipeline));
                said.push_str(&format!("$ {command}\n{printed}"));
                is_failed |= !done;
            }
            "continuation/continue" => {
                let written = place.path(text(&with["configuration_path"]));
                copy(&written, &machine.passed(CONTINUED));
            }
            "persist_to_workspace" | "attach_workspace" => workspace(machine, &place, kind, with),
            "store_test_results" | "store_artifacts" => {
                let path = place.path(text(&with["path"]));
                said.push_str(&format!("{kind}: {}\n", path.exists()));
            }
            _ => panic!("the runner does not know the step {kind}"),
        }
    }
    let status = if is_failed {
        Status::Failed
    } else {
        Status::Success
    };
    (status, said)
}

fn workspace(machine: &Machine<'_>, place: &Place<'_>, kind: &str, with: &Value) {
    if kind == "persist_to_workspace" {
        let root = place.path(text(&with["root"]));
        for path in items(&with["paths"]).map(text) {
            copy(&root.join(path), &machine.passed(path));
        }
        return;
    }
    let at = place.path(text(&with["at"]));
    let passed = std::fs::read_dir(machine.passed("")).expect("what jobs pass on");
    for one in passed {
        let one = one.expect("a file");
        copy(&one.path(), &at.join(one.file_name()));
    }
}

fn env(machine: &Machine<'_>, pipeline: &Pipeline<'_>) -> Vec<(String, String)> {
    [
        ("CIRCLECI", "true"),
        ("CIRCLE_BRANCH", pipeline.branch),
        ("CIRCLE_SHA1", &machine.commit()),
        ("CIRCLE_PIPELINE_ID", "11111111-2222"),
        ("CIRCLE_WORKFLOW_ID", "33333333-4444"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn holds(
    condition: &Value,
    pipeline: &Pipeline<'_>,
    parameters: &BTreeMap<String, String>,
) -> bool {
    let is = |one: &Value| holds(one, pipeline, parameters);
    let text_of = |one: &Value| filled(text(one), pipeline, parameters);
    match condition {
        Value::Bool(is) => *is,
        Value::Object(one) => {
            let (word, of) = one.iter().next().expect("a condition");
            match word.as_str() {
                "not" => !is(of),
                "and" => items(of).all(is),
                "or" => items(of).any(is),
                "equal" => {
                    let all: Vec<String> = items(of).map(text_of).collect();
                    all.iter().all(|one| *one == all[0])
                }
                "matches" => {
                    let pattern = regex::Regex::new(text(&of["pattern"])).expect("a pattern");
                    pattern.is_match(&text_of(&of["value"]))
                }
                _ => panic!("the runner does not know the condition {word}"),
            }
        }
        _ => panic!("{condition} is not a condition"),
    }
}

fn filled(raw: &str, pipeline: &Pipeline<'_>, parameters: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = raw;
    while let Some(at) = rest.find("<<") {
        if let Some(before) = rest[..at].strip_suffix('\\') {
            out.push_str(before);
            out.push_str("<<");
            rest = &rest[at + 2..];
            continue;
        }
        let end = at + rest[at..].find(">>").expect("the end of an expression");
        let name = rest[at + 2..end].trim();
        out.push_str(&rest[..at]);
        out.push_str(match name {
            "pipeline.git.branch" => pipeline.branch,
            "pipeline.trigger_source" => pipeline.source,
            "pipeline.project.slug" => "gh/acme/images",
            _ => {
                let parameter = name.strip_prefix("parameters.");
                let parameter = parameter.and_then(|name| parameters.get(name));
                parameter.unwrap_or_else(|| panic!("`{name}` has no value"))
            }
        });
        rest = &rest[end + 2..];
    }
    out + rest
}
