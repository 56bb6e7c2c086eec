//! Fills in the settings of one cell.

use crate::check::{Check, Declared};
use crate::manifest::{Carry, Image, NamedSource, RecipeDecl, Settings, Stage, UseDecl};
use crate::matrix::cells::text::{CellView, Text};
use crate::matrix::faults::Faults;
use crate::matrix::fleet::variants::{Parent, Use};
use crate::matrix::settings::from::{Found, FromRule};
use crate::matrix::settings::looked_up::LookedUp;
use crate::matrix::settings::references::References;
use crate::text::{Diagnostic, Diagnostics, Shown, Spanned};
use std::convert::Infallible;
use std::rc::Rc;

/// Settings with the values of one cell.
pub(in crate::matrix) struct Filled;

impl Stage for Filled {
    type Text = Spanned<String>;
    type From = Parent;
    type Use = Use;
    /// Tags are made of the tokens of a cell, not of texts.
    type Tag = Infallible;
    /// Repositories are read with the tags.
    type Publish = Infallible;
    type Check = Check;
    type Default = Infallible;
    type Token = Infallible;
}

/// The settings of one cell.
pub(in crate::matrix) fn fill(
    settings: &Settings<LookedUp>,
    references: &mut References,
    image: &Image,
    name: &str,
    cell: CellView,
    faults: &mut Faults,
) -> Settings<Filled> {
    let mut fill = Fill {
        references,
        image,
        name,
        cell,
        faults,
    };
    let mut filled = Settings::carry(&[settings], &mut fill);
    let recipe = filled.recipe.map(|recipe| match recipe {
        RecipeDecl::Template(path) => RecipeDecl::Template(tidied(path)),
        RecipeDecl::Dockerfile(path) => RecipeDecl::Dockerfile(tidied(path)),
    });
    filled.recipe = recipe.filter(|body| inside(body.path(), faults));
    // The workspace itself is a common context, although it is not a path below the workspace.
    let is_inside = |path: &Spanned<String>| path.value == "." || inside(path, faults);
    filled.context = filled.context.map(tidied).filter(is_inside);
    filled.uses = distinct(filled.uses, |one, other| {
        one.toolset == other.toolset && one.params == other.params
    });
    filled.checks = distinct(filled.checks, |one, other| one.kind == other.kind);
    let config = &mut filled.config;
    for list in [&mut config.expose, &mut config.volumes] {
        *list = distinct(std::mem::take(list), |one, other| one == other);
    }
    filled
}

struct Fill<'f, 'a, 'm> {
    references: &'f mut References<'a, 'm>,
    image: &'f Image,
    name: &'f str,
    cell: CellView<'f>,
    faults: &'f mut Faults,
}

impl Carry<'_, LookedUp, Filled> for Fill<'_, '_, '_> {
    fn text(&mut self, text: &Rc<Text>) -> Option<Spanned<String>> {
        let filled = text.fill(self.cell, self.faults)?;
        Some(Spanned::new(filled, text.source.span))
    }

    fn platforms(&mut self, text: &Rc<Text>) -> Vec<Spanned<String>> {
        let filled = self.text(text).into_iter();
        filled
            .flat_map(|filled| match text.has_variable() {
                true => listed(&filled),
                false => vec![filled],
            })
            .collect()
    }

    fn command(&mut self, command: &Rc<Text>) -> Option<Spanned<String>> {
        let filled = command.command(self.cell, self.faults)?;
        Some(Spanned::new(filled, command.source.span))
    }

    fn from(&mut self, from: &Rc<FromRule>) -> Option<Parent> {
        let (references, faults) = (&mut *self.references, &mut *self.faults);
        match &**from {
            FromRule::Broken => None,
            FromRule::Image(rule) => {
                let label = || format!("{}:{}", self.image.name.as_str(), self.name);
                let targets = references.targets;
                match rule.resolve(self.cell, targets, &label, faults)? {
                    Found::Variant(id) => Some(Parent::Variant(id)),
                    Found::Ended => {
                        targets.add_parentless(self.image.name.as_str(), self.cell);
                        None
                    }
                }
            }
            FromRule::Base {
                base,
                reference,
                span,
            } => {
                let found = references.base(*base, reference, *span, self.cell, faults);
                found.map(Parent::Base)
            }
        }
    }

    fn context(
        &mut self,
        source: &NamedSource<Rc<Text>, Rc<FromRule>>,
    ) -> Option<NamedSource<Spanned<String>, Parent>> {
        let word = match source {
            NamedSource::Of(from) => return Some(NamedSource::Of(self.from(from)?)),
            NamedSource::Word(word) => self.text(word)?,
        };
        if self.references.is_declared(&word) {
            self.faults.push(filled_name(&word));
            return None;
        }
        Some(NamedSource::Word(word))
    }

    fn used(&mut self, used: &Rc<UseDecl<Text>>) -> Option<Use> {
        let params = used.params.iter();
        let filled = params.filter_map(|(name, text)| {
            Some((name.value.clone(), text.fill(self.cell, self.faults)?))
        });
        Some(Use {
            params: filled.collect(),
            toolset: used.toolset.value.clone(),
            span: used.span,
        })
    }

    fn check(&mut self, check: &Rc<Declared<Text>>) -> Option<Check> {
        let mut found = Diagnostics::default();
        let filled = check.fill(|text| text.fill(self.cell, self.faults), &mut found);
        found
            .iter()
            .for_each(|fault| self.faults.push(fault.clone()));
        filled
    }
}

/// The platforms in the value of a variable, which has one or several of them: `linux/amd64,linux/arm64`.
fn listed(filled: &Spanned<String>) -> Vec<Spanned<String>> {
    let sign = filled.find(|c| !matches!(c, '+' | '-')).unwrap_or(0);
    let (sign, all) = filled.split_at(sign);
    let one = |one: &str| Spanned::new(format!("{sign}{}", one.trim()), filled.span);
    all.split(',').map(one).collect()
}

/// The items without those that equal an earlier one.
fn distinct<T>(all: Vec<T>, equal: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut distinct: Vec<T> = Vec::with_capacity(all.len());
    for one in all {
        if !distinct.iter().any(|known| equal(known, &one)) {
            distinct.push(one);
        }
    }
    distinct
}

/// The path without `.` and empty parts, which the value of a variable may bring: `{var:DIR}/Dockerfile` with `./app/`.
fn tidied(path: Spanned<String>) -> Spanned<String> {
    if path.is_empty() || path.starts_with('/') {
        return path;
    }
    let parts = path.split('/');
    let parts = parts.filter(|part| !matches!(*part, "" | "."));
    let parts = parts.collect::<Vec<_>>().join("/");
    let text = match parts.as_str() {
        "" => String::from("."),
        _ => parts,
    };
    Spanned::new(text, path.span)
}

/// Whether a path stays below the folder that it is relative to; a fault is reported.
pub(in crate::matrix) fn inside(path: &Spanned<String>, faults: &mut Faults) -> bool {
    let bad = |part: &str| part.is_empty() || part == "." || part == ".." || part.len() > 255;
    let odd = |c: char| c.is_control() || c == '\\';
    if !path.split('/').any(bad) && !path.contains(odd) {
        return true;
    }
    let fault = format!("`{}` is not a path inside the workspace", path.shown());
    faults.push(
        Diagnostic::error("matrix::path", fault)
            .at(path.span, "here")
            .help("separate names with `/`, without `..` and empty parts"),
    );
    false
}

/// A placeholder that becomes the name of an image or base: which names a manifest uses is known before cells are.
fn filled_name(word: &Spanned<String>) -> Diagnostic {
    let message = format!(
        "a placeholder becomes `{}`, which this manifest declares",
        word.value
    );
    Diagnostic::error("matrix::context", message)
        .at(word.span, "here")
        .help("write the name without a placeholder, one `when` for each, or write a whole reference or `./folder`")
}
