//! Values of which a part cannot be evaluated: the part is unknown, and the rest is known.

use super::{Evaluator, Fault, Local};
use crate::import::bake::value::Value;
use hcl::Expression;

/// Functions that only move the items of lists: an item that cannot be evaluated does not affect the others.
const MOVERS: [&str; 5] = ["concat", "flatten", "distinct", "compact", "merge"];

impl Evaluator<'_> {
    /// The value of an expression whose items may be unknown.
    pub(super) fn lenient(
        &mut self,
        expression: &Expression,
        local: &Local,
    ) -> Result<Value, Fault> {
        match expression {
            Expression::Array(items) => {
                let items = items.iter().map(|item| self.lenient_item(item, local));
                Ok(Value::from(items.collect::<Vec<Value>>()))
            }
            Expression::Object(items) => self.object(items, local, Self::lenient_or_unknown),
            Expression::Parenthesis(inner) => self.lenient(inner, local),
            Expression::Conditional(choice) => match self.chosen(choice, local)? {
                Ok(branch) => self.lenient(branch, local),
                Err(unknown) => Ok(unknown),
            },
            Expression::FuncCall(call) if MOVERS.contains(&call.name.name.as_str()) => {
                self.call(call, local, Self::lenient)
            }
            _ => self.expression(expression, local),
        }
    }

    fn lenient_item(&mut self, expression: &Expression, local: &Local) -> Value {
        self.lenient(expression, local)
            .unwrap_or_else(|fault| Value::unknown(fault.why))
    }

    fn lenient_or_unknown(&mut self, item: &Expression, local: &Local) -> Result<Value, Fault> {
        Ok(self.lenient_item(item, local))
    }
}
