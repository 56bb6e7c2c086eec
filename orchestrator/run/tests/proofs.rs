//! Proofs beside images: written once, copied with them, and removed with them.

use super::engine::Fake as Engine;
use super::world::{Call, World, runtime};
use crate::host;
use crate::manifest::Proof;
use crate::matrix::Trigger;
use crate::memory::proofs;
use crate::name::{Digest, Platform, Reference, Repository, Tag};
use crate::plan::{self, Action, Plan, Reason, Rules};
use crate::registry::Registry as _;
use crate::registry::fake::{Fault, Operation};
use crate::request::{IndexEntry, Patience, Stored};
use crate::run::{Outcome, Removed, Stop, remove};
use crate::survey::{self, Inspect};
use std::collections::{BTreeMap, BTreeSet};

mod orphaned;

const STAGE: &str = "r.example/f/stage";
const BOTH: &str = "attest \"sbom\" \"provenance\"";

/// `root` on a base, `app` on `root`, published to two registries.
fn fleet(attest: &str, platforms: &str, app: &str) -> String {
    format!(
        "workspace \"w\" {{ {attest}; stage \"{STAGE}\"
            publish \"r.example/f/{{image}}\" \"other.example/f/{{image}}\" }}
        base \"b\" from=\"r.example/b:1\"
        toolset \"root\" {{ run \"make git=1.0\" }}
        toolset \"app\" {{ run \"make {app}\" }}
        image \"root\" {{ from base=\"b\"; use \"root\"; platforms {platforms}; tag \"stable\" }}
        image \"app\" {{ from image=\"root\"; use \"app\"; platforms {platforms}; tag \"stable\" }}"
    )
}

const ONE: &str = "\"linux/amd64\"";
const TWO: &str = "\"linux/amd64\" \"linux/arm64\"";

fn world() -> World {
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
    world
}

async fn run(world: &World, text: &str) -> (Plan, Outcome) {
    let call = Call::push(text);
    let (_, plan, outcome) = world.go(&call, &world.engine()).await.expect("an answer");
    (plan, outcome)
}

async fn good(world: &World, text: &str) -> Plan {
    let (plan, outcome) = run(world, text).await;
    assert!(outcome.is_success(), "{outcome:?}");
    plan
}

fn steps(plan: &Plan, action: &Action) -> usize {
    plan.steps
        .iter()
        .filter(|step| step.action == *action)
        .count()
}

fn repository(text: &str) -> Repository {
    text.parse().expect("a repository")
}

/// The images that a tag names, one for each platform.
fn images(world: &World, tag: &str) -> Vec<Digest> {
    let reference: Reference = tag.parse().expect("a reference");
    let stored = world.registry.get(&reference).expect("an image");
    match stored.is_index() {
        true => stored
            .images()
            .into_iter()
            .map(|(_, digest)| digest)
            .collect(),
        false => vec![stored.digest],
    }
}

/// The artifact types of what refers to an image, sorted.
async fn kinds(world: &World, at: &str, image: Digest) -> Vec<String> {
    let place = repository(at);
    let found = world
        .registry
        .referrers(&place, image, None, Patience::READ);
    let found = found.await.expect("an answer").into_iter();
    let mut kinds: Vec<String> = found.filter_map(|one| one.artifact_type).collect();
    kinds.sort();
    kinds
}

/// Whether every image has both proofs in both registries and in the staging repository.
async fn assert_complete(world: &World) {
    let both = [Proof::Sbom, Proof::Provenance].map(proofs::artifact_type);
    for name in ["root", "app"] {
        for image in images(world, &format!("r.example/f/{name}:stable")) {
            for at in ["r.example/f/", "other.example/f/"] {
                let found = kinds(world, &format!("{at}{name}"), image).await;
                assert_eq!(found, both, "{at}{name}");
            }
            assert_eq!(kinds(world, STAGE, image).await, both, "{name}");
        }
    }
}

#[test]
fn built_images_get_proofs_before_their_tags_move() {
    runtime().block_on(async {
        for (platforms, is_tagged) in [(ONE, false), (TWO, false), (ONE, true), (TWO, true)] {
            let world = world();
            if is_tagged {
                world.registry.without_referrers();
            }
            let text = fleet(BOTH, platforms, "app-1");
            let plan = good(&world, &text).await;
            assert_eq!(steps(&plan, &Action::Attest), 2);
            assert_complete(&world).await;
            for name in ["root", "app"] {
                let log = world.registry.log();
                let tag = |write: &crate::registry::fake::Write| {
                    write.reference.to_string() == format!("other.example/f/{name}:stable")
                };
                let moved = log.iter().position(tag).expect("a write");
                let image = images(&world, &format!("r.example/f/{name}:stable"))[0];
                let place = repository(&format!("other.example/f/{name}"));
                let list = world
                    .registry
                    .referrers(&place, image, None, Patience::READ);
                for one in list.await.expect("an answer") {
                    let pinned = Reference::pinned(place.clone(), one.digest);
                    let written = log.iter().position(|write| write.reference == pinned);
                    assert!(written.expect("a write") < moved, "{name}");
                }
            }
            // Writing twice changes nothing.
            let before = world.registry.log().len();
            let plan = good(&world, &text).await;
            assert!(!plan.has_work(), "{plan:?}");
            assert_eq!(world.registry.log().len(), before);
        }
    });
}

/// An image that is kept gets what it lacks, wherever it is, and nothing is built.
#[test]
fn kept_images_get_what_they_lack() {
    runtime().block_on(async {
        for platforms in [ONE, TWO] {
            let world = world();
            good(&world, &fleet("", platforms, "app-1")).await;
            let image = images(&world, "r.example/f/app:stable")[0];
            assert_eq!(kinds(&world, STAGE, image).await, [""; 0]);

            let sbom = fleet("attest \"sbom\"", platforms, "app-1");
            let (_, shown) = world.plan(&Call::push(&sbom)).await.expect("a plan");
            let markdown = plan::markdown(&shown, "kiln plan");
            assert!(
                markdown.contains("| `app:stable` | keep, attest |"),
                "{markdown}"
            );
            let plan = good(&world, &sbom).await;
            assert_eq!((plan.builds(), plan.writes()), (0, 0));
            assert!(plan.has_work() && !plan.needs_engine());
            let expected = Reason::Unattested {
                proofs: [Proof::Sbom].into(),
            };
            let reasons = plan.steps.iter().map(|step| step.reason());
            assert_eq!(reasons.filter(|reason| **reason == expected).count(), 2);
            let text = plan::text(&plan, false);
            assert!(text.contains("2 up to date, 2 images to attest"), "{text}");
            assert!(
                text.contains("keep  app:stable: up to date, but it has no SBOM\n"),
                "{text}"
            );
            assert!(text.contains("      add   SBOM\n"), "{text}");
            let found = kinds(&world, "other.example/f/app", image).await;
            assert_eq!(found, [proofs::artifact_type(Proof::Sbom)]);

            good(&world, &fleet(BOTH, platforms, "app-1")).await;
            assert_complete(&world).await;
            // Without `attest`, existing proofs stay.
            let plan = good(&world, &fleet("", platforms, "app-1")).await;
            assert!(!plan.has_work());
            assert_complete(&world).await;
        }
    });
}

/// A proof that cannot be stored ends the variant before its tags move, and the next run attaches it.
#[test]
fn an_image_without_its_proofs_is_not_published() {
    runtime().block_on(async {
        let operations = [
            Operation::Attach,
            Operation::CopyReferrers,
            Operation::Referrers,
        ];
        for operation in operations {
            for fault in [Fault::Status(500), Fault::LostAnswer] {
                let world = world();
                let text = fleet(BOTH, ONE, "app-1");
                world.registry.fault(operation, "/f/", 1, fault);
                let (_, outcome) = run(&world, &text).await;
                assert!(!outcome.is_success(), "{operation:?}");
                let tag: Reference = "r.example/f/app:stable".parse().expect("a tag");
                assert_eq!(world.registry.tagged(&tag), None, "{operation:?}");
                let plan = good(&world, &text).await;
                assert_eq!(plan.builds(), 0, "{operation:?}");
                assert_complete(&world).await;
            }
        }
    });
}

/// G5: prune takes the proofs of an image along, and the tag that lists them; what is kept keeps its own.
#[test]
fn proofs_go_with_their_images() {
    runtime().block_on(async {
        for is_tagged in [false, true] {
            let world = world();
            if is_tagged {
                world.registry.without_referrers();
            }
            good(&world, &fleet(BOTH, ONE, "app-1")).await;
            let old = images(&world, "r.example/f/app:stable")[0];
            for app in ["app-2", "app-3"] {
                good(&world, &fleet(BOTH, ONE, app)).await;
            }
            let stage = repository(STAGE);
            let list = Reference::tagged(stage.clone(), Tag::referrers(old));
            assert_eq!(world.registry.tagged(&list).is_some(), is_tagged);
            let stock = survey::stock(&world.registry, &stage)
                .await
                .expect("an answer");
            let rules = Rules {
                workspace: "w",
                keep: 0,
                older_than: 30 * plan::YOUNG,
                now: host::now().as_second() + 365 * plan::YOUNG,
                among: None,
                pointers: BTreeSet::new(),
            };
            let tags = world.registry.all_tags().into_iter();
            let public = tags.filter(|(tag, _)| tag.repository != stage);
            let used: BTreeMap<_, _> = public
                .map(|(_, digest)| (digest, plan::InUse::Tag))
                .collect();
            let found = plan::prune(&stock, &used, &rules);
            let digests: Vec<Digest> = found.removed.iter().map(|one| one.digest).collect();
            assert_eq!(digests, [old]);
            let began = world.registry.log().len();
            let done = remove(&world.registry, &found.removed, &Stop::default()).await;
            assert_eq!(done.expect("an answer"), [Removed::Gone]);
            assert_eq!(kinds(&world, STAGE, old).await, [""; 0]);
            assert_eq!(world.registry.tagged(&list), None);
            let log = &world.registry.log()[began..];
            let image = Reference::pinned(stage.clone(), old);
            let gone = log.iter().position(|write| write.reference == image);
            // Its proofs, the tag that lists them if there is one, the image, its record.
            assert_eq!(gone, Some(if is_tagged { 3 } else { 2 }), "{log:?}");
            let now = images(&world, "r.example/f/app:stable")[0];
            assert_eq!(kinds(&world, STAGE, now).await.len(), 2);
        }
    });
}

/// The documents are read back from where the image is, by its name and platform.
#[test]
fn documents_are_read_back() {
    runtime().block_on(async {
        let world = world();
        good(&world, &fleet(BOTH, TWO, "app-1")).await;
        let name = "other.example/f/app:stable".parse().expect("a reference");
        let staging = [repository(STAGE)].into();
        let found = survey::inspect(Inspect::Name(name), &staging, false, &world.registry);
        let found = found.await.expect("an answer");
        let read = |platform: Option<Platform>, proof: Proof| {
            let (found, world) = (found.clone(), world.clone());
            async move {
                let documents =
                    survey::proofs("app", &found, platform.as_ref(), proof, &world.registry);
                let documents = documents.await.map_err(|why| why.to_string())?;
                let json = |document: &std::sync::Arc<[u8]>| {
                    serde_json::from_slice::<serde_json::Value>(document).expect("JSON")
                };
                Ok::<_, String>(serde_json::Value::from_iter(documents.iter().map(json)))
            }
        };
        let arm: Platform = "linux/arm64".parse().expect("a platform");
        let sbom = read(Some(arm.clone()), Proof::Sbom)
            .await
            .expect("a document");
        let sbom = &sbom[0];
        assert_eq!(sbom["name"], "app:stable linux/arm64");
        assert_eq!(sbom["packages"][1]["name"], "git");
        assert_eq!(
            sbom["packages"][1]["comment"],
            "The image below has it, too."
        );
        let provenance = read(Some(arm), Proof::Provenance)
            .await
            .expect("a document");
        let inputs = &provenance[0]["predicate"]["buildDefinition"]["resolvedDependencies"];
        assert_eq!(inputs[0]["name"], "root:stable");
        let all = read(None, Proof::Provenance).await.expect("two documents");
        let platforms = all
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| &one["predicate"]["buildDefinition"]["externalParameters"]["platform"]);
        let platforms: Vec<_> = platforms.collect();
        assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
        let other = "linux/s390x".parse().expect("a platform");
        let error = read(Some(other), Proof::Sbom).await.expect_err("none");
        assert!(
            error.contains("it has no linux/s390x, only linux/amd64"),
            "{error}"
        );

        let world = super::world::World::around(&Default::default());
        world.serve("r.example/f/x:1", &Engine::base("D1"));
        let name = "r.example/f/x:1".parse().expect("a reference");
        let found = survey::inspect(Inspect::Name(name), &staging, false, &world.registry);
        let found = found.await.expect("an answer");
        let error = survey::proofs("x:1", &found, None, Proof::Sbom, &world.registry).await;
        let error = error.expect_err("none").to_string();
        assert!(
            error.contains("no SBOM refers to it in r.example/f/x"),
            "{error}"
        );
        assert!(error.starts_with("x:1: "), "{error}");
        assert!(
            error.contains("kiln has no record of this image"),
            "{error}"
        );
    });
}

/// A proof that was deleted by hand is named as such.
#[test]
fn a_deleted_proof_is_reported() {
    runtime().block_on(async {
        for platforms in [ONE, TWO] {
            let world = world();
            world.registry.without_referrers();
            let text = fleet(BOTH, platforms, "app-1");
            good(&world, &text).await;
            let public = ["r.example/f/app", "other.example/f/app"];
            let image = *images(&world, "r.example/f/app:stable")
                .last()
                .expect("one");
            let kind = Some(proofs::artifact_type(Proof::Sbom));
            let read = async |at: &str| {
                let named = Inspect::Name(Reference::pinned(repository(at), image));
                let staging = [repository(STAGE)].into();
                let found = survey::inspect(named, &staging, false, &world.registry).await;
                let found = found.expect("an answer");
                let document = survey::proofs("app", &found, None, Proof::Sbom, &world.registry);
                document.await.map_err(|why| why.to_string())
            };
            for at in [STAGE, public[0], public[1]] {
                let at = repository(at);
                let list = world.registry.referrers(&at, image, kind, Patience::READ);
                for one in list.await.expect("an answer") {
                    let proof = Reference::pinned(at.clone(), one.digest);
                    world.registry.delete(&proof).await.expect("an answer");
                }
            }
            for at in public {
                let error = read(at).await.expect_err("none").to_string();
                let expected =
                    format!("app: the SBOM is listed in {at}, but does not exist any more");
                assert!(error.starts_with(&expected), "{error}");
            }
        }
    });
}

/// A proof that was deleted by hand, in any of the repositories, is attached again on request, and not without.
#[test]
fn a_deleted_proof_is_attached_again_on_request() {
    runtime().block_on(async {
        let places = [STAGE, "r.example/f/app", "other.example/f/app"];
        let all = [ONE, TWO].into_iter().flat_map(|platforms| {
            let each = places.iter().map(move |place| (platforms, vec![*place]));
            each.chain([(platforms, places.to_vec())])
        });
        for (lists, (platforms, deleted)) in all.flat_map(|one| [(false, one.clone()), (true, one)])
        {
            let world = world();
            if lists {
                world.registry.without_referrers();
            }
            let text = fleet(BOTH, platforms, "app-1");
            good(&world, &text).await;
            let image = *images(&world, "r.example/f/app:stable")
                .last()
                .expect("one");
            let kind = Some(proofs::artifact_type(Proof::Sbom));
            for at in &deleted {
                let at = repository(at);
                let list = world.registry.referrers(&at, image, kind, Patience::READ);
                for one in list.await.expect("an answer") {
                    let proof = Reference::pinned(at.clone(), one.digest);
                    world.registry.delete(&proof).await.expect("an answer");
                }
            }
            let plan = good(&world, &text).await;
            assert_eq!(steps(&plan, &Action::Attest), 0, "the record is believed");
            let call = Call {
                check_proofs: true,
                ..Call::push(&text)
            };
            let (_, plan, outcome) = world.go(&call, &world.engine()).await.expect("an answer");
            assert!(outcome.is_success(), "{outcome:?}");
            assert_eq!(steps(&plan, &Action::Attest), 1, "{platforms} {deleted:?}");
            assert_eq!(steps(&plan, &Action::Build), 0);
            assert_complete(&world).await;
            for at in places {
                let at = repository(at);
                let list = world.registry.referrers(&at, image, kind, Patience::READ);
                for one in list.await.expect("an answer") {
                    let proof = Reference::pinned(at.clone(), one.digest);
                    let found = world.registry.head(&proof, Patience::READ).await;
                    assert!(
                        found.expect("an answer").is_some(),
                        "{lists} {deleted:?} {at}"
                    );
                }
            }
            let (_, plan, _) = world.go(&call, &world.engine()).await.expect("an answer");
            assert_eq!(steps(&plan, &Action::Attest), 0, "once");
        }
    });
}

/// G20: a release copies the proofs with the image.
#[test]
fn a_release_copies_proofs() {
    runtime().block_on(async {
        let world = world();
        let text = fleet(BOTH, ONE, "app-1").replace(
            " \"other.example/f/{image}\"",
            "; publish \"other.example/f/{image}\" on=\"release\"",
        );
        let text = text.replace(
            "tag \"stable\"",
            "tag \"stable\"; tag \"v1\" on=\"release\"",
        );
        good(&world, &text).await;
        let image = images(&world, "r.example/f/app:stable")[0];
        assert_eq!(kinds(&world, "other.example/f/app", image).await, [""; 0]);
        let call = Call {
            release: Some(Vec::new()),
            event: Trigger::Release,
            ..Call::push(&text)
        };
        let (ready, plan) = world.release(&call).await.expect("a plan");
        assert!(!plan.needs_engine());
        let engine = world.engine();
        let done = world.carry_out(&ready, plan, &call, &engine, Stop::default());
        let (outcome, _) = done.await;
        assert!(outcome.is_success(), "{outcome:?}");
        assert_complete(&world).await;
    });
}
