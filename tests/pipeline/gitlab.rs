//! A pipeline of GitLab, carried out by `gitlab-ci-local`: its shell executor gives each job a copy of the repository.

use super::{Machine, Ran, Status, git};
use regex::Regex;
use std::collections::BTreeMap;
use std::path::Path;

/// Runs the pipeline of a push, with these variables.
pub fn run(machine: &Machine<'_>, program: &Path, variables: &[&str]) -> Ran {
    let place = machine.place("pipeline");
    machine.check_out(&place, true);
    let remote = "https://git.example/acme/images.git";
    git(&place.clone, &["remote", "set-url", "origin", remote]);
    let script = format!(
        "exec {} --shell-isolation --shell-executor-no-image --no-artifacts-to-source --no-color --variable GITLAB_CI=true{}",
        program.display(),
        variables
            .iter()
            .map(|one| format!(" --variable {one}"))
            .collect::<String>()
    );
    let (_, log) = place.shell(&["bash", "-e"], &script, &[]);
    let log = log.replace('\u{1b}', "<ESC>").replace('\r', "<CR>");
    let (jobs, at_once) = read(&log);
    Ran { jobs, log, at_once }
}

/// How the jobs ended, and how many worked at the same time.
fn read(log: &str) -> (BTreeMap<String, Status>, usize) {
    let begun = Regex::new(r"^(\S+)\s+starting shell").expect("a pattern");
    let ended = Regex::new(r"^(\S+)\s+finished in .*?(FAIL|$)").expect("a pattern");
    let mut jobs = BTreeMap::new();
    let (mut now, mut most) = (0_usize, 0);
    for line in log.lines() {
        if begun.is_match(line) {
            now += 1;
            most = most.max(now);
        } else if let Some(found) = ended.captures(line) {
            now = now.saturating_sub(1);
            let status = match &found[2] {
                "FAIL" => Status::Failed,
                _ => Status::Success,
            };
            jobs.insert(found[1].to_owned(), status);
        }
    }
    (jobs, most)
}
