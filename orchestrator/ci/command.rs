//! The commands that jobs run, for a POSIX shell.

use crate::ci::{By, Docker, Options, Part, Pipeline, System};
use crate::matrix::VariantName;

/// The commands of a pipeline.
pub(super) struct Commands<'a> {
    pub system: System,
    pub pipeline: &'a Pipeline,
    pub options: &'a Options,
}

impl Commands<'_> {
    /// Kiln in the workspace.
    fn kiln(&self, rest: &str) -> String {
        match &self.pipeline.folder {
            None => format!("kiln {rest}"),
            Some(folder) => format!("kiln -C {} {rest}", word(folder)),
        }
    }

    /// The variables of the manifest, as options.
    fn variables(&self) -> String {
        let all = self.options.variables.iter();
        all.map(|pair| format!(" --var {}", word(pair))).collect()
    }

    /// Saves what `kiln build --push` would do.
    pub fn plan(&self, out: &str) -> String {
        self.kiln(&format!("plan{} --out {out}", self.variables()))
    }

    /// Saves what `kiln nightly` would do. It also ends with 1 if an image is failing or a base cannot be looked up; then the
    /// plan holds that, and the job that publishes reports it.
    pub fn nightly(&self, out: &str) -> String {
        let command = format!("nightly --dry-run{} --out {out}", self.variables());
        format!("{} || test -s {out}", self.kiln(&command))
    }

    /// Builds what a job builds. `words` are variants that are ready for the shell.
    pub fn build(&self, plan: &str, words: &str, rest: &str) -> String {
        self.kiln(&format!("apply {plan} --only {words}{rest}"))
    }

    /// Publishes what the jobs have staged.
    pub fn publish(&self, plan: &str, rest: &str) -> String {
        self.kiln(&format!("apply {plan} --publish{rest}"))
    }

    /// Builds and checks all images of a pull request, and publishes nothing.
    pub fn untrusted(&self, rest: &str) -> String {
        self.kiln(&format!("build --untrusted{}{rest}", self.variables()))
    }

    /// Fails if the file is not what kiln would write today.
    pub fn check(&self) -> Option<String> {
        let is_whole = self.options.part == Part::Whole;
        is_whole.then(|| format!("{} --check", self.write()))
    }

    /// The matrix of each level of a saved plan.
    pub fn matrix(&self, plan: &str) -> String {
        let variables = self.variables();
        self.kiln(&format!("ci github --by level{variables} --matrix {plan}"))
    }

    /// Writes the jobs that a dynamic pipeline computes.
    pub fn inner(&self, out: &str) -> String {
        let options = Options {
            part: Part::Inner,
            out: Some(out.to_owned()),
            ..self.options.clone()
        };
        let of = Commands {
            options: &options,
            ..*self
        };
        of.write()
    }

    /// The command that writes the file.
    pub fn write(&self) -> String {
        let options = self.options;
        let mut all = format!("ci {}", self.system.word());
        let mut add = |option: &str, value: &str| {
            all.push_str(&format!(" {option} {}", word(value)));
        };
        if options.by == By::Level {
            add("--by", "level");
        }
        let docker = match options.docker {
            Docker::InDocker => None,
            Docker::Shell => Some("shell"),
            Docker::Socket => Some("socket"),
        };
        let once = [
            ("--docker", docker),
            ("--image", options.image.as_deref()),
            ("--install", options.install.as_deref()),
            ("--cron", Some(&*options.cron).filter(|cron| *cron != CRON)),
            ("--out", options.out.as_deref()),
        ];
        for (option, value) in once {
            value.into_iter().for_each(|value| add(option, value));
        }
        let secrets = options.secrets.iter().cloned().collect();
        let lists = [
            ("--secret", &secrets),
            ("--runner", &options.runners),
            ("--from-branch", &options.branches),
            ("--context", &options.contexts),
            ("--var", &options.variables),
        ];
        for (option, values) in lists {
            values.iter().for_each(|value| add(option, value));
        }
        match options.part {
            Part::Whole => {}
            Part::Outer => all.push_str(" --dynamic"),
            Part::Inner => all.push_str(" --inner"),
        }
        self.kiln(&all)
    }

    /// Installs kiln, or reports that it is missing. `None` if an image has it.
    pub fn install(&self) -> Option<String> {
        match (&self.options.install, &self.options.image) {
            (Some(command), _) => Some(command.clone()),
            (None, Some(_)) => None,
            (None, None) => Some(MISSING.to_owned()),
        }
    }
}

/// When the nightly run starts, unless an option says otherwise.
pub const CRON: &str = "0 4 * * *";

const MISSING: &str = "command -v kiln || { echo 'kiln is not installed here: write this file with kiln ci --image IMAGE or --install COMMAND' >&2; exit 1; }";

/// The names of variants as words of a shell.
pub(super) fn words<'a>(names: impl IntoIterator<Item = &'a VariantName>) -> String {
    let words: Vec<String> = names.into_iter().map(|name| word(name.as_str())).collect();
    words.join(" ")
}

/// One word of a shell. Pairs of characters that start an expression of a CI system are divided by empty quotes.
pub(super) fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/:=@,+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    let quoted = text.replace('\'', r"'\''");
    let quoted = quoted.replace("${", "$''{").replace("$[", "$''[");
    // Also in `<<<`, no two remain together.
    let quoted = quoted.replace("<<", "<''<").replace("<<", "<''<");
    format!("'{quoted}'")
}
