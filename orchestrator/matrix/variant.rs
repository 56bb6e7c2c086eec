//! One variant: the result of its cell, its image's settings and the matching `when`s.

use crate::manifest::{HookDecl, Image, RecipeDecl, Settings};
use crate::matrix::cells::lookup::{Lookup, Place};
use crate::matrix::cells::matrix::Matrix;
use crate::matrix::cells::text::{CellView, Text};
use crate::matrix::cells::variable::Applies;
use crate::matrix::faults::Faults;
use crate::matrix::fleet::deferred::DeferredTag;
use crate::matrix::fleet::hook::{self, Hook};
use crate::matrix::fleet::public_tag::{Permission, PublicTag};
use crate::matrix::fleet::variants::{Body, Variant, VariantId};
use crate::matrix::settings::building;
use crate::matrix::settings::fill::{fill, inside};
use crate::matrix::settings::looked_up::{Effective, LookedUp};
use crate::matrix::settings::platforms::platforms;
use crate::matrix::settings::references::{PublishRule, References};
use crate::matrix::settings::rule::{Rule, product};
use crate::matrix::staging::StagingRules;
use crate::matrix::tags::derive::{Contest, name, tags};
use crate::matrix::tags::distinct::Tags;
use crate::matrix::tags::naming;
use crate::name::{Reference, Repository, Tag};
use crate::text::{Diagnostic, Span, Spanned};
use indexmap::IndexMap;
use std::rc::Rc;

/// What all variants of an image have in common.
pub(super) struct Common<'m> {
    image: &'m Image,
    /// The repositories of the workspace, for variants without their own.
    publish: Vec<Rc<PublishRule>>,
    /// Whether the manifest has a workspace, which would have them.
    has_workspace: bool,
    staging: StagingRules,
    path: Option<Text>,
    /// The hooks of the workspace.
    hooks: Vec<HookDecl<Text>>,
    /// All axes joined with `-`: the rule of an image without one.
    product: Rule,
    /// Whether the image declares no tag rule at all.
    unruled: bool,
    /// Whether some of its rules were left out because of faults.
    tags_lost: bool,
    /// Whether it has a `when` with a fault, which may set what its variants lack.
    has_open_when: bool,
}

impl<'m> Common<'m> {
    /// Compiles what all variants of an image share; faults are reported.
    pub fn new(
        matrix: &Matrix<'m>,
        has_open_when: bool,
        lookup: &Lookup<'_, 'm>,
        faults: &mut Faults,
    ) -> Self {
        let image = matrix.image;
        let workspace = lookup.scope.manifest.workspace.as_ref();
        let publish = workspace
            .into_iter()
            .flat_map(|workspace| &workspace.publish);
        // What an image replaces is not looked at.
        let publish = publish.filter(|_| image.settings.publish.is_empty());
        let publish = publish
            .map(|one| Rc::new(PublishRule::new(one, Applies::Always, lookup, faults)))
            .collect();
        let staging = StagingRules::new(workspace, lookup, faults);
        let hooks = workspace.into_iter().flat_map(|workspace| &workspace.hooks);
        let hooks =
            hooks.filter_map(|hook| hook.carry(|run| Some(lookup.text(run, Place::Hook, faults))));
        Self {
            image,
            publish,
            has_workspace: workspace.is_some(),
            staging,
            hooks: hooks.collect(),
            path: image
                .path
                .as_ref()
                .map(|path| lookup.text(path, Place::Rendered, faults)),
            product: product(image, &matrix.axes, lookup),
            unruled: image.settings.tags.is_empty()
                && image.whens.iter().all(|when| when.settings.tags.is_empty())
                && !image.tags_lost,
            tags_lost: image.tags_lost,
            has_open_when,
        }
    }
}

impl Common<'_> {
    /// The rule of an image that declares none, or whose rules may climb any rung.
    pub fn unruled(&self) -> Option<&Rule> {
        (self.unruled || self.tags_lost).then_some(&self.product)
    }
}

/// The variant of one cell; `None` if a fault is reported.
pub(super) fn variant<'p>(
    references: &mut References,
    id: usize,
    cell: CellView<'p>,
    settings: &'p Effective,
    common: &Common,
    contest: &Contest<'p>,
    faults: &mut Faults,
) -> Option<Variant> {
    let image = common.image;
    let named = named_tags(cell, settings, common, contest, faults);
    // A fault of its tags does not hide those of its settings.
    let has_name = named.is_some();
    let (own_name, tags, deferred) = named.unwrap_or_default();
    let (publish, permissions) = self::publish(references, common, cell, settings, faults);
    let staging = common.staging.of(references, cell, faults);
    let settings = &settings.settings;
    let body = recipe(settings, common, faults);
    let filled = fill(settings, references, image, &own_name, cell, faults);
    let hooks = self::hooks(common, cell, &filled.hooks, faults);
    let dir = folder(common, cell, &own_name, faults);
    let body = filled.recipe.or(body);
    // A fault of the staging repository does not hide the variant.
    let staging = staging.unwrap_or_default();
    let retries = building::retries(&filled.building, faults);
    let options = building::options(&filled.building, faults);
    let own_platforms = platforms(
        filled.platforms.unwrap_or_default(),
        image.name.span,
        references.platform_changes(),
        faults,
    );
    if !has_name {
        return None;
    }
    Some(Variant {
        id: VariantId::from(id),
        image: image.name.value.clone(),
        cells: (0..cell.axes.len())
            .map(|axis| {
                let name = cell.axes[axis].name();
                cell.value(axis).cell(name, cell.first(axis))
            })
            .collect(),
        parent: filled.from,
        context: filled.context,
        contexts: filled.contexts.into_values().collect(),
        uses: references.uses.share(filled.uses),
        platforms: references.platforms.share(own_platforms),
        args: references.args.share(plain(filled.args)),
        env: references.env.share(plain(filled.env)),
        distribution: filled.distribution,
        config: references.configs.share(filled.config),
        target: filled.building.target.as_ref().map(|target| target.span),
        retries,
        build: references.builds.share(options),
        secrets: filled.building.secrets.into_values().collect(),
        agents: filled.building.agents.into_values().collect(),
        checks: filled.checks.into(),
        hooks: references.hooks.share(hooks),
        dir: dir?,
        body: body?,
        publish: references.publish.share(publish),
        permissions: references.permissions.share(permissions),
        staging: staging.own,
        trusted_staging: staging.trusted.map(Box::new),
        tags: tags.into(),
        deferred: deferred.into(),
        said: filled.said,
        span: image.span,
        name: own_name,
    })
}

/// The public tags that a cell which is not built, or not with these settings, would have in each run.
pub(super) fn lasting_tags<'p>(
    references: &mut References,
    cell: CellView<'p>,
    settings: &'p Effective,
    common: &Common,
    contest: &Contest<'p>,
) -> Vec<Reference> {
    // Faults of what is not built do not matter.
    let faults = &mut Faults::default();
    let named = named_tags(cell, settings, common, contest, faults);
    let (repositories, _) = publish(references, common, cell, settings, faults);
    let tags = named.into_iter().flat_map(|(_, tags, _)| tags);
    let lasting: Vec<Tag> = tags.filter(|tag| !tag.varies).map(|tag| tag.tag).collect();
    let of = |repository: Repository| {
        let tags = lasting.iter().cloned();
        tags.map(move |tag| Reference::tagged(repository.clone(), tag))
    };
    repositories.into_iter().flat_map(of).collect()
}

fn publish(
    references: &mut References,
    common: &Common,
    cell: CellView,
    settings: &Effective,
    faults: &mut Faults,
) -> (Vec<Repository>, Vec<Permission>) {
    let mut repositories: Vec<Repository> = Vec::new();
    let mut permissions = Vec::new();
    let own = &settings.settings.publish;
    let rules = if own.is_empty() { &common.publish } else { own };
    if rules.is_empty() && common.has_workspace && !common.has_open_when {
        faults.push(no_publish(common.image));
    }
    for rule in rules {
        let Some(repository) = references.repository(&rule.repository, cell, faults) else {
            continue;
        };
        if repositories.contains(&repository) {
            let fault = format!("`{repository}` appears twice in `publish`");
            faults.push(
                Diagnostic::warning("matrix::publish-twice", fault)
                    .at(rule.repository.text.source.span, "again here")
                    .help("remove one of them"),
            );
        } else {
            repositories.push(repository);
            permissions.push(rule.permission.clone());
        }
    }
    (repositories, permissions)
}

fn no_publish(image: &Image) -> Diagnostic {
    let message = match image
        .whens
        .iter()
        .any(|when| !when.settings.publish.is_empty())
    {
        false => format!("image `{}` has no repository", *image.name),
        true => format!(
            "image `{}` has variants without a repository in this run",
            *image.name
        ),
    };
    let fault = Diagnostic::error("matrix::no-publish", message).at(image.name.span, "here");
    fault.help("specify where to publish its tags: `publish \"docker.io/you/{image}\"` in the workspace or the image")
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
    let named = rules.iter().copied().find(|rule| rule.names());
    let naming_rule = named
        .filter(|_| !common.tags_lost)
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

/// The recipe of a variant without one: the template for everything that the manifest declares. What its recipe lacks is reported.
fn recipe(settings: &Settings<LookedUp>, common: &Common, faults: &mut Faults) -> Option<Body> {
    let image = common.image;
    let fault = match (&settings.recipe, &settings.from) {
        (None, Some(_)) => {
            let name = Spanned::new(String::from(Body::WHOLE), image.name.span);
            return Some(Body::Template(name));
        }
        (Some(RecipeDecl::Template(path)), None) => no_from(image, path.source.span),
        (None, None) => no_recipe(image),
        (Some(_), _) => return None,
    };
    if !common.has_open_when {
        faults.push(fault);
    }
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

fn no_recipe(image: &Image) -> Diagnostic {
    let fault = Diagnostic::error(
        "matrix::no-recipe",
        format!("image `{}` has variants without a Dockerfile", *image.name),
    );
    fault.at(image.name.span, "here").help(
        "specify its parent, `from base=\"…\"`, or `dockerfile \"path\"` for a hand-written one",
    )
}

/// The hooks of the workspace, then those of the image.
fn hooks(
    common: &Common,
    cell: CellView,
    own: &[HookDecl<Spanned<String>>],
    faults: &mut Faults,
) -> Vec<Hook> {
    let of_workspace = common.hooks.iter().filter_map(|hook| {
        hook.carry(|run| Some(Spanned::new(run.command(cell, faults)?, run.source.span)))
    });
    let of_workspace: Vec<_> = of_workspace.collect();
    let all = of_workspace.iter().chain(own);
    all.map(|one| {
        let name = one.name.as_ref().map(|name| name.as_str());
        Hook::new(one.phase, name, hook::parts(&one.run), one.within, one.span)
    })
    .collect()
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

fn plain(texts: IndexMap<String, Spanned<String>>) -> IndexMap<String, String> {
    let texts = texts.into_iter();
    texts.map(|(name, text)| (name, text.value)).collect()
}
