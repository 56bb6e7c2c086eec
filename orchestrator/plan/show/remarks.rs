//! What a plan leaves as it is, in sentences.

use super::failing::was_not;
use crate::matrix::VariantName;
use crate::plan::held::listed;
use crate::plan::{Plan, Step};
use std::collections::{BTreeMap, BTreeSet};

/// The most failing images that are named.
const SKIPPED: usize = 12;

/// One line for each thing that a plan leaves as it is, or replaces without knowing it, without a full stop.
pub fn remark_lines(plan: &Plan) -> Vec<String> {
    lines(plan, |_| true)
}

/// The same for a run that is over. What is based on a variant is not older than that if none of its tags has `moved`.
pub fn closing_remarks(plan: &Plan, moved: &BTreeSet<&VariantName>) -> Vec<String> {
    lines(plan, |parent| moved.contains(parent))
}

fn lines(plan: &Plan, is_moved: impl Fn(&VariantName) -> bool) -> Vec<String> {
    let lines = unrecorded(plan).into_iter();
    let lines = lines.chain(others_after(plan, is_moved));
    lines.chain(skipped(plan)).collect()
}

/// What was not tried because of a failure, with the way out. A plan shows it as variants.
fn skipped(plan: &Plan) -> Vec<String> {
    let all: Vec<&Step> = plan.skips().collect();
    let line = |step: &&Step| {
        let not = if step.is_withdrawn() {
            "built"
        } else {
            "tried"
        };
        format!("{} is not {not}: {}", step.variant, step.reason().words())
    };
    let mut lines: Vec<String> = all.iter().take(SKIPPED).map(line).collect();
    if all.len() > SKIPPED {
        lines.push(match all.len() - SKIPPED {
            1 => "1 more image is not built, since it is failing or withdrawn".into(),
            more => {
                format!("{more} more images are not built, since they are failing or withdrawn")
            }
        });
    }
    if !all.iter().all(|step| step.is_withdrawn()) {
        lines.push("--retry tries failing images again now".into());
    }
    lines
}

/// A plan that the engines here cannot carry out begins with this.
pub(super) fn refused(plan: &Plan) -> Option<&'static str> {
    let line = "with the engines here, this run stops before its first build: the warnings say why";
    plan.remarks.is_refused.then_some(line)
}

/// Published images that kiln does not know: a plan begins with this.
pub(super) fn unrecorded(plan: &Plan) -> Option<String> {
    let why = "not made by kiln for this workspace, or the record was deleted";
    match plan.remarks.unrecorded {
        0 => None,
        1 => Some(format!("1 image has no record: {why}")),
        several => Some(format!("{several} images have no record: {why}")),
    }
}

/// All other remarks.
pub(super) fn others(plan: &Plan) -> Vec<String> {
    others_after(plan, |_| true)
}

fn others_after(plan: &Plan, is_moved: impl Fn(&VariantName) -> bool) -> Vec<String> {
    let mut lines = unknown_lines(plan);
    lines.extend(unpackaged_line(plan));
    lines.extend(unwritten(plan));
    lines.extend(older_bases(plan));
    lines.extend(left_behind(plan, is_moved));
    lines.extend(replaced(plan));
    lines.extend(stray_fixed(plan));
    lines.extend(differing(plan));
    lines.extend(orphaned(plan));
    lines
}

/// What could not be looked up, and why, one line each. The first line of the reason is enough: what is built on the image
/// fails with all of it.
pub fn unknown_lines(plan: &Plan) -> Vec<String> {
    let line = |(base, unknown): (&crate::name::Reference, &crate::plan::Unknown)| {
        let why = unknown.why.lines().next().unwrap_or_default();
        let what = match unknown.published.is_some() {
            true => "was not read",
            false => was_not(Some(unknown.kind)),
        };
        format!("{} {what}: {why}", base.familiar())
    };
    let unknown = plan.unknown.iter().map(line);
    unknown.chain(unasked(plan)).collect()
}

/// Images that were not asked about for one reason are one line.
fn unasked(plan: &Plan) -> Vec<String> {
    let unasked = plan.remarks.unasked.iter();
    let reasons = by_reason(unasked.map(|(variant, why)| (variant.to_string(), why)));
    let line = |(why, names)| format!("newer packages were not looked up for {names}: {why}");
    reasons.map(line).collect()
}

/// Images whose tool sets wait for newer packages, and which have none that kiln can read.
pub fn unpackaged_line(plan: &Plan) -> Option<String> {
    let all = &plan.remarks.unpackaged;
    let names = listed(all.iter().map(ToString::to_string));
    let what = match all.len() {
        0 => return None,
        1 => "has no database of packages",
        _ => "have no database of packages",
    };
    Some(format!(
        "{names} {what} that kiln can read, so refresh \"upgrades\" has no effect there: use a period, such as refresh \"7d\""
    ))
}

/// Repositories that were not read for one reason are one line.
fn unwritten(plan: &Plan) -> Vec<String> {
    let unwritten = plan.remarks.unwritten.iter();
    let reasons = by_reason(unwritten.map(|(one, why)| (one.familiar(), why)));
    let line = |(why, names)| format!("not read: {names}, to which this run writes nothing: {why}");
    reasons.map(line).collect()
}

/// The names with the same first line of a reason.
fn by_reason<'a>(
    all: impl Iterator<Item = (String, &'a String)>,
) -> impl Iterator<Item = (&'a str, String)> {
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, why) in all {
        let why = why.lines().next().unwrap_or_default();
        reasons.entry(why).or_default().push(name);
    }
    let listed = |(why, names): (_, Vec<String>)| (why, listed(names.into_iter()));
    reasons.into_iter().map(listed)
}

fn older_bases(plan: &Plan) -> Option<String> {
    match plan.remarks.older_bases.len() {
        0 => None,
        1 => Some("1 image is based on an older base; kiln nightly rebuilds it".into()),
        n => Some(format!(
            "{n} images are based on older bases; kiln nightly rebuilds them"
        )),
    }
}

/// The images that are older than a parent that has moved.
fn left_behind(plan: &Plan, is_moved: impl Fn(&VariantName) -> bool) -> Vec<String> {
    let line = |(parent, children): (&VariantName, &usize)| match children {
        1 => format!(
            "1 image is based on {parent} and was not selected; kiln build --push brings it up to date"
        ),
        n => format!(
            "{n} images are based on {parent} and were not selected; kiln build --push brings them up to date"
        ),
    };
    let left = plan.remarks.left_behind.iter();
    let left = left.filter(|(parent, _)| is_moved(parent));
    left.map(line).collect()
}

/// The owner may want these images back: the whole digest is named.
fn replaced(plan: &Plan) -> Option<String> {
    let all = &plan.remarks.replaced;
    let names = all
        .iter()
        .map(|(tag, was)| format!("{} ({was})", tag.familiar()));
    match all.len() {
        0 => None,
        1 => Some(format!(
            "1 tag names an image without a record, which is replaced: {}",
            listed(names)
        )),
        n => Some(format!(
            "{n} tags name images without a record, which are replaced: {}",
            listed(names)
        )),
    }
}

fn stray_fixed(plan: &Plan) -> Option<String> {
    let all = &plan.remarks.stray_fixed;
    let names = listed(all.iter().map(|tag| tag.familiar()));
    match all.len() {
        0 => None,
        1 => Some(format!(
            "1 fixed tag names an image without a record and stays; delete it, and the next run writes it: {names}"
        )),
        n => Some(format!(
            "{n} fixed tags name images without a record and stay; delete one, and the next run writes it: {names}"
        )),
    }
}

fn differing(plan: &Plan) -> Option<String> {
    let all = &plan.remarks.differing;
    let names = all
        .iter()
        .map(|(tag, image)| format!("{} ({})", tag.familiar(), image.short()));
    (!all.is_empty()).then(|| {
        format!(
            "fixed tags name different images in different registries; delete the wrong one, and the next run writes it: {}",
            listed(names)
        )
    })
}

fn orphaned(plan: &Plan) -> Option<String> {
    let all = &plan.remarks.orphaned;
    let names = listed(all.iter().map(|tag| tag.familiar()));
    match all.len() {
        0 => None,
        1 => Some(format!(
            "1 tag is orphaned, since no variant has it any more; it stays where it is, until you run kiln prune --orphans --yes: {names}"
        )),
        n => Some(format!(
            "{n} tags are orphaned, since no variant has them any more; they stay where they are, until you run kiln prune --orphans --yes: {names}"
        )),
    }
}
