//! One variant: the result of its cell, its image's settings and the matching `when`s.

use super::build::{Build, RepositoryRule};
use super::checks::checks;
use super::conditions::permission;
use super::config::config;
use super::deferred::DeferredTag;
use super::expand::Matrix;
use super::faults::Faults;
use super::fleet::{Body, Cell, Parent, Permission, PublicTag, Use, Variant, VariantId};
use super::from::FromRule;
use super::naming;
use super::rule::{Rule, product};
use super::settings::Effective;
use super::tags::{Contest, Tags, name, tags};
use super::text::{CellView, Lookup, Place, Text};
use crate::manifest::{Image, Publish};
use crate::name::{Platform, Repository};
use crate::text::{Diagnostic, Spanned};
use indexmap::IndexMap;
use std::cell::OnceCell;
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
        settings: &Effective<'p, 'm>,
        common: &Common<'m>,
        contest: &Contest<'p>,
        faults: &mut Faults,
    ) -> Option<Variant> {
        let image = common.image;
        let (own_name, tags, deferred) = named_tags(cell, settings, common, contest, faults)?;
        let label = || format!("{}:{own_name}", image.name.as_str());
        let (publish, permissions) = self.publish(common, cell, faults);
        let staging = common
            .staging
            .as_ref()
            .map(|staging| self.repository(staging, cell, faults));
        let body = body(settings, image, cell, faults);
        let dir = folder(common, cell, &own_name, faults);
        let parent = self.parent(settings, cell, &label, faults);
        let uses = uses(settings, cell, faults);
        Some(Variant {
            id: VariantId(u32::try_from(id).unwrap_or(u32::MAX)),
            image: image.name.value.clone(),
            cells: (0..cell.axes.len())
                .map(|axis| named_cell(cell, axis))
                .collect(),
            parent,
            context: context(settings, cell, faults),
            uses,
            platforms: platforms(settings, cell, faults),
            args: filled(&settings.args, cell, faults),
            env: filled(&settings.env, cell, faults),
            distribution: settings.distribution,
            config: config(&settings.configs, cell, faults),
            checks: checks(&settings.checks, cell, faults),
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

    fn parent(
        &mut self,
        settings: &Effective,
        cell: CellView,
        label: &dyn Fn() -> String,
        faults: &mut Faults,
    ) -> Option<Parent> {
        match settings.from? {
            FromRule::Broken => None,
            FromRule::Image(rule) => rule
                .resolve(cell, self.targets, label, faults)
                .map(Parent::Variant),
            FromRule::Base {
                base,
                reference,
                span,
            } => self
                .base(*base, reference, *span, cell, faults)
                .map(Parent::Base),
        }
    }
}

/// The variant's name, its tags and its deferred tags; `None` if a fault is reported.
fn named_tags<'p>(
    cell: CellView<'p>,
    settings: &Effective<'p, '_>,
    common: &Common,
    contest: &Contest<'p>,
    faults: &mut Faults,
) -> Option<(String, Vec<PublicTag>, Vec<DeferredTag>)> {
    let image = common.image;
    let rules: Vec<&Rule> = if common.unruled {
        vec![&common.product]
    } else {
        settings.rules.clone()
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

fn body(settings: &Effective, image: &Image, cell: CellView, faults: &mut Faults) -> Option<Body> {
    let Some(recipe) = settings.recipe else {
        if settings.from.is_some() {
            return Some(Body::Template(Spanned::new(
                String::from(Body::WHOLE),
                image.name.span,
            )));
        }
        let fault = Diagnostic::error(
            "matrix::no-recipe",
            format!("image `{}` has variants without a Dockerfile", *image.name),
        );
        faults.push(
            fault
                .at(image.name.span, "here")
                .help("specify its parent, `from base=\"…\"`, or `dockerfile \"path\"` for a hand-written one"),
        );
        return None;
    };
    if recipe.template && settings.from.is_none() {
        let fault = format!(
            "image `{}` has variants with a template but without `from`",
            *image.name
        );
        let fault = Diagnostic::error("matrix::no-from", fault)
            .at(recipe.path.source.span, "this template");
        faults.push(fault.help("write `from base=\"…\"` or `from image=\"…\"`"));
    }
    let path = path(&recipe.path, cell, faults)?;
    Some(if recipe.template {
        Body::Template(path)
    } else {
        Body::Dockerfile(path)
    })
}

fn folder(common: &Common, cell: CellView, name: &str, faults: &mut Faults) -> Option<String> {
    let path = match &common.path {
        Some(text) => Some(self::path(text, cell, faults)?.value),
        None => None,
    };
    Some(naming::folder(
        &common.image.name,
        !cell.axes.is_empty(),
        name,
        path.as_deref(),
    ))
}

/// A path inside the workspace; `None` if a fault is reported.
fn path(text: &Text, cell: CellView, faults: &mut Faults) -> Option<Spanned<String>> {
    let filled = text.fill(cell, faults)?;
    match naming::check_path(&filled, text.source.span) {
        Ok(()) => Some(Spanned::new(filled, text.source.span)),
        Err(fault) => {
            faults.push(fault);
            None
        }
    }
}

fn context(settings: &Effective, cell: CellView, faults: &mut Faults) -> Option<Spanned<String>> {
    let text = settings.context?;
    // The workspace itself is a common context, although it is not a path below the workspace.
    if text.constant() == Some(".") {
        return Some(text.source.clone());
    }
    path(text, cell, faults)
}

fn named_cell(cell: CellView, axis: usize) -> (String, Arc<Cell>) {
    (
        cell.axes[axis].name().to_owned(),
        cell.value(axis).cell(cell.first(axis)),
    )
}

fn uses(settings: &Effective, cell: CellView, faults: &mut Faults) -> Vec<Use> {
    let mut uses: Vec<Use> = Vec::with_capacity(settings.uses.len());
    for rule in &settings.uses {
        let params = rule
            .params
            .iter()
            .filter_map(|(name, text)| Some(((*name).to_owned(), text.fill(cell, faults)?)))
            .collect();
        let one = Use {
            toolset: rule.toolset.to_owned(),
            params,
            span: rule.span,
        };
        if !uses
            .iter()
            .any(|known| known.toolset == one.toolset && known.params == one.params)
        {
            uses.push(one);
        }
    }
    uses
}

fn platforms(settings: &Effective, cell: CellView, faults: &mut Faults) -> Vec<Platform> {
    let mut platforms: IndexMap<Platform, String> = IndexMap::new();
    for text in settings.platforms.unwrap_or_default() {
        let Some(filled) = text.fill(cell, faults) else {
            continue;
        };
        match filled.parse::<Platform>() {
            Ok(platform) => {
                if let Some(first) = platforms.get(&platform) {
                    faults.push(listed_twice(first, &filled, text));
                } else {
                    platforms.insert(platform, filled);
                }
            }
            Err(fault) => faults.push(
                Diagnostic::error("matrix::platform", fault.to_string())
                    .at(text.source.span, "here")
                    .help("common platforms are `linux/amd64` and `linux/arm64`"),
            ),
        }
    }
    if platforms.is_empty() {
        return vec![Platform::linux_amd64()];
    }
    platforms.into_keys().collect()
}

fn listed_twice(first: &str, second: &str, text: &Text) -> Diagnostic {
    let message = match first == second {
        true => format!("the platform `{second}` is listed twice"),
        false => {
            format!("a platform is listed twice: `{first}` and `{second}` are one platform")
        }
    };
    Diagnostic::error("matrix::platform-twice", message)
        .at(text.source.span, "the second time")
        .help("leave one of them out")
}

fn filled(
    texts: &IndexMap<&str, &Text>,
    cell: CellView,
    faults: &mut Faults,
) -> IndexMap<String, String> {
    texts
        .iter()
        .filter_map(|(name, text)| Some(((*name).to_owned(), text.fill(cell, faults)?)))
        .collect()
}
