//! Flags: which ones an instruction has, and what they take.

use super::{FLAG, Parsing};
use crate::dockerfile::Fault;
use crate::dockerfile::flag::Flag;
use crate::text::{Shown, did_you_mean, suggest};

/// What a flag takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// A text, once.
    Text,
    /// A text, any number of times.
    Texts,
    /// Nothing, `=true` or `=false`, once.
    Bool,
}

use Takes::{Bool, Text, Texts};

/// The flags of each instruction, in any release of BuildKit: `features` says which engines have those that are not in all.
const KNOWN: [(&str, &[(&str, Takes)]); 5] = [
    ("FROM", &[("platform", Text)]),
    (
        "RUN",
        &[
            ("mount", Texts),
            ("network", Text),
            ("security", Text),
            ("device", Texts),
        ],
    ),
    (
        "COPY",
        &[
            ("from", Text),
            ("chown", Text),
            ("chmod", Text),
            ("link", Bool),
            ("parents", Bool),
            ("exclude", Texts),
        ],
    ),
    (
        "ADD",
        &[
            ("chown", Text),
            ("chmod", Text),
            ("checksum", Text),
            ("link", Bool),
            ("keep-git-dir", Bool),
            ("unpack", Bool),
            ("exclude", Texts),
        ],
    ),
    (
        "HEALTHCHECK",
        &[
            ("interval", Text),
            ("timeout", Text),
            ("start-period", Text),
            ("start-interval", Text),
            ("retries", Text),
        ],
    ),
];

/// The values of `RUN --network`; builders expand no variable there.
const NETWORKS: [&str; 3] = ["default", "none", "host"];

pub(super) fn check(all: &Parsing<'_>) -> Result<(), Fault> {
    // Builders ignore what ARG and STOPSIGNAL have.
    if all.flags.is_empty() || matches!(all.keyword, "ARG" | "STOPSIGNAL") {
        return Ok(());
    }
    let known = KNOWN.iter().find(|(keyword, _)| *keyword == all.keyword);
    let known = known.map_or(&[][..], |(_, flags)| flags);
    for (at, flag) in all.flags.iter().enumerate() {
        let Some((_, takes)) = known.iter().find(|(name, _)| *name == flag.name) else {
            return Err(unknown(all, flag, known));
        };
        if *takes != Texts && all.flags[..at].iter().any(|one| one.name == flag.name) {
            let fault = fault(all, flag, format!("`--{}` is written twice", flag.name));
            return Err(fault.help("remove one of the two"));
        }
        value(all, flag, *takes)?;
    }
    Ok(())
}

fn value(all: &Parsing<'_>, flag: &Flag, takes: Takes) -> Result<(), Fault> {
    let name = &flag.name;
    let is_bool = ["true", "false"]
        .iter()
        .any(|word| flag.value.eq_ignore_ascii_case(word));
    match takes {
        Bool if flag.has_value && !is_bool => {
            let message = format!("`--{name}` takes `true` or `false`");
            Err(fault(all, flag, message).help(format!("write `--{name}`")))
        }
        Text | Texts if !flag.has_value => {
            let message = format!("`--{name}` has no value");
            Err(fault(all, flag, message).help(format!("write it with `=`: `--{name}=…`")))
        }
        _ if name == "mount" && flag.value.is_empty() => {
            let fault = fault(all, flag, "`--mount` is empty".into());
            Err(fault.help("write its type and its target: `--mount=type=cache,target=/folder`"))
        }
        _ if name == "network" && !NETWORKS.contains(&&*flag.value) => {
            let message = format!("`{}` is not a network of RUN", flag.value.shown());
            let near = did_you_mean(&flag.value, NETWORKS);
            let help = near.unwrap_or_else(|| "write `default`, `none` or `host`".into());
            Err(fault(all, flag, message).help(help))
        }
        _ => Ok(()),
    }
}

fn unknown(all: &Parsing<'_>, flag: &Flag, known: &[(&str, Takes)]) -> Fault {
    let message = format!("{} has no flag `--{}`", all.keyword, flag.name.shown());
    let names = || known.iter().map(|(name, _)| *name);
    let near = suggest(&flag.name, names());
    let help = match (near, known) {
        (Some(near), _) => format!("did you mean `--{near}`?"),
        (None, []) => format!(
            "{} has no flags; write `--` before an argument that begins so",
            all.keyword
        ),
        (None, _) => {
            let names: Vec<String> = names().map(|name| format!("`--{name}`")).collect();
            format!("it has {}", names.join(", "))
        }
    };
    fault(all, flag, message).help(help)
}

fn fault(all: &Parsing<'_>, flag: &Flag, message: String) -> Fault {
    all.instruction.fault(FLAG, message, flag.written.clone())
}
