//! Loops: `[for item in list : …]` and `{for key, value in map : key => …}`.

use super::{Evaluator, Fault, Local};
use crate::import::bake::value::{Data, Value, Values, sorted};
use hcl::Identifier;
use hcl::expr::ForExpr;

impl Evaluator<'_> {
    pub(super) fn for_expr(&mut self, each: &ForExpr, local: &Local) -> Result<Value, Fault> {
        let collection = self.expression(&each.collection_expr, local)?;
        if let Data::Unknown(why) = &collection.data {
            return Ok(Value::unknown(why.as_str()));
        }
        let mut items = Vec::new();
        let mut map = Values::new();
        for names in Self::frames(&collection, each.key_var.as_ref(), &each.value_var)? {
            let inner = Local::inside(local, &names);
            match self.taken(each, &inner)? {
                Ok(true) => {}
                Ok(false) => continue,
                Err(unknown) => return Ok(unknown),
            }
            let value = self.expression(&each.value_expr, &inner)?;
            let Some(key) = &each.key_expr else {
                items.push(value);
                continue;
            };
            let key = self.expression(key, &inner)?;
            let key = match self.key(&key)? {
                Ok(text) => text,
                Err(unknown) => return Ok(unknown),
            };
            insert(&mut map, key, value, each.grouping);
        }
        match each.key_expr {
            Some(_) => Ok(Value::from(map)),
            None => Ok(Value::from(items)),
        }
    }

    /// Whether the condition of a loop holds for an item.
    fn taken(&mut self, each: &ForExpr, inner: &Local) -> Result<Result<bool, Value>, Fault> {
        let Some(condition) = &each.cond_expr else {
            return Ok(Ok(true));
        };
        let condition = self.expression(condition, inner)?;
        if let Some(unknown) = self.fixed(&[&condition]) {
            return Ok(Err(unknown));
        }
        let wrong = || format!("a condition is {}, not a boolean", condition.kind());
        Ok(Ok(condition.truth().ok_or_else(wrong)?))
    }

    /// The names of each round.
    pub(super) fn frames(
        collection: &Value,
        key: Option<&Identifier>,
        value: &Identifier,
    ) -> Result<Vec<Values>, Fault> {
        let items: Vec<(Value, &Value)> = match &collection.data {
            Data::List(items) => items
                .iter()
                .enumerate()
                .map(|(at, item)| (Value::from(at as f64), item))
                .collect(),
            Data::Map(items) => sorted(items)
                .into_iter()
                .map(|(key, item)| (Value::from(key.as_str()), item))
                .collect(),
            _ => return Err(format!("a loop over {}", collection.kind()).into()),
        };
        let frame = |(at, item): (Value, &Value)| {
            let key = key.map(|key| (key.as_str().to_owned(), at));
            let item = (value.as_str().to_owned(), item.clone());
            key.into_iter().chain([item]).collect()
        };
        Ok(items.into_iter().map(frame).collect())
    }
}

fn insert(map: &mut Values, key: String, value: Value, grouping: bool) {
    if !grouping {
        map.insert(key, value);
        return;
    }
    match map.get_mut(&key).map(|known| &mut known.data) {
        Some(Data::List(items)) => items.push(value),
        _ => drop(map.insert(key, Value::from(vec![value]))),
    }
}
