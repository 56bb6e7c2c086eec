//! What the systems read at most, as data.

use crate::ci::{By, System};

/// The limits of a system.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The most jobs that one job can wait for, besides the one that plans.
    pub needs: Option<usize>,
    /// The most bytes of a file.
    pub bytes: usize,
    /// What a build job has at least, in bytes: a file of very many jobs is refused before it is made.
    pub job: usize,
    /// The most variants that one job of a level builds. A level with more has several jobs.
    pub variants: usize,
}

/// The most jobs that GitHub makes of one matrix.
pub(super) const LEGS: usize = 256;

/// The largest file.
const MB: usize = 1_000_000;

impl System {
    pub(super) fn limits(self) -> Limits {
        match self {
            // The file with each use of a job written out: 8 MB.
            Self::CircleCi => Limits {
                needs: None,
                bytes: 8 * MB,
                job: 400,
                variants: 50,
            },
            // 50 needs, one of which is the job that plans; 5 MB for the file of a child pipeline.
            Self::GitLab => Limits {
                needs: Some(49),
                bytes: 5 * MB,
                job: 80,
                variants: 50,
            },
            // Levels are matrices, which are divided in each run.
            Self::GitHub => Limits {
                needs: None,
                bytes: MB / 2,
                job: 400,
                variants: usize::MAX,
            },
        }
    }
}

/// Why a system would not read a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the file would have {} kB, and {} reads {} kB at most\n  {}",
    size.div_ceil(1000), system.title(), system.limits().bytes / 1000, way_out(*by)
)]
pub struct TooLarge {
    system: System,
    by: By,
    size: usize,
}

fn way_out(by: By) -> &'static str {
    match by {
        By::Variant => "`--by level` writes jobs that build several variants each",
        By::Level => "divide the workspace into several",
    }
}

/// Refuses a file that has too many jobs, whatever they are.
pub(super) fn check_jobs(system: System, by: By, jobs: usize) -> Result<(), TooLarge> {
    check(system, by, jobs.saturating_mul(system.limits().job))
}

pub(super) fn check(system: System, by: By, size: usize) -> Result<(), TooLarge> {
    match size > system.limits().bytes {
        true => Err(TooLarge { system, by, size }),
        false => Ok(()),
    }
}
