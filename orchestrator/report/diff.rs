//! What differs between two images, as text and as JSON.

use super::inspected::known;
use crate::check::show_size;
use crate::memory::Part;
use crate::name::Reference;
use crate::plan::{PlatformDiff, Reason, TokenChange, evidence, reason_json};
use crate::report::words::when;
use crate::survey::Inspected;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Two images, and what differs between them.
pub struct Compared<'a> {
    /// The old image.
    pub old: &'a Inspected,
    /// The new image.
    pub new: &'a Inspected,
    /// What differs, by platform.
    pub platforms: &'a [PlatformDiff],
}

/// The differences for people.
pub fn diff_text(compared: &Compared<'_>) -> String {
    let mut out = String::new();
    for (word, image) in [("old", compared.old), ("new", compared.new)] {
        line(&mut out, word, &named(image));
    }
    if compared.old.digest == compared.new.digest {
        out.push_str("\nthey are the same image\n");
        return out;
    }
    for platform in compared.platforms {
        let _ = writeln!(out, "\n{}", platform.platform);
        show(&mut out, platform);
    }
    out
}

fn line(out: &mut String, word: &str, text: &str) {
    let _ = writeln!(out, "{word:<9} {text}");
}

fn named(image: &Inspected) -> String {
    match &image.reference {
        Some(name) => {
            let name = Reference {
                digest: None,
                ..name.clone()
            };
            format!("{} at {}", name.familiar(), image.digest)
        }
        None => image.digest.to_string(),
    }
}

fn show(out: &mut String, platform: &PlatformDiff) {
    let (old, new) = match (&platform.old, &platform.new) {
        (Some(old), Some(new)) => (old, new),
        (Some(_), None) => return line(out, "image", "the new image does not have it"),
        (None, _) => return line(out, "image", "the old image does not have it"),
    };
    if old.digest == new.digest {
        return line(out, "image", "the same");
    }
    line(out, "built", &changed(&built(old), &built(new)));
    if platform.is_same_content() {
        let same = "the same layers and settings, under another digest";
        line(out, "content", same);
    }
    line(out, "size", &size(old, new));
    packages(out, platform);
    for token in &platform.tokens {
        let (word, text) = refreshed(token);
        line(out, word, &text);
    }
    for reason in &platform.inputs {
        let (word, text) = headline(reason);
        line(out, word, &text);
        for fact in lines(reason) {
            line(out, "", &format!("| {fact}"));
        }
    }
}

fn refreshed(token: &TokenChange) -> (&'static str, String) {
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "not at all".into());
    let (from, to) = (shown(&token.from), shown(&token.to));
    match &token.toolset {
        Some(toolset) => ("refreshed", format!("tool set {toolset}: {from} -> {to}")),
        None => ("forced", format!("{from} -> {to}")),
    }
}

fn packages(out: &mut String, platform: &PlatformDiff) {
    let Some(changes) = &platform.packages else {
        return line(
            out,
            "packages",
            "not compared: one of the records does not list them",
        );
    };
    let texts: Vec<String> = changes.iter().map(ToString::to_string).collect();
    let texts = match texts.is_empty() {
        true => vec![String::from("the same")],
        false => texts,
    };
    for (place, text) in texts.iter().enumerate() {
        line(out, if place == 0 { "packages" } else { "" }, text);
    }
}

/// When an image was built, and from which commit.
fn built(part: &Part) -> String {
    let commit = part.made.revision.as_deref();
    let commit = commit.map(|commit| format!(" from {}", commit.get(..12).unwrap_or(commit)));
    format!("{}{}", when(part.made.built), commit.unwrap_or_default())
}

fn changed(old: &str, new: &str) -> String {
    match old == new {
        true => old.into(),
        false => format!("{old} -> {new}"),
    }
}

fn size(old: &Part, new: &Part) -> String {
    let (before, after) = (old.made.size, new.made.size);
    let shown = |bytes| known(bytes).map_or_else(|| "unknown".into(), show_size);
    let sizes = changed(&shown(before), &shown(after));
    if before == 0 || after == 0 {
        return sizes;
    }
    let sign = if after < before { '-' } else { '+' };
    match before.abs_diff(after) {
        0 => sizes,
        bytes => format!("{sizes} ({sign}{})", show_size(bytes)),
    }
}

fn headline(reason: &Reason) -> (&'static str, String) {
    let words = reason.words();
    let cut = |word: &str| words.strip_prefix(word).map(|rest| rest.trim().to_owned());
    for word in ["recipe", "base", "parent"] {
        if let Some(rest) = cut(word) {
            return (word, rest);
        }
    }
    ("changed", words)
}

/// The whole digests are in the JSON.
fn lines(reason: &Reason) -> Vec<String> {
    match reason {
        Reason::BaseMoved { .. } | Reason::ParentChanged { .. } => Vec::new(),
        other => evidence(other),
    }
}

/// The differences for programs; `docs/why.md` describes the fields.
pub fn diff_json(compared: &Compared<'_>) -> Value {
    let platforms = compared.platforms.iter().map(platform_json);
    json!({
        "format": 1,
        "old": image_json(compared.old),
        "new": image_json(compared.new),
        "platforms": platforms.collect::<Vec<_>>(),
    })
}

fn image_json(image: &Inspected) -> Value {
    json!({ "reference": image.reference, "digest": image.digest })
}

fn platform_json(one: &PlatformDiff) -> Value {
    json!({
        "platform": one.platform,
        "old": one.old.as_ref().map(part_json),
        "new": one.new.as_ref().map(part_json),
        "same_content": one.is_same_content(),
        "growth": one.growth(),
        "tokens": one.tokens,
        "packages": one.packages,
        "reasons": one.inputs.iter().map(reason_json).collect::<Vec<_>>(),
    })
}

fn part_json(part: &Part) -> Value {
    json!({
        "digest": part.digest,
        "content": part.made.content,
        "built": known(part.made.built),
        "revision": part.made.revision,
        "size": known(part.made.size),
    })
}
