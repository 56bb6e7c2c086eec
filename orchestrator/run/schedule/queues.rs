//! The steps that are ready, and the engines that have room for them. Each choice takes logarithmic time.
//!
//! A step that only one engine may run is in that engine's own queue. Any other is in the queue of its kind, and once more in
//! that of the engine that has what it is based on.

use super::capacity::EngineId;
use super::fleet::Fleet;
use super::places::Demand;
use crate::plan::StepId;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// How much longer the rest of a run must take after a step that is based on nothing here, so that it starts before one whose
/// parent is here: about as long as it takes to fetch an image, in the unit of `cost`.
const FETCHING: u64 = 8;

/// A ready step: the longest remaining path first, then the earliest in the plan. `stamp` tells whether it is still this entry
/// that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub weight: u64,
    pub step: Reverse<StepId>,
    pub stamp: u32,
    /// The engine that has what it is based on.
    pub near: Option<EngineId>,
}

/// Steps of one class: builds, checks, or transfers.
#[derive(Debug)]
pub(super) struct Queue {
    /// Steps that run on no engine.
    floating: BinaryHeap<Entry>,
    /// By kind.
    anywhere: Vec<BinaryHeap<Entry>>,
    /// By engine: what only it may run.
    own: Vec<BinaryHeap<Entry>>,
    /// By engine: what is based on what it has.
    near: Vec<BinaryHeap<Entry>>,
    /// By engine: how many steps are running.
    running: Vec<usize>,
    limits: Vec<usize>,
    /// All running steps, and their limit.
    total: (usize, usize),
    /// By kind: the engines with room, native and emulating, the least busy first.
    room: Vec<[BTreeSet<(usize, EngineId)>; 2]>,
    /// The engines that may have something in their own queues, and room.
    due: BTreeSet<EngineId>,
}

/// The first entry of a queue that still counts.
fn top(queue: &mut BinaryHeap<Entry>, holds: Holds<'_>) -> Option<Entry> {
    while let Some(entry) = queue.peek() {
        if holds(entry) {
            return Some(*entry);
        }
        queue.pop();
    }
    None
}

type Found = (Entry, From);

fn first(one: Option<Found>, other: Option<Found>) -> Option<Found> {
    one.into_iter().chain(other).max_by_key(|(entry, _)| *entry)
}

/// Whether an entry still counts.
type Holds<'a> = &'a dyn Fn(&Entry) -> bool;

/// Where an entry was found.
#[derive(Debug, Clone, Copy)]
enum From {
    Floating,
    Own(EngineId),
    Near(EngineId),
    Anywhere(usize, EngineId),
}

impl Queue {
    pub fn new(fleet: &Fleet, limits: Vec<usize>, total: usize) -> Self {
        let (engines, kinds) = (limits.len(), fleet.kinds.len());
        let mut queue = Self {
            floating: BinaryHeap::new(),
            anywhere: vec![BinaryHeap::new(); kinds],
            own: vec![BinaryHeap::new(); engines],
            near: vec![BinaryHeap::new(); engines],
            running: vec![0; engines],
            limits,
            total: (0, total),
            room: (0..kinds).map(|_| Default::default()).collect(),
            due: BTreeSet::new(),
        };
        (0..engines).for_each(|engine| queue.make_room(fleet, EngineId(engine)));
        queue
    }

    /// A step is ready: of a kind, or one that runs on no engine.
    pub fn push(&mut self, fleet: &Fleet, entry: Entry, kind: Option<usize>, demand: Demand) {
        let Some(kind) = kind else {
            return self.floating.push(entry);
        };
        match (demand, fleet.only(kind)) {
            (Demand::Apart, _) => {}
            (Demand::Only(engine), _) | (Demand::Anywhere(_), Some(engine)) => {
                self.own[engine.0].push(entry);
                self.due.insert(engine);
            }
            (Demand::Anywhere(near), None) => {
                self.anywhere[kind].push(entry);
                let near = near.filter(|engine| fleet.served(*engine).any(|served| served == kind));
                if let Some(engine) = near {
                    self.near[engine.0].push(entry);
                }
            }
        }
    }

    /// The next step that starts, and its engine; it is running from then on.
    pub fn next(&mut self, fleet: &Fleet, holds: Holds<'_>) -> Option<(StepId, Option<EngineId>)> {
        if self.total.0 >= self.total.1 {
            return None;
        }
        let floating = top(&mut self.floating, holds).map(|entry| (entry, From::Floating));
        let (entry, from) = first(self.on_engine(fleet, holds), floating)?;
        let engine = match from {
            From::Floating => {
                self.floating.pop();
                None
            }
            From::Own(engine) => {
                self.own[engine.0].pop();
                Some(engine)
            }
            From::Near(engine) => {
                self.near[engine.0].pop();
                Some(engine)
            }
            From::Anywhere(kind, engine) => {
                self.anywhere[kind].pop();
                Some(engine)
            }
        };
        self.begin(fleet, engine);
        Some((entry.step.0, engine))
    }

    /// A step of this class is running.
    pub fn begin(&mut self, fleet: &Fleet, engine: Option<EngineId>) {
        self.total.0 += 1;
        if let Some(engine) = engine {
            self.change(fleet, engine, |running| running + 1);
        }
    }

    /// A step of this class is not running any more.
    pub fn end(&mut self, fleet: &Fleet, engine: Option<EngineId>) {
        self.total.0 -= 1;
        if let Some(engine) = engine {
            self.change(fleet, engine, |running| running.saturating_sub(1));
        }
    }

    /// An engine that has come back has room; one that is gone has none.
    pub fn make_room(&mut self, fleet: &Fleet, engine: EngineId) {
        let load = self.load(engine);
        let has_room = fleet.alive[engine.0] && self.running[engine.0] < self.limits[engine.0];
        for (kind, is_native) in &fleet.serves[engine.0] {
            let room = &mut self.room[*kind][usize::from(!is_native)];
            match has_room {
                true => room.insert((load, engine)),
                false => room.remove(&(load, engine)),
            };
        }
        if has_room {
            self.due.insert(engine);
        }
    }

    /// How many steps run.
    pub fn running(&self) -> usize {
        self.total.0
    }

    fn change(&mut self, fleet: &Fleet, engine: EngineId, to: impl Fn(usize) -> usize) {
        let load = self.load(engine);
        for (kind, is_native) in &fleet.serves[engine.0] {
            self.room[*kind][usize::from(!is_native)].remove(&(load, engine));
        }
        self.running[engine.0] = to(self.running[engine.0]);
        self.make_room(fleet, engine);
    }

    /// How busy an engine is, in thousandths.
    fn load(&self, engine: EngineId) -> usize {
        self.running[engine.0] * 1000 / self.limits[engine.0].max(1)
    }

    /// A step for an engine that has room: first what only that engine may run.
    fn on_engine(&mut self, fleet: &Fleet, holds: Holds<'_>) -> Option<Found> {
        while let Some(engine) = self.due.first().copied() {
            let has_room = fleet.alive[engine.0] && self.running[engine.0] < self.limits[engine.0];
            let has_own = has_room && top(&mut self.own[engine.0], holds).is_some();
            if has_own {
                return self.choose(fleet, engine, holds);
            }
            self.due.remove(&engine);
        }
        for kind in 0..self.anywhere.len() {
            let tier = usize::from(fleet.natives[kind] == 0);
            if let Some((_, engine)) = self.room[kind][tier].first().copied()
                && top(&mut self.anywhere[kind], holds).is_some()
            {
                let engine = self.nearest(fleet, kind, tier, holds).unwrap_or(engine);
                return self.choose(fleet, engine, holds);
            }
        }
        None
    }

    /// The engine that has what the first step of a kind is based on, if it has room.
    fn nearest(
        &mut self,
        fleet: &Fleet,
        kind: usize,
        tier: usize,
        holds: Holds<'_>,
    ) -> Option<EngineId> {
        let near = top(&mut self.anywhere[kind], holds)?.near?;
        let serves = |engine: &EngineId| fleet.serves[engine.0].contains(&(kind, tier == 0));
        let has_room = fleet.alive[near.0] && self.running[near.0] < self.limits[near.0];
        (has_room && serves(&near)).then_some(near)
    }

    /// What an engine with room starts: what is based on an image that it has, unless the rest of the run waits for another
    /// step much longer.
    fn choose(&mut self, fleet: &Fleet, engine: EngineId, holds: Holds<'_>) -> Option<Found> {
        let own = top(&mut self.own[engine.0], holds).map(|entry| (entry, From::Own(engine)));
        let kinds: Vec<usize> = fleet.served(engine).collect();
        let near = top(&mut self.near[engine.0], holds).map(|entry| (entry, From::Near(engine)));
        let here = first(own, near);
        let mut other = None;
        for kind in kinds {
            let entry = top(&mut self.anywhere[kind], holds);
            other = first(
                other,
                entry.map(|entry| (entry, From::Anywhere(kind, engine))),
            );
        }
        match (here, other) {
            (Some(here), Some(other)) if here.0.weight + FETCHING >= other.0.weight => Some(here),
            (here, other) => other.or(here),
        }
    }
}
