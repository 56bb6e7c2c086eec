//! `attest` of targets: the documents that buildx publishes beside an image.

use super::target::Refusal;
use super::texts::Texts;
use crate::import::note::{Lost, Notes};
use crate::manifest::Proof;
use crate::text::{Span, Spanned};
use std::collections::BTreeSet;

/// The documents of a target and the place of its `attest`: `type=sbom`, `{ type = "provenance", mode = "max" }`. Later
/// ones replace earlier ones of their type, as in buildx. `None` without the setting.
pub(super) fn proofs(texts: &mut Texts) -> Result<Option<Spanned<BTreeSet<Proof>>>, Refusal> {
    if !texts.has("attest") {
        return Ok(None);
    }
    let mut all = BTreeSet::new();
    for fields in texts.records("attest")? {
        let field = |name: &str| fields.get(name).map(String::as_str);
        let is_off = field("disabled").is_some_and(|text| text != "false");
        let proof = [Proof::Sbom, Proof::Provenance].into_iter();
        let mut proof = proof.filter(|proof| field("type") == Some(proof.word()));
        match proof.next() {
            Some(proof) if is_off => all.retain(|known| *known != proof),
            Some(proof) => all.extend([proof]),
            None => {}
        }
    }
    Ok(Some(Spanned::new(all, texts.place("attest"))))
}

/// The documents of all images, if these have the same; if not, a note names the places.
pub(super) fn of_all(
    images: &[Option<Spanned<BTreeSet<Proof>>>],
    notes: &mut Notes,
) -> Option<Spanned<BTreeSet<Proof>>> {
    let first = images.iter().flatten().next()?;
    let is_same = |one: &Option<Spanned<BTreeSet<Proof>>>| {
        one.as_ref().is_some_and(|one| one.value == first.value)
    };
    if images.iter().all(is_same) {
        return Some(first.clone());
    }
    let help = "kiln publishes the same documents beside all images: write `attest \"sbom\" \"provenance\"` in the `workspace`, or one of them";
    let spans: Vec<Span> = images.iter().flatten().map(|one| one.span).collect();
    let what = "`attest`, which differs between the targets,";
    notes.lost(Lost::part(
        what.trim_end_matches(',').to_owned(),
        first.span,
    ));
    spans
        .into_iter()
        .for_each(|span| notes.not_imported(what, help, span));
    None
}
