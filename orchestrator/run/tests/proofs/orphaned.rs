//! Proofs of public images that no variant owns any more.

use super::*;

/// G5: what an orphaned index alone has goes with its proofs; a part that another index has keeps them.
#[test]
fn parts_of_an_orphaned_index_take_their_proofs_along() {
    runtime().block_on(async {
        let world = world();
        good(&world, &fleet(BOTH, TWO, "app-1")).await;
        let place = repository("r.example/f/app");
        let orphan: Reference = "r.example/f/app:stable".parse().expect("a reference");
        let stored = world.registry.get(&orphan).expect("an index");
        let parts = images(&world, "r.example/f/app:stable");
        let [shared, alone] = parts[..] else {
            panic!("{parts:?}");
        };
        let pinned = Reference::pinned(place.clone(), shared);
        let part = world.registry.get(&pinned).expect("a part");
        world.serve("r.example/f/app:kept", &other_index(&part));
        let orphaned = BTreeSet::from([orphan.clone()]);
        let own = BTreeSet::from([place.clone()]);
        let locked = BTreeSet::new();
        let found = survey::orphans(&world.registry, &orphaned, &locked, &own);
        let found = found.await.expect("an answer");
        assert_eq!(found.left, BTreeMap::new());
        let done = remove(&world.registry, &found.removed, &Stop::default()).await;
        assert_eq!(done.expect("an answer"), [Removed::Gone]);
        assert_eq!(world.registry.tagged(&orphan), None);
        assert_eq!(kinds(&world, "r.example/f/app", alone).await, [""; 0]);
        assert_eq!(
            kinds(&world, "r.example/f/app", stored.digest).await,
            [""; 0]
        );
        assert_eq!(kinds(&world, "r.example/f/app", shared).await.len(), 2);
        for at in [STAGE, "other.example/f/app"] {
            assert_eq!(kinds(&world, at, alone).await.len(), 2, "{at}");
        }
    });
}

/// An index of one part, as another tool makes it.
fn other_index(part: &Stored) -> Stored {
    Stored::index([IndexEntry {
        platform: Platform::linux_amd64(),
        digest: part.digest,
        media_type: part.media_type.clone(),
        size: part.bytes.len() as u64,
    }])
}
