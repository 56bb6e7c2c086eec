//! Texts that are made of variables, as a manifest can write them.
//!
//! ```text
//! "${lower(NAME)}-${split(".", V)[0]}"     {var:NAME:lower}-{var:V:before .}
//! ```

use super::reader::Reader;
use super::walk::each;
use crate::import::bake::place::{Names, variable};
use crate::import::bake::read::Block;
use crate::import::bake::used::sources;
use crate::import::published::Made;
use crate::import::write::literal;
use hcl::expr::{Expression, FuncCall, TemplateExpr};
use hcl::template::{Element, Template};
use indexmap::IndexMap;

/// By variable, a default that may do the same as that of the file, where that computes something from others.
pub fn defaults(blocks: &[Block]) -> IndexMap<String, Made> {
    let reader = Reader::new(blocks);
    let variables = blocks.iter().filter(|block| block.kind == "variable");
    let of = |block: &Block| {
        let name = block.label.as_str();
        let default = reader.variables.get(name).copied().flatten()?;
        let made = reader.made(default)?;
        // What no run can set has no default: conditions are at the texts.
        let is_variable = !block.bare || made.others.is_empty();
        let names_others = is_variable && sources(&made).next().is_some();
        names_others.then(|| (name.to_owned(), made))
    };
    variables.filter_map(of).collect()
}

impl Reader<'_> {
    /// The pattern of a text.
    pub(super) fn pattern(&self, expression: &Expression) -> Option<String> {
        match expression {
            Expression::Parenthesis(inner) => self.pattern(inner),
            Expression::TemplateExpr(template) => self.template(template),
            Expression::FuncCall(call) => match call.name.name.as_str() {
                "format" => self.formatted(call),
                "join" => self.joined(call),
                _ => self.edited(expression),
            },
            _ => match self.text(expression) {
                Some(text) => Some(literal(&text)),
                None => self.edited(expression),
            },
        }
    }

    fn template(&self, template: &TemplateExpr) -> Option<String> {
        let template = Template::from_expr(template).ok()?;
        let parts = template.elements().iter().map(|element| match element {
            Element::Literal(text) => Some(literal(text)),
            Element::Interpolation(inserted) => self.pattern(&inserted.expr),
            Element::Directive(_) => None,
        });
        parts.collect()
    }

    /// The arguments of `format` in the place of each `%s`.
    fn formatted(&self, call: &FuncCall) -> Option<String> {
        let (format, args) = call.args.split_first()?;
        let format = self.text(format)?;
        let mut parts = format.split("%s").map(literal);
        if parts.clone().count() != args.len() + 1 || format.replace("%s", "").contains('%') {
            return None;
        }
        let mut out = parts.next()?;
        for (arg, part) in args.iter().zip(parts) {
            out.push_str(&self.pattern(arg)?);
            out.push_str(&part);
        }
        Some(out)
    }

    fn joined(&self, call: &FuncCall) -> Option<String> {
        let [by, Expression::Array(items)] = call.args.as_slice() else {
            return None;
        };
        let parts: Option<Vec<String>> = items.iter().map(|item| self.pattern(item)).collect();
        Some(parts?.join(&literal(&self.text(by)?)))
    }

    /// The only variable in an expression, with the filters that edit it.
    fn edited(&self, expression: &Expression) -> Option<String> {
        let filters = self.chain(expression)?;
        let mut names = Names::new();
        each(expression, &mut |one| {
            if let Expression::Variable(name) = one {
                names.insert(name.as_str().to_owned());
            }
        });
        let name = names.pop_first().filter(|_| names.is_empty())?;
        self.variables.contains_key(name.as_str()).then_some(())?;
        let place = [vec![name], filters].concat().join(":");
        Some(variable(&place))
    }
}
