//! Whether the engine's clock agrees with that of this machine: images get its time, and what steps download is valid by it.

use super::{Examined, Finding};
use crate::commands::doctor::clock;

pub(super) fn check(one: &Examined<'_>) -> Vec<Finding> {
    let harm = "package indexes, certificates and tokens may not be valid in builds";
    vec![clock::compared("engine", one.condition.time, one.now, harm)]
}
