//! One variant: the result of its cell, its image's settings and the matching `when`s.

use super::build::{Build, RepositoryRule};
use super::conditions::permission;
use super::deferred::DeferredTag;
use super::expand::Matrix;
use super::faults::Faults;
use super::fleet::{Body, Cell, Parent, Permission, PublicTag, Use, Variant, VariantId};
use super::from::FromRule;
use super::naming;
use super::rule::{Rule, product};
use super::settings::{Effective, LookedUp};
use super::tags::{Contest, Tags, name, tags};
use super::text::{CellView, Lookup, Place, Text};
use crate::check::{Check, Declared};
use crate::manifest::{Carry, Image, Publish, RecipeDecl, Settings, Stage, UseDecl};
use crate::name::{Platform, Repository};
use crate::tag::Token;
use crate::text::{Diagnostic, Diagnostics, Span, Spanned};
use indexmap::IndexMap;
use std::cell::OnceCell;
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;

/// What all variants of an image have in common.
pub(super) struct Common<'m> {
    image: &'m Image,
    publish: Vec<(RepositoryRule, Permission)>,
    staging: Option<RepositoryRule>,
    path: Option<Text>,
    /// All axes joined with `-`: the rule of an image without one.
    product: Rule,
    /// Whether the image declares no tag rule at all.
    unruled: bool,
}

impl<'m> Common<'m> {
    /// Compiles what all variants of an image share; faults are reported.
    pub fn new(matrix: &Matrix<'m>, lookup: &Lookup<'_, 'm>, faults: &mut Faults) -> Self {
        let image = matrix.image;
        let workspace = lookup.scope.manifest.workspace.as_ref();
        let declared: &[Publish] = if image.publish.is_empty() {
            workspace.map_or(&[], |workspace| &workspace.publish)
        } else {
            &image.publish
        };
        if declared.is_empty() && workspace.is_some() {
            let fault = Diagnostic::error(
                "matrix::no-publish",
                format!("image `{}` has no repository", *image.name),
            )
            .at(image.name.span, "here");
            faults.push(fault.help("specify where to publish its tags: `publish \"docker.io/you/{image}\"` in the workspace or the image"));
        }
        let mut repository = |text: &'m Spanned<String>| RepositoryRule {
            text: lookup.text(text, Place::Public, faults),
            same: OnceCell::new(),
        };
        let publish = declared
            .iter()
            .map(|publish| {
                (
                    repository(&publish.repository),
                    permission(&publish.on, lookup.scope.inputs),
                )
            })
            .collect();
        let staging = workspace
            .and_then(|workspace| workspace.stage.as_ref())
            .map(&mut repository);
        Self {
            image,
            publish,
            staging,
            path: image
                .path
                .as_ref()
                .map(|path| lookup.text(path, Place::Rendered, faults)),
            product: product(image, &matrix.axes, lookup),
            unruled: image.settings.tags.is_empty()
                && image.whens.iter().all(|when| when.settings.tags.is_empty()),
        }
    }
}

impl<'m> Build<'_, 'm> {
    /// The variant of one cell; `None` if a fault is reported.
    pub fn variant<'p>(
        &mut self,
        id: usize,
        cell: CellView<'p>,
        settings: &'p Effective,
        common: &Common<'m>,
        contest: &Contest<'p>,
        faults: &mut Faults,
    ) -> Option<Variant> {
        let image = common.image;
        let (own_name, tags, deferred) = named_tags(cell, settings, common, contest, faults)?;
        let (publish, permissions) = self.publish(common, cell, faults);
        let staging = common
            .staging
            .as_ref()
            .map(|staging| self.repository(staging, cell, faults));
        let settings = &settings.settings;
        let filled = self.fill(settings, image, &own_name, cell, faults);
        let dir = folder(common, cell, &own_name, faults);
        let body = match &settings.recipe {
            Some(_) => filled.recipe,
            None => whole(settings, image, faults),
        };
        Some(Variant {
            id: VariantId(u32::try_from(id).unwrap_or(u32::MAX)),
            image: image.name.value.clone(),
            cells: (0..cell.axes.len())
                .map(|axis| named_cell(cell, axis))
                .collect(),
            parent: filled.from,
            context: filled.context,
            uses: distinct(filled.uses, |one, other| {
                one.toolset == other.toolset && one.params == other.params
            }),
            platforms: platforms(filled.platforms.unwrap_or_default(), faults),
            args: plain(filled.args),
            env: plain(filled.env),
            distribution: filled.distribution,
            config: filled.config,
            checks: distinct(filled.checks, |one, other| one.kind == other.kind),
            dir: dir?,
            body: body?,
            publish,
            permissions,
            staging: match staging {
                Some(staging) => Some(staging?),
                None => None,
            },
            tags,
            deferred,
            span: image.span,
            name: own_name,
        })
    }

    /// The settings of one cell.
    fn fill(
        &mut self,
        settings: &Settings<LookedUp>,
        image: &Image,
        name: &str,
        cell: CellView,
        faults: &mut Faults,
    ) -> Settings<Filled> {
        if let (Some(RecipeDecl::Template(path)), None) = (&settings.recipe, &settings.from) {
            faults.push(no_from(image, path.source.span));
        }
        let mut fill = Fill {
            build: self,
            image,
            name,
            cell,
            faults,
        };
        let mut filled = Settings::carry(&[settings], &mut fill);
        filled.recipe = filled.recipe.filter(|body| inside(body.path(), faults));
        // The workspace itself is a common context, although it is not a path below the workspace.
        let is_inside = |path: &Spanned<String>| path.value == "." || inside(path, faults);
        filled.context = filled.context.filter(is_inside);
        let config = &mut filled.config;
        for list in [&mut config.expose, &mut config.volumes] {
            *list = distinct(std::mem::take(list), |one, other| one == other);
        }
        filled
    }

    fn publish(
        &mut self,
        common: &Common<'m>,
        cell: CellView,
        faults: &mut Faults,
    ) -> (Vec<Repository>, Vec<Permission>) {
        let mut repositories: Vec<Repository> = Vec::new();
        let mut permissions = Vec::new();
        for (rule, permission) in &common.publish {
            let Some(repository) = self.repository(rule, cell, faults) else {
                continue;
            };
            if repositories.contains(&repository) {
                let fault = format!("`{repository}` appears twice in `publish`");
                faults.push(
                    Diagnostic::warning("matrix::publish-twice", fault)
                        .at(rule.text.source.span, "again here")
                        .help("remove one of them"),
                );
            } else {
                repositories.push(repository);
                permissions.push(permission.clone());
            }
        }
        (repositories, permissions)
    }
}

/// Settings with the values of one cell.
struct Filled;

impl Stage for Filled {
    type Text = Spanned<String>;
    type From = Parent;
    type Use = Use;
    /// Tags need the tokens of a cell, and are made by [`named_tags`].
    type Tag = Infallible;
    type Check = Check;
    type Default = Infallible;
    type Token = Infallible;
}

struct Fill<'f, 'a, 'm> {
    build: &'f mut Build<'a, 'm>,
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

    fn from(&mut self, from: &Rc<FromRule>) -> Option<Parent> {
        let (build, faults) = (&mut *self.build, &mut *self.faults);
        match &**from {
            FromRule::Broken => None,
            FromRule::Image(rule) => {
                let label = || format!("{}:{}", self.image.name.as_str(), self.name);
                let parent = rule.resolve(self.cell, build.targets, &label, faults);
                parent.map(Parent::Variant)
            }
            FromRule::Base {
                base,
                reference,
                span,
            } => {
                let found = build.base(*base, reference, *span, self.cell, faults);
                found.map(Parent::Base)
            }
        }
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

    fn tag(&mut self, _: &Rc<Rule>) -> Option<Infallible> {
        None
    }

    fn check(&mut self, check: &Rc<Declared<Text>>) -> Option<Check> {
        let mut found = Diagnostics::default();
        let filled = check.fill(|text| text.fill(self.cell, self.faults), &mut found);
        found
            .iter()
            .for_each(|fault| self.faults.push(fault.clone()));
        filled
    }

    fn default(&mut self, _: &(usize, u32)) -> Option<Infallible> {
        None
    }

    fn token(&mut self, _: &(usize, Rc<Token>)) -> Option<Infallible> {
        None
    }
}

/// The variant's name, its tags and its deferred tags; `None` if a fault is reported.
fn named_tags<'p>(
    cell: CellView<'p>,
    settings: &'p Effective,
    common: &Common,
    contest: &Contest<'p>,
    faults: &mut Faults,
) -> Option<(String, Vec<PublicTag>, Vec<DeferredTag>)> {
    let image = common.image;
    let rules: Vec<&Rule> = if common.unruled {
        vec![&common.product]
    } else {
        settings.settings.tags.iter().map(Rc::as_ref).collect()
    };
    let naming_rule = rules
        .iter()
        .copied()
        .find(|rule| rule.names())
        .unwrap_or(&common.product);
    let own_name = name(naming_rule, cell);
    let label = || format!("{}:{own_name}", image.name.as_str());
    let Tags { made, deferred, .. } = tags(cell, settings, &rules, contest, &label, faults);
    if !naming::is_name(&own_name) {
        if !faults.has_errors() {
            faults.push(naming::no_name(&own_name, &image.name, naming_rule.span));
        }
        return None;
    }
    let tags = naming::lead(&own_name, made);
    Some((own_name, tags, deferred))
}

/// The recipe of a variant without one: the template for everything that the manifest declares.
fn whole(settings: &Settings<LookedUp>, image: &Image, faults: &mut Faults) -> Option<Body> {
    if settings.from.is_some() {
        let name = Spanned::new(String::from(Body::WHOLE), image.name.span);
        return Some(Body::Template(name));
    }
    let fault = Diagnostic::error(
        "matrix::no-recipe",
        format!("image `{}` has variants without a Dockerfile", *image.name),
    );
    faults.push(fault.at(image.name.span, "here").help(
        "specify its parent, `from base=\"…\"`, or `dockerfile \"path\"` for a hand-written one",
    ));
    None
}

fn no_from(image: &Image, template: Span) -> Diagnostic {
    let fault = format!(
        "image `{}` has variants with a template but without `from`",
        *image.name
    );
    Diagnostic::error("matrix::no-from", fault)
        .at(template, "this template")
        .help("write `from base=\"…\"` or `from image=\"…\"`")
}

fn folder(common: &Common, cell: CellView, name: &str, faults: &mut Faults) -> Option<String> {
    let path = match &common.path {
        Some(text) => {
            let path = Spanned::new(text.fill(cell, faults)?, text.source.span);
            if !inside(&path, faults) {
                return None;
            }
            Some(path.value)
        }
        None => None,
    };
    Some(naming::folder(
        &common.image.name,
        !cell.axes.is_empty(),
        name,
        path.as_deref(),
    ))
}

/// Whether a path stays inside the workspace; a fault is reported.
fn inside(path: &Spanned<String>, faults: &mut Faults) -> bool {
    let checked = naming::check_path(path, path.span);
    checked.map_err(|fault| faults.push(fault)).is_ok()
}

fn named_cell(cell: CellView, axis: usize) -> (String, Arc<Cell>) {
    (
        cell.axes[axis].name().to_owned(),
        cell.value(axis).cell(cell.first(axis)),
    )
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

fn platforms(written: Vec<Spanned<String>>, faults: &mut Faults) -> Vec<Platform> {
    let mut platforms: IndexMap<Platform, String> = IndexMap::new();
    for Spanned { value, span } in written {
        match value.parse::<Platform>() {
            Ok(platform) => match platforms.get(&platform) {
                Some(first) => faults.push(listed_twice(first, &value, span)),
                None => drop(platforms.insert(platform, value)),
            },
            Err(fault) => faults.push(
                Diagnostic::error("matrix::platform", fault.to_string())
                    .at(span, "here")
                    .help("common platforms are `linux/amd64` and `linux/arm64`"),
            ),
        }
    }
    if platforms.is_empty() {
        return vec![Platform::linux_amd64()];
    }
    platforms.into_keys().collect()
}

fn listed_twice(first: &str, second: &str, at: Span) -> Diagnostic {
    let message = match first == second {
        true => format!("the platform `{second}` is listed twice"),
        false => {
            format!("a platform is listed twice: `{first}` and `{second}` are one platform")
        }
    };
    Diagnostic::error("matrix::platform-twice", message)
        .at(at, "the second time")
        .help("leave one of them out")
}

fn plain(texts: IndexMap<String, Spanned<String>>) -> IndexMap<String, String> {
    let texts = texts.into_iter();
    texts.map(|(name, text)| (name, text.value)).collect()
}
