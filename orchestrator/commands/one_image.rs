//! From a word on the command line to one image, and what kiln remembers of it.

pub(super) mod meant;
pub(super) mod short;

use crate::commands::planned::Wanted;
use crate::commands::world::exit;
use crate::commands::{Demands, Exit, Global, Host, World, complain, load};
use crate::line::Ready;
use crate::matrix::VariantId;
use crate::name::{Digest, Reference};
use crate::plan::Facts;
use crate::request::{FaultKind, Patience, WorldError};
use crate::survey::{self, Inspect, Inspected, Survey};
use crate::workspace::Workspace;
use crate::workspace::git::History;
use meant::{Meant, absent, meant, wrong};
use short::Unresolved;
use std::collections::BTreeSet;

/// Finds images of a workspace and of registries by the words of the command line.
pub(super) struct Finder<'a> {
    pub workspace: Workspace,
    pub ready: Ready,
    pub world: World,
    global: &'a Global,
    host: &'a Host,
}

impl<'a> Finder<'a> {
    /// Loads the workspace, which must have a staging repository.
    pub fn load(global: &'a Global, host: &'a Host) -> Result<Self, Exit> {
        let (workspace, ready) = load(global, host, Demands::STAGE)?;
        Ok(Self {
            workspace,
            world: World::open(host).of(ready.fleet.read_through()),
            ready,
            global,
            host,
        })
    }

    /// The image that a word means, with its record, and with the details of that on request.
    pub async fn find(&self, word: &str, details: bool) -> Result<Inspected, Exit> {
        let (ready, world) = (&self.ready, &self.world);
        let which = match meant(word, ready, self.global, self.host)? {
            Meant::Variant(v) => self.current(v).await?,
            Meant::Name(name) => Inspect::Name(name),
            Meant::Unowned(names, faults) => match first(&names, world).await? {
                Some(name) => Inspect::Name(name),
                None => return Err(absent(&names, &faults, self.global, self.host)),
            },
            Meant::Digest(digest) => Inspect::Digest(digest),
            Meant::Short(hex) => Inspect::Digest(self.abbreviated(&hex).await?),
        };
        let found = found(which, ready, details, world).await;
        found.map_err(|why| exit(&why))
    }

    /// The image that an abbreviated digest means: one that the names of the fleet lead to, or else an older one.
    async fn abbreviated(&self, hex: &str) -> Result<Digest, Exit> {
        let all = self.ready.fleet.variants.iter().map(|variant| variant.id);
        let facts = self.look_up(all.collect()).await?;
        match short::resolved(hex, &short::known(&facts)) {
            Err(Unresolved::Absent(_)) => {
                let mut older = BTreeSet::new();
                for staging in self.ready.staging() {
                    let found = survey::recorded(&*self.world.registry, &staging).await;
                    older.extend(found.map_err(|why| exit(&why))?);
                }
                short::resolved(hex, &older).map_err(unresolved)
            }
            found => found.map_err(unresolved),
        }
    }

    async fn look_up(&self, selected: BTreeSet<VariantId>) -> Result<Facts, Exit> {
        let history = History::open(self.workspace.root());
        let options = Wanted::publish(selected).options(&self.ready, self.host, &history);
        let survey = Survey {
            materials: self.ready.materials(),
            options: &options,
            registry: &*self.world.registry,
            evidence: false,
            questions: None,
        };
        survey.current().await.map_err(|why| exit(&why))
    }

    /// The current image of a variant.
    async fn current(&self, v: VariantId) -> Result<Inspect, Exit> {
        let facts = self.look_up([v].into()).await?;
        if let Some(current) = facts.current.get(&v) {
            return Ok(Inspect::Name(current.found.with_digest(current.digest)));
        }
        let strangers = facts.strangers.get(&v).and_then(|all| all.first());
        let name = &self.ready.names[v];
        let Some((tag, digest)) = strangers else {
            complain(&format!(
                "{name} has no image: nothing is published or staged for it\n  kiln build --push builds it"
            ));
            return Err(Exit::Failed);
        };
        Ok(Inspect::Name(tag.with_digest(*digest)))
    }
}

/// No repository has the digest, or it names several images.
fn unresolved(why: Unresolved) -> Exit {
    match why {
        Unresolved::Several(why) => wrong(why),
        Unresolved::Absent(why) => {
            complain(&why);
            Exit::Failed
        }
    }
}

/// The first of these names that a registry has, with its digest.
async fn first(names: &[Reference], world: &World) -> Result<Option<Reference>, Exit> {
    for name in names {
        let found = world.registry.head(name, Patience::READ).await;
        if let Some(digest) = found.map_err(|why| exit(&why))? {
            return Ok(Some(name.with_digest(digest)));
        }
    }
    Ok(None)
}

/// Looks into the staging repositories; a digest that they do not have may be in a public one.
async fn found(
    which: Inspect,
    ready: &Ready,
    details: bool,
    world: &World,
) -> Result<Inspected, WorldError> {
    let registry = &*world.registry;
    let found = survey::inspect(which.clone(), &ready.staging(), details, registry).await;
    match found {
        Err(why) if why.kind() == FaultKind::NotFound && matches!(which, Inspect::Digest(_)) => {
            let public = ready.fleet.variants.iter().flat_map(|v| v.publish.iter());
            let all = ready.staging().into_iter().chain(public.cloned()).collect();
            survey::inspect(which, &all, details, registry).await
        }
        found => found,
    }
}
