//! Calls: of the file's own functions, of those that see expressions (`try`, `can`, `convert`), and of the library.

use super::{Evaluator, Fault, Local, UNSET, converted};
use crate::import::bake::function::{self, Args, Effect};
use crate::import::bake::place::{How, decisions, depends_on_time, variables};
use crate::import::bake::read::Block;
use crate::import::bake::stand_in;
use crate::import::bake::value::{Data, Value, Values};
use crate::text::{Shown, did_you_mean};
use hcl::expr::{Expression, FuncCall};

/// What stands between the items of a list in a variable.
const LISTS: [&str; 4] = [",", ";", " ", "\n"];

/// How an argument is evaluated.
type Of<'a> = fn(&mut Evaluator<'a>, &Expression, &Local) -> Result<Value, Fault>;

impl<'a> Evaluator<'a> {
    pub(super) fn call(
        &mut self,
        call: &FuncCall,
        local: &Local,
        of: Of<'a>,
    ) -> Result<Value, Fault> {
        let name = call.name.name.as_str();
        match name {
            _ if !call.name.namespace.is_empty() => Err(self.unknown(name)),
            "try" => self.first_that_works(&call.args, local),
            "can" => self.works(&call.args, local),
            "convert" => self.convert(&call.args, local),
            _ => {
                let args = self.arguments(call, local, of)?;
                match self.blocks.get(&("function", name)).copied() {
                    Some(own) => self.own(own, args),
                    None => self.library(name, args),
                }
            }
        }
    }

    fn arguments(
        &mut self,
        call: &FuncCall,
        local: &Local,
        of: Of<'a>,
    ) -> Result<Vec<Value>, Fault> {
        let args = call.args.iter().map(|arg| of(self, arg, local));
        let mut args = args.collect::<Result<Vec<Value>, _>>()?;
        if call.expand_final {
            let last = args.pop().unwrap_or_else(Value::null);
            let wrong = "the argument before `...` is not a list";
            args.extend(last.list().ok_or(wrong)?.iter().cloned());
        }
        Ok(args)
    }

    /// The first argument that can be evaluated.
    fn first_that_works(&mut self, args: &[Expression], local: &Local) -> Result<Value, Fault> {
        let mut last = Fault::from("`try` has no arguments");
        let unset = self.unset.clone();
        for arg in args {
            match self.expression(arg, local) {
                Err(fault) if !fault.fatal => {
                    self.unset.clone_from(&unset);
                    last = fault;
                }
                found => return found,
            }
        }
        Err(last)
    }

    /// Whether the argument can be evaluated.
    fn works(&mut self, args: &[Expression], local: &Local) -> Result<Value, Fault> {
        let [arg] = args else {
            return Err("`can` takes one argument".into());
        };
        let unset = self.unset.clone();
        match self.expression(arg, local) {
            Ok(value) => Ok(self.fixed(&[&value]).unwrap_or(Value::from(true))),
            Err(fault) if !fault.fatal => {
                self.unset = unset;
                Ok(Value::from(false))
            }
            Err(fault) => Err(fault),
        }
    }

    fn convert(&mut self, args: &[Expression], local: &Local) -> Result<Value, Fault> {
        let [value, kind] = args else {
            return Err("`convert` takes a value and a type".into());
        };
        let value = self.expression(value, local)?;
        match kind {
            Expression::Variable(kind) => Ok(converted(value, kind.as_str())?),
            _ => Ok(value),
        }
    }

    /// Calls a function of the file.
    fn own(&mut self, block: &Block, args: Vec<Value>) -> Result<Value, Fault> {
        let name = block.label.as_str();
        let given = args.len();
        let params = block.get("params").map(|setting| names(&setting.value));
        let params = params.unwrap_or_default();
        let rest = block.get("variadic_params");
        let rest = rest.and_then(|setting| names(&setting.value).into_iter().next());
        if given < params.len() || (rest.is_none() && given > params.len()) {
            let count = params.len();
            return Err(format!("`{name}` takes {count} arguments, not {given}").into());
        }
        let mut args = args.into_iter();
        let mut names: Values = params.into_iter().zip(args.by_ref()).collect();
        if let Some(rest) = rest {
            names.insert(rest, Value::from(args.collect::<Vec<Value>>()));
        }
        let missing = || format!("function `{name}` has no `result`");
        let result = block.get("result").ok_or_else(missing)?;
        self.opened(&format!("{name}()"), |this| {
            this.expression(&result.value, &Local::new(&names))
        })
    }

    /// Calls a function of bake's library.
    fn library(&mut self, name: &str, args: Vec<Value>) -> Result<Value, Fault> {
        let Some(row) = function::find(name) else {
            return Err(self.unknown(name));
        };
        if args.len() < row.least || args.len() > row.most {
            return Err(format!("`{name}` does not take {} arguments", args.len()).into());
        }
        self.examples(name, &args);
        let all: Vec<&Value> = args.iter().collect();
        match row.effect {
            Effect::Edits => {
                let timed = args
                    .iter()
                    .any(|arg| depends_on_time(arg) || arg.unknown_part().is_some());
                if timed && let Some(unknown) = self.fixed(&all) {
                    return Ok(unknown);
                }
            }
            Effect::Computes => {
                if let Some(unknown) = self.fixed(&all) {
                    return Ok(unknown);
                }
            }
            Effect::Picks => {
                let index: Vec<&Value> = all.iter().skip(1).take(1).copied().collect();
                if let Some(unknown) = self.fixed(&index) {
                    return Ok(unknown);
                }
            }
            Effect::Chooses => {
                if let Some(unknown) = self.fixed(&function::choosing(&args)) {
                    return Ok(unknown);
                }
            }
            Effect::Divides => {
                if let Some(whole) = self.undivided(&args) {
                    return Ok(whole);
                }
                if let Some(unknown) = self.fixed(&all) {
                    return Ok(unknown);
                }
            }
            Effect::Inserts => {}
        }
        let weights: Vec<u64> = args.iter().map(Value::weight).collect();
        self.charge(row.cost(&weights))?;
        let mut args = Args::new(name, args);
        let found = (row.call)(&mut args).map_err(|why| format!("`{name}`: {why}"))?;
        self.decided.extend(std::mem::take(&mut args.decided));
        let found = match row.effect {
            Effect::Edits => self.edited(found, args.all()),
            _ => self.paid(found)?,
        };
        match row.effect {
            Effect::Edits | Effect::Computes | Effect::Divides
                if is_made_up(&found, args.all()) =>
            {
                Ok(Value::unknown(UNSET))
            }
            _ => Ok(found),
        }
    }

    /// The result of an edit: the first argument as it is, with its variables, if nothing has changed in it.
    fn edited(&mut self, found: Value, args: &[Value]) -> Value {
        let Some((first, rest)) = args.split_first() else {
            return found;
        };
        rest.iter().for_each(|arg| drop(self.fixed(&[arg])));
        let kept = found.real() == first.real() && !variables(first).is_empty();
        match kept {
            true => {
                self.decided.extend(decisions(How::Unedited, first));
                first.clone()
            }
            false => {
                self.fixed(&[first]);
                found
            }
        }
    }

    /// A list of one text that follows its variables: what separates the items of a list is not in it.
    fn undivided(&mut self, args: &[Value]) -> Option<Value> {
        let [separator, text] = args else {
            return None;
        };
        let separator = separator
            .real()
            .filter(|text| LISTS.contains(&text.as_str()))?;
        let real = text.real()?;
        if variables(text).is_empty() || depends_on_time(text) {
            return None;
        }
        if self.whole && separator == "," {
            let items = real.split(',').map(Value::from).collect::<Vec<Value>>();
            return Some(Value::from(items).placed(text.pattern.clone()?));
        }
        if real.contains(&separator) {
            return None;
        }
        self.decided.extend(decisions(How::Unedited, text));
        Some(Value::from(vec![text.clone()]))
    }

    fn unknown(&self, name: &str) -> Fault {
        let own = self.blocks.keys().filter(|(kind, _)| *kind == "function");
        let own: Vec<String> = own.map(|(_, name)| (*name).to_owned()).collect();
        let library = function::names().map(|name| name as &str);
        let known = own.iter().map(String::as_str).chain(library);
        let near = did_you_mean(name, known).map_or(String::new(), |near| format!(": {near}"));
        format!("no function `{}` exists{near}", name.shown()).into()
    }
}

/// Whether a function has computed something from a made-up value. A comparison with it is as
/// good as one with any other text.
fn is_made_up(found: &Value, args: &[Value]) -> bool {
    let real = |value: &Value| value.real().is_some_and(|text| stand_in::is_made_up(&text));
    let kept = found.pattern.is_some() || matches!(found.data, Data::Bool(_) | Data::Number(_));
    !kept && args.iter().any(real)
}

/// Names of parameters: words in HCL, strings in JSON.
fn names(expression: &Expression) -> Vec<String> {
    let Expression::Array(items) = expression else {
        return match expression {
            Expression::Variable(name) => vec![name.as_str().to_owned()],
            _ => Vec::new(),
        };
    };
    let name = |item: &Expression| match item {
        Expression::Variable(name) => Some(name.as_str().to_owned()),
        Expression::String(name) => Some(name.clone()),
        _ => None,
    };
    items.iter().filter_map(name).collect()
}
