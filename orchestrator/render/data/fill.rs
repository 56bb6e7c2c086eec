//! One tool set of one variant: its texts filled in, and every value checked for its place.

use super::names::{Stage, ToolsetData};
use crate::lockfile::Lockfile;
use crate::manifest::{Distribution, SecretDecl, SshDecl, Syntax};
use crate::matrix::{Fleet, Machine, ParamText, Use, Variant};
use crate::render::checksums::Fetching;
use crate::render::freshness::Refreshed;
use crate::render::value_kind::ValueKind;
use crate::text::{Diagnostic, Shown, Span, Spanned};
use std::sync::Arc;

/// The result of a variant's tool sets on its parent. Variants with the same ones share it.
#[derive(Debug, Default)]
pub(in crate::render) struct Installed<'a> {
    /// The parent's public name, in the short form for a FROM.
    pub from: Option<Arc<str>>,
    /// In the order of the file.
    pub toolsets: Vec<ToolsetData<'a>>,
    /// The download stages, in the order of the file.
    pub stages: Vec<Stage<'a>>,
    /// The names of the stages.
    pub stage_names: Vec<String>,
    /// The downloads of the stages.
    pub fetching: Vec<Fetching>,
    /// The tool sets that are refreshed, in the order of the file.
    pub refreshed: Vec<Refreshed>,
    /// Paths of the workspace that are copied into the image.
    pub files: Vec<Spanned<String>>,
    /// The places of the manifest for `{{at …}}`, which names them by index.
    pub places: Vec<Span>,
    /// The first item that the distribution's package manager installs.
    pub packages: Option<Span>,
    /// The secrets that steps mount, each as its tool set declares it.
    pub secrets: Vec<SecretDecl>,
    /// The agents of ssh that steps mount.
    pub agents: Vec<SshDecl>,
    pub faults: Vec<Diagnostic>,
}

impl Installed<'_> {
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

/// One tool set of one variant.
pub(super) struct One<'a, 'i> {
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
    /// Whether a text uses `${TARGETARCH}`.
    pub uses_arch: bool,
    pub installed: &'i mut Installed<'a>,
}

impl One<'_, '_> {
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
            Err(faults) => {
                let toolset = &self.used.toolset;
                let faults = faults.into_iter().map(|(at, message, help)| {
                    let message = format!("tool set `{toolset}`: {message}");
                    let fault = Diagnostic::error("toolset::place", message);
                    fault.at(at, "used here").maybe_help(help)
                });
                self.installed.faults.extend(faults);
                return None;
            }
        };
        match kind.check(&filled) {
            Ok(()) => Some(filled),
            Err(why) => {
                self.fault(
                    "toolset::value",
                    format!("`{}` {why}", filled.shown()),
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
