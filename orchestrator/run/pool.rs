//! The engines of a run. One engine is a pool of one.

use crate::engine::Engine;
use crate::name::Platform;
use crate::plan::{self, Plan, Step};
use crate::request::{EngineInfo, WorldError};
use crate::run::reach::Question;
use crate::run::{Capacity, EngineId, Late, Limits};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// One engine of a run.
pub struct Member {
    /// Its name for people: that of its Docker context, or its address.
    pub name: Arc<str>,
    /// The engine.
    pub engine: Arc<dyn Engine>,
    /// Its properties.
    pub info: EngineInfo,
    /// The platforms whose programs it runs; `None` if it does not report them, or was not asked.
    pub platforms: Option<Vec<Platform>>,
    /// How many steps it runs at once.
    pub limits: Limits,
}

impl Member {
    /// Whether two names are those of one engine.
    pub fn is_same(&self, other: &Self) -> bool {
        self.info.id == other.info.id && !self.info.id.is_empty()
    }

    /// The same with the platforms that it reports, if something is built for another one than its own.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn reported(self, plan: &Plan) -> Result<Self, WorldError> {
        let own = &self.info.platform;
        let mut steps = plan.steps.iter().filter_map(|step| step.platform.as_ref());
        let platforms = match steps.all(|platform| own.runs(platform)) {
            true => None,
            false => self.engine.platforms().await?,
        };
        Ok(Self { platforms, ..self })
    }
}

/// The engines of a run, and which of them are in reach.
pub struct Pool {
    /// By id; those that have not answered yet are empty, and come last.
    members: Vec<OnceLock<Member>>,
    late: Vec<Late>,
    /// What the engines of the start were queried for in the registries, and late ones will be.
    questions: Vec<Question>,
    alive: Vec<AtomicBool>,
    /// How many steps that write to registries run at once, per engine.
    transfers: usize,
}

impl Pool {
    /// These engines, all in reach. Without any, `transfers` steps that write to registries run at once, otherwise that many
    /// per engine.
    pub fn new(members: Vec<Member>, transfers: usize) -> Self {
        Self {
            alive: members.iter().map(|_| AtomicBool::new(true)).collect(),
            members: members.into_iter().map(OnceLock::from).collect(),
            late: Vec::new(),
            questions: Vec::new(),
            transfers,
        }
    }

    /// No engine.
    pub fn none(transfers: usize) -> Self {
        Self::new(Vec::new(), transfers)
    }

    /// The same with engines that do not answer yet. When one does, it is queried for the same images in the registries as the
    /// engines of the start were.
    #[must_use]
    pub fn with_late(mut self, late: Vec<Late>, questions: Vec<Question>) -> Self {
        self.questions = questions;
        let slots = late.iter().map(|_| OnceLock::new());
        self.members.extend(slots);
        let alive = late.iter().map(|_| AtomicBool::new(false));
        self.alive.extend(alive);
        self.late.extend(late);
        self
    }

    /// All engines that have answered, in the order in which they were named.
    pub fn members(&self) -> impl Iterator<Item = &Member> + Clone {
        self.members.iter().filter_map(OnceLock::get)
    }

    /// The engines again, to compare them with a plan once more.
    pub fn into_members(self) -> Vec<Member> {
        let members = self.members.into_iter();
        members.filter_map(OnceLock::into_inner).collect()
    }

    /// The number of engines, those that have not answered among them.
    pub fn size(&self) -> usize {
        self.members.len()
    }

    /// Whether there are several engines.
    pub fn is_several(&self) -> bool {
        self.members.len() > 1
    }

    /// The engine with this id, if it has answered.
    pub fn get(&self, id: EngineId) -> Option<&Member> {
        self.members.get(id.0)?.get()
    }

    /// All engines that have answered, with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (EngineId, &Member)> {
        let members = self.members.iter().enumerate();
        members.filter_map(|(at, member)| Some((EngineId(at), member.get()?)))
    }

    /// The engines that did not answer at the start, with their ids.
    pub fn late(&self) -> impl Iterator<Item = (EngineId, &Late)> {
        let first = self.members.len() - self.late.len();
        let late = self.late.iter().enumerate();
        late.map(move |(at, late)| (EngineId(first + at), late))
    }

    /// What a late engine is queried for in the registries; nothing if the run pushes nothing.
    pub(super) fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// A late engine is in reach from now on.
    pub(super) fn join(&self, id: EngineId, member: Member) {
        if let Some(slot) = self.members.get(id.0)
            && slot.set(member).is_ok()
        {
            self.set_alive(id, true);
        }
    }

    /// Whether an engine is in reach.
    pub fn is_alive(&self, id: EngineId) -> bool {
        let alive = self.alive.get(id.0);
        alive.is_some_and(|alive| alive.load(Ordering::Relaxed))
    }

    /// The engines in reach.
    pub fn alive(&self) -> impl Iterator<Item = EngineId> + '_ {
        let all = (0..self.members.len()).map(EngineId);
        all.filter(|id| self.is_alive(*id))
    }

    pub(super) fn set_alive(&self, id: EngineId, is_alive: bool) {
        if let Some(alive) = self.alive.get(id.0) {
            alive.store(is_alive, Ordering::Relaxed);
        }
    }

    /// Which steps of a plan each engine can carry out. A single engine is given all of them: what it does not support was
    /// refused before. One that has not answered can carry out none.
    pub fn capacity(&self, plan: &Plan) -> Capacity {
        // Engines with the same properties are compared with the plan once.
        let mut classes: Vec<Option<&Member>> = Vec::new();
        let engines = self.members.iter().map(|slot| {
            let member = slot.get();
            let known = classes.iter().position(|one| is_like(*one, member));
            let class = known.unwrap_or_else(|| {
                classes.push(member);
                classes.len() - 1
            });
            (member.map_or(UNKNOWN, |member| member.limits), class)
        });
        let engines: Vec<(Limits, usize)> = engines.collect();
        let fit = |step: &Step, class: usize| match classes.get(class).copied().flatten() {
            Some(one) if !self.is_several() && one.platforms.is_none() => plan::Fit::Native,
            Some(one) => plan::fit(plan, step, &one.info, one.platforms.as_deref()),
            None => plan::Fit::Unfit,
        };
        Capacity::new(plan, &engines, self.transfers, fit)
    }
}

/// The limits of an engine that carries out nothing.
const UNKNOWN: Limits = Limits {
    builds: 1,
    transfers: 1,
};

/// Whether two engines can carry out the same steps.
fn is_like(one: Option<&Member>, other: Option<&Member>) -> bool {
    let kind = |info: &EngineInfo| EngineInfo {
        id: String::new(),
        cpus: 0,
        ..info.clone()
    };
    match (one, other) {
        (Some(one), Some(other)) => {
            one.platforms == other.platforms && kind(&one.info) == kind(&other.info)
        }
        (one, other) => one.is_none() && other.is_none(),
    }
}
