//! What a condition allows as the value of a variable.
//!
//! ```text
//! contains(["a", "b"], X)     one-of="a" "b"     can(regex("^v[0-9]+$", X))     pattern="v[0-9]+"
//! ```

use super::edits::each;
use super::eval::{Evaluator, Local};
use super::place::variables;
use super::value::{Value, Values};
use hcl::Expression;
use hcl::expr::{BinaryOp, BinaryOperator, FuncCall, Operation};
use indexmap::IndexSet;

/// What a condition allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Limit {
    /// Only these values.
    Values(IndexSet<String>),
    /// Values that this regular expression matches as a whole.
    Pattern(String),
    /// All but the empty text.
    Filled,
}

impl Limit {
    /// Whether a value is allowed.
    pub fn allows(&self, value: &str) -> bool {
        match self {
            Self::Values(all) => all.contains(value),
            Self::Pattern(pattern) => is_whole(pattern, value),
            Self::Filled => !value.is_empty(),
        }
    }
}

/// What each part of a condition allows; nothing for one that a manifest cannot say. All parts must hold.
pub(super) fn limits(
    condition: &Expression,
    name: &str,
    evaluator: &mut Evaluator,
) -> Vec<Option<Limit>> {
    if let Some(both) = binary(condition).filter(|both| both.operator == BinaryOperator::And) {
        let mut all = limits(&both.lhs_expr, name, evaluator);
        all.extend(limits(&both.rhs_expr, name, evaluator));
        return all;
    }
    let values = values_of(condition, name, evaluator).map(Limit::Values);
    let pattern = || pattern_of(condition, name).map(Limit::Pattern);
    let filled = || is_filled(condition, name).then_some(Limit::Filled);
    vec![values.or_else(pattern).or_else(filled)]
}

/// Whether an expression matches the whole value.
fn is_whole(pattern: &str, value: &str) -> bool {
    let whole = regex::Regex::new(&format!("^(?:{pattern})$"));
    whole.is_ok_and(|whole| whole.is_match(value))
}

/// `can(regex("…", X))`, `length(regexall("…", X)) > 0` and `regex("…", X) == X`.
fn pattern_of(condition: &Expression, name: &str) -> Option<String> {
    if let Some([found]) = args(condition, "can") {
        return anywhere(&searched(found, "regex", name)?);
    }
    let both = binary(condition)?;
    let (left, right) = (&both.lhs_expr, &both.rhs_expr);
    if let Some([found]) = args(left, "length").filter(|_| is_positive(both)) {
        return anywhere(&searched(found, "regexall", name)?);
    }
    let sides = [(left, right), (right, left)];
    let mut sides = sides.into_iter().filter(|(_, own)| is_variable(own, name));
    let (found, _) = sides
        .next()
        .filter(|_| both.operator == BinaryOperator::Eq)?;
    only(&searched(found, "regex", name)?)
}

/// `X != ""`, `notequal(X, "")` and `strlen(X) > 0`.
fn is_filled(condition: &Expression, name: &str) -> bool {
    let is_empty = |one: &Expression| text(one).is_some_and(|text| text.is_empty());
    let other = |one: &Expression, other: &Expression| {
        is_variable(one, name) && is_empty(other) || is_empty(one) && is_variable(other, name)
    };
    if let Some([one, two]) = args(condition, "notequal") {
        return other(one, two);
    }
    let Some(both) = binary(condition) else {
        return false;
    };
    let (left, right) = (&both.lhs_expr, &both.rhs_expr);
    let length = args(left, "length").or_else(|| args(left, "strlen"));
    let is_length = matches!(length, Some([own]) if is_variable(own, name));
    is_length && is_positive(both) || both.operator == BinaryOperator::NotEq && other(left, right)
}

/// `… > 0`, `… != 0` and `… >= 1`.
fn is_positive(both: &BinaryOp) -> bool {
    let Expression::Number(number) = plain(&both.rhs_expr) else {
        return false;
    };
    match both.operator {
        BinaryOperator::Greater | BinaryOperator::NotEq => number.as_u64() == Some(0),
        BinaryOperator::GreaterEq => number.as_u64() == Some(1),
        _ => false,
    }
}

/// The expression that a call of this function looks for in the variable.
fn searched(call: &Expression, function: &str, name: &str) -> Option<String> {
    let [pattern, value] = args(call, function)? else {
        return None;
    };
    let pattern = text(pattern).filter(|_| is_variable(value, name))?;
    regex::Regex::new(&pattern).ok().map(|_| pattern)
}

/// An expression for whole values in which this one is found.
fn anywhere(pattern: &str) -> Option<String> {
    if pattern.contains('|') {
        return Some(format!(".*(?:{pattern}).*"));
    }
    let (begin, rest) = match pattern.strip_prefix('^') {
        Some(rest) => ("", rest),
        None => (".*", pattern),
    };
    let (rest, end) = match rest.strip_suffix('$').filter(|rest| !rest.ends_with('\\')) {
        Some(rest) => (rest, ""),
        None => (rest, ".*"),
    };
    Some(format!("{begin}{rest}{end}"))
}

/// The expression itself, if what it finds first is also the longest, and a text.
fn only(pattern: &str) -> Option<String> {
    let is_plain = !pattern.contains(['(', '|'])
        && !["??", "*?", "+?"].iter().any(|lazy| pattern.contains(lazy));
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    let end = pattern
        .strip_suffix('$')
        .filter(|rest| !rest.ends_with('\\'));
    is_plain.then(|| end.unwrap_or(pattern).to_owned())
}

/// The arguments of a call of this function.
fn args<'e>(expression: &'e Expression, function: &str) -> Option<&'e [Expression]> {
    let called = |call: &FuncCall| call.name.name.as_str() == function;
    match plain(expression) {
        Expression::FuncCall(call) if called(call) => Some(&call.args),
        _ => None,
    }
}

fn binary(expression: &Expression) -> Option<&BinaryOp> {
    match plain(expression) {
        Expression::Operation(operation) => match operation.as_ref() {
            Operation::Binary(both) => Some(both),
            Operation::Unary(_) => None,
        },
        _ => None,
    }
}

/// A text that is written out.
fn text(expression: &Expression) -> Option<String> {
    match plain(expression) {
        Expression::String(text) => Some(text.clone()),
        Expression::TemplateExpr(template) => {
            let template = hcl::template::Template::from_expr(template).ok()?;
            match template.elements() {
                [] => Some(String::new()),
                [hcl::template::Element::Literal(text)] => Some(text.clone()),
                _ => None,
            }
        }
        _ => None,
    }
}

fn is_variable(expression: &Expression, name: &str) -> bool {
    matches!(plain(expression), Expression::Variable(own) if own.as_str() == name)
}

/// The values with which a condition holds: `contains([…], X)`, `X == "a"`, and several of these with `||`.
fn values_of(
    condition: &Expression,
    name: &str,
    evaluator: &mut Evaluator,
) -> Option<IndexSet<String>> {
    let is_it = |one: &Expression| is_variable(one, name);
    match plain(condition) {
        Expression::FuncCall(call) if call.name.name.as_str() == "contains" => {
            let [list, item] = call.args.as_slice() else {
                return None;
            };
            let list = constant(list, evaluator).filter(|_| is_it(item))?;
            list.list()?.iter().map(Value::real).collect()
        }
        Expression::Operation(operation) => {
            let Operation::Binary(both) = operation.as_ref() else {
                return None;
            };
            let (left, right) = (&both.lhs_expr, &both.rhs_expr);
            match both.operator {
                BinaryOperator::Or => {
                    let mut all = values_of(left, name, evaluator)?;
                    all.extend(values_of(right, name, evaluator)?);
                    Some(all)
                }
                BinaryOperator::Eq => {
                    let other = if is_it(left) { right } else { left };
                    let mut is_free = true;
                    each(other, &mut |one| is_free &= !is_it(one));
                    if !is_free {
                        return None;
                    }
                    let value = constant(other, evaluator).filter(|_| is_it(left) || is_it(right));
                    Some(IndexSet::from([value?.real()?]))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// An expression without the brackets around it.
fn plain(expression: &Expression) -> &Expression {
    match expression {
        Expression::Parenthesis(inner) => plain(inner),
        other => other,
    }
}

/// The value of an expression that no variable changes.
fn constant(expression: &Expression, evaluator: &mut Evaluator) -> Option<Value> {
    let value = evaluator.setting(expression, &Local::new(&Values::new()));
    let value = value.ok().filter(|value| value.unknown_part().is_none())?;
    variables(&value).is_empty().then_some(value)
}
