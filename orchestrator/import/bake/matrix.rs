//! The targets of a matrix as images with axes.

use super::axes::{self, Cell, Known, Made};
use super::built::Built;
use super::contexts;
use super::examples::Examples;
use super::fleet::{Entry, Maker};
use super::follow::follow;
use super::inline::{Inlines, without_defaults};
use super::key::{Key, keys, words};
use super::length::length;
use super::place::{How, Names};
use super::split::{Split, split};
use super::target::Target;
use super::unset;
use super::value::Values;
use crate::import::image_name;
use crate::import::note::Notes;
use crate::import::published::{Image, Name, Text};

/// The axes of a matrix.
pub(super) struct Axes {
    pub keys: Vec<Key>,
    /// How one of its keys is several axes, if it is.
    split: Option<Split>,
}

/// Images with axes, and the Dockerfiles that they need.
struct Ready {
    made: Vec<Made>,
    inlines: Inlines,
    decided: Names,
}

impl Axes {
    fn new(targets: &[Target], split: Option<Split>) -> Option<Self> {
        let keys = match &split {
            Some(split) => {
                let apart = targets.iter().map(|target| split.apart(target));
                keys(&apart.collect::<Option<Vec<Target>>>()?)
            }
            None => keys(targets),
        };
        Some(Self { keys: keys?, split })
    }

    /// Those of these keys.
    pub(super) fn of(keys: Vec<Key>) -> Self {
        Self { keys, split: None }
    }

    /// The places of a target's values, and the target with placeholders.
    pub(super) fn marked<'t>(&self, target: &Target<'t>) -> Option<(Vec<usize>, Target<'t>)> {
        let cell = match &self.split {
            Some(split) => split.apart(target)?.cell,
            None => target.cell.clone(),
        };
        let at = self.keys.iter().map(|key| key.at(&cell));
        let marked = self.keys.iter().map(|key| key.mark(&cell));
        let marked: Values = marked.collect::<Option<_>>()?;
        let marked = match &self.split {
            Some(split) => split.together(marked, target)?,
            None => marked,
        };
        let target = Target {
            cell: marked,
            ..target.clone()
        };
        Some((at.collect::<Option<_>>()?, target))
    }
}

impl Maker<'_, '_> {
    /// The images with axes: with those of the matrix, or with several for one of its keys where that is shorter.
    pub(super) fn matrix(&mut self, entry: &Entry) -> Option<Vec<Made>> {
        let axes = Axes::new(entry.targets, None)?;
        let cells = self.cells(entry, &axes)?;
        let split = split(&axes.keys, entry.targets, &cells);
        let targets = entry.targets();
        let examples = self.examples(&axes.keys, &targets, &cells);
        let whole = self.ready(entry, &axes.keys, cells, examples);
        let several = split.and_then(|split| {
            let axes = Axes::new(entry.targets, Some(split))?;
            let cells = self.cells(entry, &axes)?;
            self.ready(entry, &axes.keys, cells, Examples::default())
        });
        let all = whole.into_iter().chain(several);
        let best = all.min_by_key(|ready| {
            let images = ready.made.iter().map(|made| made.image.clone());
            length(&images.collect::<Vec<Image>>())
        })?;
        self.inlines = best.inlines;
        let decided = best.decided.into_iter().map(|name| (How::Fixed, name));
        self.fleet.decided.extend(decided);
        Some(best.made)
    }

    /// The targets with placeholders.
    fn cells(&mut self, entry: &Entry, axes: &Axes) -> Option<Vec<Cell>> {
        let all = entry.targets().into_iter().zip(&entry.cells);
        all.map(|(target, plain)| self.marked(target, axes, plain))
            .collect()
    }

    /// The images of these cells.
    fn ready(
        &self,
        entry: &Entry,
        keys: &[Key],
        mut cells: Vec<Cell>,
        mut examples: Examples,
    ) -> Option<Ready> {
        let label = image_name(&entry.block.label);
        let name = self.unique(&label);
        let mut inlines = self.inlines.clone();
        let count = cells.len();
        cells.append(&mut examples.cells);
        let named = if examples.keys.is_empty() {
            keys
        } else {
            &examples.keys
        };
        self.inlined((&mut cells, count), named, &label, &mut inlines);
        examples.cells = cells.split_off(count);
        let known = Known {
            defaults: &self.variables.defaults,
            wanted: self.blanks.wanted(),
        };
        Some(Ready {
            made: axes::images(&name, keys, cells, examples, known)?,
            inlines,
            decided: keys.iter().flat_map(Key::decided).collect(),
        })
    }

    /// A target with the placeholders of the axes, and the tags that are left to it.
    fn marked(&mut self, target: &Target, axes: &Axes, plain: &Built) -> Option<Cell> {
        let (at, marked) = axes.marked(target)?;
        let keys = &axes.keys;
        let settings = self.resolver.settings(&marked, self.evaluator);
        self.evaluator.decided();
        let mut built = Built::new(&marked, &settings.ok()?).ok()?;
        built.platforms.clone_from(&plain.platforms);
        built.listed.clone_from(&plain.listed);
        let compared = &self.evaluator.compared;
        built = self.trials.as_mut()?.tried(&marked, built, compared).built;
        unset::divide(&mut built, self.variables);
        let decided = contexts::follow(&mut built, &self.public, &mut Notes::default());
        self.fleet.decided.extend(decided);
        if plain.is_filled {
            let names = plain.names.iter().flatten();
            let names = names.map(|name| ended(name, keys, &at).map(Some));
            built.names = names.collect::<Option<_>>()?;
        }
        let (own, guests) = plain.names.split_at(plain.names.len() - plain.guests);
        if built.names.len() != own.len() {
            return None;
        }
        let names = built.names.iter_mut().zip(own);
        names
            .filter(|(_, plain)| plain.is_none())
            .for_each(|(name, _)| *name = None);
        built.names.extend(guests.iter().cloned());
        let later = built.later.iter_mut().zip(&plain.later);
        later
            .filter(|(name, plain)| name.is_some() && plain.is_none())
            .for_each(|(name, _)| *name = None);
        Some(Cell { at, built })
    }

    /// The Dockerfiles inside the file, with the public names of contexts.
    fn texts(&self, cells: &mut [Cell]) -> Vec<Option<String>> {
        let text = |cell: &mut Cell| {
            let text = cell.built.inline.clone()?;
            let defaults = &self.variables.defaults;
            let text = follow(&text, &mut cell.built, &self.public, defaults);
            contexts::forget_replaced(&mut cell.built, &self.public);
            cell.built.inline = None;
            Some(text)
        };
        cells.iter_mut().map(text).collect()
    }

    /// Dockerfiles inside the file become files: one if all have the same text, or the same with arguments for the values of
    /// the matrix, or else one for each, named by these values. Behind the first `count` cells there are examples.
    fn inlined(
        &self,
        (cells, count): (&mut [Cell], usize),
        keys: &[Key],
        label: &str,
        inlines: &mut Inlines,
    ) {
        let with = |cell: &Cell| {
            let built = cell.built.clone().with_matrix()?;
            let at = cell.at.clone();
            Some(Cell { at, built })
        };
        let of_matrix: Option<Vec<Cell>> = cells.iter().map(with).collect();
        let texts = self.texts(cells);
        let mut shared = shared(&texts, cells);
        if shared.is_none()
            && let Some(mut of_matrix) = of_matrix
        {
            let texts = self.texts(&mut of_matrix);
            shared = self::shared(&texts, &of_matrix);
            if shared.is_some() {
                cells.clone_from_slice(&of_matrix);
            }
        }
        if let Some(text) = shared {
            let path = Text::literal(inlines.add(label, text));
            for cell in cells {
                cell.built.dockerfile = path.clone();
            }
            return;
        }
        for (at, (cell, text)) in cells.iter_mut().zip(texts).enumerate() {
            let Some(text) = text else {
                continue;
            };
            let axes = keys.iter().map(|key| format!("{{{}}}", key.name));
            let pattern: Vec<String> = [label.to_owned()].into_iter().chain(axes).collect();
            let real = format!("{label}-{}", words(keys, &cell.at));
            cell.built.dockerfile = Text {
                real: match at < count {
                    true => inlines.put(&real, text),
                    false => Inlines::path(&real),
                },
                pattern: Inlines::path(&pattern.join("-")),
            };
        }
    }
}

/// The first of these Dockerfiles, if all are the same but for defaults that each target sets.
fn shared(texts: &[Option<String>], cells: &[Cell]) -> Option<String> {
    let plain = |(text, cell): (&Option<String>, &Cell)| {
        let (text, args) = (text.as_deref()?, &cell.built.args);
        Some(without_defaults(text, |name| args.contains_key(name)))
    };
    let mut all = texts.iter().zip(cells).map(plain);
    let first = all.next()??;
    all.all(|text| text.as_ref() == Some(&first))
        .then(|| texts[0].clone())?
}

/// A name that is to be filled in, with places in the words of the matrix with which its tag ends.
fn ended(name: &Name, keys: &[Key], at: &[usize]) -> Option<Name> {
    let start = name.tag.pattern.strip_suffix(&words(keys, at))?;
    let places = keys.iter().map(|key| format!("{{{}}}", key.name));
    let pattern = start.to_owned() + &places.collect::<Vec<_>>().join("-");
    let real = name.tag.real.clone();
    let tag = Text { real, pattern };
    Some(Name {
        tag,
        ..name.clone()
    })
}
