//! The targets of a matrix as images with axes.

use super::axes::{self, Cell};
use super::built::Built;
use super::contexts;
use super::fleet::{Entry, Maker};
use super::follow::follow;
use super::inline::Inlines;
use super::key::{Key, keys, words};
use super::place::How;
use super::target::Target;
use crate::import::image_name;
use crate::import::note::Notes;
use crate::import::published::{Image, Text};
use std::collections::HashMap;

impl Maker<'_, '_> {
    /// The images with axes.
    pub(super) fn matrix(&mut self, entry: &Entry) -> Option<Vec<Image>> {
        let keys = keys(entry.targets)?;
        let mut cells = Vec::new();
        let targets = entry.targets.iter();
        let targets: HashMap<&str, &Target> = targets.map(|one| (one.name.as_str(), one)).collect();
        for plain in &entry.cells {
            let target = targets.get(plain.target.as_str())?;
            cells.push(self.marked(target, &keys, plain)?);
        }
        let label = image_name(&entry.block.label);
        let name = self.unique(&label);
        let mut inlines = self.inlines.clone();
        self.inlined(&mut cells, &keys, &label, &mut inlines);
        let images = axes::images(&name, &keys, cells, &self.variables.defaults)?;
        self.inlines = inlines;
        let decided = keys.iter().flat_map(Key::decided);
        let decided = decided.map(|name| (How::Fixed, name));
        self.fleet.decided.extend(decided);
        Some(images)
    }

    /// A target with the placeholders of the axes, and the tags that are left to it.
    fn marked(&mut self, target: &Target, keys: &[Key], plain: &Built) -> Option<Cell> {
        let at = keys
            .iter()
            .map(|key| key.at(&target.cell))
            .collect::<Option<Vec<usize>>>()?;
        let cell = keys.iter().map(|key| key.mark(&target.cell));
        let marked = Target {
            cell: cell.collect::<Option<_>>()?,
            ..target.clone()
        };
        let settings = self.resolver.settings(&marked, self.evaluator);
        self.evaluator.decided();
        let mut built = Built::new(&marked, &settings.ok()?).ok()?;
        built.platforms.clone_from(&plain.platforms);
        let compared = &self.evaluator.compared;
        built = self.trials.tried(&marked, built, compared).built;
        let named = contexts::named(&built, &self.public, &mut Notes::default());
        self.fleet.decided.extend(named.decided);
        built.named = named.contexts;
        if built.names.len() != plain.names.len() {
            return None;
        }
        let names = built.names.iter_mut().zip(&plain.names);
        names
            .filter(|(_, plain)| plain.is_none())
            .for_each(|(name, _)| *name = None);
        Some(Cell { at, built })
    }

    /// Dockerfiles inside the file become files: one if all have the same text, or else one for each, named by the values
    /// of the matrix.
    fn inlined(&self, cells: &mut [Cell], keys: &[Key], label: &str, inlines: &mut Inlines) {
        let mut texts = Vec::new();
        for cell in cells.iter_mut() {
            let text = cell.built.inline.clone().map(|text| {
                let defaults = &self.variables.defaults;
                let text = follow(&text, &mut cell.built, &self.public, defaults);
                contexts::forget_replaced(&mut cell.built, &self.public);
                text
            });
            cell.built.inline = None;
            texts.push(text);
        }
        let first = texts.first().cloned().flatten();
        if let Some(text) = first.filter(|_| texts.iter().all(|text| *text == texts[0])) {
            let path = Text::literal(inlines.add(label, text));
            for cell in cells {
                cell.built.dockerfile = path.clone();
            }
            return;
        }
        for (cell, text) in cells.iter_mut().zip(texts) {
            let Some(text) = text else {
                continue;
            };
            let axes = keys.iter().map(|key| format!("{{{}}}", key.name));
            let pattern: Vec<String> = [label.to_owned()].into_iter().chain(axes).collect();
            let real = format!("{label}-{}", words(keys, &cell.at));
            cell.built.dockerfile = Text {
                real: inlines.put(&real, text),
                pattern: Inlines::path(&pattern.join("-")),
            };
        }
    }
}
