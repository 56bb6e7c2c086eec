//! What happens to a fleet: a few changes and runs, each judged; then everything is mended, and a night ends it.

use super::super::engine::Fake as Engine;
use super::super::world::{Call, World};
use super::dice::Dice;
use super::fleet::Fleet;
use super::judge::{self, Content, reference};
use crate::matrix::Trigger;
use crate::memory::Compared;
use crate::name::Platform;
use crate::plan::{Freshness, Plan, freshness};
use crate::registry::fake::{Fault, Operation, Write};
use crate::request::{FaultKind, IndexEntry, Stored};
use crate::run::{Done, Outcome, StepOutcome, Stop};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A fleet in its world, at one moment.
struct Story {
    dice: Dice,
    world: World,
    engine: Engine,
    fleet: Fleet,
    /// The fleet at each commit.
    commits: Vec<Fleet>,
    bases: [u64; 2],
    /// Something may fail that is not kiln's fault.
    is_disturbed: bool,
    /// The last run over the whole fleet succeeded, at the newest commit.
    is_whole: bool,
    /// Two runs at once may stage one build twice.
    was_together: bool,
    told: Vec<String>,
}

/// Tells one story.
pub async fn tell(seed: u64) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    let fleet = Fleet::roll(&mut dice);
    let world = World::default();
    let mut story = Story {
        engine: world.engine(),
        world,
        commits: Vec::new(),
        fleet,
        bases: [1, 1],
        is_disturbed: false,
        is_whole: false,
        was_together: false,
        told: Vec::new(),
        dice,
    };
    story.base(0);
    story.base(1);
    story.commit();
    let told = story.all().await;
    told.map_err(|why| {
        format!(
            "{}\n{}\n{why}",
            story.fleet.manifest(),
            story.told.join("\n")
        )
    })
}

impl Story {
    async fn all(&mut self) -> Result<(), String> {
        for _ in 0..2 + self.dice.below(4) {
            self.change();
            self.closed(false).await?;
            self.disturb();
            self.run().await?;
        }
        self.mend();
        self.end().await
    }

    /// The end: a night in a world without faults is complete, and leaves nothing to do.
    async fn end(&mut self) -> Result<(), String> {
        self.engine = self.world.engine();
        // What failed is due again.
        self.world.later("8d");
        let call = self.call(Compared::Everything);
        let (_, outcome) = self.one(&call).await?;
        if !outcome.is_success() {
            return Err(format!(
                "nothing disturbs the last night, and it failed: {outcome:?}"
            ));
        }
        let all: Vec<usize> = (0..self.fleet.images.len()).collect();
        judge::contents(&self.fleet, &self.world.registry, &all, &self.bases, true)?;
        self.shared()?;
        self.closed(true).await?;
        for compared in [Compared::Everything, Compared::RecipeAndParents] {
            let call = self.call(compared);
            let (_, plan) = self
                .world
                .plan(&call)
                .await
                .map_err(|why| why.to_string())?;
            if plan.builds() + plan.writes() > 0 {
                let plan = crate::plan::text(&plan, true);
                return Err(format!(
                    "nothing is left to do, and this is planned: {plan}"
                ));
            }
        }
        Ok(())
    }

    /// Staleness is closed over descendants: whatever is based on an image that is built is built or failing, too. Nothing is
    /// stale if nothing has changed.
    async fn closed(&self, is_done: bool) -> Result<(), String> {
        let call = self.call(Compared::Everything);
        let Ok((_, plan)) = self.world.plan(&call).await else {
            return Ok(());
        };
        let all = freshness(&plan);
        if let (true, Some(stale)) = (is_done, all.iter().find(|one| one.is_stale())) {
            return Err(format!("nothing has changed, and this is stale: {stale:?}"));
        }
        let image = |at: usize| {
            let name = format!("i{at}:");
            let mut all = all.iter();
            all.find(|one| one.variant.as_str().starts_with(&name))
        };
        for at in 0..self.fleet.images.len() {
            for ancestor in &self.fleet.with_ancestors(at)[1..] {
                let (Some(child), Some(parent)) = (image(at), image(*ancestor)) else {
                    return Err(format!("i{at} or i{ancestor} is missing: {all:?}"));
                };
                let is_built = parent.builds.iter().any(|one| one.does == "build");
                if is_built && !child.is_stale() && !self.stays(at, *ancestor, &all) {
                    return Err(format!("{parent:?} is stale, and {child:?} is not"));
                }
            }
        }
        Ok(())
    }

    /// Whether an image between these two is failing: what is based on that one is compared with its last good image.
    fn stays(&self, at: usize, ancestor: usize, all: &[Freshness]) -> bool {
        let line = self.fleet.with_ancestors(at);
        let between = line[1..].iter().take_while(|one| **one != ancestor);
        let is_skipped = |at: &usize| {
            let name = format!("i{at}:");
            let mut own = all.iter();
            let own = own.find(|one| one.variant.as_str().starts_with(&name));
            own.is_some_and(|one| one.builds.iter().any(|build| build.does == "skip"))
        };
        between.into_iter().any(is_skipped)
    }

    /// The shared tag is an index over its owners' images.
    fn shared(&self) -> Result<(), String> {
        let Some(recipe) = self.fleet.shared else {
            return Ok(());
        };
        let found = judge::content(&self.world.registry, &reference("r.example/f/s:1"));
        let layers = format!("b0-{}/s-{recipe}", self.bases[0]);
        let expected: Content = ["amd64", "arm64"]
            .map(|one| (one.into(), layers.clone()))
            .into();
        match found == Some(expected) {
            true => Ok(()),
            false => Err(format!("s:1 is {found:?}")),
        }
    }

    /// The author or another user changes something.
    fn change(&mut self) {
        if self.dice.one_in(2) {
            self.world.later("1d");
        }
        match self.dice.below(6) {
            0 | 1 => {
                let at = self.dice.below(self.fleet.images.len() as u64);
                let at = usize::try_from(at).unwrap_or_default();
                self.fleet.images[at].recipe += 1;
                self.commit();
            }
            2 => {
                let base = usize::from(self.dice.one_in(2));
                self.bases[base] += 1;
                self.base(base);
            }
            3 if self.fleet.shared.is_some() => {
                self.fleet.shared = self.fleet.shared.map(|recipe| recipe + 1);
                self.commit();
            }
            4 => {
                let at = self.dice.below(self.fleet.images.len() as u64);
                let image = &mut self.fleet.images[usize::try_from(at).unwrap_or_default()];
                image.checks = (image.checks + 1) % 4;
                self.commit();
            }
            _ => {}
        }
    }

    fn commit(&mut self) {
        let number = self.commits.len();
        let parents: Vec<String> = number
            .checked_sub(1)
            .map(|n| format!("c{n}"))
            .into_iter()
            .collect();
        let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
        self.world.commits.add(&format!("c{number}"), &parents);
        self.commits.push(self.fleet.clone());
        self.is_whole = false;
        self.told
            .push(format!("c{number}: {:?}", self.fleet.images));
    }

    fn base(&self, base: usize) {
        let name = format!("b{base}-{}", self.bases[base]);
        let parts = ["linux/amd64", "linux/arm64"].map(|platform| {
            let platform: Platform = platform.parse().expect("a platform");
            let stored = Engine::base_for(&name, &platform);
            self.world
                .serve(&format!("r.example/b{base}@{}", stored.digest), &stored);
            IndexEntry {
                platform,
                digest: stored.digest,
                media_type: stored.media_type.clone(),
                size: stored.bytes.len() as u64,
            }
        });
        self.world
            .serve(&format!("r.example/b{base}:1"), &Stored::index(parts));
    }

    /// Steps and checks break, and registries misbehave.
    fn disturb(&mut self) {
        self.mend();
        if !self.dice.one_in(2) {
            return;
        }
        self.is_disturbed = true;
        if self.dice.one_in(2) {
            let at = self.dice.below(self.fleet.images.len() as u64);
            let what = match self.dice.below(3) {
                0 => format!("i{at}-"),
                1 => format!("check-{at}-"),
                _ => "linux/arm64".into(),
            };
            let kind = self.dice.pick(&[FaultKind::Failed, FaultKind::DiskFull]);
            self.told.push(format!("broken {what}"));
            self.world.broken.lock().insert(what, kind);
        }
        for _ in 0..self.dice.below(4) {
            self.fault();
        }
    }

    fn fault(&mut self) {
        use Operation::{Copy, Head, Manifest, Put};
        let operation = self.dice.pick(&[Head, Manifest, Put, Put, Put, Copy]);
        let part = self.dice.pick(&[
            "i0:",
            "i1:",
            ":latest",
            ":1.0",
            ":b-",
            ":d-",
            ":v-",
            "s.example",
            "/b0",
            "/",
        ]);
        let fault = match self.dice.below(5) {
            0 => Fault::Unreachable,
            1 => Fault::Status(403),
            2 => Fault::LostAnswer,
            3 if operation == Put => Fault::Ignored,
            _ => Fault::Delay(Duration::from_millis(self.dice.below(50))),
        };
        let times = usize::try_from(1 + self.dice.below(3)).unwrap_or(1);
        self.told
            .push(format!("{operation:?} {part} {times} times {fault:?}"));
        self.world.registry.fault(operation, part, times, fault);
    }

    fn mend(&mut self) {
        self.is_disturbed = false;
        self.world.broken.lock().clear();
        use Operation::{Copy, Head, Manifest, Put, PutBlob};
        for operation in [Copy, Head, Manifest, Put, PutBlob] {
            self.world.registry.heal(operation);
        }
    }

    fn call(&self, compared: Compared) -> Call {
        let newest = self.commits.len() - 1;
        Call {
            compared,
            revision: Some(format!("c{newest}")),
            committed: i64::try_from(newest).ok(),
            ..Call::push(&self.fleet.manifest())
        }
    }

    /// One run, of a kind that is rolled.
    async fn run(&mut self) -> Result<(), String> {
        let compared = self
            .dice
            .pick(&[Compared::RecipeAndParents, Compared::Everything]);
        let mut call = self.call(compared);
        if self.dice.one_in(2) {
            self.engine = self.world.engine();
        }
        call.fail_fast = self.dice.one_in(5);
        match self.dice.below(10) {
            0 => call.force = Some(format!("t{}", self.told.len())),
            1 => {
                let at = self.dice.below(self.fleet.images.len() as u64);
                call.selectors.push(format!("i{at}"));
            }
            2 => call.event = Trigger::Schedule,
            3 | 4 => return self.killed(&call).await,
            5 if self.is_whole && self.commits.len() > 1 => return self.old(call).await,
            6 if !self.is_disturbed => return self.together(&call).await,
            _ => {}
        }
        self.told.push(short(&call));
        let went = self.one(&call).await;
        let (plan, outcome) = match went {
            Ok(went) => went,
            Err(why) if why.starts_with("no plan") && self.is_disturbed => return Ok(()),
            Err(why) => return Err(why),
        };
        if !outcome.is_success() && !self.is_disturbed {
            return Err(format!(
                "nothing disturbs the run, and it failed: {outcome:?}"
            ));
        }
        let failing = failing(&plan, &outcome);
        let is_whole = outcome.is_success() && call.selectors.is_empty();
        self.is_whole = is_whole && failing.is_empty();
        if outcome.is_success() {
            let mut images = self.selected(&call);
            images.retain(|image| !failing.contains(image));
            let night = call.compared == Compared::Everything && !self.is_disturbed;
            judge::contents(
                &self.fleet,
                &self.world.registry,
                &images,
                &self.bases,
                night,
            )?;
        }
        Ok(())
    }

    fn selected(&self, call: &Call) -> Vec<usize> {
        let one = call
            .selectors
            .first()
            .and_then(|text| text[1..].parse().ok());
        match one {
            Some(at) => self.fleet.with_ancestors(at),
            None => (0..self.fleet.images.len()).collect(),
        }
    }

    /// A run to its end, judged by what it wrote.
    async fn one(&mut self, call: &Call) -> Result<(Plan, Outcome), String> {
        let began = self.log().len();
        let planned = self.world.plan(call).await;
        let (ready, plan) = planned.map_err(|why| format!("no plan: {why}"))?;
        let run = self
            .world
            .carry_out(&ready, plan.clone(), call, &self.engine, Stop::default());
        let (outcome, _) = run.await;
        self.judged(began)?;
        Ok((plan, outcome))
    }

    fn log(&self) -> Vec<Write> {
        self.world.registry.log()
    }

    fn judged(&self, began: usize) -> Result<(), String> {
        let log = self.log();
        judge::gate(&self.fleet, &self.world.registry, &log, began)?;
        judge::order(&self.fleet, &log[began..])?;
        judge::fixed(&log)?;
        match self.was_together {
            true => Ok(()),
            false => judge::staged_once(&log),
        }
    }

    /// A run that is killed, or stopped, at one of its calls.
    async fn killed(&mut self, call: &Call) -> Result<(), String> {
        let began = self.log().len();
        let Ok((ready, plan)) = self.world.plan(call).await else {
            return Ok(());
        };
        let at = usize::try_from(1 + self.dice.below(90)).unwrap_or(1);
        let bell = self.world.registry.alarm(None, "", at);
        let (stop, is_stopped) = (Stop::default(), self.dice.one_in(3));
        let word = if is_stopped { "stopped" } else { "killed" };
        self.told
            .push(format!("{word} at call {at}: {}", short(call)));
        let run = self
            .world
            .carry_out(&ready, plan, call, &self.engine, stop.clone());
        tokio::pin!(run);
        tokio::select! {
            biased;
            () = bell.notified() => {
                if is_stopped {
                    stop.soon.cancel();
                    run.await;
                }
            }
            _ = &mut run => {}
        }
        self.is_whole = false;
        self.judged(began)
    }

    /// An old pipeline that is run again: no tag that exists changes what it consists of.
    async fn old(&mut self, call: Call) -> Result<(), String> {
        let at = self.dice.below(self.commits.len() as u64 - 1);
        let fleet = self.commits[usize::try_from(at).unwrap_or_default()].clone();
        let call = Call {
            text: fleet.manifest(),
            revision: Some(format!("c{at}")),
            committed: i64::try_from(at).ok(),
            compared: Compared::RecipeAndParents,
            ..call
        };
        self.told.push(short(&call));
        let before = self.moving();
        let began = self.log().len();
        let Ok((ready, plan)) = self.world.plan(&call).await else {
            return Ok(());
        };
        self.world
            .carry_out(&ready, plan, &call, &self.engine, Stop::default())
            .await;
        judge::order(&self.fleet, &self.log()[began..])?;
        match self.moving() == before {
            true => Ok(()),
            false => Err(format!("G8: before {before:?}, after {:?}", self.moving())),
        }
    }

    /// What the moving tags consist of.
    fn moving(&self) -> BTreeMap<String, Option<Content>> {
        let images = 0..self.fleet.images.len();
        let tags = images.flat_map(|image| self.fleet.moving(image));
        let found = |tag: String| {
            let content = judge::content(&self.world.registry, &reference(&tag));
            (tag, content)
        };
        tags.map(found).collect()
    }

    /// Two runs of one commit at once, on engines of their own.
    async fn together(&mut self, call: &Call) -> Result<(), String> {
        self.told.push(format!("together: {}", short(call)));
        self.was_together = true;
        let plan = || async { self.world.plan(call).await.map_err(|why| why.to_string()) };
        let ((ready, one), (_, other)) = (plan().await?, plan().await?);
        let planned = one.clone();
        let engines = (self.world.engine(), self.world.engine());
        let run = |plan, engine| {
            self.world
                .carry_out(&ready, plan, call, engine, Stop::default())
        };
        let ((one, _), (other, _)) = tokio::join!(run(one, &engines.0), run(other, &engines.1));
        for outcome in [&one, &other] {
            if !outcome.is_success() {
                return Err(format!("one of two runs at once failed: {outcome:?}"));
            }
        }
        let failing = failing(&planned, &one);
        judge::fixed(&self.log())?;
        let mut all: Vec<usize> = (0..self.fleet.images.len()).collect();
        all.retain(|image| !failing.contains(image));
        let night = call.compared == Compared::Everything;
        judge::contents(&self.fleet, &self.world.registry, &all, &self.bases, night)
    }
}

/// The images that are failing and that the run did not try, and those that it could not build because of them.
fn failing(plan: &Plan, outcome: &Outcome) -> BTreeSet<usize> {
    let skipped = plan.iter().filter(|(id, _)| {
        let end = &outcome.steps[*id];
        matches!(
            end,
            StepOutcome::Done {
                done: Done::Skipped { .. },
                ..
            }
        )
    });
    let image = |name: &str| name.strip_prefix('i')?.split(':').next()?.parse().ok();
    skipped
        .filter_map(|(_, step)| image(step.variant.as_str()))
        .collect()
}

/// A call without its manifest.
fn short(call: &Call) -> String {
    let Call {
        compared,
        selectors,
        force,
        event,
        revision,
        fail_fast,
        ..
    } = call;
    format!("run {compared:?} {selectors:?} {force:?} {event:?} {revision:?} fail-fast {fail_fast}")
}
