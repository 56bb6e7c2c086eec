//! Which images are stale, as text and as JSON.

use crate::plan::{
    Freshness, FreshnessOn, Plan, Reason, freshness, reason_json, unknown_bases_json,
    unknown_lines, unpackaged_line, write_evidence,
};
use crate::text::count;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The stale images with the reasons and what they rest on; with `all`, also those that are up to date, and all evidence.
pub fn stale_text(plan: &Plan, all: bool) -> String {
    let variants = freshness(plan);
    let mut out = format!("fleet {}: {}\n", plan.fleet, counts(plan, &variants));
    for variant in variants.iter().filter(|one| all || one.is_stale()) {
        show(&mut out, variant, all);
    }
    newer(&mut out, plan);
    for line in unknown_lines(plan).into_iter().chain(unpackaged_line(plan)) {
        let _ = writeln!(out, "\n{line}");
    }
    out
}

/// The packages with newer versions, where all packages were looked up.
fn newer(out: &mut String, plan: &Plan) {
    for (variant, upgrades) in &plan.remarks.newer {
        let packages = count(upgrades.len(), "package");
        let _ = writeln!(out, "\n{variant}: newer versions of {packages}");
        for upgrade in upgrades {
            let _ = writeln!(out, "      | {upgrade}");
        }
    }
}

/// `3 variants, 2 stale, 1 up to date`
fn counts(plan: &Plan, variants: &[Freshness]) -> String {
    let stale = variants.iter().filter(|one| one.is_stale()).count();
    let all = count(variants.len(), "variant");
    match (stale, variants.len() - stale) {
        (0, _) if plan.is_incomplete() => {
            format!("nothing is known to be stale; {}", missed(plan))
        }
        (0, _) => format!("nothing is stale: {all} up to date"),
        (stale, 0) => format!("{all}, {stale} stale"),
        (stale, current) => format!("{all}, {stale} stale, {current} up to date"),
    }
}

/// `1 base was not looked up`
fn missed(plan: &Plan) -> String {
    let all = plan.unknown.values();
    let (tags, bases): (Vec<_>, Vec<_>) = all.partition(|one| one.published.is_some());
    let packages = plan.remarks.unasked.len();
    let what = [
        (bases.len(), "base", "looked up"),
        (tags.len(), "public tag", "read"),
        (packages, "variant", "asked for newer packages"),
    ];
    let one = |(n, what, verb): &(usize, &str, &str)| {
        let was = if *n == 1 { "was" } else { "were" };
        (*n > 0).then(|| format!("{} {was} not {verb}", count(*n, what)))
    };
    let all: Vec<String> = what.iter().filter_map(one).collect();
    all.join(", ")
}

fn show(out: &mut String, variant: &Freshness, all: bool) {
    let several = variant.builds.len() > 1;
    let shown = |one: &&FreshnessOn| all || one.is_stale();
    for build in variant.builds.iter().filter(shown) {
        let platform = build.platform.as_ref().filter(|_| several);
        let on = platform.map_or_else(String::new, |platform| format!(" on {platform}"));
        let (name, does) = (&variant.variant, build.does);
        for (place, reason) in build.reasons.iter().enumerate() {
            let _ = match place {
                0 => writeln!(out, "\n{does:<6}{name}{on}: {}", reason.words()),
                _ => writeln!(out, "      also: {}", reason.words()),
            };
            rests_on(out, reason, all);
        }
    }
}

fn rests_on(out: &mut String, reason: &Reason, all: bool) {
    // The sentence of other reasons has the digests.
    let is_long = matches!(
        reason,
        Reason::RecipeChanged { .. } | Reason::PackagesUpgradable { .. }
    );
    if all || is_long {
        write_evidence(out, reason, all);
    }
}

/// The same for programs; `docs/nightly.md` describes the fields.
pub fn stale_json(plan: &Plan) -> Value {
    let variants = freshness(plan);
    let stale = variants.iter().filter(|one| one.is_stale()).count();
    json!({
        "format": 1,
        "fleet": plan.fleet,
        "stale": stale,
        "current": variants.len() - stale,
        "variants": variants.iter().map(variant_json).collect::<Vec<_>>(),
        "unknown_bases": unknown_bases_json(plan),
        "unasked": plan.remarks.unasked,
        "unpackaged": plan.remarks.unpackaged,
        "newer_packages": plan.remarks.newer,
    })
}

fn variant_json(variant: &Freshness) -> Value {
    let build = |one: &FreshnessOn| {
        json!({
            "platform": one.platform,
            "does": one.does,
            "conditional": one.conditional,
            "reasons": one.reasons.iter().map(reason_json).collect::<Vec<_>>(),
        })
    };
    json!({
        "variant": variant.variant,
        "stale": variant.is_stale(),
        "builds": variant.builds.iter().map(build).collect::<Vec<_>>(),
    })
}
