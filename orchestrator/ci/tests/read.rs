//! Reads the jobs and edges of a written file, as its system does.

use crate::ci::System;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A job of a file.
#[derive(Debug, Default)]
pub(super) struct Job {
    pub variants: Vec<String>,
    pub needs: Vec<String>,
    /// How many needs it lists itself; it may also wait for stages.
    pub listed: usize,
    /// Whether it runs in other pipelines than the rest: for pull requests.
    pub is_apart: bool,
}

/// The jobs of a file by name.
#[derive(Debug)]
pub(super) struct Jobs(pub BTreeMap<String, Job>);

impl Jobs {
    pub fn read(system: System, text: &str) -> Self {
        let file: Value = serde_saphyr::from_str(text).expect("YAML");
        Self(match system {
            System::CircleCi => circleci(&file),
            System::GitLab => gitlab(&file),
            System::GitHub => github(&file),
        })
    }

    /// Whether a job waits for another one, directly or not.
    pub fn is_path(&self, from: &str, to: &str) -> bool {
        let (mut seen, mut open) = (BTreeSet::new(), vec![to]);
        while let Some(at) = open.pop() {
            let needs = self.0[at].needs.iter().map(String::as_str);
            for need in needs.filter(|need| self.0.contains_key(*need)) {
                if need == from {
                    return true;
                }
                if seen.insert(need) {
                    open.push(need);
                }
            }
        }
        false
    }
}

fn texts(value: &Value) -> Vec<String> {
    let all = value.as_array().into_iter().flatten();
    all.filter_map(|one| one.as_str().map(str::to_owned))
        .collect()
}

/// The variants in a command.
fn only(command: &str) -> Vec<String> {
    let Some((_, rest)) = command.split_once("--only ") else {
        return Vec::new();
    };
    let words = rest.split(' ').take_while(|word| !word.starts_with("--"));
    words.map(str::to_owned).collect()
}

fn circleci(file: &Value) -> BTreeMap<String, Job> {
    let defined = file["jobs"].as_object().expect("jobs");
    let uses = file["workflows"]["kiln"]["jobs"].as_array().expect("uses");
    let mut jobs = BTreeMap::new();
    for one in uses {
        let (job, with) = match one {
            Value::String(job) => (job.as_str(), &Value::Null),
            other => {
                let (job, with) = other
                    .as_object()
                    .and_then(|map| map.iter().next())
                    .expect("a use");
                (job.as_str(), with)
            }
        };
        assert!(defined.contains_key(job), "{job} is not defined");
        let needs = with["requires"].as_array().into_iter().flatten();
        let needs = needs.map(|need| match need {
            Value::String(name) => name.clone(),
            other => other
                .as_object()
                .and_then(|map| map.keys().next())
                .expect("a name")
                .clone(),
        });
        let read = Job {
            variants: with["variants"].as_str().map_or_else(Vec::new, |text| {
                text.split(' ').map(str::to_owned).collect()
            }),
            needs: needs.collect(),
            ..Job::default()
        };
        let name = with["name"].as_str().unwrap_or(job);
        assert!(
            jobs.insert(name.to_owned(), read).is_none(),
            "{name} is used twice"
        );
    }
    for (name, job) in &jobs {
        for need in &job.needs {
            assert!(
                jobs.contains_key(need),
                "{name} requires {need}, which does not exist"
            );
        }
    }
    jobs
}

fn github(file: &Value) -> BTreeMap<String, Job> {
    let jobs = file["jobs"].as_object().expect("jobs");
    let read = |(name, job): (&String, &Value)| {
        let steps = job["steps"].as_array().into_iter().flatten();
        let variants = steps.filter_map(|step| step["run"].as_str()).flat_map(only);
        let read = Job {
            variants: variants.collect(),
            needs: texts(&job["needs"]),
            listed: texts(&job["needs"]).len(),
            is_apart: name == "kiln-pull-request",
        };
        (name.clone(), read)
    };
    let jobs: BTreeMap<String, Job> = jobs.iter().map(read).collect();
    for (name, job) in &jobs {
        for need in &job.needs {
            assert!(
                jobs.contains_key(need),
                "{name} needs {need}, which does not exist"
            );
        }
    }
    jobs
}

fn gitlab(file: &Value) -> BTreeMap<String, Job> {
    let stages = texts(&file["stages"]);
    let file = file.as_object().expect("jobs");
    let found = |name: &str, key: &str| {
        let mut at = Some(name);
        while let Some(job) = at.and_then(|name| file.get(name)) {
            if !job[key].is_null() {
                return job[key].clone();
            }
            at = job["extends"].as_str();
        }
        Value::Null
    };
    let is_job = |name: &&String| !name.starts_with('.') && name.as_str() != "stages";
    let names: Vec<&String> = file.keys().filter(is_job).collect();
    let place = |name: &str| {
        let stage = found(name, "stage");
        let place = stages
            .iter()
            .position(|one| Some(one.as_str()) == stage.as_str());
        place.unwrap_or_else(|| panic!("{name} has the stage {stage}, which does not exist"))
    };
    let places: BTreeMap<&str, usize> = names
        .iter()
        .map(|name| (name.as_str(), place(name)))
        .collect();
    let read = |name: &&String| {
        let own = found(name, "needs");
        let before = |other: &&&String| places[other.as_str()] < places[name.as_str()];
        let needs = match own.is_null() {
            // A job without needs waits for the stages before its own.
            true => names
                .iter()
                .filter(before)
                .filter(|one| one.as_str() != "kiln-pull-request")
                .map(|one| (**one).clone())
                .collect(),
            false => texts(&own),
        };
        let variants = texts(&found(name, "script"));
        let read = Job {
            variants: variants.iter().flat_map(|command| only(command)).collect(),
            needs,
            listed: texts(&own).len(),
            is_apart: name.as_str() == "kiln-pull-request",
        };
        ((*name).clone(), read)
    };
    names.iter().map(read).collect()
}
