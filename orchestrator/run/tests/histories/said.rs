//! What runs did, in words.

use super::super::engine::Fake as Engine;
use super::super::world::World;
use crate::name::{Digest, Reference};
use crate::plan::{Action, Applied, Held, MoveState, Plan, Reason, Step, closing_remarks};
use crate::registry::Registry as _;
use crate::request::{Patience, Stored};
use crate::run::{Done, Event, EventKind, Outcome, StepOutcome};
use indexmap::IndexMap;
use serde_json::Value;

/// Puts into words what runs did.
pub struct Said {
    /// The number of runs so far.
    pub runs: usize,
    /// Layers that differ each time, in the order in which they were seen.
    seen: Vec<String>,
    /// What the tags named last.
    last: Vec<String>,
}

impl Said {
    pub fn new() -> Self {
        Self {
            runs: 0,
            seen: Vec::new(),
            last: Vec::new(),
        }
    }

    /// One line for each variant, then what was held, said and noted.
    pub fn run(&mut self, plan: &Plan, outcome: &Outcome, events: &[Event]) -> Vec<String> {
        self.runs += 1;
        let mut variants: IndexMap<String, Vec<String>> = IndexMap::new();
        let mut held = Vec::new();
        for (id, step) in plan.iter() {
            let words = variants.entry(step.variant.to_string()).or_default();
            let outcome = &outcome.steps[id];
            words.extend(
                self.step(plan, step, outcome)
                    .filter(|w| !words.contains(w)),
            );
            held.extend(held_by(step, outcome));
        }
        let mut said: Vec<String> = variants
            .into_iter()
            .filter(|(_, words)| !words.is_empty())
            .map(|(variant, words)| format!("{variant}  {}", words.join("; ")))
            .collect();
        said.extend(held);
        let unrecorded = match plan.remarks.unrecorded {
            0 => None,
            n => Some(format!("{n} without a record")),
        };
        let remarks = unrecorded
            .into_iter()
            .chain(closing_remarks(plan, &outcome.moved(plan)))
            .chain(
                plan.tally()
                    .moves_nothing()
                    .filter(|_| plan.has_work() && plan.applied != Some(Applied::Only)),
            );
        said.extend(remarks.map(|line| format!("says: {}", described(first_line(&line)))));
        said.extend(self.notes(events));
        if !outcome.is_success() {
            said.push("failed".into());
        }
        said.iter().map(|line| self.without_times(line)).collect()
    }

    fn step(&self, plan: &Plan, step: &Step, outcome: &StepOutcome) -> Option<String> {
        let reasons = || {
            let all = step
                .reasons
                .iter()
                .filter(|reason| !matches!(reason, Reason::UpToDate | Reason::Staged));
            let all: Vec<String> = all.map(reason_words).collect();
            if all.is_empty() {
                String::new()
            } else {
                format!(": {}", all.join(", "))
            }
        };
        let words = match (outcome, &step.action) {
            (StepOutcome::Failed { failure, .. }, action) => {
                let why = failure.error.to_string();
                format!("{} failed: {}", action.word(), first_line(&why))
            }
            (
                StepOutcome::Blocked { by },
                Action::Build | Action::Move { .. } | Action::Share { .. },
            ) => {
                format!("blocked by {}", plan.step(*by).variant)
            }
            (StepOutcome::NotReached, _) => "not reached".into(),
            (StepOutcome::Done { done, .. }, action) => match (done, action) {
                (Done::Built { .. }, _) => format!("built{}", reasons()),
                (Done::Kept { .. }, Action::Find) => "found".into(),
                (Done::Taken { .. }, Action::Find) => "found staged".into(),
                (Done::Same { .. }, Action::Find) => "found: its parents came out the same".into(),
                (Done::Kept { .. }, _) => format!("kept{}", reasons()),
                (Done::Taken { .. }, Action::Take { .. }) => format!("taken{}", reasons()),
                // The build has found it.
                (Done::Taken { .. }, Action::Stage) => return None,
                (Done::Taken { .. }, _) => format!("found staged{}", reasons()),
                (Done::Same { .. }, Action::Build) => "kept: its parents came out the same".into(),
                (Done::Skipped { why: Some(_), .. }, Action::Skip { .. } | Action::Build) => {
                    format!("skipped{}", reasons())
                }
                (Done::Staged { adopted: true, .. }, _) => "adopted".into(),
                (Done::Checked { .. }, _) => "checked".into(),
                (Done::Probed { .. }, _) => "probed".into(),
                _ => return None,
            },
            _ => return None,
        };
        let several = plan.variant(&step.variant).platforms.len() > 1;
        let platform = step.platform.as_ref().filter(|_| several);
        Some(match platform {
            Some(platform) => format!("{} {words}", platform.architecture),
            None => words,
        })
    }

    fn notes(&self, events: &[Event]) -> Vec<String> {
        let notes = events.iter().filter_map(|event| match &event.kind {
            EventKind::Note { text, .. } => Some(format!("note: {}", named(text))),
            _ => None,
        });
        let mut notes: Vec<String> = notes.collect();
        notes.dedup();
        notes
    }

    /// The public tags that were written since this place in the log, in their order.
    pub fn writes(&self, world: &World, began: usize) -> Option<String> {
        let log = world.registry.log();
        let public = log[began..].iter().map(|write| &write.reference);
        let public: Vec<String> = public.filter(|r| is_public(r)).map(short).collect();
        (!public.is_empty()).then(|| format!("wrote {}", public.join(" ")))
    }

    /// What each public tag consists of, if that has changed.
    pub async fn tags(&mut self, world: &World) -> Vec<String> {
        let mut all: IndexMap<String, Vec<String>> = IndexMap::new();
        for (reference, _) in world.registry.all_tags() {
            if is_public(&reference) {
                let content = content(world, &reference).await;
                let content = self.without_times(&content);
                all.entry(content).or_default().push(short(&reference));
            }
        }
        let now: Vec<String> = all
            .iter()
            .map(|(content, tags)| format!("{content} = {}", tags.join(" ")))
            .collect();
        match now == self.last {
            true => vec!["tags as before".into()],
            false => {
                self.last.clone_from(&now);
                now
            }
        }
    }

    /// `root-1~17` as `root-1~1`: the first one that was seen.
    fn without_times(&mut self, content: &str) -> String {
        let mut parts = content.split('~');
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(|c: char| !c.is_ascii_digit());
            let (time, rest) = part.split_at(end.unwrap_or(part.len()));
            let known = self.seen.iter().position(|seen| seen == time);
            let at = known.unwrap_or_else(|| {
                self.seen.push(time.to_owned());
                self.seen.len() - 1
            });
            text.push_str(&format!("~{}{rest}", at + 1));
        }
        text
    }
}

/// Digests in a line as the layers of the images that they name: digests of steps that differ each time differ, too.
fn described(line: &str) -> String {
    let mut parts = line.split("sha256:");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (hex, rest) = part.split_at(part.len().min(64));
        let digest = format!("sha256:{hex}").parse::<Digest>().ok();
        let layers = digest.and_then(|digest| Engine::described(&digest));
        text.push_str(&layers.unwrap_or_else(|| "?".into()));
        text.push_str(rest);
    }
    text
}

fn reason_words(reason: &Reason) -> String {
    let name = |digest: &Option<Digest>| {
        digest.as_ref().map_or("none".into(), |digest| {
            Engine::described(digest).unwrap_or_else(|| "?".into())
        })
    };
    match reason {
        Reason::BaseMoved { from, to, .. } => {
            format!("base-moved {} -> {}", name(from), name(to))
        }
        Reason::LockChanged { from, to, .. } => {
            format!("lock-changed {} -> {}", name(from), name(to))
        }
        Reason::ParentChanged { parent, .. } => format!("parent-changed {parent}"),
        Reason::FreshnessPassed { toolset, .. } => format!("freshness-passed {toolset}"),
        Reason::PackagesUpgradable { upgrades, .. } => {
            let upgrades = upgrades.iter().map(ToString::to_string);
            format!(
                "packages-upgradable {}",
                upgrades.collect::<Vec<_>>().join(", ")
            )
        }
        Reason::NoRecord { name: tag, digest } => {
            format!("no-record {} {}", short(tag), name(&Some(*digest)))
        }
        other => other.code().into(),
    }
}

fn held_by(step: &Step, outcome: &StepOutcome) -> Vec<String> {
    let mut held: Vec<(&Reference, &Held)> = Vec::new();
    if let Action::Move { moves, .. } | Action::Share { moves, .. } = &step.action {
        held.extend(moves.iter().filter_map(|m| match &m.state {
            MoveState::Held(why) => Some((&m.reference, &**why)),
            _ => None,
        }));
    }
    if let StepOutcome::Done {
        done: Done::Moved { held: late, .. } | Done::Shared { held: late, .. },
        ..
    } = outcome
    {
        held.extend(late.iter().map(|(reference, why)| (reference, why)));
    }
    let words = |(reference, why): (&Reference, &Held)| {
        format!("held {}: {}", short(reference), named(&why.words()))
    };
    held.into_iter().map(words).collect()
}

/// Short digests in a text as what they consist of.
pub fn named(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let hex = word.trim_end_matches([',', ';', ':']);
        match hex.len() == 12 && hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            true => "<digest>".to_owned(),
            false => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn is_public(reference: &Reference) -> bool {
    let repository = reference.repository.to_string();
    reference.tag.is_some()
        && reference.digest.is_none()
        && !["r.example/f/stage", "r.example/f/pr"].contains(&repository.as_str())
        && !matches!(repository.as_str(), "r.example/b" | "r.example/c")
}

pub fn short(reference: &Reference) -> String {
    reference.familiar().replace("r.example/f/", "")
}

/// What a tag consists of: its layers, or those of each platform.
pub async fn content(world: &World, reference: &Reference) -> String {
    let look = |reference: Reference| async move {
        let stored = world.registry.manifest(&reference, Patience::READ).await;
        stored.expect("an answer").expect("an image")
    };
    let stored = look(reference.clone()).await;
    if !stored.is_index() {
        return Engine::layers(&stored);
    }
    let index: Value = serde_json::from_slice(&stored.bytes).expect("an index");
    let mut parts = Vec::new();
    for part in index["manifests"].as_array().expect("parts") {
        let digest: Digest = part["digest"].as_str().unwrap().parse().unwrap();
        let pinned = Reference::pinned(reference.repository.clone(), digest);
        let one: Stored = look(pinned).await;
        let architecture = part["platform"]["architecture"].as_str().unwrap();
        parts.push(format!("{architecture} {}", Engine::layers(&one)));
    }
    format!("[{}]", parts.join(", "))
}
