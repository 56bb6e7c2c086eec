//! What a step of a tool set mounts: `run "npm ci" secret="npm"`, `package "acme-cli" secret="apt-auth" ssh="default"`.

use crate::manifest::ToolsetItem;
use crate::manifest::toolset::Toolset;
use crate::text::kdl::Reader;
use crate::text::{Diagnostic, Diagnostics, Spanned, suggest};

/// The secrets and agents that a step mounts, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mounts {
    /// Secrets.
    pub secrets: Vec<Spanned<String>>,
    /// Agents of ssh.
    pub agents: Vec<Spanned<String>>,
}

impl Mounts {
    /// Reads the properties of a step; arguments are read after them.
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            secrets: reader.list("secret"),
            agents: reader.list("ssh"),
        }
    }
}

/// Reports mounts that the tool set does not declare, and declarations that none of its steps mounts.
pub(super) fn check(set: &Toolset, is_whole: bool, out: &mut Diagnostics) {
    let of = |item: &ToolsetItem| match item {
        ToolsetItem::Packages(packages) => Some(packages.mounts.clone()),
        ToolsetItem::Run(run) => Some(run.mounts.clone()),
        _ => None,
    };
    let steps: Vec<Mounts> = set.items.iter().filter_map(|on| of(&on.item)).collect();
    let secrets: Vec<&Spanned<String>> = steps.iter().flat_map(|step| &step.secrets).collect();
    let agents: Vec<&Spanned<String>> = steps.iter().flat_map(|step| &step.agents).collect();
    let declared = set.secrets.values().map(|one| &one.id).collect();
    pair("secret", &secrets, declared, (set, is_whole), out);
    let declared = set.agents.values().map(|one| &one.id).collect();
    pair("ssh", &agents, declared, (set, is_whole), out);
}

fn pair(
    word: &str,
    mounted: &[&Spanned<String>],
    declared: Vec<&Spanned<String>>,
    (set, is_whole): (&Toolset, bool),
    out: &mut Diagnostics,
) {
    for id in mounted {
        if declared.iter().any(|known| known.value == id.value) {
            continue;
        }
        let message = format!(
            "tool set `{}` declares no `{word} \"{}\"`",
            set.name.value,
            id.escape_debug()
        );
        let near = suggest(id, declared.iter().map(|known| known.as_str()));
        let source = match word {
            "secret" => " env=\"…\"",
            _ => "",
        };
        let declare = format!(
            "declare it in the tool set: `{word} \"{}\"{source}`",
            id.escape_debug()
        );
        let fault = Diagnostic::error("manifest::secret", message).at(id.span, "mounted here");
        out.push(fault.help(declare).meant(id.span, near));
    }
    // A step that could not be read may mount it.
    for id in declared.iter().filter(|_| is_whole) {
        if !mounted.iter().any(|one| one.value == id.value) {
            let message = format!(
                "`{word} \"{}\"` has no effect: no step of tool set `{}` mounts it",
                id.value, set.name.value
            );
            let fault = Diagnostic::error("manifest::secret", message).at(id.span, "not mounted");
            out.push(fault.help(format!(
                "write `run \"…\" {word}=\"{}\"`, or remove it here",
                id.value
            )));
        }
    }
}
