//! The build jobs of a pipeline, from the graph of the fleet.

use crate::ci::limits::Limits;
use crate::ci::names::{JOIN, LEVEL, Names};
use crate::ci::{By, System};
use crate::line::Ready;
use crate::matrix::{VariantId, VariantName};
use std::collections::HashMap;
use typed_index_collections::TiVec;

/// The place of a job in its pipeline: jobs come after those that they wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct JobId(pub usize);

impl From<usize> for JobId {
    fn from(place: usize) -> Self {
        Self(place)
    }
}

impl From<JobId> for usize {
    fn from(id: JobId) -> Self {
        id.0
    }
}

/// A job between the one that plans and the one that publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Job {
    /// Legal and unique in its system.
    pub name: String,
    /// What it is called where people read it.
    pub title: String,
    /// What it builds. A job that builds nothing lets others wait for more jobs than the system allows in one list.
    pub builds: Vec<VariantName>,
    /// What it waits for.
    pub after: Vec<JobId>,
    /// The level of its variants.
    pub level: usize,
}

impl Job {
    pub fn is_join(&self) -> bool {
        self.builds.is_empty()
    }
}

/// The jobs, parents first.
pub(super) fn jobs(ready: &Ready, by: By, system: System) -> TiVec<JobId, Job> {
    let layout = Layout {
        ready,
        levels: ready.graph.levels(),
        limits: system.limits(),
        names: Names::new(system),
        jobs: TiVec::new(),
        joins: HashMap::new(),
    };
    match by {
        By::Variant => layout.by_variant(),
        By::Level => layout.by_level(),
    }
}

struct Layout<'a> {
    ready: &'a Ready,
    levels: TiVec<VariantId, usize>,
    limits: Limits,
    names: Names,
    jobs: TiVec<JobId, Job>,
    /// By what they wait for, the jobs that only wait.
    joins: HashMap<Vec<JobId>, JobId>,
}

impl Layout<'_> {
    fn by_variant(mut self) -> TiVec<JobId, Job> {
        let mut of: HashMap<VariantId, JobId> = HashMap::new();
        let ready = self.ready;
        for &v in ready.graph.order() {
            let parents = ready.graph.parents(v).filter_map(|p| of.get(&p).copied());
            let after = parents.collect();
            let after = self.joined(after, self.levels[v]);
            let title = ready.names[v].as_str().to_owned();
            let job = Job {
                name: self.names.take(&title),
                title,
                builds: vec![ready.names[v].clone()],
                after,
                level: self.levels[v],
            };
            of.insert(v, self.jobs.push_and_get_key(job));
        }
        self.jobs
    }

    /// What a job waits for, in a list that its system accepts.
    fn joined(&mut self, after: Vec<JobId>, level: usize) -> Vec<JobId> {
        let most = match self.limits.needs {
            Some(most) if after.len() > most => most,
            _ => return after,
        };
        let groups = after.chunks(most).map(|group| match group {
            [alone] => *alone,
            group => self.join(group, level),
        });
        let groups = groups.collect();
        self.joined(groups, level)
    }

    fn join(&mut self, group: &[JobId], level: usize) -> JobId {
        if let Some(known) = self.joins.get(group) {
            return *known;
        }
        let title = format!("{JOIN}-{}", self.joins.len() + 1);
        let job = Job {
            name: self.names.take(&title),
            title,
            builds: Vec::new(),
            after: group.to_vec(),
            level: level.saturating_sub(1),
        };
        let id = self.jobs.push_and_get_key(job);
        self.joins.insert(group.to_vec(), id);
        id
    }

    /// Each job waits for all of the level before.
    fn by_level(mut self) -> TiVec<JobId, Job> {
        let mut levels: Vec<Vec<VariantName>> = Vec::new();
        for &v in self.ready.graph.order() {
            let level = self.levels[v];
            if levels.len() <= level {
                levels.resize_with(level + 1, Vec::new);
            }
            levels[level].push(self.ready.names[v].clone());
        }
        let mut before: Vec<JobId> = Vec::new();
        for (level, variants) in levels.iter().enumerate() {
            let parts = variants.chunks(self.limits.variants);
            let is_alone = parts.len() == 1;
            let made = parts.enumerate().map(|(at, part)| {
                let title = match is_alone {
                    true => format!("{LEVEL}-{level}"),
                    false => format!("{LEVEL}-{level}-{}", at + 1),
                };
                self.jobs.push_and_get_key(Job {
                    name: self.names.take(&title),
                    title,
                    builds: part.to_vec(),
                    after: before.clone(),
                    level,
                })
            });
            before = made.collect();
        }
        self.jobs
    }
}
