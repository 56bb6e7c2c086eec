//! The steps that expand a manifest into a fleet.

use crate::manifest::{Image, Manifest};
use crate::matrix::build::{Build, Built};
use crate::matrix::cells::axes::axes;
use crate::matrix::cells::axis::Axis;
use crate::matrix::cells::cell_list::{ImageCells, Parentless, cells, span_of};
use crate::matrix::cells::lookup::Lookup;
use crate::matrix::cells::matrix::Matrix;
use crate::matrix::cells::versions::{ahead, mixed, nothing_latest, rivals, yielded};
use crate::matrix::faults::{Faults, may_be_absence};
use crate::matrix::fleet::variants::{Fleet, Variant};
use crate::matrix::scope::{Scope, Used};
use crate::matrix::settings::from::{Target, Targets};
use crate::matrix::settings::{needs, toolsets};
use crate::matrix::tags::{naming, verify};
use crate::matrix::{Inputs, idle, unused, variables};
use crate::tag::git_tag;
use crate::text::{Diagnostic, Diagnostics, Spanned};
use std::collections::HashMap;

/// The most cells a fleet may span, before anything is excluded.
pub const LARGEST: usize = 200_000;

/// Expands a manifest and verifies its tags. Every fault is reported; with an error among them
/// there is no fleet.
pub fn expand(
    manifest: &Manifest,
    inputs: &Inputs,
    diagnostics: &mut Diagnostics,
) -> Option<Fleet> {
    let mut faults = Faults::default();
    if manifest.workspace.is_none() && !diagnostics.has_errors() {
        faults.push(Diagnostic::error(
            "matrix::no-workspace",
            "the manifest has no `workspace`",
        ));
    }
    let scope = scope(manifest, inputs, &mut faults);
    let fleet = multiply(&scope, &mut faults);
    if !faults.has_errors() && scope.used.wants_git_tag.get() {
        rehearse(manifest, inputs, &mut faults);
    }
    let sound = !faults.has_errors();
    diagnostics.extend_unrelated(faults.finish(), |fault| {
        may_be_absence(manifest, fault.code)
    });
    fleet.filter(|_| sound)
}

/// A git tag that no manifest has a version of.
const SAMPLE: &str = "v987.65.43";

/// Reports two owners of a tag that only a run for a git tag makes: such a run is a release, and too late to find this.
fn rehearse(manifest: &Manifest, inputs: &Inputs, faults: &mut Faults) {
    let mut run = inputs.clone();
    run.git.tag = Some(String::from(SAMPLE));
    let mut found = Faults::default();
    multiply(&scope(manifest, &run, &mut found), &mut found);
    let found = found.finish();
    let owners = found
        .iter()
        .filter(|fault| fault.code == verify::TWO_OWNERS);
    for fault in owners {
        let message = format!(
            "in a run for a git tag such as `{SAMPLE}`, {}",
            fault.message
        );
        faults.push(Diagnostic {
            message,
            ..fault.clone()
        });
    }
}

fn scope<'m>(manifest: &'m Manifest, inputs: &'m Inputs, faults: &mut Faults) -> Scope<'m> {
    let variables = variables::resolve(&manifest.variables, inputs, faults);
    manifest
        .images
        .iter()
        .filter_map(|image| naming::check_image(&image.name, image.name.span).err())
        .for_each(|fault| faults.push(fault));
    Scope {
        manifest,
        inputs,
        variables,
        git_version: inputs.git.tag.as_deref().and_then(git_tag::version_in),
        bases: indexes(&manifest.bases, |base| &base.name),
        toolsets: indexes(&manifest.toolsets, |toolset| &toolset.name),
        images: indexes(&manifest.images, |image| &image.name),
        used: Used::default(),
    }
}

/// The index of each item by its name.
fn indexes<T>(items: &[T], name: impl Fn(&T) -> &Spanned<String>) -> HashMap<&str, usize> {
    let items = items.iter().enumerate();
    items
        .map(|(index, item)| (name(item).as_str(), index))
        .collect()
}

/// What is based on a variant whose last day is over has ended, too. That is known only once the parents are, so the matrix is
/// multiplied again without it.
fn multiply(scope: &Scope, faults: &mut Faults) -> Option<Fleet> {
    let mut parentless = Parentless::new();
    loop {
        let (mut own, mut further) = (faults.clone(), Parentless::new());
        let fleet = multiply_without(scope, &parentless, &mut further, &mut own);
        if further.is_empty() {
            *faults = own;
            return fleet;
        }
        for (image, cells) in further {
            parentless.entry(image).or_default().extend(cells);
        }
    }
}

/// The fleet without these cells. `further` gets those that turn out to have no parent.
fn multiply_without(
    scope: &Scope,
    parentless: &Parentless,
    further: &mut Parentless,
    faults: &mut Faults,
) -> Option<Fleet> {
    let matrices = matrices(scope, parentless, faults)?;
    let images = matrices
        .iter()
        .map(|m| Target {
            axes: &m.axes,
            cells: &m.cells,
            ended: &m.ended,
            first: m.first,
        })
        .collect();
    let targets = Targets {
        images,
        indexes: Default::default(),
        parentless: Default::default(),
    };
    let mut build = Build::new(scope, &targets);
    for matrix in &matrices {
        build.image(matrix, faults)?;
    }
    build.verify_stages(faults);
    let toolsets = toolsets::toolsets(scope, faults);
    unused::unused(scope, faults)
        .into_iter()
        .for_each(|fault| faults.push(fault));
    if !faults.has_errors() {
        let idle = unused::unused_parts(scope).into_iter();
        idle.chain(idle::tokens(scope))
            .chain(idle::platforms(scope))
            .for_each(|fault| faults.push(fault));
    }
    let Built {
        bases,
        variants,
        mut ended,
        mut conditional,
        open,
    } = build.finish();
    *further = targets.parentless.take();
    if !(ended.is_empty() && conditional.is_empty()) {
        for (reference, _) in variants.iter().flat_map(Variant::references) {
            ended.remove(&reference);
            conditional.remove(&reference);
        }
    }
    let workspace = scope.manifest.workspace.as_ref();
    let attest = workspace.map(|workspace| workspace.attest.clone());
    let declared = workspace.map(|workspace| (workspace.syntax, workspace.engine));
    let (syntax, engine) = declared.unwrap_or_default();
    let fleet = Fleet {
        name: scope.workspace().to_owned(),
        syntax,
        engine,
        attest: attest.unwrap_or_default(),
        bases: bases.into(),
        toolsets,
        variants: variants.into(),
        ended,
        conditional,
    };
    // Ids are positions: a variant that is missing because of a fault would shift all that follow.
    let fleet = match faults.has_errors() {
        true => fleet,
        false => with_uses(needs::needs(&fleet, faults), fleet),
    };
    let mut faulty = verify::with_faulty_tags(scope.manifest, faults);
    faulty.extend(open);
    let is_known = |variant: &Variant| !faulty.contains(variant.image.as_str());
    verify::folders(&fleet, &is_known, faults);
    verify::owners(scope.manifest, &fleet, &is_known, faults);
    verify::counters(&fleet, &is_known, faults);
    verify::musts(scope.manifest, &fleet, &faulty, faults);
    if !faults.has_errors() {
        let idle = idle::unshared(scope, &fleet);
        idle.into_iter().for_each(|fault| faults.push(fault));
    }
    scope.used.git_tags.borrow().report(scope.inputs, faults);
    Some(fleet)
}

/// A fleet whose variants use these tool sets.
fn with_uses(uses: needs::Uses, fleet: Fleet) -> Fleet {
    let variants = fleet.variants.into_iter().zip(uses);
    Fleet {
        variants: variants
            .map(|(variant, uses)| Variant { uses, ..variant })
            .collect(),
        ..fleet
    }
}

/// The axes and cells of every image; `None` if there are more than [`LARGEST`].
fn matrices<'m>(
    scope: &Scope<'m>,
    parentless: &Parentless,
    faults: &mut Faults,
) -> Option<Vec<Matrix<'m>>> {
    let all: Vec<(&Image, Vec<Axis>)> = scope
        .manifest
        .images
        .iter()
        .map(|image| (image, axes(image, scope, faults)))
        .collect();
    let mut total = 0usize;
    for (image, axes) in &all {
        total = span_of(axes)
            .and_then(|count| total.checked_add(count))
            .unwrap_or(usize::MAX);
        if total > LARGEST {
            faults.push(too_many(image, axes));
            return None;
        }
    }
    let mut first = 0;
    let mut matrices = Vec::new();
    for (image, mut axes) in all {
        let lookup = Lookup {
            scope,
            axes: &[],
            image: Some(image.name.as_str()),
        };
        let ImageCells {
            built: cells,
            ended,
        } = cells(
            image,
            &axes,
            &lookup,
            parentless.get(image.name.as_str()),
            faults,
        );
        for (index, axis) in axes.iter_mut().enumerate() {
            let alive = cells.alive(index, axis.values.len());
            axis.climb(&alive);
            let warnings = rivals(axis, &alive).into_iter().chain(yielded(axis));
            let dates = mixed(axis, &alive);
            // A date is not a version, whatever its edition.
            let editions = ahead(axis, &alive).into_iter();
            let editions = editions.filter(|_| dates.is_none()).collect::<Vec<_>>();
            let warnings = warnings.chain(editions).chain(dates).collect::<Vec<_>>();
            let had = ended.alive(index, axis.values.len());
            axis.end(&alive, &had);
            warnings
                .into_iter()
                .chain(nothing_latest(axis, &alive, &had))
                .for_each(|fault| faults.push(fault));
        }
        let count = cells.len();
        matrices.push(Matrix {
            image,
            axes,
            cells,
            ended,
            first,
        });
        first += count;
    }
    Some(matrices)
}

fn too_many(image: &Image, axes: &[Axis]) -> Diagnostic {
    let sizes = axes
        .iter()
        .map(|axis| axis.values.len().to_string())
        .collect::<Vec<_>>()
        .join(" × ");
    Diagnostic::error(
        "matrix::too-many-cells",
        format!(
            "with image `{}` the fleet has more than {LARGEST} cells",
            *image.name
        ),
    )
    .at(
        image.name.span,
        format!("{} cells", if sizes.is_empty() { "1" } else { &sizes }),
    )
    .help("use fewer values, or several workspaces")
}
