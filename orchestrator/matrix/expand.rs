//! The order in which a manifest is multiplied out.

use super::axis::{Axis, axes};
use super::cells::{CellList, cells, span_of};
use super::checks::checks;
use super::compile::{Block, Effective, block, effective};
use super::faults::Faults;
use super::fleet::{self, BaseId, Body, Cell, Fleet, Gate, Parent, Use, Variant, VariantId};
use super::from::{FromRule, Target};
use super::gate::gate;
use super::mask::{Mask, mask};
use super::orphan::{Made, orphans};
use super::rule::{Rule, product};
use super::scope::{Scope, Used};
use super::tags::{Contest, name, tags};
use super::text::{CellView, Lookup, Place, Text};
use super::{Inputs, naming, proof, unused, variables};
use crate::manifest::{Image, Manifest, Per, Publish};
use crate::name::{Platform, Reference, Repository};
use crate::text::{Diagnostic, Diagnostics, Span, Spanned};
use indexmap::IndexMap;
use std::collections::HashMap;
use std::rc::Rc;

/// The most cells a fleet may span, before anything is excluded.
pub const LARGEST: usize = 200_000;

/// The most tags a fleet may have.
const MOST_TAGS: usize = 4_000_000;

/// Multiplies a manifest out and proves its tags. Every fault is told; with an error among them
/// there is no fleet.
pub fn expand(manifest: &Manifest, inputs: &Inputs, diagnostics: &mut Diagnostics) -> Option<Fleet> {
    let mut faults = Faults::default();
    let scope = scope(manifest, inputs, &mut faults);
    let fleet = multiply(&scope, &mut faults);
    let sound = !faults.has_errors();
    diagnostics.extend(faults.finish());
    fleet.filter(|_| sound)
}

fn scope<'m>(manifest: &'m Manifest, inputs: &'m Inputs, faults: &mut Faults) -> Scope<'m> {
    let variables = variables::resolve(&manifest.variables, &inputs.variables, faults);
    let mut scope = Scope {
        manifest,
        inputs,
        variables,
        bases: HashMap::new(),
        toolsets: HashMap::new(),
        images: HashMap::new(),
        used: Used::default(),
    };
    let mut twice = |kind: &str, name: &Spanned<String>| {
        faults
            .push(Diagnostic::error("matrix::twice", format!("{kind} `{}` is declared twice", name.as_str())).at(name.span, "again here"));
    };
    for (index, base) in manifest.bases.iter().enumerate() {
        if scope.bases.insert(&base.name, index).is_some() {
            twice("base", &base.name);
        }
    }
    for (index, toolset) in manifest.toolsets.iter().enumerate() {
        if scope.toolsets.insert(&toolset.name, index).is_some() {
            twice("tool set", &toolset.name);
        }
    }
    for (index, image) in manifest.images.iter().enumerate() {
        if scope.images.insert(&image.name, index).is_some() {
            twice("image", &image.name);
        }
    }
    if manifest.workspace.is_none() {
        faults.push(
            Diagnostic::error("matrix::no-workspace", "the manifest has no `workspace`")
                .help("write `workspace \"name\" { publish \"…\" }`"),
        );
    }
    manifest.images.iter().filter_map(|image| naming::check_image(&image.name, image.name.span).err()).for_each(|fault| faults.push(fault));
    scope
}

/// An image with its cells, before its settings are looked at.
struct Matrix<'m> {
    image: &'m Image,
    axes: Vec<Axis<'m>>,
    cells: CellList,
    first: usize,
}

fn multiply(scope: &Scope, faults: &mut Faults) -> Option<Fleet> {
    let matrices = matrices(scope, faults)?;
    let targets: Vec<Target> = matrices.iter().map(|m| Target { axes: &m.axes, cells: &m.cells, first: m.first }).collect();
    let mut build = Build { scope, targets: &targets, bases: IndexMap::new(), repositories: HashMap::new(), variants: Vec::new(), tags: 0 };
    for matrix in &matrices {
        build.image(matrix, faults)?;
    }
    unused::unused(scope).for_each(|fault| faults.push(fault));
    let toolsets = scope.manifest.toolsets.iter().map(|toolset| (toolset.name.value.clone(), toolset.clone())).collect();
    let fleet = Fleet {
        name: scope.workspace().to_owned(),
        syntax: scope.manifest.workspace.as_ref().map(|workspace| workspace.syntax).unwrap_or_default(),
        bases: build.bases.into_values().collect(),
        toolsets,
        variants: build.variants,
    };
    proof::folders(&fleet, faults);
    proof::owners(scope.manifest, &fleet, faults);
    proof::musts(scope.manifest, &fleet, faults);
    Some(fleet)
}

/// The axes and cells of every image; `None` where there are more than anybody could build.
fn matrices<'m>(scope: &Scope<'m>, faults: &mut Faults) -> Option<Vec<Matrix<'m>>> {
    let axes: Vec<Vec<Axis>> = scope.manifest.images.iter().map(|image| axes(image, scope, faults)).collect();
    let mut total = 0usize;
    for (image, axes) in scope.manifest.images.iter().zip(&axes) {
        total = span_of(axes).and_then(|count| total.checked_add(count)).unwrap_or(usize::MAX);
        if total > LARGEST {
            let fault = Diagnostic::error(
                "matrix::too-many-cells",
                format!("with image `{}` the fleet has more than {LARGEST} cells", *image.name),
            );
            let spans = axes.iter().map(|axis| axis.values.len().to_string()).collect::<Vec<_>>().join(" × ");
            faults.push(fault.at(image.name.span, format!("{spans} cells")).help("fewer values, or several workspaces"));
            return None;
        }
    }
    let mut first = 0;
    let mut matrices = Vec::new();
    for (image, mut axes) in scope.manifest.images.iter().zip(axes) {
        let lookup = Lookup { scope, axes: &[], image: Some(image.name.as_str()) };
        let cells = cells(image, &axes, &lookup, faults);
        for (index, axis) in axes.iter_mut().enumerate() {
            axis.climb(&cells.alive(index, axis.values.len()));
        }
        let count = cells.len();
        matrices.push(Matrix { image, axes, cells, first });
        first += count;
    }
    Some(matrices)
}

/// A fleet in the making.
struct Build<'a, 'm> {
    scope: &'a Scope<'m>,
    targets: &'a [Target<'a, 'm>],
    /// By base and reference, in the order they are met.
    bases: IndexMap<(usize, String), fleet::Base>,
    repositories: HashMap<String, Option<Repository>>,
    variants: Vec<Variant>,
    tags: usize,
}

/// What all variants of an image have in common.
struct Common<'p, 'm> {
    matrix: &'p Matrix<'m>,
    publish: Vec<(Text<'m>, Gate)>,
    stage: Option<Text<'m>>,
    path: Option<Text<'m>>,
    /// Every axis with `-` between: the rule of an image without one.
    product: Rule<'m>,
    /// Whether no rule is written anywhere in the image.
    unruled: bool,
}

impl<'a, 'm> Build<'a, 'm> {
    fn image(&mut self, matrix: &Matrix<'m>, faults: &mut Faults) -> Option<()> {
        let lookup = Lookup { scope: self.scope, axes: &matrix.axes, image: Some(matrix.image.name.as_str()) };
        let masks: Vec<Option<Mask>> = matrix.image.whens.iter().map(|when| mask(&when.matches, &matrix.axes, &lookup, faults)).collect();
        let settings = std::iter::once(&matrix.image.settings).chain(matrix.image.whens.iter().map(|when| &when.settings));
        let blocks: Vec<Block> = settings.map(|settings| block(settings, self.targets, &lookup, faults)).collect();
        let common = self.common(matrix, &lookup, faults);
        let matched = matched(matrix, &masks, faults);
        let mut known: HashMap<&[u32], Rc<Effective>> = HashMap::new();
        for key in &matched {
            known.entry(key).or_insert_with(|| {
                let own = key.iter().map(|when| &blocks[*when as usize + 1]);
                Rc::new(effective(&std::iter::once(&blocks[0]).chain(own).collect::<Vec<_>>(), matrix.axes.len()))
            });
        }
        let contest = contest(matrix, &matched, &known);
        let made = self.variants.len();
        for (index, key) in matched.iter().enumerate() {
            let settings = &known[key.as_slice()];
            let cell = CellView { axes: &matrix.axes, values: matrix.cells.get(index), said: &settings.said };
            let variant = self.variant(matrix.first + index, cell, settings, &common, &contest, faults);
            self.tags += variant.as_ref().map_or(0, |variant| variant.tags.len());
            if self.tags > MOST_TAGS {
                let fault = Diagnostic::error(
                    "matrix::too-many-tags",
                    format!("with image `{}` the fleet has more than {MOST_TAGS} tags", *matrix.image.name),
                );
                faults.push(fault.at(matrix.image.name.span, "here").help("fewer rules or aliases"));
                return None;
            }
            self.variants.extend(variant);
        }
        let made = &self.variants[made..];
        let tags = || made.iter().flat_map(|variant| variant.tags.iter().map(|tag| tag.tag.as_str())).collect();
        let settings = |cell: usize| &*known[matched[cell].as_slice()];
        orphans(&Made { axes: &matrix.axes, cells: &matrix.cells, settings: &settings, tags: &tags }, faults);
        Some(())
    }

    fn common<'p>(&self, matrix: &'p Matrix<'m>, lookup: &Lookup<'_, 'm>, faults: &mut Faults) -> Common<'p, 'm> {
        let workspace = self.scope.manifest.workspace.as_ref();
        let declared: &[Publish] =
            if matrix.image.publish.is_empty() { workspace.map_or(&[], |workspace| &workspace.publish) } else { &matrix.image.publish };
        if declared.is_empty() && workspace.is_some() {
            let fault = Diagnostic::error("matrix::no-publish", format!("image `{}` has no repository", *matrix.image.name))
                .at(matrix.image.name.span, "here");
            faults.push(fault.help("say where its tags live: `publish \"docker.io/you/{image}\"` in the workspace or the image"));
        }
        let publish =
            declared.iter().map(|p| (lookup.text(&p.repository, Place::Public, faults), gate(&p.on, self.scope.inputs))).collect();
        let stage = workspace.and_then(|workspace| workspace.stage.as_ref()).map(|stage| lookup.text(stage, Place::Public, faults));
        let unruled = matrix.image.settings.tags.is_empty() && matrix.image.whens.iter().all(|when| when.settings.tags.is_empty());
        Common {
            publish,
            stage,
            path: matrix.image.path.as_ref().map(|path| lookup.text(path, Place::Rendered, faults)),
            product: product(matrix.image, &matrix.axes, lookup),
            unruled,
            matrix,
        }
    }

    fn variant<'p>(
        &mut self,
        id: usize,
        cell: CellView<'p>,
        settings: &Effective<'p, 'm>,
        common: &Common<'_, 'm>,
        contest: &Contest<'p>,
        faults: &mut Faults,
    ) -> Option<Variant> {
        let image = common.matrix.image;
        let rules: Vec<&Rule> = if common.unruled { vec![&common.product] } else { settings.rules.clone() };
        let naming_rule = rules.iter().copied().find(|rule| rule.names()).unwrap_or(&common.product);
        let own_name = name(naming_rule, cell);
        if !naming::is_name(&own_name) {
            let fault = Diagnostic::error(
                "matrix::variant-name",
                format!("`{}` is no name for a variant of `{}`", own_name.escape_debug(), *image.name),
            );
            faults.push(fault.at(naming_rule.span, "made here").help("a variant is named by its first tag"));
            return None;
        }
        let label = || format!("{}:{own_name}", image.name.as_str());
        let mut tags = tags(cell, settings, &rules, contest, &label, faults);
        naming::lead(&own_name, &mut tags);
        let (publish, gates) = self.publish(common, cell, faults);
        let stage = match &common.stage {
            Some(stage) => self.repository(stage, cell, faults),
            None => publish.first().cloned(),
        };
        let body = self.body(settings, image, cell, faults);
        let dir = folder(common, cell, &own_name, faults);
        let parent = self.parent(settings, cell, &label, faults);
        let uses = uses(settings, cell, faults);
        Some(Variant {
            id: VariantId(u32::try_from(id).unwrap_or(u32::MAX)),
            image: image.name.value.clone(),
            dir: dir?,
            cells: (0..cell.axes.len()).map(|axis| named_cell(cell, axis)).collect(),
            parent,
            body: body?,
            context: context(settings, cell, faults),
            uses,
            platforms: platforms(settings, cell, faults),
            args: filled(&settings.args, cell, faults),
            env: filled(&settings.env, cell, faults),
            checks: checks(&settings.checks, cell, faults),
            publish,
            gates,
            stage: stage?,
            tags,
            span: image.span,
            name: own_name,
        })
    }

    fn publish(&mut self, common: &Common<'_, 'm>, cell: CellView, faults: &mut Faults) -> (Vec<Repository>, Vec<Gate>) {
        let mut repositories: Vec<Repository> = Vec::new();
        let mut gates = Vec::new();
        for (text, gate) in &common.publish {
            let Some(repository) = self.repository(text, cell, faults) else { continue };
            if repositories.contains(&repository) {
                faults.push(
                    Diagnostic::warning("matrix::publish-twice", format!("`{repository}` is published to twice"))
                        .at(text.source.span, "again here"),
                );
            } else {
                repositories.push(repository);
                gates.push(gate.clone());
            }
        }
        (repositories, gates)
    }

    /// The repository that a text comes to; each is read once.
    fn repository(&mut self, text: &Text, cell: CellView, faults: &mut Faults) -> Option<Repository> {
        let filled = text.fill(cell, faults)?;
        if let Some(known) = self.repositories.get(&filled) {
            return known.clone();
        }
        let read = filled.parse::<Repository>();
        if let Err(fault) = &read {
            faults.push(Diagnostic::error("matrix::repository", fault.to_string()).at(text.source.span, "made here"));
        }
        self.repositories.entry(filled).or_insert(read.ok()).clone()
    }

    fn body(&self, settings: &Effective, image: &Image, cell: CellView, faults: &mut Faults) -> Option<Body> {
        let Some(recipe) = settings.recipe else {
            let fault = Diagnostic::error("matrix::no-recipe", format!("image `{}` has variants without a Dockerfile", *image.name));
            faults
                .push(fault.at(image.name.span, "here").help("say `template \"….hbs\"`, or `dockerfile \"path\"` for a hand-written one"));
            return None;
        };
        if recipe.template && settings.from.is_none() {
            let fault =
                Diagnostic::error("matrix::no-from", format!("image `{}` has variants from a template that stand on nothing", *image.name));
            faults.push(fault.at(recipe.path.source.span, "this template").help("say `from base=\"…\"` or `from image=\"…\"`"));
        }
        let path = path(&recipe.path, cell, faults)?;
        Some(if recipe.template { Body::Template(path) } else { Body::Dockerfile(path) })
    }

    fn parent(&mut self, settings: &Effective, cell: CellView, label: &dyn Fn() -> String, faults: &mut Faults) -> Option<Parent> {
        match settings.from? {
            FromRule::Broken => None,
            FromRule::Image(rule) => rule.resolve(cell, self.targets, label, faults).map(Parent::Variant),
            FromRule::Base { base, reference, span } => self.base(*base, reference, *span, cell, faults).map(Parent::Base),
        }
    }

    fn base(&mut self, base: usize, text: &Text, span: Span, cell: CellView, faults: &mut Faults) -> Option<BaseId> {
        let filled = text.fill(cell, faults)?;
        let key = (base, filled);
        if let Some(known) = self.bases.get_index_of(&key) {
            return Some(BaseId(u32::try_from(known).unwrap_or(u32::MAX)));
        }
        match key.1.parse::<Reference>() {
            Ok(reference) => {
                let name = self.scope.manifest.bases[base].name.value.clone();
                let (place, _) = self.bases.insert_full(key, fleet::Base { name, reference, span });
                Some(BaseId(u32::try_from(place).unwrap_or(u32::MAX)))
            }
            Err(fault) => {
                faults.push(Diagnostic::error("matrix::reference", fault.to_string()).at(text.source.span, "made here"));
                None
            }
        }
    }
}

/// By cell: the `when`s that match it, in file order. One that matches nothing is a fault.
fn matched(matrix: &Matrix, masks: &[Option<Mask>], faults: &mut Faults) -> Vec<Vec<u32>> {
    let mut hits = vec![false; masks.len()];
    let mut all = Vec::with_capacity(matrix.cells.len());
    for cell in matrix.cells.iter() {
        let mut key = Vec::new();
        for (when, mask) in (0u32..).zip(masks) {
            if mask.as_ref().is_some_and(|mask| mask.fits(cell)) {
                hits[when as usize] = true;
                key.push(when);
            }
        }
        all.push(key);
    }
    for ((when, mask), _) in matrix.image.whens.iter().zip(masks).zip(hits).filter(|(_, hit)| !hit) {
        let Some(mask) = mask else { continue };
        let why = if mask.is_empty() { "no value fits" } else { "no cell has all of this" };
        let fault = Diagnostic::error("matrix::when-never", "this `when` never matches").at(when.span, why);
        faults.push(fault.help("take it out, or name values that the axes have"));
    }
    all
}

/// Who has which rung, for the rules that ask it cell by cell.
fn contest<'p>(matrix: &'p Matrix, matched: &[Vec<u32>], known: &HashMap<&[u32], Rc<Effective<'p, '_>>>) -> Contest<'p> {
    let mut contest = Contest::default();
    for (index, key) in matched.iter().enumerate() {
        let settings = &known[key.as_slice()];
        for rule in settings.rules.iter().filter(|rule| rule.per == Per::Cell && rule.makes()) {
            let cell = CellView { axes: &matrix.axes, values: matrix.cells.get(index), said: &[] };
            contest.enter(rule, cell, settings);
        }
    }
    contest
}

fn folder(common: &Common, cell: CellView, name: &str, faults: &mut Faults) -> Option<String> {
    let path = match &common.path {
        Some(text) => Some(self::path(text, cell, faults)?.value),
        None => None,
    };
    Some(naming::folder(&common.matrix.image.name, !cell.axes.is_empty(), name, path.as_deref()))
}

/// A path inside the workspace; `None` where a fault is told.
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
    // The workspace itself is a context that people have.
    if text.constant() == Some(".") {
        return Some(text.source.clone());
    }
    path(text, cell, faults)
}

fn named_cell(cell: CellView, axis: usize) -> (String, Cell) {
    let value = cell.value(axis);
    let token = cell.first(axis).text.clone();
    (cell.axes[axis].name().to_owned(), Cell { value: value.name.clone(), token, version: value.version.clone(), data: value.data.clone() })
}

fn uses(settings: &Effective, cell: CellView, faults: &mut Faults) -> Vec<Use> {
    let mut uses: Vec<Use> = Vec::new();
    for rule in &settings.uses {
        let params = rule.params.iter().filter_map(|(name, text)| Some(((*name).to_owned(), text.fill(cell, faults)?))).collect();
        let one = Use { toolset: rule.toolset.to_owned(), params, span: rule.span };
        if !uses.iter().any(|known| known.toolset == one.toolset && known.params == one.params) {
            uses.push(one);
        }
    }
    uses
}

fn platforms(settings: &Effective, cell: CellView, faults: &mut Faults) -> Vec<Platform> {
    let mut platforms = Vec::new();
    for text in settings.platforms.unwrap_or_default() {
        let Some(filled) = text.fill(cell, faults) else { continue };
        match filled.parse::<Platform>() {
            Ok(platform) if platforms.contains(&platform) => {}
            Ok(platform) => platforms.push(platform),
            Err(fault) => faults.push(Diagnostic::error("matrix::platform", fault.to_string()).at(text.source.span, "here")),
        }
    }
    if platforms.is_empty() {
        platforms.push(Platform::linux_amd64());
    }
    platforms
}

fn filled(texts: &IndexMap<&str, &Text>, cell: CellView, faults: &mut Faults) -> IndexMap<String, String> {
    texts.iter().filter_map(|(name, text)| Some(((*name).to_owned(), text.fill(cell, faults)?))).collect()
}
