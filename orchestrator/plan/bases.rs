//! The outside images that a fleet is built from, and what `kiln.lock` says about them.

use crate::dockerfile::{ImageRef, ImageRefKind, RunsOn};
use crate::graph::Target;
use crate::lockfile::{BaseKey, LOCKFILE, Lockfile};
use crate::matrix::VariantId;
use crate::name::{Platform, Reference};
use crate::plan::{Locked, Materials};
use crate::text::{Diagnostic, Diagnostics, Severity, suggest};
use std::collections::{BTreeMap, BTreeSet};

/// The platform that an image is locked for, in a stage that runs there in a build for `target`: `None` for the build
/// platform.
pub fn locked_for<'a>(on: &'a RunsOn, target: &'a Platform) -> Option<&'a Platform> {
    match on {
        RunsOn::Target => Some(target),
        RunsOn::Platform(pinned) => Some(pinned),
        RunsOn::Build => None,
    }
}

impl<'a> Materials<'a> {
    /// The outside images that these variants are made from and that `kiln.lock` may name, by name and platform, with the
    /// first variant and place that needs each. Frontends do not end up in an image, and a name with a digest is locked by
    /// itself.
    pub fn lockable(
        &self,
        wanted: impl IntoIterator<Item = VariantId>,
    ) -> BTreeMap<BaseKey, (VariantId, &'a ImageRef)> {
        let mut all = BTreeMap::new();
        for v in wanted {
            let refs = self.recipes[v].image_refs.iter();
            for (image_ref, target) in refs.zip(self.graph.targets(v)) {
                let Target::Base(reference) = target else {
                    continue;
                };
                if image_ref.kind == ImageRefKind::Syntax || reference.digest.is_some() {
                    continue;
                }
                let platforms = &self.fleet.variant(v).platforms;
                for (on, target) in image_ref.needs.iter().zip(platforms.iter()) {
                    let key = |on| BaseKey::of(reference, locked_for(on, target));
                    if let Some(key) = on.as_ref().map(key) {
                        all.entry(key).or_insert((v, image_ref));
                    }
                }
            }
        }
        all
    }

    /// What `kiln.lock` says about a name for these platforms.
    pub fn locked(
        &self,
        reference: &Reference,
        platforms: &BTreeSet<Option<Platform>>,
    ) -> Vec<Locked> {
        let locked = |platform: &Option<Platform>| {
            let key = BaseKey::of(reference, platform.as_ref());
            let entry = self.lock.base(&key)?;
            let place = self.lock.place(&key.to_string());
            Some(Locked {
                platform: platform.clone(),
                digest: entry.digest,
                place: place
                    .map_or_else(|| LOCKFILE.into(), |at| format!("{LOCKFILE}:{}", at.line)),
            })
        };
        platforms.iter().filter_map(locked).collect()
    }
}

/// Reports outside images that `kiln.lock` lacks, if it has others, and lines for images that nothing needs.
pub fn incomplete(materials: &Materials<'_>, severity: Severity, out: &mut Diagnostics) {
    let lock = materials.lock;
    if !lock.has_bases() {
        return;
    }
    let all = materials.lockable(materials.fleet.variants.iter().map(|v| v.id));
    for (key, (v, image_ref)) in &all {
        if lock.base(key).is_none() {
            out.push(missing(key, materials, *v, image_ref, severity));
        }
    }
    unused(lock, &all.into_keys().collect(), out);
}

fn missing(
    key: &BaseKey,
    materials: &Materials<'_>,
    v: VariantId,
    image_ref: &ImageRef,
    severity: Severity,
) -> Diagnostic {
    let (name, purpose) = (key.reference.familiar(), key.purpose());
    let fault = Diagnostic {
        severity,
        ..Diagnostic::error(
            "lock::base-missing",
            format!(
                "{LOCKFILE} locks bases, but not `{name}` {purpose}, which {} needs",
                materials.names[v]
            ),
        )
    };
    let fault = materials.recipes[v].named(fault, image_ref);
    fault.help("run `kiln lock`: it looks up what is missing")
}

/// Lines that no build needs: a name may be mistyped, or a platform.
fn unused(lock: &Lockfile, needed: &BTreeSet<BaseKey>, out: &mut Diagnostics) {
    let known: BTreeSet<String> = needed.iter().map(BaseKey::to_string).collect();
    for (key, _) in lock.bases().filter(|(key, _)| !known.contains(*key)) {
        let free = known.iter().filter(|known| lock.get(known).is_none());
        let near = suggest(key, free.map(String::as_str));
        let help = match near {
            Some(near) => format!("did you mean `{near}`? `kiln lock` removes what is not used"),
            None => String::from("`kiln lock` removes what is not used"),
        };
        let fault = Diagnostic::warning("lock::base-unused", format!("no build needs `{key}`"));
        let place = lock.place(key);
        let fault = match place {
            Some(place) => fault.at(place.span, "locked here"),
            None => fault,
        };
        out.push(fault.help(help));
    }
}
