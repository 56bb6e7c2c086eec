//! The template data of tool sets: parameters filled in, every value checked for its place.

use super::checksums::Fetching;
use super::fetch::Fetched;
use super::value_kind::ValueKind;
use crate::lockfile::Lockfile;
use crate::manifest::{Distribution, Family, FileCopy, On, Packages, Syntax, Toolset, ToolsetItem};
use crate::matrix::{Fleet, Machine, ParamText, Use, Variant};
use crate::text::{Diagnostic, Span, Spanned};
use serde_json::{Value, json};

/// The result of a variant's tool sets.
#[derive(Debug, Default)]
pub(super) struct Installed {
    /// One object per tool set, for `{{#each toolsets}}`.
    pub data: Vec<Value>,
    /// One object per download stage, in the order of the file.
    pub stages: Vec<Value>,
    /// The names of the stages.
    pub stage_names: Vec<String>,
    /// The downloads of the stages.
    pub fetching: Vec<Fetching>,
    /// Paths of the workspace that are copied into the image.
    pub files: Vec<Spanned<String>>,
    /// The places of the manifest for `{{at …}}`, which names them by index.
    pub places: Vec<Span>,
    /// The first item that the distribution's package manager installs.
    pub packages: Option<Span>,
    pub faults: Vec<Diagnostic>,
}

impl Installed {
    /// The number of a place.
    pub fn place(&mut self, span: Span) -> usize {
        self.places
            .iter()
            .position(|known| *known == span)
            .unwrap_or_else(|| {
                self.places.push(span);
                self.places.len() - 1
            })
    }
}

/// The tool sets that this variant installs itself, without those that an ancestor has with the same parameters. Sets
/// that contain only packages come first, since they change least; the others are already in the order of their needs.
pub(super) fn own<'a>(fleet: &'a Fleet, variant: &'a Variant) -> Vec<&'a Use> {
    let mut own: Vec<&Use> = Vec::new();
    for new in &variant.uses {
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
pub(super) fn install(
    fleet: &Fleet,
    variant: &Variant,
    from: Option<&str>,
    lock: &Lockfile,
) -> Installed {
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
        installed.data.push(data);
    }
    installed
}

/// One tool set of one variant.
pub(super) struct One<'a> {
    pub fleet: &'a Fleet,
    /// The checksums of downloads.
    pub lock: &'a Lockfile,
    pub used: &'a Use,
    pub variant: &'a Variant,
    pub distribution: Distribution,
    /// The base of download stages: the outside image, which changes least.
    pub base: String,
    /// The user that it runs as, if that is not root.
    pub restore: String,
    uses_arch: bool,
    pub installed: &'a mut Installed,
}

impl One<'_> {
    fn fill(&mut self, toolset: &Toolset<ParamText>) -> Value {
        let family = self.distribution.family;
        let (mut packages, mut runs, mut env, mut fetched, mut files) =
            (vec![], vec![], vec![], vec![], Vec::<Value>::new());
        let (mut packages_at, mut runs_at) = (0, vec![]);
        for On { item, .. } in toolset.items.iter().filter(|on| on.holds(family)) {
            match item {
                ToolsetItem::Packages(names) => {
                    self.packages(names, &mut packages, &mut packages_at)
                }
                ToolsetItem::Run(line) => {
                    runs.extend(self.text(line, ValueKind::Shell));
                    runs_at.push(self.installed.place(line.span));
                }
                ToolsetItem::Env(name, value) => {
                    if let (Some(text), Some(value)) = (
                        self.text(name, ValueKind::Name),
                        self.text(value, ValueKind::Text),
                    ) {
                        env.push(json!({ "name": text, "value": value, "place": self.installed.place(name.span) }));
                    }
                }
                ToolsetItem::Archive(archive) => {
                    fetched.extend(self.fetched(&Fetched::Archive(archive)))
                }
                ToolsetItem::Fetch(fetch) => fetched.extend(self.fetched(&Fetched::File(fetch))),
                ToolsetItem::File(file) => files.extend(self.file(file)),
            }
        }
        // Separate steps keep unchanged ones cached; the linter would merge them into one.
        let after_run = match (
            env.is_empty() && !self.uses_arch,
            files.last(),
            fetched.is_empty(),
        ) {
            (false, ..) => false,
            (_, Some(file), _) => file["chmod_after"] != "",
            (_, None, fetched) => fetched && !packages.is_empty(),
        };
        let again: Vec<bool> = (0..runs.len()).map(|at| at > 0 || after_run).collect();
        json!({
            "again": again, "name": self.used.toolset, "library": toolset.library, "params": self.used.params,
            "family": family.word(), "manager": self.distribution.manager.word(), "mount": self.mount(&self.used.toolset),
            "packages": packages, "fetched": fetched, "files": files, "env": env, "runs": runs, "uses_arch": self.uses_arch,
            "places": { "packages": packages_at, "runs": runs_at },
        })
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

    /// The id of the cache for apt's downloads; empty if mounts are not supported. There is one per base and tool
    /// set, because builds that share a cache wait for each other.
    pub fn mount(&self, purpose: &str) -> String {
        if self.fleet.syntax == Syntax::Classic {
            return String::new();
        }
        let text = format!("apt-{}-{purpose}", self.base).to_ascii_lowercase();
        text.chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '.' {
                    c
                } else {
                    '-'
                }
            })
            .collect()
    }

    fn file(&mut self, file: &FileCopy<ParamText>) -> Option<Value> {
        let path = self.text(&file.path, ValueKind::Text)?;
        let into = self.text(&file.into, ValueKind::ImagePath)?;
        let Some(path) = super::context::normal(&path) else {
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
        Some(json!({
            "path": path, "into": into, "owner": owner, "chmod": chmod, "chmod_after": after, "link": link,
            "place": self.installed.place(file.path.span),
        }))
    }

    /// Whether a COPY may use `--link`: the declared engine supports it, no user name has to be looked up in the image, and
    /// no folder of the path is a symbolic link in any distribution, since such a layer would replace the link.
    pub fn links(&self, into: &str, owner: &str) -> bool {
        let plain = ["/usr/local/", "/usr/share/", "/opt/", "/etc/", "/srv/"]
            .iter()
            .any(|folder| format!("{into}/").starts_with(folder));
        self.fleet.links() && plain && owner.bytes().all(|b| b.is_ascii_digit() || b == b':')
    }

    /// The text of a property, filled in; empty if it is not set.
    pub fn maybe(&mut self, text: Option<&ParamText>, kind: ValueKind) -> String {
        text.and_then(|text| self.text(text, kind))
            .unwrap_or_default()
    }

    /// The text with its placeholders filled in, if the result is valid.
    pub fn text(&mut self, text: &ParamText, kind: ValueKind) -> Option<String> {
        let machine = match (self.variant.platforms.as_slice(), self.fleet.syntax) {
            ([one], _) => Machine::One(one),
            (_, Syntax::BuildKit) if kind == ValueKind::Shell => Machine::Builder(ARCH),
            (_, Syntax::BuildKit) => Machine::Builder("${arch}"),
            _ => Machine::Unknown,
        };
        let filled = self.on(text, kind, machine)?;
        self.uses_arch |= filled.contains(ARCH);
        Some(filled.replace(ARCH, "${TARGETARCH}"))
    }

    /// The text filled in for one machine.
    pub fn on(
        &mut self,
        text: &ParamText,
        kind: ValueKind,
        machine: Machine<'_>,
    ) -> Option<String> {
        let filled = match text.fill(&self.used.params, machine) {
            Ok(filled) => filled,
            Err((message, help)) => {
                let message = format!("tool set `{}`: {message}", self.used.toolset);
                self.installed.faults.push(
                    Diagnostic::error("toolset::place", message)
                        .at(text.span, "used here")
                        .maybe_help(help),
                );
                return None;
            }
        };
        match kind.check(&filled) {
            Ok(()) => Some(filled),
            Err(why) => {
                self.fault(
                    "toolset::value",
                    format!("`{}` {why}", filled.escape_debug()),
                    text.span,
                );
                None
            }
        }
    }

    pub fn fault(&mut self, code: &'static str, message: String, span: Span) {
        self.installed.faults.push(
            Diagnostic::error(code, message)
                .at(span, "here")
                .at(self.used.span, "used here"),
        );
    }
}

/// Stands for the architecture in a shell line until the line is checked: no value can contain it.
const ARCH: &str = "!KILN!ARCH!";
