//! The explanation of images, as text and as JSON.

use crate::manifest::Proof;
use crate::memory::{Inputs, token};
use crate::plan::{
    Answer, Effects, Reason, State, Why, WhyBuild, evidence, held_json, held_lines, reason_json,
};
use crate::report::words::when;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The explanations for people: the variants that were asked for, then their parents.
pub fn why_text(all: &[Why]) -> String {
    let texts: Vec<String> = all.iter().map(variant).collect();
    texts.join("\n")
}

fn variant(why: &Why) -> String {
    let mut out = match &why.child {
        Some(child) => format!("{}, a parent of {child}\n", why.variant),
        None => format!("{}\n", why.variant),
    };
    image(&mut out, why);
    for build in &why.builds {
        if why.builds.len() > 1 {
            let _ = writeln!(out, "  on {}", build.platform);
        }
        made(&mut out, build);
        answers(&mut out, build);
    }
    if why.is_unasked {
        let text = format!(
            "not looked up: `kiln stale {}` asks for newer ones",
            why.variant
        );
        line(&mut out, "packages", &text);
    }
    effects(&mut out, &why.effects);
    for (_, reason) in &why.unknown {
        for (place, part) in reason.lines().enumerate() {
            line(&mut out, if place == 0 { "note" } else { "" }, part.trim());
        }
    }
    out
}

fn line(out: &mut String, word: &str, text: &str) {
    let _ = writeln!(out, "  {word:<9} {text}");
}

/// Which image is the current one, and what else its names lead to.
fn image(out: &mut String, why: &Why) {
    match &why.current {
        Some(current) => {
            line(out, "image", &current.digest.to_string());
            line(out, "", &format!("named by {}", current.found.familiar()));
        }
        None if why.strangers.is_empty() => {
            line(out, "image", "none: nothing is published or staged for it");
        }
        None => line(out, "image", "none that kiln has a record of"),
    }
    for (name, digest) in &why.strangers {
        let text = format!(
            "{} names {digest}, which was not made for it",
            name.familiar()
        );
        line(out, "", &text);
    }
}

/// When and from what the image was built.
fn made(out: &mut String, build: &WhyBuild) {
    let Some(part) = &build.part else {
        return;
    };
    let made = &part.made;
    let commit = made.revision.as_ref();
    let commit = commit.map_or_else(String::new, |commit| format!(" from commit {commit}"));
    line(out, "built", &format!("{}{commit}", when(made.built)));
    if let Some(inputs) = made.inputs.last() {
        let lines = sources(inputs);
        for (place, text) in lines.iter().enumerate() {
            line(out, if place == 0 { "made from" } else { "" }, text);
        }
    }
}

/// What an image was made from, one line each.
pub(super) fn sources(inputs: &Inputs) -> Vec<String> {
    let mut lines = vec![format!("recipe {}", inputs.recipe)];
    for (name, base) in &inputs.bases {
        lines.push(format!("base {name} at {}", base.digest));
    }
    for (name, parent) in &inputs.parents {
        let digest = parent.digest.unwrap_or(parent.content);
        lines.push(format!("parent {name} at {digest}"));
    }
    for (name, value) in &inputs.tokens {
        lines.push(match token::toolset(name) {
            Some(toolset) => format!("tool set {toolset} refreshed as {value}"),
            None => format!("forced by {value}"),
        });
    }
    lines
}

/// What the commands would do, with the evidence once.
fn answers(out: &mut String, build: &WhyBuild) {
    let none = "nothing differs";
    if build.build == build.nightly {
        let both = "kiln build --push and kiln nightly";
        return answer(out, "today", both, &build.build, none, &[]);
    }
    let some = "recipe and parents are the same";
    answer(out, "today", "kiln build --push", &build.build, some, &[]);
    let told = &build.build.reasons;
    answer(out, "", "kiln nightly", &build.nightly, none, told);
}

/// What one command would do. `kept` says why it keeps an image; evidence of reasons that were told is not repeated.
fn answer(out: &mut String, word: &str, who: &str, answer: &Answer, kept: &str, told: &[Reason]) {
    let mut reasons: Vec<String> = answer.reasons.iter().map(Reason::words).collect();
    if reasons.is_empty() {
        reasons.push(kept.into());
    }
    let text = format!("{who} would {}: {}", does(answer), reasons.join("; "));
    line(out, word, &text);
    for reason in answer.reasons.iter().filter(|one| !told.contains(one)) {
        for one in evidence(reason) {
            line(out, "", &format!("| {one}"));
        }
    }
}

/// What `kiln build --push` would do besides building.
fn effects(out: &mut String, effects: &Effects) {
    if !effects.checks.is_empty() {
        let checks = effects.checks.join(", ");
        line(
            out,
            "checks",
            &format!("kiln build --push would run {checks}"),
        );
    }
    if !effects.proofs.is_empty() {
        let proofs = Proof::titles(&effects.proofs).join(" and ");
        let text = format!("kiln build --push would attach {proofs}");
        line(out, "proofs", &text);
    }
    let written = effects.tags.iter().map(|(name, was)| match was {
        Some(was) => format!(
            "kiln build --push would move {} (is {})",
            name.familiar(),
            was.short()
        ),
        None => format!("kiln build --push would write {}", name.familiar()),
    });
    let lines = written.chain(held_lines(&effects.held));
    for (place, text) in lines.enumerate() {
        line(out, if place == 0 { "tags" } else { "" }, &text);
    }
}

fn does(answer: &Answer) -> String {
    match &answer.state {
        State::Kept(_) => "keep it".into(),
        State::Staged(part) => format!("use {}, which is staged", part.digest.short()),
        State::Built if answer.conditional => {
            "rebuild it, unless its parent comes out the same".into()
        }
        State::Built => "build it".into(),
        State::Skipped => "leave it as it is".into(),
    }
}

/// The explanations for programs; `docs/why.md` describes the fields.
pub fn why_json(all: &[Why]) -> Value {
    json!({ "format": 1, "variants": all.iter().map(variant_json).collect::<Vec<_>>() })
}

fn variant_json(why: &Why) -> Value {
    let current = why.current.as_ref();
    let strangers = why.strangers.iter();
    let strangers = strangers.map(|(name, digest)| json!({ "reference": name, "digest": digest }));
    let unknown = why.unknown.iter();
    let unknown = unknown.map(|(name, why)| json!({ "reference": name, "why": why }));
    let tags = why.effects.tags.iter();
    json!({
        "variant": why.variant,
        "parent_of": why.child,
        "image": current.map(|current| json!({ "digest": current.digest, "named_by": current.found })),
        "without_record": strangers.collect::<Vec<_>>(),
        "unknown_bases": unknown.collect::<Vec<_>>(),
        "packages_looked_up": !why.is_unasked,
        "builds": why.builds.iter().map(build_json).collect::<Vec<_>>(),
        "checks": why.effects.checks,
        "proofs": why.effects.proofs,
        "tags": tags.map(|(name, was)| json!({ "reference": name, "was": was })).collect::<Vec<_>>(),
        "held": why.effects.held.iter().map(held_json).collect::<Vec<_>>(),
    })
}

fn build_json(build: &WhyBuild) -> Value {
    let part = build.part.as_ref();
    json!({
        "platform": build.platform,
        "digest": part.map(|part| part.digest),
        "built": part.map(|part| part.made.built),
        "revision": part.and_then(|part| part.made.revision.clone()),
        "inputs": part.and_then(|part| part.made.inputs.last().cloned()),
        "build": answer_json(&build.build),
        "nightly": answer_json(&build.nightly),
    })
}

fn answer_json(answer: &Answer) -> Value {
    let (does, digest) = match &answer.state {
        State::Kept(part) => ("keep", Some(part.digest)),
        State::Staged(part) => ("take", Some(part.digest)),
        State::Built => ("build", None),
        State::Skipped => ("skip", None),
    };
    json!({
        "does": does,
        "digest": digest,
        "conditional": answer.conditional,
        "reasons": answer.reasons.iter().map(reason_json).collect::<Vec<_>>(),
    })
}
