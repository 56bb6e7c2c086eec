//! Runs on several engines in memory: what is built where, and what becomes of it when one of them dies.

use super::engine::Fake;
use super::world::{Call, World, runtime};
use crate::engine::Engine;
use crate::name::{Digest, Platform, Reference};
use crate::registry::fake::Fake as Registry;
use crate::request::{
    BuildAnswer, BuildProgress, BuildRequest, Builder, ContainerAnswer, ContainerRequest,
    Credential, EngineInfo, ImageInfo, PullRequest, PushRequest, WorldError,
};
use crate::run::{Done, EventKind, Late, Limits, Member, Outcome, Pool, StepOutcome, Stop, reach};
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

mod builder;
mod last;
mod late;

const FLEET: &str =
    "workspace \"w\" { publish \"r.example/f/{image}\"; stage \"r.example/f/stage\" }
    base \"b\" from=\"r.example/base:1\"
    toolset \"t\" { param \"v\"; run \"make {v}\"; check run=\"true\" }
    image \"a\" { from base=\"b\"; use \"t\" v=\"a\"; tag \"1\" }
    image \"a1\" { from image=\"a\"; use \"t\" v=\"a1\"; tag \"1\" }
    image \"a2\" { from image=\"a\"; use \"t\" v=\"a2\"; tag \"1\" }
    image \"a3\" { from image=\"a1\"; use \"t\" v=\"a3\"; tag \"1\" }
    image \"c\" { from base=\"b\"; use \"t\" v=\"c\"; tag \"1\" }
    image \"c1\" { from image=\"c\"; use \"t\" v=\"c1\"; tag \"1\" }
    image \"c2\" { from image=\"c\"; use \"t\" v=\"c2\"; tag \"1\" }
    image \"c3\" { from image=\"c2\"; use \"t\" v=\"c3\"; tag \"1\" }
    ";
const IMAGES: usize = 8;
/// How long a build takes.
const BUILDING: Duration = Duration::from_secs(4);

/// An engine that dies at one of its calls, and is back after a time.
#[derive(Clone)]
struct Mortal {
    inner: Fake,
    calls: Arc<AtomicUsize>,
    /// The call at which it dies; 0 for never.
    dies_at: usize,
    back_after: Duration,
    /// Only its builder dies.
    only_builder: bool,
    /// How often it was cleared.
    cleared: Arc<AtomicUsize>,
    died: Arc<parking_lot::Mutex<Option<Instant>>>,
}

impl Mortal {
    fn new(inner: Fake, dies_at: usize, back_after: Duration) -> Self {
        Self {
            inner,
            calls: Arc::default(),
            dies_at,
            back_after,
            only_builder: false,
            cleared: Arc::default(),
            died: Arc::default(),
        }
    }

    /// Counts a call of the run itself. A ping is none: how many there are depends on the time.
    fn live(&self) -> Result<(), WorldError> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        if call == self.dies_at {
            *self.died.lock() = Some(Instant::now());
        }
        self.answers()
    }

    fn answers(&self) -> Result<(), WorldError> {
        match self.is_dead() && !self.only_builder {
            true => Err(WorldError::unreachable("the engine", "connection refused")),
            false => Ok(()),
        }
    }

    fn is_dead(&self) -> bool {
        let died = *self.died.lock();
        died.is_some_and(|died| died.elapsed() < self.back_after)
    }

    fn builds(&self) -> Result<(), WorldError> {
        match self.is_dead() {
            true => Err(WorldError::refused("the engine", "it opens no session")),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Engine for Mortal {
    async fn info(&self) -> Result<EngineInfo, WorldError> {
        self.inner.info().await
    }

    async fn ping(&self, builder: Builder) -> Result<(), WorldError> {
        self.answers()?;
        match builder {
            Builder::BuildKit => self.builds(),
            Builder::Classic => Ok(()),
        }
    }

    async fn clear(&self, _run: &str) -> Result<(), WorldError> {
        self.answers()?;
        self.cleared.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn build(
        &self,
        request: BuildRequest,
        progress: UnboundedSender<BuildProgress>,
    ) -> Result<BuildAnswer, WorldError> {
        self.live()?;
        tokio::time::sleep(BUILDING).await;
        self.answers()?;
        self.builds()?;
        self.inner.build(request, progress).await
    }

    async fn pull(&self, request: PullRequest) -> Result<(), WorldError> {
        self.live()?;
        self.inner.pull(request).await
    }

    async fn push(&self, request: PushRequest) -> Result<(), WorldError> {
        self.live()?;
        self.inner.push(request).await
    }

    async fn inspect(&self, image: &str) -> Result<Option<ImageInfo>, WorldError> {
        self.live()?;
        self.inner.inspect(image).await
    }

    async fn tag(&self, image: &str, name: &Reference) -> Result<(), WorldError> {
        self.live()?;
        self.inner.tag(image, name).await
    }

    async fn untag(&self, name: &str) -> Result<(), WorldError> {
        self.answers()?;
        self.inner.untag(name).await
    }

    async fn probe(
        &self,
        reference: &Reference,
        credential: Option<&Credential>,
    ) -> Result<Option<Digest>, WorldError> {
        self.inner.probe(reference, credential).await
    }

    async fn examine(&self, request: ContainerRequest) -> Result<ContainerAnswer, WorldError> {
        self.live()?;
        self.inner.examine(request).await
    }
}

/// The result of a run of the fleet.
struct Ran {
    outcome: Outcome,
    events: Vec<EventKind>,
    registry: Registry,
    /// The calls of each engine.
    calls: Vec<usize>,
    /// How often each engine was cleared.
    cleared: Vec<usize>,
}

impl Ran {
    /// What each tag in the registry consists of, the content tags among them.
    fn tags(&self) -> BTreeMap<String, String> {
        let all = self.registry.all_tags().into_iter();
        let images = all.filter_map(|(reference, _)| {
            let layers = Fake::layers(&self.registry.get(&reference)?);
            (!layers.is_empty()).then(|| (reference.familiar(), layers))
        });
        images.collect()
    }

    /// The builds that were reported as done.
    fn built(&self) -> usize {
        let built = |step: &&StepOutcome| {
            matches!(
                step,
                StepOutcome::Done {
                    done: Done::Built { .. },
                    ..
                }
            )
        };
        self.outcome.steps.iter().filter(built).count()
    }

    fn engines(&self) -> BTreeSet<&str> {
        self.outcome
            .engines
            .iter()
            .flatten()
            .map(|name| &**name)
            .collect()
    }

    fn names_gone(&self) -> Vec<&str> {
        let gone = self.events.iter().filter_map(|event| match event {
            EventKind::EngineGone { engine, .. } => Some(&**engine),
            _ => None,
        });
        gone.collect()
    }
}

/// Runs the fleet on engines that die at a call and are back after a time.
async fn run(push: bool, deaths: &[(usize, Duration)]) -> Ran {
    run_with(push, deaths, |_| Vec::new()).await
}

/// The same with engines that come late, made from one that pushes to the registry of the run.
async fn run_with(
    push: bool,
    deaths: &[(usize, Duration)],
    late: impl FnOnce(Fake) -> Vec<Late>,
) -> Ran {
    let engine = |world: &World, (dies_at, back): &(usize, Duration)| {
        Mortal::new(world.engine(), *dies_at, *back)
    };
    let engines = |world: &World| deaths.iter().map(|one| engine(world, one)).collect();
    run_all(push, engines, late).await
}

/// The same on any engines.
async fn run_on(push: bool, engines: impl FnOnce(&World) -> Vec<Mortal>) -> Ran {
    run_all(push, engines, |_| Vec::new()).await
}

fn member(name: &str, info: EngineInfo, engine: Arc<dyn Engine>) -> Member {
    Member {
        name: name.into(),
        info,
        engine,
        platforms: Some(vec![Platform::linux_amd64()]),
        limits: Limits {
            builds: 1,
            transfers: 3,
        },
    }
}

async fn run_all(
    push: bool,
    engines: impl FnOnce(&World) -> Vec<Mortal>,
    late: impl FnOnce(Fake) -> Vec<Late>,
) -> Ran {
    let registry = Registry::default();
    let base = "r.example/base:1".parse().expect("a reference");
    registry.seed(&base, &Fake::base("base"));
    let world = World::around(&registry);
    let call = Call {
        push,
        ..Call::push(FLEET)
    };
    let (ready, plan) = world.plan(&call).await.expect("the registry answers");
    let engines = engines(&world);
    let mut members = Vec::new();
    for (at, engine) in engines.iter().enumerate() {
        let info = engine.info().await.expect("an engine in memory");
        members.push(member(
            &format!("engine-{at}"),
            info,
            Arc::new(engine.clone()),
        ));
    }
    let questions = match push {
        true => reach::questions(&plan, &registry).await,
        false => Vec::new(),
    };
    let pool = Pool::new(members, 3).with_late(late(world.engine()), questions);
    let (outcome, events) = world
        .carry_out_in(&ready, plan, &call, pool, Stop::default())
        .await;
    let calls = engines.iter().map(|one| one.calls.load(Ordering::Relaxed));
    Ran {
        outcome,
        events: events.into_iter().map(|event| event.kind).collect(),
        calls: calls.collect(),
        cleared: engines
            .iter()
            .map(|one| one.cleared.load(Ordering::Relaxed))
            .collect(),
        registry,
    }
}

const NEVER: (usize, Duration) = (0, Duration::ZERO);
const FOR_GOOD: Duration = Duration::from_secs(1_000_000);

/// What crosses is fetched, and the build ids do not depend on the engine.
#[test]
fn two_engines_make_what_one_makes() {
    let runtime = runtime();
    let one = runtime.block_on(run(true, &[NEVER]));
    let two = runtime.block_on(run(true, &[NEVER, NEVER]));
    assert!(one.outcome.is_success() && two.outcome.is_success());
    assert_eq!(one.tags(), two.tags());
    assert_eq!((one.built(), two.built()), (IMAGES, IMAGES));
    assert!(one.outcome.engines.is_empty(), "one engine needs no name");
    assert_eq!(two.engines(), BTreeSet::from(["engine-0", "engine-1"]));
}

/// Each family is built on one engine, since nothing is staged.
#[test]
fn without_push_nothing_crosses() {
    let ran = runtime().block_on(run(false, &[NEVER, NEVER]));
    assert!(ran.outcome.is_success(), "{:?}", ran.outcome.steps);
    assert_eq!(ran.built(), IMAGES);
    assert_eq!(ran.engines(), BTreeSet::from(["engine-0", "engine-1"]));
}

/// An engine dies at each of its calls, for good or for a moment: the run ends well, and each image is published once.
#[test]
fn an_engine_dies_at_any_call() {
    let runtime = runtime();
    let whole = runtime.block_on(run(true, &[NEVER, NEVER]));
    for back in [FOR_GOOD, Duration::from_secs(7)] {
        for call in 1..=whole.calls[1] {
            let ran = runtime.block_on(run(true, &[NEVER, (call, back)]));
            let is_well = ran.outcome.is_success();
            assert!(is_well, "dead at call {call}: {:?}", ran.outcome.steps);
            assert_eq!(ran.tags(), whole.tags(), "dead at call {call}");
            if back == FOR_GOOD && ran.built() < IMAGES {
                // Its last push has arrived, and its image was taken from there.
                assert_eq!(ran.built() + 1, IMAGES, "dead at call {call}");
            }
        }
    }
}

#[test]
fn a_dead_engine_is_named_and_one_that_is_back_is_used() {
    let runtime = runtime();
    let is_back = |ran: &Ran| {
        let mut events = ran.events.iter();
        events.any(|event| matches!(event, EventKind::EngineBack { is_new: false, .. }))
    };
    let gone = runtime.block_on(run(true, &[NEVER, (2, FOR_GOOD)]));
    assert_eq!(gone.names_gone(), ["engine-1"]);
    assert_eq!(gone.engines(), BTreeSet::from(["engine-0"]));
    assert!(!is_back(&gone));
    let back = runtime.block_on(run(true, &[NEVER, (2, Duration::from_secs(7))]));
    assert_eq!(back.names_gone(), ["engine-1"]);
    assert_eq!(back.engines(), BTreeSet::from(["engine-0", "engine-1"]));
    assert!(is_back(&back));
}

/// With no engine left, the run ends as one whose only engine is gone: unreachable.
#[test]
fn all_engines_die() {
    let runtime = runtime();
    let ran = runtime.block_on(run(true, &[(1, FOR_GOOD), (1, FOR_GOOD)]));
    let failed = ran.outcome.steps.iter().filter_map(|step| match step {
        StepOutcome::Failed { failure, .. } => {
            Some(failure.error.kind().is_unreachable() && failure.engine.is_some())
        }
        _ => None,
    });
    let failed: Vec<bool> = failed.collect();
    assert!(!failed.is_empty() && failed.into_iter().all(|unreachable| unreachable));
}
