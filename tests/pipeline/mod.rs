//! Runs the jobs of a pipeline on this machine, in the order of their own graph, as far as kiln's pipelines need it.
//!
//! A job has a fresh clone, a home and a `/tmp` of its own; nothing else of another job is there but what the pipeline passes on.

pub mod circleci;
mod expression;
pub mod github;
pub mod gitlab;

use crate::world::World;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Success,
    Failed,
    /// It did not run.
    Skipped,
}

/// What a pipeline did.
#[derive(Debug)]
pub struct Ran {
    pub jobs: BTreeMap<String, Status>,
    /// What the jobs printed, each under its name.
    pub log: String,
    /// How many jobs worked at the same time, at most.
    pub at_once: usize,
}

impl Ran {
    /// The jobs that ended like this.
    pub fn that(&self, status: Status) -> Vec<&str> {
        let those = self.jobs.iter().filter(|(_, one)| **one == status);
        those.map(|(name, _)| name.as_str()).collect()
    }
}

/// The machine that jobs run on.
pub struct Machine<'w> {
    pub world: &'w World,
    /// What jobs clone.
    pub repository: PathBuf,
    /// A folder for the clones and for what jobs pass on.
    pub folder: PathBuf,
}

/// A job's own part of the machine.
pub struct Place<'w> {
    world: &'w World,
    pub clone: PathBuf,
    folder: PathBuf,
}

impl<'w> Machine<'w> {
    pub fn new(world: &'w World, repository: &Path, name: &str) -> Self {
        let folder = world.dir().join(format!("machine-{name}"));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("passed")).expect("a folder");
        Self {
            world,
            repository: repository.to_owned(),
            folder,
        }
    }

    /// A place for a job. Names of jobs may be names of variants.
    pub fn place(&self, job: &str) -> Place<'w> {
        let word = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let folder = self.folder.join(job.chars().map(word).collect::<String>());
        for part in ["tmp", "home"] {
            std::fs::create_dir_all(folder.join(part)).expect("a folder");
        }
        Place {
            world: self.world,
            clone: folder.join("clone"),
            folder,
        }
    }

    /// The commit that the pipeline is for.
    pub fn commit(&self) -> String {
        let output = git(&self.repository, &["rev-parse", "HEAD"]);
        output.trim().to_owned()
    }

    /// Where jobs leave what others take.
    pub fn passed(&self, name: &str) -> PathBuf {
        self.folder.join("passed").join(name)
    }

    /// Clones the repository for a job.
    pub fn check_out(&self, place: &Place<'_>, is_whole: bool) {
        let from = format!("file://{}", self.repository.display());
        let to = place.clone.to_str().expect("a path in UTF-8");
        let depth: &[&str] = if is_whole { &[] } else { &["--depth", "1"] };
        git(
            &self.repository,
            &[&["clone", "-q"], depth, &[&from, to]].concat(),
        );
    }
}

fn git(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("git").current_dir(folder).args(args).output();
    let output = output.expect("git starts");
    assert!(output.status.success(), "git {args:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

impl Place<'_> {
    /// A path as the job sees it: its `/tmp` is its own.
    pub fn path(&self, path: &str) -> PathBuf {
        match path.strip_prefix("/tmp") {
            Some(rest) => self.folder.join("tmp").join(rest.trim_start_matches('/')),
            None => self.clone.join(path),
        }
    }

    /// Runs a command in the clone with a shell; whether it succeeded, and what it printed.
    pub fn shell(&self, shell: &[&str], command: &str, env: &[(String, String)]) -> (bool, String) {
        let script = self.folder.join("script");
        std::fs::write(&script, command).expect("a script");
        // The compiled kiln may be below `/tmp`.
        let own = "mount --bind \"$1\" \"$2/kiln\" && mount --bind \"$3\" /tmp && cd \"$4\" && shift 4 && exec \"$@\"";
        let programs = self.folder.join("programs");
        std::fs::create_dir_all(&programs).expect("a folder");
        std::fs::write(programs.join("kiln"), "").expect("a file to mount on");
        let mut unshare = self.world.command("unshare");
        let unshare = unshare
            .args(["--mount", "sh", "-c", own, "sh"])
            .arg(env!("CARGO_BIN_EXE_kiln"))
            .args([&programs, &self.folder.join("tmp"), &self.clone])
            .args(shell)
            .arg(&script);
        let path = std::env::var("PATH").unwrap_or_default();
        let unshare = unshare
            .env("PATH", format!("{}:{path}", programs.display()))
            .env("HOME", self.folder.join("home"))
            .env("CI", "true")
            .envs(env.iter().map(|(name, value)| (name, value)));
        let output = unshare.output().expect("a shell");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        (output.status.success(), said)
    }
}

/// Runs jobs at the same time, each as soon as all that it needs have ended. `run` decides from how those ended whether the job
/// works at all.
pub fn run_all<J: Sync>(
    jobs: &[J],
    name: impl Fn(&J) -> String + Sync,
    needs: impl Fn(&J) -> Vec<String> + Sync,
    run: impl Fn(&J, &BTreeMap<String, Status>) -> (Status, String) + Sync,
) -> Ran {
    let names: Vec<String> = jobs.iter().map(&name).collect();
    for job in jobs {
        for need in needs(job) {
            assert!(
                names.contains(&need),
                "{} needs {need}, which does not exist",
                name(job)
            );
        }
    }
    let ended: Mutex<BTreeMap<String, Status>> = Mutex::default();
    let log: Mutex<String> = Mutex::default();
    let (change, now, most) = (Condvar::new(), AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|threads| {
        for job in jobs {
            threads.spawn(|| {
                let needed = needs(job);
                let waits = |ended: &mut BTreeMap<String, Status>| {
                    needed.iter().any(|need| !ended.contains_key(need))
                };
                let known = {
                    let ended = change.wait_while(ended.lock().unwrap(), waits);
                    ended.unwrap().clone()
                };
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                // A panic in a job must not keep the others waiting.
                let done =
                    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(job, &known)));
                now.fetch_sub(1, Ordering::SeqCst);
                let (status, said) = match done {
                    Ok(done) => done,
                    Err(_) => (
                        Status::Failed,
                        String::from("the runner does not know this job"),
                    ),
                };
                let heading = format!("== {} {status:?}\n{said}\n", name(job));
                log.lock().unwrap().push_str(&heading);
                ended.lock().unwrap().insert(name(job), status);
                change.notify_all();
            });
        }
    });
    Ran {
        jobs: ended.into_inner().unwrap(),
        log: log.into_inner().unwrap(),
        at_once: most.into_inner(),
    }
}

/// A file of a CI system.
pub fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("the file");
    serde_saphyr::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// The fields of an object.
fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The items of a list.
fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("a text, not {value}"))
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
    std::fs::copy(from, to).unwrap_or_else(|why| panic!("{}: {why}", from.display()));
}
