//! The line of an instruction that a builder refuses before any step runs: its message names neither step nor line, but quotes a
//! part of the instruction.

use crate::dockerfile::{self, Instruction};
use crate::name::Reference;

/// Messages that end with what is wrong, and the instruction that it is wrong in.
const ENDINGS: [(&str, &str); 2] = [
    ("invalid containerPort: ", "EXPOSE"),
    ("invalid signal: ", "STOPSIGNAL"),
];

/// The line (from 1) of the first instruction that the message fits: builders read the file from its top.
pub(super) fn line(dockerfile: &str, said: &str) -> Option<usize> {
    let instructions = dockerfile::parse(dockerfile).instructions;
    let first = |fits: &dyn Fn(&Instruction) -> bool| {
        let mut fitting = instructions.iter().filter(|one| fits(one));
        fitting.next().map(|one| *one.lines.start())
    };
    if let Some(keyword) = without_value(said) {
        return first(&|one| one.keyword == keyword && is_single_word(one));
    }
    let mut endings = ENDINGS.iter();
    if let Some((words, keyword)) = endings.find(|(words, _)| said.contains(words)) {
        let (_, wrong) = said.rsplit_once(words)?;
        return first(&|one| one.keyword == *keyword && one.text().contains(wrong.trim()));
    }
    if said.trim() == "invalid syntax" {
        return first(&has_invalid_mode);
    }
    if said.contains("one of source, target required") {
        return secret_without_id(dockerfile);
    }
    let quoted = quoted(said).filter(|text| !text.is_empty())?;
    first(&|one| one.text().contains(&quoted))
}

/// How BuildKit calls its look at an image that a Dockerfile names, before a step runs.
const LOOKS: [&str; 2] = [
    "[internal] load metadata for ",
    "resolve image config for docker-image://",
];

/// The first line (from 1) that names the image which the builder looked at.
pub(super) fn image(dockerfile: &str, step: &str) -> Option<usize> {
    let name = LOOKS.iter().find_map(|words| step.strip_prefix(words))?;
    let wanted: Reference = name.trim().parse().ok()?;
    let is_same =
        |one: &Reference| one.repository == wanted.repository && one.target() == wanted.target();
    let file = dockerfile::read_alone(dockerfile);
    let mut named = file.image_refs.iter();
    let found = named.find(|one| is_same(&one.reference))?;
    Some(found.line)
}

/// `LABEL must have two arguments`; `Syntax error - can't find = in "x". Must be of the form: name=value`
fn without_value(said: &str) -> Option<&str> {
    let (before, _) = said.split_once(" must have two arguments")?;
    before.split_whitespace().next_back()
}

/// Whether an instruction has one word without a value: `LABEL x`.
fn is_single_word(instruction: &Instruction) -> bool {
    let words: Vec<&str> = instruction.text().split_whitespace().collect();
    matches!(words.as_slice(), [_, only] if !only.contains('='))
}

/// Whether `--chmod` has neither an octal number nor a variable.
fn has_invalid_mode(instruction: &Instruction) -> bool {
    let mut words = instruction.text().split_whitespace();
    let mode = words.find_map(|word| word.strip_prefix("--chmod="));
    mode.is_some_and(|mode| !mode.contains('$') && mode.chars().any(|c| !c.is_digit(8)))
}

/// The line that mounts a secret whose id is not known, else the one whose id can be empty; `None` if several do.
fn secret_without_id(dockerfile: &str) -> Option<usize> {
    let file = dockerfile::read_alone(dockerfile);
    let unknown = file.mounts.iter().filter(|one| one.id.is_none());
    let unknown: Vec<usize> = unknown.map(|one| one.line).collect();
    let written = file
        .instructions
        .iter()
        .filter(|one| mounts_secret_without_id(one));
    let written: Vec<usize> = written.map(|one| *one.lines.start()).collect();
    match (unknown.as_slice(), written.as_slice()) {
        ([line], _) | ([], [line]) => Some(*line),
        _ => None,
    }
}

/// Whether a secret is mounted without a target, and with no id but one that can be empty.
fn mounts_secret_without_id(instruction: &Instruction) -> bool {
    let mut words = instruction.text().split_whitespace();
    words.any(|word| {
        let Some(mount) = word.strip_prefix("--mount=") else {
            return false;
        };
        let value = |names: &[&str]| {
            let mut fields = mount.split(',').filter_map(|field| field.split_once('='));
            let field = fields.find(|(key, _)| names.contains(&&*key.to_ascii_lowercase()));
            field.map_or("", |(_, value)| value)
        };
        let can_be_empty = |value: &str| value.is_empty() || value.starts_with('$');
        value(&["type"]).eq_ignore_ascii_case("secret")
            && can_be_empty(value(&["target", "dst", "destination"]))
            && can_be_empty(value(&["id"]))
            && can_be_empty(value(&["source", "src"]))
    })
}

/// The first text between double quotes, as Go escapes it.
fn quoted(said: &str) -> Option<String> {
    let (_, rest) = said.split_once('"')?;
    let (mut text, mut chars) = (String::new(), rest.chars());
    while let Some(c) = chars.next() {
        match c {
            '"' => return Some(text),
            '\\' => text.extend(chars.next()),
            c => text.push(c),
        }
    }
    None
}
