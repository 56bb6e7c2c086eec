//! A fleet, and the events that happen to it.

use super::super::engine::Fake as Engine;
use super::super::world::{Call, World};
use super::said::{Said, named, short};
use super::tree::Tree;
use crate::line::Ready;
use crate::matrix::Trigger;
use crate::memory::{Compared, Record, record_tag};
use crate::name::{Digest, Platform, Reference};
use crate::plan::{Freshness, Plan, Reason, SavedPlan, Wish, changed_files, freshness};
use crate::registry::Registry as _;
use crate::registry::fake::{Fault, Operation};
use crate::request::{FaultKind, IndexEntry, Stored};
use crate::run::{Stop, unfit};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A workspace, the world around it, and what its tags named last.
pub struct Fleet {
    pub world: World,
    pub engine: Engine,
    engines: BTreeMap<String, Engine>,
    pub tree: Tree,
    /// The manifest at each commit.
    trees: BTreeMap<String, (Tree, i64)>,
    /// The newest commit of each branch.
    branches: BTreeMap<String, String>,
    pub call: Call,
    pub said: Said,
    /// The plan that was saved last, as its file.
    pub saved: String,
}

impl Fleet {
    pub fn new() -> Self {
        let world = World::default();
        let mut fleet = Self {
            engine: world.engine(),
            said: Said::new(),
            world,
            engines: BTreeMap::new(),
            tree: Tree::default(),
            trees: BTreeMap::new(),
            branches: BTreeMap::new(),
            call: Call::push(""),
            saved: String::new(),
        };
        fleet.base("D1");
        fleet.world.serve("r.example/c:1", &Engine::base("C"));
        fleet.commit(&[]);
        fleet
    }

    /// Something happens; what it did.
    pub async fn happens(&mut self, event: &str) -> Vec<String> {
        let (word, rest) = event.split_once(' ').unwrap_or((event, ""));
        match word {
            "build" | "nightly" | "release" => return self.run(event).await,
            "plan-out" => return self.plan_out(rest).await,
            "apply" => return self.apply(rest).await,
            "rollback" => return self.rollback(rest).await,
            "inspect" => return self.inspect(rest).await,
            "together" => return self.together(rest).await,
            "overlap" => return self.overlap(rest).await,
            "stale" => return self.stale(event).await,
            "staging" => return self.staging(if rest.is_empty() { "stage" } else { rest }),
            "edit" => {
                let (part, text) = rest.split_once(' ').unwrap_or((rest, ""));
                self.tree.edit(part, text);
                self.commit(&[]);
            }
            "commit" => self.commit(&[]),
            "repeat" => {
                let (times, event) = rest.split_once(' ').expect("a number and an event");
                for _ in 0..times.parse().expect("a number") {
                    self.commit(&[]);
                    Box::pin(self.happens(event)).await;
                }
            }
            "branch" => self.switch(rest),
            "merge" => {
                let (tree, other) = self.head_of(rest);
                self.tree = tree;
                self.commit(&[other]);
            }
            "squash" => {
                let (tree, other) = self.head_of(rest);
                self.tree = tree;
                self.commit(&[]);
                self.world.commits.forget(&other);
            }
            "shallow" => self.call.shallow = true,
            "git-tag" => self.call.tag = Some(rest.to_owned()).filter(|tag| tag != "none"),
            "base" => self.base_event(rest).await,
            "later" => self.world.later(rest),
            "newest" => {
                let packages = rest.split(' ').filter_map(|one| one.split_once('='));
                let packages = packages.map(|(name, version)| (name.into(), version.into()));
                self.world.newest.lock().extend(packages);
            }
            "engine" => {
                let world = &self.world;
                let engine = self.engines.entry(rest.to_owned());
                self.engine = engine.or_insert_with(|| world.engine()).clone();
            }
            "broken" => self.broken(rest, FaultKind::Failed),
            "full" => self.broken(rest, FaultKind::DiskFull),
            "failing-hook" => self.world.hooks.fail(rest),
            "mended" => {
                self.world.broken.lock().clear();
                self.world.hooks.mend();
            }
            "stranger" => {
                let (name, content) = rest.split_once(' ').expect("a name and a content");
                let stored = Engine::base(content);
                self.world.serve(&format!("r.example/f/{name}"), &stored);
            }
            "delete" => self.delete(rest).await,
            "refuse" => {
                let (status, part) = rest.split_once(' ').expect("a status and a part");
                let fault = Fault::Status(status.parse().expect("a status"));
                self.world.registry.fault(Operation::Put, part, 99, fault);
            }
            "deny" => {
                let (status, part) = rest.split_once(' ').expect("a status and a part");
                let fault = Fault::Status(status.parse().expect("a status"));
                self.world.registry.fault(Operation::Head, part, 99, fault);
            }
            // Neither is read, as without a credential.
            "hide" => {
                for operation in [Operation::Head, Operation::Manifest, Operation::Blob] {
                    let fault = Fault::Status(403);
                    self.world.registry.fault(operation, rest, 999, fault);
                }
            }
            "show" => {
                for operation in [Operation::Head, Operation::Manifest, Operation::Blob] {
                    self.world.registry.heal(operation);
                }
            }
            "silent" => {
                let registry = &self.world.registry;
                registry.fault(Operation::Head, rest, 99, Fault::Unreachable);
            }
            "allow" => self.world.registry.heal(Operation::Head),
            "accept" => self.world.registry.heal(Operation::Put),
            other => panic!("nothing is called {other}"),
        }
        Vec::new()
    }

    /// A commit on the branch, with these further parents.
    fn commit(&mut self, others: &[String]) {
        let number = i64::try_from(self.trees.len()).unwrap() + 1;
        let name = format!("c{number}");
        let own = self.call.revision.iter().chain(others);
        let parents: Vec<&str> = own.map(String::as_str).collect();
        self.world.commits.add(&name, &parents);
        self.trees.insert(name.clone(), (self.tree.clone(), number));
        let branch = self.call.branch.clone().unwrap_or_default();
        self.branches.insert(branch, name.clone());
        (self.call.revision, self.call.committed) = (Some(name), Some(number));
    }

    fn head_of(&self, branch: &str) -> (Tree, String) {
        let head = self.branches[branch].clone();
        (self.trees[&head].0.clone(), head)
    }

    /// Goes to a branch, which begins here if it is new.
    fn switch(&mut self, branch: &str) {
        self.call.branch = Some(branch.to_owned());
        match self.branches.get(branch).cloned() {
            Some(head) => self.checkout(&head),
            None => {
                let head = self.call.revision.clone().unwrap_or_default();
                self.branches.insert(branch.to_owned(), head);
            }
        }
    }

    fn checkout(&mut self, commit: &str) {
        let (tree, time) = self.trees[commit].clone();
        self.tree = tree;
        (self.call.revision, self.call.committed) = (Some(commit.to_owned()), Some(time));
    }

    async fn base_event(&mut self, what: &str) {
        let registry = &self.world.registry;
        match what {
            "down" => registry.fault(Operation::Head, "r.example/b", 99, Fault::Unreachable),
            "up" => registry.heal(Operation::Head),
            name => match name.strip_prefix("gone ") {
                Some(gone) => self.base_gone(gone).await,
                None => self.base(name),
            },
        }
    }

    /// The registry deletes what the base was.
    async fn base_gone(&self, name: &str) {
        for platform in ["linux/amd64", "linux/arm64"] {
            let platform = platform.parse().expect("a platform");
            let digest = Engine::base_for(name, &platform).digest;
            let reference = format!("r.example/b@{digest}").parse();
            let reference = reference.expect("a reference");
            self.world
                .registry
                .delete(&reference)
                .await
                .expect("it is deleted");
        }
    }

    /// The base moves, on every platform. `D1=` is D1 under another digest.
    fn base(&self, name: &str) {
        let mut platforms = vec!["linux/amd64", "linux/arm64"];
        // `D1+` is D1 with one more platform.
        platforms.extend(name.ends_with('+').then_some("linux/s390x"));
        let name = name.trim_end_matches('+');
        let parts = platforms.iter().map(|platform| {
            let platform: Platform = platform.parse().expect("a platform");
            let stored = Engine::base_for(name, &platform);
            self.world
                .serve(&format!("r.example/b@{}", stored.digest), &stored);
            IndexEntry {
                platform,
                digest: stored.digest,
                media_type: stored.media_type.clone(),
                size: stored.bytes.len() as u64,
            }
        });
        let index = Stored::index(parts);
        self.world.serve("r.example/b:1", &index);
    }

    fn broken(&self, text: &str, kind: FaultKind) {
        let mut broken = self.world.broken.lock();
        broken.insert(text.to_owned(), kind);
    }

    /// Deletes a tag, or what is staged: `stage`, or the tags of one kind, `stage:b-`, with what nothing else names.
    async fn delete(&self, what: &str) {
        let registry = &self.world.registry;
        let name = |reference: &Reference| short(reference).replace("r.example/", "");
        let all = registry.all_tags().into_iter();
        let is_one = |r: &Reference| match what.starts_with("stage") {
            true => name(r).starts_with(what),
            false => name(r) == what,
        };
        let gone: Vec<_> = all.filter(|(r, _)| is_one(r)).collect();
        for (reference, _) in &gone {
            registry.delete(reference).await.expect("it is deleted");
        }
        for (reference, digest) in gone.into_iter().filter(|_| what.starts_with("stage")) {
            let left = registry.all_tags();
            let mut left = left
                .iter()
                .filter(|(r, _)| r.repository == reference.repository);
            if !left.any(|(_, other)| *other == digest) {
                let image = Reference::pinned(reference.repository, digest);
                registry.delete(&image).await.expect("it is deleted");
            }
        }
    }

    /// How many tags of each kind are staged in a repository.
    fn staging(&self, repository: &str) -> Vec<String> {
        let repository = format!("r.example/f/{repository}");
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        for (reference, _) in self.world.registry.all_tags() {
            if reference.repository.to_string() == repository {
                let tag = reference.tag.map(|tag| tag.to_string()).unwrap_or_default();
                *kinds.entry(tag[..2].to_owned()).or_default() += 1;
            }
        }
        let kinds = kinds.iter().map(|(kind, n)| format!("{kind} {n}"));
        vec![kinds.collect::<Vec<_>>().join(", ")]
    }

    /// What `kiln stale` shows.
    async fn stale(&mut self, event: &str) -> Vec<String> {
        let mut call = self.call(event).call;
        call.compared = Compared::Everything;
        let (_, plan) = self.world.plan(&call).await.expect("an answer");
        let stale = freshness(&plan).into_iter().filter(Freshness::is_stale);
        let line = |one: &Freshness| {
            let builds = one.builds.iter().map(|build| {
                let reasons: Vec<&str> = build.reasons.iter().map(Reason::code).collect();
                format!("{}: {}", build.does, reasons.join(", "))
            });
            format!("{}  {}", one.variant, builds.collect::<Vec<_>>().join("; "))
        };
        let lines: Vec<String> = stale.map(|one| line(&one)).collect();
        match lines.is_empty() {
            true => vec!["nothing is stale".into()],
            false => lines,
        }
    }

    /// What each public tag consists of.
    pub async fn state(&self) -> Vec<String> {
        Said::new().tags(&self.world).await
    }

    /// The call of `build --force app @c1`.
    pub fn call(&mut self, event: &str) -> Called {
        let mut words = event.split(' ');
        let mut called = Called {
            call: self.call.clone(),
            kill: None,
            meanwhile: None,
        };
        let (before, revision) = (self.tree.clone(), self.call.clone());
        let call = &mut called.call;
        let command = words.next();
        call.compared = match command {
            Some("nightly") => Compared::Everything,
            _ => Compared::RecipeAndParents,
        };
        if command == Some("release") {
            call.event = Trigger::Release;
            call.release = Some(Vec::new());
        }
        while let Some(word) = words.next() {
            match word {
                "--force" => call.force = Some(format!("{:?}", self.said.runs)),
                "--pipeline" => call.force = words.next().map(str::to_owned),
                "--retry" => call.retry = true,
                "--fail-fast" => call.fail_fast = true,
                "--release" => call.event = Trigger::Release,
                "--schedule" => call.event = Trigger::Schedule,
                "--pull-request" => {
                    call.event = Trigger::PullRequest;
                    call.pull_request = words.next().map(str::to_owned);
                }
                "--as" => {
                    let names = call.release.get_or_insert_default();
                    names.extend(words.next().map(str::to_owned));
                }
                "--head" => call.branch = words.next().map(str::to_owned),
                "--allow-older" => call.allow_older.extend(words.next().map(str::to_owned)),
                "--base-moves" => called.meanwhile = words.next().map(str::to_owned),
                "--killed-at" => called.kill = words.next().map(str::to_owned),
                commit if commit.starts_with('@') => {
                    self.checkout(&commit[1..]);
                    call.revision.clone_from(&self.call.revision);
                    call.committed = self.call.committed;
                }
                selector => call.selectors.push(selector.to_owned()),
            }
        }
        call.text = self.tree.manifest();
        call.lock = self.tree.lock();
        (self.tree, self.call) = (before, revision);
        called
    }

    /// The plan of a call, or what is said instead.
    async fn plan(&self, call: &Call) -> Result<(Arc<Ready>, Plan), Vec<String>> {
        if call.release.is_none() {
            let planned = self.world.plan(call).await;
            return planned.map_err(|why| vec![format!("no plan: {why}")]);
        }
        let planned = self.world.release(call).await;
        planned.map_err(|why| why.lines().map(named).collect())
    }

    /// `rollback app:stable root:1.27 --all-tags --from app:edge`: in each repository of the fleet that has the tag, or in
    /// the one that is named whole. `--from` has a tag that names the image.
    async fn rollback(&mut self, words: &str) -> Vec<String> {
        let all = self.world.registry.all_tags();
        let digest_of = |word: &str| {
            let found = all.iter().find(|(tag, _)| short(tag) == word);
            found.map(|(_, digest)| digest.hex()).expect("a tag")
        };
        let mut wish = Wish::default();
        let mut tags: Vec<(Reference, String)> = Vec::new();
        let mut rest = words.split(' ');
        while let Some(word) = rest.next() {
            match word {
                "--all-tags" => wish.all_tags = true,
                "--undo" => wish.undo = true,
                "--from" => wish.from.extend(rest.next().map(digest_of)),
                _ => tags.extend(all.iter().filter_map(|(tag, _)| {
                    let is_staged = tag.repository.to_string().ends_with("/stage");
                    let is_named =
                        tag.to_string() == word || short(tag).replace("r.example/dev/", "") == word;
                    (is_named && !is_staged).then(|| (tag.clone(), word.to_owned()))
                })),
            }
        }
        let call = self.call("build");
        let began = self.world.registry.log().len();
        let said = self.world.rollback(&call.call, &tags, &wish).await;
        let mut said: Vec<String> = said
            .lines()
            .map(|line| named(line).replace("r.example/f/", ""))
            .collect();
        said.extend(self.world.hooks.heard());
        said.extend(self.said.writes(&self.world, began));
        said.extend(self.said.tags(&self.world).await);
        said
    }

    /// Which public tags name an image that was withdrawn.
    async fn inspect(&self, _: &str) -> Vec<String> {
        let mut said = Vec::new();
        for (tag, digest) in self.world.registry.all_tags() {
            let record = Reference::tagged(
                "r.example/f/stage".parse().expect("a repository"),
                record_tag(digest),
            );
            let stored = self.world.registry.get(&record);
            let record = stored.as_ref().and_then(Record::read);
            if record.is_some_and(|record| record.withdrawn().is_some())
                && short(&tag).find("stage:").is_none()
            {
                said.push(format!("{} is withdrawn", short(&tag)));
            }
        }
        said
    }

    async fn run(&mut self, event: &str) -> Vec<String> {
        let called = self.call(event);
        let began = self.world.registry.log().len();
        let (ready, plan) = match self.plan(&called.call).await {
            Ok(planned) => planned,
            Err(why) => return why,
        };
        if let Some(name) = &called.meanwhile {
            self.base(name);
        }
        let bell = called.kill.as_deref().map(|at| self.alarm(at));
        let run = self.world.carry_out(
            &ready,
            plan.clone(),
            &called.call,
            &self.engine,
            Stop::default(),
        );
        let mut said = tokio::select! {
            biased;
            () = async { bell.as_ref().expect("an alarm").notified().await }, if bell.is_some() => vec!["killed".into()],
            (outcome, events) = run => self.said.run(&plan, &outcome, &events),
        };
        said.extend(self.world.hooks.heard());
        said.extend(self.said.writes(&self.world, began));
        said.extend(self.said.tags(&self.world).await);
        said
    }

    /// `plan-out nightly app`: the plan is saved.
    async fn plan_out(&mut self, rest: &str) -> Vec<String> {
        let event = if rest.is_empty() { "build" } else { rest };
        let call = self.call(event).call;
        let (ready, plan) = match self.plan(&call).await {
            Ok(planned) => planned,
            Err(why) => return why,
        };
        let saved = SavedPlan {
            command: "kiln plan".into(),
            inputs: ready.inputs.clone(),
            is_nightly: call.compared == Compared::Everything,
            allow_older: call.allow_older(),
            back: Vec::new(),
            plan,
        };
        self.saved = saved.text();
        let builds = saved.plan.builds();
        vec![format!("{builds} builds, {} tags", saved.plan.writes())]
    }

    /// The part of the saved plan that a job carries out, and the call that the plan was made for.
    pub fn part(&mut self, words: &str) -> (Called, Plan) {
        let saved = SavedPlan::read(self.saved.as_bytes()).expect("a plan");
        let called = self.call(
            &format!("build {words}")
                .replace("--only ", "")
                .replace(" --publish", ""),
        );
        let plan = match words {
            words if words.contains("--publish") => saved.plan.publishing(),
            words if words.contains("--only") => {
                let ready = self.world.line(&called.call);
                let selected = ready.select(&called.call.selectors).expect("variants");
                let names = selected.into_iter().map(|v| ready.names[v].clone());
                saved.plan.only(&names.collect())
            }
            _ => saved.plan.whole(),
        };
        (called, plan)
    }

    /// `apply --only app --killed-at put:stage`: the saved plan, or a part of it, is carried out; with ` | `, two parts at once,
    /// each on an engine of its own.
    async fn apply(&mut self, words: &str) -> Vec<String> {
        if let Some((one, other)) = words.split_once(" | ") {
            return self.apply_both(one, other).await;
        }
        let (called, plan) = self.part(words);
        let ready = self.world.line(&called.call);
        let contexts = ready.contexts(&plan);
        let has = |digest: &Digest| contexts.contains_key(digest);
        let changed = changed_files(&plan, &ready.materials(), has);
        if !changed.is_empty() {
            let names = changed.iter().map(|one| {
                let files: BTreeSet<&str> = one.files.iter().map(|file| &*file.name).collect();
                format!("{}: {files:?}", one.variant)
            });
            return names.collect();
        }
        let names = plan.variants.keys().cloned().collect();
        let whole = SavedPlan::read(self.saved.as_bytes()).expect("a plan");
        let registry = &self.world.registry;
        if !words.contains("--publish") {
            let only = words.contains("--only").then_some(&names);
            let unfit = unfit(&whole.plan, only, registry).await.expect("an answer");
            if !unfit.is_empty() {
                let unfit = unfit
                    .iter()
                    .map(|why| format!("does not fit: {}", named(&why.to_string())));
                return unfit.chain(["make a new plan".to_owned()]).collect();
            }
        }
        let began = self.world.registry.log().len();
        let bell = called.kill.as_deref().map(|at| self.alarm(at));
        let run = self.world.carry_out(
            &ready,
            plan.clone(),
            &called.call,
            &self.engine,
            Stop::default(),
        );
        let mut said = tokio::select! {
            biased;
            () = async { bell.as_ref().expect("an alarm").notified().await }, if bell.is_some() => vec!["killed".into()],
            (outcome, events) = run => {
                let mut said = self.said.run(&plan, &outcome, &events);
                said.extend(outcome.is_outrun().then(|| "make a new plan".to_owned()));
                said
            }
        };
        said.extend(self.world.hooks.heard());
        said.extend(self.said.writes(&self.world, began));
        said.extend(self.said.tags(&self.world).await);
        said
    }

    async fn apply_both(&mut self, one: &str, other: &str) -> Vec<String> {
        let (one, other) = (self.part(one), self.part(other));
        let ready = self.world.line(&one.0.call);
        let began = self.world.registry.log().len();
        let engines = (self.world.engine(), self.world.engine());
        let carried = |(called, plan): &(Called, Plan), engine: &Engine| {
            let (world, ready, engine) = (self.world.clone(), ready.clone(), engine.clone());
            let (call, plan) = (called.call.clone(), plan.clone());
            async move {
                let stop = Stop::default();
                world.carry_out(&ready, plan, &call, &engine, stop).await
            }
        };
        let (first, second) = tokio::join!(carried(&one, &engines.0), carried(&other, &engines.1));
        let mut said = vec!["first:".to_owned()];
        said.extend(self.said.run(&one.1, &first.0, &first.1));
        said.push("second:".into());
        said.extend(self.said.run(&other.1, &second.0, &second.1));
        said.extend(self.world.hooks.heard());
        said.extend(self.said.writes(&self.world, began));
        said.extend(self.said.tags(&self.world).await);
        said
    }

    /// `put:root:latest`: a call of this kind, or `call:` any, whose reference contains the rest.
    fn alarm(&self, at: &str) -> std::sync::Arc<tokio::sync::Notify> {
        let (kind, part) = at.split_once(':').expect("a kind and a part");
        let operation = match kind {
            "put" => Some(Operation::Put),
            "head" => Some(Operation::Head),
            _ => None,
        };
        self.world.registry.alarm(operation, part, 1)
    }

    /// Two runs on engines of their own: the first reads the registries, the second runs from its beginning to its end, and
    /// then the first goes on.
    async fn overlap(&mut self, events: &str) -> Vec<String> {
        let (one, other) = events.split_once(" | ").expect("two events");
        let call = self.call(one).call;
        let (ready, plan) = self.world.plan(&call).await.expect("an answer");
        let mut said = vec!["second:".to_owned()];
        for event in other.split(" & ") {
            said.extend(Box::pin(self.happens(event)).await);
        }
        let began = self.world.registry.log().len();
        let (engine, stop) = (self.world.engine(), Stop::default());
        let run = self
            .world
            .carry_out(&ready, plan.clone(), &call, &engine, stop);
        let (outcome, events) = run.await;
        said.push("first:".into());
        said.extend(self.said.run(&plan, &outcome, &events));
        said.extend(self.world.hooks.heard());
        said.extend(self.said.writes(&self.world, began));
        said.extend(self.said.tags(&self.world).await);
        said
    }

    /// Two runs at once, each on an engine of its own: both read the registries before either writes.
    async fn together(&mut self, events: &str) -> Vec<String> {
        let (one, other) = events.split_once(" | ").expect("two events");
        let (one, other) = (self.call(one).call, self.call(other).call);
        let began = self.world.registry.log().len();
        let (ready_one, plan_one) = self.world.plan(&one).await.expect("an answer");
        let (ready_other, plan_other) = self.world.plan(&other).await.expect("an answer");
        let engines = (self.world.engine(), self.world.engine());
        let (first, second) = tokio::join!(
            self.world.carry_out(
                &ready_one,
                plan_one.clone(),
                &one,
                &engines.0,
                Stop::default()
            ),
            self.world.carry_out(
                &ready_other,
                plan_other.clone(),
                &other,
                &engines.1,
                Stop::default()
            ),
        );
        let mut said = vec!["first:".to_owned()];
        said.extend(self.said.run(&plan_one, &first.0, &first.1));
        said.push("second:".into());
        said.extend(self.said.run(&plan_other, &second.0, &second.1));
        said.extend(self.world.hooks.heard());
        said.extend(self.said.writes(&self.world, began));
        said.extend(self.said.tags(&self.world).await);
        said
    }
}

/// A run to carry out.
pub struct Called {
    pub call: Call,
    /// Where it is killed.
    pub kill: Option<String>,
    /// Where the base moves once the plan is made.
    meanwhile: Option<String>,
}
