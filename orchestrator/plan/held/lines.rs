//! Tags that are held, in sentences.

use super::{Held, HeldTag, Tally};
use crate::memory::Hold;
use indexmap::IndexMap;

/// The most tags that one line names.
const NAMED: usize = 12;

/// The most rules that the last line of a run names.
const REASONS: usize = 3;

/// The end of a sentence about the tags that are held.
const OTHERS: &str = "; the others are up to date";

impl Tally {
    /// Why no tag can move.
    fn no_tag(&self) -> String {
        let what = match (self.withdrawn, self.failing) {
            (0, 0) => {
                let git_tag = self.git_tag.as_ref();
                let run = git_tag.map(|tag| format!("for the git tag `{tag}`"));
                let run = run.unwrap_or_else(|| "in this run".into());
                return format!("no tag rule gives a tag {run}");
            }
            (_, 0) => "withdrawn",
            (0, _) => "failing",
            _ => "withdrawn or failing",
        };
        match self.withdrawn + self.failing {
            1 => format!("its image is {what}"),
            _ => format!("their images are {what}"),
        }
    }

    /// Why no tag moves: those that would are held, or there is none. One sentence without a full stop; `None` if one moves,
    /// or if all of them are up to date.
    pub fn moves_nothing(&self) -> Option<String> {
        if self.written > 0 {
            return None;
        }
        if self.held.is_empty() {
            return (self.current == 0).then(|| self.no_tag());
        }
        let (all, others) = match (self.held.len(), self.current) {
            (1, 0) => ("the only tag is held:".into(), ""),
            (n, 0) => (format!("all {n} tags are held:"), ""),
            (1, _) => ("1 is held because".into(), OTHERS),
            (n, _) => (format!("{n} are held because"), OTHERS),
        };
        let rules = by_rule(&self.held);
        if rules.len() == 1 {
            return Some(format!(
                "{all} {}{others}",
                reason(&self.held.iter().collect::<Vec<_>>())
            ));
        }
        let every = if self.current == 0 { "all " } else { "" };
        let because = |tags: &Vec<&HeldTag>| format!("{} because {}", tags.len(), reason(tags));
        let mut reasons: Vec<String> = rules.values().take(REASONS).map(because).collect();
        match rules.values().skip(REASONS).map(Vec::len).sum() {
            0 => {}
            1 => reasons.push("1 for another reason".into()),
            n => reasons.push(format!("{n} for other reasons")),
        }
        Some(format!(
            "{every}{} tags are held: {}{others}",
            self.held.len(),
            reasons.join("; ")
        ))
    }
}

/// The tags of each rule that holds some.
fn by_rule(held: &[HeldTag]) -> IndexMap<String, Vec<&HeldTag>> {
    let mut rules: IndexMap<String, Vec<&HeldTag>> = IndexMap::new();
    for one in held {
        rules.entry(one.why.rule()).or_default().push(one);
    }
    rules
}

/// Why tags are held that one rule holds.
fn reason(tags: &[&HeldTag]) -> String {
    match tags {
        [only] => only.why.words(),
        [first, ..] => first.why.plural(),
        [] => String::new(),
    }
}

/// One line for each rule that holds tags, with their number and their names, without a full stop.
pub fn held_lines(held: &[HeldTag]) -> Vec<String> {
    let apart = held.iter().any(|one| one.repository != held[0].repository);
    by_rule(held)
        .values()
        .map(|tags| line(tags, apart))
        .collect()
}

/// `3 tags are held: this is branch x, and tags move on main: 1.27, 1, latest`
fn line(tags: &[&HeldTag], apart: bool) -> String {
    let name = |one: &HeldTag| match apart {
        true => one.familiar(),
        false => one.tag.clone(),
    };
    let [only] = tags else {
        let named = tags.iter().map(|one| name(one) + &one.why.detail());
        let (count, why) = (tags.len(), tags[0].why.plural());
        let first = name(tags[0]);
        let way_out = way_out(&tags[0].why, &first, &first);
        return format!("{count} tags are held: {why}: {}{way_out}", listed(named));
    };
    let (why, name) = (only.why.words(), name(only));
    let way_out = way_out(&only.why, &name, "it");
    format!("1 tag is held: {why}: {name}{way_out}")
}

/// What moves a tag all the same, if the author can decide that.
fn way_out(why: &Held, tag: &str, what: &str) -> String {
    match why {
        Held::Backwards(Hold::Version { .. } | Hold::Revision { .. }) => {
            format!("; --allow-older {tag} moves {what} all the same")
        }
        _ => String::new(),
    }
}

/// The first names of a list, and how many follow.
pub(in crate::plan) fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let first: Vec<String> = names.take(NAMED).collect();
    match more {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

impl Held {
    /// What tags that are held by one rule have in common.
    fn rule(&self) -> String {
        match self {
            Held::Backwards(Hold::Version { .. }) => self.code().into(),
            other => other.words(),
        }
    }
}
