//! The template data of tool sets: parameters filled in, every value checked for its place.

use super::fetch::Fetched;
use super::fill::{Installed, One};
use super::mounts::distinct;
use super::names::{CopiedFile, Places, ToolsetData, Variable};
use crate::lockfile::Lockfile;
use crate::manifest::{Family, FileCopy, On, Packages, Syntax, Toolset, ToolsetItem};
use crate::matrix::{Fleet, ParamText, Use, Variant};
use crate::render::context::normal;
use crate::render::freshness::{self, Package, Refreshed};
use crate::render::value_kind::ValueKind;
use crate::text::Spanned;

/// The tool sets that this variant installs itself, without those that an ancestor has with the same parameters. Sets
/// that contain only packages come first, since they change least; the others are already in the order of their needs.
fn own<'a>(fleet: &'a Fleet, variant: &'a Variant) -> Vec<&'a Use> {
    let mut own: Vec<&Use> = Vec::new();
    for new in variant.uses.iter() {
        let same = |old: &Use| old.toolset == new.toolset && old.params == new.params;
        if !own.iter().any(|old| same(old))
            && !fleet
                .ancestors(variant)
                .any(|above| above.uses.iter().any(same))
        {
            own.push(new);
        }
    }
    if own.len() > 1 {
        let family = fleet.distribution(variant).family;
        own.sort_by_key(|used| !plain(fleet, &used.toolset, family));
    }
    own
}

/// Whether a tool set and all that it needs contain only packages. Needs have no cycles.
fn plain(fleet: &Fleet, name: &str, family: Family) -> bool {
    let Some(set) = fleet.toolsets.get(name) else {
        return false;
    };
    let items = set
        .items
        .iter()
        .filter(|on| on.holds(family))
        .all(|on| matches!(on.item, ToolsetItem::Packages(_)));
    items
        && set
            .needs
            .iter()
            .filter(|on| on.holds(family))
            .all(|on| plain(fleet, &on.item.toolset, family))
}

/// Fills in the parameters of all tool sets of a variant.
pub(super) fn install<'a>(
    fleet: &'a Fleet,
    variant: &'a Variant,
    from: Option<&str>,
    lock: &'a Lockfile,
) -> Installed<'a> {
    let mut installed = Installed::default();
    let distribution = fleet.distribution(variant);
    let ground = fleet.ground(variant);
    for used in own(fleet, variant) {
        let Some(set) = fleet.toolsets.get(&used.toolset) else {
            continue;
        };
        // A set with only checks or needs adds nothing to the file.
        let empty = set.items.is_empty() && set.checks.is_empty() && set.needs.is_empty();
        if !empty && !set.items.iter().any(|on| on.holds(distribution.family)) {
            continue;
        }
        let base = ground
            .map(|base| base.reference.familiar())
            .or_else(|| from.map(str::to_owned))
            .unwrap_or_default();
        let restore = ground
            .and_then(|base| base.user.as_deref().cloned())
            .unwrap_or_default();
        let mut one = One {
            fleet,
            lock,
            used,
            variant,
            distribution,
            base,
            restore,
            uses_arch: false,
            installed: &mut installed,
        };
        let data = one.fill(set);
        installed.toolsets.push(data);
    }
    name_others(&mut installed);
    installed
}

/// What a `run` line installs is known by what the other tool sets name.
fn name_others(installed: &mut Installed<'_>) {
    for refreshed in installed.refreshed.iter_mut().filter(|one| one.runs) {
        let others = installed
            .toolsets
            .iter()
            .filter(|set| set.name != refreshed.toolset);
        let named = others.flat_map(|set| &set.packages);
        refreshed.elsewhere = named.map(|name| Package::read(name).name).collect();
    }
}

impl<'a> One<'a, '_> {
    fn fill(&mut self, toolset: &Toolset<ParamText>) -> ToolsetData<'a> {
        let family = self.distribution.family;
        let (mut packages, mut runs, mut env, mut fetched, mut files) =
            (vec![], vec![], vec![], vec![], Vec::<CopiedFile>::new());
        let (mut packages_at, mut runs_at) = (0, vec![]);
        let (mut package_mounts, mut run_mounts) = (vec![], vec![]);
        for On { item, .. } in toolset.items.iter().filter(|on| on.holds(family)) {
            match item {
                ToolsetItem::Packages(names) => {
                    self.packages(names, &mut packages, &mut packages_at);
                    let mounts = self.mounts(toolset, &names.mounts);
                    package_mounts.extend(mounts.into_iter().filter(|_| !packages.is_empty()));
                }
                ToolsetItem::Run(run) => {
                    runs.extend(self.text(&run.line, ValueKind::Shell));
                    run_mounts.push(self.mounts(toolset, &run.mounts));
                    runs_at.push(self.installed.place(run.line.span));
                }
                ToolsetItem::Env(name, value) => {
                    let place = self.installed.place(name.span);
                    let name = self.text(name, ValueKind::Name);
                    let value = self.text(value, ValueKind::Text);
                    env.extend(name.zip(value).map(|(name, value)| Variable {
                        name,
                        value,
                        place,
                    }));
                }
                ToolsetItem::Archive(archive) => {
                    fetched.extend(self.fetched(&Fetched::Archive(archive)))
                }
                ToolsetItem::Fetch(fetch) => fetched.extend(self.fetched(&Fetched::File(fetch))),
                ToolsetItem::File(file) => files.extend(self.file(file)),
            }
        }
        let (refresh, refresh_at) = self.refresh(toolset, &packages, !runs.is_empty());
        // Separate steps keep unchanged ones cached; the linter would merge them into one.
        let after_run = match (
            env.is_empty() && !self.uses_arch,
            files.last(),
            fetched.is_empty(),
        ) {
            (false, ..) => false,
            (_, Some(file), _) => !file.chmod_after.is_empty(),
            (_, None, fetched) => fetched && !packages.is_empty(),
        };
        ToolsetData {
            name: &self.used.toolset,
            library: toolset.library,
            params: &self.used.params,
            family: family.word(),
            manager: self.distribution.manager.word(),
            mount: self.mount(&self.used.toolset),
            refresh,
            packages,
            fetched,
            files,
            env,
            again: (0..runs.len()).map(|at| at > 0 || after_run).collect(),
            runs,
            package_mounts: distinct(package_mounts),
            run_mounts,
            uses_arch: self.uses_arch,
            places: Places {
                refresh: refresh_at,
                packages: packages_at,
                runs: runs_at,
            },
        }
    }

    fn packages(
        &mut self,
        packages: &Packages<ParamText>,
        all: &mut Vec<String>,
        place: &mut usize,
    ) {
        for name in packages.on(self.distribution.family) {
            if all.is_empty() {
                *place = self.installed.place(name.span);
                self.installed.packages.get_or_insert(name.span);
            }
            if let Some(name) = self
                .text(name, ValueKind::Package)
                .filter(|name| !all.contains(name))
            {
                all.push(name);
            }
        }
    }

    /// The build argument that makes this tool set's steps run again, and its place. Empty if nothing of it runs.
    fn refresh(
        &mut self,
        toolset: &Toolset<ParamText>,
        packages: &[String],
        runs: bool,
    ) -> (String, usize) {
        let Some(refresh) = &toolset.refresh else {
            return Default::default();
        };
        if packages.is_empty() && !runs {
            return Default::default();
        }
        let argument = freshness::argument(&self.used.toolset);
        let packages = packages.iter().map(|name| Package::read(name));
        let all = &mut self.installed.refreshed;
        // A tool set may be in an image twice, with other parameters.
        match all.iter_mut().find(|one| one.argument == argument) {
            Some(known) => {
                known.packages.extend(packages);
                known.runs |= runs;
            }
            None => all.push(Refreshed {
                toolset: self.used.toolset.clone(),
                refresh: refresh.value,
                argument: argument.clone(),
                packages: packages.collect(),
                runs,
                elsewhere: Vec::new(),
            }),
        }
        (argument, self.installed.place(refresh.span))
    }

    fn file(&mut self, file: &FileCopy<ParamText>) -> Option<CopiedFile> {
        let path = self.text(&file.path, ValueKind::Text)?;
        let into = self.text(&file.into, ValueKind::ImagePath)?;
        let Some(path) = normal(&path) else {
            self.fault(
                "toolset::file",
                format!("`{path}` leads out of the workspace"),
                file.path.span,
            );
            return None;
        };
        if path.contains(['$', '*', '?', '[', '\\']) {
            self.fault(
                "toolset::file",
                format!("`{path}` contains a character that COPY treats as a pattern"),
                file.path.span,
            );
            return None;
        }
        let (mode, owner) = (
            self.maybe(file.mode.as_ref(), ValueKind::Mode),
            self.maybe(file.owner.as_ref(), ValueKind::Owner),
        );
        self.installed
            .files
            .push(Spanned::new(path.clone(), file.path.span));
        let classic = self.fleet.syntax == Syntax::Classic;
        let (chmod, after) = if classic {
            (String::new(), mode)
        } else {
            (mode, String::new())
        };
        if !after.is_empty() && into.ends_with('/') {
            let why = format!(
                "`{into}` is a folder: with `syntax \"classic\"` and `mode`, `into` names the file itself"
            );
            self.fault("toolset::file", why, file.into.span);
        }
        let link = self.links(&into, &owner);
        Some(CopiedFile {
            path,
            into,
            owner,
            chmod,
            chmod_after: after,
            link,
            place: self.installed.place(file.path.span),
        })
    }
}
