//! The result of expanding a manifest.

use crate::check::Check;
use crate::manifest::{
    Config, ContextDecl, Distribution, Proof, RecipeDecl, Said, SecretDecl, SshDecl, Syntax,
    Toolset,
};
use crate::matrix::fleet::cells::Cells;
use crate::matrix::fleet::deferred::DeferredTag;
use crate::matrix::fleet::hook::Hook;
use crate::matrix::fleet::param_text::ParamText;
use crate::matrix::fleet::public_tag::{Permission, PublicTag};
use crate::name::EngineVersion;
use crate::name::{Platform, Reference, Repository};
use crate::request::BuildOptions;
use crate::text::{Span, Spanned};
use indexmap::IndexMap;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use thin_vec::ThinVec;
use typed_index_collections::TiVec;

/// All variants, in the order of the manifest and of each image's axes.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// The workspace's name.
    pub name: String,
    /// The syntax of all Dockerfiles.
    pub syntax: Syntax,
    /// The oldest engine version that must be able to build the files.
    pub engine: EngineVersion,
    /// What is published beside each image.
    pub attest: BTreeSet<Proof>,
    /// Every outside image that the manifest names, one per distinct reference.
    pub bases: TiVec<BaseId, Base>,
    /// The tool sets by name.
    pub toolsets: IndexMap<String, Toolset<ParamText>>,
    /// The variants.
    pub variants: TiVec<VariantId, Variant>,
    /// Tags of values whose last day is over, which no variant has.
    pub ended: BTreeMap<Reference, Ended>,
    /// Tags that variants have only in runs with other values of variables, as far as they are known in this run.
    pub conditional: BTreeSet<Reference>,
}

/// Why a tag has no variant any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The image that had it.
    pub image: String,
    /// The last day of its value; `None` if only what it is based on has ended.
    pub last: Option<Date>,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.last {
            Some(day) => write!(f, "its value ended on {day}"),
            None => f.write_str("the image that it is based on has ended"),
        }
    }
}

/// Names a base of the fleet: its place in [`Fleet::bases`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BaseId(pub u32);

impl From<usize> for BaseId {
    fn from(place: usize) -> Self {
        Self(u32::try_from(place).unwrap_or(u32::MAX))
    }
}

impl From<BaseId> for usize {
    fn from(id: BaseId) -> Self {
        id.0 as usize
    }
}

/// Names a variant of the fleet: its place in [`Fleet::variants`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VariantId(pub u32);

impl From<usize> for VariantId {
    fn from(place: usize) -> Self {
        Self(u32::try_from(place).unwrap_or(u32::MAX))
    }
}

impl From<VariantId> for usize {
    fn from(id: VariantId) -> Self {
        id.0 as usize
    }
}

/// An image from outside, its pattern filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The base's name.
    pub name: String,
    /// The image.
    pub reference: Reference,
    /// Where it is declared.
    pub span: Span,
    /// As the manifest declares it.
    pub distribution: Option<Distribution>,
    /// The user that it runs as, if the manifest declares that it is not root.
    pub user: Option<Spanned<String>>,
    /// Whether its ONBUILD reads the contexts of builds.
    pub onbuild: bool,
}

/// The parent of a variant, as its `from` declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Parent {
    /// An image from outside the fleet.
    Base(BaseId),
    /// Another variant.
    Variant(VariantId),
}

/// Where a variant's Dockerfile comes from: a path relative to the workspace.
pub type Body = RecipeDecl;

impl Body {
    /// The template of images that name none: a complete Dockerfile of everything that the manifest declares.
    pub const WHOLE: &'static str = "kiln/image";
}

/// One cell of one image's matrix.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Its id.
    pub id: VariantId,
    /// The name of its image.
    pub image: String,
    /// Its first tag; the image's name if the variant has no tag.
    pub name: String,
    /// Its folder, relative to the workspace: `.circleci/images/go/1.26.5-node`.
    pub dir: String,
    /// The value of each axis.
    pub cells: Cells,
    /// `None` for a hand-written file that names its parents itself.
    pub parent: Option<Parent>,
    /// The source of its Dockerfile.
    pub body: Body,
    /// The folder of the workspace that is declared as build context.
    pub context: Option<Spanned<String>>,
    /// What names of its Dockerfile stand for.
    pub contexts: ThinVec<ContextDecl<Spanned<String>, Parent>>,
    /// In the order they were added.
    pub uses: Arc<[Use]>,
    /// The platforms to build for; variants with the same ones share them.
    pub platforms: Arc<Vec<Platform>>,
    /// Build arguments by name.
    pub args: Arc<IndexMap<String, String>>,
    /// Environment variables by name.
    pub env: Arc<IndexMap<String, String>>,
    /// Only if it declares a different one than its parent's.
    pub distribution: Option<Distribution>,
    /// The configuration of its containers; variants with the same one share it.
    pub config: Arc<Config>,
    /// What its builds take besides; variants with the same share it.
    pub build: Arc<BuildOptions>,
    /// Secrets that its Dockerfile may mount, besides those of its tool sets.
    pub secrets: ThinVec<SecretDecl>,
    /// Agents of ssh, likewise.
    pub agents: ThinVec<SshDecl>,
    /// Where the manifest names the stage that is built.
    pub target: Option<Span>,
    /// How often a build whose step failed is tried again.
    pub retries: u32,
    /// The checks that its images must pass; `render::with_checks` inserts those of its tool sets before its own, and lets
    /// variants with the same ones share them.
    pub checks: Arc<[Check]>,
    /// What runs on the host when its tags move, those of the workspace first; variants with the same ones share them.
    pub hooks: Arc<Vec<Hook>>,
    /// The public repositories, in the order in which they are pushed to.
    pub publish: Arc<[Repository]>,
    /// The repository of its content tags; `None` if the workspace has no `stage`, so that nothing can be published.
    pub staging: Option<Repository>,
    /// Where other runs stage it, if this run is a pull request with a staging repository of its own: it is read, and not
    /// written.
    pub trusted_staging: Option<Box<Repository>>,
    /// By entry of `publish`: whether this run may move its tags.
    pub permissions: Arc<[Permission]>,
    /// The variant's name first, then the others in the order they are derived.
    pub tags: ThinVec<PublicTag>,
    /// Tags that are known only once the image is built or the registry is queried.
    pub deferred: ThinVec<DeferredTag>,
    /// The words of the manifest that it is made from, with their places; variants that the same blocks match share them.
    pub said: Arc<[Said]>,
    /// Where the image is declared.
    pub span: Span,
}

/// A tool set with its parameters filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The tool set's name.
    pub toolset: String,
    /// The parameters by name.
    pub params: IndexMap<String, String>,
    /// Where it is declared.
    pub span: Span,
}

impl Variant {
    /// Image and name: `go:1.26.5-node`.
    pub fn label(&self) -> String {
        format!("{}:{}", self.image, self.name)
    }

    /// Every public reference, repository by repository.
    pub fn references(&self) -> impl Iterator<Item = (Reference, &PublicTag)> {
        self.publish.iter().flat_map(|r| {
            self.tags
                .iter()
                .map(|t| (Reference::tagged(r.clone(), t.tag.clone()), t))
        })
    }

    /// Every public reference, with the reason if this run may not move it.
    pub fn moves(&self) -> impl Iterator<Item = (Reference, &PublicTag, Option<&str>)> {
        self.publish
            .iter()
            .enumerate()
            .flat_map(move |(index, repository)| {
                let repository_permission = self.permissions.get(index);
                self.tags.iter().map(move |tag| {
                    let closed = match repository_permission {
                        Some(permission) => tag.permission.why_held(permission),
                        None => tag.permission.why_held(&tag.permission),
                    };
                    (
                        Reference::tagged(repository.clone(), tag.tag.clone()),
                        tag,
                        closed,
                    )
                })
            })
    }

    /// The deferred tags in each of its repositories, with the reason if this run may not write them.
    pub fn deferred_moves(
        &self,
    ) -> impl Iterator<Item = (&Repository, &DeferredTag, Option<&str>)> {
        self.publish
            .iter()
            .enumerate()
            .flat_map(move |(index, repository)| {
                let permission = self.permissions.get(index);
                self.deferred.iter().map(move |tag| {
                    (
                        repository,
                        tag,
                        tag.permission
                            .why_held(permission.unwrap_or(&tag.permission)),
                    )
                })
            })
    }

    /// Whether this run may write any of its tags in a repository.
    pub fn may_write(&self, repository: &Repository) -> bool {
        let mut known = self.moves();
        let mut deferred = self.deferred_moves();
        known.any(|(tag, _, held)| tag.repository == *repository && held.is_none())
            || deferred.any(|(one, _, held)| one == repository && held.is_none())
    }

    /// The permission of one of its tags, and that of its repository.
    pub fn permissions_of(&self, reference: &Reference) -> Option<(&Permission, &Permission)> {
        let place = self
            .publish
            .iter()
            .position(|r| *r == reference.repository)?;
        let mut tags = self.tags.iter();
        let tag = tags.find(|tag| Some(&tag.tag) == reference.tag.as_ref())?;
        let own = &tag.permission;
        Some((own, self.permissions.get(place).unwrap_or(own)))
    }

    /// The name that its children's Dockerfiles use: its first tag in its first repository.
    pub fn public_name(&self) -> Option<Reference> {
        self.references().next().map(|(reference, _)| reference)
    }
}

/// Of pairs of a staging repository and the one of other runs: by the first, the second that it reads through to.
pub fn read_through<'a>(
    pairs: impl Iterator<Item = (Option<&'a Repository>, Option<&'a Repository>)>,
) -> BTreeMap<Repository, Repository> {
    let both = pairs.filter_map(|(own, trusted)| Some((own?.clone(), trusted?.clone())));
    both.collect()
}

impl Fleet {
    /// By staging repository that only this run and others like it write to: the one of other runs, which it reads through to.
    pub fn read_through(&self) -> BTreeMap<Repository, Repository> {
        let variants = self.variants.iter();
        read_through(variants.map(|v| (v.staging.as_ref(), v.trusted_staging.as_deref())))
    }

    /// The variant with this id.
    pub fn variant(&self, id: VariantId) -> &Variant {
        &self.variants[id]
    }

    /// The base with this id.
    pub fn base(&self, id: BaseId) -> &Base {
        &self.bases[id]
    }

    /// Whether a COPY may use `--link`, which engines support since 23.0.
    pub fn links(&self) -> bool {
        self.syntax == Syntax::BuildKit && self.engine >= EngineVersion(23, 0)
    }

    /// The variant's ancestors, nearest first. In a cycle, which the graph refuses, the list ends after one round.
    pub fn ancestors<'a>(&'a self, variant: &'a Variant) -> impl Iterator<Item = &'a Variant> {
        let parent = |v: &Variant| match v.parent {
            Some(Parent::Variant(id)) => Some(self.variant(id)),
            _ => None,
        };
        std::iter::successors(parent(variant), move |v| parent(v))
            .take_while(|v| v.id != variant.id)
            .take(self.variants.len())
    }

    /// The outside image that a variant is based on in the end, as far as the manifest declares it.
    pub fn ground(&self, variant: &Variant) -> Option<&Base> {
        match self.ancestors(variant).last().unwrap_or(variant).parent? {
            Parent::Base(id) => Some(self.base(id)),
            Parent::Variant(_) => None,
        }
    }

    /// A variant's distribution family and package manager: its own, or its parent's.
    pub fn distribution(&self, variant: &Variant) -> Distribution {
        let declared = std::iter::once(variant)
            .chain(self.ancestors(variant))
            .find_map(|v| v.distribution);
        declared
            .or_else(|| self.ground(variant)?.distribution)
            .unwrap_or_default()
    }
}
