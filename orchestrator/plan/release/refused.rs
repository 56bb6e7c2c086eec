//! Why a release is refused, image by image, with the way out.

use crate::matrix::VariantName;
use crate::name::{Digest, Platform, Reference};
use crate::plan::show::evidence;
use crate::plan::{Reason, Unknown, reason_json};
use crate::text::count;
use crate::text::markdown::{code, escaped};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The most lines of evidence that a reason shows.
const EVIDENCE: usize = 12;

/// An image that keeps a release from moving anything.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// The variant.
    pub variant: VariantName,
    /// Whether others that are to be released are based on it: they have to be built with it.
    pub has_children: bool,
    /// Why it is not ready.
    pub why: Unready,
}

/// Why an image cannot be released.
#[derive(Debug, Clone, PartialEq)]
pub enum Unready {
    /// No build on the default branch has staged one.
    NotStaged,
    /// An image of today is staged, but no run has moved a tag to it: a hook refused it, or the run ended before.
    NotMoved {
        /// A parent of which the same is true: it is why.
        parent: Option<VariantName>,
    },
    /// What is staged is not what would be built today.
    Differs {
        /// What differs, the most important first.
        reasons: Vec<Reason>,
        /// The platforms that it is about; none if the variant has only one.
        platforms: Vec<Platform>,
        /// The commit that it was staged from, if that is later than the one that is released.
        newer: Option<String>,
    },
    /// It has not passed all checks of today.
    Unchecked {
        /// The titles of the others.
        checks: Vec<String>,
    },
    /// A fixed tag exists on another image.
    Written {
        /// The tag.
        reference: Reference,
        /// What it names.
        was: Digest,
    },
    /// A tag waits for a value that was never read from the image.
    Unprobed {
        /// The tag with its placeholder.
        tag: String,
    },
    /// A public repository does not answer, or refuses to.
    Unread(Unknown),
}

impl Unready {
    /// Every word that [`Unready::code`] returns.
    pub const CODES: &[&str] = &[
        "not-staged",
        "not-moved",
        "differs",
        "unchecked",
        "fixed-tag-exists",
        "not-probed",
        "not-readable",
    ];

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Unready::NotStaged => "not-staged",
            Unready::NotMoved { .. } => "not-moved",
            Unready::Differs { .. } => "differs",
            Unready::Unchecked { .. } => "unchecked",
            Unready::Written { .. } => "fixed-tag-exists",
            Unready::Unprobed { .. } => "not-probed",
            Unready::Unread(_) => "not-readable",
        }
    }

    /// One sentence without a full stop; `branch` is the default one.
    pub fn words(&self, branch: &str) -> String {
        match self {
            Unready::NotStaged => format!("no build on {branch} has staged an image of it"),
            Unready::NotMoved {
                parent: Some(parent),
            } => format!(
                "today's image is staged, but no run on {branch} has moved a tag to it: no tag moved to {parent}, which it is based on"
            ),
            Unready::NotMoved { parent: None } => format!(
                "today's image is staged, but no run on {branch} has moved a tag to it: a before-move hook refused it, or the run ended before"
            ),
            Unready::Differs {
                reasons, platforms, ..
            } => {
                let first = reasons.first().map(Reason::words).unwrap_or_default();
                format!(
                    "what {branch} has staged is not today's{}: {first}",
                    on(platforms)
                )
            }
            Unready::Unchecked { checks } => {
                format!(
                    "its image has not passed {}: {}",
                    count(checks.len(), "check"),
                    checks.join(", ")
                )
            }
            Unready::Written { reference, was } => format!(
                "{} is written once, and names another image already: {}",
                reference.familiar(),
                was.short()
            ),
            Unready::Unprobed { tag } => {
                format!("{tag} waits for a value that was not read from the image yet")
            }
            Unready::Unread(unknown) => format!("{}: {}", unknown.what, unknown.why),
        }
    }
}

impl Refused {
    /// What makes it ready.
    pub fn way_out(&self, branch: &str) -> Option<String> {
        let variant = &self.variant;
        match &self.why {
            Unready::Written { reference, .. } => {
                let tag = reference.familiar();
                Some(format!(
                    "give it a new version, leave {variant} out, or delete {tag} if it was a mistake"
                ))
            }
            Unready::Differs { reasons, .. }
                if matches!(reasons.first(), Some(Reason::Withdrawn(_))) =>
            {
                Some(format!(
                    "change it, or run `kiln build --push --force {variant}` on {branch}, before it is released again"
                ))
            }
            Unready::Differs {
                newer: Some(commit),
                ..
            } => Some(format!(
                "release commit {} of {branch}, which is newer than this one and staged already: a git tag belongs on that commit",
                commit.get(..12).unwrap_or(commit)
            )),
            // The message has one.
            Unready::Unread(_) => None,
            _ => Some(format!(
                "run `kiln build --push {}` on {branch} first",
                self.selector()
            )),
        }
    }

    /// What `kiln build --push` has to build: with what is based on it, since that is left behind otherwise.
    fn selector(&self) -> String {
        match self.has_children {
            true => format!("{}+", self.variant),
            false => self.variant.to_string(),
        }
    }
}

impl Unready {
    /// The reasons besides the headline, and what they rest on.
    pub fn details(&self) -> Vec<String> {
        let Unready::Differs { reasons, .. } = self else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        for (place, reason) in reasons.iter().enumerate() {
            lines.extend((place > 0).then(|| format!("also: {}", reason.words())));
            if matches!(reason, Reason::RecipeChanged { .. }) {
                let all = evidence(reason);
                lines.extend(all.iter().take(EVIDENCE).map(|line| format!("| {line}")));
                let more = all.len().saturating_sub(EVIDENCE);
                lines.extend((more > 0).then(|| format!("| and {more} more")));
            }
        }
        lines
    }
}

fn on(platforms: &[Platform]) -> String {
    let names: Vec<String> = platforms.iter().map(Platform::to_string).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(" on {}", names.join(", ")),
    }
}

/// Every image that is not ready, for people; `branch` is the default one.
pub fn refused_text(all: &[Refused], branch: &str) -> String {
    let mut images: Vec<&VariantName> = all.iter().map(|one| &one.variant).collect();
    images.dedup();
    let verb = if images.len() == 1 { "is" } else { "are" };
    let mut out = format!(
        "the release moves nothing: {} {verb} not ready\n",
        count(images.len(), "image")
    );
    for one in all {
        let _ = writeln!(out, "  {}: {}", one.variant, one.why.words(branch));
        for line in one.why.details() {
            let _ = writeln!(out, "      {line}");
        }
        if let Some(way_out) = one.way_out(branch) {
            let _ = writeln!(out, "    {way_out}");
        }
    }
    out.trim_end().to_owned()
}

/// The same for programs; `docs/release.md` describes the fields.
pub fn refused_json(all: &[Refused], branch: &str) -> Value {
    let one = |one: &Refused| {
        let why = &one.why;
        let reasons = match why {
            Unready::Differs { reasons, .. } => reasons.iter().map(reason_json).collect(),
            _ => Vec::new(),
        };
        json!({
            "variant": one.variant,
            "code": why.code(),
            "text": why.words(branch),
            "way_out": one.way_out(branch),
            "reasons": reasons,
        })
    };
    all.iter().map(one).collect()
}

/// The same as a comment on a pull request.
pub fn refused_markdown(all: &[Refused], command: &str, branch: &str) -> String {
    let mut out = format!("**{command}** moves nothing:\n\n");
    for one in all {
        let (name, words) = (code(one.variant.as_str()), escaped(&one.why.words(branch)));
        let way_out = one.way_out(branch);
        let way_out = way_out.map_or_else(String::new, |text| format!("; {}", escaped(&text)));
        let _ = writeln!(out, "- {name}: {words}{way_out}");
    }
    out
}
