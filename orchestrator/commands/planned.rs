//! From a loaded workspace to a plan: the survey, and what the planners work from.

use crate::commands::older::Older;
use crate::commands::world::{EngineOnDemand, exit};
use crate::commands::{Exit, Host, World, engines, warn};
use crate::engine::Engine;
use crate::line::Ready;
use crate::matrix::{Trigger, VariantId};
use crate::memory::{Compared, Scope};
use crate::plan::{self, BaseFact, Facts, LockSource, MovedBack, Options, Origin, Plan};
use crate::run::run_id;
use crate::survey::{self, Survey};
use crate::workspace::git::History;
use std::collections::BTreeSet;

/// What a command wants to be planned.
pub struct Wanted {
    pub selected: BTreeSet<VariantId>,
    /// Whether they were selected by name, and not because nothing was.
    pub named: bool,
    /// Whether what failed before is tried again in any case.
    pub retry: bool,
    pub push: bool,
    pub reuse: bool,
    pub compared: Compared,
    pub force: bool,
    pub no_cache: bool,
    pub allow_older: Older,
    /// See [`Options::all_packages`].
    pub all_packages: bool,
    /// See [`Options::check_proofs`].
    pub check_proofs: bool,
    /// Whether the details of records are read, to say what has changed.
    pub evidence: bool,
    /// The engines that the user names for this run.
    pub engines: Vec<String>,
}

impl Wanted {
    /// What `kiln build --push` does.
    pub fn publish(selected: BTreeSet<VariantId>) -> Self {
        Self {
            selected,
            named: false,
            retry: false,
            push: true,
            reuse: false,
            compared: Compared::RecipeAndParents,
            force: false,
            no_cache: false,
            allow_older: Older::default(),
            all_packages: false,
            check_proofs: false,
            evidence: false,
            engines: Vec::new(),
        }
    }

    /// What the planners work from.
    pub fn options<'a>(&self, ready: &Ready, host: &Host, history: &'a History) -> Options<'a> {
        let pipeline = &ready.inputs.git.pipeline;
        let named = self.selected.iter().filter(|_| self.named);
        Options {
            named: named.copied().collect(),
            retry: self.retry,
            reuse: self.reuse,
            compared: self.compared,
            // A job that is run again resumes: its pipeline is the same.
            force: self.force.then(|| pipeline.clone().unwrap_or_else(run_id)),
            no_cache: self.no_cache,
            all_packages: self.all_packages,
            check_proofs: self.check_proofs,
            allow_older: self.allow_older.tags.clone(),
            older: self.allow_older.references.clone(),
            origin: origin(ready, host),
            ..Options::new(self.push, self.selected.clone(), history)
        }
    }

    /// The plan, from what the registries have, and the tags that it moves backwards.
    pub async fn surveyed(
        &self,
        ready: &Ready,
        world: &World,
        host: &Host,
        history: &History,
    ) -> Result<(Plan, Vec<MovedBack>), Exit> {
        let options = self.options(ready, host, history);
        let names = engines::names(&self.engines, &host.env);
        let questions = EngineOnDemand::new(host, world, names);
        let is_asked = self.compared == Compared::Everything;
        let survey = Survey {
            materials: ready.materials(),
            options: &options,
            registry: &*world.registry,
            evidence: self.evidence,
            questions: is_asked.then_some(&questions),
        };
        let facts = survey.facts().await.map_err(|why| exit(&why))?;
        let plan = plan::build(&ready.materials(), &facts, &options);
        let back = plan::moved_back(&plan, &facts, &options);
        Ok((plan, back))
    }

    /// The plan, without asking any registry: of outside images, only those are known that are locked.
    pub fn offline(&self, ready: &Ready, host: &Host, history: &History) -> Plan {
        let options = self.options(ready, host, history);
        let wanted = ready.graph.with_ancestors(&self.selected);
        let facts = Facts {
            bases: survey::locked_bases(&ready.materials(), &wanted),
            ..Facts::default()
        };
        plan::build(&ready.materials(), &facts, &options)
    }

    /// The plan of a run that builds everything: only the outside images are looked up.
    pub async fn local(
        &self,
        ready: &Ready,
        world: &World,
        host: &Host,
        history: &History,
        engine: Option<&dyn Engine>,
    ) -> Plan {
        let options = self.options(ready, host, history);
        let wanted = ready.graph.with_ancestors(&self.selected);
        let materials = ready.materials();
        let bases = survey::bases(&materials, &wanted, &*world.registry, engine).await;
        for (reference, fact) in &bases {
            if matches!(fact, BaseFact::Known(base) if base.lock.source == LockSource::Engine) {
                warn(&format!(
                    "base {}: its registry does not have it; the engine's own copy is used, which `--push` would refuse",
                    reference.familiar()
                ));
            }
        }
        let mut facts = Facts {
            online: true,
            bases,
            ..Facts::default()
        };
        let decisions = plan::decide(&materials, &facts, &options, &wanted);
        let registry = &*world.registry;
        facts.gone = survey::gone(&materials, &facts, &decisions, &wanted, registry, engine).await;
        plan::build(&materials, &facts, &options)
    }
}

/// The run that a plan is made for.
pub(super) fn origin(ready: &Ready, host: &Host) -> Origin {
    let git = &ready.inputs.git;
    let default = git.default_branch.clone().unwrap_or_else(|| "main".into());
    let scope = match ready.inputs.event {
        Trigger::PullRequest => git.pull_request.clone().map(Scope::PullRequest),
        _ if git.tag.is_some() => None,
        _ => git.branch.clone().map(Scope::Branch),
    };
    let default = Some(Scope::Branch(default)).filter(|default| scope.as_ref() != Some(default));
    Origin {
        revision: git.sha.clone(),
        committed: git.committed,
        surveyed: host.now.as_millisecond(),
        now: ready.inputs.now.as_second(),
        scope,
        default,
        git_tag: git.tag.clone(),
    }
}
