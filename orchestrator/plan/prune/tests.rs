//! Which images are kept, for each thing that may need them.

use super::*;
use crate::memory::{Inputs, Line, Made, ParentInput, build_tag, record_tag};
use crate::name::Reference;
use proptest::prelude::*;

const DAY: i64 = 24 * 60 * 60;
const NOW: i64 = 1_000 * DAY;

/// Images by name. `app 40 on root` was built 40 days ago on the image `root`.
struct World {
    stock: Stock,
    used: BTreeMap<Digest, InUse>,
    rules: Rules<'static>,
}

fn part(variant: &str, name: &str, age: i64, parent: Option<&str>) -> Part {
    let parent = parent.map(|parent| {
        let input = ParentInput {
            content: Digest::of("content"),
            digest: Some(Digest::of(parent)),
        };
        (VariantName::from("parent:1"), input)
    });
    Part {
        variants: vec![VariantName::from(variant)],
        platform: Platform::linux_amd64(),
        digest: Digest::of(name),
        manifest: ("m".into(), 1),
        made: Made {
            inputs: vec![Inputs {
                recipe: Digest::of("recipe"),
                bases: BTreeMap::new(),
                parents: parent.into_iter().collect(),
                tokens: BTreeMap::new(),
            }],
            content: Digest::of(name),
            revision: None,
            built: if age < 0 { 0 } else { NOW - age * DAY },
            seconds: 0,
            cached: (0, 0),
            size: 0,
        },
        passed: BTreeMap::new(),
        proofs: Default::default(),
        withdrawn: None,
    }
}

impl World {
    fn new() -> Self {
        Self {
            stock: Stock {
                repository: "r.example/f/stage".parse().unwrap(),
                images: BTreeMap::new(),
                tags: BTreeMap::new(),
                indexes: BTreeMap::new(),
                failures: Vec::new(),
            },
            used: BTreeMap::new(),
            rules: Rules {
                workspace: "w",
                keep: 0,
                older_than: 30 * DAY,
                now: NOW,
                among: None,
                pointers: BTreeSet::new(),
            },
        }
    }

    fn record(&mut self, name: &str, record: Record) -> &mut Self {
        let staged = StagedImage {
            record: Some(Arc::new(record)),
            stored: Digest::of(format!("record of {name}")),
        };
        self.stock.images.insert(Digest::of(name), staged);
        self
    }

    fn image(&mut self, name: &str, age: i64) -> &mut Self {
        self.image_of("app:1", name, age, None)
    }

    fn image_of(&mut self, variant: &str, name: &str, age: i64, on: Option<&str>) -> &mut Self {
        let record = Record::of("w", vec![part(variant, name, age, on)]);
        let tag = build_tag(Digest::of(format!("build of {name}")));
        self.stock.tags.insert(tag, Digest::of(name));
        self.record(name, record)
    }

    fn tag(&mut self, tag: &str, name: &str) -> &mut Self {
        let named = Digest::of(name);
        self.stock.tags.insert(tag.parse().unwrap(), named);
        self
    }

    /// What is removed, in its order, as names.
    fn removed(&self) -> Vec<String> {
        let names = ["a", "b", "c", "d", "root", "index", "f"];
        let pruned = prune(&self.stock, &self.used, &self.rules);
        let name = |removal: &Removal| {
            let known = names.iter().find(|name| Digest::of(name) == removal.digest);
            known.map_or("?", |name| name).to_owned()
        };
        pruned.removed.iter().map(name).collect()
    }
}

/// What is old and unused goes, the oldest first, with its tags and its record.
#[test]
fn old_images_are_removed_with_their_records() {
    let mut world = World::new();
    world
        .image("a", 31)
        .image("b", 29)
        .image("c", 300)
        .image("d", -1);
    assert_eq!(world.removed(), ["c", "a"]);
    let pruned = prune(&world.stock, &world.used, &world.rules);
    let first = &pruned.removed[0];
    let digest = Digest::of("c");
    assert_eq!(
        first.record,
        Some((record_tag(digest), Digest::of("record of c")))
    );
    assert_eq!(first.tags, [build_tag(Digest::of("build of c"))].into());
    assert_eq!(first.why, "not used, 300 days old");
    let kept: Vec<(InUse, usize)> = pruned.kept.into_iter().collect();
    // Without any time, it may be in use.
    assert_eq!(kept, [(InUse::Young, 1), (InUse::Recent, 1)]);
    // What is younger than a day stays, whatever age is given.
    world.rules.older_than = 3600;
    world.image("b", 0);
    assert_eq!(world.removed(), ["c", "a"]);
    world.rules.now += DAY;
    assert_eq!(world.removed(), ["c", "a", "b"]);
}

#[test]
fn the_newest_of_each_variant_stay() {
    let mut world = World::new();
    world.image("a", 50).image("b", 40).image("c", 60);
    world.image_of("other:1", "d", 90, None);
    world.rules.keep = 1;
    assert_eq!(world.removed(), ["c", "a"]);
    world.rules.keep = 2;
    assert_eq!(world.removed(), ["c"]);
}

/// Tags, pointers and other workspaces keep images; pointers of branches that are gone do not.
#[test]
fn what_is_in_use_stays() {
    let mut world = World::new();
    world
        .image("a", 50)
        .image("b", 50)
        .image("c", 50)
        .image("d", 50);
    world.used.insert(Digest::of("a"), InUse::Tag);
    world.tag("mine", "b");
    let pointer = Tag::content('v', &[&Digest::of("pointer").hex()]);
    let gone = Tag::content('v', &[&Digest::of("gone").hex()]);
    world.tag(pointer.as_str(), "c").tag(gone.as_str(), "d");
    assert_eq!(world.removed().len(), 2);
    world.rules.pointers.insert(pointer);
    assert_eq!(world.removed(), ["d"]);
    let removal = &prune(&world.stock, &world.used, &world.rules).removed[0];
    assert!(removal.tags.contains(&gone), "{removal:?}");
}

#[test]
fn images_of_others_stay() {
    let mut world = World::new();
    let foreign = Record::of("x", vec![part("app:1", "a", 90, Some("root"))]);
    world.record("a", foreign);
    let mut shared = Record::of("w", vec![part("app:1", "b", 90, None)]);
    shared.workspaces.push("x".into());
    world.record("b", shared);
    world.image("c", 90).image_of("root:1", "root", 90, None);
    let unread = StagedImage {
        record: None,
        stored: Digest::of("?"),
    };
    world.stock.images.insert(Digest::of("d"), unread);
    // The parent of a foreign image is not removed either.
    assert_eq!(world.removed(), ["c"]);
    // An image without a record is not kiln's to remove.
    world.tag(build_tag(Digest::of("f")).as_str(), "f");
    assert_eq!(world.removed(), ["c"]);
}

/// The parts of an index and the parents of an image follow what needs them, over several steps.
#[test]
fn parts_and_parents_stay() {
    let mut world = World::new();
    world.image_of("root:1", "root", 90, None);
    world.image_of("mid:1", "b", 80, Some("root"));
    world.image_of("app:1", "a", 70, Some("b"));
    let index = Record::of("w", vec![part("app:1", "a", 70, Some("b"))]);
    world.record("index", index);
    // An index goes before what it consists of.
    assert_eq!(world.removed(), ["index", "root", "b", "a"]);
    world.used.insert(Digest::of("index"), InUse::Tag);
    assert_eq!(world.removed(), [""; 0]);
    world.used = BTreeMap::from([(Digest::of("b"), InUse::Tag)]);
    assert_eq!(world.removed(), ["index", "a"]);
    // An index without a record keeps its parts.
    world.used = BTreeMap::from([(Digest::of("x"), InUse::Tag)]);
    world
        .stock
        .indexes
        .insert(Digest::of("x"), vec![Digest::of("a")]);
    assert_eq!(world.removed(), ["index"]);
}

#[test]
fn selectors_limit_what_is_removed() {
    let mut world = World::new();
    world.image("a", 90).image_of("other:1", "b", 90, None);
    let failure = StagedFailure {
        tag: Tag::content('f', &[&Digest::of("x").hex()]),
        stored: Digest::of("f"),
        last: Some(NOW - 90 * DAY),
    };
    world.stock.failures.push(failure.clone());
    assert_eq!(world.removed().len(), 3);
    world.rules.among = Some([VariantName::from("app:1")].into());
    assert_eq!(world.removed(), ["a"]);
    // Two failures that are stored as one are removed together.
    world.rules.among = None;
    world.stock.failures.push(StagedFailure {
        tag: Tag::content('f', &[&Digest::of("y").hex()]),
        last: Some(NOW - 3 * DAY),
        ..failure
    });
    assert_eq!(world.removed().len(), 2);
}

/// What a tag named before its image of today stays: `kiln rollback` goes back to it.
#[test]
fn the_image_before_stays() {
    let mut world = World::new();
    world.image("a", 90).image("b", 80);
    let mut record = Record::of("w", vec![part("app:1", "c", 70, None)]);
    let line = Line {
        was: Some(Digest::of("b")),
        ..line(70)
    };
    record
        .lines
        .insert("r.example/f/app:1".parse().unwrap(), line);
    world.record("c", record);
    assert_eq!(world.removed(), ["a", "b", "c"]);
    world.used.insert(Digest::of("c"), InUse::Tag);
    assert_eq!(world.removed(), ["a"]);
}

fn line(age: i64) -> Line {
    Line {
        versions: Default::default(),
        revision: None,
        committed: None,
        surveyed: (NOW - age * DAY) * 1000,
        mover: None,
        was: None,
        withdrew: Default::default(),
        back_from: None,
        scope: None,
        varies: false,
        once: false,
    }
}

/// A tag that was written lately says that an image was in use, however old it is.
#[test]
fn an_image_is_as_old_as_its_last_use() {
    let mut world = World::new();
    let mut record = Record::of("w", vec![part("app:1", "a", 90, None)]);
    let tag: Reference = "r.example/f/app:1".parse().unwrap();
    record.lines.insert(tag, line(5));
    world.record("a", record);
    assert_eq!(world.removed(), [""; 0]);
    world.rules.now += 40 * DAY;
    assert_eq!(world.removed(), ["a"]);
}

proptest! {
    /// Whatever is old and used: no image that stays is based on one that goes, and no index loses a part.
    #[test]
    fn what_stays_is_whole(
        images in proptest::collection::vec((0i64..120, proptest::option::of(0usize..12)), 1..12),
        used in proptest::collection::vec(0usize..12, 0..4),
        keep in 0usize..3,
    ) {
        let name = |at: usize| format!("image {at}");
        let mut world = World::new();
        for (at, (age, parent)) in images.iter().enumerate() {
            let parent = parent.filter(|parent| *parent < at).map(name);
            let variant = format!("app:{}", at % 3);
            world.image_of(&variant, &name(at), *age, parent.as_deref());
            let index = Record::of("w", vec![part(&variant, &name(at), *age, None)]);
            world.record(&format!("index of {at}"), index);
        }
        world.used = used.iter().map(|at| (Digest::of(name(*at)), InUse::Tag)).collect();
        world.rules.keep = keep;
        let pruned = prune(&world.stock, &world.used, &world.rules);
        let gone: BTreeSet<Digest> = pruned.removed.iter().map(|one| one.digest).collect();
        let stay = world.stock.images.iter().filter(|(digest, _)| !gone.contains(digest));
        for (digest, image) in stay {
            let parts = image.record.iter().flat_map(|record| &record.parts);
            for part in parts {
                prop_assert!(!gone.contains(&part.digest), "{digest} has lost a part");
                prop_assert!(parents(part).all(|parent| !gone.contains(&parent)), "{digest}");
            }
        }
        prop_assert!(used.iter().all(|at| !gone.contains(&Digest::of(name(*at)))));
        let kept: usize = pruned.kept.values().sum();
        prop_assert_eq!(kept + gone.len(), world.stock.images.len());
    }
}
