//! Parts of a template that are rendered by themselves.
//!
//! The data of a variant is large, and most of a Dockerfile is the same for many variants. Each part is rendered with the
//! names that it may read, and what it wrote is kept for other variants whose values have the same shape.

use super::Bounded;
use super::include::INCLUDE;
use super::reads::{Names, Reads, reads};
use super::shape::{Pattern, Shape};
use crate::render::data::TemplateData;
use handlebars::template::{Template, TemplateElement};
use handlebars::{
    Context, Handlebars, RenderContext, RenderError, RenderErrorReason, Renderable, StringOutput,
};
use parking_lot::RwLock;
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// How many patterns of one part are kept at a time: enough for an axis of many values that the part looks at.
const KEPT: usize = 1024;

/// The longest pattern that is kept, in bytes.
const LONG: usize = 64 * 1024;

/// Consecutive elements of a template.
pub(super) struct Part {
    /// The name of the template that consists of them.
    name: String,
    reads: Reads,
    /// What it wrote, by the form of its data.
    written: RwLock<HashMap<String, Arc<Pattern>>>,
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
            written: RwLock::default(),
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
            written: RwLock::default(),
        });
    }
    all
}

/// Elements that become a part.
struct Piece {
    template: Template,
    names: Names,
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
            names: Names {
                names: BTreeSet::new(),
                exact: Some(BTreeSet::new()),
            },
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
        match self.filled(engine, data) {
            Some((pattern, shape)) => Ok(pattern.fill(&shape, out)?),
            None => self.anew(engine, data, out),
        }
    }

    /// What it writes for data of this shape, with the shape; `None` if that cannot be said without the data.
    fn filled(
        &self,
        engine: &Handlebars<'_>,
        data: &TemplateData<'_>,
    ) -> Option<(Arc<Pattern>, Shape)> {
        let Reads::Names(names) = &self.reads else {
            return None;
        };
        let shape = Shape::of(data, names)?;
        let known = self.written.read().get(&shape.form).cloned();
        let pattern = match known {
            Some(pattern) => pattern,
            None => self.pattern(engine, &shape)?,
        };
        Some((pattern, shape))
    }

    fn pattern(&self, engine: &Handlebars<'_>, shape: &Shape) -> Option<Arc<Pattern>> {
        let (context, mut out) = (Context::from(shape.data()?), Bounded(Vec::new()));
        let rendered = engine.render_with_context_to_write(&self.name, &context, &mut out);
        rendered.ok()?;
        let pattern = Arc::new(Pattern::read(std::str::from_utf8(&out.0).ok()?)?);
        if out.0.len() <= LONG {
            let mut written = self.written.write();
            if written.len() >= KEPT {
                written.clear();
            }
            written.insert(shape.form.clone(), pattern.clone());
        }
        Some(pattern)
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
                Value::Object(names.names.iter().filter_map(own).collect::<Map<_, _>>())
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
pub(super) fn made_empty(data: &mut Value, path: &str) -> bool {
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
