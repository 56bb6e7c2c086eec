//! Why a step is in a plan, with evidence.

use crate::lockfile::LOCKFILE;
use crate::manifest::Proof;
use crate::matrix::VariantName;
use crate::memory::{Failure, RecipeChange, Upgrade, Withdrawal};
use crate::name::{Digest, Platform, Reference};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Why a step is in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// Without `--push`, everything that is selected is built.
    Asked,
    /// The registry was not queried.
    Offline,
    /// `--force`.
    Forced,
    /// Nothing of this variant is published or staged.
    New,
    /// An image of today's inputs is staged, and nothing is published for the variant.
    NotPublished,
    /// The images under its names have no record for it: they are not kiln's, or their records were deleted.
    NoRecord {
        /// A name that leads to such an image.
        name: Reference,
        /// That image.
        digest: Digest,
    },
    /// The recipe differs from that of the current image.
    RecipeChanged {
        /// What changed, where that was read.
        change: Option<RecipeChange>,
    },
    /// A parent has another content than the one that the current image was built on.
    ParentChanged {
        /// Which one.
        parent: VariantName,
        /// The parent's image before.
        from: Option<Digest>,
        /// The parent's image now.
        to: Option<Digest>,
    },
    /// A parent is built in this run: if it comes out the same, nothing is built here.
    ParentBuilt {
        /// Which one.
        parent: VariantName,
    },
    /// An outside image moved.
    BaseMoved {
        /// Its name.
        base: String,
        /// Its digest before.
        from: Option<Digest>,
        /// Its digest now.
        to: Option<Digest>,
    },
    /// The period of a tool set has ended.
    FreshnessPassed {
        /// The tool set.
        toolset: String,
        /// Its period: `7d`
        refresh: String,
        /// Its token before.
        from: String,
        /// Its token now.
        to: String,
    },
    /// Newer versions of what a tool set installed are known.
    PackagesUpgradable {
        /// The tool set.
        toolset: String,
        /// The packages, with both versions.
        upgrades: Vec<Upgrade>,
    },
    /// `kiln.lock` has another digest for an outside image.
    LockChanged {
        /// Its name.
        base: String,
        /// Its digest before.
        from: Option<Digest>,
        /// Its digest now.
        to: Option<Digest>,
    },
    /// The current image lacks a platform.
    PlatformMissing {
        /// Which one.
        platform: Platform,
    },
    /// The same inputs have failed before, by their own fault.
    Failing {
        /// The platform that fails, if the variant has several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on: Option<Platform>,
        /// For how many days.
        days: i64,
        /// How often.
        times: u32,
        /// When last, in seconds since 1970.
        last: i64,
        /// The reason of the last failure, on one line.
        why: String,
        /// When a nightly run tries again, in seconds since 1970.
        next: i64,
        /// Whether this run tries again.
        tried: bool,
    },
    /// An image that it is based on is failing, and has no image that passed its checks.
    ParentFailing {
        /// Which one.
        parent: VariantName,
    },
    /// An image that it is based on was taken back by `kiln rollback`, and has no image before that.
    ParentWithdrawn {
        /// Which one.
        parent: VariantName,
    },
    /// The image of the same inputs was taken back by `kiln rollback`.
    Withdrawn(Withdrawal),
    /// The image is not recorded to have passed its current checks.
    ChecksChanged,
    /// The current image is up to date, but lacks proofs.
    Unattested {
        /// Those that it lacks, on any of its platforms.
        proofs: BTreeSet<Proof>,
    },
    /// The current image is up to date.
    UpToDate,
    /// An image of today's inputs is staged: another branch or an earlier run built it.
    Staged,
    /// The current image is up to date, but some tags point elsewhere.
    Unpublished,
    /// It follows from the step before.
    Follows,
}

/// The most packages that a sentence names.
pub(super) const NAMED: usize = 2;

impl Reason {
    /// Every word that [`Reason::code`] returns.
    pub const CODES: &[&str] = &[
        "asked",
        "offline",
        "forced",
        "new",
        "not-published",
        "no-record",
        "recipe-changed",
        "parent-changed",
        "parent-built",
        "base-moved",
        "freshness-passed",
        "packages-upgradable",
        "lock-changed",
        "platform-missing",
        "failing",
        "parent-failing",
        "parent-withdrawn",
        "withdrawn",
        "checks-changed",
        "unattested",
        "up-to-date",
        "staged",
        "unpublished",
        "follows",
    ];

    /// The reason for inputs that have failed before.
    pub fn failing(failure: &Failure, now: i64, tried: bool) -> Self {
        Reason::Failing {
            on: None,
            days: failure.age(now),
            times: failure.times,
            last: failure.last,
            why: failure.why.clone(),
            next: failure.due(),
            tried,
        }
    }

    /// The same, if it is that inputs are not tried again, with the platform that fails.
    pub(super) fn on(mut self, platform: &Platform) -> Self {
        if let Reason::Failing {
            on, tried: false, ..
        } = &mut self
        {
            *on = Some(platform.clone());
        }
        self
    }

    /// Whether the author of the image has changed something, and not something else that it is made from.
    pub fn is_own(&self) -> bool {
        matches!(
            self,
            Reason::New
                | Reason::NotPublished
                | Reason::NoRecord { .. }
                | Reason::PlatformMissing { .. }
                | Reason::RecipeChanged { .. }
                | Reason::LockChanged { .. }
                | Reason::ChecksChanged
        )
    }

    /// Whether it says that a build is not tried.
    pub fn skips(&self) -> bool {
        matches!(
            self,
            Reason::Failing { tried: false, .. }
                | Reason::ParentFailing { .. }
                | Reason::ParentWithdrawn { .. }
                | Reason::Withdrawn(_)
        )
    }

    /// Whether it says that a build is not tried because `kiln rollback` took an image back.
    pub fn is_withdrawn(&self) -> bool {
        matches!(self, Reason::Withdrawn(_) | Reason::ParentWithdrawn { .. })
    }

    /// One sentence without a full stop.
    pub fn words(&self) -> String {
        match self {
            Reason::Asked => "built here; its previous image serves as cache".into(),
            Reason::Offline => "as if nothing were published".into(),
            Reason::Forced => "--force".into(),
            Reason::New => "nothing is published or staged for it".into(),
            Reason::NotPublished => "nothing is published".into(),
            Reason::NoRecord { name, digest } => format!(
                "no record: {} names {}, which was not made by kiln for this variant, or its record was deleted",
                name.familiar(),
                digest.short()
            ),
            Reason::RecipeChanged { change } => recipe_words(change.as_ref()),
            Reason::ParentChanged { parent, from, to } => {
                format!("parent {parent} {}", from_to("changed", from, to))
            }
            Reason::ParentBuilt { parent } => format!("its parent {parent} is built"),
            Reason::BaseMoved { base, from, to } => {
                format!("base {base} {}", from_to("moved", from, to))
            }
            Reason::FreshnessPassed {
                toolset, refresh, ..
            } => format!("tool set {toolset} is due: refresh \"{refresh}\""),
            Reason::PackagesUpgradable { toolset, upgrades } => {
                let named: Vec<String> = upgrades
                    .iter()
                    .take(NAMED)
                    .map(Upgrade::to_string)
                    .collect();
                let more = match upgrades.len().saturating_sub(NAMED) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                let named = named.join(", ");
                format!("tool set {toolset} has newer packages: {named}{more}")
            }
            Reason::LockChanged { base, from, to } => lock_words(base, *from, *to),
            Reason::PlatformMissing { platform } => format!("its image has no {platform}"),
            Reason::Failing {
                on,
                days,
                why,
                next,
                tried,
                ..
            } => failing_words(on.as_ref(), *days, why, *next, *tried),
            Reason::ParentFailing { parent } => format!(
                "{parent}, which it is based on, is failing and has no image that passed its checks"
            ),
            Reason::ParentWithdrawn { parent } => {
                format!("{parent}, which it is based on, is withdrawn and has no image before that")
            }
            Reason::Withdrawn(Withdrawal { tag, .. }) => format!(
                "withdrawn by `kiln rollback {}`, which --undo takes back; it is built when its inputs change, or with --force",
                tag.familiar()
            ),
            Reason::ChecksChanged => "its checks are new or have not passed".into(),
            Reason::Unattested { proofs } => format!(
                "up to date, but it has no {}",
                Proof::titles(proofs).join(" and no ")
            ),
            Reason::UpToDate => "up to date".into(),
            Reason::Staged => "an image of the same inputs is staged".into(),
            Reason::Unpublished => "up to date, but not all of its tags point to it".into(),
            Reason::Follows => "follows from the step before".into(),
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Reason::Asked => "asked",
            Reason::Offline => "offline",
            Reason::Forced => "forced",
            Reason::New => "new",
            Reason::NotPublished => "not-published",
            Reason::NoRecord { .. } => "no-record",
            Reason::RecipeChanged { .. } => "recipe-changed",
            Reason::ParentChanged { .. } => "parent-changed",
            Reason::ParentBuilt { .. } => "parent-built",
            Reason::BaseMoved { .. } => "base-moved",
            Reason::FreshnessPassed { .. } => "freshness-passed",
            Reason::PackagesUpgradable { .. } => "packages-upgradable",
            Reason::LockChanged { .. } => "lock-changed",
            Reason::PlatformMissing { .. } => "platform-missing",
            Reason::Failing { .. } => "failing",
            Reason::ParentFailing { .. } => "parent-failing",
            Reason::ParentWithdrawn { .. } => "parent-withdrawn",
            Reason::Withdrawn(_) => "withdrawn",
            Reason::ChecksChanged => "checks-changed",
            Reason::Unattested { .. } => "unattested",
            Reason::UpToDate => "up-to-date",
            Reason::Staged => "staged",
            Reason::Unpublished => "unpublished",
            Reason::Follows => "follows",
        }
    }
}

/// `failing for 3 days: exit code: 1; kiln nightly tries it again from 2026-08-05 on`
fn failing_words(on: Option<&Platform>, days: i64, why: &str, next: i64, tried: bool) -> String {
    let time = match days {
        0 => "for less than a day".to_owned(),
        1 => "for 1 day".to_owned(),
        days => format!("for {days} days"),
    };
    let on = on.map_or_else(String::new, |platform| format!(" on {platform}"));
    if tried {
        return format!("tried again after failing {time}: {why}");
    }
    let next = jiff::Timestamp::from_second(next)
        .map(|next| format!(" from {} on", next.strftime("%Y-%m-%d")))
        .unwrap_or_default();
    format!("failing{on} {time}: {why}; kiln nightly tries it again{next}")
}

fn recipe_words(change: Option<&RecipeChange>) -> String {
    let Some(change) = change else {
        return "recipe changed".into();
    };
    let counts = [
        (change.lines.len(), "line"),
        (change.files.len(), "file"),
        (change.args.len(), "argument"),
        (change.settings.len(), "setting"),
    ];
    let parts: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, noun)| format!("{count} {noun}{}", if count == 1 { "" } else { "s" }))
        .collect();
    match parts.is_empty() {
        true => "recipe changed: this version of kiln renders or hashes it differently".into(),
        false => format!("recipe changed: {}", parts.join(", ")),
    }
}

/// `kiln.lock: debian:13 3f2a… -> 9c1b…`
fn lock_words(base: &str, from: Option<Digest>, to: Option<Digest>) -> String {
    match (from, to) {
        (Some(from), Some(to)) => {
            format!("{LOCKFILE}: {base} {} -> {}", from.short(), to.short())
        }
        _ => format!("{LOCKFILE}: {base} is new"),
    }
}

/// `moved 3f2a… -> 9c1b…`
fn from_to(verb: &str, from: &Option<Digest>, to: &Option<Digest>) -> String {
    match (from, to) {
        (Some(from), Some(to)) => format!("{verb} {} -> {}", from.short(), to.short()),
        (Some(_), None) => "is not used any more".into(),
        (None, Some(_)) => "is new".into(),
        (None, None) => verb.into(),
    }
}
