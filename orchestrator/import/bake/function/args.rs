//! The arguments of a call.

use crate::import::bake::place::{Decisions, How, decisions};
use crate::import::bake::value::{Value, Values};
use crate::import::published::Text;

/// The arguments of a call, and what the function reports besides its result.
pub struct Args {
    values: Vec<Value>,
    /// The name of the function.
    pub name: String,
    /// The variables whose defaults decided the result, where the function itself knows it best.
    pub decided: Decisions,
}

impl Args {
    /// Arguments for the function of this name.
    pub fn new(name: &str, values: Vec<Value>) -> Self {
        Self {
            values,
            name: name.to_owned(),
            decided: Decisions::new(),
        }
    }

    pub fn all(&self) -> &[Value] {
        &self.values
    }

    pub fn has(&self, at: usize) -> bool {
        at < self.values.len()
    }

    pub fn any(&self, at: usize) -> Result<&Value, String> {
        self.values.get(at).ok_or_else(|| self.missing(at))
    }

    /// A string, or what converts to one.
    pub fn text(&self, at: usize) -> Result<String, String> {
        let value = self.any(at)?;
        value.real().ok_or_else(|| self.wrong(at, "a string"))
    }

    /// The same with its pattern.
    pub fn pair(&self, at: usize) -> Result<Text, String> {
        let value = self.any(at)?;
        value.text().ok_or_else(|| self.wrong(at, "a string"))
    }

    pub fn number(&self, at: usize) -> Result<f64, String> {
        let value = self.any(at)?;
        value.number().ok_or_else(|| self.wrong(at, "a number"))
    }

    /// A whole number that is not negative.
    pub fn count(&self, at: usize) -> Result<usize, String> {
        let number = self.number(at)?;
        match number >= 0.0 && number.fract() == 0.0 && number < 1e9 {
            true => Ok(number as usize),
            false => Err(self.wrong(at, "a whole number that is not negative")),
        }
    }

    pub fn truth(&self, at: usize) -> Result<bool, String> {
        let value = self.any(at)?;
        value.truth().ok_or_else(|| self.wrong(at, "a boolean"))
    }

    pub fn list(&self, at: usize) -> Result<&Vec<Value>, String> {
        let value = self.any(at)?;
        value.list().ok_or_else(|| self.wrong(at, "a list"))
    }

    pub fn map(&self, at: usize) -> Result<&Values, String> {
        let value = self.any(at)?;
        value.map().ok_or_else(|| self.wrong(at, "a map"))
    }

    /// The texts of a list.
    pub fn texts(&self, at: usize) -> Result<Vec<String>, String> {
        let texts = self.list(at)?.iter().map(Value::real);
        let texts: Option<Vec<String>> = texts.collect();
        texts.ok_or_else(|| self.wrong(at, "a list of strings"))
    }

    /// Notes that the result does not follow the variables in a value.
    pub fn decide(&mut self, value: &Value) {
        self.decided.extend(decisions(How::Fixed, value));
    }

    fn wrong(&self, at: usize, wanted: &str) -> String {
        let kind = self.values.get(at).map_or("missing", Value::kind);
        format!("argument {} is {kind}, not {wanted}", at + 1)
    }

    fn missing(&self, at: usize) -> String {
        format!("argument {} is missing", at + 1)
    }
}
