//! What a fleet looks like after events: builds, merges, bases that move, runs that are killed.
//!
//! Each `.txt` file beside this one holds histories of one theme. A history begins with `== ` and its number in the table
//! of the design's cases, if it is from there. `> ` is an event; what follows is what it did: what happened to each
//! variant, the tags that were written in their order, the tags that were held, what the plan and the run say, and what
//! each public tag consists of, where that has changed. `KILN_TEST_UPDATE=1` writes the files anew.
//!
//! An image is described by its layers, `D1/root-1/app-1`: the base at D1, then what each Dockerfile makes.

mod fleet;
mod jobs;
mod killed;
mod races;
mod said;
mod script;
mod tree;

/// G4, G5, G8: a saved plan, carried out by many jobs, in any order, killed, and late.
#[test]
fn applied() {
    script::check("applied");
}

/// G6, G7: one digest of a base in a run, even if it moves meanwhile; across runs, children follow their parents.
#[test]
fn bases() {
    script::check("bases");
}

/// G6, G10: what `kiln.lock` says is what is built, whatever a name resolves to today.
#[test]
fn locked() {
    script::check("locked");
}

/// G8, G24: old pipelines and pull requests move nothing that is not theirs.
#[test]
fn branches() {
    script::check("branches");
}

/// G1: what fails its checks is not published.
#[test]
fn checks() {
    script::check("checks");
}

/// G1, G3, G5: a run that fails says so, and the next one finishes it.
#[test]
fn failures() {
    script::check("failures");
}

/// G1: a hook before a move is a gate. It runs in every run, and no run remembers it.
#[test]
fn hooks() {
    script::check("hooks");
}

/// G10: an image that is due is built once, and a pull request and its merge have the same inputs.
#[test]
fn fresh() {
    script::check("fresh");
}

/// G4: a forced run that is killed and run again builds nothing twice.
#[test]
fn forced() {
    script::check("forced");
}

/// G1: an index and a shared tag move whole or not at all.
#[test]
fn platforms() {
    script::check("platforms");
}

/// G5: whatever is deleted or replaced, the tags name the right image after the next run.
#[test]
fn registries() {
    script::check("registries");
}

/// G24: what a pull request stages apart is taken by no other run.
#[test]
fn pull_requests() {
    script::check("pull-requests");
}

/// G20: a release is a copy: it builds nothing, and moves all of it or nothing.
#[test]
fn releases() {
    script::check("releases");
}

/// G8: what was rolled back stays so, whatever runs then.
#[test]
fn rollbacks() {
    script::check("rollbacks");
}

/// G9: fixed tags are fixed.
#[test]
fn tags() {
    script::check("tags");
}

/// G7, G8: two runs at once.
#[test]
fn together() {
    script::check("together");
}

/// G8: no tag goes to a lower version.
#[test]
fn versions() {
    script::check("versions");
}
