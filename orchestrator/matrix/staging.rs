//! Where a variant is staged: in the workspace's `stage`; in a pull request, in the one with `on="pull-request"`.

use crate::manifest::WorkspaceDecl;
use crate::matrix::Trigger;
use crate::matrix::cells::lookup::{Lookup, Place};
use crate::matrix::cells::text::CellView;
use crate::matrix::faults::Faults;
use crate::matrix::fleet::variants::Variant;
use crate::matrix::settings::references::{References, RepositoryRule};
use crate::name::Repository;
use crate::text::{Diagnostic, Span, Spanned};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// The patterns of both staging repositories.
pub(super) struct StagingRules {
    main: Option<RepositoryRule>,
    pull_request: Option<RepositoryRule>,
    /// Whether this run checks a pull request.
    is_pull_request: bool,
}

/// Where a variant is staged in this run.
#[derive(Default)]
pub(super) struct Staging {
    /// What this run writes to.
    pub own: Option<Repository>,
    /// What other runs write to, and this one only reads.
    pub trusted: Option<Repository>,
}

/// The staging repositories of a fleet, each with where it is declared: that of all runs, and that of pull requests.
#[derive(Default)]
pub(in crate::matrix) struct Stages {
    main: BTreeMap<Repository, Span>,
    pull_request: BTreeMap<Repository, Span>,
}

impl StagingRules {
    /// Compiles the patterns; faults are reported.
    pub fn new<'m>(
        workspace: Option<&'m WorkspaceDecl>,
        lookup: &Lookup<'_, 'm>,
        faults: &mut Faults,
    ) -> Self {
        let mut rule = |text: &'m Spanned<String>| RepositoryRule {
            text: lookup.text(text, Place::Public, faults),
            same: OnceCell::new(),
        };
        let main = workspace.and_then(|workspace| workspace.stage.as_ref());
        let pull_request = workspace.and_then(|workspace| workspace.pull_request_stage.as_ref());
        Self {
            main: main.map(&mut rule),
            pull_request: pull_request.map(&mut rule),
            is_pull_request: lookup.scope.inputs.event == Trigger::PullRequest,
        }
    }

    /// Where the variant of a cell is staged; `None` if a fault is reported.
    pub fn of(
        &self,
        references: &mut References,
        cell: CellView<'_>,
        faults: &mut Faults,
    ) -> Option<Staging> {
        let mut read = |rule: &RepositoryRule| {
            let repository = references.repository(rule, cell, faults)?;
            Some((repository, rule.text.source.span))
        };
        let main = self.main.as_ref().map(&mut read);
        let pull_request = self.pull_request.as_ref().map(&mut read);
        let (main, pull_request) = (whole(main)?, whole(pull_request)?);
        let stages = &mut references.stages;
        stages.main.extend(main.clone());
        stages.pull_request.extend(pull_request.clone());
        let (main, pull_request) = (main.map(|(at, _)| at), pull_request.map(|(at, _)| at));
        Some(match pull_request.filter(|_| self.is_pull_request) {
            Some(own) => Staging {
                own: Some(own),
                trusted: main,
            },
            None => Staging {
                own: main,
                trusted: None,
            },
        })
    }
}

/// `None` if there is one with a fault.
fn whole<T>(found: Option<Option<T>>) -> Option<Option<T>> {
    match found {
        Some(None) => None,
        other => Some(other.flatten()),
    }
}

/// Reports a repository that pull requests and other runs share, and one that is published to: what pull requests may write
/// must not be taken by other runs, nor pulled by users.
pub(super) fn verify(stages: &Stages, variants: &[Variant], faults: &mut Faults) {
    for (repository, place) in &stages.pull_request {
        if let Some(main) = stages.main.get(repository) {
            let message = format!(
                "pull requests and other runs are both staged in `{repository}`, so other runs would take what a pull request has staged"
            );
            let fault = Diagnostic::error("matrix::stage", message)
                .at(*place, "for pull requests")
                .at(*main, "for other runs");
            faults.push(fault.help("give pull requests a repository of their own"));
        }
    }
    let published: BTreeSet<&Repository> = variants.iter().flat_map(|v| v.publish.iter()).collect();
    for (repository, place) in stages.main.iter().chain(&stages.pull_request) {
        if published.contains(repository) {
            let message = format!("`{repository}` is published to, so nothing can be staged there");
            let fault = Diagnostic::error("matrix::stage", message).at(*place, "staged here");
            faults.push(fault.help("give staged images a repository of their own"));
        }
    }
}
