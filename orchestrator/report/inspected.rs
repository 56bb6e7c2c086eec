//! The record of an image, as text and as JSON.

use super::why::sources;
use crate::check::show_size;
use crate::memory::{Details, Line, Made, Part, Record, Scope, Withdrawal};
use crate::name::Reference;
use crate::report::words::{took, when};
use crate::survey::Inspected;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// The titles of the checks that the manifest has today, by id.
pub type Titles = BTreeMap<String, String>;

/// The record for people.
pub fn inspected_text(inspected: &Inspected, titles: &Titles) -> String {
    let mut out = String::new();
    if let Some(reference) = &inspected.reference {
        // The digest has a line of its own.
        let digest = None;
        let name = Reference {
            digest,
            ..reference.clone()
        };
        line(&mut out, "name", &name.familiar());
    }
    line(&mut out, "digest", &inspected.digest.to_string());
    match &inspected.record {
        Some((tag, record)) => recorded(&mut out, tag, record, titles),
        None => unrecorded(&mut out, inspected),
    }
    if let Some(details) = &inspected.details {
        show_details(&mut out, details);
    }
    out
}

fn line(out: &mut String, word: &str, text: &str) {
    let _ = writeln!(out, "{word:<10} {text}");
}

/// One word, and a line for each text.
fn lines(out: &mut String, word: &str, texts: impl IntoIterator<Item = String>) {
    for (place, text) in texts.into_iter().enumerate() {
        line(out, if place == 0 { word } else { "" }, &text);
    }
}

fn unrecorded(out: &mut String, inspected: &Inspected) {
    line(out, "record", "none");
    let meaning = [
        "it was not made by kiln for this workspace, or its record was deleted",
        "kiln never keeps an image without a record: the next run of a variant that has this name",
        "moves the name to an image that it knows; a fixed tag stays where it is",
    ];
    lines(out, "", meaning.map(String::from));
    let parts = inspected.listed.iter();
    let parts = parts.map(|(platform, digest)| match platform {
        Some(platform) => format!("{platform} {digest}"),
        None => format!("without a platform {digest}"),
    });
    lines(out, "index of", parts);
}

fn recorded(out: &mut String, tag: &Reference, record: &Record, titles: &Titles) {
    line(out, "record", &tag.familiar());
    line(out, "workspace", &record.workspaces.join(", "));
    line(out, "written by", &format!("kiln {}", record.kiln));
    let probed = record.probed.iter();
    lines(
        out,
        "probed",
        probed.map(|(command, value)| format!("{command}: {value}")),
    );
    for part in &record.parts {
        show_part(out, part, titles);
    }
    if !record.lines.is_empty() {
        out.push_str("\npublic tags\n");
    }
    for (reference, written) in &record.lines {
        let _ = writeln!(out, "  {}", reference.familiar());
        tag_lines(written).iter().for_each(|text| {
            let _ = writeln!(out, "    {text}");
        });
    }
}

/// One image on one platform.
fn show_part(out: &mut String, part: &Part, titles: &Titles) {
    let made = &part.made;
    let _ = writeln!(out, "\n{}", part.platform);
    line(out, "image", &part.digest.to_string());
    let variants: Vec<&str> = part.variants.iter().map(|v| v.as_str()).collect();
    line(out, "variants", &variants.join(", "));
    line(out, "content", &made.content.to_string());
    line(out, "built", &built(made));
    lines(out, "commit", made.revision.clone());
    lines(out, "size", (made.size > 0).then(|| show_size(made.size)));
    lines(out, "withdrawn", part.withdrawal().map(withdrawal));
    if let Some((newest, older)) = made.inputs.split_last() {
        lines(out, "made from", sources(newest));
        lines(out, "", others(older.len()));
    }
    let passed = part.passed.iter();
    let passed = passed.map(|(id, at)| format!("{}, {}", title(id, titles), when(*at)));
    lines(out, "passed", passed);
    let proofs = part.proofs.iter();
    lines(
        out,
        "proofs",
        proofs.map(|(proof, digest)| format!("{} {digest}", proof.title())),
    );
}

/// When and how fast an image was built. Only its own first record says more than when.
fn built(made: &Made) -> String {
    let (cached, all) = made.cached;
    match all {
        0 => when(made.built),
        _ => format!(
            "{} in {}, {cached} of {all} steps cached",
            when(made.built),
            took(Duration::from_secs(made.seconds))
        ),
    }
}

/// `2026-08-03 06:00:00 UTC, by kiln rollback cimg/go:1.27 at commit c1; no tag moves to it`
fn withdrawal(withdrawn: &Withdrawal) -> String {
    let commit = withdrawn.revision.as_ref();
    let commit = commit.map_or_else(String::new, |commit| format!(" at commit {commit}"));
    format!(
        "{}, by kiln rollback {}{commit}; no tag moves to it",
        when(withdrawn.at),
        withdrawn.tag.familiar()
    )
}

/// Other inputs that the same image came out of.
fn others(count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some("and from other inputs, which led to the same image".into()),
        n => Some(format!(
            "and from {n} other sets of inputs, which led to the same image"
        )),
    }
}

fn title<'a>(id: &'a str, titles: &'a Titles) -> &'a str {
    let none = "a check that the manifest does not have any more";
    titles.get(id).map_or(none, String::as_str)
}

/// Under which circumstances a public tag was moved to the image.
fn tag_lines(line: &Line) -> Vec<String> {
    let versions = line.versions.iter();
    let versions: Vec<String> = versions
        .map(|(axis, version)| format!("{axis} {}", version.as_str()))
        .collect();
    let mover = line.mover();
    let mut texts = vec![format!(
        "moved by a run that began at {}",
        when(mover.surveyed / 1000)
    )];
    if let Some(commit) = &mover.revision {
        let at = mover.committed.map(|at| format!(" of {}", when(at)));
        texts.push(format!("for commit {commit}{}", at.unwrap_or_default()));
    }
    texts.extend(mover.scope.as_ref().map(|scope| match scope {
        Scope::Branch(branch) => format!("on branch {branch}"),
        Scope::PullRequest(number) => format!("for pull request {number}"),
    }));
    texts.extend((!versions.is_empty()).then(|| format!("for {}", versions.join(", "))));
    texts.push(match line.was {
        Some(was) => format!("it named {was} before"),
        None => "it was new".into(),
    });
    let withdrew = line.withdrew.iter();
    texts.extend(
        withdrew.map(|image| format!("it was moved back from {image}, which was withdrawn")),
    );
    texts
}

fn show_details(out: &mut String, details: &Details) {
    out.push('\n');
    let args = details.args.iter();
    lines(
        out,
        "arguments",
        args.map(|(name, value)| format!("{name}={value}")),
    );
    let settings = details.settings.iter();
    lines(
        out,
        "settings",
        settings.map(|(name, value)| format!("{name}={value}")),
    );
    let files = details.files.iter();
    lines(
        out,
        "files",
        files.map(|(path, digest)| format!("{path} {digest}")),
    );
    let _ = write!(out, "Dockerfile\n{}", details.dockerfile);
}

/// The record for programs; `docs/why.md` describes the fields.
pub fn inspected_json(inspected: &Inspected, titles: &Titles) -> Value {
    let record = inspected.record.as_ref();
    let listed = inspected.listed.iter();
    let listed = listed.map(|(platform, digest)| json!({ "platform": platform, "digest": digest }));
    json!({
        "format": 1,
        "reference": inspected.reference,
        "digest": inspected.digest,
        "record": record.map(|(tag, record)| record_json(tag, record, titles)),
        "listed": listed.collect::<Vec<_>>(),
        "details": inspected.details,
    })
}

fn record_json(tag: &Reference, record: &Record, titles: &Titles) -> Value {
    let tags = record
        .lines
        .iter()
        .map(|(reference, line)| tag_json(reference, line));
    json!({
        "reference": tag,
        "workspaces": record.workspaces,
        "kiln": record.kiln,
        "probed": record.probed,
        "parts": record.parts.iter().map(|part| part_json(part, titles)).collect::<Vec<_>>(),
        "tags": tags.collect::<Vec<_>>(),
    })
}

fn part_json(part: &Part, titles: &Titles) -> Value {
    let made = &part.made;
    let passed = part.passed.iter();
    let passed = passed.map(|(id, at)| json!({ "id": id, "check": titles.get(id), "at": at }));
    json!({
        "platform": part.platform,
        "digest": part.digest,
        "variants": part.variants,
        "content": made.content,
        "built": known(made.built),
        "seconds": made.seconds,
        "cached": made.cached,
        "size": known(made.size),
        "revision": made.revision,
        "inputs": made.inputs,
        "passed": passed.collect::<Vec<_>>(),
        "proofs": part.proofs,
        "withdrawn": part.withdrawal(),
    })
}

/// What is 0 is not known: the first record of the image was lost.
pub(super) fn known<N: Default + PartialEq>(number: N) -> Option<N> {
    (number != N::default()).then_some(number)
}

fn tag_json(reference: &Reference, line: &Line) -> Value {
    let mover = line.mover();
    json!({
        "reference": reference,
        "versions": line.versions,
        "branch": match &mover.scope { Some(Scope::Branch(branch)) => Some(branch), _ => None },
        "pull_request": match &mover.scope { Some(Scope::PullRequest(number)) => Some(number), _ => None },
        "revision": mover.revision,
        "committed": mover.committed,
        "surveyed": mover.surveyed / 1000,
        "was": line.was,
        "withdrew": line.withdrew,
    })
}
