//! Reads the current state of registries and engines for a plan: published images, bases and previous images.

mod locks;
mod platforms;
mod previous;
mod published;
mod unlocked;

pub use locks::{Locked, locks};
pub use platforms::{Bases, Unmade};
pub use previous::{Found, Nothing, Search};
pub use published::published;

/// The number of concurrent requests to all registries together; each registry has its own, lower limit.
const IN_FLIGHT: usize = 32;
