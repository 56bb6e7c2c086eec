//! The rendered file, parsed back and compared: with every value replaced by a plain word it must
//! have the same instructions, flags and here-documents, and variables must be as many. Then no
//! value has left the place where the template put it.

use super::dockerfile::{Dockerfile, Given, Instruction, read};
use super::slot::{BEGIN, END};
use indexmap::IndexMap;
use std::ops::Range;

/// Rendered text with its values told apart.
#[derive(Debug, Default)]
pub(super) struct Rendered {
    pub text: String,
    /// What values wrote, in order.
    values: Vec<Range<usize>>,
}

impl Rendered {
    /// Takes the marks out.
    pub fn new(marked: &str) -> Self {
        let mut rendered = Self::default();
        let mut depth = 0_usize;
        let mut start = 0;
        for piece in marked.split_inclusive([BEGIN, END]) {
            rendered.text.push_str(piece.trim_end_matches([BEGIN, END]));
            match piece.chars().next_back() {
                Some(BEGIN) => {
                    start = if depth == 0 { rendered.text.len() } else { start };
                    depth += 1;
                }
                Some(END) => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        rendered.values.push(start..rendered.text.len());
                    }
                }
                _ => {}
            }
        }
        rendered
    }

    /// The first line (from 1) where a value is more than a value.
    pub fn escape(&self) -> Option<usize> {
        let nothing = IndexMap::new();
        let given = Given { args: &nothing, platforms: &[] };
        let changes: Vec<_> = self.values.iter().filter(|v| !v.is_empty()).map(|v| (v.clone(), String::from("kiln-value"))).collect();
        let (real, plain) = (read(&self.text, given), read(&super::dockerfile::rewrite(&self.text, &changes), given));
        first_difference(&real, &plain)
    }
}

fn first_difference(real: &Dockerfile, plain: &Dockerfile) -> Option<usize> {
    let differs = |at: &usize| match (real.instructions.get(*at), plain.instructions.get(*at)) {
        (Some(real), Some(plain)) => shape(real) != shape(plain),
        (None, None) => false,
        _ => true,
    };
    let longest = real.instructions.len().max(plain.instructions.len());
    let at = (0..longest).find(differs)?;
    let place = real.instructions.get(at).or(real.instructions.last());
    Some(place.map_or(1, |i| *i.lines.start()))
}

/// What of an instruction no value may change.
fn shape(instruction: &Instruction) -> (&str, std::ops::RangeInclusive<usize>, Vec<String>, usize) {
    let words = if matches!(instruction.keyword.as_str(), "ARG" | "ENV" | "LABEL" | "FROM") { instruction.word_count() } else { 0 };
    (&instruction.keyword, instruction.lines.clone(), instruction.flag_names(), words)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `[…]` stands for what a value wrote.
    #[track_caller]
    fn check(text: &str, expect: Option<usize>) {
        let marked: String = text
            .chars()
            .map(|c| {
                if c == '[' {
                    BEGIN
                } else if c == ']' {
                    END
                } else {
                    c
                }
            })
            .collect();
        let rendered = Rendered::new(&marked);
        assert_eq!(rendered.text, text.replace(['[', ']'], ""));
        assert_eq!(rendered.escape(), expect, "{text}");
    }

    #[test]
    fn values_stay_where_they_are() {
        check("FROM [debian:12]\nRUN echo [a b] && [x]\nENV A=\"[1 2]\" B=[]\n", None);
        check("FROM a\nRUN echo [x\\]\nUSER y", Some(2));
        check("FROM a\nRUN echo [<<E]\nUSER y\nE\n", Some(2));
        check("FROM a\n[RUN rm]\n", Some(2));
        check("FROM a\nRUN [--mount=from=b] x\n", Some(2));
        check("FROM a\nRUN --mount=from=[b] x\n", None);
        check("FROM [a AS b]\n", Some(1));
        check("FROM a\nENV A=[1 B=2]\n", Some(2));
        check("FROM a\nENV A=\"[1\" B=\"2]\"\n", Some(2));
        check("FROM a\nEXPOSE [80 81]\n", None);
        check("FROM a\nCOPY [--from=b] /x /y\n", Some(2));
        check("# [escape]\nFROM a\n", None);
        check("# escape=[`]\nFROM a\nRUN x [`]\nUSER b", Some(3));
        check("FROM a\n# [x\\]\nUSER y", None);
        check("FROM a\nRUN <<[EOF]\nx\n[EOF]\n", None);
    }
}
