//! Evaluates expressions as HCL does, within a budget of steps and bytes, since a few lines of HCL can produce more
//! text than fits into memory. Nothing is evaluated that is not needed: neither a variable without a use, nor the
//! branch that a condition does not take.
//!
//! ```text
//! expression -> template, traverse, operate, each (loops), call (functions) -> global (variables, attributes of targets)
//! ```

mod call;
mod compared;
mod each;
mod global;
mod lenient;
mod local;
mod operate;
mod template;
mod traverse;

use super::defaults::Defaults;
use super::exact;
use super::place::{Decisions, How, Names, decisions, depends_on_time, is_timed, written};
use super::read::Block;
use super::stand_in::StandIns;
use super::value::{Data, Value, Values};
use crate::import::published::Made;
use global::Known;
pub(super) use global::{is_list, joined};
use hcl::expr::{BinaryOperator, Conditional, Expression, Object, ObjectKey, Operation};
use indexmap::{IndexMap, IndexSet};
pub(super) use local::Local;
use std::collections::HashMap;

/// What one setting may cost, in steps and bytes.
const SHARE: u64 = 1 << 20;

/// What all settings together may cost.
const ALL: u64 = 1 << 26;

/// How deep expressions may be nested, with those of the functions and variables that they name.
const DEEPEST: usize = 400;

/// What is said of everything that an import cannot know but the time of a run.
const TIMED: &str = "it depends on the time of the build";

/// What is said of what is computed from a made-up value.
const UNSET: &str = "it is computed from a variable without a value";

/// Why an expression cannot be evaluated.
#[derive(Debug, Clone)]
struct Fault {
    why: String,
    /// Whether `try` must not hide it.
    fatal: bool,
}

impl From<String> for Fault {
    fn from(why: String) -> Self {
        // bake can evaluate what kiln cannot, so `try` has no reason to take something else.
        let fatal = exact::is_inexact(&why);
        Self { why, fatal }
    }
}

impl From<&str> for Fault {
    fn from(why: &str) -> Self {
        why.to_owned().into()
    }
}

/// What a file compares its variables with.
#[derive(Debug, Clone, Default)]
pub(super) struct Compared {
    /// By variable, texts that decide something: those that it is compared with, and examples of what a function finds.
    pub samples: IndexMap<String, IndexSet<String>>,
    /// The same without the examples.
    pub texts: IndexMap<String, IndexSet<String>>,
    /// The same without the values of variables that it is compared with.
    pub literals: IndexMap<String, IndexSet<String>>,
    /// By variable, those that it is compared with.
    pub variables: IndexMap<String, IndexSet<String>>,
    /// The variables that are compared by size.
    pub sized: IndexSet<String>,
    /// The variables that are keys of a map: bake refuses all other values.
    pub keys: IndexSet<String>,
}

impl Compared {
    /// The texts that decide something in the place of a variable.
    pub fn get(&self, variable: &str) -> Option<&IndexSet<String>> {
        self.samples.get(variable)
    }

    /// Whether a value is one at which the file decides something about a variable.
    pub fn is_example(&self, variable: &str, value: &str) -> bool {
        self.get(variable).is_some_and(|all| all.contains(value))
    }

    /// The one variable that another one is compared with, if it is compared with nothing else.
    pub fn only(&self, name: &String) -> Option<&String> {
        let all = self.variables.get(name).filter(|all| all.len() == 1)?;
        let literals = self.literals.get(name);
        let is_free = literals.is_none_or(IndexSet::is_empty) && !self.sized.contains(name);
        all.first().filter(|other| is_free && *other != name)
    }

    /// The variables that are compared with one other variable and nothing else, each with that one, of which the file may
    /// know more.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> = Vec::new();
        for name in self.variables.keys() {
            let is_new = |other: &&String| !all.contains(&((*other).clone(), name.clone()));
            if let Some(other) = self.only(name).filter(is_new) {
                all.push((name.clone(), other.clone()));
            }
        }
        all
    }

    /// The texts that a variable is compared with, without those of variables of which each has a condition of its own.
    pub fn apart_from(&self, name: &str, pairs: &[(String, String)]) -> IndexSet<String> {
        let is_paired = |other: &String| {
            let both = |(one, with): &(String, String)| {
                (one == name && with == other) || (one == other && with == name)
            };
            pairs.iter().any(both)
        };
        let others = self.variables.get(name).into_iter().flatten();
        let from = match others.clone().count() > 0 && others.clone().all(is_paired) {
            true => &self.literals,
            false => &self.texts,
        };
        from.get(name).cloned().unwrap_or_default()
    }

    /// The same without the empty text in the place of a variable.
    pub fn filled(mut self, name: &str) -> Self {
        for all in [&mut self.samples, &mut self.texts, &mut self.literals] {
            if let Some(texts) = all.get_mut(name) {
                texts.shift_remove("");
                if texts.is_empty() {
                    all.shift_remove(name);
                }
            }
        }
        self
    }

    /// Adds a text that decides something in the place of a variable.
    pub fn add(&mut self, name: &str, text: &str) {
        for all in [&mut self.texts, &mut self.literals] {
            let known = all.entry(name.to_owned()).or_default();
            known.insert(text.to_owned());
        }
    }

    /// The number of its texts and pairs.
    pub fn count(&self) -> usize {
        let all = [&self.texts, &self.literals, &self.variables];
        all.iter()
            .flat_map(|all| all.values())
            .map(IndexSet::len)
            .sum()
    }

    /// Adds what else is compared.
    pub fn extend(&mut self, more: &Self) {
        let all = [
            (&mut self.samples, &more.samples),
            (&mut self.texts, &more.texts),
            (&mut self.literals, &more.literals),
            (&mut self.variables, &more.variables),
        ];
        for (own, more) in all {
            for (name, texts) in more {
                let known = own.entry(name.clone()).or_default();
                known.extend(texts.iter().cloned());
            }
        }
        self.sized.extend(more.sized.iter().cloned());
        self.keys.extend(more.keys.iter().cloned());
    }
}

/// Evaluates the expressions of a file.
pub(super) struct Evaluator<'a> {
    blocks: HashMap<(&'a str, &'a str), &'a Block>,
    known: HashMap<String, Known>,
    /// The variables and attributes that are being evaluated, and the functions that are being called.
    open: Vec<String>,
    /// The variables whose defaults decided something since the last call of [`Evaluator::decided`].
    decided: Decisions,
    /// Made-up values of variables.
    given: StandIns,
    /// The variables without a value that something could not be evaluated without.
    pub unset: Names,
    /// What variables have been compared with.
    pub compared: Compared,
    /// By name, the defaults of a manifest that are made of other variables, as those of the file are.
    pub composed: IndexMap<String, Made>,
    /// What is known of the defaults of variables.
    pub defaults: &'a Defaults,
    /// Keys of maps that follow variables, with their patterns, while they are names that a manifest may do without.
    keys: Option<IndexMap<String, String>>,
    /// Whether a divided text is a list that follows its variables as a whole.
    whole: bool,
    share: u64,
    all: u64,
    depth: usize,
}

impl<'a> Evaluator<'a> {
    /// An evaluator for the variables, functions and targets of these blocks; `given` are the values of some variables.
    pub fn new(blocks: &'a [Block], defaults: &'a Defaults, given: StandIns) -> Self {
        let named = |block: &'a Block| ((block.kind.as_str(), block.label.as_str()), block);
        Self {
            blocks: blocks.iter().map(named).collect(),
            known: HashMap::new(),
            open: Vec::new(),
            decided: Decisions::new(),
            given,
            unset: Names::new(),
            compared: Compared::default(),
            composed: IndexMap::new(),
            defaults,
            keys: None,
            whole: false,
            share: SHARE,
            all: ALL,
            depth: 0,
        }
    }

    /// The value of a setting. Items of a list or map that cannot be evaluated are unknown values in it; `Err` is the
    /// reason why the whole value cannot be evaluated.
    pub fn setting(&mut self, expression: &Expression, local: &Local) -> Result<Value, String> {
        self.share = SHARE;
        self.depth = 0;
        self.lenient(expression, local).map_err(|fault| fault.why)
    }

    /// The same for a setting that a manifest can have as one text with commas: a list of what is between the commas of a
    /// text has the pattern of this text.
    pub fn listed(&mut self, expression: &Expression, local: &Local) -> Result<Value, String> {
        let before = self.decided.clone();
        self.whole = true;
        let found = self.setting(expression, local);
        self.whole = false;
        let is_list = |value: &Value| value.pattern.is_some() && value.list().is_some();
        if found.as_ref().is_ok_and(is_list) {
            return found;
        }
        self.decided = before;
        self.setting(expression, local)
    }

    /// The same for a map whose keys are names that a manifest may do without: those that follow variables, with their
    /// patterns, decide nothing yet.
    pub fn keyed(
        &mut self,
        expression: &Expression,
        local: &Local,
    ) -> (Result<Value, String>, IndexMap<String, String>) {
        self.keys = Some(IndexMap::new());
        let found = self.setting(expression, local);
        (found, self.keys.take().unwrap_or_default())
    }

    /// The variables whose defaults decided something since the last call: what was computed does not follow them.
    pub fn decided(&mut self) -> Decisions {
        std::mem::take(&mut self.decided)
    }

    fn expression(&mut self, expression: &Expression, local: &Local) -> Result<Value, Fault> {
        self.charge(1)?;
        self.depth += 1;
        let found = match self.depth > DEEPEST {
            true => Err(Fault {
                why: String::from("it is nested too deeply"),
                fatal: true,
            }),
            false => self.one(expression, local),
        };
        self.depth -= 1;
        found
    }

    fn one(&mut self, expression: &Expression, local: &Local) -> Result<Value, Fault> {
        match expression {
            Expression::Null => Ok(Value::null()),
            Expression::Bool(truth) => Ok(Value::from(*truth)),
            Expression::Number(number) => {
                let (small, large) = (number.as_i64(), number.as_u64());
                Ok(exact::parsed(small, large, number.as_f64()))
            }
            Expression::String(text) => self.paid(Value::from(text.as_str())),
            Expression::Array(items) => {
                let items = items.iter().map(|item| self.expression(item, local));
                Ok(Value::from(items.collect::<Result<Vec<Value>, _>>()?))
            }
            Expression::Object(items) => self.object(items, local, Self::expression),
            Expression::TemplateExpr(template) => self.template_expr(template, local),
            Expression::Variable(name) => self.name(name.as_str(), local),
            Expression::Traversal(traversal) => self.traversal(traversal, local),
            Expression::FuncCall(call) => self.call(call, local, Self::expression),
            Expression::Parenthesis(inner) => self.expression(inner, local),
            Expression::Conditional(choice) => match self.chosen(choice, local)? {
                Ok(branch) => self.expression(branch, local),
                Err(unknown) => Ok(unknown),
            },
            Expression::Operation(operation) => self.operation(operation, local),
            Expression::ForExpr(each) => self.for_expr(each, local),
            _ => Err("kiln does not know expressions of this kind".into()),
        }
    }

    fn object(
        &mut self,
        items: &Object<ObjectKey, Expression>,
        local: &Local,
        of: fn(&mut Self, &Expression, &Local) -> Result<Value, Fault>,
    ) -> Result<Value, Fault> {
        let mut all = Values::new();
        for (key, item) in items {
            let key = match key {
                ObjectKey::Identifier(name) => name.as_str().to_owned(),
                // As in HCL, a bare name is the name itself.
                ObjectKey::Expression(Expression::Variable(name)) => name.as_str().to_owned(),
                ObjectKey::Expression(key) => {
                    let key = self.expression(key, local)?;
                    match self.key(&key)? {
                        Ok(text) => text,
                        Err(unknown) => return Ok(unknown),
                    }
                }
                _ => return Err("kiln does not know keys of this kind".into()),
            };
            let item = of(self, item, local)?;
            all.insert(key, item);
        }
        Ok(Value::from(all))
    }

    /// The text of a key; an unknown value if it is not known.
    fn key(&mut self, key: &Value) -> Result<Result<String, Value>, Fault> {
        let follows = key.pattern.as_ref().filter(|pattern| !is_timed(pattern));
        match (&mut self.keys, follows, key.real()) {
            (Some(keys), Some(pattern), Some(text)) => drop(keys.insert(text, pattern.clone())),
            _ => {
                if let Some(unknown) = self.fixed(&[key]) {
                    return Ok(Err(unknown));
                }
            }
        }
        let text = key.real().ok_or("a key of a map is not a string")?;
        Ok(Ok(text))
    }

    /// The branch that a condition takes; an unknown value if the condition is not known.
    fn chosen<'e>(
        &mut self,
        choice: &'e Conditional,
        local: &Local,
    ) -> Result<Result<&'e Expression, Value>, Fault> {
        let condition = self.expression(&choice.cond_expr, local)?;
        if let Some(unknown) = self.fixed(&[&condition]) {
            return Ok(Err(unknown));
        }
        match condition.truth() {
            Some(true) => Ok(Ok(&choice.true_expr)),
            Some(false) => Ok(Ok(&choice.false_expr)),
            None => Err(format!("a condition is {}, not a boolean", condition.kind()).into()),
        }
    }

    fn operation(&mut self, operation: &Operation, local: &Local) -> Result<Value, Fault> {
        match operation {
            Operation::Unary(unary) => {
                let value = self.expression(&unary.expr, local)?;
                match self.fixed(&[&value]) {
                    Some(unknown) => Ok(unknown),
                    None => Ok(operate::unary(unary.operator, &value)?),
                }
            }
            Operation::Binary(binary) => {
                let left = self.expression(&binary.lhs_expr, local)?;
                let right = self.expression(&binary.rhs_expr, local)?;
                if matches!(binary.operator, BinaryOperator::Eq | BinaryOperator::NotEq) {
                    self.compare(&left, &right);
                } else {
                    self.bound(binary.operator, &left, &right);
                }
                match self.fixed(&[&left, &right]) {
                    Some(unknown) => Ok(unknown),
                    None => Ok(operate::binary(binary.operator, &left, &right)?),
                }
            }
        }
    }

    /// Notes that something is computed from these values as they are, so that it does not follow the variables in
    /// them. Returns an unknown value if one of them is not known.
    fn fixed(&mut self, values: &[&Value]) -> Option<Value> {
        for value in values {
            if let Some(why) = value.unknown_part() {
                return Some(Value::unknown(why));
            }
            if depends_on_time(value) {
                return Some(Value::unknown(TIMED));
            }
            self.decided.extend(decisions(How::Fixed, value));
        }
        None
    }

    fn paid(&mut self, value: Value) -> Result<Value, Fault> {
        self.charge(value.weight())?;
        Ok(value)
    }

    fn charge(&mut self, cost: u64) -> Result<(), Fault> {
        let left = self.share.min(self.all).checked_sub(cost);
        // A setting that costs too much must not leave nothing for those after it.
        self.all = self.all.saturating_sub(cost.min(self.share));
        self.share = self.share.saturating_sub(cost);
        match left {
            Some(_) => Ok(()),
            None => Err(Fault {
                why: String::from("its result is too large to be imported"),
                fatal: true,
            }),
        }
    }
}

/// The value as HCL converts it to a type: `string`, `number`, `bool`; other types leave it as it is.
fn converted(value: Value, kind: &str) -> Result<Value, String> {
    let data = match kind {
        _ if value.is_null() || value.unknown_part().is_some() => return Ok(value),
        "string" => value.real().map(Data::Text),
        "number" if value.real().is_some_and(|text| exact::is_long(&text)) => {
            value.real().map(Data::Text)
        }
        "number" => value.number().map(Data::Number),
        "bool" => value.truth().map(Data::Bool),
        _ => return Ok(value),
    };
    let data = data.ok_or_else(|| format!("{} is not a {kind}", value.kind()))?;
    let same = Value::from(data.clone()).real() == value.real();
    match same {
        true => Ok(Value { data, ..value }),
        false => Ok(written(&Value { data, ..value })),
    }
}

#[cfg(test)]
mod tests;
