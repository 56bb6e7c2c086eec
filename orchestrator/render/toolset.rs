//! Tool sets as a template sees them: parameters filled in, every value checked for its place.

use super::slot::Slot;
use crate::manifest::{Archive, FileCopy, Syntax, Toolset, ToolsetItem};
use crate::matrix::{Fleet, Parent, Use, Variant};
use crate::name::Version;
use crate::tag::{Part, Pattern, PatternError, Slot as PatternSlot};
use crate::text::{Diagnostic, Span, Spanned, suggest};
use indexmap::IndexMap;
use serde_json::{Value, json};

/// What a variant's tool sets come to.
#[derive(Debug, Default)]
pub(super) struct Installed {
    /// One object a tool set, for `{{#each toolsets}}`.
    pub data: Vec<Value>,
    /// Paths of the workspace that are copied in.
    pub files: Vec<Spanned<String>>,
    pub faults: Vec<Diagnostic>,
}

/// The tool sets that this variant installs itself: what an ancestor has with the same parameters is there already.
pub(super) fn own<'a>(fleet: &'a Fleet, variant: &'a Variant) -> Vec<&'a Use> {
    let mut own: Vec<&Use> = Vec::new();
    for new in &variant.uses {
        let same = |old: &Use| old.toolset == new.toolset && old.params == new.params;
        if !own.iter().any(|old| same(old)) && !ancestors(fleet, variant).any(|above| above.uses.iter().any(same)) {
            own.push(new);
        }
    }
    own
}

/// The variants below, nearest first. A ring, which the graph refuses later, ends after one round.
fn ancestors<'a>(fleet: &'a Fleet, variant: &'a Variant) -> impl Iterator<Item = &'a Variant> {
    let parent = |v: &Variant| match v.parent {
        Some(Parent::Variant(id)) => Some(fleet.variant(id)),
        _ => None,
    };
    std::iter::successors(parent(variant), move |v| parent(v)).take_while(|v| v.id != variant.id).take(fleet.variants.len())
}

/// Fills in all tool sets of a variant.
pub(super) fn install(fleet: &Fleet, variant: &Variant) -> Installed {
    let mut installed = Installed::default();
    for used in own(fleet, variant) {
        // One that only checks adds nothing to the file.
        if let Some(toolset) = fleet.toolsets.get(&used.toolset).filter(|set| !set.items.is_empty() || set.checks.is_empty()) {
            let mut one = One { used, variant, syntax: fleet.syntax, uses_arch: false, installed: &mut installed };
            let data = one.fill(toolset);
            installed.data.push(data);
        }
    }
    installed
}

/// One tool set of one variant.
struct One<'a> {
    used: &'a Use,
    variant: &'a Variant,
    syntax: Syntax,
    uses_arch: bool,
    installed: &'a mut Installed,
}

impl One<'_> {
    fn fill(&mut self, toolset: &Toolset) -> Value {
        let (mut packages, mut runs, mut env, mut archives, mut files) = (vec![], vec![], vec![], vec![], vec![]);
        for item in &toolset.items {
            match item {
                ToolsetItem::Packages(names) => packages.extend(names.iter().filter_map(|name| self.text(name, Slot::Package))),
                ToolsetItem::Run(line) => runs.extend(self.text(line, Slot::Shell)),
                ToolsetItem::Env(name, value) => {
                    if let (Some(name), Some(value)) = (self.text(name, Slot::Name), self.text(value, Slot::Text)) {
                        env.push(json!({ "name": name, "value": value }));
                    }
                }
                ToolsetItem::Archive(archive) => archives.extend(self.archive(archive)),
                ToolsetItem::File(file) => files.extend(self.file(file)),
            }
        }
        json!({
            "name": self.used.toolset, "params": self.used.params, "packages": packages, "runs": runs, "env": env,
            "archives": archives, "files": files, "uses_arch": self.uses_arch,
        })
    }

    fn archive(&mut self, archive: &Archive) -> Option<Value> {
        let (url, into) = (self.text(&archive.url, Slot::Url), self.text(&archive.into, Slot::ImagePath));
        let hex = archive.digest.as_ref().map(|digest| match digest.parse::<crate::name::Digest>() {
            Ok(digest) => Some(digest.hex()),
            Err(why) => {
                self.fault("toolset::digest", why.to_string(), digest.span);
                None
            }
        });
        let url = url?;
        let last = url.split(['?', '#']).next().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
        let name: String = last.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).collect();
        // Placeholders of builders are put in after the check: no value can bring a `$` of its own.
        Some(json!({
            "url": url.replace(ARCH, "${TARGETARCH}"), "into": into?, "digest": hex.map_or(Some(String::new()), |hex| hex)?,
            "fetched": format!("/tmp/kiln-{}", name.replace(ARCH, "")),
        }))
    }

    fn file(&mut self, file: &FileCopy) -> Option<Value> {
        let path = self.text(&file.path, Slot::Text)?;
        let into = self.text(&file.into, Slot::ImagePath)?;
        let Some(path) = super::context::normal(&path) else {
            self.fault("toolset::file", format!("`{path}` leads out of the workspace"), file.path.span);
            return None;
        };
        if path.contains(['$', '*', '?', '[', '\\']) {
            self.fault("toolset::file", format!("`{path}` holds a character that COPY takes for a pattern"), file.path.span);
            return None;
        }
        self.installed.files.push(Spanned::new(path.clone(), file.path.span));
        Some(json!({ "path": path, "into": into }))
    }

    /// The text with its places filled in, if it fits its own.
    fn text(&mut self, text: &Spanned<String>, slot: Slot) -> Option<String> {
        let arch = if slot == Slot::Url { self.architecture() } else { None };
        let filled = match fill(text, &self.used.params, arch.as_deref()) {
            Ok(filled) => filled,
            Err((message, help)) => {
                let message = format!("tool set `{}`: {message}", self.used.toolset);
                self.installed.faults.push(Diagnostic::error("toolset::place", message).at(text.span, "used here").maybe_help(help));
                return None;
            }
        };
        self.uses_arch |= filled.contains(ARCH);
        match slot.check(&filled) {
            Ok(()) => Some(filled),
            Err(why) => {
                self.fault("toolset::value", format!("`{}` {why}", filled.escape_debug()), text.span);
                None
            }
        }
    }

    /// What `{arch}` is: the one platform's architecture, or what the builder says for each.
    fn architecture(&self) -> Option<String> {
        match self.variant.platforms.as_slice() {
            [one] => Some(one.architecture.clone()),
            _ if self.syntax == Syntax::BuildKit => Some(ARCH.to_owned()),
            _ => None,
        }
    }

    fn fault(&mut self, code: &'static str, message: String, span: Span) {
        self.installed.faults.push(Diagnostic::error(code, message).at(span, "here").at(self.used.span, "used here"));
    }
}

/// Stands for the architecture while a URL is checked; no host or path can hold it.
const ARCH: &str = "!KILN!ARCH!";

/// Fills in `{param}`, `{param.major}`, `{param.minor}`, and `{arch}` where it is known. An error is a
/// sentence and a way out.
pub(super) fn fill(text: &str, params: &IndexMap<String, String>, arch: Option<&str>) -> Result<String, (String, Option<String>)> {
    let pattern: Pattern = text.parse().map_err(|why: PatternError| (why.message, None))?;
    let mut filled = String::with_capacity(text.len());
    for part in &pattern.parts {
        match part {
            Part::Text(text) => filled.push_str(text),
            Part::Slot(slot) => filled.push_str(&place(slot, params, arch)?),
        }
    }
    Ok(filled)
}

fn place(slot: &PatternSlot, params: &IndexMap<String, String>, arch: Option<&str>) -> Result<String, (String, Option<String>)> {
    let written = || slot.field.as_ref().map_or_else(|| slot.name.clone(), |field| format!("{}.{field}", slot.name));
    let value = params.get(&slot.name).map(String::as_str).or(arch.filter(|_| slot.name == "arch"));
    let value = value.filter(|_| slot.argument.is_none()).ok_or_else(|| {
        let near = suggest(&slot.name, params.keys().map(String::as_str)).map(|near| format!("did you mean `{{{near}}}`?"));
        let braces = || String::from("a brace of the text itself is `{{`");
        (format!("there is no parameter `{}`", slot.name), Some(near.unwrap_or_else(braces)))
    })?;
    let series = |count| {
        let version: Option<Version> = value.parse().ok();
        version.and_then(|version| version.series(count).map(str::to_owned)).unwrap_or_else(|| value.to_owned())
    };
    match slot.field.as_deref() {
        None => Ok(value.to_owned()),
        Some("major") => Ok(series(1)),
        Some("minor") => Ok(series(2)),
        Some(_) => Err((format!("`{}`: only `.major` and `.minor` are known", written()), None)),
    }
}
