//! What builders refuse of an instruction by itself: its flags, the number and form of its arguments, ports, signals.
//!
//! The rules are those that every engine from 20.10 to 28.5 has in common (`tests/grammar.rs` has what they say): what one of
//! them builds is accepted. Builders parse all stages, but carry out only those that a build needs: faults of the second kind
//! are [`Fault::if_built`]. A value that depends on a variable is not known, and is not checked.

mod copied;
mod flags;
mod health;
mod lists;
mod mount;
mod pairs;
mod values;

pub(super) use copied::is_octal;
pub(super) use health::is_zero;
pub use values::{is_signal, near_signal, port};

use super::expand::{Expansion, expand, forms};
use super::flag::{self, Flag};
use super::form::ExpandFault;
use super::line::{quoted_words, words};
use super::{Dockerfile, Fault, Instruction, context, heredoc};
use crate::dockerfile::ImageRefKind;
use crate::dockerfile::instruction::KEYWORDS;
use crate::name::EngineVersion;
use crate::text::Shown;
use std::ops::Range;

/// An instruction that a builder parses, here or after ONBUILD.
struct Parsing<'a> {
    instruction: &'a Instruction,
    keyword: &'a str,
    escape: char,
    flags: Vec<Flag>,
    /// Where the arguments begin in the logical line.
    at: usize,
}

/// Adds the faults of all instructions.
pub(super) fn check(file: &mut Dockerfile, escape: char) {
    // Nothing is known of the instructions of another language.
    if context::own_rules(file) {
        return;
    }
    let refs = &file.image_refs;
    // Another release of the frontend may have more flags than those that engines have built in.
    let is_built_in = !refs.iter().any(|one| one.kind == ImageRefKind::Syntax);
    let mut begun = false;
    for instruction in &file.instructions {
        begun |= instruction.keyword == "FROM";
        if !KEYWORDS.contains(&instruction.keyword.as_str()) {
            continue;
        }
        let all = Parsing::new(instruction, &instruction.keyword, instruction.rest, escape);
        file.faults.extend(one(&all, is_built_in, begun).err());
        let outdated = is_built_in.then(|| outdated(&all, begun)).flatten();
        file.warnings.extend(lists::lost(&all).or(outdated));
    }
}

/// What old engines ignore, and new ones refuse.
fn outdated(all: &Parsing<'_>, begun: bool) -> Option<Fault> {
    match all.keyword {
        "SHELL" => lists::more(all),
        "ARG" if !begun => {
            let fault = all.words().err()?;
            let engine = EngineVersion(27, 0);
            Some(
                Fault {
                    if_built: false,
                    ..fault
                }
                .until(engine),
            )
        }
        _ => None,
    }
}

/// What the arguments of an instruction have that not every engine knows, with the first version that does.
pub(super) fn newer(instruction: &Instruction, escape: char) -> Vec<(String, EngineVersion)> {
    let all = Parsing::new(instruction, &instruction.keyword, instruction.rest, escape);
    let owners = all
        .flags
        .iter()
        .filter(|flag| matches!(flag.name.as_str(), "chown" | "platform"));
    let mut words: Vec<&str> = owners.map(|flag| flag.value.as_str()).collect();
    words.extend(all.expanded());
    let words = words.into_iter().filter(|word| word.contains("${"));
    let forms = words.flat_map(|word| forms(word, escape));
    let named = |form: String| Some((format!("`${{X{form}…}}`"), form_since(&form)?));
    let mut found: Vec<_> = forms.filter_map(named).collect();
    found.dedup();
    found.extend(values::newer(&all));
    found
}

/// The first engine version that knows an operator, if 20.10 does not.
fn form_since(form: &str) -> Option<EngineVersion> {
    match form {
        "-" | "+" | "?" => Some(EngineVersion(25, 0)),
        "#" | "##" | "%" | "%%" | "/" | "//" => Some(EngineVersion(26, 0)),
        _ => None,
    }
}

fn one(all: &Parsing<'_>, is_built_in: bool, begun: bool) -> Result<(), Fault> {
    if is_built_in {
        flags::check(all)?;
    }
    match all.keyword {
        "ONBUILD" => return onbuild(all),
        "ENV" | "LABEL" => pairs::check(all)?,
        "ARG" => pairs::arg(all)?,
        "HEALTHCHECK" => health::check(all)?,
        "SHELL" => lists::shell(all)?,
        "COPY" | "ADD" => lists::sources(all)?,
        "VOLUME" => lists::volumes(all)?,
        "WORKDIR" | "USER" | "STOPSIGNAL" | "MAINTAINER" | "EXPOSE" => all.has_arguments()?,
        _ => {}
    }
    lists::strings(all)?;
    // 20.10 ignores a default above the first FROM that it cannot read, and FROM has a message of its own.
    if begun && all.keyword != "FROM" {
        all.words()?;
    }
    match all.keyword {
        "EXPOSE" => values::ports(all),
        "STOPSIGNAL" => values::signal(all),
        "VOLUME" => values::volumes(all),
        "COPY" | "ADD" => {
            values::files(all)?;
            if is_built_in {
                copied::check(all)?;
            }
            Ok(())
        }
        "RUN" => {
            lists::command(all)?;
            match is_built_in {
                true => mount::check(all),
                false => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// Builders look at what ONBUILD defers when a build carries it out. Of it, they parse only pairs and lists before.
fn onbuild(all: &Parsing<'_>) -> Result<(), Fault> {
    all.has_arguments()?;
    let instruction = all.instruction;
    let (keyword, rest) = instruction.carried_out();
    if ["ONBUILD", "FROM", "MAINTAINER"].contains(&keyword.as_str()) {
        let message = format!("ONBUILD cannot defer {keyword}");
        let fault = instruction.fault(ARGUMENTS, message, instruction.subject());
        return Err(
            fault.help("write it in the Dockerfiles of the images that are based on this one")
        );
    }
    let deferred = Parsing::new(instruction, &keyword, rest, all.escape);
    if matches!(deferred.keyword, "ENV" | "LABEL") && !deferred.rest().is_empty() {
        pairs::has_value(&deferred)?;
    }
    lists::strings(&deferred)
}

const ARGUMENTS: &str = "dockerfile::arguments";
const FLAG: &str = "dockerfile::flag";

impl<'a> Parsing<'a> {
    fn new(instruction: &'a Instruction, keyword: &'a str, rest: usize, escape: char) -> Self {
        let (flags, at) = flag::flags(&instruction.logical.text, rest);
        Self {
            instruction,
            keyword,
            escape,
            flags,
            at,
        }
    }

    /// The arguments.
    fn rest(&self) -> &'a str {
        self.instruction.logical.text[self.at..].trim_end()
    }

    /// The place of a part of the arguments in the logical line.
    fn place(&self, part: &str) -> Range<usize> {
        let at = part.as_ptr() as usize - self.instruction.logical.text.as_ptr() as usize;
        at..at + part.len()
    }

    fn fault(&self, message: impl Into<String>, part: &str) -> Fault {
        let place = match part.is_empty() {
            true => return self.instruction.fault_here(ARGUMENTS, message),
            false => self.place(part),
        };
        self.instruction.fault(ARGUMENTS, message, place)
    }

    fn has_arguments(&self) -> Result<(), Fault> {
        if !self.rest().is_empty() {
            return Ok(());
        }
        let fault = self.fault(format!("{} has no argument", self.keyword), "");
        Err(fault.help(format!("write {}, or remove the line", form(self.keyword))))
    }

    /// Quotes and `${` of the words in which builders expand variables.
    fn words(&self) -> Result<(), Fault> {
        let rest = self.rest();
        let is_expanded = |flag: &&Flag| matches!(flag.name.as_str(), "chown" | "chmod");
        let mut owners = self.flags.iter().filter(is_expanded);
        owners.try_for_each(|flag| self.word(&flag.value, flag.whole()))?;
        // Without these signs, what follows is not worth doing.
        if !rest.contains(['$', '"', '\'']) {
            return Ok(());
        }
        let mut expanded = self.expanded().into_iter();
        expanded.try_for_each(|word| self.word(word, self.place(word)))
    }

    /// The words of the arguments in which builders expand variables.
    fn expanded(&self) -> Vec<&'a str> {
        let rest = self.rest();
        let mut expanded: Vec<&str> = match self.keyword {
            "ENV" | "LABEL" => pairs::values(rest, self.escape),
            "ARG" => pairs::parts(&quoted_words(rest, self.escape)),
            "COPY" | "ADD" | "VOLUME" | "EXPOSE" if !rest.starts_with('[') => {
                words(rest).into_iter().map(|word| &rest[word]).collect()
            }
            "WORKDIR" | "USER" | "STOPSIGNAL" | "FROM" => vec![rest],
            _ => Vec::new(),
        };
        expanded.retain(|word| !heredoc::is_mark(word));
        expanded
    }

    /// The value of a word, if it depends on no variable.
    fn known(&self, word: &str) -> Option<String> {
        let is_fixed = !word.contains('$');
        is_fixed.then(|| expand(word, self.escape, &|_| Expansion::Unset).ok())?
    }

    fn word(&self, word: &str, place: Range<usize>) -> Result<(), Fault> {
        let Err(ExpandFault::Malformed(why)) = expand(word, self.escape, &|_| Expansion::Unset)
        else {
            return Ok(());
        };
        let message = format!("`{}` cannot be parsed: {why}", word.shown());
        let fault = self
            .instruction
            .fault("dockerfile::variable", message, place);
        let help = match word.contains("${") {
            true => {
                "for a `$` that begins no variable, write the escape character before it: `\\$`"
            }
            false => "close the quote, or write the escape character before it: `it\\'s`",
        };
        Err(fault.if_built().help(help))
    }
}

/// How an instruction is written.
fn form(keyword: &str) -> String {
    let arguments = match keyword {
        "ARG" => "NAME",
        "ENV" | "LABEL" => "NAME=value",
        "COPY" | "ADD" => "source /destination",
        "EXPOSE" => "8080",
        "HEALTHCHECK" => "CMD command",
        "MAINTAINER" => "name",
        "ONBUILD" => "RUN command",
        "SHELL" => "[\"/bin/sh\", \"-c\"]",
        "STOPSIGNAL" => "SIGTERM",
        "USER" => "name",
        _ => "/folder",
    };
    format!("`{keyword} {arguments}`")
}
