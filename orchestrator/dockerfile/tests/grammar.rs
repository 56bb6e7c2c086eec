//! What kiln refuses of instructions, compared with what engines say of them.

use super::*;

/// Rows of what engines say.
const ENGINES: &str = include_str!("grammar.txt");

/// Whether a file has a fault.
fn is_refused(text: &str) -> bool {
    let args = IndexMap::new();
    let file = read(text, given(&args, &[Platform::linux_amd64()], None));
    !file.faults.is_empty()
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
