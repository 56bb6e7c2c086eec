//! The texts of tool sets: parsed once, and filled in with the parameters of each use and an architecture.

use crate::matrix::cells::lookup::inside;
use crate::name::{Platform, Version};
use crate::tag::{Part, Pattern, PatternError, Placeholder, doubled};
use crate::text::{Place, Shown, Spanned, suggest};
use indexmap::IndexMap;
use std::ops::{Deref, Range};

/// A text of a tool set, in which only parameters and the architecture are not filled in. It dereferences to its source.
#[derive(Debug, Clone)]
pub struct ParamText {
    source: Spanned<String>,
    pattern: Pattern,
    wrong: Vec<PatternError>,
}

/// What `{arch}` stands for.
#[derive(Debug, Clone, Copy)]
pub enum Machine<'a> {
    /// The architecture of this platform.
    One(&'a Platform),
    /// Several platforms are built from one file, and the builder knows which: this text stands for it.
    Builder(&'a str),
    /// It is not known here, so `{arch}` is refused.
    Unknown,
}

/// Why a text cannot be filled in: the place, a sentence, and what to do about it.
pub type Unfillable = (Place, String, Option<String>);

/// Why a placeholder cannot be filled in, and what to do about it.
type Why = (String, Option<String>);

impl Deref for ParamText {
    type Target = Spanned<String>;

    fn deref(&self) -> &Spanned<String> {
        &self.source
    }
}

impl ParamText {
    /// Parses a text. An error is reported only if the text is used.
    pub fn new(source: Spanned<String>) -> Self {
        let (pattern, wrong) = Pattern::read(&source);
        Self {
            source,
            pattern,
            wrong,
        }
    }

    /// The placeholders of what could be parsed.
    pub(in crate::matrix) fn placeholders(&self) -> impl DoubleEndedIterator<Item = &Placeholder> {
        self.pattern.placeholders()
    }

    /// Whether it contains `{arch}` or one of its fields.
    pub fn names_architecture(&self) -> bool {
        self.placeholders().any(|one| one.name == "arch")
    }

    /// Fills in `{param}`, `{param.major}`, `{param.minor}`, and, if the machine is known, `{arch}`, `{arch.uname}` and
    /// `{arch.node}`.
    ///
    /// # Errors
    /// For each part that cannot be filled in, a sentence and what to do about it.
    pub fn fill(
        &self,
        params: &IndexMap<String, String>,
        machine: Machine<'_>,
    ) -> Result<String, Vec<Unfillable>> {
        let at = |range: &Range<usize>| inside(&self.source, range);
        let wrong = self.wrong.iter().map(|why| {
            let braces = self.source.get(why.range.clone()).map(doubled);
            (at(&why.range), why.message.clone(), braces)
        });
        let mut faults: Vec<Unfillable> = wrong.collect();
        let mut filled = String::with_capacity(self.source.len());
        for part in &self.pattern.parts {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Placeholder(placeholder) => {
                    let written = &self.source[placeholder.range.clone()];
                    match place(placeholder, written, params, machine) {
                        Ok(value) => filled.push_str(&value),
                        Err((why, help)) => faults.push((at(&placeholder.range), why, help)),
                    }
                }
            }
        }
        match faults.is_empty() {
            true => Ok(filled),
            false => Err(faults),
        }
    }
}

/// The help for a parameter that a tool set does not declare.
fn undeclared(name: &str, text: &str) -> String {
    let braces = doubled(text);
    format!("declare it in the tool set, `param \"{name}\"`; {braces}")
}

fn place(
    placeholder: &Placeholder,
    text: &str,
    params: &IndexMap<String, String>,
    machine: Machine<'_>,
) -> Result<String, Why> {
    if placeholder.name == "arch" && placeholder.argument.is_none() && !params.contains_key("arch")
    {
        return architecture(placeholder.field.as_deref(), machine);
    }
    let written = || {
        placeholder.field.as_ref().map_or_else(
            || placeholder.name.clone(),
            |field| format!("{}.{field}", placeholder.name),
        )
    };
    let value = params.get(&placeholder.name).map(String::as_str);
    if let (Some(_), Some(argument)) = (value, &placeholder.argument) {
        let name = &placeholder.name;
        return Err((
            format!("`{{{name}:{argument}}}`: a parameter is text and has no rungs"),
            Some(format!(
                "write `{{{name}}}`, `{{{name}.minor}}` or `{{{name}.major}}`"
            )),
        ));
    }
    let value = value.ok_or_else(|| {
        let near = suggest(&placeholder.name, params.keys().map(String::as_str))
            .map(|near| format!("did you mean `{{{near}}}`?"));
        if !placeholder.is_word() {
            let message = format!("`{}` is not a placeholder", text.shown());
            return (message, Some(doubled(text)));
        }
        (
            format!("parameter `{}` does not exist", placeholder.name),
            Some(near.unwrap_or_else(|| undeclared(&placeholder.name, text))),
        )
    })?;
    let series = |count| {
        let version: Option<Version> = value.parse().ok();
        version
            .and_then(|version| version.series(count).map(str::to_owned))
            .unwrap_or_else(|| value.to_owned())
    };
    match placeholder.field.as_deref() {
        None => Ok(value.to_owned()),
        Some("major") => Ok(series(1)),
        Some("minor") => Ok(series(2)),
        Some(_) => Err((
            format!(
                "`{}`: a parameter has only `.major` and `.minor`",
                written()
            ),
            None,
        )),
    }
}

fn architecture(field: Option<&str>, machine: Machine<'_>) -> Result<String, Why> {
    match (machine, field) {
        (Machine::One(platform), None) => Ok(platform.architecture.clone()),
        (Machine::One(platform), Some("uname")) => Ok(uname(platform).to_owned()),
        (Machine::One(platform), Some("node")) => Ok(node(platform).to_owned()),
        (Machine::Builder(text), None) => Ok(text.to_owned()),
        (Machine::Builder(_), Some("uname" | "node")) => Err((
            String::from("only `{arch}` is known if one file is built for several platforms"),
            Some(String::from("query the machine in a `run`: `$(uname -m)`")),
        )),
        (Machine::Unknown, None | Some("uname" | "node")) => Err((
            String::from(
                "`{arch}` is not known if several platforms are built with `syntax \"classic\"`",
            ),
            Some(String::from(
                "write `syntax \"buildkit\"`, or build one platform",
            )),
        )),
        (_, Some(field)) => Err((
            format!("`arch.{field}`: `arch` has only `.uname` and `.node`"),
            None,
        )),
    }
}

/// The architecture as `uname -m` prints it: `x86_64`, `aarch64`.
fn uname(platform: &Platform) -> &str {
    match (platform.architecture.as_str(), platform.variant.as_deref()) {
        ("amd64", _) => "x86_64",
        ("arm64", _) => "aarch64",
        ("386", _) => "i686",
        ("arm", Some("v6")) => "armv6l",
        ("arm", _) => "armv7l",
        (other, _) => other,
    }
}

/// The architecture as Node.js and others name it: `x64`, `arm64`.
fn node(platform: &Platform) -> &str {
    match platform.architecture.as_str() {
        "amd64" => "x64",
        "386" => "x86",
        "arm" => uname(platform),
        other => other,
    }
}

#[cfg(test)]
mod tests;
