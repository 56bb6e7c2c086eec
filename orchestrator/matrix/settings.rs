//! The settings of an image and of each `when`, compiled once, and the effective settings of a cell.

use super::axis::token_of;
use super::cell_set::{find_axis, unknown_value};
use super::config::{ConfigRule, config_rule};
use super::faults::Faults;
use super::from::{FromRule, Targets, from};
use super::rule::{Rule, rule};
use super::text::{Lookup, Place, Text};
use crate::check::Declared;
use crate::manifest::{Distribution, RecipeDecl, Settings, Toolset, UseDecl};
use crate::tag::{Token, TokenOrigin};
use crate::text::{Diagnostic, Span, Spanned, suggest};
use indexmap::IndexMap;

/// One compiled block of settings.
pub(super) struct Block<'m> {
    from: Option<FromRule>,
    recipe: Option<RecipeRule>,
    context: Option<Text>,
    platforms: Option<Vec<Text>>,
    uses: Vec<UseRule<'m>>,
    rules: Vec<Rule>,
    args: Vec<(&'m str, Text)>,
    env: Vec<(&'m str, Text)>,
    defaults: Vec<(usize, u32)>,
    overrides: Vec<(usize, Token)>,
    checks: Vec<Declared<Text>>,
    distribution: Option<Distribution>,
    config: ConfigRule<'m>,
}

/// Where the Dockerfile comes from.
pub(super) struct RecipeRule {
    pub template: bool,
    pub path: Text,
}

/// A tool set with its parameters.
pub(super) struct UseRule<'m> {
    pub toolset: &'m str,
    pub params: Vec<(&'m str, Text)>,
    pub span: Span,
}

/// The settings that result from all matching blocks.
pub(super) struct Effective<'p, 'm> {
    pub from: Option<&'p FromRule>,
    pub recipe: Option<&'p RecipeRule>,
    pub context: Option<&'p Text>,
    pub platforms: Option<&'p [Text]>,
    pub uses: Vec<&'p UseRule<'m>>,
    pub rules: Vec<&'p Rule>,
    pub args: IndexMap<&'m str, &'p Text>,
    pub env: IndexMap<&'m str, &'p Text>,
    /// By axis: the value that gets the empty token instead of those declared with `default`.
    pub defaults: Vec<Option<u32>>,
    /// By axis: the token that replaces the value's own token.
    pub overrides: Vec<Option<&'p Token>>,
    pub checks: Vec<&'p Declared<Text>>,
    pub distribution: Option<Distribution>,
    /// In the order of their blocks.
    pub configs: Vec<&'p ConfigRule<'m>>,
}

/// Compiles one block; faults are reported.
pub(super) fn block<'m>(
    settings: &'m Settings,
    targets: &Targets<'_, 'm>,
    lookup: &Lookup<'_, 'm>,
    faults: &mut Faults,
) -> Block<'m> {
    // Faults are reported in this order.
    let recipe = (settings.recipe.as_ref()).map(|recipe| recipe_rule(recipe, lookup, faults));
    let mut text = |source: &'m Spanned<String>| lookup.text(source, Place::Rendered, faults);
    let context = settings.context.as_ref().map(|context| text(&context.path));
    let platforms =
        (settings.platforms.as_ref()).map(|platforms| platforms.iter().map(&mut text).collect());
    let mut named =
        |(name, value): &'m (Spanned<String>, Spanned<String>)| (name.as_str(), text(value));
    let args = settings.args.iter().map(&mut named).collect();
    let env = settings.env.iter().map(&mut named).collect();
    Block {
        recipe,
        context,
        platforms,
        args,
        env,
        from: (settings.from.as_ref()).map(|declared| from(declared, targets, lookup, faults)),
        uses: (settings.uses.iter())
            .filter_map(|declared| use_rule(declared, lookup, faults))
            .collect(),
        rules: (settings.tags.iter())
            .map(|declared| rule(declared, lookup, faults))
            .collect(),
        defaults: (settings.defaults.iter())
            .filter_map(|(axis, value)| default(axis, value, lookup, faults))
            .collect(),
        overrides: (settings.tokens.iter())
            .filter_map(|(axis, token)| token_override(axis, token, lookup, faults))
            .collect(),
        checks: (settings.checks.iter())
            .map(|check| check.map(|text| lookup.text(text, Place::Rendered, faults)))
            .collect(),
        distribution: settings.distribution,
        config: config_rule(&settings.config, lookup, faults),
    }
}

fn recipe_rule(recipe: &RecipeDecl, lookup: &Lookup, faults: &mut Faults) -> RecipeRule {
    let (template, path) = match recipe {
        RecipeDecl::Template(path) => (true, path),
        RecipeDecl::Dockerfile(path) => (false, path),
    };
    RecipeRule {
        template,
        path: lookup.text(path, Place::Rendered, faults),
    }
}

fn default(
    axis: &Spanned<String>,
    value: &Spanned<String>,
    lookup: &Lookup,
    faults: &mut Faults,
) -> Option<(usize, u32)> {
    let axis = find_axis(axis, lookup.axes, faults)?;
    let found = lookup.axes[axis].index.get(value.as_str());
    if found.is_none() {
        faults.push(unknown_value(value, &lookup.axes[axis]).at(value.span, "here"));
    }
    Some((axis, *found?))
}

fn token_override<'m>(
    axis: &Spanned<String>,
    token: &'m Spanned<String>,
    lookup: &Lookup<'_, 'm>,
    faults: &mut Faults,
) -> Option<(usize, Token)> {
    let axis = find_axis(axis, lookup.axes, faults)?;
    Some((axis, token_of(token, TokenOrigin::Explicit, lookup, faults)))
}

/// A `use` with every parameter that its tool set declares.
fn use_rule<'m>(
    declared: &'m UseDecl,
    lookup: &Lookup<'_, 'm>,
    faults: &mut Faults,
) -> Option<UseRule<'m>> {
    let name = declared.toolset.as_str();
    let Some(index) = lookup.scope.toolsets.get(name) else {
        faults.push(unknown_toolset(&declared.toolset, lookup));
        return None;
    };
    lookup.scope.used.toolsets.borrow_mut().insert(*index);
    let toolset = &lookup.scope.manifest.toolsets[*index];
    let is_unknown =
        |param: &Spanned<String>| !toolset.params.iter().any(|(known, _)| known == param);
    for (param, _) in declared
        .params
        .iter()
        .filter(|(param, _)| is_unknown(param))
    {
        faults.push(unknown_param(param, toolset));
    }
    let mut params = Vec::new();
    for (param, default) in &toolset.params {
        let given = (declared.params.iter())
            .find(|(name, _)| name == param)
            .map(|(_, value)| value);
        match given.or(default.as_ref()) {
            Some(value) => {
                params.push((param.as_str(), lookup.text(value, Place::Rendered, faults)))
            }
            None => faults.push(missing_param(param, declared)),
        }
    }
    Some(UseRule {
        toolset: name,
        params,
        span: declared.span,
    })
}

fn unknown_toolset(name: &Spanned<String>, lookup: &Lookup) -> Diagnostic {
    let near = suggest(name, lookup.scope.toolsets.keys().copied())
        .map(|near| format!("did you mean `{near}`?"));
    let message = format!("no tool set `{}` is declared", name.as_str());
    Diagnostic::error("matrix::unknown-toolset", message)
        .at(name.span, "here")
        .maybe_help(near.or_else(|| of_library(lookup)))
}

fn unknown_param(param: &Spanned<String>, toolset: &Toolset) -> Diagnostic {
    let known = toolset.params.iter().map(|(known, _)| known.as_str());
    let near = suggest(param, known).map(|near| format!("did you mean `{near}`?"));
    let (set, param_name) = (toolset.name.as_str(), param.as_str());
    let message = format!("tool set `{set}` has no parameter `{param_name}`");
    Diagnostic::error("matrix::unknown-param", message)
        .at(param.span, "here")
        .at(toolset.name.span, "declared here")
        .maybe_help(near)
}

fn missing_param(param: &Spanned<String>, declared: &UseDecl) -> Diagnostic {
    let (set, name) = (declared.toolset.as_str(), param.as_str());
    let message = format!("tool set `{set}` requires its parameter `{name}`");
    Diagnostic::error("matrix::missing-param", message)
        .at(declared.span, "not given here")
        .at(param.span, "has no default")
        .help(format!("write `use \"{set}\" {name}=\"…\"`"))
}

/// A help that lists the tool sets of kiln's library.
fn of_library(lookup: &Lookup) -> Option<String> {
    let library: Vec<&str> = lookup
        .scope
        .manifest
        .toolsets
        .iter()
        .filter(|set| set.library)
        .map(|set| set.name.as_str())
        .collect();
    (!library.is_empty()).then(|| {
        format!(
            "declare it with `toolset`; kiln's library has {}",
            library.join(", ")
        )
    })
}

/// Merges these blocks in their order: most settings replace earlier ones, lists are added to.
pub(super) fn effective<'p, 'm>(blocks: &[&'p Block<'m>], axes: usize) -> Effective<'p, 'm> {
    let mut all = Effective {
        from: None,
        recipe: None,
        context: None,
        platforms: None,
        uses: Vec::new(),
        rules: Vec::new(),
        args: IndexMap::new(),
        env: IndexMap::new(),
        defaults: vec![None; axes],
        overrides: vec![None; axes],
        checks: Vec::new(),
        distribution: None,
        configs: Vec::with_capacity(blocks.len()),
    };
    for block in blocks {
        all.from = block.from.as_ref().or(all.from);
        all.recipe = block.recipe.as_ref().or(all.recipe);
        all.context = block.context.as_ref().or(all.context);
        all.platforms = block.platforms.as_deref().or(all.platforms);
        all.distribution = block.distribution.or(all.distribution);
        all.configs.push(&block.config);
        all.uses.extend(&block.uses);
        all.checks.extend(&block.checks);
        all.rules.extend(&block.rules);
        all.args
            .extend(block.args.iter().map(|(name, text)| (*name, text)));
        all.env
            .extend(block.env.iter().map(|(name, text)| (*name, text)));
        block
            .defaults
            .iter()
            .for_each(|(axis, value)| all.defaults[*axis] = Some(*value));
        block
            .overrides
            .iter()
            .for_each(|(axis, token)| all.overrides[*axis] = Some(token));
    }
    all
}
