//! Which faults may follow from what is left out.

use super::left::{Left, NAMING, is_image, key, name, note_texts, tops};
use crate::matrix;
use crate::text::kdl::Node;
use crate::text::{Diagnostic, Severity, Span};
use std::collections::BTreeSet;

/// Faults with the nodes without which they may be found: of the image, or of anything if they are about several images.
const FOLLOWS: &[(&str, &[&str])] = &[
    ("dockerfile::by-platform", &["platforms", "arg"]),
    ("dockerfile::from", &["platforms", "arg", "contexts"]),
    ("dockerfile::host", &["network"]),
    (
        "dockerfile::mount",
        &["secret", "ssh", "use", "contexts", "arg"],
    ),
    ("dockerfile::pinned", &["platforms", "arg"]),
    ("dockerfile::platform", &["platforms", "arg"]),
    ("dockerfile::reference", &["platforms", "arg", "contexts"]),
    ("dockerfile::stage", &["contexts", "target", "arg"]),
    ("dockerfile::unset", &["arg"]),
    ("dockerfile::variable", &["arg"]),
    ("graph::platform", &["platforms", "image"]),
    ("graph::ended", &NAMING),
    ("graph::shared", &["platforms"]),
    ("graph::shared", &NAMING),
    ("graph::unnamed-parent", &NAMING),
    ("matrix::conflict", SETS),
    ("matrix::empty-tag", &["token", "default"]),
    ("matrix::invalid-tag", &["token", "default"]),
    ("matrix::missing-param", SETS),
    ("matrix::must", &NAMING),
    ("matrix::must", &["platforms"]),
    ("matrix::needs", SETS),
    ("matrix::no-effect", &NAMING),
    ("matrix::no-effect", &["use", "platforms", "when", "image"]),
    ("matrix::no-from", &["settings"]),
    ("matrix::no-platform", &["platforms"]),
    ("matrix::no-publish", &["publish", "workspace"]),
    ("matrix::no-recipe", &["settings"]),
    ("matrix::no-workspace", &["workspace"]),
    ("matrix::one-folder", &NAMING),
    ("matrix::one-folder", &["path"]),
    ("matrix::orphaned-rung", &NAMING),
    ("matrix::placeholder", &["variable"]),
    ("matrix::platform-twice", &["platforms"]),
    ("matrix::stage", &["workspace"]),
    ("matrix::tag-not-made", &NAMING),
    ("matrix::toolset-family", SETS),
    ("matrix::unknown-base", &["base"]),
    ("matrix::unknown-image", &["image"]),
    ("matrix::unknown-toolset", &["toolset"]),
    ("matrix::unknown-variable", &["variable"]),
    ("matrix::variant-name", &NAMING),
    ("render::family", SETS),
    ("render::nameless-parent", &NAMING),
    ("render::secret", &["secret", "ssh", "use"]),
    ("render::unsent", &["context", "contexts"]),
    (
        UNUSED,
        &["target", "contexts", "dockerfile", "template", "image"],
    ),
];

const SETS: &[&str] = &["use", "family", "from", "base", "toolset", "image"];

/// Those of them that images name, at the top level.
const WITH_NAMES: [&str; 3] = ["base", "toolset", "image"];

/// A word that no variant uses.
const UNUSED: &str = "render::unused";

/// Names in a template that a node defines, besides its own.
const DATA: [(&str, &[&str]); 12] = [
    ("arg", &["args"]),
    ("cmd", &["config"]),
    ("entrypoint", &["config"]),
    ("expose", &["config"]),
    ("label", &["labels"]),
    ("platforms", &["platform"]),
    ("stopsignal", &["config"]),
    ("use", &["toolsets", "stages"]),
    ("user", &["account", "config"]),
    ("volume", &["config"]),
    ("workdir", &["config"]),
    ("family", &["manager"]),
];

impl Left {
    /// The fault, unless it may follow from what is left out.
    pub fn finds(&self, fault: &Diagnostic) -> Option<Diagnostic> {
        self.is_real(fault).then(|| fault.clone())
    }

    /// Whether a fault of the rest is one of the whole manifest.
    pub fn is_real(&self, fault: &Diagnostic) -> bool {
        let code = fault.code;
        // What is wrong with single words was found in the whole manifest.
        if code.starts_with("manifest::") || code.starts_with("kdl::") {
            return false;
        }
        if fault.is_around(&self.mended) {
            return false;
        }
        let mut causes = FOLLOWS.iter().filter(|(known, _)| *known == code);
        let is_absence = causes.clone().next().is_some() || matrix::TOGETHER.contains(&code);
        if !self.whole && (is_absence || code == "matrix::unused") {
            return false;
        }
        if code == "matrix::unused" {
            let is_cut = !self.lost_of(&self.tops(fault)).is_empty();
            return !is_cut && !self.mentions(&fault.message) && !self.may_need(fault);
        }
        let mut tops = self.tops(fault);
        // Tool sets that do not fit each other are a matter of one image, and of what that names.
        let is_of_sets = causes.clone().any(|(_, words)| *words == SETS);
        let is_of_image = is_of_sets && tops.iter().any(|top| is_image(top));
        if is_of_image {
            tops = self.with_named(tops);
        }
        let has_others = tops.iter().any(|top| !is_image(top));
        let is_wide = code.starts_with("graph::") || has_others && !is_of_image;
        let lost = match is_wide || tops.is_empty() {
            true => self.lost.values().flatten().collect(),
            false => self.lost_of(&tops),
        };
        let is_top_lost = |word: &str| match is_of_image && WITH_NAMES.contains(&word) {
            true => self.names_lost_top(&tops, word),
            false => self.tops.contains(word),
        };
        let is_lost = |word: &&str| lost.iter().any(|one| one == word) || is_top_lost(word);
        if fault.severity == Severity::Warning
            && (tops.is_empty() || !self.lost_of(&tops).is_empty())
        {
            return false;
        }
        match code {
            UNUSED => !self.is_used_elsewhere(fault, is_wide) && !is_unused(fault, &lost),
            "template::render" => !names_lost(fault, &lost),
            _ => !causes.any(|(_, words)| {
                let mut words = words.iter().filter(|word| is_lost(word));
                words.any(|word| *word != "arg" || !is_named(code) || self.has_lost_name(fault))
            }),
        }
    }

    /// Whether an image that is left out may use what others do not.
    fn is_used_elsewhere(&self, fault: &Diagnostic, is_wide: bool) -> bool {
        let is_inherited = ["`user`", "`family`"];
        let mut inherited = is_inherited.iter();
        let is_inherited = inherited.any(|word| fault.message.starts_with(word));
        (is_wide || is_inherited) && self.tops.contains("image")
    }

    /// Whether one of the names in a message is a text that is left out.
    fn has_lost_name(&self, fault: &Diagnostic) -> bool {
        let mut names = fault.message.split('`').skip(1).step_by(2);
        let is_sign = |c: char| matches!(c, '$' | '{' | '}');
        names.any(|name| {
            self.texts
                .lines()
                .any(|text| text == name.trim_matches(is_sign))
        })
    }

    /// Whether a tool set that is left out, or used by what is left out, may need the one that a fault is about.
    fn may_need(&self, fault: &Diagnostic) -> bool {
        let is_lost = |word: &str| {
            let mut lost = self.lost.values().flatten();
            self.tops.contains(word) || lost.any(|one| one == word)
        };
        fault.message.starts_with("tool set ") && ["use", "needs", "image"].into_iter().any(is_lost)
    }

    /// Whether what is left out mentions one of the names in a message.
    fn mentions(&self, message: &str) -> bool {
        let mut names = message.split('`').skip(1).step_by(2);
        names.any(|name| self.texts.contains(name))
    }

    /// The nodes at the top level that a fault is about.
    pub fn tops(&self, fault: &Diagnostic) -> Vec<&Node> {
        let places: Vec<Span> = fault.labels.iter().map(|label| label.span).collect();
        tops(&self.documents, &places).collect()
    }

    /// With the nodes at the top level that these name, directly or through others.
    fn with_named<'n>(&'n self, mut all: Vec<&'n Node>) -> Vec<&'n Node> {
        let mut at = 0;
        while let Some(node) = all.get(at) {
            let texts = texts(&[*node]);
            let tops = self.documents.iter().flat_map(|one| &one.nodes);
            let is_named = |top: &&Node| name(top).is_some_and(|name| texts.contains(name));
            let is_known = |top: &Node| all.iter().any(|one| one.span == top.span);
            let new: Vec<&Node> = tops.filter(is_named).filter(|top| !is_known(top)).collect();
            all.extend(new);
            at += 1;
        }
        all
    }

    /// Whether these nodes name something of this kind that is left out.
    fn names_lost_top(&self, nodes: &[&Node], kind: &str) -> bool {
        let texts = texts(nodes);
        let mut lost = self.called.iter().filter(|(known, _)| known == kind);
        lost.any(|(_, name)| name.is_empty() || texts.contains(name))
    }

    /// The names of the nodes that these lack.
    fn lost_of(&self, tops: &[&Node]) -> BTreeSet<&String> {
        let lost = tops.iter().filter_map(|top| self.lost.get(&key(top.span)));
        lost.flatten().collect()
    }
}

/// The texts in nodes and their children.
fn texts(nodes: &[&Node]) -> BTreeSet<String> {
    let mut all = String::new();
    nodes.iter().for_each(|node| note_texts(node, &mut all));
    all.lines().map(str::to_owned).collect()
}

/// Whether the message of a fault names the argument that it is about.
fn is_named(code: &str) -> bool {
    matches!(code, "dockerfile::stage" | "dockerfile::unset")
}

/// Whether a word may be used by what an image lacks. A tool set needs all but arguments.
fn is_unused(fault: &Diagnostic, lost: &BTreeSet<&String>) -> bool {
    let causes = FOLLOWS.iter().filter(|(known, _)| *known == UNUSED);
    let mut causes = causes.flat_map(|(_, words)| *words);
    let is_argument = fault.message.starts_with("`arg ");
    let is_lost = |word: &str| lost.iter().any(|one| *one == word);
    causes.any(|word| is_lost(word)) || !is_argument && (is_lost("use") || is_lost("run"))
}

/// Whether a node that is left out would define the name that a template lacks.
fn names_lost(fault: &Diagnostic, lost: &BTreeSet<&String>) -> bool {
    lost.iter().any(|word| {
        let of_word = DATA.iter().filter(|(known, _)| known == word);
        let mut names = of_word.flat_map(|(_, names)| *names);
        fault.message.contains(word.as_str()) || names.any(|name| fault.message.contains(name))
    })
}
