//! Which names of the data a part of a template may read, found without rendering it.
//!
//! The answer may name too much, never too little. Every path begins with a name of the data, of the current value or of
//! a block parameter. The current value and block parameters come from a path that is counted itself.
//!
//! It also says which values the part passes on as they are, and which it looks at: with `{{name}}` the text of `name` is written,
//! whatever it is, and with `{{shell name}}` what is written depends on its characters.

use super::include::INCLUDE;
use crate::render::helper::NEED;
use handlebars::template::{HelperTemplate, Parameter, Template, TemplateElement};
use handlebars::{Handlebars, Path, PathSeg};
use std::collections::BTreeSet;

/// The names that may be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reads {
    /// Any: the data is named as a whole (`this`, `@root`), or the template does what is not followed here.
    All,
    /// At most these.
    Names(Names),
}

/// Names of the data, and what of their values is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Names {
    pub names: BTreeSet<String>,
    /// The keys whose values are looked at, with all that is in them. `None` if any value may be.
    pub exact: Option<BTreeSet<String>>,
}

impl Names {
    /// Adds those of another element.
    pub fn extend(&mut self, other: Self) {
        self.names.extend(other.names);
        self.exact = self.exact.take().zip(other.exact).map(|(mut all, own)| {
            all.extend(own);
            all
        });
    }

    /// Whether the value of a key is looked at. Of other values, only whether they are empty matters.
    pub fn is_exact(&self, key: &str) -> bool {
        let exact = self.exact.as_ref();
        exact.is_none_or(|exact| exact.contains(key))
    }
}

/// What an element of a template may read where the current value is the data itself.
pub(super) fn reads(element: &TemplateElement, engine: &Handlebars<'_>) -> Reads {
    let mut reader = Reader {
        engine,
        names: BTreeSet::new(),
        exact: BTreeSet::new(),
        is_all: false,
        is_exact: false,
        current: Vec::new(),
        seen: BTreeSet::new(),
    };
    reader.element(element, Scope::Data);
    match reader.is_all {
        true => Reads::All,
        false => Reads::Names(Names {
            names: reader.names,
            exact: (!reader.is_exact).then_some(reader.exact),
        }),
    }
}

/// What the names of a template are relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    /// The data, or perhaps a value of it.
    Data,
    /// A value of which the path is counted.
    Value,
}

struct Reader<'e> {
    engine: &'e Handlebars<'e>,
    names: BTreeSet<String>,
    /// The last names of the paths that are looked at.
    exact: BTreeSet<String>,
    is_all: bool,
    /// Whether a value is looked at that has no such name.
    is_exact: bool,
    /// The last names of the path to the current value.
    current: Vec<String>,
    /// The partials that are read already.
    seen: BTreeSet<(String, Scope, Vec<String>)>,
}

/// How many of its parameters a helper passes on, or asks only whether they are empty.
fn passed(helper: Option<&str>) -> usize {
    match helper {
        Some("if" | "unless" | "each" | "with" | "and" | "or" | "not" | NEED | INCLUDE) => {
            usize::MAX
        }
        // The object, and not the key.
        Some("lookup" | "has" | "default") => 1,
        _ => 0,
    }
}

impl Reader<'_> {
    fn template(&mut self, template: &Template, scope: Scope) {
        for element in &template.elements {
            self.element(element, scope);
        }
    }

    fn element(&mut self, element: &TemplateElement, scope: Scope) {
        match element {
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
            TemplateElement::Expression(call)
            | TemplateElement::HtmlExpression(call)
            | TemplateElement::HelperBlock(call) => self.call(call, scope),
            TemplateElement::PartialExpression(part)
                if part.template.is_none() && part.indent.is_none() =>
            {
                let hash = part.hash.values();
                (part.params.iter().chain(hash)).for_each(|p| self.parameter(p, scope));
                // The partial reads them by other names.
                part.hash.values().for_each(|p| self.look_at(p));
                self.partial(part.name.as_name(), part.params.first(), scope);
            }
            _ => self.is_all = true,
        }
    }

    fn call(&mut self, call: &HelperTemplate, scope: Scope) {
        // With arguments, it is the name of a helper.
        if call.params.is_empty() && call.hash.is_empty() {
            self.parameter(&call.name, scope);
        }
        let hash = call.hash.values();
        (call.params.iter().chain(hash)).for_each(|p| self.parameter(p, scope));
        let looked_at = call.params.iter().skip(passed(call.name.as_name()));
        looked_at
            .chain(call.hash.values())
            .for_each(|p| self.look_at(p));
        self.is_exact |= call.block_param.is_some();
        if call.name.as_name() == Some(INCLUDE) {
            let name = match call.params.first() {
                Some(Parameter::Literal(name)) => name.as_str(),
                _ => None,
            };
            return self.partial(name, call.params.get(1), scope);
        }
        let (inside, given) = match call.name.as_name() {
            Some("each" | "with") if call.block_param.is_none() => {
                (Scope::Value, call.params.first())
            }
            _ => (scope, None),
        };
        let outer = self.enter(given);
        call.template.iter().for_each(|t| self.template(t, inside));
        self.current = outer;
        call.inverse.iter().for_each(|t| self.template(t, scope));
    }

    /// A partial, which is relative to the given value if there is one.
    fn partial(&mut self, name: Option<&str>, given: Option<&Parameter>, scope: Scope) {
        let engine = self.engine;
        let Some((name, partial)) = name.and_then(|name| Some((name, engine.get_template(name)?)))
        else {
            self.is_all = true;
            return;
        };
        let inside = match given {
            Some(_) => Scope::Value,
            None => scope,
        };
        let outer = self.enter(given);
        let seen = (name.to_owned(), inside, self.current.clone());
        if self.seen.insert(seen) {
            self.template(partial, inside);
        }
        self.current = outer;
    }

    /// Makes the given value, if there is one, the current one; the names of the former one.
    fn enter(&mut self, given: Option<&Parameter>) -> Vec<String> {
        let outer = self.current.clone();
        if let Some(given) = given {
            self.current = self.last_names(given);
        }
        outer
    }

    /// Notes that what is written depends on the text of a value.
    fn look_at(&mut self, parameter: &Parameter) {
        let names = self.last_names(parameter);
        self.exact.extend(names);
    }

    /// The last names of the paths in a parameter.
    fn last_names(&mut self, parameter: &Parameter) -> Vec<String> {
        match parameter {
            Parameter::Literal(_) => Vec::new(),
            Parameter::Name(name) => vec![name.clone()],
            Parameter::Path(Path::Relative((segments, raw))) => {
                let names = last_names(segments);
                match names.is_empty() {
                    false => names,
                    true if raw.contains("..") || self.current.is_empty() => {
                        self.is_exact = true;
                        Vec::new()
                    }
                    true => self.current.clone(),
                }
            }
            Parameter::Subexpression(call) => match call.as_element() {
                TemplateElement::Expression(call) => {
                    let all = call.params.iter().chain(call.hash.values());
                    all.flat_map(|p| self.last_names(p)).collect()
                }
                _ => Vec::new(),
            },
            // `@index` and the like are not part of the data.
            _ => Vec::new(),
        }
    }

    fn parameter(&mut self, parameter: &Parameter, scope: Scope) {
        match parameter {
            Parameter::Literal(_) => {}
            Parameter::Name(name) => {
                self.names.insert(name.clone());
            }
            Parameter::Path(path) => self.path(path, scope),
            Parameter::Subexpression(call) => self.element(call.as_element(), scope),
            _ => self.is_all = true,
        }
    }

    fn path(&mut self, path: &Path, scope: Scope) {
        // `@index` and the like are not part of the data.
        let Path::Relative((segments, raw)) = path else {
            return;
        };
        let name = segments.iter().find_map(|segment| match segment {
            PathSeg::Named(name) => Some(name),
            _ => None,
        });
        let leaves = raw.contains("..") || raw.contains("@root");
        match name {
            Some(_) | None if scope == Scope::Value && !leaves => {}
            Some(name) => drop(self.names.insert(name.clone())),
            None => self.is_all = true,
        }
    }
}

/// The last name of a path that is a key, and the places in lists behind it.
fn last_names(segments: &[PathSeg]) -> Vec<String> {
    let mut names = Vec::new();
    for segment in segments.iter().rev() {
        if let PathSeg::Named(name) = segment {
            names.push(name.clone());
            if !name.bytes().all(|byte| byte.is_ascii_digit()) {
                break;
            }
        }
    }
    names
}

#[cfg(test)]
mod tests;
