//! The axes of one image: values with their tokens and data.

use crate::manifest;
use crate::matrix::fleet::cells::Cell;
use crate::name::{Range, Version};
use crate::tag::{Rung, Token, TokenOrigin, owned};
use crate::text::Span;
use indexmap::IndexMap;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// One dimension of an image's matrix.
pub(in crate::matrix) struct Axis<'m> {
    pub declared: &'m manifest::AxisDecl,
    /// The rungs of its versions; `full` alone if the manifest names none.
    pub rungs: Vec<Rung>,
    /// The versions that may own the rungs `none` and `latest`; all if the manifest names no range.
    pub latest: Option<Range>,
    pub values: Vec<Value<'m>>,
    /// Indexes into `values` by name.
    pub index: HashMap<String, u32>,
    /// The names of all data that any value has.
    pub keys: HashSet<String>,
}

/// One value of an axis.
pub(in crate::matrix) struct Value<'m> {
    pub name: String,
    pub span: Span,
    pub version: Option<Version>,
    /// Its name, or the text of `token=`.
    pub own: Token,
    /// Its name as a token, for a value whose own token differs from run to run.
    pub plain: Token,
    /// A token for each rung after `full` that the value has.
    pub ladder: Vec<Token>,
    /// The rungs that it owns in the whole image.
    pub owned: Vec<Rung>,
    /// The rung on which a later value has this one's name as its token: `R16B03-1` is the newest of `R16B03`.
    pub yields: Option<Rung>,
    /// Whether its last day is over, or that of all that its cells are based on, so that they are not built.
    pub ended: bool,
    pub default: bool,
    pub shared: bool,
    pub aliases: Vec<Token>,
    pub data: IndexMap<String, String>,
    pub declared: &'m manifest::Value,
    /// The cell that its variants share, made once for all of them.
    pub cell: OnceCell<Arc<Cell>>,
}

impl Value<'_> {
    /// Its version, if it is one.
    pub fn version(&self) -> Option<&Version> {
        self.version.as_ref()
    }

    /// The cell of a variant with this value of an axis, in which this token comes first.
    pub fn cell(&self, axis: &str, first: &Token) -> Arc<Cell> {
        let made = || {
            let (value, token) = (self.name.clone(), first.text.clone());
            Arc::new(Cell {
                axis: axis.to_owned(),
                value,
                token,
                version: self.version.clone(),
                data: self.data.clone(),
            })
        };
        match first.text == self.own.text {
            true => Arc::clone(self.cell.get_or_init(made)),
            false => made(),
        }
    }
}

impl<'m> Axis<'m> {
    /// Its name in the manifest.
    pub fn name(&self) -> &'m str {
        self.declared.name.as_str()
    }

    /// The place of its first value, which images may share.
    pub fn place(&self) -> Option<Span> {
        self.values.first().map(|first| first.declared.span)
    }

    /// Whether any of its values has data of this name.
    pub fn has_data(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    /// Notes that a value has ended that has lost all its cells, because what they are based on has ended.
    pub fn end(&mut self, alive: &[bool], had: &[bool]) {
        let cells = alive.iter().zip(had);
        for (value, (alive, had)) in self.values.iter_mut().zip(cells) {
            value.ended |= *had && !alive;
        }
    }

    /// Assigns each rung to the highest stable value among those that have a cell.
    pub fn climb(&mut self, alive: &[bool]) {
        let versions: Vec<_> = self
            .values
            .iter()
            .zip(alive)
            .map(|(value, alive)| value.version.clone().filter(|_| *alive))
            .collect();
        let (top, series): (Vec<Rung>, Vec<Rung>) =
            self.rungs.iter().partition(|rung| rung.is_top());
        let in_range = |version: &Version| self.latest.as_ref().is_none_or(|r| r.contains(version));
        let first: Vec<_> = versions
            .iter()
            .map(|version| version.clone().filter(in_range))
            .collect();
        let owned = owned(&versions, &series)
            .into_iter()
            .zip(owned(&first, &top));
        for (value, (series, top)) in self.values.iter_mut().zip(owned) {
            let has = |rung: &Rung| series.contains(rung) || top.contains(rung);
            value.owned = self.rungs.iter().copied().filter(has).collect();
        }
        self.yield_names(alive);
    }

    /// Finds the values whose name is a moving token of a later one.
    fn yield_names(&mut self, alive: &[bool]) {
        let mut taken: HashMap<&str, (usize, Rung)> = HashMap::new();
        for (at, value) in self.values.iter().enumerate().filter(|(at, _)| alive[*at]) {
            for token in &value.ladder {
                if let Some(rung) = token.rung().filter(|rung| value.owned.contains(rung)) {
                    taken.insert(&token.text, (at, rung));
                }
            }
        }
        let by_another = |(at, value): (usize, &Value)| {
            let is_name = value.version.is_some() && value.own.origin != TokenOrigin::Explicit;
            let (by, rung) = taken.get(value.own.text.as_str()).filter(|_| is_name)?;
            (*by != at).then_some(*rung)
        };
        let yields: Vec<Option<Rung>> = self.values.iter().enumerate().map(by_another).collect();
        for (value, rung) in self.values.iter_mut().zip(yields) {
            value.yields = rung;
        }
    }
}
