//! The text of a file: a comment that says where it is from, and YAML.

use crate::ci::command::Commands;
use crate::ci::{Options, Part, Pipeline, System};
use serde::Serialize;
use serde_json::Value;

/// The first words of every file that kiln writes.
const MARK: &str = "# Written by `kiln ci`";

/// Whether kiln has written this text, so that it may be overwritten.
pub fn is_written(text: &str) -> bool {
    text.starts_with(MARK)
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
                "{MARK}: change the options below or kiln.kdl, and not this file.\n#\n#   {command}\n#\n# The same command with --check reports whether this file is up to date.\n"
            )
        }
    };
    format!("{head}{}", yaml(system, value))
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
