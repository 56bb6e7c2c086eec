//! `validation { condition = contains(["a", "b"], X) }`: the values that a variable may have.

use super::eval::{Evaluator, Local};
use super::place::variables;
use super::read::{Block, Inner};
use super::value::{Value, Values};
use crate::import::note::Notes;
use crate::text::Span;
use hcl::Expression;
use hcl::expr::{BinaryOperator, ObjectKey, Operation};
use hcl::template::{Element, Template};
use indexmap::{IndexMap, IndexSet};

/// By variable, the values that its conditions allow, for those that list them. Notes name the other conditions.
pub(super) fn allowed(
    blocks: &[Block],
    evaluator: &mut Evaluator,
    notes: &mut Notes,
) -> IndexMap<String, Vec<String>> {
    let mut all = IndexMap::new();
    for block in blocks.iter().filter(|block| block.kind == "variable") {
        let name = block.label.as_str();
        let mut values: Option<IndexSet<String>> = None;
        for (condition, span) in conditions(block) {
            let listed = condition.and_then(|one| values_of(&one, name, evaluator));
            let holds = |all: &IndexSet<String>| holds(all, name, evaluator);
            let Some(listed) = listed.filter(holds) else {
                let help = "kiln's variables have `one-of` and `pattern` for this";
                notes.left_out("validation", help, span);
                continue;
            };
            values = Some(match values {
                Some(before) => before.intersection(&listed).cloned().collect(),
                None => listed,
            });
        }
        if let Some(values) = values.filter(|values| !values.is_empty()) {
            all.insert(name.to_owned(), values.into_iter().collect());
        }
    }
    evaluator.decided();
    all
}

/// Whether the default is one of the values. A made-up one is not: the file has none.
fn holds(values: &IndexSet<String>, name: &str, evaluator: &mut Evaluator) -> bool {
    let default = evaluator.variable(name).ok().and_then(|one| one.real());
    default.is_none_or(|default| values.contains(&default))
}

/// The condition of each `validation`, with its place: a block in HCL, a setting in JSON.
fn conditions(block: &Block) -> Vec<(Option<Expression>, Span)> {
    let is_validation = |inner: &&Inner| inner.kind.as_str() == "validation";
    let inner = block.inner.iter().filter(is_validation).map(|inner| {
        let mut settings = inner.settings.iter();
        let condition = settings.find(|setting| setting.name.as_str() == "condition");
        (
            condition.map(|setting| setting.value.clone()),
            inner.kind.span,
        )
    });
    let settings = block.settings.iter();
    let settings = settings.filter(|setting| setting.name.as_str() == "validation");
    let of_settings = settings.flat_map(|setting| {
        let each = match &setting.value {
            Expression::Array(items) => items.iter().collect(),
            one => vec![one],
        };
        let place = setting.name.span;
        each.into_iter().map(move |one| (condition_of(one), place))
    });
    inner.chain(of_settings).collect()
}

/// The condition of a validation in JSON: `{"condition": "${contains([\"a\"], X)}"}`.
fn condition_of(object: &Expression) -> Option<Expression> {
    let Expression::Object(fields) = object else {
        return None;
    };
    let is_it = |key: &ObjectKey| match key {
        ObjectKey::Identifier(name) => name.as_str() == "condition",
        ObjectKey::Expression(Expression::String(name)) => name == "condition",
        _ => false,
    };
    let mut fields = fields.iter();
    let (_, value) = fields.find(|(key, _)| is_it(key))?;
    let Expression::TemplateExpr(template) = value else {
        return Some(value.clone());
    };
    let template = Template::from_expr(template).ok()?;
    match template.elements() {
        [Element::Interpolation(inserted)] => Some(inserted.expr.clone()),
        _ => None,
    }
}

/// The values with which a condition holds: `contains([…], X)`, `X == "a"`, and several of these with `||`.
fn values_of(
    condition: &Expression,
    name: &str,
    evaluator: &mut Evaluator,
) -> Option<IndexSet<String>> {
    let is_it =
        |one: &Expression| matches!(plain(one), Expression::Variable(own) if own.as_str() == name);
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
