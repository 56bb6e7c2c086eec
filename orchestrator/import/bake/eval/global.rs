//! Names of the file: variables, and the attributes of targets and groups.

use super::{Evaluator, Fault, Local, converted};
use crate::import::bake::place::{Decisions, places, variable, variable_of};
use crate::import::bake::read::Block;
use crate::import::bake::stand_in::is_made_up;
use crate::import::bake::value::{Data, Value, Values};
use crate::import::published::Made;
use crate::text::Shown;
use hcl::Expression;

/// The variables that bake itself declares, with their values if the file is in the workspace.
const BUILT_IN: [(&str, &str); 2] = [
    ("BAKE_CMD_CONTEXT", "cwd://"),
    ("BAKE_LOCAL_PLATFORM", "linux/amd64"),
];

/// The longest name of a variable, in bytes.
const LONGEST: usize = 100;

/// A variable that has been evaluated.
#[derive(Debug, Clone)]
pub(super) struct Known {
    value: Result<Value, Fault>,
    /// The variables whose defaults decided it.
    decided: Decisions,
}

impl Evaluator<'_> {
    /// The value of a variable, by name.
    pub fn variable(&mut self, name: &str) -> Result<Value, String> {
        self.share = super::SHARE;
        self.global(name).map_err(|fault| fault.why)
    }

    pub(super) fn name(&mut self, name: &str, local: &Local) -> Result<Value, Fault> {
        let value = match local.get(name) {
            Some(value) => value.clone(),
            None => {
                let value = self.global(name)?;
                self.whole_list(name, value)
            }
        };
        self.paid(value)
    }

    fn global(&mut self, name: &str) -> Result<Value, Fault> {
        if let Some(known) = self.known.get(name) {
            self.decided.extend(known.decided.iter().cloned());
            return known.value.clone();
        }
        let Some(block) = self.blocks.get(&("variable", name)).copied() else {
            let built_in = BUILT_IN.iter().find(|(known, _)| *known == name);
            let unknown = || format!("no variable `{}` is declared", name.shown());
            return Ok(Value::from(built_in.ok_or_else(unknown)?.1));
        };
        let around = std::mem::take(&mut self.decided);
        let whole = std::mem::take(&mut self.whole);
        let value = self.opened(name, |this| this.default_of(block));
        self.whole = whole;
        let mut decided = std::mem::replace(&mut self.decided, around);
        let is_given = self.given.contains_key(name);
        let made = self.defaults.made.get(name).filter(|_| !is_given);
        let value = match (decided.is_empty(), made) {
            (true, _) => value.map(|value| self.composed(value, block, None)),
            (false, Some(made)) => value.map(|value| {
                let value = self.composed(value, block, Some(made));
                if self.composed.contains_key(name) {
                    decided.clear();
                }
                value
            }),
            (false, None) => value,
        };
        self.decided.extend(decided.iter().cloned());
        let known = Known {
            value: value.clone(),
            decided,
        };
        self.known.insert(name.to_owned(), known);
        value
    }

    /// Evaluates something by name; names that lead back to themselves are an error.
    pub(super) fn opened(
        &mut self,
        name: &str,
        of: impl FnOnce(&mut Self) -> Result<Value, Fault>,
    ) -> Result<Value, Fault> {
        if self.open.iter().any(|open| open == name) {
            let ring: Vec<&str> = self.open.iter().map(String::as_str).collect();
            let ring = ring.iter().skip_while(|open| **open != name);
            let ring: Vec<String> = ring.map(|open| format!("`{open}`")).collect();
            return Err(match ring.as_slice() {
                [one] => format!("{one} depends on itself"),
                all => format!("{} depend on each other", all.join(", ")),
            }
            .into());
        }
        self.open.push(name.to_owned());
        let found = of(self);
        self.open.pop();
        found
    }

    /// A value from outside, which bake converts to the type of the variable, or else to that of its default.
    fn of_kind(&mut self, value: Value, block: &Block) -> Result<Value, Fault> {
        Ok(match self.kind(block) {
            Some(kind) => converted(value, kind)?,
            None => value,
        })
    }

    /// The type to which bake converts a value of a variable from outside, if the file gives it one.
    pub fn kind<'b>(&mut self, block: &'b Block) -> Option<&'b str> {
        if let Some(Expression::Variable(kind)) = block.get("type").map(|kind| &kind.value) {
            return Some(kind.as_str());
        }
        match block.get("default").map(|default| &default.value)? {
            Expression::Bool(_) => Some("bool"),
            Expression::Number(_) => Some("number"),
            Expression::String(_) | Expression::Null | Expression::Array(_) => None,
            default => self.kind_of(default),
        }
    }

    /// The type of what a default computes.
    fn kind_of(&mut self, default: &Expression) -> Option<&'static str> {
        let (decided, compared) = (self.decided.clone(), self.compared.clone());
        let none = Values::new();
        let value = self.expression(default, &Local::new(&none));
        (self.decided, self.compared) = (decided, compared);
        match value.ok()?.data {
            Data::Bool(_) => Some("bool"),
            Data::Number(_) => Some("number"),
            _ => None,
        }
    }

    fn default_of(&mut self, block: &Block) -> Result<Value, Fault> {
        if let Some(given) = self.given.get(block.label.as_str()) {
            let value = Value::from(given.as_str());
            if is_made_up(given) {
                return Ok(self.placed(value, block));
            }
            if is_list(block) {
                return Ok(self.items(given, block));
            }
            let value = self.of_kind(value, block)?;
            return Ok(self.placed(value, block));
        }
        // The type converts what a default or the environment has, and no assigned value.
        let kind = block.get("type").filter(|_| block.assigned.is_none());
        let kind = kind.map(|setting| &setting.value);
        let default = block.assigned.as_ref().or_else(|| block.get("default"));
        let value = match (default, kind) {
            (None, None) => Value::from(""),
            (None, Some(_)) => Value::null(),
            (Some(default), _) => {
                let none = Values::new();
                self.lenient(&default.value, &Local::new(&none))?
            }
        };
        let value = match kind {
            Some(Expression::Variable(kind)) => converted(value, kind.as_str())?,
            _ => value,
        };
        if let Some(text) = joined(&value).filter(|_| is_list(block)) {
            return Ok(self.items(&text, block));
        }
        Ok(self.placed(value, block))
    }

    /// The list of texts that a variable with this value is, as bake divides one from outside. One item follows the variable.
    fn items(&self, text: &str, block: &Block) -> Value {
        let all = text.split(',').filter(|_| !text.is_empty());
        let mut all: Vec<Value> = all.map(Value::from).collect();
        if let [only] = all.as_mut_slice() {
            *only = self.placed(only.clone(), block);
        }
        Value::from(all)
    }

    /// The same with the variable in its place, where a list may be one text with commas.
    fn whole_list(&self, name: &str, value: Value) -> Value {
        let block = self.blocks.get(&("variable", name));
        let is_it = self.whole && block.is_some_and(|block| is_list(block));
        let is_inlined = self.defaults.inlined.contains(name);
        match is_it && !is_inlined && is_named(name) && joined(&value).is_some() {
            true => value.placed(variable(name)),
            false => value,
        }
    }

    /// The value of a variable that kiln can have, with its placeholder. One whose default is made from other variables
    /// follows these.
    fn placed(&self, value: Value, block: &Block) -> Value {
        let name = block.label.as_str();
        let is_inlined = self.defaults.inlined.contains(name);
        match value.data {
            _ if value.pattern.is_some() || is_inlined || !is_named(name) => value,
            Data::Null if block.bare => value,
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) => {
                value.placed(variable(name))
            }
            Data::List(_) | Data::Map(_) | Data::Unknown(_) => value,
        }
    }

    /// The value of a variable whose default only inserts others, or edits them as filters do, or is one of several texts:
    /// the manifest's default can do that, too. It is a text that names are not taken apart for, and no list.
    fn composed(&mut self, value: Value, block: &Block, made: Option<&Made>) -> Value {
        let name = block.label.as_str();
        let own = value.pattern.as_ref().filter(|own| **own != variable(name));
        let own = own.map(|own| Made {
            default: own.clone(),
            others: Vec::new(),
        });
        let Some(made) = made.cloned().or(own) else {
            return value;
        };
        let is_decided = !made.others.is_empty();
        let is_text = matches!(value.data, Data::Text(_));
        let Some(text) = value.real().filter(|_| is_text || is_decided) else {
            return value;
        };
        let is_whole = self.defaults.names.contains(name) && is_reference(&text);
        let is_one = !text.contains([',', '\n']) && !is_made_up(&text);
        let is_filled = |place: &str| {
            let inserted = variable_of(place).and_then(|name| self.known.get(name));
            let value = inserted.and_then(|known| known.value.as_ref().ok());
            let text = value.and_then(Value::real);
            text.is_some_and(|text| !text.is_empty() && !is_made_up(&text))
        };
        let is_filled = is_decided || !text.is_empty() && places(&made.default).all(is_filled);
        if !is_one || is_whole || !is_filled || !is_named(name) {
            return value;
        }
        self.composed.insert(name.to_owned(), made);
        value.placed(variable(name))
    }

    /// Whether a name is that of blocks, and not of a variable.
    pub(super) fn names_blocks(&self, kind: &str, local: &Local) -> bool {
        matches!(kind, "target" | "group")
            && local.get(kind).is_none()
            && !self.blocks.contains_key(&("variable", kind))
    }

    pub(super) fn block_attribute(
        &mut self,
        kind: &str,
        label: &str,
        attribute: &str,
    ) -> Result<Value, Fault> {
        let missing = || format!("no {kind} `{}` is declared", label.shown());
        let block = *self.blocks.get(&(kind, label)).ok_or_else(missing)?;
        if attribute == "name" && block.get("name").is_none() {
            return Ok(Value::from(label));
        }
        let without = || format!("{kind} `{}` has no `{attribute}`", label.shown());
        let setting = block.get(attribute).ok_or_else(without)?;
        self.opened(&format!("{kind}.{label}.{attribute}"), |this| {
            let none = Values::new();
            this.expression(&setting.value, &Local::new(&none))
        })
    }
}

/// Whether a variable is a list of texts by its type: from outside, bake takes one text with commas.
pub(in crate::import::bake) fn is_list(block: &Block) -> bool {
    let kind = block.get("type").map(|kind| &kind.value);
    let Some(Expression::FuncCall(call)) = kind.filter(|_| block.assigned.is_none()) else {
        return false;
    };
    let is_text =
        |one: &Expression| matches!(one, Expression::Variable(kind) if kind.as_str() == "string");
    call.name.name.as_str() == "list" && call.args.len() == 1 && call.args.iter().all(is_text)
}

/// A list of texts as one text with commas, if it is not empty and can be one.
pub(in crate::import::bake) fn joined(value: &Value) -> Option<String> {
    let items = value.list()?.iter().map(|item| match &item.data {
        Data::Text(text) => Some(text.as_str()),
        _ => None,
    });
    let items: Vec<&str> = items.collect::<Option<_>>()?;
    let fits = |text: &&str| !text.is_empty() && !text.contains([',', '"', '\n', ' ']);
    (!items.is_empty() && items.iter().all(fits)).then(|| items.join(","))
}

/// Whether a text may be a reference with a tag, rather than a registry with a port.
fn is_reference(text: &str) -> bool {
    let last = text.rsplit('/').next().unwrap_or_default();
    let is_port = |end: &str| !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit());
    let is_registry = last == text && last.rsplit_once(':').is_some_and(|(_, end)| is_port(end));
    last.contains(':') && !is_registry
}

/// Whether a variable of a manifest can have this name.
fn is_named(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(fits)
        && name.len() <= LONGEST
}
