//! The parts of a bake file that have no place in a manifest.

use super::read::Block;
use crate::import::note::Notes;
use std::collections::HashSet;

/// Adds a note for every block and setting that is left out; of targets only for those that images are made from.
pub(super) fn blocks(blocks: &[Block], imported: &HashSet<String>, notes: &mut Notes) {
    for block in blocks {
        match block.kind.as_str() {
            "target" if !imported.contains(block.label.as_str()) => {}
            "target" => settings(block, notes),
            "function" => {}
            "variable" => variable(block, notes),
            "group" => notes.left_out(
                "group",
                "`kiln build` builds all images; selectors choose some: `kiln build go node`",
                block.label.span,
            ),
            other => notes.left_out(
                other,
                "kiln does not know blocks of this kind",
                block.label.span,
            ),
        }
    }
}

fn variable(block: &Block, notes: &mut Notes) {
    for setting in block.settings.iter().filter(|setting| {
        !matches!(
            setting.name.as_str(),
            "default" | "type" | "description" | "validation"
        )
    }) {
        notes.left_out(
            &setting.name,
            "kiln's variables have `kind`, `one-of` and `pattern`",
            setting.name.span,
        );
    }
}

fn settings(block: &Block, notes: &mut Notes) {
    for setting in &block.settings {
        let help = match setting.name.as_str() {
            "tags" | "platforms" | "dockerfile" | "dockerfile-inline" | "context" | "contexts"
            | "args" | "matrix" | "name" | "target" | "network" | "shm-size" | "ulimits"
            | "extra-hosts" | "secret" | "ssh" | "attest" | "call" => continue,
            "inherits" => {
                let message =
                    String::from("`inherits` is resolved: each image has all of its settings");
                notes.note(
                    "import::resolved",
                    message,
                    "an axis with `when` can hold what variants have in common",
                    setting.name.span,
                );
                continue;
            }
            "cache-from" | "cache-to" => {
                "kiln finds the previous image itself, and writes the cache into each image"
            }
            "output" => "`kiln build --push` publishes; without it, images stay on the engine",
            "labels" => {
                "write them in the Dockerfile, as LABEL name=\"value\": kiln's `label` is for images without a `dockerfile`"
            }
            "annotations" => "set labels in the Dockerfile instead: LABEL name=\"value\"",
            "pull" => "kiln resolves bases once per run, and pins them",
            "entitlements" => "an engine decides what a build may do",
            "no-cache" | "no-cache-filter" => "kiln rebuilds what has changed, and nothing else",
            "description" => "write it as a comment",
            "sbom" | "provenance" | "attestations" => {
                "bake reads `attest` only: write `attest \"sbom\" \"provenance\"` into the manifest if you want these"
            }
            _ => "the manifest has no such setting",
        };
        notes.left_out(&setting.name, help, setting.name.span);
    }
    for inner in &block.inner {
        notes.left_out(
            &inner.kind,
            "kiln does not know blocks inside a target",
            inner.kind.span,
        );
    }
}
