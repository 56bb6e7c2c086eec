//! Texts of which conditions pick one, as a manifest can write them.
//!
//! ```text
//! BRANCH == "main" ? "latest" : BRANCH     {var:BRANCH}; when var:BRANCH="main" latest
//! ```

use super::reader::Reader;
use crate::import::bake::place::variable;
use crate::import::published::{Made, When};
use crate::import::write::literal;
use hcl::expr::{BinaryOperator, Conditional, Expression, Operation, UnaryOperator};
use hcl::template::{Element, Template};

/// How many texts a default may have.
const MOST: usize = 8;

/// Texts, each with its condition: the last one that holds counts. The first one always holds.
type Choice = Vec<(When, String)>;

impl Reader<'_> {
    /// The default that does the same as an expression.
    pub(super) fn made(&self, expression: &Expression) -> Option<Made> {
        let mut all = self.choice(expression)?.into_iter();
        let (_, default) = all.next()?;
        let mut others: Choice = Vec::new();
        for (when, text) in all {
            // What differs from nothing before it changes nothing.
            let is_new = |known: &String| *known != text;
            if is_new(&default) || others.iter().any(|(_, known)| is_new(known)) {
                others.push((when, text));
            }
        }
        Some(Made { default, others })
    }

    fn choice(&self, expression: &Expression) -> Option<Choice> {
        let all = match expression {
            Expression::Parenthesis(inner) => self.choice(inner)?,
            Expression::Conditional(choice) => self.conditional(choice)?,
            Expression::TemplateExpr(template) => {
                let template = Template::from_expr(template).ok()?;
                self.parts(template.elements())?
            }
            _ => match self.pattern(expression) {
                Some(pattern) => vec![(When::default(), pattern)],
                None => self.truth(expression)?,
            },
        };
        (all.len() <= MOST).then_some(all)
    }

    fn conditional(&self, choice: &Conditional) -> Option<Choice> {
        let mut all = self.choice(&choice.false_expr)?;
        let whens = self.whens(&choice.cond_expr, true)?;
        for (inner, text) in self.choice(&choice.true_expr)? {
            let whens = whens.iter().filter_map(|when| both(when, &inner));
            all.extend(whens.map(|when| (when, text.clone())));
        }
        Some(all)
    }

    /// The texts that parts of a template make together.
    fn parts(&self, elements: &[Element]) -> Option<Choice> {
        let mut all = vec![(When::default(), String::new())];
        for element in elements {
            let next = match element {
                Element::Literal(text) => vec![(When::default(), literal(text))],
                Element::Interpolation(inserted) => self.choice(&inserted.expr)?,
                Element::Directive(_) => return None,
            };
            let with = |(when, start): &(When, String)| {
                let ends = next.iter();
                let ends = ends.filter_map(|(own, end)| Some((both(when, own)?, end)));
                ends.map(|(when, end)| (when, format!("{start}{end}")))
                    .collect::<Choice>()
            };
            all = all.iter().flat_map(with).collect();
            (all.len() <= MOST).then_some(())?;
        }
        Some(all)
    }

    /// The two texts of a truth.
    fn truth(&self, expression: &Expression) -> Option<Choice> {
        let is_truth = match expression {
            Expression::Operation(_) => true,
            Expression::FuncCall(call) => matches!(call.name.name.as_str(), "equal" | "notequal"),
            _ => false,
        };
        let whens = self.whens(expression, true).filter(|_| is_truth)?;
        let truths = whens.into_iter().map(|when| (when, String::from("true")));
        let first = (When::default(), String::from("false"));
        Some(std::iter::once(first).chain(truths).collect())
    }

    /// The conditions of which one holds where an expression is true, or false.
    fn whens(&self, expression: &Expression, wanted: bool) -> Option<Vec<When>> {
        match expression {
            Expression::Parenthesis(inner) => self.whens(inner, wanted),
            Expression::Bool(truth) => Some(match *truth == wanted {
                true => vec![When::default()],
                false => Vec::new(),
            }),
            Expression::Variable(name) => {
                self.variables.contains_key(name.as_str()).then_some(())?;
                let patterns = vec![wanted.to_string()];
                Some(vec![When::of_variable(name.as_str(), patterns)])
            }
            Expression::Operation(operation) => match operation.as_ref() {
                Operation::Unary(one) if one.operator == UnaryOperator::Not => {
                    self.whens(&one.expr, !wanted)
                }
                Operation::Unary(_) => None,
                Operation::Binary(two) => {
                    let sides = (&two.lhs_expr, &two.rhs_expr);
                    match two.operator {
                        BinaryOperator::Eq => self.alike(sides, wanted),
                        BinaryOperator::NotEq => self.alike(sides, !wanted),
                        BinaryOperator::And => self.joined_whens(sides, wanted, wanted),
                        BinaryOperator::Or => self.joined_whens(sides, wanted, !wanted),
                        _ => None,
                    }
                }
            },
            Expression::FuncCall(call) => match (call.name.name.as_str(), call.args.as_slice()) {
                ("equal", [one, other]) => self.alike((one, other), wanted),
                ("notequal", [one, other]) => self.alike((one, other), !wanted),
                _ => None,
            },
            _ => None,
        }
    }

    /// The conditions of two expressions: where both hold, or one of them does.
    fn joined_whens(
        &self,
        (one, other): (&Expression, &Expression),
        wanted: bool,
        is_both: bool,
    ) -> Option<Vec<When>> {
        let (one, other) = (self.whens(one, wanted)?, self.whens(other, wanted)?);
        Some(match is_both {
            true => {
                let pairs = one
                    .iter()
                    .flat_map(|one| other.iter().map(move |other| (one, other)));
                pairs.filter_map(|(one, other)| both(one, other)).collect()
            }
            false => [one, other].concat(),
        })
    }

    /// The condition for a variable that is the same as a text or as another variable, or is not.
    fn alike(&self, (one, other): (&Expression, &Expression), wanted: bool) -> Option<Vec<When>> {
        let name = |expression: &Expression| match expression {
            Expression::Variable(name) if self.variables.contains_key(name.as_str()) => {
                Some(name.as_str().to_owned())
            }
            _ => None,
        };
        let value = |expression: &Expression| match expression {
            // In a manifest, the empty text takes the place of null.
            Expression::Null => Some(String::new()),
            _ => match name(expression) {
                Some(name) => Some(variable(&name)),
                None => self.text(expression).map(|text| literal(&text)),
            },
        };
        let of = |one: &Expression, other: &Expression| Some((name(one)?, value(other)?));
        let (name, text) = of(one, other).or_else(|| of(other, one))?;
        // These have another meaning in a pattern.
        let is_plain = !text.contains('*') && !text.starts_with(['!', '<', '>']);
        let sign = if wanted { "" } else { "!" };
        is_plain.then(|| vec![When::of_variable(&name, vec![format!("{sign}{text}")])])
    }
}

/// The condition that holds where two do; nothing if none can.
fn both(one: &When, other: &When) -> Option<When> {
    let mut all = one.clone();
    for (name, patterns) in &other.0 {
        let known = all.0.iter_mut().find(|(known, _)| known == name);
        let Some((_, known)) = known else {
            all.0.push((name.clone(), patterns.clone()));
            continue;
        };
        let is_no = |pattern: &String| pattern.starts_with('!');
        let refused = |all: &[String], text: &String| all.contains(&format!("!{text}"));
        match (known.iter().any(is_no), patterns.iter().any(is_no)) {
            (false, false) => known.retain(|text| patterns.contains(text)),
            (false, true) => known.retain(|text| !refused(patterns, text)),
            (true, false) => {
                let left = patterns.iter().filter(|text| !refused(known, text));
                *known = left.cloned().collect();
            }
            (true, true) => {
                let new = patterns.iter().filter(|text| !known.contains(text));
                let new: Vec<String> = new.cloned().collect();
                known.extend(new);
            }
        }
        (!known.is_empty()).then_some(())?;
    }
    Some(all)
}
