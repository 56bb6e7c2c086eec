//! A world in memory: a registry, engines, a git history and a clock, and runs of kiln in it.

use super::engine::{Broken, Fake as Engine, Newest};
use super::hooks::Fake as Hooks;
use crate::engine::Engine as _;
use crate::host::Environment;
use crate::line::{Ready, tests as line};
use crate::lockfile::LOCKFILE;
use crate::matrix::{GitFacts, Inputs, Trigger, VariantId};
use crate::memory::{Compared, Order, Revisions, Scope};
use crate::name::{Reference, Repository, Tag};
use crate::plan::{self, Applied, Asked, Facts, Options, Origin, Plan, Wish};
use crate::registry::credentials::Credentials;
use crate::registry::fake::Fake as Registry;
use crate::registry::{self, Registry as AnyRegistry};
use crate::request::WorldError;
use crate::run::{self, Event, Limits, Member, Outcome, Policy, Pool, RunContext, RunParts, Stop};
use crate::survey::{self, Survey};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use tokio::sync::mpsc::unbounded_channel;

/// Commits by name, each with its parents.
#[derive(Debug, Clone, Default)]
pub struct Commits {
    all: Arc<Mutex<BTreeMap<String, Vec<String>>>>,
    /// A clone of depth 1 knows the commit that it is at, and no other one.
    is_shallow: bool,
}

impl Commits {
    /// Adds a commit.
    pub fn add(&self, name: &str, parents: &[&str]) {
        let parents = parents.iter().map(|p| (*p).to_owned()).collect();
        self.all.lock().insert(name.to_owned(), parents);
    }

    /// Removes a commit that no branch has any more.
    pub fn forget(&self, name: &str) {
        self.all.lock().remove(name);
    }

    /// What a clone of this depth knows.
    fn clone_of(&self, is_shallow: bool) -> Self {
        Self {
            is_shallow,
            ..self.clone()
        }
    }

    fn is_ancestor(&self, older: &str, newer: &str) -> bool {
        let commits = self.all.lock();
        let mut open = vec![newer.to_owned()];
        while let Some(commit) = open.pop() {
            if commit == older {
                return true;
            }
            open.extend(commits.get(&commit).cloned().unwrap_or_default());
        }
        false
    }
}

impl Revisions for Commits {
    fn order(&self, own: &str, other: &str) -> Order {
        let known = |name: &str| !self.is_shallow && self.all.lock().contains_key(name);
        match (own == other, known(own) && known(other)) {
            (true, _) => Order::Same,
            (false, false) => Order::Unknown,
            (false, true) if self.is_ancestor(own, other) => Order::Older,
            (false, true) => Order::NotOlder,
        }
    }
}

/// The options of one run.
#[derive(Debug, Clone)]
pub struct Call {
    pub text: String,
    /// The text of `kiln.lock`; empty if there is none.
    pub lock: String,
    pub push: bool,
    pub compared: Compared,
    pub selectors: Vec<String>,
    pub force: Option<String>,
    pub allow_older: Vec<String>,
    pub fail_fast: bool,
    pub branch: Option<String>,
    pub tag: Option<String>,
    pub pull_request: Option<String>,
    pub event: Trigger,
    pub revision: Option<String>,
    pub committed: Option<i64>,
    /// The clone has no history.
    pub shallow: bool,
    /// It is `kiln release`, with these names given by hand.
    pub release: Option<Vec<String>>,
    /// `--retry`.
    pub retry: bool,
    /// `--check-proofs`.
    pub check_proofs: bool,
}

impl Call {
    /// `kiln build --push` on the default branch.
    pub fn push(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            lock: String::new(),
            push: true,
            compared: Compared::RecipeAndParents,
            selectors: Vec::new(),
            force: None,
            allow_older: Vec::new(),
            fail_fast: false,
            branch: Some("main".into()),
            tag: None,
            pull_request: None,
            event: Trigger::Other,
            revision: None,
            committed: None,
            shallow: false,
            release: None,
            retry: false,
            check_proofs: false,
        }
    }

    pub fn allow_older(&self) -> BTreeSet<Tag> {
        let tags = self.allow_older.iter();
        tags.map(|tag| tag.parse().expect("a tag")).collect()
    }
}

/// A world.
#[derive(Clone)]
pub struct World {
    pub registry: Registry,
    pub commits: Commits,
    /// Advances with each survey.
    clock: Arc<AtomicI64>,
    /// What fails on each engine.
    pub broken: Broken,
    /// The versions of packages that can be installed.
    pub newest: Newest,
    /// What runs hooks, and what has run.
    pub hooks: Hooks,
    /// Where credentials are.
    pub env: Environment,
    /// Whether runs are started without hooks.
    pub without_hooks: bool,
    /// How many steps other than builds run at once.
    pub transfers: usize,
}

impl Default for World {
    fn default() -> Self {
        Self {
            registry: Registry::default(),
            commits: Commits::default(),
            clock: Arc::new(AtomicI64::new(1)),
            broken: Broken::default(),
            newest: Newest::default(),
            hooks: Hooks::default(),
            env: Environment::default(),
            without_hooks: false,
            transfers: 3,
        }
    }
}

/// The line of a manifest without files.
pub fn bring(text: &str) -> Arc<Ready> {
    line_of(text, "", &Inputs::default())
}

/// Lines that were brought already: many runs have the same one, and a line is most of what a run costs.
static BROUGHT: LazyLock<Mutex<HashMap<String, Arc<Ready>>>> = LazyLock::new(Mutex::default);

fn line_of(text: &str, lock: &str, inputs: &Inputs) -> Arc<Ready> {
    let key = format!("{inputs:?}{text}{lock}");
    if let Some(known) = BROUGHT.lock().get(&key) {
        return known.clone();
    }
    let files = [(LOCKFILE, lock)];
    let files = if lock.is_empty() { &[][..] } else { &files };
    let ready = Arc::new(line::bring(text, inputs, files).made());
    let mut all = BROUGHT.lock();
    if all.len() > 500 {
        all.clear();
    }
    all.insert(key, ready.clone());
    ready
}

/// A runtime whose clock stands still while nothing happens.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
}

impl World {
    /// A world around a registry.
    pub fn around(registry: &Registry) -> Self {
        Self {
            registry: registry.clone(),
            ..Self::default()
        }
    }

    /// Time passes: `8d`, `12h`.
    pub fn later(&self, time: &str) {
        let (number, unit) = time.split_at(time.len() - 1);
        let hours = match unit {
            "d" => 24,
            _ => 1,
        };
        let hours = hours * number.parse::<i64>().expect("a number");
        self.clock.fetch_add(hours * 3_600_000, Ordering::Relaxed);
    }

    /// Puts an image under a name, without an entry in the log.
    pub fn serve(&self, name: &str, stored: &crate::request::Stored) {
        self.registry
            .seed(&name.parse().expect("a reference"), stored);
    }

    /// An engine with an empty cache.
    pub fn engine(&self) -> Engine {
        Engine::beside(&self.registry)
            .failing(&self.broken)
            .seeing(&self.newest)
    }

    /// The line of a call.
    pub fn line(&self, call: &Call) -> Arc<Ready> {
        let git = GitFacts {
            sha: call.revision.clone(),
            branch: call.branch.clone().filter(|_| call.tag.is_none()),
            default_branch: Some("main".into()),
            tag: call.tag.clone(),
            committed: call.committed,
            pull_request: call.pull_request.clone(),
            ..GitFacts::default()
        };
        let inputs = Inputs {
            git,
            event: call.event,
            ..Inputs::default()
        };
        line_of(&call.text, &call.lock, &inputs)
    }

    /// What the planners work from.
    pub fn options<'a>(
        &self,
        call: &Call,
        selected: BTreeSet<VariantId>,
        history: &'a Commits,
    ) -> Options<'a> {
        let scope = match (&call.pull_request, &call.tag, &call.branch) {
            (Some(number), ..) => Some(Scope::PullRequest(number.clone())),
            (None, None, Some(branch)) => Some(Scope::Branch(branch.clone())),
            _ => None,
        };
        let named = selected.iter().filter(|_| !call.selectors.is_empty());
        let named = named.copied().collect();
        let main = Some(Scope::Branch("main".into()));
        Options {
            named,
            retry: call.retry,
            check_proofs: call.check_proofs,
            compared: call.compared,
            force: call.force.clone(),
            no_cache: call.force.is_some(),
            allow_older: call.allow_older(),
            origin: Origin {
                revision: call.revision.clone(),
                committed: call.committed,
                surveyed: self.clock.fetch_add(1, Ordering::Relaxed),
                now: self.clock.load(Ordering::Relaxed) / 1000,
                default: main.filter(|main| scope.as_ref() != Some(main)),
                scope,
                git_tag: None,
            },
            ..Options::new(call.push, selected, history)
        }
    }

    /// The registry as a run sees it, with each repository read through to another one.
    fn read_through(&self, below: BTreeMap<Repository, Repository>) -> Arc<dyn AnyRegistry> {
        registry::read_through(Arc::new(self.registry.clone()), below)
    }

    /// What is planned for all of a fleet that was brought from files of its own.
    pub async fn plan_of(&self, ready: &Ready, call: &Call) -> Plan {
        let selected = ready.fleet.variants.iter().map(|v| v.id).collect();
        let options = self.options(call, selected, &self.commits);
        let survey = Survey {
            materials: ready.materials(),
            options: &options,
            registry: &self.registry,
            evidence: false,
            questions: None,
        };
        let facts = survey.facts().await.expect("an answer");
        plan::build(&ready.materials(), &facts, &options)
    }

    /// What is planned now.
    pub async fn plan(&self, call: &Call) -> Result<(Arc<Ready>, Plan), WorldError> {
        let ready = self.line(call);
        let selected = ready
            .select(&call.selectors)
            .expect("selectors that name something");
        let history = self.commits.clone_of(call.shallow);
        let options = self.options(call, selected, &history);
        let engine = self.engine();
        let registry = self.read_through(ready.fleet.read_through());
        let survey = Survey {
            materials: ready.materials(),
            options: &options,
            registry: &*registry,
            evidence: true,
            questions: (call.compared == Compared::Everything).then_some(&engine),
        };
        let facts: Facts = survey.facts().await?;
        let plan = plan::build(&ready.materials(), &facts, &options);
        Ok((ready, plan))
    }

    /// What is planned now for `kiln release`, or why nothing is.
    pub async fn release(&self, call: &Call) -> Result<(Arc<Ready>, Plan), String> {
        let ready = self.line(call);
        let selected = ready
            .select(&call.selectors)
            .expect("selectors that name something");
        let names = call.release.iter().flatten();
        let names: Vec<Tag> = names.map(|name| name.parse().expect("a tag")).collect();
        let part = ready.fleet.for_release(&ready.names, &selected, &names);
        let part = part.map_err(|taken| taken.words())?;
        let selected = part.with_owners(&ready.graph.with_ancestors(&selected));
        let history = self.commits.clone_of(call.shallow);
        let options = self.options(call, selected, &history);
        let materials = ready.materials_of(&part);
        let survey = Survey {
            materials,
            options: &options,
            registry: &self.registry,
            evidence: true,
            questions: None,
        };
        let facts = survey.for_release(&ready.fleet).await;
        let facts = facts.map_err(|why| why.to_string())?;
        let plan = plan::release(&materials, &ready.fleet, &facts, &options);
        let branch = options.origin.default_branch().unwrap_or("main");
        let plan = plan.map_err(|refused| plan::refused_text(&refused, branch))?;
        Ok((ready.clone(), plan))
    }

    /// `kiln rollback` of tags: what it says.
    pub async fn rollback(&self, call: &Call, tags: &[(Reference, String)], wish: &Wish) -> String {
        let ready = self.line(call);
        let options = self.options(call, BTreeSet::new(), &self.commits);
        let asked = |(reference, word): &(Reference, String)| {
            let mut variants = ready.fleet.variants.iter();
            let owner = variants.find(|v| v.publish.contains(&reference.repository));
            Asked {
                reference: reference.clone(),
                variant: owner.expect("a repository of the fleet").id,
                short: (!Repository::has_domain(word)).then(|| word.clone()),
            }
        };
        let asked: BTreeSet<Asked> = tags.iter().map(asked).collect();
        let materials = ready.materials();
        let trails = survey::trails(&materials, &asked, wish, &self.registry).await;
        let trails = match trails {
            Ok(trails) => trails,
            Err(why) => return format!("failed: {why}"),
        };
        let at = self.clock.fetch_add(1, Ordering::Relaxed);
        let planned = plan::rollback(&materials, &options.origin, at, &trails, wish);
        let planned = match planned {
            Ok(planned) => planned,
            Err(refused) => return plan::not_back_text(&refused, wish),
        };
        let parts = RunParts {
            contexts: HashMap::new(),
            plan: planned.plan.clone(),
            engines: Pool::none(self.transfers),
            registry: Arc::new(self.registry.clone()),
            secrets: Arc::default(),
            credentials: Credentials::from(&self.env),
            run: run::run_id(),
            hooks: None,
            cache: false,
            retries: None,
            history: Arc::new(self.commits.clone()),
            allow_older: BTreeSet::new(),
            stop: Stop::default(),
        };
        let (sender, _heard) = unbounded_channel();
        let ends = run::rollback(&RunContext::new(parts, sender), &planned).await;
        let ends = match ends {
            Ok(ends) => ends,
            Err(why) => return format!("failed: {why}"),
        };
        let mut said = plan::rollback_text(&planned, true);
        for (tag, end) in ends {
            if let run::Moved::Not(why) = end {
                said.push_str(&format!("not {}: {why}\n", tag.familiar()));
            }
        }
        said
    }

    /// Engines as a run takes them.
    pub async fn members(&self, engines: &[Engine]) -> Vec<Member> {
        let mut members = Vec::new();
        for (at, engine) in engines.iter().enumerate() {
            members.push(Member {
                name: Arc::from(format!("engine-{at}")),
                engine: Arc::new(engine.clone()),
                info: engine.info().await.expect("the engine answers"),
                platforms: None,
                limits: Limits {
                    builds: 2,
                    transfers: self.transfers,
                },
            });
        }
        members
    }

    /// Carries out a plan, and what was heard of it.
    pub async fn carry_out(
        &self,
        ready: &Ready,
        plan: Plan,
        call: &Call,
        engine: &Engine,
        stop: Stop,
    ) -> (Outcome, Vec<Event>) {
        let members = self.members(std::slice::from_ref(engine)).await;
        let pool = Pool::new(members, self.transfers);
        self.carry_out_in(ready, plan, call, pool, stop).await
    }

    /// The same on any engines.
    pub async fn carry_out_in(
        &self,
        ready: &Ready,
        plan: Plan,
        call: &Call,
        pool: Pool,
        stop: Stop,
    ) -> (Outcome, Vec<Event>) {
        // A job that publishes a saved plan has none.
        let has_engine = plan.applied != Some(Applied::Publish);
        let parts = RunParts {
            contexts: ready.contexts(&plan),
            registry: self.read_through(plan.read_through()),
            plan,
            engines: match has_engine {
                true => pool,
                false => Pool::none(self.transfers),
            },
            secrets: Arc::default(),
            credentials: Credentials::from(&self.env),
            run: run::run_id(),
            hooks: (!self.without_hooks).then(|| Arc::new(self.hooks.clone()) as _),
            cache: true,
            retries: None,
            history: Arc::new(self.commits.clone_of(call.shallow)),
            allow_older: call.allow_older(),
            stop,
        };
        let (sender, mut heard) = unbounded_channel();
        let policy = match call.fail_fast {
            true => Policy::FailFast,
            false => Policy::KeepGoing,
        };
        let outcome = run::run(Arc::new(RunContext::new(parts, sender)), policy).await;
        let events = std::iter::from_fn(|| heard.try_recv().ok()).collect();
        (outcome, events)
    }

    /// Plans and runs; an error if the registry could not be queried.
    pub async fn go(
        &self,
        call: &Call,
        engine: &Engine,
    ) -> Result<(Arc<Ready>, Plan, Outcome), WorldError> {
        let (ready, plan) = self.plan(call).await?;
        let (outcome, _) = self
            .carry_out(&ready, plan.clone(), call, engine, Stop::default())
            .await;
        Ok((ready, plan, outcome))
    }
}
