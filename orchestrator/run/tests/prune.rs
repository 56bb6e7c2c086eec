//! What `kiln prune` removes, after runs and beside them.

use super::engine::Fake as Engine;
use super::world::{Call, World, runtime};
use crate::host;
use crate::memory::record_tag;
use crate::name::{Digest, Reference};
use crate::plan::{self, Action, InUse, Pruned, Removal, Rules, Stock};
use crate::registry::Registry as _;
use crate::registry::fake::{Fault, Operation};
use crate::request::{IndexEntry, Patience, Stored};
use crate::run::{Removed, Stop, remove};
use crate::survey;
use std::collections::{BTreeMap, BTreeSet};

const STAGE: &str = "r.example/f/stage";

fn fleet(generation: u32) -> String {
    format!(
        "workspace \"w\" {{ publish \"r.example/f/{{image}}\"; stage \"{STAGE}\" }}
        base \"b\" from=\"r.example/b:1\"
        toolset \"root\" {{ run \"make root-{generation}\" }}
        toolset \"app\" {{ run \"make app-{generation}\" }}
        image \"root\" {{ from base=\"b\"; use \"root\"; platforms \"linux/amd64\" \"linux/arm64\"; tag \"stable\" }}
        image \"app\" {{ from image=\"root\"; use \"app\"; platforms \"linux/amd64\" \"linux/arm64\"; tag \"stable\" }}"
    )
}

/// A world in which the fleet was built so many times, each time from other recipes.
async fn built(generations: u32) -> World {
    let world = World::default();
    let parts = ["linux/amd64", "linux/arm64"].map(|platform| {
        let platform = platform.parse().expect("a platform");
        let stored = Engine::base_for("D1", &platform);
        world.serve(&format!("r.example/b@{}", stored.digest), &stored);
        IndexEntry {
            platform,
            digest: stored.digest,
            media_type: stored.media_type.clone(),
            size: stored.bytes.len() as u64,
        }
    });
    world.serve("r.example/b:1", &Stored::index(parts));
    for generation in 1..=generations {
        build(&world, generation).await;
    }
    world
}

/// What the run built.
async fn build(world: &World, generation: u32) -> usize {
    let call = Call::push(&fleet(generation));
    let (_, plan, outcome) = world.go(&call, &world.engine()).await.expect("an answer");
    assert!(outcome.is_success(), "{outcome:?}");
    let steps = plan.steps.iter();
    steps.filter(|step| step.action == Action::Build).count()
}

async fn stock(world: &World) -> Stock {
    let stage = STAGE.parse().expect("a repository");
    let stock = survey::stock(&world.registry, &stage).await;
    stock.expect("the registry answers")
}

/// What is removed in a year, given that the tags of the last generation are in use.
async fn pruned(world: &World, stock: &Stock) -> Pruned {
    let tags = world.registry.all_tags().into_iter();
    let public = tags.filter(|(tag, _)| tag.repository.to_string() != STAGE);
    let used: BTreeMap<Digest, InUse> = public.map(|(_, digest)| (digest, InUse::Tag)).collect();
    let rules = Rules {
        workspace: "w",
        keep: 0,
        older_than: 30 * plan::YOUNG,
        now: host::now().as_second() + 365 * plan::YOUNG,
        among: None,
        pointers: BTreeSet::new(),
    };
    plan::prune(stock, &used, &rules)
}

async fn removed(world: &World, removals: &[Removal]) -> Vec<Removed> {
    let done = remove(&world.registry, removals, &Stop::default()).await;
    done.expect("the registry answers")
}

/// The number of staged tags of a kind.
fn staged(world: &World, kind: &str) -> usize {
    let tags = world.registry.all_tags().into_iter();
    let own = tags.filter(|(tag, _)| tag.repository.to_string() == STAGE);
    own.filter(|(tag, _)| {
        tag.tag
            .as_ref()
            .is_some_and(|tag| tag.as_str().starts_with(kind))
    })
    .count()
}

/// A record may name tags of repositories that are no longer the fleet's. One that cannot be read may name the image: it stays.
#[test]
fn an_image_that_tags_of_others_may_name_stays() {
    runtime().block_on(async {
        let world = built(3).await;
        let stock = stock(&world).await;
        let removals = pruned(&world, &stock).await.removed;
        assert!(!removals.is_empty(), "the images of the first generation");
        let named = survey::still_named(&world.registry, &stock, &removals).await;
        assert_eq!(named, BTreeMap::new(), "their tags have moved on");
        let fault = Fault::Status(403);
        let registry = &world.registry;
        registry.fault(Operation::Head, "r.example/f/app:stable", 99, fault);
        let named = survey::still_named(registry, &stock, &removals).await;
        assert!(
            !named.is_empty(),
            "the record of an image has a line for the tag"
        );
        assert!(named.values().all(|why| *why == InUse::Unread), "{named:?}");
    });
}

/// G5, G7: after a prune, the fleet is up to date, and what was removed is built again when it is needed.
#[test]
fn the_fleet_goes_on_after_a_prune() {
    runtime().block_on(async {
        let world = built(4).await;
        // Two platforms and an index of two images, four times.
        assert_eq!((staged(&world, "b-"), staged(&world, "d-")), (16, 24));
        let stock = stock(&world).await;
        let found = pruned(&world, &stock).await;
        assert_eq!(found.removed.len(), 12, "{:?}", found.removed);
        let done = removed(&world, &found.removed).await;
        assert!(done.iter().all(|one| *one == Removed::Gone), "{done:?}");
        // The last generation, and the one that the tags named before.
        assert_eq!((staged(&world, "b-"), staged(&world, "d-")), (8, 12));
        let stock = self::stock(&world).await;
        assert_eq!(pruned(&world, &stock).await.removed, []);
        assert_eq!(build(&world, 4).await, 0);
        assert_eq!(
            build(&world, 3).await,
            0,
            "what the tags named before is staged"
        );
        assert_eq!(build(&world, 1).await, 4);
    });
}

/// Between the listing and the removal, another run uses an image: its tag, its record, or another tag changes.
#[test]
fn what_changes_meanwhile_stays() {
    runtime().block_on(async {
        let world = built(4).await;
        let stock = stock(&world).await;
        let found = pruned(&world, &stock).await;
        let [one, two, three, ..] = &found.removed[..] else {
            panic!("{found:?}");
        };
        let tagged = |tag: &str| -> Reference { format!("{STAGE}:{tag}").parse().expect("a tag") };
        let serve = |tag: &str, image: Digest| {
            let world = world.clone();
            let tag = tagged(tag);
            async move {
                let pinned = Reference::pinned(STAGE.parse().expect("a repository"), image);
                let stored = world.registry.manifest(&pinned, Patience::READ).await;
                let stored = stored.expect("an answer").expect("an image");
                world.registry.seed(&tag, &stored);
            }
        };
        // A new pointer names the first; the record of the second is written again; the third is gone already.
        serve("v-new", one.digest).await;
        let record = record_tag(two.digest);
        let stored = Engine::base("another record");
        world.registry.seed(&tagged(record.as_str()), &stored);
        let third = Reference::pinned(three.repository.clone(), three.digest);
        world.registry.delete(&third).await.expect("it is deleted");
        let done = removed(&world, &found.removed).await;
        assert_eq!(done[0], Removed::Changed("`v-new` names it by now".into()));
        let why = format!("`{record}` has changed since it was read");
        assert_eq!(done[1], Removed::Changed(why));
        assert!(
            done[2..].iter().all(|one| *one == Removed::Gone),
            "{done:?}"
        );
        let kept = Reference::pinned(one.repository.clone(), one.digest);
        let kept = world.registry.head(&kept, Patience::READ).await;
        assert_eq!(kept.expect("an answer"), Some(one.digest));
    });
}

/// A registry that does not delete refuses the first image, and is not asked again.
#[test]
fn a_refusal_ends_it() {
    runtime().block_on(async {
        let world = built(3).await;
        let stock = stock(&world).await;
        let found = pruned(&world, &stock).await;
        let fault = Fault::Status(405);
        world.registry.fault(Operation::Delete, STAGE, 99, fault);
        let done = removed(&world, &found.removed).await;
        assert!(matches!(&done[0], Removed::Failed(_)), "{done:?}");
        assert!(done.len() > 1 && done[1..].iter().all(|one| *one == Removed::Untried));
        assert_eq!(staged(&world, "b-"), 12);
        let stop = Stop::default();
        stop.soon.cancel();
        let done = remove(&world.registry, &found.removed, &stop).await;
        assert!(
            done.expect("an answer")
                .iter()
                .all(|one| *one == Removed::Untried)
        );
    });
}
