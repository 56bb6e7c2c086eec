//! Whether options fit the system, and texts the file.

use crate::ci::{System, check_cron};
use crate::commands::ci::{Args, ByName};
use crate::commands::{Exit, complain};

impl Args {
    /// Refuses options that another system has.
    pub(super) fn check_options(&self, variables: &[String]) -> Result<(), Exit> {
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
        self.check_lines(variables)?;
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
            let why = match branch.contains(['*', '?', '[']) {
                true => {
                    "it is a pattern, and the option takes the name of one branch\n  repeat the option for each branch"
                }
                false => {
                    "it is not the name of a branch\n  use letters, digits, `.`, `_`, `-`, `/`, `+` and `@`"
                }
            };
            return Err(refused(&format!("--from-branch {branch:?}: {why}")));
        }
        if let Some(why) = self.secret.iter().find_map(|name| wrong_secret(name)) {
            return Err(refused(&why));
        }
        match self.cron.as_deref().map(check_cron) {
            Some(Err(why)) => Err(refused(&format!("--cron: {why}"))),
            Some(Ok(())) | None => Ok(()),
        }
    }

    /// Refuses texts of several lines: the command at the top of the file has one.
    fn check_lines(&self, variables: &[String]) -> Result<(), Exit> {
        let is_one = |text: &str| !text.contains(char::is_control);
        if !self.install.as_deref().is_none_or(is_one) {
            return Err(refused(
                "--install: it has several lines or a control character\n  join the commands with `&&`, or write them to a script and give its path",
            ));
        }
        let mut wrong = variables.iter().filter(|pair| !is_one(pair));
        wrong.next().map_or(Ok(()), |pair| {
            let name = pair.split('=').next().unwrap_or_default();
            Err(refused(&format!(
                "--var {name}: its value has several lines or a control character\n  write the value into the manifest, as the default of the variable"
            )))
        })
    }
}

/// Variables that a job needs as they are.
const OWN: [&str; 3] = ["PATH", "HOME", "DOCKER_HOST"];

/// Why a name cannot be that of a secret.
fn wrong_secret(name: &str) -> Option<String> {
    let upper = name.to_ascii_uppercase();
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_name =
        name.starts_with(is_letter) && name.chars().all(|c| is_letter(c) || c.is_ascii_digit());
    let why = match () {
        () if !is_name => {
            "it is not the name of a secret\n  use letters, digits and `_`, and no digit at its beginning"
        }
        () if upper.starts_with("GITHUB_") => {
            "GitHub has no secrets whose names begin with GITHUB_\n  give the secret another name"
        }
        () if OWN.contains(&&*upper) => {
            "kiln and its hooks need this variable as it is\n  give the secret another name"
        }
        () => return None,
    };
    Some(format!("--secret {name:?}: {why}"))
}

fn refused(why: &str) -> Exit {
    complain(why);
    Exit::Wrong
}
