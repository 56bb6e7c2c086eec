//! Steps in the names that builders give them, and their lines in the Dockerfile.

use crate::dockerfile::{self, Instruction};

/// `[2/5] RUN make`, `[build 2/5] COPY . .`, `[linux/arm64 build 2/5] …`: the stage, the number, the instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step<'a> {
    stage: Option<&'a str>,
    number: usize,
    text: &'a str,
}

fn step(name: &str) -> Option<Step<'_>> {
    let (inside, text) = name.strip_prefix('[')?.split_once("] ")?;
    let (stage, numbers) = inside
        .rsplit_once(' ')
        .map_or((None, inside), |(stage, numbers)| (Some(stage), numbers));
    let (number, of) = numbers.split_once('/')?;
    of.parse::<usize>().ok()?;
    // A platform may come before the stage.
    let stage = stage
        .and_then(|stage| stage.split(' ').next_back())
        .filter(|stage| !stage.contains('/'));
    Some(Step {
        stage,
        number: number.parse().ok()?,
        text,
    })
}

/// Whether a vertex is a step of the Dockerfile.
pub(super) fn is_step(name: &str) -> bool {
    step(name).is_some()
}

/// Whether it is a step that runs or is cached: all but `FROM`.
pub(super) fn counts(name: &str) -> bool {
    step(name).is_some_and(|step| !keyword(step.text).eq_ignore_ascii_case("FROM"))
}

/// `Step 2/5 : RUN make`, and from Podman `[1/2] STEP 2/5: RUN make`.
pub(super) fn is_classic(line: &str) -> bool {
    classic(line).is_some()
}

/// `Step 1/5 : FROM debian`.
pub(super) fn is_classic_from(line: &str) -> bool {
    classic(line).is_some_and(|(_, text)| keyword(text).eq_ignore_ascii_case("FROM"))
}

/// The number in the file, if the builder does not count in stages, and the instruction.
fn classic(line: &str) -> Option<(Option<usize>, &str)> {
    let whole = line.strip_prefix("Step ");
    let (numbers, text) = match whole {
        Some(rest) => rest.split_once(" : ")?,
        None => in_stage(line).strip_prefix("STEP ")?.split_once(": ")?,
    };
    let (number, of) = numbers.split_once('/')?;
    of.parse::<usize>().ok()?;
    let number: usize = number.parse().ok()?;
    Some((whole.map(|_| number), text))
}

/// A line of Podman's builder without the number of its stage: `[1/2] STEP 2/5: RUN make`.
pub(super) fn in_stage(line: &str) -> &str {
    let stage = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match stage {
        Some((stage, rest)) if stage.split('/').all(is_number) => rest,
        _ => line,
    }
}

fn keyword(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

/// The line (from 1) in the Dockerfile of a step with this name.
pub(super) fn line(dockerfile: &str, name: &str) -> Option<usize> {
    let instructions = dockerfile::read_alone(dockerfile).instructions;
    if let Some((number, text)) = classic(name) {
        let at = number.and_then(|number| instructions.get(number.checked_sub(1)?));
        return matching(at, text).or_else(|| alike(&instructions, text));
    }
    let step = step(name)?;
    matching(numbered(&instructions, &step), step.text).or_else(|| alike(&instructions, step.text))
}

/// The instruction with this number in its stage: BuildKit counts `FROM` of a real image, RUN, COPY, ADD and WORKDIR.
fn numbered<'a>(instructions: &'a [Instruction], step: &Step<'_>) -> Option<&'a Instruction> {
    let mut stages: Vec<(String, Vec<&Instruction>)> = Vec::new();
    for instruction in instructions {
        match instruction.keyword.as_str() {
            "FROM" => {
                let words: Vec<_> = instruction.text().split_whitespace().collect();
                let image = words
                    .iter()
                    .skip(1)
                    .find(|word| !word.starts_with("--"))
                    .copied()
                    .unwrap_or_default();
                let named = words
                    .iter()
                    .position(|word| word.eq_ignore_ascii_case("as"))
                    .and_then(|at| words.get(at + 1));
                let inner = image == "scratch"
                    || stages
                        .iter()
                        .any(|(name, _)| name.eq_ignore_ascii_case(image));
                let name = named.map_or_else(
                    || format!("stage-{}", stages.len()),
                    |name| (*name).to_owned(),
                );
                stages.push((name, if inner { Vec::new() } else { vec![instruction] }));
            }
            "RUN" | "COPY" | "ADD" | "WORKDIR" => stages.last_mut()?.1.push(instruction),
            _ => {}
        }
    }
    let counted = match step.stage {
        None => &stages.last()?.1,
        Some(stage) => {
            &stages
                .iter()
                .rev()
                .find(|(name, _)| name.eq_ignore_ascii_case(stage))?
                .1
        }
    };
    counted.get(step.number.checked_sub(1)?).copied()
}

/// The line, if its instruction matches the name: the builder expands variables, but keeps the keyword.
fn matching(instruction: Option<&Instruction>, text: &str) -> Option<usize> {
    let instruction = instruction?;
    instruction
        .keyword
        .eq_ignore_ascii_case(keyword(text))
        .then_some(*instruction.lines.start())
}

/// The only instruction with exactly this text.
fn alike(instructions: &[Instruction], text: &str) -> Option<usize> {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut found = instructions
        .iter()
        .filter(|instruction| words(instruction.text()) == words(text));
    let first = found.next()?;
    found.next().is_none().then_some(*first.lines.start())
}

#[cfg(test)]
mod tests;
