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

/// A row's signs, and its text.
fn row(line: &str) -> (Vec<&str>, String) {
    let (signs, text) = line.split_at(10);
    let text = text.replace("\\\\", "\0").replace("\\n", "\n");
    let text = text.replace("\\t", "\t").replace('\0', "\\");
    (signs.split_whitespace().collect(), text)
}

/// What one engine builds is accepted; what none builds is a fault, in a stage that no build needs only if engines refuse it there.
#[test]
fn instructions_are_refused_as_engines_refuse_them() {
    let mut wrong = Vec::new();
    for line in ENGINES.lines().filter(|line| !line.starts_with('#')) {
        let (is_open, line) = match line.strip_prefix("~ ") {
            Some(line) => (true, line),
            None => (false, line),
        };
        let (signs, text) = row(line);
        let is_built = signs.iter().any(|sign| sign.starts_with('+'));
        let is_built_elsewhere = is_built || signs.contains(&"-+");
        let found = match text.strip_prefix('!') {
            Some(file) => vec![is_refused(file)],
            None => vec![
                is_refused(&format!("FROM base\n{text}\n")),
                is_refused(&format!("FROM base AS dead\n{text}\nFROM base\n")),
            ],
        };
        // The next line would be a part of it.
        let is_alone = text.ends_with('\\');
        let found = &found[..if is_alone { 1 } else { found.len() }];
        let expect = [!is_built && !is_open, !is_built_elsewhere && !is_open];
        if *found != expect[..found.len()] {
            wrong.push(format!("{line}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What an engine builds is never refused for it, and what its BuildKit does not build is refused before a build, unless it is in
/// a stage that no build needs.
#[test]
fn features_are_those_that_engines_have() {
    let mut wrong = Vec::new();
    for line in ENGINES.lines().filter(|line| !line.starts_with('#')) {
        let (is_open, line) = match line.strip_prefix("~ ") {
            Some(line) => (true, line),
            None => (false, line),
        };
        let (signs, text) = row(line);
        let is_alone = text.ends_with('\\');
        let files = match text.strip_prefix('!') {
            Some(file) => vec![file.to_owned()],
            None if is_alone => vec![format!("FROM base\n{text}\n")],
            None => vec![
                format!("FROM base\n{text}\n"),
                format!("FROM base AS dead\n{text}\nFROM base\n"),
            ],
        };
        for (at, file) in files.iter().enumerate() {
            let taken = taken(file);
            for (column, sign) in signs.iter().enumerate() {
                let sign = sign.chars().nth(at).or(sign.chars().next());
                let is_wrong = match sign {
                    Some('+') => !taken[column] && (at == 0 || column < 2),
                    Some('-') => taken[column] && !is_open && at == 0 && column < 2,
                    _ => false,
                };
                if is_wrong {
                    wrong.push(format!("{line}: column {column}, stage {at}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
