//! Arguments as a list in JSON: `CMD ["sleep", "1"]`.

use super::{Parsing, form};
use crate::dockerfile::line::words;
use crate::dockerfile::{Fault, heredoc};
use crate::name::EngineVersion;

/// Arguments that may be a list in JSON.
pub(super) enum Json {
    Strings(Vec<String>),
    /// A list of other values.
    Mixed,
    /// Not a list: words.
    No,
}

pub(super) fn json(text: &str) -> Json {
    // Not more than one value is read: what follows a list is ignored by old engines.
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Vec<serde_json::Value>>();
    let Some(Ok(list)) = values.next() else {
        return Json::No;
    };
    let is_whole = text[values.byte_offset()..].trim().is_empty();
    let strings = list.iter().map(|one| one.as_str().map(str::to_owned));
    match strings.collect::<Option<Vec<String>>>() {
        Some(strings) => Json::Strings(strings),
        None if is_whole => Json::Mixed,
        None => Json::No,
    }
}

pub(super) fn shell(all: &Parsing<'_>) -> Result<(), Fault> {
    all.has_arguments()?;
    let help = "write it as a list of strings in double quotes: `SHELL [\"/bin/bash\", \"-c\"]`";
    let why = match json(all.rest()) {
        Json::Strings(list) if list.is_empty() => "the list of SHELL is empty",
        Json::Strings(_) | Json::Mixed => return Ok(()),
        Json::No => "SHELL takes a list in JSON",
    };
    Err(all.fault(why, all.rest()).help(help))
}

/// What follows the list of SHELL: old engines ignore it, also a comment.
pub(super) fn more(all: &Parsing<'_>) -> Option<Fault> {
    let list = all.rest();
    let mut values = serde_json::Deserializer::from_str(list).into_iter::<Vec<String>>();
    values.next()?.ok()?;
    let more = list[values.byte_offset()..].trim();
    if more.is_empty() {
        return None;
    }
    let fault = all.fault("more than a list follows SHELL", more);
    Some(fault.until(EngineVersion(27, 1)).help("remove it"))
}

pub(super) fn sources(all: &Parsing<'_>) -> Result<(), Fault> {
    let rest = all.rest();
    let count = match json(rest) {
        Json::Strings(list) if rest.starts_with('[') && rest.ends_with(']') => list.len(),
        Json::Mixed => return Ok(()),
        _ => words(rest).len(),
    };
    match count {
        0 => all.has_arguments().and(Err(all
            .fault(format!("{} has an empty list", all.keyword), rest)
            .help(format!("write {}", form(all.keyword))))),
        _ if words(rest)
            .last()
            .is_some_and(|last| heredoc::is_mark(&rest[last.clone()])) =>
        {
            let fault = all.fault("a here-document cannot be the destination", rest);
            Err(fault.help(format!(
                "write the path after it: `{} <<EOF /file`",
                all.keyword
            )))
        }
        1 => {
            let message = format!(
                "{} has one path, and needs a source and a destination",
                all.keyword
            );
            Err(all
                .fault(message, rest)
                .help(format!("write {}", form(all.keyword))))
        }
        _ => Ok(()),
    }
}

pub(super) fn volumes(all: &Parsing<'_>) -> Result<(), Fault> {
    all.has_arguments()?;
    match json(all.rest()) {
        Json::Strings(list)
            if list.is_empty() || list.iter().any(|path| path.trim().is_empty()) =>
        {
            let fault = all.fault("a path of VOLUME is empty", all.rest());
            Err(fault.help("write `VOLUME /folder`, or remove the line"))
        }
        _ => Ok(()),
    }
}

/// `RUN []`, of which the classic builder makes a step that does nothing, and which BuildKit refuses.
pub(super) fn command(all: &Parsing<'_>) -> Result<(), Fault> {
    match json(all.rest()) {
        Json::Strings(list) if list.is_empty() => {
            let fault = all.fault("the list of RUN is empty", all.rest()).if_built();
            Err(fault.help("write `RUN [\"command\", \"argument\"]`, or remove the line"))
        }
        _ => Ok(()),
    }
}

/// The instructions whose arguments may be a list.
const TAKE_LISTS: [&str; 7] = ["RUN", "CMD", "ENTRYPOINT", "SHELL", "COPY", "ADD", "VOLUME"];

/// A list that is JSON, but not of strings.
pub(super) fn strings(all: &Parsing<'_>) -> Result<(), Fault> {
    let rest = all.rest();
    let is_list = TAKE_LISTS.contains(&all.keyword) && rest.starts_with('[');
    match is_list && matches!(json(rest), Json::Mixed) {
        true => Err(mixed(all, rest)),
        false => Ok(()),
    }
}

pub(super) fn mixed(all: &Parsing<'_>, list: &str) -> Fault {
    let fault = all.fault("a list of arguments has only strings", list);
    fault.help("put each argument in double quotes: `[\"sleep\", \"1\"]`")
}

/// A list that is not JSON, which builders take for words without a warning. `[ -f x ] && y` is a command of the shell.
pub(super) fn lost(all: &Parsing<'_>) -> Option<Fault> {
    if !TAKE_LISTS.contains(&all.keyword) || all.keyword == "SHELL" {
        return None;
    }
    let inside = all.rest().strip_prefix('[')?;
    let is_command =
        inside.is_empty() || inside.starts_with(|c: char| c == '[' || c.is_whitespace());
    // `COPY [ab]* /c/` has a pattern.
    let is_meant = inside.starts_with(['"', '\'']) || all.rest().ends_with(']');
    if is_command || !is_meant || serde_json::from_str::<Vec<serde_json::Value>>(all.rest()).is_ok()
    {
        return None;
    }
    let message = match all.keyword {
        "RUN" | "CMD" | "ENTRYPOINT" => {
            "this list is not JSON, so the shell runs it as it is written"
        }
        _ => "this list is not JSON, so its words are paths as they are written",
    };
    let place = all.place(all.rest());
    let fault = all.instruction.fault("dockerfile::list", message, place);
    let help = "a list has double quotes and no comma at its end: `[\"one\", \"two\"]`";
    Some(fault.if_built().help(help))
}
