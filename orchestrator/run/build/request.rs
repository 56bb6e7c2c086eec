//! What an engine is sent for a build: the Dockerfile, its context, and what it may read and use.

use crate::name::{Domain, Reference};
use crate::plan::{Build, ImageSource, PlannedRecipe, StepId};
use crate::request::{BuildOptions, BuildRequest, Builder, FaultKind, Store, WorldError};
use crate::run::sources::sent_dockerfile;
use crate::run::{CacheUse, RunContext, sources};
use crate::survey;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The request for a build, and what its cache is.
pub(super) async fn request(
    ctx: &RunContext,
    step: StepId,
    build: &Build,
    recipe: &PlannedRecipe,
) -> Result<(BuildRequest, CacheUse), WorldError> {
    let dockerfile = sent_dockerfile(ctx, step, build, recipe).await?;
    let context = &sources::planned(ctx, build)?.context;
    let context = ctx.contexts.get(context).ok_or_else(|| {
        let why = "the build context of the plan is not at hand";
        WorldError::fault(FaultKind::Ours, &*recipe.path, why)
    })?;
    let (cache_from, cache) = match recipe.no_cache {
        true => (Vec::new(), CacheUse::None("--no-cache".into())),
        false => previous_image(ctx, step, build).await,
    };
    let domains = read_from(recipe, &cache_from);
    let credentials = Arc::new(ctx.credentials.of(domains).await?);
    let request = BuildRequest {
        dockerfile,
        context: context.clone(),
        args: sources::args(ctx, build, recipe)?,
        platform: build.platform.clone(),
        name: ctx.local_name(build),
        cache_from,
        no_cache: recipe.no_cache,
        options: options(ctx, recipe),
        builder: ctx.builder(),
        credentials,
        secrets: Arc::new(recipe.secrets.resolve(&ctx.secrets)),
    };
    Ok((request, cache))
}

/// A host that no step uses.
const APART: &str = "untrusted.kiln.invalid:127.0.0.1";

/// What else the build takes. BuildKit does not count a secret as an input of a step: on an engine that a trusted run has used,
/// an untrusted one would get what was made with the secret, and a later trusted one what was made without. It counts the names
/// of added hosts, so one more keeps the steps of the two apart.
fn options(ctx: &RunContext, recipe: &PlannedRecipe) -> BuildOptions {
    let mut options = BuildOptions::clone(&recipe.options);
    if ctx.secrets.withheld && !recipe.secrets.is_empty() {
        options.extra_hosts.push(APART.into());
    }
    options
}

/// The registries that a build reads from: those of its outside images and of its cache. Parents are on the engine. No other
/// credential is given to the build.
fn read_from(recipe: &PlannedRecipe, cache_from: &[String]) -> BTreeSet<Domain> {
    let bases = recipe
        .images
        .iter()
        .filter_map(|image| match &image.source {
            ImageSource::Base(base) => Some(base.repository.domain().clone()),
            ImageSource::Parent { .. } => None,
        });
    let caches = cache_from.iter().filter_map(|name| {
        let cache: Reference = name.parse().ok()?;
        Some(cache.repository.domain().clone())
    });
    bases.chain(caches).collect()
}

/// Finds the previous image and makes it usable as cache. Problems with it are notes, never failures.
async fn previous_image(ctx: &RunContext, step: StepId, build: &Build) -> (Vec<String>, CacheUse) {
    let none = |why: &str| (Vec::new(), CacheUse::None(why.into()));
    if !ctx.cache {
        return none("--no-cache-from");
    }
    let Ok((engine, info)) = ctx.engine() else {
        return none("no engine");
    };
    if info.builder == Builder::Classic && info.store == Store::Containerd {
        // It finds nothing in an image of another engine, and fails at the first step of one that has no layer (28.5.2).
        return none("the classic builder of the containerd store cannot use a previous image");
    }
    let search = survey::Search {
        registry: &*ctx.registry,
        engine,
        info,
        credentials: &ctx.credentials,
        known: &ctx.previous,
    };
    let candidates = &ctx.plan.variant(&build.variant).previous;
    match search.previous(candidates, &build.platform).await {
        Ok(found) => (vec![found.name], CacheUse::From(found.reference)),
        Err(nothing) => {
            if nothing.trouble {
                ctx.note(step, format!("no cache: {}", nothing.why));
            }
            none(&nothing.why)
        }
    }
}
