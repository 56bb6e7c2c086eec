//! The fields of `RUN --mount`.

use super::Parsing;
use crate::dockerfile::Fault;
use crate::dockerfile::flag::Flag;
use crate::text::{Shown, did_you_mean};

const TYPES: [&str; 5] = ["bind", "cache", "tmpfs", "secret", "ssh"];

/// The keys, each with those types that have it; none for all types.
const KEYS: [(&str, &[&str]); 19] = [
    ("type", &[]),
    ("from", &[]),
    ("source", &["bind", "cache", "tmpfs", "secret"]),
    ("src", &["bind", "cache", "tmpfs", "secret"]),
    ("target", &[]),
    ("dst", &[]),
    ("destination", &[]),
    ("readonly", &[]),
    ("ro", &[]),
    ("readwrite", &[]),
    ("rw", &[]),
    ("id", &[]),
    ("env", &[]),
    ("sharing", &["cache"]),
    ("required", &["secret", "ssh"]),
    ("size", &["tmpfs"]),
    ("mode", &["cache", "secret", "ssh"]),
    ("uid", &["cache", "secret", "ssh"]),
    ("gid", &["cache", "secret", "ssh"]),
];

/// The keys that need no value.
const ALONE: [&str; 5] = ["readonly", "ro", "readwrite", "rw", "required"];

const SHARING: [&str; 3] = ["shared", "private", "locked"];

pub(super) fn check(all: &Parsing<'_>) -> Result<(), Fault> {
    let mounts = all.flags.iter().filter(|flag| flag.name == "mount");
    // Quotes inside of a value are those of CSV, which `image_ref` refuses.
    let mut mounts = mounts.filter(|flag| !flag.value.contains('"'));
    mounts.try_for_each(|flag| {
        mount(flag).map_err(|(message, at, help)| {
            let place = flag.place(at);
            let fault = all.instruction.fault("dockerfile::mount", message, place);
            fault.if_built().help(help)
        })
    })
}

/// The message, the place in the value, and the help.
type Wrong = (String, std::ops::Range<usize>, String);

fn mount(flag: &Flag) -> Result<(), Wrong> {
    let kind = flag.fields().filter(|(key, ..)| key == "type").last();
    let kind = match kind {
        Some((_, word, _)) if word.contains('$') => None,
        Some((_, word, at)) => {
            let known = TYPES.iter().find(|known| known.eq_ignore_ascii_case(word));
            Some(*known.ok_or_else(|| wrong_type(word, at))?)
        }
        None => Some("bind"),
    };
    let (mut at, mut so_far) = (0, Some("bind"));
    for field in flag.value.split(',') {
        let key = field.split('=').next().unwrap_or_default();
        let is_key = |other: &str| key.eq_ignore_ascii_case(other);
        if is_key("type") {
            so_far = kind;
        }
        // Builders compare these with the type that they have read before them.
        let judged = match is_key("size") || is_key("required") {
            true => so_far,
            false => kind,
        };
        one(field, at..at + field.len(), judged)?;
        at += field.len() + 1;
    }
    Ok(())
}

fn one(field: &str, at: std::ops::Range<usize>, kind: Option<&str>) -> Result<(), Wrong> {
    let (name, value) = field
        .split_once('=')
        .map_or((field, None), |(name, value)| (name, Some(value)));
    let key = name.to_ascii_lowercase();
    let Some((_, types)) = KEYS.iter().find(|(known, _)| *known == key) else {
        return Err(unknown(name, at, kind));
    };
    if let Some(kind) = kind.filter(|kind| !types.is_empty() && !types.contains(kind)) {
        let message = format!("a mount of the type `{kind}` has no `{key}`");
        return Err((
            message,
            at,
            format!(
                "remove it, or write the type before it: {}",
                types.join(", ")
            ),
        ));
    }
    let Some(value) = value else {
        return match ALONE.contains(&key.as_str()) {
            true => Ok(()),
            false => Err((
                format!("`{key}` has no value"),
                at,
                format!("write `{key}=…`"),
            )),
        };
    };
    match wrong(&key, value).filter(|_| !value.contains('$')) {
        Some(help) => Err((
            format!("`{}` is not a value of `{key}`", value.shown()),
            at,
            help,
        )),
        None => Ok(()),
    }
}

/// What is right, if the value of a key is not.
fn wrong(key: &str, value: &str) -> Option<String> {
    let is_bool = || {
        ["true", "false", "t", "f", "1", "0"]
            .iter()
            .any(|word| word.eq_ignore_ascii_case(value))
    };
    match key {
        "sharing" if !SHARING.iter().any(|one| one.eq_ignore_ascii_case(value)) => {
            let near = did_you_mean(value, SHARING);
            Some(near.unwrap_or_else(|| "write `shared`, `private` or `locked`".into()))
        }
        "target" | "dst" | "destination" if value == "/" => {
            Some("write a folder: nothing can be mounted over the root of the image".into())
        }
        "size" if !value.starts_with(|c: char| c.is_ascii_digit()) => {
            Some("write a number of bytes, or with a unit: `size=64m`".into())
        }
        "mode" if u32::from_str_radix(value, 8).is_err() => {
            Some("write it as an octal number: `mode=0755`".into())
        }
        "uid" | "gid" if value.parse::<u32>().is_err() => {
            Some(format!("write a number: `{key}=1000`"))
        }
        key if ALONE.contains(&key) && !is_bool() => {
            Some(format!("write `{key}`, or `{key}=false`"))
        }
        _ => None,
    }
}

fn wrong_type(word: &str, at: std::ops::Range<usize>) -> Wrong {
    let near = did_you_mean(&word.to_ascii_lowercase(), TYPES);
    let help = near.unwrap_or_else(|| format!("the types are {}", TYPES.join(", ")));
    (
        format!("`{}` is not a type of a mount", word.shown()),
        at,
        help,
    )
}

fn unknown(name: &str, at: std::ops::Range<usize>, kind: Option<&str>) -> Wrong {
    let message = match name.is_empty() {
        true => "a field of this mount is empty".into(),
        false => format!("a mount has no field `{}`", name.shown()),
    };
    let fits = |types: &&[&str]| kind.is_none_or(|kind| types.is_empty() || types.contains(&kind));
    let known = KEYS
        .iter()
        .filter(|(_, types)| fits(types))
        .map(|(key, _)| *key);
    let help = match (
        name.is_empty(),
        did_you_mean(&name.to_ascii_lowercase(), known),
    ) {
        (true, _) => "remove the comma".into(),
        (false, Some(near)) => near,
        // Podman alone has these.
        (false, None) if ["z", "Z", "U", "relabel"].contains(&name) => {
            "remove it: BuildKit has no labels of SELinux".into()
        }
        (false, None) => "the fields are those of `RUN --mount` in Docker's reference".into(),
    };
    (message, at, help)
}
