//! What is published where, as a table and as JSON.

use super::inspected::known;
use crate::line::Ready;
use crate::matrix::{Variant, VariantId};
use crate::memory::Part;
use crate::name::{Digest, Reference};
use crate::plan::{Current, recorded_names};
use crate::report::words::when;
use crate::request::WorldError;
use crate::survey::Publication;
use crate::text::wrapped;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What is published of the selected variants, in the order of the fleet.
pub struct Published<'a> {
    /// The fleet.
    pub ready: &'a Ready,
    /// The selected variants.
    pub selected: &'a BTreeSet<VariantId>,
    /// What the registries have.
    pub found: &'a Publication,
}

impl Published<'_> {
    /// Whether the public tags of a variant could not be read.
    pub fn is_incomplete(&self) -> bool {
        self.variants()
            .any(|variant| self.unread(variant).is_some())
    }

    /// Why public tags of a variant could not be read.
    fn unread(&self, variant: &Variant) -> Option<&WorldError> {
        let mut repositories = variant.publish.iter();
        repositories.find_map(|one| self.found.facts.unwritten.get(one))
    }

    /// One line per variant: its image, when and from which commit it was built, and its tags. Tags that name another image or
    /// none are named as such.
    pub fn text(&self) -> String {
        let head = ["VARIANT", "DIGEST", "BUILT", "COMMIT"].map(String::from);
        let mut rows = vec![(head, vec!["TAGS".to_owned()])];
        rows.extend(self.variants().map(|variant| self.row(variant)));
        let width = |at: usize| {
            let cells = rows.iter().map(|(row, _)| row[at].chars().count());
            cells.max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..4).map(width).collect();
        let indent = widths.iter().map(|width| width + 2).sum();
        let mut out = String::new();
        for (row, tags) in &rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                let _ = write!(line, "{cell:<width$}  ");
            }
            for tags in wrapped(tags.iter().map(String::as_str), WIDEST) {
                let _ = writeln!(out, "{}", format!("{line}{tags}").trim_end());
                line = " ".repeat(indent);
            }
        }
        let variants: Vec<&Variant> = self.variants().collect();
        for (repository, why) in &self.found.facts.unwritten {
            if variants.iter().any(|one| one.publish.contains(repository)) {
                let why = why.to_string();
                let why = why.lines().next().unwrap_or_default();
                let _ = writeln!(out, "\nnot read: {}: {why}", repository.familiar());
            }
        }
        out
    }

    /// The same for programs, with the images of each platform; `docs/publishing.md` describes the fields.
    pub fn json(&self) -> Value {
        let variants: Vec<Value> = self.variants().map(|one| self.variant_json(one)).collect();
        json!({ "format": 1, "fleet": self.ready.fleet.name, "variants": variants })
    }

    fn variants(&self) -> impl Iterator<Item = &Variant> {
        let all = self.ready.fleet.variants.iter();
        all.filter(|variant| self.selected.contains(&variant.id))
    }

    fn current(&self, v: VariantId) -> Option<&Current> {
        self.found.facts.current.get(&v)
    }

    /// The images of a variant, in the order of its platforms.
    fn parts(&self, variant: &Variant) -> Vec<&Part> {
        let name = &self.ready.names[variant.id];
        let record = self.current(variant.id).map(|current| &current.record);
        let platforms = variant.platforms.iter();
        platforms
            .filter_map(|platform| record?.part(name, platform))
            .collect()
    }

    /// The public references of a variant with what each names, also those that only its record tells.
    fn tags(&self, variant: &Variant) -> Vec<(Reference, Option<Digest>)> {
        let known = variant.references().map(|(reference, _)| reference);
        let record = self.current(variant.id).map(|current| &current.record);
        let recorded = record.map(|record| recorded_names(variant, record));
        let mut all: Vec<Reference> = Vec::new();
        for reference in known.chain(recorded.into_iter().flatten()) {
            if !all.contains(&reference) {
                all.push(reference);
            }
        }
        let named = |reference: Reference| {
            let digest = self.found.facts.public.get(&reference).copied();
            (reference, digest)
        };
        all.into_iter().map(named).collect()
    }

    /// The first cells of a line, and the tags.
    fn row(&self, variant: &Variant) -> ([String; 4], Vec<String>) {
        let current = self.current(variant.id);
        let newest = self.parts(variant).into_iter();
        let newest = newest.max_by_key(|part| part.made.built);
        let commit = newest.and_then(|part| part.made.revision.as_deref());
        let cells = [
            current.map(|current| current.digest.short()),
            newest.map(|part| when(part.made.built)),
            commit.map(|commit| commit.chars().take(12).collect()),
        ];
        let [digest, built, commit] = cells.map(|cell| cell.unwrap_or_else(|| "-".into()));
        let name = self.ready.names[variant.id].to_string();
        ([name, digest, built, commit], self.tag_texts(variant))
    }

    /// Whether a tag names an index over several variants that has the images of this one.
    fn is_combined(&self, variant: &Variant, named: Digest) -> bool {
        let record = self.found.facts.record(variant, named);
        let parts = record.and_then(Option::as_ref).map(|record| &record.parts);
        let has =
            |own: &&Part| parts.is_some_and(|all| all.iter().any(|one| one.digest == own.digest));
        let own = self.parts(variant);
        !own.is_empty() && own.iter().all(has)
    }

    /// `1.27.0`, `1.27,`, `latest names 9c1b2f00aa11,`, `1 is missing`
    fn tag_texts(&self, variant: &Variant) -> Vec<String> {
        let several = variant.publish.len() > 1;
        let name = |reference: &Reference| match &reference.tag {
            Some(tag) if !several => tag.to_string(),
            _ => reference.familiar(),
        };
        let current = self.current(variant.id).map(|current| current.digest);
        let tags = self.tags(variant).into_iter();
        let (own, others): (Vec<_>, Vec<_>) =
            tags.partition(|(_, named)| named.is_some() && *named == current);
        let own: Vec<String> = own.iter().map(|(reference, _)| name(reference)).collect();
        let unread = &self.found.facts.unwritten;
        let others = others.iter().map(|(reference, named)| match named {
            None if unread.contains_key(&reference.repository) => {
                format!("{} was not read", name(reference))
            }
            Some(named) if self.is_combined(variant, *named) => {
                format!("{} has it in index {}", name(reference), named.short())
            }
            Some(named) => format!("{} names {}", name(reference), named.short()),
            None => format!("{} is missing", name(reference)),
        });
        let mut texts = own;
        for other in others {
            if let Some(last) = texts.last_mut() {
                last.push(',');
            }
            texts.push(other);
        }
        texts
    }

    fn variant_json(&self, variant: &Variant) -> Value {
        let v = variant.id;
        let current = self.current(v);
        let pointer = self.found.pointers.get(&v);
        let unread = self.unread(variant);
        let tag = |(reference, digest): (Reference, Option<Digest>)| {
            let is_current = digest.is_some() && digest == current.map(|one| one.digest);
            let is_read = !self
                .found
                .facts
                .unwritten
                .contains_key(&reference.repository);
            let is_combined = digest.is_some_and(|named| self.is_combined(variant, named));
            json!({ "reference": reference, "digest": digest, "current": is_current, "combined": is_combined && !is_current, "read": is_read })
        };
        let parts = self.parts(variant).into_iter();
        json!({
            "variant": self.ready.names[v],
            "image": current.map(|one| json!({ "digest": one.digest, "named_by": one.found })),
            "platforms": parts.map(|part| part_json(variant, part)).collect::<Vec<_>>(),
            "tags": self.tags(variant).into_iter().map(tag).collect::<Vec<_>>(),
            "pointer": pointer.map(|(tag, digest)| json!({ "reference": tag, "digest": digest })),
            "not_read": unread.map(ToString::to_string),
        })
    }
}

/// The most characters of tags on one line, unless one of them is longer.
const WIDEST: usize = 100;

fn part_json(variant: &Variant, part: &Part) -> Value {
    let (mut bases, mut parents) = (Map::new(), Map::new());
    if let Some(inputs) = part.made.inputs.last() {
        for (name, base) in &inputs.bases {
            bases.insert(name.clone(), json!(base.digest));
        }
        for (name, parent) in &inputs.parents {
            parents.insert(name.to_string(), json!(parent.digest));
        }
    }
    json!({
        "platform": part.platform,
        "digest": part.digest,
        "built": known(part.made.built),
        "revision": part.made.revision,
        "passed_checks": part.is_green(&variant.checks),
        "bases": bases,
        "parents": parents,
    })
}
