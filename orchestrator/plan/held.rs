//! Tags that stay where they are, and why.

mod lines;

use crate::matrix::VariantName;
use crate::memory::Hold;
use crate::name::{Reference, Repository};
use crate::plan::{Action, Move, MoveState, Plan, Step};
pub use lines::held_lines;
pub(super) use lines::listed;
use serde::{Deserialize, Serialize};

/// Why a run does not write a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Held {
    /// `on` does not let this run write it: another branch, no schedule.
    Rule(String),
    /// It would go backwards.
    Backwards(Hold),
    /// A part of it is missing.
    Incomplete(String),
    /// The run found that the inputs of its image have failed before, and did not try them again.
    Failing,
    /// The image was withdrawn, when this tag was moved back from it.
    Withdrawn(Reference),
    /// An image that its image is based on was withdrawn, when a tag of that was moved back.
    ParentWithdrawn {
        /// Which one.
        parent: VariantName,
        /// The tag that was moved back.
        tag: Reference,
    },
}

/// A public tag that is not moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldTag {
    /// Its repository.
    pub repository: Repository,
    /// The tag, with its placeholder if its value is read from the image.
    pub tag: String,
    /// Why.
    pub why: Held,
}

/// What becomes of the public tags of a plan or of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many are written.
    pub written: usize,
    /// How many name the right image already.
    pub current: usize,
    /// Those that are held.
    pub held: Vec<HeldTag>,
    /// The git tag that the run is for.
    pub git_tag: Option<String>,
    /// How many variants are skipped since they, or what they are based on, are withdrawn.
    pub withdrawn: usize,
    /// How many are skipped for another reason: they are failing.
    pub failing: usize,
}

impl Held {
    /// Every word that [`Held::code`] returns.
    pub const CODES: &[&str] = &[
        "rule",
        "incomplete",
        "failing",
        "withdrawn",
        "parent-withdrawn",
        "higher-version",
        "later-revision",
        "later-run",
    ];

    /// One sentence without a full stop.
    pub fn words(&self) -> String {
        match self {
            Held::Rule(why) | Held::Incomplete(why) => why.clone(),
            Held::Withdrawn(tag) => format!(
                "its image was withdrawn by `kiln rollback {}`",
                tag.familiar()
            ),
            Held::ParentWithdrawn { parent, tag } => format!(
                "{parent}, which it is based on, was withdrawn by `kiln rollback {}`",
                tag.familiar()
            ),
            Held::Backwards(hold) => hold.words(),
            Held::Failing => "its image is failing and was not tried again".into(),
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Held::Rule(_) => "rule",
            Held::Incomplete(_) => "incomplete",
            Held::Failing => "failing",
            Held::Withdrawn(_) => "withdrawn",
            Held::ParentWithdrawn { .. } => "parent-withdrawn",
            Held::Backwards(Hold::Version { .. }) => "higher-version",
            Held::Backwards(Hold::Revision { .. }) => "later-revision",
            Held::Backwards(Hold::Survey | Hold::Run) => "later-run",
        }
    }

    /// The kind of the reason in two or three words, for tables.
    pub fn short(&self) -> &'static str {
        match self {
            Held::Rule(_) => "not in this run",
            Held::Incomplete(_) => "incomplete",
            Held::Failing => "failing",
            Held::Withdrawn(_) => "withdrawn",
            Held::ParentWithdrawn { .. } => "parent withdrawn",
            Held::Backwards(Hold::Version { .. }) => "higher version",
            Held::Backwards(Hold::Revision { .. }) => "later revision",
            Held::Backwards(Hold::Survey | Hold::Run) => "later run",
        }
    }

    /// The words for several tags that one rule holds.
    fn plural(&self) -> String {
        match self {
            Held::Backwards(Hold::Version { .. }) => "they name higher versions".into(),
            Held::Failing => "their images are failing and were not tried again".into(),
            Held::Withdrawn(_) => self
                .words()
                .replacen("its image was", "their images were", 1),
            Held::ParentWithdrawn { .. } => {
                self.words().replacen("which it is", "which they are", 1)
            }
            other => other.words().replace(" moved it", " moved them"),
        }
    }

    /// What is different for each of several tags.
    fn detail(&self) -> String {
        match self {
            Held::Backwards(Hold::Version { theirs, ours }) => format!(" ({theirs}, not {ours})"),
            _ => String::new(),
        }
    }
}

impl HeldTag {
    /// A tag that a run holds.
    pub fn new(reference: &Reference, why: Held) -> Self {
        Self {
            repository: reference.repository.clone(),
            tag: reference.tag_or_latest().to_string(),
            why,
        }
    }

    fn of(m: &Move) -> Option<Self> {
        match &m.state {
            MoveState::Held(why) => Some(Self::new(&m.reference, (**why).clone())),
            _ => None,
        }
    }

    /// The tag with its repository, as people write it.
    pub fn familiar(&self) -> String {
        format!("{}:{}", self.repository.familiar(), self.tag)
    }
}

impl Plan {
    /// The public tags that a step of this plan holds.
    pub fn held_by(&self, step: &Step) -> Vec<HeldTag> {
        let late = match &step.action {
            Action::Move { .. } => self.variant(&step.variant).late.as_ref(),
            _ => &[],
        };
        let late = late.iter().filter_map(|deferred| {
            Some(HeldTag {
                repository: deferred.repository.clone(),
                tag: deferred.tag.written(),
                why: Held::Rule(deferred.held.clone()?),
            })
        });
        step.moves()
            .iter()
            .filter_map(HeldTag::of)
            .chain(late)
            .collect()
    }

    /// What will become of its public tags.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally {
            git_tag: self.origin.git_tag.clone(),
            withdrawn: self.skips().filter(|step| step.is_withdrawn()).count(),
            failing: self.skips().filter(|step| !step.is_withdrawn()).count(),
            ..Tally::default()
        };
        for step in &self.steps {
            tally.held.extend(self.held_by(step));
            let unchanged = |m: &&Move| {
                matches!(
                    m.state,
                    MoveState::Current | MoveState::Renew | MoveState::Kept
                )
            };
            tally.current += step.moves().iter().filter(unchanged).count();
            tally.written += step.due();
        }
        tally
    }
}

impl Step {
    /// The public tags that are known before the run.
    pub fn moves(&self) -> &[Move] {
        match &self.action {
            Action::Move { moves, .. } | Action::Share { moves, .. } => moves,
            _ => &[],
        }
    }

    /// The number of public tags that it is to write.
    pub fn due(&self) -> usize {
        let late = match &self.action {
            Action::Move { deferred, .. } => deferred.as_slice(),
            _ => &[],
        };
        let known = self.moves().iter().filter(|m| m.state == MoveState::Write);
        known.count() + late.iter().filter(|one| one.held.is_none()).count()
    }
}
