//! Operators.

use crate::import::bake::exact::computed;
use crate::import::bake::value::Value;
use hcl::expr::{BinaryOperator, UnaryOperator};

/// The result of an operator with one operand.
pub(super) fn unary(operator: UnaryOperator, value: &Value) -> Result<Value, String> {
    match operator {
        UnaryOperator::Not => Ok(Value::from(!truth(value)?)),
        UnaryOperator::Neg => computed(BinaryOperator::Mul, value, &Value::from(-1.0))
            .or_else(|_| Ok(Value::from(-number(value)?))),
    }
}

/// The result of an operator with two operands.
pub(super) fn binary(
    operator: BinaryOperator,
    left: &Value,
    right: &Value,
) -> Result<Value, String> {
    use BinaryOperator as Op;
    let numbers = || Ok::<_, String>((number(left)?, number(right)?));
    let compared = |holds: fn(f64, f64) -> bool| {
        let (left, right) = numbers()?;
        Ok(Value::from(holds(left, right)))
    };
    match operator {
        Op::Eq => Ok(Value::from(left == right)),
        Op::NotEq => Ok(Value::from(left != right)),
        Op::Less => compared(|left, right| left < right),
        Op::LessEq => compared(|left, right| left <= right),
        Op::Greater => compared(|left, right| left > right),
        Op::GreaterEq => compared(|left, right| left >= right),
        Op::And => Ok(Value::from(truth(left)? && truth(right)?)),
        Op::Or => Ok(Value::from(truth(left)? || truth(right)?)),
        Op::Plus | Op::Minus | Op::Mul | Op::Div | Op::Mod => computed(operator, left, right),
    }
}

fn number(value: &Value) -> Result<f64, String> {
    let wrong = || format!("an operand is {}, not a number", value.kind());
    value.number().ok_or_else(wrong)
}

fn truth(value: &Value) -> Result<bool, String> {
    let wrong = || format!("an operand is {}, not a boolean", value.kind());
    value.truth().ok_or_else(wrong)
}
