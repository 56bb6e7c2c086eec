//! What can be checked after errors: a fault hides no other one.
//!
//! What has a fault is left out, and the stages run again on the rest of the manifest. What they find there is reported, unless it
//! may follow from what is left out. Nothing is built from the rest.

mod alone;
mod follows;
mod left;

use super::{Unready, drawn};
use crate::manifest::{self, Manifest, Toolset};
use crate::matrix::{self, Fleet, Inputs};
use crate::render::{Files, Recipe};
use crate::text::kdl::Document;
use crate::text::{Diagnostic, Diagnostics, Severity, Sources};
use alone::Skeletons;
use left::Left;

/// How often nodes are left out: an image that lacks its base, then the images that lack it.
const ROUNDS: usize = 32;

/// How often the rest is rendered.
const RENDERED: usize = 3;

/// Faults of the data of an image: it is not rendered with them.
const BLOCKING: [&str; 7] = [
    "render::config",
    "render::context",
    "render::family",
    "render::name",
    "render::outside",
    "render::secret",
    "render::value",
];

/// What the stages need besides the documents.
struct Stages<'a> {
    library: Vec<Toolset>,
    inputs: Inputs,
    files: &'a dyn Files,
    sources: &'a mut Sources,
}

/// Checks what the errors so far leave, and what no image uses. `is_drawn` says that the whole fleet was rendered.
pub(super) fn check(
    documents: &[Document],
    is_drawn: bool,
    inputs: &Inputs,
    files: &dyn Files,
    sources: &mut Sources,
    out: &mut Diagnostics,
) -> Unready {
    let mut left = Left::new(documents);
    let is_set = !inputs.set.is_empty();
    let first = match is_drawn {
        false => out.clone(),
        true if is_set => Diagnostics::default(),
        true => blocking(out),
    };
    if !first.has_errors() && !alone::has_some(&left) {
        return Unready::default();
    }
    let mut stages = Stages {
        library: manifest::library(sources, &mut Diagnostics::default()),
        // A change of `--set` may be for an image that is left out.
        inputs: Inputs {
            set: Vec::new(),
            ..inputs.clone()
        },
        files,
        sources,
    };
    let mut rest = None;
    if first.has_errors() {
        match left.without(&first, stages.sources) {
            Some(()) => rest = stages.rounds(&mut left, out, &Left::finds),
            None => left.leave_all(),
        }
    }
    if alone::has_some(&left)
        && let Some(skeletons) = Skeletons::of(&left, stages.sources)
    {
        let own = |left: &Left, fault: &Diagnostic| skeletons.finds(left, fault);
        stages.rounds(&mut skeletons.documents(), out, &own);
    }
    let Some((manifest, fleet, recipes)) = rest else {
        return Unready::default();
    };
    Unready {
        staged: left.has_workspace().then_some(manifest),
        drawn: Some((fleet, recipes)),
    }
}

/// The faults that keep images from being rendered.
fn blocking(faults: &Diagnostics) -> Diagnostics {
    let is_blocking =
        |one: &&Diagnostic| BLOCKING.contains(&one.code) || one.code.starts_with("toolset::");
    let errors = faults.iter().filter(|one| one.severity == Severity::Error);
    errors.filter(is_blocking).cloned().collect()
}

impl Stages<'_> {
    /// Runs the stages on the documents, and again without what is wrong in them. Reports what is `found` there.
    fn rounds(
        &mut self,
        left: &mut Left,
        out: &mut Diagnostics,
        found: &dyn Fn(&Left, &Diagnostic) -> Option<Diagnostic>,
    ) -> Option<(Manifest, Fleet, Vec<Recipe>)> {
        let mut made = None;
        let mut rendered = 0;
        for _ in 0..ROUNDS {
            if out.total() >= Diagnostics::SHOWN {
                break;
            }
            let mut faults = Diagnostics::default();
            let (manifest, fleet) = self.expand(left, &mut faults);
            self.report(&faults, left, out, found);
            let errors = match fleet.filter(|_| !faults.has_errors()) {
                None => faults,
                Some(fleet) => {
                    let (fleet, recipes, faults) = self.draw(left.unnamed(fleet));
                    self.report(&faults, left, out, found);
                    made = Some((manifest, fleet, recipes));
                    rendered += 1;
                    blocking(&faults)
                }
            };
            if rendered == RENDERED || left.without(&errors, self.sources).is_none() {
                break;
            }
        }
        made
    }

    fn expand(&mut self, left: &Left, faults: &mut Diagnostics) -> (Manifest, Option<Fleet>) {
        let mut manifest = manifest::parse(&left.documents, self.library.clone(), faults);
        left.mark(&mut manifest);
        // Names that an unreadable file may declare are left out like all others; `Left` does not report them.
        manifest.whole = true;
        let fleet = matrix::expand(&manifest, &self.inputs, faults);
        faults.locate(self.sources);
        (manifest, fleet)
    }

    fn draw(&mut self, fleet: Fleet) -> (Fleet, Vec<Recipe>, Diagnostics) {
        let (mut faults, mut of_lock) = (Diagnostics::by_place(), Diagnostics::default());
        let both = (&mut faults, &mut of_lock);
        let drawn = drawn(fleet, &self.inputs, self.files, self.sources, both);
        faults.extend(of_lock);
        faults.locate(self.sources);
        (drawn.fleet, drawn.recipes.raw, faults)
    }

    /// Adds the faults that are `found` and not reported yet.
    fn report(
        &self,
        faults: &Diagnostics,
        left: &Left,
        out: &mut Diagnostics,
        found: &dyn Fn(&Left, &Diagnostic) -> Option<Diagnostic>,
    ) {
        let new: Diagnostics = faults.iter().filter_map(|one| found(left, one)).collect();
        let new = new.new_to(out, self.sources);
        out.extend_unrelated(new, |_| false);
    }
}
