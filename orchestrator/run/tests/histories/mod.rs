//! What a fleet looks like after events: builds, merges, bases that move, runs that are killed.
//!
//! Each `.txt` file beside this one holds histories of one theme. A history begins with `== ` and its number in the table
//! of the design's cases, if it is from there. `> ` is an event; what follows is what it did: what happened to each
//! variant, the tags that were written in their order, the tags that were held, what the plan and the run say, and what
//! each public tag consists of, where that has changed. `KILN_TEST_UPDATE=1` writes the files anew.
//!
//! An image is described by its layers, `D1/root-1/app-1`: the base at D1, then what each Dockerfile makes.
//!
//! Open, because what they need comes later: 5 (the days until a retry) and 28 (`refresh`); 19 (bases in `kiln.lock`);
//! 24 and 25 (`kiln release`).

mod fleet;
mod killed;
mod races;
mod said;
mod script;
mod tree;

#[test]
fn bases() {
    script::check("bases");
}

#[test]
fn branches() {
    script::check("branches");
}

#[test]
fn checks() {
    script::check("checks");
}

#[test]
fn failures() {
    script::check("failures");
}

#[test]
fn forced() {
    script::check("forced");
}

#[test]
fn platforms() {
    script::check("platforms");
}

#[test]
fn registries() {
    script::check("registries");
}

#[test]
fn tags() {
    script::check("tags");
}

#[test]
fn together() {
    script::check("together");
}

#[test]
fn versions() {
    script::check("versions");
}
