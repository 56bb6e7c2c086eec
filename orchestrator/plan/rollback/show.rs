//! A rollback for people and for programs.

use super::{NotBack, Rollback};
use crate::name::Reference;
use crate::text::count;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// What moves, what is withdrawn, and what still names it. `done` says whether it has happened.
pub fn rollback_text(all: &Rollback, done: bool) -> String {
    let mut out = String::new();
    for back in &all.tags {
        let verb = if done { "moved back" } else { "move back" };
        let (name, from, to) = (
            back.reference.familiar(),
            back.from.short(),
            back.to.short(),
        );
        let _ = writeln!(out, "{verb}  {name}: {from} -> {to}");
        for skipped in &back.skipped {
            let _ = writeln!(
                out,
                "    {} between them was withdrawn before",
                skipped.short()
            );
        }
    }
    for reference in &all.done {
        let _ = writeln!(
            out,
            "as it is   {}: moved back before",
            reference.familiar()
        );
    }
    for withdrawn in &all.withdrawn {
        let _ = writeln!(
            out,
            "{}   {}: no tag moves to it, and nothing is built from its inputs until they change or --force builds them again",
            if done { "withdrawn" } else { "withdraw " },
            withdrawn.digest.short()
        );
    }
    out + &rest(all)
}

/// The tags that still name an image that is withdrawn, and what is based on it.
fn rest(all: &Rollback) -> String {
    let names = |fixed: bool| -> Vec<String> {
        let still = all.still.iter().filter(|(_, (_, own))| *own == fixed);
        still.map(|(tag, _)| tag.familiar()).collect()
    };
    let (moving, fixed) = (names(false), names(true));
    let mut out = String::new();
    if !moving.is_empty() {
        let (n, tags) = (count(moving.len(), "other tag"), moving.join(" "));
        let (verb, them) = match moving.len() {
            1 => ("names", "it"),
            _ => ("name", "them"),
        };
        let _ = writeln!(
            out,
            "{n} still {verb} what is withdrawn: {tags}\n  kiln rollback {tags} moves {them} back, too; --all-tags does it at once"
        );
    }
    if !fixed.is_empty() {
        let (n, tags) = (count(fixed.len(), "fixed tag"), fixed.join(" "));
        let verb = if fixed.len() == 1 { "stays" } else { "stay" };
        let _ = writeln!(out, "{n} {verb} at it: {tags}");
    }
    if all.children > 0 {
        let n = count(all.children, "image");
        let verb = if all.children == 1 { "is" } else { "are" };
        let _ = writeln!(
            out,
            "{n} {verb} based on what moves back; the next kiln build --push builds on the former image"
        );
    }
    out
}

/// The rollback for programs; `docs/release.md` describes the fields.
pub fn rollback_json(all: &Rollback) -> Value {
    let tags = all.tags.iter().map(|back| {
        json!({ "reference": back.reference, "from": back.from, "to": back.to, "skipped": back.skipped })
    });
    let still = all
        .still
        .iter()
        .map(|(tag, (image, fixed))| json!({ "reference": tag, "digest": image, "fixed": fixed }));
    json!({
        "format": 1,
        "tags": tags.collect::<Vec<_>>(),
        "done": all.done,
        "withdrawn": all.withdrawn.iter().map(|one| one.digest).collect::<Vec<_>>(),
        "still": still.collect::<Vec<_>>(),
        "children": all.children,
    })
}

impl NotBack {
    /// Every word that [`NotBack::code`] returns.
    pub const CODES: &[&str] = &[
        "absent",
        "fixed",
        "no-record",
        "no-line",
        "first",
        "all-withdrawn",
        "gone",
    ];

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            NotBack::Absent => "absent",
            NotBack::Fixed => "fixed",
            NotBack::NoRecord(_) => "no-record",
            NotBack::NoLine(_) => "no-line",
            NotBack::First(_) => "first",
            NotBack::AllWithdrawn => "all-withdrawn",
            NotBack::Gone(_) => "gone",
        }
    }

    /// The reason, and a way out.
    pub fn words(&self) -> String {
        match self {
            NotBack::Absent => "the registry does not have it\n  `kiln tags` lists the tags of the manifest".into(),
            NotBack::Fixed => "it is written once, so it named nothing else before\n  delete it in the registry if nothing must use it".into(),
            NotBack::NoRecord(image) => format!(
                "it names {}, of which kiln has no record, so what it named before is not known\n  move it by hand, or run `kiln build --push`",
                image.short()
            ),
            NotBack::NoLine(image) => format!(
                "kiln did not move it to {}, so what it named before is not known\n  move it by hand, or run `kiln build --push`",
                image.short()
            ),
            NotBack::First(image) => format!(
                "it named nothing before {}\n  revert the change and run `kiln build --push`, or delete the tag in the registry",
                image.short()
            ),
            NotBack::AllWithdrawn => "all that it named before is withdrawn, too\n  revert the change and run `kiln build --push`".into(),
            NotBack::Gone(image) => format!(
                "it named {} before, which the registry does not have any more\n  revert the change and run `kiln build --push`",
                image.short()
            ),
        }
    }
}

/// Why nothing moves, for people.
pub fn not_back_text(all: &[(Reference, NotBack)]) -> String {
    let one = |(reference, why): &(Reference, NotBack)| {
        let why = why.words().replace('\n', "\n  ");
        format!("\n  {}: {why}", reference.familiar())
    };
    let all: String = all.iter().map(one).collect();
    format!("nothing is moved back{all}")
}

/// The same for programs.
pub fn not_back_json(all: &[(Reference, NotBack)]) -> Value {
    let one = |(reference, why): &(Reference, NotBack)| json!({ "reference": reference, "code": why.code(), "text": why.words() });
    json!({ "format": 1, "refused": all.iter().map(one).collect::<Vec<_>>() })
}
