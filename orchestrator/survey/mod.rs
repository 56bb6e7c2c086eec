//! The only reader of the world outside: what is out there now.

mod locks;
mod previous;
mod published;
mod unlocked;

pub use locks::{Locked, locks};
pub use previous::{Found, Nothing, Search};
pub use published::published;

/// Questions in flight at once over all registries; each registry has its own, smaller bound.
const IN_FLIGHT: usize = 32;
