//! Parts of a template that are rendered by themselves.
//!
//! The data of a variant is large, and most of a Dockerfile is the same for many variants. Each part is rendered with the
//! names that it may read, and what a block or a partial wrote is kept for other variants with the same values.

use super::Bounded;
use super::include::INCLUDE;
use super::reads::{Reads, reads};
use crate::render::data::TemplateData;
use handlebars::template::{Template, TemplateElement};
use handlebars::{
    Context, Handlebars, RenderContext, RenderError, RenderErrorReason, Renderable, StringOutput,
};
use parking_lot::RwLock;
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};
use std::io::Write;
use std::sync::Arc;

/// How many texts of one part are kept at a time: enough for an axis of many values.
const KEPT: usize = 1024;

/// The longest text that is kept, in bytes.
const LONG: usize = 64 * 1024;

/// Texts by the identity of the values that they were made of.
type Texts = HashMap<Vec<u8>, Arc<[u8]>>;

/// Consecutive elements of a template.
pub(super) struct Part {
    /// The name of the template that consists of them.
    name: String,
    reads: Reads,
    /// What it wrote, by what [`TemplateData::identify`] writes for the names that it reads. `None` for a part that is
    /// rendered about as fast as its text is found.
    written: Option<RwLock<Texts>>,
}

/// The parts of a template, in order. They are registered as templates.
pub(super) fn parts(engine: &mut Handlebars<'_>, name: &str) -> Vec<Part> {
    let Some(template) = engine.get_template(name).cloned() else {
        return Vec::new();
    };
    let Some(pieces) = pieces(&template, engine) else {
        return vec![Part {
            name: name.to_owned(),
            reads: Reads::All,
            written: None,
        }];
    };
    let mut all = Vec::with_capacity(pieces.len());
    for (number, piece) in pieces.into_iter().enumerate() {
        // No name of a template contains a line break.
        let own = format!("{name}\n{number}");
        engine.register_template(&own, piece.template);
        all.push(Part {
            name: own,
            reads: Reads::Names(piece.names),
            written: piece.is_long.then(RwLock::default),
        });
    }
    all
}

/// Elements that become a part.
struct Piece {
    template: Template,
    names: BTreeSet<String>,
    /// Whether it is one block or one partial.
    is_long: bool,
}

/// The pieces of a template; `None` if one of them may read all of the data.
fn pieces(template: &Template, engine: &Handlebars<'_>) -> Option<Vec<Piece>> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (at, element) in template.elements.iter().enumerate() {
        let Reads::Names(names) = reads(element, engine) else {
            return None;
        };
        let is_long = is_long(element);
        let joined = pieces.pop_if(|last| !is_long && !last.is_long);
        let mut piece = joined.unwrap_or_else(|| Piece {
            template: Template::new(),
            names: BTreeSet::new(),
            is_long,
        });
        piece.template.name.clone_from(&template.name);
        piece.template.elements.push(element.clone());
        piece
            .template
            .mapping
            .extend(template.mapping.get(at).cloned());
        piece.names.extend(names);
        pieces.push(piece);
    }
    Some(pieces)
}

fn is_long(element: &TemplateElement) -> bool {
    match element {
        TemplateElement::Expression(call) => call.name.as_name() == Some(INCLUDE),
        TemplateElement::RawString(_) | TemplateElement::Comment(_) => false,
        _ => true,
    }
}

impl Part {
    /// Appends what it writes for this data.
    pub fn render(
        &self,
        engine: &Handlebars<'_>,
        data: &TemplateData<'_>,
        out: &mut Bounded,
    ) -> Result<(), RenderError> {
        let (Reads::Names(names), Some(written)) = (&self.reads, &self.written) else {
            return self.anew(engine, data, out);
        };
        let mut key = Vec::new();
        names.iter().for_each(|name| data.identify(name, &mut key));
        let known = written.read().get(&key).cloned();
        if let Some(text) = known {
            return Ok(out.write_all(&text)?);
        }
        let begin = out.0.len();
        self.anew(engine, data, out)?;
        let text = &out.0[begin..];
        if text.len() <= LONG {
            let mut written = written.write();
            if written.len() >= KEPT {
                written.clear();
            }
            written.insert(key, text.into());
        }
        Ok(())
    }

    fn anew(
        &self,
        engine: &Handlebars<'_>,
        data: &TemplateData<'_>,
        out: &mut Bounded,
    ) -> Result<(), RenderError> {
        engine.render_with_context_to_write(&self.name, &self.context(data), out)
    }

    fn context(&self, data: &TemplateData<'_>) -> Context {
        Context::from(match &self.reads {
            Reads::All => data.all(),
            Reads::Names(names) => {
                let own = |name: &String| Some((name.clone(), data.get(name)?));
                Value::Object(names.iter().filter_map(own).collect::<Map<_, _>>())
            }
        })
    }

    /// The faults of its elements. Behind a name that is missing, an element is rendered again as if the name were empty.
    pub fn faults(&self, engine: &Handlebars<'_>, data: &TemplateData<'_>) -> Vec<RenderError> {
        let Some(template) = engine.get_template(&self.name) else {
            return Vec::new();
        };
        let context = self.context(data);
        let elements = template.elements.iter().zip(&template.mapping);
        let faults = elements.flat_map(|(element, place)| {
            let mut one = Template::new();
            one.name.clone_from(&template.name);
            one.elements.push(element.clone());
            one.mapping.push(place.clone());
            all_faults(&one, engine, context.data().clone())
        });
        faults.collect()
    }
}

/// The most faults of one element.
const MOST: usize = 32;

fn all_faults(one: &Template, engine: &Handlebars<'_>, mut data: Value) -> Vec<RenderError> {
    let mut found: Vec<RenderError> = Vec::new();
    while found.len() < MOST {
        let context = Context::from(data.clone());
        let mut state = RenderContext::new(one.name.as_ref());
        let mut out = StringOutput::new();
        let Err(fault) = one.render(engine, &context, &mut state, &mut out) else {
            break;
        };
        let missing = match fault.reason() {
            RenderErrorReason::MissingVariable(Some(path)) => Some(path.clone()),
            _ => None,
        };
        // A fault of another kind, or of a partial, may follow from the empty name.
        let is_own = missing.is_some() && fault.template_name == one.name;
        if !is_own && !found.is_empty() {
            break;
        }
        found.push(fault);
        if !missing.is_some_and(|path| made_empty(&mut data, &path)) {
            break;
        }
    }
    found
}

/// Adds an empty text at a path; false if there is something already, or the path is not one of the whole data.
fn made_empty(data: &mut Value, path: &str) -> bool {
    let mut place = data;
    for name in path.split('.') {
        let Value::Object(object) = place else {
            return false;
        };
        place = object.entry(name).or_insert(Value::Null);
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
    }
    let is_new = matches!(place, Value::Object(object) if object.is_empty());
    if is_new {
        *place = Value::from("");
    }
    is_new
}

#[cfg(test)]
mod tests;
