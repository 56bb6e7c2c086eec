//! `validation { condition = contains(["a", "b"], X) }`: the values that a variable may have.

use super::eval::Evaluator;
use super::limit::{Limit, limits};
use super::read::{Block, Inner};
use super::value::Value;
use crate::import::note::Notes;
use crate::text::Span;
use hcl::Expression;
use hcl::expr::ObjectKey;
use hcl::template::{Element, Template};
use indexmap::{IndexMap, IndexSet};

/// What the conditions of variables allow, by variable.
#[derive(Debug, Clone, Default)]
pub(super) struct Allowed {
    /// The only values.
    pub values: IndexMap<String, Vec<String>>,
    /// What each value must match.
    pub patterns: IndexMap<String, String>,
    /// The variables that must not be empty.
    pub filled: IndexSet<String>,
}

/// What the conditions allow, as far as a manifest can say it. Notes name the others.
pub(super) fn allowed(blocks: &[Block], evaluator: &mut Evaluator, notes: &mut Notes) -> Allowed {
    let mut all = Allowed::default();
    for block in blocks.iter().filter(|block| block.kind == "variable") {
        let name = block.label.as_str();
        for (condition, span) in conditions(block) {
            let found = condition.map(|one| limits(&one, name, evaluator));
            for limit in found.unwrap_or_else(|| vec![None]) {
                let limit = limit.filter(|limit| holds(limit, name, evaluator));
                if !limit.is_some_and(|limit| all.add(name, limit)) {
                    let help = "kiln's variables have `one-of` and `pattern` for this";
                    notes.left_out("validation", help, span);
                }
            }
        }
    }
    evaluator.decided();
    for name in &all.filled {
        let values = all.values.get_mut(name).into_iter();
        values.for_each(|values| values.retain(|value| !value.is_empty()));
    }
    all
}

impl Allowed {
    /// Adds what a condition says; whether a manifest can say it beside the others.
    fn add(&mut self, name: &str, limit: Limit) -> bool {
        match limit {
            Limit::Values(listed) => {
                let before = self.values.get(name);
                let is_known = |value: &String| before.is_none_or(|all| all.contains(value));
                let values: Vec<String> = listed.into_iter().filter(is_known).collect();
                let fits = !values.is_empty();
                if fits {
                    self.values.insert(name.to_owned(), values);
                }
                fits
            }
            Limit::Pattern(pattern) => match self.patterns.get(name) {
                Some(known) => *known == pattern,
                None => {
                    self.patterns.insert(name.to_owned(), pattern);
                    true
                }
            },
            Limit::Filled => {
                self.filled.insert(name.to_owned());
                true
            }
        }
    }
}

/// Whether the default is allowed. In a manifest, the empty text takes the place of null. A made-up default is not
/// looked at: the file has none.
fn holds(limit: &Limit, name: &str, evaluator: &mut Evaluator) -> bool {
    let value = evaluator.variable(name).ok();
    let null = value.as_ref().is_some_and(Value::is_null);
    let default = value.and_then(|one| one.real());
    let default = default.or(null.then(String::new));
    default.is_none_or(|default| limit.allows(&default))
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
