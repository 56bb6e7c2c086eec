//! Includes partials without a copy of the data.
//!
//! For every `{{> name}}`, the crate copies all data that is in scope, which is more work than all the rest of
//! rendering. `{{> name}}` and `{{> name path}}` therefore become calls of a helper that gives the partial the same
//! scope by its path.

use handlebars::template::{
    DecoratorTemplate, Parameter, Subexpression, Template, TemplateElement,
};
use handlebars::{
    BlockContext, Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext,
    RenderErrorReason, Renderable,
};
use serde_json::Value;

/// The helper's name; templates cannot write it.
pub(super) const INCLUDE: &str = "kiln include";

/// Registers the helper.
pub(super) fn register(engine: &mut Handlebars<'_>) {
    engine.register_helper(INCLUDE, Box::new(Include));
}

/// Replaces the partials of all templates; none if one of them does more with partials than include them, since
/// that works in the crate's own partials only: blocks, definitions in templates, indentation.
pub(super) fn replace(engine: &mut Handlebars<'_>) {
    if !engine.get_templates().values().all(is_plain) {
        return;
    }
    let all: Vec<(String, Template)> = engine
        .get_templates()
        .iter()
        .map(|(name, template)| (name.clone(), template.clone()))
        .collect();
    for (name, mut template) in all {
        rewrite(&mut template);
        engine.register_template(&name, template);
    }
}

fn is_plain(template: &Template) -> bool {
    template.elements.iter().all(|element| match element {
        TemplateElement::PartialExpression(part) => {
            part.indent.is_none() && part.name.as_name() != Some("@partial-block")
        }
        TemplateElement::Expression(call)
        | TemplateElement::HtmlExpression(call)
        | TemplateElement::HelperBlock(call) => {
            call.template.iter().chain(&call.inverse).all(is_plain)
        }
        TemplateElement::RawString(_) | TemplateElement::Comment(_) => true,
        _ => false,
    })
}

fn rewrite(template: &mut Template) {
    for element in &mut template.elements {
        match element {
            TemplateElement::PartialExpression(part) => {
                if let Some(call) = call(part) {
                    *element = call;
                }
            }
            TemplateElement::Expression(call) | TemplateElement::HelperBlock(call) => call
                .template
                .iter_mut()
                .chain(&mut call.inverse)
                .for_each(rewrite),
            _ => {}
        }
    }
}

/// The call that includes a partial; `None` if the partial gets values of its own.
fn call(part: &DecoratorTemplate) -> Option<TemplateElement> {
    if !part.hash.is_empty() || part.params.len() > 1 {
        return None;
    }
    let name = Parameter::Literal(Value::from(part.name.as_name()?));
    let parameters = std::iter::once(name).chain(part.params.iter().cloned());
    let helper = Parameter::Name(INCLUDE.into());
    Some(*Subexpression::new(helper, parameters.collect(), Default::default()).element)
}

struct Include;

impl HelperDef for Include {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        engine: &'reg Handlebars<'reg>,
        data: &'rc Context,
        rendering: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let name = helper.param(0).and_then(|name| name.value().as_str());
        let name = name.unwrap_or_default();
        let partial = engine
            .get_template(name)
            .ok_or_else(|| RenderErrorReason::PartialNotFound(name.to_owned()))?;
        let including = rendering.get_current_template_name();
        let scope = scope(helper, rendering.block());
        rendering.push_block(scope);
        partial.render(engine, data, rendering, out)?;
        rendering.pop_block();
        rendering.set_current_template_name(including);
        Ok(())
    }
}

/// What the names in the partial are relative to: the given value, or the current one.
fn scope<'rc>(helper: &Helper<'rc>, current: Option<&BlockContext<'rc>>) -> BlockContext<'rc> {
    let mut scope = BlockContext::new();
    let (value, path) = match (helper.param(1), current) {
        (Some(given), _) if given.context_path().is_some() => (None, given.context_path()),
        (Some(given), _) => (Some(given.value()), None),
        (None, Some(current)) => (current.base_value(), Some(current.base_path())),
        (None, None) => (None, None),
    };
    match (value, path) {
        (Some(value), _) => scope.set_base_value(value.clone()),
        (None, Some(path)) => scope.base_path_mut().clone_from(path),
        (None, None) => {}
    }
    if let Some(current) = current {
        let variables = current.local_variables();
        scope.local_variables_mut().clone_from(variables);
    }
    scope
}

#[cfg(test)]
mod tests;
