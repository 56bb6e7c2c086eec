//! Texts that show what a file does to a variable, and the expressions that look for them.

use super::example;
use super::reader::Reader;
use super::walk::each;
use hcl::expr::{BinaryOp, BinaryOperator, Expression};
use indexmap::IndexSet;

/// How many texts are tried for one variable.
const MOST: usize = 16;

/// What separates the items of a list that a variable holds: it has one item in a manifest.
const LISTS: [&str; 4] = [",", ";", " ", "\n"];

/// A text that is cut where a file takes a part of it by its length.
const LONG: &str = "1234567890123456789012345678901234567890";

/// What is beside a text that a file looks for.
const BESIDE: [&str; 3] = ["28", "39", "46"];

/// A text that shows what a file does, in the place of a value that is like the default.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Shape {
    /// This text alone.
    Whole(String),
    /// This text before the value.
    Start(String),
    /// This text behind the value.
    End(String),
    /// This text between two values.
    Middle(String),
    /// So many numbers with this text between them.
    Parts(String, usize),
}

/// Texts of these shapes; `base` is a value that is written like the default.
pub(super) fn texts<'s>(shapes: impl Iterator<Item = &'s Shape>, base: &str) -> IndexSet<String> {
    let all = shapes.map(|shape| match shape {
        Shape::Whole(text) => text.clone(),
        Shape::Start(text) => format!("{text}{base}"),
        Shape::End(text) => format!("{base}{text}"),
        Shape::Middle(text) => format!("{base}{text}{}{text}{}", BESIDE[0], BESIDE[1]),
        Shape::Parts(text, count) => BESIDE.map(str::to_owned)[..*count].join(text),
    });
    all.filter(|text| !text.is_empty()).take(MOST).collect()
}

impl Reader<'_> {
    /// The shapes of texts that a function looks for.
    pub(super) fn looked_for(&self, name: &str, args: &[Expression]) -> Vec<Shape> {
        let mark = |at: usize| args.get(at).and_then(|arg| self.mark(arg));
        match name {
            "trimprefix" | "startswith" => mark(1).map(Shape::Start).into_iter().collect(),
            "trimsuffix" | "endswith" => mark(1).map(Shape::End).into_iter().collect(),
            "trim" => mark(1)
                .into_iter()
                .flat_map(|text| [Shape::Start(text.clone()), Shape::End(text)])
                .collect(),
            "replace" => mark(1).map(Shape::Middle).into_iter().collect(),
            "split" => mark(0)
                .filter(|by| !LISTS.contains(&by.as_str()))
                .into_iter()
                .flat_map(parts)
                .collect(),
            "regex" | "regexall" => mark(0).into_iter().flat_map(|all| matched(&all)).collect(),
            "regex_replace" => mark(1).into_iter().flat_map(|all| matched(&all)).collect(),
            "substr" | "strlen" => vec![Shape::Whole(LONG.to_owned())],
            "format" => mark(0)
                .filter(|text| text.contains("%."))
                .map(|_| Shape::Whole(LONG.to_owned()))
                .into_iter()
                .collect(),
            "equal" | "notequal" => self.equal(args),
            "contains" => {
                let Some(Expression::Array(items)) = args.first() else {
                    return Vec::new();
                };
                let texts = items.iter().filter_map(|item| self.mark(item));
                texts
                    .flat_map(|text| self.shapes_of(&text, &args[1..]))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// The shapes of texts at which an operator decides something else.
    pub(super) fn compared(&self, binary: &BinaryOp) -> Vec<Shape> {
        let both = [binary.lhs_expr.clone(), binary.rhs_expr.clone()];
        match binary.operator {
            BinaryOperator::Eq | BinaryOperator::NotEq => self.equal(&both),
            BinaryOperator::Less
            | BinaryOperator::LessEq
            | BinaryOperator::Greater
            | BinaryOperator::GreaterEq => {
                let number = both.iter().find_map(|one| self.text(one)?.parse().ok());
                let around = number.map(|number: f64| [number - 1.0, number, number + 1.0]);
                let around = around.into_iter().flatten();
                let around: Vec<String> = around.map(|one| one.to_string()).collect();
                around
                    .iter()
                    .flat_map(|text| self.shapes_of(text, &both))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// The shapes with which what is computed may be equal to a text.
    fn equal(&self, both: &[Expression]) -> Vec<Shape> {
        let is_plain = |one: &Expression| matches!(one, Expression::Variable(_));
        let texts = both.iter().filter_map(|one| self.text(one));
        let mut texts = texts.filter(|text| !text.is_empty());
        match texts.next().filter(|_| !both.iter().any(is_plain)) {
            Some(text) => self.shapes_of(&text, both),
            None => Vec::new(),
        }
    }

    /// The shapes with which an edit of these operands may make a text.
    fn shapes_of(&self, text: &str, operands: &[Expression]) -> Vec<Shape> {
        let mut all = vec![Shape::Whole(text.to_owned())];
        for operand in operands {
            each(operand, &mut |one| {
                let Expression::FuncCall(call) = one else {
                    return;
                };
                let mark = |at: usize| call.args.get(at).and_then(|arg| self.mark(arg));
                match (call.name.name.as_str(), mark(0), mark(1)) {
                    ("split", Some(by), _) => {
                        let [one, other, _] = BESIDE;
                        all.push(Shape::Whole([text, one, other].join(&by)));
                        all.push(Shape::Whole([one, text, other].join(&by)));
                    }
                    ("trimprefix", _, Some(start)) => {
                        all.push(Shape::Whole(start + text));
                    }
                    ("substr", ..) => all.push(Shape::Whole(format!("{text}{LONG}"))),
                    ("lower", ..) => all.push(Shape::Whole(text.to_uppercase())),
                    ("upper", ..) => all.push(Shape::Whole(text.to_lowercase())),
                    _ => {}
                }
            });
        }
        all
    }
}

/// Texts that are divided into few or many parts.
fn parts(by: String) -> Vec<Shape> {
    let some = (1..=BESIDE.len()).map(|count| Shape::Parts(by.clone(), count));
    some.chain([Shape::Middle(by.clone())]).collect()
}

/// Texts that match a regular expression, and one that looks like a version of another kind.
fn matched(pattern: &str) -> Vec<Shape> {
    let Some(examples) = example::examples(pattern) else {
        return Vec::new();
    };
    let shapes = examples.into_iter().flat_map(|text| {
        let all = [
            Shape::Whole(text.clone()),
            Shape::Start(text.clone()),
            Shape::End(text),
        ];
        all.into_iter()
    });
    shapes.chain([Shape::End(String::from("-rc1"))]).collect()
}
