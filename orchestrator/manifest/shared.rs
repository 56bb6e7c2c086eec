//! What several images share, written once at the top of the manifest and used by name:
//!
//! | declared | used |
//! | --- | --- |
//! | `axis "go-version" kind="version" { value "1.27.0"; … }` | `axis "version" use="go-version"` |
//! | `platforms "all" "linux/amd64" "linux/arm64"` | `platforms "all" "+linux/386"` |
//! | `settings "web" { expose 8080; … }` | `settings "web"` in an image or a `when` |
//!
//! Images get copies with the places of the original, so a fault in one is reported once, where it is written.

use crate::manifest::{AxisDecl, Image, Merge, PlatformSet, Settings, When, is_change, names};
use crate::text::{Diagnostic, Diagnostics, Mend, Shown, Spanned, suggest};
use std::collections::BTreeSet;

/// The code of a name that is not declared.
pub(super) const UNKNOWN_NAME: &str = "manifest::unknown-name";

/// The declarations that images use by name.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub axes: Vec<AxisDecl>,
    pub platforms: Vec<PlatformSet>,
    pub settings: Vec<SettingsDecl>,
    used: BTreeSet<(Kind, String)>,
}

/// `settings "web" { … }` at the top of a manifest.
#[derive(Debug)]
pub(super) struct SettingsDecl {
    pub name: Spanned<String>,
    pub settings: Settings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Axis,
    Platforms,
    Settings,
}

impl Shared {
    /// An image in which everything that it uses by name is filled in. Unknown names are reported.
    pub fn fill(&mut self, image: Image, out: &mut Diagnostics) -> Image {
        let axes = image.axes.into_iter();
        let axes = axes.map(|axis| self.axis(axis, out)).collect();
        let own = image.settings.shared.clone();
        let settings = self.settings(image.settings, out);
        let whens = image.whens.into_iter();
        let filled = |when: When| {
            again(&own, &when.settings.shared, out);
            When {
                settings: self.settings(when.settings, out),
                ..when
            }
        };
        Image {
            axes,
            settings,
            whens: whens.map(filled).collect(),
            ..image
        }
    }

    /// A warning for each declaration that no image uses.
    pub fn unused(&self, out: &mut Diagnostics) {
        for (kind, name) in self.names() {
            if !self.used.contains(&(kind, name.value.clone())) {
                let message = format!("{} `{}` is never used", kind.words(), name.value);
                let fault = Diagnostic::warning("matrix::unused", message);
                out.push(fault.at(name.span, "declared here").help("remove it"));
            }
        }
    }

    fn names(&self) -> impl Iterator<Item = (Kind, &Spanned<String>)> {
        let axes = self.axes.iter().map(|axis| (Kind::Axis, &axis.name));
        let platforms = self.platforms.iter();
        let settings = self.settings.iter();
        axes.chain(platforms.map(|set| (Kind::Platforms, &set.name)))
            .chain(settings.map(|one| (Kind::Settings, &one.name)))
    }

    fn axis(&mut self, axis: AxisDecl, out: &mut Diagnostics) -> AxisDecl {
        let Some(name) = &axis.shared else {
            return axis;
        };
        let Some(found) = self.axes.iter().find(|one| one.name == *name).cloned() else {
            out.push(self.unknown(Kind::Axis, name));
            return axis;
        };
        self.used.insert((Kind::Axis, name.value.clone()));
        AxisDecl {
            span: axis.span,
            name: axis.name,
            rungs: match axis.rungs.is_empty() {
                true => found.rungs,
                false => axis.rungs,
            },
            latest: axis.latest.or(found.latest),
            ..found
        }
    }

    /// The settings of a block over those that it uses by name.
    fn settings(&mut self, own: Settings, out: &mut Diagnostics) -> Settings {
        let mut blocks = Vec::new();
        for name in &own.shared {
            match self.settings.iter().position(|one| one.name == *name) {
                Some(index) => {
                    self.used.insert((Kind::Settings, name.value.clone()));
                    blocks.push(index);
                }
                None => out.push(self.unknown(Kind::Settings, name)),
            }
        }
        let merged = match blocks.is_empty() {
            true => own,
            false => {
                let shared = blocks.iter().map(|index| &self.settings[*index].settings);
                let all: Vec<&Settings> = shared.chain([&own]).collect();
                Settings::carry(&all, &mut Merge)
            }
        };
        let platforms = merged.platforms.clone();
        let platforms = platforms.map(|all| self.platforms(all, out));
        Settings {
            platforms,
            ..merged
        }
    }

    /// Platforms with the names of sets replaced by their platforms.
    fn platforms(
        &mut self,
        all: Vec<Spanned<String>>,
        out: &mut Diagnostics,
    ) -> Vec<Spanned<String>> {
        let mut filled = Vec::new();
        for one in all {
            let (sign, name) = sign(&one.value);
            match self.platforms.iter().find(|set| set.name.value == name) {
                Some(set) => {
                    self.used.insert((Kind::Platforms, name.to_owned()));
                    let signed = |platform: &Spanned<String>| {
                        Spanned::new(format!("{sign}{}", platform.value), platform.span)
                    };
                    filled.extend(set.platforms.iter().map(signed));
                }
                None => {
                    let unsigned = Spanned::new(name.to_owned(), one.span);
                    match self.near(Kind::Platforms, name) {
                        Some(near) if !name.contains(['/', '{']) => {
                            let meant = Mend::Word(one.span, format!("{sign}{near}"));
                            let fault = self.unknown(Kind::Platforms, &unsigned);
                            out.push(fault.read_as(Some(meant)));
                        }
                        _ => filled.push(one),
                    }
                }
            }
        }
        if let Some(idle) = idle(&filled) {
            out.push(idle);
        }
        filled
    }

    fn near(&self, kind: Kind, name: &str) -> Option<&str> {
        let known = self.names().filter(|(own, _)| *own == kind);
        suggest(name, known.map(|(_, name)| name.value.as_str()))
    }

    fn unknown(&self, kind: Kind, name: &Spanned<String>) -> Diagnostic {
        let shown = name.value.shown();
        let message = format!(
            "no {} `{shown}` is declared at the top of the manifest",
            kind.words()
        );
        let help = match kind {
            Kind::Axis => format!("declare it: `axis \"{shown}\" {{ value \"…\" }}`"),
            Kind::Platforms => format!("declare it: `platforms \"{shown}\" \"linux/amd64\"`"),
            Kind::Settings => format!("declare it: `settings \"{shown}\" {{ … }}`"),
        };
        Diagnostic::error(UNKNOWN_NAME, message)
            .at(name.span, "here")
            .help(help)
            .meant(name.span, self.near(kind, &name.value))
    }
}

/// Reports blocks of settings that a `when` uses although all variants of the image have them.
fn again(own: &[Spanned<String>], used: &[Spanned<String>], out: &mut Diagnostics) {
    for name in used {
        let Some(first) = own.iter().find(|own| own.value == name.value) else {
            continue;
        };
        let message = format!(
            "`settings \"{}\"` has no effect here: all variants of the image have it",
            name.value.shown()
        );
        let fault = Diagnostic::error("manifest::twice", message).at(name.span, "again here");
        out.push(
            fault
                .at(first.span, "first here")
                .help("remove one of the two"),
        );
    }
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Kind::Axis => "shared axis",
            Kind::Platforms => "set of platforms",
            Kind::Settings => "block of settings",
        }
    }
}

impl SettingsDecl {
    /// Checks the name of a block of settings. It cannot use another one.
    pub fn new(name: Spanned<String>, settings: Settings, out: &mut Diagnostics) -> Self {
        if let Some(inner) = settings.shared.first() {
            out.push(
                Diagnostic::error(
                    "manifest::nested",
                    "a shared block of settings cannot use another one",
                )
                .at(inner.span, "here")
                .help(format!(
                    "an image can use both: `settings \"{}\" \"{}\"`",
                    inner.value, name.value
                )),
            );
        }
        let name = names::name(name, "block of settings", out);
        Self { name, settings }
    }
}

/// A fault for a change of platforms that changes nothing, if the block has the platforms before it.
fn idle(platforms: &[Spanned<String>]) -> Option<Diagnostic> {
    let whole = platforms.iter().position(|one| is_change(one));
    let (listed, changes) = platforms.split_at(whole?);
    let mut listed: BTreeSet<&str> = listed.iter().map(|one| one.value.as_str()).collect();
    let has_place = |one: &&str| one.contains('{');
    if listed.is_empty() || listed.iter().any(has_place) {
        return None;
    }
    let idle = changes.iter().find(|change| match sign(change) {
        ("-", name) => !listed.remove(name),
        (_, name) => !listed.insert(name),
    })?;
    let message = match idle.starts_with('-') {
        true => format!(
            "`{}` takes away a platform that is not in the list",
            idle.value
        ),
        false => format!(
            "`{}` adds a platform that is in the list already",
            idle.value
        ),
    };
    let fault = Diagnostic::error("manifest::platforms", message).at(idle.span, "no effect");
    Some(fault.help("remove it"))
}

/// The sign of a platform, `+`, `-` or nothing, and the rest.
fn sign(text: &str) -> (&str, &str) {
    match text.starts_with(['+', '-']) {
        true => text.split_at(1),
        false => ("", text),
    }
}
