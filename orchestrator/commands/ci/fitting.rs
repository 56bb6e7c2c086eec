//! Whether options fit the system, and texts the file.

use crate::ci::System;
use crate::commands::ci::{Args, ByName};
use crate::commands::{Exit, complain};

impl Args {
    /// Refuses options that another system has.
    pub(super) fn check_options(&self) -> Result<(), Exit> {
        use System::{CircleCi, GitHub, GitLab};
        let is_level = self.by == ByName::Level;
        let table: [(&str, bool, &[System]); 7] = [
            ("--context", !self.context.is_empty(), &[CircleCi]),
            ("--docker", self.docker.is_some(), &[GitLab]),
            ("--secret", !self.secret.is_empty(), &[GitHub]),
            ("--cron", self.cron.is_some(), &[GitHub]),
            ("--dynamic", self.dynamic, &[CircleCi, GitLab]),
            ("--inner", self.inner, &[CircleCi, GitLab]),
            ("--matrix", self.matrix.is_some(), &[GitHub]),
        ];
        let system = self.system();
        let mut wrong = table
            .iter()
            .filter(|(_, is_given, of)| *is_given && !of.contains(&system));
        if let Some((option, _, of)) = wrong.next() {
            let of: Vec<&str> = of.iter().map(|system| system.title()).collect();
            let way_out = match (*option, system) {
                ("--dynamic", GitHub) => "\n  --by level lets each run compute the jobs of a level",
                _ => "\n  leave it out",
            };
            return Err(refused(&format!(
                "{option} is for {}{way_out}",
                of.join(" and ")
            )));
        }
        if self.matrix.is_some() && !is_level {
            return Err(refused("--matrix needs --by level"));
        }
        if system == CircleCi && self.runner.len() > 1 {
            return Err(refused(
                "--runner: a job of CircleCI has one resource class\n  give it once",
            ));
        }
        self.check_texts()
    }

    /// Refuses texts that would be something else in the file.
    fn check_texts(&self) -> Result<(), Exit> {
        let is_branch = |c: char| c.is_ascii_alphanumeric() || "._-/+@".contains(c);
        let is_word = |c: char| c.is_ascii_graphic() && !"\"'`$<>{}\\".contains(c);
        let of_words = [
            ("--image", self.image.as_slice()),
            ("--runner", &self.runner),
            ("--context", &self.context),
            ("--secret", &self.secret),
        ];
        let words = of_words
            .iter()
            .flat_map(|(option, all)| all.iter().map(move |one| (*option, one)));
        let mut wrong = words.filter(|(_, text)| text.is_empty() || !text.chars().all(is_word));
        if let Some((option, text)) = wrong.next() {
            return Err(refused(&format!(
                "{option} {text:?}: it cannot be written into the file\n  use letters, digits and ordinary punctuation, without spaces, quotes, `$` and brackets"
            )));
        }
        let mut branches = self.from_branch.iter();
        if let Some(branch) = branches.find(|text| text.is_empty() || !text.chars().all(is_branch))
        {
            return Err(refused(&format!(
                "--from-branch {branch:?}: it is not the name of a branch\n  use letters, digits, `.`, `_`, `-`, `/`, `+` and `@`"
            )));
        }
        match self
            .cron
            .as_deref()
            .is_some_and(|cron| cron.split(' ').filter(|one| !one.is_empty()).count() != 5)
        {
            true => Err(refused(
                "--cron: expected five fields, such as \"0 4 * * *\"",
            )),
            false => Ok(()),
        }
    }
}

fn refused(why: &str) -> Exit {
    complain(why);
    Exit::Wrong
}
