//! What of a bake file has no place in a manifest.

use super::read::Block;
use crate::import::note::Notes;

/// Says of every block and setting that it is left out, where that is so.
pub(super) fn blocks(blocks: &[Block], notes: &mut Notes) {
    for block in blocks {
        match block.kind.as_str() {
            "target" => settings(block, notes),
            "variable" => variable(block, notes),
            "group" => notes.left_out(
                "group",
                "`kiln build` builds all; selectors name a part: `kiln build go node`",
                block.label.span,
            ),
            "function" => notes.left_out(
                "function",
                "what calls it is left out: write what it comes to",
                block.label.span,
            ),
            other => notes.left_out(other, "no block of this kind is known", block.label.span),
        }
    }
}

fn variable(block: &Block, notes: &mut Notes) {
    for setting in block
        .settings
        .iter()
        .filter(|setting| setting.name.as_str() != "default")
    {
        notes.left_out(
            &setting.name,
            "kiln's variables have `kind`, `one-of` and `pattern`",
            setting.name.span,
        );
    }
    for inner in &block.inner {
        notes.left_out(
            inner,
            "kiln's variables have `one-of` and `pattern` for this",
            inner.span,
        );
    }
}

fn settings(block: &Block, notes: &mut Notes) {
    for setting in &block.settings {
        let help = match setting.name.as_str() {
            "tags" | "platforms" | "dockerfile" | "dockerfile-inline" | "context" | "contexts"
            | "args" | "matrix" | "name" => continue,
            "inherits" => {
                let message = String::from(
                    "`inherits` is resolved: each image says all of its settings itself",
                );
                notes.note(
                    "import::resolved",
                    message,
                    "an axis with `when` says what variants have in common",
                    setting.name.span,
                );
                continue;
            }
            "cache-from" | "cache-to" => {
                "kiln finds the previous image itself, and writes the cache into each image"
            }
            "output" => "`kiln build --push` publishes; without it, images stay on the engine",
            "labels" | "annotations" => "say labels in the Dockerfile: LABEL name=\"value\"",
            "target" => {
                "the last stage is built: give this stage a Dockerfile of its own, or check that it is the last"
            }
            "secret" | "ssh" => "kiln gives a build no secrets",
            "attest" => "kiln writes no attestations",
            "pull" => "bases are resolved once a run, and pinned for it",
            "no-cache" | "no-cache-filter" => "what changed is built anew, all else is not",
            "description" => "write it as a comment",
            _ => "no setting of a manifest says this",
        };
        notes.left_out(&setting.name, help, setting.name.span);
    }
    for inner in &block.inner {
        notes.left_out(inner, "no block inside of a target is known", inner.span);
    }
}
