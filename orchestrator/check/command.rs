//! `check run="go version" contains="go1.26"`, `check argv="/app/server" "--version" exit=0`
//!
//! The command runs in its own container, with the user, the working directory and the environment of the
//! image, but without its entry point. `run` uses `/bin/sh -c`; `argv` needs no shell. Conditions on the output
//! apply to standard output and standard error together: `ssh -V` and `java -version` print to the latter.

use super::options::Options;
use super::{Expect, Verdict, units};
use crate::request::{self, Ended, ImageConfig, Ran};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What may follow `run` and `argv`.
pub(super) const TAKES: &[&str] = &[
    "exit", "contains", "lacks", "matches", "user", "workdir", "network", "within", "memory", "env",
];

/// The default time limit of a command.
pub const WITHIN: Duration = Duration::from_secs(60);
/// The default memory limit in bytes.
pub const MEMORY: u64 = 2 << 30;

/// A command and its required result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// The program and its arguments.
    pub program: Program,
    /// Commands that run before it in the same container; each must exit with 0.
    pub setup: Vec<Vec<String>>,
    /// The required exit code.
    pub exit: i64,
    /// Conditions on standard output and standard error together.
    pub output: Expect,
    /// What standard output must contain.
    pub stdout: Expect,
    /// What standard error must contain.
    pub stderr: Expect,
    /// The user to run as, instead of the image's.
    pub user: Option<String>,
    /// The working directory, instead of the image's.
    pub workdir: Option<String>,
    /// Values may use the image's variables: `/opt/bin:$PATH`.
    pub env: Vec<(String, String)>,
    /// Whether the container has a network.
    pub network: bool,
    /// The time limit.
    pub within: Duration,
    /// The memory limit, in bytes.
    pub memory: u64,
}

/// The program to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Program {
    /// A line for `/bin/sh`.
    Shell(String),
    /// Program and arguments.
    Argv(Vec<String>),
}

impl Default for Command {
    fn default() -> Self {
        Self {
            program: Program::Argv(Vec::new()),
            setup: Vec::new(),
            exit: 0,
            output: Expect::default(),
            stdout: Expect::default(),
            stderr: Expect::default(),
            user: None,
            workdir: None,
            env: Vec::new(),
            network: false,
            within: WITHIN,
            memory: MEMORY,
        }
    }
}

pub(super) fn read(options: &mut Options) -> Option<Command> {
    let program = program(options)?;
    let exit = options.parsed("exit", code, "exit=1").unwrap_or(0);
    let workdir = options.text("workdir").and_then(|text| options.path(&text));
    Some(Command {
        program,
        exit,
        output: options.expect(),
        user: options.text("user").map(|text| text.value),
        workdir,
        env: options.env(),
        network: options.flag("network").is_some(),
        within: options.within(WITHIN),
        memory: options.memory(MEMORY),
        ..Command::default()
    })
}

/// `run="…"` or `argv="…" "…"`
pub(super) fn program(options: &mut Options) -> Option<Program> {
    let argv = options.list("argv");
    let Some(line) = options.text("run") else {
        let first = argv.first()?;
        if first.value.is_empty() {
            options.fault(
                first.span,
                "`argv` names no program",
                "write `argv=\"/usr/bin/git\" \"--version\"`",
            );
        }
        return Some(Program::Argv(
            argv.into_iter().map(|word| word.value).collect(),
        ));
    };
    if let Some(word) = argv.first() {
        options.fault(
            word.span,
            "a `check` checks one thing; `argv` is the second",
            "write one `check` for each",
        );
    }
    if line.value.trim().is_empty() {
        options.fault(line.span, "`run` is empty", "write `run=\"git --version\"`");
    }
    Some(Program::Shell(line.value))
}

fn code(text: &str) -> Result<i64, String> {
    text.parse::<u8>()
        .map(i64::from)
        .map_err(|_| format!("`{text}` is not an exit code from 0 to 255"))
}

impl Program {
    /// The arguments for the engine.
    pub fn argv(&self) -> Vec<String> {
        match self {
            Program::Shell(line) => ["/bin/sh", "-c", line].map(str::to_owned).to_vec(),
            Program::Argv(words) => words.clone(),
        }
    }

    /// The command for messages.
    pub fn title(&self) -> String {
        match self {
            Program::Shell(line) => line.clone(),
            Program::Argv(words) => words.join(" "),
        }
    }
}

impl Command {
    pub(super) fn title(&self) -> String {
        format!("run {}", self.program.title())
    }

    /// The request to the engine.
    pub fn request(&self, image: &ImageConfig) -> request::Command {
        request::Command {
            argv: if self.setup.is_empty() {
                self.program.argv()
            } else {
                self.prepared()
            },
            user: self.user.clone(),
            workdir: self.workdir.clone(),
            env: expanded(&self.env, image),
            network: self.network,
            within: self.within,
            memory: self.memory,
            prints: [&self.output, &self.stdout, &self.stderr]
                .into_iter()
                .any(|expect| *expect != Expect::default()),
        }
    }

    /// A script that runs the setup commands, silently unless one fails, and then replaces itself by the command.
    fn prepared(&self) -> Vec<String> {
        let mut script = String::new();
        for argv in &self.setup {
            let line = line(argv);
            script.push_str(&format!(
                "output=$({line} 2>&1) || {{ echo {} failed: \"$output\" >&2; exit 125; }}\n",
                quoted(&argv.join(" "))
            ));
        }
        script.push_str(&format!("exec {}\n", line(&self.program.argv())));
        ["/bin/sh".into(), "-c".into(), script].to_vec()
    }

    /// The verdict on the result of the command.
    pub fn judge(&self, ran: &Ran) -> Verdict {
        if let Some(why) = self.wrong_end(&ran.ended) {
            return Verdict::fail(why).shown_by(ran);
        }
        let both = format!("{}\n{}", ran.stdout.text, ran.stderr.text);
        let texts = [
            (&self.output, "the output", &both),
            (&self.stdout, "standard output", &ran.stdout.text),
        ];
        let texts = texts
            .into_iter()
            .chain([(&self.stderr, "standard error", &ran.stderr.text)]);
        let fault = texts
            .into_iter()
            .find_map(|(expect, what, text)| expect.fault(what, text));
        match fault {
            Some(why) if ran.stdout.cut || ran.stderr.cut => {
                Verdict::fail(format!("{why} (the output was cut after 1 MiB)")).shown_by(ran)
            }
            Some(why) => Verdict::fail(why).shown_by(ran),
            None => Verdict::pass(format!("exit code {}", self.exit)),
        }
    }

    /// Why it did not end with the expected exit code.
    fn wrong_end(&self, ended: &Ended) -> Option<String> {
        match ended {
            Ended::Exit(code) if *code == self.exit => None,
            Ended::Exit(code) => Some(format!(
                "exit code {code}, expected {}{}",
                self.exit,
                meaning(*code)
            )),
            other => Some(broken(
                other,
                self.within,
                self.memory,
                matches!(self.program, Program::Shell(_)) || !self.setup.is_empty(),
            )),
        }
    }
}

/// The meaning of an exit code in a shell.
fn meaning(code: i64) -> &'static str {
    match code {
        126 => " (126: found, but not executable)",
        127 => " (127: no such command)",
        137 => " (137: killed)",
        139 => " (139: segmentation fault)",
        _ => "",
    }
}

/// Describes how a command ended.
pub(super) fn broken(ended: &Ended, within: Duration, memory: u64, shell: bool) -> String {
    match ended {
        Ended::Exit(code) => format!("exit code {code}{}", meaning(*code)),
        Ended::TooLate => format!(
            "still running after {}; `within` raises this limit",
            units::show_duration(within)
        ),
        Ended::OutOfMemory => format!(
            "out of memory: the limit is {}; `memory` raises it",
            units::show_size(memory)
        ),
        Ended::NotStarted(why) if shell && why.contains("/bin/sh") => {
            format!(
                "it could not be started: the image has no /bin/sh; `argv` does not need it ({why})"
            )
        }
        Ended::NotStarted(why) if why.contains("exec format error") => {
            format!(
                "it could not be started: the engine cannot run programs for this platform ({why})"
            )
        }
        Ended::NotStarted(why) => format!("it could not be started: {why}"),
    }
}

/// Replaces `$NAME` and `${NAME}` by the image's variables, as ENV in a Dockerfile does. Unset ones are empty.
pub(super) fn expanded(env: &[(String, String)], image: &ImageConfig) -> Vec<(String, String)> {
    env.iter()
        .map(|(name, value)| (name.clone(), expand(value, image)))
        .collect()
}

fn expand(text: &str, image: &ImageConfig) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let braced = rest
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'));
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        match (braced, end) {
            (Some((name, after)), _) => {
                out.push_str(image.env(name).unwrap_or_default());
                rest = after;
            }
            (None, 0) => out.push('$'),
            (None, end) => {
                out.push_str(image.env(&rest[..end]).unwrap_or_default());
                rest = &rest[end..];
            }
        }
    }
    out + rest
}

/// Program and arguments as a shell command line.
pub(super) fn line(argv: &[String]) -> String {
    argv.iter()
        .map(|word| quoted(word))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Quotes a word for a shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
