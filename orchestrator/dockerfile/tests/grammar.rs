//! What kiln refuses of instructions, compared with what engines say of them.

use super::*;
use crate::name::EngineVersion;
use crate::request::Builder;

/// Rows of what engines say.
const ENGINES: &str = include_str!("grammar.txt");

/// The builders of the columns.
const BUILDERS: [(Builder, EngineVersion); 3] = [
    (Builder::BuildKit, EngineVersion(28, 5)),
    (Builder::BuildKit, EngineVersion(20, 10)),
    (Builder::Classic, EngineVersion(20, 10)),
];

fn file(text: &str) -> Dockerfile {
    let args = IndexMap::new();
    read(text, given(&args, &[Platform::linux_amd64()], None))
}

/// Whether a file has a fault.
fn is_refused(text: &str) -> bool {
    !file(text).faults.is_empty()
}

/// Which builders take a file, by its faults and its features.
fn taken(text: &str) -> [bool; 3] {
    let file = file(text);
    let features = file.features(&IndexMap::new());
    BUILDERS.map(|(builder, engine)| {
        let mut features = features.iter();
        file.faults.is_empty() && features.all(|one| one.is_known_to(builder, Some(engine)))
    })
}

/// A row of what engines say of a text.
struct Row {
    line: &'static str,
    /// Whether kiln accepts it although no engine builds it.
    is_open: bool,
    signs: Vec<&'static str>,
    /// The file, or the line in one of two places: in the stage that is built, and in one that no build needs.
    files: Vec<String>,
}

fn rows() -> impl Iterator<Item = Row> {
    let lines = ENGINES.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let (is_open, line) = match line.strip_prefix("~ ") {
            Some(line) => (true, line),
            None => (false, line),
        };
        let (signs, text) = line.split_at(10);
        Row {
            line,
            is_open,
            signs: signs.split_whitespace().collect(),
            files: files(text),
        }
    })
}

fn files(text: &str) -> Vec<String> {
    let text = text.replace("\\\\", "\0").replace("\\n", "\n");
    let text = text.replace("\\t", "\t").replace('\0', "\\");
    match text.strip_prefix('!') {
        Some(file) => vec![file.to_owned()],
        // The next line would be a part of it.
        None if text.ends_with('\\') => vec![format!("FROM base\n{text}\n")],
        None => vec![
            format!("FROM base\n{text}\n"),
            format!("FROM base AS dead\n{text}\nFROM base\n"),
        ],
    }
}

/// What one engine builds is accepted; what none builds is a fault, in a stage that no build needs only if engines refuse it there.
#[test]
fn instructions_are_refused_as_engines_refuse_them() {
    let mut wrong = Vec::new();
    for row in rows() {
        let is_built = row.signs.iter().any(|sign| sign.starts_with('+'));
        let is_built_elsewhere = is_built || row.signs.contains(&"-+");
        let found: Vec<bool> = row.files.iter().map(|file| is_refused(file)).collect();
        let expect = [is_built, is_built_elsewhere].map(|is_built| !is_built && !row.is_open);
        if found != expect[..found.len()] {
            wrong.push(format!("{}: {found:?}", row.line));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What an engine builds is never refused for it, and what its BuildKit does not build is refused before a build, unless it is in
/// a stage that no build needs.
#[test]
fn features_are_those_that_engines_have() {
    let mut wrong = Vec::new();
    for row in rows() {
        for (at, file) in row.files.iter().enumerate() {
            let taken = taken(file);
            for (column, sign) in row.signs.iter().enumerate() {
                let sign = sign.chars().nth(at).or(sign.chars().next());
                let is_wrong = match sign {
                    Some('+') => !taken[column] && (at == 0 || column < 2),
                    Some('-') => taken[column] && !row.is_open && at == 0 && column < 2,
                    _ => false,
                };
                if is_wrong {
                    wrong.push(format!("{}: column {column}, stage {at}", row.line));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
