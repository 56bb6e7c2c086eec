//! Tags that stay where they are, and why.

use crate::matrix::VariantName;
use crate::memory::Hold;
use crate::name::{Reference, Repository, Tag};
use crate::plan::{Action, Move, MoveState, Plan, Step};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The most tags that one line names.
const NAMED: usize = 12;

/// The most rules that the last line of a run names.
const REASONS: usize = 3;

/// The end of a sentence about the tags that are held.
const OTHERS: &str = "; the others are up to date";

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
        let tag = reference.tag.clone().unwrap_or_else(Tag::latest);
        Self {
            repository: reference.repository.clone(),
            tag: tag.to_string(),
            why,
        }
    }

    fn of(m: &Move) -> Option<Self> {
        match &m.state {
            MoveState::Held(why) => Some(Self::new(&m.reference, why.clone())),
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
            Action::Move { .. } => self.variant(&step.variant).late.as_slice(),
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

impl Tally {
    /// Why no tag can move.
    fn no_tag(&self) -> String {
        let what = match (self.withdrawn, self.failing) {
            (0, 0) => {
                let git_tag = self.git_tag.as_ref();
                let run = git_tag.map(|tag| format!("for the git tag `{tag}`"));
                let run = run.unwrap_or_else(|| "in this run".into());
                return format!("no tag rule gives a tag {run}");
            }
            (_, 0) => "withdrawn",
            (0, _) => "failing",
            _ => "withdrawn or failing",
        };
        match self.withdrawn + self.failing {
            1 => format!("its image is {what}"),
            _ => format!("their images are {what}"),
        }
    }

    /// Why no tag moves: those that would are held, or there is none. One sentence without a full stop; `None` if one moves,
    /// or if all of them are up to date.
    pub fn moves_nothing(&self) -> Option<String> {
        if self.written > 0 {
            return None;
        }
        if self.held.is_empty() {
            return (self.current == 0).then(|| self.no_tag());
        }
        let (all, others) = match (self.held.len(), self.current) {
            (1, 0) => ("the only tag is held:".into(), ""),
            (n, 0) => (format!("all {n} tags are held:"), ""),
            (1, _) => ("1 is held because".into(), OTHERS),
            (n, _) => (format!("{n} are held because"), OTHERS),
        };
        let rules = by_rule(&self.held);
        if rules.len() == 1 {
            return Some(format!(
                "{all} {}{others}",
                reason(&self.held.iter().collect::<Vec<_>>())
            ));
        }
        let every = if self.current == 0 { "all " } else { "" };
        let because = |tags: &Vec<&HeldTag>| format!("{} because {}", tags.len(), reason(tags));
        let mut reasons: Vec<String> = rules.values().take(REASONS).map(because).collect();
        match rules.values().skip(REASONS).map(Vec::len).sum() {
            0 => {}
            1 => reasons.push("1 for another reason".into()),
            n => reasons.push(format!("{n} for other reasons")),
        }
        Some(format!(
            "{every}{} tags are held: {}{others}",
            self.held.len(),
            reasons.join("; ")
        ))
    }
}

/// The tags of each rule that holds some.
fn by_rule(held: &[HeldTag]) -> IndexMap<String, Vec<&HeldTag>> {
    let mut rules: IndexMap<String, Vec<&HeldTag>> = IndexMap::new();
    for one in held {
        rules.entry(one.why.rule()).or_default().push(one);
    }
    rules
}

/// Why tags are held that one rule holds.
fn reason(tags: &[&HeldTag]) -> String {
    match tags {
        [only] => only.why.words(),
        [first, ..] => first.why.plural(),
        [] => String::new(),
    }
}

/// One line for each rule that holds tags, with their number and their names, without a full stop.
pub fn held_lines(held: &[HeldTag]) -> Vec<String> {
    let apart = held.iter().any(|one| one.repository != held[0].repository);
    by_rule(held)
        .values()
        .map(|tags| line(tags, apart))
        .collect()
}

/// `3 tags are held: this is branch x, and tags move on main: 1.27, 1, latest`
fn line(tags: &[&HeldTag], apart: bool) -> String {
    let name = |one: &HeldTag| match apart {
        true => one.familiar(),
        false => one.tag.clone(),
    };
    let [only] = tags else {
        let named = tags.iter().map(|one| name(one) + &one.why.detail());
        let (count, why) = (tags.len(), tags[0].why.plural());
        let first = name(tags[0]);
        let way_out = way_out(&tags[0].why, &first, &first);
        return format!("{count} tags are held: {why}: {}{way_out}", listed(named));
    };
    let (why, name) = (only.why.words(), name(only));
    let way_out = way_out(&only.why, &name, "it");
    format!("1 tag is held: {why}: {name}{way_out}")
}

/// What moves a tag all the same, if the author can decide that.
fn way_out(why: &Held, tag: &str, what: &str) -> String {
    match why {
        Held::Backwards(Hold::Version { .. } | Hold::Revision { .. }) => {
            format!("; --allow-older {tag} moves {what} all the same")
        }
        _ => String::new(),
    }
}

/// The first names of a list, and how many follow.
pub(super) fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let first: Vec<String> = names.take(NAMED).collect();
    match more {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

impl Held {
    /// What tags that are held by one rule have in common.
    fn rule(&self) -> String {
        match self {
            Held::Backwards(Hold::Version { .. }) => self.code().into(),
            other => other.words(),
        }
    }
}
