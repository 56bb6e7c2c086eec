//! Tags that one target has twice with the defaults of its variables, in repositories that follow different ones: the image
//! has such a tag once, and the second one where it differs.
//!
//! ```text
//! tags = [IMAGE, MIRROR]     both acme/app:dev: the second one has `when var:MIRROR="!acme/app:dev"`
//! ```

use super::apart::{Defaults, apart};
use crate::import::bake::built::Built;
use crate::import::published::Name;

/// Gives the second of two names that are the same by default a condition.
pub(super) fn once(built: &mut Built, defaults: Defaults) {
    let mut known: Vec<Name> = Vec::new();
    for name in &mut built.names {
        let Some(own) = name.clone() else { continue };
        let is_same = |other: &&Name| {
            other.full() == own.full() && other.repository.pattern != own.repository.pattern
        };
        let same = known.iter().find(is_same);
        match same.and_then(|same| apart(&own, same, defaults)) {
            Some(apart) => {
                built.later.extend(apart.names(&own).map(Some));
                *name = None;
            }
            None => known.push(own),
        }
    }
}
