//! The settings of an image and of each `when`, looked up once, and the effective settings of a cell.

#[cfg(test)]
mod tests;

use crate::check::Declared;
use crate::manifest::{
    BasedOn, Carry, CheckDecl, Merge, NamedSource, Publish, Settings, Source, Stage, TagRule,
    Toolset, UseDecl, Written,
};
use crate::matrix::cells::axes::token_of;
use crate::matrix::cells::axis::Axis;
use crate::matrix::cells::cell_set::{find_axis, unknown_value};
use crate::matrix::cells::lookup::{Lookup, Place};
use crate::matrix::cells::text::{CellView, Text};
use crate::matrix::cells::variable::Applies;
use crate::matrix::faults::Faults;
use crate::matrix::settings::from::{FromRule, Targets, from, named};
use crate::matrix::settings::references::PublishRule;
use crate::matrix::settings::rule::{Rule, rule};
use crate::tag::{Token, TokenOrigin};
use crate::text::{Diagnostic, Spanned, suggest};
use std::rc::Rc;

/// Settings in which every placeholder, name and axis is looked up. They are shared by the cells that have them.
pub(in crate::matrix) struct LookedUp;

impl Source for Rc<Text> {
    fn source(&self) -> &str {
        &self.as_ref().source.value
    }
}

impl Stage for LookedUp {
    type Text = Rc<Text>;
    type From = Rc<FromRule>;
    type Use = Rc<UseDecl<Text>>;
    type Tag = Rc<Rule>;
    type Publish = Rc<PublishRule>;
    type Check = Rc<Declared<Text>>;
    type Default = (usize, u32);
    type Token = (usize, Rc<Token>);
}

/// The settings of one block.
pub(in crate::matrix) struct Block {
    pub settings: Settings<LookedUp>,
    /// The number of settings.
    pub size: usize,
}

/// The settings of the cells that the same blocks match.
pub(in crate::matrix) struct Effective {
    pub settings: Settings<LookedUp>,
    /// By axis: the value that gets the empty token instead of those declared with `default`.
    pub defaults: Vec<Option<u32>>,
    /// By axis: the token that replaces the value's own token.
    pub overrides: Vec<Option<Rc<Token>>>,
}

impl Effective {
    /// Whether a rule of its tags names the variants.
    pub fn is_named(&self) -> bool {
        self.settings.tags.iter().any(|rule| rule.names())
    }

    /// A cell with these settings.
    pub fn view<'a>(&'a self, axes: &'a [Axis<'a>], values: &'a [u32]) -> CellView<'a> {
        CellView {
            axes,
            values,
            overrides: &self.overrides,
        }
    }
}

/// Looks up the settings of a block; faults are reported.
pub(in crate::matrix) fn block(
    written: &Settings,
    applies: Applies,
    targets: &Targets,
    lookup: &Lookup,
    faults: &mut Faults,
) -> Block {
    let mut look_up = LookUp {
        applies,
        targets,
        lookup,
        faults,
        size: 0,
    };
    let settings = Settings::carry(&[written], &mut look_up);
    let size = look_up.size;
    Block { settings, size }
}

/// Merges blocks, each over those before it.
pub(in crate::matrix) fn effective(blocks: &[&Settings<LookedUp>], axes: usize) -> Effective {
    let settings = Settings::carry(blocks, &mut Merge);
    let (mut defaults, mut overrides) = (vec![None; axes], vec![None; axes]);
    for (axis, value) in &settings.defaults {
        defaults[*axis] = Some(*value);
    }
    for (axis, token) in &settings.tokens {
        overrides[*axis] = Some(Rc::clone(token));
    }
    Effective {
        settings,
        defaults,
        overrides,
    }
}

struct LookUp<'a, 't, 'm> {
    applies: Applies,
    targets: &'a Targets<'t, 'm>,
    lookup: &'a Lookup<'a, 'm>,
    faults: &'a mut Faults,
    /// The number of settings so far.
    size: usize,
}

impl LookUp<'_, '_, '_> {
    /// Counts a setting.
    fn one<T>(&mut self, found: T) -> Option<Rc<T>> {
        self.size += 1;
        Some(Rc::new(found))
    }
}

impl Carry<'_, Written, LookedUp> for LookUp<'_, '_, '_> {
    fn text(&mut self, text: &Spanned<String>) -> Option<Rc<Text>> {
        let found = self.lookup.text(text, Place::Rendered, self.faults);
        self.one(found)
    }

    fn from(&mut self, declared: &Spanned<BasedOn>) -> Option<Rc<FromRule>> {
        let found = from(declared, self.targets, self.lookup, self.faults);
        self.one(found)
    }

    fn context(
        &mut self,
        source: &NamedSource<Spanned<String>, Spanned<BasedOn>>,
    ) -> Option<NamedSource<Rc<Text>, Rc<FromRule>>> {
        let word = match source {
            NamedSource::Word(word) => word,
            NamedSource::Of(declared) => return Some(NamedSource::Of(self.from(declared)?)),
        };
        match named(word, self.targets, self.lookup, self.faults) {
            Some(found) => Some(NamedSource::Of(self.one(found)?)),
            None => Some(NamedSource::Word(self.text(word)?)),
        }
    }

    fn used(&mut self, declared: &UseDecl) -> Option<Rc<UseDecl<Text>>> {
        let found = used(declared, self.lookup, self.faults)?;
        self.one(found)
    }

    fn tag(&mut self, declared: &TagRule) -> Option<Rc<Rule>> {
        let found = rule(declared, self.applies, self.lookup, self.faults);
        self.one(found)
    }

    fn publish(&mut self, declared: &Publish) -> Option<Rc<PublishRule>> {
        let found = PublishRule::new(declared, self.applies, self.lookup, self.faults);
        self.one(found)
    }

    fn command(&mut self, command: &Spanned<String>) -> Option<Rc<Text>> {
        let found = self.lookup.text(command, Place::Hook, self.faults);
        self.one(found)
    }

    fn check(&mut self, declared: &CheckDecl) -> Option<Rc<Declared<Text>>> {
        let text = |text: &Spanned<String>| self.lookup.text(text, Place::Rendered, self.faults);
        let found = declared.map(text);
        self.one(found)
    }

    fn default(&mut self, default: &(Spanned<String>, Spanned<String>)) -> Option<(usize, u32)> {
        self.size += 1;
        self::default(&default.0, &default.1, self.lookup, self.faults)
    }

    fn token(&mut self, token: &(Spanned<String>, Spanned<String>)) -> Option<(usize, Rc<Token>)> {
        let (axis, text) = token;
        let axis = find_axis(axis, self.lookup.axes, self.faults)?;
        let token = token_of(text, TokenOrigin::Explicit, self.lookup, self.faults);
        Some((axis, self.one(token)?))
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
        faults.push(unknown_value(value, &lookup.axes[axis], value));
    }
    Some((axis, *found?))
}

/// A `use` with every parameter that its tool set declares.
fn used(declared: &UseDecl, lookup: &Lookup, faults: &mut Faults) -> Option<UseDecl<Text>> {
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
                params.push((param.clone(), lookup.text(value, Place::Rendered, faults)))
            }
            None => faults.push(missing_param(param, declared)),
        }
    }
    Some(UseDecl {
        toolset: declared.toolset.clone(),
        params,
        span: declared.span,
    })
}

fn unknown_toolset(name: &Spanned<String>, lookup: &Lookup) -> Diagnostic {
    let near = suggest(name, lookup.scope.toolsets.keys().copied());
    let message = format!("no tool set `{}` is declared", name.as_str());
    Diagnostic::error("matrix::unknown-toolset", message)
        .at(name.span, "here")
        .maybe_help(of_library(lookup))
        .meant(name.span, near)
}

/// The fault of a parameter that a tool set does not have.
pub(in crate::matrix) fn unknown_param<T>(
    param: &Spanned<String>,
    toolset: &Toolset<T>,
) -> Diagnostic {
    let known = toolset.params.iter().map(|(known, _)| known.as_str());
    let near = suggest(param, known.clone());
    let known: Vec<String> = known.map(|known| format!("`{known}`")).collect();
    let help = match known.is_empty() {
        true => format!(
            "it has no parameters: declare this one in it, `param \"{}\"`, or remove it here",
            param.as_str()
        ),
        false => format!("its parameters are {}", known.join(", ")),
    };
    let (set, param_name) = (toolset.name.as_str(), param.as_str());
    let message = format!("tool set `{set}` has no parameter `{param_name}`");
    Diagnostic::error("matrix::unknown-param", message)
        .at(param.span, "here")
        .at(toolset.name.span, "declared here")
        .help(help)
        .meant(param.span, near)
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
