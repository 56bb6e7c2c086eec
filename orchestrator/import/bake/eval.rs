//! Evaluates expressions within bounds. The size of the result is estimated before the evaluation, since a few lines
//! of HCL can produce more text than fits into memory.

use super::function;
use super::value::{Scopes, lookup};
use hcl::Value;
use hcl::eval::{Context, Evaluate};
use hcl::expr::{
    Expression, ForExpr, Object, ObjectKey, Operation, TemplateExpr, Traversal, TraversalOperator,
};
use hcl::template::{Directive, Element, Template};
use std::collections::BTreeSet;

/// The largest estimate that is evaluated, in bytes and steps.
const HEAVIEST: u64 = 1 << 20;

/// What an expression consists of.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// The variables that it names.
    pub names: BTreeSet<String>,
    /// Whether it chooses, computes or calls: its result for one value then does not apply to other values.
    pub computes: bool,
    weight: u64,
}

/// Evaluates an expression; `Err` is the reason why it cannot be evaluated.
pub(super) fn evaluate(expression: &Expression, scopes: Scopes) -> Result<Value, String> {
    let parts = parts(expression, scopes)?;
    if parts.weight > HEAVIEST {
        return Err(String::from("its result is too large to be imported"));
    }
    let mut context = Context::new();
    function::declare(&mut context);
    for (name, value) in parts
        .names
        .iter()
        .filter_map(|name| Some((name, lookup(scopes, name)?)))
    {
        context.declare_var(name.as_str(), value.clone());
    }
    expression.evaluate(&context).map_err(|error| {
        error
            .to_string()
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned()
    })
}

/// Analyses an expression.
pub(super) fn parts(expression: &Expression, scopes: Scopes) -> Result<Parts, String> {
    let mut walk = Walk {
        scopes,
        local: Vec::new(),
        parts: Parts::default(),
    };
    walk.parts.weight = walk.expression(expression)?;
    Ok(walk.parts)
}

struct Walk<'a> {
    scopes: Scopes<'a>,
    /// Variables of the enclosing loops, with their weight.
    local: Vec<(String, u64)>,
    parts: Parts,
}

impl Walk<'_> {
    fn all<'e>(
        &mut self,
        expressions: impl IntoIterator<Item = &'e Expression>,
    ) -> Result<u64, String> {
        expressions.into_iter().try_fold(8u64, |sum, expression| {
            Ok(sum.saturating_add(self.expression(expression)?))
        })
    }

    fn expression(&mut self, expression: &Expression) -> Result<u64, String> {
        match expression {
            Expression::String(text) => Ok(text.len() as u64 + 8),
            Expression::Array(items) => self.all(items),
            Expression::Object(items) => self.object(items),
            Expression::TemplateExpr(template) => self.template_expr(template),
            Expression::Variable(name) => Ok(self.name(name.as_str())),
            Expression::Traversal(traversal) => self.traversal(traversal),
            Expression::FuncCall(call) => {
                self.parts.computes = true;
                let weights = call
                    .args
                    .iter()
                    .map(|arg| self.expression(arg))
                    .collect::<Result<Vec<u64>, _>>()?;
                Ok(function::weight(call.name.name.as_str(), &weights))
            }
            Expression::Parenthesis(inner) => self.expression(inner),
            Expression::Conditional(choice) => {
                self.parts.computes = true;
                self.all([&choice.cond_expr, &choice.true_expr, &choice.false_expr])
            }
            Expression::Operation(operation) => {
                self.parts.computes = true;
                match operation.as_ref() {
                    Operation::Unary(unary) => self.expression(&unary.expr),
                    Operation::Binary(binary) => self.all([&binary.lhs_expr, &binary.rhs_expr]),
                }
            }
            Expression::ForExpr(each) => self.for_expr(each),
            _ => Ok(8),
        }
    }

    fn object(&mut self, items: &Object<ObjectKey, Expression>) -> Result<u64, String> {
        let keys = items.keys().filter_map(|key| match key {
            ObjectKey::Expression(key) => Some(key),
            _ => None,
        });
        Ok(self
            .all(keys)?
            .saturating_add(self.all(items.values())?)
            .saturating_add(16 * items.len() as u64))
    }

    fn traversal(&mut self, traversal: &Traversal) -> Result<u64, String> {
        let indexes = traversal
            .operators
            .iter()
            .filter_map(|operator| match operator {
                TraversalOperator::Index(index) => Some(index),
                _ => None,
            });
        self.all(std::iter::once(&traversal.expr).chain(indexes))
    }

    fn for_expr(&mut self, each: &ForExpr) -> Result<u64, String> {
        let names = each
            .key_var
            .iter()
            .chain([&each.value_var])
            .map(|name| name.as_str().to_owned())
            .collect();
        let body = each
            .key_expr
            .iter()
            .chain([&each.value_expr])
            .chain(&each.cond_expr);
        self.each(&each.collection_expr, names, |walk| walk.all(body))
    }

    /// The weight of a body that runs once for each item of the collection.
    fn each(
        &mut self,
        collection: &Expression,
        names: Vec<String>,
        body: impl FnOnce(&mut Self) -> Result<u64, String>,
    ) -> Result<u64, String> {
        self.parts.computes = true;
        let weight = self.expression(collection)?;
        let outer = self.local.len();
        self.local
            .extend(names.into_iter().map(|name| (name, weight)));
        let once = body(self);
        self.local.truncate(outer);
        Ok(once?.saturating_mul(weight))
    }

    fn name(&mut self, name: &str) -> u64 {
        if let Some((_, weight)) = self.local.iter().rev().find(|(local, _)| local == name) {
            return *weight;
        }
        self.parts.names.insert(name.to_owned());
        lookup(self.scopes, name).map_or(8, weigh)
    }

    fn template_expr(&mut self, template: &TemplateExpr) -> Result<u64, String> {
        let template = Template::from_expr(template).map_err(|error| {
            error
                .to_string()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned()
        })?;
        self.template(&template)
    }

    fn template(&mut self, template: &Template) -> Result<u64, String> {
        template.elements().iter().try_fold(8u64, |sum, element| {
            Ok(sum.saturating_add(self.element(element)?))
        })
    }

    fn element(&mut self, element: &Element) -> Result<u64, String> {
        match element {
            Element::Literal(text) => Ok(text.len() as u64),
            Element::Interpolation(inner) => self.expression(&inner.expr),
            Element::Directive(directive) => match directive.as_ref() {
                Directive::If(choice) => {
                    self.parts.computes = true;
                    let condition = self.expression(&choice.cond_expr)?;
                    let branches = [Some(&choice.true_template), choice.false_template.as_ref()]
                        .into_iter()
                        .flatten();
                    branches.into_iter().try_fold(condition, |sum, branch| {
                        Ok(sum.saturating_add(self.template(branch)?))
                    })
                }
                Directive::For(each) => {
                    let names = each
                        .key_var
                        .iter()
                        .chain([&each.value_var])
                        .map(|name| name.as_str().to_owned())
                        .collect();
                    self.each(&each.collection_expr, names, |walk| {
                        walk.template(&each.template)
                    })
                }
            },
        }
    }
}

/// The estimated size of a value.
fn weigh(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.len() as u64 + 8,
        Value::Array(items) => items.iter().map(weigh).fold(8, u64::saturating_add),
        Value::Object(items) => items
            .iter()
            .map(|(key, value)| key.len() as u64 + 16 + weigh(value))
            .fold(8, u64::saturating_add),
        _ => 8,
    }
}
