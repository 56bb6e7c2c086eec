//! Which names of the data a part of a template may read, found without rendering it.
//!
//! The answer may name too much, never too little. Every path begins with a name of the data, of the current value or of
//! a block parameter. The current value and block parameters come from a path that is counted itself.

use super::include::INCLUDE;
use handlebars::template::{HelperTemplate, Parameter, Template, TemplateElement};
use handlebars::{Handlebars, Path, PathSeg};
use std::collections::BTreeSet;

/// The names that may be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reads {
    /// Any: the data is named as a whole (`this`, `@root`), or the template does what is not followed here.
    All,
    /// At most these.
    Names(BTreeSet<String>),
}

/// What an element of a template may read where the current value is the data itself.
pub(super) fn reads(element: &TemplateElement, engine: &Handlebars<'_>) -> Reads {
    let mut reader = Reader {
        engine,
        names: BTreeSet::new(),
        is_all: false,
        seen: BTreeSet::new(),
    };
    reader.element(element, Scope::Data);
    match reader.is_all {
        true => Reads::All,
        false => Reads::Names(reader.names),
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
    is_all: bool,
    /// The partials that are read already.
    seen: BTreeSet<(String, Scope)>,
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
        if call.name.as_name() == Some(INCLUDE) {
            let name = match call.params.first() {
                Some(Parameter::Literal(name)) => name.as_str(),
                _ => None,
            };
            return self.partial(name, call.params.get(1), scope);
        }
        let inside = match call.name.as_name() {
            Some("each" | "with") if call.block_param.is_none() => Scope::Value,
            _ => scope,
        };
        call.template.iter().for_each(|t| self.template(t, inside));
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
        if self.seen.insert((name.to_owned(), inside)) {
            self.template(partial, inside);
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

#[cfg(test)]
mod tests;
