//! Parser directives: `# syntax=`, `# escape=`, `# check=` at the very top of the file.
//!
//! The first other line ends the search: a comment, an empty line, an unknown key.

use super::{Fault, line::Line};
use crate::name::EngineVersion;
use crate::text::Shown;
use std::ops::Range;

/// The parser directives of a file.
#[derive(Debug)]
pub(super) struct Directives {
    /// The character that continues lines and escapes.
    pub escape: char,
    /// The frontend's image, its byte range in the file, and its line.
    pub syntax: Option<(String, Range<usize>, usize)>,
    /// What newer engines refuse of `# check=`.
    pub check: Option<Fault>,
    /// The number of lines of all directives.
    pub end: usize,
}

/// Parses the directives and adds their faults to `faults`.
pub(super) fn read(lines: &[Line<'_>], faults: &mut Vec<Fault>) -> Directives {
    let mut found = Directives {
        escape: '\\',
        syntax: None,
        check: None,
        end: 0,
    };
    let mut seen: Vec<String> = Vec::new();
    // Only the search for the frontend skips a first line `#!…`.
    let shebang = usize::from(
        lines
            .first()
            .is_some_and(|line| line.text.starts_with("#!")),
    );
    // Leading white space is skipped in the search for the frontend, but not for the other directives.
    let mut flush = true;
    for (index, line) in lines.iter().enumerate().skip(shebang) {
        let Some((key, value)) = directive(line) else {
            break;
        };
        found.end = index + 1;
        flush &= line.text.starts_with('#');
        if seen.contains(&key) {
            let fault = Fault::new(
                "dockerfile::directive",
                format!("only one `# {key}=` is allowed"),
                line.start..line.end(),
                index + 1,
            );
            faults.push(fault);
            break;
        }
        match key.as_str() {
            "escape" if shebang == 0 => set_escape(&mut found, line, value, index, faults),
            "check" if shebang == 0 && flush => found.check = check(line, value),
            "syntax" if flush => {
                found.syntax = value
                    .split(' ')
                    .next()
                    .map(|image| (image.to_owned(), place(line, image), index + 1))
            }
            _ => {}
        }
        seen.push(key);
    }
    found
}

/// Key (in lower case) and value of a line that is a known directive.
fn directive<'a>(line: &Line<'a>) -> Option<(String, &'a str)> {
    let (key, value) = line.text.trim_start().strip_prefix('#')?.split_once('=')?;
    let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
    (matches!(key.as_str(), "syntax" | "escape" | "check") && !value.is_empty())
        .then_some((key, value))
}

/// What is wrong with the options of `# check=`, which is a comment to engines before 27.0.
fn check(line: &Line<'_>, options: &str) -> Option<Fault> {
    let bools = [
        "1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False",
    ];
    let is_known = |option: &&str| match option.trim().split_once('=') {
        Some(("skip" | "experimental", _)) => true,
        Some(("error", value)) => bools.contains(&value.trim()),
        _ => false,
    };
    let wrong = options.split(';').find(|option| !is_known(option))?;
    let message = format!("`{}` is not an option of `# check=`", wrong.trim().shown());
    let fault = Fault::new(
        "dockerfile::directive",
        message,
        place(line, wrong),
        line.number,
    );
    let help = "write `skip=` or `experimental=` with names of checks or `all`, or `error=true`, separated by `;`";
    Some(fault.until(EngineVersion(27, 0)).help(help))
}

fn set_escape(
    found: &mut Directives,
    line: &Line<'_>,
    value: &str,
    index: usize,
    faults: &mut Vec<Fault>,
) {
    match value {
        "\\" => found.escape = '\\',
        "`" => found.escape = '`',
        _ => faults.push(
            Fault::new(
                "dockerfile::directive",
                format!("`{value}` cannot be the escape character"),
                line.start..line.end(),
                index + 1,
            )
            .help("`# escape=` takes a backslash or a backtick"),
        ),
    }
}

/// The position in the file of a part of the line.
fn place(line: &Line<'_>, part: &str) -> Range<usize> {
    let at = line.start + (part.as_ptr() as usize - line.text.as_ptr() as usize);
    at..at + part.len()
}
