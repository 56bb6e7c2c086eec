//! Everything that one build is made from, and what differs between two builds.

use super::token::{UNREFRESHED, toolset};
use crate::matrix::VariantName;
use crate::name::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The version of the hashed text; a change makes every image new.
const FORMAT: &str = "kiln-build-2";

/// The version of the text that is hashed for the age of a failure.
const AGE_FORMAT: &str = "kiln-failing-1";

/// Everything that one build of a variant on one platform is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// The hash of what the author controls: Dockerfile, build context, arguments, platform.
    pub recipe: Digest,
    /// The outside images that the last stage needs, by name. A name is followed by `for PLATFORM` if it is taken for
    /// another platform than the image's own, and by `for the build platform` if a stage runs there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bases: BTreeMap<String, BaseInput>,
    /// The images of the fleet that the last stage needs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parents: BTreeMap<VariantName, ParentInput>,
    /// What makes an image new without another change, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tokens: BTreeMap<String, String>,
}

/// An outside image as it was when an image was built on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseInput {
    /// The digest for the platform of the stage that needs it. Where a stage runs on the build platform, the digest of
    /// the index, so that an id does not depend on which machine builds.
    pub digest: Digest,
    /// What its name resolved to, if that was an index. It does not count: an index changes with any of its platforms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<Digest>,
}

/// A parent as it was when an image was built on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParentInput {
    /// The content id of its image for the platform of the stage that needs it. Where a stage runs on the build
    /// platform, the content ids of all its platforms, joined.
    pub content: Digest,
    /// The digest of that image. It does not count: two engines push the same image under different digests.
    pub digest: Option<Digest>,
}

/// A difference between two inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The recipe.
    Recipe,
    /// An outside image, by its key in [`Inputs::bases`].
    Base {
        /// Which one.
        name: String,
        /// Its digest before.
        from: Option<Digest>,
        /// Its digest now.
        to: Option<Digest>,
    },
    /// A parent.
    Parent {
        /// Which one.
        name: VariantName,
        /// Its content before, by digest of the image if it is known.
        from: Option<Digest>,
        /// Its content now.
        to: Option<Digest>,
    },
    /// The token of a tool set that is refreshed.
    Token {
        /// Which tool set.
        toolset: String,
        /// Its token before.
        from: String,
        /// Its token now.
        to: String,
    },
}

/// What counts when inputs are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Compared {
    /// Recipe and parents: for `build`.
    RecipeAndParents,
    /// Bases and the tokens of tool sets, too: for `nightly`.
    Everything,
}

impl Inputs {
    /// The hash of everything that counts.
    pub fn build_id(&self) -> Digest {
        let mut text = self.text(FORMAT);
        for (name, token) in &self.tokens {
            let _ = writeln!(text, "token {name} {token}");
        }
        Digest::of(text)
    }

    /// What these inputs have in common with those of other periods of `refresh`; `None` if nothing is refreshed. It is the hash
    /// of everything but the tokens, and no build id.
    pub fn age_id(&self) -> Option<Digest> {
        let mut tokens = self.tokens.keys();
        let is_refreshed = tokens.any(|name| toolset(name).is_some());
        is_refreshed.then(|| Digest::of(self.text(AGE_FORMAT)))
    }

    /// Everything that counts but the tokens.
    fn text(&self, format: &str) -> String {
        let mut text = format!("{format}\nrecipe {}\n", self.recipe);
        for (name, base) in &self.bases {
            let _ = writeln!(text, "base {name} {}", base.digest);
        }
        for (name, parent) in &self.parents {
            let _ = writeln!(text, "parent {name} {}", parent.content);
        }
        text
    }

    /// What differs from these inputs in those of today, in the order recipe, parents, bases, tokens.
    pub fn differences(&self, today: &Self, compared: Compared) -> Vec<Difference> {
        let mut all = Vec::new();
        if self.recipe != today.recipe {
            all.push(Difference::Recipe);
        }
        all.extend(self.other_parents(today));
        if compared == Compared::Everything {
            all.extend(self.other_bases(today));
            all.extend(self.other_tokens(today));
        }
        all
    }

    /// Whether an image of these inputs may stand for one of today's.
    pub fn equals(&self, today: &Self, compared: Compared) -> bool {
        self.differences(today, compared).is_empty()
    }

    /// The outside images that have another digest today.
    pub fn other_bases(&self, today: &Self) -> Vec<Difference> {
        let names = union(&self.bases, &today.bases);
        let digest = |of: &Self, name: &str| of.bases.get(name).map(|base| base.digest);
        names
            .map(|name| (name, digest(self, name), digest(today, name)))
            .filter(|(_, from, to)| from != to)
            .map(|(name, from, to)| Difference::Base {
                name: name.clone(),
                from,
                to,
            })
            .collect()
    }

    /// The tool sets that have another token today. The token of a forced build is not compared.
    pub fn other_tokens(&self, today: &Self) -> Vec<Difference> {
        let recorded = |name: &str| self.tokens.get(name).map_or(UNREFRESHED, String::as_str);
        let tokens = today.tokens.iter();
        tokens
            .filter(|(name, to)| recorded(name) != *to)
            .filter_map(|(name, to)| {
                Some(Difference::Token {
                    toolset: toolset(name)?.to_owned(),
                    from: recorded(name).to_owned(),
                    to: to.clone(),
                })
            })
            .collect()
    }

    /// The old and the new name of a parent that another tag names first now: its content is the same.
    fn renamed_parent<'a>(&'a self, today: &'a Self) -> Option<(&'a VariantName, &'a VariantName)> {
        let old = only(&self.parents, &today.parents)?;
        let new = only(&today.parents, &self.parents)?;
        (self.parents[old].content == today.parents[new].content).then_some((old, new))
    }

    fn other_parents(&self, today: &Self) -> Vec<Difference> {
        let content = |of: &Self, name| of.parents.get(name).map(|parent| parent.content);
        let shown = |of: &Self, name| {
            let parent = of.parents.get(name)?;
            Some(parent.digest.unwrap_or(parent.content))
        };
        let renamed = self.renamed_parent(today);
        union(&self.parents, &today.parents)
            .filter(|name| content(self, name) != content(today, name))
            .filter(|name| renamed.is_none_or(|(old, new)| *name != old && *name != new))
            .map(|name| Difference::Parent {
                name: name.clone(),
                from: shown(self, name),
                to: shown(today, name),
            })
            .collect()
    }
}

/// The only key of a map that the other one lacks.
fn only<'a, K: Ord, V>(map: &'a BTreeMap<K, V>, other: &BTreeMap<K, V>) -> Option<&'a K> {
    let mut own = map.keys().filter(|key| !other.contains_key(key));
    own.next().filter(|_| own.next().is_none())
}

/// The keys of both maps, in order.
fn union<'a, K: Ord, V>(
    one: &'a BTreeMap<K, V>,
    other: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = &'a K> {
    let keys: std::collections::BTreeSet<&K> = one.keys().chain(other.keys()).collect();
    keys.into_iter()
}
