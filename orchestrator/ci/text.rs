//! The text of a file: a comment that says where it is from, and YAML.

use crate::ci::command::Commands;
use crate::ci::{Options, Part, Pipeline, System};
use serde::Serialize;
use serde_json::Value;

/// The first words of every file that kiln writes.
const MARK: &str = "# Written by `kiln ci`";

/// What is before the command that writes the file.
const COMMAND: &str = "#   ";

/// Whether kiln has written this text, so that it may be overwritten.
pub fn is_written(text: &str) -> bool {
    text.starts_with(MARK)
}

/// The command that has written the file, for a shell at the top of the repository. `None` if kiln has not written it.
pub fn command_of(text: &str) -> Option<&str> {
    let mut lines = text.lines().take(3);
    lines.find_map(|line| line.strip_prefix(COMMAND))
}

/// The beginning of that command: `kiln`, and `-C` with the folder of the workspace if it has one.
pub fn workspace_of(text: &str) -> Option<&str> {
    let (kiln, _) = command_of(text)?.split_once(" ci ")?;
    Some(kiln)
}

/// The word of the system that the file is for.
pub fn system_of(text: &str) -> Option<&str> {
    let (_, rest) = command_of(text)?.split_once(" ci ")?;
    rest.split(' ').next()
}

pub(super) fn text(
    system: System,
    pipeline: &Pipeline,
    options: &Options,
    value: &Value,
) -> String {
    let commands = Commands {
        system,
        pipeline,
        options,
    };
    let head = match options.part {
        Part::Inner => format!("{MARK} in a pipeline.\n"),
        Part::Whole | Part::Outer => {
            // A command with line breaks stays a comment.
            let command = commands.write().replace(['\n', '\r'], " ");
            format!(
                "{MARK}: change the options below or kiln.kdl, and not this file.\n#\n{COMMAND}{command}\n#\n# The same command with --check reports whether this file is up to date.\n{}",
                several(system, options)
            )
        }
    };
    format!("{head}{}", yaml(system, value))
}

/// The files of several workspaces have jobs of the same names, which GitLab would merge.
fn several(system: System, options: &Options) -> &'static str {
    match (system, &options.out) {
        (System::GitLab, Some(_)) => {
            "# If a pipeline has the jobs of another workspace, too, run this file with `trigger: include:`, not with `include:`.\n"
        }
        _ => "",
    }
}

pub(super) fn yaml(system: System, value: &impl Serialize) -> String {
    let options = serde_saphyr::ser_options! {
        // Commands stay on their lines.
        folded_wrap_chars: usize::MAX,
        // GitLab reads YAML 1.1, in which `on` is a boolean; GitHub reads 1.2, and its files have the key `on`.
        yaml_12: system == System::GitHub,
        no_lang_directive: true,
    };
    let mut text = String::new();
    let written = serde_saphyr::to_fmt_writer_with_options(&mut text, value, options);
    // Values of JSON are values of YAML, and writing to a text does not fail.
    written.map_or_else(|why| format!("# {why}\n"), |()| text)
}
