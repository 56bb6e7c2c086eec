//! The engines of a run. One engine is a pool of one.

use crate::engine::Engine;
use crate::name::Platform;
use crate::plan::{self, Plan};
use crate::request::EngineInfo;
use crate::run::{Capacity, EngineId, Limits};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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

/// The engines of a run, and which of them are in reach.
pub struct Pool {
    members: Vec<Member>,
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
            members,
            transfers,
        }
    }

    /// No engine.
    pub fn none(transfers: usize) -> Self {
        Self::new(Vec::new(), transfers)
    }

    /// All engines, in the order in which they were named.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The engines again, to compare them with a plan once more.
    pub fn into_members(self) -> Vec<Member> {
        self.members
    }

    /// Whether there are several engines.
    pub fn is_several(&self) -> bool {
        self.members.len() > 1
    }

    /// The engine with this id.
    pub fn get(&self, id: EngineId) -> Option<&Member> {
        self.members.get(id.0)
    }

    /// All engines, with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (EngineId, &Member)> {
        let members = self.members.iter().enumerate();
        members.map(|(at, member)| (EngineId(at), member))
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
    /// refused before.
    pub fn capacity(&self, plan: &Plan) -> Capacity {
        // Engines with the same properties are compared with the plan once.
        let mut classes: Vec<&Member> = Vec::new();
        let engines = self.members.iter().map(|member| {
            let known = classes.iter().position(|one| is_like(one, member));
            let class = known.unwrap_or_else(|| {
                classes.push(member);
                classes.len() - 1
            });
            (member.limits, class)
        });
        let engines: Vec<(Limits, usize)> = engines.collect();
        Capacity::new(plan, &engines, self.transfers, |step, class| match classes
            .get(class)
            .filter(|_| self.is_several())
        {
            Some(one) => plan::fit(plan, step, &one.info, one.platforms.as_deref()),
            None => plan::Fit::Native,
        })
    }
}

/// Whether two engines can carry out the same steps.
fn is_like(one: &Member, other: &Member) -> bool {
    let kind = |info: &EngineInfo| EngineInfo {
        id: String::new(),
        cpus: 0,
        ..info.clone()
    };
    one.platforms == other.platforms && kind(&one.info) == kind(&other.info)
}
