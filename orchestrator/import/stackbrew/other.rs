//! Files of other tools that are given by mistake.

use crate::import::Input;
use crate::text::Diagnostic;

/// The error if the file is plainly none of this format: one is enough, and it says which command is for it.
pub(super) fn format(input: Input<'_>) -> Option<Diagnostic> {
    let starts = input.text.split_inclusive('\n').scan(0, |start, line| {
        let at = *start;
        *start += line.len();
        Some((at, line.trim_end()))
    });
    let is_comment =
        |line: &str| line.is_empty() || line.starts_with('#') || line.starts_with("//");
    let (start, line) = starts.into_iter().find(|(_, line)| !is_comment(line))?;
    let word = line.split(|c: char| c.is_whitespace() || c == '{').next();
    let (what, help) = match word.unwrap_or_default() {
        "target" | "group" | "variable" | "function" => (
            "a file for docker buildx bake",
            "import it with `kiln import bake FILE`",
        ),
        "" if line.starts_with('{') => (
            "JSON, as files for docker buildx bake may be",
            "import such a file with `kiln import bake FILE`",
        ),
        "FROM" | "ARG" => (
            "a Dockerfile",
            "`kiln init --from FOLDER` begins a manifest from Dockerfiles",
        ),
        "workspace" => (
            "a manifest of kiln",
            "it needs no import: `kiln validate` checks it",
        ),
        _ => return None,
    };
    let message = format!("this is {what}, and not a library file of Docker's Official Images");
    let fault = Diagnostic::error("import::format", message);
    Some(
        fault
            .at(input.span(start, start + line.len()), "it begins here")
            .help(help),
    )
}
