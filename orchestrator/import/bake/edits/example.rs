//! Texts that match a regular expression.

use crate::import::bake::function::translated;
use regex_syntax::hir::{Class, Hir, HirKind};

/// How many texts match one expression.
const MOST: usize = 4;

/// How many characters of a class are tried.
const MOST_CHARACTERS: usize = 2;

/// How long such a text may be.
const LONGEST: usize = 60;

/// The characters that are taken, if a class has them.
const USUAL: &str = "17xX/-+._ ";

/// Short texts that match an expression; nothing if it is not one.
pub fn examples(pattern: &str) -> Option<Vec<String>> {
    let mut all = of(&regex_syntax::parse(&translated(pattern)?).ok()?)?;
    all.retain(|text| !text.is_empty());
    Some(all)
}

fn of(hir: &Hir) -> Option<Vec<String>> {
    let all = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![String::new()],
        HirKind::Literal(literal) => vec![String::from_utf8(literal.0.to_vec()).ok()?],
        HirKind::Class(class) => characters(class)?.into_iter().map(String::from).collect(),
        HirKind::Repetition(repetition) => {
            let count = repetition.min.max(1) as usize;
            let some = of(&repetition.sub)?.into_iter();
            some.filter(|text| text.len() * count <= LONGEST)
                .map(|text| text.repeat(count))
                .collect()
        }
        HirKind::Capture(capture) => of(&capture.sub)?,
        HirKind::Concat(parts) => {
            let mut all = vec![String::new()];
            for part in parts {
                let ends = of(part)?;
                let with = |start: &String| {
                    ends.iter()
                        .map(|end| format!("{start}{end}"))
                        .collect::<Vec<_>>()
                };
                all = all.iter().flat_map(with).take(MOST).collect();
            }
            all
        }
        HirKind::Alternation(parts) => {
            let all = parts.iter().map(of).collect::<Option<Vec<_>>>()?;
            all.into_iter().flatten().collect()
        }
    };
    Some(all.into_iter().take(MOST).collect())
}

/// Some characters of a class: files often edit several by one expression.
fn characters(class: &Class) -> Option<Vec<char>> {
    let Class::Unicode(class) = class else {
        return None;
    };
    let has = |one: &char| {
        let mut ranges = class.ranges().iter();
        ranges.any(|range| range.start() <= *one && *one <= range.end())
    };
    let usual: Vec<char> = USUAL.chars().filter(has).take(MOST_CHARACTERS).collect();
    let first = class.ranges().first().map(|range| range.start());
    match usual.is_empty() {
        true => first.map(|first| vec![first]),
        false => Some(usual),
    }
}
