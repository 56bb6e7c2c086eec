//! What the variants of a fleet share: bases and repositories, whose texts are parsed once, and equal values.

use crate::manifest::{Config, Publish};
use crate::matrix::cells::lookup::{Lookup, Place};
use crate::matrix::cells::text::{CellView, Piece, Text};
use crate::matrix::cells::variable::Applies;
use crate::matrix::faults::Faults;
use crate::matrix::fleet::hook::Hook;
use crate::matrix::fleet::latest::Latest;
use crate::matrix::fleet::public_tag::Permission;
use crate::matrix::fleet::variants::{Base, BaseId, Use};
use crate::matrix::scope::Scope;
use crate::matrix::settings::conditions::permission;
use crate::matrix::settings::from::Targets;
use crate::matrix::staging::Stages;
use crate::name::{Platform, Reference, Repository};
use crate::request::BuildOptions;
use crate::text::{Diagnostic, Span};
use indexmap::IndexMap;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

/// The pattern of a repository.
pub(in crate::matrix) struct RepositoryRule {
    pub text: Text,
    /// The repository, if it is the same for every cell.
    pub same: OnceCell<Option<Repository>>,
}

/// A repository that tags are written to.
pub(in crate::matrix) struct PublishRule {
    pub repository: RepositoryRule,
    /// Whether this run may write tags there.
    pub permission: Permission,
}

impl PublishRule {
    /// Looks up the placeholders of a repository; faults are reported.
    pub fn new<'m>(
        declared: &'m Publish,
        applies: Applies,
        lookup: &Lookup<'_, 'm>,
        faults: &mut Faults,
    ) -> Self {
        let scope = lookup.scope;
        if applies != Applies::NotNow {
            let mut git_tags = scope.used.git_tags.borrow_mut();
            git_tags.conditions(&declared.on, scope.inputs);
        }
        Self {
            repository: RepositoryRule {
                text: lookup.text(&declared.repository, Place::Public, faults),
                same: OnceCell::new(),
            },
            permission: permission(&declared.on, scope.inputs),
        }
    }
}

/// The bases, repositories and values so far.
pub(in crate::matrix) struct References<'a, 'm> {
    scope: &'a Scope<'m>,
    pub targets: &'a Targets<'a, 'm>,
    /// By base and reference, in the order of their first use.
    bases: IndexMap<(usize, String), Base>,
    repositories: HashMap<String, Option<Repository>>,
    pub configs: Latest<Config>,
    pub builds: Latest<BuildOptions>,
    pub platforms: Latest<Vec<Platform>>,
    pub hooks: Latest<Vec<Hook>>,
    pub uses: Latest<[Use]>,
    pub args: Latest<IndexMap<String, String>>,
    pub env: Latest<IndexMap<String, String>>,
    pub publish: Latest<[Repository]>,
    pub permissions: Latest<[Permission]>,
    /// The staging repositories of the variants so far.
    pub stages: Stages,
}

impl<'a, 'm> References<'a, 'm> {
    /// None so far.
    pub fn new(scope: &'a Scope<'m>, targets: &'a Targets<'a, 'm>) -> Self {
        Self {
            scope,
            targets,
            bases: IndexMap::new(),
            repositories: HashMap::new(),
            configs: Latest::default(),
            builds: Latest::default(),
            platforms: Latest::default(),
            hooks: Latest::default(),
            uses: Latest::default(),
            args: Latest::default(),
            env: Latest::default(),
            publish: Latest::default(),
            permissions: Latest::default(),
            stages: Stages::default(),
        }
    }

    /// The changes of platforms so far, and whether they change anything.
    pub fn platform_changes(&self) -> &'a RefCell<HashMap<Span, bool>> {
        &self.scope.used.platform_changes
    }

    /// Whether an image or a base of the manifest has this name.
    pub fn is_declared(&self, name: &str) -> bool {
        self.scope.images.contains_key(name) || self.scope.bases.contains_key(name)
    }

    /// Every base, by its id.
    pub fn bases(self) -> Vec<Base> {
        self.bases.into_values().collect()
    }

    /// The repository that a text resolves to; each text is parsed once.
    pub fn repository(
        &mut self,
        rule: &RepositoryRule,
        cell: CellView,
        faults: &mut Faults,
    ) -> Option<Repository> {
        if rule.text.is_same() {
            return rule
                .same
                .get_or_init(|| self.read(&rule.text, cell, faults))
                .clone();
        }
        self.read(&rule.text, cell, faults)
    }

    fn read(&mut self, text: &Text, cell: CellView, faults: &mut Faults) -> Option<Repository> {
        let filled = text.fill(cell, faults)?;
        if let Some(known) = self.repositories.get(&filled) {
            return known.clone();
        }
        let read = filled.parse::<Repository>();
        if let Err(fault) = &read {
            let fault = Diagnostic::error("matrix::repository", fault.to_string())
                .at(text.source.span, "from this");
            faults.push(
                fault
                    .help("use a repository such as `docker.io/cimg/{image}`")
                    .maybe_help(scheme(&filled))
                    .maybe_help(lower(text, &filled)),
            );
        }
        self.repositories.entry(filled).or_insert(read.ok()).clone()
    }

    /// The base that a text resolves to; each reference is parsed once.
    pub fn base(
        &mut self,
        base: usize,
        text: &Text,
        span: Span,
        cell: CellView,
        faults: &mut Faults,
    ) -> Option<BaseId> {
        let key = (base, text.fill(cell, faults)?);
        let place = match self.bases.get_index_of(&key) {
            Some(known) => known,
            None => {
                let reference = key.1.parse::<Reference>();
                let fault = |fault: &crate::name::NameError| {
                    Diagnostic::error("matrix::reference", fault.to_string())
                        .at(text.source.span, "from this")
                        .help("use a reference such as `docker.io/library/debian:13`")
                        .maybe_help(scheme(&key.1))
                };
                let reference = reference.inspect_err(|why| faults.push(fault(why))).ok()?;
                let declared = &self.scope.manifest.bases[base];
                let (name, distribution, user) = (
                    declared.name.value.clone(),
                    declared.distribution,
                    declared.user.clone(),
                );
                self.bases
                    .insert_full(
                        key,
                        Base {
                            name,
                            reference,
                            span,
                            distribution,
                            user,
                            onbuild: declared.onbuild,
                        },
                    )
                    .0
            }
        };
        Some(BaseId::from(place))
    }
}

/// The help for capitals that come from a variable: an owner on GitHub may have them.
fn lower(text: &Text, filled: &str) -> Option<String> {
    filled.to_lowercase().parse::<Repository>().ok()?;
    let written = text.pieces.iter().find_map(|piece| match piece {
        Piece::Fact(written, value) if value.to_lowercase() != *value => {
            written.strip_prefix("{var:")
        }
        _ => None,
    });
    let help = match written.and_then(|written| written.strip_suffix('}')) {
        Some(name) => format!("write `{{var:{name}:lower}}`: a repository is in lower case"),
        None => String::from("a repository is in lower case"),
    };
    Some(help)
}

/// The help for a name that is written like an address.
fn scheme(name: &str) -> Option<String> {
    let schemes = ["https://", "http://"];
    let scheme = schemes.iter().find(|scheme| name.starts_with(**scheme))?;
    Some(format!("leave out `{scheme}`"))
}
