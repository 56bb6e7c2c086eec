//! Which engines are in reach, and what they serve.

use super::capacity::{Capacity, EngineId, Kind};

/// The engines that are in reach, and what they serve.
#[derive(Debug)]
pub(super) struct Fleet {
    pub alive: Vec<bool>,
    pub kinds: Vec<Kind>,
    /// By engine: its kinds, with whether it is native.
    pub serves: Vec<Vec<(usize, bool)>>,
    /// By kind: the number of native engines in reach.
    pub natives: Vec<usize>,
}

impl Fleet {
    pub fn new(capacity: &Capacity) -> Self {
        let mut serves = vec![Vec::new(); capacity.engines.len()];
        for (at, kind) in capacity.kinds.iter().enumerate() {
            kind.native
                .iter()
                .for_each(|engine| serves[engine.0].push((at, true)));
            kind.emulated
                .iter()
                .for_each(|engine| serves[engine.0].push((at, false)));
        }
        Self {
            alive: vec![true; capacity.engines.len()],
            serves,
            natives: capacity
                .kinds
                .iter()
                .map(|kind| kind.native.len())
                .collect(),
            kinds: capacity.kinds.clone(),
        }
    }

    /// The only engine that can run steps of a kind, if there is just one.
    pub fn only(&self, kind: usize) -> Option<EngineId> {
        match (
            self.kinds[kind].native.as_slice(),
            self.kinds[kind].emulated.as_slice(),
        ) {
            ([one], []) | ([], [one]) => Some(*one),
            _ => None,
        }
    }

    /// The kinds that an engine serves now: emulation only while no native engine is in reach.
    pub fn served(&self, engine: EngineId) -> impl Iterator<Item = usize> {
        let serves = self.serves[engine.0].iter();
        let served = serves.filter(|(kind, is_native)| *is_native || self.natives[*kind] == 0);
        served.map(|(kind, _)| *kind)
    }

    /// An engine goes out of reach, or is in reach again.
    pub fn set(&mut self, engine: EngineId, alive: bool) {
        if std::mem::replace(&mut self.alive[engine.0], alive) == alive {
            return;
        }
        for (kind, is_native) in &self.serves[engine.0] {
            let natives = &mut self.natives[*kind];
            match (is_native, alive) {
                (true, true) => *natives += 1,
                (true, false) => *natives -= 1,
                (false, _) => {}
            }
        }
    }
}
