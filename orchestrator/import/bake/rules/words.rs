//! What the places of tags become in a cell of a matrix.

use crate::import::bake::derive::inserted;
use crate::import::bake::place::{outside, places};
use crate::import::published::Axis;
use crate::name::Version;
use crate::tag::{Joined, Part, Pattern, Rung, owned};
use std::collections::{BTreeSet, HashSet};

/// How many patterns are made of one tag.
const MOST: usize = 24;

/// The tokens of a value besides its rungs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// Its name.
    Name,
    /// Nothing: `token=""`.
    Empty,
    /// Its name, and nothing: `default`.
    Both,
}

/// The values of the axes, with all texts that tags may have in their places.
#[derive(Clone)]
pub(super) struct Words<'a> {
    pub axes: &'a [Axis],
    /// By axis and value; `None` for all values of an axis that are not versions.
    versions: Vec<Vec<Option<Version>>>,
    /// By axis and value: the rungs that it owns.
    owned: Vec<Vec<Vec<Rung>>>,
    /// By axis and value.
    pub tokens: Vec<Vec<Token>>,
}

/// A part of a rule.
pub(super) enum Piece {
    Text(String),
    /// A place that the cell does not decide, such as that of a variable.
    Kept(String),
    Tokens(usize, Vec<Rung>),
    Series(usize, usize),
    Data(usize, String),
}

impl<'a> Words<'a> {
    /// Every value has its name as token. An axis that chooses the repository has no rungs: the highest version of each
    /// repository is another one. `repositories` are the places that repositories have.
    pub fn new(axes: &'a [Axis], repositories: &HashSet<&str>) -> Self {
        let mut chosen = repositories
            .iter()
            .filter_map(|place| place.split(['.', ':']).next())
            .collect::<HashSet<&str>>();
        chosen.remove("var");
        let versions = axes
            .iter()
            .map(|axis| match chosen.contains(axis.name.as_str()) {
                true => vec![None; axis.values.len()],
                false => versions(axis),
            });
        let versions: Vec<Vec<Option<Version>>> = versions.collect();
        let owned = versions.iter().map(|all| owned(all, &Rung::ALL));
        let tokens = axes.iter().map(|axis| vec![Token::Name; axis.values.len()]);
        Self {
            axes,
            owned: owned.collect(),
            versions,
            tokens: tokens.collect(),
        }
    }

    /// Whether all values of an axis are versions.
    pub fn is_version(&self, axis: usize) -> bool {
        self.versions[axis].iter().any(Option::is_some)
    }

    /// The pieces of a rule; `None` if it has a place that no cell fills.
    pub fn pieces(&self, pattern: &str) -> Option<Vec<Piece>> {
        let parsed: Pattern = pattern.parse().ok()?;
        let piece = |part: &Part| match part {
            Part::Text(text) => Some(Piece::Text(text.clone())),
            Part::Placeholder(place) => {
                let axis = self.axes.iter().position(|axis| axis.name == place.name);
                let Some(axis) = axis else {
                    return Some(Piece::Kept(pattern[place.range.clone()].to_owned()));
                };
                Some(match (place.field.as_deref(), place.argument.as_deref()) {
                    (Some(key), _) if self.has(axis, key) => Piece::Data(axis, key.to_owned()),
                    (Some("major"), _) => Piece::Series(axis, 1),
                    (Some("minor"), _) => Piece::Series(axis, 2),
                    (Some(key), _) => Piece::Data(axis, key.to_owned()),
                    (None, None) => Piece::Tokens(axis, vec![Rung::Full]),
                    (None, Some(rungs)) => {
                        let rungs = rungs.split(',').map(|rung| rung.parse().ok());
                        Piece::Tokens(axis, rungs.collect::<Option<_>>()?)
                    }
                })
            }
        };
        parsed.parts.iter().map(piece).collect()
    }

    /// The tags that a rule makes in a cell; `None` if a value lacks what the rule needs.
    pub fn made(&self, pieces: &[Piece], cell: &[usize]) -> Option<Vec<String>> {
        let mut picks: Vec<Vec<(usize, String)>> = vec![Vec::new()];
        for piece in pieces {
            let Piece::Tokens(axis, rungs) = piece else {
                continue;
            };
            if picks.iter().flatten().any(|(known, _)| known == axis) {
                continue;
            }
            let tokens = self.tokens(*axis, cell[*axis], rungs);
            let with = |pick: &Vec<_>, token: &String| {
                [pick.as_slice(), &[(*axis, token.clone())]].concat()
            };
            picks = (picks.iter())
                .flat_map(|pick| tokens.iter().map(move |token| with(pick, token)))
                .collect();
        }
        let tag = |pick: &Vec<_>| self.joined(pieces, cell, pick);
        picks.iter().map(tag).collect()
    }

    /// What a value is in tags, of these rungs those that it owns.
    fn tokens(&self, axis: usize, value: usize, rungs: &[Rung]) -> Vec<String> {
        let token = self.tokens[axis][value];
        let text = |rung: &Rung| match (rung, token) {
            (Rung::Full, Token::Empty) => Some(String::new()),
            _ => self.rung(axis, value, *rung),
        };
        let mut all: Vec<String> = rungs.iter().filter_map(text).collect();
        all.extend((token == Token::Both).then(String::new));
        all
    }

    /// The text of a value on a rung, if it owns that.
    pub fn rung(&self, axis: usize, value: usize, rung: Rung) -> Option<String> {
        let owns = !rung.moves() || self.owned[axis][value].contains(&rung);
        match (rung, &self.versions[axis][value]) {
            (Rung::Full, _) => Some(self.axes[axis].values[value].name.clone()),
            (_, Some(version)) => rung.text(version).filter(|_| owns).map(str::to_owned),
            (_, None) => None,
        }
    }

    /// The first numbers of a version, or the whole name.
    pub fn series(&self, axis: usize, value: usize, count: usize) -> &str {
        let version = self.versions[axis][value].as_ref();
        let series = version.and_then(|version| version.series(count));
        series.unwrap_or(&self.axes[axis].values[value].name)
    }

    /// Whether values of an axis have such data.
    fn has(&self, axis: usize, key: &str) -> bool {
        let values = self.axes[axis].values.iter();
        values
            .flat_map(|value| &value.data)
            .any(|(known, _)| known == key)
    }

    /// The data of a value.
    fn data(&self, axis: usize, value: usize, key: &str) -> Option<&str> {
        let mut data = self.axes[axis].values[value].data.iter();
        let (_, text) = data.find(|(known, _)| known == key)?;
        Some(text)
    }

    /// A tag with one token for each axis.
    fn joined(&self, pieces: &[Piece], cell: &[usize], pick: &[(usize, String)]) -> Option<String> {
        let mut tag = Joined::default();
        for piece in pieces {
            match piece {
                Piece::Text(text) => tag.text(text),
                Piece::Kept(place) => tag.token(place),
                Piece::Tokens(axis, _) => {
                    let picked = pick.iter().find(|(known, _)| known == axis);
                    tag.token(picked.map_or("", |(_, token)| token));
                }
                Piece::Series(axis, count) => tag.token(self.series(*axis, cell[*axis], *count)),
                Piece::Data(axis, key) => tag.token(self.data(*axis, cell[*axis], key)?),
            }
        }
        Some(tag.finish())
    }

    /// A pattern, and the same with texts of the cell's values as places.
    pub fn candidates(&self, pattern: &str, cell: &[usize]) -> Vec<String> {
        let mut all = vec![pattern.to_owned()];
        for (axis, value) in cell.iter().enumerate() {
            let texts = self.texts(axis, *value);
            let free = all.iter().filter(|one| !self.names(one, axis));
            let placed = free.flat_map(|one| {
                let placed = texts
                    .iter()
                    .map(|(text, place)| outside(one, |part| inserted(part, text, place)));
                placed.filter(|placed| placed != one).collect::<Vec<_>>()
            });
            let placed: Vec<String> = placed.collect();
            all.extend(placed);
            all.truncate(MOST);
        }
        all
    }

    /// Whether a pattern has a place of this axis.
    fn names(&self, pattern: &str, axis: usize) -> bool {
        let name = &self.axes[axis].name;
        places(pattern).any(|place| {
            let rest = place.strip_prefix(name.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '.']))
        })
    }

    /// The texts of a value that tags may have, each with its place.
    fn texts(&self, axis: usize, value: usize) -> Vec<(String, String)> {
        let Axis { name, values, .. } = &self.axes[axis];
        let rungs = [Rung::Minor, Rung::Major, Rung::Latest].into_iter();
        let rungs = rungs.filter(|_| self.is_version(axis));
        let rungs = rungs.filter_map(|rung| {
            let text = self.rung(axis, value, rung)?;
            Some((text, format!("{{{name}:{rung}}}")))
        });
        let own = (values[value].name.clone(), format!("{{{name}}}"));
        let data = values[value].data.iter();
        let data = data.map(|(key, text)| (text.clone(), format!("{{{name}.{key}}}")));
        let all = std::iter::once(own).chain(rungs).chain(data);
        let is_word = |text: &str| text.contains(|c: char| c.is_ascii_alphanumeric());
        all.filter(|(text, _)| is_word(text) && !text.contains(['{', '}']))
            .collect()
    }

    /// How long the data of a pattern's places is, besides that which is `known`.
    pub fn data_length(&self, pattern: &str, known: &HashSet<&str>) -> usize {
        let new = places(pattern).filter(|place| !known.contains(place));
        let data = new.filter_map(|place| place.split_once('.'));
        let lengths = data.map(|(name, key)| {
            let axis = self.axes.iter().find(|axis| axis.name == name);
            let data = axis.iter().flat_map(|axis| &axis.values);
            let data = data.flat_map(|value| &value.data);
            let own = data.filter(|(known, _)| known == key);
            own.map(|(key, text)| key.len() + text.len() + 4)
                .sum::<usize>()
        });
        lengths.sum()
    }
}

/// The versions of an axis' values, if all of them are.
fn versions(axis: &Axis) -> Vec<Option<Version>> {
    let versions = axis.values.iter().map(|value| value.name.parse().ok());
    let versions: Vec<Option<Version>> = versions.collect();
    let all = versions.iter().flatten().collect::<BTreeSet<_>>();
    match all.len() == versions.len() {
        true => versions,
        false => vec![None; versions.len()],
    }
}
