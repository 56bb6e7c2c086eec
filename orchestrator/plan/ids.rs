//! Recipe ids: hashes of what the author of a fleet controls, the same on every machine.

use crate::matrix::{Fleet, VariantId};
use crate::name::{Digest, Platform};
use crate::render::Recipe;
use typed_index_collections::{TiSlice, TiVec};

/// The recipe ids of a fleet, and the digests of its build contexts. Bases and parents are not in them.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    variants: TiVec<VariantId, Hashed>,
}

#[derive(Debug, Clone)]
struct Hashed {
    context: Digest,
    /// In the order of the variant's platforms.
    recipes: Vec<(Platform, Digest)>,
}

impl Ids {
    /// The recipe id of a variant on one of its platforms.
    pub fn recipe(&self, id: VariantId, platform: &Platform) -> Option<Digest> {
        let recipes = self.variants[id].recipes.iter();
        let mut own = recipes.filter(|(own, _)| own == platform);
        own.next().map(|(_, recipe)| *recipe)
    }

    /// The digest of a variant's build context.
    pub fn context(&self, id: VariantId) -> Digest {
        self.variants[id].context
    }
}

/// The recipe ids of a fleet; linear in variants and platforms. Each context is hashed once.
pub fn ids(fleet: &Fleet, recipes: &TiSlice<VariantId, Recipe>) -> Ids {
    let hashed = |recipe: &Recipe| {
        let variant = fleet.variant(recipe.variant);
        let context = recipe.context.digest();
        let args = || variant.args.iter().map(|(k, v)| (k.as_str(), v.as_str()));
        let platforms = variant.platforms.iter();
        let id = |platform: &Platform| {
            let id = recipe.own_digest(context, args(), platform);
            (platform.clone(), id)
        };
        Hashed {
            context,
            recipes: platforms.map(id).collect(),
        }
    };
    Ids {
        variants: recipes.iter().map(hashed).collect(),
    }
}
