//! Closing a plan: adding everything that its steps need of the fleet.

use super::Planner;
use crate::matrix::VariantId;
use crate::name::{Reference, Repository};
use crate::plan::{Action, Plan, VariantName};
use std::collections::{BTreeMap, BTreeSet};

impl Planner<'_> {
    /// The plan, with all that its steps need.
    pub(super) fn finish(self) -> Plan {
        let built: BTreeSet<&VariantName> = self
            .steps
            .iter()
            .filter(|step| step.action == Action::Build)
            .map(|step| &step.variant)
            .collect();
        let named: BTreeSet<&VariantName> = self
            .steps
            .iter()
            .flat_map(|step| {
                step.owners()
                    .map(|owner| &owner.variant)
                    .chain([&step.variant])
            })
            .collect();
        let ids = (0u32..).map(VariantId).zip(&self.names);
        let variants = ids
            .filter(|(_, name)| named.contains(name))
            .map(|(v, name)| {
                let planned = self.materials.planned(&self.names, v, built.contains(name));
                (name.clone(), planned)
            })
            .collect();
        Plan {
            fleet: self.fleet.name.clone(),
            syntax: self.fleet.syntax,
            engine: self.fleet.engine,
            push: self.options.push,
            variants,
            bases: BTreeMap::new(),
            declared: self.declared(),
            steps: self.steps,
        }
    }

    /// The owners of references in the repositories for which tags are read from images.
    fn declared(&self) -> BTreeMap<Reference, VariantName> {
        let repositories: BTreeSet<&Repository> = self
            .steps
            .iter()
            .filter_map(|step| match &step.action {
                Action::Move { deferred, .. } => Some(deferred),
                _ => None,
            })
            .flatten()
            .map(|deferred| &deferred.repository)
            .collect();
        if repositories.is_empty() {
            return BTreeMap::new();
        }
        let mut declared = BTreeMap::new();
        for variant in &self.fleet.variants {
            let own = variant.references().map(|(reference, _)| reference);
            for reference in own.filter(|r| repositories.contains(&r.repository)) {
                let owner = self.name(variant.id);
                declared.insert(reference, owner);
            }
        }
        declared
    }
}
