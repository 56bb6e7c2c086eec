//! Steps as builders name them, and the lines of the Dockerfile they stand on.

/// `[2/5] RUN make`, `[build 2/5] COPY . .`, `[linux/arm64 build 2/5] …`: the stage, the number, the instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step<'a> {
    stage: Option<&'a str>,
    number: usize,
    text: &'a str,
}

fn step(name: &str) -> Option<Step<'_>> {
    let (inside, text) = name.strip_prefix('[')?.split_once("] ")?;
    let (stage, numbers) = inside.rsplit_once(' ').map_or((None, inside), |(stage, numbers)| (Some(stage), numbers));
    let (number, of) = numbers.split_once('/')?;
    of.parse::<usize>().ok()?;
    // A platform may stand before the stage.
    let stage = stage.and_then(|stage| stage.split(' ').next_back()).filter(|stage| !stage.contains('/'));
    Some(Step { stage, number: number.parse().ok()?, text })
}

/// Whether a vertex is a step of the Dockerfile.
pub(super) fn is_step(name: &str) -> bool {
    step(name).is_some()
}

/// Whether it is one that runs or is cached: all but `FROM`.
pub(super) fn counts(name: &str) -> bool {
    step(name).is_some_and(|step| !keyword(step.text).eq_ignore_ascii_case("FROM"))
}

/// `Step 2/5 : RUN make`.
pub(super) fn is_classic(line: &str) -> bool {
    classic(line).is_some()
}

/// `Step 1/5 : FROM debian`.
pub(super) fn is_classic_from(line: &str) -> bool {
    classic(line).is_some_and(|(_, text)| keyword(text).eq_ignore_ascii_case("FROM"))
}

fn classic(line: &str) -> Option<(usize, &str)> {
    let (numbers, text) = line.strip_prefix("Step ")?.split_once(" : ")?;
    let (number, of) = numbers.split_once('/')?;
    of.parse::<usize>().ok()?;
    Some((number.parse().ok()?, text))
}

fn keyword(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

/// The line (from 1) of the Dockerfile on which a step stands that a builder names so.
pub(super) fn line(dockerfile: &str, name: &str) -> Option<usize> {
    let instructions = instructions(dockerfile);
    if let Some((number, text)) = classic(name) {
        return matching(instructions.get(number.checked_sub(1)?), text).or_else(|| alike(&instructions, text));
    }
    let step = step(name)?;
    matching(numbered(&instructions, &step), step.text).or_else(|| alike(&instructions, step.text))
}

/// An instruction: where it begins, and its text on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Instruction {
    line: usize,
    text: String,
}

/// The instruction that BuildKit gives this number in its stage: it counts `FROM` of a real image, RUN, COPY, ADD and WORKDIR.
fn numbered<'a>(instructions: &'a [Instruction], step: &Step<'_>) -> Option<&'a Instruction> {
    let mut stages: Vec<(String, Vec<&Instruction>)> = Vec::new();
    for instruction in instructions {
        let words: Vec<_> = instruction.text.split_whitespace().collect();
        match words.first().map(|word| word.to_ascii_uppercase()).as_deref() {
            Some("FROM") => {
                let image = words.iter().skip(1).find(|word| !word.starts_with("--")).copied().unwrap_or_default();
                let named = words.iter().position(|word| word.eq_ignore_ascii_case("as")).and_then(|at| words.get(at + 1));
                let inner = image == "scratch" || stages.iter().any(|(name, _)| name.eq_ignore_ascii_case(image));
                let name = named.map_or_else(|| format!("stage-{}", stages.len()), |name| (*name).to_owned());
                stages.push((name, if inner { Vec::new() } else { vec![instruction] }));
            }
            Some("RUN" | "COPY" | "ADD" | "WORKDIR") => stages.last_mut()?.1.push(instruction),
            _ => {}
        }
    }
    let counted = match step.stage {
        None => &stages.last()?.1,
        Some(stage) => &stages.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(stage))?.1,
    };
    counted.get(step.number.checked_sub(1)?).copied()
}

/// The line, if the instruction can be the one that is named: the builder fills variables in, but keeps the keyword.
fn matching(instruction: Option<&Instruction>, text: &str) -> Option<usize> {
    let instruction = instruction?;
    keyword(&instruction.text).eq_ignore_ascii_case(keyword(text)).then_some(instruction.line)
}

/// The only instruction with these very words.
fn alike(instructions: &[Instruction], text: &str) -> Option<usize> {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut found = instructions.iter().filter(|instruction| words(&instruction.text) == words(text));
    let first = found.next()?;
    found.next().is_none().then_some(first.line)
}

/// Instructions with continuations joined; comments, directives and the bodies of heredocs left out.
fn instructions(dockerfile: &str) -> Vec<Instruction> {
    let escape = if dockerfile.lines().take(5).any(|l| l.replace(' ', "").eq_ignore_ascii_case("#escape=`")) { '`' } else { '\\' };
    let mut instructions: Vec<Instruction> = Vec::new();
    let mut open = false;
    let mut heredocs: Vec<(String, bool)> = Vec::new();
    for (number, line) in dockerfile.lines().enumerate() {
        if let Some((word, tabs)) = heredocs.first() {
            let line = if *tabs { line.trim_start_matches('\t') } else { line };
            if line == word {
                heredocs.remove(0);
            }
            continue;
        }
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let continues = text.ends_with(escape);
        let text = text.strip_suffix(escape).unwrap_or(text);
        match instructions.last_mut().filter(|_| open) {
            Some(last) => last.text = format!("{} {}", last.text.trim_end(), text.trim_start()),
            None => instructions.push(Instruction { line: number + 1, text: text.to_owned() }),
        }
        open = continues;
        if !open {
            heredocs = instructions.last().map(|last| opened(&last.text)).unwrap_or_default();
        }
    }
    instructions
}

/// The heredocs that an instruction opens: their ending words, and whether tabs before those are dropped.
fn opened(text: &str) -> Vec<(String, bool)> {
    if !matches!(keyword(text).to_ascii_uppercase().as_str(), "RUN" | "COPY" | "ADD") {
        return Vec::new();
    }
    let begins = |word: &&str| word.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with("<<") && !word.contains("<<<");
    let word = |word: &str| {
        let word = word.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches("<<");
        let (tabs, word) = word.strip_prefix('-').map_or((false, word), |word| (true, word));
        let word = word.split([';', '>', '&', '|']).next().unwrap_or_default().trim_matches(['"', '\'']);
        (!word.is_empty()).then(|| (word.to_owned(), tabs))
    };
    text.split_whitespace().filter(begins).filter_map(word).collect()
}

#[cfg(test)]
#[path = "steps_tests.rs"]
mod tests;
