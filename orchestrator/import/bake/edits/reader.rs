//! What single expressions of a file look for.

use super::Clues;
use super::Edits;
use super::chain::Chains;
use super::walk::each;
use crate::import::bake::place::Names;
use crate::import::bake::read::Block;
use hcl::expr::{Expression, Operation};
use hcl::template::{Element, Template};
use std::collections::HashMap;

/// Reads expressions of a file.
pub(super) struct Reader<'b> {
    /// By name, what variables are by default.
    pub(super) variables: HashMap<&'b str, Option<&'b Expression>>,
    pub(super) chains: Chains,
}

impl<'b> Reader<'b> {
    pub(super) fn new(blocks: &'b [Block]) -> Self {
        let variables = blocks.iter().filter(|block| block.kind == "variable");
        let default = |block: &'b Block| {
            let assigned = block.assigned.as_ref();
            let setting = assigned.or_else(|| block.get("default"));
            (block.label.as_str(), setting.map(|setting| &setting.value))
        };
        let mut reader = Self {
            variables: variables.map(default).collect(),
            chains: Chains::default(),
        };
        for block in blocks.iter().filter(|block| block.kind == "function") {
            if let Some(result) = block.get("result") {
                let chain = reader.chain(&result.value);
                reader.chains.add(block.label.as_str(), chain);
            }
        }
        reader
    }

    /// Adds what one expression looks for in its first operand.
    pub(super) fn read(&self, expression: &Expression, edits: &mut Edits) {
        let filters = self.chain(expression).filter(|chain| !chain.is_empty());
        if let Some(filters) = filters {
            self.add(expression, edits, |clues| {
                clues.filters.insert(filters.join(":"));
            });
        }
        match expression {
            Expression::FuncCall(call) => {
                let shapes = self.looked_for(call.name.name.as_str(), &call.args);
                let is_edit = is_edit(call.name.name.as_str());
                self.add(expression, edits, |clues| match is_edit {
                    true => clues.edited.extend(shapes.clone()),
                    false => clues.decided.extend(shapes.clone()),
                });
            }
            Expression::Operation(operation) => {
                if let Operation::Binary(binary) = operation.as_ref() {
                    let shapes = self.compared(binary);
                    self.add(expression, edits, |clues| {
                        clues.decided.extend(shapes.clone());
                    });
                }
            }
            _ => {}
        }
    }

    /// Adds to the variables that an expression names, or to all if it names anything else.
    fn add(&self, expression: &Expression, edits: &mut Edits, add: impl Fn(&mut Clues)) {
        let mut names = Names::new();
        match self.names(expression, &mut names) {
            true => names
                .into_iter()
                .for_each(|name| add(edits.by.entry(name).or_default())),
            false => add(&mut edits.any),
        }
    }

    /// The variables that an expression names, and those that these are made of; whether it names nothing else.
    fn names(&self, expression: &Expression, names: &mut Names) -> bool {
        let mut all = true;
        each(expression, &mut |one| {
            let Expression::Variable(name) = one else {
                return;
            };
            match self.variables.get(name.as_str()) {
                Some(default) if names.insert(name.as_str().to_owned()) => {
                    all &= default.is_none_or(|default| self.names(default, names));
                }
                Some(_) => {}
                None => all = false,
            }
        });
        all
    }

    /// The text of an expression that no variable but its default decides.
    pub(super) fn text(&self, expression: &Expression) -> Option<String> {
        match expression {
            Expression::String(text) => Some(text.clone()),
            Expression::Bool(truth) => Some(truth.to_string()),
            Expression::Number(number) => Some(number.as_f64()?.to_string()),
            Expression::Parenthesis(inner) => self.text(inner),
            Expression::TemplateExpr(template) => {
                let template = Template::from_expr(template).ok()?;
                match template.elements() {
                    [] => Some(String::new()),
                    [Element::Literal(text)] => Some(text.clone()),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The same, or the default of a variable.
    pub(super) fn mark(&self, expression: &Expression) -> Option<String> {
        match expression {
            Expression::Variable(name) => {
                let default = self.variables.get(name.as_str()).copied().flatten();
                self.text(default?)
            }
            _ => self.text(expression),
        }
        .filter(|text| !text.is_empty())
    }
}

/// Whether a function makes a text of a text, rather than to decide something.
fn is_edit(name: &str) -> bool {
    matches!(
        name,
        "trimprefix" | "trimsuffix" | "trim" | "replace" | "split" | "regex_replace" | "substr"
    )
}
