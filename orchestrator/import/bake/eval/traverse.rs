//! Parts of values: `map.key`, `list[0]`, `list[*].key`.

use super::{Evaluator, Fault, Local};
use crate::import::bake::value::{Data, Value};
use crate::text::Shown;
use hcl::expr::{Expression, Traversal, TraversalOperator};

impl Evaluator<'_> {
    pub(super) fn traversal(
        &mut self,
        traversal: &Traversal,
        local: &Local,
    ) -> Result<Value, Fault> {
        let (value, rest) = match self.attribute(traversal, local)? {
            Some(found) => found,
            None => (
                self.expression(&traversal.expr, local)?,
                traversal.operators.as_slice(),
            ),
        };
        self.follow(value, rest, local)
    }

    fn follow(
        &mut self,
        value: Value,
        operators: &[TraversalOperator],
        local: &Local,
    ) -> Result<Value, Fault> {
        let Some((first, rest)) = operators.split_first() else {
            return Ok(value);
        };
        self.charge(1)?;
        if let Data::Unknown(_) = value.data {
            return Ok(value);
        }
        let next = match first {
            TraversalOperator::GetAttr(name) => key(&value, name.as_str())?,
            TraversalOperator::LegacyIndex(at) => item(&value, *at as f64)?,
            TraversalOperator::Index(index) => {
                let index = self.expression(index, local)?;
                self.keys(value.map(), &index);
                self.key_of(&value, &index);
                match self.fixed(&[&index]) {
                    Some(unknown) => unknown,
                    None => part(&value, &index)?,
                }
            }
            TraversalOperator::FullSplat => return self.splat(value, rest, &[], local),
            TraversalOperator::AttrSplat => {
                let is_attribute =
                    |one: &TraversalOperator| matches!(one, TraversalOperator::GetAttr(_));
                let end = rest.iter().position(|one| !is_attribute(one));
                let (inner, rest) = rest.split_at(end.unwrap_or(rest.len()));
                return self.splat(value, inner, rest, local);
            }
        };
        self.follow(next, rest, local)
    }

    /// Applies the inner operators to every item, and the rest to the list of the results.
    fn splat(
        &mut self,
        value: Value,
        inner: &[TraversalOperator],
        rest: &[TraversalOperator],
        local: &Local,
    ) -> Result<Value, Fault> {
        let items = match value.data {
            Data::List(items) => items,
            Data::Null => Vec::new(),
            data => vec![Value { data, ..value }],
        };
        let items = items
            .into_iter()
            .map(|item| self.follow(item, inner, local));
        let items = Value::from(items.collect::<Result<Vec<Value>, _>>()?);
        self.follow(items, rest, local)
    }

    /// `target.NAME.ATTRIBUTE` with the operators that follow; `None` for any other expression.
    fn attribute<'t>(
        &mut self,
        traversal: &'t Traversal,
        local: &Local,
    ) -> Result<Option<(Value, &'t [TraversalOperator])>, Fault> {
        let Expression::Variable(kind) = &traversal.expr else {
            return Ok(None);
        };
        let [first, TraversalOperator::GetAttr(attribute), rest @ ..] =
            traversal.operators.as_slice()
        else {
            return Ok(None);
        };
        let label = match first {
            TraversalOperator::GetAttr(label) => label.as_str().to_owned(),
            TraversalOperator::Index(label) if self.names_blocks(kind.as_str(), local) => {
                let label = self.expression(label, local)?;
                label.real().ok_or("the name of a target is not a string")?
            }
            _ => return Ok(None),
        };
        if !self.names_blocks(kind.as_str(), local) {
            return Ok(None);
        }
        let value = self.block_attribute(kind.as_str(), &label, attribute.as_str())?;
        Ok(Some((value, rest)))
    }
}

/// The part of a value that an index names.
pub fn part(value: &Value, index: &Value) -> Result<Value, String> {
    match (&value.data, index.number()) {
        (Data::List(_), Some(at)) => item(value, at),
        (Data::List(_), None) => Err(format!("a list is indexed with {}", index.kind())),
        _ => key(value, &index.real().unwrap_or_default()),
    }
}

fn item(value: &Value, at: f64) -> Result<Value, String> {
    let items = value
        .list()
        .ok_or_else(|| format!("{} is indexed with a number", value.kind()))?;
    let found = (at >= 0.0 && at.fract() == 0.0).then(|| items.get(at as usize));
    found
        .flatten()
        .cloned()
        .ok_or_else(|| format!("a list of {} items has no item {at}", items.len()))
}

fn key(value: &Value, key: &str) -> Result<Value, String> {
    let items = value
        .map()
        .ok_or_else(|| format!("{} has no `{}`", value.kind(), key.shown()))?;
    let missing = || format!("a map has no `{}`", key.shown());
    items.get(key).cloned().ok_or_else(missing)
}
