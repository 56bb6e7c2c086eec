//! A rollback for people and for programs.

use super::based::Next;
use super::{NotBack, Rollback, Still};
use crate::name::{Digest, Reference};
use crate::text::count;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// What moves, what is withdrawn, and what still names it. `done` says whether it has happened.
pub fn rollback_text(all: &Rollback, done: bool) -> String {
    let mut out = String::new();
    let mut line = |verb: &str, name: &str, what: &str| {
        let _ = writeln!(out, "{verb:<10}  {name}: {what}");
    };
    let verb = match (all.is_undo, done) {
        (false, false) => "move back",
        (false, true) => "moved back",
        (true, false) => "return",
        (true, true) => "returned",
    };
    for back in &all.tags {
        let between = match back.skipped.as_slice() {
            [] => String::new(),
            skipped => format!(", past {}, which is withdrawn", short(skipped)),
        };
        let why = match back.shares_part {
            true => "; it is another image, with a part that is withdrawn",
            false => "",
        };
        let way = format!("{} -> {}{between}{why}", back.from.short(), back.to.short());
        line(verb, &back.reference.familiar(), &way);
    }
    for (reference, from) in &all.done {
        let why = match all.is_undo {
            true => format!("it names {} again", from.short()),
            false => format!("moved back already, from {}", from.short()),
        };
        line("as it is", &reference.familiar(), &why);
    }
    for (reference, now) in &all.elsewhere {
        let why = format!("it names {}", now.short());
        line("as it is", &reference.familiar(), &why);
    }
    let (verb, what) = match (all.is_undo, done) {
        (false, false) => ("withdraw", WITHDRAWN),
        (false, true) => ("withdrawn", WITHDRAWN),
        (true, false) => ("lift", LIFTED),
        (true, true) => ("lifted", LIFTED),
    };
    for withdrawn in &all.withdrawn {
        line(verb, &withdrawn.digest.short(), what);
    }
    if all.is_undo {
        return out + &not_returned(all) + &unread(all);
    }
    out + &still(all) + &based(all) + &on_withdrawn(all) + &unread(all)
}

/// The tags that go back to images on parents which earlier rollbacks withdrew.
fn on_withdrawn(all: &Rollback) -> String {
    let mut out = String::new();
    for back in &all.tags {
        if let Some((parent, tag)) = &back.on_withdrawn {
            let (name, to, parent) = (back.reference.familiar(), back.to.short(), parent.short());
            let (tag, variant) = (tag.familiar(), &back.variant);
            let _ = writeln!(
                out,
                "warning: {name} goes back to {to}, which is based on {parent}, withdrawn by `kiln rollback {tag}`\n  `kiln build --push --force {variant}` builds it on the parent of today"
            );
        }
    }
    out
}

const WITHDRAWN: &str = "no tag moves to it, and nothing is built from its inputs until they change; --undo takes that back";

const LIFTED: &str = "it is not withdrawn any more, so the next `kiln build --push` takes it again";

/// The further tags that were moved back from what counts again.
fn not_returned(all: &Rollback) -> String {
    let tags: Vec<String> = all.still.keys().map(Reference::familiar).collect();
    if tags.is_empty() {
        return String::new();
    }
    let (n, verb) = match tags.len() {
        1 => ("1 other tag".to_owned(), "was"),
        n => (format!("{n} other tags"), "were"),
    };
    let tags = tags.join(" ");
    format!(
        "{n} {verb} moved back from it, too: {tags}\n  the same command with --all-tags returns all\n"
    )
}

fn short(all: &[Digest]) -> String {
    let all: Vec<String> = all.iter().map(Digest::short).collect();
    all.join(", ")
}

/// The tags that still name an image that is withdrawn.
fn still(all: &Rollback) -> String {
    let mut out = String::new();
    let tags = |of: &dyn Fn(&Still) -> bool| -> Vec<String> {
        let tags = all.still.iter().filter(|(_, still)| of(still));
        tags.map(|(tag, _)| tag.familiar()).collect()
    };
    let movable = tags(&|still| still.why.is_none());
    if !movable.is_empty() {
        let them = if movable.len() == 1 { "it" } else { "them" };
        let named = naming(&movable, "other tag");
        let _ = writeln!(
            out,
            "{named}: {}\n  the same command with --all-tags moves {them} back, too",
            movable.join(" ")
        );
    }
    let fixed = tags(&Still::is_fixed);
    if !fixed.is_empty() {
        let _ = writeln!(out, "{}: {}", naming(&fixed, "fixed tag"), fixed.join(" "));
    }
    let stuck = all.still.iter().filter_map(|(tag, still)| {
        let why = still.why.as_ref().filter(|_| !still.is_fixed())?;
        Some((tag, why))
    });
    for (tag, why) in stuck {
        let (tag, why, way_out) = (tag.familiar(), why.words(), why.way_out());
        let _ = writeln!(
            out,
            "{tag} still names what is withdrawn: {why}\n  {way_out}"
        );
    }
    out
}

/// `2 other tags still name what is withdrawn`
fn naming(tags: &[String], what: &str) -> String {
    let verb = if tags.len() == 1 { "names" } else { "name" };
    let n = count(tags.len(), what);
    format!("{n} still {verb} what is withdrawn")
}

/// The tags of images that are based on what is withdrawn, and what helps.
fn based(all: &Rollback) -> String {
    let tags = |next: Next| -> String {
        let tags = all.based.iter().filter(|one| one.next == next);
        let tags: Vec<String> = tags.map(|one| one.reference.familiar()).collect();
        tags.join(" ")
    };
    if all.based.is_empty() {
        return String::new();
    }
    let (n, verb) = match all.based.len() {
        1 => ("1 tag names an image that".to_owned(), "is"),
        n => (format!("{n} tags name images that"), "are"),
    };
    let mut out = format!("{n} {verb} based on what is withdrawn\n");
    let (follow, stay, fixed) = (tags(Next::Follows), tags(Next::Stays), tags(Next::Fixed));
    if !follow.is_empty() {
        let _ = writeln!(
            out,
            "  the next `kiln build --push` builds on the former image: {follow}"
        );
    }
    if !stay.is_empty() {
        let _ = writeln!(out, "  `kiln rollback` moves back: {stay}");
    }
    if !fixed.is_empty() {
        let _ = writeln!(out, "  written once: {fixed}");
    }
    out
}

/// Repositories that could not be asked.
fn unread(all: &Rollback) -> String {
    let mut out = String::new();
    for (repository, why) in &all.unread {
        let name = repository.familiar();
        let _ = writeln!(out, "not read: {name}: {why}");
    }
    if !out.is_empty() {
        out +=
            "  its tags may name what is withdrawn: run the same command again when it answers\n";
    }
    out
}

/// The rollback for programs; `docs/release.md` describes the fields.
pub fn rollback_json(all: &Rollback) -> Value {
    let tags = all.tags.iter().map(|back| {
        let parent = back.on_withdrawn.as_ref();
        json!({
            "reference": back.reference,
            "from": back.from,
            "to": back.to,
            "skipped": back.skipped,
            "shares_part": back.shares_part,
            "on_withdrawn": parent.map(|(image, tag)| json!({ "digest": image, "tag": tag })),
        })
    });
    let pair =
        |(tag, image): (&Reference, &Digest), key: &str| json!({ "reference": tag, key: image });
    let done = all.done.iter().map(|one| pair(one, "from"));
    let elsewhere = all.elsewhere.iter().map(|one| pair(one, "digest"));
    let still = all.still.iter().map(|(tag, still)| {
        let why = still.why.as_ref();
        json!({
            "reference": tag,
            "digest": still.image,
            "fixed": still.is_fixed(),
            "code": why.map(NotBack::code),
            "text": why.map(NotBack::words),
        })
    });
    let based = all.based.iter().map(
        |one| json!({ "reference": one.reference, "digest": one.digest, "next": one.next.code() }),
    );
    let unread = all.unread.iter();
    let unread = unread.map(|(repository, why)| json!({ "repository": repository, "why": why }));
    json!({
        "format": 1,
        "tags": tags.collect::<Vec<_>>(),
        "done": done.collect::<Vec<_>>(),
        "elsewhere": elsewhere.collect::<Vec<_>>(),
        "withdrawn": all.withdrawn.iter().map(|one| one.digest).collect::<Vec<_>>(),
        "still": still.collect::<Vec<_>>(),
        "based": based.collect::<Vec<_>>(),
        "not_read": unread.collect::<Vec<_>>(),
        "undo": all.is_undo,
    })
}
