//! What a file looks for in texts that it edits or decides by: texts with which an edit shows, and the filters of a
//! manifest that may do the same.
//!
//! ```text
//! trimprefix(V, "release-")     V: `release-17.28.39`, {var:V:without release-}
//! ```
//!
//! Only the expressions are read, since a default may lead past them. What is edited is often a parameter of a
//! function, or the item of a loop: then it may be any variable.

mod chain;
mod example;
pub(super) mod walk;

use super::place::Names;
use super::read::{Block, Setting};
use chain::Chains;
use hcl::expr::{BinaryOp, BinaryOperator, Expression, Operation};
use hcl::template::{Element, Template};
use indexmap::IndexSet;
use std::collections::HashMap;
pub(super) use walk::each;

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
enum Shape {
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

/// What a file does with one variable.
#[derive(Debug, Clone, Default)]
struct Clues {
    /// Texts that it edits.
    edited: IndexSet<Shape>,
    /// Texts that it decides by.
    decided: IndexSet<Shape>,
    /// Filters that may do the same.
    filters: IndexSet<String>,
}

/// What files look for in texts.
#[derive(Debug, Default)]
pub(super) struct Edits {
    by: HashMap<String, Clues>,
    /// In any variable.
    any: Clues,
}

impl Edits {
    /// What the expressions of these blocks look for.
    pub fn new(blocks: &[Block]) -> Self {
        let mut edits = Self::default();
        let reader = Reader::new(blocks);
        for (name, default) in &reader.variables {
            if let Some(Expression::Number(_)) = default {
                // bake reads a number, and writes it without zeros at its end.
                let clues = edits.by.entry((*name).to_owned()).or_default();
                clues.decided.insert(Shape::Whole(String::from("1.30")));
            }
        }
        let called = called(blocks);
        let is_used =
            |block: &&Block| block.kind != "function" || called.contains(block.label.as_str());
        for block in blocks.iter().filter(is_used) {
            for setting in settings(block) {
                each(&setting.value, &mut |one| reader.read(one, &mut edits));
            }
        }
        edits
    }

    /// Values of a variable with which an edit shows; `base` is one that is written like the default.
    pub fn edited(&self, name: &str, base: &str) -> IndexSet<String> {
        texts(self.of(name).flat_map(|clues| &clues.edited), base)
    }

    /// The same, and those with which the file may decide something else.
    pub fn all(&self, name: &str, base: &str) -> IndexSet<String> {
        let decided = self.of(name).flat_map(|clues| &clues.decided);
        let edited = self.of(name).flat_map(|clues| &clues.edited);
        texts(edited.chain(decided), base)
    }

    /// The filters that may edit a variable as the file does.
    pub fn filters(&self, name: &str) -> Vec<String> {
        let all = self.of(name).flat_map(|clues| &clues.filters);
        let all: IndexSet<String> = all.cloned().collect();
        all.into_iter().collect()
    }

    fn of(&self, name: &str) -> impl Iterator<Item = &Clues> {
        self.by.get(name).into_iter().chain([&self.any])
    }
}

fn texts<'s>(shapes: impl Iterator<Item = &'s Shape>, base: &str) -> IndexSet<String> {
    let all = shapes.map(|shape| match shape {
        Shape::Whole(text) => text.clone(),
        Shape::Start(text) => format!("{text}{base}"),
        Shape::End(text) => format!("{base}{text}"),
        Shape::Middle(text) => format!("{base}{text}{}{text}{}", BESIDE[0], BESIDE[1]),
        Shape::Parts(text, count) => BESIDE.map(str::to_owned)[..*count].join(text),
    });
    all.filter(|text| !text.is_empty()).take(MOST).collect()
}

/// Reads expressions of a file.
struct Reader<'b> {
    /// By name, what variables are by default.
    variables: HashMap<&'b str, Option<&'b Expression>>,
    chains: Chains,
}

impl<'b> Reader<'b> {
    fn new(blocks: &'b [Block]) -> Self {
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
    fn read(&self, expression: &Expression, edits: &mut Edits) {
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
    fn text(&self, expression: &Expression) -> Option<String> {
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
    fn mark(&self, expression: &Expression) -> Option<String> {
        match expression {
            Expression::Variable(name) => {
                let default = self.variables.get(name.as_str()).copied().flatten();
                self.text(default?)
            }
            _ => self.text(expression),
        }
        .filter(|text| !text.is_empty())
    }

    /// The shapes of texts that a function looks for.
    fn looked_for(&self, name: &str, args: &[Expression]) -> Vec<Shape> {
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

    fn compared(&self, binary: &BinaryOp) -> Vec<Shape> {
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

/// Whether a function makes a text of a text, rather than to decide something.
fn is_edit(name: &str) -> bool {
    matches!(
        name,
        "trimprefix" | "trimsuffix" | "trim" | "replace" | "split" | "regex_replace" | "substr"
    )
}

/// The functions that files call.
fn called(blocks: &[Block]) -> Names {
    let mut all = Names::new();
    for setting in blocks.iter().flat_map(settings) {
        each(&setting.value, &mut |one| {
            if let Expression::FuncCall(call) = one {
                all.insert(call.name.name.as_str().to_owned());
            }
        });
    }
    all
}

/// The settings of a block.
fn settings(block: &Block) -> impl Iterator<Item = &Setting> {
    let inner = block.inner.iter().flat_map(|inner| &inner.settings);
    block.settings.iter().chain(&block.assigned).chain(inner)
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

#[cfg(test)]
mod tests;
