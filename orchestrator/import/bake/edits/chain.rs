//! Filters of a variable that do what an expression does.

use super::reader::Reader;
use hcl::expr::{Expression, TraversalOperator};
use hcl::template::{Element, Template};
use std::collections::HashMap;

/// The filters of the functions of a file, by name.
#[derive(Debug, Default)]
pub(super) struct Chains(HashMap<String, Vec<String>>);

impl Chains {
    /// Adds those of a function.
    pub fn add(&mut self, function: &str, chain: Option<Vec<String>>) {
        self.0
            .extend(chain.map(|chain| (function.to_owned(), chain)));
    }
}

impl Reader<'_> {
    /// The filters with which a variable, or what takes its place, becomes the text of an expression.
    pub(super) fn chain(&self, expression: &Expression) -> Option<Vec<String>> {
        match expression {
            Expression::Variable(_) => Some(Vec::new()),
            Expression::Parenthesis(inner) => self.chain(inner),
            Expression::TemplateExpr(template) => {
                let template = Template::from_expr(template).ok()?;
                match template.elements() {
                    [Element::Interpolation(only)] => self.chain(&only.expr),
                    _ => None,
                }
            }
            Expression::FuncCall(call) => self.of_call(call.name.name.as_str(), &call.args),
            Expression::Traversal(traversal) => match traversal.operators.as_slice() {
                [TraversalOperator::Index(index)] => self.part(&traversal.expr, index),
                [TraversalOperator::LegacyIndex(at)] => {
                    self.part(&traversal.expr, &Expression::from(*at))
                }
                // An item of a matrix may be any variable.
                [TraversalOperator::GetAttr(_)] => {
                    matches!(traversal.expr, Expression::Variable(_)).then(Vec::new)
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn of_call(&self, name: &str, args: &[Expression]) -> Option<Vec<String>> {
        let mark = |at: usize| args.get(at).and_then(|arg| self.written(arg));
        let filter = match name {
            "lower" | "upper" => name.to_owned(),
            "sanitize" => String::from("replace / _:replace . _"),
            "trimprefix" => format!("without {}", mark(1)?),
            "trimsuffix" => format!("without-end {}", mark(1)?),
            "replace" => {
                let with = args.get(2)?;
                let is_nothing = self.text(with).is_some_and(|text| text.is_empty());
                let with = if is_nothing {
                    String::new()
                } else {
                    self.written(with)?
                };
                format!("replace {} {with}", mark(1)?)
            }
            "regex_replace" => replaced(&self.text(args.get(1)?)?, &self.text(args.get(2)?)?)?,
            "substr" if self.text(args.get(1)?)? == "0" => {
                format!("first {}", self.text(args.get(2)?)?)
            }
            "element" => return self.part(args.first()?, args.get(1)?),
            _ => {
                let own = self.chains.0.get(name)?;
                let inner = self.chain(args.first()?)?;
                return Some([inner, own.clone()].concat());
            }
        };
        let mut chain = self.chain(args.first()?)?;
        chain.push(filter);
        Some(chain)
    }

    /// The filters for one part of a divided text.
    fn part(&self, list: &Expression, index: &Expression) -> Option<Vec<String>> {
        let Expression::FuncCall(call) = list else {
            return None;
        };
        let (mut by, mut divided) = (call.args.first()?, call.args.get(1));
        let mut is_last = !matches!(index, Expression::Number(_) | Expression::TemplateExpr(_));
        if call.name.name.as_str() == "reverse" {
            let Expression::FuncCall(inner) = by else {
                return None;
            };
            (by, divided) = (inner.args.first()?, inner.args.get(1));
            is_last = self.text(index)? == "0";
            if !is_last {
                return None;
            }
        } else if call.name.name.as_str() != "split" {
            return None;
        }
        let by = self.written(by)?;
        let mut chain = self.chain(divided?)?;
        match is_last {
            true => chain.push(format!("after-last {by}")),
            false => {
                let at: usize = self.text(index)?.parse().ok()?;
                chain.extend((0..at.min(8)).map(|_| format!("after {by}")));
                chain.push(format!("before {by}"));
            }
        }
        Some(chain)
    }

    /// A text as a filter can have it.
    fn written(&self, expression: &Expression) -> Option<String> {
        let text = self.mark(expression)?;
        let fits = |c: char| !c.is_whitespace() && !matches!(c, ':' | '{' | '}');
        text.chars().all(fits).then_some(text)
    }
}

/// The filters that keep the characters of a class, such as `[^a-zA-Z0-9.]`, and have a hyphen in the place of others.
fn kept(pattern: &str, with: &str) -> Option<String> {
    let class = pattern.strip_prefix("[^")?.strip_suffix(']')?;
    let class = class.replace("\\w", "a-zA-Z0-9_").replace('\\', "");
    let rest = ["a-z", "0-9"].iter().try_fold(class, |rest, range| {
        let at = rest.find(range)?;
        Some([&rest[..at], &rest[at + range.len()..]].concat())
    })?;
    let rest = rest.replacen("A-Z", "", 1);
    if with != "-" || !rest.chars().all(|c| matches!(c, '.' | '_' | '-')) {
        return None;
    }
    let others = ['.', '_'].into_iter().filter(|c| !rest.contains(*c));
    let others = others.map(|c| format!(":replace {c} -"));
    Some(String::from("slug") + &others.collect::<String>())
}

/// The filter that does what a regular expression does.
fn replaced(pattern: &str, with: &str) -> Option<String> {
    if let Some(filters) = kept(pattern, with) {
        return Some(filters);
    }
    let (start, end) = (pattern.strip_prefix('^'), pattern.strip_suffix('$'));
    let found = match (start, end, with) {
        (Some(start), None, "") => format!("without {}", plain(start)?),
        (None, None, "") => format!("before {}", plain(pattern.strip_suffix(".*")?)?),
        (None, Some(end), "") => match (end.strip_suffix(".*"), plain(end)) {
            (_, Some(end)) => format!("without-end {end}"),
            (Some(mark), _) => format!("before {}", plain(mark)?),
            (None, None) => format!("before-last {}", first(end)?),
        },
        (None, None, with) => format!("replace {} {with}", plain(pattern)?),
        _ => return None,
    };
    (!found.contains([':', '{', '}']) && found.matches(' ').count() <= 2).then_some(found)
}

/// The text that an expression matches, if it is only one.
fn plain(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => out.push(rest.next().filter(|c| !c.is_ascii_alphanumeric())?),
            '.' | '*' | '+' | '?' | '[' | ']' | '(' | ')' | '{' | '}' | '|' | '^' | '$' => {
                return None;
            }
            c if c.is_whitespace() => return None,
            c => out.push(c),
        }
    }
    (!out.is_empty()).then_some(out)
}

/// The first character that an expression matches, if it is only one.
fn first(pattern: &str) -> Option<char> {
    let mut rest = pattern.chars();
    let c = match rest.next()? {
        '\\' => rest.next().filter(|c| !c.is_ascii_alphanumeric())?,
        '[' => rest.next().filter(|_| rest.next() == Some(']'))?,
        c => c,
    };
    plain(&regex_syntax::escape(&c.to_string()))?.chars().next()
}
